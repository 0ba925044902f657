"""Ride-through: what must stay in store, hard or bought, what counts as sovereign draw."""

import math

import pandas as pd
import pytest

LOADS = [20, 40, 20, 20]
PRICES = [1000, 900, 800, 700]


@pytest.fixture
def stored(plant):
    """Return a plan that would use all of 80 MWh, 64 at the bus, as early as it can."""

    def plan(step_h=1.0, start="2026-01-05T00:00Z", cells_mwh=80.0, **clause):
        kept = {"kind": "ride_through", "autonomy_h": 1.5}
        return plant(
            tables={"battery": {"main": {"energy_initial_mwh": cells_mwh}}},
            buy=PRICES,
            load=LOADS,
            start=start,
            step_h=step_h,
            clauses=[kept | clause] if clause else [],
        ).solve()

    return plan


def drawn_mad(discharged):
    """Return the bill of what the battery does not serve, in hours."""
    rows = zip(PRICES, LOADS, discharged, strict=True)
    return sum(price * (load - out) for price, load, out in rows)


@pytest.mark.parametrize(
    ("clause", "discharged", "bought"),
    [
        ({}, [20, 40, 4, 0], 0),
        ({"autonomy_h": 1.5}, [14, 20, 0, 0], 0),
        ({"price_mad_per_mwh_h": 150.0}, [14, 20, 10, 20], 40),
        ({"price_mad_per_mwh_h": 90.0}, [20, 40, 4, 0], 92),
    ],
    ids=["no clause", "hard", "bought late", "bought early"],
)
def test_it_binds_or_is_bought(stored, clause, discharged, bought):
    """Proves the reserve: after each hour 1.5 h of what follows, 40 + 20/2 = 50, then 30 MWh.

    64 MWh at the bus allow 14, then 20. At 150 MAD/MWh h the other 30 are worth more in the last
    two hours, short by 10 and by 30; at 90 as early as they can, short by 6, 26, 30 and 30.
    """
    plan = stored(**clause)
    out = plan.schedule["battery_main_discharge_mw"]
    assert out.tolist() == pytest.approx(discharged)
    price = clause.get("price_mad_per_mwh_h", 0.0)
    assert plan.objective_mad == pytest.approx(drawn_mad(discharged) + price * bought)
    if clause:
        assert plan.clauses[0]["bought"] == pytest.approx(bought)


def test_half_hours_need_half_the_energy(stored):
    """Proves hours, not steps: 0.75 h after the first half-hour are 40 * 0.5 + 20 * 0.25 = 25 MWh.

    32 MWh at the bus allow 7 MWh, 14 MW; then down to 15: 20 MW.
    """
    plan = stored(step_h=0.5, cells_mwh=40.0, autonomy_h=0.75)
    assert plan.schedule["art_1_required_mwh"].tolist() == pytest.approx([25, 15, 15, 15])
    assert plan.schedule["battery_main_discharge_mw"].tolist() == pytest.approx([14, 20, 0, 0])
    assert plan.objective_mad == pytest.approx(0.5 * drawn_mad([14, 20, 0, 0]))


def test_the_hours_ahead_go_over_steps_of_any_length(plant):
    """Proves 1.5 h ahead of loads of 10, 20, 30, 40 MW in 0.5, 1, 0.25 and 1 hours.

    20 + 30 / 4 + 40 / 4 = 37.5; 30 / 4 + 40 * 1.25 = 57.5; then 40 * 1.5 = 60 MWh, twice.
    """
    plan = plant(
        tables={"battery": {"main": {"energy_initial_mwh": 100.0}}},
        buy=[1] * 4,
        load=[10, 20, 30, 40],
        step_h=(0.5, 1.0, 0.25, 1.0),
        clauses=[{"kind": "ride_through", "autonomy_h": 1.5}],
    ).solve()
    assert plan.schedule["art_1_required_mwh"].tolist() == pytest.approx([37.5, 57.5, 60, 60])


