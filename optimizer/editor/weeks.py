"""Weeks of the bundled climate in which a draft is tried: hourly, with whole numbers let go.

What can't be kept there can't be kept with whole numbers either. Each week begins with full
batteries, so that no clash comes of a bad beginning. A hard clause that takes part in
a clash is found by leaving clauses out one by one; what is left is the smallest clash.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.agreement.clause import Clause
from optimizer.api import build, solve
from optimizer.asking import asking
from optimizer.clash import find_clash
from optimizer.config import Agreement, Site, load_site
from optimizer.editor.clause_fields import without
from optimizer.elastic import Elastic
from optimizer.matrices import compile_model
from optimizer.plan import Plan
from optimizer.site import Problem, active_clauses, build_model
from optimizer.solution import Status
from optimizer.solve import solve_relaxation
from optimizer.state import State, StateRow

WEEKS_MAX = 52
WEEK = "168h@1h"
_WORDS_LIMIT_S = 5.0  # which articles clash is known by then; the rest is worth no longer wait
_SLACK_PU = 1e-6  # of a row's side: the solver's own accuracy
_PRICE_MIN_MAD = 1e-6
_ARTICLE = re.compile(r"^(art_\w+)\.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """One examined week: what clashes, and how the rest of the clauses stand."""

    start: pd.Timestamp
    is_possible: bool  # without any clause
    clashes: tuple[tuple[str, ...], ...]  # articles, the smallest set each
    standing: dict[str, "Standing"]  # by article, of those that could be kept


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How one clause stands in one week."""

    row_count: int  # limits it sets
    tight_count: int  # of them, those without slack
    worth_mad: float  # what one unit more in each of them would save
    bought: float  # in the unit of its price


def mondays(year: int, count: int) -> list[pd.Timestamp]:
    """Return `count` Mondays spread evenly over a year, 00:00 UTC."""
    first = pd.Timestamp(year=year, month=1, day=1, tz="UTC")
    first += pd.Timedelta(days=(-first.weekday()) % 7)
    spread = np.floor(np.arange(count) * WEEKS_MAX / count).astype(int)
    return [first + pd.Timedelta(weeks=int(n)) for n in spread]


def examine(
    site: Site | Path,
    agreement: Agreement,
    start: pd.Timestamp,
    series: pd.DataFrame | None = None,
) -> Week:
    """Return how a draft stands in one week; a site's files are looked for beside its own."""
    horizon = WEEK if series is None else f"{len(series)}h@1h"
    full = _full(site, start)
    asked = build(
        site, start=start, agreement=agreement, horizon=horizon, series=series, state=full
    )
    if is_feasible(asked):
        return Week(start=start, is_possible=True, clashes=(), standing=_standing(asked))
    bare = _with(asked, without(agreement, {c.article for c in agreement.clause}))
    if not is_feasible(bare):
        return Week(start=start, is_possible=False, clashes=(), standing={})
    clashes: list[tuple[str, ...]] = []
    left = asked
    while not is_feasible(left):
        clashes.append(smallest_clash(left))
        left = _with(left, without(left.agreement, set(clashes[-1])))
    return Week(start=start, is_possible=True, clashes=tuple(clashes), standing=_standing(left))


def _full(site: Site | Path, start: pd.Timestamp) -> State:
    """Return an opening state with full batteries: a draft shall not fail by how a week begins."""
    plant = site if isinstance(site, Site) else load_site(site)
    rows = tuple(
        StateRow(battery.name, "energy_mwh", battery.soc_max_pu * battery.energy_max_mwh)
        for battery in plant.battery.values()
    )
    return State(time_utc=start, rows=rows, origin="full batteries")


def smallest_clash(problem: Problem) -> tuple[str, ...]:
    """Return the articles of a smallest set of clauses that can't be kept together."""
    needed = active_clauses(problem.agreement, problem.given)
    hard = [c for c in needed if c.is_hard]
    if not is_feasible(_with(problem, _only(problem.agreement, hard))):
        needed = hard  # as a rule: what is priced can be bought
    for clause in list(needed):
        fewer = [c for c in needed if c is not clause]
        if not is_feasible(_with(problem, _only(problem.agreement, fewer))):
            needed = fewer
    return tuple(clause.article for clause in needed)


def clash_words(
    site: Site | Path, agreement: Agreement, start: pd.Timestamp, articles: Iterable[str]
) -> str:
    """Return in a planner's words what clashes in a week under some articles alone."""
    named = set(articles)
    drafted = _only(agreement, [c for c in agreement.clause if c.article in named])
    problem = build(site, start=start, agreement=drafted, horizon=WEEK, state=_full(site, start))
    limit_s = min(problem.site.solver.time_limit_s, _WORDS_LIMIT_S)
    with asking(problem.site.solver.model_copy(update={"time_limit_s": limit_s})) as ask:
        clash = find_clash(Elastic(problem), ask)
    return "" if clash is None else "; ".join(map(str, clash.members))


def _only(agreement: Agreement, clauses: Iterable[Clause]) -> Agreement:
    """Return the agreement with no other clauses than these."""
    return agreement.model_copy(update={"clause": tuple(clauses)})


def _with(problem: Problem, agreement: Agreement) -> Problem:
    """Return the same day under another agreement."""
    return build_model(problem.site, agreement, problem.given, problem.provenance)


def is_feasible(problem: Problem) -> bool:
    """Return whether some schedule keeps every limit, whole numbers let go."""
    solution = solve_relaxation(compile_model(problem.model), problem.site.solver)
    return solution.status is not Status.INFEASIBLE


def _standing(problem: Problem) -> dict[str, Standing]:
    """Return how each clause in force stands at the optimum, whole numbers let go."""
    plan = solve(problem, is_relaxed=True)
    tight, count, worth = _rows_of(plan)
    return {
        str(row["article"]): Standing(
            row_count=count.get(clause.name, 0),
            tight_count=tight.get(clause.name, 0),
            worth_mad=worth.get(clause.name, 0.0),
            bought=float(row["bought"]),
        )
        for clause, row in zip(
            active_clauses(problem.agreement, problem.given), plan.clauses, strict=True
        )
    }


def _rows_of(plan: Plan) -> tuple[dict[str, int], dict[str, int], dict[str, float]]:
    """Return, by clause: rows without slack, all rows, and the sum of their prices."""
    matrices, priced = plan.optimum.matrices, plan.optimum.priced
    owners = [
        match[1] if (match := _ARTICLE.match(row.parent_component().name)) else ""
        for row, _ in matrices.rows
    ]
    activity = matrices.a @ np.asarray(priced.x)
    near = _SLACK_PU * np.maximum(1.0, np.abs(activity))
    is_tight = (matrices.row_upper - activity <= near) | (activity - matrices.row_lower <= near)
    rows = pd.DataFrame({"owner": owners, "is_tight": is_tight})
    by_owner = rows[rows["owner"] != ""].groupby("owner")["is_tight"]
    prices = shadow_mad(plan)
    return (
        {str(k): int(v) for k, v in by_owner.sum().items()},
        {str(k): int(v) for k, v in by_owner.size().items()},
        {k: v for k, v in prices.items() if v > _PRICE_MIN_MAD},
    )


def shadow_mad(plan: Plan) -> dict[str, float]:
    """Return what one unit more in each row of a clause would save, by the clause's name [MAD]."""
    duals = plan.duals
    owner = duals["constraint"].str.extract(_ARTICLE.pattern, expand=False)
    sums = duals["dual"].astype("float64").abs().groupby(owner).sum()
    return {str(name): float(mad) for name, mad in sums.items()}
