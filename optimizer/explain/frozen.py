"""The plan's linear program with its whole numbers fixed, to be nudged and solved again."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from pyomo.core.base.component import ComponentData
from scipy import sparse

from models.errors import InputError
from optimizer.expand import Row
from optimizer.matrices import Floats, Matrices, compile_model
from optimizer.optimum import Optimum
from optimizer.settle import relaxed
from optimizer.site import Problem
from optimizer.solution import Solution, SolveOptions
from optimizer.solve import run_highs

_NOTHING = 1e-9
_LATER = re.compile(r"either_or\.is_first|.*\.is_line")  # choices added while solving
_PRICED = 1e-9  # a dual below this is none

Key = tuple[str, object]  # a part's name without index, and its index: quicker than its full name


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Extra:
    """A row that was added while solving, its whole numbers put in."""

    terms: Mapping[Key, float]  # by variable
    lower: float
    upper: float
    row: Row


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Decided:
    """What whole numbers say: their values, and the rows that came with some of them."""

    whole: Mapping[Key, float]
    extras: tuple[Extra, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Frozen:
    """The program left when whole numbers are the plan's, solved, with prices.

    Attributes
    ----------
    lp : Matrices
        Without whole numbers; its rows' right-hand sides may be moved.
    solution : Solution
        Values and duals of `lp`. [MAD per unit]
    """

    optimum: Optimum
    decided: Decided
    lp: Matrices
    solution: Solution

    @property
    def options(self) -> SolveOptions:
        """Return how the plan is solved."""
        return self.optimum.problem.site.solver

    @cached_property
    def columns(self) -> list[Key]:
        """Return the keys of the variables."""
        return keys(self.lp.columns)

    @cached_property
    def rows(self) -> list[Key]:
        """Return the keys of the constraints."""
        return keys(constraint for constraint, _ in self.lp.rows)

    @cached_property
    def x(self) -> Floats:
        """Return the plan's values."""
        return _present(self.solution.x)

    @cached_property
    def row_dual(self) -> Floats:
        """Return the price of each row's right-hand side [MAD per unit]."""
        return _present(self.solution.row_dual)

    @cached_property
    def col_dual(self) -> Floats:
        """Return the price of each variable's bound [MAD per unit]."""
        return _present(self.solution.col_dual)

    @cached_property
    def by_row(self) -> sparse.csr_array:
        """Return the coefficients row by row."""
        return self.lp.a.tocsr()

    def solve(self, lp: Matrices) -> float | None:
        """Return the cost of another program of the same decisions; None if there is none."""
        solution = run_highs(lp, self.options)
        return None if solution.x is None else solution.objective

    def claimed(self, other: Matrices) -> float | None:
        """Return what duals say the step from `lp` to `other` costs [MAD].

        Cost @ x and y @ (b - A x) for what changes in them; None where the two have not the same
        rows and columns, or a bound that has a price comes or goes.
        """
        m, y, d = self.lp, self.row_dual, self.col_dual
        rows = keys(constraint for constraint, _ in other.rows)
        if keys(other.columns) != self.columns or rows != self.rows or not self._same_kinds(other):
            return None
        y_real, d_real = np.abs(y) > _PRICED, np.abs(d) > _PRICED
        with np.errstate(invalid="ignore"):
            row_move = np.where(y > 0, other.row_lower - m.row_lower, other.row_upper - m.row_upper)
            col_move = np.where(d > 0, other.col_lower - m.col_lower, other.col_upper - m.col_upper)
        row_move = row_move - (other.a - m.a) @ self.x
        if not (np.isfinite(row_move[y_real]).all() and np.isfinite(col_move[d_real]).all()):
            return None
        own = (other.cost - m.cost) @ self.x + other.cost_offset - m.cost_offset
        return float(own + y[y_real] @ row_move[y_real] + d[d_real] @ col_move[d_real])

    def is_of(self, problem: Problem) -> bool:
        """Return whether the plan's program is that of `problem`, and not one extended by hand."""
        try:
            step = self.claimed(fixed(compile_model(problem.model), self.decided))
        except KeyError:
            return False
        return step is not None and abs(step) <= _NOTHING * max(1.0, abs(self.solution.objective))

    def mirrored(self, other: Matrices) -> Matrices:
        """Return `lp` moved as far as `other` is, the other way; both have the same structure."""
        m = self.lp
        pairs = {
            name: (getattr(m, name), getattr(other, name))
            for name in ("cost", "row_lower", "row_upper", "col_lower", "col_upper")
        }
        with np.errstate(invalid="ignore"):
            back = {name: np.where(a == b, a, 2 * a - b) for name, (a, b) in pairs.items()}
        a = sparse.csc_array(2 * m.a - other.a)
        a.eliminate_zeros()
        return replace(
            m,
            a=a,
            cost=back["cost"],
            cost_offset=2 * m.cost_offset - other.cost_offset,
            row_lower=back["row_lower"],
            row_upper=back["row_upper"],
            col_lower=back["col_lower"],
            col_upper=back["col_upper"],
        )

    def _same_kinds(self, other: Matrices) -> bool:
        """Return whether the rows are of the same kinds: one with two bounds has two rows."""
        return [kind for _, kind in other.rows] == [kind for _, kind in self.lp.rows]


