"""Weather on other regular steps, and means of series over any edges; energy is always kept.

Where steps get finer, irradiance follows the sun inside each source step and is never made at
night; wind, temperatures and pressure follow a parabola through the middles between neighbouring
means. Both keep the mean of every source step. Where steps get coarser, means are exact.
"""

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.errors import InputError
from models.weather.schema import INDEX_NAME, IRRADIANCE, Weather, utc
from models.weather.sun import (
    CELL_S,
    FloatArray,
    cell_midpoints,
    clear_dni_shape,
    clear_ghi_w_per_m2,
    sin_elevation,
)

MINUTE_S = 60


def resample(
    weather: Weather, step_h: float, start_utc: pd.Timestamp, end_utc: pd.Timestamp
) -> Weather:
    """Return the weather of [start_utc, end_utc) in regular steps of another length.

    Parameters
    ----------
    weather : Weather
        May have finer, coarser or equal steps, begun at any whole minute.
    step_h : float
        Length of the new steps, whole minutes. [h]
    start_utc, end_utc : Timestamp
        Whole steps apart, both inside the data.

    Returns
    -------
    Weather
        Same columns. A source step is shaped by itself, its two neighbours and the sun only.
        Twilight of a step in which the sun's centre never rises is left out of finer steps.

    Raises
    ------
    InputError
        The window reaches outside the data (the first missing time is named), or is not a whole
        number of steps of whole minutes.
    """
    weather.require(start_utc, end_utc)
    step_s = _whole_step_s(weather, step_h, start_utc, end_utc)
    count = round((end_utc - start_utc).total_seconds()) // step_s
    means = _means(weather, step_s, start_utc, count)
    index = pd.date_range(
        start_utc, periods=count, freq=pd.Timedelta(seconds=step_s), name=INDEX_NAME
    ).tz_convert("UTC")
    return weather.with_table(pd.DataFrame(means, index, weather.table.columns), step_s / 3600)


def mean_over(
    series: pd.Series | pd.DataFrame, step_h: float, edges_utc: pd.DatetimeIndex
) -> pd.DataFrame:
    """Return the means of a regular series over steps of any length, equal or coarser.

    Parameters
    ----------
    series : Series or DataFrame, index `time_utc`
        Means over regular steps of `step_h`, named by their beginning.
    step_h : float
        Length of the steps of `series`. [h]
    edges_utc : DatetimeIndex, shape (steps + 1,)
        Rising; each on a step of `series`. Row i of the answer is the mean over [edge i, edge i+1).

    Returns
    -------
    DataFrame, shape (steps, columns)
        Index `edges_utc[:-1]`, named `time_utc`.

    Raises
    ------
    InputError
        Edges outside the data (the first missing time is named), inside a step, or not rising.
    """
    table = series.to_frame() if isinstance(series, pd.Series) else series
    step_s = round(step_h * 3600)
    at_s = (edges_utc - table.index[0]) // pd.Timedelta(seconds=1)
    seconds = np.asarray(at_s, dtype=np.int64)
    _require_edges(table, step_s, edges_utc, seconds)
    rows = seconds // step_s
    sums = np.add.reduceat(table.to_numpy(dtype=float)[: rows[-1]], rows[:-1], axis=0)
    index = edges_utc[:-1].rename(INDEX_NAME)
    return pd.DataFrame(sums / np.diff(rows)[:, None], index, table.columns)


