"""Which whole-number decision mattered: each group of them let go, or decided otherwise."""

import re
from dataclasses import dataclass, replace

import numpy as np

from optimizer.explain.frozen import Frozen
from optimizer.explain.slope import RESOLVE_LIMIT_S, Difference, between
from optimizer.matrices import Matrices
from optimizer.phrases import phrase, template
from optimizer.solution import Status
from optimizer.solve import run_highs
from optimizer.terminal_words import owner_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One group of whole numbers, and what it would cost to decide it otherwise.

    Attributes
    ----------
    name : str
        Whose decision, e.g. ``genset_backup``; `count` whole numbers.
    otherwise : str
        What is done instead: ``If genset backup might not start``.
    mad : float or None
        What that costs more than the plan; negative if it saves; None if no schedule is left,
        or none was found in the time [MAD].
    is_possible : bool
        False if it was proven that no schedule is left.
    """

    name: str
    count: int
    otherwise: str
    mad: float | None
    within_mad: float | None
    is_possible: bool


def decisions(frozen: Frozen) -> list[Decision]:
    """Return what each group of whole numbers is worth, by solving again: a few solves each."""
    m = frozen.optimum.matrices
    owners = [_owner(v.parent_block().name) for v in m.columns]
    found = []
    for owner in dict.fromkeys(o for o, whole in zip(owners, m.is_integer, strict=True) if whole):
        its = np.array([o == owner for o in owners], dtype=bool) & m.is_integer
        count = int(its.sum())
        free = replace(m, is_integer=m.is_integer & ~its)
        words = {"owner": owner_words(owner)}
        kinds: list[tuple[str, Matrices]] = [
            (_FREE.get(owner, phrase("If {owner} could be decided in parts", words)), free)
        ]
        kinds += [
            (phrase(text, words), _forced(m, owner, change)) for text, change in _forced_of(m, its)
        ]
        for text, other in kinds:
            difference, is_possible = _solved(frozen, other)
            found.append(
                Decision(
                    name=owner,
                    count=count,
                    otherwise=text,
                    mad=None if difference is None else difference.mad,
                    within_mad=None if difference is None else difference.within_mad,
                    is_possible=is_possible,
                )
            )
    return found


_FREE = {  # choices made while solving, where the linear model would cheat
    "either_or": phrase(
        "If charging and discharging, or drawing and feeding in, could go together"
    ),
    "cooling": phrase("If cooling might draw more than the heat needs"),
}
_FORCES = (  # variable of a group -> what is done instead, side of its bound that is moved
    (r"start_count", template("If {owner} might not start"), "upper"),
    (r"is_on", template("If {owner} might not pause"), "lower"),
)


def _owner(block: str) -> str:
    """Return the block a decision belongs to."""
    return block.partition(".")[0]


def _forced_of(m: Matrices, its: np.ndarray) -> list[tuple[str, tuple[str, str]]]:
    """Return the ways to decide a group otherwise that its variables offer."""
    names = {m.columns[j].parent_component().local_name for j in np.flatnonzero(its).tolist()}
    return [
        (text, (pattern, side))
        for pattern, text, side in _FORCES
        if any(re.fullmatch(pattern, name) for name in names)
    ]


def _forced(m: Matrices, owner: str, change: tuple[str, str]) -> Matrices:
    """Return `m` with one variable of a group held at its other bound."""
    pattern, side = change
    its = np.array(
        [
            _owner(v.parent_block().name) == owner
            and re.fullmatch(pattern, v.parent_component().local_name) is not None
            for v in m.columns
        ],
        dtype=bool,
    )
    if side == "upper":
        return replace(m, col_upper=np.where(its, m.col_lower, m.col_upper))
    return replace(m, col_lower=np.where(its, m.col_upper, m.col_lower))


def _solved(frozen: Frozen, m: Matrices) -> tuple[Difference | None, bool]:
    """Return what another optimum costs more, and whether there can be one."""
    options = frozen.options
    limit_s = min(options.time_limit_s, RESOLVE_LIMIT_S)
    solution = run_highs(m, options.model_copy(update={"time_limit_s": limit_s}))
    if solution.x is None:
        return None, solution.status is not Status.INFEASIBLE
    tie_break = frozen.optimum.priced.objective - frozen.optimum.objective_mad
    gap = solution.mip_gap_pu if np.isfinite(solution.mip_gap_pu) else 0.0
    return between(frozen.optimum, solution.objective - tie_break, gap), True
