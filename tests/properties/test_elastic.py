"""The model with slack is the plan's own while no slack is allowed: for random facilities."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import optimizer as dk
from optimizer.asking import asking
from optimizer.clash import find_clash
from optimizer.elastic import Elastic
from optimizer.matrices import compile_model
from optimizer.settle import relaxed
from optimizer.site import Problem, build_model, tie_break_terms
from optimizer.solution import Status
from optimizer.solve import run_highs

BATCH, BATCHES = 10, 2
FOUND = (Status.OPTIMAL, Status.UNBOUNDED)  # either way there is a schedule


@pytest.mark.parametrize("batch", range(BATCHES))
def test_without_slack_it_is_the_plan_s_own_model(
    batch: int, facility: Callable[[int], Any]
) -> None:
    """Proves, for 10 seeds each, that the relaxations cost the same, the tie-break aside.

    Where a quota may use what is left over, the plan's relaxation is the tighter one: it counts on
    load being served.
    """
    solved = 0
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        problem = dk.build(**facility(seed).asked())
        plain = compile_model(problem.model)
        places = {id(variable): j for j, variable in enumerate(plain.columns)}
        cost = plain.cost.copy()
        for weight, variable in zip(*tie_break_terms(problem), strict=True):
            cost[places[id(variable)]] -= weight
        options = problem.site.solver
        own = run_highs(relaxed(replace(plain, cost=cost)), options)
        elastic = Elastic(problem)
        same = run_highs(relaxed(elastic.relieved({}, own_cost=True)), options)
        assert own.status is same.status, seed
        if own.status is Status.OPTIMAL:
            solved += 1
            apart = same.objective - own.objective
            scale = 1e-6 * abs(own.objective) + 1e-3
            assert apart < scale, seed
            assert apart > -scale or problem.site.quota, seed
    assert solved > BATCH // 2


def short_of_supply(drawn: Any) -> Problem:
    """Return the problem of a facility without sun, wind and lines."""
    problem = dk.build(**drawn.asked())
    series = problem.given.series.copy()
    series[[c for c in series if c.endswith(("_available_mw", "_import_max_mw"))]] = 0.0
    given = replace(problem.given, series=series)
    return build_model(problem.site, problem.agreement, given)


def test_what_clashes_is_named_and_each_limit_needed(facility: Callable[[int], Any]) -> None:
    """Proves, of ten sites without sun, wind and lines: no row that could clash is hidden among
    those that say how things follow, and the clash found is one, without any limit too many.
    """
    clashing = 0
    for seed in range(BATCH, 2 * BATCH):
        problem = short_of_supply(facility(seed))
        elastic, options = Elastic(problem), problem.site.solver
        count = len(problem.given.horizon.steps)

        def status(limits: list[str], elastic=elastic, count=count, options=options) -> Status:
            return run_highs(elastic.holding(limits, count), options).status

        assert status([]) in FOUND, seed
        with asking(options) as ask:
            clash = find_clash(elastic, ask)
        if clash is None:
            assert status(elastic.limits) in FOUND, seed
            continue
        clashing += 1
        assert status(clash.limits) is Status.INFEASIBLE, seed
        for one in clash.limits:
            rest = [other for other in clash.limits if other != one]
            assert status(rest) in FOUND, (seed, one)
    assert clashing > 2
