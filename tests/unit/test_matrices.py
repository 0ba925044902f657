"""Compiling Pyomo models to arrays, with and without templates."""

import gc
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace

import numpy as np
import pyomo.core.base.constraint as pyomo_constraint
import pyomo.environ as pyo
import pytest

from optimizer.errors import Infeasible, ModelError
from optimizer.matrices import (
    Matrices,
    check_finite,
    column_names,
    compile_model,
    load_values,
    row_names,
)
from optimizer.settle import tidied, worst_breach
from optimizer.templates import is_template, templates

NAN = float("nan")
SERIES = np.array([1.5, 0.0, 2.0, 3.0, 4.0])


def plant() -> pyo.ConcreteModel:
    """Return variables and parameters over five steps, without constraints."""
    m = pyo.ConcreteModel()
    m.steps = pyo.Set(initialize=range(5))
    m.later = pyo.RangeSet(1, 4)
    m.days = pyo.RangeSet(0, 1)
    m.x = pyo.Var(m.steps, bounds=(0, 10))
    m.y = pyo.Var(m.steps, bounds=(0, 9))
    m.fixed = pyo.Var(m.steps, initialize=2.0)
    m.fixed.fix()
    m.z = pyo.Var(m.days, m.steps, bounds=(0, 8))
    m.named = pyo.Var(["a", "b"], m.steps)
    m.battery = pyo.Block()
    m.battery.v = pyo.Var(m.steps, bounds=(0, 3))
    m.fleet = pyo.Block(m.days)
    for day in m.days:
        m.fleet[day].w = pyo.Var(m.steps, bounds=(0, 3))
    m.p = pyo.Param(m.steps, initialize=SERIES.tolist())
    m.price = pyo.Param(initialize=2.5)
    m.net = pyo.Expression(m.steps, rule=lambda m, t: m.x[t] - 2 * m.y[t])
    m.window = pyo.Set(m.steps, initialize=lambda m, t: [s for s in (t - 1, t) if s >= 0])
    m.goal = pyo.Objective(expr=m.x[0] + 0.5 * m.y[1] + 7.0)
    return m


def compiled(rule: Callable, sets: tuple[str, ...], *, is_templated: bool) -> Matrices:
    m = plant()
    with templates() if is_templated else nullcontext():
        m.rule = pyo.Constraint(*(getattr(m, name) for name in sets), rule=rule)
        return compile_model(m)


def as_text(m: Matrices) -> list[str]:
    """Return rows as text that does not depend on the order of the columns."""
    names, rows, a = column_names(m), row_names(m), m.a.toarray()
    return [
        f"{rows[k]} {m.row_lower[k]:.9g} {m.row_upper[k]:.9g} "
        + " ".join(sorted(f"{a[k, j]:+.9g} {names[j]}" for j in np.flatnonzero(a[k])))
        for k in range(len(rows))
    ]


TEMPLATED = {
    "series as bound": (lambda m, t: m.x[t] <= m.p[t], ("steps",)),
    "series as factor": (lambda m, t: (1 - m.p[t]) * m.x[t] + m.y[t] / 0.8 <= 3, ("steps",)),
    "numpy number": (lambda m, t: np.float64(0.9) * m.x[t] >= np.float64(0.5), ("steps",)),
    "step before": (lambda m, t: m.x[t] == m.x[t - 1] + m.p[t] * m.y[t], ("later",)),
    "two bounds": (lambda m, t: (1, m.x[t] + m.y[t], m.p[t] + 5), ("steps",)),
    "blocks in a list": (
        lambda m, t: sum(part[t] for part in (m.x, m.battery.v, m.fleet[0].w)) == m.p[t],
        ("steps",),
    ),
    "two indices": (lambda m, d, t: m.z[d, t] + m.x[t] <= m.p[t], ("days", "steps")),
    "fixed variable": (lambda m, t: m.x[t] + m.p[t] * m.fixed[t] <= m.price, ("steps",)),
}
PLAIN = {
    "first step apart": (lambda m, t: m.x[t] <= (1 if t == 0 else 2), ("steps",)),
    "numpy lookup": (lambda m, t: m.x[t] <= SERIES[t], ("steps",)),
    "dictionary": (lambda m, t: m.x[t] <= {0: 5}.get(t, 7), ("steps",)),
    "named expression": (lambda m, t: m.net[t] <= m.p[t], ("steps",)),
    "factor before a sum over a set": (
        lambda m, d: 2 * sum(m.p[t] * m.z[d, t] for t in m.steps) <= 3,
        ("days",),
    ),
    "window": (lambda m, t: sum(m.x[s] for s in m.window[t]) <= 3, ("steps",)),
    "block by index": (lambda m, d, t: m.fleet[d].w[t] <= 1, ("days", "steps")),
    "text as index": (lambda m, t: m.named["a", t] + m.x[t] <= 1, ("steps",)),
    "fixed times variable": (lambda m, t: m.fixed[t] * m.x[t] <= 1, ("steps",)),
    "bound of another": (lambda m, t: m.x[t] <= m.y[t].ub, ("steps",)),
    "skipped": (lambda m, t: pyo.Constraint.Skip if t == 1 else m.x[t] <= 1, ("steps",)),
    "empty sum": (lambda m, t: m.x[t] + sum(part[t] for part in []) <= 1, ("steps",)),
    "no index": (lambda m: sum(m.p[t] * m.x[t] for t in m.steps) <= 1, ()),
}


