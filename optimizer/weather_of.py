"""The weather of a plan, as the input series it gives: the climate, a file, or a forecast."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from models.calibration import Pairs
from models.errors import InputError
from models.weather.forecast import WeatherForecast
from models.weather.schema import Weather
from optimizer.asked import Asked
from optimizer.config import Site
from optimizer.forecast_archive import history
from optimizer.horizon import Horizon
from optimizer.meters import meter_steps, read_meters
from optimizer.named_weather import fetched_weather
from optimizer.phrases import phrase
from optimizer.power_forecast import forecast_level_pu, power_forecast
from optimizer.provenance import Provenance
from optimizer.store import sha256
from optimizer.supply import load_weather, modelled
from optimizer.weather_config import CLIMATE
from optimizer.weather_ladder import Laddered


@dataclass(frozen=True, kw_only=True, slots=True)
class OfWeather:
    """Input series by published column on the steps of a plan, and where they come from."""

    series: pd.DataFrame
    provenance: Provenance


def of_weather(asked: Asked, site: Site, horizon: Horizon, given: set[str]) -> OfWeather:
    """Return the series that the weather asked for gives; `given` have another source.

    Raises
    ------
    InputError
        A file can't be read or is no weather, or `asked.forecast` is nothing a forecast has.
    WeatherError
        Nothing covers the plan, or with `is_strict` nothing fresh does.
    """
    if isinstance(asked.weather, WeatherForecast):
        handed = Laddered(rung="given", forecast=asked.weather, reasons=(), source_name="given")
        return _of_forecast(asked, site, horizon, given, handed)
    name = _name(asked, site)
    if name in site.weather.online and not isinstance(asked.weather, Weather):
        started = time.perf_counter()
        found = fetched(asked, site, name, horizon)
        took_s = {"fetch": time.perf_counter() - started}
        return _of_forecast(asked, site, horizon, given, found, took_s)
    if forecast_level_pu(asked.forecast) is not None:
        what = f"forecast = {asked.forecast!r} is a quantile, and {name!r} is no forecast"
        raise InputError([f"{what}. Name a source of [weather.online], or leave it out."])
    if isinstance(asked.weather, Weather):
        return _of_one(site, asked.weather, horizon, given, Provenance())
    weather = load_weather(site, name, horizon)
    if name == CLIMATE:
        return _of_one(site, weather, horizon, given, Provenance(weather_rung="synthetic"))
    files = {Path(name).name: sha256(Path(name))}
    return _of_one(site, weather, horizon, given, Provenance(files_sha256=files))


def _name(asked: Asked, site: Site) -> str:
    """Return what the weather is called in messages: a source's name, a path, or its own words."""
    return (
        asked.weather.where
        if isinstance(asked.weather, Weather)
        else str(asked.weather or site.weather.source)
    )


def fetched(asked: Asked, site: Site, name: str, horizon: Horizon) -> Laddered:
    """Return the best weather there is for a named source.

    Raises
    ------
    InputError
        There is no clock to tell the weather's age by, or no folder to keep it in.
    """
    if asked.now is None or asked.out is None:
        raise InputError([f"weather = {name!r} is fetched: give out, a folder to keep it in."])
    return fetched_weather(
        site,
        name,
        horizon,
        Path(asked.out),
        asked.now,
        environment=os.environ,
        is_strict=asked.is_strict,
    )


def _of_one(
    site: Site, weather: Weather, horizon: Horizon, given: set[str], known: Provenance
) -> OfWeather:
    """Return the series of one weather."""
    provenance = Provenance(
        weather_level=weather.level,
        weather_source=weather.source,
        weather_licence=weather.licence,
        weather_rung=known.weather_rung,
        files_sha256=known.files_sha256,
    )
    return OfWeather(series=modelled(site, weather, horizon, given), provenance=provenance)


def _of_forecast(
    asked: Asked,
    site: Site,
    horizon: Horizon,
    given: set[str],
    found: Laddered,
    took_s: Mapping[str, float] | None = None,
) -> OfWeather:
    """Return the central series of a calibrated forecast, its probabilities kept beside them."""
    forecast, started = found.forecast, time.perf_counter()
    power = power_forecast(
        site,
        forecast,
        horizon,
        given,
        learned(asked),
        scenario_count=site.weather.scenario_count,
        seed=site.solver.seed,
    )
    run, first = forecast.run, forecast.members[0]
    provenance = Provenance(
        weather_level=first.level,
        weather_source=phrase(
            "{source}, run of {moment}, {count} members",
            {
                "source": f"{run.provider} {run.model}",
                "moment": f"{run.init_utc:%Y-%m-%d %H:%M}Z",
                "count": len(forecast.members),
            },
        ),
        weather_licence=run.attribution,
        weather_rung=found.rung,
        weather_run=run,
        weather_age_h=None if asked.now is None else round(forecast.age_h(asked.now), 2),
        weather_take=found.take,
        weather_reasons=(*found.reasons, *found.notes),
        forecast=asked.forecast,
        power=power,
        timings_s={**(took_s or {}), "forecast": time.perf_counter() - started},
    )
    return OfWeather(series=power.central(asked.forecast), provenance=provenance)


def learned(asked: Asked) -> Pairs | None:
    """Return what calibration learns from: own past forecasts beside what was metered."""
    if asked.out is None or asked.now is None:
        return None
    out = Path(asked.out)
    return history(out, read_meters(out, until=asked.now), meter_steps(out), asked.now)
