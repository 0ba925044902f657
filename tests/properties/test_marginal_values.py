"""Each claimed marginal value lies between the left and the right derivative, found by re-solving.

The re-solves here share nothing with the package's own but model and solver: the model is built
anew with one number moved, whole numbers are fixed one by one at the plan's, and it is solved.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from pyomo.repn import generate_standard_repn

import optimizer as dk
from optimizer.explain import explain
from optimizer.explain.change import clause_changes, scene_of, unit_changes
from optimizer.explain.frozen import Frozen, freeze
from optimizer.explain.slope import Slope, resolved, slope
from optimizer.explain.value import Bus, bus_of
from optimizer.matrices import compile_model
from optimizer.optimum import optimize
from optimizer.site import Problem, build_model
from optimizer.solve import run_highs
from optimizer.templates import make_plain

SEEDS = (0, 3, 5, 9, 12, 14, 18, 21)
SPLIT_SEEDS = (10, 20)  # where "never both at once" needed whole numbers of its own
STEPS = 4  # of each plan
MW = 0.01
CLOSE_PU = 0.01
CLOSE_MAD = 0.02  # per unit: the solver's own tolerance over so small a move


def is_within(claim: float, less: float, more: float) -> bool:
    room = CLOSE_PU * max(abs(claim), abs(less), abs(more)) + CLOSE_MAD
    return min(less, more) - room <= claim <= max(less, more) + room


@dataclass(frozen=True)
class Case:
    """A plan of a random facility, and how it is solved again with one number moved."""

    plan: dk.Plan

    @cached_property
    def problem(self) -> Problem:
        return self.plan.optimum.problem

    @cached_property
    def frozen(self) -> Frozen:
        return freeze(self.plan.optimum)

    @cached_property
    def bus(self) -> Bus:
        return bus_of(self.frozen)

    @cached_property
    def steps(self) -> list[int]:
        count = len(self.problem.given.horizon.steps)
        return sorted(set(np.linspace(0, count - 1, STEPS).astype(int).tolist()))

    @cached_property
    def cost(self) -> float:
        return self.plan.optimum.priced.objective

    def add_choices(self, model: pyo.ConcreteModel) -> None:
        """Add the rows that came with choices made while solving, the choices put in."""
        mine = self.problem.model
        cooling = mine.component("cooling")
        lists = [mine.component("either_or") and mine.either_or.rows]
        lists += [cooling and cooling.component("chosen_line")]
        model.choices = pyo.ConstraintList()
        for row in (row for rows in lists if rows is not None for row in rows.values()):
            form = generate_standard_repn(row.body)
            body, is_any = form.constant, False
            for factor, variable in zip(form.linear_coefs, form.linear_vars, strict=True):
                theirs = model.find_component(variable.name)
                is_any |= theirs is not None
                body += factor * (round(variable.value) if theirs is None else theirs)
            if is_any:
                model.choices.add((row.lower, body, row.upper))

    def again(self, problem: Problem) -> float | None:
        """Return the cost of a problem whose whole numbers are the plan's; None if it has none."""
        for variable in problem.model.component_data_objects(pyo.Var):
            if variable.is_integer():
                mine = self.problem.model.find_component(variable.name)
                variable.fix(round(mine.value))
        self.add_choices(problem.model)
        solution = run_highs(compile_model(problem.model), problem.site.solver)
        return None if solution.x is None else solution.objective

    def rebuilt(self, series: pd.DataFrame | None = None) -> Problem:
        given = self.problem.given
        given = given if series is None else replace(given, series=series)
        return build_model(self.problem.site, self.problem.agreement, given)

    def with_more_on_the_bus(self, t: int, by_mw: float) -> float | None:
        problem = self.rebuilt()
        row = make_plain(problem.model).bus.balance[t]
        row.set_value(row.body == pyo.value(row.upper) + by_mw)
        return self.again(problem)

    def with_more_in(self, column: str, by_mw: float) -> float | None:
        """Return the cost with a limit wider in all steps, or a power larger in proportion."""
        series = self.problem.given.series
        power_mw = series[column]
        larger = (
            power_mw + by_mw
            if column.endswith("_max_mw")
            else power_mw * (1 + by_mw / power_mw.max())
        )
        return self.again(self.rebuilt(series.assign(**{column: larger})))

    def sides(self, cost_of: Callable[[float], float | None], per: float) -> list[float]:
        """Return the left and the right derivative; one twice, where the other has no schedule."""
        fewer, further = cost_of(-MW), cost_of(MW)
        less = None if fewer is None else (self.cost - fewer) / per
        more = None if further is None else (further - self.cost) / per
        found = [side for side in (less, more) if side is not None]
        return [found[0], found[-1]]


@pytest.fixture(scope="module")
def case(facility: Callable[[int], Any]) -> Callable[[int], Case]:
    """Return the case of a seed, solved once."""
    known: dict[int, Case] = {}

    def find(seed: int) -> Case:
        if seed not in known:
            known[seed] = Case(dk.plan(**facility(seed).asked()))
        return known[seed]

    return find


