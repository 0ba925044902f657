"""Where tonight's weather comes from: the best rung that holds, and why not a better one."""

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from models.errors import InputError, SourceError
from models.weather.climate import LICENCE, generate
from models.weather.climate_table import bundled_climate
from models.weather.forecast import ModelRun, WeatherForecast
from models.weather.online.archive import Archive
from models.weather.online.provider import Wanted
from models.weather.online.transport import ClockError
from models.weather.reading import require_same_place
from models.weather.schema import utc
from optimizer.errors import WeatherError
from optimizer.phrases import joined, number, phrase, recognised, template
from optimizer.weather_sources import Got, Source, fetched, stored

Rung = Literal["fresh", "last_run", "second", "climatology", "given", "synthetic"]
_NO = {  # rung -> how it is said that it does not hold
    "fresh": template("fresh: {why}"),
    "last_run": template("last_run: {why}"),
    "second": template("second: {why}"),
    "climatology": template("climatology: {why}"),
}
WHOLE_RUNGS = ("fresh", "given", "synthetic")  # the others leave with exit code 3
CLIMATOLOGY = "climatology"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """The sources in their order, and how old a model run may be.

    Attributes
    ----------
    first, second : Source
        The second is asked where the first and its last run fail.
    late_max_h, age_max_h : float
        Age of a model run up to which it is fresh, and up to which it is taken at all. [h]
    climatology_members_count, climate_seed : int
        Years drawn from the bundled climate, and from which seed on.
    is_strict : bool
        Nothing below fresh is taken.
    reuse_h : float
        A take fetched within this time is not fetched again. [h]
    """

    first: Source
    second: Source | None = None
    late_max_h: float
    age_max_h: float
    climatology_members_count: int
    climate_seed: int
    is_strict: bool = False
    reuse_h: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Laddered:
    """The forecast, the rung it stands on, and one sentence for each rung above it.

    `notes` are things to tell though the forecast was taken; `take` names the folder of the raw
    payloads, ``<source>/<take>``, where they are stored.
    """

    rung: Rung
    forecast: WeatherForecast
    reasons: tuple[str, ...]
    source_name: str
    notes: tuple[str, ...] = ()
    take: str | None = None

    @property
    def is_degraded(self) -> bool:
        """Whether a plan of it leaves with exit code 3."""
        return self.rung not in WHOLE_RUNGS


@dataclass(frozen=True, slots=True)
class _Climb:
    """One climb: what is wanted, and what was learned on the way down."""

    ladder: Ladder
    wanted: Wanted
    archive: Archive
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def ends(self, rung: Rung, source: Source, got: Got) -> Laddered:
        """Return the result."""
        return Laddered(
            rung=rung,
            forecast=got.forecast,
            reasons=tuple(self.reasons),
            source_name=source.name,
            notes=tuple(dict.fromkeys(self.notes)),
            take=None if got.folder is None else f"{got.folder.parent.name}/{got.folder.name}",
        )

    def no(self, rung: Rung, why: str) -> None:
        """Note why a rung does not hold."""
        self.reasons.append(phrase(_NO[rung], {"why": why}))


def climb(ladder: Ladder, wanted: Wanted, archive: Archive) -> Laddered:
    """Return the best weather there is for the hours wanted.

    Fresh, then the last good run, then the second source, then the bundled climate's many years.
    The time it takes is bounded by the deadlines of the sources asked.

    Raises
    ------
    WeatherError
        No rung holds, or a clock is wrong, or under `is_strict` the first does not hold; the
        message has a sentence for every rung.
    """
    way = _Climb(ladder, wanted, archive)
    got = None
    try:
        got = _fresh(way)
    except ClockError as error:
        return _in_doubt(way, error)
    if got is not None:
        return way.ends("fresh", ladder.first, got)
    if ladder.is_strict:
        way.reasons.append(phrase("last_run, second, climatology: not taken under --strict."))
        raise _nothing(way)
    why: list[str] = []
    if (got := _last_run(way, ladder.first, why)) is not None:
        return way.ends("last_run", ladder.first, got)
    way.no("last_run", joined(" ", why))
    if ladder.second is None:
        way.no("second", phrase("no second source is named ([weather] second)."))
    elif (got := _second(way, ladder.second)) is not None:
        return way.ends("second", ladder.second, got)
    if (climate := _climatology(way)) is not None:
        return climate
    raise _nothing(way)


def _in_doubt(way: _Climb, error: ClockError) -> Laddered:
    """Go on only if the second source's clock is ours: then the first one's is wrong."""
    way.no("fresh", str(error))
    second = way.ladder.second
    if second is not None and not way.ladder.is_strict:
        way.no("last_run", phrase("its age can't be told by a clock in doubt."))
        if (got := _second(way, second, is_stored_taken=False)) is not None:
            return way.ends("second", second, got)
    way.reasons.append(phrase("No plan is made by a clock in doubt."))
    raise _nothing(way)


