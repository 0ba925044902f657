"""Jobs: once, without a pause, inside their windows; lost, left for later or run beyond the end."""

import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.errors import Infeasible

DAY = "2026-01-05T"
HEAD = "name,earliest_utc,deadline_utc,duration_h,power_mw,value_mad,tenant"


def row(name, duration_h, power, value="", first="00:00Z", due="04:00Z"):
    """Return one line of a list of jobs, on the day of the plan."""
    return f"{name},{DAY}{first},{DAY}{due},{duration_h},{power},{value},lab"


@pytest.fixture
def listed(tmp_path):
    """Return how lines become the tables of a list of jobs."""

    def tables(*lines, **changes):
        path = tmp_path / "jobs.csv"
        path.write_text("\n".join([HEAD, *lines]) + "\n")
        return {"jobs": {"main": {"jobs_file": str(path)} | changes}}

    return tables


def runs(plan):
    """Return (status, first hour, last hour) by job, as published."""
    found = plan.optimum.problem.given.job_runs.set_index("job")
    start = plan.schedule.index[0]
    return {
        name: (r["status"], *((r[c] - start).total_seconds() / 3600 for c in found.columns[2:4]))
        if r["status"] in ("starts", "runs on")
        else (r["status"],)
        for name, r in found.iterrows()
    }


@pytest.mark.parametrize(
    ("line", "power_mw"),
    [
        (row("a", 2, 10), [0, 10, 10, 0]),
        (row("a", 2, "30;10"), [0, 30, 10, 0]),
        (row("a", 2, "10;30"), [10, 30, 0, 0]),
        (row("a", 2, "10;30", first="00:30Z"), [0, 0, 10, 30]),
        (row("a", 2, 10, first="02:00Z"), [0, 0, 10, 10]),
        (row("a", 2, 10, due="02:30Z"), [10, 10, 0, 0]),
        (row("a", 2, 10, first="00:30Z", due="02:59Z"), None),
    ],
    ids=["flat", "falling", "rising", "rising, late", "late", "due within a step", "no step"],
)
def test_a_job_runs_where_its_hours_are_cheapest(plant, listed, line, power_mw):
    """Proves one start inside the window: two hours of 400, 100, 300 and 200 MAD/MWh.

    10 MW cost 4,000 from 01:00 against 5,000 before and after; 10 then 30 MW cost 7,000 from
    00:00, 10,000 from 01:00 and 9,000 from 02:00. A job that could start at no step is refused.
    """
    small = plant(tables=listed(line), buy=[400, 100, 300, 200])
    if power_mw is None:
        with pytest.raises(InputError, match=r"no step of the plan begins between earliest_utc"):
            small.solve()
        return
    plan = small.solve()
    assert plan.schedule["jobs_main_power_mw"].tolist() == pytest.approx(power_mw)
    prices = [400, 100, 300, 200]
    cost_mad = sum(p * c for p, c in zip(power_mw, prices, strict=True))
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_steps_of_different_lengths_average_the_profile(plant, listed):
    """Proves energy on steps of 0.5, 1 and 0.5 h: 20 MW for 45 minutes, then 60 for as long.

    From 00:00: 20 MW; then 20 for a quarter of an hour and 60 for three, 50 on average; nothing.
    10 MWh and 50 at 100 MAD/MWh. From 00:30 half of its 60 MWh would cost 300.
    """
    tables = listed(row("a", 1.5, "20;60", due="02:00Z"))
    plan = plant(tables=tables, buy=[100, 100, 300], step_h=(0.5, 1.0, 0.5)).solve()
    assert plan.schedule["jobs_main_power_mw"].tolist() == pytest.approx([20, 50, 0])
    assert plan.schedule["jobs_main_running_count"].tolist() == [1, 1, 0]
    assert plan.objective_mad == pytest.approx(6000)


