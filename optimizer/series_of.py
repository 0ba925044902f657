"""The input series of a plan and where its weather comes from."""

import logging
from pathlib import Path

import pandas as pd

from optimizer.asked import Asked, tried
from optimizer.config import Site
from optimizer.horizon import Horizon
from optimizer.inputs import assemble, file_series
from optimizer.provenance import Provenance
from optimizer.supply import needs_weather
from optimizer.weather_of import of_weather

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
    found = None
    if needs_weather(site, given):
        _LOG.info("weather")
        found = tried(lambda: of_weather(asked, site, horizon, given), problems)
    if problems:
        return pd.DataFrame(), Provenance()
    if found is not None:
        sources["weather"] = found.series
    series = assemble(site, horizon, sources)
    series.insert(0, "step_h", horizon.hours)
    return series, Provenance() if found is None else found.provenance