def test_the_cases_are_many_and_of_every_kind(case: Callable[[int], Case]) -> None:
    """Proves the seeds hold what could go wrong: whole numbers, segments, clauses, workloads."""
    kinds: set[str] = set()
    for seed in (*SEEDS, *SPLIT_SEEDS):
        site, agreement = case(seed).problem.site, case(seed).problem.agreement
        kinds |= {f"{c.kind} {'hard' if c.is_hard else 'priced'}" for c in agreement.clause}
        kinds |= {k for k in ("deferrable", "training", "genset", "grid") if getattr(site, k)}
        kinds |= {"segments" for b in site.battery.values() if b.segment_count > 1}
        kinds |= {"whole"} if case(seed).plan.optimum.matrices.is_integer.any() else set()
        kinds |= {"demand charge" for g in site.grid.values() if g.tariff is not None}
    assert kinds >= {"segments", "whole", "deferrable", "training", "genset", "demand charge"}
    assert {k.split()[-1] for k in kinds if " " in k} >= {"hard", "priced"}
    assert len([k for k in kinds if k.endswith((" hard", " priced"))]) >= 7


@pytest.mark.parametrize("seed", [*SEEDS, *SPLIT_SEEDS])
def test_a_mwh_at_the_bus_is_worth_what_a_re_solve_says(
    seed: int, case: Callable[[int], Case]
) -> None:
    """Proves 4 claims a seed, and that parts add up to them, whoever is said to set the price."""
    mine = case(seed)
    for t in mine.steps:
        value, energy = mine.bus.value(t), MW * mine.problem.given.horizon.step_h[t]
        sides = mine.sides(partial(mine.with_more_on_the_bus, t), energy)
        assert is_within(value.mad_per_mwh, *sides), (t, value, sides)
        told = [side for side in (value.less, value.more) if side is not None]
        assert [told[0], told[-1]] == pytest.approx(
            sides, rel=CLOSE_PU, abs=CLOSE_MAD / energy * MW
        )
        sums = value.parts.groupby("set_by")["mad_per_mwh"].sum()
        assert value.set_by in sums.index or value.mad_per_mwh == pytest.approx(0.0, abs=1e-6)
        assert sums.tolist() == pytest.approx([value.mad_per_mwh] * len(sums), abs=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_unit_more_is_worth_what_a_re_solve_says(seed: int, case: Callable[[int], Case]) -> None:
    """Proves the claims for lines and loads of each seed, by moving their series here."""
    mine = case(seed)
    changes = {c.name: c for c in unit_changes(scene_of(mine.problem))}
    columns = {
        name: name.replace(".", "_")
        for name in changes
        if name.endswith((".import_max_mw", ".export_max_mw", ".demand_mw"))
    }
    assert columns
    for name, column in columns.items():
        found = slope(mine.frozen, scene_of(mine.problem), changes[name])
        assert found is not None
        assert found.how == "dual"
        sides = mine.sides(partial(mine.with_more_in, column), MW)
        assert is_within(found.mad_per_unit, *sides), (found, sides)


@pytest.mark.parametrize("seed", [*SEEDS[::2], *SPLIT_SEEDS])
def test_every_claim_is_between_both_derivatives(seed: int, case: Callable[[int], Case]) -> None:
    """Proves every other claim of a plan, choices made while solving included: some 15 a seed."""
    mine = case(seed)
    scene = scene_of(mine.problem)
    changes = [*unit_changes(scene), *clause_changes(scene).values()]
    found = [s for s in (slope(mine.frozen, scene, c) for c in changes) if s is not None]
    assert len(found) >= 8
    for each in found:  # a plant that may be curtailed out of order has rows of its own
        assert each.how == "dual" or each.name.endswith("out_of_order_max_mw"), each
        sides = [side for side in (each.less, each.more) if side is not None]
        assert sides, each
        assert is_within(each.mad_per_unit, sides[0], sides[-1]), each
    for t in mine.steps:
        value = mine.bus.value(t)
        sides = [side for side in (value.less, value.more) if side is not None]
        assert is_within(value.mad_per_mwh, sides[0], sides[-1]), value


def test_the_whole_plan_solved_again_is_told_apart(case: Callable[[int], Case]) -> None:
    """Proves the difference of two whole plans is that of two optima, beside the claim."""
    compared = 0
    for seed in SEEDS:
        mine = case(seed)
        if not mine.plan.optimum.matrices.is_integer.any():
            continue
        if compared == 3:
            break
        scene = scene_of(mine.problem)
        change = next(c for c in unit_changes(scene) if c.name == "firm_sov.demand_mw")
        claim = slope(mine.frozen, scene, change)
        assert isinstance(claim, Slope)
        both = resolved(mine.frozen, scene, change, claim)
        larger = change.grow(scene, 1.0)
        other = optimize(build_model(larger.site, larger.agreement, larger.given))
        assert both.resolved_mad == pytest.approx(other.objective_mad - mine.plan.objective_mad)
        assert both.mad_per_unit == claim.mad_per_unit
        compared += 1
    assert compared == 3


def test_an_explanation_holds_both_sides_where_they_differ(case: Callable[[int], Case]) -> None:
    """Proves each table has claim and both derivatives, and a sentence for each kink."""
    mine = case(SEEDS[0])
    told = explain(mine.plan, is_resolved=False)
    assert {"mad_per_unit", "less", "more", "resolved_mad", "how"} <= set(told.units.columns)
    worth = told.units.set_index("words")
    said = "\n".join(told.sentences)
    for words, row in worth.iterrows():
        if max(abs(row["less"]), abs(row["more"])) > 1 and abs(row["less"] - row["more"]) > max(
            1.0, 0.011 * max(abs(row["less"]), abs(row["more"]))
        ):
            assert f"{words} would" in said
            assert "and as much less would" in said
