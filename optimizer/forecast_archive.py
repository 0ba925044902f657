"""The archive of own forecasts, ``DIR/forecasts/<run id>.parquet``: what was said, when, of when.

Each issued forecast leaves one small table. Beside the meters it is what calibration learns from
and what `dakhla score` judges. Only forecasts by the clock are pairs: weather from a file or made
up for a trial says nothing of how good forecasts are.
"""

import io
import os
import secrets
from dataclasses import replace
from pathlib import Path

import pandas as pd

from models.calibration import SHAPE_COLUMNS, Pairs, shape_of, to_latent
from models.errors import InputError
from models.files import plain_file, reason
from optimizer.meters import known_at
from optimizer.power_forecast import PowerForecast

FORECASTS = "forecasts"
ISSUED_MAX_BYTES = 50_000_000  # a week of quarter hours of two plants takes some 0.1 MB
PAIRED_RUNGS = ("fresh", "last_run", "second", "climatology")
HISTORY_DAY = 400.0  # decision: a year of seasons; older errors are of older weather models
CURTAILED_MW = 1e-3  # numerical: a kilowatt
KEPT = ("member_count", "mean_mw", "sd_mw", "ceiling_mw", "lead_h", *SHAPE_COLUMNS)


def quantile_column(level_pu: float) -> str:
    """Return the name of a quantile's column: p5 for 0.05."""
    return f"p{round(100 * level_pu)}"


def issued_table(power: PowerForecast, issued_utc: pd.Timestamp, rung: str) -> pd.DataFrame:
    """Return what an issued forecast said, one row per plant and step.

    Returns
    -------
    DataFrame, shape (plants * steps,)
        ``issued_utc``, ``init_utc`` (begin of the weather model's run), ``time_utc``, ``step_h``,
        ``lead_h`` (model run to the middle of the step), ``column``, ``source``, ``rung``;
        ``member_count``, ``mean_mw``, ``sd_mw`` of the members before calibration,
        ``ceiling_mw``, and their quantiles (`SHAPE_COLUMNS`); after calibration ``calibrated_mw``
        (mean) and quantiles ``p1`` to ``p99``.
    """
    horizon = power.horizon
    since_init_h = float((horizon.start - power.run.init_utc) / pd.Timedelta(hours=1))
    frames = []
    for column, ceiling in power.ceilings.items():
        members = power.members[column]
        spread = int(members.shape[1] > 1)
        shape = shape_of(to_latent(members, ceiling[:, None]))
        numbers = {
            "step_h": horizon.hours,
            "lead_h": horizon.end_h - horizon.hours / 2 + since_init_h,
            "mean_mw": members.mean(axis=1),
            "sd_mw": members.std(axis=1, ddof=spread),
            "ceiling_mw": ceiling,
            "calibrated_mw": power.calibrated[column].mean(axis=1),
        }
        numbers |= dict(zip(SHAPE_COLUMNS, shape.T, strict=True))
        for level, values in zip(power.levels_pu, power.quantiles[column].T, strict=True):
            numbers[quantile_column(level)] = values
        frame = pd.DataFrame(numbers, dtype="float32")
        frame.insert(0, "time_utc", horizon.index)
        frames.append(frame.assign(column=column, member_count=members.shape[1]))
    table = pd.concat(frames, ignore_index=True)
    return table.assign(
        issued_utc=issued_utc.tz_convert("UTC").as_unit("us"),
        init_utc=power.run.init_utc.tz_convert("UTC").as_unit("us"),
        source=power.run.model,
        rung=rung,
    )


def write_issued(
    out: Path, run_id: str, power: PowerForecast, *, issued_utc: pd.Timestamp, rung: str
) -> Path | None:
    """Put an issued forecast into the archive, at once; none where nothing was forecast."""
    if not power.ceilings:
        return None
    folder = out / FORECASTS
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    issued_table(power, issued_utc, rung).to_parquet(buffer, index=False)
    path = folder / f"{run_id}.parquet"
    temporary = folder / f".{path.name}.{secrets.token_hex(3)}"
    with temporary.open("wb") as file:
        file.write(buffer.getvalue())
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return path


def read_issued(
    out: Path, since: pd.Timestamp | None = None, problems: list[str] | None = None
) -> pd.DataFrame:
    """Return all forecasts of the archive, oldest first; empty where there are none.

    Parameters
    ----------
    since : Timestamp, optional
        Only forecasts issued then or later.
    problems : list of str, optional
        Where it is given, files that can't be read are left out and named in it.

    Returns
    -------
    DataFrame
        As `issued_table`, with ``run``, the run's name.

    Raises
    ------
    InputError
        A file is not as it was written, and `problems` is not given.
    """
    frames = []
    for path in sorted((out / FORECASTS).glob("*.parquet")):
        if since is not None and _is_before(path.stem, since):
            continue
        try:
            frame = _read_one(path)
        except InputError as error:
            if problems is None:
                raise
            problems += error.problems
            continue
        if len(frame) and (since is None or frame["issued_utc"].iloc[0] >= since):
            frames.append(frame.assign(run=path.stem))
    if not frames:
        return pd.DataFrame()
    table = pd.concat(frames, ignore_index=True)
    return table.sort_values(["issued_utc", "column", "time_utc"], ignore_index=True)


def _is_before(run: str, since: pd.Timestamp) -> bool:
    """Return whether a run's name alone says that it is older, so that years need no reading."""
    day = run[:8]
    return day.isascii() and day.isdigit() and day < f"{since.tz_convert('UTC'):%Y%m%d}"


