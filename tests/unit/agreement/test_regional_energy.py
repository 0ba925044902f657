"""Regional energy: fed in where that costs least, hard or bought; what it says."""

import math

import pandas as pd
import pytest

from models.errors import InputError

KEPT = {"kind": "regional_energy", "amount_mwh": 10.0, "window": "horizon"}


@pytest.fixture
def windy(plant):
    """Return a plan of four steps with 10 MW of surplus, for which the network takes money."""

    def plan(start="2026-01-05T00:00Z", step_h=0.5, **clause):
        said = {key: value for key, value in (KEPT | clause).items() if value is not None}
        return plant(
            buy=[500] * 4,
            sell=[-30, -20, -10, -40],
            wind=[30] * 4,
            load=[20] * 4,
            start=start,
            step_h=step_h,
            clauses=[said],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("price", "fed_mw", "missing_mwh"),
    [
        (None, [0, 10, 10, 0], 0),
        (25.0, [0, 10, 10, 0], 0),
        (15.0, [0, 0, 10, 0], 5),
        (5.0, [0, 0, 0, 0], 10),
    ],
    ids=["hard", "too dear to buy", "bought", "cheap"],
)
def test_it_binds_or_is_bought(windy, price, fed_mw, missing_mwh):
    """Proves the amount: 5 MWh of surplus in a half-hour, at 10 MAD/MWh and then at 20."""
    plan = windy(price_mad_per_mwh=price)
    assert plan.schedule["site_export_mw"].tolist() == pytest.approx(fed_mw)
    assert plan.clauses[0]["bought"] == pytest.approx(missing_mwh)
    fed_mad = 0.5 * (20 * fed_mw[1] + 10 * fed_mw[2])
    assert plan.objective_mad == pytest.approx(fed_mad + (price or 0.0) * missing_mwh)


def test_a_day_is_the_usual_window(windy):
    """Proves what is due by the day: at UTC+1 from 23:00Z on, 3 of 24 hours; before, one."""
    plan = windy(start="2026-01-05T22:00Z", step_h=1.0, amount_mwh=96.0, window=None)
    assert plan.schedule["site_export_mw"].tolist() == pytest.approx([4, 2, 10, 0])


@pytest.mark.parametrize(
    ("dates", "fed_mw"),
    [
        ({"valid_from": "2026-01-06"}, [0, 5, 10, 0]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [10, 0, 0, 0]),
        ({"valid_from": "2026-01-07"}, [0, 0, 0, 0]),
    ],
)
def test_it_holds_on_its_days(windy, dates, fed_mw):
    """Proves days are legal days: the 6th begins at 23:00Z."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    amount_mwh = 10.0 if "valid_until" in dates else 15.0
    plan = windy(start="2026-01-05T22:00Z", step_h=1.0, amount_mwh=amount_mwh, **given)
    assert plan.schedule["site_export_mw"].tolist() == pytest.approx(fed_mw)
    assert bool(plan.clauses) is (dates["valid_from"] != "2026-01-07")


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        ({}, "Art. 1: energy for the region in the plan: 10.0 of 10.0 MWh due."),
        (
            {"price_mad_per_mwh": 15.0},
            (
                "Art. 1: energy for the region in the plan: 5.0 of 10.0 MWh due; "
                "5.0 MWh missing, paid for."
            ),
        ),
        (
            {"window": "day", "amount_mwh": 60.0},
            (
                "Art. 1: energy for the region in this plan's part of the day 2026-01-05: "
                "5.0 of 5.0 MWh due."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(windy, clause, sentence):
    """Proves the words; two of a day's 24 hours owe 60 / 12 MWh."""
    assert windy(**clause).clauses[0]["sentence"] == sentence


COUNT = "count of the horizon so far is the table's [MWh]"
TAMPERED = [
    (COUNT, 1, "art_1_delivered_mwh", 6.0),
    (COUNT, 1, "art_1_delivered_mwh", math.nan),
    ("the clause is kept", 1, "site_export_mw", 9.0),
    ("the clause is kept", 3, "site_export_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(windy, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(windy(), column, step, value)


def test_every_rule_has_been_seen_to_fail(windy, rules_of):
    assert rules_of(windy(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_a_site_that_feeds_nothing_in_is_refused(plant):
    with pytest.raises(InputError) as error:
        plant(buy=[1], load=[1], clauses=[KEPT]).build()
    assert str(error.value) == (
        "agreement: Art. 1: regional_energy can't apply: no line of the site feeds in. "
        "Set export_max_mw above 0 on one, or take the clause out."
    )