def _means(weather: Weather, step_s: int, start_utc: pd.Timestamp, count: int) -> FloatArray:
    """Return all columns as means over `count` steps: plain where coarser, of cells elsewhere."""
    source_s = round(weather.step_h * 3600)
    offset_s = round((start_utc - pd.Timestamp(weather.table.index[0])).total_seconds())
    begin, skip_s = divmod(offset_s, source_s)
    if step_s % source_s == 0 and skip_s == 0:
        cells, cell_s = weather.table.to_numpy(dtype=float)[begin:], source_s
    else:
        cell_s = math.gcd(CELL_S, step_s, source_s, offset_s)
        end = -((offset_s + count * step_s) // -source_s)
        cells = _cells(weather, begin, end, cell_s)[skip_s // cell_s :]
    per_step = step_s // cell_s
    return np.asarray(cells[: count * per_step].reshape(count, per_step, -1).mean(axis=1))


def _whole_step_s(
    weather: Weather, step_h: float, start_utc: pd.Timestamp, end_utc: pd.Timestamp
) -> int:
    """Return the new step in seconds, if everything is in whole minutes and whole steps."""
    step_s = round(step_h * 3600)
    if step_s < MINUTE_S or step_s % MINUTE_S or not math.isclose(step_s / 3600, step_h):
        remedy = "Give hours that are whole minutes, e.g. 0.25."
        raise InputError([f"resample: step_h = {step_h:g} is no whole number of minutes. {remedy}"])
    span_s = (end_utc - start_utc).total_seconds()
    offset_s = (start_utc - weather.table.index[0]).total_seconds()
    if span_s % step_s or offset_s % MINUTE_S:
        remedy = "Choose start and end whole steps apart, on whole minutes."
        window = f"{utc(start_utc)} to {utc(end_utc)}"
        raise InputError([f"resample: window = {window} is no whole number of steps. {remedy}"])
    return step_s


def _require_edges(
    table: pd.DataFrame,
    step_s: int,
    edges_utc: pd.DatetimeIndex,
    seconds: npt.NDArray[np.int64],
) -> None:
    """Refuse edges that are too few, not rising, inside a step, or outside the data."""
    if len(edges_utc) < 2 or (np.diff(seconds) <= 0).any():
        raise InputError(["mean_over: edges_utc is not rising. Give two or more rising times."])
    inside = seconds % step_s != 0
    if inside.any():
        time = utc(edges_utc[int(np.argmax(inside))])
        remedy = "Resample to a step that divides all edges first."
        raise InputError([f"mean_over: edges_utc = {time} is inside a step. {remedy}"])
    end_s = len(table) * step_s
    outside = (seconds < 0) | (seconds > end_s)
    if outside.any():
        last = table.index[0] + pd.Timedelta(seconds=end_s)
        missing = edges_utc[0] if seconds[0] < 0 else last
        cover = f"The series covers {utc(table.index[0])} to {utc(last)}: ask for times inside."
        raise InputError([f"mean_over: edges_utc = {utc(missing)} is without data. {cover}"])


def _cells(weather: Weather, begin: int, end: int, cell_s: int) -> FloatArray:
    """Return all columns in cells, for the source steps begin to end."""
    per_source = round(weather.step_h * 3600) // cell_s
    start = pd.Timestamp(weather.table.index[begin])
    middles = cell_midpoints(start, (end - begin) * per_source, cell_s)
    height = sin_elevation(middles, weather.place).reshape(-1, per_source)
    up = np.maximum(height, 0.0)
    shapes = {
        "ghi_w_per_m2": clear_ghi_w_per_m2(height.ravel()).reshape(height.shape),
        "dni_w_per_m2": clear_dni_shape(height.ravel()).reshape(height.shape),
        "dhi_w_per_m2": up,  # diffuse is flatter than GHI: it follows the sun above the air
    }
    shares = {name: _shares(shape) for name, shape in shapes.items()}
    columns: list[FloatArray] = []
    for name in weather.table.columns:
        values = weather.table[name].to_numpy(dtype=float)
        if name in IRRADIANCE:
            cells = values[begin:end, None] * shares[name]
        elif name == "temp_wet_bulb_degc":
            air = weather.table["temp_air_degc"].to_numpy(dtype=float)
            cells = _parabolas(air, begin, end, per_source)
            cells = cells - _not_negative(np.maximum(air - values, 0.0), begin, end, per_source)
            cells = cells - np.minimum(air - values, 0.0)[begin:end, None]
        elif name.startswith("wind"):
            cells = _not_negative(values, begin, end, per_source)
        else:
            cells = _parabolas(values, begin, end, per_source)
        columns.append(cells.ravel())
    return np.stack(columns, axis=1)


def _shares(shape: FloatArray) -> FloatArray:
    """Return each cell over the mean of its step; zero where the sun never rises in the step."""
    mean = shape.mean(axis=1, keepdims=True)
    return np.asarray(np.divide(shape, mean, out=np.zeros_like(shape), where=mean > 0.0))


def _parabolas(values: FloatArray, begin: int, end: int, count: int) -> FloatArray:
    """Return `count` cells a step under parabolas that keep each step's mean.

    The parabola of a step passes through the middle between its mean and each neighbour's at its
    ends: q = mean + a P1 + b P2, Legendre polynomials on the step; at the ends of the record, a
    straight line. It commutes with adding a constant, so degC and K give the same.
    """
    before = np.concatenate([[2.0 * values[0] - values[1 % len(values)]], values[:-1]])
    after = np.concatenate([values[1:], [2.0 * values[-1] - values[-2 % len(values)]]])
    mean = values[begin:end]
    left, right = (0.5 * (side[begin:end] + mean) for side in (before, after))
    edge = np.linspace(-1.0, 1.0, count + 1)
    slope = np.diff(edge**2 / 2.0) * count / 2.0
    bend = np.diff((edge**3 - edge) / 2.0) * count / 2.0
    a, b = (right - left) / 2.0, (right + left) / 2.0 - mean
    return np.asarray(mean[:, None] + a[:, None] * slope + b[:, None] * bend)


def _not_negative(values: FloatArray, begin: int, end: int, count: int) -> FloatArray:
    """Return the parabolas, drawn towards their mean just enough to stay at or above zero."""
    mean = values[begin:end, None]
    swing = _parabolas(values, begin, end, count) - mean
    depth = -swing.min(axis=1, keepdims=True)
    draw = np.divide(mean, depth, out=np.ones_like(mean), where=depth > mean)
    return np.asarray(np.maximum(mean + draw * swing, 0.0), dtype=float)
