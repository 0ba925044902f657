"""The audit of a battery: every rule, seen to fail."""

import math

import pytest

TAMPERED = [
    ("energy follows from the powers [MWh]", 1, "energy_mwh", 89.0),
    ("energy follows from the powers [MWh]", 1, "energy_mwh", math.nan),
    ("energy follows from the powers [MWh]", 2, "discharge_mw", 30.0),
    ("energy stays in its window, above [MWh]", 0, "energy_mwh", 360.1),
    ("energy stays in its window, below [MWh]", 0, "energy_mwh", 39.9),
    ("energy stays in its window, below [MWh]", 0, "energy_mwh", math.nan),
    ("energy keeps its reserve [MWh]", 1, "energy_mwh", 44.9),
    ("energy keeps its reserve [MWh]", 1, "energy_mwh", math.nan),
    ("energy_min_mwh is the input's", 1, "energy_min_mwh", 44.0),
    ("energy_min_mwh is the input's", 0, "energy_min_mwh", math.nan),
    ("charge fits the converter [MW]", 0, "charge_mw", 100.1),
    ("charge fits the converter [MW]", 0, "charge_mw", math.nan),
    ("discharge fits the converter [MW]", 3, "discharge_mw", 50.1),
    ("discharge fits the converter [MW]", 3, "discharge_mw", math.nan),
    ("never both at once [MW]", 0, "discharge_mw", 1.0),
    ("never both at once [MW]", 0, "discharge_mw", math.nan),
    ("charge is not negative [MW]", 0, "charge_mw", -1.0),
    ("discharge is not negative [MW]", 0, "discharge_mw", -1.0),
    ("enough energy at the end [MWh]", 3, "energy_mwh", 49.0),
    ("enough energy at the end [MWh]", 3, "energy_mwh", math.nan),
    ("not too much energy at the end [MWh]", 3, "energy_mwh", 61.0),
    ("segments share the charge [MW]", 0, "charge_segment1_mw", 1.5),
    ("segments share the charge [MW]", 0, "charge_segment1_mw", math.nan),
    ("segments share the discharge [MW]", 3, "discharge_segment2_mw", 1.5),
    ("segments share the discharge [MW]", 3, "discharge_segment2_mw", math.nan),
    ("segment 1: energy follows [MWh]", 1, "energy_segment1_mwh", 7.0),
    ("segment 2: energy follows [MWh]", 1, "energy_segment2_mwh", math.nan),
    ("segment 2: energy follows [MWh]", 1, "charge_segment2_mw", 7.0),
    ("segment 1: energy fits [MWh]", 1, "energy_segment1_mwh", 160.1),
    ("segment 2: energy fits [MWh]", 1, "energy_segment2_mwh", 160.1),
    ("segment 1: energy is not negative [MWh]", 1, "energy_segment1_mwh", -0.5),
    ("segment 2: energy is not negative [MWh]", 1, "energy_segment2_mwh", math.nan),
    ("segment 1: charge is not negative [MW]", 1, "charge_segment1_mw", -0.5),
    ("segment 2: charge is not negative [MW]", 1, "charge_segment2_mw", math.nan),
    ("segment 1: discharge is not negative [MW]", 1, "discharge_segment1_mw", math.nan),
    ("segment 2: discharge is not negative [MW]", 1, "discharge_segment2_mw", -0.5),
]


@pytest.fixture(scope="module")
def solved(plant):
    """A battery of 40 to 360 MWh in two segments, with a reserve, that ends with 50 to 60."""
    table = {
        "discharge_max_mw": 50.0,
        "soc_min_pu": 0.1,
        "soc_max_pu": 0.9,
        "ageing_cost_mad_per_mwh": [20.0, 60.0],
        "self_discharge_pu_per_h": 0.01,
        "energy_initial_mwh": 40.0,
        "energy_final_min_mwh": 50.0,
        "energy_final_max_mwh": 60.0,
    }
    return plant(
        tables={"battery": {"main": table}},
        buy=[200, 300, 950, 1100],
        sell=[1, 1, 900, 1000],
        series={"battery_main_energy_min_mwh": [0, 45, 0, 0]},
    ).solve()


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    assert f"battery_main: {rule}" in broken(solved, f"battery_main_{column}", step, value)


def test_every_rule_has_been_seen_to_fail(solved, rules_of):
    assert rules_of(solved, "battery_main") == {f"battery_main: {r}" for r, *_ in TAMPERED}


def test_an_opening_energy_the_table_does_not_follow_from_is_a_breach(plant, broken):
    """Proves the first step is held against the opening state: a plan that forges it fails."""
    plan = plant(
        tables={"battery": {"main": {"energy_initial_mwh": 100.0}}}, buy=[5000], sell=[900]
    ).solve()
    found = broken(plan, "battery_main_energy_mwh", 0, 5.0)
    assert "battery_main: energy follows from the powers [MWh]" in found
