"""What each clause costs: by its shadow price, and by planning the day again without it."""

import math
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.agreement.clause import Clause
from optimizer.config import Agreement
from optimizer.editor.clause_fields import parameters_text, without
from optimizer.editor.weeks import shadow_mad
from optimizer.plan import Plan, solve_problem
from optimizer.site import Problem, build_model
from optimizer.store import is_diagnostic, read_published


def table(source: Plan | Path, *, is_resolved: bool = False) -> pd.DataFrame:
    """Return how each clause of an agreement stands in a plan, and what it costs.

    Parameters
    ----------
    source : Plan or Path
        A plan, or the folder of a run, which is solved again for its prices.
    is_resolved : bool
        Plan again without each clause in turn; the column ``without_saves_mad`` is empty if not.

    Returns
    -------
    DataFrame
        ``article``, ``kind``, ``text``, ``parameters``, ``is_hard``, ``is_in_force``,
        ``is_kept``, ``bought`` (in the unit of its price), ``paid_mad`` for that,
        ``unit_more_mad``: what one unit more in each of its limits would save, integers fixed;
        ``without_saves_mad``: how much cheaper the plan is without the clause.
    """
    plan = source if isinstance(source, Plan) else _solved_again(source)
    problem = plan.optimum.problem
    shadow = shadow_mad(plan)
    stood = {str(row["article"]): row for row in plan.clauses}
    rows = []
    for clause in problem.agreement.clause:
        row = _row(clause, stood.get(clause.article))
        if row["is_in_force"]:
            row["unit_more_mad"] = shadow.get(clause.name, 0.0)
            if is_resolved:
                row["without_saves_mad"] = _saved_mad(plan, clause.article)
        rows.append(row)
    return pd.DataFrame(rows)


def _row(clause: Clause, stood: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a clause is, and how it stands in the plan if it is in force."""
    found = stood or {}
    return {
        "article": clause.article,
        "kind": clause.kind,
        "text": clause.text,
        "parameters": parameters_text(clause),
        "is_hard": clause.is_hard,
        "is_in_force": stood is not None,
        "is_kept": found.get("is_kept"),
        "bought": found.get("bought", math.nan),
        "paid_mad": found.get("cost_mad", math.nan),
        "unit_more_mad": math.nan,
        "without_saves_mad": math.nan,
    }


def _solved_again(run: Path) -> Plan:
    """Return the plan of a run, solved again from its inputs."""
    published, _ = read_published(run, is_elastic=is_diagnostic(run))
    return solve_problem(build_model(published.site, published.agreement, published.given))


def _saved_mad(plan: Plan, article: str) -> float:
    """Return how much cheaper the same day is without a clause [MAD]."""
    problem = plan.optimum.problem
    cheaper = solve_problem(under(problem, without(problem.agreement, {article})))
    return plan.objective_mad - cheaper.objective_mad


def under(problem: Problem, agreement: Agreement) -> Problem:
    """Return the same day under another agreement."""
    return build_model(problem.site, agreement, problem.given, problem.provenance)
