"""ETHOS.FINE's demand-side management: up to 10 MW of an hour's load run some hours away.

Each hour's movable load is a cohort that prefers its own hour and may run within the window; what
can't move is firm. Power sources are gensets that nothing commits.
"""

import json

import pandas as pd
import pytest

START = pd.Timestamp("2026-01-01T00:00Z")


@pytest.fixture(scope="module")
def reference(shared):
    """Return the case and what is expected of it."""
    return json.loads(shared("refcases/fine_dsm_shift/case.json").read_text())


@pytest.fixture
def planned(reference, micro, tmp_path):
    """Return the function that plans the case with a window of some hours."""
    shift, hours = reference["shift"], pd.date_range(START, periods=reference["T"], freq="h")
    movable_mw = float(shift["max_down_mw"])
    gensets = {
        f"source{number}": {
            "unit_power_max_mw": float(source["p_max"]),
            "fuel_price_mad_per_l": float(source["cost"]),
        }
        for number, source in enumerate(reference["sources"])
    }

    def plan(window_h: int):
        window, end = pd.Timedelta(hours=window_h), hours[-1] + pd.Timedelta(hours=1)
        cohorts = pd.DataFrame(
            {
                "earliest_utc": (hours - window).where(hours - window > START, START),
                "deadline_utc": [min(hour + pd.Timedelta(hours=1) + window, end) for hour in hours],
                "work_mwh": movable_mw,
                "rate_max_mw": movable_mw,
                "preferred_utc": hours,
            }
        )
        cohorts.to_csv(tmp_path / "cohorts.csv", index=False)
        movable = {
            "cohorts_file": str(tmp_path / "cohorts.csv"),
            "power_max_mw": movable_mw + shift["max_up_mw"],
            "shift_cost_mad_per_mwh": float(shift["cost_per_mwh_shifted"]),
        }
        firm_mw = [load_mw - movable_mw for load_mw in reference["load_mw"]]
        case = micro(
            start=START.isoformat(),
            fleets={
                "genset": gensets,
                "firm": {"rest": {}},
                "deferrable": {"movable": movable},
            },
            series={"firm_rest_demand_mw": firm_mw},
        )
        return case.plan()

    return plan


def generation_mad(plan) -> float:
    """Return what the sources cost."""
    return sum(mad for kind, mad in plan.kpis["cost_mad"].items() if kind.startswith("genset_"))


def test_shift(planned, reference):
    """Proves 69,500 of generation plus 60 MWh shifted at 1, and the profile to every hour."""
    plan, expected = planned(reference["shift"]["window_h"]), reference["expected"]
    assert generation_mad(plan) == pytest.approx(expected["generation_cost_with_shift"], rel=1e-6)
    shifted_mwh = expected["shifted_energy_mwh"]
    cost_mad = plan.kpis["cost_mad"]["deferrable_movable_shift"]
    assert cost_mad == pytest.approx(shifted_mwh * reference["shift"]["cost_per_mwh_shifted"])
    assert plan.objective_mad == pytest.approx(69_500 + 60, rel=1e-6)
    load_mw = plan.schedule["facility_it_mw"].tolist()
    assert load_mw == pytest.approx(expected["load_with_shift"], rel=1e-6)


def test_no_window_no_shift(planned, reference):
    """Proves 71,000 where work runs in its own hour: 100 MW cheap at 25, the rest at 50."""
    plan = planned(0)
    assert plan.objective_mad == pytest.approx(
        reference["expected"]["cost_without_shift"], rel=1e-6
    )
    assert plan.schedule["facility_it_mw"].tolist() == pytest.approx(reference["load_mw"])


def test_wider_window(planned):
    """Proves 68,500 of generation with 6 h, as the reference's README says: 100 MWh move."""
    plan = planned(6)
    assert generation_mad(plan) == pytest.approx(68_500, rel=1e-6)
    assert plan.objective_mad == pytest.approx(68_500 + 100, rel=1e-6)
