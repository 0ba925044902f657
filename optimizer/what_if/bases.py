"""Functions of levers that numbers may follow, and where the levers stand to find out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from optimizer.what_if.levers import Lever

MOVED_COUNT = 4  # in how many of the models each lever is moved: two numbers and two to check
_AWAY = (0.83, 0.31)  # of the way to either end: where a lever stands when it is moved
_AWAY_ONE_SIDE = (0.83, 0.31, 0.57, 0.14)


@dataclass(frozen=True, slots=True)
class Basis:
    """A function of one lever or two."""

    kind: str  # linear, reciprocal, product, curve
    levers: tuple[int, ...]
    number: int = 0  # of the lever's curve

    def at(self, levers: Sequence[Lever], values: Sequence[float]) -> float:
        """Return the function where the levers have these values."""
        first = values[self.levers[0]]
        if self.kind == "reciprocal":
            return 1 / first
        if self.kind == "product":
            return first * values[self.levers[1]]
        if self.kind == "curve":
            return levers[self.levers[0]].curves[self.number].at(first)
        return first


def designs(levers: Sequence[Lever]) -> list[list[float]]:
    """Return the values of all levers in each model to compare, the plan's own first."""
    count = MOVED_COUNT
    while len(list(combinations(range(count), MOVED_COUNT))) < len(levers):
        count += 1
    values = [[lever.value for lever in levers] for _ in range(count + 1)]
    for i, moved in enumerate(combinations(range(count), MOVED_COUNT)):
        if i == len(levers):
            break
        for where, probe in zip(away(levers[i]), moved, strict=True):
            values[probe + 1][i] = where
    return values


def away(lever: Lever) -> list[float]:
    """Return where a lever stands in the models in which it is moved: on both sides if it can."""
    ends = [end for end in (lever.low, lever.high) if end != lever.value]
    parts = _AWAY if len(ends) == 2 else (0.83, 0.31, 0.57, 0.14)
    found = [lever.value + part * (end - lever.value) for part in parts for end in ends]
    return [float(round(x)) for x in found] if lever.is_whole else found
