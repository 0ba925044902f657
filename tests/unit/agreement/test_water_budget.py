"""Water budget: the thirstiest hour gives way first, hard or bought; what it says."""

import math

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.errors import Infeasible

KEPT = {"kind": "water_budget", "budget_m3": 35.0, "window": "horizon"}
CLOUD = {"cloud": {"demand_mw": 20.0, "tiers": [{"shed_max_pu": 0.5, "value_mad_per_mwh": 3000.0}]}}
FREE = {f"cooling_{name}": [0.0] * 4 for name in ("intercept_1_mw", "slope_1_pu")}
FREE |= {f"cooling_{name}": [0.0] * 4 for name in ("intercept_2_mw", "slope_2_pu")}


@pytest.fixture
def cooled(plant):
    """Return a plan of four steps whose 20 MW of heat take 1, 2, 1 and 0.5 m3/MWh."""

    def plan(start="2026-01-05T00:00Z", step_h=0.5, **clause):
        return plant(
            tables={"firm": CLOUD, "cooling": {}},
            buy=[600] * 4,
            series=FREE | {"cooling_water_l_per_mwh": [1000.0, 2000.0, 1000.0, 500.0]},
            start=start,
            step_h=step_h,
            clauses=[KEPT | clause],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("price", "shed_mwh", "bought_m3"),
    [(None, 5, 0), (1300.0, 5, 0), (1100.0, 0, 10)],
    ids=["hard", "too dear to buy", "bought"],
)
def test_it_binds_or_is_bought(cooled, price, shed_mwh, bought_m3):
    """Proves the budget: 10 MWh in each half-hour take 10 + 20 + 10 + 5 = 45 m3, 35 are there.

    5 MWh less in the second half-hour save 10 m3, at 3,000 - 600 MAD for 2 m3: 1,200 MAD/m3.
    """
    plan = cooled(price_mad_per_m3=price)
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(shed_mwh)
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(
        [20, 20 - 2 * shed_mwh, 20, 20]
    )
    assert plan.clauses[0]["bought"] == pytest.approx(bought_m3)
    assert plan.objective_mad == pytest.approx(
        600 * 40 + 2400 * shed_mwh + (price or 0.0) * bought_m3
    )


@pytest.mark.parametrize(
    ("dates", "shed_mwh"),
    [
        ({"valid_from": "2026-01-06"}, 7.5),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, 0),
        ({"valid_from": "2026-01-07"}, 0),
    ],
)
def test_it_holds_on_its_days(cooled, dates, shed_mwh):
    """Proves days are legal days: from 23:00Z on 40 + 20 + 10 m3 are used, 55 allowed.

    7.5 MWh less at 2 m3/MWh save 15 m3.
    """
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = cooled(start="2026-01-05T22:00Z", step_h=1.0, budget_m3=55.0, **given)
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(shed_mwh)
    assert bool(plan.clauses) is (dates["valid_from"] != "2026-01-07")


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        ({}, "Art. 1: cooling water in the plan: 35.0 of 35.0 m3 allowed."),
        (
            {"price_mad_per_m3": 1.0},
            (
                "Art. 1: cooling water in the plan: 45.0 of 35.0 m3 allowed; "
                "10.0 m3 too much, paid for."
            ),
        ),
        (
            {"window": "year", "budget_m3": 8761 * 20.0},
            "Art. 1: cooling water in this plan's part of the year 2026: 40.0 of 40.0 m3 allowed.",
        ),
    ],
)
def test_it_says_how_it_stands(cooled, clause, sentence):
    """Proves the words; two hours of 20 m3 each have 40 m3."""
    assert cooled(**clause).clauses[0]["sentence"] == sentence


COUNT = "count of the horizon so far is the table's [m3]"
TAMPERED = [
    (COUNT, 1, "art_1_used_m3", 21.0),
    (COUNT, 1, "art_1_used_m3", math.nan),
    ("the clause is kept", 1, "cooling_water_l", 10_100.0),
    ("the clause is kept", 3, "cooling_water_l", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(cooled, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(cooled(), column, step, value)


def test_every_rule_has_been_seen_to_fail(cooled, rules_of):
    assert rules_of(cooled(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_a_site_without_cooling_is_refused(plant):
    with pytest.raises(InputError) as error:
        plant(buy=[1], load=[1], clauses=[KEPT]).build()
    assert str(error.value) == (
        "agreement: Art. 1: water_budget can't apply: the site has no cooling. "
        "Add a table [cooling] to the site, or take the clause out."
    )


def test_a_load_that_cannot_give_way_keeps_it_or_cannot(plant):
    """Proves a row without a choice is a row: 10 + 20 MWh take 10 m3 and 40 m3, 50 in all."""
    small = {
        "tables": {"cooling": {}},
        "buy": [600, 600],
        "load": [10, 20],
        "series": {name: values[:2] for name, values in FREE.items()}
        | {"cooling_water_l_per_mwh": [1000.0, 2000.0]},
    }
    kept = plant(**small, clauses=[KEPT | {"budget_m3": 50.0}]).solve()
    assert kept.schedule["art_1_used_m3"].tolist() == pytest.approx([10, 50])
    with pytest.raises(Infeasible):
        plant(**small, clauses=[KEPT | {"budget_m3": 49.0}]).solve()
