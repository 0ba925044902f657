"""PVGIS' two formats, CSV and JSON, read into one description; no times are changed here."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import InputError
from models.weather.reading import parse_json, read_text

REMEDY = "The file is cut off or changed: download it again."


@dataclass(frozen=True, kw_only=True, slots=True)
class PvgisFile:
    """Header values, and the rows as text with the time in the first column.

    `offset_h` is irradiance time minus stamp [h], `slope_deg` the plane's; None where not said.
    """

    where: str
    latitude_deg: float
    longitude_deg: float
    offset_h: float | None
    slope_deg: float | None
    database: str
    rows: pd.DataFrame


def read_pvgis_file(path: Path, table: str) -> PvgisFile:
    """Return a PVGIS file's content; `table` is tmy_hourly or hourly, as JSON calls it."""
    return pvgis_content(read_text(path), path.name, table)


def pvgis_content(text: str, where: str, table: str) -> PvgisFile:
    """Return the content of such a file's text; `where` begins its messages."""
    is_json = text.lstrip()[:1] == "{"
    return _from_json(where, text, table) if is_json else _from_csv(where, text)


def _from_json(name: str, text: str, table: str) -> PvgisFile:
    content = parse_json(text, name)
    if "message" in content:
        what = f"{name} is an answer of PVGIS with an error: {str(content['message']).rstrip('.')}"
        raise InputError([f"{what}. Correct the request and download it again."])
    rows = _inside(content, ("outputs", table), name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not rows:
        raise InputError([f"{name}: outputs.{table} is no list of hours. {REMEDY}"])
    at = _inside(content, ("inputs", "location"), name)
    mounting = content["inputs"].get("mounting_system") or {}
    slope = mounting.get("fixed", {}).get("slope", {}).get("value") if mounting else None
    return PvgisFile(
        where=name,
        latitude_deg=_number(at.get("latitude"), "latitude", name),
        longitude_deg=_number(at.get("longitude"), "longitude", name),
        offset_h=_optional(at.get("irradiance_time_offset"), "time offset", name),
        slope_deg=_optional(slope, "slope", name),
        database=str(content["inputs"].get("meteo_data", {}).get("radiation_db", "PVGIS")),
        rows=pd.DataFrame(rows),
    )


def _from_csv(name: str, text: str) -> PvgisFile:
    lines = text.splitlines()
    begin = next((i for i, line in enumerate(lines) if line.startswith("time")), None)
    if begin is None:
        raise InputError([f"{name}: the line of column names is missing. {REMEDY}"])
    end = next((i for i in range(begin, len(lines)) if not lines[i].strip()), len(lines))
    pairs = (line.split(":", 1) for line in lines[:begin] if ":" in line)
    header = {key.strip(): value.strip() for key, value in pairs}
    try:
        body = io.StringIO("\n".join(lines[begin:end]))
        rows = pd.read_csv(body, dtype="str", keep_default_na=False)
    except pd.errors.ParserError as error:
        raise InputError([f"{name} is no table ({str(error).strip()}). {REMEDY}"]) from error
    if rows.empty:
        raise InputError([f"{name} has no hours. {REMEDY}"])
    slope = header.get("Slope", "").split(" deg")[0] or None
    return PvgisFile(
        where=name,
        latitude_deg=_number(header.get("Latitude (decimal degrees)"), "latitude", name),
        longitude_deg=_number(header.get("Longitude (decimal degrees)"), "longitude", name),
        offset_h=_optional(header.get("Irradiance Time Offset (h)"), "time offset", name),
        slope_deg=_optional(slope, "slope", name),
        database=header.get("Radiation database", "PVGIS"),
        rows=rows,
    )


def _inside(content: dict[str, Any], keys: tuple[str, ...], name: str) -> Any:
    """Return what stands under a path of keys."""
    value: Any = content
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            raise InputError([f"{name}: {'.'.join(keys)} is missing. {REMEDY}"])
        value = value[key]
    return value


def _optional(value: Any, what: str, name: str) -> float | None:
    return None if value is None else _number(value, what, name)


def _number(value: Any, what: str, name: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise InputError([f"{name}: {what} = {value!r} is no number. {REMEDY}"]) from error
