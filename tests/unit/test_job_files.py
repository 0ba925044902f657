"""Lists of jobs: what is refused, with file, line, value and remedy."""

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.job_files import jobs_of, read_jobs
from optimizer.jobs import Job

HEAD = "name,earliest_utc,deadline_utc,duration_h,power_mw,value_mad,tenant"
GOOD = "a,2026-01-05T00:00Z,2026-01-05T04:00Z,1.5,5;10;5,700,lab"
START = pd.Timestamp("2026-01-05T00:00Z")
HOUR = pd.Timedelta(hours=1)
HORIZON = dk.Horizon(start=START, step_h=(1.0, 1.0))


@pytest.fixture
def listed(tmp_path):
    """Return how lines become a file."""

    def to_file(*lines, head=HEAD):
        path = tmp_path / "jobs.csv"
        path.write_text("\n".join([head, *lines]) + "\n")
        return path

    return to_file


def test_a_row_is_a_job(listed):
    """Proves every column: a profile, a value or none, a tenant or none."""
    first, second = read_jobs(listed(GOOD, "7,2026-01-05T01:00Z,2026-01-05T04:00Z,2,5,,"))
    assert first == Job(
        name="a",
        earliest=START,
        deadline=START + 4 * HOUR,
        duration_h=1.5,
        power_mw=(5.0, 10.0, 5.0),
        value_mad=700.0,
        tenant="lab",
    )
    assert (second.name, second.earliest, second.value_mad, second.tenant) == (
        "7",
        START + HOUR,
        None,
        "",
    )
    assert first.energy_mwh == pytest.approx(10)


def test_value_and_tenant_may_be_left_out(listed):
    """Proves the two columns that need not be there: the job must run, and is nobody's."""
    head = HEAD.removesuffix(",value_mad,tenant")
    (job,) = read_jobs(listed(GOOD.removesuffix(",700,lab"), head=head))
    assert (job.value_mad, job.tenant) == (None, "")


BAD = [
    (("duration_h", ""), ": duration_h: missing column. Add it."),
    (
        ("2026-01-05T00:00Z", "soon"),
        ": earliest_utc: 'soon' in line 2 is no moment. Write 2026-03-01T00:00:00Z.",
    ),
    (
        ("2026-01-05T00:00Z", "2026-01-05T00:00"),
        ": earliest_utc = 2026-01-05 00:00:00 has no time zone. Write 2026-01-05T00:00Z for UTC.",
    ),
    (("2026-01-05T04:00Z", ""), ": deadline_utc: empty in line 2. Write 2026-03-01T00:00:00Z."),
    (("a,", ","), ": line 2: name is empty. Name the job."),
    (
        ("5;10;5", "5;x"),
        ": line 2: power_mw = 5;x is neither a number >= 0 nor several. Write 5 or 5;10;5.",
    ),
    (
        ("5;10;5", "-1"),
        ": line 2: power_mw = -1 is neither a number >= 0 nor several. Write 5 or 5;10;5.",
    ),
    (
        ("5;10;5", ""),
        ": line 2: power_mw = nan is neither a number >= 0 nor several. Write 5 or 5;10;5.",
    ),
    (
        (",700,", ",much,"),
        (
            ": line 2: value_mad = much is no number >= 0. "
            "Give one, or leave it empty: the job must run."
        ),
    ),
    ((",1.5,", ",0,"), ": line 2: duration_h = 0 is not within 0 and 8784 h. Mend it."),
    ((",1.5,", ",long,"), ": line 2: duration_h = long is not within 0 and 8784 h. Mend it."),
    (
        (",1.5,", ",4.5,"),
        (
            ": line 2: duration_h = 4.5 does not fit its window of 4 h. "
            "Move earliest_utc or deadline_utc, or shorten the job."
        ),
    ),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=[message[2:40] for _, message in BAD])
