"""One synchronous training job: all or none, with least times on and off; its audit.

100 MW at nominal speed; at half power 0.8 of the work. Work is worth 500 MAD/MWh: half an hour at
900 MAD/MWh costs 2,500 at half power, one at 100 gains 20,000 at full power.
"""

import math

import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.errors import Infeasible

ON, OFF = 1.0, 0.0


def job(**changes):
    """Return a synchronous job."""
    table = {"is_synchronous": True, "value_mad_per_mwh": 500.0}
    return {"training": {"ai": table | changes}}


def opening(powered_mw, status_h):
    """Return the rows by which an opening state says what ran and since when."""
    names = {"powered_mw": powered_mw, "power_mw": powered_mw, "status_h": status_h}
    return [dk.StateRow("training_ai", name, float(value)) for name, value in names.items()]


def on(plan):
    """Return whether the job runs, step by step."""
    return [mw > 50 for mw in plan.schedule["training_ai_powered_mw"]]


@pytest.mark.parametrize(
    ("times", "runs", "cost_mad"),
    [
        ({}, [0, 1, 0, 1], -40_000),
        ({"min_up_h": 1.5, "initial_since_h": 0.5}, [1, 1, 0, 1], 2500 - 40_000),
        ({"min_up_h": 1.0}, [0, 1, 1, 1], 2500 - 40_000),
        ({"min_down_h": 1.0}, [1, 1, 1, 1], 5000 - 40_000),
        ({"min_down_h": 1.0, "min_up_h": 1.5}, [1, 1, 1, 1], 5000 - 40_000),
    ],
    ids=["free", "held on", "a run", "a rest", "both"],
)
def test_least_times_on_and_off(plant, times, runs, cost_mad):
    """Proves each by hand, in half-hours at 900, 100, 900 and 100 MAD/MWh, running before.

    Held on: half an hour of 1.5 has run, so the first hour is held; then a rest of half an hour.
    A run of an hour from the second half-hour on covers the third. A rest of an hour would cost a
    cheap half-hour.
    """
    plan = plant(tables=job(**times), buy=[900, 100, 900, 100], step_h=0.5).solve()
    assert on(plan) == [bool(run) for run in runs]
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_a_job_at_rest_is_held_off_and_then_on(plant):
    """Proves both ends: at rest for half an hour of an hour, then a run of 1.5 h, two of it dear.

    The hours in its status are those at each step's end.
    """
    times = {"min_up_h": 1.5, "min_down_h": 1.0, "initial_since_h": 0.5, "initial_powered_pu": OFF}
    plan = plant(tables=job(**times), buy=[100, 100, 900, 900], step_h=0.5).solve()
    assert on(plan) == [False, True, True, True]
    assert plan.schedule["training_ai_status_h"].tolist() == pytest.approx([1.0, 0.5, 1.0, 1.5])
    assert plan.objective_mad == pytest.approx(-20_000 + 2 * 2500)


def test_steps_of_different_lengths_count_their_hours(plant):
    """Proves hours, not steps: a run of 1.5 h from the first step is two steps of 0.5 and 1 h."""
    times = {"min_up_h": 1.5, "initial_powered_pu": OFF}
    plan = plant(tables=job(**times), buy=[100, 900, 900], step_h=(0.5, 1.0, 0.5)).solve()
    assert on(plan) == [True, True, False]
    assert plan.objective_mad == pytest.approx(-20_000 + 5000)


def test_the_hours_in_its_status_are_handed_over(plant, tmp_path):
    """Proves two plans join up: started at 00:30, handed over at 01:30 after an hour of 1.5."""
    times = {"min_up_h": 1.5, "min_down_h": 1.0, "initial_since_h": 0.5, "initial_powered_pu": OFF}
    first = plant(tables=job(**times), buy=[100, 100, 900, 900], step_h=0.5)
    first.publish(tmp_path)
    second = plant(tables=job(**times), buy=[900, 900], step_h=0.5, start="2026-01-05T01:30Z")
    plan = second.publish(tmp_path, now="2026-01-04T13:00Z")
    assert plan.optimum.problem.given.state.rows == (
        dk.StateRow("training_ai", "powered_mw", 100.0),
        dk.StateRow("training_ai", "power_mw", 50.0),
        dk.StateRow("training_ai", "status_h", 1.0),
    )
    assert on(plan) == [True, False]
    assert plan.objective_mad == pytest.approx(2500)


def test_a_run_that_lacks_power_is_no_plan_but_a_diagnosis(plant):
    """Proves a least run binds, and that the diagnostic stops it: 50 MW at least by 30 MW."""
    tables = job(min_up_h=2.0, initial_since_h=0.5) | {"grid": {"line": {"import_max_mw": 30.0}}}
    short = plant(tables=tables, buy=[100], step_h=0.5)
    with pytest.raises(Infeasible):
        short.solve()
    assert on(short.solve(is_elastic=True)) == [False]


def test_the_relaxation_is_as_tight_as_it_can_be_here(plant):
    """Proves the sum form: the relaxed optimum of the cases above is the whole one."""
    for times in (
        {"min_up_h": 1.5, "initial_since_h": 0.5},
        {"min_up_h": 1.0},
        {"min_down_h": 1.0},
    ):
        case = plant(tables=job(**times), buy=[900, 100, 900, 100], step_h=0.5)
        whole, relaxed = case.solve(), case.solve(is_relaxed=True)
        assert relaxed.objective_mad == pytest.approx(whole.objective_mad)


def test_times_of_a_fleet_whose_parts_stop_are_refused(plant):
    with pytest.raises(InputError, match="min_up_h and min_down_h are times of one job"):
        _ = plant(tables=job(min_up_h=1.0, is_synchronous=False), buy=[1]).site


def test_an_opening_state_of_half_a_job_is_refused(plant):
    case = plant(tables=job(min_up_h=1.0), buy=[1], state=opening(60, 1))
    with pytest.raises(InputError, match="all accelerators ran before the plan, or none"):
        case.solve()


@pytest.fixture(scope="module")
def solved(plant):
    """Held off for half an hour, then on for 1.5 h, at half power when it is dear."""
    times = {"min_up_h": 1.5, "min_down_h": 1.0, "initial_since_h": 0.5, "initial_powered_pu": OFF}
    return plant(tables=job(**times), buy=[100, 100, 900, 900], step_h=0.5).solve()


TAMPERED = [
    ("a rest is long enough [h]", 0, "powered_mw", 100.0),
    ("a run is long enough [h]", 2, "powered_mw", 0.0),
    ("a run is long enough [h]", 3, "powered_mw", math.nan),
    ("hours in its status follow from what runs [h]", 1, "status_h", 1.5),
    ("hours in its status follow from what runs [h]", 1, "status_h", math.nan),
    ("all accelerators run, or none", 2, "powered_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    assert f"training_ai: {rule}" in broken(solved, f"training_ai_{column}", step, value)


def test_every_rule_of_a_job_has_been_seen_to_fail(solved, rules_of):
    """Proves the three rules of times are among them."""
    rules = {f"training_ai: {rule}" for rule, *_ in TAMPERED}
    assert rules <= rules_of(solved, "training_ai")
