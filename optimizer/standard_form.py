"""A Pyomo model in standard form: one objective, rows with a side, columns. Names no solver."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.common.errors import (
    InfeasibleConstraintException,
    InvalidValueError,
    PyomoException,
)
from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import LinearExpression, MonomialTermExpression
from pyomo.core.expr.numvalue import native_numeric_types
from pyomo.opt import WriterFactory
from pyomo.repn.util import InvalidNumber
from scipy import sparse

from optimizer.errors import Infeasible, ModelError
from optimizer.expand import (
    Columns,
    Floats,
    Places,
    Row,
    Rows,
    aside,
    expand,
    template_constraints,
)

Cost = tuple[float, Floats, Places]  # constant, coefficients and their columns

_PARAM_LOG = logging.getLogger("pyomo.core.base.param")


@dataclass(frozen=True, kw_only=True, slots=True)
class StandardForm:
    """Minimise cost @ x + offset where a @ x is at most, at least or equal to side, by row."""

    cost: Floats
    offset: float
    a: sparse.csc_array
    side: Floats
    rows: list[Row]
    columns: list[VarData]


def standard_form(model: pyo.ConcreteModel) -> StandardForm:
    """Return the standard form of `model`: rows from templates first, then all others.

    Raises
    ------
    ModelError
        It is nonlinear, maximised, or has not exactly one objective.
    Infeasible
        A constraint without variables cannot hold.
    """
    columns, objective = Columns(), _objective(model)
    found = [(one, expand(one, columns)) for one in template_constraints(model)]
    parts = [rows for _, rows in found if rows is not None]
    cost = _listed_cost(objective.expr, columns)
    done = [one for one, rows in found if rows is not None]
    with aside(done if cost is None else [*done, objective]):
        rest = _by_pyomo(model)
    parts.append(_plain_rows(rest, columns))
    if cost is None:
        c = rest.c.tocoo()
        cost = float(_numbers(rest.c_offset)[0]), c.data, columns.of(rest.columns)[c.col]
    return _without_columns_of_no_use(cost, parts, columns)


def _objective(model: pyo.ConcreteModel) -> Any:
    """Return the one objective of `model`, to be minimised."""
    found = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
    if len(found) != 1:
        raise ModelError([f"model: it has {len(found)} active objectives. Give exactly one."])
    if found[0].sense != pyo.minimize:
        raise ModelError(["model: its objective is maximised. Minimise its negative."])
    return found[0]


def _listed_cost(expression: Any, columns: Columns) -> Cost | None:
    """Return a cost that is a plain list of numbers times variables, or None if it is not."""
    if expression.__class__ is not LinearExpression:
        return None
    terms = [one for one in expression.args if one.__class__ is MonomialTermExpression]
    numbers = [one for one in expression.args if one.__class__ is not MonomialTermExpression]
    coefficients, variables = (
        zip(*(term.args for term in terms), strict=True) if terms else ((), ())
    )
    if not native_numeric_types.issuperset(map(type, (*numbers, *coefficients))):
        return None
    return float(sum(numbers)), np.array(coefficients, dtype=float), columns.of(variables)


def _plain_rows(rest: Any, columns: Columns) -> Rows:
    """Return the rows that Pyomo has written, in the columns met so far."""
    a = rest.A.tocsr()
    places = columns.of(rest.columns)
    shape = (a.shape[0], len(columns.variables))
    a = sparse.csr_array((a.data, places[a.indices], a.indptr), shape=shape)
    return Rows(rows=[tuple(row) for row in rest.rows], side=_numbers(rest.rhs), a=a)


def _without_columns_of_no_use(cost: Cost, parts: list[Rows], columns: Columns) -> StandardForm:
    """Return all parts as one, without fixed variables and such as stand nowhere."""
    variables, count = columns.variables, len(columns.variables)
    for part in parts:
        part.a.resize((part.a.shape[0], count))
    a = sparse.csc_array(sparse.vstack([part.a for part in parts], format="csc"))
    a.sum_duplicates()
    a.eliminate_zeros()
    side = np.concatenate([part.side for part in parts])
    offset, coefficients, places = cost
    prices = np.zeros(count)
    np.add.at(prices, places, coefficients)  # a variable may stand in the list more than once
    is_fixed = np.array([variable.fixed for variable in variables], dtype=bool)
    is_used = (np.diff(a.indptr) > 0) | (prices != 0)
    if (is_fixed & is_used).any():
        fixed = np.flatnonzero(is_fixed & is_used)
        values = np.array([variables[j].value for j in fixed.tolist()], dtype=float)
        side, offset = side - a[:, fixed] @ values, offset + float(prices[fixed] @ values)
    if not (kept := is_used & ~is_fixed).all():
        a, prices = a[:, np.flatnonzero(kept)], prices[kept]
        variables = [variables[j] for j in np.flatnonzero(kept).tolist()]
    rows = [row for part in parts for row in part.rows]
    return StandardForm(cost=prices, offset=offset, a=a, side=side, rows=rows, columns=variables)


class _NoDeprecation(logging.Filter):
    """Drops a warning that Pyomo 6.10.1 gives about itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "sparse_iteritems" not in record.getMessage()


def _by_pyomo(model: pyo.ConcreteModel) -> Any:
    """Return Pyomo's standard form of `model`, with its objections translated."""
    silence = _NoDeprecation()
    _PARAM_LOG.addFilter(silence)
    try:
        # templates become Python source, where numpy 2 would write np.float64(0.9)
        with np.printoptions(legacy="1.25"):
            writer = WriterFactory("compile_standard_form")
            return writer.write(model, mixed_form=True, set_sense=None)
    except InfeasibleConstraintException as problem:
        name = str(problem).split("'")[1]
        raise Infeasible(f"{name} cannot hold, whatever is planned.", [name]) from problem
    except (PyomoException, ValueError, ArithmeticError, LookupError, TypeError) as problem:
        raise ModelError([f"model: {problem}"]) from problem
    finally:
        _PARAM_LOG.removeFilter(silence)


def _numbers(values: Sequence[Any]) -> Floats:
    """Return `values` as floats, with NaN for what Pyomo wraps because it is no number."""
    try:
        return np.asarray(values, dtype=np.float64)
    except InvalidValueError:
        plain = [value.value if isinstance(value, InvalidNumber) else value for value in values]
        return np.asarray(plain, dtype=np.float64)
