"""From arrays to a verified solution: the five answers, and what is not believed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyomo.environ as pyo
import pytest
from scipy import sparse

from optimizer.errors import ModelError
from optimizer.matrices import Matrices, compile_model
from optimizer.settle import Inquiry, settle
from optimizer.solution import Answer, Solution, SolveOptions, Status, Word
from optimizer.solve import run_highs, solve_relaxation, solver_version
from optimizer.stopping import StopFlag

ROOT = Path(__file__).parents[2]
OPTIONS = SolveOptions(time_limit_s=20.0)


def arrays(
    a: np.ndarray, cost: np.ndarray, rows: tuple[object, object], whole: bool = True
) -> Matrices:
    """Return min cost @ x with rows[0] <= a @ x <= rows[1] over binary (or 0 … 1) x."""
    count, width = a.shape
    return Matrices(
        cost=np.asarray(cost, dtype=float),
        cost_offset=0.0,
        a=sparse.csc_array(a),
        row_lower=np.broadcast_to(np.asarray(rows[0], dtype=float), count).copy(),
        row_upper=np.broadcast_to(np.asarray(rows[1], dtype=float), count).copy(),
        col_lower=np.zeros(width),
        col_upper=np.ones(width),
        is_integer=np.full(width, whole),
        columns=[SimpleNamespace(name=f"x[{j}]") for j in range(width)],
        rows=[(SimpleNamespace(name=f"row[{k}]"), 1) for k in range(count)],
    )


def market_split() -> Matrices:
    """Return equalities that take a solver hours: 60 binaries, 12 rows that halve each sum."""
    a = np.random.default_rng(0).integers(0, 100, (12, 60)).astype(float)
    return arrays(a, np.zeros(60), (a.sum(axis=1) // 2, a.sum(axis=1) // 2))


def knapsacks() -> Matrices:
    """Return a packing problem with easy solutions and a long proof."""
    rng = np.random.default_rng(0)
    a = rng.integers(1, 1000, (60, 400)).astype(float)
    return arrays(a, -a.sum(axis=0) - rng.integers(0, 100, 400), (-np.inf, a.sum(axis=1) // 2))


def small(**changes: object) -> Matrices:
    """Return min 3x + 2y + 10 with x + y >= 4, x - y <= 1, 0 <= x, 0 <= y <= 3, changed."""
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(0, None))
    m.y = pyo.Var(bounds=(0, 3))
    m.demand = pyo.Constraint(expr=m.x + m.y >= 4)
    m.spread = pyo.Constraint(expr=m.x - m.y <= 1)
    m.goal = pyo.Objective(expr=3 * m.x + 2 * m.y + 10)
    return replace(compile_model(m), **changes)


def test_an_optimum_worked_out_by_hand() -> None:
    """Proves x = 1, y = 3 costs 3 + 6 + 10 = 19 and that the answer carries its history."""
    solution = run_highs(small(), OPTIONS)
    assert solution.status is Status.OPTIMAL
    assert solution.x is not None
    assert solution.x.tolist() == pytest.approx([1, 3], abs=1e-9)
    assert (solution.objective, solution.bound, solution.mip_gap_pu) == (19.0, 19.0, 0.0)
    assert solution.interrupted_by is None
    assert "Optimal" in solution.log
    assert solution.solver == solver_version()
    assert set(solution.timings_s) == {"compile", "pass", "solve"}
    assert solution.warnings == ()


@pytest.mark.parametrize("is_whole", [False, True])
def test_infeasible_is_confirmed_without_presolve(is_whole: bool) -> None:
    """Proves x + y >= 4 with x <= 0.5 and y <= 3 is infeasible, asked twice."""
    m = small(col_upper=np.array([0.5, 3.0]), is_integer=np.array([is_whole, is_whole]))
    solution = run_highs(m, OPTIONS)
    assert solution.status is Status.INFEASIBLE
    assert solution.reason == "infeasible, also without presolve"
    assert solution.x is None
    assert np.isnan(solution.objective)
    assert solution.log.count("Model status        : Infeasible") == (0 if is_whole else 2)


@pytest.mark.parametrize("is_whole", [False, True])
def test_unbounded_is_named(is_whole: bool) -> None:
    """Proves min -x with x - y <= 1 is unbounded, also where presolve only says "or"."""
    m = small(
        cost=np.array([-1.0, 0.0]),
        col_upper=np.full(2, np.inf),
        is_integer=np.array([False, is_whole]),
    )
    solution = run_highs(m, OPTIONS)
    assert (solution.status, solution.x) == (Status.UNBOUNDED, None)
    assert solution.reason == "the cost can fall without end"


def test_the_limit_without_a_solution() -> None:
    """Proves a market split within 1 s gives no solution, and says so."""
    solution = run_highs(market_split(), SolveOptions(time_limit_s=1.0))
    assert (solution.status, solution.x) == (Status.NO_SOLUTION, None)
    assert solution.reason == "stopped at the time limit, with nothing found"
    assert solution.timings_s["solve"] < 3


def test_the_limit_with_a_solution() -> None:
    """Proves a packing stopped early comes back whole, feasible, and with its true gap."""
    m = knapsacks()
    solution = run_highs(m, SolveOptions(time_limit_s=1.0, mip_gap_pu=0.0))
    assert solution.status is Status.FEASIBLE_AT_LIMIT
    assert solution.x is not None
    assert set(solution.x.tolist()) == {0.0, 1.0}
    assert solution.objective == float(m.cost @ solution.x)
    gap = (solution.objective - solution.bound) / abs(solution.objective)
    assert solution.mip_gap_pu == gap > 0
    assert solution.row_dual is None


def test_each_solve_has_its_own_clock() -> None:
    """Proves six solves, each a third of the limit long, do not add up to it."""
    rng = np.random.default_rng(0)
    a = sparse.random_array((500, 500), density=0.05, rng=rng, format="csc").toarray()
    m = arrays(a, -np.ones(500), (-np.inf, 1.0), whole=False)
    limit_s = 3 * run_highs(m, OPTIONS).timings_s["solve"]
    solutions = [run_highs(m, SolveOptions(time_limit_s=limit_s)) for _ in range(6)]
    assert {solution.status for solution in solutions} == {Status.OPTIMAL}
    assert sum(solution.timings_s["solve"] for solution in solutions) > limit_s


def test_a_relaxation_lets_whole_numbers_go() -> None:
    """Proves 2x + 2y >= 3 over binaries costs 2, relaxed 1.5."""
    m = arrays(np.array([[2.0, 2.0]]), np.ones(2), (3.0, np.inf))
    assert run_highs(m, OPTIONS).objective == 2
    assert solve_relaxation(m, OPTIONS).objective == 1.5


@pytest.mark.parametrize(
    ("field", "spoilt", "message"),
    [
        ("cost", [np.nan, 1.0], "the cost of x is nan"),
        ("cost_offset", np.nan, "the constant of the objective is nan"),
        ("row_lower", [np.nan, -np.inf], "the bounds of demand are nan and inf"),
        ("col_upper", [3.0, np.nan], "the bounds of y are 0.0 and nan"),
        ("a", np.array([[1.0, np.nan], [1.0, 1.0]]), "the coefficient of y in demand is nan"),
    ],
)
def test_nan_never_reaches_the_solver(
    field: str, spoilt: object, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves arrays with one NaN are refused before a solver is even made."""
    monkeypatch.setattr(
        sys.modules["optimizer.solve"], "_ask", lambda *_: pytest.fail("the solver was asked")
    )
    value = sparse.csc_array(spoilt) if field == "a" else np.array(spoilt)[()]
    with pytest.raises(ModelError) as caught:
        run_highs(small(**{field: value}), OPTIONS)
    remedy = "Mend the series or parameter it is made from."
    assert str(caught.value) == f"model: {message}. {remedy}"