def test_jobs_wait_for_each_other_below_the_limit(plant, listed):
    """Proves a count of alike jobs: three of 10 MW, two at 100 MAD/MWh, one at 200, by name."""
    tables = listed(*(row(name, 1, 10) for name in "cab"), power_max_mw=25.0)
    plan = plant(tables=tables, buy=[400, 200, 300, 100]).solve()
    assert runs(plan) == {"a": ("starts", 1, 2), "b": ("starts", 3, 4), "c": ("starts", 3, 4)}
    assert plan.schedule["jobs_main_running_count"].tolist() == [0, 1, 0, 2]
    assert plan.objective_mad == pytest.approx(4000)
    assert plan.optimum.solver["integers"] == 4  # one for each step, not for each job and step


@pytest.mark.parametrize(
    ("value", "status", "cost_mad", "missed_mwh"),
    [("1999", "lost", 1999, 20), ("2001", "starts", 2000, 0), ("", "starts", 2000, 0)],
)
def test_a_job_is_lost_where_its_energy_is_dearer(
    plant, listed, value, status, cost_mad, missed_mwh
):
    """Proves value and must-run: 20 MWh at 100 MAD/MWh cost 2,000 MAD."""
    plan = plant(tables=listed(row("a", 1, 20, value, due="01:00Z")), buy=[100, 900]).solve()
    assert runs(plan)["a"][0] == status
    assert plan.objective_mad == pytest.approx(cost_mad)
    assert plan.schedule["jobs_main_missed_mwh"].tolist() == [missed_mwh, 0]
    assert plan.kpis["plan"]["missed_mwh"] == missed_mwh


@pytest.mark.parametrize(
    ("due", "left", "expected", "cost_mad"),
    [
        ("04:00Z", 150.0, ("left",), 3000),
        ("03:59Z", 150.0, ("starts", 1, 3), 3500),
        ("04:00Z", 350.0, ("starts", 1, 3), 5500),
        ("02:30Z", 350.0, ("starts", 0, 2), 6000),
    ],
    ids=["all later", "half later", "later is dear", "no time later"],
)
def test_what_is_left_for_later_has_a_price(plant, listed, due, left, expected, cost_mad):
    """Proves no energy is free beyond the end: 10 MW for two hours, two steps at 400 and 200.

    In the plan 4,000 + 2,000; from 01:00 half of it later, 2,000 + 10 MWh; all later 20 MWh, where
    two hours are left to do it: until 04:00, not 03:59.
    """
    tables = listed(row("a", 2, 10, due=due), left_mad_per_mwh=left)
    plan = plant(tables=tables, buy=[400, 200]).solve()
    assert runs(plan)["a"] == expected
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_a_job_that_began_before_runs_on(plant, listed):
    """Proves the opening state: an hour of three is over, the rest runs whatever it costs.

    10, then 40, then 20 MW: the last two are due now, and the job is not begun again.
    """
    state = [dk.StateRow("jobs_main", "running_h", 1.0, "a")]
    tables = listed(f"a,2026-01-04T23:00Z,{DAY}02:00Z,3,10;40;20,,lab")
    plan = plant(tables=tables, buy=[900, 900, 100], state=state).solve()
    assert plan.schedule["jobs_main_power_mw"].tolist() == pytest.approx([40, 20, 0])
    assert runs(plan) == {"a": ("runs on", -1, 2)}


def test_a_job_that_is_done_is_not_run_again(plant, listed):
    """Proves done_count: nothing is drawn, nothing lost, though its window is still open."""
    state = [dk.StateRow("jobs_main", "done_count", 1.0, "a")]
    plan = plant(tables=listed(row("a", 1, 10)), buy=[100, 100], state=state).solve()
    assert runs(plan) == {"a": ("done",)}
    assert plan.objective_mad == 0


