"""Do the labels of the steps agree with the sun? The lag with the best fit to a clear sky."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.weather.schema import Place, Weather, utc
from models.weather.sun import (
    CELL_S,
    FloatArray,
    cell_midpoints,
    clear_ghi_w_per_m2,
    sin_elevation,
    solar_day,
)

LAG_STEP_S = 900
LAG_MAX_S = 6 * 3600  # covers end labels and zones; with more, noon is at night, which is refused
# A day whose irradiance is not a scaled clear sky to within this misfit has no say. Seen on a year
# each of Albuquerque 2020 (measured), TMY3 723170 and 703165, TMY2 12839 and a PVGIS TMY: every
# single day below it had its lag within 10 min of the truth, the medians within 1 min.
MISFIT_MAX = 0.002
DAY_COVER_MIN_H = 20.0  # of 24 h: what is missing may only be night
CLEAR_MEAN_MIN_W_PER_M2 = 20.0  # polar days below it have no noon to compare
DAYS_FOR_FINE_VERDICT = 5
TOLERANCE_MAX_MIN, TOLERANCE_MIN_MIN = 15.0, 5.0


@dataclass(frozen=True, slots=True)
class _Light:
    """GHI as means over windows that begin every step from a first time on."""

    ghi: FloatArray
    first: pd.Timestamp
    step_s: int
    window_s: int
    place: Place


def label_lag_min(weather: Weather) -> float | None:
    """Return by how many minutes the labels are late against the sun, or None if no day tells.

    For each day, GHI is compared with clear skies moved in steps of 15 minutes over +-6 hours:
    misfit = 1 - (G.C)^2 / (|G|^2 |C|^2), which a factor (dust, calibration) does not change. The
    minimum is refined by a parabola. Days that fit no clear sky to 0.2 % (clouds, fog in the
    morning only) are left out; the answer is the median of the others. 0 is right; 60 means that
    hours labelled by their end were read as labelled by their beginning.
    """
    lags = _clear_day_lags_min(_light(weather))
    return float(np.median(lags)) if len(lags) else None


def label_problem(weather: Weather) -> list[str]:
    """Return the refusal of shifted labels, if they are shifted."""
    remedy = (
        "Name each step by its beginning in UTC: say so if the file names ends, take the zone's "
        "offset off if it is local time, and check the longitude."
    )
    return _problem(_light(weather), weather.where, remedy)


def instants_problem(ghi: pd.Series, place: Place, where: str) -> list[str]:
    """Return the refusal of GHI at regular instants (the index) that the sun says are others.

    Made step means by a clear-sky index, wrong instants would bend to the sun and hide: they are
    judged before.
    """
    index = pd.DatetimeIndex(ghi.index)
    step_s = round((index[1] - index[0]).total_seconds()) if len(index) > 1 else CELL_S
    first = index[0] - pd.Timedelta(seconds=CELL_S / 2)
    light = _Light(ghi.to_numpy(dtype=float), first, step_s, CELL_S, place)
    remedy = "Download the file again in UTC, with its irradiance time offset."
    return _problem(light, where, remedy)


def _light(weather: Weather) -> _Light:
    ghi = weather.table["ghi_w_per_m2"].to_numpy(dtype=float)
    step_s = round(weather.step_h * 3600)
    return _Light(ghi, pd.Timestamp(weather.table.index[0]), step_s, step_s, weather.place)


def _problem(light: _Light, where: str, remedy: str) -> list[str]:
    """Return the refusal of light that comes too late or too early."""
    lags = _clear_day_lags_min(light)
    if not len(lags):
        return []
    tolerance = TOLERANCE_MAX_MIN
    if len(lags) >= DAYS_FOR_FINE_VERDICT:
        half_min = light.step_s / 120.0
        tolerance = float(np.clip(half_min, TOLERANCE_MIN_MIN, TOLERANCE_MAX_MIN))
    lag = float(np.median(lags))
    if abs(lag) <= tolerance:
        return []
    side = "late" if lag > 0 else "early"
    fault = (
        f"{where}: time_utc = {utc(light.first)} and every later label is {abs(lag):.0f} min {side}"
        f" by the sun ({len(lags)} clear days, {tolerance:g} min allowed)."
    )
    return [f"{fault} {remedy}"]


def _clear_day_lags_min(light: _Light) -> FloatArray:
    """Return the lag of each day that looks like a clear sky at some lag [min]."""
    ghi, step_h = light.ghi, light.step_s / 3600.0
    every = pd.Timedelta(seconds=light.step_s)
    middle = light.first + pd.Timedelta(seconds=light.window_s / 2)
    steps = pd.date_range(middle, periods=len(ghi), freq=every)
    day = solar_day(steps, light.place.longitude_deg)
    day -= day.min()
    count = int(day.max()) + 1

    def per_day(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(day, values, count), dtype=float)

    energy = per_day(ghi * ghi)
    fits, light_of_day = [], np.zeros(count)
    for sky in _moved_clear_skies(light):
        light_of_day = np.maximum(light_of_day, per_day(sky) * step_h / 24.0)
        fits.append(per_day(ghi * sky) ** 2 / np.maximum(energy * per_day(sky * sky), 1e-9))
    lag_min, least = _bottom(1.0 - np.stack(fits))
    told = (
        (energy > 0.0)
        & (np.bincount(day, minlength=count) * step_h >= DAY_COVER_MIN_H)
        & (light_of_day >= CLEAR_MEAN_MIN_W_PER_M2)
    )
    return -lag_min[told & (least <= MISFIT_MAX)]


def _bottom(misfit: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return lag [min] and misfit at the bottom of the parabola through the best three lags.

    A best lag at either end of those tried has no bottom: its misfit is infinite.
    """
    best = np.clip(misfit.argmin(axis=0), 1, len(misfit) - 2)
    days = np.arange(misfit.shape[1])
    before, at, after = misfit[best - 1, days], misfit[best, days], misfit[best + 1, days]
    bend = np.maximum(before - 2.0 * at + after, 1e-12)
    part = 0.5 * (before - after) / bend
    lag_min = (best - len(misfit) // 2 + part) * LAG_STEP_S / 60.0
    least = np.where(np.abs(part) <= 1.0, at - 0.25 * (before - after) * part, np.inf)
    return np.asarray(lag_min, dtype=float), np.asarray(least, dtype=float)


def _moved_clear_skies(light: _Light) -> Iterator[FloatArray]:
    """Yield the clear sky's means over the windows moved by each lag, the earliest first."""
    cell_s = int(np.gcd.reduce([light.step_s, light.window_s, CELL_S]))
    margin, window = LAG_MAX_S // cell_s, light.window_s // cell_s
    begins = np.arange(len(light.ghi)) * (light.step_s // cell_s)
    count = int(begins[-1]) + window + 2 * margin
    start = light.first - pd.Timedelta(seconds=LAG_MAX_S)
    height = sin_elevation(cell_midpoints(start, count, cell_s), light.place)
    total = np.concatenate([[0.0], np.cumsum(clear_ghi_w_per_m2(height))])
    for move in range(0, 2 * margin + 1, LAG_STEP_S // cell_s):
        yield (total[begins + move + window] - total[begins + move]) / window
