"""Built clashes: each is answered with exactly its members, and with the hours they clash in."""

import pandas as pd
import pytest

from optimizer.asking import asking
from optimizer.clash import find_clash, hours_words
from optimizer.elastic import Elastic
from optimizer.solution import Status
from optimizer.solve import run_highs
from tests.properties.built_clashes import CLASHES, DAY


@pytest.mark.parametrize("name", CLASHES)
def test_a_clash_is_answered_with_exactly_its_members(name: str) -> None:
    """Proves names and hours against those found by hand, and that the answer is a proof.

    Without any one of its limits, and with all those that are not among them left out, there is a
    schedule; with all of them there is none.
    """
    case = CLASHES[name]
    problem = case.plant.build()
    elastic = Elastic(problem)
    with asking(problem.site.solver) as ask:
        clash = find_clash(elastic, ask)
    assert clash is not None
    assert clash.is_smallest
    assert set(clash.limits) == case.limits.keys()
    count = len(problem.given.horizon.steps)
    for member in clash.members:
        first, end = case.limits[member.limit]
        assert member.hours == hours_words(first, end - 1, problem.given.horizon)
        rest = set(clash.limits) - {member.limit}
        assert _status(elastic, rest, count) is Status.OPTIMAL, member
    assert _status(elastic, set(clash.limits), count) is Status.INFEASIBLE


def _status(elastic: Elastic, limits: set[str], count: int) -> Status:
    """Return the solver's answer with only some limits."""
    return run_highs(elastic.holding(limits, count), elastic.problem.site.solver).status


def test_hours_are_those_of_the_steps() -> None:
    """Proves the words: one day once, another day in full."""
    horizon = CLASHES["a line too thin in one hour"].plant.horizon
    assert hours_words(0, 0, horizon) == f"{DAY} 00:00Z to 01:00Z"
    late = type(horizon)(start=pd.Timestamp(f"{DAY}T22:00Z"), step_h=(1.0, 2.0))
    assert hours_words(0, 1, late) == f"{DAY} 22:00Z to 2026-01-06 01:00Z"


def test_a_plan_that_can_be_had_has_no_clash() -> None:
    """Proves the search does not invent one."""
    problem = type(CLASHES["no supply at all"].plant)(buy=[500], load=[10]).build()
    with asking(problem.site.solver) as ask:
        assert find_clash(Elastic(problem), ask) is None