def _nothing(way: _Climb) -> WeatherError:
    """Return the error that names every rung."""
    told = "\n".join(f"  {line}" for line in (*way.reasons, *way.notes))
    return WeatherError(f"weather: no rung of the ladder holds.\n{told}")


def _fresh(way: _Climb) -> Got | None:
    """Return a forecast of a model run that is not late."""
    ladder = way.ladder
    try:
        got = _recent(way) or _fetched(way, ladder.first)
    except ClockError:
        raise
    except SourceError as error:
        way.no("fresh", _failed(ladder.first, error))
        return None
    age_h = got.forecast.age_h(way.wanted.now_utc)
    if age_h <= ladder.late_max_h:
        return got
    way.no(
        "fresh",
        phrase(
            "{source}: model run {moment} is {hours} h old, more than late_max_h = {most}.",
            _aged(ladder.first, got.forecast.run.init_utc, age_h, ladder.late_max_h),
        ),
    )
    return None


def _failed(source: Source, error: SourceError) -> str:
    """Say that a source failed, in the words of what failed."""
    return phrase("{source}: {error}", {"source": source.name, "error": recognised(str(error))})


def _aged(source: Source, init_utc: pd.Timestamp, age_h: float, most_h: float) -> dict[str, str]:
    """Return what is said of a run that is too old."""
    return {
        "source": source.name,
        "moment": utc(init_utc),
        "hours": number(age_h, ".1f"),
        "most": number(most_h, "g"),
    }


def _fetched(way: _Climb, source: Source) -> Got:
    """Fetch, far enough that this run can still serve when it is as old as may be."""
    return fetched(source, way.wanted, way.ladder.age_max_h, way.archive, way.notes)


def _recent(way: _Climb) -> Got | None:
    """Return what was fetched a short while ago, if that may be taken again."""
    source, wanted = way.ladder.first, way.wanted
    reuse = pd.Timedelta(hours=way.ladder.reuse_h)
    if not reuse:
        return None
    for take in way.archive.takes(source.name, source.identity).takes:
        since = wanted.now_utc - take.fetched_utc
        if pd.Timedelta(0) <= since <= reuse:
            try:
                return stored(source, take, wanted)
            except SourceError as error:
                way.notes.append(str(error))
    return None


def _last_run(way: _Climb, source: Source, why: list[str]) -> Got | None:
    """Return the newest stored model run that is young enough and covers the hours wanted.

    Why one does not is added to `why`.
    """
    found = way.archive.takes(source.name, source.identity)
    way.notes.extend(found.problems)
    if not found.takes:
        why.append(phrase("{source}: no good run is stored.", {"source": source.name}))
    for take in found.takes:
        age_h = take.age_h(way.wanted.now_utc)
        aged = _aged(source, take.init_utc, age_h, way.ladder.age_max_h)
        if age_h > way.ladder.age_max_h:
            why.append(
                phrase(
                    "{source}: run {moment} is {hours} h old, more than age_max_h = {most}.", aged
                )
            )
            break  # all others are older
        try:
            return stored(source, take, way.wanted)
        except SourceError as error:
            values = aged | {"error": recognised(str(error))}
            why.append(phrase("{source}: run {moment}: {error}", values))
    return None


def _second(way: _Climb, source: Source, *, is_stored_taken: bool = True) -> Got | None:
    """Return the second source's forecast, fetched now or stored."""
    why: list[str] = []
    try:
        now = _fetched(way, source)
        age_h = now.forecast.age_h(way.wanted.now_utc)
        if age_h <= way.ladder.age_max_h:
            return now
        why.append(
            phrase(
                "{source}: model run {moment} is {hours} h old, more than age_max_h = {most}.",
                _aged(source, now.forecast.run.init_utc, age_h, way.ladder.age_max_h),
            )
        )
    except SourceError as error:
        why.append(_failed(source, error))
    got = _last_run(way, source, why) if is_stored_taken else None
    if got is None:
        way.no("second", joined(" ", why))
    return got


def _climatology(way: _Climb) -> Laddered | None:
    """Return many years of the bundled climate, where the site is."""
    climate, wanted = bundled_climate().site, way.wanted
    try:
        require_same_place(climate.latitude_deg, climate.longitude_deg, wanted.place, "the climate")
    except InputError as error:
        way.no("climatology", error.problems[0])
        return None
    first = way.ladder.climate_seed + 1  # the seed itself is the weather of a plan by the climate
    start, end = wanted.start_utc.floor("h"), wanted.end_utc.ceil("h")
    members = tuple(
        generate(start_utc=start, end_utc=end, seed=seed)
        for seed in range(first, first + way.ladder.climatology_members_count)
    )
    run = ModelRun(
        provider="bundled climate",
        model=CLIMATOLOGY,
        init_utc=wanted.now_utc,
        fetched_utc=wanted.now_utc,
        attribution=LICENCE,
    )
    return Laddered(
        rung="climatology",
        forecast=WeatherForecast(run=run, members=members),
        reasons=tuple(way.reasons),
        source_name=CLIMATOLOGY,
        notes=tuple(dict.fromkeys(way.notes)),
    )
