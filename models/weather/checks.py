"""Is a table weather at all? Every fault at once, each with its first time and its remedy."""

import numpy as np
import pandas as pd

from models.errors import InputError
from models.weather.checks_sun import sun_problems
from models.weather.checks_values import value_problems
from models.weather.schema import (
    COLUMNS,
    INDEX_NAME,
    IRRADIANCE,
    LEVELS,
    Weather,
    column_spec,
    suggestion,
    utc,
)


def check(weather: Weather) -> None:
    """Refuse weather that cannot be true, or is not in the schema.

    Time and columns first; then values; then, where the irradiance is complete and in range, its
    agreement with the sun at the place.

    Raises
    ------
    InputError
        All faults found, each with column, value, first offending time, count and remedy.
    """
    problems = _time_problems(weather) + _column_problems(weather)
    if not problems:
        problems = value_problems(weather)
        values = weather.table[list(IRRADIANCE)]
        ranges = [COLUMNS[name] for name in IRRADIANCE]
        low, high = ([getattr(r, end) for r in ranges] for end in ("low", "high"))
        if bool((values.ge(low) & values.le(high)).all(axis=None)):
            problems += sun_problems(weather)
    if problems:
        raise InputError(problems)


def _time_problems(weather: Weather) -> list[str]:
    """Return what is wrong with the index: type, zone, name, order, duplicates, gaps."""
    index, where = weather.table.index, f"{weather.where}: {INDEX_NAME}"
    if not isinstance(index, pd.DatetimeIndex):
        return [f"{where} = {index.dtype} is no time index. Use times in UTC as the index."]
    if not len(index):
        return [f"{where} is empty. Bring at least one step."]
    if index.hasnans:
        row = int(np.argmax(index.isna())) + 1
        return [f"{where} = NaT is no time (row {row}). Write every time in full."]
    if index.tz is None:
        remedy = "Write times in UTC with a Z, or with their offset, e.g. 2026-01-01T00:00Z."
        return [f"{where} = {utc(index[0])} is without a time zone. {remedy}"]
    if str(index.tz) != "UTC":
        return [f"{where} = {index[0]} is in zone {index.tz}. Convert it to UTC."]
    if index.name != INDEX_NAME:
        return [f"{weather.where}: index name = {index.name!r} is unknown. Name it {INDEX_NAME}."]
    if not 0.0 < weather.step_h <= 24.0:
        remedy = "Give the length of a step in hours."
        return [f"{weather.where}: step_h = {weather.step_h} is outside (0, 24]. {remedy}"]
    return _step_problems(weather, index, where)


def _step_problems(weather: Weather, index: pd.DatetimeIndex, where: str) -> list[str]:
    """Return what is wrong between neighbouring times."""
    move = np.asarray(index[1:] - index[:-1])
    problems: list[str] = []
    if (back := move < np.timedelta64(0)).any():
        time = utc(index[int(np.argmax(back)) + 1])
        problems.append(f"{where} = {time} is earlier than the row before it. Sort by time.")
        index = index.sort_values()
        move = np.asarray(index[1:] - index[:-1])
    if (twice := move == np.timedelta64(0)).any():
        time, count = utc(index[int(np.argmax(twice))]), int(twice.sum())
        remedy = "Keep one row a step; local time repeats an hour in autumn: use UTC."
        problems.append(f"{where} = {time} is given twice ({count} repeats). {remedy}")
    step = np.timedelta64(weather.step)
    uneven = (move % step) != np.timedelta64(0)
    if uneven.any():
        time = utc(index[int(np.argmax(uneven)) + 1])
        remedy = f"Bring one row every {weather.step_h:g} h."
        problems.append(f"{where} = {time} is off the grid of steps. {remedy}")
    gap = ~uneven & (move > step)
    if gap.any():
        count = int(((move[gap] // step) - 1).sum())
        time = utc(index[int(np.argmax(gap))] + weather.step)
        remedy = "Bring the missing rows: nothing is filled in passing."
        problems.append(f"{where} = {time} is missing ({count} steps in all). {remedy}")
    return problems


def _column_problems(weather: Weather) -> list[str]:
    """Return what is wrong with the columns and the labels of the whole."""
    table, where = weather.table, weather.where
    problems = [
        f"{where}: {name} is missing. Bring it as a column in {spec.unit}."
        for name, spec in COLUMNS.items()
        if name not in table.columns
    ]
    for name, dtype in table.dtypes.items():
        if column_spec(str(name)) is None:
            problems.append(f"{where}: {name} is no weather column. {suggestion(str(name))}")
        elif dtype != np.float64:
            remedy = "Give numbers only."
            problems.append(f"{where}: {name} is of type {dtype}, expected float64. {remedy}")
    if not table.columns.is_unique:
        name = table.columns[table.columns.duplicated()][0]
        problems.append(f"{where}: {name} is given as two columns. Keep one.")
    if weather.level not in LEVELS:
        remedy = f"Say one of {', '.join(LEVELS)}."
        problems.append(f"{where}: level = {weather.level!r} is unknown. {remedy}")
    return problems
