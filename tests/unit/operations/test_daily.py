"""A night with its steps replaced: whichever way it ends, it is told, and nothing contradicts."""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.daily import Steps, run_night
from optimizer.errors import AuditFailed, Infeasible, SolverGaveNothing, Stopped, WeatherError
from optimizer.failures import Signalled, signals_raised
from optimizer.night import Night
from optimizer.night_end import Outcome
from optimizer.provenance import Provenance
from optimizer.solution import Status
from tests.unit.operations.test_metrics import figures
from tests.unit.operations.test_status import in_force

NOW = pd.Timestamp("2026-12-02T21:47Z")
OPERATIONS = """
[place]
name = "Dakhla"

[operations]
on_alarm = ["{python}", "tell.py"]
metrics_file = "metrics/dakhla.prom"
responsible = "Amina"
act_within_h = 12.0
"""
TELL = "import sys, pathlib; pathlib.Path(__file__).with_name('told').write_text(sys.argv[1])"
FAILURES = {
    "wrong input": (InputError(["a is b. Do c."]), 2, "input_error"),
    "no weather": (WeatherError("It is old. Wait."), 4, "no_weather"),
    "nothing found": (SolverGaveNothing("Nothing in 5 s. Raise it."), 5, "no_solution"),
    "audit failed": (AuditFailed("a rule: exceeded by 1"), 6, "audit_failed"),
    "infeasible": (Infeasible("No schedule.", ["a", "b"]), 7, "infeasible"),
    "bug": (KeyError("x"), 70, "bug"),
    "stopped": (Stopped(15), 143, "stopped"),
    "stopped before": (Signalled(2), 130, "stopped"),
    "out of memory": (MemoryError(), 70, "bug"),
    "disk full": (OSError(28, "No space left on device"), 2, "not_writable"),
}


def made_plan(out: Path, *, rung: str = "fresh", stopped_by: int | None = None) -> SimpleNamespace:
    """Return what a night needs of a plan."""
    provenance = Provenance(weather_rung=rung, weather_age_h=7.0)
    problem = SimpleNamespace(provenance=provenance)
    optimum = SimpleNamespace(interrupted_by=stopped_by, status=Status.OPTIMAL, problem=problem)
    return SimpleNamespace(
        optimum=optimum,
        softened=(),
        status="optimal",
        objective_mad=-5.0,
        mip_gap_pu=0.0,
        timings_s={"solve": 1.5},
        run_dir=out / "20261202T214700Z-cccccc",
    )


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    """Return a night on a site of which only place and operations are there."""
    tell = tmp_path / "tell.py"
    tell.write_text(TELL)
    settings = OPERATIONS.replace("tell.py", str(tell)).replace("{python}", sys.executable)
    (tmp_path / "site.toml").write_text(settings)
    out = tmp_path / "runs"
    out.mkdir()
    monkeypatch.setattr("optimizer.daily._check", lambda night: None)
    start = pd.Timestamp("2026-12-03T00:00Z")
    return Night(id="n1", now=NOW, start=start, out=out, site=tmp_path / "site.toml")


def put(night: Night, plan: SimpleNamespace) -> None:
    in_force(
        night.out,
        run=plan.run_dir.name,
        start_utc="2026-12-03T00:00:00Z",
        expires_utc="2026-12-10T00:00:00Z",
        put_utc="2026-12-02T21:48:00Z",
    )


def steps(make: Callable[[], object], *, put: Callable = put) -> Steps:
    return Steps(tidy=lambda night: [], make=lambda night: make(), put=put)


def failing(error: BaseException) -> Callable[[], object]:
    def make() -> object:
        raise error

    return make


def told(night: Night) -> str | None:
    path = night.out.parent / "told"
    return path.read_text() if path.exists() else None


def read(night: Night, name: str) -> dict:
    return json.loads((night.out / name).read_text())


def metrics(night: Night) -> dict[str, float]:
    found = figures((night.out.parent / "metrics" / "dakhla.prom").read_text())
    return {name: value for (name, labels), value in found.items() if "rung=" not in labels}


def poor(night: Night) -> Outcome:
    return run_night(night, steps(failing(FAILURES["no weather"][0])), {})


