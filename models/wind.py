"""Weather to wind power at the site bus, by windpowerlib's functions behind checked units.

Chain: wind at hub height -> wakes (a lower wind) -> air density -> power curve, smoothed over
farm and step and corrected for density -> storm cut-out with hysteresis -> fixed losses.
A step's wind is its mean: what the wind does within the step is in the farm's
``wind_spread_pu``; gusts shorter than ten minutes are in the power curve itself.
"""

import functools

import numpy as np
import pandas as pd
from windpowerlib import density, power_output, temperature, wind_speed

from models.errors import InputError
from models.needs import needed
from models.weather.schema import Weather, wind_column, wind_heights_m
from models.wind_curve import FloatArray, PowerCurve, power_curve
from models.wind_farm import WindFarm

ZERO_CELSIUS_K = 273.15  # definition of the degree Celsius
TEMPERATURE_HEIGHT_M = 2.0  # WMO-No. 8: screens stand 1.25 to 2 m above ground
CALM_M_PER_S = 0.1  # assumption: less than any cut-in speed; keeps the exponent finite in calms
EXPONENT_RANGE = (0.0, 0.5)  # assumption, beyond the heights given: open water to city centre
SPREAD_SIGMAS = np.linspace(-4.0, 4.0, 81)  # numerical: four deviations hold 99.99 % of a Gaussian
CURVE_STEP_M_PER_S = 0.25  # numerical: half the library's own spacing
FAR_M_PER_S = 1000.0  # numerical: faster than any wind, at any density correction


def wind_power_mw(weather: Weather, farm: WindFarm) -> pd.Series:
    """Return the farm's available power at the site bus, after every loss.

    ``power = count * curve(wind * (1 - wake)^(1/3), density) * running * product(1 - loss)``

    Parameters
    ----------
    weather : Weather
        Needs wind at one height or more, `temp_air_degc` and `pressure_pa` at the ground.
    farm : WindFarm
        Turbine, hub, storm limits and losses.

    Returns
    -------
    Series, shape (steps,)
        Mean power over each step, index `time_utc`. [MW]

    Raises
    ------
    InputError
        A column is missing, has a gap, or lies outside the range of its unit; the power curve
        is unknown, no curve, or ends below the cut-out speed.
    """
    free_wind = hub_wind_m_per_s(weather, farm).to_numpy()
    waked_wind = free_wind * _wake_speed_pu(farm)
    gross_kw = _turbine_kw(waked_wind, _density(weather, farm), farm)
    running = is_running(free_wind, farm.cut_out_m_per_s, farm.restart_m_per_s)
    kept_pu = np.prod([1.0 - loss for loss in farm.fixed_losses_pu.values()])
    power_mw = gross_kw * running * kept_pu * farm.turbine_count / 1000.0
    return pd.Series(power_mw, index=weather.table.index, name="wind_power_mw")


def hub_wind_m_per_s(weather: Weather, farm: WindFarm) -> pd.Series:
    """Return the free wind at hub height, each step's mean [m/s].

    From the two given heights nearest to the hub by the power law between them,
    ``v_hub = v_near * (hub / near)^a`` with ``a = ln(v1 / v2) / ln(h1 / h2)`` of the step,
    or with the farm's ``shear_exponent_pu`` where only one height is given.
    """
    hub = farm.hub_height_m
    heights = sorted(wind_heights_m(list(weather.table.columns)), key=lambda h: abs(h - hub))
    if not heights:
        remedy = "Give wind_speed_<H>m_m_per_s for a height, e.g. wind_speed_100m_m_per_s."
        raise InputError([f"{weather.where}: wind speed is missing. {remedy}"])
    near = _column(weather, wind_column(heights[0]))
    exponent: FloatArray | float = farm.shear_exponent_pu
    if len(heights) > 1:
        exponent = _exponent(near, _column(weather, wind_column(heights[1])), heights, hub)
    hub_wind = wind_speed.hellman(near, heights[0], hub, hellman_exponent=exponent)
    return pd.Series(hub_wind, index=weather.table.index, name="hub_wind_m_per_s")


def air_density_kg_per_m3(weather: Weather, farm: WindFarm) -> pd.Series:
    """Return the density of the air at hub height, taken as dry (humid air is 1 % lighter)."""
    return pd.Series(_density(weather, farm), index=weather.table.index, name="density_kg_per_m3")


