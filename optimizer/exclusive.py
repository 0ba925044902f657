"""Never simultaneous: the few steps where the linear model cheats get a binary, and no others.

Charge and discharge, or draw and feed-in, are kept apart by the convex hull of "either or" until
a price <= 0, priced curtailment or a tie lets a solution do both. Cooling follows the greatest
of its lines unless wasting power pays. Such steps get their binary, and the model is solved again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimizer.component import values_of
from optimizer.quantities import heat_mw
from optimizer.site import Problem, active_clauses

TOLERANCE_MW = 1e-5  # well below the audit's, well above the solver's


@dataclass(kw_only=True, slots=True)
class Splits:
    """The steps that have a binary so far, by pair and for cooling."""

    pairs: set[tuple[str, int]] = field(default_factory=set)
    cooling: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.pairs) + len(self.cooling)


def split(problem: Problem, splits: Splits) -> int:
    """Add a binary wherever the loaded solution does two things at once; return how many.

    The model then needs to be compiled and solved again. The binaries hold what the loaded
    solution does more of, from which an interrupted solve goes on.
    """
    return _split_pairs(problem, splits) + _split_cooling(problem, splits)


def _split_pairs(problem: Problem, splits: Splits) -> int:
    """Add either-or binaries to pairs of variables that are both positive."""
    model = problem.model
    if model.component("either_or") is None:
        model.either_or = pyo.Block()
        model.either_or.is_first = pyo.VarList(domain=pyo.Binary)
        model.either_or.rows = pyo.ConstraintList()
    found = 0
    for name, first, second in _pairs(problem):
        for t in first:
            if (name, t) in splits.pairs or min(first[t].value, second[t].value) <= TOLERANCE_MW:
                continue
            is_first = model.either_or.is_first.add()
            is_first.set_value(int(first[t].value >= second[t].value))
            model.either_or.rows.add(first[t] <= first[t].ub * is_first)
            model.either_or.rows.add(second[t] <= second[t].ub * (1 - is_first))
            splits.pairs.add((name, t))
            found += 1
    return found


def _pairs(problem: Problem) -> Iterator[tuple[str, Mapping[int, Any], Mapping[int, Any]]]:
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
    if new and block.component("is_line") is None:
        block.is_line = pyo.VarList(domain=pyo.Binary)
        block.chosen_line = pyo.ConstraintList()
    for t in new:
        lines = [(a[t], b[t]) for a, b in site.cooling.lines(given)] + [(0.0, 0.0)]
        choices = [block.is_line.add() for _ in lines]
        followed = int(np.argmax([float(a) + float(b) * heats_mw[t] for a, b in lines]))
        for k, is_line in enumerate(choices):
            is_line.set_value(int(k == followed))
        block.chosen_line.add(sum(choices) == 1)
        for (intercept, slope), is_line in zip(lines, choices, strict=True):
            slack_mw = site.cooling.power_max_mw * (1 - is_line)
            line_mw = float(intercept) + float(slope) * heat_mw(site, model, t)
            block.chosen_line.add(block.power_mw[t] <= line_mw + slack_mw)
        splits.cooling.add(t)
    return len(new)
