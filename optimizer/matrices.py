"""A Pyomo model as arrays, their checks, and values back into the model. Names no solver.

Rows carry a bound type: +1 is <=, -1 is >=, 0 is ==. A constraint with two bounds gives two rows.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.core.base.var import VarData
from pyomo.repn import generate_standard_repn
from scipy import sparse

from optimizer.errors import ModelError
from optimizer.expand import Row
from optimizer.standard_form import standard_form
from optimizer.templates import is_template, plain_copy

Floats = NDArray[np.float64]

_PLAIN = {float, int, type(None)}
_PROBLEMS_SHOWN = 5
_TEMPLATE_ROWS_COMPARED = 5
_SAME = 1e-9  # two ways of summing the same few terms differ by less


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Matrices:
    """Minimise cost @ x + cost_offset where a @ x and x keep their bounds.

    Parameters
    ----------
    cost, col_lower, col_upper : array, shape (columns,)
        Bounds may be infinite.
    a : sparse array, shape (rows, columns)
        In compressed columns, without explicit zeros.
    is_integer : bool array, shape (columns,)
    columns, rows : sequence
        The Pyomo objects the columns and rows came from; rows with their bound type.
    owner : object
        Keeps the model alive: without it, its parts forget their names.
    compile_s : float
        How long Pyomo took. [s]
    """

    cost: Floats
    cost_offset: float
    a: sparse.csc_array
    row_lower: Floats
    row_upper: Floats
    col_lower: Floats
    col_upper: Floats
    is_integer: NDArray[np.bool_]
    columns: Sequence[VarData]
    rows: Sequence[Row]
    owner: object = None
    compile_s: float = 0.0

    def __post_init__(self) -> None:
        by_column = (self.cost, self.col_lower, self.col_upper, self.is_integer, self.columns)
        by_row = (self.row_lower, self.row_upper, self.rows)
        lengths = ({len(part) for part in by_row}, {len(part) for part in by_column})
        if lengths != ({self.a.shape[0]}, {self.a.shape[1]}):
            raise ModelError([f"model: arrays of lengths {lengths} for a matrix {self.a.shape}."])


def compile_model(model: pyo.ConcreteModel) -> Matrices:
    """Return `model` as arrays: rows from templates first, then all others.

    Raises
    ------
    ModelError
        It is nonlinear, maximised, has not exactly one objective, or a number in it is NaN.
    Infeasible
        A constraint without variables cannot hold.
    """
    started = time.perf_counter()
    form = standard_form(model)
    kind = np.array([kind for _, kind in form.rows], dtype=np.int8)
    lower, upper, is_integer = _column_bounds(form.columns)
    matrices = Matrices(
        cost=form.cost,
        cost_offset=form.offset,
        a=form.a,
        row_lower=np.where(kind <= 0, form.side, -np.inf),
        row_upper=np.where(kind >= 0, form.side, np.inf),
        col_lower=lower,
        col_upper=upper,
        is_integer=is_integer,
        columns=form.columns,
        rows=form.rows,
        owner=model,
    )
    check_finite(matrices)
    _check_templates(matrices)
    return _without_idle_rows(matrices, time.perf_counter() - started)


def column_names(m: Matrices) -> list[str]:
    """Return the variables' names; slow for a year, so only on demand."""
    return [variable.name for variable in m.columns]


def row_names(m: Matrices) -> list[str]:
    """Return the constraints' names; slow for a year, so only on demand."""
    return [constraint.name for constraint, _ in m.rows]


def load_values(m: Matrices, x: Floats) -> None:
    """Write `x` into the Pyomo variables; `x` is the solution's, which was verified."""
    for variable, value in zip(m.columns, x.tolist(), strict=True):
        variable.set_value(value, skip_validation=True)


def check_finite(m: Matrices) -> None:
    """Raise ModelError, with names, unless every number is one the solver may be given."""
    problems = list(islice(_not_numbers(m), _PROBLEMS_SHOWN + 1))
    if len(problems) > _PROBLEMS_SHOWN:
        problems[-1] = "model: and more of the same kind."
    if problems:
        raise ModelError(problems)


