"""What a stop leaves: the best schedule so far, made whole and honest in half a second or so."""

import math
import time
from dataclasses import replace

import numpy as np

from optimizer.errors import SolverGaveNothing, Stopped
from optimizer.exclusive import split
from optimizer.matrices import Floats, Matrices, compile_model, load_values
from optimizer.settle import with_integers_fixed
from optimizer.site import Problem
from optimizer.solution import Solution, Status
from optimizer.solve import run_highs
from optimizer.splits import Splits
from optimizer.stopping import StopFlag

MEND_S = 2.0  # at most: a busy machine may take longer than the half second it usually is


def mended(
    problem: Problem, splits: Splits, m: Matrices, solution: Solution, stop: StopFlag
) -> tuple[Matrices, Solution, Solution]:
    """Return the best schedule of an interrupted solve, with whole numbers fixed as they are.

    In a later round the model holds what the round before found, which is near the optimum but
    does two things at once: the smaller of them is ruled out, and the rest is solved again. What
    this round has found so far comes second.

    Returns
    -------
    matrices, solution, priced
        As the rounds of `optimizer.optimum.optimize` have them; the model holds the values.

    Raises
    ------
    Stopped, SolverGaveNothing
        There is no schedule yet, or none that can be mended in time.
    """
    options = problem.site.solver
    seconds = MEND_S if stop.signal_number is not None else options.time_limit_s
    deadline = time.monotonic() + seconds
    found: list[tuple[Matrices, Solution, Floats]] = []
    for start in ([held(m)] if len(splits) else []) + [solution.x]:
        if start is not None and not (found and stop.signal_number is not None):
            found += _mended(problem, splits, m, start, deadline)
    if found:
        matrices, priced, x = min(found, key=lambda each: each[1].objective)
        load_values(matrices, x)
        return matrices, _best(solution, priced, stop), priced
    if stop.signal_number is not None:
        raise Stopped(stop.signal_number)
    raise SolverGaveNothing(
        f"The solver found no schedule in {options.time_limit_s:g} s. Raise [solver] time_limit_s."
    )


def held(m: Matrices) -> Floats | None:
    """Return the values the model holds, if it holds all."""
    values = [v.value for v in m.columns]
    return None if None in values else np.array(values, dtype=float)


def _mended(
    problem: Problem, splits: Splits, m: Matrices, x: Floats, deadline: float
) -> list[tuple[Matrices, Solution, Floats]]:
    """Return the linear program that is left of `x`, solved until nothing is done twice at once.

    The list is empty where that has no solution, or not in time.
    """
    load_values(m, x)
    if split(problem, splits):
        m = compile_model(problem.model)
    while (left_s := deadline - time.monotonic()) > 0 and (start := held(m)) is not None:
        limits = {"time_limit_s": left_s, "outer_limit_s": left_s}
        options = problem.site.solver.model_copy(update=limits)
        priced = run_highs(with_integers_fixed(m, start), options)
        if priced.x is None or priced.row_dual is None:
            return []
        load_values(m, priced.x)
        if not split(problem, splits):
            return [(m, priced, priced.x)]
        m = compile_model(problem.model)
    return []


def _best(solution: Solution, priced: Solution, stop: StopFlag) -> Solution:
    """Return the interrupted solution with the gap of what was made of it."""
    gap = max(0.0, priced.objective - solution.bound) / max(abs(priced.objective), 1e-6)
    return replace(
        solution,
        status=Status.FEASIBLE_AT_LIMIT,
        interrupted_by=stop.signal_number,
        mip_gap_pu=gap if math.isfinite(solution.bound) else math.inf,
    )
