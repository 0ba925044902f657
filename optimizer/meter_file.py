"""Meter readings as a CSV or Parquet file brings them: ``time_utc`` and published columns, checked.

A reading is a value at its moment, a mean is that of the step its moment begins. Cells may be
empty and steps may be missing: nothing is filled in, and the gaps are told.
"""

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from models.errors import InputError
from optimizer.config import Site
from optimizer.inputs import moments, read_frame
from optimizer.meter_columns import MeterColumn, meter_columns

CLOCK_SKEW = pd.Timedelta(minutes=5)  # assumption: a SCADA clock without network time
PERCENT_MAX = 100.0
STEP_MAX_H = 24.0  # a mean over more than a day says nothing of an hour
_FORM = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterFile:
    """A checked file: its table, how long a step of its means is, and what a person should know."""

    table: pd.DataFrame  # index time_utc, columns as published, NaN where nothing was read
    mean_columns: tuple[str, ...]  # the others are readings
    step_h: float | None  # of the means; none where there are none
    notes: tuple[str, ...]


def read_meter_file(path: Path, site: Site, now: pd.Timestamp) -> MeterFile:
    """Read a file of meters and check every cell against the site.

    Raises
    ------
    InputError
        All that is wrong: columns, moments, numbers, values the site can't have.
    """
    frame = read_frame(path)
    known = meter_columns(site)
    if "time_utc" not in frame.columns:
        raise InputError([f"{path}: time_utc: missing column. Give each row's moment, in UTC."])
    names = [str(name) for name in frame.columns if name != "time_utc"]
    problems = [f"{path}: {text}" for text in _unknown(names, known, site)]
    if not names:
        problems.append(f"{path}: no column beside time_utc. Give one per meter.")
    index, wrong = moments(frame["time_utc"], f"{path}: time_utc")
    problems += wrong or [f"{path}: {text}" for text in _clock_problems(index, now)]
    columns, notes, wrong = _cells(frame, index, known, site)
    problems += [f"{path}: {text}" for text in wrong]
    if problems:
        raise InputError(problems)
    table = pd.DataFrame(columns, index=index.rename("time_utc"))
    means = table[[name for name in names if not known[name].is_reading]]
    step_h, wrong = _step_of(means)
    if step_h is not None:
        wrong = wrong or _unfinished(means, step_h, now)
    if wrong:
        raise InputError([f"{path}: {text}" for text in wrong])
    return MeterFile(
        table=table,
        mean_columns=tuple(means.columns),
        step_h=step_h,
        notes=(*notes, *_gaps(table, step_h)),
    )


def _cells(
    frame: pd.DataFrame, index: pd.DatetimeIndex, known: Mapping[str, MeterColumn], site: Site
) -> tuple[dict[str, np.ndarray], list[str], list[str]]:
    """Return the checked values of every known column, what was done to them, what is wrong."""
    columns: dict[str, np.ndarray] = {}
    notes: list[str] = []
    problems: list[str] = []
    for name in (str(column) for column in frame.columns if column in known):
        values, wrong = _numbers(frame[name], name)
        wrong = wrong or _range_problems(values, index, known[name])
        problems += wrong or _percent_problems(values, name, site)
        notes += _drift(values, known[name])
        columns[name] = np.where(values < 0, 0.0, values)
    return columns, notes, problems


def _unknown(names: list[str], known: Mapping[str, MeterColumn], site: Site) -> list[str]:
    """Return which columns no meter of the site has, with the name that was meant."""
    wrong = []
    for name in names:
        battery = next((b for b in site.battery.values() if name.startswith(f"{b.name}_so")), None)
        if name in known:
            continue
        if battery is not None:
            wrong.append(
                f"{name}: unknown column. Give {battery.name}_energy_mwh: the state of charge, "
                f"per unit, times {battery.energy_max_mwh:g} MWh."
            )
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"The site has: {', '.join(known)}."
        wrong.append(f"{name}: unknown column. {hint}")
    return wrong


def _clock_problems(index: pd.DatetimeIndex, now: pd.Timestamp) -> list[str]:
    """Return where the moments repeat, go back or are not past yet."""
    wrong = []
    lines = np.arange(len(index)) + 2  # the header is line 1
    if (doubled := index.duplicated()).any():
        wrong.append(f"time_utc = {index[doubled][0]:{_FORM}} appears twice. Keep one row.")
    elif len(back := np.flatnonzero(np.diff(index.asi8) < 0)):
        at = int(back[0]) + 1
        wrong.append(
            f"time_utc = {index[at]:{_FORM}} in line {lines[at]} is before the row above it, "
            f"{index[at - 1]:{_FORM}}: the clock was put back. Export in UTC, in order."
        )
    if (late := index > now + CLOCK_SKEW).any():
        wrong.append(
            f"time_utc = {index[late][0]:{_FORM}} in line {lines[late][0]} is after now, "
            f"{now:{_FORM}}: no meter has read it. Check the file's clock and zone."
        )
    return wrong