@pytest.mark.parametrize("name", [*TEMPLATED, *PLAIN])
def test_a_template_gives_the_plain_matrix(name: str) -> None:
    """Proves the matrix does not depend on templates, whichever way a rule is written."""
    rule, sets = {**TEMPLATED, **PLAIN}[name]
    plain = compiled(rule, sets, is_templated=False)
    fast = compiled(rule, sets, is_templated=True)
    assert as_text(fast) == as_text(plain)
    assert len(plain.rows) > 0
    assert any(is_template(row) for row, _ in fast.rows) == (name in TEMPLATED)


def test_compiles_to_the_arrays_written_by_hand() -> None:
    """Proves min 3x - y + 5 with x + 2y <= 7, 1 <= x - y <= 4, y == 2 becomes these arrays."""
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(-1, None))
    m.y = pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(None, 6))
    m.first = pyo.Constraint(expr=m.x + 2 * m.y <= 7)
    m.both = pyo.Constraint(expr=(1, m.x - m.y, 4))
    m.equal = pyo.Constraint(expr=m.y == 2)
    m.idle = pyo.Constraint(expr=0 * m.x <= 1)
    m.goal = pyo.Objective(expr=3 * m.x - m.y + 5)
    a = compile_model(m)
    assert column_names(a) == ["x", "y"]
    assert row_names(a) == ["first", "both", "both", "equal"]
    assert [kind for _, kind in a.rows] == [1, 1, -1, 0]
    assert a.a.toarray().tolist() == [[1, 2], [1, -1], [1, -1], [0, 1]]
    assert a.row_lower.tolist() == [-np.inf, -np.inf, 1, 2]
    assert a.row_upper.tolist() == [7, 4, np.inf, 2]
    assert (a.col_lower.tolist(), a.col_upper.tolist()) == ([-1, 0], [np.inf, 6])
    assert (a.cost.tolist(), a.cost_offset, a.is_integer.tolist()) == ([3, -1], 5.0, [False, True])
    load_values(a, np.array([4.0, 2.0]))
    assert (m.x.value, m.y.value) == (4.0, 2.0)


def test_templates_leaves_pyomo_and_the_collector_as_they_were() -> None:
    """Proves flag, templatizer and garbage collector come back, also after an exception."""
    before = pyomo_constraint.templatize_constraint
    with suppress(KeyError), templates():
        assert pyomo_constraint.TEMPLATIZE_CONSTRAINTS
        assert not gc.isenabled()
        raise KeyError
    assert (pyomo_constraint.TEMPLATIZE_CONSTRAINTS, gc.isenabled()) == (False, True)
    assert pyomo_constraint.templatize_constraint is before


@pytest.mark.parametrize("otherwise", [lambda m, t: m.x[t] <= 1, lambda m, t: pyo.Constraint.Skip])
def test_a_template_that_differs_from_its_rule_is_refused(otherwise: Callable) -> None:
    """Proves a branch that a template cannot see, `t in RangeSet`, is found at once."""

    def rule(m: pyo.ConcreteModel, t: int) -> object:
        return otherwise(m, t) if t in m.later else m.x[t] <= 2

    with pytest.raises(ModelError) as caught:
        compiled(rule, ("steps",), is_templated=True)
    fault = "model: rule differs between its template and its rule."
    assert str(caught.value) == f"{fault} Build it outside templates()."


REMEDY = "Mend the series or parameter it is made from."
NOT_A_NUMBER = {
    "coefficient": (
        lambda m: m.add_component(
            "c", pyo.Constraint(m.steps, rule=lambda m, t: m.nan[t] * m.x[t] + m.y[t] <= 1)
        ),
        f"model: the coefficient of x[3] in c[3] is nan. {REMEDY}",
    ),
    "right-hand side": (
        lambda m: m.add_component(
            "c", pyo.Constraint(m.steps, rule=lambda m, t: m.x[t] <= m.nan[t])
        ),
        f"model: the bounds of c[3] are -inf and nan. {REMEDY}",
    ),
    "cost": (
        lambda m: m.goal.set_value(sum(m.nan[t] * m.x[t] for t in m.steps)),
        f"model: the cost of x[3] is nan. {REMEDY}",
    ),
    "constant": (
        lambda m: m.goal.set_value(m.x[0] + m.nan[3]),
        f"model: the constant of the objective is nan. {REMEDY}",
    ),
    "bound": (
        lambda m: m.x[0].setlb(NAN),
        "model: Var 'x[0]' created with an invalid non-finite lower bound (nan).",
    ),
}


