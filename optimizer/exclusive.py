"""Never simultaneous: the few steps where the linear model cheats get a binary, and no others.

Charge and discharge, or draw and feed-in, are kept apart by the convex hull of "either or" until
a price <= 0, priced curtailment or a tie lets a solution do both. Cooling follows the greatest
of its lines unless wasting power pays. Such steps get their binary, and the model is solved again.
"""

from dataclasses import dataclass, field

import numpy as np
import pyomo.environ as pyo

from optimizer.component import values_of
from optimizer.site import Problem, it_mw

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
    for part in problem.site.fleet(("battery", "grid")):
        pair = part.exclusive(problem.block(part))
        if pair is None:
            continue
        both = np.minimum(*map(values_of, pair)) > TOLERANCE_MW
        for t in np.flatnonzero(both).tolist():
            if (part.name, t) in splits.pairs:
                continue
            one, other = (variable[t] for variable in pair)
            is_first = model.either_or.is_first.add()
            is_first.set_value(int(one.value >= other.value))
            model.either_or.rows.add(one <= one.ub * is_first)
            model.either_or.rows.add(other <= other.ub * (1 - is_first))
            splits.pairs.add((part.name, t))
            found += 1
    return found


def _split_cooling(problem: Problem, splits: Splits) -> int:
    """Add a choice of line to the steps in which cooling draws more than the heat needs."""
    site, given = problem.site, problem.given
    if site.cooling is None:
        return 0
    block, per_it = problem.block(site.cooling), site.facility.heat_factor_pu()
    heat_mw = np.array([per_it * pyo.value(it_mw(problem, t)) for t in given.horizon.steps])
    power_mw = values_of(block.power_mw)
    wasted = np.flatnonzero(power_mw > site.cooling.power_mw(heat_mw, given) + TOLERANCE_MW)
    new = [int(t) for t in wasted if int(t) not in splits.cooling]
    if new and block.component("is_line") is None:
        block.is_line = pyo.VarList(domain=pyo.Binary)
        block.chosen_line = pyo.ConstraintList()
    for t in new:
        lines = [(a[t], b[t]) for a, b in site.cooling.lines(given)] + [(0.0, 0.0)]
        choices = [block.is_line.add() for _ in lines]
        followed = int(np.argmax([float(a) + float(b) * heat_mw[t] for a, b in lines]))
        for k, is_line in enumerate(choices):
            is_line.set_value(int(k == followed))
        block.chosen_line.add(sum(choices) == 1)
        for (intercept, slope), is_line in zip(lines, choices, strict=True):
            slack_mw = site.cooling.power_max_mw * (1 - is_line)
            line_mw = float(intercept) + float(slope) * per_it * it_mw(problem, t)
            block.chosen_line.add(block.power_mw[t] <= line_mw + slack_mw)
        splits.cooling.add(t)
    return len(new)
