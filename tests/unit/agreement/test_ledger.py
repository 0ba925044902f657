"""The ledger: a run is booked once, meters correct it, a plan opens from it."""

import pandas as pd
import pytest

import optimizer as dk
from optimizer.agreement.ledger import (
    METER,
    Entry,
    balances,
    booked,
    corrected,
    opened,
    planned_entries,
)

MONTH = {
    "kind": "carbon_budget",
    "budget_kg": 74_400.0,
    "window": "month",
    "time_zone": "Etc/GMT",
    "price_mad_per_kg": 0.0,
}
LINE = {"line": {"emission_kg_per_mwh": 500.0}}


def at(text):
    """Return a moment of January 2026."""
    return pd.Timestamp(f"2026-01-{text}Z")


def entry(begin, end, amount, source="run-1"):
    """Return an entry of Art. 1."""
    return Entry(
        name="art_1", from_utc=at(begin), until_utc=at(end), amount=amount, unit="kg", source=source
    )


@pytest.fixture
def plan(plant):
    """Return a plan of four half-hours and an hour that draws 10 MW at 500 kg/MWh."""
    return plant(
        tables={"grid": LINE},
        buy=[600] * 5,
        load=[10] * 5,
        step_h=[0.5, 0.5, 0.5, 0.5, 1.0],
        clauses=[MONTH],
    ).solve()


@pytest.fixture
def clauses(plan):
    """Return the clauses of the plan."""
    return plan.optimum.problem.agreement.clause


def entries_of(plan, hours=24.0):
    """Return what the plan books as run-1."""
    problem = plan.optimum.problem
    return planned_entries(problem.agreement.clause, plan.schedule, problem.given, "run-1", hours)


def test_a_plan_books_what_it_counts_hour_by_hour(plan):
    """Proves the sums: 10 MW at 500 kg/MWh is 5,000 kg in each hour, however long its steps."""
    assert [(e.from_utc.hour, e.until_utc.hour, e.amount) for e in entries_of(plan)] == [
        (0, 1, pytest.approx(5000)),
        (1, 2, pytest.approx(5000)),
        (2, 3, pytest.approx(5000)),
    ]


def test_only_the_hours_that_bind_are_booked(plan):
    assert [e.from_utc.hour for e in entries_of(plan, hours=2.0)] == [0, 1]


def test_a_day_planned_twice_is_booked_once(plan):
    """Proves idempotence: 15,000 kg stay 15,000 kg; what lies outside the hours stays too."""
    before = [entry("04T23:00", "05T00:00", 900.0), entry("06T00:00", "06T01:00", 70.0)]
    once = booked(before, entries_of(plan), at("05T00:00"), 24.0)
    twice = booked(once, entries_of(plan), at("05T00:00"), 24.0)
    assert twice == once
    assert sum(e.amount for e in once) == pytest.approx(900 + 15_000 + 70)


def test_what_a_meter_says_stays(plan):
    """Proves a plan does not overwrite a reading: of three hours, the metered one keeps 4,800."""
    read = [entry("05T01:00", "05T02:00", 4800.0, METER)]
    ledger = booked(read, entries_of(plan), at("05T00:00"), 24.0)
    assert [e.amount for e in ledger] == [pytest.approx(5000), 4800.0, pytest.approx(5000)]


def test_a_reading_takes_the_place_of_what_was_planned():
    """Proves correction: two planned hours of 5,000 kg are read as 9,400 together."""
    planned = [entry(f"05T0{h}:00", f"05T0{h + 1}:00", 5000.0) for h in range(3)]
    read = [entry("05T00:00", "05T02:00", 9400.0, METER)]
    ledger = corrected(planned, read)
    assert [(e.from_utc.hour, e.amount, e.source) for e in ledger] == [
        (0, 9400.0, METER),
        (2, 5000.0, "run-1"),
    ]
    assert corrected(ledger, read) == ledger


def test_what_nobody_knows_is_supposed_in_proportion(clauses):
    """Proves the balance on the 11th: 48 of 240 h are known, the rest is 100 kg an hour.

    74,400 kg over the 744 h of January are 100 kg/h: 192 h suppose 19,200 kg.
    """
    ledger = [
        entry("01T00:00", "02T00:00", 1000.0, METER),
        entry("02T00:00", "03T00:00", 3000.0),
    ]
    (balance,) = balances(clauses, ledger, at("11T00:00"))
    assert balance.key == "2026-01"
    assert (balance.metered_h, balance.planned_h, balance.unknown_h) == (24.0, 24.0, 192.0)
    assert balance.used == pytest.approx(1000 + 3000 + 19_200)
    assert balance.remaining == pytest.approx(74_400 - 23_200)


def test_a_plan_opens_from_the_ledger(clauses):
    """Proves the ledger stands before what a run hands over, and says what it supposes."""
    row = dk.StateRow("art_1", "used_kg", 1.0, "2026-01")
    other = dk.StateRow("battery_main", "energy_mwh", 9.0)
    state = dk.State(time_utc=at("02T00:00"), rows=(row, other), origin="run x")
    ledger = [entry("01T00:00", "01T12:00", 500.0, METER)]
    found = opened(state, clauses, ledger)
    assert found.find("art_1", "used_kg")[0].value == pytest.approx(500 + 1200)
    assert found.find("battery_main", "energy_mwh") == [other]
    assert found.origin == "run x; budgets from the ledger, 12 h of them supposed in proportion"
    assert opened(state, clauses, []) == state


def test_on_the_first_of_the_month_nothing_is_open(clauses):
    assert balances(clauses, [], pd.Timestamp("2026-02-01T00:00Z")) == []
