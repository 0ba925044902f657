"""What Open-Meteo forecast in the past, by lead time: honest history for learning and scoring.

Its archive of "historical forecasts" joins the first hours of every run and so looks better than
any forecast was. Two interfaces keep the lead: previous-runs gives each hour as it was forecast
0 to 7 days before (`x_previous_day2`, from 2024 on), single-runs gives one run whole (`run=`).

Formats as documented in 2026; no live answer was at hand.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from models.errors import InputError, SourceError
from models.weather.checks import check
from models.weather.online.json_body import json_object
from models.weather.online.members import Members
from models.weather.online.open_meteo import attribution_of, hourly_means
from models.weather.online.open_meteo_answer import read_answer
from models.weather.online.open_meteo_request import VARIABLES, OpenMeteoSource, series_request
from models.weather.online.provider import Payload, Request
from models.weather.reading import Origin
from models.weather.schema import INDEX_NAME, Place, Weather

LEAD = "lead_h"
LEAD_DAYS_MAX = 7
HOURS_OF_DAY = 24
HOUR = pd.Timedelta(hours=1)
DAY_FORM = "%Y-%m-%d"


def previous_runs_request(
    source: OpenMeteoSource,
    place: Place,
    start_utc: pd.Timestamp,
    end_utc: pd.Timestamp,
    lead_days: Sequence[int] = (1, 2, 3),
) -> Request:
    """Return the request of past days as they were forecast some days before.

    Parameters
    ----------
    source : OpenMeteoSource
        Of kind previous-runs.
    place : Place
        The site.
    start_utc, end_utc : Timestamp
        The hours; whole days around them are fetched.
    lead_days : sequence of int
        0 to 7; 0 is the newest run.

    Raises
    ------
    InputError
        The source is of another kind, or a lead is outside 0 to 7.
    """
    _require_kind(source, "previous-runs")
    wrong = [day for day in lead_days if not 0 <= day <= LEAD_DAYS_MAX]
    if wrong or not lead_days:
        what = f"{source.where}: lead_days = {list(lead_days)} is outside 0 to {LEAD_DAYS_MAX}"
        raise InputError([f"{what}. Give whole days inside."])
    columns = [f"{name}{_ending(day)}" for day in lead_days for name in VARIABLES]
    window = {"start_date": start_utc.strftime(DAY_FORM), "end_date": end_utc.strftime(DAY_FORM)}
    return series_request(source, place, columns, window)


def read_previous_runs(
    payload: Payload, source: OpenMeteoSource, place: Place, lead_days: Sequence[int] = (1, 2, 3)
) -> pd.DataFrame:
    """Return past hours as they were forecast, by lead.

    Returns
    -------
    DataFrame
        Index (`lead_h`, `time_utc`); `lead_h` is 24 times the days of `lead_days`: the newest run
        at least so long before the hour. Columns of the schema. Days with a gap are left out.

    Raises
    ------
    SourceError
        A field differs from what is documented, or the weather cannot be true.
    """
    content = json_object(payload, source.where)
    parts = {}
    for day in lead_days:
        came = _members(_of_lead(content, day), source, place)
        parts[float(day * HOURS_OF_DAY)] = _whole_days(came, place)
    return pd.concat(parts, names=[LEAD, INDEX_NAME])


def single_run_request(
    source: OpenMeteoSource, place: Place, init_utc: pd.Timestamp, days: int
) -> Request:
    """Return the request of one past run, from its begin for some days."""
    _require_kind(source, "single-runs")
    window = {"run": init_utc.strftime("%Y-%m-%dT%H:%M"), "forecast_days": str(days)}
    return series_request(source, place, list(VARIABLES), window)


def read_single_run(
    payload: Payload, source: OpenMeteoSource, place: Place, init_utc: pd.Timestamp
) -> pd.DataFrame:
    """Return one run's hours by lead.

    Returns
    -------
    DataFrame
        Index (`lead_h`, `time_utc`); `lead_h` is the hour's beginning minus the run's. Columns of
        the schema. Hours before the run began, and days with a gap, are left out.

    Raises
    ------
    SourceError
        A field differs from what is documented, or the weather cannot be true.
    """
    came = _members(json_object(payload, source.where), source, place)
    table = _whole_days(came, place)
    table = table.loc[table.index >= init_utc]
    leads = np.asarray((pd.DatetimeIndex(table.index) - init_utc) / HOUR, dtype=float)
    keys = pd.MultiIndex.from_arrays([leads, table.index], names=[LEAD, INDEX_NAME])
    return table.set_axis(keys)


def _require_kind(source: OpenMeteoSource, kind: str) -> None:
    if source.kind != kind:
        what = f"{source.where}: kind = {source.kind} is not {kind}"
        raise InputError([f"{what}. Give the source of that interface."])


def _ending(day: int) -> str:
    return "" if day == 0 else f"_previous_day{day}"


def _of_lead(content: dict[str, Any], day: int) -> dict[str, Any]:
    """Return the answer with the columns of one lead only, under their plain names."""
    kept = {f"{name}{_ending(day)}": name for name in VARIABLES} | {"time": "time"}
    picked = {}
    for field in ("hourly", "hourly_units"):
        table = content.get(field)
        if isinstance(table, dict):
            picked[field] = {kept[name]: v for name, v in table.items() if name in kept}
    return content | picked


def _members(content: dict[str, Any], source: OpenMeteoSource, place: Place) -> Members:
    answer = read_answer(content, source.where, place, (source.model, source.kept_as))
    return hourly_means(answer, place, attribution_of(source.model))


def _whole_days(came: Members, place: Place) -> pd.DataFrame:
    """Return the days (UTC) without a gap, each row of neighbouring days checked."""
    table = pd.DataFrame({name: values[0] for name, values in came.columns.items()}, came.steps)
    day = pd.DatetimeIndex(table.index).floor("D")
    is_whole = table.notna().all(axis=1).groupby(day).transform("all").to_numpy()
    piece = np.cumsum(np.diff(is_whole.astype(int), prepend=0) == 1)[is_whole]
    kept = table.loc[is_whole]
    origin = Origin(
        where=came.where, notes=list(came.notes), level="forecast", licence=came.licence
    )
    for _, rows in kept.groupby(piece):
        weather: Weather = origin.weather(rows, 1.0, place)
        try:
            check(weather)
        except InputError as error:
            raise SourceError("content", error.problems[0]) from error
    return kept