def test_a_good_night_is_in_force_and_nobody_is_alarmed(night: Night) -> None:
    (night.out / "in_force_expiry.json").write_text("{}")
    outcome = run_night(night, steps(lambda: made_plan(night.out)), {})
    assert (outcome.exit_code, outcome.alarm, outcome.notes) == (0, "", ())
    assert told(night) is None
    assert not (night.out / "in_force_expiry.json").exists()
    record = read(night, "daily.json")
    assert (record["exit_code"], record["run"]) == (0, "20261202T214700Z-cccccc")
    assert record["last_success"] == {
        "night": "n1",
        "utc": "2026-12-02T21:47:00Z",
        "run": "20261202T214700Z-cccccc",
    }
    found = metrics(night)
    assert found["dakhla_exit_code"] == 0
    assert found["dakhla_last_success_timestamp_seconds"] == NOW.timestamp()
    assert found["dakhla_plan_expires_timestamp_seconds"] == 1796860800  # 2026-12-10T00:00Z
    assert found["dakhla_weather_age_seconds"] == 7 * 3600
    assert found["dakhla_solve_seconds"] == 1.5


def test_a_night_on_a_lower_rung_is_in_force_and_marked(night: Night) -> None:
    outcome = run_night(night, steps(lambda: made_plan(night.out, rung="second")), {})
    assert (outcome.exit_code, outcome.rung, outcome.alarm) == (3, "second", "")
    assert read(night, "daily.json")["rung"] == "second"
    assert 'rung="second"} 1' in (night.out.parent / "metrics" / "dakhla.prom").read_text()


@pytest.mark.parametrize(("error", "code", "status"), FAILURES.values(), ids=FAILURES.keys())
def test_every_failure_leaves_the_old_plan_its_expiry_and_an_alarm(
    night: Night, error: BaseException, code: int, status: str
) -> None:
    in_force(night.out)
    before = (night.out / "in_force.json").read_bytes()
    outcome = run_night(night, steps(failing(error)), {})
    assert (outcome.exit_code, outcome.status) == (code, status)
    assert (night.out / "in_force.json").read_bytes() == before
    expiry = read(night, "in_force_expiry.json")
    assert expiry["run"] == "20261201T214800Z-aaaaaa"
    assert expiry["expires_utc"] == "2026-12-09T00:00:00Z"
    assert expiry["hours_left"] == 146.22
    assert expiry["since_utc"] == "2026-12-02T21:47:00Z"
    assert (expiry["exit_code"], expiry["responsible"]) == (code, "Amina")
    assert (expiry["act_by_utc"], expiry["act_now"]) == ("2026-12-08T12:00:00Z", False)
    assert expiry["cause"] == " ".join(outcome.problems)
    assert told(night) == outcome.alarm
    assert outcome.alarm.startswith("dakhla at Dakhla: no new plan: ")
    assert outcome.alarm.endswith(
        "Run 20261201T214800Z-aaaaaa stays in force and expires at 2026-12-09T00:00Z, in 146 h. "
        "Amina must act by 2026-12-08T12:00Z."
    )
    assert read(night, "daily.json")["alarm"] == outcome.alarm
    assert metrics(night)["dakhla_exit_code"] == code


def test_an_infeasible_night_keeps_the_names_of_what_clashes(night: Night) -> None:
    outcome = run_night(night, steps(failing(FAILURES["infeasible"][0])), {})
    assert outcome.more["clash"] == ["a", "b"]


def test_the_first_of_several_poor_nights_is_remembered(night: Night) -> None:
    """Proves that `since` is the first night without a new plan, and ends with a new plan."""
    in_force(night.out)
    poor(night)
    later = pd.Timestamp("2026-12-03T21:47Z")
    poor(Night(id="n2", now=later, start=night.start, out=night.out, site=night.site))
    expiry = read(night, "in_force_expiry.json")
    assert (expiry["since_utc"], expiry["written_utc"]) == (
        "2026-12-02T21:47:00Z",
        "2026-12-03T21:47:00Z",
    )
    run_night(night, steps(lambda: made_plan(night.out)), {})
    assert not (night.out / "in_force_expiry.json").exists()


def test_a_success_outlives_failures_in_metrics_and_record(night: Night) -> None:
    run_night(night, steps(lambda: made_plan(night.out)), {})
    later = pd.Timestamp("2026-12-03T21:47Z")
    poor(Night(id="n2", now=later, start=night.start, out=night.out, site=night.site))
    assert metrics(night)["dakhla_last_success_timestamp_seconds"] == NOW.timestamp()
    assert metrics(night)["dakhla_last_run_timestamp_seconds"] == later.timestamp()
    assert read(night, "daily.json")["last_success"]["night"] == "n1"


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-12-08T13:00Z", "expires at 2026-12-09T00:00Z, in 11 h. Amina must act now."),
        ("2026-12-09T00:00Z", "expired at 2026-12-09T00:00Z. Amina must act now."),
    ],
)
def test_when_it_is_late_somebody_must_act_now(night: Night, now: str, words: str) -> None:
    in_force(night.out)
    late = Night(id="n", now=pd.Timestamp(now), start=night.start, out=night.out, site=night.site)
    assert poor(late).alarm.endswith(words)
    assert read(night, "in_force_expiry.json")["act_now"] is True


