"""What a stop leaves: the best schedule so far, made whole and honest in about a second."""

import math
import time
from dataclasses import replace

import numpy as np

from optimizer.errors import Stopped
from optimizer.exclusive import Splits, split
from optimizer.matrices import Matrices, compile_model, load_values
from optimizer.settle import with_integers_fixed
from optimizer.site import Problem
from optimizer.solution import Solution, Status
from optimizer.solve import run_highs

MEND_S = 1.0  # of the 2 s a stop is promised in; reading, audit and files take the rest


def mended(
    problem: Problem, splits: Splits, m: Matrices, solution: Solution, signal_number: int
) -> tuple[Matrices, Solution, Solution]:
    """Return the best schedule of an interrupted solve, with whole numbers fixed as they are.

    If this round has found nothing, the model holds what the round before it found. Where that
    does two things at once, the smaller of them is ruled out, and the rest is solved again.

    Returns
    -------
    matrices, solution, priced
        As the rounds of `optimizer.optimum.optimize` have them; the model holds the values.

    Raises
    ------
    Stopped
        There is no schedule yet, or none that can be mended in time.
    """
    deadline = time.monotonic() + MEND_S
    if solution.x is not None:
        load_values(m, solution.x)
    while (left_s := deadline - time.monotonic()) > 0:
        x = np.array([math.nan if v.value is None else v.value for v in m.columns], dtype=float)
        if np.isnan(x).any():
            break
        limits = {"time_limit_s": left_s, "outer_limit_s": left_s}
        options = problem.site.solver.model_copy(update=limits)
        priced = run_highs(with_integers_fixed(m, x), options)
        if priced.x is None or priced.row_dual is None:
            break
        load_values(m, priced.x)
        if not split(problem, splits):
            return m, _best(solution, priced, signal_number), priced
        m = compile_model(problem.model)
    raise Stopped(signal_number)


def _best(solution: Solution, priced: Solution, signal_number: int) -> Solution:
    """Return the interrupted solution with the gap of what was made of it."""
    gap = max(0.0, priced.objective - solution.bound) / max(abs(priced.objective), 1e-6)
    is_known = solution.x is not None and math.isfinite(solution.bound)
    return replace(
        solution,
        status=Status.FEASIBLE_AT_LIMIT,
        interrupted_by=signal_number,
        mip_gap_pu=gap if is_known else math.inf,
    )
