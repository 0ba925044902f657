"""Arrays in, a verified solution out. The only file that knows HiGHS.

Every solve has a fresh solver object (the clock of an old one counts against the limit), one
thread, a fixed seed, and callbacks through which it can be stopped. What comes back is checked
here in numpy: "optimal" is the solver's word, and it has been wrong.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import highspy
import numpy as np
from highspy import HighsModelStatus, HighsStatus

from optimizer.errors import ModelError
from optimizer.matrices import (
    Floats,
    Matrices,
    check_finite,
    coefficient_range,
    tidied,
    worst_breach,
)
from optimizer.solution import Solution, SolveOptions, Status
from optimizer.stopping import StopFlag, run_watched

TOLERANCE = 1e-6  # of a row's largest term, or of 1: what HiGHS allows whole numbers
USUAL_COEFFICIENTS = (1e-4, 1e6)  # beyond, presolve has called feasible models infeasible
DROPPED_COEFFICIENT = 1e-9  # HiGHS's small_matrix_value: it forgets these

_DOUBTFUL = (HighsModelStatus.kInfeasible, HighsModelStatus.kUnboundedOrInfeasible)
_MEANINGS = {
    HighsModelStatus.kOptimal: Status.OPTIMAL,
    HighsModelStatus.kModelEmpty: Status.OPTIMAL,
    HighsModelStatus.kInfeasible: Status.INFEASIBLE,
    HighsModelStatus.kUnbounded: Status.UNBOUNDED,
}
_SMALLEST_CLASH = int(highspy.IisStrategy.kIisStrategyFromLp) + int(
    highspy.IisStrategy.kIisStrategyIrreducible
)
_BOUND_SIGNS = {
    int(highspy.IisBoundStatus.kIisBoundStatusLower): ">=",
    int(highspy.IisBoundStatus.kIisBoundStatusUpper): "<=",
    int(highspy.IisBoundStatus.kIisBoundStatusBoxed): "==",
}


@dataclass(kw_only=True, slots=True)
class _Answer:
    """What one solver object said, before it is believed; status None: it was left behind."""

    status: HighsModelStatus | None = None
    x: Floats | None = None
    bound: float = -math.inf
    row_dual: Floats | None = None
    col_dual: Floats | None = None
    log: list[str] = field(default_factory=list)
    iterations: dict[str, int] = field(default_factory=dict)
    pass_s: float = 0.0
    solve_s: float = 0.0


def solver_version() -> str:
    """Return the solver's name, version and commit."""
    solver = _new_solver()
    return f"HiGHS {solver.version()} ({solver.githash()})"


def run_highs(m: Matrices, options: SolveOptions, stop: StopFlag | None = None) -> Solution:
    """Solve `m` in one thread and verify the answer.

    "Infeasible" is asked again without presolve, "infeasible or unbounded" until it is one of
    the two. When `stop` rises the best solution so far comes back within 2 s.

    Raises
    ------
    ModelError
        A number is NaN, or the solver would not take the model as it is.
    """
    check_finite(m)
    stop = stop or StopFlag()
    started = time.monotonic()

    def again(problem: Matrices, presolve: str) -> _Answer:
        return _ask(problem, options.after(time.monotonic() - started), stop, presolve)

    answers = [_ask(m, options, stop, "choose")]
    if answers[-1].status in _DOUBTFUL:
        answers.append(again(m, "off"))
    if answers[-1].status is HighsModelStatus.kUnboundedOrInfeasible:
        answers.append(again(replace(m, cost=np.zeros_like(m.cost)), "off"))
    status, reason = _meaning(answers)
    said = answers[-1]
    if said.x is not None and status in (Status.OPTIMAL, Status.FEASIBLE_AT_LIMIT):
        said.x = tidied(m, said.x, TOLERANCE)
        if m.is_integer.any() and worst_breach(m, said.x, TOLERANCE):
            answers.append(again(_with_integers_fixed(m, said.x), "choose"))
            said.x = answers[-1].x  # whole numbers made exact moved a row: mend the rest
        breach = worst_breach(m, said.x, TOLERANCE) if said.x is not None else "nothing came back"
        if breach:
            status, reason = Status.NO_SOLUTION, f"the solver's answer is refused: {breach}"
    return _solution(m, answers, said, Solution(
        status=status,
        reason=reason,
        options=options,
        solver=solver_version(),
        interrupted_by=stop.signal_number,
    ))
