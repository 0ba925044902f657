"""Training contracts: windows carried over plans, extra work, least throughput, tiers."""

import math

import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.workloads.training_tiers import by_tier

CONTRACT = {"floor_pu": 0.6, "window_h": 2}


def fleet(**changes):
    """Return a fleet of 100 MW that at half its power does 0.8 of its work."""
    return {"training": {"ai": changes}}


def delivered(mwh, key="2026-01-05T00:00Z"):
    """Return the row by which an opening state says what a window has been delivered."""
    return [dk.StateRow("training_ai", "delivered_mwh", float(mwh), key)]


@pytest.mark.parametrize(
    ("state", "cost_mad", "delivered_mwh"),
    [
        ([], 100 * 25 + 300 * 12.5, [100, 120]),
        (delivered(90), 100 * 18.75, [120, 120]),
        (delivered(50), 100 * 25 + 300 * 18.75, [90, 120]),
        (delivered(130), 0.0, [130, 130]),
    ],
    ids=["no state: the contract's pace", "ahead", "behind", "done"],
)
def test_a_window_owes_what_it_has_not_been_delivered(plant, state, cost_mad, delivered_mwh):
    """Proves the rest of a two-hour window from 01:00: 120 MWh of work less what is delivered.

    Half-hours at 100 and 300 MAD/MWh: 40 MWh of work at half power, 25 MWh; 0.625 MWh for each.
    """
    case = plant(
        tables=fleet(**CONTRACT),
        buy=[100, 300],
        step_h=0.5,
        start="2026-01-05T01:00Z",
        state=state,
    )
    plan = case.solve()
    assert plan.objective_mad == pytest.approx(cost_mad)
    found = plan.schedule["training_ai_delivered_mwh"]
    assert found.tolist() == pytest.approx(delivered_mwh)


def test_what_a_window_was_delivered_is_handed_over(plant, tmp_path):
    """Proves two plans share a window: the first does 100 of 120 MWh in the cheap first hour.

    At 100 MAD/MWh an hour at full power is cheaper than 562.5 MAD for a MWh of work at 900. The
    second plan begins at 01:00 and owes 20, where the contract's pace would be 60: 12.5 MWh at 50.
    """
    table = fleet(**CONTRACT)
    first = plant(tables=table, buy=[100, 100, 900, 900], step_h=0.5).publish(tmp_path)
    assert first.objective_mad == pytest.approx(100 * 100 + 900 * 12.5)
    second = plant(tables=table, buy=[50, 900], step_h=0.5, start="2026-01-05T01:00Z")
    plan = second.publish(tmp_path, now="2026-01-04T13:00Z")
    rows = plan.optimum.problem.given.state.find("training_ai", "delivered_mwh")
    assert rows == [
        dk.StateRow("training_ai", "delivered_mwh", pytest.approx(100), "2026-01-05T00:00Z")
    ]
    assert plan.objective_mad == pytest.approx(50 * 12.5)


def test_a_window_that_begins_with_the_plan_owes_all_of_it(plant, tmp_path):
    """Proves nothing is carried into a new window: from 02:00 all 60 MWh of the first hour."""
    table = fleet(**CONTRACT)
    plant(tables=table, buy=[1] * 6, step_h=0.5).publish(tmp_path)
    second = plant(tables=table, buy=[100], start="2026-01-05T02:00Z")
    plan = second.publish(tmp_path, now="2026-01-04T13:00Z")
    assert plan.optimum.problem.given.state.find("training_ai", "delivered_mwh") == []
    assert plan.objective_mad == pytest.approx(100 * 37.5)


@pytest.mark.parametrize("key", ["2026-01-04T22:00Z", "2026-01-05"])
def test_work_delivered_to_another_window_is_refused(plant, key):
    case = plant(
        tables=fleet(**CONTRACT), buy=[1], start="2026-01-05T01:00Z", state=delivered(5, key)
    )
    with pytest.raises(InputError, match="delivered work is of the window from 2026-01-05T00:00Z"):
        case.solve()


