"""The formulation, as text: a change of a constraint must show up in a diff.

Two half-hours (or a half-hour and an hour) of each part alone, with different numbers for similar
things, so that ``-0.45 charge(0)`` can be read as 0.5 h * 0.9. ``UPDATE_GOLDEN=1`` rewrites.
"""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import optimizer as dk
from optimizer.agreement.clause import clause_kinds
from optimizer.config import ASSETS, SERVICES, WORKLOADS
from optimizer.templates import make_plain

GOLDEN = Path(__file__).parent / "golden"
SITE = {
    "place": {"name": "golden", "latitude_deg": 23.7, "longitude_deg": -15.9, "altitude_m": 10.0},
    "plan": {"horizon": "1h@30min", "climate_seed": 1, "tie_break_mad_per_mwh_h": 0.0},
    "solver": {"time_limit_s": 20.0},
    "facility": {
        "power_max_mw": 500.0,
        "it_power_max_mw": 450.0,
        "ups_loss_pu": 0.04,
        "fixed_overhead_mw": 3.0,
    },
}
BATTERY = {
    "charge_max_mw": 100.0,
    "discharge_max_mw": 80.0,
    "energy_max_mwh": 400.0,
    "soc_min_pu": 0.05,
    "soc_max_pu": 0.95,
    "charge_efficiency_pu": 0.9,
    "discharge_efficiency_pu": 0.8,
    "self_discharge_pu_per_h": 0.4375,  # 0.5625 left after an hour, 0.75 after half of one
    "ageing_cost_mad_per_mwh": [20.0],
    "energy_initial_mwh": 200.0,
    "energy_final_min_mwh": 30.0,
    "energy_final_max_mwh": 300.0,
    "end_value_mad_per_mwh": 300.0,
}
GRID = {"import_max_mw": 125.0, "export_max_mw": 50.0, "emission_kg_per_mwh": 500.0}
TARIFF = {
    "time_zone": "Etc/GMT",
    "demand_charge_mad_per_mw_month": 1000.0,
    "fixed_charge_mad_per_mw_year": 0.0,
    "period": [],
}
GENSET = {
    "unit_count": 10,
    "unit_power_max_mw": 5.0,
    "unit_power_min_mw": 0.0,
    "fuel_l_per_mwh": 250.0,
    "fuel_price_mad_per_l": 10.0,
    "emission_kg_per_mwh": 780.0,
    "start_cost_mad": 0.0,
    "min_up_h": 0.0,
    "min_down_h": 0.0,
    "initial_on_count": 2,
    "initial_since_h": 0.25,
}
UNITS = {
    "unit_power_min_mw": 1.5,
    "must_run_count": 1,
    "start_cost_mad": 500.0,
    "stop_cost_mad": 90.0,
    "running_cost_mad_per_h": 40.0,
    "min_up_h": 0.5,
    "min_down_h": 1.0,
    "max_up_h": 0.75,
    "running_max_h": 6.0,
    "starts_max_count": 4,
}
CLOUD = {
    "demand_mw": 20.0,
    "tiers": [
        {"shed_max_pu": 0.1, "value_mad_per_mwh": 800.0},
        {"shed_max_pu": 0.2, "value_mad_per_mwh": 3000.0},
    ],
}
BATCH = {
    "arrival_mw": 6.0,
    "block_h": 1,
    "deadline_h": 2.0,
    "run_min_h": 0.5,
    "power_max_mw": 15.0,
    "missed_mad_per_mwh": 5000.0,
    "left_mad_per_mwh": 300.0,
    "initial_backlog_pu": 0.5,
}
TRAINING = {
    "power_max_mw": 100.0,
    "curve": [[0.5, 0.75], [0.75, 0.9375], [1.0, 1.0]],  # slopes of 0.75 and 0.25
    "floor_pu": 0.6,
    "window_h": 24,
    "shortfall_mad_per_mwh": 4500.0,
    "value_mad_per_mwh": 500.0,
    "ramp_max_mw_per_h": 60.0,
    "restart_cost_mad_per_mw": 50.0,
    "restart_loss_h": 0.1,
    "initial_powered_pu": 0.2,
}
JOBS = {"jobs_file": str(GOLDEN / "jobs.csv"), "power_max_mw": 80.0, "left_mad_per_mwh": 300.0}
OVENS = {"power_mw": 12.0, "hours_h": 9.0, "missed_mad_per_h": 4000.0, "plan_hours_h": 0.75}
TIED = {
    "missed_mad_per_h": None,
    "plan_hours_h": None,
    "min_up_h": 1.0,
    "starts_max_count": 1,
    "start_cost_mad": 60.0,
}
QUOTA = {
    "power_max_mw": 40.0,
    "floor_mw": 2.0,
    "quota_mwh_per_month": 3100.0,
    "bank_max_mwh": 500.0,
    "initial_bank_mwh": 100.0,
    "value_mad_per_mwh": 900.0,
    "opportunistic_value_mad_per_mwh": 70.0,
    "left_value_mad_per_mwh": 600.0,
}
SEA_PLANT = {
    "power_max_mw": 3.0,
    "power_min_mw": 0.75,
    "power_initial_mw": 1.0,
    "energy_kwh_per_m3": 4.0,
    "value_mad_per_m3": 2.0,
}
COLD = {
    "charge_max_mw": 20.0,
    "discharge_max_mw": 16.0,
    "energy_max_mwh": 100.0,
    "charge_efficiency_pu": 0.9,
    "discharge_efficiency_pu": 0.8,
    "loss_pu_per_h": 0.4375,  # 0.5625 left after an hour, 0.75 after half of one
    "pump_power_pu": 0.03125,
    "energy_initial_mwh": 40.0,
    "end_value_mad_per_mwh": 70.0,
}
JOB = TRAINING | {
    "is_synchronous": True,
    "shortfall_mad_per_mwh": None,
    "ramp_max_mw_per_h": None,
    "restart_cost_mad_per_mw": 0.0,
    "restart_loss_h": 0.0,
    "floor_pu": 0.0,
    "min_up_h": 1.5,
    "min_down_h": 0.5,
    "initial_powered_pu": 1.0,
    "initial_since_h": 1.25,
}
TIERED = {
    field: value
    for field, value in (TRAINING | {"restart_cost_mad_per_mw": 0.0, "restart_loss_h": 0.0}).items()
    if field not in ("floor_pu", "ramp_max_mw_per_h")
} | {"tiers": [{"share_pu": 0.25, "floor_pu": 1.0}, {"share_pu": 0.75, "floor_pu": 0.5}]}
SOVEREIGN = {"firm": {"sov": {"demand_mw": 10.0, "tiers": []}}}
LINE = {"grid": {"line": GRID}}
PRICES = {
    "grid_line_import_price_mad_per_mwh": [600.0, 900.0],
    "grid_line_export_price_mad_per_mwh": [70.0, 80.0],
}
COOLING = {
    "cooling_intercept_1_mw": [1.0, 1.5],
    "cooling_slope_1_pu": [0.125, 0.25],
    "cooling_intercept_2_mw": [-3.0, -2.5],
    "cooling_slope_2_pu": [0.5, 0.75],
    "cooling_water_l_per_mwh": [0.0, 0.0],
}
PLANT = SOVEREIGN | LINE | {"firm": SOVEREIGN["firm"] | {"cloud": CLOUD}}
BANK = PLANT | {"battery": {"main": BATTERY}}
INSTITUTE = PLANT | {
    "training": {"jazari": TRAINING | {"floor_pu": 0.0, "ramp_max_mw_per_h": None}}
}
WIND = {"cost_mad_per_mwh": 4.0, "curtailment_cost_mad_per_mwh": 0.0}
WINDY = PLANT | {"wind": {"main": WIND}}
BREEZE = {"wind_main_available_mw": [50.0, 40.0]}
CALM = {"name": "calm", "text": "t", "available_below_mw": 45.0, "import_max_mw": 20.0}
SEA = {"power_max_mw": 10.0, "energy_kwh_per_m3": 4.0, "value_mad_per_m3": 2.0}
HALF_HOURS, MIXED = (0.5, 0.5), (0.5, 1.0)

