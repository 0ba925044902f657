"""Deferrable work: arrivals, deadlines, rates, what is left or missed; each cohort by itself."""

import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.errors import Infeasible

DAY = "2026-01-05T"


def cohort(work_mwh, rate_mw, earliest="00:00Z", deadline="02:00Z"):
    """Return the rows by which an opening state hands over one cohort."""
    key = f"{DAY}{earliest}/{DAY}{deadline}"
    return [
        dk.StateRow("deferrable_batch", "backlog_mwh", float(work_mwh), key),
        dk.StateRow("deferrable_batch", "rate_max_mw", float(rate_mw), key),
    ]


def batch(**changes):
    """Return a table that states no arrivals of its own."""
    return {"deferrable": {"batch": {"arrival_mw": 0.0} | changes}}


@pytest.mark.parametrize(
    ("deadline", "run_mw"),
    [("03:00Z", [0, 4, 8]), ("02:00Z", [4, 8, 0]), ("02:30Z", [4, 8, 0])],
)
def test_work_waits_for_low_prices_until_its_deadline(plant, deadline, run_mw):
    """Proves deadline and rate: 12 MWh at 8 MW at most, prices of 500, 300 and 100 MAD/MWh.

    A step that ends after the deadline is not run in, not even in part.
    """
    prices = [500, 300, 100]
    plan = plant(tables=batch(), buy=prices, state=cohort(12, 8, deadline=deadline)).solve()
    assert plan.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx(run_mw)
    assert plan.objective_mad == pytest.approx(
        sum(p * r for p, r in zip(prices, run_mw, strict=True))
    )


def test_steps_of_different_lengths_do_different_work(plant):
    """Proves each rate meets its step: 10 MWh at 8 MW at most in 0.5, 1 and 0.25 hours.

    2 MWh at 100 in the quarter, 8 at 300 in the hour; nothing at 500 in the half-hour.
    """
    state = cohort(10, 8, deadline="01:45Z")
    plan = plant(tables=batch(), buy=[500, 300, 100], step_h=(0.5, 1.0, 0.25), state=state).solve()
    assert plan.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx([0, 8, 8])
    assert plan.schedule["deferrable_batch_backlog_mwh"].tolist() == pytest.approx([10, 2, 0])
    assert plan.objective_mad == pytest.approx(300 * 8 + 100 * 2)


STREAM = {"arrival_mw": 6.0, "block_h": 1, "deadline_h": 2.0, "run_min_h": 1.0}


@pytest.mark.parametrize(
    ("left", "run_mw", "cost_mad"),
    [
        (200, [6, 0, 6], 100 * 6 + 300 * 6 + 200 * 6),
        (400, [6, 0, 12], 100 * 6 + 300 * 12),
    ],
    ids=["leaving is cheaper", "leaving is dearer"],
)
def test_no_cohort_runs_before_it_arrives(plant, left, run_mw, cost_mad):
    """Proves cohorts are no pool: 6 MWh arrive each hour, due in two, at 100, 500 and 300.

    The first runs at 100, the second at 300, the third there or in the next plan; one pool would
    have run all 18 MWh at 100.
    """
    tables = batch(**STREAM, left_mad_per_mwh=float(left))
    plan = plant(tables=tables, buy=[100, 500, 300]).solve()
    assert plan.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx(run_mw)
    assert plan.schedule["deferrable_batch_arrived_mwh"].tolist() == pytest.approx([6, 6, 6])
    assert plan.schedule["deferrable_batch_backlog_mwh"].iloc[-1] == pytest.approx(18 - sum(run_mw))
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_no_more_is_left_than_can_still_be_done(plant):
    """Proves the rate limits what is left: due half an hour after the plan, 3 of 6 MWh at 6 MW."""
    tables = batch(**STREAM | {"deadline_h": 1.5})
    plan = plant(tables=tables, buy=[500]).solve()
    assert plan.schedule["deferrable_batch_run_mw"].item() == pytest.approx(3)
    assert plan.objective_mad == pytest.approx(500 * 3)


def test_all_cohorts_share_one_limit(plant):
    """Proves 7 MW at most at once: of 6 + 4 MWh due in two hours at 100 and 300 MAD/MWh."""
    state = [*cohort(6, 6), *cohort(4, 4, deadline="04:00Z")]
    tables = batch(power_max_mw=7.0, left_mad_per_mwh=5000.0)
    plan = plant(tables=tables, buy=[100, 300], state=state).solve()
    assert plan.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx([7, 3])
    assert plan.objective_mad == pytest.approx(100 * 7 + 300 * 3)


