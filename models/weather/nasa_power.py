"""NASA POWER hourly JSON: stamps name the beginning of the hour in UTC, values are its means.

Converted here: `YYYYMMDDHH` to UTC, fill values to NaN, pressure from kPa to Pa.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import InputError
from models.weather.reading import (
    DEFAULTS,
    Origin,
    ReadOptions,
    numbers,
    parse_json,
    read_text,
    require_columns,
    require_same_place,
    times,
    wet_bulb_and_pressure,
)
from models.weather.schema import COLUMNS, Place, Weather, wind_column

LICENCE = "NASA POWER, Langley Research Center, free use with acknowledgement"
NEEDED = {
    "ALLSKY_SFC_SW_DWN": "global horizontal irradiance",
    "ALLSKY_SFC_SW_DNI": "direct normal irradiance",
    "ALLSKY_SFC_SW_DIFF": "diffuse horizontal irradiance",
    "T2M": "air temperature",
    "WS10M": "wind at 10 m",
}
NAMES = {
    "ALLSKY_SFC_SW_DWN": "ghi_w_per_m2",
    "ALLSKY_SFC_SW_DNI": "dni_w_per_m2",
    "ALLSKY_SFC_SW_DIFF": "dhi_w_per_m2",
    "T2M": "temp_air_degc",
    "T2MWET": "temp_wet_bulb_degc",
    "WS10M": "wind_speed_10m_m_per_s",
    "WS50M": wind_column(50),
}
# Units as POWER writes them; over one hour Wh/m2 is the mean in W/m2.
UNITS = {
    "ALLSKY_SFC_SW_DWN": ("Wh/m^2", "W/m^2"),
    "ALLSKY_SFC_SW_DNI": ("Wh/m^2", "W/m^2"),
    "ALLSKY_SFC_SW_DIFF": ("Wh/m^2", "W/m^2"),
    "T2M": ("C",),
    "T2MWET": ("C",),
    "RH2M": ("%",),
    "PS": ("kPa",),
    "WS10M": ("m/s",),
    "WS50M": ("m/s",),
}
PA_PER_KPA = 1000.0


def read_nasa_power(path: Path, place: Place, options: ReadOptions = DEFAULTS) -> Weather:
    """Return an hourly NASA POWER point file; `checks.check` judges it.

    Needs `NEEDED`, and T2MWET or RH2M, and PS; WS50M is taken if there. Fill values (recent
    months of irradiance have them) become NaN, which the checks refuse with the first time.

    Raises
    ------
    InputError
        The file is cut off, not in UTC, in other units, of another place, or lacks a parameter.
    """
    return nasa_power_weather(read_text(path), path.name, place, options)


def nasa_power_weather(
    text: str, where: str, place: Place, options: ReadOptions = DEFAULTS
) -> Weather:
    """Return the weather in the text of such a file; `where` begins its messages."""
    content = parse_json(text, where)
    try:
        found: dict[str, dict[str, float]] = content["properties"]["parameter"]
        longitude_deg, latitude_deg = (float(x) for x in content["geometry"]["coordinates"][:2])
        header: dict[str, Any] = content["header"]
        cells = pd.DataFrame(found)
    except (KeyError, TypeError, ValueError) as error:
        remedy = "Download hourly point data as JSON again."
        raise InputError([f"{where} is no NASA POWER point file ({error!r}). {remedy}"]) from error
    require_columns(list(found), NEEDED, where)
    require_same_place(latitude_deg, longitude_deg, place, where)
    _require_units(content, list(found), where)
    cells = cells[[name for name in cells if name in UNITS]]
    index = times(pd.Series(cells.index), "%Y%m%d%H", where)
    rows = numbers(cells, where).set_axis(index)
    rows = rows.mask(rows == float(header.get("fill_value", -999.0)))
    table, notes = _table(rows, place, options, where)
    version = (header.get("api") or {}).get("version", "")
    origin = Origin(
        where=f"{where} (NASA POWER hourly {version}".rstrip() + ")",
        notes=notes,
        level="measured",
        licence=LICENCE,
    )
    return origin.weather(table, 1.0, place)


def _require_units(content: dict[str, Any], names: list[str], where: str) -> None:
    """Refuse local solar time, and units other than those converted here."""
    problems = []
    standard = content["header"].get("time_standard", "UTC")
    if standard != "UTC":
        remedy = "Download with time-standard=UTC."
        problems.append(f"{where}: time_standard = {standard!r} is not UTC. {remedy}")
    said = content.get("parameters") or {}
    for name in (n for n in names if n in UNITS):
        unit = (said.get(name) or {}).get("units", UNITS[name][0])
        if unit not in UNITS[name]:
            remedy = "Download with community=RE, which uses it."
            wanted = " or ".join(UNITS[name])
            problems.append(f"{where}: {name} is in {unit!r}, not in {wanted}. {remedy}")
    if problems:
        raise InputError(problems)


def _table(
    rows: pd.DataFrame, place: Place, options: ReadOptions, where: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return the schema's columns, derived ones included, and notes on these."""
    table = rows.rename(columns=NAMES)
    pressure = rows["PS"] * PA_PER_KPA if "PS" in rows else None
    if "T2MWET" in rows and pressure is not None:
        more = pd.DataFrame({"pressure_pa": pressure})
        notes: list[str] = []
    else:
        humidity = rows["RH2M"] / 100.0 if "RH2M" in rows else None
        more, notes = wet_bulb_and_pressure(rows["T2M"], humidity, pressure, place, options, where)
    table = table.drop(columns=[n for n in more if n in table])
    table = pd.concat([table, more], axis=1)
    extra = [wind_column(50)] if "WS50M" in rows else []
    return table[[*COLUMNS, *extra]], notes
