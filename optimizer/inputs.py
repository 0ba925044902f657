"""Series from files and from parameters: checked, in UTC, on exactly the steps of the horizon.

Nothing is filled, shifted or resampled in passing; what does not fit is refused with the first
offending moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from models.errors import InputError
from models.files import plain_file, reason
from optimizer.cohorts import Cohort, from_table, numbered, windows
from optimizer.component import Needed
from optimizer.config import Site
from optimizer.horizon import Horizon
from optimizer.state import State
from optimizer.workloads.deferrable import Deferrable

FILE_MAX_BYTES = 200_000_000
KW_FACTOR = 50.0  # no plant has that many times the power of what it supplies; kW have 1000
COHORT_COLUMNS = ("earliest_utc", "deadline_utc", "work_mwh", "rate_max_mw")


def read_frame(path: Path) -> pd.DataFrame:
    """Return the table in a CSV or Parquet file, as it is.

    Raises
    ------
    InputError
        The file is missing, empty, too large or not such a table.
    """
    try:
        plain_file(path, FILE_MAX_BYTES)
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError, UnicodeError) as error:  # pyarrow's and pandas' errors are these
        raise InputError(
            [f"{path}: not readable as a table: {reason(error)}. Give CSV or Parquet."]
        ) from error
    if frame.empty:
        raise InputError([f"{path}: has no rows. Give one row per step."])
    names = [str(name) for name in frame.columns]
    if len(names) == 1 and ";" in names[0]:
        remedy = "Use commas, and points in decimals."
        raise InputError([f"{path}: separated by semicolons. {remedy}"])
    ends = [name.rpartition(".") for name in names]  # pandas calls the second column x.1
    if twice := [name for name, _, end in ends if end.isdigit() and name in names]:
        raise InputError([f"{path}: {twice[0]}: two columns of that name. Keep one."])
    if "time_utc" not in frame.columns and frame.index.name == "time_utc":
        frame = frame.reset_index()
    return frame


def moments(
    values: pd.Series, where: str, *, may_miss: bool = False
) -> tuple[pd.DatetimeIndex, list[str]]:
    """Return a column of moments in UTC, and what is wrong with it."""
    try:
        parsed = pd.DatetimeIndex(pd.to_datetime(values, utc=False, format="ISO8601"))
    except (ValueError, TypeError):
        each = pd.to_datetime(values.astype(str), utc=True, format="ISO8601", errors="coerce")
        bad = np.flatnonzero(each.isna() & values.notna())
        what = "moments have several offsets"
        if len(bad):  # the header is line 1
            what = f"{str(values.iloc[bad[0]])!r} in line {bad[0] + 2} is no moment"
        return pd.DatetimeIndex([]), [f"{where}: {what}. Write 2026-03-01T00:00:00Z."]
    if parsed.hasnans and not may_miss:
        line = int(np.flatnonzero(parsed.isna())[0]) + 2
        return parsed, [f"{where}: empty in line {line}. Write 2026-03-01T00:00:00Z."]
    if parsed.tz is None and not parsed.isna().all():
        first = parsed.dropna()[0]
        return parsed, [
            f"{where} = {first} has no time zone. Write {first:%Y-%m-%dT%H:%M}Z for UTC."
        ]
    return pd.DatetimeIndex(pd.to_datetime(parsed, utc=True)).as_unit("us"), []


def read_series(
    path: Path, quantities: list[str], horizon: Horizon, may_miss: Sequence[str] = ()
) -> tuple[pd.DataFrame, list[str]]:
    """Return the columns `quantities` of a file on the steps of `horizon`, and what is wrong."""
    frame = read_frame(path)
    if "time_utc" not in frame.columns:
        return frame, [
            f"{path}: time_utc: missing column. Name each step by its beginning, in UTC."
        ]
    index, problems = moments(frame["time_utc"], f"{path}: time_utc")
    chosen = [q for q in quantities if q in frame.columns]
    if missing := [q for q in quantities if q not in {*chosen, *may_miss}]:
        have = ", ".join(c for c in frame.columns if c != "time_utc")
        problems.append(f"{path}: {', '.join(missing)}: missing column. The file has: {have}.")
    elif not chosen:
        problems.append(f"{path}: none of {', '.join(quantities)}. Add one, or leave the file out.")
    if problems:
        return frame, problems
    if doubled := index[index.duplicated()].tolist():
        return frame, [f"{path}: time_utc = {doubled[0]} appears twice. Keep one row."]
    absent = horizon.index[~horizon.index.isin(index)]
    if len(absent):
        what = (
            f"no row at {absent[0]:%Y-%m-%dT%H:%MZ} ({len(absent)} of {len(horizon.index)} steps)"
        )
        remedy = "Give a row per step of the horizon, or plan on the file's own steps."
        return frame, [f"{path}: {what}. {remedy}"]
    inside = index[(index >= horizon.start) & (index < horizon.end)].sort_values()
    between = inside[~inside.isin(horizon.index)]  # a finer file would be read at its first rows
    if len(between):
        what = f"{len(between)} rows lie within steps, the first at {between[0]:%Y-%m-%dT%H:%MZ}"
        return frame, [f"{path}: {what}. Give one row per step: its mean."]
    return frame.set_axis(index)[chosen].reindex(horizon.index), []


def check_series(series: pd.DataFrame, needed: list[Needed], horizon: Horizon) -> list[str]:
    """Return what is wrong with the assembled input series, the first moment of each."""
    if not series.index.equals(horizon.index):
        return ["series: the index is not the horizon's. Use horizon.index."]
    problems = []
    for need in needed:
        if need.column not in series.columns:
            problems.append(
                f"series: {need.column} has no source. Give its part of the site a file "
                "(series_file, availability_file), or the parameters that make it."
            )
            continue
        problems += value_problems(series[need.column], need, horizon, f"series: {need.column}")
    return problems


def value_problems(values: pd.Series, need: Needed, horizon: Horizon, where: str) -> list[str]:
    """Return what is wrong with the values of one series, the first moment of it."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64")
    wrong = np.flatnonzero(~((numbers >= need.low) & (numbers <= need.high)))  # NaN fails both
    if not len(wrong):
        return []
    first, shown = int(wrong[0]), values.iloc[int(wrong[0])]
    at = f"at {horizon.index[first]:%Y-%m-%dT%H:%MZ} ({len(wrong)} of {len(numbers)} steps)"
    if isinstance(shown, str):
        return [f"{where} = {shown!r} {at} is no number. Write it with a decimal point."]
    if np.isnan(numbers[first]):
        return [f"{where} is missing {at}. Give a number in every step."]
    span = f"outside [{need.low:g}, {need.high:g}]"
    unit = "shares are per unit, not percent" if need.high == 1 else "power is in MW, not kW"
    return [f"{where} = {shown} {at} is {span}. Mend it; {unit}."]