def test_a_coefficient_the_solver_forgets_is_refused() -> None:
    """Proves 1e-10, which HiGHS drops without an error, stops the solve by name."""
    m = small(a=sparse.csc_array([[1.0, 1.0], [1.0, 1e-10]]))
    with pytest.raises(ModelError) as caught:
        run_highs(m, OPTIONS)
    assert str(caught.value) == (
        "model: HiGHS holds (2, 2, 3) of (2, 2, 4) rows, columns, coefficients; "
        "y in spread is 1e-10."
    )


def test_odd_coefficients_are_warned_of() -> None:
    """Proves 1e-5 beside 1 is solved and warned of."""
    solution = run_highs(small(a=sparse.csc_array([[1.0, 1.0], [1e-5, -1.0]])), OPTIONS)
    assert solution.status is Status.OPTIMAL
    assert solution.coefficient_range == (1e-5, 1.0)
    assert solution.warnings == (
        "model: coefficients from 1e-05 to 1 leave the usual 0.0001 to 1e+06. Check the units.",
    )


def told(m: Matrices, *answers: Answer) -> tuple[Solution, list[Matrices]]:
    """Return what is made of `answers`, given one after the other, and what was asked."""
    waiting: Iterator[Answer] = iter(answers)
    asked: list[Matrices] = []

    def ask(problem: Matrices, *_: object) -> Answer:
        asked.append(problem)
        return next(waiting)

    inquiry = Inquiry(ask_solver=ask, options=OPTIONS, stop=StopFlag(), solver="a liar")
    return settle(inquiry, m), asked


