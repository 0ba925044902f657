"""What all readers share: options, safe opening, numbers, the file's place, typical years."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
import pandas as pd
from pydantic import Field

from models.errors import InputError
from models.parameters import Parameters
from models.weather.derive import PRESSURE_NOTE, WET_BULB_NOTE, standard_pressure_pa, wet_bulb_degc
from models.weather.schema import INDEX_NAME, Level, Place, Weather

FILE_MAX_BYTES = 500_000_000  # 100 years of hours in text take a fifth of it
DISTANCE_MAX_KM = 50.0  # half the diagonal of a MERRA-2 cell, 0.5 by 0.625 degrees, is 42 km
EARTH_RADIUS_KM = 6371.0
HOURS_OF_YEAR = 8760


class ReadOptions(Parameters):
    """What a file does not say of itself, or what may be done to it on the way in."""

    year: int | None = Field(
        default=None, ge=1950, le=2100, description="first year a typical year stands for [year]"
    )
    year_count: int = Field(
        default=1, ge=1, le=100, description="how many years it stands for, each the same [1]"
    )
    label: Literal["start", "end"] = Field(
        default="start", description="which end of its step a table's time names"
    )
    level: Level = Field(default="measured", description="kind of a table's weather")
    licence: str = Field(default="the owner's", description="terms under which a table stands")
    relative_humidity_pu: float | None = Field(
        default=None, ge=0.05, le=0.99, description="humidity where the file has none [per unit]"
    )
    is_pressure_from_altitude: bool = Field(
        default=False, description="standard-atmosphere pressure where the file has none"
    )
    irradiance_offset_h: float | None = Field(
        default=None, ge=-1.0, le=1.0, description="PVGIS irradiance minus its stamp [h]"
    )
    fill_gaps_h: float = Field(
        default=0.0, ge=0.0, le=240.0, description="longest gap to fill in passing, 0 for none [h]"
    )


DEFAULTS = ReadOptions()


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a table comes from: the file, how it was made, its kind and its terms."""

    where: str
    notes: list[str]
    level: Level
    licence: str

    def weather(self, table: pd.DataFrame, step_h: float, place: Place) -> Weather:
        """Return the table as the weather of a place."""
        return Weather(
            table=table.rename_axis(INDEX_NAME).astype("float64"),
            step_h=step_h,
            latitude_deg=place.latitude_deg,
            longitude_deg=place.longitude_deg,
            altitude_m=place.altitude_m,
            source="; ".join([self.where, *self.notes]),
            level=self.level,
            licence=self.licence,
        )


def read_text(path: Path) -> str:
    """Return the text of a file; refuse what is absent, empty, huge or no text."""
    require_file(path)
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b" or raw[:2] == b"PK":
        raise InputError([f"{path.name} is compressed. Unpack it first."])
    if b"\x00" in raw[:4096]:
        raise InputError([f"{path.name} is no text. Bring CSV, JSON, EPW or Parquet."])
    return raw.decode("utf-8-sig", errors="replace")


def require_file(path: Path) -> None:
    """Refuse a path that is no file, or a file that is empty or huge."""
    if not path.is_file():
        what = "a folder" if path.is_dir() else "not there"
        raise InputError([f"{path} is {what}. Give the path of a weather file."])
    size = path.stat().st_size
    if size == 0:
        raise InputError([f"{path.name} is empty. Download it again."])
    if size > FILE_MAX_BYTES:
        limit = f"{FILE_MAX_BYTES / 1e6:.0f} MB"
        raise InputError([f"{path.name} has {size / 1e6:.0f} MB. Bring less than {limit}."])


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; refuse truncated text, NaN and Infinity."""
    return parse_json(read_text(path), path.name)


def parse_json(text: str, where: str) -> dict[str, Any]:
    """Return the object in a text; refuse truncated text, NaN and Infinity."""

    def refuse(constant: str) -> NoReturn:
        raise InputError([f"{where}: {constant} is no JSON number. Write null, or the value."])

    try:
        content = json.loads(text, parse_constant=refuse)
    except (json.JSONDecodeError, RecursionError) as error:
        what = f"{where} is no JSON, or cut off ({error})."
        raise InputError([f"{what} Download it again."]) from error
    if not isinstance(content, dict):
        raise InputError([f"{where} is no JSON object. Download it again."])
    return content


def numbers(text: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return cells as floats, empty ones as NaN; refuse cells that are neither."""
    found, problems = {}, []
    for name in text.columns:
        cells = text[name].astype("str").str.strip()
        is_empty = text[name].isna() | cells.str.lower().isin(["", "nan", "na", "null", "none"])
        values = pd.to_numeric(cells.where(~is_empty), errors="coerce").astype("float64")
        bad = (values.isna() & ~is_empty).to_numpy()
        if bad.any():
            first = int(np.argmax(bad))
            what = f"{name} = {cells.iloc[first]!r} in data row {first + 1} is no number"
            remedy = "Write numbers with a decimal point, without units."
            problems.append(f"{where}: {what} ({int(bad.sum())} rows). {remedy}")
        found[name] = values
    if problems:
        raise InputError(problems)
    return pd.DataFrame(found, index=text.index)


