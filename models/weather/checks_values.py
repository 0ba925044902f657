"""Values that no weather has: missing, out of range, in another unit, frozen."""

import numpy as np

from models.weather.faults import BoolArray, fault, run_lengths
from models.weather.schema import COLUMNS, Weather, column_spec, wind_column, wind_heights_m

# Longest runs of one value in the hourly years named in labels.py: wind 16 h (a month's join in
# PVGIS) and 21 h of calm, temperature 24 h in whole tenths; a feed that froze stands still longer.
FROZEN_WIND_H, FROZEN_TEMPERATURE_H = 24.0, 36.0
# No inhabited place has a mean of 15 m/s at 10 m over a day or more outside storms; 10.1 m/s is the
# windiest month at Dakhla, and its weakest, in km/h, would be above 20.
WIND_MEAN_MAX_M_PER_S = 15.0
WIND_MEAN_OVER_MIN_H = 24.0
SHEAR_EXPONENT = 1.0 / 7.0  # the power law of neutral air over open land
# Mean wind aloft over mean wind at 10 m, per decade of height: 10^0.4 = 2.5 over woods; the factor
# between km/h and m/s is 3.6.
SHEAR_RATIO_MIN, SHEAR_EXPONENT_MAX = 0.8, 0.4
WET_BULB_ABOVE_AIR_MAX_K = 0.3  # largest overshoot of Stull's formula above 99 % humidity


def value_problems(weather: Weather) -> list[str]:
    """Return every fault that can be seen without the sun."""
    problems: list[str] = []
    for name in weather.table.columns:
        problems += _missing(weather, name) or _out_of_range(weather, name)
    heights = wind_heights_m(list(weather.table.columns))
    for name in (wind_column(height) for height in heights):
        problems += _frozen(weather, name, FROZEN_WIND_H)
    problems += _frozen(weather, "temp_air_degc", FROZEN_TEMPERATURE_H)
    for height in heights:
        problems += _wind_unit(weather, height)
    return problems + _shear(weather, heights) + _wet_bulb(weather)


def _missing(weather: Weather, name: str) -> list[str]:
    bad: BoolArray = ~np.isfinite(weather.table[name].to_numpy())
    remedy = (
        "Bring the values, or call fill_gaps (option fill_gaps_h), which says so in the source."
    )
    return fault(weather, name, bad, "missing", remedy)


def _out_of_range(weather: Weather, name: str) -> list[str]:
    spec = column_spec(name)
    if spec is None:
        return []
    values = weather.table[name].to_numpy()
    bad: BoolArray = (values < spec.low) | (values > spec.high)
    if not bad.any():
        return []
    what = f"outside [{spec.low:g}, {spec.high:g}] {spec.unit}"
    remedy = _unit_remedy(name, float(values[int(np.argmax(bad))]), float(np.median(values)))
    return fault(weather, name, bad, what, remedy)


def _unit_remedy(name: str, value: float, median: float) -> str:
    """Return what the likeliest wrong unit is and how to leave it."""
    if name == "pressure_pa" and 500.0 <= median <= 1100.0:
        return "It looks like hPa: multiply by 100."
    if name == "pressure_pa" and 50.0 <= median <= 110.0:
        return "It looks like kPa: multiply by 1000."
    if name.startswith("temp") and 213.0 <= median <= 333.0:
        return "It looks like kelvin: subtract 273.15."
    if name.startswith("temp") and 40.0 <= median <= 140.0:
        return "It looks like degrees Fahrenheit: subtract 32, divide by 1.8."
    if value in (-999.0, -9999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0):
        return "It looks like a fill value: bring the true value, or leave the cell empty."
    if name.startswith("wind"):
        return "Give m/s: divide km/h by 3.6, knots by 1.944."
    if name in COLUMNS and value < 0.0 and not name.startswith("temp"):
        return "Set the sensor's negative offsets to 0."
    return "Correct the value, or give the column in the unit of its name."


def _frozen(weather: Weather, name: str, longest_h: float) -> list[str]:
    bad: BoolArray = run_lengths(weather.table[name].to_numpy()) * weather.step_h > longest_h
    what = f"frozen: one value for more than {longest_h:g} h"
    return fault(weather, name, bad, what, "Bring what was measured, or another source.")


def _wind_unit(weather: Weather, height_m: int) -> list[str]:
    """Refuse a mean wind that only km/h can explain."""
    name = wind_column(height_m)
    values = weather.table[name].to_numpy()
    limit = WIND_MEAN_MAX_M_PER_S * max(1.0, height_m / 10.0) ** SHEAR_EXPONENT
    if len(values) * weather.step_h < WIND_MEAN_OVER_MIN_H or not values.mean() > limit:
        return []
    what = f"too fast: the mean {values.mean():.1f} is above {limit:.1f} m/s"
    return fault(weather, name, values > limit, what, "It looks like km/h: divide by 3.6.")


def _shear(weather: Weather, heights: list[int]) -> list[str]:
    """Refuse winds at two heights that cannot be in the same unit."""
    base = weather.table[wind_column(10)].to_numpy()
    problems: list[str] = []
    for height in (h for h in heights if h > 10):
        name = wind_column(height)
        aloft = weather.table[name].to_numpy()
        low, high = SHEAR_RATIO_MIN, (height / 10.0) ** SHEAR_EXPONENT_MAX
        if not base.mean() > 0.0:
            continue
        ratio = float(aloft.mean() / base.mean())
        if ratio < low or ratio > high:
            what = f"{ratio:.2f} times the wind at 10 m in the mean, outside [{low:g}, {high:.2f}]"
            remedy = "Give both heights in m/s."
            problems += fault(weather, name, np.isfinite(aloft), what, remedy)
    return problems


def _wet_bulb(weather: Weather) -> list[str]:
    wet, air = (weather.table[f"temp_{kind}_degc"].to_numpy() for kind in ("wet_bulb", "air"))
    bad: BoolArray = wet > air + WET_BULB_ABOVE_AIR_MAX_K
    remedy = "Look for swapped columns, or humidity above 100 %."
    return fault(weather, "temp_wet_bulb_degc", bad, "above the air temperature", remedy)