PARTS = {  # name -> (tables beside the site's, series, lengths of the steps)
    "solar_wind": (
        {
            "solar": {"main": {"cost_mad_per_mwh": 9.0, "curtailment_cost_mad_per_mwh": 0.0}},
            "wind": {"main": {"cost_mad_per_mwh": 4.0, "curtailment_cost_mad_per_mwh": 7.0}},
        },
        {"solar_main_available_mw": [0.0, 30.0], "wind_main_available_mw": [50.0, 40.0]},
        HALF_HOURS,
    ),
    "battery": ({"battery": {"main": BATTERY}}, {}, HALF_HOURS),
    "battery_segments": (
        {"battery": {"main": BATTERY | {"ageing_cost_mad_per_mwh": [20.0, 60.0]}}},
        {},
        MIXED,
    ),
    "battery_cyclic": ({"battery": {"main": BATTERY | {"is_cyclic": True}}}, {}, MIXED),
    "grid": (
        {
            "grid": {
                "line": GRID
                | {
                    "tariff": TARIFF,
                    "import_energy_min_mwh": 5.0,
                    "import_energy_max_mwh": 60.0,
                }
            }
        },
        PRICES,
        HALF_HOURS,
    ),
    "genset_fuel": (
        {"genset": {"backup": GENSET | {"fuel_stock_l": 9000.0, "fuel_delivery_l_per_h": 200.0}}},
        {},
        MIXED,
    ),
    "genset_units": ({"genset": {"backup": GENSET | UNITS}}, {}, HALF_HOURS),
    "cooling": (
        SOVEREIGN | {"cooling": {"segment_count": 2, "power_max_mw": 120.0}},
        COOLING,
        HALF_HOURS,
    ),
    "facility": (
        {
            "facility": SITE["facility"] | {"it_power_max_mw": 25.0, "power_max_mw": 28.0},
            "deferrable": {"batch": BATCH | {"power_max_mw": 30.0}},
        },
        {},
        HALF_HOURS,
    ),
    "firm": ({"firm": {"cloud": CLOUD} | SOVEREIGN["firm"]}, {}, HALF_HOURS),
    "deferrable": ({"deferrable": {"batch": BATCH}}, {}, MIXED),
    "deferrable_alone": (
        {"deferrable": {"batch": BATCH | {"initial_backlog_pu": 0.0}}},
        {},
        HALF_HOURS,
    ),
    "training": ({"training": {"ai": TRAINING}}, {}, MIXED),
    "training_synchronous": (
        {"training": {"ai": TRAINING | {"is_synchronous": True, "shortfall_mad_per_mwh": None}}},
        {},
        HALF_HOURS,
    ),
    "jobs": ({"jobs": {"list": JOBS}}, {}, MIXED),
    "interruptible": ({"interruptible": {"ovens": OVENS}}, {}, MIXED),
    "interruptible_tied": (
        {"interruptible": {"ovens": OVENS | TIED}},
        {},
        HALF_HOURS,
    ),
    "quota": ({"quota": {"jazari": QUOTA}} | LINE, PRICES, HALF_HOURS),
}
PARTS |= {
    "desalination": ({"desalination": {"sea": SEA_PLANT}}, {}, HALF_HOURS),
    "desalination_tank": (
        {
            "desalination": {
                "sea": SEA_PLANT
                | {
                    "demand_m3_per_h": 100.0,
                    "tank_max_m3": 700.0,
                    "tank_initial_m3": 90.0,
                    "missed_mad_per_m3": 60.0,
                    "ramp_max_mw_per_h": 1.5,
                }
            }
        },
        {},
        MIXED,
    ),
    "chilled_store": (
        SOVEREIGN
        | {
            "cooling": {"segment_count": 2, "power_max_mw": 120.0},
            "chilled_store": {"cold": COLD},
        },
        COOLING,
        MIXED,
    ),
    "firm_sla": (
        {"firm": {"cloud": CLOUD | {"sla_pu": 0.9375, "sla_excess_mad_per_mwh": 750.0}}},
        {},
        MIXED,
    ),
    "training_contract": (
        {
            "training": {
                "ai": TRAINING
                | {"extra_value_mad_per_mwh": 200.0, "throughput_min_pu": 0.84375}
                | {"ramp_max_mw_per_h": None}
            }
        },
        {},
        MIXED,
    ),
    "training_job": ({"training": {"ai": JOB}}, {}, (0.5, 1.0, 0.5)),
    "training_tiers": ({"training": {"ai": TIERED}}, {}, HALF_HOURS),
}
CLAUSES = {  # kind -> (tables, series, fields)
    "carbon_budget": (PLANT, PRICES, {"budget_kg": 4000.0, "window": "horizon"}),
    "cfe_score": (
        PLANT | {"genset": {"backup": GENSET}},
        PRICES | {"grid_line_carbon_free_pu": [0.25, 0.5]},
        {"share_min_pu": 0.75, "window": "month"},
    ),
    "curtailment_priority": (
        SOVEREIGN | {"solar": {"main": WIND}, "wind": {"main": WIND | {"cost_mad_per_mwh": 9.0}}},
        BREEZE | {"solar_main_available_mw": [0.0, 20.0]},
        {"order": ["solar_main", "wind_main"], "out_of_order_max_mw": 3.0},
    ),
    "embassy_reserve": (
        INSTITUTE | {"battery": {"main": BATTERY}, "genset": {"backup": GENSET}},
        PRICES,
        {"reserved_mw": 150.0, "hold_h": 3.0},
    ),
    "exclusive_supply": (
        WINDY,
        PRICES | BREEZE,
        {"import_max_mw": 1.0, "exception": [CALM], "allows_wheeled": True},
    ),
    "fuel_budget": (
        SOVEREIGN | {"genset": {"backup": GENSET}},
        {},
        {"budget_l": 8640.0, "window": "day"},
    ),
    "genset_hours": (
        SOVEREIGN | {"genset": {"backup": GENSET | {"start_cost_mad": 500.0}}},
        {},
        {"hours_max_h": 72.0, "window": "day"},
    ),
    "import_cap": (PLANT, PRICES, {"import_max_mw": 15.0, "first_hour": 1, "last_hour": 2}),
    "minimum_storage": (BANK, PRICES, {"energy_min_mwh": 60.0, "hours": [2]}),
    "n_minus_one": (BANK, PRICES, {"bridging_h": 0.75}),
    "ramp_limit": (PLANT, PRICES, {"ramp_max_mw_per_h": 60.0}),
    "regional_energy": (PLANT, PRICES, {"amount_mwh": 48.0}),
    "regional_water": (
        PLANT | {"desalination": {"sea": SEA}},
        PRICES,
        {"service": "desalination_sea", "amount_m3": 12_000.0},
    ),
    "renewable_share": (
        WINDY | {"genset": {"backup": GENSET}},
        PRICES | BREEZE,
        {"share_min_pu": 0.75, "window": "day"},
    ),
    "research_quota": (
        INSTITUTE,
        PRICES,
        {"workload": "training_jazari", "quota_mwh_per_week": 1680.0},
    ),
    "ride_through": (BANK, PRICES, {"autonomy_h": 0.75}),
    "surplus_cap": (WINDY, PRICES | BREEZE, {"share_max_pu": 0.2}),
    "water_budget": (
        PLANT | {"cooling": {"segment_count": 2, "power_max_mw": 120.0}},
        PRICES | COOLING | {"cooling_water_l_per_mwh": [400.0, 800.0]},
        {"budget_m3": 240.0, "window": "day"},
    ),
}
CASES = {name: (*case, None) for name, case in PARTS.items()}
CASES |= {kind: (*case[:2], HALF_HOURS, {"kind": kind} | case[2]) for kind, case in CLAUSES.items()}
CASES |= {
    f"{kind}_priced": (
        *case[:2],
        HALF_HOURS,
        {"kind": kind, clause_kinds()[kind].price_field: 2000.0} | case[2],
    )
    for kind, case in CLAUSES.items()
}


