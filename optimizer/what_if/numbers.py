"""The numbers of a linear program in one vector, the same number in the same place in each."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from scipy import sparse

from optimizer.explain.frozen import Key, keys
from optimizer.matrices import Floats, Matrices

RowKey = tuple[Key, int]  # of a row: its name and index, and on which side it binds
KeyT = TypeVar("KeyT", Key, RowKey)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Named:
    """A linear program whose rows and columns have names."""

    m: Matrices
    rows: list[RowKey]
    columns: list[Key]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Shape:
    """The rows and columns of a plan's own model, and the coefficients there may be."""

    rows: dict[RowKey, int]
    columns: dict[Key, int]
    codes: np.ndarray  # of each coefficient: its column times the rows, plus its row; rising

    @property
    def a(self) -> sparse.csc_array:
        """Return the coefficients' places in compressed columns; their values count nothing."""
        count = len(self.rows)
        starts = np.searchsorted(self.codes // count, np.arange(len(self.columns) + 1))
        parts = (np.ones(len(self.codes)), self.codes % count, starts)
        return sparse.csc_array(parts, shape=(count, len(self.columns)))


def named(m: Matrices) -> Named:
    """Return a linear program with the names of its rows and columns."""
    kinds = [kind for _, kind in m.rows]
    rows = list(zip(keys(row for row, _ in m.rows), kinds, strict=True))
    return Named(m=m, rows=rows, columns=keys(m.columns))


def shape_of(model: Named) -> Shape:
    """Return the rows, columns and coefficients of a model, and where each is."""
    rows = {key: k for k, key in enumerate(model.rows)}
    columns = {key: j for j, key in enumerate(model.columns)}
    return Shape(rows=rows, columns=columns, codes=_codes(model.m, len(rows)))


def with_coefficients(shape: Shape, models: Iterable[Named]) -> Shape:
    """Return a shape with the coefficients that some models have in its rows and columns."""
    found = [shape.codes]
    for model in models:
        found.append(_placed(model, shape)[0])
    return replace(shape, codes=np.unique(np.concatenate(found)))


def is_within(model: Named, shape: Shape) -> bool:
    """Return whether a model has no row or column that the shape lacks."""
    return shape.rows.keys() >= set(model.rows) and shape.columns.keys() >= set(model.columns)


def numbers_of(model: Named, shape: Shape) -> Floats:
    """Return a model's numbers; NaN where it lacks the row or the column.

    Returns
    -------
    array: cost by column, offset, coefficients, lower and upper sides by row, and by column
    """
    m, count = model.m, len(shape.rows)
    at_row, at_column = _places(model.rows, shape.rows), _places(model.columns, shape.columns)
    has_row, has_column = np.zeros(count, dtype=bool), np.zeros(len(shape.columns), dtype=bool)
    has_row[at_row[at_row >= 0]] = has_column[at_column[at_column >= 0]] = True
    known = has_row[shape.codes % count] & has_column[shape.codes // count]
    values = np.where(known, 0.0, np.nan)
    codes, its = _placed(model, shape)
    values[np.searchsorted(shape.codes, codes)] = m.a.data[its]

    def spread(numbers: Floats, at: np.ndarray, length: int) -> Floats:
        found = np.full(length, np.nan)
        found[at[at >= 0]] = numbers[at >= 0]
        return found

    by_row = [spread(side, at_row, count) for side in (m.row_lower, m.row_upper)]
    by_column = [
        spread(side, at_column, len(shape.columns)) for side in (m.cost, m.col_lower, m.col_upper)
    ]
    return np.concatenate([by_column[0], [m.cost_offset], values, *by_row, *by_column[1:]])


def _places(names: list[KeyT], of: dict[KeyT, int]) -> np.ndarray:
    """Return the place of each name; -1 where it has none."""
    return np.array([of.get(name, -1) for name in names], dtype=np.int64)


def _codes(m: Matrices, count: int) -> np.ndarray:
    """Return where each coefficient stands: its column times the rows, plus its row."""
    of_column = np.repeat(np.arange(m.a.shape[1], dtype=np.int64), np.diff(m.a.indptr))
    return np.sort(of_column * count + m.a.indices)


def _placed(model: Named, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Return where a model's coefficients stand in a shape, and which of them do."""
    a = model.m.a
    column = np.repeat(_places(model.columns, shape.columns), np.diff(a.indptr))
    row = _places(model.rows, shape.rows)[a.indices]
    its = np.flatnonzero((row >= 0) & (column >= 0))
    return column[its] * len(shape.rows) + row[its], its
