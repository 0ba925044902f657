"""Open-Meteo, forecasts and ensembles: its labels and units become the schema's here, only here.

Radiation at a stamp is the mean of the hour before it: it moves one hour back. Everything else is
the value at the stamp: a step takes the mean of both its ends. hPa become Pa; metres a second are
asked for and their name is checked. Where a model gives no direct and diffuse radiation, Erbs'
rule splits the global one; where it gives no wind at 100 m, the column is left out.

Format as documented and as in the server's source of 2026; no live answer was at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.weather.derive import WET_BULB_NOTE, wet_bulb_degc
from models.weather.forecast import ModelRun, WeatherForecast
from models.weather.online.beam import BEAM_NOTE, beam_and_diffuse
from models.weather.online.json_body import differs, json_object, time_in
from models.weather.online.members import Members, whole_members
from models.weather.online.open_meteo_answer import Answer, read_answer
from models.weather.online.open_meteo_request import (
    OpenMeteoSource,
    data_request,
    meta_request,
)
from models.weather.online.payload_checks import require_weather
from models.weather.online.provider import Get, Payload, Wanted
from models.weather.schema import COLUMNS, INDEX_NAME, Place, wind_column
from models.weather.sun import FloatArray

NAME = "open-meteo"
ATTRIBUTION = "Weather data by Open-Meteo.com (CC BY 4.0)"
OWNERS = {  # whose model it is, by the letters its name contains
    "ecmwf": "ECMWF, CC BY 4.0",
    "gfs": "NOAA, public domain",
    "gefs": "NOAA, public domain",
    "icon": "DWD, CC BY 4.0",
    "gem": "ECCC, open licence of Canada",
}
PA_PER_HPA = 100.0
# Parts of one are at most 1. The Sahara's dry season has 15 to 25 per cent at noon, twice that at
# night, so days whose median is below 3 are not of this earth.
HUMIDITY_MEDIAN_MIN_PERCENT = 3.0
HOUR = pd.Timedelta(hours=1)
AHEAD_OF_CLOCK_MAX = pd.Timedelta(hours=1)  # a run that begins later than now: a wrong clock
INSTANTS = {
    "wind_speed_10m": wind_column(10),
    "wind_speed_100m": wind_column(100),
    "temperature_2m": "temp_air_degc",
    "surface_pressure": "pressure_pa",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenMeteo:
    """One model of Open-Meteo; an ensemble's members come in one answer."""

    source: OpenMeteoSource

    def collect(self, wanted: Wanted, get: Get) -> tuple[Payload, ...]:
        """Fetch the model's metadata, then its hours.

        In this order a run that arrives in between makes the weather look older, never younger.
        """
        meta = get(meta_request(self.source))
        return meta, get(data_request(self.source, wanted))

    def read(self, payloads: Sequence[Payload], wanted: Wanted) -> WeatherForecast:
        """Return the forecast in the two payloads.

        Raises
        ------
        SourceError
            A field differs from what is documented, the hours wanted are not all there, or the
            weather cannot be true.
        """
        if len(payloads) != 2:
            raise differs(self.source.where, "payloads", len(payloads), "not metadata and hours")
        meta, data = payloads
        where = self.source.where
        init = run_begin(meta, where)
        names = (self.source.model, self.source.kept_as)
        answer = read_answer(json_object(data, where), where, wanted.place, names)
        attribution = attribution_of(self.source.model)
        run = ModelRun(
            provider=NAME,
            model=self.source.model,
            init_utc=init,
            fetched_utc=data.fetched_utc,
            attribution=attribution,
            payloads_sha256=tuple(payload.sha256 for payload in payloads),
        )
        members = whole_members(hourly_means(answer, wanted.place, attribution), wanted)
        forecast = WeatherForecast(run=run, members=members)
        require_weather(forecast)
        return forecast


def attribution_of(model: str) -> str:
    """Return the words that the licence asks for, with the owner of the model."""
    owner = next((said for letters, said in OWNERS.items() if letters in model), None)
    return f"{ATTRIBUTION}; model {model}" + (f" by {owner}" if owner else "")


def run_begin(meta: Payload, where: str) -> pd.Timestamp:
    """Return when the model's last complete run began, by its metadata.

    Raises
    ------
    SourceError
        A time is missing, or out of order: a run is available after it began, and neither is in
        the future.
    """
    where = f"{where} meta.json"
    content = json_object(meta, where)
    field = "last_run_initialisation_time"
    init = time_in(content, field, where)
    available = time_in(content, "last_run_availability_time", where)
    if available < init:
        raise differs(where, "last_run_availability_time", str(available), f"before {init}")
    if init > meta.fetched_utc + AHEAD_OF_CLOCK_MAX:
        what = f"later than the clock of this machine, {meta.fetched_utc}"
        raise differs(where, field, str(init), what)
    return init


def hourly_means(answer: Answer, place: Place, licence: str) -> Members:
    """Return an answer's hours in the schema: means over [t, t + 1 h), its columns and units.

    Raises
    ------
    SourceError
        A variable that nothing can stand for is null throughout.
    """
    steps = pd.DatetimeIndex(answer.stamps[:-1], name=INDEX_NAME)
    given = {name: v for name, v in answer.by_variable.items() if np.isfinite(v).any()}
    notes = [answer.grid_point, WET_BULB_NOTE]
    optional = ("direct_normal_irradiance", "diffuse_radiation", "wind_speed_100m")
    for name in answer.by_variable:
        if name not in given and name not in optional:
            raise differs(answer.where, f"hourly.{name}", None, "null throughout")
    columns = {ours: _both_ends(given[name]) for name, ours in INSTANTS.items() if name in given}
    columns["pressure_pa"] = columns["pressure_pa"] * PA_PER_HPA
    humidity_pu = _both_ends(_in_percent(given["relative_humidity_2m"], answer.where)) / 100.0
    columns["temp_wet_bulb_degc"] = wet_bulb_degc(columns["temp_air_degc"], humidity_pu)
    ghi = given["shortwave_radiation"][:, 1:]
    if "direct_normal_irradiance" in given and "diffuse_radiation" in given:
        dni, dhi = given["direct_normal_irradiance"][:, 1:], given["diffuse_radiation"][:, 1:]
    else:
        dni, dhi = beam_and_diffuse(ghi, steps, place)
        notes.append(BEAM_NOTE)
    columns |= {"ghi_w_per_m2": ghi, "dni_w_per_m2": dni, "dhi_w_per_m2": dhi}
    order = [*COLUMNS, *(name for name in columns if name not in COLUMNS)]
    return Members(
        where=answer.where,
        names=answer.members,
        steps=steps,
        columns={name: columns[name] for name in order},
        notes=tuple(notes),
        licence=licence,
    )


def _in_percent(humidity: FloatArray, where: str) -> FloatArray:
    """Return relative humidity if its level can be per cent, whatever unit it is said to have."""
    middle = float(np.nanmedian(humidity))
    if middle < HUMIDITY_MEDIAN_MIN_PERCENT:
        what = "too dry for per cent over all these hours"
        raise differs(where, "median of hourly.relative_humidity_2m", round(middle, 3), what)
    return humidity


def _both_ends(instants: FloatArray) -> FloatArray:
    """Return the mean of both ends of every step."""
    return np.asarray((instants[:, :-1] + instants[:, 1:]) / 2.0)