@pytest.mark.parametrize(
    ("price", "power_mw", "extra_mwh"), [(150, 50, 10), (170, 37.5, 0)], ids=["some", "none"]
)
def test_extra_work_has_a_worth_of_its_own(plant, price, power_mw, extra_mwh):
    """Proves 500 MAD/MWh up to the 30 MWh contracted, 100 above, in half an hour.

    Below half power a MWh does 1.6 of work: extra work pays up to 160 MAD/MWh, and 40 above it.
    """
    table = {"floor_pu": 0.6, "value_mad_per_mwh": 500.0, "extra_value_mad_per_mwh": 100.0}
    plan = plant(tables=fleet(**table), buy=[price], step_h=0.5).solve()
    assert plan.schedule["training_ai_power_mw"].item() == pytest.approx(power_mw)
    worth_mad = 500 * 30 + 100 * extra_mwh
    assert plan.objective_mad == pytest.approx(0.5 * price * power_mw - worth_mad)


def test_extra_work_of_one_window_does_not_stand_for_another(plant):
    """Proves windows by the hour: 60 MWh at 500 in each, the rest at 100.

    At 150 MAD/MWh an hour at half power does 80, 20 of it extra; at 700 no extra: 37.5 MWh.
    """
    table = {"floor_pu": 0.6, "window_h": 1} | {
        "value_mad_per_mwh": 500.0,
        "extra_value_mad_per_mwh": 100.0,
    }
    plan = plant(tables=fleet(**table), buy=[150, 700]).solve()
    cost_mad = 150 * 50 - 500 * 60 - 100 * 20 + 700 * 37.5 - 500 * 60
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(("price", "power_mw"), [(400, 75), (700, 0)], ids=["runs", "paused"])
def test_what_runs_keeps_its_least_throughput(plant, price, power_mw):
    """Proves a floor by the step: 0.9 of nominal needs 0.75 of the power, 0.4 * 0.75 + 0.6.

    Work is worth 500: at 400 MAD/MWh half power would be best. At 700 pausing is cheaper than
    0.75 of the power, though not than half.
    """
    table = {"value_mad_per_mwh": 500.0, "throughput_min_pu": 0.9}
    plan = plant(tables=fleet(**table), buy=[price], step_h=0.5).solve()
    assert plan.schedule["training_ai_power_mw"].item() == pytest.approx(power_mw)
    work_mw = 90 if power_mw else 0
    assert plan.objective_mad == pytest.approx(0.5 * (price * power_mw - 500 * work_mw))


TIERS = [{"share_pu": 0.5, "floor_pu": 1.0}, {"share_pu": 0.5, "floor_pu": 0.5}]


def test_each_tier_keeps_its_own_floor(plant):
    """Proves tiers are exact: one half runs at full power, the other does 25 MW of work for 15.625.

    One fleet with the weighted sum of the floors, 0.75, would need 46.875 MW: the half that may
    not slow down would have slowed.
    """
    split = plant(tables=fleet(tiers=TIERS), buy=[300], step_h=0.5).solve()
    assert split.schedule["training_ai_tier1_power_mw"].item() == pytest.approx(50)
    assert split.schedule["training_ai_tier2_power_mw"].item() == pytest.approx(15.625)
    assert split.objective_mad == pytest.approx(300 * 0.5 * 65.625)
    pooled = plant(tables=fleet(floor_pu=0.75), buy=[300], step_h=0.5).solve()
    assert pooled.objective_mad == pytest.approx(300 * 0.5 * 46.875)


def test_tiers_are_handed_over_as_fleets(plant, tmp_path):
    """Proves a run's site file is read back, and each tier's work is carried by its own name."""
    table = fleet(tiers=TIERS, window_h=2)
    plant(tables=table, buy=[100, 900, 900, 900], step_h=0.5).publish(tmp_path)
    second = plant(tables=table, buy=[100, 100], step_h=0.5, start="2026-01-05T00:30Z")
    plan = second.publish(tmp_path, now="2026-01-04T13:00Z")
    rows = {
        row.name: row.value
        for row in plan.optimum.problem.given.state.rows
        if row.quantity == "delivered_mwh"
    }
    assert rows == {"training_ai_tier1": pytest.approx(25), "training_ai_tier2": pytest.approx(25)}


