"""Desalination: water made where power is cheap, its tank, its ramp, what is missed; its audit.

4 kWh/m3 are 250 m3 for a MWh.
"""

import math

import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.errors import Infeasible

TANK = {"demand_m3_per_h": 100.0, "tank_max_m3": 40.0}


def sea(**changes):
    """Return a plant of 10 MW that makes 250 m3 with a MWh."""
    return {"desalination": {"main": changes}}


def test_water_is_made_ahead_into_the_tank(plant):
    """Proves the tank: 50 m3 a half-hour, 40 more made ahead at 100 MAD/MWh instead of 500.

    90 m3 are 0.36 MWh, 0.72 MW for half an hour; the 10 m3 left are 0.08 MW.
    """
    plan = plant(tables=sea(**TANK), buy=[100, 500], step_h=0.5).solve()
    assert plan.schedule["desalination_main_power_mw"].tolist() == pytest.approx([0.72, 0.08])
    assert plan.schedule["desalination_main_made_m3"].tolist() == pytest.approx([90, 10])
    assert plan.schedule["desalination_main_tank_m3"].tolist() == pytest.approx([40, 0])
    assert plan.objective_mad == pytest.approx(100 * 0.36 + 500 * 0.04)


def test_what_is_in_the_tank_need_not_be_made(plant):
    """Proves the opening water: 30 of 100 m3, so 70 m3 or 0.28 MWh at 500; the state goes first."""
    row = dk.StateRow("desalination_main", "water_m3", 30.0)
    for changes, state in ((TANK | {"tank_initial_m3": 30.0}, []), (TANK, [row])):
        plan = plant(tables=sea(**changes), buy=[500], state=state).solve()
        assert plan.objective_mad == pytest.approx(500 * 0.28)


@pytest.mark.parametrize(("price", "power_mw"), [(200, 10), (300, 0)])
def test_the_worth_of_water_decides_where_none_is_asked_for(plant, price, power_mw):
    """Proves 1 MAD/m3 is 250 MAD/MWh, in half an hour of at most 10 MW."""
    plan = plant(tables=sea(value_mad_per_m3=1.0), buy=[price], step_h=0.5).solve()
    assert plan.schedule["desalination_main_power_mw"].item() == pytest.approx(power_mw)
    assert plan.objective_mad == pytest.approx(0.5 * (price - 250) * power_mw)


@pytest.mark.parametrize(
    ("changes", "state_mw", "power_mw"),
    [
        ({"power_initial_mw": 1.0}, None, [0.8, 1.0]),
        ({"power_initial_mw": 1.0}, 0.5, [0.3, 0.5]),
        ({"power_min_mw": 0.4, "power_initial_mw": 0.5}, None, [0.4, 0.6]),
    ],
    ids=["from the site file", "from the state", "a plant that runs through"],
)
def test_power_ramps_and_does_not_stop(plant, changes, state_mw, power_mw):
    """Proves 0.4 MW/h are 0.2 MW in half an hour, at 600 and then 100; water is worth 250."""
    state = [] if state_mw is None else [dk.StateRow("desalination_main", "power_mw", state_mw)]
    table = {"ramp_max_mw_per_h": 0.4, "value_mad_per_m3": 1.0} | changes
    plan = plant(tables=sea(**table), buy=[600, 100], step_h=0.5, state=state).solve()
    assert plan.schedule["desalination_main_power_mw"].tolist() == pytest.approx(power_mw)
    assert plan.objective_mad == pytest.approx(0.5 * (350 * power_mw[0] - 150 * power_mw[1]))


def test_water_the_tank_cannot_take_is_spilled_and_worth_nothing(plant):
    """Proves a plant that runs through: 0.4 MW make 50 m3 in half an hour, of which 30 are asked.

    The tank takes 15 of the 20 left; 5 are spilled. Power costs 600, a m3 that is used is worth 2.
    """
    table = {"power_min_mw": 0.4, "demand_m3_per_h": 60.0, "tank_max_m3": 15.0}
    plan = plant(tables=sea(**table, value_mad_per_m3=2.0), buy=[600], step_h=0.5).solve()
    assert plan.schedule["desalination_main_spilled_m3"].item() == pytest.approx(5)
    assert plan.objective_mad == pytest.approx(600 * 0.2 - 2 * 45)


@pytest.mark.parametrize(
    ("missed", "cost_mad"), [(15.0, 15 * 50), (25.0, 5000 * 0.2)], ids=["missed", "made"]
)
def test_water_may_be_missed_at_its_price(plant, missed, cost_mad):
    """Proves 5,000 MAD/MWh are 20 MAD/m3: 50 m3 in half an hour are missed at 15, made at 25."""
    table = {"demand_m3_per_h": 100.0, "missed_mad_per_m3": missed}
    plan = plant(tables=sea(**table), buy=[5000], step_h=0.5).solve()
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_water_that_cannot_be_made_is_no_plan(plant):
    """Proves a demand without a price binds: 100 m3/h by 0.1 MW, which makes 25.

    The diagnostic says what is missing: 75 m3 at its 300 MAD/m3.
    """
    short = plant(tables=sea(demand_m3_per_h=100.0, power_max_mw=0.1), buy=[10])
    with pytest.raises(Infeasible):
        short.solve()
    plan = short.solve(is_elastic=True)
    assert plan.schedule["desalination_main_missed_m3"].item() == pytest.approx(75)
    assert plan.objective_mad == pytest.approx(10 * 0.1 + 300 * 75)


def test_demand_follows_the_legal_clock(plant):
    """Proves clock hours, UTC+1 on this day: 100 m3/h, 160 from 23 o'clock, in half-hours."""
    table = {"demand_m3_per_h": 100.0, "profile_pu": [1.0] * 23 + [1.6]}
    case = plant(tables=sea(**table), buy=[1, 1], step_h=0.5, start="2026-01-05T21:30Z")
    demand = case.solve().schedule["desalination_main_demand_m3"]
    assert demand.tolist() == pytest.approx([50, 80])


