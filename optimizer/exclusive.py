"""Never simultaneous: the few steps where the linear model cheats get a binary, and no others.

Charge and discharge, or draw and feed-in, are kept apart by the convex hull of "either or" until
a price <= 0, priced curtailment or a tie lets a solution do both. Cooling follows the greatest
of its lines unless wasting power pays. Such steps get their binary, and the model is solved again.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimizer.assets.cooling import Cooling
from optimizer.component import Given, values_of
from optimizer.quantities import heat_mw
from optimizer.site import Problem, active_clauses
from optimizer.splits import Splits

TOLERANCE_MW = 1e-5  # well below the audit's, well above the solver's


def split(problem: Problem, splits: Splits) -> int:
    """Add a binary wherever the loaded solution does two things at once; return how many.

    The model then needs to be compiled and solved again. The binaries hold what the loaded
    solution does more of, from which an interrupted solve goes on.
    """
    return _split_pairs(problem, splits) + _split_cooling(problem, splits)


def _split_pairs(problem: Problem, splits: Splits) -> int:
    """Add either-or binaries to pairs of variables that are both positive."""
    found = 0
    for name, first, second in exclusive_pairs(problem):
        for t in first:
            if (name, t) in splits.pairs or min(first[t].value, second[t].value) <= TOLERANCE_MW:
                continue
            is_first = _choice(problem.model, first[t], second[t])
            is_first.set_value(int(first[t].value >= second[t].value))
            splits.pairs[name, t] = is_first
            found += 1
    return found


def _choice(model: pyo.ConcreteModel, first: Any, second: Any) -> Any:
    """Return a new binary that lets one of two variables be positive."""
    if model.component("either_or") is None:
        model.either_or = pyo.Block()
        model.either_or.is_first = pyo.VarList(domain=pyo.Binary)
        model.either_or.rows = pyo.ConstraintList()
    is_first = model.either_or.is_first.add()
    model.either_or.rows.add(first <= first.ub * is_first)
    model.either_or.rows.add(second <= second.ub * (1 - is_first))
    return is_first


def exclusive_pairs(problem: Problem) -> Iterator[tuple[str, Mapping[int, Any], Mapping[int, Any]]]:
    """Yield the pairs of variables by step that exclude each other, with a name."""
    for part in problem.site.components():
        if part.name != "cooling" and (pair := part.exclusive(problem.block(part))) is not None:
            yield (part.name, *pair)
    for clause in active_clauses(problem.agreement, problem.given):
        for number, (first, second) in enumerate(clause.exclusive(problem.block(clause))):
            yield f"{clause.name}.{number}", first, second


def _split_cooling(problem: Problem, splits: Splits) -> int:
    """Add a choice of line to the steps in which cooling draws more than the heat needs."""
    site, given, model = problem.site, problem.given, problem.model
    if site.cooling is None:
        return 0
    block = problem.block(site.cooling)
    heats_mw = np.array([pyo.value(heat_mw(site, model, t)) for t in given.horizon.steps])
    power_mw = values_of(block.power_mw)
    wasted = np.flatnonzero(power_mw > site.cooling.power_mw(heats_mw, given) + TOLERANCE_MW)
    new = [int(t) for t in wasted if int(t) not in splits.cooling]
    for t in new:
        splits.cooling[t] = _choices(problem, site.cooling, t)
        lines = _lines_at(site.cooling, given, t)
        followed = int(np.argmax([a + b * heats_mw[t] for a, b in lines]))
        for k, is_line in enumerate(splits.cooling[t]):
            is_line.set_value(int(k == followed))
    return len(new)


def _lines_at(cooling: Cooling, given: Given, t: int) -> list[tuple[float, float]]:
    """Return intercept and slope of each line of cooling in a step, and of none at all."""
    return [*((float(a[t]), float(b[t])) for a, b in cooling.lines(given)), (0.0, 0.0)]


def _choices(problem: Problem, cooling: Cooling, t: int) -> list[Any]:
    """Return new binaries, one a line, of which cooling follows exactly one in step `t`."""
    lines, block = _lines_at(cooling, problem.given, t), problem.block(cooling)
    if block.component("is_line") is None:
        block.is_line = pyo.VarList(domain=pyo.Binary)
        block.chosen_line = pyo.ConstraintList()
    choices = [block.is_line.add() for _ in lines]
    block.chosen_line.add(sum(choices) == 1)
    for (intercept, slope), is_line in zip(lines, choices, strict=True):
        slack_mw = cooling.power_max_mw * (1 - is_line)
        line_mw = intercept + slope * heat_mw(problem.site, problem.model, t)
        block.chosen_line.add(block.power_mw[t] <= line_mw + slack_mw)
    return choices


def split_again(
    problem: Problem, pairs: Mapping[tuple[str, int], int], cooling: Mapping[int, int]
) -> None:
    """Add the binaries that an earlier solve of the same plan needed, holding its choices.

    Parameters
    ----------
    pairs, cooling : mapping
        Whether the first of a pair may be positive, by pair and step; line followed, by step.

    Raises
    ------
    KeyError
        The model has no such pair or step.
    """
    splits, site, given = problem.splits, problem.site, problem.given
    known = {name: both for name, *both in exclusive_pairs(problem)}
    for (name, t), choice in pairs.items():
        first, second = known[name]
        splits.pairs[name, t] = is_first = _choice(problem.model, first[t], second[t])
        is_first.set_value(choice)
    for t, followed in cooling.items():
        if site.cooling is None or t not in given.horizon.steps:
            raise KeyError(t)
        splits.cooling[t] = _choices(problem, site.cooling, t)
        for k, is_line in enumerate(splits.cooling[t]):
            is_line.set_value(int(k == followed))
