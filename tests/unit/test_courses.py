"""Which plan rolls a meter: the one in force, the one before until it starts, the last."""

import shutil

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.courses import Courses
from optimizer.handover import leading_runs, state_from_runs
from optimizer.in_force import put_in_force

BATTERY = {"main": {"energy_initial_mwh": 50.0, "end_value_mad_per_mwh": 0.0}}


@pytest.fixture
def published(plant, tmp_path):
    """Return how a plan of hours from an hour of the day is published at another moment."""

    def publish(hour, now, hours=4):
        start = f"2026-01-05T{hour:02d}:00Z"
        made = plant(tables={"battery": BATTERY}, buy=[1] * hours, start=start)
        return made.publish(tmp_path, now=now).run_dir.name

    return publish


def put(out, run, now):
    """Put a run in force, whatever speaks against it."""
    moment = pd.Timestamp(now)
    put_in_force(out, run, by="a test", note="a test", now=moment, is_forced=True)


def since(out, meter, start):
    moments = [pd.Timestamp(f"2026-01-05T{hour}Z") for hour in (meter, start)]
    course = Courses(out=out, start=moments[1]).since(moments[0])
    return None if course is None else course.run


def test_the_plan_in_force_goes_before_the_last(published, tmp_path):
    first, second = published(0, "2026-01-04T20:00Z"), published(0, "2026-01-04T22:00Z")
    assert since(tmp_path, "01:00", "03:00") == second
    put(tmp_path, first, "2026-01-04T23:00Z")
    assert leading_runs(tmp_path) == [tmp_path / first, tmp_path / second]
    assert since(tmp_path, "01:00", "03:00") == first
    state = state_from_runs(tmp_path, pd.Timestamp("2026-01-05T03:00Z"), [])
    assert state.origin == f"run {first} at 2026-01-05T03:00Z"


def test_a_plan_that_begins_later_leaves_the_time_before_to_the_one_before(published, tmp_path):
    """Proves a plan of 3:00 is in force from 2:00 on: until it starts, the first says what is."""
    first, second = published(0, "2026-01-04T20:00Z"), published(3, "2026-01-05T02:00Z")
    put(tmp_path, first, "2026-01-04T21:00Z")
    put(tmp_path, second, "2026-01-05T02:10Z")
    assert since(tmp_path, "02:00", "03:00") == first
    assert since(tmp_path, "03:00", "05:00") == second
    assert since(tmp_path, "02:00", "05:00") == second  # from its beginning on: no other reaches 5
    assert leading_runs(tmp_path) == [tmp_path / second, tmp_path / first]


def test_an_older_run_serves_where_the_leading_ones_do_not_cover_the_time(published, tmp_path):
    """Proves that planning midnight again finds the day before: the newest run that covers it."""
    first = published(0, "2026-01-04T20:00Z")
    again = published(3, "2026-01-05T02:00Z")
    assert leading_runs(tmp_path) == [tmp_path / again]
    assert since(tmp_path, "02:00", "03:00") == first


def test_no_plan_serves_that_does_not_reach_the_start(published, tmp_path):
    published(0, "2026-01-04T20:00Z")
    assert since(tmp_path, "02:00", "05:00") is None


def test_what_is_in_force_but_gone_is_told(published, tmp_path):
    first = published(0, "2026-01-04T20:00Z")
    put(tmp_path, first, "2026-01-04T23:00Z")
    shutil.rmtree(tmp_path / first)
    with pytest.raises(InputError) as error:
        leading_runs(tmp_path)
    assert str(error.value) == (
        f"{tmp_path / 'in_force.json'}: run = {first!r} is no folder there. Publish another run, "
        "or withdraw it."
    )