def file_series(site: Site, folder: Path, horizon: Horizon) -> pd.DataFrame:
    """Return every series the site file names a file for, by published column."""
    columns: dict[str, np.ndarray] = {}
    problems: list[str] = []
    for part in site.components():
        name = getattr(part, "series_file", None) or getattr(part, "availability_file", None)
        if name is None:
            continue
        derived = part.derive(horizon)
        wanted = {need.column.removeprefix(f"{part.name}_"): need for need in part.needs()}
        may_miss = [q for q, n in wanted.items() if n.default is not None or n.column in derived]
        try:
            frame, wrong = read_series(folder / name, list(wanted), horizon, may_miss)
        except InputError as error:
            problems += error.problems
            continue
        for quantity in frame.columns if not wrong else ():
            need, where = wanted[quantity], f"{folder / name}: {quantity}"
            wrong += value_problems(frame[quantity], _believable(need, site), horizon, where)
            columns[need.column] = frame[quantity].to_numpy()
        problems += wrong
    if problems:
        raise InputError(problems)
    return pd.DataFrame(columns, index=horizon.index)


def _believable(need: Needed, site: Site) -> Needed:
    """Return the range of a series in a file: power far above the facility's was meant in kW."""
    if not need.column.endswith("_mw"):
        return need
    return replace(need, high=min(need.high, KW_FACTOR * site.facility.power_max_mw))