def times(text: pd.Series, form: str, where: str) -> pd.DatetimeIndex:
    """Return stamps in UTC read by a format; refuse the first that does not follow it."""
    read = pd.to_datetime(text.astype("str"), format=form, errors="coerce", utc=True)
    bad = read.isna().to_numpy()
    if bad.any():
        first = int(np.argmax(bad))
        what = f"time = {text.iloc[first]!r} in data row {first + 1} is no time like {form}"
        raise InputError([f"{where}: {what}. The file is cut off or changed: download it again."])
    return pd.DatetimeIndex(read, name=INDEX_NAME)


def require_columns(names: list[str], needed: dict[str, str], where: str) -> None:
    """Refuse a file without the columns needed; `needed` says for each what it is."""
    problems = [
        f"{where}: {name} is missing ({what}). Download the file with it."
        for name, what in needed.items()
        if name not in names
    ]
    if problems:
        raise InputError(problems)


def require_same_place(latitude_deg: float, longitude_deg: float, place: Place, where: str) -> None:
    """Refuse a file made for somewhere else."""
    here, there = np.radians([place.latitude_deg, latitude_deg])
    east = math.radians(longitude_deg - place.longitude_deg)
    chord = math.sin((there - here) / 2) ** 2
    chord += math.cos(here) * math.cos(there) * math.sin(east / 2) ** 2
    distance_km = 2.0 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))
    if not distance_km <= DISTANCE_MAX_KM:
        site = f"{place.latitude_deg:g} N {place.longitude_deg:g} E"
        what = f"place = {latitude_deg:g} N {longitude_deg:g} E is {distance_km:.0f} km from {site}"
        raise InputError([f"{where}: {what}. Bring weather of the site, or correct the site."])


def wet_bulb_and_pressure(
    air_degc: pd.Series,
    humidity_pu: pd.Series | None,
    pressure_pa: pd.Series | None,
    place: Place,
    options: ReadOptions,
    where: str,
) -> tuple[pd.DataFrame, list[str]]:
    """Return the two columns, derived where the caller allows it, and notes on how.

    Raises
    ------
    InputError
        Humidity or pressure is missing in the file and in the options.
    """
    problems, notes = [], [WET_BULB_NOTE]
    if humidity_pu is None and options.relative_humidity_pu is None:
        remedy = "Give relative_humidity_pu as an assumption, or bring a file with humidity."
        problems.append(f"{where}: relative humidity is missing. {remedy}")
    if pressure_pa is None and not options.is_pressure_from_altitude:
        remedy = "Set is_pressure_from_altitude, or bring a file with pressure."
        problems.append(f"{where}: pressure is missing. {remedy}")
    if problems:
        raise InputError(problems)
    if humidity_pu is None:
        humidity_pu = pd.Series(options.relative_humidity_pu, air_degc.index, dtype="float64")
        notes.append(f"relative humidity {options.relative_humidity_pu:g} throughout as assumed")
    if pressure_pa is None:
        pressure_pa = pd.Series(standard_pressure_pa(place), air_degc.index)
        notes.append(PRESSURE_NOTE)
    wet = wet_bulb_degc(air_degc.to_numpy(dtype=float), humidity_pu.to_numpy(dtype=float))
    columns = {"temp_wet_bulb_degc": wet, "pressure_pa": pressure_pa.to_numpy(dtype=float)}
    return pd.DataFrame(columns, index=air_degc.index), notes


def typical_years(rows: pd.DataFrame, options: ReadOptions, where: str) -> pd.DataFrame:
    """Return a typical year's hours on the years asked for, so that the index is regular.

    `rows` are the hours of a year from 1 January, in order, their months taken from different
    years. 29 February is left out; where a leap year is asked for, 28 February stands for it.
    """
    if options.year is None:
        remedy = "Give the year that the typical year shall stand for."
        raise InputError([f"{where}: year is missing. {remedy}"])
    stamps = pd.DatetimeIndex(rows.index)
    is_leap_day = np.asarray((stamps.month == 2) & (stamps.day == 29))
    rows, stamps = rows[~is_leap_day], stamps[~is_leap_day]
    common = pd.date_range("2001-01-01", periods=HOURS_OF_YEAR, freq="h", tz="UTC")
    form = "%m-%d %H"
    if len(rows) != HOURS_OF_YEAR or (stamps.strftime(form) != common.strftime(form)).any():
        what = f"has {len(rows)} hours that are not the {HOURS_OF_YEAR} of a year in order"
        raise InputError([f"{where} {what}. Download it again."])
    years = []
    for year in range(options.year, options.year + options.year_count):
        index = pd.date_range(f"{year}-01-01", f"{year}-12-31 23:00", freq="h", tz="UTC")
        is_extra = np.asarray((index.month == 2) & (index.day == 29))
        common_day = index.where(~is_extra, index - pd.Timedelta(days=1))
        place_in_year = common.strftime(form).get_indexer(common_day.strftime(form))
        years.append(rows.iloc[place_in_year].set_axis(index))
    return pd.concat(years).rename_axis(INDEX_NAME)
