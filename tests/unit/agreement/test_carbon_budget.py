"""Carbon budget: by the hour, the day, the week or the plan, hard or bought; what it says."""

import math

import pandas as pd
import pytest

from models.errors import InputError

CLOUD = {"cloud": {"demand_mw": 20.0, "tiers": [{"shed_max_pu": 0.5, "value_mad_per_mwh": 3000.0}]}}
LINE = {"line": {"emission_kg_per_mwh": 500.0}}


@pytest.fixture
def supplied(plant):
    """Return a plan of four steps that would draw 20 MW at 500 kg and 600 MAD/MWh."""

    def plan(step_h=1.0, start="2026-01-05T00:00Z", supply=None, **clause):
        kept = {"kind": "carbon_budget", "budget_kg": 30_000.0, "window": "horizon"}
        return plant(
            tables={"firm": CLOUD, "grid": LINE} | (supply or {}),
            buy=[600, 610, 620, 630],
            start=start,
            step_h=step_h,
            clauses=[kept | clause],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("price", "shed_mwh", "bought_kg"),
    [(None, 10, 0), (5.0, 10, 0), (4.0, 0, 5_000)],
    ids=["hard", "too dear to buy", "bought"],
)
def test_it_binds_or_is_bought(supplied, price, shed_mwh, bought_kg):
    """Proves the budget: 40 MWh in half-hours emit 20,000 kg, of which 15,000 are allowed.

    30 MWh are left to draw. A MWh shed saves 600 to 630 MAD and 500 kg: at 5 MAD/kg more than
    its value of 3,000, at 4 less.
    """
    plan = supplied(step_h=0.5, budget_kg=15_000.0, price_mad_per_kg=price)
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(shed_mwh)
    assert plan.clauses[0]["bought"] == pytest.approx(bought_kg)
    drawn_mad = 0.5 * (20 * (600 + 610) + (20 - shed_mwh) * (620 + 630))
    assert plan.objective_mad == pytest.approx(
        drawn_mad + 3000 * shed_mwh + (price or 0.0) * bought_kg
    )


def test_gensets_emit_too(supplied):
    """Proves both sources count: 10 MW of cheap fuel at 700 kg/MWh beside the line's 500.

    Only the line: 40,000 kg. 10 MW of fuel each hour: 4 * (7,000 + 5,000) = 48,000 kg. Of a
    budget of 44,000 kg, 200 kg for each MWh of fuel more allow 20 MWh.
    """
    fuel = {"backup": {"fuel_price_mad_per_l": 1.0, "emission_kg_per_mwh": 700.0}}
    plan = supplied(supply={"genset": fuel}, budget_kg=44_000.0)
    assert plan.kpis["plan"]["genset_mwh"] == pytest.approx(20)
    assert plan.kpis["plan"]["emission_kg"] == pytest.approx(44_000)


@pytest.mark.parametrize(
    ("window", "hours", "step_h", "start", "drawn_mw"),
    [
        ("hour", 1, 1.0, "2026-01-05T00:00Z", [16, 16, 16, 16]),
        ("hour", 1, 0.5, "2026-01-05T00:00Z", [20, 12, 20, 12]),
        ("hour", 1, 0.5, "2026-01-05T00:30Z", [16, 20, 12, 16]),
        ("hour", 1, 2.0, "2026-01-05T00:00Z", [16, 16, 16, 16]),
        ("day", 24, 1.0, "2026-01-05T22:00Z", [16, 20, 18, 10]),
        ("week", 168, 1.0, "2026-01-11T22:00Z", [16, 20, 18, 10]),
        ("week", 168, 1.0, "2026-01-05T22:00Z", [20, 20, 14, 10]),
        ("month", 744, 1.0, "2026-01-31T22:00Z", [16, 20, 20, 48 * 744 / 673 - 40]),
        ("year", 8761, 1.0, "2026-12-31T22:00Z", [20, 12, 20, 32 * 8761 / 8760 - 20]),
    ],
)
def test_each_window_has_its_budget(supplied, window, hours, step_h, start, drawn_mw):
    """Proves windows: 8,000 kg an hour are 16 MWh of the line; of 20 MW the dearest are shed.

    A clock hour's two halves share 16 MWh; half of one has 8. What a plan covers of a day has its
    share: at UTC+1 the 5th ends at 23:00Z with 16 MWh for its last hour, three hours of the 6th
    have 48. The MWh of January's 744 hours are for the 673 of February too, as the clock goes
    back for Ramadan. The year 2026 begins at UTC+1 and ends at UTC+0: 8,761 hours; 2027 has 8,760.
    """
    plan = supplied(step_h=step_h, start=start, budget_kg=8_000.0 * hours, window=window)
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)
    assert plan.clauses[0]["is_kept"] is True


@pytest.mark.parametrize(
    ("dates", "shed_mwh"),
    [
        ({"valid_from": "2026-01-06"}, 20),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, 0),
        ({"valid_from": "2026-01-07"}, 0),
    ],
)
def test_it_holds_on_its_days(supplied, dates, shed_mwh):
    """Proves days are legal days: from 23:00Z on 60 MWh are drawn, 40 of them allowed."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = supplied(start="2026-01-05T22:00Z", budget_kg=20_000.0, **given)
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(shed_mwh)


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        ({}, "Art. 1: CO2 in the plan: 30,000 of 30,000 kg allowed."),
        (
            {"window": "hour", "budget_kg": 8_000.0, "price_mad_per_kg": 1.0},
            (
                "Art. 1: CO2 in the hour 2026-01-05T00Z: 10,000 of 8,000 kg allowed; "
                "8,000 kg too much, paid for."
            ),
        ),
        (
            {"window": "day", "budget_kg": 480_000.0},
            "Art. 1: CO2 in this plan's part of the day 2026-01-05: 40,000 of 80,000 kg allowed.",
        ),
    ],
)
def test_it_says_how_it_stands(supplied, clause, sentence):
    """Proves the words: 4 * 10,000 kg, an hour's 2,000 too much, four of a day's 24 hours."""
    assert supplied(**clause).clauses[0]["sentence"] == sentence


COUNT = "count of the horizon so far is the table's [kg]"
TAMPERED = [
    (COUNT, 1, "art_1_used_kg", 15_000.0),
    (COUNT, 1, "art_1_used_kg", math.nan),
    (COUNT, 0, "site_emission_kg", 9_999.0),
    ("the clause is kept", 0, "site_emission_kg", 10_001.0),
    ("the clause is kept", 3, "site_emission_kg", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(supplied, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(supplied(), column, step, value)


def test_every_rule_has_been_seen_to_fail(supplied, rules_of):
    assert rules_of(supplied(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_what_lies_outside_its_days_breaks_nothing(supplied, broken):
    plan = supplied(start="2026-01-05T22:00Z", valid_from=pd.Timestamp("2026-01-06").date())
    found = broken(plan, "site_emission_kg", 0, 9e9)
    assert not [rule for rule in found if rule.startswith("Art.")]


def test_a_site_that_emits_nothing_is_refused(plant):
    clause = {"kind": "carbon_budget", "budget_kg": 1.0, "window": "day"}
    with pytest.raises(InputError) as error:
        plant(wind=[1], load=[1], clauses=[clause]).build()
    assert str(error.value) == (
        "agreement: Art. 1: carbon_budget can't apply: the site has no grid or genset. "
        "Add a table [grid.NAME] to the site, or take the clause out."
    )
