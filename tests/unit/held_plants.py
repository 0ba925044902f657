"""Small plants under outages and pins: entries in one line, the plan with them, broken audits."""

from dataclasses import replace
from typing import Any

import pandas as pd

import optimizer as dk
from optimizer.audit import audit
from optimizer.diagnosis import explained
from optimizer.errors import Infeasible
from optimizer.held import Interventions, Outage, Pin
from optimizer.interventions import with_held
from optimizer.site import Problem, build_model
from tests.unit.conftest import START, as_published

FIRST = pd.Timestamp(START)


def at(hour: float) -> pd.Timestamp:
    """Return the moment so many hours after the plan begins."""
    return FIRST + pd.Timedelta(hours=hour)


def out(unit: str, first: float, end: float, left_mw: float) -> Outage:
    """Return an outage from one hour of the plan to another."""
    return Outage(
        unit=unit, start=at(first), end=at(end), available_mw=left_mw, note="fan", author="Fatima"
    )


def pin(column: str, first: float, end: float, low: float | None, high: float | None) -> Pin:
    """Return a pin from one hour of the plan to another."""
    return Pin(column=column, start=at(first), end=at(end), low=low, high=high, author="Ali")


def problem_with(plant: Any, *entries: Outage | Pin) -> Problem:
    """Return a plant's problem under outages and pins."""
    problem = plant.build()
    held = Interventions(
        outages=tuple(one for one in entries if isinstance(one, Outage)),
        pins=tuple(one for one in entries if isinstance(one, Pin)),
    )
    given = with_held(problem.given, problem.site, held)
    return build_model(problem.site, problem.agreement, given, problem.provenance)


def plan_with(plant: Any, *entries: Outage | Pin) -> dk.Plan:
    """Return a plant's audited optimum under outages and pins."""
    return dk.solve(problem_with(plant, *entries))


def reasons_of(plant: Any, *entries: Outage | Pin) -> str:
    """Return why a plant has no plan under outages and pins."""
    problem = problem_with(plant, *entries)
    try:
        dk.solve(problem)
    except Infeasible as error:
        return str(explained(problem, error).error)
    raise AssertionError("there is a plan")


def broken_by(plan: dk.Plan, column: str, step: int, value: float) -> set[str]:
    """Return the rules that are broken if one value of a plan's table is overwritten."""
    table = plan.schedule.copy()
    table.loc[table.index[step], column] = value
    return {breach.rule for breach in audit(as_published(plan, table))}


def broken_under(plan: dk.Plan, *entries: Outage | Pin) -> set[str]:
    """Return the rules that a plan breaks once entries are added to its inputs."""
    asked = as_published(plan)
    held = Interventions(
        outages=tuple(one for one in entries if isinstance(one, Outage)),
        pins=tuple(one for one in entries if isinstance(one, Pin)),
    )
    found = audit(replace(asked, given=replace(asked.given, held=held)))
    return {breach.rule for breach in found}
