"""Is a forecast true as a whole, and new against the last one? What `checks.check` can't see.

`require_weather` judges one forecast: its labels against the sun by all members and days
together, and that members differ. `against_last` compares with the forecast used before: a feed
or member that stands still while the model run moved, and a unit that changed.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from models.errors import SourceError
from models.weather.forecast import WeatherForecast
from models.weather.online.members import KEPT_MIN_PU
from models.weather.schema import Weather, utc
from models.weather.sun import (
    CELL_S,
    FloatArray,
    cell_midpoints,
    clear_ghi_w_per_m2,
    sin_elevation,
)

# A label one hour off stands out by 60 min. What morning fog and afternoon dust move the light by
# stays inside: 25 min at most on single days of the bundled climate, less over several.
LAG_MAX_MIN = 30.0
LAG_DAYS_MIN = 3  # fewer days do not tell weather from a label
LAG_STEP_MIN, LAG_TRIED_MIN = 15, 180
LIGHT_MIN_W_PER_M2 = 20.0  # mean over all hours: polar night has no noon to compare
RATIO_RANGE = (1.0 / 3.0, 3.0)  # km/h for m/s are 3.6, per cent for parts 100
RATIO_OVER_MIN_H = 12
CELLS_AN_HOUR = 3600 // CELL_S
LATER = "Ask again later, or take another source."
TEMPERATURE_MOVE_MAX_K = 15.0  # between two runs for the same hours; degF for degC move 32 or more
FLOORS = {"ghi_w_per_m2": 50.0, "dni_w_per_m2": 50.0, "dhi_w_per_m2": 20.0, "pressure_pa": 1.0}
WIND_FLOOR_M_PER_S = 1.0  # calms: a ratio of two small numbers


def require_weather(forecast: WeatherForecast) -> None:
    """Refuse a forecast whose members are all the same, or whose light comes at other times.

    Raises
    ------
    SourceError
        ``content``, with what was found.
    """
    first = forecast.members[0].table
    where = f"{forecast.run.provider} {forecast.run.model}"
    if len(forecast.members) > 1 and all(m.table.equals(first) for m in forecast.members[1:]):
        count = len(forecast.members)
        what = f"members = {count} are one and the same, which is no ensemble"
        raise SourceError("content", f"{where}: {what}. {LATER}")
    lag_min = light_lag_min(forecast.members)
    if lag_min is not None and abs(lag_min) > LAG_MAX_MIN:
        side = "late" if lag_min > 0 else "early"
        what = f"light = {abs(lag_min):.0f} min {side} is more than {LAG_MAX_MIN:g} min off the sun"
        remedy = "The labels have moved: take another source, and tell the provider."
        raise SourceError("content", f"{where}: {what}. {remedy}")


def light_lag_min(members: tuple[Weather, ...]) -> float | None:
    """Return by how many minutes the members' mean light is late against a clear sky, or None.

    The lag whose moved clear sky, scaled day by day, leaves the least of the light's square,
    refined by a parabola; unlike `labels.label_lag_min` it has a say under clouds too.
    """
    table = members[0].table
    days = len(table) // 24
    ghi = np.mean([m.table["ghi_w_per_m2"].to_numpy() for m in members], axis=0)[: days * 24]
    if days < LAG_DAYS_MIN or ghi.mean() < LIGHT_MIN_W_PER_M2:
        return None
    lags = np.arange(-LAG_TRIED_MIN, LAG_TRIED_MIN + 1, LAG_STEP_MIN)
    start = pd.Timestamp(table.index[0]) - pd.Timedelta(minutes=LAG_TRIED_MIN)
    margin, move = LAG_TRIED_MIN * 60 // CELL_S, LAG_STEP_MIN * 60 // CELL_S
    cells = cell_midpoints(start, days * 24 * CELLS_AN_HOUR + 2 * margin)
    sky = clear_ghi_w_per_m2(sin_elevation(cells, members[0].place))
    moved = np.stack(
        [
            sky[n * move : n * move + days * 24 * CELLS_AN_HOUR].reshape(days, 24, -1).mean(axis=2)
            for n in range(len(lags))
        ]
    )
    light = ghi.reshape(days, 24)
    inner = np.sum(moved * light, axis=2)
    explained = np.sum(inner**2 / np.maximum(np.sum(moved**2, axis=2), 1e-9), axis=1)
    best = int(np.clip(np.argmax(explained), 1, len(lags) - 2))
    before, at, after = explained[best - 1 : best + 2]
    bend = min(before - 2.0 * at + after, -1e-12)
    part = float(np.clip(0.5 * (before - after) / bend, -1.0, 1.0))
    return -float(lags[best] + part * LAG_STEP_MIN)


def against_last(new: WeatherForecast, last: WeatherForecast) -> WeatherForecast:
    """Return the new forecast without the members that stand still since the last one.

    Only the hours after the new run's begin are compared: earlier ones are rightly the same. The
    same run again, or another model's, is not compared.

    Parameters
    ----------
    new, last : WeatherForecast
        The forecast to be used, and the one used before.

    Raises
    ------
    SourceError
        ``stale``: the model run moved on and too many members, or the only one, did not.
        ``coverage``: far fewer members than before. ``content``: a unit changed.
    """
    same_model = (new.run.provider, new.run.model) == (last.run.provider, last.run.model)
    hours = _hours_of_both(new, last)
    if not same_model or new.run.init_utc <= last.run.init_utc or len(hours) < RATIO_OVER_MIN_H:
        return new
    where = f"{new.run.provider} {new.run.model}"
    count, before = len(new.members), len(last.members)
    if count < KEPT_MIN_PU * before:
        what = f"members = {count} is less than {KEPT_MIN_PU:.0%} of the last run's {before}"
        raise SourceError("coverage", f"{where}: {what}. {LATER}")
    _require_same_units(new, last, hours, where)
    tables = {member.where: member.table.loc[hours] for member in last.members}
    moving = tuple(
        member
        for member in new.members
        if member.where not in tables or not member.table.loc[hours].equals(tables[member.where])
    )
    if len(moving) < KEPT_MIN_PU * count:
        begun = f"run = {utc(new.run.init_utc)}"
        stands = f"{count - len(moving)} of {count} members are those of {utc(last.run.init_utc)}"
        raise SourceError("stale", f"{where}: {begun} is frozen: {stands}, value by value. {LATER}")
    return replace(new, members=moving)


def _hours_of_both(new: WeatherForecast, last: WeatherForecast) -> pd.DatetimeIndex:
    """Return the steps of both forecasts that begin after the new run."""
    ours, theirs = (pd.DatetimeIndex(f.members[0].table.index) for f in (new, last))
    both = ours.intersection(theirs)
    return both[both >= new.run.init_utc]


def _require_same_units(
    new: WeatherForecast, last: WeatherForecast, hours: pd.DatetimeIndex, where: str
) -> None:
    """Refuse a column whose level is another one for the same hours."""
    columns = [str(n) for n in new.members[0].table if n in last.members[0].table]
    for name in columns:
        now, then = (_mean_of_members(forecast, name, hours) for forecast in (new, last))
        if name.startswith("temp"):
            moved = float(np.median(now - then))
            if abs(moved) > TEMPERATURE_MOVE_MAX_K:
                what = f"{name} = {moved:+.0f} K is too far from the last run for the same hours"
                raise SourceError("content", f"{where}: {what}. The unit may differ: see why.")
            continue
        floor = FLOORS.get(name, WIND_FLOOR_M_PER_S)
        told = then > floor
        if told.sum() < RATIO_OVER_MIN_H // 2:
            continue
        ratio = float(np.median(now[told] / then[told]))
        low, high = RATIO_RANGE
        if not low <= ratio <= high:
            what = f"{name} = {ratio:.2g} times the last run's for the same hours is too far off"
            raise SourceError("content", f"{where}: {what}. The unit may differ: see why.")


def _mean_of_members(forecast: WeatherForecast, name: str, hours: pd.DatetimeIndex) -> FloatArray:
    values = [member.table.loc[hours, name].to_numpy(dtype=float) for member in forecast.members]
    return np.asarray(np.mean(values, axis=0), dtype=float)
