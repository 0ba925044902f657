"""The weather of a stored run, read again from the raw payloads that were kept when it came."""

from pathlib import Path

from models.errors import InputError, SourceError
from models.weather.online.archive import plain_name
from models.weather.online.take import read_take
from optimizer.config import Site, parse_site
from optimizer.named_weather import ARCHIVE, source_of
from optimizer.run_tables import as_written
from optimizer.store import read_json
from optimizer.weather_sources import Source
from optimizer.weather_sources import replay as read_again

_NO_KEY = "none"  # what has come needs no key to be read


def reread(folder: Path) -> list[str]:
    """Return what is not as it was when a run's payloads are read by today's readers.

    The payloads lie beside the run, in ``weather/``; each is proved by its hash, and the forecast
    made of them by its own, to the last bit.

    Raises
    ------
    InputError
        The run's weather was not fetched, or it is no run folder.
    """
    weather = read_json(folder / "manifest.json").get("weather", {})
    take = weather.get("take")
    if not take:
        what = f"{folder}: its weather ({weather.get('source')}) was not fetched"
        raise InputError([f"{what}: there is no payload to read. Leave --from-weather out."])
    above, name = Path(str(take)).parts[-2:]
    site = parse_site(read_json(folder / "inputs/site.json"), str(folder / "inputs/site.json"))
    try:
        stored = read_take(folder.resolve().parent / ARCHIVE / above / name)
        with as_written(folder / "manifest.json"):
            expected = [str(sha256) for sha256 in weather["payloads_sha256"]]
        if list(stored.payloads_sha256) != expected:
            return [f"{take}: its payloads are not those the run was made of."]
        read_again(_source(site, above, folder), stored)
    except SourceError as error:
        return [str(error)]
    return []


def _source(site: Site, stored_as: str, folder: Path) -> Source:
    """Return the source of the site whose payloads are stored under a name."""
    for name, table in site.weather.online.items():
        if plain_name(name) == stored_as:
            return source_of(site, name, {} if table.key_env is None else {table.key_env: _NO_KEY})
    what = f"{folder}/inputs/site.json: no table of [weather.online] is stored as {stored_as!r}"
    raise InputError([f"{what}. Leave --from-weather out."])
