"""The audit of jobs: every rule, seen to fail, in the table, in the runs, in the opening state."""

import math
from dataclasses import replace

import pandas as pd
import pytest

import optimizer as dk
from optimizer.audit import audit

DAY = "2026-01-05T"
LINES = (
    "name,earliest_utc,deadline_utc,duration_h,power_mw,value_mad,tenant",
    f"on,2026-01-04T22:00Z,{DAY}06:00Z,3,10;20;30,,a",
    f"run,{DAY}00:30Z,{DAY}04:00Z,1,20,,a",
    f"later,{DAY}00:00Z,{DAY}08:00Z,2,10,,b",
    f"late,{DAY}00:00Z,{DAY}02:00Z,1,90,100,b",
)
TABLE = [
    ("power is that of the jobs that run [MW]", 1, "power_mw", 49.0),
    ("power is that of the jobs that run [MW]", 3, "power_mw", math.nan),
    ("power fits its limit [MW]", 1, "power_mw", 91.0),
    ("power fits its limit [MW]", 1, "power_mw", math.nan),
    ("jobs that run are counted", 1, "running_count", 1.0),
    ("jobs that run are counted", 1, "running_count", math.nan),
    ("missed work is that of lost jobs [MWh]", 1, "missed_mwh", 89.0),
    ("missed work is that of lost jobs [MWh]", 0, "missed_mwh", math.nan),
]
RUNS = [
    ("every run is a job's", "run", "job", "other"),
    ("every job has one row", "run", "job", "other"),
    ("every job has one row", "run", "job", "later"),
    ("what ran before the plan runs on, or is done", "on", "status", "lost"),
    ("what ran before the plan runs on, or is done", "run", "status", "done"),
    ("what ran before the plan runs on, or is done", "run", "status", math.nan),
    ("a job that runs on began when the state says [h]", "on", "start_utc", "2026-01-04T22:30Z"),
    ("a job that runs on began when the state says [h]", "on", "start_utc", None),
    ("a job runs for its duration, without a pause [h]", "run", "end_utc", f"{DAY}02:30Z"),
    ("a job runs for its duration, without a pause [h]", "run", "end_utc", None),
    ("no job starts before its window [h]", "run", "start_utc", f"{DAY}00:00Z"),
    ("no job starts before its window [h]", "run", "start_utc", None),
    ("no job ends after its window [h]", "run", "end_utc", f"{DAY}04:30Z"),
    ("no job ends after its window [h]", "run", "end_utc", None),
    ("a job starts with a step [h]", "run", "start_utc", f"{DAY}01:15Z"),
    ("a job starts with a step [h]", "run", "start_utc", None),
    ("what is left can still be done [h]", "run", "status", "left"),
    ("jobs that must run do", "run", "status", "lost"),
]
STATE = [
    ("jobs that run on are the file's", ("running_h", 1.0, "other")),
    ("a job that runs on is not over [h]", ("running_h", 3.1, "on")),
    ("a job that runs on is not over [h]", ("running_h", math.nan, "on")),
    ("a job that runs on ends by its deadline [h]", ("running_h", -1.5, "late")),
    ("a job that runs on ends by its deadline [h]", ("running_h", math.nan, "late")),
    ("a job is done, or not", ("done_count", 1.01, "run")),
    ("a job is done, or not", ("done_count", math.nan, "run")),
]


@pytest.fixture(scope="module")
def solved(plant, tmp_path_factory):
    """One job runs on for two hours, one runs from 01:00, one is left, one is lost."""
    path = tmp_path_factory.mktemp("jobs") / "jobs.csv"
    path.write_text("\n".join(LINES) + "\n")
    table = {"jobs_file": str(path), "power_max_mw": 90.0, "left_mad_per_mwh": 50.0}
    state = [dk.StateRow("jobs_main", "running_h", 1.0, "on")]
    prices = [400, 100, 300, 200]
    return plant(tables={"jobs": {"main": table}}, buy=prices, state=state).solve()


def test_the_plan_is_as_the_tampered_tables_assume(solved):
    """Proves the plan by hand: 20 and 30 MW run on, 20 MW at the lowest price, the rest not."""
    assert solved.schedule["jobs_main_power_mw"].tolist() == pytest.approx([20, 50, 0, 0])
    runs = solved.optimum.problem.given.job_runs
    assert runs["status"].tolist() == ["runs on", "starts", "left", "lost"]


def broken_by(asked):
    """Return the rules an audit of what is published finds broken."""
    return {breach.rule for breach in audit(asked)}


@pytest.mark.parametrize(("rule", "step", "column", "value"), TABLE)
def test_the_audit_names_what_is_wrong_in_the_table(solved, broken, rule, step, column, value):
    assert f"jobs_main: {rule}" in broken(solved, f"jobs_main_{column}", step, value)


@pytest.mark.parametrize(("rule", "job", "column", "value"), RUNS)
def test_the_audit_names_what_is_wrong_in_a_run(solved, published, rule, job, column, value):
    asked = published(solved)
    runs = asked.given.job_runs.copy()
    if column.endswith("_utc"):
        value = pd.NaT if value is None else pd.Timestamp(value)
    runs.loc[runs["job"] == job, column] = value
    given = replace(asked.given, job_runs=runs)
    assert f"jobs_main: {rule}" in broken_by(replace(asked, given=given))


@pytest.mark.parametrize(("rule", "row"), STATE)
def test_the_audit_names_what_is_wrong_in_the_opening_state(solved, published, rule, row):
    asked = published(solved)
    quantity, value, key = row
    kept = [r for r in asked.given.state.rows if r.key != key]
    rows = (*kept, dk.StateRow("jobs_main", quantity, value, key))
    given = replace(asked.given, state=replace(asked.given.state, rows=rows))
    assert f"jobs_main: {rule}" in broken_by(replace(asked, given=given))


def test_every_rule_has_been_seen_to_fail(solved, rules_of):
    seen = {f"jobs_main: {rule}" for rule, *_ in (*TABLE, *RUNS)}
    assert rules_of(solved, "jobs_main") == seen
    part = solved.optimum.problem.site.jobs["main"]
    assert set(part.input_rules(solved.optimum.problem.given)) == {rule for rule, _ in STATE}
