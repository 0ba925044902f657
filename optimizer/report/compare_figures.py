"""Key figures, costs and clauses of two runs, side by side."""

from collections.abc import Mapping
from typing import Any

from optimizer.audit import clause_rows
from optimizer.phrases import number, phrase
from optimizer.report.cells import MAD, cells
from optimizer.report.source import Source
from optimizer.terminal_words import FIGURES, REPORTED, clause_words, cost_words


def figures(a: Source, b: Source) -> list[dict[str, Any]]:
    """Return the key figures of the binding day, then of the whole plan, with differences."""
    tables = []
    for span, title in (
        ("binding", phrase("Key figures of the part that binds")),
        ("plan", phrase("Key figures of the whole plan")),
    ):
        was, now = (each.figures.get("kpis", {}).get(span, {}) for each in (a, b))
        hours = [number(float(each.get("hours_h", 0.0)), "g") for each in (was, now)]
        tables.append({"title": title, "hours": hours, "rows": _figure_rows(was, now)})
    return tables


def _figure_rows(was: Mapping[str, float], now: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return key figures side by side, in the units they are shown in."""
    rows = []
    for key, (words, unit, factor, digits) in (FIGURES | REPORTED).items():
        if key in was or key in now:
            shown = [None if key not in e else float(e[key]) * factor for e in (was, now)]
            rows.append({"name": words, "unit": unit} | cells(shown[0], shown[1], digits))
    return rows


def costs(a: Source, b: Source) -> list[dict[str, Any]]:
    """Return cost by part and kind side by side, what differs most first, then the sums."""
    was, now = (dict(each.figures.get("kpis", {}).get("cost_mad", {})) for each in (a, b))
    fixed = [each.pop("fixed_charge_mad", None) for each in (was, now)]
    names = sorted({*was, *now}, key=lambda n: (-abs(now.get(n, 0.0) - was.get(n, 0.0)), n))
    rows = [
        {"name": cost_words(name), "is_sum": False} | cells(was.get(name, 0.0), now.get(name, 0.0))
        for name in names
        if max(abs(was.get(name, 0.0)), abs(now.get(name, 0.0))) >= MAD
    ]
    totals = [each.figures.get("objective_mad") for each in (a, b)]
    rows.append({"name": phrase("together"), "is_sum": True} | cells(totals[0], totals[1]))
    if any(fixed):
        words = phrase("and subscribed power, due whatever is planned")
        rows.append({"name": words, "is_sum": False} | cells(fixed[0], fixed[1]))
    return rows


def clause_pairs(
    sources: tuple[Source, Source],
) -> list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]]:
    """Return how each clause stands in both runs, by article; None where it is not in force."""
    found = [{row["article"]: row for row in clause_rows(each.published)} for each in sources]
    articles = list(dict.fromkeys([*found[0], *found[1]]))
    return [(article, found[0].get(article), found[1].get(article)) for article in articles]


def clause_cells(
    article: str, was: Mapping[str, Any] | None, now: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return one clause in both runs."""
    costs = [None if each is None else float(each["cost_mad"]) for each in (was, now)]
    kind = str((was or now or {}).get("kind", ""))
    return {
        "article": article,
        "kind": clause_words(kind),
        "sides": [_clause_side(each) for each in (was, now)],
    } | cells(costs[0], costs[1])


def _clause_side(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return how a clause stands in one run."""
    if row is None:
        return {"is_kept": None, "words": phrase("not in force"), "sentence": ""}
    words = phrase("kept") if row["is_kept"] else phrase("not kept, paid")
    if not row["is_kept"] and row["is_hard"]:
        words = phrase("NOT KEPT")
    return {"is_kept": row["is_kept"], "words": words, "sentence": row["sentence"]}
