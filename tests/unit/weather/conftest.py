"""A clear-sky truth that shares no code with the package, and good weather made from it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pvlib
import pytest

from models.weather.schema import Place, Weather

DAKHLA = Place(latitude_deg=23.7, longitude_deg=-15.93, altitude_m=12.0)
LINKE = 3.5


@pytest.fixture(scope="session")
def dakhla() -> Place:
    return DAKHLA


@pytest.fixture(scope="session")
def sky() -> Callable[[pd.DatetimeIndex], pd.DataFrame]:
    """Return clear-sky irradiance at instants: SPA and Ineichen, not ephemeris and Haurwitz."""

    def at(times: pd.DatetimeIndex) -> pd.DataFrame:
        sun = pvlib.solarposition.get_solarposition(
            times, DAKHLA.latitude_deg, DAKHLA.longitude_deg, altitude=DAKHLA.altitude_m
        )
        mass = pvlib.atmosphere.get_relative_airmass(sun["apparent_zenith"]).fillna(40.0)
        parts = pvlib.clearsky.ineichen(
            sun["apparent_zenith"], mass, LINKE, DAKHLA.altitude_m, dni_extra=1361.0
        )
        parts = parts.where(sun["elevation"] > 0.0, 0.0).fillna(0.0)
        parts["sin_elevation"] = np.sin(np.radians(sun["elevation"]))
        return parts

    return at


@pytest.fixture(scope="session")
def truth(sky) -> Callable[[str, int, float], pd.DataFrame]:
    """Return step means of the clear sky, integrated over five minutes."""

    def means(start: str, count: int, step_h: float = 1.0) -> pd.DataFrame:
        per_step = round(step_h * 12)
        first = pd.Timestamp(start, tz="UTC")
        middles = pd.date_range(first + pd.Timedelta("150s"), periods=count * per_step, freq="5min")
        parts = sky(middles)[["ghi", "dni", "dhi"]].to_numpy()
        index = pd.date_range(first, periods=count, freq=pd.Timedelta(hours=step_h))
        names = ["ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"]
        table = pd.DataFrame(parts.reshape(count, per_step, 3).mean(axis=1), index, names)
        return table.rename_axis("time_utc")

    return means


@pytest.fixture(scope="session")
def good(truth) -> Callable[..., Weather]:
    """Return weather without a fault: clear days, a sea breeze, a little noise."""

    def weather(start: str = "2026-03-01", days: int = 10, step_h: float = 1.0) -> Weather:
        table = truth(start, round(days * 24 / step_h), step_h)
        rng = np.random.default_rng(1)
        hour = np.asarray(table.index.hour + table.index.minute / 60.0)
        breeze = np.cos((hour - 16.0) / 24.0 * 2.0 * np.pi)
        noise = rng.normal(size=(4, len(table)))
        table["temp_air_degc"] = 20.0 + 3.0 * breeze + 0.1 * noise[0]
        table["temp_wet_bulb_degc"] = table["temp_air_degc"] - 3.0 - 0.01 * noise[1] ** 2
        table["pressure_pa"] = 101_300.0 + 50.0 * noise[2]
        table["wind_speed_10m_m_per_s"] = np.abs(7.5 + 2.0 * breeze + 0.5 * noise[3])
        table["wind_speed_100m_m_per_s"] = 1.2 * table["wind_speed_10m_m_per_s"]
        return Weather(
            table=table,
            step_h=step_h,
            latitude_deg=DAKHLA.latitude_deg,
            longitude_deg=DAKHLA.longitude_deg,
            altitude_m=DAKHLA.altitude_m,
            source="w.csv; made for a test",
            level="measured",
            licence="none",
        )

    return weather