def test_the_tank_and_the_ramp_are_handed_over(plant, tmp_path):
    """Proves two days join up: 40 m3 and 0.5 MW at half past, from which the next plan goes on.

    50 m3 a half-hour. The first plan makes 0.7 MW's 87.5 m3 at 100 MAD/MWh and, by its ramp of
    0.4 MW/h, 0.5 MW's 62.5, more than it needs; the tank holds 50 then.
    """
    table = TANK | {"tank_max_m3": 60.0, "ramp_max_mw_per_h": 0.4, "power_initial_mw": 0.7}
    first = plant(tables=sea(**table), buy=[100, 500, 500, 500], step_h=0.5).publish(tmp_path)
    second = plant(
        tables=sea(**table), buy=[500, 500], step_h=0.5, start="2026-01-05T00:30Z"
    ).publish(tmp_path, now="2026-01-04T13:00Z")
    row = first.schedule.iloc[0]
    handed_over = {r.quantity: r.value for r in second.optimum.problem.given.state.rows}
    assert handed_over == {
        "water_m3": pytest.approx(row["desalination_main_tank_m3"]),
        "power_mw": pytest.approx(row["desalination_main_power_mw"]),
    }
    assert second.schedule["desalination_main_power_mw"].tolist() == pytest.approx(
        first.schedule["desalination_main_power_mw"].tolist()[1:3]
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"demand_m3_per_h": 5.0, "series_file": "water.csv"},
            "demand_m3_per_h and series_file are both given. Keep one source of demand.",
        ),
        (
            {"profile_pu": [1.0, 0.9]},
            "profile_pu is not 1 or 24 values >= 0. Give one per clock hour.",
        ),
        (
            {"power_min_mw": 11.0},
            "power_min_mw or power_initial_mw is above power_max_mw. Lower it.",
        ),
        (
            {"tank_max_m3": 10.0},
            "tank_max_m3 is given, but no water is asked for. Give demand_m3_per_h, or no tank.",
        ),
        (TANK | {"tank_initial_m3": 41.0}, "tank_initial_m3 is above tank_max_m3. Lower it."),
    ],
)
def test_tables_that_contradict_themselves_are_refused(plant, changes, problem):
    with pytest.raises(InputError) as error:
        _ = plant(tables=sea(**changes), buy=[1]).site
    assert str(error.value) == f"site: [desalination.main] {problem}"


def test_more_opening_water_than_the_tank_holds_is_refused(plant):
    row = dk.StateRow("desalination_main", "water_m3", 41.0)
    with pytest.raises(InputError, match="opening water fits the tank"):
        plant(tables=sea(**TANK), buy=[500], state=[row]).solve()


@pytest.fixture(scope="module")
def solved(plant):
    """Half-hours of 50 m3: 0.4 MW at once, as the ramp wants, then 0.4 MW."""
    table = TANK | {
        "power_min_mw": 0.1,
        "power_max_mw": 0.4,
        "ramp_max_mw_per_h": 0.4,
        "power_initial_mw": 0.2,
    }
    return plant(tables=sea(**table), buy=[100, 500], step_h=0.5).solve()


TAMPERED = [
    ("power fits the plant [MW]", 0, "power_mw", 0.41),
    ("power fits the plant [MW]", 0, "power_mw", math.nan),
    ("power is at least the plant's least [MW]", 1, "power_mw", 0.09),
    ("power is at least the plant's least [MW]", 1, "power_mw", math.nan),
    ("water made follows from the power [m3]", 0, "made_m3", 51.0),
    ("water made follows from the power [m3]", 1, "made_m3", math.nan),
    ("power changes no faster than its ramp [MW]", 1, "power_mw", 0.1),
    ("change of power follows from the power [MW]", 0, "power_change_mw", 0.1),
    ("change of power follows from the power [MW]", 1, "power_change_mw", math.nan),
    ("power changes no faster than its ramp [MW]", 0, "power_mw", math.nan),
    ("demand is the input's [m3]", 0, "demand_m3", 51.0),
    ("demand is the input's [m3]", 0, "demand_m3", math.nan),
    ("the tank follows from water made and taken [m3]", 0, "tank_m3", 1.0),
    ("the tank follows from water made and taken [m3]", 1, "tank_m3", math.nan),
    ("the tank does not overflow [m3]", 0, "tank_m3", 40.5),
    ("the tank does not overflow [m3]", 0, "tank_m3", math.nan),
    ("the tank is not overdrawn [m3]", 0, "tank_m3", -0.5),
    ("no more water is missed than asked for [m3]", 0, "missed_m3", 51.0),
    ("no more water is missed than asked for [m3]", 0, "missed_m3", math.nan),
    ("missed water is not negative [m3]", 0, "missed_m3", -0.5),
    ("spilled water is not negative [m3]", 0, "spilled_m3", -0.5),
    ("spilled water is not negative [m3]", 1, "spilled_m3", math.nan),
    ("the tank follows from water made and taken [m3]", 1, "spilled_m3", 0.5),
    ("demand follows the profile [m3]", 0, "demand_m3", 51.0),
    ("no water is missed [m3]", 1, "missed_m3", 0.5),
    ("no water is missed [m3]", 1, "missed_m3", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    assert f"desalination_main: {rule}" in broken(
        solved, f"desalination_main_{column}", step, value
    )


def test_every_rule_has_been_seen_to_fail(solved, rules_of):
    assert rules_of(solved, "desalination_main") == {
        f"desalination_main: {rule}" for rule, *_ in TAMPERED
    }
