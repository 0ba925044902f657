"""The optimum against matrices made by hand, and, where it is installed, against PyPSA."""

import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

import bench_case
import bench_hand
import bench_ours

AGREED_PU = 1e-6
needs_pypsa = pytest.mark.skipif(
    importlib.util.find_spec("pypsa") is None, reason="PyPSA comes with the extra bench"
)


@pytest.mark.parametrize("seed", range(20))
def test_random_sites_equal_matrices_by_hand(seed: int) -> None:
    """Proves the optimum of solar, wind, battery, grid and daily work: rows written by hand."""
    case = bench_case.random_case(seed)
    ours, _ = bench_ours.solve(bench_ours.read(case))
    by_hand, _ = bench_hand.solve(case)
    assert ours == pytest.approx(by_hand, rel=AGREED_PU)


def test_a_year_equals_matrices_by_hand() -> None:
    """Proves the same over 8,760 steps."""
    case = bench_case.year_case()
    assert case.step_count == 8760
    ours, table = bench_ours.solve(bench_ours.read(case))
    by_hand, _ = bench_hand.solve(case)
    assert ours == pytest.approx(by_hand, rel=AGREED_PU)
    assert len(table) == 8760


def test_another_site_is_another_optimum() -> None:
    """Proves that the agreement above is none of two constants: seeds differ by far more."""
    costs = [bench_hand.solve(bench_case.random_case(seed))[0] for seed in (0, 1)]
    assert costs[0] != pytest.approx(costs[1], rel=1e-3)


@needs_pypsa
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", [*range(20), None], ids=str)
def test_sites_equal_pypsa(seed: int | None) -> None:
    """Proves the optimum against PyPSA's own formulation, on 20 random sites and the year."""
    bench_pypsa = __import__("bench_pypsa")
    case = bench_case.year_case() if seed is None else bench_case.random_case(seed)
    ours, _ = bench_ours.solve(bench_ours.read(case))
    theirs, _ = bench_pypsa.solve(case)
    assert ours == pytest.approx(theirs, rel=AGREED_PU)
