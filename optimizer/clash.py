"""Why there is no schedule, in a planner's words: the limits that clash, each of them needed.

The solver's irreducible set of rows and bounds is mapped to the limits they belong to; then limits
are left out, with all their rows and bounds, for as long as the rest still clashes. Where only
whole numbers clash there is no such set, and every limit is a candidate.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from optimizer.asking import Asking
from optimizer.elastic import Elastic
from optimizer.errors import Infeasible, SolverGaveNothing, Stopped
from optimizer.horizon import Horizon
from optimizer.limits import clause_words
from optimizer.settle import relaxed
from optimizer.solution import Solution, SolveOptions, Status
from optimizer.solve import irreducible_parts
from optimizer.stopping import StopFlag

Window = dict[str, tuple[int, int]]  # by limit: from step, until before step
Steps = dict[str, list[tuple[int, int]]]  # by limit: first and last of each row and bound
Test = Callable[[Iterable[str], int, Window | None], bool]
_CHECK_PU = 0.05  # of the time limit, at most, to see whether a clash of whole numbers is smaller
_SET_PU = 0.1  # of the time limit goes to the solver's irreducible set, at most
_UNITS = {"mw": "MW", "mwh": "MWh", "l": "L", "count": ""}


@dataclass(frozen=True, slots=True)
class Member:
    """One limit of a clash: its name, its value, and the hours in which it clashes."""

    limit: str
    value: str
    hours: str

    def __str__(self) -> str:
        value = f" ({self.value})" if self.value else ""
        return f"{self.limit}{value}{', ' if self.hours else ''}{self.hours}"


@dataclass(frozen=True, slots=True)
class Clash:
    """Limits that can't all be kept; without any one of them the others can."""

    members: tuple[Member, ...]
    is_smallest: bool  # proven; not where time ran out

    @property
    def limits(self) -> list[str]:
        """The names of the limits."""
        return [member.limit for member in self.members]


def no_schedule(solution: Solution, options: SolveOptions, stop: StopFlag) -> Exception:
    """Return the error that says there is no schedule; `optimizer.diagnosis` says why."""
    if stop.signal_number is not None:
        return Stopped(stop.signal_number)
    if solution.status is Status.INFEASIBLE:
        return Infeasible("No schedule keeps every limit and clause.")
    if solution.status is Status.UNBOUNDED:
        return SolverGaveNothing("The model is unbounded: some cost is negative without a limit.")
    return SolverGaveNothing(
        f"The solver found no schedule in {options.time_limit_s:g} s. Raise [solver] time_limit_s."
    )


def find_clash(elastic: Elastic, ask: Asking) -> Clash | None:
    """Return the smallest clash of a plan's limits, or None if they don't clash by themselves."""
    limits, count = elastic.limits, len(elastic.problem.given.horizon.steps)
    every = elastic.holding(limits, count)
    is_linear = ask.is_infeasible(relaxed(every))
    if not is_linear and not (every.is_integer.any() and ask.is_infeasible(every)):
        return None

    def clashes(kept: Iterable[str], until: int, window: Window | None = None) -> bool:
        held = elastic.holding(set(kept), until, window)
        return ask.is_infeasible(relaxed(held) if is_linear else held)

    if clashes([], count):  # then no limit a planner has a name for is part of it
        return None
    needed, until, known = _needed(elastic, limits, clashes, ask if is_linear else None)
    if is_linear and every.is_integer.any():  # of whole numbers fewer limits may be enough
        fewer = _by_whole_numbers(elastic, needed, ask)
        is_linear = fewer == needed
        needed, known = fewer, known if is_linear else {}
        until = until if is_linear else count
    if not known:
        known = _narrowed(elastic, needed, until, clashes)
    whole = {limit: elastic.spans(limit, (0, until)) for limit in needed if limit not in known}
    members = tuple(_member(elastic, limit, (known | whole)[limit]) for limit in needed)
    return Clash(members, is_smallest=not ask.is_over)


def _needed(
    elastic: Elastic, limits: list[str], clashes: Test, ask: Asking | None
) -> tuple[list[str], int, Steps]:
    """Return a smallest clash, until which step it clashes, and in which steps, where known.

    First in the least of the plan in which the limits clash, then with what comes after. `ask` is
    for the solver's irreducible set, which only a linear clash has.
    """
    count, known = len(elastic.problem.given.horizon.steps), {}

    def clash_by(end: int, kept: Iterable[str]) -> bool:
        return clashes(kept, end, None)

    def clash_until(kept: Iterable[str], end: int) -> bool:
        return clashes(kept, end, None)

    while True:
        until = _least(1, count, partial(clash_until, limits))
        if ask is not None:
            known = _parts(elastic, limits, until, ask)
            if clash_by(until, known):
                limits = [limit for limit in limits if limit in known]
        needed = _smallest([], limits, partial(clash_by, until), is_new=False)
        less = ([other for other in needed if other != one] for one in needed)
        limits = next((x for x in less if until < count and clash_by(count, x)), needed)
        if len(limits) == len(needed):
            break
    if ask is not None and set(known) != set(needed):
        known = _parts(elastic, needed, until, ask)
    return needed, until, known


