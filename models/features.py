"""What a deterministic forecast tells of one step: its values, their course in time, other plants.

Wind with a direction (see `models.forecast_table`) is turned into speed, direction, shear and
veer. Columns in `PLAIN` are taken as they are; every other column (``power_pu``,
``ghi_w_per_m2`` and so on) is a course, of which neighbouring hours count too.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.forecast_table import Floats, Grid, Scope, grid_of
from models.patterns import Patterns, learn_patterns

PLAIN = ("lead_h",)
WIND = re.compile(r"^wind_(u|v|speed|direction)_(\d+)m_(m_per_s|deg)$")
# Hours each way, chosen on tasks 1-3 of GEFCom2014 [h]
NEIGHBOUR_H = (1, 2, 3)
MEAN_H = (1, 2, 4, 8)
CHANGE_H, TURN_H, NEAR_H, FAR_H = 2, 3, 1, 4
CALM_M_PER_S = 0.1  # numerical: below it a ratio of speeds means nothing
YEAR_DAY = 365.25


@dataclass(frozen=True, kw_only=True)
class Forecasts:
    """A forecast table as the features see it: arrays, winds by height, other courses."""

    grid: Grid
    winds: dict[int, tuple[Floats, Floats]]
    courses: dict[str, Floats]

    @property
    def wide(self) -> dict[str, Floats]:
        """What is looked at over all plants: the courses, and the highest wind's two parts."""
        if not self.winds:
            return self.courses
        return self.courses | dict(zip("uv", self.winds[max(self.winds)], strict=True))


def forecasts_of(table: pd.DataFrame, scope: Scope) -> Forecasts:
    """Return a forecast table (`models.forecast_table`) ready for `features`.

    Raises
    ------
    InputError
        Columns, times or values are not as described.
    """
    grid = grid_of(table, scope)
    winds, courses = _winds(grid), _courses(grid)
    if winds:
        courses = {"speed": np.hypot(*winds[max(winds)])} | courses
    return Forecasts(grid=grid, winds=winds, courses=courses)


def patterns_of(forecasts: Forecasts) -> Patterns | None:
    """Return the patterns of past forecasts over all plants; none of a single one."""
    return learn_patterns(forecasts.grid, list(forecasts.wide.values()))


def features(forecasts: Forecasts, patterns: Patterns | None) -> dict[str, pd.DataFrame]:
    """Return the features of each group, one row per issue and step.

    Returns
    -------
    dict of DataFrame
        By group; index ``issued_utc``, ``time_utc``; values of type float32, as trees take them.
    """
    grid, winds, courses = forecasts.grid, forecasts.winds, forecasts.courses
    shared = _calendar(grid) | _all_groups(grid, courses)
    if patterns is not None:
        shared |= patterns.of(grid, list(forecasts.wide.values()))
    smooth = {name: grid.mean(values, NEAR_H) for name, values in forecasts.wide.items()}
    found = {}
    for k, group in enumerate(grid.groups):
        parts = _own_wind(grid, winds, k) | _own_courses(grid, courses, k)
        parts |= _other_groups(grid, smooth, k)
        parts |= {name: grid.courses[name][:, k] for name in PLAIN if name in grid.courses}
        frame = pd.DataFrame(parts | shared, index=grid.rows)
        found[group] = frame.astype(np.float32)
    return found


