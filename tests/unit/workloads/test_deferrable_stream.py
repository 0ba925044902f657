"""The stream of cohorts: blocks of arrivals on the clock, and the backlog of earlier days."""

import pandas as pd
import pytest

import optimizer as dk

HOURLY = [0.1 * hour for hour in range(24)]


@pytest.fixture
def stream(plant):
    """Return the cohorts a table and a state give, as (key, work, rate)."""

    def cohorts(table, start, hours, rows=()):
        site = plant(tables={"deferrable": {"batch": table}}, buy=[1]).site
        horizon = dk.Horizon(start=pd.Timestamp(start), step_h=(1.0,) * hours)
        found = site.deferrable["batch"].stream(horizon, list(rows))
        return [(c.key, round(c.work_mwh, 9), round(c.rate_max_mw, 9)) for c in found]

    return cohorts


@pytest.mark.parametrize(
    ("start", "work_mwh"),
    [
        ("2026-01-05T00:00Z", [1.2, 3.0]),  # UTC+1: 2 * (0.1 + 0.2 + 0.3), 2 * (0.4 + 0.5 + 0.6)
        ("2026-11-22T00:00Z", [0.6, 2.4]),  # UTC+0: 2 * (0 + 0.1 + 0.2), 2 * (0.3 + 0.4 + 0.5)
    ],
)
def test_a_block_gathers_the_arrivals_of_its_clock_hours(stream, start, work_mwh):
    """Proves each block of 3 h is one cohort, whose rate does it in 2 h at the fastest."""
    table = {"arrival_mw": 2.0, "arrival_profile_pu": HOURLY, "block_h": 3, "run_min_h": 2.0}
    day = start[:10]
    next_day = f"{pd.Timestamp(start) + pd.Timedelta(days=1):%Y-%m-%d}"
    assert stream(table, start, 6) == [
        (f"{day}T00:00Z/{next_day}T00:00Z", work_mwh[0], work_mwh[0] / 2),
        (f"{day}T03:00Z/{next_day}T03:00Z", work_mwh[1], work_mwh[1] / 2),
    ]


def test_a_plan_within_a_block_begins_with_the_next(stream):
    """Proves no work is counted twice: the block of 00:00 belongs to the plan before."""
    table = {"arrival_mw": 2.0, "block_h": 3, "deadline_h": 4.0}
    assert [key for key, *_ in stream(table, "2026-01-05T01:00Z", 6)] == [
        "2026-01-05T03:00Z/2026-01-05T07:00Z",
        "2026-01-05T06:00Z/2026-01-05T10:00Z",
    ]


@pytest.mark.parametrize(
    ("share", "run_min_h", "left_mwh"),
    [(0.5, 1.0, 3.0), (0.8, 1.0, 4.8), (0.8, 3.0, 4.0)],
    ids=["half", "four fifths", "as far as the rate allows"],
)
def test_without_a_state_the_site_says_what_is_undone(stream, share, run_min_h, left_mwh):
    """Proves the opening backlog: blocks of 2 h hold 6 MWh and are due in 4.

    That of two hours ago still has two, at 6 / run_min_h MW; that of four hours ago has none.
    """
    table = {
        "arrival_mw": 3.0,
        "block_h": 2,
        "deadline_h": 4.0,
        "run_min_h": run_min_h,
        "initial_backlog_pu": share,
    }
    assert stream(table, "2026-01-05T00:00Z", 2) == [
        ("2026-01-04T22:00Z/2026-01-05T02:00Z", left_mwh, 6 / run_min_h),
        ("2026-01-05T00:00Z/2026-01-05T04:00Z", 6.0, 6 / run_min_h),
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("backlog_mwh", 0.0, "")], []),
        (
            [("backlog_mwh", 2.5, "2026-01-04T22:00Z/2026-01-05T02:00Z")],
            [("2026-01-04T22:00Z/2026-01-05T02:00Z", 2.5, 1000.0)],
        ),
        (
            [
                ("backlog_mwh", 2.5, "2026-01-04T22:00Z/2026-01-05T02:00Z"),
                ("rate_max_mw", 1.5, "2026-01-04T22:00Z/2026-01-05T02:00Z"),
            ],
            [("2026-01-04T22:00Z/2026-01-05T02:00Z", 2.5, 1.5)],
        ),
    ],
    ids=["nothing is left", "no rate: the fleet's", "a rate"],
)
def test_a_state_has_the_last_word_on_the_backlog(stream, rows, expected):
    """Proves the site's share counts only where no state says: not even where it says zero."""
    table = {"arrival_mw": 3.0, "block_h": 2, "deadline_h": 4.0, "initial_backlog_pu": 0.5}
    given = [dk.StateRow("deferrable_batch", *row) for row in rows]
    assert stream(table, "2026-01-05T00:00Z", 2, given) == [
        *expected,
        ("2026-01-05T00:00Z/2026-01-05T04:00Z", 6.0, 6.0),
    ]
