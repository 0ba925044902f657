"""The bundled climate of Dakhla: hourly weather of any period, synthetic, by seed.

No hourly record of Dakhla may be shipped, so these hours are drawn from published monthly
climatology (data/climate/dakhla.toml; every assumption is marked there). Random numbers belong to
(seed, day): two windows that overlap agree in every bit, and years join without a seam.
"""

import numpy as np
import pandas as pd

from models.errors import InputError
from models.weather.climate_air import air, wind_speeds
from models.weather.climate_drivers import drivers
from models.weather.climate_noise import DayArray, FloatArray
from models.weather.climate_sky import irradiance
from models.weather.climate_table import Climate, bundled_climate
from models.weather.schema import INDEX_NAME, Weather, utc, wind_column

WHERE = "bundled climate"
LICENCE = "MIT; statistics restated from the sources in data/README.md"


def generate(*, start_utc: pd.Timestamp, end_utc: pd.Timestamp, seed: int) -> Weather:
    """Return hourly synthetic weather of Dakhla for [start_utc, end_utc).

    Parameters
    ----------
    start_utc, end_utc : Timestamp
        Full hours with a time zone, 1700 to 2200.
    seed : int
        Not negative; the same seed gives the same bytes.

    Returns
    -------
    Weather
        Level "synthetic": GHI, DNI, DHI, air and wet-bulb temperature, pressure, wind at 10 and
        100 m, all hourly means.

    Raises
    ------
    InputError
        A time is naive, off the hour or out of range, the window is empty, or the seed negative.
    """
    _refuse(start_utc, end_utc, seed)
    start, end = start_utc.tz_convert("UTC"), end_utc.tz_convert("UTC")
    first = np.datetime64(start.date(), "D")
    last = np.datetime64((end - pd.Timedelta(hours=1)).date(), "D")
    climate = bundled_climate()
    columns = _columns(climate, seed, np.arange(first, last + 1))
    begins = pd.date_range(
        pd.Timestamp(first, tz="UTC"), periods=columns["ghi_w_per_m2"].size, freq="h"
    )
    index = pd.DatetimeIndex(begins.as_unit("us"), name=INDEX_NAME)
    table = pd.DataFrame({name: v.ravel() for name, v in columns.items()}, index=index)
    return Weather(
        table=table.loc[start : end - pd.Timedelta(hours=1)],
        step_h=1.0,
        **climate.site.model_dump(),
        source=f"synthetic: bundled Dakhla climate, seed {seed}",
        level="synthetic",
        licence=LICENCE,
    )


def generate_year(year: int, seed: int) -> Weather:
    """Return a calendar year (UTC) of hourly synthetic weather of Dakhla."""
    return generate(
        start_utc=pd.Timestamp(year=year, month=1, day=1, tz="UTC"),
        end_utc=pd.Timestamp(year=year + 1, month=1, day=1, tz="UTC"),
        seed=seed,
    )


def _columns(climate: Climate, seed: int, days: DayArray) -> dict[str, FloatArray]:
    """Return all columns on whole days, each shape (days, 24)."""
    causes = drivers(climate, seed, days)
    wind = wind_speeds(climate.wind, causes)
    return {
        **irradiance(climate.site, climate.sky, causes),
        **air(climate, causes),
        **{wind_column(height_m): speed for height_m, speed in wind.items()},
    }


def _refuse(start: pd.Timestamp, end: pd.Timestamp, seed: int) -> None:
    """Refuse windows and seeds that mean nothing, all at once."""
    problems = []
    for name, time in (("start_utc", start), ("end_utc", end)):
        said = f"{WHERE}: {name} = {utc(time)}"
        if time.tzinfo is None:
            problems.append(f"{said} has no time zone. Give it in UTC.")
        elif time != time.floor("h"):
            problems.append(f"{said} is not a full hour. Give a full hour.")
        elif not 1700 <= time.year <= 2200:
            problems.append(f"{said} is outside 1700 to 2200. Give a year the sun is known for.")
    if not problems and end <= start:
        said = f"{WHERE}: end_utc = {utc(end)} is not after start_utc = {utc(start)}"
        problems.append(f"{said}. Give a later end.")
    if seed < 0:
        problems.append(f"{WHERE}: seed = {seed} is negative. Give 0 or a positive whole number.")
    if problems:
        raise InputError(problems)
