"""EnergyPlus weather files (EPW), hourly.

Labels, converted here and nowhere else. Hours 1 to 24 are local standard time and name the end:
irradiance of hour h is the mean over [h-1, h); temperature, humidity, pressure and wind are
instants at h and become the mean of both ends [1]_. Files made by PVGIS (comment "Irradiance Time
Offset") are different: their hours are UTC whatever the header's zone says, row h holds the
instants of h-1, and the offset counts from h; they go the way of PVGIS' own typical year.

References
----------
.. [1] EnergyPlus, "Auxiliary Programs," EnergyPlus Weather File (EPW) Data Dictionary.
"""

import io
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd

from models.errors import InputError
from models.weather.derive import mean_of_both_ends
from models.weather.pvgis import typical_weather
from models.weather.reading import (
    DEFAULTS,
    Origin,
    ReadOptions,
    numbers,
    read_text,
    require_same_place,
    typical_years,
    wet_bulb_and_pressure,
)
from models.weather.schema import COLUMNS, Place, Weather

HEADER_LINES = 8
FIELDS = {
    "year": 0,
    "month": 1,
    "day": 2,
    "hour": 3,
    "T2m": 6,
    "RH": 8,
    "SP": 9,
    "G(h)": 13,
    "G(n)": 14,
    "Gd(h)": 15,
    "WS10m": 21,
}
MISSING = {
    "T2m": 99.9,
    "RH": 999.0,
    "SP": 999999.0,
    "G(h)": 9999.0,
    "G(n)": 9999.0,
    "Gd(h)": 9999.0,
    "WS10m": 999.0,
}
PVGIS_OFFSET = re.compile(r"Irradiance Time Offset \(h\):\s*([-+0-9.]+)")
IRRADIANCE = {"G(h)": "ghi_w_per_m2", "G(n)": "dni_w_per_m2", "Gd(h)": "dhi_w_per_m2"}
REMEDY = "The file is cut off or changed: download it again."


def read_epw(path: Path, place: Place, options: ReadOptions = DEFAULTS) -> Weather:
    """Return an EPW typical year on the year of the options; `checks.check` judges it.

    Raises
    ------
    InputError
        The file is cut off, not hourly, of another place, or the year is not given.
    """
    where = path.name
    lines = read_text(path).splitlines()
    location = lines[0].split(",")
    if location[0].strip() != "LOCATION" or len(lines) <= HEADER_LINES:
        raise InputError([f"{where} is no EPW file with data. {REMEDY}"])
    try:
        latitude_deg, longitude_deg, zone_h = (float(field) for field in location[6:9])
        records_an_hour = int(lines[HEADER_LINES - 1].split(",")[2])
    except (ValueError, IndexError) as error:
        raise InputError([f"{where}: header is unreadable ({error}). {REMEDY}"]) from error
    if records_an_hour != 1:
        remedy = "Bring an hourly file."
        raise InputError([f"{where}: {records_an_hour} records an hour. {remedy}"])
    require_same_place(latitude_deg, longitude_deg, place, where)
    rows = _rows(lines[HEADER_LINES:], where)
    comment = PVGIS_OFFSET.search("\n".join(lines[:HEADER_LINES]))
    if comment:
        after_beginning_h = 1.0 + float(comment[1])
        name = f"{where} (EPW of PVGIS, hours taken as UTC)"
        return typical_weather(rows, after_beginning_h, place, options, name)
    return _usual(rows, zone_h, place, options, where)


def _rows(lines: list[str], where: str) -> pd.DataFrame:
    """Return the hours by the beginning of their label, in the file's own clock, as floats."""
    body = io.StringIO("\n".join(line for line in lines if line.strip()))
    try:
        cells = pd.read_csv(body, header=None, dtype="str", keep_default_na=False)
        text = cells[list(FIELDS.values())].set_axis(list(FIELDS), axis=1)
    except (pd.errors.ParserError, KeyError) as error:
        raise InputError([f"{where}: rows are unreadable ({error}). {REMEDY}"]) from error
    rows = numbers(text, where)
    days = pd.to_datetime(rows[["year", "month", "day"]], errors="coerce", utc=True)
    index = pd.DatetimeIndex(days + pd.to_timedelta(rows["hour"] - 1.0, unit="h"))
    if index.hasnans or not rows["hour"].between(1, 24).all():
        row = int(np.argmax(index.isna() | ~rows["hour"].between(1, 24).to_numpy())) + 1
        raise InputError([f"{where}: data row {row} has no true date and hour. {REMEDY}"])
    values = rows[list(MISSING)]
    return values.mask(values.ge(pd.Series(MISSING))).set_axis(index)


def _usual(
    rows: pd.DataFrame, zone_h: float, place: Place, options: ReadOptions, where: str
) -> Weather:
    """Return a file that keeps to the EPW rules."""
    at_end = rows[["T2m", "RH", "SP", "WS10m"]]
    at_beginning = pd.DataFrame(np.roll(at_end, 1, axis=0), rows.index, at_end.columns)
    air = mean_of_both_ends(at_beginning, is_typical_year=True)
    means = pd.concat([air, rows[list(IRRADIANCE)].rename(columns=IRRADIANCE)], axis=1)
    years = typical_years(_utc(means, zone_h), options, where)
    years = years.set_axis(years.index + pd.Timedelta(hours=math.ceil(zone_h) - zone_h))
    more, notes = wet_bulb_and_pressure(
        years["T2m"], years["RH"] / 100.0, years["SP"], place, options, where
    )
    named = years.rename(columns={"T2m": "temp_air_degc", "WS10m": "wind_speed_10m_m_per_s"})
    origin = Origin(
        where=f"{where} (EPW typical year)",
        notes=[f"months of several years set on {options.year}", *notes],
        level="tmy",
        licence="as its publisher says",
    )
    return origin.weather(pd.concat([named, more], axis=1)[list(COLUMNS)], 1.0, place)


def _utc(local: pd.DataFrame, zone_h: float) -> pd.DataFrame:
    """Return the year's rows from UTC hour 0 on, its ends joined; a part hour is left over."""
    turned = np.roll(local, -math.ceil(zone_h), axis=0)
    return pd.DataFrame(turned, local.index, local.columns)