@pytest.mark.parametrize("is_templated", [False, True])
@pytest.mark.parametrize("where", NOT_A_NUMBER)
def test_nan_is_refused_by_name(where: str, is_templated: bool) -> None:
    """Proves one NaN in a series is found in each place it can reach, and named."""
    m = plant()
    m.nan = pyo.Param(m.steps, initialize=[1.0, 2.0, 3.0, NAN, 5.0], within=pyo.Any)
    spoil, message = NOT_A_NUMBER[where]
    with templates() if is_templated else nullcontext():
        spoil(m)
        with pytest.raises(ModelError) as caught:
            compile_model(m)
    assert str(caught.value) == message


REFUSED = {
    "model: its objective is maximised. Minimise its negative.": (
        lambda m: setattr(m.goal, "sense", pyo.maximize)
    ),
    "model: it has 0 active objectives. Give exactly one.": lambda m: m.goal.deactivate(),
    "model: it has 2 active objectives. Give exactly one.": (
        lambda m: m.add_component("other", pyo.Objective(expr=m.y[0]))
    ),
    "model: Model constraint (c) contains nonlinear terms that cannot be compiled to standard "
    "(linear) form.": lambda m: m.add_component("c", pyo.Constraint(expr=m.x[0] * m.y[0] <= 1)),
    "model: x[0] is neither continuous nor whole.": (
        lambda m: setattr(m.x[0], "domain", pyo.Set(initialize=[0, 2, 5]).construct() or pyo.Any)
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_the_solver_cannot_take_is_refused(message: str) -> None:
    """Proves each kind of model that does not fit the arrays is refused with its reason."""
    m = plant()
    REFUSED[message](m)
    with pytest.raises(ModelError) as caught:
        compile_model(m)
    assert str(caught.value) == message


def test_a_constant_that_cannot_hold_is_infeasible_by_name() -> None:
    """Proves a constraint left without variables, 0 >= 1, is named."""
    m = plant()
    m.battery.hold = pyo.Constraint(expr=m.fixed[0] >= 3)
    with pytest.raises(Infeasible) as caught:
        compile_model(m)
    assert str(caught.value) == "battery.hold cannot hold, whatever is planned."
    assert caught.value.names == ["battery.hold"]


def hand() -> Matrices:
    """Return 1 <= x + 2n <= 4 with 0 <= x <= 3 and whole n."""
    m = pyo.ConcreteModel()
    m.x, m.n = pyo.Var(bounds=(0, 3)), pyo.Var(domain=pyo.Integers)
    m.row = pyo.Constraint(expr=(1, m.x + 2 * m.n, 4))
    m.goal = pyo.Objective(expr=m.x)
    return compile_model(m)


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        ([2.0, 1.0], None),
        ([2.001, 1.0], "the row of row is exceeded by 0.001"),
        ([0.0, 0.0], "the row of row is exceeded by 1"),
        ([-0.01, 1.0], "the bound of x is exceeded by 0.01"),
        ([3.2, 0.0], "the bound of x is exceeded by 0.2"),
        ([1.0, 0.5], "the whole number of n is exceeded by 0.5"),
        ([np.nan, 1.0], "the solution is not one finite number for each variable"),
        ([1.0], "the solution is not one finite number for each variable"),
    ],
)
def test_a_breach_is_found_and_named(x: list[float], sentence: str | None) -> None:
    """Proves every kind of breach is found: each case breaks one rule by hand."""
    assert worst_breach(hand(), np.array(x), 1e-6) == sentence


def test_tidying_rounds_only_what_is_near() -> None:
    """Proves 0.9999999 becomes 1 and -1e-9 becomes 0, while 0.9 and -0.1 stay to be refused."""
    m = hand()
    assert tidied(m, np.array([-1e-9, 0.9999999]), 1e-6).tolist() == [0.0, 1.0]
    assert tidied(m, np.array([-0.1, 0.9]), 1e-6).tolist() == [-0.1, 0.9]
    assert not np.signbit(tidied(m, np.array([-0.0, 0.0]), 1e-6)).any()


def test_many_problems_are_cut_short() -> None:
    """Proves a series of NaN gives six lines, not thousands."""
    m = plant()
    m.c = pyo.Constraint(m.days, m.steps, rule=lambda m, d, t: m.z[d, t] + m.x[t] <= 1)
    a = compile_model(m)
    with pytest.raises(ModelError) as caught:
        check_finite(replace(a, row_upper=np.full_like(a.row_upper, NAN)))
    assert len(caught.value.problems) == 6
    assert caught.value.problems[4:] == [
        f"model: the bounds of c[0,4] are -inf and nan. {REMEDY}",
        "model: and more of the same kind.",
    ]


def test_nan_that_pyomo_wraps_is_refused() -> None:
    """Proves NaN in a mutable parameter, which Pyomo wraps, is refused as factor and as bound."""
    for rule in (
        lambda m, t: m.nan[t] * m.x[t] + m.y[t] <= 1,
        lambda m, t: m.x[t] + m.y[t] <= m.nan[t] + 0.0,
    ):
        m = plant()
        m.nan = pyo.Param(m.steps, initialize=NAN, mutable=True, within=pyo.Any)
        m.c = pyo.Constraint(m.steps, rule=rule)
        with pytest.raises(ModelError, match="nan"):
            compile_model(m)