def is_running(
    wind_m_per_s: FloatArray, cut_out_m_per_s: float, restart_m_per_s: float
) -> FloatArray:
    """Return 1 where turbines run and 0 from a storm's cut-out until the wind lets them restart.

    In between the state before holds; the series begins with turbines running.
    """
    stopped, restarted = wind_m_per_s > cut_out_m_per_s, wind_m_per_s <= restart_m_per_s
    state = pd.Series(np.select([stopped, restarted], [0.0, 1.0], default=np.nan))
    return state.ffill().fillna(1.0).to_numpy()


def wind_losses_pu(weather: Weather, farm: WindFarm) -> pd.Series:
    """Return what each loss takes of the gross energy, and their ``total`` [per unit].

    Gross is the power curve in the free wind at hub height, in the air of the site, with the
    farm's spread of wind, every turbine running at any wind.
    """
    free_wind, air = hub_wind_m_per_s(weather, farm).to_numpy(), _density(weather, farm)
    gross = _turbine_kw(free_wind, air, farm)
    waked = _turbine_kw(free_wind * _wake_speed_pu(farm), air, farm)
    running = is_running(free_wind, farm.cut_out_m_per_s, farm.restart_m_per_s)
    left = {"gross": gross.sum(), "wake_loss_pu": waked.sum()}
    remaining = left["storm_loss_pu"] = (waked * running).sum()
    for name, loss in farm.fixed_losses_pu.items():
        remaining = left[name] = remaining * (1.0 - loss)
    energy = pd.Series(left)
    losses = (energy.shift() - energy).drop("gross") / (energy["gross"] or 1.0)
    losses["total"] = losses.sum()
    return losses


def _turbine_kw(wind: FloatArray, air: FloatArray, farm: WindFarm) -> FloatArray:
    """Return one turbine's mean power over each step, running at any wind [kW]."""
    speed, power = _spread_curve(power_curve(farm), farm.wind_spread_pu)
    return np.asarray(
        power_output.power_curve_density_correction(wind, speed, power, air), dtype=np.float64
    )


@functools.lru_cache(maxsize=64)
def _spread_curve(curve: PowerCurve, spread_pu: float) -> tuple[FloatArray, FloatArray]:
    """Return the curve of turbines whose winds spread about the mean, as a Gaussian.

    The last power is held far beyond the curve's end, because the density correction moves the
    end with the air and the spread would smear it; the storm cut-out is decided by the wind.
    """
    end = 1.2 * curve.wind_speed_m_per_s[-1]
    mean_wind = np.arange(0.0, end, CURVE_STEP_M_PER_S)
    if spread_pu == 0:
        mean_wind = np.array(curve.wind_speed_m_per_s)
    weight = np.exp(-0.5 * SPREAD_SIGMAS**2)
    wind = np.multiply.outer(mean_wind, 1.0 + spread_pu * SPREAD_SIGMAS)
    turbine_kw = np.interp(wind, curve.wind_speed_m_per_s, curve.power_kw, left=0.0)
    power_kw = turbine_kw @ weight / weight.sum()
    return np.append(mean_wind, FAR_M_PER_S), np.append(power_kw, power_kw[-1])


def _wake_speed_pu(farm: WindFarm) -> float:
    """Return waked over free wind: power goes with the cube of the wind below rated."""
    return float((1.0 - farm.wake_loss_pu) ** (1.0 / 3.0))


def _exponent(
    near: FloatArray, other: FloatArray, heights_m: list[int], hub_m: float
) -> FloatArray:
    near_calm, other_calm = np.maximum(near, CALM_M_PER_S), np.maximum(other, CALM_M_PER_S)
    exponent = np.log(near_calm / other_calm) / np.log(heights_m[0] / heights_m[1])
    is_between = min(heights_m[:2]) <= hub_m <= max(heights_m[:2])
    low, high = (-np.inf, np.inf) if is_between else EXPONENT_RANGE
    bounded: FloatArray = np.clip(exponent, low, high)
    return bounded


def _density(weather: Weather, farm: WindFarm) -> FloatArray:
    """Return air density at the hub [kg/m3]; the one place where degC becomes K."""
    temp_air_k = _column(weather, "temp_air_degc") + ZERO_CELSIUS_K
    hub_k = temperature.linear_gradient(temp_air_k, TEMPERATURE_HEIGHT_M, farm.hub_height_m)
    pressure_pa = _column(weather, "pressure_pa")
    ideal = density.ideal_gas(pressure_pa, 0.0, farm.hub_height_m, hub_k)  # heights above ground
    return np.asarray(ideal, dtype=np.float64)


def _column(weather: Weather, name: str) -> FloatArray:
    """Return a weather column, finite and within its unit's range, or raise InputError."""
    return needed(weather, [name])[name].to_numpy(dtype=np.float64)
