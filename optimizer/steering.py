"""Steering: what a unit of a month's or year's budget is worth to the days after the plan.

A coarse linear plan of the plan's own days and the rest of the window, on other climates, keeps
what is left of each budget; its shadow price goes into the daily plan as the worth of a unit not
used. Each day the look-ahead is made again with what is left then, which corrects what went wrong.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from models.errors import InputError
from models.weather.climate import generate
from models.weather.resample import mean_over
from optimizer.agreement.budget import BudgetClause
from optimizer.component import Given
from optimizer.config import Agreement, Site
from optimizer.errors import DakhlaError
from optimizer.horizon import Horizon
from optimizer.inputs import assemble, cohorts_of
from optimizer.matrices import compile_model
from optimizer.phrases import joined, number, phrase, recognised
from optimizer.site import active_clauses, build_model
from optimizer.solution import Status
from optimizer.solve import solve_relaxation
from optimizer.state import StateRow
from optimizer.supply import modelled, needs_weather
from optimizer.units import UNIT_TEXT

STEERED = ("month", "year")
STEP_H = 3.0  # of the look-ahead: day and night, peak and off-peak stay apart
AHEAD_H = 8760.0  # hours looked at: one climate for a year, more for what is left of one
CLIMATES_MAX = 12
SEED_STEP = 101  # between climates, from the site's own on: years that are not the plan's
_LOG = logging.getLogger(__name__)  # what a person who waits is shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Steering:
    """The worth of budgets for the opening state, and a sentence on how it was found."""

    rows: tuple[StateRow, ...]
    sentence: str


def long_budgets(agreement: Agreement, given: Given) -> list[BudgetClause]:
    """Return the clauses with a month or year that goes on after the plan."""
    clauses = [c for c in active_clauses(agreement, given) if isinstance(c, BudgetClause)]
    return [c for c in clauses if c.window in STEERED and _open_until(c, given) is not None]


def _open_until(clause: BudgetClause, given: Given) -> pd.Timestamp | None:
    """Return when the clause's window ends that goes on after the plan; None if none does."""
    last = clause.accounts(given)[-1].window
    _, ends = clause.valid_part(last)
    return ends if ends > given.horizon.end else None


def steer(site: Site, agreement: Agreement, folder: Path, given: Given) -> Steering | None:
    """Return what units of the long budgets are worth; None where there are no such budgets.

    Where no look-ahead can be made (the site's series come from files, or the rest of the window
    can't be planned), there are no rows: each budget is then used in proportion to the hours.
    """
    clauses = long_budgets(agreement, given)
    stated = {(row.name, row.quantity) for row in given.state.rows}
    clauses = [c for c in clauses if (c.name, f"price_mad_per_{c.unit}") not in stated]
    if not clauses:
        return None
    names = {"articles": ", ".join(c.article for c in clauses)}
    if not needs_weather(site, set()):
        text = phrase("Art. {articles}: no climate to look ahead on: pro rata.", names)
        return Steering(rows=(), sentence=text)
    _LOG.info("looking ahead over budgets")
    try:
        seeds = _seeds(site, max(filter(None, (_open_until(c, given) for c in clauses))), given)
        prices = [_prices(site, agreement, folder, given, seed) for seed in seeds]
    except (InputError, DakhlaError) as error:
        values = names | {"why": recognised(str(error).splitlines()[0])}
        text = phrase("Art. {articles}: no look-ahead ({why}): pro rata.", values)
        return Steering(rows=(), sentence=text)
    wanted = {(c.name, f"price_mad_per_{c.unit}") for c in clauses}
    rows = [
        StateRow(name, quantity, float(np.mean([p[name, quantity, key] for p in prices])), key)
        for name, quantity, key in prices[0]
        if (name, quantity) in wanted
    ]
    by_name = {c.name: c for c in clauses}
    worth = [_worth(by_name[row.name], row.value) for row in rows]
    return Steering(
        rows=tuple(rows),
        sentence=phrase(
            "worth of what is left, from a look-ahead on {count} climates: {worth}.",
            {"count": len(prices), "worth": joined("; ", worth)},
        ),
    )