def test_nothing_in_force_is_said(night: Night) -> None:
    assert poor(night).alarm.endswith("Nothing is in force. Amina must act now.")
    assert read(night, "in_force_expiry.json")["run"] is None


def test_an_unreadable_plan_in_force_is_said(night: Night) -> None:
    (night.out / "in_force.json").write_text("{")
    assert "What is in force can't be read: " in poor(night).alarm


def test_a_stopped_plan_is_written_but_not_put_in_force(night: Night) -> None:
    plan = made_plan(night.out, stopped_by=15)
    outcome = run_night(night, steps(lambda: plan), {})
    assert outcome.exit_code == 143
    assert not (night.out / "in_force.json").exists()
    assert outcome.problems == (
        f"stopped by signal 15; the best schedule so far is in {plan.run_dir}, but not in force",
    )
    assert told(night) == outcome.alarm


def test_a_plan_that_may_not_be_put_in_force_is_an_alarm(night: Night) -> None:
    def refuse(night: Night, plan: object) -> None:
        raise InputError(["its weather is synthetic. Give --force."])

    outcome = run_night(night, steps(lambda: made_plan(night.out), put=refuse), {})
    assert (outcome.exit_code, outcome.problems) == (
        2,
        ("its weather is synthetic. Give --force.",),
    )
    assert told(night) == outcome.alarm


def test_once_in_force_it_is_in_force(night: Night) -> None:
    """Proves that an error after in_force.json was replaced is a note, and no alarm."""

    def put_and_fail(night: Night, plan: SimpleNamespace) -> None:
        put(night, plan)
        raise OSError(28, "No space left on device", "in_force_log.jsonl")

    outcome = run_night(night, steps(lambda: made_plan(night.out), put=put_and_fail), {})
    assert (outcome.exit_code, outcome.alarm) == (0, "")
    assert outcome.notes == (
        "in_force_log.jsonl: No space left on device. Free the disk or give another --out.",
    )


def test_a_signal_that_comes_too_late_changes_nothing(night: Night) -> None:
    """Proves that a SIGTERM while the plan is put in force leaves a good night, not half a one."""

    def put_and_strike(night: Night, plan: SimpleNamespace) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        put(night, plan)

    with signals_raised():
        outcome = run_night(night, steps(lambda: made_plan(night.out), put=put_and_strike), {})
    assert outcome.exit_code == 0
    assert read(night, "daily.json")["exit_code"] == 0


def test_what_cant_be_told_is_a_note(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a full disk changes neither the code nor the alarm."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("optimizer.night_record.write_json", refuse)
    monkeypatch.setattr("optimizer.metrics.write_text", refuse)
    outcome = poor(night)
    assert (outcome.exit_code, told(night)) == (4, outcome.alarm)
    assert len(outcome.notes) == 3
    assert all("No space left on device" in note for note in outcome.notes)


def test_an_alarm_command_that_fails_is_a_note_in_the_record(night: Night) -> None:
    (night.out.parent / "tell.py").write_text("raise SystemExit(9)")
    outcome = poor(night)
    assert outcome.exit_code == 4
    assert "ended with code 9" in outcome.notes[0]
    assert read(night, "daily.json")["notes"] == list(outcome.notes)


def test_a_wrong_site_file_still_has_its_alarm(night: Night) -> None:
    """Proves that the settings of the alarm are read on their own, whatever else is wrong."""
    assert night.site is not None
    night.site.write_text(night.site.read_text() + "\n[battery.main]\nnonsense = 1\n")
    assert poor(night).alarm == told(night)


@pytest.mark.parametrize("text", ["[operations]\non_alarm = 7\n", "nonsense", ""])
def test_where_nobody_can_be_told_that_is_said(night: Night, text: str) -> None:
    assert night.site is not None
    night.site.write_text(text)
    outcome = poor(night)
    assert outcome.exit_code == 4
    assert outcome.notes[0].endswith("and nobody was told.")
    assert told(night) is None
