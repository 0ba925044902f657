"""Metered values beside the runs: ``DIR/meters/YYYY-MM.parquet``, one row per moment.

Reading the same file twice changes nothing; a later file corrects what an earlier one said, cell
by cell, and an empty cell corrects nothing. Columns are published names, `time_utc` is in UTC;
a column of means has one length of step, kept in ``columns.json``.
"""

import io
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import InputError
from models.files import plain_file, reason
from optimizer.meter_file import MeterFile
from optimizer.store import read_json, write_json

METERS = "meters"
COLUMNS_FILE = "columns.json"
MONTH_MAX_BYTES = 200_000_000  # a month of minutes in 60 columns takes some 20 MB


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """What an import did, cell by cell."""

    new_count: int
    corrected_count: int
    same_count: int
    first_utc: pd.Timestamp
    last_utc: pd.Timestamp


def read_meters(
    out: Path, until: pd.Timestamp | None = None, *, since: pd.Timestamp | None = None
) -> pd.DataFrame:
    """Return the metered values kept in a folder of runs; empty where there are none.

    Parameters
    ----------
    out : path
        Folder of runs.
    until : Timestamp, optional
        Nothing that was not known then: readings after it and steps that were not over are left
        out.
    since : Timestamp, optional
        Nothing from before; months that end before it are not read.

    Returns
    -------
    DataFrame, shape (moments, columns)
        Index ``time_utc``, in UTC and rising; NaN where a meter said nothing. Readings (stored
        energy, fuel, water, units on, backlog) are values at that moment, the rest means of the
        step that begins then; `meter_steps` says how long each column's step is.

    Raises
    ------
    InputError
        A file is not as it was written.
    """
    paths = sorted((out / METERS).glob("????-??.parquet"))
    if since is not None:
        paths = [path for path in paths if path.stem >= f"{since.tz_convert('UTC'):%Y-%m}"]
    table = pd.concat([_read_month(path) for path in paths]).sort_index() if paths else _empty()
    if since is not None:
        table = table[table.index >= since]
    return table if until is None else known_at(table, meter_steps(out), until)


def known_at(
    table: pd.DataFrame, steps_h: Mapping[str, float], moment: pd.Timestamp
) -> pd.DataFrame:
    """Return what a table of meters could say at a moment."""
    told = table[table.index <= moment].copy()
    for column in told.columns:
        begun = told.index > moment - pd.Timedelta(hours=steps_h.get(column, 0.0))
        told.loc[begun, column] = float("nan")
    return told.dropna(how="all")


def meter_steps(out: Path) -> dict[str, float]:
    """Return how long the steps of each column of means are, in hours; readings have none."""
    path = out / METERS / COLUMNS_FILE
    if not path.is_file():
        return {}
    return {str(column): float(step_h) for column, step_h in read_json(path).items()}


def store_meters(out: Path, new: MeterFile) -> Stored:
    """Put a checked file's values into a folder of runs, month by month, each at once.

    Raises
    ------
    InputError
        A column's step is another than that of what is kept.
    """
    folder = out / METERS
    folder.mkdir(parents=True, exist_ok=True)
    _keep_steps(folder, new, meter_steps(out))
    counts = [0, 0, 0]
    table = new.table.astype("float64").sort_index()
    for month, part in table.groupby(pd.DatetimeIndex(table.index).strftime("%Y-%m")):
        path = folder / f"{month}.parquet"
        before = _read_month(path) if path.is_file() else _empty()
        merged, found = _merged(before, part)
        counts = [a + b for a, b in zip(counts, found, strict=True)]
        if found[0] or found[1]:
            _write_month(path, merged)
    return Stored(
        new_count=counts[0],
        corrected_count=counts[1],
        same_count=counts[2],
        first_utc=table.index[0],
        last_utc=table.index[-1],
    )


def last_values(out: Path, now: pd.Timestamp) -> list[dict[str, Any]]:
    """Return the last value of every column, when it was known and how old it is."""
    steps_h, rows = meter_steps(out), []
    for column, values in read_meters(out).items():
        told = values.dropna()
        known = told.index[-1] + pd.Timedelta(hours=steps_h.get(str(column), 0.0))
        rows.append(
            {
                "column": str(column),
                "value": float(told.iloc[-1]),
                "time_utc": f"{known:%Y-%m-%dT%H:%M:%SZ}",
                "age_h": round(float((now - known) / pd.Timedelta(hours=1)), 3),
                "step_h": steps_h.get(str(column)),
                "count": len(told),
            }
        )
    return rows


def _keep_steps(folder: Path, new: MeterFile, kept: dict[str, float]) -> None:
    """Note the step of new columns of means; refuse another step than a column has."""
    given = {str(column): new.step_h for column in new.mean_columns if new.step_h is not None}
    problems = [
        f"{column}: its step is {step_h * 60:g} min, and {kept[column] * 60:g} min in what is "
        f"kept in {folder}. Bring the file to that step first."
        for column, step_h in given.items()
        if column in kept and abs(kept[column] - step_h) > 1e-9
    ]
    if problems:
        raise InputError(problems)
    if set(given) - set(kept):
        write_json(folder / COLUMNS_FILE, dict(sorted((kept | given).items())))


def _merged(before: pd.DataFrame, new: pd.DataFrame) -> tuple[pd.DataFrame, list[int]]:
    """Return both tables as one, the new cells first; and how many are new, corrected, the same."""
    index, columns = before.index.union(new.index), before.columns.union(new.columns, sort=False)
    old, said = (table.reindex(index=index, columns=columns) for table in (before, new))
    is_said = said.notna()
    is_same = is_said & (old == said)
    is_new = is_said & old.isna()
    counts = [
        int(mask.to_numpy().sum()) for mask in (is_new, is_said & ~is_new & ~is_same, is_same)
    ]
    return said.where(is_said, old).rename_axis("time_utc"), counts


def _empty() -> pd.DataFrame:
    """Return a table without rows or columns."""
    return pd.DataFrame(index=pd.DatetimeIndex([], tz="UTC", name="time_utc").as_unit("us"))


def _read_month(path: Path) -> pd.DataFrame:
    """Return the table of one month."""
    try:
        frame = pd.read_parquet(plain_file(path, MONTH_MAX_BYTES)).astype("float64")
        index = pd.DatetimeIndex(frame.index).tz_convert("UTC").as_unit("us")
    except (OSError, ValueError, TypeError) as error:
        what = f"{path}: not as it was written: {reason(error)}"
        raise InputError([f"{what}. Take it out, and import that month again."]) from error
    return frame.set_axis(index.rename("time_utc"))


def _write_month(path: Path, table: pd.DataFrame) -> None:
    """Replace the table of one month at once."""
    buffer = io.BytesIO()
    table.to_parquet(buffer)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(3)}")
    with temporary.open("wb") as file:
        file.write(buffer.getvalue())
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
