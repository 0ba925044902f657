"""The same linear program in PyPSA and in linopy; runs where the extra `bench` is installed."""

import importlib
import importlib.util
from types import ModuleType

import pytest

import optimizer as dk
from tests.bench import bench_case, bench_ours

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("pypsa") is None, reason="PyPSA comes with the extra `bench`"
    ),
    pytest.mark.filterwarnings("ignore"),  # both announce what their next versions will change
]
SAME_PU = 1e-6


@pytest.fixture(params=["tests.bench.bench_pypsa", "tests.bench.bench_linopy"])
def other(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(request.param)


def least_mad(case: bench_case.Case) -> float:
    """Return the cost of the audited plan, through the public names."""
    given = bench_ours.read(case)
    plan = dk.plan(
        given.site,
        agreement=given.agreement,
        start=bench_case.START,
        horizon=given.horizon,
        series=given.series,
    )
    return plan.objective_mad


def test_a_year_costs_what_the_other_says(other: ModuleType) -> None:
    """Proves the optimum of 8,760 hours; in PyPSA work waits in a store, so its program differs."""
    case = bench_case.year_case()
    assert least_mad(case) == pytest.approx(other.solve(case)[0], rel=SAME_PU)


@pytest.mark.parametrize("seed", range(20))
def test_a_random_site_costs_what_the_other_says(seed: int, other: ModuleType) -> None:
    """Proves the optimum of two to five days at a small site drawn at random."""
    case = bench_case.random_case(seed)
    theirs_mad = other.solve(case)[0]
    assert abs(least_mad(case) - theirs_mad) <= SAME_PU * max(1.0, abs(theirs_mad))