@pytest.mark.parametrize(
    ("tables", "required_mwh"),
    [
        ({}, 20.0),
        ({"facility": {"ups_loss_pu": 0.25, "fixed_overhead_mw": 2.0}}, 27.0),
        ({"facility": {"ups_loss_pu": 0.25, "fixed_overhead_mw": 2.0}, "cooling": {}}, 33.0),
    ],
    ids=["machines", "losses and overhead", "and cooling"],
)
def test_the_sovereign_draw_has_its_losses_and_cooling(plant, tables, required_mwh):
    """Proves what one hour takes: 20 MW of machines, 25 of heat, 2 of overhead.

    Cooling at most 1 + 0.2 * 25 = 6: the steepest line above the curve's value at no heat. The
    commercial load, which may be shed, counts for nothing.
    """
    lines = {"intercept_1_mw": 1.0, "slope_1_pu": 0.1, "intercept_2_mw": -3.0, "slope_2_pu": 0.2}
    series = lines | {"water_l_per_mwh": 0.0} if "cooling" in tables else {}
    tier = {"shed_max_pu": 0.5, "value_mad_per_mwh": 9e5}
    plan = plant(
        tables=tables
        | {
            "battery": {"main": {"energy_initial_mwh": 100.0}},
            "firm": {"cloud": {"demand_mw": 30.0, "tiers": [tier]}},
        },
        buy=[1],
        load=[20],
        series={f"cooling_{name}": [value] for name, value in series.items()},
        clauses=[{"kind": "ride_through", "autonomy_h": 1.0}],
    ).solve()
    assert plan.schedule["art_1_required_mwh"].item() == pytest.approx(required_mwh)


@pytest.mark.parametrize(
    ("dates", "required_mwh"),
    [
        ({"valid_from": "2026-01-06"}, [0, 30, 30, 30]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [50, 0, 0, 0]),
        ({"valid_from": "2026-01-07"}, None),
    ],
)
def test_it_holds_on_its_days(stored, dates, required_mwh):
    """Proves days are legal days: the 6th begins at 23:00Z."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = stored(start="2026-01-05T22:00Z", **given)
    if required_mwh is None:
        assert plan.clauses == []
    else:
        assert plan.schedule["art_1_required_mwh"].tolist() == pytest.approx(required_mwh)


@pytest.mark.parametrize(
    ("clause", "cells_mwh", "sentence"),
    [
        (
            {},
            80.0,
            (
                "Art. 1: stored energy exceeds the 1.5 h of the sovereign load by at least 0 MWh "
                "(at the end of the step 05 Jan 00:00Z)."
            ),
        ),
        (
            {"price_mad_per_mwh_h": 150.0},
            80.0,
            (
                "Art. 1: stored energy falls short of the 1.5 h of the sovereign load by up to "
                "30.0 MWh (at the end of the step 05 Jan 03:00Z)."
            ),
        ),
        (
            {"autonomy_h": 0.5, "valid_until": pd.Timestamp("2026-01-05").date()},
            200.0,
            (
                "Art. 1: stored energy exceeds the 0.5 h of the sovereign load by at least 50 MWh "
                "(at the end of the step 05 Jan 03:00Z)."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(stored, clause, cells_mwh, sentence):
    plan = stored(cells_mwh=cells_mwh, **({"autonomy_h": 1.5} | clause))
    assert plan.clauses[0]["sentence"] == sentence


TAMPERED = [
    ("what is required is the table's [MWh]", 0, "art_1_required_mwh", 45.0),
    ("what is required is the table's [MWh]", 0, "art_1_required_mwh", math.nan),
    ("what is required is the table's [MWh]", 2, "site_sovereign_mw", 25.0),
    ("ride-through energy [MWh]", 0, "site_deliverable_mwh", 49.0),
    ("ride-through energy [MWh]", 0, "site_deliverable_mwh", math.nan),
    ("the clause is kept", 0, "site_deliverable_mwh", 49.0),
    ("the clause is kept", 3, "site_sovereign_mw", 30.0),
    ("the clause is kept", 0, "site_deliverable_mwh", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(stored, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(stored(autonomy_h=1.5), column, step, value)


def test_every_rule_has_been_seen_to_fail(stored, rules_of):
    plan = stored(autonomy_h=1.5)
    assert rules_of(plan, "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}
