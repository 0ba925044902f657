"""One door for weather files: the format is told by the content, never by the name."""

from pathlib import Path

from models.errors import InputError
from models.weather.checks import check
from models.weather.csv_file import PARQUET_MAGIC, read_table
from models.weather.epw import read_epw
from models.weather.fill import fill_gaps
from models.weather.nasa_power import read_nasa_power
from models.weather.pvgis import read_pvgis_hourly, read_pvgis_tmy
from models.weather.reading import DEFAULTS, ReadOptions, read_json, read_text, require_file
from models.weather.schema import Place, Weather

READERS = {
    "table": read_table,
    "pvgis_tmy": read_pvgis_tmy,
    "pvgis_hourly": read_pvgis_hourly,
    "nasa_power": read_nasa_power,
    "epw": read_epw,
}
HEAD_CHARS = 4096


def read(path: Path, place: Place, options: ReadOptions = DEFAULTS) -> Weather:
    """Return checked weather from a file of any known format.

    Parameters
    ----------
    path : Path
        A table of the user's (CSV, Parquet), PVGIS TMY or hourly (CSV, JSON), NASA POWER (JSON) or
        EPW.
    place : Place
        The site; a file made for a place more than 50 km away is refused.
    options : ReadOptions
        What the file does not say of itself.

    Raises
    ------
    InputError
        The file is unreadable, of no known format, or its weather cannot be true.
    """
    weather = READERS[recognised(path)](path, place, options)
    if options.fill_gaps_h > 0.0:
        weather = fill_gaps(weather, options.fill_gaps_h)
    check(weather)
    return weather


def recognised(path: Path) -> str:
    """Return the name of the reader that a file's content asks for."""
    require_file(path)
    with path.open("rb") as file:
        if file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC:
            return "table"
    text = read_text(path)
    head = text[:HEAD_CHARS].lstrip()
    if head.startswith("{"):
        return _json_kind(path)
    if head.startswith("LOCATION,"):
        return "epw"
    if head.startswith("Latitude (decimal degrees)"):
        return "pvgis_tmy" if "Gb(n)" in head else "pvgis_hourly"
    if head.startswith("-BEGIN HEADER-"):
        raise InputError([f"{path.name} is NASA POWER's CSV. Download it as JSON."])
    return "table"


def _json_kind(path: Path) -> str:
    content = read_json(path)
    outputs, properties = (content.get(key) for key in ("outputs", "properties"))
    if isinstance(properties, dict) and "parameter" in properties:
        return "nasa_power"
    if "message" in content or (isinstance(outputs, dict) and "tmy_hourly" in outputs):
        return "pvgis_tmy"
    if isinstance(outputs, dict) and "hourly" in outputs:
        return "pvgis_hourly"
    keys = ", ".join(sorted(content)[:6]) or "nothing in it"
    remedy = "Bring NASA POWER hourly, PVGIS TMY or PVGIS hourly JSON, or a CSV table."
    raise InputError([f"{path.name}: JSON with {keys} is of no known format. {remedy}"])
