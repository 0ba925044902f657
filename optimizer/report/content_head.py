"""The head of the day's page: which plan this is, how good it is, and what it stands on."""

from collections.abc import Iterator
from typing import Any

from optimizer.intervention_files import lines as held_lines
from optimizer.legal_time import SITE_TIME_ZONE, legal
from optimizer.phrases import Phrase, joined, moment, number, phrase, recognised
from optimizer.report.source import Source
from optimizer.robustness import Robustness
from optimizer.state import State
from optimizer.state_sources import from_rows, grouped_lines
from optimizer.store import read_json
from optimizer.terminal_words import LEVELS

_MOMENT = "%Y-%m-%d %H:%MZ"
STATUS = {
    "optimal": phrase("optimal"),
    "softened": phrase("softened"),
    "feasible at limit": phrase("feasible, not proven optimal in the time there was"),
    "interrupted": phrase("interrupted: the best schedule until then"),
}
_RUNGS = {
    "fresh": phrase("fresh: the newest run of the forecast asked for"),
    "last_run": phrase("LAST GOOD RUN: the newest run of the forecast was not to be had"),
    "second": phrase("SECOND SOURCE: the first source was not to be had"),
    "climatology": phrase("CLIMATOLOGY: no forecast was to be had, only what is usual"),
    "synthetic": phrase(
        "SYNTHETIC: made up from climate statistics, as asked; not a forecast of these days"
    ),
    "given": phrase("given by the user, as a file or a series"),
}
_DEGRADED = ("last_run", "second", "climatology")


def head(source: Source) -> dict[str, Any]:
    """Return what stands at the top of the page."""
    manifest, horizon = source.manifest, source.horizon
    status = str(manifest.get("status"))
    return {
        "site": source.site.place.name,
        "run": source.run_id,
        "start": moment(horizon.start, _MOMENT),
        "end": moment(horizon.end, _MOMENT),
        "status": STATUS.get(status, status),
        "is_optimal": status == "optimal" and not manifest.get("is_diagnostic"),
        "gap": _gap(source),
        "cost": number(source.published.objective_mad),
        "banners": list(_banners(source)),
        "facts": list(_facts(source)),
    }


def _gap(source: Source) -> str:
    """Return how far from the optimum the plan may be."""
    gap_pu = source.figures.get("mip_gap_pu")
    if gap_pu is None:
        return phrase("gap unknown")
    return phrase("gap {gap}", {"gap": number(float(gap_pu), ".3%")})


def _banners(source: Source) -> Iterator[dict[str, Any]]:
    """Yield what a planner must not miss: each has a word in front and a sentence."""
    manifest = source.manifest
    weather = manifest.get("weather", {})
    if manifest.get("is_diagnostic"):
        text = phrase(
            "No schedule keeps every limit: this one falls short by the least. Do not run it."
        )
        yield {"word": phrase("DIAGNOSTIC"), "text": text}
    if manifest.get("kind") == "trial":
        text = phrase("Not for operations: neither the latest run nor booked.")
        yield {"word": phrase("TRIAL"), "text": text}
    if manifest.get("interrupted_by"):
        text = phrase("Stopped before its time: audited, but not as good as it might be.")
        yield {"word": phrase("INTERRUPTED"), "text": text}
    if weather.get("rung") in _DEGRADED:
        rung = {"rung": _RUNGS[weather["rung"]]}
        text = phrase("The weather is not fresh. {rung}.", rung)
        yield {"word": phrase("DEGRADED"), "text": text}
    elif weather.get("rung") == "synthetic" or weather.get("level") in ("synthetic", "tmy"):
        title, remark = LEVELS[str(weather["level"])]
        yield {"word": title, "text": phrase("The weather is {remark}", {"remark": remark})}
    for mark in source.figures.get("softened", []):
        yield {"word": "", "text": recognised(str(mark["sentence"]))}


def _facts(source: Source) -> Iterator[tuple[str, list[str]]]:
    """Yield what the plan stands on: a term, and lines that say it."""
    yield phrase("Weather"), list(_weather(source))
    yield phrase("Opening state"), _state(source)
    if held := held_lines(source.published.given.held):
        yield phrase("Outages and pins"), [recognised(line) for line in held]
    if budgets := source.figures.get("budgets"):
        yield phrase("Budgets"), [recognised(str(budgets))]
    if (source.folder / "changes.json").is_file():
        lines = read_json(source.folder / "changes.json").get("lines", [])
        yield phrase("What this plan changes"), [recognised(str(line)) for line in lines]
    if robust := source.figures.get("robustness"):
        yield phrase("Against the forecast's scenarios"), Robustness(**robust).sentences()
    yield phrase("Time"), [_time(source)]


def _weather(source: Source) -> Iterator[str]:
    """Yield the rung of the ladder the weather stands on, in words, and where it is from."""
    weather = source.manifest.get("weather", {})
    rung, level = str(weather.get("rung")), str(weather.get("level"))
    yield _RUNGS.get(rung, rung)
    title, remark = LEVELS.get(level, (level, ""))
    if level != rung and remark:
        yield joined(" ", [title, remark])
    names = {key: recognised(str(weather.get(key))) for key in ("source", "licence")}
    yield phrase("Source: {source}. Licence: {licence}.", names)
    which = str(weather.get("forecast"))
    if weather.get("model_run_utc"):
        yield phrase(
            "Run of {run}, fetched {fetched}, {age} h old; planned with its {which}.",
            {
                "run": str(weather["model_run_utc"]),
                "fetched": str(weather.get("fetched_utc")),
                "age": number(float(weather.get("age_h") or 0.0), ",.1f"),
                "which": phrase("mean") if which == "mean" else which,
            },
        )
    for line in (*weather.get("reasons", []), *weather.get("notes", [])):
        yield recognised(str(line))


def _state(source: Source) -> list[str]:
    """Return where the opening state comes from, value by value."""
    rows = source.figures.get("opening_sources", [])
    state = State(
        time_utc=source.horizon.start,
        rows=(),
        origin=str(source.figures.get("opening_state")),
        sources=from_rows(rows),
    )
    return [recognised(state.origin), *(recognised(line) for line in grouped_lines(state))]


def _time(source: Source) -> Phrase:
    """Say what the site's clock shows over the plan."""
    zone = legal(source.horizon.edges, SITE_TIME_ZONE)
    offsets = list(dict.fromkeys(zone.strftime("%z")))
    told = [f"UTC{offset[:3]}:{offset[3:]}" for offset in offsets]
    return phrase(
        "Hours are UTC. Legal time at the site ({zone}) is {offsets}; tables and charts show both.",
        {"zone": SITE_TIME_ZONE, "offsets": ", ".join(told)},
    )
