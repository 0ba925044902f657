"""Cooling as an asset: its lines, what it never wastes, its water; its audit."""

import math

import pytest

from optimizer.errors import Infeasible

LINES = {"intercept_1_mw": 1.0, "slope_1_pu": 0.1, "intercept_2_mw": -3.0, "slope_2_pu": 0.2}
LOSS = {"ups_loss_pu": 0.25, "fixed_overhead_mw": 2.0}


def coefficients(length):
    """Return the input series of two lines that cross at a heat of 40 MW."""
    columns = LINES | {"water_l_per_mwh": 5.0}
    return {f"cooling_{name}": [value] * length for name, value in columns.items()}


def test_power_follows_the_higher_line(plant):
    """Proves heat is IT power with its losses, and power the greater of two lines.

    16 MW of IT are 20 MW of heat: 1 + 0.1 * 20 = 3 MW; 48 MW are 60: -3 + 0.2 * 60 = 9 MW.
    Drawn: 20 + 2 + 3 = 25 and 60 + 2 + 9 = 71 MW, in half-hours at 600 and 900 MAD/MWh.
    """
    plan = plant(
        tables={"cooling": {}, "facility": LOSS},
        buy=[600, 900],
        load=[16, 48],
        series=coefficients(2),
        step_h=0.5,
    ).solve()
    assert plan.schedule["cooling_power_mw"].tolist() == pytest.approx([3, 9])
    assert plan.schedule["cooling_water_l"].tolist() == pytest.approx([50, 150])
    assert plan.schedule["facility_pue_pu"].tolist() == pytest.approx([25 / 16, 71 / 48])
    assert plan.objective_mad == pytest.approx(600 * 12.5 + 900 * 35.5)


def test_power_is_never_below_zero(plant):
    """Proves a line below zero asks for nothing: -3 + 0.2 * 10 is no power."""
    series = {"cooling_intercept_1_mw": [-3], "cooling_slope_1_pu": [0.2]}
    plan = plant(
        tables={"cooling": {"segment_count": 1}},
        buy=[600],
        load=[10],
        series=series | {"cooling_water_l_per_mwh": [0]},
    ).solve()
    assert plan.schedule["cooling_power_mw"].item() == 0.0


@pytest.mark.parametrize(
    ("is_relaxed", "drawn_mw"), [(False, 25), (True, 1000)], ids=["whole", "relaxed"]
)
def test_cooling_does_not_burn_power_at_a_negative_price(plant, is_relaxed, drawn_mw):
    """Proves the lines are met, not exceeded: 25 MW drawn, where the line would give 1,000."""
    plan = plant(
        tables={"cooling": {}, "facility": LOSS}, buy=[-50], load=[16], series=coefficients(1)
    ).solve(is_relaxed=is_relaxed)
    assert plan.objective_mad == pytest.approx(-50 * drawn_mw)
    assert plan.optimum.binary_count == (0 if is_relaxed else 1)


def test_more_heat_than_the_plant_carries_is_no_plan(plant):
    """Proves the rating binds: 60 MW of heat need 9 MW, one more than there are."""
    hot = plant(
        tables={"cooling": {"power_max_mw": 8.0}, "facility": LOSS},
        buy=[600, 900],
        load=[16, 48],
        series=coefficients(2),
    )
    with pytest.raises(Infeasible) as error:
        hot.solve()
    assert error.value.names == [
        "firm_load: demand (48 MW), 2026-01-05 01:00Z to 02:00Z",
        "cooling: power of the plant (8 MW), 2026-01-05 01:00Z to 02:00Z",
    ]


@pytest.fixture(scope="module")
def solved(plant):
    return plant(
        tables={"cooling": {"power_max_mw": 10.0}, "facility": LOSS},
        buy=[600, 900],
        load=[16, 48],
        series=coefficients(2),
        step_h=0.5,
    ).solve()


TAMPERED = [
    ("intercept_1_mw is the input's", 1, "intercept_1_mw", 1.01),
    ("intercept_2_mw is the input's", 0, "intercept_2_mw", -3.03),
    ("slope_1_pu is the input's", 1, "slope_1_pu", math.nan),
    ("slope_2_pu is the input's", 0, "slope_2_pu", 0.202),
    ("water_l_per_mwh is the input's", 0, "water_l_per_mwh", 5.05),
    ("power carries the heat away [MW]", 0, "power_mw", 2.9),
    ("power carries the heat away [MW]", 1, "heat_mw", 60.5),
    ("power carries the heat away [MW]", 1, "heat_mw", math.nan),
    ("power is not wasted [MW]", 1, "power_mw", 9.1),
    ("power is not wasted [MW]", 0, "heat_mw", 19.5),
    ("power is not wasted [MW]", 0, "power_mw", math.nan),
    ("power fits the plant [MW]", 1, "power_mw", 10.5),
    ("power fits the plant [MW]", 1, "power_mw", math.nan),
    ("water follows from the heat [L]", 0, "water_l", 100.0),
    ("water follows from the heat [L]", 0, "water_l", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    assert f"cooling: {rule}" in broken(solved, f"cooling_{column}", step, value)


def test_every_rule_has_been_seen_to_fail(solved, rules_of):
    assert rules_of(solved, "cooling") == {f"cooling: {rule}" for rule, *_ in TAMPERED}
