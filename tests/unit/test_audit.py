"""The audit of a plan as a whole: the time axis, the bus, the totals, the money; NaN."""

import math
from dataclasses import replace

import pytest

from optimizer.audit import audit, bills
from optimizer.site_rules import site_rules

LINES = {"intercept_1_mw": 1.0, "slope_1_pu": 0.1, "intercept_2_mw": -3.0, "slope_2_pu": 0.2}
TAMPERED = [
    ("what comes to the bus leaves it [MW]", "grid_line_import_mw", 1.0),
    ("what comes to the bus leaves it [MW]", "battery_main_charge_mw", 5.0),
    ("what comes to the bus leaves it [MW]", "cooling_power_mw", 5.0),
    ("what comes to the bus leaves it [MW]", "genset_backup_power_mw", math.nan),
    ("renewable power is the plants' [MW]", "site_renewable_mw", 29.0),
    ("renewable power is the plants' [MW]", "wind_main_used_mw", 29.0),
    ("renewable power is the plants' [MW]", "site_renewable_mw", math.nan),
    ("draw is the connections' [MW]", "site_import_mw", 0.5),
    ("draw is the connections' [MW]", "site_import_mw", math.nan),
    ("feed-in is the connections' [MW]", "site_export_mw", 0.5),
    ("feed-in is the connections' [MW]", "grid_line_export_mw", math.nan),
    ("genset power is the fleets' [MW]", "site_genset_mw", 0.5),
    ("genset power is the fleets' [MW]", "genset_backup_power_mw", 0.5),
    ("emission follows from draw and gensets [kg]", "site_emission_kg", 1.0),
    ("emission follows from draw and gensets [kg]", "genset_backup_power_mw", 1.0),
    ("emission follows from draw and gensets [kg]", "site_emission_kg", math.nan),
    ("deliverable energy is the batteries' [MWh]", "site_deliverable_mwh", 1.0),
    ("deliverable energy is the batteries' [MWh]", "battery_main_energy_mwh", 44.0),
    ("sovereign draw follows from its demand [MW]", "site_sovereign_mw", 25.0),
    ("sovereign draw follows from its demand [MW]", "firm_load_demand_mw", 15.0),
    ("sovereign draw follows from its demand [MW]", "site_sovereign_mw", math.nan),
    ("machines draw what the workloads do [MW]", "facility_it_mw", 15.5),
    ("machines draw what the workloads do [MW]", "firm_load_served_mw", 15.5),
    ("facility draws machines, losses, cooling, overhead [MW]", "facility_power_mw", 24.0),
    ("facility draws machines, losses, cooling, overhead [MW]", "facility_power_mw", math.nan),
    ("heat is the machines', the UPS's and the stores' [MW]", "cooling_heat_mw", 16.0),
    ("heat is the machines', the UPS's and the stores' [MW]", "cooling_heat_mw", math.nan),
    ("units that run are the fleets'", "site_genset_count", 1.0),
    ("fuel is the fleets' [L]", "site_fuel_l", 1.0),
    ("fuel is the fleets' [L]", "genset_backup_fuel_l", math.nan),
    ("dirty draw is what is not carbon-free [MW]", "site_dirty_import_mw", 1.0),
    ("dirty draw is what is not carbon-free [MW]", "grid_line_import_mw", 1.0),
    ("wheeled power is the lines' [MW]", "site_wheeled_mw", 1.0),
    ("room to discharge is the batteries' [MW]", "site_discharge_room_mw", 99.0),
    ("room to discharge is the batteries' [MW]", "battery_main_charge_mw", 7.0),
    ("power of the converters is the batteries' [MW]", "site_discharge_max_mw", 90.0),
    ("power that could stop is the workloads' [MW]", "site_preemptible_mw", 1.0),
    ("what could be supplied is the plants' [MW]", "site_capability_mw", 1030.0),
    ("what could be supplied is the plants' [MW]", "wind_main_available_mw", 29.0),
    ("the largest unit is a line or a genset [MW]", "site_largest_unit_mw", 10.0),
    ("the largest unit is a line or a genset [MW]", "grid_line_import_max_mw", math.nan),
    ("draw at the bus per IT power has its losses and cooling [per unit]", "site_bus_per_it_pu", 1),
    ("power of the halls is the facility's [MW]", "site_it_power_max_mw", 4900.0),
]


