"""Accounting windows: clock hours, days, ISO weeks, months and years on the clock of a zone."""

import datetime
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from optimizer.legal_time import legal, zone
from optimizer.phrases import Phrase, phrase

WindowName = Literal["hour", "day", "week", "month", "year", "horizon"]
_PERIODS = {"hour": "h", "day": "D", "week": "W-SUN", "month": "M", "year": "Y"}
_HOUR = pd.Timedelta(hours=1)
FIRST_DAY, LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2199, 12, 31)  # of any window


@dataclass(frozen=True, slots=True)
class Window:
    """One window: its name in ledgers, and when it begins and ends in UTC."""

    key: str
    begin: pd.Timestamp
    end: pd.Timestamp

    @property
    def length_h(self) -> float:
        """Hours from beginning to end."""
        return float((self.end - self.begin) / _HOUR)


def key_of(begin: datetime.datetime, length: str) -> str:
    """Return the name of the window that begins then: 2026, 2026-03, 2026-03-02; hours in UTC."""
    form = {"hour": "%Y-%m-%dT%HZ", "month": "%Y-%m", "year": "%Y"}.get(length, "%Y-%m-%d")
    return begin.strftime(form)


def window_words(length: str, key: str) -> Phrase:
    """Return a window as a sentence says it."""
    values = {"key": key}
    return {
        "horizon": phrase("the plan"),
        "hour": phrase("the hour {key}", values),
        "day": phrase("the day {key}", values),
        "week": phrase("the week {key}", values),
        "month": phrase("the month {key}", values),
        "year": phrase("the year {key}", values),
    }[length]


def steps_by_window(
    index: pd.DatetimeIndex, length: WindowName, time_zone: str
) -> dict[int, np.ndarray]:
    """Return the steps that begin in each window, by the number of the window."""
    if length == "horizon":
        return {0: np.arange(len(index))}
    if length == "hour":  # clock hours of any zone with whole offsets are UTC's
        numbers = pd.DatetimeIndex(index).as_unit("s").asi8 // 3600
    else:
        local = legal(index, time_zone).tz_localize(None)
        numbers = local.to_period(_PERIODS[length]).asi8
    return {int(n): np.flatnonzero(numbers == n) for n in np.unique(numbers)}


def window_of(moment: pd.Timestamp, length: WindowName, time_zone: str) -> Window:
    """Return the window a moment lies in; not for the horizon, which only a plan has."""
    if length == "hour":
        begin = moment.floor("h")
        return Window(key_of(begin, length), begin, begin + _HOUR)
    local = moment.tz_convert(zone(time_zone)).tz_localize(None)
    period = local.to_period(_PERIODS[length])
    first, after = period.start_time, (period + 1).start_time
    begin, end = (_midnight(each, time_zone) for each in (first, after))
    return Window(key_of(first, length), begin, end)


def _midnight(day: pd.Timestamp, time_zone: str) -> pd.Timestamp:
    """Return the moment a local day begins; an hour later where the clock skips midnight."""
    local = day.tz_localize(zone(time_zone), ambiguous=True, nonexistent="shift_forward")
    return local.tz_convert("UTC")


@lru_cache(maxsize=50_000)  # each clause asks again for the same moments
def bounds_at(
    moment: pd.Timestamp, length: str, time_zone: str
) -> tuple[str, pd.Timestamp, pd.Timestamp]:
    """Return key, beginning and end of a moment's window by the calendar: the audit's own way."""
    clock = zone(time_zone)
    local = moment.tz_convert(clock).to_pydatetime()
    midnight = datetime.datetime.combine(local.date(), datetime.time())
    if length == "hour":
        begin = moment.to_pydatetime().replace(minute=0, second=0, microsecond=0)
        end = begin + datetime.timedelta(hours=1)
        return key_of(begin, length), pd.Timestamp(begin), pd.Timestamp(end)
    if length == "year":
        first, after = midnight.replace(month=1, day=1), midnight.replace(month=1, day=1)
        after = after.replace(year=first.year + 1)
    elif length == "month":
        first = midnight.replace(day=1)
        after = (first + datetime.timedelta(days=32)).replace(day=1)
    else:
        days = midnight.weekday() if length == "week" else 0
        first = midnight - datetime.timedelta(days=days)
        after = first + datetime.timedelta(days=7 if length == "week" else 1)
    ends = [pd.Timestamp(each.replace(tzinfo=clock)).tz_convert("UTC") for each in (first, after)]
    return key_of(first, length), ends[0], ends[1]