BAD_SHARES = [{"share_pu": 0.5, "floor_pu": 1.0}]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"tiers": BAD_SHARES}, "the shares of the tiers add up to 0.5, not 1. Mend share_pu."),
        ({"tiers": TIERS, "floor_pu": 0.5}, "floor_pu and tiers are both given. Keep one."),
        (
            {"tiers": TIERS, "ramp_max_mw_per_h": 5.0},
            "ramp_max_mw_per_h is of all tiers at once. Take it out, or give each its own table.",
        ),
        (
            {"tiers": TIERS, "is_synchronous": True},
            "is_synchronous is of all tiers at once. Take it out, or give each its own table.",
        ),
        (
            {"value_mad_per_mwh": 5.0, "extra_value_mad_per_mwh": 6.0},
            (
                "extra_value_mad_per_mwh = 6 is above value_mad_per_mwh: contracted work would be "
                "put off for extra work. Lower it."
            ),
        ),
    ],
)
def test_contracts_that_contradict_themselves_are_refused(plant, changes, problem):
    with pytest.raises(InputError) as error:
        _ = plant(tables=fleet(**changes), buy=[1]).site
    assert str(error.value) == f"site: [training.ai] {problem}"


def test_tiers_that_are_none_are_named(plant):
    """Proves a missing field and a text for a number reach the planner as such."""
    for tiers, what in (
        ([{"share_pu": 1.0}], "floor_pu"),
        ([{"share_pu": "all", "floor_pu": 0.5}], "share_pu"),
        ([{"share_pu": 1.0, "floor_pu": 1.5}], "floor_pu"),
        ("all", "tiers"),
    ):
        with pytest.raises(InputError, match=what):
            _ = plant(tables=fleet(tiers=tiers), buy=[1]).site


def test_a_table_without_tiers_stays_as_it_is():
    assert by_tier({"ai": {"floor_pu": 0.5}, "odd": 3}) == {"ai": {"floor_pu": 0.5}, "odd": 3}


@pytest.fixture(scope="module")
def solved(plant):
    """From 01:00 half of a two-hour window: at 100 and 300 MAD/MWh, with nothing below 0.9."""
    table = CONTRACT | {"throughput_min_pu": 0.9, "extra_value_mad_per_mwh": 0.0}
    return plant(
        tables=fleet(**table),
        buy=[100, 300],
        step_h=0.5,
        start="2026-01-05T01:00Z",
        state=delivered(70),
    ).solve()


TAMPERED = [
    ("what runs keeps its least throughput [MW]", 0, "power_mw", 50.0),
    ("what runs keeps its least throughput [MW]", 0, "power_mw", math.nan),
    ("what runs keeps its least throughput [MW]", 0, "power_mw", 74.9),
    ("work delivered to the window follows from the work [MWh]", 0, "delivered_mwh", 70.0),
    ("work delivered to the window follows from the work [MWh]", 1, "work_mw", math.nan),
    ("contracted work is done [MWh]", 0, "work_mw", 80.0),
    ("contracted work is done [MWh]", 0, "work_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    assert f"training_ai: {rule}" in broken(solved, f"training_ai_{column}", step, value)


def test_every_new_rule_has_been_seen_to_fail(solved, rules_of):
    rules = {f"training_ai: {rule}" for rule, *_ in TAMPERED}
    assert rules <= rules_of(solved, "training_ai")


def test_the_bill_counts_extra_work(plant, published):
    """Proves extra work is billed from the table: another worth of it is another objective."""
    table = {"floor_pu": 0.6, "value_mad_per_mwh": 500.0, "extra_value_mad_per_mwh": 100.0}
    plan = plant(tables=fleet(**table), buy=[150], step_h=0.5).solve()
    asked = published(plan)
    bill = asked.site.training["ai"].bill(asked.site.training["ai"].own(asked.table), asked.given)
    assert bill == pytest.approx({"value": -500 * 40, "extra": 400 * 10, "restart": 0.0})
