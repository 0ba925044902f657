"""A folder of weather files that others fill: the newest run in it that covers the hours wanted.

When a run began is told by the file's name (2026112200, 20261122T00Z, 2026-11-22T00), else by a
file beside it (NAME.run.json with init_utc), else, and the source says so, by its first time. The
time of the file itself is never asked: copying makes old weather new.
"""

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from models.errors import InputError, SourceError
from models.weather.forecast import ModelRun, WeatherForecast
from models.weather.online.payload_checks import require_weather
from models.weather.online.provider import Get, Payload, Wanted
from models.weather.reading import DEFAULTS, FILE_MAX_BYTES, ReadOptions
from models.weather.schema import Weather, utc
from models.weather.sources import read

NAME = "folder"
BESIDE = ".run.json"
RUN_IN_NAME = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)[T_-]?(\d\d)(?::?00){0,2}Z?(?!\d)")
SUFFIXES = (".csv", ".json", ".epw", ".parquet")
RUNS_MAX = 8  # four a day: two days of runs that end too early
BY_NAME, BY_FILE_BESIDE, BY_FIRST_TIME = (
    "run begin from the file's name",
    f"run begin from the file *{BESIDE}",
    "run begin taken as the first time in the file: nothing else says it",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """Weather files in any format that `sources.read` knows, one run each."""

    path: Path
    options: ReadOptions = DEFAULTS

    def collect(self, wanted: Wanted, get: Get) -> tuple[Payload, ...]:
        """Take the newest runs down to the first that covers the hours; nothing is fetched.

        One that is no weather is refused, not passed over: an older run would hide it.

        Raises
        ------
        SourceError
            No such folder, nothing in it, or a file that is no weather.
        """
        del get  # the folder is here
        payloads = [_payload(file, wanted) for file in self._files()]
        told = [one for one in payloads if "init_utc" in one.params]
        untold = [one for one in payloads if one not in told]
        begun = [(pd.Timestamp(one.params["init_utc"]), one) for one in told]
        begun += [(self._forecast(one, wanted).run.init_utc, one) for one in untold]
        begun.sort(key=lambda one: (one[0], one[1].url), reverse=True)
        taken: list[Payload] = []
        for _, payload in begun[:RUNS_MAX]:
            taken.append(payload)
            if self._forecast(payload, wanted).covers(wanted.start_utc, wanted.end_utc):
                break
        if not taken:
            what = f"{NAME}: files = none is nothing to read in {self.path.name}"
            raise SourceError("coverage", f"{what}. See why none come.")
        return tuple(taken)

    def read(self, payloads: Sequence[Payload], wanted: Wanted) -> WeatherForecast:
        """Return the weather of the newest run that covers the hours wanted.

        Raises
        ------
        SourceError
            A file is no weather that can be true, or none covers the hours wanted.
        """
        forecasts = [self._forecast(payload, wanted) for payload in payloads]
        covering = [f for f in forecasts if f.covers(wanted.start_utc, wanted.end_utc)]
        if not covering:
            newest, hours = forecasts[0], f"{utc(wanted.start_utc)} to {utc(wanted.end_utc)}"
            spans = f"{utc(newest.first_utc)} to {utc(newest.end_utc)}"
            what = f"{NAME}: hours of {newest.members[0].where} = {spans} is not all of {hours}"
            raise SourceError("coverage", f"{what}. See why no newer file comes.")
        require_weather(covering[0])
        return covering[0]

    def _files(self) -> list[Path]:
        if not self.path.is_dir():
            what = f"{NAME}: {self.path.name} = no folder is nothing to read"
            raise SourceError("unreachable", f"{what}. Create it, or correct the path.")
        return [
            file
            for file in sorted(self.path.iterdir())
            if file.is_file()
            and file.suffix.lower() in SUFFIXES
            and not file.name.startswith(".")
            and not file.name.endswith(BESIDE)
        ]

    def _forecast(self, payload: Payload, wanted: Wanted) -> WeatherForecast:
        weather = _weather(payload, wanted, self.options)
        said = payload.params.get("init_utc")
        init = pd.Timestamp(said) if said else pd.Timestamp(weather.table.index[0])
        run = ModelRun(
            provider=NAME,
            model=self.path.name,
            init_utc=init,
            fetched_utc=payload.fetched_utc,
            attribution=weather.licence,
            payloads_sha256=(payload.sha256,),
        )
        return WeatherForecast(run=run, members=(weather,))


def _payload(file: Path, wanted: Wanted) -> Payload:
    """Return a file's content, with the begin of its run where name or neighbour say it."""
    if file.stat().st_size > FILE_MAX_BYTES:
        limit = f"{FILE_MAX_BYTES / 1e6:.0f} MB"
        what = f"{NAME}: size of {file.name} = {file.stat().st_size} B is above {limit}"
        raise SourceError("content", f"{what}. Bring smaller files.")
    init, told_by = _run_begin(file)
    params = {"told_by": told_by} | ({"init_utc": init.isoformat()} if init else {})
    body = file.read_bytes()
    return Payload(url=f"file:{file.name}", params=params, body=body, fetched_utc=wanted.now_utc)


def _run_begin(file: Path) -> tuple[pd.Timestamp | None, str]:
    """Return when the run of a file began, and what says so."""
    match = RUN_IN_NAME.search(file.name)
    if match:
        year, month, day, hour = (int(part) for part in match.groups())
        try:
            return pd.Timestamp(year=year, month=month, day=day, hour=hour, tz="UTC"), BY_NAME
        except ValueError:
            pass  # digits that are no date: an order number, say
    beside = file.with_name(file.name + BESIDE)
    if not beside.is_file():
        return None, BY_FIRST_TIME
    try:
        init = pd.Timestamp(json.loads(beside.read_text(encoding="utf-8"))["init_utc"])
    except (ValueError, KeyError, TypeError) as error:
        what = f"{NAME}: {beside.name} = {error!r} is no JSON with init_utc"
        raise SourceError("content", f'{what}. Write {{"init_utc": "2026-11-22T00:00Z"}}.') from (
            error
        )
    if pd.isna(init) or init.tzinfo is None:
        what = f"{NAME}: init_utc in {beside.name} = {init} is without a time zone"
        raise SourceError("content", f"{what}. Write it in UTC with a Z.")
    return init.tz_convert("UTC"), BY_FILE_BESIDE


def _weather(payload: Payload, wanted: Wanted, options: ReadOptions) -> Weather:
    """Return the checked weather in a file's content, under its own name.

    The readers take paths, and an archived payload must be readable after the folder is gone.
    """
    name = Path(payload.url.removeprefix("file:")).name
    with tempfile.TemporaryDirectory(prefix="dakhla-weather-") as folder:
        copy = Path(folder, name)
        copy.write_bytes(payload.body)
        try:
            weather = read(copy, wanted.place, options)
        except InputError as error:
            raise SourceError("content", f"{NAME}: {error.problems[0]}") from error
    source = f"{weather.source}; {payload.params.get('told_by', BY_FIRST_TIME)}"
    return replace(weather, source=source, level="forecast")
