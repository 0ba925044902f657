"""Open-Meteo's envelope: hourly columns, one for each variable and member, with their units.

Nothing is converted here. What differs from the documented answer is refused by the field's name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.errors import InputError, SourceError
from models.weather.online.json_body import differs, number_in, numbers_in
from models.weather.online.open_meteo_request import VARIABLES
from models.weather.reading import require_same_place
from models.weather.schema import Place
from models.weather.sun import FloatArray

HOUR_S = 3600
CONTROL = "control"
COLUMN = re.compile(rf"({'|'.join(VARIABLES)})(?:_(member\d+))?(?:_(\w+))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Hourly values at their stamps, in the provider's units.

    `by_variable` holds for each variable an array, shape (members, stamps), NaN where null.
    """

    where: str
    stamps: pd.DatetimeIndex
    members: tuple[str, ...]
    by_variable: dict[str, FloatArray]
    grid_point: str


def read_answer(
    content: dict[str, Any], where: str, place: Place, models: Sequence[str] = ()
) -> Answer:
    """Return the columns of an answer for one place.

    Parameters
    ----------
    content : dict
        The answer.
    where : str
        How messages begin.
    place : Place
        The site; a grid point more than 50 km away is refused.
    models : sequence of str
        Names of the one model that is taken where columns of several stand side by side.

    Raises
    ------
    SourceError
        The first field that differs from what is documented, with its value.
    """
    grid_point = _grid_point(content, where, place)
    offset = content.get("utc_offset_seconds")
    if offset != 0 or isinstance(offset, bool):
        raise differs(where, "utc_offset_seconds", offset, "not 0, so these times are not UTC")
    hourly, units = (_table(content, field, where) for field in ("hourly", "hourly_units"))
    stamps = _stamps(hourly, units, where)
    named = _names(hourly, where, models)
    members = tuple(sorted({member for _, member in named}, key=_rank))
    by_variable = {}
    for variable, unit in VARIABLES.items():
        if not any(name == variable for name, _ in named):
            raise differs(where, f"hourly.{variable}", None, "missing")
        by_variable[variable] = np.full((len(members), len(stamps)), np.nan)
        for row, member in enumerate(members):
            column = named.get((variable, member))
            if column is not None:
                by_variable[variable][row] = _column(hourly, units, column, unit, where)
    return Answer(
        where=where, stamps=stamps, members=members, by_variable=by_variable, grid_point=grid_point
    )


def _rank(member: str) -> int:
    return 0 if member == CONTROL else int(member.removeprefix("member"))


def _grid_point(content: dict[str, Any], where: str, place: Place) -> str:
    """Return the grid point's coordinates; refuse one that is not the site's."""
    latitude, longitude = (number_in(content, name, where) for name in ("latitude", "longitude"))
    try:
        require_same_place(latitude, longitude, place, where)
    except InputError as error:
        raise SourceError("content", str(error)) from error
    height = content.get("elevation")
    said = f", {height:g} m" if isinstance(height, int | float) else ""
    return f"grid point {latitude:g} N {longitude:g} E{said}"


def _table(content: dict[str, Any], field: str, where: str) -> dict[str, Any]:
    value = content.get(field)
    if not isinstance(value, dict):
        raise differs(where, field, value, "no table")
    return value


def _stamps(hourly: dict[str, Any], units: dict[str, Any], where: str) -> pd.DatetimeIndex:
    """Return the stamps, hour by hour."""
    if units.get("time") != "unixtime":
        raise differs(where, "hourly_units.time", units.get("time"), "not unixtime")
    seconds = numbers_in(hourly.get("time"), "hourly.time", where)
    if len(seconds) < 2 or not np.isfinite(seconds).all():
        raise differs(where, "hourly.time", hourly.get("time"), "no row of hours")
    uneven = np.flatnonzero(np.diff(seconds) != HOUR_S)
    if len(uneven) or seconds[0] % HOUR_S:
        first = seconds[uneven[0] + 1] if len(uneven) else seconds[0]
        raise differs(where, "hourly.time", first, "not one hour after the one before, on the hour")
    try:
        return pd.DatetimeIndex(pd.to_datetime(seconds, unit="s", utc=True))
    except (OverflowError, ValueError) as error:
        raise differs(where, "hourly.time", seconds[0], "no time in unix seconds") from error


def _names(hourly: dict[str, Any], where: str, models: Sequence[str]) -> dict[tuple[str, str], str]:
    """Return the column of each variable and member, of one model if there are several."""
    found = [(match, name) for name in hourly if (match := COLUMN.fullmatch(name))]
    endings = {match[3] for match, _ in found}
    if len(endings) > 1:
        endings &= set(models)
    if len(endings) > 1 or (found and not endings):
        several = ", ".join(sorted(str(match[3]) for match, _ in found)[:3])
        what = "of several models, none of them the one asked for"
        raise differs(where, "hourly", several, what)
    return {(match[1], match[2] or CONTROL): name for match, name in found if match[3] in endings}


def _column(
    hourly: dict[str, Any], units: dict[str, Any], name: str, unit: str, where: str
) -> FloatArray:
    """Return one column in the unit asked for; one that is null throughout has no unit."""
    values = numbers_in(hourly[name], f"hourly.{name}", where)
    count = len(hourly["time"])
    if len(values) != count:
        what = f"not as long as hourly.time, {count}"
        raise differs(where, f"length of hourly.{name}", len(values), what)
    if units.get(name) != unit and np.isfinite(values).any():
        raise differs(where, f"hourly_units.{name}", units.get(name), f"not {unit}")
    return values
