"""Renewable share: it binds, it is bought, its windows and its days; what it says."""

import math

import pandas as pd
import pytest

CLOUD = {"cloud": {"demand_mw": 20.0, "tiers": [{"shed_max_pu": 0.5, "value_mad_per_mwh": 3000.0}]}}


@pytest.fixture
def calm(plant):
    """Return a plan of four steps, of which the second and third lack 10 of 20 MW of wind."""

    def plan(start="2026-01-05T00:00Z", step_h=0.5, supply=None, **clause):
        tables = {"firm": CLOUD} | (supply or {})
        kept = {"kind": "renewable_share", "share_min_pu": 0.8, "window": "horizon"}
        return plant(
            tables=tables,
            buy=[500] * 4,
            wind=[30, 10, 10, 30],
            start=start,
            step_h=step_h,
            clauses=[kept | clause] if clause else [],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("price", "shed_mwh", "bought_mwh", "cost_mad"),
    [
        (None, 2.5, 0.0, 500 * 7.5 + 3000 * 2.5),
        (4000.0, 2.5, 0.0, 500 * 7.5 + 3000 * 2.5),
        (1000.0, 0.0, 2.0, 500 * 10 + 1000 * 2),
    ],
    ids=["hard", "too dear to buy", "bought"],
)
def test_it_binds_or_is_bought(calm, price, shed_mwh, bought_mwh, cost_mad):
    """Proves the budget: of 40 MWh in half-hours, 10 are drawn and 0.2 * 40 = 8 allowed.

    Shedding s lowers both: 10 - s <= 0.2 * (40 - s) at s = 2.5. A MWh shed saves 500 and 0.8 of
    the price: more than its 3,000 at a price of 4,000, less at 1,000.
    """
    plan = calm(price_mad_per_mwh=price)
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(shed_mwh)
    assert plan.clauses[0]["bought"] == pytest.approx(bought_mwh)
    assert plan.clauses[0]["is_kept"] is (bought_mwh == 0)
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_without_the_clause_all_is_drawn(calm):
    plan = calm()
    assert plan.objective_mad == pytest.approx(500 * 10)
    assert plan.clauses == []


def test_gensets_are_not_renewable(calm):
    """Proves fuel counts as draw: the same 2.5 MWh are shed where gensets make all of it."""
    fuel = {"fuel_price_mad_per_l": 1.0, "unit_power_max_mw": 50.0}  # 250 MAD/MWh
    plan = calm(supply={"genset": {"backup": fuel}}, price_mad_per_mwh=None)
    assert plan.kpis["plan"]["genset_mwh"] == pytest.approx(7.5)
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("window", "time_zone", "start", "shed_mwh"),
    [
        ("horizon", "Etc/GMT", "2026-01-05T22:00Z", 5.0),
        ("day", "Etc/GMT", "2026-01-05T22:00Z", 5.0),
        ("day", "Africa/El_Aaiun", "2026-01-05T22:00Z", 10.0),
        ("day", "Africa/El_Aaiun", "2026-11-22T22:00Z", 5.0),
        ("week", "Africa/El_Aaiun", "2026-01-05T22:00Z", 5.0),
        ("week", "Africa/El_Aaiun", "2026-01-11T22:00Z", 10.0),
    ],
)
def test_each_window_keeps_its_own_share(calm, window, time_zone, start, shed_mwh):
    """Proves windows part at the clock's midnight: 23:00Z at UTC+1, 00:00Z at UTC+0.

    Together 20 of 80 MWh are drawn: 5 are shed. Parted in halves, 2.5 in each. Parted after the
    first hour, 20 of 60 are drawn: 20 - s <= 0.2 * (60 - s) at s = 10.
    """
    plan = calm(start=start, step_h=1.0, window=window, time_zone=time_zone)
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(shed_mwh)


@pytest.mark.parametrize(
    ("dates", "shed_mwh"),
    [
        ({"valid_from": "2026-01-05"}, 5.0),
        ({"valid_from": "2026-01-06"}, 10.0),
        ({"valid_from": "2026-01-07"}, 0.0),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, 0.0),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-06"}, 5.0),
    ],
)
def test_it_holds_on_its_days(calm, dates, shed_mwh):
    """Proves days are legal days: the 6th begins at 23:00Z, and only its steps count then."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = calm(start="2026-01-05T22:00Z", step_h=1.0, **given)
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(shed_mwh)
    is_in_force = dates["valid_from"] != "2026-01-07"
    assert bool(plan.clauses) is is_in_force


@pytest.mark.parametrize(
    ("price", "sentence"),
    [
        (None, "Art. 1: the lowest renewable share of a day is 80.00 %, with 80 % asked."),
        (
            1000.0,
            (
                "Art. 1: the lowest renewable share of a day is 75.00 %, with 80 % asked; "
                "2.0 MWh too much, paid for."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(calm, price, sentence):
    assert calm(window="day", price_mad_per_mwh=price).clauses[0]["sentence"] == sentence


TAMPERED = [
    ("share so far is the table's", 1, "art_1_share_pu", 0.9),
    ("share so far is the table's", 3, "art_1_share_pu", math.nan),
    ("share so far is the table's", 1, "site_import_mw", 0.0),
    ("the clause is kept", 2, "site_import_mw", 9.0),
    ("the clause is kept", 2, "site_genset_mw", 1.5),
    ("the clause is kept", 3, "facility_power_mw", 15.0),
    ("the clause is kept", 3, "facility_power_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(calm, broken, rule, step, column, value):
    plan = calm(price_mad_per_mwh=None)
    assert f"Art. 1: {rule}" in broken(plan, column, step, value)


def test_every_rule_has_been_seen_to_fail(calm, rules_of):
    plan = calm(price_mad_per_mwh=None)
    assert rules_of(plan, "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_a_priced_clause_that_is_broken_and_not_paid_for_is_a_breach(calm, broken):
    """Proves a priced clause can't be broken for nothing: the bill is no longer the objective."""
    plan = calm(price_mad_per_mwh=1000.0)
    found = broken(plan, "facility_power_mw", 3, 10.0)
    assert "site: the bill is the solver's objective [MAD]" in found
    assert "Art. 1: the clause is kept" not in found
