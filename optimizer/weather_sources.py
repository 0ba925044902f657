"""One source of weather: fetch and keep, read, read again; each failure is one sentence."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import pandas as pd

from models.errors import InputError, SourceError
from models.files import reason
from models.weather.forecast import WeatherForecast
from models.weather.online.archive import Archive, Taking
from models.weather.online.payload_checks import against_last
from models.weather.online.provider import Payload, Provider, Request, Wanted
from models.weather.online.retry import RetryRules
from models.weather.online.take import Take, forecast_sha256, payloads_of
from models.weather.online.transport import Limits, Timing, Transport
from models.weather.schema import utc

_LOG = logging.getLogger(__name__)
HOUR = pd.Timedelta(hours=1)
CLOCKS_MAX_H = 1.0  # a model run that begins later than that from now has a wrong time


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A provider under the name it has in the site file.

    `identity` is what its takes are known by: settings and place, but no key.
    """

    name: str
    provider: Provider
    identity: Mapping[str, str]
    limits: Limits = field(default_factory=Limits)
    rules: RetryRules = field(default_factory=RetryRules)
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True, kw_only=True, slots=True)
class Got:
    """A forecast, and the folder of its raw payloads where they are stored."""

    forecast: WeatherForecast
    folder: Path | None = None


def fetched(
    source: Source, wanted: Wanted, further_h: float, archive: Archive, notes: list[str]
) -> Got:
    """Fetch, store, read and check a forecast.

    Parameters
    ----------
    further_h : float
        Asked for beyond the end wanted, so that this run can serve a later plan. [h]
    notes : list of str
        What to tell whether the forecast is taken or not is added to it.

    Raises
    ------
    SourceError
        Why this source gives no forecast now. What came is stored nevertheless.
    """
    transport = Transport(wanted.now_utc, source.limits, source.rules, source.timing)
    taking = Taking(archive, source.name)

    def get(request: Request) -> Payload:
        payload = transport.get(request)
        taking.add(payload)
        return payload

    farther = replace(wanted, end_utc=wanted.end_utc + further_h * HOUR)
    try:
        payloads = _told(lambda: source.provider.collect(farther, get), source.name)
        for payload in payloads[len(taking.payloads) :]:  # of files, which nobody fetched
            taking.add(payload)
        forecast = read(source, payloads, wanted)
        forecast, left_out = _against_last(source, forecast, archive, notes)
        taking.mark_good(forecast, wanted, source.identity, left_out)
    finally:
        notes += transport.notes
        notes += [] if taking.problem is None else [taking.problem]
    is_stored = taking.problem is None
    return Got(forecast=forecast, folder=taking.folder if is_stored else None)


def stored(source: Source, take: Take, wanted: Wanted) -> Got:
    """Read a stored take for the hours wanted now.

    Raises
    ------
    SourceError
        Its bytes are damaged, or it does not hold these hours.
    """
    return Got(forecast=replay(source, take, wanted), folder=take.folder)


def replay(source: Source, take: Take, wanted: Wanted | None = None) -> WeatherForecast:
    """Read a stored take again, for what was wanted when it came or for other hours.

    Raises
    ------
    SourceError
        Its bytes are damaged, it does not hold these hours, or, for the hours of its own time,
        the reader makes another forecast of it than it did then.
    """
    forecast = read(source, payloads_of(take), wanted or take.wanted)
    kept = tuple(m for m in forecast.members if m.where not in take.left_out)
    forecast = replace(forecast, members=kept)
    if wanted is None and forecast_sha256(forecast) != take.forecast_sha256:
        what = "the payload gives another forecast than it did: the reader has changed."
        raise SourceError("content", f"{take.folder.name}: {what}")
    return forecast


def read(source: Source, payloads: Sequence[Payload], wanted: Wanted) -> WeatherForecast:
    """Return the forecast in payloads if it is whole, of our time, and covers the hours wanted.

    Raises
    ------
    SourceError
        The first thing that is wrong.
    """
    forecast = _told(lambda: source.provider.read(payloads, wanted), source.name)
    begun = forecast.run.init_utc
    if begun > wanted.now_utc + CLOCKS_MAX_H * HOUR:
        raise SourceError("content", f"model run = {utc(begun)} is in the future.")
    if not forecast.covers(wanted.start_utc, wanted.end_utc):
        spans = f"{utc(forecast.first_utc)} to {utc(forecast.end_utc)}"
        asked = f"{utc(wanted.start_utc)} to {utc(wanted.end_utc)}"
        raise SourceError("coverage", f"it covers {spans}, the plan needs {asked}.")
    return forecast


T = TypeVar("T")


def _told(call: Callable[[], T], name: str) -> T:
    """Return what a provider returns; a fault of its program is no lost night, but is logged."""
    try:
        return call()
    except SourceError:
        raise
    except InputError as error:
        raise SourceError("content", error.problems[0]) from error
    except OSError as error:
        raise SourceError("unreachable", f"{reason(error)}.") from error
    except Exception as error:
        _LOG.exception("provider of %s", name)
        raise SourceError("content", f"its reader failed: {type(error).__name__}.") from error


def _against_last(
    source: Source, forecast: WeatherForecast, archive: Archive, notes: list[str]
) -> tuple[WeatherForecast, list[str]]:
    """Return the forecast without members that stand still, and their names.

    Raises
    ------
    SourceError
        The whole feed stands still, or a unit changed, against the last good run.
    """
    found = archive.takes(source.name, source.identity)
    notes += found.problems
    for take in found.takes:
        if take.init_utc >= forecast.run.init_utc:
            continue
        try:
            last = replay(source, take)
        except SourceError as error:
            notes.append(str(error))
            continue  # an older run serves as well
        moving = against_last(forecast, last)
        kept = {member.where for member in moving.members}
        return moving, [m.where for m in forecast.members if m.where not in kept]
    return forecast, []
