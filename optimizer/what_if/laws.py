"""How the numbers of a model follow its levers, found by comparing a few models.

All levers are moved at once, each in a pattern of its own, so that a number's pattern of change
names the lever, or the few, it follows. How it follows (in proportion, as a reciprocal, a product,
a curve) is tried until it explains every model to round-off; what stays unexplained is reported.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from optimizer.matrices import Floats
from optimizer.what_if.bases import Basis
from optimizer.what_if.levers import Lever

SAME = 1e-11  # of a number's size: what sums in another order differ by
EXPLAINED = 1e-9  # of a number's size
_FAR = 1e30  # stands for infinity
_TOGETHER_MAX_COUNT = 4  # levers in one number: supply of all plants, say
_INSIDE_MAX_COUNT = 8  # among so many any four are tried, among more any two


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Law:
    """How numbers follow the levers: base + factor (basis at the levers - basis as published).

    Attributes
    ----------
    base : array
        The numbers of the plan's own model.
    at, basis, factor : array
        Place, number of the basis, and factor of each term.
    unexplained : dict
        Places of numbers that follow in no such way the levers that are named, by number.
    """

    base: Floats
    bases: list[Basis]
    at: np.ndarray
    basis: np.ndarray
    factor: Floats
    unexplained: dict[int, tuple[int, ...]]

    def with_terms(self, terms: Sequence[tuple[int, Basis, float]]) -> "Law":
        """Return the law with more terms: place, basis and factor."""
        bases = list(dict.fromkeys([*self.bases, *(basis for _, basis, _ in terms)]))
        number = {basis: k for k, basis in enumerate(bases)}
        return replace(
            self,
            bases=bases,
            at=np.concatenate([self.at, np.array([p for p, _, _ in terms], dtype=np.int64)]),
            basis=np.concatenate(
                [self.basis, np.array([number[b] for _, b, _ in terms], dtype=np.int64)]
            ),
            factor=np.concatenate([self.factor, [factor for _, _, factor in terms]]),
        )

    def of_levers(self, kept: Sequence[int]) -> "Law":
        """Return the law of some of the levers, in a new order; the others stay as published."""
        place = {k: number for number, k in enumerate(kept)}
        is_kept = np.array([place.keys() >= set(b.levers) for b in self.bases], dtype=bool)
        number = np.cumsum(is_kept) - 1
        its = is_kept[self.basis]
        return replace(
            self,
            bases=[
                replace(b, levers=tuple(place[i] for i in b.levers))
                for b, keep in zip(self.bases, is_kept, strict=True)
                if keep
            ],
            at=self.at[its],
            basis=number[self.basis[its]],
            factor=self.factor[its],
        )

    def numbers(self, levers: Sequence[Lever], values: Sequence[float]) -> Floats:
        """Return the numbers where the levers have these values."""
        own = [lever.value for lever in levers]
        moves = np.array(
            [b.at(levers, values) - b.at(levers, own) for b in self.bases], dtype=float
        )
        found = self.base.copy()
        if len(self.at):
            np.add.at(found, self.at, self.factor * moves[self.basis])
        return found


def law_of(
    levers: Sequence[Lever],
    values: list[list[float]],
    models: Floats,
    followed: Mapping[int, tuple[int, ...]] | None = None,
) -> Law:
    """Return how the numbers follow the levers.

    Parameters
    ----------
    values : list of list
        Of `designs`: of each lever in each model.
    models : array, shape (models, numbers)
        NaN where a model has no such number.
    followed : mapping, optional
        Of places whose levers are known from elsewhere: these levers, by number.
    """
    models = np.where(np.isinf(models), np.sign(models) * _FAR, models)
    moved = np.array(values) != np.array(values[0])
    search = _Search(levers=levers, values=values, models=models, moved=moved)
    first = np.argmax(~np.isnan(models), axis=0)  # a number the plan's own model lacks
    base = models[first, np.arange(models.shape[1])]
    with np.errstate(invalid="ignore"):
        apart = np.abs(models - base) > SAME * np.maximum(np.abs(base), 1e-3)
    terms: list[tuple[int, Basis, float]] = []
    unexplained: dict[int, tuple[int, ...]] = {}
    for group in _groups(apart, ~np.isnan(models)):
        for place, found in search.explain(group, followed or {}):
            if found is None:
                unexplained[place] = (followed or {}).get(place) or search.behind(group)
                continue
            base[place] = found[0]
            terms += [(place, basis, factor) for basis, factor in found[1]]
    is_far = np.abs(base) >= _FAR
    base[is_far] = np.sign(base[is_far]) * np.inf
    nothing = np.array([], dtype=np.int64)
    law = Law(
        base=base,
        bases=[],
        at=nothing,
        basis=nothing,
        factor=np.array([], dtype=float),
        unexplained=unexplained,
    )
    return law.with_terms(terms)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Group:
    """Numbers that change in the same models, of those that have them, the plan's own first."""

    changed: np.ndarray
    known: np.ndarray
    places: np.ndarray


def _groups(changed: np.ndarray, known: np.ndarray) -> Iterator[_Group]:
    """Yield each pattern of change there is, with the places of numbers that change so."""
    places = np.flatnonzero(changed.any(axis=0))
    both = np.concatenate([changed[:, places], known[:, places]])
    patterns, group = np.unique(both, axis=1, return_inverse=True)
    count = len(changed)
    for k in range(patterns.shape[1]):
        pattern, its = patterns[:, k], places[group == k]
        yield _Group(changed=pattern[:count], known=pattern[count:], places=its)


