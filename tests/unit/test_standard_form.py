"""Expanding templates at once, and putting them beside what Pyomo writes."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from pyomo.core.expr.numeric_expr import LinearExpression

import optimizer as dk
from optimizer import standard_form as module
from optimizer.errors import ModelError
from optimizer.expand import aside, template_constraints
from optimizer.matrices import Matrices, column_names, compile_model, row_names
from optimizer.templates import is_template, templates


def as_table(m: Matrices) -> pd.DataFrame:
    """Return every coefficient by row and column name, in an order of its own."""
    a, rows, columns = m.a.tocoo(), np.array(row_names(m)), np.array(column_names(m))
    kinds = np.array([kind for _, kind in m.rows])
    frame = pd.DataFrame(
        {
            "row": rows[a.row],
            "kind": kinds[a.row],
            "column": columns[a.col],
            "coefficient": a.data,
            "lower": m.row_lower[a.row],
            "upper": m.row_upper[a.row],
            "cost": m.cost[a.col],
            "least": m.col_lower[a.col],
            "most": m.col_upper[a.col],
            "is_integer": m.is_integer[a.col],
        }
    )
    return frame.sort_values(["row", "kind", "column"], ignore_index=True)


def by_pyomo_alone(monkeypatch: pytest.MonkeyPatch, model: pyo.ConcreteModel) -> Matrices:
    """Return the arrays as Pyomo's own compiler makes them, row by row."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "template_constraints", lambda _: [])
        patch.setattr(module, "_listed_cost", lambda *_: None)
        return compile_model(model)


def test_the_default_plant_compiles_to_what_pyomo_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves every row, bound, cost and name of the default plant is as Pyomo alone has it."""
    model = dk.build(start="2026-07-01T00:00Z", horizon="6h@15min+12h@1h").model
    ours, pyomos = compile_model(model), by_pyomo_alone(monkeypatch, model)
    assert sum(is_template(row) for row, _ in ours.rows) > len(ours.rows) / 2
    pd.testing.assert_frame_equal(as_table(ours), as_table(pyomos), rtol=1e-12, atol=1e-12)
    assert ours.cost_offset == pytest.approx(pyomos.cost_offset, rel=1e-12)
    assert ours.cost.sum() == pytest.approx(pyomos.cost.sum(), rel=1e-12)
    assert len(ours.columns) == len(pyomos.columns)


def plant() -> pyo.ConcreteModel:
    """Return a model with one template: x[t] + 2 y[t] <= 10 for five steps."""
    m = pyo.ConcreteModel()
    m.steps = pyo.Set(initialize=range(5))
    m.x, m.y = pyo.Var(m.steps, bounds=(0, 9)), pyo.Var(m.steps, bounds=(0, 8))
    m.unused = pyo.Var(m.steps)
    with templates():
        m.limit = pyo.Constraint(m.steps, rule=lambda m, t: m.x[t] + 2 * m.y[t] <= 10)
    variables = [*m.x.values(), *m.y.values()]
    m.goal = pyo.Objective(
        expr=LinearExpression(constant=5.0, linear_coefs=[1.0] * 10, linear_vars=variables)
    )
    return m


def swapped(m: pyo.ConcreteModel) -> None:
    m.limit[3].set_value(m.x[3] >= 2)


def more_cost(m: pyo.ConcreteModel) -> None:
    m.goal.set_value(m.goal.expr + 3 * m.x[2] + 1)


def twice(m: pyo.ConcreteModel) -> None:
    terms = {"linear_coefs": [1.0, 2.0, 4.0], "linear_vars": [m.x[0], m.y[0], m.x[0]]}
    m.goal.set_value(LinearExpression(**terms))


CHANGES: dict[str, Callable[[pyo.ConcreteModel], object]] = {
    "as built": lambda m: None,
    "a row taken out": lambda m: m.limit[1].deactivate(),
    "all rows taken out": lambda m: [row.deactivate() for row in m.limit.values()],
    "a row changed": swapped,
    "a variable fixed": lambda m: m.y[2].fix(1.5),
    "variables fixed that no row has": lambda m: (m.unused.fix(1.0), m.limit.deactivate()),
    "a cost added": more_cost,
    "a variable twice in the cost": twice,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_model_compiles_to_what_pyomo_writes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves what a researcher changes after building reaches the solver."""
    m = plant()
    CHANGES[name](m)
    ours, pyomos = compile_model(m), by_pyomo_alone(monkeypatch, m)
    pd.testing.assert_frame_equal(as_table(ours), as_table(pyomos))
    assert ours.cost_offset == pyomos.cost_offset
    assert sorted(column_names(ours)) == sorted(column_names(pyomos))


def test_a_bound_by_a_parameter_is_read() -> None:
    """Proves a bound that is an expression, here a changed parameter, is the solver's bound."""
    m = plant()
    m.most = pyo.Param(initialize=4.0, mutable=True)
    m.x[0].setub(2 * m.most)
    m.most.set_value(3.0)
    a = compile_model(m)
    assert a.col_upper[column_names(a).index("x[0]")] == 6.0


def test_an_index_that_is_missing_is_told_by_pyomo() -> None:
    """Proves a rule that reaches before the first step is refused, not left out."""
    m = plant()
    with templates():
        m.ramp = pyo.Constraint(m.steps, rule=lambda m, t: m.x[t] - m.x[t - 1] <= 1)
        with pytest.raises(ModelError, match="-1"):
            compile_model(m)
    assert m.limit.active
    assert m.ramp.active


def test_what_is_set_aside_comes_back() -> None:
    """Proves constraints and objective are active again after an exception, rows as they were."""
    m = plant()
    m.limit[1].deactivate()
    with suppress(KeyError), aside([*template_constraints(m), m.goal]):
        assert not m.limit.active
        assert not m.goal.active
        raise KeyError
    assert m.limit.active
    assert m.goal.active
    assert [row.active for row in m.limit.values()] == [True, False, True, True, True]
