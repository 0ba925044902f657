"""Renewable share: it binds, it is bought, its windows and its days; what it says."""

import math

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError

CLOUD = {"cloud": {"demand_mw": 20.0, "tiers": [{"shed_max_pu": 0.5, "value_mad_per_mwh": 3000.0}]}}


@pytest.fixture
def calm(plant):
    """Return a plan of four steps, of which the second and third lack 10 of 20 MW of wind."""

    def plan(start="2026-01-05T00:00Z", step_h=0.5, supply=None, series=None, state=(), **clause):
        tables = {"firm": CLOUD} | (supply or {})
        kept = {"kind": "renewable_share", "share_min_pu": 0.8, "window": "horizon"}
        return plant(
            tables=tables,
            buy=[500] * 4,
            wind=[30, 10, 10, 30],
            series=series or {},
            state=state,
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
        ("month", "Africa/El_Aaiun", "2026-01-31T22:00Z", 10.0),
        ("month", "Etc/GMT", "2026-01-31T22:00Z", 5.0),
        ("year", "Africa/El_Aaiun", "2025-12-31T22:00Z", 10.0),
        ("year", "Africa/El_Aaiun", "2026-12-31T22:00Z", 5.0),
        ("hour", "Africa/El_Aaiun", "2026-01-05T22:00Z", 15.0),
    ],
)
def test_each_window_keeps_its_own_share(calm, window, time_zone, start, shed_mwh):
    """Proves windows part at the clock's midnight: 23:00Z at UTC+1, 00:00Z at UTC+0.

    Together 20 of 80 MWh are drawn: 5 are shed. Parted in halves, 2.5 in each. Parted after the
    first hour, 20 of 60 are drawn: 20 - s <= 0.2 * (60 - s) at s = 10. Of each calm hour's 20 MWh
    10 are drawn: 10 - s <= 0.2 * (20 - s) at s = 7.5, twice.
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
    ("counts_wheeled", "wheeled_mwh", "shed_mwh"),
    [(True, 2.0, 0.0), (False, 0.0, 2.5)],
)
def test_wheeled_power_counts_if_the_agreement_says_so(calm, counts_wheeled, wheeled_mwh, shed_mwh):
    """Proves power carried from elsewhere, 200 MAD dearer, is no draw in the sum: 2 of 10 MWh.

    Where it does not count it is not bought, and 2.5 MWh are shed as without it.
    """
    farm = {"farm": {"is_wheeled": True, "import_max_mw": 4.0}}
    prices = {f"grid_farm_{way}_price_mad_per_mwh": [700.0] * 4 for way in ("import", "export")}
    plan = calm(supply={"grid": farm}, series=prices, counts_wheeled=counts_wheeled)
    assert plan.schedule["site_wheeled_mw"].sum() * 0.5 == pytest.approx(wheeled_mwh)
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(shed_mwh)
    assert plan.schedule["art_1_share_pu"].iloc[-1] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("excess_mwh", "shed_mwh"),
    [(None, 2.5), (0.0, 2.5), (-10.0, 0.0), (-1.0, 1.25), (1.0, 3.75)],
    ids=["nothing known", "even", "a large reserve", "a small reserve", "behind"],
)
def test_a_month_remembers_its_reserve(calm, excess_mwh, shed_mwh):
    """Proves the balance is signed: in January's last two hours 10 of 40 MWh are wanted.

    A reserve of 1 MWh allows 10 - s <= 1 + 0.2 * (40 - s), s = 1.25; behind by 1 MWh s = 3.75.
    """
    rows = [] if excess_mwh is None else [dk.StateRow("art_1", "excess_mwh", excess_mwh, "2026-01")]
    plan = calm(start="2026-01-31T21:00Z", state=rows, window="month")
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(shed_mwh)


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        ({}, "Art. 1: renewable share in the plan: 80.00 %, 80 % asked."),
        (
            {"window": "hour"},
            "Art. 1: renewable share in the hour 2026-01-05T00Z: 80.00 %, 80 % asked.",
        ),
        (
            {"window": "day", "price_mad_per_mwh": 1000.0},
            (
                "Art. 1: renewable share in the day 2026-01-05: 75.00 % in this plan's part, "
                "80 % asked; 2.0 MWh too much, paid for."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(calm, clause, sentence):
    """Proves the words: 10 of 40 MWh are drawn, or 8 of 37.5 and 2.5 shed."""
    plan = calm(**({"price_mad_per_mwh": None} | clause))
    assert plan.clauses[0]["sentence"] == sentence


COUNT = "count of the horizon so far is the table's [MWh]"
TAMPERED = [
    (COUNT, 1, "art_1_excess_mwh", 0.0),
    (COUNT, 1, "art_1_excess_mwh", math.nan),
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


@pytest.mark.parametrize(
    ("clause", "problem"),
    [
        (
            {},
            (
                "renewable_share can't apply: the site has no solar or wind. "
                "Add a table [solar.NAME] to the site, or take the clause out."
            ),
        ),
        (
            {"counts_wheeled": True},
            (
                "renewable_share can't apply: counts_wheeled = true, but no line of the site "
                "carries power from elsewhere. Set is_wheeled = true on one, or "
                "counts_wheeled = false."
            ),
        ),
    ],
)
def test_a_site_without_renewable_power_is_refused(plant, clause, problem):
    kept = {"kind": "renewable_share", "share_min_pu": 0.8, "window": "day"}
    with pytest.raises(InputError) as error:
        plant(buy=[1], load=[1], clauses=[kept | clause]).build()
    assert str(error.value) == f"agreement: Art. 1: {problem}"
