"""The hand-derived cases of flixOpt's test_math suite, which check one feature each.

Not here: storage_size (sizing is no part of a plan) and the two scenario cases (a plan of one
scenario has none). A case's gensets and grids are its own; ``dump_penalty`` is a second
connection that takes power at that price. flixOpt counts a unit as running only if it makes
power: here a running unit makes at least a little.
"""

import json
from copy import deepcopy
from typing import Any

import pytest

ABSENT = {"storage_size", "scenario_weights", "scenario_here_and_now"}
CASES = [
    "storage_shift",
    "storage_losses",
    "storage_eta",
    "storage_soc_max",
    "storage_cyclic",
    "storage_final_min",
    "storage_soc_min",
    "storage_final_max_dump",
    "storage_final_min_half",
    "genset_startup_cost",
    "genset_max_hours",
    "genset_min_max_uptime",
    "genset_min_down",
    "genset_cost_per_on_hour",
    "genset_startup_limit",
    "genset_max_up",
    "genset_carryover_up",
    "min_load_dump",
    "supplier_cap",
    "supplier_energy_max",
    "supplier_energy_min_take_or_pay",
    "load_factor_max",
    "load_factor_min",
    "co2_cap_total",
    "co2_cap_per_hour",
    "merit_order",
]
WITHOUT = {  # what to take out of a case so that it answers as if the feature were broken
    ("storage_losses", "loss ignored"): {("battery", "loss_per_h"): 0},
    ("storage_eta", "eta_c ignored"): {("battery", "eta_charge"): 1},
    ("storage_eta", "eta_d ignored"): {("battery", "eta_discharge"): 1},
    ("storage_eta", "both ignored"): {
        ("battery", "eta_charge"): 1,
        ("battery", "eta_discharge"): 1,
    },
    ("storage_soc_max", "bound ignored"): {("battery", "soc_max"): None},
    ("storage_cyclic", "free initial energy"): {("battery", "soc0"): 50},
    ("storage_final_min", "ignored"): {("battery", "final_min"): None},
    ("storage_soc_min", "ignored"): {("battery", "soc_min"): None},
    ("storage_final_max_dump", "ignored"): {("battery", "final_max"): None},
    ("storage_final_min_half", "ignored"): {("battery", "final_min"): None},
    ("storage_shift", "no storage"): {("battery",): None},
    ("genset_startup_cost", "ignored"): {("gensets", 0, "startup_cost"): 0},
    ("genset_max_hours", "ignored"): {("gensets", 0, "max_on_hours"): None},
    ("genset_min_down", "ignored"): {("gensets", 0, "min_down"): 0},
    ("genset_cost_per_on_hour", "ignored"): {("gensets", 0, "cost_per_on_hour"): 0},
    ("genset_startup_limit", "ignored"): {("gensets", 0, "max_startups"): None},
    ("genset_max_up", "ignored"): {("gensets", 0, "max_up"): None},
    ("genset_carryover_up", "history ignored"): {("gensets", 0, "min_up"): 0},
    ("min_load_dump", "ignored"): {("gensets", 0, "p_min"): 0},
    ("supplier_cap", "ignored"): {("sources", 0, "p_max"): None},
    ("supplier_energy_max", "ignored"): {("sources", 0, "e_max"): None},
    ("supplier_energy_min_take_or_pay", "ignored"): {("sources", 1, "e_min"): None},
    ("load_factor_max", "ignored"): {("sources", 0, "e_max"): None},
    ("load_factor_min", "ignored"): {("sources", 1, "e_min"): None},
    ("co2_cap_total", "ignored"): {("co2_max",): None},
    ("co2_cap_per_hour", "ignored"): {("co2_max_per_h",): None},
}
LEAST_MW = 1e-3  # of a running unit
NO_HISTORY_H = 1000.0  # long in its status: nothing from before the plan holds it
NO_LIMIT_MW = 1e5


@pytest.fixture(scope="session")
def cases(shared):
    """Return every case by its name."""
    listed = json.loads(shared("refcases/flixopt_micro/cases.json").read_text())["cases"]
    return {case["id"]: case for case in listed}


def battery(case: dict[str, Any]) -> dict[str, Any]:
    """Return the case's battery as the site file states one."""
    told = {key: value for key, value in case["battery"].items() if value is not None}
    capacity, opening = float(told["capacity"]), told["soc0"]
    is_cyclic = opening == "equals_final"
    return {
        "charge_max_mw": float(told["charge_max"]),
        "discharge_max_mw": float(told["discharge_max"]),
        "energy_max_mwh": capacity,
        "soc_min_pu": told.get("soc_min", 0) / capacity,
        "soc_max_pu": told.get("soc_max", capacity) / capacity,
        "charge_efficiency_pu": float(told["eta_charge"]),
        "discharge_efficiency_pu": float(told["eta_discharge"]),
        "self_discharge_pu_per_h": float(told["loss_per_h"]),
        "energy_initial_mwh": 0.0 if is_cyclic else float(opening),
        "is_cyclic": is_cyclic,
        "energy_final_min_mwh": optional(told.get("final_min")),
        "energy_final_max_mwh": optional(told.get("final_max")),
    }


