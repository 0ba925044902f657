"""Firm load: sovereign load is never shed, commercial load in tiers of rising value; its audit."""

import math

import pytest

from models.errors import InputError
from optimizer.errors import Infeasible

TIERS = [
    {"shed_max_pu": 0.1, "value_mad_per_mwh": 800.0},
    {"shed_max_pu": 0.2, "value_mad_per_mwh": 3000.0},
]
CLOUD = {"cloud": {"demand_mw": 20.0, "tiers": TIERS}}


@pytest.mark.parametrize(
    ("loss_pu", "prices", "shed_mw"),
    [(0.0, [700, 900, 4000], [0, 2, 6]), (0.25, [700, 900, 4000], [2, 2, 6])],
    ids=["no losses", "losses: 700 MAD at the meter are 875 at the machine"],
)
def test_tiers_are_shed_in_the_order_of_their_value(plant, loss_pu, prices, shed_mw):
    """Proves each tier gives way above its value: 0.1 * 20 MW at 800, 0.2 * 20 MW at 3000.

    In half-hours: the price of (1 + loss) times what is served, and the value of what is not.
    """
    plan = plant(
        tables={"firm": CLOUD, "facility": {"ups_loss_pu": loss_pu}}, buy=prices, step_h=0.5
    ).solve()
    served = plan.schedule["firm_cloud_served_mw"]
    assert served.tolist() == pytest.approx([20 - shed for shed in shed_mw])
    drawn_mad = sum(p * (1 + loss_pu) * s * 0.5 for p, s in zip(prices, served, strict=True))
    lost_mad = sum(0.5 * (800 * min(s, 2) + 3000 * max(s - 2, 0)) for s in shed_mw)
    assert plan.objective_mad == pytest.approx(drawn_mad + lost_mad)
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(sum(shed_mw) * 0.5)


def test_commercial_load_gives_way_to_sovereign_load(plant):
    """Proves who is shed when 30 of 34 MW can be drawn: 2 MW at 800 and 2 MW at 3000."""
    plan = plant(
        tables={"firm": CLOUD, "grid": {"line": {"import_max_mw": 30.0}}}, buy=[500], load=[14]
    ).solve()
    assert plan.schedule["firm_load_served_mw"].item() == 14
    assert plan.objective_mad == pytest.approx(500 * 30 + 800 * 2 + 3000 * 2)


def test_sovereign_load_that_cannot_be_met_is_no_plan(plant):
    """Proves there is no slack: 14 MW and the 14 of 20 that can't be shed are more than 27."""
    short = plant(
        tables={"firm": CLOUD, "grid": {"line": {"import_max_mw": 27.0}}},
        buy=[500, 500],
        load=[10, 14],
        step_h=0.5,
    )
    with pytest.raises(Infeasible) as error:
        short.solve()
    assert error.value.names == [
        "firm_cloud: demand that may not be shed (14 MW), 2026-01-05 00:30Z to 01:00Z",
        "firm_load: demand (14 MW), 2026-01-05 00:30Z to 01:00Z",
        "grid_line: most that can be drawn (27 MW), 2026-01-05 00:30Z to 01:00Z",
    ]


def test_the_diagnostic_says_how_much_is_missing(plant):
    """Proves the elastic run leaves unserved only what it must: 28 - 27 = 1 MW for half an hour."""
    plan = plant(
        tables={"firm": CLOUD, "grid": {"line": {"import_max_mw": 27.0}}},
        buy=[500, 500],
        load=[10, 14],
        step_h=0.5,
    ).solve(is_elastic=True)
    unserved = plan.schedule["firm_load_unserved_mw"] + plan.schedule["firm_cloud_unserved_mw"]
    assert unserved.tolist() == pytest.approx([0, 1])
    cost_mad = 500 * 27 + 0.5 * (800 * (2 + 2) + 3000 * (1 + 4)) + 1e6 * 0.5
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(
    ("start", "demand_mw"),
    [
        ("2026-01-05T22:00Z", [11.5, 10.0]),  # UTC+1: 23 and 0 o'clock
        ("2026-03-01T22:00Z", [11.0, 11.5]),  # Ramadan, UTC+0
        ("2026-11-22T22:00Z", [11.0, 11.5]),  # UTC+0 since 2026-09-20
    ],
)
def test_a_profile_follows_legal_time(plant, start, demand_mw):
    """Proves clock hours: 10 MW, 11 from 22 o'clock, 11.5 from 23, then 10 again."""
    table = {"demand_mw": 10.0, "profile_pu": [1.0] * 22 + [1.1, 1.15]}
    plan = plant(tables={"firm": {"cloud": table}}, buy=[500, 500], start=start).solve()
    assert plan.schedule["firm_cloud_demand_mw"].tolist() == pytest.approx(demand_mw)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"demand_mw": 5.0, "series_file": "load.csv"},
            "demand_mw and series_file are both given. Keep one source of demand.",
        ),
        (
            {"profile_pu": [1.0, 0.9]},
            "profile_pu is not 1 or 24 values >= 0. Give one per clock hour.",
        ),
        ({"profile_pu": [-1.0]}, "profile_pu is not 1 or 24 values >= 0. Give one per clock hour."),
        ({"tiers": TIERS[::-1]}, "tiers fall in value. Give the cheapest first."),
        (
            {"tiers": [{"shed_max_pu": 0.6, "value_mad_per_mwh": 8.0}] * 2},
            "tiers shed more than the whole load. Lower shed_max_pu.",
        ),
    ],
)
def test_tables_that_contradict_themselves_are_refused(plant, change, problem):
    with pytest.raises(InputError) as error:
        _ = plant(tables={"firm": {"cloud": change}}, buy=[1]).site
    assert str(error.value) == f"site: [firm.cloud] {problem}"


@pytest.fixture(scope="module")
def solved(plant):
    return plant(tables={"firm": CLOUD}, buy=[900, 4000], step_h=0.5).solve(is_elastic=True)


TAMPERED = [
    ("demand is the input's [MW]", 0, "demand_mw", 21.0),
    ("demand is the input's [MW]", 0, "demand_mw", math.nan),
    ("demand follows the profile [MW]", 0, "demand_mw", 21.0),
    ("demand follows the profile [MW]", 0, "demand_mw", math.nan),
    ("tier 1 sheds no more than its share [MW]", 0, "shed_tier1_mw", 2.5),
    ("tier 1 sheds no more than its share [MW]", 0, "shed_tier1_mw", math.nan),
    ("tier 2 sheds no more than its share [MW]", 1, "shed_tier2_mw", 4.5),
    ("tier 2 sheds no more than its share [MW]", 1, "demand_mw", 10.0),
    ("tier 1 is not negative [MW]", 0, "shed_tier1_mw", -0.5),
    ("tier 2 is not negative [MW]", 0, "shed_tier2_mw", -0.5),
    ("what is unserved is part of the demand [MW]", 0, "unserved_mw", 20.5),
    ("what is unserved is part of the demand [MW]", 0, "unserved_mw", -0.5),
    ("what is unserved is part of the demand [MW]", 0, "unserved_mw", math.nan),
    ("what is not shed is served [MW]", 1, "served_mw", 15.0),
    ("what is not shed is served [MW]", 1, "shed_tier2_mw", 3.0),
    ("what is not shed is served [MW]", 1, "served_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    assert f"firm_cloud: {rule}" in broken(solved, f"firm_cloud_{column}", step, value)


def test_every_rule_has_been_seen_to_fail(solved, rules_of):
    assert rules_of(solved, "firm_cloud") == {f"firm_cloud: {rule}" for rule, *_ in TAMPERED}
