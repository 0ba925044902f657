"""Assets, workloads and clauses become one Pyomo model.

The bus of step t: renewables used + discharge + import + gensets = IT power with UPS losses +
cooling + fixed overhead + charge + export. All powers in MW, means over the step.

Published quantities, which clauses may read: ``site_import_mw``, ``site_genset_mw``,
``site_emission_kg``, ``site_deliverable_mwh``, ``site_sovereign_mw``, ``facility_power_mw``,
``facility_it_mw`` and every component's own columns.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from optimizer.agreement.clause import Clause
from optimizer.component import Component, Given, Terms
from optimizer.config import ASSETS, SERVICES, WORKLOADS, Agreement, Site
from optimizer.interventions import hold
from optimizer.provenance import Provenance
from optimizer.quantities import (
    backing,
    facility_mw,
    heat_mw,
    it_mw,
    published,
    summed,
)
from optimizer.softened import Softened
from optimizer.splits import Splits
from optimizer.templates import templates
from optimizer.workloads.firm import UNSERVED_MAD_PER_MWH

CostTerms = dict[tuple[str, str], Terms]  # (component, kind) -> terms of the objective
Total = Callable[[int], object]  # of a step


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A site, an agreement and a day, and the Pyomo model made of them."""

    site: Site
    agreement: Agreement
    given: Given
    model: pyo.ConcreteModel
    provenance: Provenance = field(default_factory=Provenance)
    softened: tuple[Softened, ...] = ()  # what gives way because not all could be kept
    splits: Splits = field(default_factory=Splits)  # binaries that solving has added so far

    def block(self, part: Component | Clause) -> pyo.Block:
        """Return the block of a component or a clause."""
        return self.model.component(part.name)


def active_clauses(agreement: Agreement, given: Given) -> list[Clause]:
    """Return the clauses that hold in at least one step of the plan."""
    return [c for c in agreement.clause if c.holds(given.horizon.index).any()]


def build_model(
    site: Site,
    agreement: Agreement,
    given: Given,
    provenance: Provenance | None = None,
    *,
    has_all_rows: bool = False,
) -> Problem:
    """Return the optimization problem of one plan.

    With `has_all_rows` the facility's limits stand in every step, within reach or not, so that two
    models of other numbers have the same rows.

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
        _add_facility(problem, has_all_rows=has_all_rows)
        for part in site.fleet(WORKLOADS):
            part.add_links(problem.block(part), backing(site, given, model))
        hold(site, given, model)
        quantities = published(site, given, model)
        for clause in active_clauses(agreement, given):
            model.add_component(clause.name, pyo.Block())
            clause.add_to(problem.block(clause), quantities, given)
        _add_objective(problem)
    return problem


def _add_facility(problem: Problem, *, has_all_rows: bool) -> None:
    """Declare cooling, the facility's limits and the bus balance."""
    site, model, steps = problem.site, problem.model, problem.given.horizon.steps
    facility = site.facility
    if site.cooling is not None:
        model.add_component(site.cooling.name, pyo.Block())

        heat = partial(heat_mw, site, model)
        site.cooling.add_lines(problem.block(site.cooling), problem.given, heat)
        if site.chilled_store:
            _add_heat_limits(problem, heat)
    _add_limits(problem, has_all_rows=has_all_rows)
    model.bus = pyo.Block()
    feeding = site.fleet(ASSETS + SERVICES)
    flows: list[Total] = [partial(p.to_bus_mw, problem.block(p)) for p in feeding]
    if site.cooling is not None:
        flows.append(partial(site.cooling.to_bus_mw, problem.block(site.cooling)))
    if problem.given.is_elastic:
        model.bus.surplus_mw = pyo.Var(steps, bounds=(0, None))  # diagnostic: what can't be used
        flows.append(lambda t: -model.bus.surplus_mw[t])

    overhead_mw, per_it = facility.fixed_overhead_mw, facility.heat_factor_pu()
    drawing: list[Total] = [partial(p.it_mw, problem.block(p)) for p in site.fleet(WORKLOADS)]

    @model.bus.Constraint(steps)
    def balance(b, t):
        drawn_mw = per_it * summed(drawing, t) + overhead_mw
        return (summed(flows, t) if flows else model.nothing) == drawn_mw


def _add_heat_limits(problem: Problem, heat: Callable[[int], Any]) -> None:
    """Declare that stores give no more cold than there is heat, and take none the plant lacks."""
    site, steps, block = problem.site, problem.given.horizon.steps, problem.model.cooling

    @block.Constraint(steps)
    def heat_least(b, t):
        return heat(t) >= 0

    if site.cooling is not None and site.cooling.plant is not None:
        most_mw = site.cooling.plant.capacity_heat_mw

        @block.Constraint(steps)
        def heat_most(b, t):
            return heat(t) <= most_mw


def _add_limits(problem: Problem, *, has_all_rows: bool) -> None:
    """Declare the facility's limits, in the steps whose workloads could reach them."""
    site, given, block = problem.site, problem.given, problem.block(problem.site.facility)
    facility = site.facility
    most_mw = sum((p.it_max_mw(given) for p in site.fleet(WORKLOADS)), start=np.zeros(1))
    hottest_mw = facility.heat_factor_pu() * most_mw + np.zeros(len(given.horizon.steps))
    drawn_mw = hottest_mw + facility.fixed_overhead_mw
    if site.cooling is not None:
        stored_mw = sum(s.charge_max_mw for s in site.chilled_store.values())
        drawn_mw = drawn_mw + site.cooling.power_mw(hottest_mw + stored_mw, given)
    is_full = has_all_rows | (hottest_mw > facility.heat_factor_pu() * facility.it_power_max_mw)
    is_drawn = has_all_rows | (drawn_mw > facility.power_max_mw)

    @block.Constraint(np.flatnonzero(is_full).tolist())
    def halls(b, t):
        return it_mw(site, problem.model, t) + problem.model.nothing <= facility.it_power_max_mw

    @block.Constraint(np.flatnonzero(is_drawn).tolist())
    def connection(b, t):
        return facility_mw(site, problem.model, t) + problem.model.nothing <= facility.power_max_mw


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
    waiting = [variable for p in site.components() for variable in p.waiting(block(p))]
    used = [block(p).used_mw for p in site.solar.values()]  # wind first, so that ties fall one way
    variables = [v for var in (*waiting, *used) for v in var.values()]
    weights = [wait] * len(waiting) + [price * hours] * len(used)
    return np.concatenate([np.array([]), *weights]), variables


def tie_break_mad(problem: Problem) -> float:
    """Return what the small prices add to the objective at the values the model holds [MAD]."""
    weights, variables = tie_break_terms(problem)
    return float(weights @ np.array([pyo.value(v) for v in variables]))


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
