"""Cohorts of a file over several plans: what is done is gone, what is left is followed by name."""

import math
from dataclasses import replace

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.cohorts import Cohort, from_table, handed_over, numbered, to_table
from optimizer.state import _key_problem

DAY = "2026-01-05T"
TWINS = f"""{DAY}00:00Z,{DAY}02:00Z,3,6
{DAY}00:00Z,{DAY}02:00Z,4,4
{DAY}01:00Z,{DAY}03:00Z,2,4
"""
SECOND = f"{DAY}00:00Z/{DAY}02:00Z#2"


@pytest.fixture
def batch(tmp_path):
    """Return the table of a workload whose cohorts are in a file of these rows."""

    def write(rows, **changes):
        path = tmp_path / "cohorts.csv"
        path.write_text(f"earliest_utc,deadline_utc,work_mwh,rate_max_mw\n{rows}")
        table = {"cohorts_file": str(path), "left_mad_per_mwh": 15.0}
        return {"deferrable": {"batch": table | changes}}

    return write


def opening(plan):
    """Return the opening state of a plan, by quantity and key."""
    rows = plan.optimum.problem.given.state.rows
    return {(row.quantity, row.key): row.value for row in rows}


def test_a_rolled_day_does_not_do_finished_work_again(plant, batch, tmp_path):
    """Proves each cohort is followed, also two of one window: half-hours from 10 MAD/MWh on.

    The first does its 3 MWh at once, its twin 2 of 4. From 00:30 the twin's 2 MWh run at 20, and
    the cohort of 01:00 is left at 15: 2 * 20 + 2 * 15. The first again would cost 60 more.
    """
    tables = batch(TWINS)
    first = plant(tables=tables, buy=[10, 500, 600, 700], step_h=0.5).publish(tmp_path)
    assert first.objective_mad == pytest.approx(10 * 5 + 500 * 2 + 15 * 2)
    second = plant(tables=tables, buy=[900, 20, 30], step_h=0.5, start=f"{DAY}00:30Z")
    plan = second.publish(tmp_path, now="2026-01-04T13:00Z")
    assert opening(plan) == {
        ("backlog_mwh", SECOND): pytest.approx(2),
        ("rate_max_mw", SECOND): 4.0,
    }
    assert plan.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx([0, 4, 0])
    assert plan.objective_mad == pytest.approx(20 * 2 + 15 * 2)


def test_two_cohorts_of_one_window_are_not_one(plant, batch):
    """Proves a window's cohorts keep their own rates: 1 MW for 10 h of work is no pool.

    2 MWh at 2 MW at most and 2 at 4: in half-hours at 10, 20 and 900 the first does 1 MWh at each
    of the cheap ones, the second all at 10. A pool of both would do 3 at 10 and 1 at 20, the same
    amount; but 3 MWh of the first, of 1.5 h at 2 MW, must run at 900 too.
    """
    rows = f"{DAY}00:00Z,{DAY}01:30Z,3,2\n{DAY}00:00Z,{DAY}01:30Z,2,4\n"
    plan = plant(tables=batch(rows), buy=[10, 20, 900], step_h=0.5).solve()
    assert plan.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx([6, 2, 2])
    assert plan.objective_mad == pytest.approx(10 * 3 + 20 * 1 + 900 * 1)


def test_that_all_is_done_is_handed_over(plant, batch, tmp_path):
    """Proves an empty backlog is one: nothing of the file's three hours is done twice."""
    tables = batch(f"{DAY}00:00Z,{DAY}03:00Z,3,6\n")
    plant(tables=tables, buy=[10, 500], step_h=0.5).publish(tmp_path)
    second = plant(tables=tables, buy=[900], step_h=0.5, start=f"{DAY}00:30Z")
    plan = second.publish(tmp_path, now="2026-01-04T13:00Z")
    assert opening(plan) == {("backlog_mwh", ""): 0.0}
    assert plan.objective_mad == 0


def test_a_cohort_of_odd_seconds_is_found_again(plant, batch, tmp_path):
    """Proves keys are exact: 00:00:30 to 02:00:15, of which 1 of 3 MWh runs before 01:00."""
    tables = batch(f"{DAY}00:00:30Z,{DAY}02:00:15Z,3,2\n", left_mad_per_mwh=900.0)
    plant(tables=tables, buy=[10, 20, 30, 40], step_h=0.5).publish(tmp_path)
    second = plant(tables=tables, buy=[20, 10], step_h=0.5, start=f"{DAY}01:00Z")
    plan = second.publish(tmp_path, now="2026-01-04T13:00Z")
    key = f"{DAY}00:00:30Z/{DAY}02:00:15Z"
    assert opening(plan) == {("backlog_mwh", key): pytest.approx(2), ("rate_max_mw", key): 2.0}
    assert plan.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx([2, 2])