def test_a_bad_list_is_refused(listed, change, message):
    """Proves the whole message: file, line, value, what is wrong and what to do."""
    old, new = change
    path = listed(GOOD.replace(old, new, 1), head=HEAD.replace(old, new, 1) if not new else HEAD)
    with pytest.raises(InputError) as error:
        read_jobs(path)
    assert error.value.problems == [f"{path}{message}"]


def test_every_bad_row_is_told_at_once(listed):
    path = listed(GOOD, GOOD, "b" + GOOD[1:].replace("5;10;5", "x"))
    with pytest.raises(InputError) as error:
        read_jobs(path)
    assert error.value.problems == [
        f"{path}: line 4: power_mw = x is neither a number >= 0 nor several. Write 5 or 5;10;5.",
        f"{path}: line 3: name = a appears twice. Give each job a name of its own.",
    ]


@pytest.fixture
def found(plant, listed):
    """Return the names of the jobs a plan of two hours has, given lines and an opening state."""

    def names(*lines, rows=(), power_max_mw=10.0):
        table = {"jobs_file": listed(*lines).name, "power_max_mw": power_max_mw}
        site = plant(tables={"jobs": {"main": table}}, buy=[1.0, 1.0]).site
        state = dk.State(
            time_utc=START,
            rows=tuple(dk.StateRow("jobs_main", *row) for row in rows),
            origin="the test",
        )
        return [
            job.name for job in jobs_of(site, HORIZON, state, listed(*lines).parent)["jobs_main"]
        ]

    return names


def line(name, first, due, value=""):
    return f"{name},2026-01-{first}Z,2026-01-{due}Z,1,5,{value},"


def test_only_jobs_near_the_plan_are_its_own(found):
    """Proves what is over, what has not come yet, and what could no longer start, is not there."""
    lines = (
        line("before", "04T20:00", "05T00:00"),
        line("now", "04T23:00", "05T01:00"),
        line("too late", "04T20:00", "05T00:30", "9"),
        line("after", "05T02:00", "05T04:00"),
        line("until after", "05T01:30", "05T04:00"),
    )
    assert found(*lines) == ["now", "until after"]


def test_a_job_that_runs_on_or_is_done_is_there(found):
    """Proves the opening state spares a job the question whether it can still start."""
    lines = (line("on", "04T20:00", "05T00:30"), line("done", "04T20:00", "05T00:30"))
    assert found(*lines, rows=[("running_h", 0.5, "on"), ("done_count", 1.0, "done")]) == [
        "on",
        "done",
    ]


REFUSED = [
    (
        line("a", "04T20:00", "05T00:30"),
        (),
        (
            "line 2: a: it must run, and had to start by 2026-01-04T23:30Z, before the plan. "
            "Move deadline_utc, give it a value_mad, or say in the opening state that it runs on "
            "(running_h) or is done (done_count)."
        ),
    ),
    (
        line("a", "05T00:20", "05T01:40"),
        (),
        (
            "line 2: a: no step of the plan begins between earliest_utc and 2026-01-05T00:40Z, "
            "when it has to start. Shorten the steps or move the window."
        ),
    ),
    (
        line("a", "05T00:00", "05T02:00").replace(",5,", ",11,"),
        (),
        (
            "line 2: a: power_mw = 11 is "
            "above power_max_mw = 10 of jobs_main. Raise that limit, or lower the job's power."
        ),
    ),
]


@pytest.mark.parametrize(("row", "rows", "message"), REFUSED, ids=["too late", "no step", "power"])
def test_a_job_no_plan_could_run_is_refused(found, tmp_path, row, rows, message):
    with pytest.raises(InputError) as error:
        found(row, rows=rows)
    assert error.value.problems == [f"{tmp_path / 'jobs.csv'}: {message}"]


def test_a_job_that_runs_on_must_be_listed(found, tmp_path):
    with pytest.raises(InputError) as error:
        found(line("a", "05T00:00", "05T02:00"), rows=[("running_h", 1.0, "gone")])
    assert error.value.problems == [
        (
            f"opening state (the test): jobs_main running_h: 'gone' is no job of "
            f"{tmp_path / 'jobs.csv'}. Add the job, or take the row out."
        )
    ]
