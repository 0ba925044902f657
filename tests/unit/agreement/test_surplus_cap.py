"""Surplus cap: only the dearest surplus is fed in, hard or bought; what a year remembers."""

import math

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError

KEPT = {"kind": "surplus_cap", "share_max_pu": 0.2, "window": "horizon"}


@pytest.fixture
def windy(plant):
    """Return a plan of four steps with 40, 40, 20 and 0 MW beyond a load of 20 MW."""

    def plan(start="2026-01-05T00:00Z", step_h=0.5, rows=(), **clause):
        said = {key: value for key, value in (KEPT | clause).items() if value is not None}
        return plant(
            buy=[500] * 4,
            sell=[100, 200, 300, 400],
            wind=[60, 60, 40, 20],
            load=[20] * 4,
            state=[dk.StateRow("art_1", *row) for row in rows],
            start=start,
            step_h=step_h,
            clauses=[said],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("price", "fed_mw", "bought_mwh"),
    [
        (None, [0, 0, 20, 0], 0),
        (260.0, [0, 0, 20, 0], 0),
        (130.0, [0, 40, 20, 0], 16),
        (100.0, [40, 40, 20, 0], 32),
    ],
    ids=["hard", "too dear to buy", "bought in part", "bought"],
)
def test_it_binds_or_is_bought(windy, price, fed_mw, bought_mwh):
    """Proves the cap: 40 MWh are used on site, e <= 0.2 * (40 + e) at e = 10 MWh, at 300 MAD.

    A MWh more is production too: it costs 0.8 of the price, 208, 104 or 80 MAD, and sells for
    200 or 100; 20 MWh more are 16 too much, 40 are 32.
    """
    plan = windy(price_mad_per_mwh=price)
    assert plan.schedule["site_export_mw"].tolist() == pytest.approx(fed_mw)
    assert plan.clauses[0]["bought"] == pytest.approx(bought_mwh)
    sold_mad = 0.5 * (100 * fed_mw[0] + 200 * fed_mw[1] + 300 * fed_mw[2])
    assert plan.objective_mad == pytest.approx((price or 0.0) * bought_mwh - sold_mad)


def test_what_is_curtailed_is_no_production(windy):
    """Proves the base: all the wind would be 90 MWh and allow 18, what is used allows 10."""
    plan = windy()
    assert 0.5 * plan.schedule["wind_main_available_mw"].sum() == pytest.approx(90)
    assert 0.5 * plan.schedule["site_renewable_mw"].sum() == pytest.approx(50)


@pytest.mark.parametrize(
    ("rows", "fed_mwh"),
    [
        ((), 20),
        ((("excess_mwh", 0.0, "2026"),), 20),
        ((("excess_mwh", -4.0, "2026"),), 25),
        ((("excess_mwh", 8.0, "2026"),), 10),
        ((("excess_mwh", 8.0, "2025"),), 20),
        ((("excess_mwh", -99.0, "2026"),), 100),
    ],
    ids=["unknown", "even", "a reserve", "behind", "last year's", "a large reserve"],
)
def test_a_year_is_the_usual_window_and_remembers(windy, rows, fed_mwh):
    """Proves the balance of the last four hours of 2026: 0.8 e <= 0.2 * 80 - excess.

    A reserve of 4 MWh allows e = 25, behind by 8 only 10; with 99 all 100 MWh are fed in.
    """
    plan = windy(start="2026-12-31T20:00Z", step_h=1.0, rows=rows, window=None)
    assert plan.schedule["site_export_mw"].sum() == pytest.approx(fed_mwh)


def test_a_price_lets_a_year_run_up_a_debt_it_can_repay(windy):
    """Proves a steered balance is held by its price alone: in January 0.8 * 150 < 200 <= 300 MAD.

    Fed in are the hours at 200 and 300 MAD/MWh, 60 MWh, 48 - 16 = 32 too much so far: 4,800 MAD.
    """
    rows = [("excess_mwh", 0.0, "2026"), ("price_mad_per_mwh", 150.0, "2026")]
    plan = windy(step_h=1.0, rows=rows, window="year")
    assert plan.schedule["site_export_mw"].tolist() == pytest.approx([0, 40, 20, 0])
    assert plan.schedule["art_1_excess_mwh"].iloc[-1] == pytest.approx(32)
    assert plan.kpis["cost_mad"]["art_1_budget"] == pytest.approx(4800)
    assert plan.clauses[0]["is_kept"] is True
    assert plan.clauses[0]["sentence"] == (
        "Art. 1: feed-in of the production in the year 2026: 42.86 % in this plan's part, "
        "20 % allowed of the whole; 150.00 MAD/MWh for what lies beyond."
    )


@pytest.mark.parametrize(
    ("dates", "fed_mw"),
    [
        ({"valid_from": "2026-01-06"}, [40, 0, 15, 0]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [5, 40, 20, 0]),
        ({"valid_from": "2026-01-07"}, [40, 40, 20, 0]),
    ],
)
def test_it_holds_on_its_days(windy, dates, fed_mw):
    """Proves days are legal days: from 23:00Z on e <= 0.2 * (60 + e) at 15; before 0.2 * (20 + e).

    The hour before is free if the clause is not valid then.
    """
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = windy(start="2026-01-05T22:00Z", step_h=1.0, **given)
    assert plan.schedule["site_export_mw"].tolist() == pytest.approx(fed_mw)
    assert bool(plan.clauses) is (dates["valid_from"] != "2026-01-07")


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        ({}, "Art. 1: feed-in of the production in the plan: 20.00 %, 20 % allowed."),
        (
            {"price_mad_per_mwh": 100.0},
            (
                "Art. 1: feed-in of the production in the plan: 55.56 %, 20 % allowed; "
                "32.0 MWh too much, paid for."
            ),
        ),
        (
            {"window": "year"},
            (
                "Art. 1: feed-in of the production in the year 2026: 20.00 % in this plan's part, "
                "20 % allowed."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(windy, clause, sentence):
    """Proves the words: 10 of 50 MWh, or 50 of 90."""
    assert windy(**clause).clauses[0]["sentence"] == sentence


COUNT = "count of the horizon so far is the table's [MWh]"
TAMPERED = [
    (COUNT, 1, "art_1_excess_mwh", 0.0),
    (COUNT, 1, "art_1_excess_mwh", math.nan),
    ("share so far is the table's", 2, "art_1_share_pu", 0.3),
    ("share so far is the table's", 3, "art_1_share_pu", math.nan),
    ("the clause is kept", 2, "site_export_mw", 21.0),
    ("the clause is kept", 3, "site_renewable_mw", 15.0),
    ("the clause is kept", 3, "site_renewable_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(windy, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(windy(), column, step, value)


def test_every_rule_has_been_seen_to_fail(windy, rules_of):
    assert rules_of(windy(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


@pytest.mark.parametrize(
    ("series", "problem"),
    [
        (
            {"buy": [1], "wind": [1]},
            (
                "no line of the site feeds in. "
                "Set export_max_mw above 0 on one, or take the clause out."
            ),
        ),
        (
            {"buy": [1], "sell": [1]},
            (
                "the site has no solar or wind. "
                "Add a table [solar.NAME] to the site, or take the clause out."
            ),
        ),
    ],
)
def test_a_site_without_surplus_is_refused(plant, series, problem):
    with pytest.raises(InputError) as error:
        plant(load=[1], clauses=[KEPT], **series).build()
    assert str(error.value) == f"agreement: Art. 1: surplus_cap can't apply: {problem}"