def _column_bounds(columns: Sequence[VarData]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return lower bounds, upper bounds and whether each variable is whole."""
    lower, upper = _own_bounds(columns)
    is_integer = np.zeros(len(columns), dtype=np.bool_)
    domains = [variable.domain for variable in columns]
    keys = np.array(list(map(id, domains)))  # few, shared by many variables
    for key, (domain, one) in dict(
        zip(keys.tolist(), zip(domains, columns, strict=True), strict=True)
    ).items():
        if not (one.is_continuous() or one.is_integer()):
            raise ModelError([f"model: {one.name} is neither continuous nor whole."])
        low, high = domain.bounds()
        its = keys == key
        lower[its] = np.maximum(lower[its], -np.inf if low is None else low)
        upper[its] = np.minimum(upper[its], np.inf if high is None else high)
        is_integer[its] = one.is_integer()
    return lower, upper, is_integer


def _own_bounds(columns: Sequence[VarData]) -> tuple[Floats, Floats]:
    """Return the bounds that variables have beside those of their domain."""
    lower = _side([variable._lb for variable in columns], -np.inf)  # `bounds` takes 8 times as long
    upper = _side([variable._ub for variable in columns], np.inf)
    if lower is not None and upper is not None:
        return lower, upper
    try:
        bounds = [variable.bounds for variable in columns]
    except ValueError as problem:  # Pyomo refuses NaN here, by name
        raise ModelError([f"model: {problem}"]) from problem
    lower = np.array([-np.inf if low is None else low for low, _ in bounds], dtype=np.float64)
    upper = np.array([np.inf if high is None else high for _, high in bounds], dtype=np.float64)
    return lower, upper


def _side(values: list[Any], missing: float) -> Floats | None:
    """Return numbers as an array; None where there are expressions or NaN among them."""
    if not _PLAIN.issuperset(map(type, values)):
        return None
    side = np.array(values, dtype=np.float64)  # None becomes NaN
    is_nan = np.isnan(side)
    return np.where(is_nan, missing, side) if is_nan.sum() == values.count(None) else None


def _not_numbers(m: Matrices) -> Iterator[str]:
    """Yield a sentence for each number no solver can be given."""
    remedy = "Mend the series or parameter it is made from."
    for j in np.flatnonzero(~np.isfinite(m.cost)).tolist():
        yield f"model: the cost of {m.columns[j].name} is {m.cost[j]}. {remedy}"
    if not np.isfinite(m.cost_offset):
        yield f"model: the constant of the objective is {m.cost_offset}. {remedy}"
    for k in np.flatnonzero(~np.isfinite(m.a.data)).tolist():
        column = m.columns[int(np.searchsorted(m.a.indptr, k, side="right")) - 1].name
        row = m.rows[m.a.indices[k]][0].name
        yield f"model: the coefficient of {column} in {row} is {m.a.data[k]}. {remedy}"
    for low, high in ((m.row_lower, m.row_upper), (m.col_lower, m.col_upper)):
        for k in np.flatnonzero(~((low < np.inf) & (high > -np.inf))).tolist():
            part = m.rows[k][0] if low is m.row_lower else m.columns[k]
            yield f"model: the bounds of {part.name} are {low[k]} and {high[k]}. {remedy}"


def _check_templates(m: Matrices) -> None:
    """Raise ModelError where a row from a template is not what its rule says."""
    groups: dict[int, list[int]] = {}
    for k, (constraint, _) in enumerate(m.rows):
        if is_template(constraint):
            groups.setdefault(id(constraint.parent_component()), []).append(k)
    by_row = m.a.tocsr()
    for group in groups.values():
        for place in np.linspace(0, len(group) - 1, _TEMPLATE_ROWS_COMPARED).astype(int):
            k = group[place]
            if not _is_as_ruled(m, int(k), by_row):
                name = m.rows[k][0].parent_component().name
                fault = f"model: {name} differs between its template and its rule."
                raise ModelError([f"{fault} Build it outside templates()."])


def _is_as_ruled(m: Matrices, k: int, by_row: sparse.csr_array) -> bool:
    """Return whether row `k` equals what the rule gives for its index."""
    constraint, kind = m.rows[k]
    try:
        lower, body, upper = plain_copy(constraint).to_bounded_expression(evaluate_bounds=True)
    except (ValueError, AttributeError):  # the rule skips this index
        return False
    plain = generate_standard_repn(body)
    terms: dict[int, float] = {}
    for variable, coefficient in zip(plain.linear_vars, plain.linear_coefs, strict=True):
        terms[id(variable)] = terms.get(id(variable), 0.0) + coefficient
    part = slice(by_row.indptr[k], by_row.indptr[k + 1])
    for j, value in zip(by_row.indices[part], by_row.data[part], strict=True):
        terms[id(m.columns[j])] = terms.get(id(m.columns[j]), 0.0) - value
    sides = [(upper, m.row_upper[k])] if kind >= 0 else []
    sides += [(lower, m.row_lower[k])] if kind <= 0 else []
    sizes = [abs(float(value)) for value in by_row.data[part]]
    scale = max([1.0, abs(plain.constant), *sizes])
    gaps = [side - plain.constant - ours for side, ours in sides if side is not None]
    return len(gaps) == len(sides) and all(
        abs(g) <= _SAME * scale for g in [*gaps, *terms.values()]
    )


def _without_idle_rows(m: Matrices, compile_s: float) -> Matrices:
    """Return `m` without rows that forbid nothing: no variable left in them and no clash."""
    count = np.bincount(m.a.indices, minlength=len(m.rows))
    is_idle = (count == 0) & (m.row_lower <= 0) & (m.row_upper >= 0)
    if not is_idle.any():
        return replace(m, compile_s=compile_s)
    keep = np.flatnonzero(~is_idle).tolist()
    return replace(
        m,
        a=m.a[keep, :],
        row_lower=m.row_lower[keep],
        row_upper=m.row_upper[keep],
        rows=[m.rows[k] for k in keep],
        compile_s=compile_s,
    )
