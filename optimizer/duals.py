"""Prices of constraints and of bounds, by name.

A dual is the change of the objective per unit of the right-hand side, in a row as compiled:
``supply >= 5`` costs 90 more per unit of 5, so its dual is 90; ``supply >= demand`` with variables
on both sides is compiled as ``demand - supply <= 0``, so its dual is -90. A reduced cost is the
same for a variable at its bound. [MAD per unit]
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from pyomo.core.base.component import ComponentData

from optimizer.matrices import Floats, Matrices
from optimizer.solution import Solution

_AT_BOUND = 1e-6  # as in the check of a solution


def duals_frame(m: Matrices, solution: Solution) -> pd.DataFrame:
    """Return one row per constraint: ``constraint``, ``index`` and ``dual``.

    A constraint with two bounds has the sum of both duals, of which at most one is not zero.

    Raises
    ------
    ValueError
        `solution` has no duals; for whole numbers see `duals_with_integers_fixed`.
    """
    dual = _present(solution.row_dual).copy()
    parts = [constraint for constraint, _ in m.rows]
    second = np.array([k > 0 and part is parts[k - 1] for k, part in enumerate(parts)], dtype=bool)
    twice = np.flatnonzero(second)
    dual[twice - 1] += dual[twice]
    single = np.flatnonzero(~second).tolist()
    names, indices = _names(parts[k] for k in single)
    return pd.DataFrame({"constraint": names, "index": indices, "dual": dual[single]})


def reduced_costs_frame(m: Matrices, solution: Solution) -> pd.DataFrame:
    """Return one row per variable: ``variable``, ``index``, ``reduced_cost`` and ``at_bound``.

    ``at_bound`` is lower, upper, both (fixed) or none.

    Raises
    ------
    ValueError
        `solution` has no duals; for whole numbers see `duals_with_integers_fixed`.
    """
    reduced_cost = _present(solution.col_dual)
    x = _present(solution.x)
    near = _AT_BOUND * np.maximum(1.0, np.abs(x))
    at_lower, at_upper = x - m.col_lower <= near, m.col_upper - x <= near
    at_bound = np.select(
        [at_lower & at_upper, at_lower, at_upper], ["both", "lower", "upper"], "none"
    )
    names, indices = _names(m.columns)
    return pd.DataFrame(
        {"variable": names, "index": indices, "reduced_cost": reduced_cost, "at_bound": at_bound}
    )


def _present(values: Floats | None) -> Floats:
    """Return `values`, which a linear program solved to optimality has."""
    if values is None:
        raise ValueError("The solution has no duals. Fix its whole numbers and solve again.")
    return values


def _names(parts: Iterable[ComponentData]) -> tuple[list[str], pd.Series]:
    """Return names without index, looked up once per component, and the indices."""
    known: dict[int, str] = {}
    names: list[str] = []
    indices: list[object] = []
    for part in parts:
        component = part.parent_component()
        name = known.get(id(component))
        if name is None:
            name = known[id(component)] = component.name
        names.append(name)
        indices.append(part.index())
    return names, pd.Series(indices, dtype=object)  # None stays None, 3 stays 3