def _read_one(path: Path) -> pd.DataFrame:
    """Return one forecast of the archive."""
    try:
        frame = pd.read_parquet(plain_file(path, ISSUED_MAX_BYTES))
        for name in ("issued_utc", "init_utc", "time_utc"):
            frame[name] = pd.DatetimeIndex(frame[name]).tz_convert("UTC").as_unit("us")
        frame[[*KEPT, "step_h"]].astype("float64")
        frame[["column", "source", "rung"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        what = f"{path}: not as it was written: {reason(error)}"
        raise InputError([f"{what}. Take it out; the forecasts beside it are whole."]) from error
    return frame


def pairs(
    out: Path, meters: pd.DataFrame, steps_h: dict[str, float], *, since: pd.Timestamp | None
) -> Pairs:
    """Return past forecasts beside what the meters said, hours that were curtailed left out.

    Parameters
    ----------
    out : path
        Folder of runs.
    meters : DataFrame
        As `optimizer.meters.read_meters` returns it. ``<name>_available_mw`` is taken where it is
        metered; else ``<name>_used_mw`` in steps in which the last plan curtailed nothing.
    steps_h : dict of float
        As `optimizer.meters.meter_steps` returns it.
    since : Timestamp, optional
        Only forecasts issued then or later.
    """
    problems: list[str] = []
    issued = read_issued(out, since, problems)
    nothing = Pairs(table=pd.DataFrame(columns=[*_PAIR_COLUMNS]), problems=tuple(problems))
    if issued.empty or meters.empty:
        return nothing
    issued = issued[issued["rung"].isin(PAIRED_RUNGS)]
    issued = issued.drop_duplicates(["init_utc", "source", "column", "time_utc"], keep="last")
    found = [
        _paired(part, *actual)
        for column, part in issued.groupby("column")
        if (actual := actual_of(out, str(column), meters, steps_h)) is not None
    ]
    if not found:
        return nothing
    return replace(nothing, table=pd.concat(found, ignore_index=True))


_PAIR_COLUMNS = ("issued_utc", "init_utc", "time_utc", "column", "source", *KEPT, "actual_mw")


def actual_of(
    out: Path, column: str, meters: pd.DataFrame, steps_h: dict[str, float]
) -> tuple[pd.Series, float] | None:
    """Return what a plant could give, as metered, and the length of the meter's step [h]."""
    name = column.removesuffix("_available_mw")
    if column in steps_h and column in meters:
        return meters[column].dropna(), steps_h[column]
    used = f"{name}_used_mw"
    if used not in steps_h or used not in meters:
        return None
    free = uncurtailed(out, name)
    if free.empty:
        return None
    series = meters[used].dropna()
    of_step = free.groupby(_floor(free.index, steps_h[used])).min()  # each part of it, if it has
    where = of_step.reindex(series.index, method="ffill", tolerance=pd.Timedelta("59min"))
    return series[where.eq(True).to_numpy(dtype=bool)], steps_h[used]


def _floor(index: pd.Index, step_h: float) -> pd.DatetimeIndex:
    """Return the beginnings of the steps that moments are in."""
    return pd.DatetimeIndex(index).floor(pd.Timedelta(hours=step_h))


def uncurtailed(out: Path, name: str) -> pd.Series:
    """Return whether the last plan of each step left nothing of a plant's power unused.

    Returns
    -------
    Series of bool, index ``time_utc``
        Steps that no plan of the archive covers are missing.
    """
    column = f"{name}_curtailed_mw"
    found: dict[pd.Timestamp, bool] = {}
    for issued in sorted((out / FORECASTS).glob("*.parquet")):
        path = out / issued.stem / "schedule.parquet"
        if path.is_file():
            try:
                table = pd.read_parquet(path, columns=[column])
            except (OSError, ValueError, KeyError):
                continue  # the audit of that run speaks of it
            begins = pd.DatetimeIndex(table.index).as_unit("us")
            found.update(zip(begins, table[column] <= CURTAILED_MW, strict=True))
    return pd.Series(found, dtype=bool).sort_index()


def _paired(issued: pd.DataFrame, actual: pd.Series, meter_step_h: float) -> pd.DataFrame:
    """Return one plant's forecasts beside the metered mean of the same step."""
    found = []
    for step_h in issued["step_h"].unique().tolist():
        part = issued[issued["step_h"] == step_h]
        length_h = max(step_h, meter_step_h)
        mean = actual.groupby(_floor(actual.index, length_h)).agg(["mean", "count"])
        whole = mean.loc[mean["count"] == round(length_h / meter_step_h), "mean"]
        merged = _merged(part, pd.Timedelta(hours=length_h), round(length_h / step_h))
        merged["actual_mw"] = whole.reindex(merged["time_utc"]).to_numpy(dtype=float)
        found.append(merged)
    table = pd.concat(found, ignore_index=True)
    return table[[*_PAIR_COLUMNS]].sort_values(["issued_utc", "time_utc"], ignore_index=True)


def _merged(part: pd.DataFrame, step: pd.Timedelta, count: int) -> pd.DataFrame:
    """Return forecasts of steps joined to the meter's longer ones, whole ones only."""
    if count == 1:
        return part.copy()
    keys = ["issued_utc", "init_utc", "column", "source", part["time_utc"].dt.floor(step)]
    groups = part.groupby(keys)
    means = groups[list(KEPT)].mean()
    return means[groups.size() == count].reset_index()


def history(out: Path, meters: pd.DataFrame, steps_h: dict[str, float], now: pd.Timestamp) -> Pairs:
    """Return what calibration learns from now: the pairs of the last `HISTORY_DAY` days.

    A plan of a past day must not learn from what came after it.
    """
    known = known_at(meters, steps_h, now)
    found = pairs(out, known, steps_h, since=now - pd.Timedelta(days=HISTORY_DAY))
    return replace(found, table=found.table[found.table["issued_utc"] < now])
