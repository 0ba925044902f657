"""The audit of deferrable work: every rule, of the table and of each cohort, seen to fail."""

import math

import pytest

COHORTS = """earliest_utc,deadline_utc,work_mwh,rate_max_mw
2026-01-05T00:00Z,2026-01-05T01:00Z,3,4
2026-01-05T00:30Z,2026-01-05T01:30Z,2,6
2026-01-05T01:00Z,2026-01-05T04:00Z,5,8
"""
IN_TABLE = [
    ("what runs is the sum of its cohorts [MW]", 0, "run_mw", 3.0),
    ("what runs is the sum of its cohorts [MW]", 0, "run_mw", math.nan),
    ("what runs fits its limit [MW]", 1, "run_mw", 10.5),
    ("what runs fits its limit [MW]", 1, "run_mw", math.nan),
    ("work arrived is the input's [MWh]", 1, "arrived_mwh", 2.5),
    ("work arrived is the input's [MWh]", 1, "arrived_mwh", math.nan),
    ("missed work is what no cohort ran [MWh]", 2, "missed_mwh", 0.5),
    ("missed work is what no cohort ran [MWh]", 2, "missed_mwh", math.nan),
    ("no work is missed [MWh]", 2, "missed_mwh", 0.5),
    ("no work is missed [MWh]", 2, "missed_mwh", math.nan),
    ("backlog follows from arrivals and work [MWh]", 1, "backlog_mwh", 1.0),
    ("backlog follows from arrivals and work [MWh]", 0, "backlog_mwh", math.nan),
]
IN_RATES = [  # rows: cohort 0 in steps 0 and 1, cohort 1 in steps 1 and 2, cohort 2 in step 2
    ("what runs is the sum of its cohorts [MW]", 0, 3.0),
    ("what runs is the sum of its cohorts [MW]", 1, math.nan),
    ("no cohort exceeds its rate [MW]", 0, 4.5),
    ("no cohort exceeds its rate [MW]", 4, math.nan),
    ("no cohort runs backwards [MW]", 2, -0.5),
    ("no cohort runs backwards [MW]", 2, math.nan),
    ("no cohort does more than its work [MWh]", 1, 3.0),
    ("missed work is what no cohort ran [MWh]", 0, 3.0),
]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    path = tmp_path_factory.mktemp("cohorts") / "cohorts.csv"
    path.write_text(COHORTS)
    table = {"cohorts_file": str(path), "power_max_mw": 10.0, "left_mad_per_mwh": 150.0}
    return {"deferrable": {"batch": table}}


@pytest.fixture(scope="module")
def solved(plant, tables):
    return plant(tables=tables, buy=[100, 200, 300], step_h=0.5).solve()


def test_the_plan_is_as_the_tampered_tables_assume(solved):
    """Proves the plan by hand: half-hours at 100, 200 and 300 MAD/MWh, work left at 150.

    Of the first cohort's 3 MWh, 4 MW * 0.5 h run at 100 and 1 MWh at 200; the second's 2 MWh
    at 200; the third's 5 MWh are left.
    """
    assert solved.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx([4, 6, 0])
    rates = solved.optimum.rates
    assert rates["number"].tolist() == [0, 0, 1, 1, 2]
    assert solved.objective_mad == pytest.approx(100 * 2 + 200 * 3 + 150 * 5)


@pytest.mark.parametrize(("rule", "step", "column", "value"), IN_TABLE)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    found = broken(solved, f"deferrable_batch_{column}", step, value)
    assert f"deferrable_batch: {rule}" in found


@pytest.mark.parametrize(("rule", "row", "value"), IN_RATES)
def test_the_audit_follows_each_cohort(solved, broken_rate, rule, row, value):
    assert f"deferrable_batch: {rule}" in broken_rate(solved, row, value)


@pytest.mark.parametrize(
    ("rule", "row", "moment"),
    [
        ("no cohort runs before it arrives [MW]", 2, "2026-01-05T00:00Z"),
        ("no cohort runs after its deadline [MW]", 0, "2026-01-05T01:00Z"),
        ("what runs is the sum of its cohorts [MW]", 2, "2026-01-05T00:00Z"),
    ],
)
def test_a_rate_at_another_moment_is_a_breach(solved, moved_rate, rule, row, moment):
    assert f"deferrable_batch: {rule}" in moved_rate(solved, row, moment)


def test_every_rule_has_been_seen_to_fail(solved, rules_of):
    moved = {"no cohort runs before it arrives [MW]", "no cohort runs after its deadline [MW]"}
    seen = {rule for rule, *_ in (*IN_TABLE, *IN_RATES)} | moved
    assert rules_of(solved, "deferrable_batch") == {f"deferrable_batch: {rule}" for rule in seen}
