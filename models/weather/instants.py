"""Irradiance seen at instants, or missing for some steps, made into means over half-open steps.

The one place where satellite stamps (hh:10 and the like) become step means. At each instant the
clear-sky index, irradiance over Haurwitz' clear sky, is taken for GHI and DHI; between instants
it is a straight line in time; times the clear sky of every five minutes it gives GHI and DHI, and
DNI = (GHI - DHI) / sine of the sun's height; the means of these over the steps are the answer.
Under a clear sky this puts the labels right to within a minute, whatever the minute of the stamp.
"""

import numpy as np
import pandas as pd

from models.weather.faults import BoolArray, run_lengths
from models.weather.schema import IRRADIANCE, Place
from models.weather.sun import (
    CELL_S,
    FloatArray,
    cell_midpoints,
    clear_ghi_w_per_m2,
    sin_elevation,
)

SIN_LOW = 0.1  # 5.7 degrees: below, an index divides two small numbers; the next one stands in
INDEX_MAX = 1.5  # BSRN's "physically possible" GHI over a clear sky; higher at low sun is noise
SHORT_GAP_H = 3.0
INSTANTS_NOTE = "irradiance instants made step means by clear-sky index"


def step_means(
    instants: pd.DataFrame, steps: pd.DatetimeIndex, step_h: float, place: Place
) -> pd.DataFrame:
    """Return the three irradiances as means over steps from GHI and DHI at instants.

    Parameters
    ----------
    instants : DataFrame, index of times (UTC)
        `ghi_w_per_m2` and `dhi_w_per_m2` at that moment; NaN where missing. [W/m2]
    steps : DatetimeIndex
        Regular beginnings of the steps.
    step_h : float
        Their length. [h]
    place : Place
        Where.
    """
    times = pd.DatetimeIndex(instants.index)
    clear = clear_ghi_w_per_m2(sin_elevation(times, place))
    is_seen = sin_elevation(times, place) > SIN_LOW
    return from_index(_index(instants, clear, is_seen), times, steps, step_h, place)


def filled_means(known: pd.DataFrame, step_h: float, place: Place) -> pd.DataFrame:
    """Return the irradiances of all steps as the index of the known ones would have them.

    `known` has a row for every step, NaN where missing; its own means stand for the middles. A
    gap of a few hours takes the index of the hours around it, a longer one that of the same hours
    of the days around it, since the clear-sky index has a daily course of its own.
    """
    steps = pd.DatetimeIndex(known.index)
    height = _cells(steps, step_h, place)
    clear = clear_ghi_w_per_m2(height.ravel()).reshape(height.shape).mean(axis=1)
    index = _index(known, clear, height.min(axis=1) > SIN_LOW)
    gone = known.isna().to_numpy().any(axis=1)
    is_long = gone & (run_lengths(gone.astype(float)) * step_h > SHORT_GAP_H)
    for name in index.columns:
        by_hour = index[name].groupby(steps.time).transform(_between_days)
        index[name] = index[name].where(~is_long, by_hour)
    return from_index(index, steps + pd.Timedelta(hours=step_h / 2), steps, step_h, place)


def _between_days(index: pd.Series) -> pd.Series:
    """Return one hour's index over the days, missing days on a straight line."""
    return index.interpolate(limit_direction="both")


def normal_beam_means(
    beam_w_per_m2: FloatArray, steps: pd.DatetimeIndex, step_h: float, place: Place
) -> FloatArray:
    """Return DNI as step means from step means of the beam on the horizontal [W/m2].

    Inside a step the beam follows the clear sky.
    """
    height = _cells(steps, step_h, place)
    clear = clear_ghi_w_per_m2(height.ravel()).reshape(height.shape)
    normal = np.divide(clear, height, out=np.zeros_like(clear), where=height > 0.0).mean(axis=1)
    flat = clear.mean(axis=1)
    share = np.divide(normal, flat, out=np.zeros_like(flat), where=flat > 0.0)
    return np.asarray(np.maximum(beam_w_per_m2, 0.0) * share, dtype=float)


def from_index(
    index: pd.DataFrame,
    times: pd.DatetimeIndex,
    steps: pd.DatetimeIndex,
    step_h: float,
    place: Place,
) -> pd.DataFrame:
    """Return step means from clear-sky indices at times, in between on straight lines."""
    height = _cells(steps, step_h, place)
    clear = clear_ghi_w_per_m2(height.ravel())
    middles = _cell_times(steps, step_h)
    ghi, dhi = (clear * _line(index[part], times, middles) for part in ("ghi", "dhi"))
    dhi = np.minimum(dhi, ghi)
    up = height.ravel() > 0.0
    dni = np.divide(ghi - dhi, height.ravel(), out=np.zeros_like(ghi), where=up)
    means = [cells.reshape(height.shape).mean(axis=1) for cells in (ghi, dni, dhi)]
    return pd.DataFrame(dict(zip(IRRADIANCE, means, strict=True)), index=steps)


def _index(irradiance: pd.DataFrame, clear: FloatArray, is_seen: BoolArray) -> pd.DataFrame:
    """Return the indices of GHI and DHI; NaN where the sun is low or the value missing."""
    parts = {}
    for part in ("ghi", "dhi"):
        values = irradiance[f"{part}_w_per_m2"].to_numpy(dtype=float)
        ratio = np.divide(values, clear, out=np.full_like(values, np.nan), where=is_seen)
        parts[part] = np.clip(ratio, 0.0, INDEX_MAX)
    return pd.DataFrame(parts)


def _line(index: pd.Series, times: pd.DatetimeIndex, at: pd.DatetimeIndex) -> FloatArray:
    """Return the index at other times, straight between neighbours; 0 where there is none."""
    known = index.notna().to_numpy()
    if not known.any():
        return np.zeros(len(at))
    begin = times[0]
    x, at_x = ((t - begin) / pd.Timedelta(seconds=1) for t in (times[known], at))
    line = np.interp(np.asarray(at_x), np.asarray(x), index.to_numpy(dtype=float)[known])
    return np.asarray(line, dtype=float)


def _cell_times(steps: pd.DatetimeIndex, step_h: float) -> pd.DatetimeIndex:
    """Return the middles of the cells of all steps."""
    step_s = round(step_h * 3600)
    cell_s = int(np.gcd(step_s, CELL_S))
    return cell_midpoints(steps[0], len(steps) * (step_s // cell_s), cell_s)


def _cells(steps: pd.DatetimeIndex, step_h: float, place: Place) -> FloatArray:
    """Return the sine of the sun's height, shape (steps, cells)."""
    return sin_elevation(_cell_times(steps, step_h), place).reshape(len(steps), -1)
