"""The plan's linear program with its whole numbers fixed, to be nudged and solved again."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from pyomo.core.base.component import ComponentData
from scipy import sparse

from models.errors import InputError
from optimizer.exclusive import exclusive_pairs
from optimizer.matrices import Floats, Matrices, compile_model
from optimizer.optimum import Optimum
from optimizer.settle import relaxed
from optimizer.site import Problem
from optimizer.solution import Basis, Solution, SolveOptions
from optimizer.solve import basis_of, run_from, run_highs

_NOTHING = 1e-9
_LATER = re.compile(r"either_or\.is_first|.*\.is_line")  # choices added while solving
_PRICED = 1e-9  # a dual below this is none

Key = tuple[str, object]  # a part's name without index, and its index: quicker than its full name


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Decided:
    """What whole numbers say, in terms that hold in any model of the same parts.

    Attributes
    ----------
    whole : mapping
        The values of whole numbers.
    zeros : frozenset
        Variables held at zero: the way not taken, or cooling that rests.
    tight : frozenset
        Rows held at equality: the line that cooling follows.
    """

    whole: Mapping[Key, float]
    zeros: frozenset[Key] = frozenset()
    tight: frozenset[Key] = frozenset()


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

    @cached_property
    def basis(self) -> Basis | None:
        """Return where programs much like `lp` are solved from."""
        return basis_of(self.lp, self.options)

    def solve(self, lp: Matrices) -> float | None:
        """Return the cost of another program of the same decisions; None if there is none."""
        solution = run_from(lp, self.options, self._basis_for(lp))
        return None if solution.x is None else solution.objective

    def _basis_for(self, lp: Matrices) -> Basis | None:
        """Return the basis for another program of these rows, or of some of them."""
        if self.basis is None or lp.a.shape == self.lp.a.shape:
            return self.basis
        place = {id(row): k for k, row in enumerate(self.lp.rows)}
        if lp.a.shape[1] != self.lp.a.shape[1] or not all(id(row) in place for row in lp.rows):
            return None
        return replace(self.basis, rows=[self.basis.rows[place[id(row)]] for row in lp.rows])

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
    names, decided = keys(m.columns), decided_by(optimum)
    if not len(optimum.problem.splits):
        lp = fixed(m, decided)
        return Frozen(optimum=optimum, decided=decided, lp=lp, solution=optimum.priced)
    choice = np.array([_LATER.fullmatch(name) is not None for name, _ in names], dtype=bool)
    lp = fixed(_without_choices(m, choice), decided)
    solution = run_highs(lp, optimum.problem.site.solver)
    return Frozen(optimum=optimum, decided=decided, lp=lp, solution=solution)


def decided_by(optimum: Optimum) -> Decided:
    """Return what the whole numbers of a plan say; its model holds their values."""
    m, x = optimum.matrices, _present(optimum.priced.x)
    names, zeros, tight = keys(m.columns), set(), set()
    whole = {
        names[j]: float(np.rint(x[j]))
        for j in np.flatnonzero(m.is_integer)
        if _LATER.fullmatch(names[j][0]) is None
    }
    pairs = {name: both for name, *both in exclusive_pairs(optimum.problem)}
    for (name, t), is_first in optimum.problem.splits.pairs.items():
        first, second = pairs[name]
        [key] = keys([(second if round(is_first.value) else first)[t]])
        zeros.add(key)
    for t, choices in optimum.problem.splits.cooling.items():
        followed = int(np.argmax([choice.value for choice in choices]))
        if followed == len(choices) - 1:
            zeros.add(("cooling.power_mw", t))
        else:
            tight.add((f"cooling.line_{followed + 1}", t))
    return Decided(whole=whole, zeros=frozenset(zeros), tight=frozenset(tight))


def fixed(m: Matrices, decided: Decided) -> Matrices:
    """Return `m` with its whole numbers and choices as decided.

    Raises
    ------
    KeyError
        `m` has a whole number nobody decided, or lacks a variable or row of a choice.
    """
    names = keys(m.columns)
    lower, upper = m.col_lower.copy(), m.col_upper.copy()
    for j in np.flatnonzero(m.is_integer).tolist():
        lower[j] = upper[j] = decided.whole[names[j]]
    row_lower, row_upper = m.row_lower.copy(), m.row_upper.copy()
    if decided.zeros:
        place = {name: j for j, name in enumerate(names)}
        for key in decided.zeros:
            upper[place[key]] = 0.0
    if decided.tight:
        row_of = {key: k for k, key in enumerate(keys(row for row, _ in m.rows))}
        for key in decided.tight:
            k = row_of[key]
            side = row_lower[k] if np.isfinite(row_lower[k]) else row_upper[k]
            row_lower[k] = row_upper[k] = side
    return replace(
        relaxed(m), col_lower=lower, col_upper=upper, row_lower=row_lower, row_upper=row_upper
    )


def moved(lp: Matrices, row: int, by: float) -> Matrices:
    """Return `lp` with one row's right-hand side moved."""
    step = np.zeros(len(lp.rows))
    step[row] = by
    return replace(lp, row_lower=lp.row_lower + step, row_upper=lp.row_upper + step)


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
