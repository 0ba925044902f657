"""The bundled climate's wind, temperature, humidity and pressure, by the hour."""

import numpy as np

from models.weather.climate_drivers import Drivers
from models.weather.climate_noise import FloatArray, between_noons, monthly_curve, weibull
from models.weather.climate_sky import fog_hours
from models.weather.climate_table import AirClimate, Climate, Site, WindClimate
from models.weather.derive import wet_bulb_degc

HOUR = np.arange(24) + 0.5
HUMIDITY_PU = (0.08, 0.98)  # inside the 5 to 99 % of Stull's wet bulb; fog is the upper end
AIR_KG_PER_M3 = 1.225  # ISO 2533 at sea level
GRAVITY_M_PER_S2 = 9.80665
TIDE_PEAK_H = 9.7  # local solar time of the semidiurnal tide's maximum, Haurwitz 1956


def wind_speeds(wind: WindClimate, drivers: Drivers) -> dict[int, FloatArray]:
    """Return hourly wind at 10 and 100 m [m/s], each shape (days, 24).

    Weibull with the month's mean and shape, times a daily wave that peaks in the afternoon at
    10 m; the power-law exponent up to 100 m has the opposite wave.
    """
    wave = np.cos(2.0 * np.pi * (HOUR - wind.peak_h) / 24.0)
    mean = monthly_curve(wind.mean_10m_m_per_s, drivers.days)[:, None]
    shape = monthly_curve(wind.shape_pu, drivers.days)[:, None]
    at_10m = weibull(drivers.wind, mean * (1.0 + wind.diurnal_amplitude_pu * wave), shape)
    exponent = wind.shear_exponent_pu - wind.shear_amplitude_pu * wave
    return {10: at_10m.round(3), 100: (at_10m * 10.0**exponent).round(3)}


def air(climate: Climate, drivers: Drivers) -> dict[str, FloatArray]:
    """Return hourly air and wet-bulb temperature and pressure, each shape (days, 24)."""
    temp = _temperature(climate.air, drivers).round(3)
    wet_bulb = wet_bulb_degc(temp, _humidity(climate, drivers, temp)).round(3)
    return {
        "temp_air_degc": temp,
        "temp_wet_bulb_degc": wet_bulb,
        "pressure_pa": _pressure(climate.site, climate.air, drivers).round(1),
    }


def saturation_pa(temp_degc: FloatArray) -> FloatArray:
    """Return the saturation vapour pressure over water [Pa].

    References
    ----------
    .. [1] Alduchov & Eskridge, "Improved Magnus form approximation of saturation vapor
       pressure," J. Applied Meteorology 35, 1996, 601-609, eq. 21.
    """
    return 610.94 * np.exp(17.625 * temp_degc / (243.04 + temp_degc))


def _temperature(air: AirClimate, drivers: Drivers) -> FloatArray:
    """Return hourly air temperature: two half cosines, days' and hours' noise, dust's warmth.

    The mean warmth of dust is taken off again, so that the monthly means stay as published.
    """
    low = monthly_curve(air.temp_min_degc, drivers.days)[:, None]
    high = monthly_curve(air.temp_max_degc, drivers.days)[:, None]
    since_low = (HOUR - air.temp_min_h) % 24.0
    rise_h = (air.temp_max_h - air.temp_min_h) % 24.0
    rising = 0.5 - 0.5 * np.cos(np.pi * since_low / rise_h)
    falling = 0.5 + 0.5 * np.cos(np.pi * (since_low - rise_h) / (24.0 - rise_h))
    wave = np.where(since_low <= rise_h, rising, falling)
    noise = air.temp_sd_degc * drivers.temp_day + air.temp_hourly_sd_degc * drivers.temp
    warmth = air.dust_warming_degc * (between_noons(drivers.dust) - drivers.dust_mean[:, None])
    return np.asarray(low + (high - low) * wave + noise + warmth, dtype=float)


def _humidity(climate: Climate, drivers: Drivers, temp_degc: FloatArray) -> FloatArray:
    """Return relative humidity: the air mass's vapour over saturation, dry in dust, full in fog."""
    air = climate.air
    means = 0.5 * (np.array(air.temp_min_degc) + np.array(air.temp_max_degc))
    vapour = monthly_curve(
        tuple(np.array(air.relative_humidity_pu) * saturation_pa(means)), drivers.days
    )
    drying = (1.0 - air.dust_drying_pu) ** between_noons(drivers.dust)
    present = vapour[:, None] * np.exp(air.vapour_spread_pu * drivers.vapour_day) * drying
    humidity = np.clip(present / saturation_pa(temp_degc), *HUMIDITY_PU)
    fog = drivers.is_fog[:, None] & fog_hours(climate.sky)
    return np.where(fog, HUMIDITY_PU[1], humidity)


def _pressure(site: Site, air: AirClimate, drivers: Drivers) -> FloatArray:
    """Return station pressure: the season, passing highs and the semidiurnal tide."""
    sea_level = monthly_curve(air.pressure_sea_level_pa, drivers.days)[:, None]
    local_h = HOUR + site.longitude_deg / 15.0
    tide = air.pressure_tide_pa * np.cos(4.0 * np.pi * (local_h - TIDE_PEAK_H) / 24.0)
    column = AIR_KG_PER_M3 * GRAVITY_M_PER_S2 * site.altitude_m
    return np.asarray(
        sea_level - column + air.pressure_sd_pa * drivers.pressure_day + tide, dtype=float
    )
