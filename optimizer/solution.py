"""What is asked of a solve and what it gives: options, the solver's word, the verified solution."""

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pydantic import Field

from models.parameters import Parameters
from optimizer.matrices import Floats


class Status(Enum):
    """The five different answers."""

    OPTIMAL = "optimal"
    FEASIBLE_AT_LIMIT = "feasible at limit"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    NO_SOLUTION = "no solution"


class Word(Enum):
    """What a solver says before it is believed."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    EITHER = "infeasible or unbounded"
    AT_LIMIT = "stopped at the time limit"
    ENDED = "ended early"
    LEFT_BEHIND = "left behind: it did not stop when it should"


class SolveOptions(Parameters):
    """How long and how closely to solve; always in one thread."""

    time_limit_s: float = Field(default=300.0, gt=0, le=1e6, description="the solver's own [s]")
    outer_limit_s: float | None = Field(
        default=None,
        gt=0,
        le=2e6,
        description="then it is left behind; none: 1.2 x time limit + 10 s [s]",
    )
    mip_gap_pu: float = Field(default=1e-4, ge=0, le=1, description="gap to stop at [per unit]")
    seed: int = Field(default=0, ge=0, lt=2**31, description="the solver's random seed")

    def outer_s(self) -> float:
        """Return after how many seconds a solver that ignores its own limit is left behind."""
        return self.outer_limit_s or 1.2 * self.time_limit_s + 10.0

    def after(self, elapsed_s: float) -> "SolveOptions":
        """Return these options for what is left of the time, of which there is always a second."""
        left = {
            "time_limit_s": max(1.0, self.time_limit_s - elapsed_s),
            "outer_limit_s": max(1.0, self.outer_s() - elapsed_s),
        }
        return self.model_copy(update=left)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Basis:
    """Where the optimum of a linear program lies: at which bounds, and of which rows.

    Another program of much the same variables and rows is solved from there in a few steps.
    """

    columns: list[Any]  # the solver's word for each
    rows: list[Any]


@dataclass(kw_only=True, slots=True, eq=False)
class Answer:
    """What one solver object said; while it works, its callbacks write here."""

    word: Word = Word.LEFT_BEHIND
    x: Floats | None = None
    bound: float = -math.inf
    row_dual: Floats | None = None
    col_dual: Floats | None = None
    basis: Any = None  # the solver's own, of a linear program solved to optimality
    log: list[str] = field(default_factory=list)
    iterations: dict[str, int] = field(default_factory=dict)
    pass_s: float = 0.0
    solve_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Solution:
    """What a solve gave.

    Parameters
    ----------
    status, reason
        The answer, and a sentence on it.
    interrupted_by : int or None
        The signal that asked to stop, if one did.
    x : array, shape (columns,), or None
        The variables; only if rows, bounds and whole numbers were verified.
    row_dual, col_dual : array or None
        Change of the objective per unit of a row's right-hand side, and of a variable at its
        bound. [MAD per unit] Only for a linear program solved to optimality.
    objective, bound : float
        The cost of `x`, recomputed, and a proven lower bound. [MAD]
    mip_gap_pu : float
        (objective - bound) / |objective|.
    timings_s : dict
        Seconds to ``compile``, ``pass`` and ``solve``.
    """

    status: Status
    reason: str
    options: SolveOptions
    solver: str
    interrupted_by: int | None = None
    x: Floats | None = None
    row_dual: Floats | None = None
    col_dual: Floats | None = None
    objective: float = math.nan
    bound: float = -math.inf
    mip_gap_pu: float = math.inf
    log: str = ""
    warnings: tuple[str, ...] = ()
    coefficient_range: tuple[float, float] = (1.0, 1.0)
    timings_s: dict[str, float] = field(default_factory=dict)
    iterations: dict[str, int] = field(default_factory=dict)