def test_a_wrong_optimum_is_refused() -> None:
    """Proves "optimal" with x + y = 3.5 < 4 gives no plan."""
    solution, _ = told(small(), Answer(word=Word.OPTIMAL, x=np.array([0.5, 3.0])))
    assert (solution.status, solution.x) == (Status.NO_SOLUTION, None)
    assert solution.reason == (
        "the solver's answer is refused: the row of demand is exceeded by 0.5"
    )


def test_a_wrong_infeasible_is_not_believed() -> None:
    """Proves an optimum found without presolve wins over "infeasible" with it."""
    right = Answer(word=Word.OPTIMAL, x=np.array([1.0, 3.0]))
    solution, asked = told(small(), Answer(word=Word.INFEASIBLE), right)
    assert (solution.status, solution.objective, len(asked)) == (Status.OPTIMAL, 19.0, 2)


def test_infeasible_that_cannot_be_confirmed_says_so() -> None:
    """Proves "infeasible", then nothing in time, is infeasible with a reservation."""
    solution, _ = told(small(), Answer(word=Word.INFEASIBLE), Answer(word=Word.AT_LIMIT))
    assert solution.status is Status.INFEASIBLE
    assert solution.reason == ("infeasible with presolve; there was no time to confirm it without")


@pytest.mark.parametrize(
    ("last", "status"),
    [(Word.OPTIMAL, Status.UNBOUNDED), (Word.INFEASIBLE, Status.INFEASIBLE)],
)
def test_infeasible_or_unbounded_is_settled_without_cost(last: Word, status: Status) -> None:
    """Proves the third question, asked without cost, decides which of the two it is."""
    x = np.array([1.0, 3.0]) if last is Word.OPTIMAL else None
    either = Answer(word=Word.EITHER)
    solution, asked = told(small(), either, either, Answer(word=last, x=x))
    assert (solution.status, solution.x) == (status, None)
    assert asked[2].cost.tolist() == [0.0, 0.0]


def test_rounding_that_breaks_a_row_is_mended() -> None:
    """Proves x <= 1000 n with n = 9e-7 and x = 9e-4 becomes n = 0, and x is solved again."""
    m = arrays(np.array([[1000.0, -1.0]]), np.array([0.0, 1.0]), (0.0, np.inf))
    m = replace(m, is_integer=np.array([True, False]))
    near = Answer(word=Word.OPTIMAL, x=np.array([9e-7, 9e-4]))
    solution, asked = told(m, near, Answer(word=Word.OPTIMAL, x=np.zeros(2)))
    assert (asked[1].col_lower.tolist(), asked[1].col_upper.tolist()) == ([0, 0], [0, 1])
    assert not asked[1].is_integer.any()
    assert solution.x is not None
    assert solution.x.tolist() == [0.0, 0.0]


def test_no_process_and_no_thread_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves a solve never forks, and that no thread of it or of HiGHS lives on."""
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    before = len(list(Path("/proc/self/task").iterdir()))
    for _ in range(5):
        run_highs(small(is_integer=np.array([True, False])), OPTIONS)
    time.sleep(0.2)  # the system takes a moment to bury a thread
    assert len(list(Path("/proc/self/task").iterdir())) == before


SAME_BYTES = """
import hashlib, pyomo.environ as pyo
from optimizer.matrices import compile_model, column_names
from optimizer.solve import SolveOptions, run_highs
from optimizer.templates import templates
def solved():
    with templates():
        m = pyo.ConcreteModel()
        m.t = pyo.Set(initialize=range(48))
        for name in ("wind", "sun", "hydrogen", "battery", "grid"):
            part = pyo.Block()
            m.add_component(name, part)
            part.x = pyo.Var(m.t, bounds=(0, 3))
        parts = [m.wind, m.sun, m.hydrogen, m.battery, m.grid]
        m.on = pyo.Var(m.t, domain=pyo.Binary)
        m.need = pyo.Constraint(m.t, rule=lambda m, t: sum(p.x[t] for p in parts) >= 7.5)
        m.run = pyo.Constraint(m.t, rule=lambda m, t: m.grid.x[t] <= 2.5 * m.on[t])
        m.goal = pyo.Objective(expr=sum(p.x[t] for p in parts for t in m.t) + sum(m.on.values()))
        a = compile_model(m)
    x = run_highs(a, SolveOptions(time_limit_s=20.0)).x
    return hashlib.sha256("".join(column_names(a)).encode() + a.a.data.tobytes() + x.tobytes())
first, second = solved().hexdigest(), solved().hexdigest()
assert first == second
print(first)
"""


def test_the_same_model_gives_the_same_bytes() -> None:
    """Proves columns, coefficients and a solution full of ties do not depend on the hash seed."""
    digests = set()
    for seed in ("0", "1", "20261122"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        run = [sys.executable, "-c", SAME_BYTES]
        ended = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
        digests.add(ended.stdout)
    assert len(digests) == 1
