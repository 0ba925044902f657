"""Scenario reduction: a few scenarios with weights that stand for many, and what that loses.

Forward selection after Heitsch & Römisch [1]_: one scenario after another is kept, each time the
one that brings the kept set nearest to the whole; then single ones are exchanged while that brings
it nearer. Every dropped scenario gives its weight to the kept one nearest to it, which no other
sharing betters (their theorem 2).

References
----------
.. [1] Heitsch & Römisch, "Scenario reduction algorithms in stochastic programming," Computational
   Optimization and Applications 24, 2003, 187-206. doi:10.1023/A:1021805924152
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.errors import InputError

FloatArray = npt.NDArray[np.float64]
EXCHANGE_GAIN_PU = 1e-9  # numerical: a gain of rounding is none, so exchanges end


@dataclass(frozen=True, kw_only=True)
class Reduction:
    """Which scenarios were kept, their weights, and the distance to the whole set.

    Attributes
    ----------
    kept : tuple of int
        Positions in the whole set, in rising order.
    weights : ndarray, shape (kept,)
        Sum to 1.
    loss : float
        Kantorovich distance between whole and kept set, in the unit of the distances.
    loss_of_one : float
        The same if only the best single scenario were kept: what the loss is held against.
    """

    kept: tuple[int, ...]
    weights: FloatArray
    loss: float
    loss_of_one: float


def distances(paths: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Return the root mean square difference between every two paths.

    Parameters
    ----------
    paths : ndarray, shape (steps, scenarios)
        In one unit throughout.
    weights : ndarray, shape (steps,), optional
        Length of each step; equal if not given.

    Returns
    -------
    ndarray, shape (scenarios, scenarios)
        In the unit of the paths.
    """
    share = np.ones(len(paths)) if weights is None else np.asarray(weights, dtype=float)
    rows = (paths * np.sqrt(share / share.sum())[:, None]).T
    square = np.sum(rows**2, axis=1)
    apart = square[:, None] + square[None, :] - 2.0 * rows @ rows.T
    np.fill_diagonal(apart, 0.0)
    return np.asarray(np.sqrt(np.maximum(apart, 0.0)))


def reduce_to(apart: FloatArray, count: int, weights: FloatArray | None = None) -> Reduction:
    """Return `count` scenarios that stand for all, by forward selection.

    Parameters
    ----------
    apart : ndarray, shape (scenarios, scenarios)
        Distance between every two, symmetric, zero on the diagonal.
    count : int
        How many to keep, 1 to all.
    weights : ndarray, shape (scenarios,), optional
        Probabilities of the whole set; equal if not given.

    Raises
    ------
    InputError
        `count` is below one.
    """
    if count < 1:
        raise InputError([f"scenarios: count = {count} is below 1. Keep one or more."])
    total = len(apart)
    share = np.full(total, 1.0 / total) if weights is None else weights / np.sum(weights)
    kept: list[int] = []
    loss_of_one = 0.0
    for _ in range(min(count, total)):
        chosen, loss = _best_beside(apart, share, kept)
        kept.append(chosen)
        loss_of_one = loss_of_one if len(kept) > 1 else loss
    kept = _exchanged(apart, share, kept)
    order = sorted(kept)
    stands_in = np.argmin(apart[:, order], axis=1)
    stands_in[order] = np.arange(len(order))  # a kept twin of another keeps its own weight
    return Reduction(
        kept=tuple(order),
        weights=np.asarray(np.bincount(stands_in, weights=share), dtype=np.float64),
        loss=float(share @ apart[:, order].min(axis=1)),
        loss_of_one=loss_of_one,
    )


def _best_beside(apart: FloatArray, share: FloatArray, kept: list[int]) -> tuple[int, float]:
    """Return which scenario beside those kept leaves the least loss, and that loss."""
    nearest = apart[:, kept].min(axis=1, initial=np.inf)
    losses = share @ np.minimum(apart, nearest[:, None])  # column j: if j were kept too
    losses[kept] = np.inf
    chosen = int(np.argmin(losses))
    return chosen, float(losses[chosen])


def _exchanged(apart: FloatArray, share: FloatArray, kept: list[int]) -> list[int]:
    """Return the kept set after exchanges of one scenario for another, while they better it."""
    loss = float(share @ apart[:, kept].min(axis=1))
    is_better = len(kept) < len(apart)
    while is_better:
        is_better = False
        for place in range(len(kept)):
            others = kept[:place] + kept[place + 1 :]
            chosen, now = _best_beside(apart, share, others)
            if now < loss * (1.0 - EXCHANGE_GAIN_PU):
                kept, loss, is_better = [*others, chosen], now, True
    return kept
