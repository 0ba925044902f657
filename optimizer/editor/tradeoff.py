"""What a clause's number costs: the same day planned again for each of several numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.errors import InputError
from optimizer.asked import Asked
from optimizer.asking import asking
from optimizer.clash import find_clash
from optimizer.config import Agreement, check_together
from optimizer.editor.clause_fields import clause_of, main_field, own_fields, with_value
from optimizer.editor.cost import under
from optimizer.editor.weeks import is_feasible
from optimizer.elastic import Elastic
from optimizer.errors import Infeasible
from optimizer.plan import Plan, solve_problem
from optimizer.prepare import Prepared, prepare
from optimizer.site import Problem, build_model
from optimizer.store import write_text

COUNT_MAX = 200  # a point takes seconds
FIGURES = ("import_mwh", "genset_mwh", "renewable_share_pu", "curtailment_pu", "shed_mwh")


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Which number of which article is tried, and where."""

    article: str
    low: float
    high: float
    count: int
    field: str | None = None  # the clause's main parameter if None

    def values(self) -> list[float]:
        """Return the numbers to try, evenly spread, both ends among them."""
        return [float(v) for v in np.linspace(self.low, self.high, self.count)]


def tradeoff(asked: Asked, span: Span) -> pd.DataFrame:
    """Return cost and emission of a day against one number of one clause.

    Parameters
    ----------
    asked : Asked
        The day, as for a plan; nothing is published.
    span : Span
        Article, numbers and, if not the main one, the parameter.

    Returns
    -------
    DataFrame, one row a number
        The parameter by its name, ``status`` (``optimal``, ``feasible at limit`` or
        ``infeasible``), ``cost_mad``, ``emission_kg``, ``bought`` of this clause and ``paid_mad``
        for it, key figures, and ``clash``: why there is no schedule. An infeasible point is a row
        without figures, never left out. ``attrs`` has ``article``, ``kind`` and ``field``.

    Raises
    ------
    InputError
        The article or the parameter is not there, or can't have one of these numbers.
    """
    ready = prepare(asked)
    clause = clause_of(ready.agreement, span.article)
    field = span.field or main_field(type(clause))
    if problems := _problems(span, field, list(own_fields(type(clause)))):
        raise InputError(problems)
    drafts = _drafts(ready, span, field)
    problem = build_model(ready.site, ready.agreement, ready.given, ready.provenance)
    rows = [
        {field: getattr(clause_of(draft, span.article), field)}
        | _point(under(problem, draft), span.article)
        for draft in drafts
    ]
    found = pd.DataFrame(rows)
    found.attrs |= {"article": span.article, "kind": clause.kind, "field": field}
    return found


def _drafts(ready: Prepared, span: Span, field: str) -> list[Agreement]:
    """Return the agreement with each of the numbers, or refuse those it can't have."""
    kind = type(clause_of(ready.agreement, span.article))
    is_whole = kind.model_fields[field].annotation is int
    values = dict.fromkeys(round(v) if is_whole else v for v in span.values())
    drafts = [with_value(ready.agreement, span.article, field, v) for v in values]
    for draft in drafts:
        check_together(ready.site, draft)
    return drafts


def write_curve(curve: pd.DataFrame, path: Path) -> Path:
    """Write a curve as CSV, an empty cell where there is no figure; replaced at once."""
    write_text(path, curve.to_csv(index=False, lineterminator="\n"))
    return path


def _problems(span: Span, field: str, known: Sequence[str]) -> list[str]:
    """Return what is wrong with the numbers asked for."""
    problems = []
    if field not in known:
        problems.append(
            f"field = {field!r} is no parameter of Art. {span.article}. "
            f"Give one of {', '.join(known)}."
        )
    if not 2 <= span.count <= COUNT_MAX:
        problems.append(f"count = {span.count} is outside [2, {COUNT_MAX}]. Give 10, for one.")
    if not (np.isfinite(span.low) and np.isfinite(span.high) and span.low < span.high):
        what = f"low = {span.low:g} is not below high = {span.high:g}"
        problems.append(f"{what}. Give the lower end first.")
    return problems


def _point(problem: Problem, article: str) -> dict[str, Any]:
    """Return what one draft comes to."""
    if not is_feasible(problem):
        return _nothing(_clash_of(problem))
    try:
        plan = solve_problem(problem)
    except Infeasible as error:  # only whole numbers clash
        return _nothing("; ".join(error.names) or str(error).splitlines()[0])
    return _figures(plan, article)


def _clash_of(problem: Problem) -> str:
    """Return which limits clash; without the search for ways out, which takes longer."""
    with asking(problem.site.solver) as ask:
        clash = find_clash(Elastic(problem), ask)
    return "" if clash is None else "; ".join(map(str, clash.members))


def _nothing(clash: str) -> dict[str, Any]:
    """Return a point without a schedule, and why."""
    nothing = dict.fromkeys(("cost_mad", "emission_kg", "bought", "paid_mad", *FIGURES), np.nan)
    return {"status": "infeasible"} | nothing | {"clash": clash}


def _figures(plan: Plan, article: str) -> dict[str, Any]:
    """Return the figures of one plan."""
    whole = plan.kpis["plan"]
    stood: dict[str, Any] = next((row for row in plan.clauses if row["article"] == article), {})
    return {
        "status": plan.status,
        "cost_mad": plan.objective_mad,
        "emission_kg": whole["emission_kg"],
        "bought": stood.get("bought", 0.0),
        "paid_mad": stood.get("cost_mad", 0.0),
        **{key: whole.get(key, 0.0) for key in FIGURES},
        "clash": "",
    }
