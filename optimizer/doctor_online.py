"""Does every source of weather answer as its reader expects? Real requests, one source each.

What a reader refuses is the first field that differs from what it expects, in its own words.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from models.errors import InputError, SourceError, SourceFault
from models.weather.forecast import WeatherForecast
from models.weather.online.provider import Get, Wanted
from models.weather.online.transport import Transport
from models.weather.schema import utc
from optimizer.config import Site, load_site
from optimizer.doctor import WEATHER_PREFIX, Finding, State
from optimizer.named_weather import source_of
from optimizer.reference import reference_file
from optimizer.supply import site_place
from optimizer.weather_sources import Source

DAY = pd.Timedelta(days=1)
ASKED = DAY
ASKED_OF_GRIB = pd.Timedelta(hours=6)  # every field is the whole globe
LATE_HISTORY = 365 * DAY  # satellite irradiance comes months after its time
HISTORY = ("nasa-power", "pvgis")
AGAIN = "Ask again after the next model run; until then use another source."
REMEDIES: dict[SourceFault, str] = {
    "unreachable": "See whether this machine reaches the host, then the provider's status page.",
    "refused": "See what the provider refuses: the address, the plan, the key or the quota.",
    "content": "Compare with the provider's documentation; until then use another source.",
    "stale": AGAIN,
    "coverage": AGAIN,
}

GetOf = Callable[[Source, pd.Timestamp], Get]


def get_of(source: Source, now: pd.Timestamp) -> Get:
    """Return a source's own GET, with its deadline begun now."""
    return Transport(now, source.limits, source.rules, source.timing).get


def site_of(path: Path | None) -> Site:
    """Return the site of a file, the bundled one if there is none."""
    return load_site(path or reference_file("site.toml"))


def examine_online(
    site: Site, environment: Mapping[str, str], now: pd.Timestamp, get: GetOf = get_of
) -> list[Finding]:
    """Return a finding for each table of [weather.online].

    A table that can't be asked as it is set, for want of its key say, fails only if it is in use.

    Parameters
    ----------
    site : Site
        Its place and sources.
    environment : mapping
        Where keys are looked up.
    now : Timestamp
        The caller's clock.
    get : callable
        Gives each source its GET.
    """
    if not site.weather.online:
        remedy = "Add a table [weather.online.NAME] to the site file."
        return [
            Finding("weather sources", "warning", "the site names no source of weather", remedy)
        ]
    return [_examined(site, name, environment, now, get) for name in site.weather.online]


def _examined(
    site: Site, name: str, environment: Mapping[str, str], now: pd.Timestamp, get: GetOf
) -> Finding:
    """Ask one source for a few hours and read the answer."""
    title = f"{WEATHER_PREFIX}{name}"
    try:
        source = source_of(site, name, environment)
    except InputError as error:
        is_used = name in (site.weather.source, site.weather.second)
        state: State = "failed" if is_used else "warning"
        return Finding(title, state, " ".join(error.problems).rstrip("."), "")
    wanted = _wanted(site, name, now)
    try:
        payloads = source.provider.collect(wanted, get(source, now))
        forecast = source.provider.read(payloads, wanted)
    except SourceError as error:
        return Finding(title, "failed", str(error).rstrip("."), REMEDIES[error.fault])
    return _fresh_or_late(site, title, forecast, now)


def _fresh_or_late(site: Site, title: str, forecast: WeatherForecast, now: pd.Timestamp) -> Finding:
    run, count = forecast.run, len(forecast.members)
    seen = f"{run.provider} {run.model}, {count} member{'s' if count > 1 else ''}"
    if forecast.members[0].level in ("measured", "tmy"):
        return Finding(title, "ok", f"{seen}, history; {run.attribution}")
    age_h, late_h = forecast.age_h(now), site.weather.late_max_h
    seen += f", run of {utc(run.init_utc)}, {age_h:.0f} h old; {run.attribution}"
    if age_h > late_h:
        return Finding(title, "warning", f"{seen}; not fresh above {late_h:g} h", "Ask again.")
    return Finding(title, "ok", seen)


def _wanted(site: Site, name: str, now: pd.Timestamp) -> Wanted:
    """Return a few hours that the source should have."""
    provider = site.weather.online[name].provider
    start = now.ceil("D") - (LATE_HISTORY if provider in HISTORY else 0 * DAY)
    end = start + (ASKED_OF_GRIB if provider == "ecmwf-open-data" else ASKED)
    return Wanted(place=site_place(site), start_utc=start, end_utc=end, now_utc=now)
