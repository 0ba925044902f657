"""Assets, workloads and clauses become one Pyomo model.

The bus of step t: renewables used + discharge + import + gensets = IT power with UPS losses +
cooling + fixed overhead + charge + export. All powers in MW, means over the step.

Published quantities, which clauses may read: ``site_import_mw``, ``site_genset_mw``,
``site_emission_kg``, ``site_deliverable_mwh``, ``site_sovereign_mw``, ``facility_power_mw``,
``facility_it_mw`` and every component's own columns.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from optimizer.agreement.clause import Clause, Quantities
from optimizer.component import Component, Given, Terms
from optimizer.config import ASSETS, WORKLOADS, Agreement, Site
from optimizer.templates import templates
from optimizer.workloads.firm import UNSERVED_MAD_PER_MWH

CostTerms = dict[tuple[str, str], Terms]  # (component, kind) -> terms of the objective
Total = Callable[[int], object]  # of a step


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a problem's inputs come from: what every output says."""

    weather_level: str = "given"
    weather_source: str = "series given by the caller"
    weather_licence: str = "the owner's"
    files_sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A site, an agreement and a day, and the Pyomo model made of them."""

    site: Site
    agreement: Agreement
    given: Given
    model: pyo.ConcreteModel
    provenance: Provenance = field(default_factory=Provenance)

    def block(self, part: Component | Clause) -> pyo.Block:
        """Return the block of a component or a clause."""
        return self.model.component(part.name)


def active_clauses(agreement: Agreement, given: Given) -> list[Clause]:
    """Return the clauses that hold in at least one step of the plan."""
    return [c for c in agreement.clause if c.holds(given.horizon.index).any()]


def build_model(
    site: Site, agreement: Agreement, given: Given, provenance: Provenance | None = None
) -> Problem:
    """Return the optimization problem of one plan.

    The model's blocks carry the components' names, and clauses their article's, ``art_4_2``;
    the objective is ``model.cost`` [MAD], to be minimised.
    """
    with templates():
        model = pyo.ConcreteModel(site.place.name)
        model.nothing = pyo.Param(mutable=True, initialize=0.0)
        problem = Problem(
            site=site,
            agreement=agreement,
            given=given,
            model=model,
            provenance=provenance or Provenance(),
        )
        for part in site.components():
            if part is site.cooling:
                continue
            model.add_component(part.name, pyo.Block())
            part.add_to(problem.block(part), given)
        _add_facility(problem)
        quantities = published(problem)
        for clause in active_clauses(agreement, given):
            model.add_component(clause.name, pyo.Block())
            clause.add_to(problem.block(clause), quantities, given)
        _add_objective(problem)
    return problem


def _summed(calls: list[Callable[[int], Any]], t: int) -> Any:
    """Return the sum of some quantities in step `t`."""
    return sum(call(t) for call in calls)


def _or_nothing(problem: Problem, parts: Iterable[Component], total: Total) -> Total:
    """Return `total`; a zero Pyomo knows where there are no `parts`.

    A row of plain numbers is no row to Pyomo; with this it is one, which holds or can't.
    """
    return total if list(parts) else lambda _: problem.model.nothing


def it_mw(problem: Problem, t: int) -> Any:
    """Return the IT power of all workloads in step `t`."""
    parts = problem.site.fleet(WORKLOADS)
    return _summed([partial(p.it_mw, problem.block(p)) for p in parts], t)


def facility_mw(problem: Problem, t: int) -> Any:
    """Return what the facility draws from the bus in step `t`."""
    facility, cooling = problem.site.facility, problem.site.cooling
    compute_mw = facility.heat_factor_pu() * it_mw(problem, t) + facility.fixed_overhead_mw
    return compute_mw if cooling is None else compute_mw + problem.block(cooling).power_mw[t]


def _add_facility(problem: Problem) -> None:
    """Declare cooling, the facility's limits and the bus balance."""
    site, model, steps = problem.site, problem.model, problem.given.horizon.steps
    facility = site.facility
    if site.cooling is not None:
        model.add_component(site.cooling.name, pyo.Block())

        def heat_mw(t):
            return facility.heat_factor_pu() * it_mw(problem, t)

        site.cooling.add_lines(problem.block(site.cooling), problem.given, heat_mw)
    _add_limits(problem)
    model.bus = pyo.Block()
    flows: list[Total] = [partial(p.to_bus_mw, problem.block(p)) for p in site.fleet(ASSETS)]
    if site.cooling is not None:
        flows.append(partial(site.cooling.to_bus_mw, problem.block(site.cooling)))
    if problem.given.is_elastic:
        model.bus.surplus_mw = pyo.Var(steps, bounds=(0, None))  # diagnostic: what can't be used
        flows.append(lambda t: -model.bus.surplus_mw[t])

    overhead_mw, per_it = facility.fixed_overhead_mw, facility.heat_factor_pu()
    drawing: list[Total] = [partial(p.it_mw, problem.block(p)) for p in site.fleet(WORKLOADS)]

    @model.bus.Constraint(steps)
    def balance(b, t):
        drawn_mw = per_it * _summed(drawing, t) + overhead_mw
        return (_summed(flows, t) if flows else model.nothing) == drawn_mw