def test_work_that_no_step_fits_is_missed_at_its_price(plant, batch):
    """Proves 3 and 2 MWh whose windows hold no whole hour are paid for, at 700 MAD/MWh.

    One lies within the first hour, one within the third: there they are published as missed.
    """
    rows = f"{DAY}00:15Z,{DAY}00:45Z,3,12\n{DAY}02:15Z,{DAY}02:45Z,2,12\n"
    plan = plant(tables=batch(rows, missed_mad_per_mwh=700.0), buy=[1, 1, 1, 1]).solve()
    assert plan.schedule["deferrable_batch_missed_mwh"].tolist() == pytest.approx([0, 3, 0, 2])
    assert plan.objective_mad == pytest.approx(700 * 5)


def test_cohorts_of_other_plans_are_left_to_them(plant, batch):
    """Proves a year's file serves each day: what was due before and what arrives after is not here.

    Of three cohorts of 1 MWh the one in the plan runs, at 10 MAD/MWh.
    """
    rows = "".join(
        f"{start},{end},1,2\n"
        for start, end in (
            ("2026-01-04T20:00Z", f"{DAY}00:00Z"),
            (f"{DAY}00:00Z", f"{DAY}02:00Z"),
            (f"{DAY}01:00Z", f"{DAY}05:00Z"),
        )
    )
    plan = plant(tables=batch(rows), buy=[10, 12], step_h=0.5).solve()
    assert plan.objective_mad == pytest.approx(10)
    assert len(plan.optimum.problem.given.cohorts["deferrable_batch"]) == 1


def test_a_backlog_the_file_no_longer_has_is_not_lost(plant, batch):
    """Proves the state counts: 2 MWh of a cohort that is in no row of the file run at 10."""
    key = "2026-01-04T22:00Z/2026-01-05T01:00Z"
    state = [
        dk.StateRow("deferrable_batch", "backlog_mwh", 2.0, key),
        dk.StateRow("deferrable_batch", "rate_max_mw", 4.0, key),
    ]
    plan = plant(tables=batch(""), buy=[20, 10], step_h=0.5, state=state)
    with pytest.raises(InputError, match="has no rows"):
        plan.solve()  # a file without cohorts is no file of cohorts
    rows = f"{DAY}05:00Z,{DAY}06:00Z,1,2\n"
    plan = plant(tables=batch(rows), buy=[20, 10], step_h=0.5, state=state).solve()
    assert plan.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx([0, 4])


@pytest.mark.parametrize(
    ("quantity", "value", "rule"),
    [
        ("backlog_mwh", 2.02, "cohorts that have arrived have the work that is left [MWh]"),
        ("backlog_mwh", math.nan, "cohorts that have arrived have the work that is left [MWh]"),
        ("rate_max_mw", 4.04, "cohorts that have arrived have the rate limit that is theirs [MW]"),
        (
            "rate_max_mw",
            math.nan,
            "cohorts that have arrived have the rate limit that is theirs [MW]",
        ),
    ],
)
def test_the_audit_names_an_opening_backlog_that_is_not_the_cohorts(
    plant, batch, published, quantity, value, rule
):
    state = [
        dk.StateRow("deferrable_batch", "backlog_mwh", 2.0, SECOND),
        dk.StateRow("deferrable_batch", "rate_max_mw", 4.0, SECOND),
    ]
    case = plant(tables=batch(TWINS), buy=[20, 10], step_h=0.5, start=f"{DAY}00:30Z", state=state)
    asked = published(case.solve())
    rows = tuple(r if r.quantity != quantity else replace(r, value=value) for r in state)
    given = replace(asked.given, state=replace(asked.given.state, rows=rows))
    part = asked.site.deferrable["batch"]
    assert not part.audit(asked.table, asked.given)
    assert f"deferrable_batch: {rule}" in {b.rule for b in part.audit(asked.table, given)}


def test_cohorts_survive_their_table():
    """Proves ordinals are written with a run: without its first twin, the second is still it."""
    twins = numbered(from_table(to_table([a_cohort(3.0), a_cohort(4.0)])))
    assert [c.ordinal for c in twins] == [1, 2]
    left = handed_over(twins, {twins[1].key: 2.5}, {}, 9.0)
    assert left == [a_cohort(2.5, ordinal=2)]
    assert from_table(to_table(left)) == left


def a_cohort(work_mwh, ordinal=1):
    """Return a cohort of one window, at 6 MW at most."""
    start, end = (pd.Timestamp(f"{DAY}{hour}Z") for hour in ("00:00", "02:00"))
    return Cohort(earliest=start, deadline=end, work_mwh=work_mwh, rate_max_mw=6.0, ordinal=ordinal)


@pytest.mark.parametrize(
    ("key", "is_good"),
    [(SECOND, True), (f"{DAY}00:00:30Z/{DAY}02:00Z", True), (f"{SECOND}x", False)],
)
def test_keys_of_a_state_file(key, is_good):
    assert (_key_problem("backlog_mwh", key) == []) is is_good