def _worth(clause: BudgetClause, price_mad: float) -> str:
    """Say what a unit of a clause's budget is worth."""
    values = {
        "article": clause.article,
        "mad": number(price_mad, ",.2f"),
        "unit": UNIT_TEXT.get(clause.unit, clause.unit),
    }
    return phrase("Art. {article} {mad} MAD/{unit}", values)


def _seeds(site: Site, end: pd.Timestamp, given: Given) -> list[int]:
    """Return the climates to look ahead on: the less is left, the more a calm spell weighs."""
    left_h = float((end - given.horizon.start) / pd.Timedelta(hours=1))
    count = int(np.clip(np.ceil(AHEAD_H / left_h), 1, CLIMATES_MAX))
    return [site.plan.climate_seed + SEED_STEP * number for number in range(1, count + 1)]


def _prices(
    site: Site, agreement: Agreement, folder: Path, given: Given, seed: int
) -> dict[tuple[str, str, str], float]:
    """Return the shadow price of each budget on one climate, by the state row it goes into."""
    clauses = long_budgets(agreement, given)
    ends = [end for c in clauses if (end := _open_until(c, given)) is not None]
    horizon = _coarse(given.horizon.start.floor("h"), max(ends))
    ahead = _given_ahead(site, folder, given, horizon, seed)
    problem = build_model(site, agreement, ahead)
    matrices = compile_model(problem.model)
    solution = solve_relaxation(matrices, site.solver)
    if solution.status is not Status.OPTIMAL or solution.row_dual is None:
        raise DakhlaError(f"the rest of the window has no plan: {solution.status.value}")
    duals = {
        (constraint.parent_component().name, constraint.index()): abs(float(dual))
        for (constraint, _), dual in zip(matrices.rows, solution.row_dual, strict=True)
        if constraint.parent_component().name.startswith("art_")
    }
    found = {}
    for clause in clauses:
        key = clause.accounts(given)[-1].window.key
        number = next(n for n, a in enumerate(clause.accounts(ahead)) if a.window.key == key)
        dual = duals.get((f"{clause.name}.budget", number), 0.0)
        found[clause.name, f"price_mad_per_{clause.unit}", key] = dual
    return found


def _coarse(start: pd.Timestamp, end: pd.Timestamp) -> Horizon:
    """Return steps of three hours from `start` to `end`, the last perhaps shorter."""
    hours = float((end - start) / pd.Timedelta(hours=1))
    count, rest = divmod(hours, STEP_H)
    return Horizon(start=start, step_h=(STEP_H,) * int(count) + ((rest,) if rest > 1e-6 else ()))


def _given_ahead(site: Site, folder: Path, given: Given, horizon: Horizon, seed: int) -> Given:
    """Return what a coarse plan is given: the plan's own series, then another climate's.

    Plants are modelled by the hour and averaged, so that energy is kept.
    """
    start, end = horizon.start, horizon.end.ceil("h")
    hourly = Horizon(start=start, step_h=(1.0,) * round((end - start) / pd.Timedelta(hours=1)))
    fine = modelled(site, generate(start_utc=start, end_utc=end, seed=seed), hourly, set())
    coarse = mean_over(fine, 1.0, horizon.edges).set_axis(horizon.index)
    known = int((horizon.end_h <= given.horizon.end_h[-1] + 1e-9).sum())
    for column in coarse.columns:
        values = coarse[column].to_numpy().copy()
        values[:known] = _means(given, given.column(column), horizon, known)
        coarse[column] = values
    series = assemble(site, horizon, {"weather": coarse})
    series.insert(0, "step_h", horizon.hours)
    cohorts = cohorts_of(site, horizon, given.state, folder)
    return Given(horizon=horizon, series=series, state=given.state, cohorts=cohorts)


def _means(given: Given, values: np.ndarray, horizon: Horizon, count: int) -> np.ndarray:
    """Return the means of a plan's series over the first `count` steps of another horizon."""
    knots_h = np.concatenate([[0.0], given.horizon.end_h])
    sums = np.concatenate([[0.0], np.cumsum(values * given.horizon.hours)])
    edges_h = np.concatenate([[0.0], horizon.end_h[:count]])
    return np.asarray(np.diff(np.interp(edges_h, knots_h, sums)) / horizon.hours[:count])
