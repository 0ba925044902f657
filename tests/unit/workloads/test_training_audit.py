"""The audit of a training fleet: every rule, seen to fail."""

import math

import pytest

TAMPERED = [
    ("what runs fits the fleet [MW]", 1, "powered_mw", 100.5),
    ("what runs fits the fleet [MW]", 1, "powered_mw", math.nan),
    ("power is at most what runs [MW]", 1, "power_mw", 100.5),
    ("power is at most what runs [MW]", 1, "power_mw", math.nan),
    ("power is at least the lowest cap of what runs [MW]", 0, "power_mw", 49.0),
    ("power is at least the lowest cap of what runs [MW]", 0, "power_mw", math.nan),
    ("power is not negative [MW]", 0, "power_mw", -0.5),
    ("what resumes follows from what runs [MW]", 0, "restart_mw", 0.0),
    ("what resumes follows from what runs [MW]", 1, "restart_mw", 0.5),
    ("what resumes follows from what runs [MW]", 1, "restart_mw", math.nan),
    ("what pauses follows from what runs [MW]", 0, "pause_mw", 1.0),
    ("what pauses follows from what runs [MW]", 1, "pause_mw", math.nan),
    ("change of power follows from the power [MW]", 0, "power_change_mw", 50.5),
    ("change of power follows from the power [MW]", 1, "power_change_mw", math.nan),
    ("work is what the measured curve gives [MW]", 0, "work_mw", 80.0),
    ("work is what the measured curve gives [MW]", 1, "work_mw", 99.0),
    ("work is what the measured curve gives [MW]", 1, "work_mw", math.nan),
    ("all accelerators run, or none", 1, "powered_mw", 50.0),
    ("all accelerators run, or none", 1, "powered_mw", math.nan),
    ("contracted work is done [MWh]", 1, "work_mw", 30.0),
    ("contracted work is done [MWh]", 1, "work_mw", math.nan),
    ("work delivered to the window follows from the work [MWh]", 0, "delivered_mwh", 31.0),
    ("work delivered to the window follows from the work [MWh]", 1, "delivered_mwh", math.nan),
    ("power changes no faster than its ramp [MW]", 0, "power_mw", 41.0),
    ("power changes no faster than its ramp [MW]", 1, "power_mw", math.nan),
]


@pytest.fixture(scope="module")
def solved(plant):
    """At rest before, the fleet resumes and runs at half power, then at full power."""
    table = {
        "floor_pu": 0.6,
        "window_h": 1,
        "value_mad_per_mwh": 500.0,
        "ramp_max_mw_per_h": 110.0,
        "restart_cost_mad_per_mw": 1.0,
        "restart_loss_h": 0.1,
        "is_synchronous": True,
        "initial_powered_pu": 0.0,
    }
    return plant(tables={"training": {"ai": table}}, buy=[400, 100], step_h=0.5).solve()


def test_the_plan_is_as_the_tampered_tables_assume(solved):
    """Proves the plan by hand: 80 MW of work less 100 * 0.1 / 0.5 = 20 in resuming, then 100."""
    columns = [f"training_ai_{q}_mw" for q in ("powered", "power", "restart", "work")]
    rows = solved.schedule[columns].to_numpy().tolist()
    assert rows == [pytest.approx([100, 50, 100, 60]), pytest.approx([100, 100, 0, 100])]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    assert f"training_ai: {rule}" in broken(solved, f"training_ai_{column}", step, value)


def test_every_rule_has_been_seen_to_fail(solved, rules_of):
    assert rules_of(solved, "training_ai") == {f"training_ai: {rule}" for rule, *_ in TAMPERED}
