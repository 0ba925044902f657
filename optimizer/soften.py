"""A plan that takes the cheapest way out: the ladder's price in place of what may not give way.

Only limits that give way in the cheapest solution of the penalty ladder are priced; all others
stay as they are. The sovereign load, and what only a planner can arrange, never give way.
"""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from models.parameters import Parameters
from optimizer.asking import asking
from optimizer.component import Given
from optimizer.config import FLEETS, Agreement, Site
from optimizer.elastic import Elastic
from optimizer.ladder import unit_of
from optimizer.limits import Names
from optimizer.site import Problem, build_model
from optimizer.softened import AT_END, FLOOR, JOBS, Softened
from optimizer.ways_out import GivenUp, base_mad, given_up_on_ladder, ladder_prices
from optimizer.workloads.firm import Tier

_PRICES = {  # what gives way -> the setting that has its price
    "contracted work": "shortfall_mad_per_mwh",
    "service level of the month": "sla_excess_mad_per_mwh",
    "work due": "missed_mad_per_mwh",
    "hours due": "missed_mad_per_h",
    "water due": "missed_mad_per_m3",
}
_ROUND_OFF_MWH = 1e-6
P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What is softened, one limit after the other."""

    site: Site
    agreement: Agreement
    given: Given
    marks: tuple[Softened, ...] = ()


def soften(problem: Problem) -> Problem | None:
    """Return a plan's problem with the cheapest way out of its clash priced; None without one.

    Returns
    -------
    Problem
        Its ``softened`` lists what gives way; its site and agreement hold the ladder's prices.
    """
    with asking(problem.site.solver) as ask:
        elastic = Elastic(problem)
        given_up = given_up_on_ladder(elastic, ask)
        prices = ladder_prices(elastic, base_mad(elastic))
        names = elastic.names
    if not given_up:
        return None
    inputs = _Inputs(problem.site, problem.agreement, problem.given)
    for one in given_up:
        inputs = _with(inputs, one, prices[one.limit], names)
    built = build_model(inputs.site, inputs.agreement, inputs.given, problem.provenance)
    return replace(built, softened=inputs.marks)


def _with(inputs: _Inputs, one: GivenUp, price_mad: float, names: Names) -> _Inputs:
    """Return the inputs with one limit softened."""
    owner, _, what = one.limit.partition(": ")
    if not what:
        return _with_clause(inputs, one, price_mad, names)
    kind, key = _place(inputs.site, owner)
    part = getattr(inputs.site, kind)[key]
    before, now, changed = _setting(part, what, one, price_mad)
    setting = next(iter(changed), JOBS)
    given = inputs.given if changed else _with_values(inputs.given, owner, price_mad)
    fleet = getattr(inputs.site, kind) | {key: _copied(part, changed)}
    mark = Softened(
        limit=one.limit,
        part=owner,
        setting=setting,
        before=before,
        now=now,
        unit=unit_of(names, one.limit),
    )
    site = inputs.site.model_copy(update={kind: fleet})
    return replace(inputs, site=site, given=given, marks=(*inputs.marks, mark))


def _setting(
    part: Any, what: str, one: GivenUp, price_mad: float
) -> tuple[float | None, float, dict[str, object]]:
    """Return a setting before and now, and what changes in the part; jobs have theirs apart."""
    if what == "energy at the end":
        before = part.energy_final_min_mwh
        now = max(part.low_mwh, before - one.amount - _ROUND_OFF_MWH)
        return before, now, {AT_END: now}
    if what == "guaranteed power":
        now = max(0.0, part.floor_mw - (one.most or 0.0) - _ROUND_OFF_MWH)
        return part.floor_mw, now, {FLOOR: now}
    if what == "jobs due":
        return None, price_mad, {}
    if what in _PRICES:
        return None, price_mad, {_PRICES[what]: price_mad}
    rest_pu = 1.0 - sum(tier.shed_max_pu for tier in part.tiers)
    tier = Tier(shed_max_pu=rest_pu, value_mad_per_mwh=price_mad)
    tiers: dict[str, object] = {"tiers": (*part.tiers, tier)}
    if part.sla_pu is not None and part.sla_excess_mad_per_mwh is None:  # it counts the same load
        tiers["sla_excess_mad_per_mwh"] = price_mad
    return None, price_mad, tiers


def _with_values(given: Given, workload: str, price_mad: float) -> Given:
    """Return what is given, the jobs that must run with a value."""
    jobs = [
        replace(job, value_mad=price_mad * job.energy_mwh) if job.value_mad is None else job
        for job in given.jobs[workload]
    ]
    return replace(given, jobs={**given.jobs, workload: tuple(jobs)})


def _with_clause(inputs: _Inputs, one: GivenUp, price_mad: float, names: Names) -> _Inputs:
    """Return the inputs with one clause priced."""
    clause = names.clause_of(one.limit)
    priced = _copied(clause, {clause.price_field: price_mad})
    clauses = tuple(priced if c.name == clause.name else c for c in inputs.agreement.clause)
    mark = Softened(
        limit=one.limit,
        part=clause.name,
        setting=clause.price_field,
        before=None,
        now=price_mad,
        unit=unit_of(names, one.limit),
    )
    agreement = inputs.agreement.model_copy(update={"clause": clauses})
    return replace(inputs, agreement=agreement, marks=(*inputs.marks, mark))


def _place(site: Site, name: str) -> tuple[str, str]:
    """Return the table and the key of a part."""
    return next(
        (kind, key)
        for kind in FLEETS
        for key, part in getattr(site, kind).items()
        if part.name == name
    )


def _copied(part: P, changed: dict[str, object]) -> P:
    """Return parameters with some of them changed, checked as if they came from a file."""
    fields = {name: getattr(part, name) for name in type(part).model_fields}
    return type(part).model_validate(fields | changed)
