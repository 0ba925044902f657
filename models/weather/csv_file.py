"""The user's own table, CSV or Parquet, in the schema's columns with times in UTC or with offset.

Values are means over steps; the option `label` says which end of the step the time names, and
this file is where end labels become beginnings.
"""

import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

from models.errors import InputError
from models.weather.reading import DEFAULTS, Origin, ReadOptions, numbers, read_text, require_file
from models.weather.schema import INDEX_NAME, Place, Weather, column_spec, suggestion

OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")
PARQUET_MAGIC = b"PAR1"


def read_table(path: Path, place: Place, options: ReadOptions = DEFAULTS) -> Weather:
    """Return a table of the user's; `checks.check` judges it.

    CSV: comma, decimal point, a header, first column `time_utc` as ISO 8601 with Z or an offset
    (2026-01-01T00:00Z). Parquet: `time_utc` as a column or the index, with a time zone. The other
    columns are those of the schema, in float; the step is the commonest distance of two times.

    Raises
    ------
    InputError
        Every column unknown, cell that is no number, time without zone or unreadable.
    """
    require_file(path)
    where = path.name
    with path.open("rb") as file:
        is_parquet = file.read(4) == PARQUET_MAGIC
    rows = _parquet_rows(path) if is_parquet else _csv_rows(path)
    table = _values(rows, where)
    index = pd.DatetimeIndex(
        pd.to_datetime(rows[INDEX_NAME], format="ISO8601", utc=True), name=INDEX_NAME
    )
    step = _commonest_step(index, where)
    if options.label == "end":
        index = index - step
    origin = Origin(
        where=f"{where} (table, times name the {options.label} of a step)",
        notes=[],
        level=options.level,
        licence=options.licence,
    )
    return origin.weather(table.set_axis(index), step / pd.Timedelta(hours=1), place)


def _values(rows: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return the columns but the time as floats; refuse all faults of names, times, cells."""
    if INDEX_NAME not in rows.columns:
        remedy = f"Name the column of times {INDEX_NAME}, in UTC."
        raise InputError([f"{where}: {INDEX_NAME} is missing. {remedy}"])
    values = rows.drop(columns=INDEX_NAME)
    problems = [
        f"{where}: {name} is no weather column. {suggestion(str(name))}"
        for name in values.columns
        if column_spec(str(name)) is None
    ]
    problems += _time_problems(rows[INDEX_NAME], where)
    try:
        table = numbers(values, where)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    return table


def _csv_rows(path: Path) -> pd.DataFrame:
    """Return all cells as text."""
    text = read_text(path)
    header = text.split("\n", 1)[0]
    if ";" in header and "," not in header:
        remedy = "Use commas, and points in decimals."
        raise InputError([f"{path.name} is separated by semicolons. {remedy}"])
    try:
        rows = pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        what = f"{path.name} is no table ({str(error).strip()})."
        raise InputError([f"{what} Write one header and rows of equal length."]) from error
    if not isinstance(rows.index, pd.RangeIndex):
        remedy = "Use commas between cells only."
        raise InputError([f"{path.name} has rows longer than the header. {remedy}"])
    return rows.rename(columns=str.strip)


def _parquet_rows(path: Path) -> pd.DataFrame:
    """Return the table, its named index as a column."""
    try:
        rows = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        what = f"{path.name} is no Parquet, or cut off ({str(error).splitlines()[0]})."
        raise InputError([f"{what} Write it again."]) from error
    return rows.reset_index() if rows.index.name == INDEX_NAME else rows


def _time_problems(stamps: pd.Series, where: str) -> list[str]:
    """Return the first time without zone and the first unreadable one."""
    if not len(stamps):
        return [f"{where} has no rows. Bring at least two steps."]
    if isinstance(stamps.dtype, pd.DatetimeTZDtype):
        return []
    text = stamps.astype("str").str.strip()
    problems = []
    naive = ~text.str.contains(OFFSET).to_numpy(dtype=bool)
    if naive.any():
        row = int(np.argmax(naive))
        what = f"{INDEX_NAME} = {text.iloc[row]!r} in data row {row + 1} is without a time zone"
        remedy = "Write UTC with a Z, e.g. 2026-01-01T00:00Z, or the offset, e.g. +01:00."
        problems.append(f"{where}: {what} ({int(naive.sum())} rows). {remedy}")
    read = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    unread = read.isna().to_numpy()
    if unread.any():
        row = int(np.argmax(unread))
        what = f"{INDEX_NAME} = {text.iloc[row]!r} in data row {row + 1} is no time"
        problems.append(f"{where}: {what}. Write times like 2026-01-01T00:00Z.")
    return problems


def _commonest_step(index: pd.DatetimeIndex, where: str) -> pd.Timedelta:
    """Return the distance that most neighbouring times have."""
    moves = index[1:] - index[:-1]
    forward = moves[moves > pd.Timedelta(0)]
    if not len(forward):
        remedy = "Sort by time." if len(moves) else "Bring two or more."
        raise InputError([f"{where}: {INDEX_NAME} has no two steps in order. {remedy}"])
    return pd.Timedelta(forward.value_counts().index[0])
