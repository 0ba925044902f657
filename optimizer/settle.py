"""From a solver's word to one of five answers, verified in numpy. Names no solver.

"Optimal" is the solver's word, and solvers have been wrong: every solution is checked against the
arrays it should satisfy, "infeasible" is asked again without presolve, and "infeasible or
unbounded" is asked until it is one of the two.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from optimizer.matrices import Floats, Matrices, check_finite
from optimizer.solution import Answer, Solution, SolveOptions, Status, Word
from optimizer.stopping import StopFlag

TOLERANCE = 1e-6  # of a row's largest term, or of 1: what HiGHS allows whole numbers
USUAL_COEFFICIENTS = (1e-4, 1e6)  # beyond, presolve has called feasible models infeasible

Ask = Callable[[Matrices, SolveOptions, StopFlag, bool], Answer]

_FINAL = {
    Word.OPTIMAL: (Status.OPTIMAL, "solved to the gap asked for"),
    Word.INFEASIBLE: (Status.INFEASIBLE, "infeasible, also without presolve"),
    Word.UNBOUNDED: (Status.UNBOUNDED, "the cost can fall without end"),
}


@dataclass(kw_only=True, slots=True)
class Inquiry:
    """The questions put to fresh solvers, one after the other, in the time there is."""

    ask_solver: Ask
    options: SolveOptions
    stop: StopFlag
    solver: str
    started: float = field(default_factory=time.monotonic)
    answers: list[Answer] = field(default_factory=list)

    def ask(self, m: Matrices, *, presolve: bool = True) -> Answer:
        """Return what a fresh solver says about `m` in the time that is left."""
        options = self.options
        if self.answers:
            options = options.after(time.monotonic() - self.started)
        self.answers.append(self.ask_solver(m, options, self.stop, presolve))
        return self.answers[-1]


def settle(inquiry: Inquiry, m: Matrices) -> Solution:
    """Return the verified solution of `m`, or which of the other answers it is.

    Raises
    ------
    ModelError
        A number is NaN, or the solver would not take the model as it is.
    """
    check_finite(m)
    if (k := _impossible_row(m)) is not None:
        reason = f"{m.rows[k][0].name} has no variables and cannot hold"
        return _concluded(inquiry, m, Answer(), Status.INFEASIBLE, reason)
    answer, status, reason = _understood(inquiry, m)
    if status not in (Status.OPTIMAL, Status.FEASIBLE_AT_LIMIT) or answer.x is None:
        return _concluded(inquiry, m, replace(answer, x=None), status, reason)
    x = _exact(inquiry, m, answer.x)
    breach = worst_breach(m, x, TOLERANCE)
    if breach is None:
        return _concluded(inquiry, m, replace(answer, x=x), status, reason)
    reason = f"the solver's answer is refused: {breach}"
    return _concluded(inquiry, m, replace(answer, x=None), Status.NO_SOLUTION, reason)


def relaxed(m: Matrices) -> Matrices:
    """Return `m` with whole numbers let go."""
    return replace(m, is_integer=np.zeros_like(m.is_integer))


def with_integers_fixed(m: Matrices, x: Floats) -> Matrices:
    """Return the linear program left when whole numbers are those of `x`."""
    fixed = np.rint(x)
    return replace(
        relaxed(m),
        col_lower=np.where(m.is_integer, fixed, m.col_lower),
        col_upper=np.where(m.is_integer, fixed, m.col_upper),
    )


def tidied(m: Matrices, x: Floats, tolerance: float) -> Floats:
    """Return `x` with whole numbers rounded and bounds kept, where it is within `tolerance`."""
    near = np.where(m.is_integer, np.rint(x), x)
    near = np.where(np.abs(near - x) <= tolerance, near, x)
    inside = np.clip(near, m.col_lower, m.col_upper)
    slack = tolerance * np.maximum(1.0, np.abs(inside))
    return np.where(np.abs(inside - near) <= slack, inside, near) + 0.0  # no negative zero


def worst_breach(m: Matrices, x: Floats, tolerance: float) -> str | None:
    """Return a sentence on the row, bound or whole number `x` breaks most; None if it keeps all.

    An excess counts if it is more than `tolerance` of the largest term of its row, or of 1.
    """
    if x.shape != m.cost.shape or not np.isfinite(x).all():
        return "the solution is not one finite number for each variable"
    activity = m.a @ x
    terms = abs(m.a)
    terms.data *= np.repeat(np.abs(x), np.diff(terms.indptr))
    largest = terms.max(axis=1).toarray().ravel() if m.a.shape[1] else np.zeros(len(activity))
    checks = (
        ("row", np.maximum(m.row_lower - activity, activity - m.row_upper), largest),
        ("bound", np.maximum(m.col_lower - x, x - m.col_upper), np.abs(x)),
        ("whole number", np.where(m.is_integer, np.abs(x - np.rint(x)), 0.0), 1.0),
    )
    for what, excess, scale in checks:
        relative = excess / np.maximum(1.0, scale)
        if not (relative <= tolerance).all():
            k = int(np.argmax(relative))
            name = m.rows[k][0].name if what == "row" else m.columns[k].name
            return f"the {what} of {name} is exceeded by {excess[k]:.3g}"
    return None


def coefficient_range(m: Matrices) -> tuple[float, float]:
    """Return the smallest and the largest size of a matrix coefficient; (1, 1) without any."""
    sizes = np.abs(m.a.data)
    return (float(sizes.min()), float(sizes.max())) if sizes.size else (1.0, 1.0)


def _impossible_row(m: Matrices) -> int | None:
    """Return a row without coefficients whose bounds exclude zero; HiGHS may call it optimal."""
    count = np.bincount(m.a.indices, minlength=len(m.rows))
    excess = np.maximum(m.row_lower, -m.row_upper)
    found = np.flatnonzero((count[: len(excess)] == 0) & (excess > TOLERANCE))
    return int(found[0]) if found.size else None


def _understood(inquiry: Inquiry, m: Matrices) -> tuple[Answer, Status, str]:
    """Ask until the answer is one of the five."""
    first = answer = inquiry.ask(m)
    if first.word in (Word.INFEASIBLE, Word.EITHER):
        answer = inquiry.ask(m, presolve=False)
    if answer.word is Word.EITHER:  # without cost nothing is unbounded
        answer = inquiry.ask(replace(m, cost=np.zeros_like(m.cost)), presolve=False)
        if answer.word is Word.OPTIMAL:
            return answer, *_FINAL[Word.UNBOUNDED]
        answer.x = None
    if answer.word in _FINAL:
        return answer, *_FINAL[answer.word]
    if first.word is Word.INFEASIBLE and answer.x is None:
        reason = "infeasible with presolve; there was no time to confirm it without"
        return answer, Status.INFEASIBLE, reason
    cause = answer.word.value
    if inquiry.stop.signal_number is not None:
        cause = f"stopped by signal {inquiry.stop.signal_number}"
    if answer.x is None:
        return answer, Status.NO_SOLUTION, f"{cause}, with nothing found"
    return answer, Status.FEASIBLE_AT_LIMIT, f"{cause}, with the best found so far"


def _exact(inquiry: Inquiry, m: Matrices, x: Floats) -> Floats:
    """Return `x` with whole numbers exact; where that breaks a row, with the rest solved again."""
    near = tidied(m, x, TOLERANCE)
    if worst_breach(m, near, TOLERANCE) is None or not m.is_integer.any():
        return near
    if inquiry.stop.signal_number is None:
        mended = inquiry.ask(with_integers_fixed(m, near)).x
        if mended is not None:
            return tidied(m, mended, TOLERANCE)
    return x  # whole to the tolerance, which is what is left to hope for


def _concluded(
    inquiry: Inquiry, m: Matrices, answer: Answer, status: Status, reason: str
) -> Solution:
    """Return the solution with its cost recomputed and the solvers' logs joined."""
    objective, bound, gap = math.nan, answer.bound, math.inf
    if answer.x is not None:
        objective = float(m.cost @ answer.x) + m.cost_offset
        bound = objective if status is Status.OPTIMAL and not m.is_integer.any() else bound
        gap = max(0.0, objective - bound) / max(abs(objective), TOLERANCE)
    answers = inquiry.answers
    return Solution(
        status=status,
        reason=reason,
        options=inquiry.options,
        solver=inquiry.solver,
        interrupted_by=inquiry.stop.signal_number,
        x=answer.x,
        row_dual=None if answer.x is None else answer.row_dual,
        col_dual=None if answer.x is None else answer.col_dual,
        objective=objective,
        bound=bound,
        mip_gap_pu=gap,
        log="\n".join("".join(each.log) for each in answers),
        warnings=_warnings(m),
        coefficient_range=coefficient_range(m),
        timings_s={
            "compile": m.compile_s,
            "pass": sum(each.pass_s for each in answers),
            "solve": sum(each.solve_s for each in answers),
        },
        iterations=answer.iterations,
    )


def _warnings(m: Matrices) -> tuple[str, ...]:
    """Return a sentence if coefficients are so small or large that answers get doubtful."""
    low, high = coefficient_range(m)
    usual_low, usual_high = USUAL_COEFFICIENTS
    if low >= usual_low and high <= usual_high:
        return ()
    usual = f"the usual {usual_low:g} to {usual_high:g}"
    return (f"model: coefficients from {low:.2g} to {high:.2g} leave {usual}. Check the units.",)
