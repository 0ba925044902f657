"""The bundled climate's irradiance: a day's sum by its month, then haze, cloud and fog by the hour.

Every day has a cleanest possible sky (Ineichen-Perez at a low turbidity). The share of it that is
lost is beta-distributed with the published mean and spread of the month. Haze takes its part of
the loss from all hours alike, cloud and fog the rest hour by hour, so that the day's sum is met.
Beam and diffuse follow from the hour's clearness, whatever dimmed it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pvlib

from models.weather.climate_drivers import Drivers
from models.weather.climate_noise import (
    DayArray,
    FloatArray,
    beta,
    monthly_curve,
)
from models.weather.climate_table import Site, SkyClimate
from models.weather.schema import Place
from models.weather.sun import CELL_S, cell_midpoints, extraterrestrial_w_per_m2, sin_elevation

CELLS_AN_HOUR = 3600 // CELL_S
BISECTIONS = 40  # of the logarithm of cloud thickness over 20: to 1e-11
LOG_THICKNESS = (-12.0, 8.0)


@dataclass(frozen=True, slots=True)
class Cells:
    """The sun in cells of some minutes over whole days, with hourly means over them."""

    site: Site
    sin_height: FloatArray
    normal_w_per_m2: FloatArray

    def hourly(self, values: FloatArray) -> FloatArray:
        """Return means over the hours, shape (days, 24)."""
        return np.asarray(values.reshape(-1, 24, CELLS_AN_HOUR).mean(axis=2), dtype=float)

    def sun_height(self) -> FloatArray:
        """Return the mean sine of the sun's height over the part of the hour when it is up."""
        up = self.hourly((self.sin_height > 0).astype(float))
        height = self.hourly(np.maximum(self.sin_height, 0.0))
        return np.divide(height, up, out=np.zeros_like(height), where=up > 0)

    def clear_sky(self, linke_pu: float) -> FloatArray:
        """Return hourly clear-sky GHI at a Linke turbidity [W/m2].

        References
        ----------
        .. [1] Ineichen & Perez, "A new airmass independent formulation for the Linke turbidity
           coefficient," Solar Energy 73, 2002, 151-157. Air mass by Kasten & Young 1989.
        """
        up = self.sin_height > 0
        zenith = np.degrees(np.arccos(self.sin_height[up]))
        pressure = pvlib.atmosphere.alt2pres(self.site.altitude_m)
        air_mass = pvlib.atmosphere.get_relative_airmass(zenith)
        clear = pvlib.clearsky.ineichen(
            zenith,
            pvlib.atmosphere.get_absolute_airmass(air_mass, pressure),
            linke_pu,
            altitude=self.site.altitude_m,
            dni_extra=self.normal_w_per_m2[up],
        )
        ghi = np.zeros_like(self.sin_height)
        ghi[up] = clear["ghi"]
        return self.hourly(ghi)


def cells(site: Site, days: DayArray) -> Cells:
    """Return the sun over whole UTC days.

    The sun is computed for whole months and cut: pvlib's `ephemeris` iterates until its slowest
    instant has settled, so its last digits depend on which instants are asked for together.
    """
    place = Place(**site.model_dump())
    months = np.unique(days.astype("datetime64[M]"))
    sun = [_month_of_sun(place, month) for month in months]
    first = int((days[0] - months[0].astype(days.dtype)).astype(int))
    rows = slice(first * 24 * CELLS_AN_HOUR, (first + len(days)) * 24 * CELLS_AN_HOUR)
    height, normal = (np.concatenate(parts)[rows] for parts in zip(*sun, strict=True))
    return Cells(site, height, normal)


def _month_of_sun(place: Place, month: np.datetime64) -> tuple[FloatArray, FloatArray]:
    """Return sine of the sun's height and extraterrestrial normal irradiance over a month."""
    begin, end = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    day_count = int((end - begin).astype(int))
    start = pd.Timestamp(begin).tz_localize("UTC")
    times = cell_midpoints(start, day_count * 24 * CELLS_AN_HOUR)
    return sin_elevation(times, place), extraterrestrial_w_per_m2(times)


