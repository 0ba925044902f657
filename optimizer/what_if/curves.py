"""Numbers that follow a lever in straight pieces, and where the pieces meet."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_INSIDE = (0.31, 0.5, 0.73)  # of an interval: points a straight line must go through
_SAME = 1e-9  # of the values' size
_NARROW = 1e-10  # of the range: a kink is known to this


@dataclass(frozen=True, slots=True)
class Curve:
    """Straight lines between points."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    def at(self, value: float) -> float:
        """Return the curve's height."""
        return float(np.interp(value, self.x, self.y))


def curves(function: Callable[[float], np.ndarray], low: float, high: float) -> tuple[Curve, ...]:
    """Return one curve for each number that `function` gives, between two values.

    Parameters
    ----------
    function
        Gives an array; each of its numbers is continuous and straight in pieces.
    """
    heights = {x: function(x) for x in (low, high)}
    _bend(function, low, high, _NARROW * (high - low), heights)
    x = sorted(heights)
    table = np.array([heights[each] for each in x])
    return tuple(Curve(tuple(x), tuple(column.tolist())) for column in table.T)


def _bend(
    function: Callable[[float], np.ndarray],
    low: float,
    high: float,
    narrow: float,
    heights: dict[float, np.ndarray],
) -> None:
    """Add the points between two where the pieces meet."""
    first, last = heights[low], heights[high]
    inside = [(low + part * (high - low), part) for part in _INSIDE]
    size = max(1.0, float(np.abs([first, last]).max()))
    if high - low <= narrow or all(
        np.abs(function(x) - (first + part * (last - first))).max() <= _SAME * size
        for x, part in inside
    ):
        return
    middle = inside[1][0]
    heights[middle] = function(middle)
    _bend(function, low, middle, narrow, heights)
    _bend(function, middle, high, narrow, heights)