def assemble(
    site: Site, horizon: Horizon, given: Mapping[str, pd.DataFrame], *, is_complete: bool = True
) -> pd.DataFrame:
    """Return all input series of the plan: derived from parameters, or given once.

    Parameters
    ----------
    given : mapping of str to DataFrame
        Sources by name (``file``, ``weather``, ``series``), columns named as published.

    Raises
    ------
    InputError
        A column has two sources, is missing, unknown, or has a value outside its range.
    """
    sources = {"site file": pd.DataFrame({}, index=horizon.index), **given}
    derived = {c: v for part in site.components() for c, v in part.derive(horizon).items()}
    sources["site file"] = pd.DataFrame(derived, index=horizon.index)
    needed = [need for part in site.components() for need in part.needs()]
    sources["default"] = _defaults(needed, sources, horizon)
    problems = []
    for need in needed:
        having = [name for name, frame in sources.items() if need.column in frame.columns]
        if len(having) > 1:
            problems.append(f"series: {need.column}: given by {' and '.join(having)}. Keep one.")
    known = {need.column for need in needed}
    for name, frame in sources.items():
        problems += [
            f"series: {column}: given by {name}, but nothing on the site needs it. Take it out."
            for column in frame.columns
            if column not in known
        ]
        if not frame.index.equals(horizon.index):
            problems.append(f"series: the index of {name} is not the horizon's. Use horizon.index.")
    if problems:
        raise InputError(problems)
    series = pd.concat(sources.values(), axis=1)
    if problems := check_series(series, needed, horizon) if is_complete else []:
        raise InputError(problems)
    return series[[need.column for need in needed]].astype("float64")


def _defaults(
    needed: list[Needed], sources: Mapping[str, pd.DataFrame], horizon: Horizon
) -> pd.DataFrame:
    """Return the series that are constant because no source gives them."""
    stated = {column for frame in sources.values() for column in frame.columns}
    missing = [n for n in needed if n.default is not None and n.column not in stated]
    return pd.DataFrame({n.column: n.default for n in missing}, index=horizon.index)


def read_cohorts(path: Path) -> list[Cohort]:
    """Return the cohorts of a CSV or Parquet file.

    Raises
    ------
    InputError
        A column is missing, a moment has no zone, or a row can't be met by any plan.
    """
    frame = read_frame(path)
    if missing := [c for c in COHORT_COLUMNS if c not in frame.columns]:
        raise InputError([f"{path}: {', '.join(missing)}: missing column. Add it."])
    problems = []
    for column in ("earliest_utc", "deadline_utc", "preferred_utc"):
        if column in frame.columns:
            may_miss = column == "preferred_utc"
            found, wrong = moments(frame[column], f"{path}: {column}", may_miss=may_miss)
            problems += wrong
            if not wrong:
                frame[column] = found
    if problems:
        raise InputError(problems)
    amounts = frame[["work_mwh", "rate_max_mw"]].apply(pd.to_numeric, errors="coerce")
    bad = ~((amounts >= 0) & (amounts < np.inf)).all(axis=1)
    for number, row in enumerate(frame.to_dict("records"), start=2):
        if bad.iloc[number - 2]:
            problems.append(
                f"{path}: line {number}: work_mwh = {row['work_mwh']} and rate_max_mw = "
                f"{row['rate_max_mw']} are not both numbers >= 0. Mend the row."
            )
        elif row["deadline_utc"] <= row["earliest_utc"]:
            problems.append(
                f"{path}: line {number}: deadline_utc is not after earliest_utc. Mend it."
            )
    if problems:
        raise InputError(problems)
    return numbered(from_table(frame.drop(columns="ordinal", errors="ignore")))


def cohorts_of(
    site: Site, horizon: Horizon, state: State, folder: Path
) -> dict[str, tuple[Cohort, ...]]:
    """Return the cohorts of every deferrable workload, and refuse those outside the horizon."""
    found, problems = {}, []
    for part in site.deferrable.values():
        cohorts = _cohorts_of_one(part, horizon, state, folder)
        found[part.name] = tuple(cohorts)
        problems += [
            f"{part.name}: cohort {c.key} has {c.work_mwh:g} MWh to do, and no whole step of the "
            "plan lies inside its window. Shorten the steps or move the window."
            for c, span in zip(cohorts, windows(cohorts, horizon), strict=True)
            if not span
            and c.work_mwh > c.work_left_max_mwh(horizon) + 1e-9
            and part.missed_mad_per_mwh is None
        ]
    if problems:
        raise InputError(problems)
    return found


def _cohorts_of_one(part: Deferrable, horizon: Horizon, state: State, folder: Path) -> list[Cohort]:
    """Return the cohorts of one workload: its file's, or its stream's."""
    rows = [row for row in state.rows if row.name == part.name]
    if part.cohorts_file is not None:
        return part.of_file(read_cohorts(folder / part.cohorts_file), horizon, rows)
    return part.stream(horizon, rows)