@pytest.fixture(scope="module")
def solved(plant):
    """30 MW of wind for 16 MW of machines, 20 MW of heat, 3 of cooling, 2 of overhead."""
    columns = LINES | {"water_l_per_mwh": 5.0}
    fleet = {"emission_kg_per_mwh": 700.0}
    tables = {
        "cooling": {},
        "facility": {"ups_loss_pu": 0.25, "fixed_overhead_mw": 2.0},
        "battery": {"main": {"soc_min_pu": 0.1, "energy_initial_mwh": 40.0}},
        "genset": {"backup": fleet},
        "grid": {"line": {"emission_kg_per_mwh": 500.0}},
        "wind": {"main": {"cost_mad_per_mwh": 4.0}},
    }
    return plant(
        tables=tables,
        buy=[600],
        sell=[-90],
        wind=[30],
        load=[16],
        series={f"cooling_{name}": [value] for name, value in columns.items()},
    ).solve()


def test_what_was_solved_is_clean(solved, published):
    assert audit(published(solved)) == []
    assert solved.schedule["facility_power_mw"].item() == pytest.approx(20 + 3 + 2)


@pytest.mark.parametrize(("rule", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule_of_the_site(solved, broken, rule, column, value):
    assert f"site: {rule}" in broken(solved, column, 0, value)


def test_every_rule_of_the_site_has_been_seen_to_fail(solved, published):
    asked = published(solved)
    assert set(site_rules(asked.table, asked.site, asked.given)) == {r for r, *_ in TAMPERED}


def test_a_number_that_is_missing_is_a_breach_in_every_column(solved, broken):
    """Proves NaN fails wherever it stands: an audit that compares with ">" would let it pass."""
    for column in solved.schedule.columns:
        found = broken(solved, column, 0, math.nan)
        rule = "step_h is the input's [h]" if column == "step_h" else f"{column} is a number"
        assert f"table: {rule}" in found


def test_a_table_of_other_steps_is_a_breach(plant, published):
    plan = plant(buy=[600, 700], load=[10, 10]).solve()
    asked = published(plan, plan.schedule.iloc[:1])
    assert [str(breach) for breach in audit(asked)] == [
        "2026-01-05 00:00Z  table: the steps are not the input's: exceeded by nan"
    ]
    later = plan.schedule.set_axis(plan.schedule.index.shift(1, freq="h"))
    assert [breach.rule for breach in audit(published(plan, later))] == [
        "table: the steps are not the input's"
    ]


def test_other_lengths_of_steps_are_a_breach(solved, broken):
    assert broken(solved, "step_h", 0, 0.5) == {"table: step_h is the input's [h]"}


@pytest.mark.parametrize("apart_mad", [0.01, -0.01, math.nan])
def test_another_objective_than_the_bill_is_a_breach(solved, published, apart_mad):
    """Proves the money is recomputed: the wind costs 4 * 25 = 100 MAD, to a millionth."""
    asked = published(solved)
    assert sum(bills(asked).values()) == pytest.approx(100.0)
    forged = replace(asked, objective_mad=asked.objective_mad + apart_mad)
    assert [breach.rule for breach in audit(forged)] == [
        "site: the bill is the solver's objective [MAD]"
    ]


def test_a_breach_says_when_what_and_by_how_much(solved, published):
    table = solved.schedule.copy()
    table.loc[:, "site_export_mw"] = 1.5
    assert [str(breach) for breach in audit(published(solved, table))] == [
        "2026-01-05 00:00Z  site: feed-in is the connections' [MW]: exceeded by 1.5"
    ]
