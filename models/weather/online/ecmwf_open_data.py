"""ECMWF open data: global GRIB fields, of which only those needed are fetched, byte by byte.

Keyless, free for commercial use too (CC BY 4.0). Each file of a step has an index, a line of JSON
for each field with its place in the file. A field is the whole globe, some 0.5 MB: three days of
the deterministic run are some 100 MB, and as much again for each ensemble member, so that members
are taken from 1 up to `members_max_count` only, with the deterministic run as the control (since
cycle 50r1 the ensemble's control is that run). Reading needs the extra `grib`.

Addresses, index and steps as documented by ECMWF for cycle 50r1 (2026); no live answer was at hand.
"""

import importlib
import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from models.errors import InputError, SourceError
from models.weather.forecast import ModelRun, WeatherForecast
from models.weather.online.ecmwf_fields import PARAMETERS, Field, hourly_members
from models.weather.online.ecmwf_index import Entry, Span, entries_of, spans_of
from models.weather.online.members import whole_members
from models.weather.online.payload_checks import require_weather
from models.weather.online.provider import Get, Payload, Request, Wanted
from models.weather.schema import Place, utc

NAME = "ecmwf-open-data"
HOST = "https://data.ecmwf.int/forecasts"
ATTRIBUTION = (
    "Contains modified data of ECMWF, open data under CC BY 4.0; ECMWF accepts no liability"
)
DECODER = "models.weather.online.grib_messages"
MODELS = ("ifs-oper", "ifs-enfo")
HOUR = pd.Timedelta(hours=1)
RUN_EVERY = pd.Timedelta(hours=6)
RUNS_TRIED = 5  # a run is out seven to nine hours after its begin; more is a day old
FINE_STEP_H, FINE_UNTIL_H, COARSE_STEP_H = 3, 144, 6
TEXT_TYPES = (
    "application/json",
    "text/plain",
    "application/octet-stream",
    "binary/octet-stream",
    "",
)
FIELD_TYPES = (
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-grib",
    "application/x-grib2",
    "",
)
FETCH_MAX_BYTES = 2_000_000_000  # all fields of a fetch are held in memory while they are read
GRIB_MAGIC = b"GRIB"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """One run of a model on a host."""

    base: str
    stream: str
    init_utc: pd.Timestamp

    def url(self, step_h: int, kind: str) -> str:
        """Return the address of a step's index or fields."""
        day, hour = self.init_utc.strftime("%Y%m%d"), self.init_utc.strftime("%H")
        ending = "fc" if self.stream == "oper" else "ef"
        name = f"{day}{hour}0000-{step_h}h-{self.stream}-{ending}.{kind}"
        return f"{self.base}/{day}/{hour}z/ifs/0p25/{self.stream}/{name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class EcmwfOpenData:
    """The deterministic run (ifs-oper), or members of the ensemble around it (ifs-enfo).

    Raises
    ------
    InputError
        The model is unknown, or the package that decodes GRIB is not installed.
    """

    model: str = "ifs-oper"
    url: str | None = None
    members_max_count: int = 10
    bytes_max: int = 20_000_000

    def __post_init__(self) -> None:
        """Refuse what can not be fetched or decoded."""
        problems = []
        if self.model not in MODELS:
            remedy = f"Use one of {', '.join(MODELS)}."
            problems.append(f"{NAME}: model = {self.model!r} is unknown. {remedy}")
        if importlib.util.find_spec("eccodes") is None:
            remedy = "Install the extra: pip install 'dakhla-optimizer[grib]'."
            problems.append(f"{NAME}: the package eccodes is missing. {remedy}")
        if problems:
            raise InputError(problems)

    def collect(self, wanted: Wanted, get: Get) -> tuple[Payload, ...]:
        """Fetch the newest run's index of each step, then the fields they name."""
        init, first = self._newest(wanted, get)
        steps = steps_h(init, wanted)
        payloads: list[Payload] = []
        spans: list[Span] = []
        for stream in self._streams:
            run = _Run(base=self._base, stream=stream, init_utc=init)
            for step_h in steps:
                url = run.url(step_h, "index")
                index = first if first.url == url else get(_index_request(url))
                payloads.append(index)
                entries = [one for one in entries_of(index, NAME) if self._is_wanted(one)]
                spans += spans_of(run.url(step_h, "grib2"), entries)
        total = sum(span.length for span in spans)
        if total > FETCH_MAX_BYTES:
            what = f"{NAME}: size of {len(spans)} parts = {total / 1e9:.1f} GB is too much"
            raise SourceError("content", f"{what}. Plan a shorter horizon, or take ifs-oper.")
        payloads += [get(self._span_request(span)) for span in spans]
        return tuple(payloads)

    def read(self, payloads: Sequence[Payload], wanted: Wanted) -> WeatherForecast:
        """Return the forecast of the fields in the payloads, by the hour.

        Raises
        ------
        SourceError
            A field is cut off, in other units, of another place or run, or missing.
        """
        bodies = [one for one in payloads if one.body[: len(GRIB_MAGIC)] == GRIB_MAGIC]
        if not bodies:
            what = f"{NAME} {self.model}: fields = none is no forecast"
            raise SourceError("content", f"{what}. Ask again later, or take another source.")
        fields = [field for one in bodies for field in decoded(one.body, wanted.place)]
        came = hourly_members(fields, f"{NAME} {self.model}", wanted.place, ATTRIBUTION)
        run = ModelRun(
            provider=NAME,
            model=self.model,
            init_utc=fields[0].init_utc,
            fetched_utc=payloads[-1].fetched_utc,
            attribution=ATTRIBUTION,
            payloads_sha256=tuple(payload.sha256 for payload in payloads),
        )
        forecast = WeatherForecast(run=run, members=whole_members(came, wanted))
        require_weather(forecast)
        return forecast

    @property
    def _base(self) -> str:
        return (self.url or HOST).rstrip("/")

    @property
    def _streams(self) -> tuple[str, ...]:
        return ("oper",) if self.model == "ifs-oper" else ("oper", "enfo")

    def _newest(self, wanted: Wanted, get: Get) -> tuple[pd.Timestamp, Payload]:
        """Return when the newest run began that has the last step, and that step's index.

        A run that is not out yet, or not so far, is a refused address.
        """
        newest = min(wanted.now_utc, wanted.start_utc).floor(RUN_EVERY)
        refused: SourceError | None = None
        for number in range(RUNS_TRIED):
            init = newest - number * RUN_EVERY
            run = _Run(base=self._base, stream=self._streams[-1], init_utc=init)
            try:
                return init, get(_index_request(run.url(steps_h(init, wanted)[-1], "index")))
            except SourceError as error:
                if error.fault != "refused":
                    raise
                refused = error
        what = f"{NAME}: run = {utc(newest)} and {RUNS_TRIED - 1} before it are not there"
        remedy = f"The last answer: {refused}"
        raise SourceError("coverage", f"{what} as far as needed. {remedy}") from refused

    def _is_wanted(self, entry: Entry) -> bool:
        is_known = entry.param in PARAMETERS and entry.kind in ("fc", "pf")
        return is_known and (entry.number or 0) <= self.members_max_count

    def _span_request(self, span: Span) -> Request:
        return Request(
            url=span.url,
            headers={
                "Range": f"bytes={span.begin}-{span.begin + span.length - 1}",
                "Accept-Encoding": "identity",  # bytes are counted in the file, not in a gzip
            },
            content_types=FIELD_TYPES,
            bytes_max=max(self.bytes_max, span.length),
        )


def steps_h(init_utc: pd.Timestamp, wanted: Wanted) -> list[int]:
    """Return the steps around the hours wanted, counted from the run's begin [h].

    Every 3 h to 144 h, every 6 h beyond.
    """
    first = math.floor((wanted.start_utc - init_utc) / HOUR)
    last = math.ceil((wanted.end_utc - init_utc) / HOUR)
    steps = [*range(0, FINE_UNTIL_H, FINE_STEP_H), *range(FINE_UNTIL_H, 367, COARSE_STEP_H)]
    begin = max((step for step in steps if step <= first), default=0)
    end = min((step for step in steps if step >= last), default=steps[-1])
    return [step for step in steps if begin <= step <= end]


def decoded(body: bytes, place: Place) -> list[Field]:
    """Return the fields of GRIB messages at a place; the decoder is loaded now, not at start."""
    decoder: Any = importlib.import_module(DECODER)
    fields: list[Field] = decoder.fields_at(body, place)
    return fields


def _index_request(url: str) -> Request:
    return Request(url=url, content_types=TEXT_TYPES)
