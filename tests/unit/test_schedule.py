"""The schedule table: named columns in one order, floats, sums, rates of cohorts; no surprises."""

import numpy as np
import pandas as pd
import pytest

CLAUSES = [
    {
        "kind": "import_cap",
        "article": "4.2",
        "import_max_mw": 90.0,
        "first_hour": 0,
        "last_hour": 24,
    },
    {"kind": "ride_through", "article": "5.1", "autonomy_h": 0.05},
]
TABLES = {
    "battery": {
        "main": {"energy_initial_mwh": 50.0, "soc_min_pu": 0.1},
        "second": {"energy_initial_mwh": 30.0, "soc_min_pu": 0.05},
    },
    "genset": {
        "backup": {
            "emission_kg_per_mwh": 700.0,
            "start_cost_mad": 9.0,
            "fuel_price_mad_per_l": 1.0,
        }
    },
    "grid": {"line": {"emission_kg_per_mwh": 500.0, "import_max_mw": 60.0}},
    "solar": {"roof": {}},
    "training": {"ai": {"floor_pu": 0.2}},
    "deferrable": {"batch": {"arrival_mw": 4.0, "left_mad_per_mwh": 9000.0}},
    "facility": {"ups_loss_pu": 0.04, "fixed_overhead_mw": 3.0},
}


@pytest.fixture(scope="module")
def plan(plant):
    return plant(
        tables=TABLES,
        buy=[500, 600],
        sell=[10, 20],
        wind=[30, 5],
        load=[60, 70],
        series={"solar_roof_available_mw": [0, 3]},
        clauses=CLAUSES,
        step_h=0.5,
    ).solve()


def test_every_column_is_named_by_its_part_quantity_and_unit(plan):
    """Proves what others build on: the names of columns, and that all of them are there."""
    site = ["renewable_mw", "import_mw", "export_mw", "genset_mw", "emission_kg"]
    site += ["genset_count", "fuel_l", "dirty_import_mw", "wheeled_mw", "discharge_room_mw"]
    site += ["discharge_max_mw", "preemptible_mw", "capability_mw", "largest_unit_mw"]
    site += ["bus_per_it_pu", "it_power_max_mw"]
    expected = {f"site_{q}" for q in (*site, "deliverable_mwh", "sovereign_mw")}
    expected |= {f"facility_{q}" for q in ("it_mw", "power_mw", "pue_pu")}
    expected |= {f"wind_main_{q}" for q in ("available_mw", "used_mw", "curtailed_mw")}
    expected |= {f"solar_roof_{q}" for q in ("available_mw", "used_mw", "curtailed_mw")}
    for key in ("main", "second"):
        store = ("charge_mw", "discharge_mw", "energy_mwh", "energy_min_mwh")
        expected |= {f"battery_{key}_{q}" for q in store}
    line = ["import_mw", "export_mw", "import_max_mw", "export_max_mw"]
    prices = ["import_price_mad_per_mwh", "export_price_mad_per_mwh"]
    carbon = ["emission_kg_per_mwh", "carbon_free_pu"]
    expected |= {f"grid_line_{q}" for q in (*line, *prices, *carbon)}
    unit = ["power_mw", "fuel_l", "on_count", "start_count", "stop_count"]
    expected |= {f"genset_backup_{q}" for q in unit}
    expected |= {f"firm_load_{q}" for q in ("demand_mw", "served_mw")}
    batch = ["run_mw", "arrived_mwh", "missed_mwh", "backlog_mwh"]
    expected |= {f"deferrable_batch_{q}" for q in batch}
    fleet = ["powered_mw", "power_mw", "restart_mw", "work_mw", "pause_mw", "power_change_mw"]
    fleet += ["delivered_mwh"]
    expected |= {f"training_ai_{q}" for q in fleet}
    expected |= {"art_4_2_excess_mw", "art_5_1_required_mwh", "step_h"}
    assert set(plan.schedule.columns) == expected
    assert plan.schedule.columns[0] == "step_h"


def test_the_table_is_plain_numbers_on_the_steps(plan):
    table = plan.schedule
    assert table.index.name == "time_utc"
    assert str(table.index.tz) == "UTC"
    assert set(table.dtypes) == {np.dtype("float64")}
    assert np.isfinite(table.to_numpy()).all()
    assert not table.columns.duplicated().any()


def test_totals_are_the_sums_of_their_parts(plan):
    """Proves totals by hand: of two batteries, two renewable plants, line and gensets."""
    table = plan.schedule
    renewable = table["wind_main_used_mw"] + table["solar_roof_used_mw"]
    stored = table["battery_main_energy_mwh"] - 40 + table["battery_second_energy_mwh"] - 20
    drawn, fuel = table["grid_line_import_mw"], table["genset_backup_power_mw"]
    machines = table[["firm_load_served_mw", "deferrable_batch_run_mw", "training_ai_power_mw"]]
    expected = {
        "site_renewable_mw": renewable,
        "site_deliverable_mwh": 0.8 * stored,
        "site_emission_kg": 0.5 * (500 * drawn + 700 * fuel),
        "site_sovereign_mw": table["firm_load_demand_mw"] * 1.04 + 3,
        "facility_it_mw": machines.sum(axis=1),
        "facility_power_mw": machines.sum(axis=1) * 1.04 + 3,
    }
    assert (drawn + fuel > 0).all()
    assert (machines.sum() > 0).all()
    assert fuel.max() > 0 < drawn.max()
    assert stored.max() > 0
    for name, values in expected.items():
        pd.testing.assert_series_equal(table[name], values, check_names=False)


def test_rates_of_cohorts_are_one_row_a_cohort_and_step(plan):
    rates = plan.optimum.rates
    assert list(rates.columns) == ["workload", "number", "cohort", "time_utc", "run_mw"]
    sums = rates.groupby("time_utc")["run_mw"].sum()
    assert sums.tolist() == pytest.approx(plan.schedule["deferrable_batch_run_mw"].tolist())


def test_a_plan_without_deferrable_work_has_no_rates(plant):
    plan = plant(buy=[500], load=[1]).solve()
    assert plan.optimum.rates.empty


def test_a_diagnostic_shows_what_it_wastes_and_leaves(plant):
    """Proves the elastic columns: 3 MW of must-run fuel with nowhere to go, 1 MW unserved."""
    table = {"unit_power_min_mw": 3.0, "unit_power_max_mw": 4.0, "must_run_count": 1}
    plan = plant(tables={"genset": {"backup": table}}, load=[0, 5]).solve(is_elastic=True)
    assert plan.schedule["bus_surplus_mw"].tolist() == pytest.approx([3, 0])
    assert plan.schedule["firm_load_unserved_mw"].tolist() == pytest.approx([0, 1])
    assert plan.objective_mad == pytest.approx(2500 * 7 + 1e6 * 3 + 1e6 * 1)