def _by_whole_numbers(elastic: Elastic, limits: list[str], ask: Asking) -> list[str]:
    """Return the limits of a clash that are needed where whole numbers are whole."""
    needed, count = limits, len(elastic.problem.given.horizon.steps)
    for one in limits:
        rest = [other for other in needed if other != one]
        held = elastic.holding(rest, count)
        if ask.is_infeasible(replace(held, cost=np.zeros_like(held.cost)), _CHECK_PU):
            needed = rest
    return needed


def _smallest(
    base: list[str], limits: list[str], clashes: Callable[[list[str]], bool], *, is_new: bool
) -> list[str]:
    """Return the limits of the smallest clash with `base`; the first in the list stay longest.

    Halves are left out before single ones (U. Junker, "QuickXplain: preferred explanations and
    relaxations for over-constrained problems," AAAI 2004).
    """
    if is_new and clashes(base):
        return []
    if len(limits) <= 1:
        return limits
    first, second = limits[: len(limits) // 2], limits[len(limits) // 2 :]
    of_second = _smallest([*base, *first], second, clashes, is_new=True)
    of_first = _smallest([*base, *of_second], first, clashes, is_new=bool(of_second))
    return [*of_first, *of_second]


def _parts(elastic: Elastic, limits: list[str], until: int, ask: Asking) -> Steps:
    """Return the limits of the solver's irreducible set, with the steps of their rows and bounds.

    Nothing where the solver takes long.
    """
    m = elastic.holding(limits, until)
    seconds = _SET_PU * ask.options.time_limit_s
    options = ask.left().model_copy(update={"time_limit_s": seconds, "outer_limit_s": None})
    rows, bounds = irreducible_parts(replace(m, cost=np.zeros_like(m.cost)), options, ask.stop)
    if len(rows) == len(m.rows):  # what it gives when its time is over
        return {}
    place = {id(row): k for k, row in enumerate(elastic.matrices.rows)}
    slack = {one.column: (one.limit,) for one in elastic.slacks}
    found: Steps = {}
    known = elastic.labelled
    for k in (place[id(m.rows[row])] for row in rows):
        for limit in known.row_limits[k]:
            found.setdefault(limit, []).append((int(known.row_first[k]), int(known.row_last[k])))
    for j, side in bounds:
        names: tuple[str, ...] = slack.get(j, ("",)) if side != ">=" else ()
        if j < len(known.most_limits):
            names += known.most_limits[j] if side != ">=" else ()
            names += known.least_limits[j] if side != "<=" else ()
        for limit in filter(None, names):
            span = int(known.column_first[j]), int(known.column_last[j])
            found.setdefault(limit, []).append(span)
    return found


def _narrowed(elastic: Elastic, limits: list[str], until: int, clashes: Test) -> Steps:
    """Return the steps in which limits that clash need to hold, all together and then each."""
    window: Window = dict.fromkeys(limits, (0, until))

    def still(group: list[str], first: int, end: int) -> bool:
        return clashes(limits, until, window | dict.fromkeys(group, (first, end)))

    def later(group: list[str], end: int, minus_first: int) -> bool:
        return still(group, -minus_first, end)

    for group in [limits, *([limit] for limit in limits)]:
        first, end = window[group[0]]
        end = _least(first + 1, end, partial(still, group, first))
        first = -_least(1 - end, -first, partial(later, group, end))
        window |= dict.fromkeys(group, (first, end))
    return {limit: elastic.spans(limit, window[limit]) for limit in limits}


def _least(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Return the least number from `low` to `high` for which `holds`; it does for `high`."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return high


def _member(elastic: Elastic, limit: str, spans: list[tuple[int, int]]) -> Member:
    """Return a limit as it is read: with its value and hours."""
    horizon = elastic.problem.given.horizon
    first, last = min(a for a, _ in spans), max(b for _, b in spans)
    if elastic.names.kind_of(limit) == "clause":
        words = clause_words(elastic.names.clause_of(limit))
        return Member(limit, words, hours_words(first, last, horizon))
    if elastic.names.kind_of(limit) == "held":  # it says its value itself
        return Member(limit, "", hours_words(first, last, horizon))
    return Member(
        limit, _value(*elastic.values(limit, first, last)), hours_words(first, last, horizon)
    )


def _value(values: list[float], name: str) -> str:
    """Return the values of a bound in words: one, or from least to most."""
    unit = _UNITS.get(name.rpartition("_")[2])
    if not values or unit is None:
        return ""
    low, high = min(values), max(values)
    if high == math.inf:
        return ""
    span = f"{high:.4g}" if high - low < 1e-6 else f"{low:.4g} to {high:.4g}"
    return f"{span} {unit}".rstrip()


def hours_words(first: int, last: int, horizon: Horizon) -> str:
    """Return the hours of some steps: ``2026-03-01 17:00Z to 19:00Z``."""
    begin, end = horizon.edges[first], horizon.edges[last + 1]
    day = "" if end.normalize() == begin.normalize() else f"{end:%Y-%m-%d} "
    return f"{begin:%Y-%m-%d %H:%M}Z to {day}{end:%H:%M}Z"
