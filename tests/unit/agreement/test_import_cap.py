"""Import cap: the hours of its clock, hard or bought, its months and its days; what it says."""

import math

import pandas as pd
import pytest

CLOUD = {"cloud": {"demand_mw": 20.0, "tiers": [{"shed_max_pu": 0.5, "value_mad_per_mwh": 3000.0}]}}
KEPT = {"kind": "import_cap", "import_max_mw": 15.0, "first_hour": 18, "last_hour": 20}


@pytest.fixture
def evening(plant):
    """Return a plan of four steps that would draw 20 MW in each."""

    def plan(start="2026-01-05T16:00Z", step_h=1.0, **clause):
        return plant(
            tables={"firm": CLOUD},
            buy=[500] * 4,
            start=start,
            step_h=step_h,
            clauses=[KEPT | clause],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("price", "drawn_mw", "bought_mwh", "cost_mad"),
    [
        (None, [20, 15, 15, 20], 0.0, 0.5 * (500 * 70 + 3000 * 10)),
        (2600.0, [20, 15, 15, 20], 0.0, 0.5 * (500 * 70 + 3000 * 10)),
        (1000.0, [20, 20, 20, 20], 5.0, 0.5 * 500 * 80 + 1000 * 5),
    ],
    ids=["hard", "too dear to buy", "bought"],
)
def test_it_binds_or_is_bought(evening, price, drawn_mw, bought_mwh, cost_mad):
    """Proves the cap from 18:00 to 19:00 legal time, UTC+1, in half-hours from 17:30.

    5 MW shed save 500 MAD/MWh and the price; their value is 3,000.
    """
    plan = evening(start="2026-01-05T16:30Z", step_h=0.5, last_hour=19, price_mad_per_mwh=price)
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)
    assert plan.clauses[0]["bought"] == pytest.approx(bought_mwh)
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(
    ("start", "clause", "capped"),
    [
        ("2026-01-05T16:00Z", {}, [1, 2]),
        ("2026-03-01T16:00Z", {}, [2, 3]),  # Ramadan, UTC+0
        ("2026-11-22T16:00Z", {}, [2, 3]),  # UTC+0 since 2026-09-20
        ("2026-01-05T16:00Z", {"time_zone": "Etc/GMT"}, [2, 3]),
        ("2026-01-05T22:00Z", {"first_hour": 0, "last_hour": 1}, [1]),
        ("2026-01-05T21:00Z", {"first_hour": 23, "last_hour": 1}, [1, 2]),
        ("2026-01-05T20:00Z", {"first_hour": 22, "last_hour": 24}, [1, 2]),
        ("2026-01-05T16:00Z", {"first_hour": 3, "last_hour": 3}, [0, 1, 2, 3]),
        ("2026-01-31T21:00Z", {"first_hour": 0, "last_hour": 24, "months": [2]}, [2, 3]),
        ("2026-01-05T16:00Z", {"months": [2, 12]}, []),
    ],
)
def test_it_holds_in_its_hours_and_months(evening, start, clause, capped):
    """Proves the window is the clock's, over midnight too; outside it nothing is capped."""
    drawn_mw = evening(start=start, **clause).schedule["site_import_mw"]
    assert drawn_mw.tolist() == pytest.approx([15 if t in capped else 20 for t in range(4)])


@pytest.mark.parametrize(
    ("dates", "capped"),
    [
        ({"valid_from": "2026-01-06"}, [1, 2, 3]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [0]),
        ({"valid_from": "2026-01-07"}, []),
    ],
)
def test_it_holds_on_its_days(evening, dates, capped):
    """Proves days are legal days: the 6th begins at 23:00Z."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = evening(start="2026-01-05T22:00Z", first_hour=0, last_hour=24, **given)
    drawn_mw = plan.schedule["site_import_mw"]
    assert drawn_mw.tolist() == pytest.approx([15 if t in capped else 20 for t in range(4)])


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        (
            {},
            "Art. 1: draw peaks at 15.0 of 15 MW and is at the cap or above in 2 of 2 steps.",
        ),
        (
            {"price_mad_per_mwh": 1000.0},
            "Art. 1: draw peaks at 20.0 of 15 MW and is at the cap or above in 2 of 2 steps.",
        ),
        (
            {"import_max_mw": 25.0},
            "Art. 1: draw peaks at 20.0 of 25 MW and is at the cap or above in 0 of 2 steps.",
        ),
        ({"months": [2]}, "Art. 1: no step of this plan falls into its hours."),
    ],
)
def test_it_says_how_it_stands(evening, clause, sentence):
    assert evening(**clause).clauses[0]["sentence"] == sentence


TAMPERED = [
    ("draw above the cap is the table's [MW]", 1, "art_1_excess_mw", 0.5),
    ("draw above the cap is the table's [MW]", 0, "art_1_excess_mw", 5.0),
    ("draw above the cap is the table's [MW]", 1, "art_1_excess_mw", math.nan),
    ("draw above the cap is the table's [MW]", 2, "site_import_mw", 15.5),
    ("draw [MW]", 2, "site_import_mw", 15.5),
    ("draw [MW]", 2, "site_import_mw", math.nan),
    ("the clause is kept", 2, "site_import_mw", 15.5),
    ("the clause is kept", 2, "site_import_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(evening, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(evening(), column, step, value)


def test_every_rule_has_been_seen_to_fail(evening, rules_of):
    assert rules_of(evening(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_draw_outside_its_hours_breaks_nothing(evening, broken):
    found = broken(evening(), "site_import_mw", 3, 900.0)
    assert not [rule for rule in found if rule.startswith("Art.")]
