"""The least that must give way for a plan to be there: each way out with its amount and hours.

First what each limit of the clash would have to give by itself, then, if none is enough, what the
penalty ladder gives up together. Every way is checked by solving the plan again with exactly
those amounts. The sovereign load is never offered; what it would lose is only said.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.asking import Asking
from optimizer.clash import hours_words
from optimizer.elastic import Elastic
from optimizer.labelled import OVERHEAD
from optimizer.ladder import BASE_LEAST_MAD, per_mwh, rung, unit_of
from optimizer.limits import PINNED
from optimizer.matrices import Floats
from optimizer.solution import Solution
from optimizer.units import UNIT_TEXT

WAYS_MAX = 5
_ROUNDS_MAX = 30  # of ruling out that a schedule does two things at once
_DEAR_MAD = 1e6  # above any price, so that a limit gives no more than it must
_SAME = 1e-3  # MW and the like: what two steps may differ by to be called the same
_OVERHEAD, _OVERHEAD_WEIGHT = f"facility: {OVERHEAD}", 10.0  # it goes after all load
_NOTHING = 1e-5  # of an amount: solver noise
_UNITS = UNIT_TEXT | {"count": "starts"}
_RATES = {"mwh": "MW", "mwh_h": "MWh"}  # unit of the amount of an hour -> its unit at a moment


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenUp:
    """By how much one limit gives way, and when."""

    limit: str
    amount: float
    unit: str
    most: float | None  # at a moment, in `most_unit`; none where it is over a window
    most_unit: str
    hours: str
    is_flat: bool = True  # the same all the time

    def __str__(self) -> str:
        amount = f"{_number(self.amount)} {self.unit}"
        owner, _, what = self.limit.partition(": ")
        most = f"{'' if self.is_flat else 'up to '}{_number(self.most or 0.0)} {self.most_unit}"
        if self.limit.startswith(PINNED):
            by, total = (amount, "") if self.most is None else (most, f" ({amount})")
            return f"{self.limit} relaxed by {by}, {self.hours}{total}"
        if not what:
            by, total = (amount, "") if self.most is None else (most, f" ({amount})")
            return f"{owner} relaxed by {by}, {self.hours}{total}"
        return {
            "contracted work": f"{amount} less work of {owner}, {self.hours}",
            "jobs due": f"jobs of {amount} lost at {owner}, {self.hours}",
            "work due": f"{amount} of {owner} not done by its deadline, {self.hours}",
            "demand that may not be shed": f"{most} more of {owner} shed, {self.hours} ({amount})",
            "demand": f"{most} of {owner} not served, {self.hours} ({amount})",
            "most that can be drawn": f"{most} more drawn at {owner}, {self.hours} ({amount})",
            "fuel": f"{amount} more fuel for {owner}, {self.hours}",
            "energy at the end": f"{amount} less in {owner} at the end",
        }.get(what, f"{owner}: {what} relaxed by {amount}, {self.hours}")

    def short_of(self) -> str:
        """Return the same of a load that can't be served."""
        owner = self.limit.removesuffix(": demand")
        most = f"{_number(self.most or 0.0)} {self.most_unit}"
        return f"{_number(self.amount)} {self.unit} of {owner}, up to {most}, {self.hours}"

    def as_json(self) -> dict[str, Any]:
        """Return the same as a table of a JSON file."""
        return {
            "limit": self.limit,
            "amount": round(self.amount, 6),
            "unit": self.unit,
            "most": None if self.most is None else round(self.most, 6),
            "most_unit": self.most_unit,
            "hours": self.hours,
            "sentence": str(self),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class WayOut:
    """Limits that give way together, and what the plan then costs."""

    given_up: tuple[GivenUp, ...]
    cost_mad: float  # of the plan solved again with exactly these amounts
    penalty: float  # on the ladder, in base prices; infinite where only a planner can arrange it

    @property
    def limits(self) -> list[str]:
        """The limits that give way."""
        return [one.limit for one in self.given_up]

    @property
    def is_taken(self) -> bool:
        """Whether the program may take it by itself."""
        return bool(np.isfinite(self.penalty))

    def __str__(self) -> str:
        return (
            f"{' and '.join(map(str, self.given_up))}; the plan then costs {self.cost_mad:,.0f} MAD"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the same as a table of a JSON file."""
        return {
            "given_up": [one.as_json() for one in self.given_up],
            "plan_cost_mad": round(self.cost_mad, 4),
            "is_on_ladder": self.is_taken,
            "sentence": f"{self}.",
        }


def ways_out(elastic: Elastic, limits: list[str], ask: Asking) -> list[WayOut]:
    """Return ways out of a clash of `limits`, the lowest on the ladder first."""
    movable = {slack.limit for slack in elastic.slacks} - sovereign(elastic)
    movable -= {_OVERHEAD}
    singles = [_way(elastic, _dear(elastic, [limit]), ask) for limit in limits if limit in movable]
    ladder = on_ladder(elastic, ask)
    found = [way for way in (ladder, *singles) if way is not None]
    if not found:
        together = _way(elastic, _dear(elastic, sorted(movable)), ask)
        found = [] if together is None else [together]
    alike = {str(sorted(map(str, way.given_up))): way for way in reversed(found)}
    return sorted(alike.values(), key=lambda way: (way.penalty, way.cost_mad))[:WAYS_MAX]


def on_ladder(elastic: Elastic, ask: Asking) -> WayOut | None:
    """Return what gives way by the ladder, checked; None if nothing on it is enough."""
    return _way(elastic, ladder_prices(elastic, base_mad(elastic)), ask)


def given_up_on_ladder(elastic: Elastic, ask: Asking) -> list[GivenUp]:
    """Return the same without the check, for one who solves the plan again; empty if nothing is."""
    prices = ladder_prices(elastic, base_mad(elastic))
    solution = _solved(elastic, prices, ask, own_cost=True)
    return [] if solution is None or solution.x is None else _given_up(elastic, solution.x)


def base_mad(elastic: Elastic) -> float:
    """Return the ladder's base price: 1, 2 or 5 and zeros, above all prices of the files.

    [MAD per MWh]
    """
    dearest = max(BASE_LEAST_MAD, elastic.dearest_mad_per_mwh())
    decade = 10.0 ** math.floor(math.log10(dearest))
    return next(decade * step for step in (1.0, 2.0, 5.0, 10.0) if decade * step > dearest)


def ladder_prices(elastic: Elastic, base_mad: float) -> dict[str, float]:
    """Return the price of all that is on the ladder, in MAD per unit of its amount."""
    names, limits = elastic.names, {slack.limit for slack in elastic.slacks}
    rungs = {limit: rung(names, limit) for limit in sorted(limits)}
    return {
        limit: base_mad * price / per_mwh(names, limit)
        for limit, price in rungs.items()
        if price is not None
    }


def sovereign(elastic: Elastic) -> set[str]:
    """Return the demands of which nothing may ever be given up."""
    firms = elastic.problem.site.firm.values()
    return {f"{part.name}: demand" for part in firms if part.is_sovereign}


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """What the sovereign loads must lose, in all and by step."""

    given_up: tuple[GivenUp, ...]
    by_step_mw: Mapping[str, Floats]


def sovereign_shortfall(elastic: Elastic, ask: Asking) -> Lost | None:
    """Return the least the sovereign load would lose if all on the ladder gave way.

    None if even without it there is no plan, or no time.
    """
    limits = sovereign(elastic)
    prices = dict.fromkeys(ladder_prices(elastic, 1.0), 0.0) | dict.fromkeys(limits, 1.0)
    prices[_OVERHEAD] = _OVERHEAD_WEIGHT  # where not even that can be fed
    solution = _solved(elastic, prices, ask, own_cost=False)
    if solution is None or solution.x is None:
        return None
    steps = len(elastic.problem.given.horizon.steps)
    by_step = {limit.partition(": ")[0]: np.zeros(steps) for limit in limits}
    for slack in elastic.slacks:
        if slack.limit in limits:
            step = elastic.labelled.column_first[slack.column]
            by_step[slack.limit.partition(": ")[0]][step] = solution.x[slack.column]
    said = limits | {_OVERHEAD}
    given_up = [one for one in _given_up(elastic, solution.x) if one.limit in said]
    return Lost(given_up=tuple(given_up), by_step_mw=by_step)


def _dear(elastic: Elastic, limits: list[str]) -> dict[str, float]:
    """Return a price above all others for each of some limits."""
    return {limit: _DEAR_MAD / per_mwh(elastic.names, limit) for limit in limits}


def _way(elastic: Elastic, prices: Mapping[str, float], ask: Asking) -> WayOut | None:
    """Return what gives way at these prices, checked; None if that is not enough."""
    for _ in range(_ROUNDS_MAX):
        solution = _solved(elastic, prices, ask, own_cost=True)
        if solution is None or solution.x is None:
            return None
        caps = {
            slack.column: float(solution.x[slack.column]) * (1 + _NOTHING) + _NOTHING
            for slack in elastic.slacks
            if slack.limit in prices and solution.x[slack.column] > _NOTHING
        }
        used = {slack.limit for slack in elastic.slacks if slack.column in caps}
        checked = ask.solve(elastic.relieved(dict.fromkeys(used, 0.0), caps, own_cost=True))
        if checked is None or checked.x is None:
            return None
        if elastic.loaded(checked.x):
            continue
        given_up = tuple(_given_up(elastic, solution.x))
        return WayOut(
            given_up=given_up,
            cost_mad=checked.objective,
            penalty=sum(_penalty(elastic, one) for one in given_up),
        )
    return None


def _penalty(elastic: Elastic, one: GivenUp) -> float:
    """Return what an amount costs on the ladder, in base prices."""
    price = rung(elastic.names, one.limit)
    return np.inf if price is None else price * one.amount / per_mwh(elastic.names, one.limit)


def _solved(
    elastic: Elastic, prices: Mapping[str, float], ask: Asking, *, own_cost: bool
) -> Solution | None:
    """Return the cheapest schedule with what gives way priced, nothing in it done both ways."""
    for _ in range(_ROUNDS_MAX):
        solution = ask.solve(elastic.relieved(prices, own_cost=own_cost))
        if solution is None or solution.x is None or not elastic.loaded(solution.x):
            return solution
    return ask.solve(elastic.relieved(prices, own_cost=own_cost))


def _given_up(elastic: Elastic, x: Floats) -> list[GivenUp]:
    """Return by how much each limit gives way in a solution."""
    horizon, found = elastic.problem.given.horizon, []
    for limit in elastic.limits:
        used = [s for s in elastic.slacks if s.limit == limit and x[s.column] > _NOTHING]
        if not used:
            continue
        unit = unit_of(elastic.names, limit)
        places = [slack.column for slack in used]
        first = int(elastic.labelled.column_first[places].min())
        last = int(elastic.labelled.column_last[places].max())
        by_step = all(elastic.is_rate(slack) for slack in used) and unit in _RATES
        hours, span_h = hours_words(first, last, horizon), horizon.hours[first : last + 1].sum()
        used_h = sum(horizon.hours[elastic.labelled.column_first[j]] for j in places)
        if by_step and used_h < span_h - _NOTHING:
            hours = f"in {used_h:g} h of {hours}"
        found.append(
            GivenUp(
                limit=limit,
                amount=float(sum(x[slack.column] * slack.weight for slack in used)),
                unit=_UNITS.get(unit, unit),
                most=float(max(x[places])) if by_step else None,
                most_unit=_RATES.get(unit, ""),
                hours=hours,
                is_flat=bool(np.ptp(x[places]) < _SAME),
            )
        )
    return found


def _number(value: float) -> str:
    """Return an amount with as many digits as matter."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}" if value < 1 else f"{value:,.1f}"
