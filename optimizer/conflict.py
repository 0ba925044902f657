"""Which constraints cannot be kept together: the smallest clash, by name."""

import time
from dataclasses import replace

import numpy as np

from optimizer.matrices import Matrices
from optimizer.solution import SolveOptions, Status
from optimizer.solve import irreducible_clash, run_highs
from optimizer.stopping import StopFlag


def conflict(m: Matrices, options: SolveOptions, stop: StopFlag | None = None) -> list[str]:
    """Return the names of constraints and bounds that clash; without any of them, none would.

    First rows and bounds of the linear relaxation, as ``battery.balance[3]`` and
    ``grid.import_mw[3] <= 20``. Where only whole numbers clash, constraints without their index,
    left out one by one for as long as the rest still clashes. Empty if time ran out.
    """
    names = irreducible_clash(m, options, stop)
    if names or not m.is_integer.any():
        return names
    return _whole_number_clash(m, options, stop or StopFlag())


def _whole_number_clash(m: Matrices, options: SolveOptions, stop: StopFlag) -> list[str]:
    """Return the names of constraints none of which can be left out of the clash."""
    started = time.monotonic()
    component = np.array([id(constraint.parent_component()) for constraint, _ in m.rows])
    names = {id(c.parent_component()): c.parent_component().name for c, _ in m.rows}
    needed = dict(names)
    for key in [None, *names]:  # first with all of them: is there a clash at all?
        left = options.after(time.monotonic() - started)
        if stop.signal_number is not None or time.monotonic() - started > options.time_limit_s:
            return []
        without = [other for other in needed if other != key]
        rows = np.flatnonzero(np.isin(component, without))
        if run_highs(_rows_only(m, rows), left, stop).status is Status.INFEASIBLE:
            needed = {other: needed[other] for other in without}
        elif key is None:
            return []
    return list(needed.values())


def _rows_only(m: Matrices, rows: np.ndarray) -> Matrices:
    """Return `m` with some of its rows, and no cost."""
    return replace(
        m,
        cost=np.zeros_like(m.cost),
        a=m.a[rows, :],
        row_lower=m.row_lower[rows],
        row_upper=m.row_upper[rows],
        rows=[m.rows[k] for k in rows.tolist()],
    )
