"""What a monitor is told: one line, one code, for every way it can stand."""

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from optimizer.standing import Unreadable, standing
from optimizer.status import age_of, health

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 12, 2, 7, 47, tzinfo=UTC)
DAY = timedelta(hours=26)
GOOD_NIGHT = {"began_utc": "2026-12-01T21:47:00Z", "exit_code": 0, "problems": []}
POOR_NIGHT = {
    "began_utc": "2026-12-01T21:47:00Z",
    "exit_code": 4,
    "problems": ["weather: nothing\n  holds."],
}


def in_force(out: Path, **changed: Any) -> dict[str, Any]:
    """Put a plan in force as `optimizer.in_force` does."""
    run = changed.get("run", "20261201T214800Z-aaaaaa")
    (out / run).mkdir()
    (out / run / "schedule.csv").write_text("x")
    content = {
        "run": run,
        "start_utc": "2026-12-02T00:00:00Z",
        "expires_utc": "2026-12-09T00:00:00Z",
        "put_utc": "2026-12-01T21:49:00Z",
        "status": "optimal",
        "weather_rung": "fresh",
        "forced": [],
        "schedule_sha256": {"schedule.csv": hashlib.sha256(b"x").hexdigest()},
        "until_then": None,
    } | changed
    (out / "in_force.json").write_text(json.dumps(content))
    return content


def night(out: Path, content: dict[str, Any]) -> None:
    (out / "daily.json").write_text(json.dumps(content))


RUN = "run 20261201T214800Z-aaaaaa, 10.0 h old, expires 2026-12-09T00:00Z (in 160 h)"


def test_all_is_well(tmp_path: Path) -> None:
    in_force(tmp_path)
    night(tmp_path, GOOD_NIGHT)
    found = health(tmp_path, DAY, NOW)
    assert (found.exit_code, found.line) == (
        0,
        f"ok: {RUN}; last night 2026-12-01T21:47:00Z exit 0",
    )
    assert found.content["hours_left"] == 160.217
    assert found.content["age_h"] == 9.967
    assert found.content["last_night"] == GOOD_NIGHT


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"weather_rung": "last_run"}, "its weather is below fresh: last run"),
        ({"weather_rung": "climatology"}, "its weather is below fresh: climatology"),
        ({"status": "feasible at limit"}, "it is feasible at limit"),
        ({"forced": ["it is a trial"]}, "forced: it is a trial"),
        ({"start_utc": "2026-12-02T08:00:00Z"}, "nothing is in force before 2026-12-02T08:00Z"),
        (
            {"put_utc": "2026-12-02T08:47:00Z"},
            "the plan in force is of the future: look at the clock",
        ),
    ],
)
def test_a_plan_that_is_less_than_fresh_is_degraded(
    tmp_path: Path, changed: dict[str, Any], why: str
) -> None:
    in_force(tmp_path, **changed)
    night(tmp_path, GOOD_NIGHT)
    found = health(tmp_path, DAY, NOW)
    assert found.exit_code == 3
    assert found.line.startswith(f"degraded: {why}; run ")


def test_a_plan_before_it_begins_is_well_while_the_one_before_runs(tmp_path: Path) -> None:
    """Proves that the evening between putting in force and midnight is no gap."""
    earlier = in_force(tmp_path, run="20261130T214800Z-bbbbbb", start_utc="2026-12-01T00:00:00Z")
    in_force(tmp_path, until_then=earlier)
    night(tmp_path, GOOD_NIGHT)
    assert health(tmp_path, DAY, datetime(2026, 12, 1, 22, 0, tzinfo=UTC)).exit_code == 0


def test_a_failed_night_degrades_what_still_holds(tmp_path: Path) -> None:
    in_force(tmp_path)
    night(tmp_path, POOR_NIGHT)
    found = health(tmp_path, DAY, NOW)
    assert found.exit_code == 3
    assert found.line == (
        f"degraded: the last night failed; {RUN}; last night 2026-12-01T21:47:00Z exit 4: weather: "
        "nothing holds."
    )


def test_nothing_old_or_expired_is_critical(tmp_path: Path) -> None:
    """Proves exit 4 for no plan, one of 27 h with 26 h allowed, and one past its last step."""
    assert health(tmp_path, DAY, NOW).line == (
        f"critical: nothing is in force in {tmp_path}; no night has been recorded"
    )
    in_force(tmp_path)
    late = NOW + timedelta(hours=17)
    found = health(tmp_path, DAY, late)
    assert (found.exit_code, found.content["status"]) == (4, "critical")
    assert found.line.startswith("critical: no new plan for 27.0 h; run ")
    assert health(tmp_path, timedelta(hours=28), late).exit_code == 0
    expired = health(tmp_path, timedelta(days=30), NOW + timedelta(days=7))
    assert expired.exit_code == 4
    assert expired.line.startswith("critical: the plan in force has expired; run ")


def test_a_withdrawn_plan_is_none(tmp_path: Path) -> None:
    (tmp_path / "in_force.json").write_text('{"run": null, "withdrawn": {"run": "x"}}')
    night(tmp_path, GOOD_NIGHT)
    found = health(tmp_path, DAY, NOW)
    assert (found.exit_code, found.content["run"]) == (4, None)


def test_what_cant_be_read_or_was_changed_is_critical(tmp_path: Path) -> None:
    run = in_force(tmp_path)["run"]
    table = tmp_path / run / "schedule.csv"
    table.write_text("y")
    assert health(tmp_path, DAY, NOW).line == (
        f"critical: what is in force can't be read: {table}: was changed since it was put in force"
    )
    table.unlink()
    assert "schedule.csv: not readable: there is no such file" in health(tmp_path, DAY, NOW).line
    for text in ("{", "[]", '{"run": "x"}', "\0", '{"run": "x", "schedule_sha256": 1}'):
        (tmp_path / "in_force.json").write_text(text)
        with pytest.raises(Unreadable):
            standing(tmp_path)
        assert health(tmp_path, DAY, NOW).exit_code == 4


def test_a_naive_moment_is_not_guessed_at(tmp_path: Path) -> None:
    in_force(tmp_path, expires_utc="2026-12-09T00:00:00")
    with pytest.raises(Unreadable, match="has no time zone"):
        standing(tmp_path)


def test_a_broken_record_of_the_night_is_a_failed_night(tmp_path: Path) -> None:
    in_force(tmp_path)
    (tmp_path / "daily.json").write_text("{")
    found = health(tmp_path, DAY, NOW)
    assert found.exit_code == 3
    assert "the last night failed; run" in found.line
    assert "daily.json: not readable" in found.line


@pytest.mark.parametrize(
    ("text", "hours"),
    [("26h", 26), ("26", 26), ("1.5d", 36), (" 2d ", 48), ("0h", None), ("x", None), ("-1h", None)],
)
def test_ages(text: str, hours: float | None) -> None:
    assert age_of(text) == (None if hours is None else timedelta(hours=hours))


def test_a_monitor_loads_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import sys; from optimizer.cli import run_command; "
        f"code = run_command(['status', '--out', {str(tmp_path)!r}]);"
        "print(code, sorted({'pandas', 'numpy', 'pyomo', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("\n4 []\n")
