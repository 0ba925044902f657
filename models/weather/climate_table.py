"""The numbers of the bundled climate: what they mean, their ranges, and the file they come from.

Twelve values, January first, are a `Monthly`. Where each number is published, derived or assumed
stands beside it in the file.
"""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from models.parameters import Parameters
from models.reference import reference_file

Monthly = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1.1e5)], ...], Field(min_length=12, max_length=12)
]
MonthlyShare = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=12, max_length=12)
]


class Site(Parameters):
    """Where the climate is."""

    latitude_deg: float = Field(ge=-66, le=66, description="degrees north [deg]")
    longitude_deg: float = Field(ge=-180, le=180, description="degrees east [deg]")
    altitude_m: float = Field(ge=-430, le=6000, description="above sea level [m]")


class SkyClimate(Parameters):
    """Sun, and what takes it away: haze, dust, cloud and fog."""

    ghi_mean_w_per_m2: Monthly = Field(description="mean of daily GHI [W/m2]")
    ghi_sd_w_per_m2: Monthly = Field(description="standard deviation of daily GHI [W/m2]")
    clean_sky_mean_w_per_m2: Monthly = Field(description="mean of the cleanest days' GHI [W/m2]")
    clean_sky_sd_w_per_m2: Monthly = Field(description="its spread within the month [W/m2]")
    clean_linke_pu: float = Field(ge=1, le=3, description="Linke turbidity of such a day [pu]")
    haze_share_pu: float = Field(ge=0, le=1, description="haze in an ordinary day's loss [pu]")
    dust_haze_share_pu: float = Field(ge=0, le=1, description="the same on a dust day [pu]")
    fog_haze_share_pu: float = Field(ge=0, le=1, description="the same on a fog day [pu]")
    overcast_transmission_pu: float = Field(gt=0, lt=1, description="GHI under overcast [pu]")
    dust_days: Monthly = Field(description="dust days in a month [d]")
    fog_days: Monthly = Field(description="fog mornings in a month [d]")
    dust_strength_max_pu: float = Field(ge=1, le=10, description="strongest over mean [pu]")
    dust_loss_weight_pu: float = Field(ge=0, le=0.7, description="correlation dust, loss [pu]")
    fog_loss_weight_pu: float = Field(ge=0, le=0.7, description="correlation fog, loss [pu]")
    memory_day_pu: float = Field(ge=0, le=0.85, description="lag-1-day autocorrelation [pu]")
    cloud_spread_pu: float = Field(ge=0, le=2, description="spread of log cloud thickness [pu]")
    cloud_memory_h: float = Field(gt=0, le=12, description="e-folding time of cloud [h]")
    stratus_amplitude_pu: float = Field(ge=0, lt=1, description="daily wave of cloud [pu]")
    stratus_peak_h: float = Field(ge=0, lt=24, description="thickest cloud, UTC [h]")
    fog_thickness_pu: float = Field(ge=1, le=50, description="fog against cloud [pu]")
    fog_begin_h: float = Field(ge=0, lt=24, description="fog forms, UTC [h]")
    fog_end_h: float = Field(ge=0, lt=24, description="fog lifts, UTC [h]")


class WindClimate(Parameters):
    """Wind at 10 m, its shear above, and how long it remembers."""

    mean_10m_m_per_s: Monthly = Field(description="monthly mean at 10 m [m/s]")
    shape_pu: Monthly = Field(description="Weibull shape within one month and hour [pu]")
    diurnal_amplitude_pu: float = Field(ge=0, lt=1, description="daily wave over mean [pu]")
    peak_h: float = Field(ge=0, lt=24, description="windiest time at 10 m, UTC [h]")
    shear_exponent_pu: float = Field(ge=0, le=0.4, description="power law 10-100 m, mean [pu]")
    shear_amplitude_pu: float = Field(ge=0, le=0.2, description="daily wave of it [pu]")
    synoptic_share_pu: float = Field(ge=0, le=1, description="variance that lives days [pu]")
    synoptic_memory_day_pu: float = Field(ge=0, le=0.85, description="its lag-1-day corr. [pu]")
    hourly_memory_h: float = Field(gt=0, le=12, description="e-folding time of the rest [h]")
    dust_correlation_pu: float = Field(ge=-0.7, le=0.7, description="synoptic wind, dust [pu]")
    fog_correlation_pu: float = Field(ge=-0.7, le=0.7, description="synoptic wind, fog [pu]")


class AirClimate(Parameters):
    """Temperature, humidity and pressure."""

    temp_min_degc: Monthly = Field(description="mean daily minimum [degC]")
    temp_max_degc: Monthly = Field(description="mean daily maximum [degC]")
    temp_min_h: float = Field(ge=0, lt=24, description="coolest time, UTC [h]")
    temp_max_h: float = Field(ge=0, lt=24, description="warmest time, UTC [h]")
    temp_sd_degc: float = Field(ge=0, le=10, description="day-to-day spread [degC]")
    temp_memory_day_pu: float = Field(ge=0, le=0.85, description="its lag-1-day corr. [pu]")
    temp_hourly_sd_degc: float = Field(ge=0, le=5, description="hour-to-hour spread [degC]")
    temp_hourly_memory_h: float = Field(gt=0, le=12, description="its e-folding time [h]")
    dust_warming_degc: float = Field(ge=0, le=15, description="a mean dust day's excess [degC]")
    dust_drying_pu: float = Field(ge=0, lt=1, description="vapour it lacks [pu]")
    relative_humidity_pu: MonthlyShare = Field(description="at the mean temperature [pu]")
    vapour_spread_pu: float = Field(ge=0, le=0.5, description="day-to-day, of the log [pu]")
    vapour_memory_day_pu: float = Field(ge=0, le=0.85, description="its lag-1-day corr. [pu]")
    pressure_sea_level_pa: Monthly = Field(description="monthly mean at sea level [Pa]")
    pressure_sd_pa: float = Field(ge=0, le=1500, description="day-to-day spread [Pa]")
    pressure_memory_day_pu: float = Field(ge=0, le=0.85, description="its lag-1-day corr. [pu]")
    pressure_tide_pa: float = Field(ge=0, le=150, description="semidiurnal amplitude [Pa]")


class Climate(Parameters):
    """The climate of one site."""

    site: Site
    sky: SkyClimate
    wind: WindClimate
    air: AirClimate


def read_climate(path: Path) -> Climate:
    """Return the climate in a TOML file whose entries hold `value`, `kind` and `source`."""
    groups = tomllib.loads(path.read_text(encoding="utf-8"))
    return Climate.model_validate(
        {
            group: {name: _frozen(entry["value"]) for name, entry in entries.items()}
            for group, entries in groups.items()
        }
    )


@lru_cache(maxsize=1)
def bundled_climate() -> Climate:
    """Return the climate of Dakhla that ships with the program."""
    return read_climate(reference_file("climate/dakhla.toml"))


def _frozen(value: float | list[float]) -> float | tuple[float, ...]:
    """Return a list as a tuple, which a frozen strict model asks for."""
    return tuple(value) if isinstance(value, list) else value
