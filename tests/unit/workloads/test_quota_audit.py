"""The audit of a research quota: every rule, seen to fail."""

import math

import pytest

import optimizer as dk

NAME = "quota_jazari"
TAMPERED = [
    ("power is what runs within the quota and beyond it [MW]", 0, "power_mw", 29.0),
    ("power is what runs within the quota and beyond it [MW]", 0, "power_mw", math.nan),
    ("power fits its limit [MW]", 0, "power_mw", 30.5),
    ("power fits its limit [MW]", 0, "power_mw", math.nan),
    ("the floor is kept [MW]", 1, "quota_mw", 1.5),
    ("the floor is kept [MW]", 1, "quota_mw", math.nan),
    ("use beyond the quota is not negative [MW]", 1, "opportunistic_mw", -0.5),
    ("use beyond the quota is not negative [MW]", 1, "opportunistic_mw", math.nan),
    ("what is left of the quota follows from its use [MWh]", 0, "bank_mwh", 1.0),
    ("what is left of the quota follows from its use [MWh]", 0, "quota_mw", math.nan),
    ("no more is used than the quota has [MWh]", 0, "bank_mwh", -0.5),
    ("no more is used than the quota has [MWh]", 0, "bank_mwh", math.nan),
    ("the floor lasts until the month is over [MWh]", 1, "bank_mwh", 1.5),
    ("the floor lasts until the month is over [MWh]", 1, "bank_mwh", math.nan),
    (
        "nothing but sun and wind feeds the bus in use beyond the quota [MW]",
        1,
        "opportunistic_mw",
        0.5,
    ),
    (
        "nothing but sun and wind feeds the bus in use beyond the quota [MW]",
        1,
        "opportunistic_mw",
        math.nan,
    ),
]


@pytest.fixture
def small(plant):
    """From 20:00Z to 22:00Z on the last of January, an hour before its end: wind, then a draw."""
    table = {
        "floor_mw": 2.0,
        "quota_mwh_per_month": 1490.0,
        "value_mad_per_mwh": 5.0,
        "opportunistic_value_mad_per_mwh": 1.0,
    }
    state = [
        dk.StateRow(NAME, "bank_mwh", 0.0),
        dk.StateRow(NAME, "delivered_mwh", 1476.0, "2026-01"),
    ]
    return plant(
        tables={"quota": {"jazari": table}},
        wind=[50, 0],
        load=[10, 10],
        buy=[90, 90],
        state=state,
        start="2026-01-31T20:00Z",
    )


def test_the_plan_is_as_the_tampered_tables_assume(small):
    """Proves it by hand: of 14 MWh two floors are 4; so 10 now, and 20 MW beyond the quota."""
    plan = small.solve()
    columns = [f"{NAME}_{q}" for q in ("quota_mw", "opportunistic_mw", "bank_mwh")]
    assert plan.schedule[columns].to_numpy().tolist() == [[10, 20, 4], [2, 0, 2]]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(small, broken, rule, step, column, value):
    assert f"{NAME}: {rule}" in broken(small.solve(), f"{NAME}_{column}", step, value)


def test_the_audit_names_a_floor_that_lacks_more_than_it_is(small, broken):
    plan = small.solve(is_elastic=True)
    rule = "the floor is short by no more than it is [MW]"
    for value in (2.5, -0.5, math.nan):
        assert f"{NAME}: {rule}" in broken(plan, f"{NAME}_short_mw", 0, value)


@pytest.mark.parametrize("quantity", ["import", "genset"])
def test_any_other_source_beside_surplus_is_named(small, broken, quantity):
    rule = "nothing but sun and wind feeds the bus in use beyond the quota [MW]"
    assert f"{NAME}: {rule}" in broken(small.solve(), f"site_{quantity}_mw", 0, 0.5)


def test_every_rule_has_been_seen_to_fail(small, rules_of):
    alone = "nothing but sun and wind feeds the bus in use beyond the quota [MW]"
    seen = {f"{NAME}: {rule}" for rule, *_ in TAMPERED}
    assert rules_of(small.solve(), NAME) | {f"{NAME}: {alone}"} == seen
