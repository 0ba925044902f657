"""ECMWF's fields at a place made hourly means in the schema: units and labels, here only.

Winds, temperature, dew point and pressure are instants at their steps: the span between two steps
takes the mean of both ends. Radiation is accumulated from the run's begin: the difference over a
span is its mean. Spans of 3 h and 6 h become hours by `resample`: irradiance follows the clear
sky inside its span, the rest a parabola; Erbs' rule then splits the irradiance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.errors import SourceError
from models.weather.climate_air import saturation_pa
from models.weather.derive import WET_BULB_NOTE, wet_bulb_degc
from models.weather.online.beam import BEAM_NOTE, beam_and_diffuse
from models.weather.online.members import Members
from models.weather.resample import resample
from models.weather.schema import COLUMNS, INDEX_NAME, Place, Weather, utc, wind_column
from models.weather.sun import FloatArray

PARAMETERS: dict[str, str] = {
    "10u": "m s**-1",
    "10v": "m s**-1",
    "100u": "m s**-1",
    "100v": "m s**-1",
    "2t": "K",
    "2d": "K",
    "sp": "Pa",
    "ssrd": "J m**-2",
}
CONTROL_NUMBER = 0
ZERO_CELSIUS_K = 273.15  # definition of the degree Celsius
HOUR = pd.Timedelta(hours=1)
SECONDS_PER_HOUR = 3600.0
# A GRIB field of accumulated J/m2 is rounded to a part of its largest value: at night the sum may
# step back by less than this, which is no light [W/m2].
ROUNDING_W_PER_M2 = 5.0
HUMIDITY_PU = (0.05, 0.99)  # the range of Stull's wet bulb; the sea's air stays inside but for fog
DEW = "temp_dew_degc"
LATER = "Ask again later, or take another source."
SPAN_NOTE = "hours from spans of 3 to 6 h"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field's value at the place: member, run and step, in the unit that it names."""

    param: str
    unit: str
    number: int
    init_utc: pd.Timestamp
    step_h: int
    value: float


def hourly_members(fields: Sequence[Field], where: str, place: Place, licence: str) -> Members:
    """Return all members by the hour, NaN throughout where a field of a member is missing.

    Raises
    ------
    SourceError
        A parameter in another unit, fields of several runs, or steps missing.
    """
    _require_alike(fields, where)
    steps = sorted({field.step_h for field in fields})
    if len(steps) < 2 or (np.diff(steps, n=2) < 0).any():
        raise SourceError("content", f"{where}: steps = {steps} is not all of a run. {LATER}")
    numbers = sorted({field.number for field in fields})
    at = {(field.number, field.param, field.step_h): field.value for field in fields}
    for number in numbers:  # nothing has accumulated when the run begins: no such field is kept
        at.setdefault((number, "ssrd", 0), 0.0)
    init = fields[0].init_utc
    hours = pd.date_range(init + steps[0] * HOUR, init + steps[-1] * HOUR, freq="h")[:-1]
    hours = pd.DatetimeIndex(hours, name=INDEX_NAME)
    names = [*COLUMNS, wind_column(100)]
    columns = {name: np.full((len(numbers), len(hours)), np.nan) for name in names}
    for row, number in enumerate(numbers):
        values = {
            param: np.array([at.get((number, param, step), np.nan) for step in steps])
            for param in PARAMETERS
        }
        if all(np.isfinite(v).all() for v in values.values()):
            table = _hourly(_spans(values, steps), init, steps, place)
            for name in names:
                columns[name][row] = table[name].to_numpy(dtype=float)
    return Members(
        where=where,
        names=tuple("control" if n == CONTROL_NUMBER else f"member{n:02d}" for n in numbers),
        steps=hours,
        columns=columns,
        notes=(SPAN_NOTE, BEAM_NOTE, WET_BULB_NOTE),
        licence=licence,
    )


def _require_alike(fields: Sequence[Field], where: str) -> None:
    """Refuse other units and a mixture of runs."""
    for field in fields:
        unit = PARAMETERS.get(field.param)
        if field.unit != unit:
            what = f"{where}: unit of {field.param} = {field.unit!r} is not {unit}"
            raise SourceError("content", f"{what}. {LATER}")
    runs = sorted({field.init_utc for field in fields})
    if len(runs) > 1:
        what = f"{where}: run = {utc(runs[-1])} is mixed with {utc(runs[0])}"
        raise SourceError("content", f"{what}. {LATER}")


def _spans(values: dict[str, FloatArray], steps: Sequence[int]) -> dict[str, FloatArray]:
    """Return the means over the spans between steps, in the schema's units."""
    hours = np.diff(np.asarray(steps, dtype=float))
    wind = {h: np.hypot(values[f"{h}u"], values[f"{h}v"]) for h in (10, 100)}
    instants = {
        "temp_air_degc": values["2t"] - ZERO_CELSIUS_K,
        DEW: values["2d"] - ZERO_CELSIUS_K,
        "pressure_pa": values["sp"],
        **{wind_column(height): speed for height, speed in wind.items()},
    }
    means = {name: (v[:-1] + v[1:]) / 2.0 for name, v in instants.items()}
    ghi = np.diff(values["ssrd"]) / (hours * SECONDS_PER_HOUR)
    is_rounding = (ghi < 0.0) & (ghi > -ROUNDING_W_PER_M2)
    return {"ghi_w_per_m2": np.where(is_rounding, 0.0, ghi), **means}


def _hourly(
    spans: dict[str, FloatArray], init: pd.Timestamp, steps: Sequence[int], place: Place
) -> pd.DataFrame:
    """Return hours from spans, those of one length together."""
    lengths = np.diff(steps)
    parts = []
    for length in sorted(set(lengths.tolist())):  # shorter spans come first in every run
        rows = np.flatnonzero(lengths == length)
        first = init + steps[rows[0]] * HOUR
        every = pd.Timedelta(hours=length)
        index = pd.date_range(first, periods=len(rows), freq=every, name=INDEX_NAME)
        weather = Weather(
            table=pd.DataFrame({name: v[rows] for name, v in spans.items()}, index),
            step_h=float(length),
            latitude_deg=place.latitude_deg,
            longitude_deg=place.longitude_deg,
            altitude_m=place.altitude_m,
            source="spans",
            level="forecast",
            licence="",
        )
        parts.append(resample(weather, 1.0, first, first + len(rows) * every).table)
    table = pd.concat(parts)
    steps_begin = pd.DatetimeIndex(table.index)
    ghi = table["ghi_w_per_m2"].to_numpy(dtype=float)[None, :]
    dni, dhi = beam_and_diffuse(ghi, steps_begin, place)
    table["dni_w_per_m2"], table["dhi_w_per_m2"] = dni[0], dhi[0]
    air, dew = (table[name].to_numpy(dtype=float) for name in ("temp_air_degc", DEW))
    humidity = np.clip(saturation_pa(dew) / saturation_pa(air), *HUMIDITY_PU)
    table["temp_wet_bulb_degc"] = wet_bulb_degc(air, humidity)
    return table
