"""Where an opening state comes from, as it is told: a line for each value, with source and age."""

import pandas as pd
import pytest

import optimizer as dk
from optimizer.agreement.ledger import METER, Entry
from optimizer.asked import Asked
from optimizer.ledger_file import write_ledger
from optimizer.opening import opening
from optimizer.state import StateSource
from optimizer.state_sources import from_rows, source_lines, source_rows

START = pd.Timestamp("2026-01-05T00:00Z")
BUDGET = {
    "kind": "carbon_budget",
    "budget_kg": 74_400.0,
    "window": "month",
    "time_zone": "Etc/GMT",
    "price_mad_per_kg": 1.0,
}
UNIT = {"unit_count": 3, "start_cost_mad": 1.0, "initial_on_count": 2, "initial_since_h": 7.0}


@pytest.fixture
def small(plant):
    return plant(
        tables={"battery": {"main": {}}, "genset": {"backup": UNIT}}, buy=[1, 1], clauses=[BUDGET]
    )


def opened(small, **changes):
    asked = Asked(start=START, **changes)
    return opening(asked, small.site, small.agreement, START)


def test_a_first_day_is_the_site_files(small, tmp_path):
    """Proves each default is told, with or without a folder of runs."""
    for out in (None, tmp_path):
        assert source_lines(opened(small, out=out)) == [
            "battery_main energy: 0.0 MWh, site file",
            "genset_backup units on: 2 for 7 h, site file",
        ]


def test_a_state_that_is_given_wins_and_is_left_alone(small, tmp_path):
    """Proves neither runs nor ledger change it: it is the caller's."""
    state = dk.State(
        time_utc=START, rows=(dk.StateRow("battery_main", "energy_mwh", 9.0),), origin="by hand"
    )
    assert opened(small, state=state, out=tmp_path) is state
    path = tmp_path / "state.csv"
    state.to_csv(path)
    found = opened(small, state=path, out=tmp_path)
    assert found.rows == state.rows
    assert source_lines(found) == ["battery_main energy: 9.0 MWh, state file state.csv"]


def test_what_a_run_hands_over_says_how_long_ago_it_was_planned(small, tmp_path):
    """Proves age and words, and that a plan of the same hour is planned again."""
    made = small.publish(tmp_path)
    asked = Asked(start=START, out=tmp_path)
    later = START + pd.Timedelta(hours=2)
    lines = source_lines(opening(asked, small.site, small.agreement, later))
    assert lines[0] == (
        f"battery_main energy: 0.0 MWh, handed over by run {made.run_dir.name}, planned 2.0 h "
        "before"
    )
    state = dk.State(
        time_utc=START, rows=(dk.StateRow("battery_main", "energy_mwh", 9.0),), origin="by hand"
    )
    again = dk.plan(**small.asked() | {"state": state}, out=tmp_path, now=START)
    assert source_lines(opened(small, out=tmp_path))[0] == (
        f"battery_main energy: 9.0 MWh, the opening of run {again.run_dir.name}, planned again"
    )


def test_a_budget_says_what_of_it_was_metered(small, tmp_path):
    """Proves 4 days of 24 h at 100 kg an hour, of which a day is metered with 5,000 kg."""
    entry = Entry(
        name="art_1",
        from_utc=START - pd.Timedelta(days=2),
        until_utc=START - pd.Timedelta(days=1),
        amount=5000.0,
        unit="kg",
        source=METER,
    )
    write_ledger(tmp_path, [entry])
    found = opened(small, out=tmp_path)
    assert found.rows == (dk.StateRow("art_1", "used_kg", 5000 + 72 * 100, "2026-01"),)
    assert source_lines(found)[-1] == (
        "art_1 used: 12,200.0 kg (2026-01), the ledger: 24 h metered, 0 h as planned, 72 h "
        "supposed in proportion"
    )


def source(quantity, value, key="", age_h=1.5):
    return StateSource(
        name="part", quantity=quantity, key=key, value=value, source="somewhere", age_h=age_h
    )


def test_many_rows_of_one_part_are_one_line():
    """Proves cohorts are summed, jobs and units counted, and details left out."""
    sources = (
        source("backlog_mwh", 3.0, "a"),
        source("rate_max_mw", 3.0, "a"),
        source("backlog_mwh", 4.5, "b"),
        source("done_count", 1.0, "film"),
        source("done_count", 1.0, "bank"),
        source("on_count", 2.0, "1.5"),
        source("on_count", 1.0, "8"),
        source("segment_energy_mwh", 1.0, "1"),
        source("month_peak_mw", 51.2, "2026-01"),
        source("status_h", 4.0, age_h=None),
    )
    state = dk.State(time_utc=START, rows=(), origin="a test", sources=sources)
    assert source_lines(state) == [
        "part backlog: 7.5 MWh in 2 cohorts, somewhere",
        "part done: 2 jobs, somewhere",
        "part units on: 2 for 1.5 h, 1 for 8 h, somewhere",
        "part month peak: 51.2 MW (2026-01), somewhere",
        "part status: 4.0 h, somewhere",
    ]
    rows = source_rows(state)
    assert rows[-1] == {
        "name": "part",
        "quantity": "status_h",
        "key": "",
        "value": 4.0,
        "source": "somewhere",
        "age_h": None,
    }
    assert from_rows(rows) == sources


def test_sources_are_no_part_of_what_a_state_is():
    """Proves two states of one value are equal, however they came about."""
    rows = (dk.StateRow("a", "energy_mwh", 1.0),)
    plain = dk.State(time_utc=START, rows=rows, origin="x")
    assert plain == dk.State(time_utc=START, rows=rows, origin="x", sources=(source("x", 1.0),))
