"""PyPSA's unit-commitment cases: part load, run times, starts, stops, standby, prices.

Not here: link_uc_with_wind (a fuel bus behind the unit) and ev_window_sizing (sizing). Units run
before the first hour unless the case says otherwise, as in PyPSA.
"""

import json
from typing import Any

import pytest

ABSENT = {"link_uc_with_wind", "ev_window_sizing"}
OBJECTIVE = {  # as the reference's README lists them, of PyPSA 1.4.0
    "min_part_load": 356_000,
    "min_up_time": 306_000,
    "startup_cost": 359_000,
    "shutdown_cost": 358_000,
    "standby": 506,
    "linearised_uc_negative_price": 12_800,
}


@pytest.fixture(scope="module")
def cases(shared):
    """Return every case by its name."""
    listed = json.loads(shared("refcases/pypsa_uc_micro/cases.json").read_text())["cases"]
    return {case["id"]: case for case in listed}


def genset(unit: dict[str, Any]) -> dict[str, Any]:
    """Return one of the case's units as a fleet of one."""
    return {
        "unit_power_max_mw": float(unit["p_nom"]),
        "unit_power_min_mw": unit["p_nom"] * float(unit["p_min_pu"]),
        "fuel_price_mad_per_l": float(unit["mc"]),
        "start_cost_mad": float(unit.get("start", 0)),
        "stop_cost_mad": float(unit.get("stop", 0)),
        "running_cost_mad_per_h": float(unit.get("standby", 0)),
        "min_up_h": float(unit.get("min_up", 0)),
        "initial_on_count": 0 if unit.get("off_before") else 1,
    }


def stated(micro, case: dict[str, Any]):
    """Return the case as a site and its series."""
    units = {name: genset(unit) for name, unit in case["units"].items()}
    load_mw = [float(mw) for mw in case["load"]]
    return micro(
        fleets={"genset": units, "firm": {"load": {}}}, series={"firm_load_demand_mw": load_mw}
    )


def test_every_case_is_here(cases):
    """Proves that no case but the two named is left out."""
    assert set(OBJECTIVE) == set(cases) - ABSENT


@pytest.mark.parametrize("name", OBJECTIVE)
def test_commitment(cases, micro, name):
    """Proves each case's cost and, where stated, which unit runs and how much it makes."""
    case = cases[name]
    plan = stated(micro, case).plan()
    assert plan.objective_mad == pytest.approx(OBJECTIVE[name], rel=1e-6)
    for key in ("objective", "integer_objective"):
        assert case.get(key, OBJECTIVE[name]) == OBJECTIVE[name]
    for unit, status in case.get("status", {}).items():
        assert plan.schedule[f"genset_{unit}_on_count"].tolist() == status
    for unit, power_mw in case.get("dispatch", {}).items():
        assert plan.schedule[f"genset_{unit}_power_mw"].tolist() == pytest.approx(power_mw)


def test_prices_of_relaxed_commitment(cases, micro):
    """Proves 7900, and a price of -30 where one MWh less makes half a unit stop.

    At 20 MW the base unit (least power 0.4) is half on: one MWh more keeps 1/40 of it running,
    which costs 20 and saves 2000/40 of stopping.
    """
    case = cases["linearised_uc_negative_price"]
    plan = stated(micro, case).plan(is_relaxed=True)
    assert plan.objective_mad == pytest.approx(case["relaxed_objective"], rel=1e-6)
    duals = plan.duals.set_index(["constraint", "index"])["dual"]
    prices = duals.loc["bus.balance"].sort_index()
    assert prices.tolist() == pytest.approx(case["prices"], rel=1e-6)
    assert prices[3] == pytest.approx(case["price_at_t3"])
    half_on = plan.schedule["genset_base_on_count"].iloc[3]
    assert half_on == pytest.approx(0.5)  # published as solved, not rounded
    bill_mad = sum(plan.kpis["cost_mad"].values())
    assert bill_mad == pytest.approx(case["relaxed_objective"], rel=1e-6)
