"""Do the labels of the steps agree with the sun? The lag with the best fit to a clear sky."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.weather.schema import Weather, utc
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


def label_lag_min(weather: Weather) -> float | None:
    """Return by how many minutes the labels are late against the sun, or None if no day tells.

    For each day, GHI is compared with clear skies moved in steps of 15 minutes over +-6 hours:
    misfit = 1 - (G.C)^2 / (|G|^2 |C|^2), which a factor (dust, calibration) does not change. The
    minimum is refined by a parabola. Days that fit no clear sky to 0.2 % (clouds, fog in the
    morning only) are left out; the answer is the median of the others. 0 is right; 60 means that
    hours labelled by their end were read as labelled by their beginning.
    """
    lags = _clear_day_lags_min(weather)
    return float(np.median(lags)) if len(lags) else None


def label_problem(weather: Weather) -> list[str]:
    """Return the refusal of shifted labels, if they are shifted."""
    lags = _clear_day_lags_min(weather)
    if not len(lags):
        return []
    tolerance = TOLERANCE_MAX_MIN
    if len(lags) >= DAYS_FOR_FINE_VERDICT:
        tolerance = float(np.clip(30.0 * weather.step_h, TOLERANCE_MIN_MIN, TOLERANCE_MAX_MIN))
    lag = float(np.median(lags))
    if abs(lag) <= tolerance:
        return []
    side = "late" if lag > 0 else "early"
    fault = (
        f"{weather.where}: time_utc = {utc(weather.table.index[0])} and every later label is "
        f"{abs(lag):.0f} min {side} by the sun ({len(lags)} clear days, {tolerance:g} min allowed)."
    )
    remedy = (
        "Name each step by its beginning in UTC: say so if the file names ends, take the zone's "
        "offset off if it is local time, and check the longitude."
    )
    return [f"{fault} {remedy}"]


def _clear_day_lags_min(weather: Weather) -> FloatArray:
    """Return the lag of each day that looks like a clear sky at some lag [min]."""
    ghi = weather.table["ghi_w_per_m2"].to_numpy(dtype=float)
    day, day_count = _days(weather)
    clear = _moved_clear_skies(weather)

    def per_day(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(day, values, day_count), dtype=float)

    energy = per_day(ghi * ghi)
    here = clear[len(clear) // 2]
    told = (
        (energy > 0.0)
        & (np.bincount(day, minlength=day_count) * weather.step_h >= DAY_COVER_MIN_H)
        & (per_day(here) * weather.step_h / 24.0 >= CLEAR_MEAN_MIN_W_PER_M2)
    )
    misfit = np.ones((len(clear), day_count))
    for row, sky in zip(misfit, clear, strict=True):
        fit = per_day(ghi * sky) ** 2 / np.maximum(energy * per_day(sky * sky), 1e-9)
        row[:] = np.where(told, 1.0 - fit, 1.0)
    lag_min, least = _bottom(misfit)
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


def _days(weather: Weather) -> tuple[npt.NDArray[np.int64], int]:
    """Return the number of each step's solar day, from zero, and the count of days."""
    middles = pd.DatetimeIndex(weather.table.index) + weather.step / 2
    day = solar_day(middles, weather.longitude_deg)
    day -= day.min()
    return day, int(day.max()) + 1


def _moved_clear_skies(weather: Weather) -> FloatArray:
    """Return the step means of clear skies moved by every lag, shape (lags, steps)."""
    step_s = round(weather.step_h * 3600)
    cell_s = int(np.gcd(step_s, CELL_S))
    per_step, margin = step_s // cell_s, LAG_MAX_S // cell_s
    count = len(weather.table) * per_step + 2 * margin
    start = pd.Timestamp(weather.table.index[0]) - pd.Timedelta(seconds=LAG_MAX_S)
    cells = clear_ghi_w_per_m2(sin_elevation(cell_midpoints(start, count, cell_s), weather.place))
    total = np.concatenate([[0.0], np.cumsum(cells)])
    begins = np.arange(len(weather.table)) * per_step
    moves = range(0, 2 * margin + 1, LAG_STEP_S // cell_s)
    return np.stack([(total[begins + m + per_step] - total[begins + m]) / per_step for m in moves])
