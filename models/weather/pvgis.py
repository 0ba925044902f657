"""PVGIS typical years and hourly series, CSV or JSON, in UTC.

Labels, converted here and nowhere else. Satellite irradiance (SARAH, NSRDB) is near-instantaneous:
in hourly files at the stamp (hh:10 and the like), in typical years at stamp + irradiance time
offset; `instants.step_means` makes it means over [hh:00, hh+1:00). ERA5 irradiance, stamped hh:30
or with an offset of 0.5 h, is that mean already. Temperature, humidity, pressure and wind are
taken as instants at hh:00 and become the mean of both ends of the hour. A GHI of exactly 0 under
a sun above 5.7 degrees is how PVGIS writes a missing satellite image: it becomes NaN, which
`checks.check` refuses and `fill.fill_gaps` fills if asked.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from models.errors import InputError
from models.weather.derive import mean_of_both_ends
from models.weather.instants import INSTANTS_NOTE, SIN_LOW, normal_beam_means, step_means
from models.weather.labels import instants_problem
from models.weather.pvgis_file import PvgisFile, read_pvgis_file
from models.weather.reading import (
    DEFAULTS,
    Origin,
    ReadOptions,
    numbers,
    require_columns,
    require_same_place,
    times,
    typical_years,
    wet_bulb_and_pressure,
)
from models.weather.schema import COLUMNS, INDEX_NAME, Place, Weather, utc
from models.weather.sun import sin_elevation

LICENCE = "PVGIS (c) European Union, free use with attribution"
STAMP = "%Y%m%d:%H%M"
CENTRED_H = 0.5
HOUR = pd.Timedelta(hours=1)
TMY_COLUMNS = {
    "T2m": "air temperature",
    "RH": "relative humidity",
    "G(h)": "global horizontal irradiance",
    "Gd(h)": "diffuse horizontal irradiance",
    "WS10m": "wind at 10 m",
    "SP": "surface pressure",
}
HOURLY_COLUMNS = {
    "Gb(i)": "beam on the plane, with 'Radiation components' ticked",
    "Gd(i)": "diffuse on the plane, with 'Radiation components' ticked",
    "T2m": "air temperature",
    "WS10m": "wind at 10 m",
}


def read_pvgis_tmy(path: Path, place: Place, options: ReadOptions = DEFAULTS) -> Weather:
    """Return a PVGIS typical year on the year of the options; `checks.check` judges it.

    GHI and DHI are read, DNI is what they leave at the sun's height, so that the three agree.

    Raises
    ------
    InputError
        The file is cut off, of another place, or lacks a column, the time offset or the year.
    """
    return pvgis_tmy_weather(read_pvgis_file(path, "tmy_hourly"), place, options)


def pvgis_tmy_weather(file: PvgisFile, place: Place, options: ReadOptions = DEFAULTS) -> Weather:
    """Return the typical year in the content of such a file."""
    require_columns(list(file.rows.columns), TMY_COLUMNS, file.where)
    require_same_place(file.latitude_deg, file.longitude_deg, place, file.where)
    offset_h = file.offset_h if file.offset_h is not None else options.irradiance_offset_h
    if offset_h is None:
        remedy = "Download it from PVGIS 5.3 or later, or give irradiance_offset_h."
        raise InputError([f"{file.where}: irradiance time offset is missing. {remedy}"])
    stamps = times(file.rows.iloc[:, 0], STAMP, file.where)
    rows = numbers(file.rows[list(TMY_COLUMNS)], file.where).set_axis(stamps)
    return typical_weather(rows, offset_h, place, options, f"{file.where} (PVGIS typical year)")


def read_pvgis_hourly(path: Path, place: Place, options: ReadOptions = DEFAULTS) -> Weather:
    """Return a PVGIS hourly series of the horizontal plane; `checks.check` judges it.

    The file has neither humidity nor pressure: the options say what to take.

    Raises
    ------
    InputError
        The plane is inclined or tracked, components are missing, hours are missing, the place is
        another, or humidity or pressure is not given.
    """
    return pvgis_hourly_weather(read_pvgis_file(path, "hourly"), place, options)


def pvgis_hourly_weather(file: PvgisFile, place: Place, options: ReadOptions = DEFAULTS) -> Weather:
    """Return the hourly series in the content of such a file."""
    columns = list(file.rows.columns)
    if file.slope_deg != 0.0:
        slope = "tracked" if file.slope_deg is None else f"inclined by {file.slope_deg:g} deg"
        remedy = "Download slope 0 with 'Radiation components', or the typical year (TMY)."
        raise InputError([f"{file.where}: plane is {slope}, not horizontal. {remedy}"])
    require_columns(columns, HOURLY_COLUMNS, file.where)
    require_same_place(file.latitude_deg, file.longitude_deg, place, file.where)
    stamps = times(file.rows.iloc[:, 0], STAMP, file.where)
    _require_hourly(stamps, file.where)
    text = file.rows[[n for n in [*HOURLY_COLUMNS, "Gr(i)"] if n in columns]]
    hours = pd.DatetimeIndex(stamps.floor("h"), name=INDEX_NAME)
    rows = numbers(text, file.where).set_axis(hours)
    parts = pd.DataFrame({"dhi_w_per_m2": rows["Gd(i)"] + rows.get("Gr(i)", 0.0)})
    offset_h = (stamps[0] - hours[0]) / HOUR
    parts["ghi_w_per_m2"] = parts["dhi_w_per_m2"] + rows["Gb(i)"]
    irradiance, notes = irradiance_means(parts, offset_h, place, file.where)
    ends = mean_of_both_ends(rows[["T2m", "WS10m"]], is_typical_year=False)
    more, derived = wet_bulb_and_pressure(ends["T2m"], None, None, place, options, file.where)
    origin = Origin(
        where=f"{file.where} (PVGIS hourly, {file.database})",
        notes=notes + derived,
        level="measured",
        licence=LICENCE,
    )
    return origin.weather(_table(irradiance, ends, more), 1.0, place)


def typical_weather(
    rows: pd.DataFrame, offset_h: float, place: Place, options: ReadOptions, where: str
) -> Weather:
    """Return a typical year of instants, `TMY_COLUMNS` at hh:00 UTC, as the weather of a place.

    `offset_h` is the time of the irradiance minus the row's. [h]
    """
    air = mean_of_both_ends(rows[["T2m", "RH", "WS10m", "SP"]], is_typical_year=True)
    sun = rows[["G(h)", "Gd(h)"]].set_axis(["ghi_w_per_m2", "dhi_w_per_m2"], axis=1)
    years = typical_years(pd.concat([air, sun], axis=1), options, where)
    irradiance, notes = irradiance_means(years[list(sun)], offset_h, place, where)
    humidity = years["RH"] / 100.0
    more, derived = wet_bulb_and_pressure(
        years["T2m"], humidity, years["SP"], place, options, where
    )
    origin = Origin(
        where=where,
        notes=[f"months of several years set on {years.index[0].year}", *notes, *derived],
        level="tmy",
        licence=LICENCE,
    )
    return origin.weather(_table(irradiance, years, more), 1.0, place)


def irradiance_means(
    parts: pd.DataFrame, offset_h: float, place: Place, where: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return the three irradiances as means over [hh:00, hh+1:00), and notes on how.

    Parameters
    ----------
    parts : DataFrame, index hh:00 (UTC)
        `ghi_w_per_m2` and `dhi_w_per_m2` at index + offset, or centred means if that is 0.5 h.
    offset_h : float
        Time of the irradiance minus the index. [h]
    place : Place
        Where on earth.
    where : str
        The file, for messages.

    Raises
    ------
    InputError
        The sun at the place says that the irradiance is of other times.
    """
    steps = pd.DatetimeIndex(parts.index)
    seen_at = steps + pd.Timedelta(seconds=round(offset_h * 3600))
    lost = (parts["ghi_w_per_m2"] == 0.0).to_numpy() & (sin_elevation(seen_at, place) > SIN_LOW)
    seen = parts.copy()
    seen.loc[lost] = np.nan
    if offset_h == CENTRED_H:
        beam = (seen["ghi_w_per_m2"] - seen["dhi_w_per_m2"]).to_numpy()
        means = seen.assign(dni_w_per_m2=normal_beam_means(beam, steps, 1.0, place))
        notes = ["DNI from the other two"]
    else:
        shifted = instants_problem(parts["ghi_w_per_m2"].set_axis(seen_at), place, where)
        if shifted:
            raise InputError(shifted)
        means = step_means(seen.set_axis(seen_at), steps, 1.0, place)
        notes = [INSTANTS_NOTE]
    means.loc[seen.isna().any(axis=1).to_numpy()] = np.nan
    if lost.any():
        notes.append(f"zero GHI while the sun was up taken as missing ({int(lost.sum())} hours)")
    return means, notes


def _table(irradiance: pd.DataFrame, air: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Return all columns of the schema in its order."""
    named = {"temp_air_degc": air["T2m"], "wind_speed_10m_m_per_s": air["WS10m"]}
    return pd.concat([irradiance, pd.DataFrame(named), more], axis=1)[list(COLUMNS)]


def _require_hourly(stamps: pd.DatetimeIndex, where: str) -> None:
    """Refuse a series that does not go on by the hour."""
    uneven = np.asarray(stamps[1:] - stamps[:-1] != HOUR)
    if uneven.any():
        first = stamps[int(np.argmax(uneven)) + 1]
        remedy = "Download the series in one piece."
        raise InputError(
            [f"{where}: time = {utc(first)} is not an hour after the row before it. {remedy}"]
        )
