"""Prices of constraints and bounds, against finite differences."""

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest

from optimizer.duals import duals_frame, reduced_costs_frame
from optimizer.errors import SolverGaveNothing
from optimizer.matrices import Matrices, compile_model
from optimizer.solution import Solution, SolveOptions, Status
from optimizer.solve import duals_with_integers_fixed, run_highs
from optimizer.templates import templates

OPTIONS = SolveOptions(time_limit_s=20.0, mip_gap_pu=0.0)
STEP = 1e-3  # of a right-hand side, small enough to keep the basis


def plant(*, demand: float = 28.0, cap: float = 12.0, floor: float = -5.0) -> pyo.ConcreteModel:
    """Return two steps of a grid, a genset in whole units, and a store between bounds."""
    with templates():
        m = pyo.ConcreteModel()
        m.t = pyo.Set(initialize=range(2))
        m.grid = pyo.Block()
        m.grid.import_mw = pyo.Var(m.t, bounds=(0, 25))
        m.units = pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(0, 4))
        m.shift = pyo.Var(bounds=(-9, 9))
        m.demand = pyo.Param(m.t, initialize=[demand, 10.0])
        m.price = pyo.Param(m.t, initialize=[90.0, 40.0])
        m.balance = pyo.Constraint(
            m.t, rule=lambda m, t: m.grid.import_mw[t] + 7 * m.units + m.shift >= m.demand[t]
        )
        m.cap = pyo.Constraint(m.t, rule=lambda m, t: m.grid.import_mw[t] <= cap)
        m.both = pyo.Constraint(expr=(floor, 2 * m.shift, 6))
        spend = sum(m.price[t] * m.grid.import_mw[t] for t in m.t)
        m.goal = pyo.Objective(expr=spend + 500 * m.units + 130 * m.shift)
        return m


def solved(m: pyo.ConcreteModel, *, fixed: float | None = None) -> tuple[Matrices, Solution]:
    """Return the arrays and the solution, with the units fixed if asked."""
    if fixed is not None:
        m.units.fix(fixed)
    a = compile_model(m)
    return a, run_highs(a, OPTIONS)


def dual(frame: pd.DataFrame, constraint: str, index: int | None) -> float:
    is_it = (frame["constraint"] == constraint) & frame["index"].map(lambda i: i == index)
    return float(frame.loc[is_it, "dual"].iloc[0])


@pytest.mark.parametrize(
    ("units", "cap", "priced"),
    [
        (2, 25.0, {"demand": 90.0, "cap": 0.0, "floor": 40.0 / 2}),  # 130 - 90 saved by shifting
        (3, 6.0, {"demand": 130.0, "cap": 90.0 - 130.0, "floor": 0.0}),  # the grid at its cap
    ],
)
@pytest.mark.parametrize("moved", ["demand", "cap", "floor"])
def test_a_dual_is_the_slope_of_the_cost(
    moved: str, units: int, cap: float, priced: dict[str, float]
) -> None:
    """Proves sign and size of each dual, by hand and by moving its right-hand side by 1e-3."""
    start = {"demand": 28.0, "cap": cap, "floor": -5.0}
    a, solution = solved(plant(**start), fixed=units)
    _, after = solved(plant(**{**start, moved: start[moved] + STEP}), fixed=units)
    frame = duals_frame(a, solution)
    where = {"demand": ("balance", 0), "cap": ("cap", 0), "floor": ("both", None)}[moved]
    assert dual(frame, *where) == pytest.approx(priced[moved])
    slope = (after.objective - solution.objective) / STEP
    assert slope == pytest.approx(priced[moved], abs=1e-6)


def test_two_bounds_give_one_line() -> None:
    """Proves -5 <= 2 shift <= 6, two rows of the matrix, is one line of the table."""
    a, solution = solved(plant(cap=25.0), fixed=2)
    frame = duals_frame(a, solution)
    assert list(frame.columns) == ["constraint", "index", "dual"]
    assert frame["constraint"].tolist() == ["balance", "balance", "cap", "cap", "both"]
    assert frame["index"].tolist() == [0, 1, 0, 1, None]
    assert [kind for row, kind in a.rows if row.name == "both"] == [1, -1]


def test_duals_of_whole_numbers_come_with_them_fixed() -> None:
    """Proves a mixed-integer answer has no duals, and its fixed program those of a plain one."""
    a, solution = solved(plant())
    assert solution.status is Status.OPTIMAL
    assert solution.row_dual is None
    with pytest.raises(ValueError, match="has no duals"):
        duals_frame(a, solution)
    priced = duals_with_integers_fixed(a, solution, OPTIONS)
    assert priced.objective == pytest.approx(solution.objective, rel=1e-9)
    assert solution.x is not None
    units = solution.x[[column.name for column in a.columns].index("units")]
    b, plain = solved(plant(), fixed=units)
    ours, theirs = duals_frame(a, priced), duals_frame(b, plain)
    assert ours["dual"].to_numpy() == pytest.approx(theirs["dual"].to_numpy())
    assert duals_with_integers_fixed(b, plain, OPTIONS) is plain


def test_without_a_solution_there_are_no_duals() -> None:
    """Proves an infeasible answer is refused with its reason."""
    a, solution = solved(plant(demand=1000.0))
    with pytest.raises(SolverGaveNothing) as caught:
        duals_with_integers_fixed(a, solution, OPTIONS)
    assert str(caught.value) == (
        "There is no solution to find duals of: infeasible, also without presolve."
    )


def test_reduced_costs_say_which_bound() -> None:
    """Proves min 2x - 3y + z, x >= 1, y <= 4, z free and equal to 2, prices 2, -3 and 0."""
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(1, 9))
    m.y = pyo.Var([5], bounds=(0, 4))
    m.z = pyo.Var()
    m.w = pyo.Var(bounds=(3, 3))
    m.row = pyo.Constraint(expr=m.z == 2)
    m.goal = pyo.Objective(expr=2 * m.x - 3 * m.y[5] + m.z + 7 * m.w)
    a, solution = solved(m)
    frame = reduced_costs_frame(a, solution).sort_values("variable", ignore_index=True)
    assert frame["variable"].tolist() == ["w", "x", "y", "z"]
    assert frame["index"].tolist() == [None, None, 5, None]
    assert frame["reduced_cost"].tolist() == pytest.approx([7, 2, -3, 0])
    assert frame["at_bound"].tolist() == ["both", "lower", "upper", "none"]


def test_the_dual_objective_proves_the_optimum() -> None:
    """Proves b'y plus priced bounds plus the constant equal the cost, to 1e-9."""
    a, solution = solved(plant(cap=25.0), fixed=2)
    assert solution.x is not None
    assert solution.row_dual is not None
    assert solution.col_dual is not None
    side = np.where(np.isfinite(a.row_lower), a.row_lower, a.row_upper)
    at_bound = np.where(np.abs(solution.col_dual) > 1e-9, solution.x, 0.0)
    proven = side @ solution.row_dual + at_bound @ solution.col_dual + a.cost_offset
    assert proven == pytest.approx(solution.objective, rel=1e-9)
    assert a.cost - a.a.T @ solution.row_dual == pytest.approx(solution.col_dual, abs=1e-9)
