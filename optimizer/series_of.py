"""The input series of a plan and where its weather comes from."""

import logging
from pathlib import Path

import pandas as pd

from models.weather.schema import Weather
from optimizer.asked import Asked, tried
from optimizer.config import Site
from optimizer.horizon import Horizon
from optimizer.inputs import assemble, file_series
from optimizer.site import Provenance
from optimizer.store import sha256
from optimizer.supply import load_weather, modelled, needs_weather
from optimizer.weather_config import CLIMATE

_LOG = logging.getLogger(__name__)  # what a person who waits is shown


def series_of(
    asked: Asked, site: Site, folder: Path, horizon: Horizon, problems: list[str]
) -> tuple[pd.DataFrame, Provenance]:
    """Return all input series with the length of each step, and where the weather comes from."""
    from_files = tried(lambda: file_series(site, folder, horizon), problems)
    sources = {"file": pd.DataFrame(index=horizon.index) if from_files is None else from_files}
    if asked.series is not None:
        sources["series"] = asked.series
    given = {column for frame in sources.values() for column in frame.columns}
    weather, provenance = None, Provenance()
    if needs_weather(site, given):
        _LOG.info("weather")
        weather = tried(lambda: _weather_of(asked, site, horizon), problems)
    if problems:
        return pd.DataFrame(), provenance
    if weather is not None:
        sources["weather"] = modelled(site, weather, horizon, given)
        provenance = Provenance(
            weather_level=weather.level,
            weather_source=weather.source,
            weather_licence=weather.licence,
            files_sha256=_weather_file(asked, site),
        )
    series = assemble(site, horizon, sources)
    series.insert(0, "step_h", horizon.hours)
    return series, provenance


def _weather_of(asked: Asked, site: Site, horizon: Horizon) -> Weather:
    """Return the weather of the horizon."""
    if isinstance(asked.weather, Weather):
        return asked.weather
    return load_weather(site, str(asked.weather or site.weather.source), horizon)


def _weather_file(asked: Asked, site: Site) -> dict[str, str]:
    """Return the hash of the weather file, if it is one."""
    if isinstance(asked.weather, Weather):
        return {}
    source = str(asked.weather or site.weather.source)
    return {} if source == CLIMATE else {Path(source).name: sha256(Path(source))}