def _add_limits(problem: Problem) -> None:
    """Declare the facility's limits, in the steps whose workloads could reach them."""
    site, given, block = problem.site, problem.given, problem.block(problem.site.facility)
    facility = site.facility
    most_mw = sum((p.it_max_mw(given) for p in site.fleet(WORKLOADS)), start=np.zeros(1))
    heat_mw = facility.heat_factor_pu() * most_mw + np.zeros(len(given.horizon.steps))
    drawn_mw = heat_mw + facility.fixed_overhead_mw
    if site.cooling is not None:
        drawn_mw = drawn_mw + site.cooling.power_mw(heat_mw, given)
    full = np.flatnonzero(heat_mw > facility.heat_factor_pu() * facility.it_power_max_mw)

    @block.Constraint(full.tolist())
    def halls(b, t):
        return it_mw(problem, t) + problem.model.nothing <= facility.it_power_max_mw

    @block.Constraint(np.flatnonzero(drawn_mw > facility.power_max_mw).tolist())
    def connection(b, t):
        return facility_mw(problem, t) + problem.model.nothing <= facility.power_max_mw


def published(problem: Problem) -> Quantities:
    """Return the quantities a clause may read, as expressions of the model."""
    site, block = problem.site, problem.block
    gensets, grids = list(site.genset.values()), list(site.grid.values())

    def import_mw(t):
        return sum(block(g).import_mw[t] for g in grids)

    def genset_mw(t):
        return sum(block(g).power_mw[t] for g in gensets)

    def emission_kg_per_h(t):
        drawn = sum(g.emission_kg_per_mwh * block(g).import_mw[t] for g in grids)
        return drawn + sum(g.emission_kg_per_mwh * block(g).power_mw[t] for g in gensets)

    def deliverable_mwh(t):
        return sum(b.deliverable_mwh(block(b), t) for b in site.battery.values())

    def work_of(part: Component) -> Total:
        work = block(part).component("work_mw")
        calls: list[Total] = [
            partial(part.it_mw, block(part)) if work is None else work.__getitem__
        ]
        return lambda t: _summed(calls, t) + problem.model.nothing

    return Quantities(
        import_mw=_or_nothing(problem, grids, import_mw),
        genset_mw=_or_nothing(problem, gensets, genset_mw),
        facility_mw=partial(facility_mw, problem),
        emission_kg_per_h=_or_nothing(problem, [*grids, *gensets], emission_kg_per_h),
        deliverable_mwh=_or_nothing(problem, site.battery.values(), deliverable_mwh),
        work_mw={part.name: work_of(part) for part in site.fleet(WORKLOADS)},
        sovereign_mw=sovereign_mw(site, problem.given),
    )


def sovereign_mw(site: Site, given: Given) -> np.ndarray:
    """Return what the sovereign load draws at the bus if it runs alone, at most [MW].

    Its cooling is taken on the steepest line above the curve's value at no heat: the curve is
    convex, so that is an upper bound.
    """
    sovereign = [part for part in site.firm.values() if part.is_sovereign]
    demand_mw = sum((given.column(f"{p.name}_demand_mw") for p in sovereign), start=0.0)
    heat_mw = site.facility.heat_factor_pu() * (np.zeros(len(given.horizon.steps)) + demand_mw)
    bound_mw = heat_mw + site.facility.fixed_overhead_mw
    if site.cooling is not None:
        lines = site.cooling.lines(given)
        steepest = np.max([slope for _, slope in lines], axis=0)
        bound_mw = (
            bound_mw + site.cooling.power_mw(np.zeros(len(heat_mw)), given) + steepest * heat_mw
        )
    return bound_mw


def cost_terms(problem: Problem) -> CostTerms:
    """Return all terms of the money objective, by component and kind."""
    terms: CostTerms = {}
    parts: list[Component | Clause] = [*problem.site.components()]
    parts += active_clauses(problem.agreement, problem.given)
    for part in parts:
        for kind, one in part.cost(problem.block(part), problem.given).items():
            terms[part.name, kind] = one
    if problem.given.is_elastic:
        surplus = list(problem.model.bus.surplus_mw.values())
        price = UNSERVED_MAD_PER_MWH * problem.given.horizon.hours
        terms["bus", "surplus"] = (price, surplus)
    return terms


def constant_mad(site: Site, given: Given) -> float:
    """Return the part of the cost no decision moves [MAD]."""
    return sum(part.constant_mad(given) for part in (*site.solar.values(), *site.wind.values()))


def tie_break_terms(problem: Problem) -> Terms:
    """Return the small prices that break ties: whatever may wait costs a little for waiting.

    Work and charging happen as early as they can, cooling wastes nothing.
    """
    site, given, block = problem.site, problem.given, problem.block
    price, hours = site.plan.tie_break_mad_per_mwh_h, given.horizon.hours
    if price == 0:
        return np.array([]), []
    wait = price * hours * (1 + given.horizon.begin_h)
    waiting = [block(p).run_mw for p in site.deferrable.values()]
    waiting += [block(p).charge_mw for p in site.battery.values()]
    waiting += [block(p).power_mw for p in site.training.values()]
    if site.cooling is not None:
        waiting.append(block(site.cooling).power_mw)
    used = [block(p).used_mw for p in site.solar.values()]  # wind first, so that ties fall one way
    variables = [v for var in (*waiting, *used) for v in var.values()]
    weights = [wait] * len(waiting) + [price * hours] * len(used)
    return np.concatenate([np.array([]), *weights]), variables


def _add_objective(problem: Problem) -> None:
    """Declare the cost to be minimised."""
    terms = [*cost_terms(problem).values(), tie_break_terms(problem)]
    coefficients = np.concatenate([np.array([]), *(c for c, _ in terms)]).tolist()
    variables = [v for _, vs in terms for v in vs]
    problem.model.cost = pyo.Objective(
        expr=LinearExpression(
            constant=constant_mad(problem.site, problem.given),
            linear_coefs=coefficients,
            linear_vars=variables,
        )
    )