def formulation(name, path):
    """Return the LP file of one case."""
    tables, series, step_h, clause = CASES[name]
    since = {"article": "1", "text": "t", "valid_from": pd.Timestamp("2000-01-01").date()}
    horizon = dk.Horizon(start=pd.Timestamp("2026-01-05T00:00Z"), step_h=step_h)
    problem = dk.build(
        dk.parse_site(SITE | tables),
        start=horizon.start,
        horizon=horizon,
        agreement=dk.parse_agreement({"title": "t", "clause": [since | clause] if clause else []}),
        state=dk.State(time_utc=horizon.start, rows=(), origin="golden"),
        series=pd.DataFrame(series, index=horizon.index, dtype="float64"),
    )
    make_plain(problem.model).write(str(path), io_options={"symbolic_solver_labels": True})
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_the_formulation_is_as_it_was(name, tmp_path):
    written, golden = formulation(name, tmp_path / f"{name}.lp"), GOLDEN / f"{name}.lp"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(written, encoding="utf-8")
    assert written == golden.read_text(encoding="utf-8")


def test_every_part_and_every_clause_has_its_formulation():
    """Proves a new asset, workload or clause can't come without one, nor an old file stay."""
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(CASES)
    kinds = {kind for tables, *_ in CASES.values() for kind in tables}
    assert {*ASSETS, *SERVICES, *WORKLOADS, "cooling", "facility"} <= kinds
    assert set(clause_kinds()) == set(CLAUSES)


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_the_formulation_does_not_depend_on_the_hash_seed(seed):
    """Proves no set or hash decides an order: the same files under another seed."""
    environment = {k: v for k, v in os.environ.items() if k != "UPDATE_GOLDEN"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", __file__]
    command += ["-k", "test_the_formulation_is_as_it_was"]
    run = subprocess.run(
        command,
        env=environment | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:]
