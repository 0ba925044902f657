"""What runs without flexibility, part by part: how far a schedule departs from it, and its hold.

Weights have no unit of money. They rise by factors of two and more, in the order in which things
give way, per MWh; waiting counts by the MWh and hour.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.component import Given, values_of
from optimizer.config import Site
from optimizer.phrases import Phrase, number, phrase
from optimizer.site import Problem, active_clauses

Terms = tuple[Iterable[float], Sequence[Any]]  # weights, and the variables they are of
_NEAR = 1e-6  # the solver's own accuracy
_TOLD_MWH = 0.5  # less than this is not told
_KEPT = 0.01  # charging and use of the quota: no more than is asked for
_SHORT = 0.1  # of what is asked of stores
_TRAINING = 1.0
_WAIT_PER_H = 8.0  # a quarter hour of it is twice as bad as a MWh less of training
_STORED = ("ride_through", "minimum_storage", "n_minus_one")  # clauses that ask for stored energy
_HELD = {  # kind of part -> variables the second solve takes from the first
    "deferrable": ("run_mw",),
    "interruptible": ("on_count",),
    "jobs": ("start_count", "left_count", "lost_count"),
    "training": ("power_mw",),
    "quota": ("quota_mw", "opportunistic_mw"),
    "battery": ("charge_mw", "discharge_mw"),
    "chilled_store": ("charge_mw", "discharge_mw"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Weights:
    """Weights by step, and those that grow with the horizon."""

    given: Given

    @property
    def hours(self) -> np.ndarray:
        """Length of each step [h]."""
        return self.given.horizon.hours

    @property
    def wait(self) -> np.ndarray:
        """Of a MWh that runs in a step."""
        return _WAIT_PER_H * self.given.horizon.begin_h

    @property
    def left(self) -> float:
        """Of a MWh that waits until the plan's end."""
        return _WAIT_PER_H * float(self.given.horizon.end_h[-1])

    @property
    def shed(self) -> float:
        """Of a MWh of commercial load."""
        return 2 * max(self.left, _TRAINING)

    @property
    def stored(self) -> float:
        """Of a MWh that a store gives."""
        return 2 * self.shed

    @property
    def missed(self) -> float:
        """Of a MWh of work that is never done."""
        return 2 * self.stored


def departures(problem: Problem) -> Iterator[Terms]:
    """Yield how far a schedule departs from the day without flexibility."""
    weights = _Weights(given=problem.given)
    for kind, terms_of in _TERMS.items():
        for part in getattr(problem.site, kind).values():
            yield from terms_of(part, problem.block(part), weights)
    for clause in active_clauses(problem.agreement, problem.given):
        if clause.kind in _STORED:
            short = list(problem.block(clause).short.values())
            yield [_SHORT] * len(short), short


def _firm(part: Any, block: pyo.Block, w: _Weights) -> Iterator[Terms]:
    """Yield the load that is shed."""
    for tier in _tiers(block):
        yield w.shed * w.hours, list(tier.values())


def _deferrable(part: Any, block: pyo.Block, w: _Weights) -> Iterator[Terms]:
    """Yield the waiting of work, and what is left or missed."""
    yield w.wait * w.hours, list(block.run_mw.values())
    yield [w.left] * len(block.left_mwh), list(block.left_mwh.values())
    yield [w.missed] * len(block.missed_mwh), list(block.missed_mwh.values())


def _interruptible(part: Any, block: pyo.Block, w: _Weights) -> Iterator[Terms]:
    """Yield the waiting of hours, and those missed."""
    yield part.power_mw * w.wait * w.hours, list(block.on_count.values())
    missed = list(block.missed_h.values())
    if part.plan_hours_h is not None:
        missed += list(block.plan_missed_h.values())
    yield [part.power_mw * w.missed] * len(missed), missed


def _jobs(part: Any, block: pyo.Block, w: _Weights) -> Iterator[Terms]:
    """Yield the waiting of jobs, each as if it were the largest, and those left or lost."""
    each_mwh = max((job.energy_mwh for job in part.own_jobs(w.given)), default=0.0)
    yield [each_mwh * w.wait[s] for _, s in block.start_count], list(block.start_count.values())
    for variable, weight in ((block.left_count, w.left), (block.lost_count, w.missed)):
        yield [each_mwh * weight] * len(variable), list(variable.values())


def _training(part: Any, block: pyo.Block, w: _Weights) -> Iterator[Terms]:
    """Yield, negative, the work at nominal power."""
    yield -_TRAINING * w.hours, list(block.power_mw.values())


def _quota(part: Any, block: pyo.Block, w: _Weights) -> Iterator[Terms]:
    """Yield all use: the floor is the least it can be."""
    for variable in (block.quota_mw, block.opportunistic_mw):
        yield _KEPT * w.hours, list(variable.values())


def _store(part: Any, block: pyo.Block, w: _Weights) -> Iterator[Terms]:
    """Yield what a store gives, and what it takes: no more than is asked for, and early."""
    early = 1 + w.given.horizon.begin_h / w.given.horizon.end_h[-1]
    yield w.stored * w.hours, list(block.discharge_mw.values())
    yield _KEPT * early * w.hours, list(block.charge_mw.values())
    if getattr(part, "is_cyclic", False):  # then how much it holds is free
        yield [_KEPT], [block.energy_mwh[w.given.horizon.steps[-1]]]


_TERMS: Mapping[str, Callable[[Any, pyo.Block, _Weights], Iterator[Terms]]] = {
    "firm": _firm,
    "deferrable": _deferrable,
    "interruptible": _interruptible,
    "jobs": _jobs,
    "training": _training,
    "quota": _quota,
    "battery": _store,
    "chilled_store": _store,
}


