"""The audit of gensets: every rule, seen to fail."""

import math

import pytest

import optimizer as dk

TAMPERED = [
    ("power is not negative [MW]", 0, "power_mw", -0.5),
    ("power fits the fleet [MW]", 1, "power_mw", 20.5),
    ("power fits the fleet [MW]", 1, "power_mw", math.nan),
    ("fuel follows from the power [L]", 0, "fuel_l", 499.0),
    ("fuel follows from the power [L]", 0, "fuel_l", math.nan),
    ("fuel left follows from burning and deliveries [L]", 2, "fuel_stock_l", 3000.0),
    ("fuel left follows from burning and deliveries [L]", 2, "power_mw", 14.0),
    ("fuel left follows from burning and deliveries [L]", 2, "fuel_stock_l", math.nan),
    ("fuel lasts [L]", 3, "fuel_stock_l", -1.0),
    ("units on follow from starts and stops", 1, "start_count", 0.0),
    ("units on follow from starts and stops", 3, "stop_count", 0.0),
    ("units on follow from starts and stops", 1, "on_count", math.nan),
    ("units on are whole", 1, "on_count", 1.5),
    ("units on are whole", 1, "on_count", math.nan),
    ("starts are whole and not negative", 1, "start_count", 0.5),
    ("starts are whole and not negative", 1, "start_count", -1.0),
    ("starts are whole and not negative", 1, "start_count", math.nan),
    ("stops are whole and not negative", 3, "stop_count", 0.5),
    ("stops are whole and not negative", 3, "stop_count", -1.0),
    ("stops are whole and not negative", 3, "stop_count", math.nan),
    ("no more units run than there are", 1, "on_count", 3.0),
    ("no more units run than there are", 1, "on_count", math.nan),
    ("units that must run do", 0, "on_count", 0.0),
    ("only idle units start", 1, "start_count", 2.0),
    ("only running units stop", 3, "stop_count", 3.0),
    ("power fits the running units [MW]", 0, "power_mw", 10.5),
    ("power fits the running units [MW]", 0, "power_mw", math.nan),
    ("running units keep their least power [MW]", 3, "power_mw", 1.5),
    ("running units keep their least power [MW]", 3, "power_mw", math.nan),
    ("running hours have a most [h]", 3, "on_count", 2.0),
    ("running hours have a most [h]", 3, "on_count", 9.0),
    ("starts have a most", 3, "start_count", 1.0),
    ("a run is long enough [h]", 2, "stop_count", 2.0),
    ("a rest is long enough [h]", 0, "start_count", 1.0),
    ("a run is not too long [h]", 3, "stop_count", 0.0),
]


@pytest.fixture(scope="module")
def solved(plant):
    """Two units, one of which has run for 97 h and stops after 98.5; the other starts at 00:30."""
    table = {
        "unit_count": 2,
        "unit_power_min_mw": 2.0,
        "must_run_count": 1,
        "fuel_stock_l": 5000.0,
        "fuel_delivery_l_per_h": 100.0,
        "min_up_h": 0.75,
        "min_down_h": 0.5,
        "max_up_h": 98.6,
        "running_max_h": 3.0,
        "starts_max_count": 1,
    }
    rows = [("on_count", 1.0, "97"), ("off_count", 1.0, "0.1"), ("fuel_l", 4800.0)]
    return plant(
        tables={"genset": {"backup": table}},
        load=[4, 15, 15, 4],
        step_h=0.5,
        state=[dk.StateRow("genset_backup", *row) for row in rows],
    ).solve()


def test_the_plan_is_as_the_tampered_tables_assume(solved):
    columns = ["on_count", "start_count", "stop_count"]
    counts = solved.schedule[[f"genset_backup_{c}" for c in columns]]
    assert counts.to_numpy().tolist() == [[1, 0, 0], [2, 1, 0], [2, 0, 0], [1, 0, 1]]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    assert f"genset_backup: {rule}" in broken(solved, f"genset_backup_{column}", step, value)


def test_of_units_that_start_at_once_the_one_that_rested_least_counts(plant, broken):
    """Proves each unit is followed: one has rested for 100 h, the other for 0.1 of its 0.5 h."""
    table = {"unit_count": 2, "min_down_h": 0.5}
    rows = [dk.StateRow("genset_backup", "off_count", 1.0, key) for key in ("100", "0.1")]
    tables = {"genset": {"backup": table}}
    plan = plant(tables=tables, load=[4], step_h=0.5, state=rows).solve()
    rule = "genset_backup: a rest is long enough [h]"
    assert rule not in broken(plan, "genset_backup_start_count", 0, 1.0)
    assert rule in broken(plan, "genset_backup_start_count", 0, 2.0)


def test_every_rule_has_been_seen_to_fail(solved, rules_of):
    assert rules_of(solved, "genset_backup") == {f"genset_backup: {r}" for r, *_ in TAMPERED}