def _own_wind(grid: Grid, winds: dict[int, tuple[Floats, Floats]], k: int) -> dict[str, Floats]:
    """Return what the wind at a plant is and does, with its direction."""
    found: dict[str, Floats] = {}
    for height, (u, v) in winds.items():
        found[f"u_{height}"], found[f"v_{height}"] = u[:, k], v[:, k]
        found[f"direction_{height}"] = np.arctan2(u[:, k], v[:, k])
    heights = sorted(winds)
    for low in heights[:-1]:
        speeds = [np.hypot(*winds[h])[:, k] for h in (low, heights[-1])]
        lower, upper = (np.maximum(speed, CALM_M_PER_S) for speed in speeds)
        found[f"speed_{low}"] = speeds[0]
        found[f"shear_{low}"] = np.log(upper / lower)
        turn = found[f"direction_{heights[-1]}"] - found[f"direction_{low}"]
        found[f"veer_{low}"] = np.angle(np.exp(1j * turn))
    for name, values in zip("uv", winds[heights[-1]] if heights else (), strict=False):
        for hours in (-TURN_H, TURN_H):
            found[f"{name}_{hours:+}h"] = grid.moved(values, hours)[:, k]
        found[f"{name}_mean"] = grid.mean(values, CHANGE_H)[:, k]
        found[f"{name}_change"] = _change(grid, values)[:, k]
    return found


def _own_courses(grid: Grid, courses: dict[str, Floats], k: int) -> dict[str, Floats]:
    """Return the plant's own courses: now, before and after, on average, rising or falling."""
    found: dict[str, Floats] = {}
    for name, values in courses.items():
        found[name] = values[:, k]
        for hours in (*(-h for h in NEIGHBOUR_H), *NEIGHBOUR_H):
            found[f"{name}_{hours:+}h"] = grid.moved(values, hours)[:, k]
        for hours in MEAN_H:
            found[f"{name}_mean_{hours}h"] = grid.mean(values, hours)[:, k]
        found[f"{name}_day"] = grid.day_mean(values)[:, k]
        found[f"{name}_change"] = _change(grid, values)[:, k]
    return found


def _other_groups(grid: Grid, smooth: dict[str, Floats], k: int) -> dict[str, Floats]:
    """Return what is forecast for each other plant at the same time."""
    return {
        f"{name} of {group}": values[:, other]
        for other, group in enumerate(grid.groups)
        for name, values in smooth.items()
        if other != k
    }


def _all_groups(grid: Grid, courses: dict[str, Floats]) -> dict[str, Floats]:
    """Return the mean of each course over all plants, where there are several."""
    if len(grid.groups) == 1:
        return {}
    return {
        f"{name} of all, {hours} h": grid.mean(values, hours).mean(axis=1)
        for name, values in courses.items()
        for hours in (NEAR_H, FAR_H)
    }


def _calendar(grid: Grid) -> dict[str, Floats]:
    """Return the hour of the day and the season, as a point on the circle of the year."""
    times = grid.times
    season = 2 * np.pi * times.day_of_year.to_numpy(dtype=np.float64) / YEAR_DAY
    hour = times.hour.to_numpy(dtype=np.float64) + times.minute.to_numpy(dtype=np.float64) / 60
    return {"hour": hour, "season_sin": np.sin(season), "season_cos": np.cos(season)}


def _change(grid: Grid, values: Floats) -> Floats:
    """Return by how much the values rise around each step."""
    return grid.moved(values, CHANGE_H) - grid.moved(values, -CHANGE_H)


def _winds(grid: Grid) -> dict[int, tuple[Floats, Floats]]:
    """Return the wind's two parts by height, wherever its direction is known."""
    known = grid.courses
    found = {}
    for height in sorted({int(m[2]) for name in known if (m := WIND.match(name))}):
        stem = "wind_{}_" + f"{height}m_"
        u, v = (known.get(f"{stem.format(part)}m_per_s") for part in "uv")
        speed = known.get(f"{stem.format('speed')}m_per_s")
        direction = known.get(f"{stem.format('direction')}deg")
        if u is not None and v is not None:
            found[height] = (u, v)
        elif speed is not None and direction is not None:
            towards = np.deg2rad(direction + 180.0)  # a wind is named by where it comes from
            found[height] = (speed * np.sin(towards), speed * np.cos(towards))
    return found


def _courses(grid: Grid) -> dict[str, Floats]:
    """Return the columns that are neither plain nor a part of a wind with a direction."""
    vector = _winds(grid)
    return {
        name: values
        for name, values in grid.courses.items()
        if name not in PLAIN and not ((m := WIND.match(name)) and int(m[2]) in vector)
    }
