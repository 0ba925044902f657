"""The same linear program as sparse matrices made by hand: a year, and small random sites."""

from dataclasses import replace

import numpy as np
import pytest

import optimizer as dk
from optimizer.plan import Plan
from tests.bench import bench_case, bench_hand, bench_ours

SAME_PU = 1e-6


def planned(case: bench_case.Case) -> Plan:
    """Return the audited plan of a case, through the public names."""
    given = bench_ours.read(case)
    return dk.plan(
        given.site,
        agreement=given.agreement,
        start=bench_case.START,
        horizon=given.horizon,
        series=given.series,
    )


def test_a_year_costs_what_the_hand_made_matrix_says() -> None:
    """Proves 8,760 hours have the optimum, and the model the size, of matrices made by hand.

    Solar, wind, a battery, a grid connection with peak prices, and 365 batches of daily work.
    """
    case = bench_case.year_case()
    plan, (least_mad, table) = planned(case), bench_hand.solve(case)
    assert plan.objective_mad == pytest.approx(least_mad, rel=SAME_PU)
    assert plan.optimum.solver["rows"] == 3 * 8760 + 365
    assert plan.optimum.solver["columns"] == 8 * 8760
    ours = plan.schedule[list(bench_ours.COLUMNS)].rename(columns=bench_ours.COLUMNS)
    assert min(ours.sum()) > 0, "a part that never runs is not compared"
    for column in ("import_mw", "export_mw", "discharge_mw", "run_mw"):
        assert ours[column].sum() == pytest.approx(table[column].sum(), rel=SAME_PU)


@pytest.mark.parametrize("seed", range(25))
def test_a_random_site_costs_what_the_hand_made_matrix_says(seed: int) -> None:
    """Proves the optimum of two to five days, in steps of 15 minutes to an hour, for any sizes."""
    case = bench_case.random_case(seed)
    least_mad, _ = bench_hand.solve(case)
    scale_mad = max(1.0, abs(least_mad))
    assert abs(planned(case).objective_mad - least_mad) <= SAME_PU * scale_mad


@pytest.mark.parametrize(
    ("quantity", "factor"),
    [
        ("buy_mad_per_mwh", 1.01),
        ("charge_efficiency_pu", 0.98),
        ("self_discharge_pu_per_h", 5.0),
        ("work_mwh", 1.01),
        ("ups_loss_pu", 1.2),
        ("end_value_mad_per_mwh", 1.1),
        ("energy_initial_mwh", 0.9),
    ],
)
def test_the_comparison_can_fail(quantity: str, factor: float) -> None:
    """Proves one number, changed a little on one side alone, is seen in the optimum."""
    case = bench_case.random_case(4)
    changed = replace(case, **{quantity: np.multiply(getattr(case, quantity), factor)})
    least_mad, _ = bench_hand.solve(changed)
    apart = abs(planned(case).objective_mad - least_mad)
    assert apart > 10 * SAME_PU * abs(least_mad)
