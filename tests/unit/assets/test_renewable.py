"""Solar and wind: used or curtailed, at their prices; the audit of both."""

import math

import pytest


@pytest.mark.parametrize(
    ("cost", "curtailing", "used_mwh", "cost_mad"),
    [
        (0.0, 0.0, 15.0, 0.0),
        (7.0, 0.0, 15.0, 105.0),
        (0.0, 3.0, 15.0, 45.0),
        (7.0, 3.0, 15.0, 150.0),
    ],
    ids=["free", "use costs", "curtailment costs", "both cost"],
)
def test_use_and_curtailment_have_their_prices(plant, cost, curtailing, used_mwh, cost_mad):
    """Proves each price meets its own energy, over half-hours.

    Of 40 and 20 MW the load takes 10 and 20: (10 + 20) * 0.5 = 15 MWh used, 30 * 0.5 = 15 not.
    """
    table = {"cost_mad_per_mwh": cost, "curtailment_cost_mad_per_mwh": curtailing}
    plan = plant(tables={"wind": {"main": table}}, wind=[40, 20], load=[10, 20], step_h=0.5).solve()
    assert plan.kpis["plan"]["wind_used_mwh"] == pytest.approx(used_mwh)
    assert plan.schedule["wind_main_curtailed_mw"].tolist() == pytest.approx([30, 0])
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(
    ("sell", "fed_mw"), [(-2.0, 25.0), (-4.0, 0.0)], ids=["cheaper fed in", "cheaper unused"]
)
def test_priced_curtailment_is_weighed_against_feeding_in(plant, sell, fed_mw):
    """Proves the sign of the price: 25 MW left over, 3 MAD/MWh unused, 2 or 4 to be rid of it."""
    plan = plant(
        tables={"wind": {"main": {"curtailment_cost_mad_per_mwh": 3.0}}},
        buy=[500],
        sell=[sell],
        wind=[40],
        load=[15],
    ).solve()
    assert plan.schedule["site_export_mw"].item() == pytest.approx(fed_mw)
    assert plan.objective_mad == pytest.approx(min(3.0, -sell) * 25)


def test_the_cheaper_plant_is_used_first(plant):
    """Proves the merit order: 30 MW of wind at 4, then 10 of 50 MW of sun at 9 MAD/MWh."""
    plan = plant(
        tables={
            "wind": {"main": {"cost_mad_per_mwh": 4.0}},
            "solar": {"roof": {"cost_mad_per_mwh": 9.0}},
        },
        wind=[30],
        load=[40],
        series={"solar_roof_available_mw": [50]},
    ).solve()
    assert plan.schedule["wind_main_used_mw"].item() == pytest.approx(30)
    assert plan.schedule["solar_roof_used_mw"].item() == pytest.approx(10)
    assert plan.objective_mad == pytest.approx(4 * 30 + 9 * 10)


def test_ties_between_plants_fall_to_the_wind(plant):
    """Proves that equal prices have one answer: wind is used before sun."""
    plan = plant(
        tables={"solar": {"roof": {}}, "plan": {"tie_break_mad_per_mwh_h": 1e-4}},
        wind=[30],
        load=[40],
        series={"solar_roof_available_mw": [50]},
    ).solve()
    assert plan.schedule["wind_main_used_mw"].item() == pytest.approx(30)
    assert plan.objective_mad == 0.0  # the tie-break is no cost


TAMPERED = [
    ("available power is the input's [MW]", "available_mw", 41.0),
    ("available power is the input's [MW]", "available_mw", math.nan),
    ("no more is used than there is [MW]", "used_mw", 40.5),
    ("no more is used than there is [MW]", "used_mw", math.nan),
    ("use is not negative [MW]", "used_mw", -0.5),
    ("curtailed is what is not used [MW]", "curtailed_mw", 29.0),
    ("curtailed is what is not used [MW]", "curtailed_mw", math.nan),
]


@pytest.fixture(scope="module")
def solved(plant):
    tables = {"solar": {"roof": {}}}
    return plant(
        tables=tables, wind=[40], load=[10], series={"solar_roof_available_mw": [0]}
    ).solve()


@pytest.mark.parametrize(("rule", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, column, value):
    assert f"wind_main: {rule}" in broken(solved, f"wind_main_{column}", 0, value)


@pytest.mark.parametrize("name", ["wind_main", "solar_roof"])
def test_every_rule_has_been_seen_to_fail(solved, rules_of, name):
    assert rules_of(solved, name) == {f"{name}: {rule}" for rule, *_ in TAMPERED}