def keep_even(problem: Problem, block: pyo.Block) -> Iterator[Terms]:
    """Declare one power a day (UTC) for each desalination plant; yield how far it departs."""
    horizon = problem.given.horizon
    days = pd.factorize(horizon.index.floor("D"))[0].tolist()
    for name, power in _desalination(problem):
        part = pyo.Block()
        block.add_component(name, part)
        _add_even(part, power, days)
        yield _SHORT * horizon.hours, list(part.uneven_mw.values())


def _add_even(block: pyo.Block, power: pyo.Var, days: Sequence[int]) -> None:
    """Declare one power a day, and by how much each step has another."""
    steps = range(len(days))
    block.even_mw = pyo.Var(range(days[-1] + 1), bounds=(0, None))
    block.uneven_mw = pyo.Var(steps, bounds=(0, None))

    def most(b: pyo.Block, t: int) -> Any:
        return power[t] - b.even_mw[days[t]] <= b.uneven_mw[t]

    def least(b: pyo.Block, t: int) -> Any:
        return b.even_mw[days[t]] - power[t] <= b.uneven_mw[t]

    block.most = pyo.Constraint(steps, rule=most)
    block.least = pyo.Constraint(steps, rule=least)


def _desalination(problem: Problem) -> list[tuple[str, pyo.Var]]:
    """Return the power of each desalination plant, by its name."""
    plants = problem.site.desalination.values()
    return [(plant.name, problem.block(plant).power_mw) for plant in plants]


def hold(problem: Problem, block: pyo.Block) -> None:
    """Hold the loaded values of what runs without flexibility."""
    for kind, quantities in _HELD.items():
        for part in getattr(problem.site, kind).values():
            for quantity in quantities:
                for variable in problem.block(part).component(quantity).values():
                    _hold_one(variable)
    for battery in problem.site.battery.values():
        if battery.is_cyclic:
            _hold_one(problem.block(battery).energy_mwh[problem.given.horizon.steps[-1]])
    for name, _ in _desalination(problem):
        for uneven in block.component(name).uneven_mw.values():
            uneven.setub(max(uneven.value, 0.0) + _NEAR)


def _hold_one(variable: Any) -> None:
    """Hold one variable at its value, or within the solver's accuracy of it."""
    value, (low, high) = variable.value, variable.bounds
    if variable.is_integer():
        low = high = round(value)
    elif low is not None and value <= low + _NEAR:
        high = low
    elif high is not None and value >= high - _NEAR:
        low = high
    else:
        low, high = value - _NEAR, value + _NEAR
    variable.setlb(low)
    variable.setub(high)


def held_words(site: Site) -> tuple[Phrase, ...]:
    """Return what is held on a site, and what is not, in sentences."""
    said = []
    if site.fleet(("deferrable", "interruptible", "jobs")):
        said.append(phrase("Work runs when it arrives, as fast as its servers allow."))
    if site.training:
        said.append(phrase("Training runs at nominal power."))
    if site.quota:
        said.append(phrase("The research quota has its guaranteed floor, and no more."))
    if site.battery:
        said.append(phrase("Batteries keep what they hold, and what is asked of them in reserve."))
    if site.chilled_store:
        said.append(phrase("Chilled stores rest."))
    if site.desalination:
        said.append(phrase("Desalination runs evenly over each day."))
    free = phrase("Grid draw, gensets, curtailment, shedding and breaches at their price are free.")
    order = phrase(
        "Where not all fits, training gives way first, then work waits, then commercial load is "
        "shed, then stores give, and work is missed last."
    )
    return (*said, free, order)


def ways_given(problem: Problem) -> tuple[Phrase, ...]:
    """Return how much of what is held could not be, from the loaded values."""
    site, hours = problem.site, problem.given.horizon.hours

    def mwh(variables: Iterable[pyo.Var]) -> float:
        return sum(float(values_of(variable) @ hours) for variable in variables)

    def of(fleet: Mapping[str, Any], quantity: str) -> list[pyo.Var]:
        return [problem.block(part).component(quantity) for part in fleet.values()]

    nominal_mwh = sum(part.power_max_mw for part in site.training.values()) * float(hours.sum())
    less_mwh = nominal_mwh - mwh(of(site.training, "power_mw"))
    shed_mwh = mwh(tier for part in site.firm.values() for tier in _tiers(problem.block(part)))
    taken_mwh = mwh(of(site.battery, "discharge_mw"))
    cold_mwh = mwh(of(site.chilled_store, "discharge_mw"))
    found = (
        (less_mwh, phrase("Training runs {mwh} MWh below nominal power.", _said(less_mwh))),
        (shed_mwh, phrase("{mwh} MWh of commercial load are shed all the same.", _said(shed_mwh))),
        (taken_mwh, phrase("Batteries give {mwh} MWh all the same.", _said(taken_mwh))),
        (cold_mwh, phrase("Chilled stores give {mwh} MWh of cold all the same.", _said(cold_mwh))),
    )
    return tuple(words for size_mwh, words in found if size_mwh > _TOLD_MWH)


def _said(mwh: float) -> dict[str, object]:
    """Return an energy as a value of a phrase."""
    return {"mwh": number(mwh)}


def _tiers(block: pyo.Block) -> list[pyo.Var]:
    """Return what is shed of a load, tier by tier."""
    return [v for v in block.component_objects(pyo.Var) if v.local_name.startswith("shed_tier")]
