"""Two runs side by side: what they were made of, what they cost, and what moved between them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from optimizer.phrases import joined, moment, number, phrase, recognised
from optimizer.provenance import degraded_lines
from optimizer.report.cells import MAD, mad, rung
from optimizer.report.compare_figures import clause_cells, clause_pairs, costs, figures
from optimizer.report.compare_steps import Common, charts, common, unchanged
from optimizer.report.rendering import rendered
from optimizer.report.source import Source, source_of
from optimizer.run_diff import COLUMNS_SHOWN, Change, Moved, RunDiff, moved, run_diff
from optimizer.run_folder import weather_rung
from optimizer.run_view import told
from optimizer.store import write_text

MADE_OF = {
    "versions": phrase("Versions"),
    "weather": phrase("Weather"),
    "settings": phrase("Settings"),
    "inputs": phrase("Inputs"),
}


def write_compare(a: Path, b: Path, target: Path | None = None, language: str = "en") -> Path:
    """Write the page that puts two runs side by side; return where it is.

    Parameters
    ----------
    a, b : path
        Run folders.
    target : path, optional
        The file; else ``compare-<A>-<B>.html`` beside run A.
    language : str
        The first to be shown.

    Raises
    ------
    InputError
        One of them is no whole run folder.
    """
    path = a.absolute().parent / f"compare-{a.name}-{b.name}.html" if target is None else target
    names = {"a": a.name, "b": b.name}
    title = phrase("Run {a} beside run {b}", names)
    content = compared(source_of(a, None), source_of(b, None))
    page = rendered("compare.html.j2", content | {"heading": title}, title=title, language=language)
    write_text(path, page)
    return path


def compare_json(a: Path, b: Path) -> dict[str, Any]:
    """Return two runs side by side as JSON can hold them: what differs, and how clauses stand.

    Raises
    ------
    InputError
        One of them is no whole run folder.
    """
    diff = run_diff(a, b)
    sources = source_of(a, None), source_of(b, None)
    shared = common(sources[0].table, sources[1].table)
    return (
        {"status": "compared", "exit_code": 0}
        | diff.to_json()
        | {
            "clauses": [
                {"article": article, "before": was, "after": now}
                for article, was, now in clause_pairs(sources)
            ],
            "same_site": sources[0].site.place == sources[1].site.place,
            "compared_h": 0.0 if shared is None else float(shared.horizon.end_h[-1]),
            "is_hourly": shared is not None and shared.is_hourly,
            "moved": [] if shared is None else [_moved_json(row) for row in moved(*shared.tables)],
        }
    )


def _moved_json(row: Moved) -> dict[str, Any]:
    """Return a column that moved."""
    return {name: getattr(row, name) for name in ("column", "amount", "largest", "at_utc")}


def compared(a: Source, b: Source) -> dict[str, Any]:
    """Return what the page of two runs shows."""
    diff = run_diff(a.folder, b.folder)
    shared = common(a.table, b.table)
    rows = [] if shared is None else moved(*shared.tables)
    return {
        "heads": _heads(a, b),
        "notices": [*_notices(a, b, shared), *_degraded(a, b)],
        "verdict": _verdict(a, b),
        "figures": figures(a, b),
        "costs": costs(a, b),
        "clauses": [clause_cells(*pair) for pair in clause_pairs((a, b))],
        "made_of": _made_of(diff),
        "moved": [_moved_cells(row) for row in rows[:COLUMNS_SHOWN]],
        "moved_more": max(len(rows) - COLUMNS_SHOWN, 0),
        "unchanged": [] if shared is None else unchanged(a, b, shared),
        "has_common": shared is not None,
        "charts": charts(a, b, shared),
    }


def _heads(a: Source, b: Source) -> list[dict[str, Any]]:
    """Return what each run is, a row for each fact."""
    sides = [_head(each) for each in (a, b)]
    return [
        {
            "name": name,
            "a": sides[0][name],
            "b": sides[1][name],
            "is_same": sides[0][name] == sides[1][name],
        }
        for name in sides[0]
    ]


def _head(source: Source) -> dict[str, str]:
    """Return what one run is."""
    manifest, horizon = source.manifest, source.horizon
    weather = manifest.get("weather", {})
    form = "%Y-%m-%d %H:%MZ"
    return {
        phrase("run"): source.run_id,
        phrase("site"): source.site.place.name,
        phrase("covers"): phrase(
            "{start} to {end}",
            {"start": moment(horizon.start, form), "end": moment(horizon.end, form)},
        ),
        phrase("status"): recognised(str(manifest.get("status"))),
        phrase("weather"): joined(
            ", ", [rung(weather_rung(manifest)), recognised(str(weather.get("source", "")))]
        ),
        phrase("opening state"): recognised(str(manifest.get("opening_state"))),
        phrase("program"): str(manifest.get("program")),
        phrase("cost of the whole plan"): mad(source.figures.get("objective_mad")),
    }


def _notices(a: Source, b: Source, shared: Common | None) -> list[str]:
    """Return what must be known before the two are compared."""
    found: list[str] = []
    if a.site.place != b.site.place:
        sites = {"a": a.site.place.name, "b": b.site.place.name}
        found.append(phrase("The runs are of different sites: A of {a}, B of {b}.", sites))
    is_same_time = _is_same_time(a, b)
    if not is_same_time:
        found.append(
            phrase(
                "The runs cover different times: their costs and key figures are each of its own "
                "time."
            )
        )
    if shared is None:
        return [*found, phrase("No step is in both: only key figures, costs and clauses compare.")]
    if shared.is_hourly:
        found.append(
            phrase(
                "Their steps differ: schedules are compared by the {hours} whole hours that both "
                "cover.",
                {"hours": number(len(shared.horizon.steps))},
            )
        )
    elif not is_same_time:
        hours = number(float(shared.horizon.end_h[-1]))
        found.append(
            phrase("Schedules are compared on the {hours} h that both cover.", {"hours": hours})
        )
    return found


def _degraded(a: Source, b: Source) -> list[str]:
    """Return which run stands on weather that is not fresh."""
    return [
        joined(": ", [name, recognised(text)])
        for name, each in (("A", a), ("B", b))
        for text in degraded_lines(each.manifest.get("weather"))
    ]


def _verdict(a: Source, b: Source) -> str:
    """Return in a sentence which run costs less, where that can be said."""
    costs = [each.figures.get("objective_mad") for each in (a, b)]
    if not all(isinstance(cost, int | float) for cost in costs):
        return phrase("One of them has no cost to compare.")
    apart = float(costs[1] or 0.0) - float(costs[0] or 0.0)
    values = {"mad": number(abs(apart))}
    if abs(apart) < MAD:
        return phrase("Both cost the same.")
    if not _is_same_time(a, b):
        if apart > 0:
            return phrase("B costs {mad} MAD more than A, each over its own time.", values)
        return phrase("B costs {mad} MAD less than A, each over its own time.", values)
    if apart > 0:
        return phrase("B costs {mad} MAD more than A.", values)
    return phrase("B costs {mad} MAD less than A.", values)


def _is_same_time(a: Source, b: Source) -> bool:
    """Return whether two runs cover the same time."""
    return (a.horizon.start, a.horizon.end) == (b.horizon.start, b.horizon.end)


def _made_of(diff: RunDiff) -> list[dict[str, Any]]:
    """Return what the runs were made of, as far as that differs, by section."""
    return [
        {"title": title, "rows": _change_rows(diff.changes[name])}
        for name, title in MADE_OF.items()
        if diff.changes.get(name)
    ]


def _change_rows(changes: Iterable[Change]) -> list[dict[str, str]]:
    """Return values that are not the same."""
    return [
        {"name": change.name, "a": _value(change.before), "b": _value(change.after)}
        for change in changes
    ]


def _value(value: object) -> str:
    """Return a value as a table shows it; what one run lacks is said."""
    if isinstance(value, str):
        return recognised(value)
    return phrase("nothing") if value is None else told(value)


def _moved_cells(row: Moved) -> dict[str, Any]:
    """Return a column of the schedule that moved."""
    is_power = row.column.endswith("_mw")
    return {
        "column": row.column,
        "amount": number(row.amount, ",.1f") if is_power else "",
        "largest": number(row.largest, "+,.4g"),
        "at": row.at_utc,
    }
