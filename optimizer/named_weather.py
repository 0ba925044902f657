"""Sources of weather by the names they have in the site file, as the ladder takes them."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from models.weather.online.archive import Archive
from models.weather.online.provider import Wanted
from models.weather.online.providers import SourceParameters, provider_of
from models.weather.online.transport import Limits
from optimizer.config import Site
from optimizer.horizon import Horizon
from optimizer.supply import site_place
from optimizer.weather_config import OnlineSource
from optimizer.weather_ladder import Ladder, Laddered, climb
from optimizer.weather_sources import Source

ARCHIVE = "weather"  # folder of raw payloads, beside the runs


def fetched_weather(
    site: Site,
    name: str,
    horizon: Horizon,
    out: Path,
    now: pd.Timestamp,
    *,
    environment: Mapping[str, str],
    is_strict: bool,
) -> Laddered:
    """Return the best weather there is for the steps of `horizon`.

    Parameters
    ----------
    name : str
        The first source, a table of ``[weather.online]``; the second is the site file's.
    out : Path
        Folder of runs; raw payloads are kept in its folder `ARCHIVE`.
    environment : mapping
        Where keys are looked up.

    Raises
    ------
    InputError
        A source can't be asked as it is set.
    WeatherError
        No rung of the ladder holds.
    """
    wanted = Wanted(
        place=site_place(site),
        start_utc=horizon.start.floor("h"),
        end_utc=horizon.end.ceil("h"),
        now_utc=now,
    )
    ladder = ladder_of(site, name, environment, is_strict=is_strict)
    return climb(ladder, wanted, Archive(out / ARCHIVE))


def ladder_of(
    site: Site, name: str, environment: Mapping[str, str], *, is_strict: bool = False
) -> Ladder:
    """Return the ladder whose first source is `name`."""
    weather = site.weather
    second = weather.second if weather.second != name else None
    return Ladder(
        first=source_of(site, name, environment),
        second=None if second is None else source_of(site, second, environment),
        late_max_h=weather.late_max_h,
        age_max_h=weather.age_max_h,
        climatology_members_count=weather.climatology_members_count,
        climate_seed=site.plan.climate_seed,
        is_strict=is_strict,
        reuse_h=weather.reuse_h,
    )


def source_of(site: Site, name: str, environment: Mapping[str, str]) -> Source:
    """Return one source, its key taken from the environment."""
    table = site.weather.online[name]
    parameters = SourceParameters(
        provider=table.provider,
        name=name,
        model=table.model,
        url=table.url,
        folder=table.folder,
        is_commercial=table.is_commercial,
        key_env=table.key_env,
        payload_max_mb=table.payload_max_mb,
        reading=site.weather.reading,
    )
    key = environment.get(table.key_env) if table.key_env is not None else None
    return Source(
        name=name,
        provider=provider_of(parameters, key),
        identity=_identity(site, table),
        limits=Limits(total_s=table.deadline_s),
    )


def _identity(site: Site, table: OnlineSource) -> dict[str, str]:
    """Return what a stored forecast must have been asked for to be read again."""
    place = site.place
    return {
        "provider": table.provider,
        "model": str(table.model),
        "url": str(table.url),
        "folder": str(table.folder),
        "latitude_deg": f"{place.latitude_deg:g}",
        "longitude_deg": f"{place.longitude_deg:g}",
    }