def _numbers(cells: pd.Series, name: str) -> tuple[np.ndarray, list[str]]:
    """Return a column's numbers, NaN where a cell is empty, and which cells are none."""
    values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype="float64")
    bad = np.flatnonzero((np.isnan(values) & cells.notna().to_numpy()) | np.isinf(values))
    if not len(bad):
        return values, []
    first = int(bad[0])
    what = f"{name} = {str(cells.iloc[first])!r} in line {first + 2} is no number"
    return values, [f"{what} ({len(bad)} such cells). Give a number, or leave it empty."]


def _range_problems(values: np.ndarray, index: pd.DatetimeIndex, known: MeterColumn) -> list[str]:
    """Return which values the site can't have."""
    if len(index) != len(values):
        return []  # the moments are wrong already
    low, high = -known.noise, known.refused_above
    bad = np.flatnonzero((values < low) | (values > high) | (known.is_count & (values % 1 > 0)))
    if not len(bad):
        return []
    value = float(values[bad[0]])
    at = f"{known.column} = {value:g} at {index[bad[0]]:{_FORM}} ({len(bad)} such rows)"
    if known.is_count and value <= high and value >= low:
        return [f"{at} is not whole. Give the units that run at that moment."]
    if value < low:
        return [f"{at} is negative. Published quantities are >= 0, one column a direction."]
    unit = "power is in MW, not kW" if known.column.endswith("_mw") else "check the unit"
    return [f"{at} is above what the site can have, {known.high:g}. Mend it; {unit}."]


def _percent_problems(values: np.ndarray, name: str, site: Site) -> list[str]:
    """Return that stored energy looks like a state of charge in percent or per unit."""
    battery = next((b for b in site.battery.values() if name == f"{b.name}_energy_mwh"), None)
    found = values[~np.isnan(values)]
    if battery is None or not len(found) or found.max() <= 0:
        return []
    is_below = bool((found < battery.low_mwh).any())
    for most, word in ((1.0, "per unit"), (PERCENT_MAX, "percent")):
        if found.max() <= most < battery.energy_max_mwh and is_below:
            what = f"{name}: all values are at most {most:g} and some below {battery.low_mwh:g} MWh"
            what += f", the least of its window: a state of charge in {word}"
            return [f"{what}. Give MWh: {word} times {battery.energy_max_mwh / most:g}."]
    return []


def _drift(values: np.ndarray, known: MeterColumn) -> list[str]:
    """Return that a meter's zero lies a little below zero, and was taken as zero."""
    count = int(((values < 0) & (values >= -known.noise)).sum())
    return [f"{known.column}: {count} values a little below zero taken as 0."] if count else []


def _step_of(means: pd.DataFrame) -> tuple[float | None, list[str]]:
    """Return how long a step is [h], the most common one, and where the clock jumps off it.

    Readings have no step: they may come when they like.
    """
    index = pd.DatetimeIndex(means.index)
    if means.columns.empty:
        return None, []
    if len(index) < 2:
        return None, ["one row does not tell how long a step is. Give two or more."]
    spans = np.diff(index.as_unit("us").asi8)
    step_us, _ = Counter(spans.tolist()).most_common(1)[0]
    step_h = step_us / 3.6e9  # microseconds in an hour
    off = np.flatnonzero((index.as_unit("us").asi8 - index.as_unit("us").asi8[0]) % step_us)
    if len(off):
        at = index[int(off[0])]
        what = f"time_utc = {at:%Y-%m-%dT%H:%M:%SZ} is off the file's steps of {_minutes(step_h)}"
        return step_h, [f"{what}: the clock jumped. Round the moments to the step."]
    if step_h > STEP_MAX_H:
        return step_h, [f"time_utc: steps of {_minutes(step_h)} are too long. Give a day at most."]
    return step_h, []


def _minutes(step_h: float) -> str:
    """Return a step's length in words."""
    return f"{step_h * 60:g} min"


def _unfinished(means: pd.DataFrame, step_h: float, now: pd.Timestamp) -> list[str]:
    """Return that a mean is given of a step that is not over."""
    begun = means.index[means.notna().any(axis=1)]
    if not len(begun) or begun[-1] + pd.Timedelta(hours=step_h) <= now + CLOCK_SKEW:
        return []
    name = means.columns[means.loc[begun[-1]].notna()][0]
    what = f"{name}: the step from {begun[-1]:{_FORM}} is not over at {now:{_FORM}}"
    return [f"{what}. Leave that cell empty until it is: a mean is named by its beginning."]


def _gaps(table: pd.DataFrame, step_h: float | None) -> list[str]:
    """Return which steps are missing, and which columns have empty cells."""
    notes, index = [], table.index
    if step_h is not None:
        step = pd.Timedelta(hours=step_h)
        jumps = np.flatnonzero(np.diff(index) > step.to_timedelta64())
        missing = round((index[-1] - index[0]) / step) + 1 - len(index)
        if missing:
            first = index[int(jumps[0])] + step
            notes.append(
                f"{missing} of {missing + len(index)} steps are missing, the first at "
                f"{first:{_FORM}}."
            )
    for name, count in table.isna().sum().items():
        if count:
            notes.append(f"{name}: {count} of {len(table)} cells are empty.")
    return notes