def test_missed_work_has_its_price(plant):
    """Proves what can't be done is paid for: 4 MW for half an hour of 6 MWh, 4 missed at 5,000."""
    state = cohort(6, 12, deadline="00:30Z")
    tables = batch(power_max_mw=4.0, missed_mad_per_mwh=5000.0)
    plan = plant(tables=tables, buy=[100], step_h=0.5, state=state).solve()
    assert plan.schedule["deferrable_batch_missed_mwh"].item() == pytest.approx(4)
    assert plan.objective_mad == pytest.approx(100 * 2 + 5000 * 4)


def test_dear_work_is_missed_rather_than_run(plant):
    """Proves the price decides: running at 600 MAD/MWh is dearer than missing at 400."""
    state, tables = cohort(6, 12), batch(missed_mad_per_mwh=400.0)
    plan = plant(tables=tables, buy=[600, 700], state=state).solve()
    assert plan.objective_mad == pytest.approx(400 * 6)


def test_work_that_can_be_done_is_not_missed(plant):
    """Proves a price for missing is none where nothing is missed: 6 MWh at 100 MAD/MWh."""
    state, tables = cohort(6, 12), batch(missed_mad_per_mwh=5000.0)
    plan = plant(tables=tables, buy=[100, 200], step_h=1.0, state=state).solve()
    assert plan.schedule["deferrable_batch_missed_mwh"].tolist() == [0, 0]
    assert plan.objective_mad == pytest.approx(100 * 6)


def test_work_that_may_not_be_missed_is_no_plan(plant):
    """Proves forbidden is forbidden: 2 of 6 MWh in half an hour; the elastic run misses 4."""
    short = plant(
        tables=batch(power_max_mw=4.0),
        buy=[100],
        step_h=0.5,
        state=cohort(6, 12, deadline="00:30Z"),
    )
    with pytest.raises(Infeasible) as error:
        short.solve()
    assert error.value.names == [
        "deferrable_batch: most that may run at once (4 MW), 2026-01-05 00:00Z to 00:30Z",
        "deferrable_batch: work due (6 MWh), 2026-01-05 00:00Z to 00:30Z",
    ]
    missed = short.solve(is_elastic=True).schedule["deferrable_batch_missed_mwh"]
    assert missed.item() == pytest.approx(4)


@pytest.mark.parametrize(("shift", "run_mw"), [(150, [0, 6]), (250, [6, 0])])
def test_another_step_than_preferred_costs(plant, tmp_path, shift, run_mw):
    """Proves the shift price: half-hours at 500 and 300, the first preferred; 200 are saved."""
    path = tmp_path / "cohorts.csv"
    path.write_text(
        "earliest_utc,deadline_utc,work_mwh,rate_max_mw,preferred_utc\n"
        f"{DAY}00:00Z,{DAY}01:00Z,3,6,{DAY}00:00Z\n"
    )
    table = {"cohorts_file": str(path), "shift_cost_mad_per_mwh": float(shift)}
    plan = plant(tables={"deferrable": {"batch": table}}, buy=[500, 300], step_h=0.5).solve()
    assert plan.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx(run_mw)
    assert plan.objective_mad == pytest.approx(min(500 * 3, (300 + shift) * 3))


def test_a_cohort_no_step_fits_is_refused(plant):
    """Proves a window shorter than its step is told at once, with the cohort and its work."""
    state = cohort(3, 12, earliest="00:15Z", deadline="00:45Z")
    with pytest.raises(InputError) as error:
        plant(tables=batch(), buy=[100], state=state).build()
    assert str(error.value) == (
        "deferrable_batch: cohort 2026-01-05T00:15Z/2026-01-05T00:45Z has 3 MWh to do, and no "
        "whole step of the plan lies inside its window. Shorten the steps or move the window."
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"arrival_mw": 1.0, "cohorts_file": "cohorts.csv"},
            "arrival_mw and cohorts_file are both given. Keep one source of work.",
        ),
        (
            {"arrival_profile_pu": [1.0, 2.0]},
            "arrival_profile_pu is not 1 or 24 values >= 0. Give one per clock hour.",
        ),
        ({"block_h": 5}, "block_h = 5 does not divide the day. Give 1, 2, 3, 4, 6..."),
        (
            {"run_min_h": 3.0, "deadline_h": 2.0},
            "run_min_h is above deadline_h: no cohort could be done. Lower it.",
        ),
    ],
)
def test_tables_that_contradict_themselves_are_refused(plant, change, problem):
    with pytest.raises(InputError) as error:
        _ = plant(tables={"deferrable": {"batch": change}}, buy=[1]).site
    assert str(error.value) == f"site: [deferrable.batch] {problem}"
