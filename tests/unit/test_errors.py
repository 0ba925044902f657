"""Exit codes, and what is refused on the way into the solver."""

import sys
from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest

from optimizer.errors import (
    AuditFailed,
    DakhlaError,
    Infeasible,
    InputError,
    ModelError,
    SolverGaveNothing,
    Stopped,
    UsageError,
    WeatherError,
    exit_code_of,
)
from optimizer.matrices import Matrices, compile_model
from optimizer.solve import SolveOptions, run_highs

OPTIONS = SolveOptions(time_limit_s=20.0)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no such date"), 2),
        (InputError(["site.toml: missing"]), 2),
        (WeatherError("none"), 4),
        (SolverGaveNothing("nothing in time"), 5),
        (AuditFailed("energy"), 6),
        (Infeasible("clash", ["art_4_2"]), 7),
        (DakhlaError("?"), 70),
        (ModelError(["nan"]), 70),
        (KeyError("x"), 70),
        (Stopped(2), 130),
        (Stopped(15), 143),
    ],
)
def test_each_error_has_its_exit_code(error: BaseException, code: int) -> None:
    """Proves the codes cron reads are those of the interface."""
    assert exit_code_of(error) == code


def test_errors_say_what_they_hold() -> None:
    """Proves text and contents of the errors that carry more than a sentence."""
    assert str(Stopped(15)) == "stopped by signal 15 before there was a plan"
    assert str(ModelError(["one", "two"])) == "one\ntwo"
    assert Infeasible("no").names == []


def small() -> Matrices:
    """Return min x + y with x + y >= 1 and x - y <= 5."""
    m = pyo.ConcreteModel()
    m.x, m.y = pyo.Var(bounds=(0, 9)), pyo.Var(bounds=(0, 9))
    m.need = pyo.Constraint(expr=m.x + m.y >= 1)
    m.gap = pyo.Constraint(expr=m.x - m.y <= 5)
    m.goal = pyo.Objective(expr=m.x + m.y)
    return compile_model(m)


def test_arrays_that_do_not_fit_are_refused() -> None:
    """Proves a cost too long is refused: HiGHS would take it and answer at random."""
    m = small()
    with pytest.raises(ModelError) as caught:
        replace(m, cost=np.ones(3))
    assert str(caught.value) == "model: arrays of lengths ({2}, {2, 3}) for a matrix (2, 2)."


def test_a_model_the_solver_refuses_is_an_error() -> None:
    """Proves the return code of passing is read: HiGHS would solve what it held before."""
    m = small()
    m.a.indices[:] = [0, 1, 0, 7]
    with pytest.raises(ModelError) as caught:
        run_highs(m, OPTIONS)
    assert " ".join(str(caught.value).split()) == (
        "model: HiGHS refuses it. ERROR: LP matrix packed vector 1, entry 3, is illegal index "
        "7 >= 2 = vector dimension"
    )


def test_an_option_the_solver_refuses_is_an_error() -> None:
    """Proves the return code of every option is read."""
    solve = sys.modules["optimizer.solve"]
    with pytest.raises(ModelError) as caught:
        solve._set(solve._new_solver(), {"log_to_console": False, "no_such_option": 1})
    assert str(caught.value) == "model: HiGHS refuses the option no_such_option = 1."