Found = tuple[float, list[tuple[Basis, float]]]  # the number as published, and its terms


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Search:
    """Models to explain."""

    levers: Sequence[Lever]
    values: list[list[float]]
    models: Floats
    moved: np.ndarray  # models by levers

    def explain(
        self, group: _Group, followed: Mapping[int, tuple[int, ...]]
    ) -> Iterator[tuple[int, Found | None]]:
        """Yield each number with the first law that explains it, or None."""
        known = np.array([int(place) in followed for place in group.places], dtype=bool)
        yield from self._explained(self._candidates(group), group, group.places[~known])
        sets = [followed[int(place)] for place in group.places[known]]
        for chosen in dict.fromkeys(sets):
            its = [p for p, one in zip(group.places[known], sets, strict=True) if one == chosen]
            yield from self._explained(self._laws(chosen), group, np.array(its))

    def _explained(
        self, candidates: Iterator[list[Basis]], group: _Group, left: np.ndarray
    ) -> Iterator[tuple[int, Found | None]]:
        """Yield each of some numbers of a group with the first law that explains it, or None."""
        for bases in candidates:
            if not len(left):
                return
            found = self._fit(bases, left, group.known)
            for place, one in zip(left.tolist(), found, strict=True):
                if one is not None:
                    yield place, one
            left = np.array([p for p, one in zip(left, found, strict=True) if one is None])
        for place in left.tolist():
            yield int(place), None

    def behind(self, group: _Group) -> tuple[int, ...]:
        """Return the lever a pattern can be of alone, or all that may have a part in it."""
        alone = [i for i in self._all if self._may_be(group, (i,)) or self._covers(group, i)]
        touched = [i for i in self._all if (self.moved[:, i] & group.changed).any()]
        return tuple(alone if len(alone) == 1 else self._inside(group) or touched)

    @property
    def _all(self) -> range:
        """Return the numbers of the levers."""
        return range(len(self.levers))

    def _inside(self, group: _Group) -> list[int]:
        """Return the levers that are moved nowhere but where the numbers change."""
        same = group.known & ~group.changed
        return [i for i in self._all if not (self.moved[:, i] & same).any()]

    def _covers(self, group: _Group, i: int) -> bool:
        """Return whether a lever is moved wherever the numbers change."""
        return not (group.changed & ~self.moved[:, i]).any()

    def _may_be(self, group: _Group, chosen: tuple[int, ...]) -> bool:
        """Return whether some levers are moved just where the numbers change."""
        moved = self.moved[:, chosen].any(axis=1)
        return bool((np.asarray(moved)[group.known] == group.changed[group.known]).all())

    def _candidates(self, group: _Group) -> Iterator[list[Basis]]:
        """Yield sets of functions that could explain a pattern, the simplest first."""
        inside = self._inside(group)
        if not group.known.all():  # one lever it is, and no doubt which
            alone = [i for i in self._all if self._may_be(group, (i,))]
            yield from self._laws(tuple(alone)) if len(alone) == 1 else ()
            return
        most = _TOGETHER_MAX_COUNT if len(inside) <= _INSIDE_MAX_COUNT else 2
        for count in range(1, min(most, len(inside)) + 1):
            for chosen in combinations(inside, count):
                if self._may_be(group, chosen):
                    yield from self._laws(chosen)
        for i in self._all:  # a curve may be level at some places
            if self.levers[i].curves and self._covers(group, i):
                yield from self._laws((i,))

    def _laws(self, chosen: tuple[int, ...]) -> Iterator[list[Basis]]:
        """Yield sets of functions of some levers."""
        lines = [Basis("linear", (i,)) for i in chosen]
        yield lines
        if len(chosen) == 1:
            inverse = Basis("reciprocal", chosen)
            yield [inverse]
            yield [*lines, inverse]
        if len(chosen) == 2:
            yield [Basis("product", chosen)]
            yield [*lines, Basis("product", chosen)]
            for one, other in (chosen, chosen[::-1]):
                yield [Basis("reciprocal", (one,)), Basis("linear", (other,))]
        for with_own in (False, True):  # a curve alone before a curve and a line
            for i in chosen:
                others = [line for line in lines if with_own or line.levers != (i,)]
                for number in range(len(self.levers[i].curves)):
                    yield [*others, Basis("curve", (i,), number)]

    def _fit(self, bases: list[Basis], places: np.ndarray, known: np.ndarray) -> list[Found | None]:
        """Return, for each number, the law of these functions, or None where it does not hold."""
        if any(b.kind == "reciprocal" and min(self._column(b)) <= 0 for b in bases):
            return [None for _ in places]
        table = np.array([[b.at(self.levers, v) for b in bases] for v in self.values])
        table = table - table[0]  # the constant is then the number as published
        size = np.abs(table).max(axis=0)
        size[size == 0] = 1.0
        design = np.column_stack([np.ones(len(table)), table / size])
        numbers = self.models[np.ix_(known, places)]
        found: list[Found | None] = [None for _ in places]
        if table[known].any(axis=1).sum() <= len(bases):  # nothing would be left to check
            return found
        factors = np.linalg.lstsq(design[known], numbers, rcond=None)[0]
        gap = np.abs(design[known] @ factors - numbers).max(axis=0)
        for k in np.flatnonzero(gap <= EXPLAINED * np.abs(numbers).max(axis=0)):
            base = numbers[0, k] if known[0] else factors[0, k]
            found[k] = (
                float(base),
                list(zip(bases, (factors[1:, k] / size).tolist(), strict=True)),
            )
        return found

    def _column(self, basis: Basis) -> list[float]:
        """Return the values of a function's lever in each model."""
        return [v[basis.levers[0]] for v in self.values]
