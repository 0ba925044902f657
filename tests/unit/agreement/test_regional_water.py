"""Regional water: made when power is cheap, hard or bought; what it says."""

import math

import pandas as pd
import pytest

from models.errors import InputError

KEPT = {
    "kind": "regional_water",
    "service": "desalination_sea",
    "amount_m3": 2500.0,
    "window": "horizon",
}


@pytest.fixture
def coast(plant):
    """Return a plan of four steps of a plant that makes 250 m3/MWh, up to 10 MW."""

    def plan(start="2026-01-05T00:00Z", step_h=0.5, **clause):
        said = {key: value for key, value in (KEPT | clause).items() if value is not None}
        return plant(
            tables={"desalination": {"sea": {}}},
            buy=[610, 600, 630, 620],
            start=start,
            step_h=step_h,
            clauses=[said],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("price", "drawn_mw", "missing_m3"),
    [
        (None, [10, 10, 0, 0], 0),
        (2.5, [10, 10, 0, 0], 0),
        (2.42, [0, 10, 0, 0], 1250),
        (2.0, [0, 0, 0, 0], 2500),
    ],
    ids=["hard", "too dear to buy", "bought", "cheap"],
)
def test_it_binds_or_is_bought(coast, price, drawn_mw, missing_m3):
    """Proves the amount: 5 MWh in a half-hour make 1,250 m3, at 600 / 250 = 2.40 MAD or 2.44."""
    plan = coast(price_mad_per_m3=price)
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)
    assert plan.clauses[0]["bought"] == pytest.approx(missing_m3)
    drawn_mad = 0.5 * (610 * drawn_mw[0] + 600 * drawn_mw[1])
    assert plan.objective_mad == pytest.approx(drawn_mad + (price or 0.0) * missing_m3)


def test_a_day_is_the_usual_window(coast):
    """Proves what is due by the day: at UTC+1 from 23:00Z on, 3 of 24 hours; before, one."""
    plan = coast(start="2026-01-05T22:00Z", step_h=1.0, amount_m3=24_000.0, window=None)
    made = plan.schedule["desalination_sea_made_m3"]
    assert made.tolist() == pytest.approx([1000, 2500, 0, 500])


@pytest.mark.parametrize(
    ("dates", "made_m3"),
    [
        ({"valid_from": "2026-01-06"}, [0, 2500, 0, 0]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [2500, 0, 0, 0]),
        ({"valid_from": "2026-01-07"}, [0, 0, 0, 0]),
    ],
)
def test_it_holds_on_its_days(coast, dates, made_m3):
    """Proves days are legal days: the 6th begins at 23:00Z. An hour makes 2,500 m3."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = coast(start="2026-01-05T22:00Z", step_h=1.0, **given)
    assert plan.schedule["desalination_sea_made_m3"].tolist() == pytest.approx(made_m3)
    assert bool(plan.clauses) is (dates["valid_from"] != "2026-01-07")


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        ({}, "Art. 1: water for the region in the plan: 2,500 of 2,500 m3 due."),
        (
            {"price_mad_per_m3": 2.42},
            (
                "Art. 1: water for the region in the plan: 1,250 of 2,500 m3 due; "
                "1,250 m3 missing, paid for."
            ),
        ),
        (
            {"window": "day", "amount_m3": 6000.0},
            (
                "Art. 1: water for the region in this plan's part of the day 2026-01-05: "
                "500.0 of 500.0 m3 due."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(coast, clause, sentence):
    """Proves the words; two of a day's 24 hours owe 6,000 / 12 m3."""
    assert coast(**clause).clauses[0]["sentence"] == sentence


COUNT = "count of the horizon so far is the table's [m3]"
TAMPERED = [
    (COUNT, 1, "art_1_delivered_m3", 2600.0),
    (COUNT, 1, "art_1_delivered_m3", math.nan),
    ("the clause is kept", 1, "desalination_sea_made_m3", 1200.0),
    ("the clause is kept", 3, "desalination_sea_made_m3", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(coast, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(coast(), column, step, value)


def test_every_rule_has_been_seen_to_fail(coast, rules_of):
    assert rules_of(coast(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_a_site_without_a_plant_is_refused(plant):
    with pytest.raises(InputError) as error:
        plant(buy=[1], load=[1], clauses=[KEPT]).build()
    assert str(error.value) == (
        "agreement: Art. 1: regional_water can't apply: the site has no desalination. "
        "Add a table [desalination.NAME] to the site, or take the clause out."
    )


def test_a_plant_that_is_not_there_is_refused(plant):
    with pytest.raises(InputError) as error:
        plant(tables={"desalination": {"main": {}}}, buy=[1], clauses=[KEPT]).build()
    assert str(error.value) == (
        "agreement: Art. 1: service = 'desalination_sea' is not on the site. "
        "Give one of desalination_main."
    )
