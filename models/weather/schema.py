"""The one weather schema: UTC, half-open regular steps, every column the mean over its step."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from models.errors import InputError

Level = Literal["measured", "forecast", "synthetic", "tmy"]
LEVELS: tuple[str, ...] = get_args(Level)
INDEX_NAME = "time_utc"
IRRADIANCE = ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")
WIND_PATTERN = re.compile(r"wind_speed_([1-9]\d*)m_m_per_s")


@dataclass(frozen=True, slots=True)
class Column:
    """Unit of a column and the range outside which a value is an error, not weather."""

    unit: str
    low: float
    high: float


# WMO archive of weather and climate extremes (wmo.asu.edu), one-hour means: wind below 60 m/s at
# 10 m outside tornadoes, air temperature -89.2 to 56.7 degC (no inhabited site below -60), station
# pressure 110 kPa at sea level to 50 kPa at 5,500 m. Irradiance: 1361 W/m2 (Kopp & Lean 2011,
# doi:10.1029/2010GL045777) times 1.034 at perihelion bounds DNI; the tighter bounds that follow
# the sun are in checks_sun.py.
COLUMNS: dict[str, Column] = {
    "ghi_w_per_m2": Column("W/m2", 0.0, 1700.0),
    "dni_w_per_m2": Column("W/m2", 0.0, 1410.0),
    "dhi_w_per_m2": Column("W/m2", 0.0, 1100.0),
    "temp_air_degc": Column("degC", -60.0, 60.0),
    "temp_wet_bulb_degc": Column("degC", -60.0, 40.0),
    "pressure_pa": Column("Pa", 50_000.0, 110_000.0),
    "wind_speed_10m_m_per_s": Column("m/s", 0.0, 60.0),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the weather is; the altitude is the caller's, since altitude maps err at coasts."""

    latitude_deg: float
    longitude_deg: float
    altitude_m: float

    def __post_init__(self) -> None:
        """Refuse coordinates that are not on earth."""
        limits = {
            "latitude_deg": (-90.0, 90.0, "Give degrees north."),
            "longitude_deg": (-180.0, 180.0, "Give degrees east, negative in the west."),
            "altitude_m": (-430.0, 6000.0, "Give metres above sea level."),
        }
        problems = [
            f"place: {name} = {getattr(self, name)} is outside [{low:g}, {high:g}]. {remedy}"
            for name, (low, high, remedy) in limits.items()
            if not low <= getattr(self, name) <= high
        ]
        if problems:
            raise InputError(problems)


def wind_column(height_m: float) -> str:
    """Return the name of the wind column at a height, e.g. `wind_speed_100m_m_per_s`."""
    if height_m != int(height_m) or height_m <= 0:
        remedy = "Give whole metres above ground."
        raise InputError([f"wind: height_m = {height_m} is no height of a column. {remedy}"])
    return f"wind_speed_{int(height_m)}m_m_per_s"


def wind_heights_m(columns: Sequence[str]) -> list[int]:
    """Return the heights of all wind columns, lowest first [m]."""
    found = (WIND_PATTERN.fullmatch(name) for name in columns)
    return sorted(int(match[1]) for match in found if match)


def column_spec(name: str) -> Column | None:
    """Return unit and range of a column, or None where the schema has no such column."""
    if name not in COLUMNS and wind_heights_m([name]):
        return COLUMNS["wind_speed_10m_m_per_s"]
    return COLUMNS.get(name)


def suggestion(name: str) -> str:
    """Return 'Did you mean x?' for a misspelt column, or the list of columns."""
    close = difflib.get_close_matches(name, list(COLUMNS), n=1)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Remove it, or rename it to one of {', '.join(COLUMNS)} or wind_speed_<H>m_m_per_s."


@dataclass(frozen=True, kw_only=True, slots=True)
class Weather:
    """Weather of one place in regular steps.

    Attributes
    ----------
    table : DataFrame, shape (steps, columns)
        Index `time_utc` (UTC): a row is the half-open step [t, t + step_h), named by its
        beginning; every column is the mean over the step. Columns: `COLUMNS`, and wind at
        further heights as `wind_speed_<H>m_m_per_s`.
    step_h : float
        Length of every step. [h]
    latitude_deg, longitude_deg, altitude_m : float
        Degrees north, degrees east, metres above sea level.
    source : str
        The file or generator, then "; " and every derivation made on the way in.
    level : str
        measured (also reanalysis and satellite), forecast, synthetic or tmy.
    licence : str
        Under which terms the data stand, with attribution.
    """

    table: pd.DataFrame
    step_h: float
    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    source: str
    level: Level
    licence: str

    @property
    def place(self) -> Place:
        """Where the weather is."""
        return Place(
            latitude_deg=self.latitude_deg,
            longitude_deg=self.longitude_deg,
            altitude_m=self.altitude_m,
        )

    @property
    def where(self) -> str:
        """The file or generator alone: how error messages begin."""
        return self.source.split("; ")[0]

    @property
    def step(self) -> pd.Timedelta:
        """Length of a step."""
        return pd.Timedelta(seconds=round(self.step_h * 3600))

    def with_table(self, table: pd.DataFrame, step_h: float) -> "Weather":
        """Return the same weather with another table, for resampling and derivations."""
        return replace(self, table=table, step_h=step_h)

    def window(self, start_utc: pd.Timestamp, end_utc: pd.Timestamp) -> "Weather":
        """Return the steps that begin in [start_utc, end_utc).

        Raises
        ------
        InputError
            A time is naive, or part of the window is not in the data: the first missing time.
        """
        self.require(start_utc, end_utc)
        begins = pd.DatetimeIndex(self.table.index)
        keep = np.asarray((begins >= start_utc) & (begins < end_utc))
        return self.with_table(self.table.loc[keep], self.step_h)

    def require(self, start_utc: pd.Timestamp, end_utc: pd.Timestamp) -> None:
        """Refuse a window [start_utc, end_utc) that reaches outside the data."""
        naive = [t for t in (start_utc, end_utc) if t.tzinfo is None]
        if naive:
            remedy = "Give it in UTC, e.g. pd.Timestamp('2026-01-01', tz='UTC')."
            raise InputError(
                [f"{self.where}: window = {t} has no time zone. {remedy}" for t in naive]
            )
        first, last = self.table.index[0], self.table.index[-1] + self.step
        if first <= start_utc < end_utc <= last:
            return
        missing = start_utc if start_utc < first or start_utc >= last else last
        what = (
            "not after its start" if end_utc <= start_utc else f"without data from {utc(missing)}"
        )
        asked = f"{self.where}: window = {utc(start_utc)} to {utc(end_utc)} is {what}."
        remedy = "ask for times inside, or bring weather that covers them."
        raise InputError([f"{asked} The data cover {utc(first)} to {utc(last)}: {remedy}"])


def utc(time: pd.Timestamp) -> str:
    """Return a time as people read it in messages: 2026-01-15 20:00Z."""
    text = time.strftime("%Y-%m-%d %H:%M")
    return f"{text}Z" if time.tzinfo is not None else text