def test_a_rolled_day_neither_repeats_nor_forgets_a_job(plant, listed, tmp_path):
    """Proves the hand-over through runs on disk: of four hours two are carried out, then one more.

    At 90, 100, 900 and 900: `early` runs at once, `long` from 01:00, `later` waits for the next
    plan (500 a MWh), `cheap` is lost. Then, at 900, 100, 500 and 500: `long` runs on at 900,
    `later` from 03:00, and what is done or over is not there again.
    """
    lines = [
        row("long", 2, 30, first="01:00Z"),
        row("early", 1, 10, due="06:00Z"),
        row("later", 1, 40, first="02:00Z", due="06:00Z"),
        row("cheap", 1, 10, 5, due="02:00Z"),
    ]
    tables, out = listed(*lines, power_max_mw=40.0, left_mad_per_mwh=500.0), tmp_path / "runs"
    first = plant(tables=tables, buy=[90, 100, 900, 900]).publish(out)
    assert runs(first) == {
        "long": ("starts", 1, 3),
        "early": ("starts", 0, 1),
        "later": ("left",),
        "cheap": ("lost",),
    }
    assert first.objective_mad == pytest.approx(900 + 3000 + 27000 + 20000 + 5)
    day = plant(tables=tables, buy=[900, 100, 500, 500], start=f"{DAY}02:00Z")
    second = day.publish(out, now=f"{DAY}02:00Z")
    assert second.optimum.problem.given.state.rows == (
        dk.StateRow("jobs_main", "running_h", 1.0, "long"),
        dk.StateRow("jobs_main", "done_count", 1.0, "early"),
    )
    assert runs(second) == {
        "long": ("runs on", -1, 1),
        "early": ("done",),
        "later": ("starts", 1, 2),
    }
    assert second.objective_mad == pytest.approx(27000 + 4000)
    day = plant(tables=tables, buy=[100, 500, 500], start=f"{DAY}03:00Z")
    third = day.publish(out, now=f"{DAY}03:00Z")
    assert set(third.optimum.problem.given.state.rows) == {
        dk.StateRow("jobs_main", "done_count", 1.0, "long"),
        dk.StateRow("jobs_main", "done_count", 1.0, "early"),
    }
    assert runs(third)["later"] == ("starts", 0, 1)


def test_a_run_folder_lists_every_job(plant, listed, tmp_path):
    """Proves the table a tenant reads: job, tenant, start, end and status."""
    tables = listed(row("a", 1, 10), row("b", 1.5, 10, 1), left_mad_per_mwh=9.0)
    plan = plant(tables=tables, buy=[400, 100, 300, 200]).publish(tmp_path / "runs")
    assert (plan.run_dir / "jobs.csv").read_text().splitlines() == [
        "workload,job,tenant,start_utc,end_utc,status",
        "jobs_main,a,lab,2026-01-05T01:00:00+00:00,2026-01-05T02:00:00+00:00,starts",
        "jobs_main,b,lab,,,lost",
    ]


def test_jobs_that_must_run_can_make_a_plan_impossible(plant, listed):
    """Proves must-run is hard, and that the diagnostic says what is lost: 10 MWh at least."""
    tables = listed(*(row(name, 2, 10, due="03:00Z") for name in "ab"), power_max_mw=15.0)
    small = plant(tables=tables, buy=[100, 100, 100])
    with pytest.raises(Infeasible, match="jobs_main"):
        small.solve()
    plan = small.solve(is_elastic=True)
    assert sorted(status for status, *_ in runs(plan).values()) == ["lost", "starts"]
    assert plan.schedule["jobs_main_missed_mwh"].sum() == pytest.approx(20)


def test_the_relaxation_of_jobs_alone_has_no_gap(plant, listed):
    """Proves the starts are the corners: without a shared limit the relaxed cost is the cost."""
    lines = [row(f"j{k}", 1 + k % 3, f"{10 + k};{20 - k}", first=f"0{k % 2}:00Z") for k in range(6)]
    small = plant(tables=listed(*lines), buy=[400, 100, 300, 200])
    whole, relaxed = small.solve(), small.solve(is_relaxed=True)
    assert relaxed.objective_mad == pytest.approx(whole.objective_mad, rel=1e-9)


def test_the_relaxation_of_jobs_under_a_limit_is_close(plant, listed):
    """Proves the gap where only shared power ties them: 8 jobs of two hours, below 5 %."""
    lines = [row(f"j{k}", 2, 10 + 2 * k, due="08:00Z") for k in range(8)]
    tables = listed(*lines, power_max_mw=60.0)
    small = plant(tables=tables, buy=[400, 100, 300, 200, 250, 150, 500, 450])
    whole, relaxed = small.solve(), small.solve(is_relaxed=True)
    gap_pu = 1 - relaxed.objective_mad / whole.objective_mad
    assert 0 < gap_pu < 0.05