def keys(parts: Iterable[ComponentData]) -> list[Key]:
    """Return each part's name without index, looked up once per component, and its index."""
    known: dict[int, str] = {}
    found: list[Key] = []
    for part in parts:
        component = part.parent_component()
        name = known.get(id(component))
        if name is None:
            name = known[id(component)] = component.name
        found.append((name, part.index()))
    return found


def spoken(key: Key) -> str:
    """Return a key as the part's full name: ``grid_onee.import_mw[3]``."""
    name, index = key
    inside = ",".join(map(str, index)) if isinstance(index, tuple) else str(index)
    return name if index is None else f"{name}[{inside}]"


def freeze(optimum: Optimum) -> Frozen:
    """Return the linear program of a plan, its whole numbers fixed.

    Raises
    ------
    InputError
        The plan was interrupted, so that it has no prices.
    """
    m, x = optimum.matrices, optimum.priced.x
    if x is None or optimum.priced.row_dual is None:
        raise InputError(["the plan was stopped before it had prices. Plan again, then explain."])
    names = keys(m.columns)
    choice = m.is_integer & np.array(
        [_LATER.fullmatch(name) is not None for name, _ in names], dtype=bool
    )
    whole = {names[j]: float(np.rint(x[j])) for j in np.flatnonzero(m.is_integer & ~choice)}
    if not choice.any():
        decided = Decided(whole=whole)
        return Frozen(
            optimum=optimum, decided=decided, lp=fixed(m, decided), solution=optimum.priced
        )
    decided = Decided(whole=whole, extras=_extras(m, x, names, choice))
    lp = fixed(_without_choices(m, choice), decided)
    solution = run_highs(lp, optimum.problem.site.solver)
    return Frozen(optimum=optimum, decided=decided, lp=lp, solution=solution)


def fixed(m: Matrices, decided: Decided) -> Matrices:
    """Return `m` with its whole numbers as decided, and with the rows that came with choices.

    Raises
    ------
    KeyError
        `m` has a whole number nobody decided.
    """
    names = keys(m.columns)
    lower, upper = m.col_lower.copy(), m.col_upper.copy()
    for j in np.flatnonzero(m.is_integer).tolist():
        lower[j] = upper[j] = decided.whole[names[j]]
    if not decided.extras:
        return replace(relaxed(m), col_lower=lower, col_upper=upper)
    place = {name: j for j, name in enumerate(names)}
    added = []
    for extra in decided.extras:
        if len(extra.terms) > 1:
            added.append(extra)
            continue
        [(name, factor)] = extra.terms.items()
        if factor > 0 and abs(extra.upper) <= _NOTHING:  # the way not taken
            upper[place[name]] = 0.0
    block = sparse.lil_array((len(added), len(names)))
    for k, extra in enumerate(added):
        for name, factor in extra.terms.items():
            block[k, place[name]] = factor
    return replace(
        relaxed(m),
        col_lower=lower,
        col_upper=upper,
        a=sparse.csc_array(sparse.vstack([m.a, block])),
        row_lower=np.concatenate([m.row_lower, [e.lower for e in added]]),
        row_upper=np.concatenate([m.row_upper, [e.upper for e in added]]),
        rows=[*m.rows, *(e.row for e in added)],
    )


def moved(lp: Matrices, row: int, by: float) -> Matrices:
    """Return `lp` with one row's right-hand side moved."""
    step = np.zeros(len(lp.rows))
    step[row] = by
    return replace(lp, row_lower=lp.row_lower + step, row_upper=lp.row_upper + step)


def _extras(m: Matrices, x: Floats, names: list[Key], choice: np.ndarray) -> tuple[Extra, ...]:
    """Return the rows with a choice in them, the choices' values put in."""
    by_row, found = m.a.tocsr(), []
    for k in _rows_of(m, choice).tolist():
        part = slice(by_row.indptr[k], by_row.indptr[k + 1])
        its, factors = by_row.indices[part], by_row.data[part]
        chosen = choice[its]
        known = float(factors[chosen] @ np.rint(x[its[chosen]]))
        terms = dict(zip((names[j] for j in its[~chosen]), factors[~chosen].tolist(), strict=True))
        if terms:
            found.append(
                Extra(
                    terms=terms,
                    lower=float(m.row_lower[k] - known),
                    upper=float(m.row_upper[k] - known),
                    row=m.rows[k],
                )
            )
    return tuple(found)


def _rows_of(m: Matrices, columns: np.ndarray) -> np.ndarray:
    """Return the rows that hold one of some columns."""
    return np.flatnonzero(np.diff(m.a[:, np.flatnonzero(columns)].tocsr().indptr))


def _without_choices(m: Matrices, choice: np.ndarray) -> Matrices:
    """Return `m` as it was before choices were added to it."""
    keep_rows = np.setdiff1d(np.arange(len(m.rows)), _rows_of(m, choice))
    keep = np.flatnonzero(~choice)
    return replace(
        m,
        cost=m.cost[keep],
        a=sparse.csc_array(m.a[:, keep].tocsr()[keep_rows, :]),
        row_lower=m.row_lower[keep_rows],
        row_upper=m.row_upper[keep_rows],
        col_lower=m.col_lower[keep],
        col_upper=m.col_upper[keep],
        is_integer=m.is_integer[keep],
        columns=[m.columns[j] for j in keep.tolist()],
        rows=[m.rows[k] for k in keep_rows.tolist()],
    )


def _present(values: Floats | None) -> Floats:
    """Return `values`, which a solved linear program has."""
    if values is None:
        raise InputError(["the plan can't be solved again. Plan again, then explain."])
    return values
