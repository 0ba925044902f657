"""Irradiance that the sun cannot give: at night, above the sky, dark at noon, parts that don't add.

The labels come first (labels.py): while they are shifted nothing else can be judged.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.weather.faults import BoolArray, fault
from models.weather.labels import label_problem
from models.weather.schema import Weather
from models.weather.sun import (
    CELL_S,
    FloatArray,
    cell_midpoints,
    clear_ghi_w_per_m2,
    extraterrestrial_w_per_m2,
    sin_elevation,
    solar_day,
)

SIN_NIGHT = float(np.sin(np.radians(-1.0)))  # below refraction (34') and the sun's radius (16')
SIN_HIGH = float(np.sin(np.radians(15.0)))
NIGHT_MAX_W_PER_M2 = 10.0  # twilight: clear skies give 8 to 10 at the moment of sunrise
DAILY_CLEARNESS_MIN = 0.03  # darkest day of the hourly years named in labels.py: 0.12
HIGH_SUN_MIN_H = 3.0  # fewer hours of high sun say nothing about a day
# Tests of Long & Shi, "An automated quality assessment and control algorithm for surface
# radiation measurements," Open Atmos. Sci. J. 2, 2008: "extremely rare" limits of GHI and DHI as
# factor a, offset b of a E s^1.2 + b, and the closure of the three parts (8 to 15 % there).
GHI_LIMIT, DHI_LIMIT, LIMIT_POWER = (1.2, 50.0), (0.75, 30.0), 1.2
CLOSURE_PU, CLOSURE_W_PER_M2 = 0.15, 30.0
CLOSURE_SHARE_MAX = 0.05  # steps that may miss it; 0.7 % do in the measured year of Albuquerque


@dataclass(frozen=True, slots=True)
class _Sun:
    """The sun over each step: highest and lowest sine of height, means of what follows from it."""

    highest: FloatArray
    lowest: FloatArray
    mean_up: FloatArray
    mean_power: FloatArray
    clear_ghi: FloatArray
    extraterrestrial: FloatArray
    day: npt.NDArray[np.int64]


def sun_problems(weather: Weather) -> list[str]:
    """Return shifted labels if they are, else every disagreement of irradiance with the sun."""
    shifted = label_problem(weather)
    if shifted:
        return shifted
    sun = _sun(weather)
    return [
        *_night(weather, sun),
        *_limit(weather, sun, "ghi_w_per_m2", GHI_LIMIT),
        *_limit(weather, sun, "dhi_w_per_m2", DHI_LIMIT),
        *_dark(weather, sun),
        *_closure(weather, sun),
    ]


def _sun(weather: Weather) -> _Sun:
    step_s = round(weather.step_h * 3600)
    cell_s = int(np.gcd(step_s, CELL_S))
    index = pd.DatetimeIndex(weather.table.index)
    cells = cell_midpoints(index[0], len(index) * (step_s // cell_s), cell_s)
    height = sin_elevation(cells, weather.place)
    by_step = (len(index), -1)
    up = np.maximum(height, 0.0)
    middles = index + weather.step / 2
    return _Sun(
        highest=height.reshape(by_step).max(axis=1),
        lowest=height.reshape(by_step).min(axis=1),
        mean_up=up.reshape(by_step).mean(axis=1),
        mean_power=(up**LIMIT_POWER).reshape(by_step).mean(axis=1),
        clear_ghi=clear_ghi_w_per_m2(height).reshape(by_step).mean(axis=1),
        extraterrestrial=extraterrestrial_w_per_m2(middles),
        day=solar_day(middles, weather.longitude_deg),
    )


def _night(weather: Weather, sun: _Sun) -> list[str]:
    problems: list[str] = []
    for name in ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"):
        values = weather.table[name].to_numpy()
        bad: BoolArray = (sun.highest < SIN_NIGHT) & (values > NIGHT_MAX_W_PER_M2)
        remedy = "Check time zone, labels and longitude, or set the night to 0."
        problems += fault(weather, name, bad, "sunshine at night", remedy)
    return problems


def _limit(weather: Weather, sun: _Sun, name: str, limit: tuple[float, float]) -> list[str]:
    factor, offset = limit
    bound = factor * sun.extraterrestrial * sun.mean_power + offset
    bad: BoolArray = (weather.table[name].to_numpy() > bound) & (sun.highest >= SIN_NIGHT)
    highest = float(bound[int(np.argmax(bad))])
    what = f"more than the sun can give there and then, {highest:.0f} W/m2"
    remedy = "Give the step's mean in W/m2: kJ/m2 an hour are 3.6 times, sums 1/step_h times it."
    return fault(weather, name, bad, what, remedy)


def _dark(weather: Weather, sun: _Sun) -> list[str]:
    """Refuse zeros under a high sun, and days darker than any cloud."""
    ghi = weather.table["ghi_w_per_m2"].to_numpy()
    high: BoolArray = sun.lowest > SIN_HIGH
    _, day = np.unique(sun.day, return_inverse=True)
    light = np.bincount(day, ghi * high)
    clear = np.bincount(day, sun.clear_ghi * high)
    enough = np.bincount(day, high) * weather.step_h >= HIGH_SUN_MIN_H
    dark_day = enough & (light < DAILY_CLEARNESS_MIN * clear)
    bad: BoolArray = high & ((ghi == 0.0) | dark_day[day])
    what = "dark under a high sun"
    remedy = "Zeros often stand for missing values: bring the true ones, or leave the cells empty."
    return fault(weather, "ghi_w_per_m2", bad, what, remedy)


def _closure(weather: Weather, sun: _Sun) -> list[str]:
    """Refuse GHI = DHI + DNI sin(height) missed too often while the sun is high."""
    ghi, dni, dhi = (weather.table[f"{part}_w_per_m2"].to_numpy() for part in ("ghi", "dni", "dhi"))
    high: BoolArray = sun.lowest > SIN_HIGH
    miss = np.abs(ghi - dhi - dni * sun.mean_up)
    bad: BoolArray = high & (miss > CLOSURE_PU * ghi + CLOSURE_W_PER_M2)
    if bad.sum() <= CLOSURE_SHARE_MAX * high.sum():
        return []
    parts = float((dhi + dni * sun.mean_up)[int(np.argmax(bad))])
    what = f"not the sum of its parts, DHI + DNI sin(sun's height) = {parts:.0f} W/m2"
    remedy = "Look for swapped columns, or for the beam on the horizontal given as DNI."
    return fault(weather, "ghi_w_per_m2", bad, what, remedy)
