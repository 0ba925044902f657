"""The audit of on/off work: every rule, seen to fail."""

import math

import pytest

TAMPERED = [
    ("it is on or off", 2, "on_count", 0.5),
    ("it is on or off", 2, "on_count", 2.0),
    ("it is on or off", 2, "on_count", math.nan),
    ("power is the fixed one while it is on [MW]", 1, "power_mw", 9.9),
    ("power is the fixed one while it is on [MW]", 1, "power_mw", math.nan),
    ("hours of a run follow from the steps it is on [h]", 1, "run_h", 1.5),
    ("hours of a run follow from the steps it is on [h]", 1, "on_count", math.nan),
    ("starts follow from what is on", 1, "start_count", 0.0),
    ("starts follow from what is on", 1, "start_count", math.nan),
    ("hours of a window follow from the steps it is on [h]", 3, "worked_h", 1.0),
    ("hours of a window follow from the steps it is on [h]", 1, "on_count", math.nan),
    ("missed hours are what a window lacks [h]", 3, "missed_h", 0.0),
    ("missed hours are what a window lacks [h]", 3, "missed_h", math.nan),
    ("missed work is that of missed hours [MWh]", 3, "missed_mwh", 0.0),
    ("missed work is that of missed hours [MWh]", 3, "missed_mwh", math.nan),
    ("a run is long enough [h]", 2, "on_count", 0.0),
    ("starts have a most", 3, "start_count", 1.0),
    ("starts have a most", 3, "start_count", math.nan),
]
HARD = [
    ("no hour is missed [h]", 3, "missed_h", 0.5),
    ("no hour is missed [h]", 3, "missed_h", math.nan),
    ("it is on for its hours in the plan [h]", 1, "on_count", 0.0),
    ("it is on for its hours in the plan [h]", 1, "on_count", math.nan),
]


def solved_with(plant, **changes):
    table = {"hours_h": 4.0, "window_h": 4, "starts_max_count": 1} | changes
    return plant(tables={"interruptible": {"ovens": table}}, buy=[900, 100, 200, 700]).solve()


@pytest.fixture(scope="module")
def priced(plant):
    """On for two hours of the four that are due; the others are dearer than missing them."""
    return solved_with(plant, min_up_h=2.0, missed_mad_per_h=5000.0)


@pytest.fixture(scope="module")
def hard(plant):
    """On for two hours of the plan, of which the window asks one."""
    return solved_with(plant, hours_h=1.0, plan_hours_h=2.0)


def test_the_plans_are_as_the_tampered_tables_assume(priced, hard):
    """Proves both by hand: 100 and 200 MAD/MWh in one run; 5,000 MAD for an hour missed."""
    for plan in (priced, hard):
        assert plan.schedule["interruptible_ovens_on_count"].tolist() == [0, 1, 1, 0]
    assert priced.objective_mad == pytest.approx(3000 + 2 * 5000)


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(priced, broken, rule, step, column, value):
    found = broken(priced, f"interruptible_ovens_{column}", step, value)
    assert f"interruptible_ovens: {rule}" in found


@pytest.mark.parametrize(("rule", "step", "column", "value"), HARD)
def test_the_audit_names_the_broken_promise(hard, broken, rule, step, column, value):
    found = broken(hard, f"interruptible_ovens_{column}", step, value)
    assert f"interruptible_ovens: {rule}" in found


def test_every_rule_has_been_seen_to_fail(priced, hard, rules_of):
    name = "interruptible_ovens"
    seen = {f"{name}: {rule}" for rule, *_ in (*TAMPERED, *HARD)}
    assert rules_of(priced, name) | rules_of(hard, name) == seen