def genset(unit: dict[str, Any]) -> dict[str, Any]:
    """Return one of the case's units as a fleet of one."""
    starts = unit.get("max_startups")
    return {
        "unit_power_max_mw": float(unit["p_max"]),
        "unit_power_min_mw": max(float(unit["p_min"]), LEAST_MW),
        "must_run_count": unit.get("must_run", 0),
        "fuel_price_mad_per_l": float(unit["fuel_per_mwh"]),
        "start_cost_mad": float(unit.get("startup_cost", 0)),
        "running_cost_mad_per_h": float(unit.get("cost_per_on_hour", 0)),
        "min_up_h": float(unit.get("min_up", 0)),
        "min_down_h": float(unit.get("min_down", 0)),
        "max_up_h": optional(unit.get("max_up")),
        "running_max_h": optional(unit.get("max_on_hours")),
        "starts_max_count": None if starts is None else int(starts),
        "initial_on_count": unit.get("on_before", 0),
        "initial_since_h": float(unit.get("hours_on_before", NO_HISTORY_H)),
    }


def source(supply: dict[str, Any]) -> dict[str, Any]:
    """Return one of the case's suppliers as a grid connection."""
    most = supply.get("p_max")
    return {
        "import_max_mw": NO_LIMIT_MW if most is None else float(most),
        "emission_kg_per_mwh": float(supply.get("co2", 0)),
        "import_energy_max_mwh": optional(supply.get("e_max")),
        "import_energy_min_mwh": optional(supply.get("e_min")),
    }


def optional(value: float | None) -> float | None:
    """Return a number as the site file takes it, or none."""
    return None if value is None else float(value)


def stated(micro, case: dict[str, Any]):
    """Return the case as a site, its series and its agreement."""
    length = case["T"]
    fleets: dict[str, dict[str, Any]] = {"firm": {"load": {}}, "grid": {}, "genset": {}}
    series = {"firm_load_demand_mw": [float(mw) for mw in case["demand"]]}

    def connect(key: str, table: dict[str, Any], price: list[float], paid: float = 0.0) -> None:
        fleets["grid"][key] = table
        series[f"grid_{key}_import_price_mad_per_mwh"] = price
        series[f"grid_{key}_export_price_mad_per_mwh"] = [paid] * length

    if "buy" in case:
        connect("buy", {}, [float(price) for price in case["buy"]])
    for number, supply in enumerate(case.get("sources", [])):
        connect(f"source{number}", source(supply), [float(supply["cost"])] * length)
    if "dump_penalty" in case:
        dump = {"import_max_mw": 0.0, "export_max_mw": NO_LIMIT_MW}
        connect("dump", dump, [0.0] * length, paid=-float(case["dump_penalty"]))
    for number, unit in enumerate(case.get("gensets", [])):
        fleets["genset"][f"unit{number}"] = genset(unit)
    if case.get("battery") is not None:
        fleets["battery"] = {"main": battery(case)}
    budgets = {"co2_max": "horizon", "co2_max_per_h": "hour"}
    clauses = [
        {"kind": "carbon_budget", "budget_kg": float(case[key]), "window": window}
        for key, window in budgets.items()
        if case.get(key) is not None
    ]
    return micro(fleets=fleets, series=series, clauses=clauses)


def changed(case: dict[str, Any], changes: dict[tuple[Any, ...], Any]) -> dict[str, Any]:
    """Return the case with the value at each path replaced."""
    other = deepcopy(case)
    for path, value in changes.items():
        table = other
        for step in path[:-1]:
            table = table[step]
        table[path[-1]] = value
    return other


def test_every_case_is_here(cases):
    """Proves that no case but the three named is left out."""
    assert set(CASES) == set(cases) - ABSENT


@pytest.mark.parametrize("name", CASES)
def test_objective(cases, micro, name):
    """Proves each case's hand-derived optimum, and that no feature is ignored on the way."""
    case = cases[name]
    plan = stated(micro, case).plan()
    assert plan.objective_mad == pytest.approx(case["expected_objective"], rel=1e-6)
    for broken in case["value_if_feature_broken"].values():
        assert plan.objective_mad != pytest.approx(broken, rel=1e-3)


@pytest.mark.parametrize(("name", "feature"), WITHOUT)
def test_without_the_feature(cases, micro, name, feature):
    """Proves that the feature alone makes the difference: without it, the broken answer."""
    case = changed(cases[name], WITHOUT[name, feature])
    broken = cases[name]["value_if_feature_broken"][feature]
    assert stated(micro, case).plan().objective_mad == pytest.approx(broken, rel=1e-6)


def test_expected_dispatch(cases, micro):
    """Proves the dispatch of the two cases that state one."""
    runs = stated(micro, cases["genset_min_max_uptime"]).plan().schedule
    status = cases["genset_min_max_uptime"]["expected"]["status_0"]
    assert runs["genset_unit0_on_count"].tolist() == status
    drawn = stated(micro, cases["merit_order"]).plan().schedule
    for number, expected_mw in enumerate(cases["merit_order"]["expected"]["dispatch"]):
        assert drawn[f"grid_source{number}_import_mw"].tolist() == pytest.approx(expected_mw)
