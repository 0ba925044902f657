"""The smallest set of constraints that clash, by name."""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo

from optimizer.conflict import conflict
from optimizer.matrices import compile_model
from optimizer.solution import SolveOptions, Status
from optimizer.solve import run_highs
from optimizer.stopping import StopFlag

OPTIONS = SolveOptions(time_limit_s=20.0)


def plant() -> pyo.ConcreteModel:
    """Return three steps of grid and wind, of which step 1 cannot be fed."""
    m = pyo.ConcreteModel()
    m.t = pyo.Set(initialize=range(3))
    m.grid = pyo.Block()
    m.grid.import_mw = pyo.Var(m.t, bounds=(0, 20))
    m.wind_mw = pyo.Var(m.t, bounds=(0, None))
    m.air = pyo.Constraint(m.t, rule=lambda m, t: m.wind_mw[t] <= [50, 5, 50][t])
    m.need = pyo.Constraint(m.t, rule=lambda m, t: m.grid.import_mw[t] + m.wind_mw[t] >= 30)
    m.other = pyo.Constraint(m.t, rule=lambda m, t: m.wind_mw[t] <= 100)
    m.goal = pyo.Objective(expr=sum(m.grid.import_mw[t] for t in m.t))
    return m


def test_rows_and_bounds_that_clash_are_named() -> None:
    """Proves 20 + 5 < 30 in step 1 is found, and that dropping any of the three mends it."""
    m = compile_model(plant())
    assert conflict(m, OPTIONS) == ["air[1]", "need[1]", "grid.import_mw[1] <= 20"]


def test_each_name_is_needed() -> None:
    """Proves the clash is gone without any one of its members."""
    for mend in (
        lambda m: m.air[1].deactivate(),
        lambda m: m.need[1].deactivate(),
        lambda m: m.grid.import_mw[1].setub(25),
    ):
        model = plant()
        mend(model)
        m = compile_model(model)
        assert run_highs(m, OPTIONS).status is Status.OPTIMAL
        assert conflict(m, OPTIONS) == []


def whole() -> pyo.ConcreteModel:
    """Return 2 n == 3 k with k == 1: a clash of whole numbers only, beside an idle limit."""
    m = pyo.ConcreteModel()
    m.n = pyo.Var(domain=pyo.Integers, bounds=(0, 9))
    m.k = pyo.Var(domain=pyo.Integers, bounds=(0, 9))
    m.pairs = pyo.Constraint(expr=2 * m.n == 3 * m.k)
    m.limit = pyo.Constraint(expr=m.n + m.k <= 15)
    m.one = pyo.Constraint(expr=m.k == 1)
    m.goal = pyo.Objective(expr=m.n)
    return m


def test_a_clash_of_whole_numbers_is_named() -> None:
    """Proves the relaxation n = 1.5 is feasible, so constraints are left out one by one."""
    m = compile_model(whole())
    assert conflict(m, OPTIONS) == ["pairs", "one"]
    assert conflict(replace(m, is_integer=np.array([False, False])), OPTIONS) == []


def test_a_stop_ends_the_search() -> None:
    """Proves a raised flag gives no names rather than wrong ones."""
    assert conflict(compile_model(whole()), OPTIONS, StopFlag(signal_number=15)) == []


def test_a_bound_that_crosses_itself_is_named() -> None:
    """Proves a variable from 3 to 2 is a clash of its own."""
    model = plant()
    model.air[1].deactivate()
    model.wind_mw[0].setlb(60)
    m = compile_model(model)
    assert conflict(m, OPTIONS) == ["air[0]", "wind_mw[0] >= 60"]


def test_a_row_without_variables_is_infeasible() -> None:
    """Proves 0 == 10 is no schedule, whatever HiGHS says of a model without columns."""
    m = compile_model(plant())
    empty = replace(m, a=m.a * 0.0)
    empty.a.eliminate_zeros()
    solution = run_highs(empty, OPTIONS)
    assert solution.status is Status.INFEASIBLE
    assert solution.reason == "need[0] has no variables and cannot hold"