def day_losses(sky: SkyClimate, loss: FloatArray, days: DayArray) -> FloatArray:
    """Return the share of the cleanest day's sum that each day loses [pu].

    A month's spread is the published one without the season's march through the month. No day is
    darker than overcast all day long.
    """
    clean = np.array(sky.clean_sky_mean_w_per_m2)
    mean = 1.0 - np.array(sky.ghi_mean_w_per_m2) / clean
    march = (1.0 - mean) * np.array(sky.clean_sky_sd_w_per_m2)
    spread = np.sqrt(np.array(sky.ghi_sd_w_per_m2) ** 2 - march**2) / clean
    return beta(
        loss,
        monthly_curve(mean, days),
        monthly_curve(spread, days),
        1.0 - sky.overcast_transmission_pu,
    )


def irradiance(site: Site, sky: SkyClimate, drivers: Drivers) -> dict[str, FloatArray]:
    """Return hourly GHI, DNI and DHI [W/m2], each shape (days, 24).

    They close on hourly means, GHI = DHI + DNI s, with s the mean sine of the sun's height over
    the part of the hour when it is up; at sunrise too.
    """
    sun = cells(site, drivers.days)
    lost = day_losses(sky, drivers.loss, drivers.days)
    clean = sun.clear_sky(sky.clean_linke_pu)
    hazy = clean * (1.0 - _haze_share(sky, drivers) * lost)[:, None]
    target = clean.sum(axis=1) * (1.0 - lost)
    ghi = hazy * _cloud_transmission(sky, drivers, hazy, target)
    height = sun.sun_height()
    dni = _beam(ghi, height, drivers.days).round(3)
    dhi = np.maximum(ghi - dni * height, 0.0).round(3)
    return {"ghi_w_per_m2": (dhi + dni * height).round(3), "dni_w_per_m2": dni, "dhi_w_per_m2": dhi}


def _beam(ghi: FloatArray, height: FloatArray, days: DayArray) -> FloatArray:
    """Return DNI from the hour's clearness; none with the sun below 3 degrees [W/m2].

    References
    ----------
    .. [1] Erbs, Klein & Duffie, "Estimation of the diffuse radiation fraction for hourly, daily
       and monthly-average global radiation," Solar Energy 28, 1982, 293-302.
    """
    day_of_year = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(float) + 1.0
    zenith = np.degrees(np.arccos(height.ravel()))
    split = pvlib.irradiance.erbs(ghi.ravel(), zenith, np.repeat(day_of_year, 24))
    return np.asarray(split["dni"], dtype=float).reshape(ghi.shape)


def _haze_share(sky: SkyClimate, drivers: Drivers) -> FloatArray:
    """Return which part of each day's loss dims all hours alike [pu]."""
    share = np.where(drivers.is_fog, sky.fog_haze_share_pu, sky.haze_share_pu)
    return np.where(drivers.dust[1:-1] > 0, sky.dust_haze_share_pu, share)


def _cloud_transmission(
    sky: SkyClimate, drivers: Drivers, ghi: FloatArray, target: FloatArray
) -> FloatArray:
    """Return what cloud lets through by the hour, so that each day's GHI sums to its target.

    max(exp(-a s), overcast) with s the hour's relative thickness and a found by bisection.
    """
    hour = np.arange(24) + 0.5
    wave = np.cos(2.0 * np.pi * (hour - sky.stratus_peak_h) / 24.0)
    thickness = np.exp(sky.cloud_spread_pu * drivers.cloud)
    thickness = thickness * (1.0 + sky.stratus_amplitude_pu * wave)
    fog = drivers.is_fog[:, None] & fog_hours(sky)
    thickness = np.where(fog, sky.fog_thickness_pu * thickness, thickness)
    low, high = (np.full(len(target), bound) for bound in LOG_THICKNESS)
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        passed = _passed(sky, thickness, middle)
        too_bright = (ghi * passed).sum(axis=1) > target
        low, high = np.where(too_bright, middle, low), np.where(too_bright, high, middle)
    return _passed(sky, thickness, low)


def _passed(sky: SkyClimate, thickness: FloatArray, log_scale: FloatArray) -> FloatArray:
    """Return the transmission of cloud of a relative thickness and a day's scale."""
    passed = np.exp(-np.exp(log_scale)[:, None] * thickness)
    return np.maximum(passed, sky.overcast_transmission_pu)


def fog_hours(sky: SkyClimate) -> npt.NDArray[np.bool_]:
    """Return which hours of a fog day lie in fog, shape (24,)."""
    hour = np.arange(24) + 0.5
    return (hour > sky.fog_begin_h) & (hour < sky.fog_end_h)
