"""Constraints from templates become rows of a matrix, all indices of a constraint at once.

Pyomo runs a template once for each index. Here its few sums and products run once, on arrays with
one entry for each index, which is several times as fast. `compile_model` compares some rows of
every template with what its rule says.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.common.errors import PyomoException
from pyomo.core.base.component import ActiveComponent
from pyomo.core.base.constraint import ConstraintData
from pyomo.core.base.var import VarData
from pyomo.core.expr import numeric_expr
from pyomo.core.expr.numvalue import native_types
from pyomo.core.expr.template_expr import GetItemExpression, IndexTemplate
from scipy import sparse

from optimizer.templates import is_template

Floats = NDArray[np.float64]
Places = NDArray[np.int32]  # columns
Row = tuple[ConstraintData, int]
At = dict[int, list[Any]]  # what each index template stands for, in each row


class Columns:
    """Variables in the order in which they are met: their columns."""

    def __init__(self) -> None:
        self.variables: list[VarData] = []
        self._place: dict[int, int] = {}
        self._by_index: dict[int, tuple[dict[Any, int], list[Any], Places]] = {}

    def of(self, variables: Iterable[VarData]) -> Places:
        """Return the columns of some variables, new ones where they have none."""
        many = list(variables)
        keys, count = list(map(id, many)), len(self._place)
        try:
            return np.fromiter(map(self._place.__getitem__, keys), np.int32, len(keys))
        except KeyError:
            new = dict(zip(keys, many, strict=True))
            for key in self._place.keys() & new.keys():
                del new[key]
            self.variables += new.values()
            self._place.update(zip(new, range(count, count + len(new)), strict=True))
            return self.of(many)

    def at(self, component: pyo.Var, keys: list[Any]) -> Places:
        """Return the columns of the variables of `component` that have these indices."""
        if id(component) not in self._by_index:
            indices, places = list(component.keys()), self.of(component.values())
            by_index = dict(zip(indices, places.tolist(), strict=True))
            self._by_index[id(component)] = by_index, indices, places
        by_index, indices, places = self._by_index[id(component)]
        if keys == indices:  # most often: each variable in the row of its own index
            return places
        return np.fromiter(map(by_index.__getitem__, keys), np.int32, len(keys))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """Some rows: their matrix, in the columns met so far, and the side each is held to."""

    rows: list[Row]
    side: Floats
    a: sparse.csr_array


@dataclass(frozen=True, kw_only=True, slots=True)
class _Linear:
    """Constant and terms of an expression: numbers, or arrays with an entry for each row."""

    constant: Any = 0.0
    terms: tuple[tuple[Any, Any], ...] = ()  # coefficients and columns

    def __add__(self, other: "_Linear") -> "_Linear":
        return _Linear(constant=self.constant + other.constant, terms=self.terms + other.terms)

    def times(self, factor: Any) -> "_Linear":
        """Return the expression times a number, or an array of them."""
        terms = tuple((coefficient * factor, column) for coefficient, column in self.terms)
        constant = self.constant * factor if np.any(self.constant) else 0.0  # 0 * NaN is no NaN
        return _Linear(constant=constant, terms=terms)


def template_constraints(model: pyo.ConcreteModel) -> list[pyo.Constraint]:
    """Return the active constraints of `model` that are templates in every index."""
    every = model.component_objects(pyo.Constraint, active=True, descend_into=True)
    return [c for c in every if c.is_indexed() and len(c) and all(map(is_template, c.values()))]


@contextmanager
def aside(constraints: list[pyo.Constraint]) -> Iterator[None]:
    """Hide some constraints from whatever walks through the model."""
    try:
        for constraint in constraints:
            ActiveComponent.deactivate(constraint)  # not its rows: some may be inactive already
        yield
    finally:
        for constraint in constraints:
            ActiveComponent.activate(constraint)


def expand(constraint: pyo.Constraint, columns: Columns) -> Rows | None:
    """Return the rows of a template, or None where Pyomo must expand it, or say what is wrong."""
    active = {index: row for index, row in constraint.items() if row.active}
    if not active:
        return None
    keys, data = list(active), list(active.values())
    _, templates = data[0].template_expr()
    split = zip(*keys, strict=True) if len(templates) > 1 else [keys]
    at = {id(one): list(values) for one, values in zip(templates, split, strict=True)}
    try:
        lower, body, upper = data[0].to_bounded_expression()
        linear = _evaluate(body, at, columns)
        low = -np.inf if lower is None else _evaluate(lower, at, columns).constant
        high = np.inf if upper is None else _evaluate(upper, at, columns).constant
    except (PyomoException, LookupError, TypeError, ValueError):
        return None
    ones = np.ones(len(data))
    return _rows(data, linear, (low - linear.constant) * ones, (high - linear.constant) * ones)


def _rows(data: list[ConstraintData], linear: _Linear, low: Floats, high: Floats) -> Rows:
    """Return one row for each bound, and one for both where they are equal."""
    is_equal = low == high
    kinds = np.stack([np.where(is_equal, 0, 1), np.full(len(data), -1)], axis=1).ravel()
    sides = np.stack([high, low], axis=1).ravel()
    asked = np.stack([high != np.inf, (low != -np.inf) & ~is_equal], axis=1).ravel()
    kept = np.flatnonzero(asked)
    source, count = kept // 2, len(linear.terms)
    shape = (len(data), count)
    coefficients, places = np.empty(shape), np.empty(shape, dtype=np.int32)
    for k, (coefficient, column) in enumerate(linear.terms):
        coefficients[:, k], places[:, k] = coefficient, column
    ends = np.arange(len(kept) + 1, dtype=np.int32) * np.int32(count)
    width = int(places.max()) + 1 if places.size else 0
    a = sparse.csr_array(
        (coefficients[source].ravel(), places[source].ravel(), ends), shape=(len(kept), width)
    )
    rows = [(data[i], kind) for i, kind in zip(source.tolist(), kinds[kept].tolist(), strict=True)]
    return Rows(rows=rows, side=sides[kept], a=a)


def _evaluate(node: Any, at: At, columns: Columns) -> _Linear:
    """Return an expression that `optimizer.templates` has found to be safe, in every row."""
    if node.__class__ in native_types:
        return _Linear(constant=node)
    if isinstance(node, IndexTemplate):
        return _Linear(constant=np.array(at[id(node)]))
    if isinstance(node, GetItemExpression):
        return _item(node, at, columns)
    if isinstance(node, VarData):
        return _Linear(terms=((1.0, columns.of([node])),))
    if not node.is_expression_type():
        return _Linear(constant=pyo.value(node))
    parts = [_evaluate(arg, at, columns) for arg in node.args]
    if isinstance(node, numeric_expr.SumExpression):
        return sum(parts, start=_Linear())
    if isinstance(node, numeric_expr.NegationExpression):
        return parts[0].times(-1.0)
    first, second = parts
    if isinstance(node, numeric_expr.DivisionExpression) and not second.terms:
        return first.times(1.0 / second.constant)
    if isinstance(node, numeric_expr.ProductExpression) and not (first.terms and second.terms):
        return first.times(second.constant) if first.terms else second.times(first.constant)
    raise ValueError(f"{node} is no sum or product of numbers and variables")


def _item(node: GetItemExpression, at: At, columns: Columns) -> _Linear:
    """Return what an indexed variable or parameter is in every row."""
    component, *indices = node.args
    length = len(next(iter(at.values())))
    split = [_index(one, at, length) for one in indices]
    keys = split[0] if len(split) == 1 else list(zip(*split, strict=True))
    if isinstance(component, pyo.Var):
        return _Linear(terms=((1.0, columns.at(component, keys)),))
    if next(component.sparse_keys(), None) is None:
        return _Linear(constant=component.default())
    values = component.extract_values()
    return _Linear(constant=np.array([values[key] for key in keys]))


def _index(node: Any, at: At, length: int) -> list[Any]:
    """Return what one index is in every row."""
    if node.__class__ in native_types:
        return [node] * length
    if isinstance(node, IndexTemplate):
        return at[id(node)]
    values: list[Any] = _evaluate(node, at, Columns()).constant.tolist()
    return values
