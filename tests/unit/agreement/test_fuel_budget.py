"""Fuel budget: when it is burnt while it lasts, hard or bought; what it says."""

import math

import pandas as pd
import pytest

from models.errors import InputError

KEPT = {"kind": "fuel_budget", "budget_l": 2500.0, "window": "horizon"}
FLEET = {"unit_count": 2, "fuel_price_mad_per_l": 1.0}  # 250 L/MWh


@pytest.fixture
def fuelled(plant):
    """Return a plan of four steps in which gensets would carry 20 MW throughout."""

    def plan(start="2026-01-05T00:00Z", step_h=0.5, **clause):
        return plant(
            tables={"genset": {"backup": FLEET}},
            buy=[600, 610, 620, 630],
            load=[20] * 4,
            start=start,
            step_h=step_h,
            clauses=[KEPT | clause],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("price", "drawn_mw", "bought_l"),
    [
        (None, [20, 20, 20, 0], 0),
        (1.5, [20, 20, 20, 0], 0),
        (1.46, [20, 20, 0, 0], 2500),
        (1.0, [0, 0, 0, 0], 7500),
    ],
    ids=["hard", "too dear to buy", "bought", "cheap"],
)
def test_it_binds_or_is_bought(fuelled, price, drawn_mw, bought_l):
    """Proves litres: 20 MW for half an hour burn 10 * 250 = 2,500 L, all there is.

    A litre saves 600 to 630 MAD / 250 less its own price: 1.40, 1.44, 1.48 and 1.52 MAD.
    """
    plan = fuelled(price_mad_per_l=price)
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)
    assert plan.clauses[0]["bought"] == pytest.approx(bought_l)
    rows = zip(drawn_mw, [600, 610, 620, 630], strict=True)
    cost_mad = sum(0.5 * (mw * buy + (20 - mw) * 250) for mw, buy in rows)
    assert plan.objective_mad == pytest.approx(cost_mad + (price or 0.0) * bought_l)


@pytest.mark.parametrize(
    ("dates", "drawn_mw"),
    [
        ({"valid_from": "2026-01-06"}, [0, 20, 20, 0]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [0, 0, 0, 0]),
        ({"valid_from": "2026-01-07"}, None),
    ],
)
def test_it_holds_on_its_days(fuelled, dates, drawn_mw):
    """Proves days are legal days: the 6th begins at 23:00Z. An hour burns 5,000 L."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = fuelled(start="2026-01-05T22:00Z", step_h=1.0, budget_l=5000.0, **given)
    if drawn_mw is None:
        assert plan.clauses == []
    else:
        assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        ({}, "Art. 1: genset fuel in the plan: 2,500 of 2,500 L allowed."),
        (
            {"price_mad_per_l": 1.0},
            (
                "Art. 1: genset fuel in the plan: 10,000 of 2,500 L allowed; "
                "7,500 L too much, paid for."
            ),
        ),
        (
            {"window": "month", "budget_l": 93_000.0},
            (
                "Art. 1: genset fuel in this plan's part of the month 2026-01: "
                "250.0 of 250.0 L allowed."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(fuelled, clause, sentence):
    """Proves the words; two of January's 744 hours have 2 * 125 L."""
    assert fuelled(**clause).clauses[0]["sentence"] == sentence


COUNT = "count of the horizon so far is the table's [L]"
TAMPERED = [
    (COUNT, 3, "art_1_used_l", 2400.0),
    (COUNT, 3, "art_1_used_l", math.nan),
    ("the clause is kept", 0, "site_fuel_l", 10.0),
    ("the clause is kept", 2, "site_fuel_l", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(fuelled, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(fuelled(), column, step, value)


def test_every_rule_has_been_seen_to_fail(fuelled, rules_of):
    assert rules_of(fuelled(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_a_site_without_gensets_is_refused(plant):
    with pytest.raises(InputError) as error:
        plant(buy=[1], load=[1], clauses=[KEPT]).build()
    assert str(error.value) == (
        "agreement: Art. 1: fuel_budget can't apply: the site has no genset. "
        "Add a table [genset.NAME] to the site, or take the clause out."
    )
