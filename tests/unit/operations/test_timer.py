"""The crontab line and the units: UTC, absolute, and whole whatever the names hold."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from optimizer.timer import Timer, crontab, how_to_enable, problems, service, texts, timer_unit

ODD = "/srv/a b%c/$HOME 'q' \"d\" \\n"
PLAIN = Timer(
    at="21:47",
    command=("/opt/dakhla/bin/dakhla", "daily", "--quiet"),
    folder=Path("/srv/dakhla"),
    user="planner",
)
TRICKY = Timer(
    at="03:07",
    command=("/opt/a b/dakhla", "daily", "--out", ODD),
    folder=Path("/srv/50% $x"),
    user="",
    environment_file=Path("/etc/my keys"),
)


def test_the_crontab_line_is_in_utc() -> None:
    lines = crontab(PLAIN).splitlines()
    assert lines[-2:] == [
        "CRON_TZ=UTC",
        "47 21 * * * cd /srv/dakhla && exec /opt/dakhla/bin/dakhla daily --quiet",
    ]
    assert all(line.startswith("#") for line in lines[:-2])


def test_cron_hands_the_shell_what_was_meant(tmp_path: Path) -> None:
    """Proves blanks, quotes, dollars and percent signs, by doing what cron does with its line.

    Cron ends the command at a percent sign that no backslash precedes, and takes that backslash
    away; the rest is the shell's.
    """
    line = crontab(TRICKY).splitlines()[-1]
    assert line.startswith("7 3 * * * ")
    assert line.count("%") == line.count(r"\%") == 2
    command = line.removeprefix("7 3 * * * ").replace(r"\%", "%")
    keys = tmp_path / "keys"
    keys.write_text("KEY='a b'\n")
    command = command.replace("'/etc/my keys'", str(keys)).replace("cd '/srv/50% $x'", "cd /")
    shown = command.replace("exec '/opt/a b/dakhla'", 'env | grep ^KEY= && printf "<%s>\\n"')
    assert shown != command
    done = subprocess.run(["sh", "-c", shown], capture_output=True, text=True, check=True)
    assert done.stdout == f"KEY=a b\n<daily>\n<--out>\n<{ODD}>\n"


def test_the_units_say_utc_persistent_and_a_random_delay() -> None:
    lines = timer_unit(PLAIN).splitlines()
    for line in ("OnCalendar=*-*-* 21:47:00 UTC", "Persistent=true", "RandomizedDelaySec=300"):
        assert line in lines
    unit = service(PLAIN).splitlines()
    assert 'ExecStart="/opt/dakhla/bin/dakhla" "daily" "--quiet"' in unit
    assert "User=planner" in unit
    assert "SuccessExitStatus=3 75" in unit
    own = service(TRICKY)
    assert "User=" not in own
    assert "EnvironmentFile=-/etc/my keys\n" in own
    assert "WorkingDirectory=/srv/50%% $x\n" in own


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """Proves that systemd itself finds nothing wrong with them, odd names included."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    executable = tmp_path / "50% a b" / "dakhla"
    executable.parent.mkdir()
    executable.write_text("#!/bin/sh\n")
    executable.chmod(0o755)
    made = Timer(
        at="03:07",
        command=(str(executable), "daily", "--out", ODD),
        folder=executable.parent,
        user="root",
    )
    for name, text in texts(made).items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "dakhla-daily.timer")],
        capture_output=True,
        text=True,
        check=False,
    )
    if "Failed to" in done.stderr and "bus" in done.stderr.lower():
        pytest.skip("systemd-analyze does not work in this container")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "at", ["7:00", "24:00", "12:60", "", "noon", "12:00:00", "\u0660\u0663:00"]
)
def test_a_time_of_day_is_two_and_two_digits(at: str) -> None:
    made = Timer(at=at, command=("/x",), folder=Path("/y"), user="")
    assert problems(made) == [f"--at = {at!r} is no time of day. Write HH:MM in UTC, e.g. 21:47."]


def test_what_no_line_can_hold_is_refused() -> None:
    made = Timer(at="03:07", command=("/x", "a\nb"), folder=Path("/y"), user="a b\nExecStart=/z")
    assert problems(made) == [
        "--user = 'a b\\nExecStart=/z' is no user's name. Give one of this machine.",
        "'a\\nb' can't stand in a crontab. Rename it.",
    ]
    odd = Timer(at="03:07", command=("/a'b/dakhla",), folder=Path("/y"), user="")
    assert problems(odd) == ["\"/a'b/dakhla\" can't be run by systemd. Install it elsewhere."]
    assert problems(PLAIN) == problems(TRICKY) == []


def test_how_to_enable_is_said_for_both_ways() -> None:
    said = how_to_enable(Path("/a b"), is_own=False)
    assert "sudo systemctl enable --now dakhla-daily.timer" in said.replace("daemon-reload && ", "")
    assert shlex.quote("/a b/dakhla.crontab") in said
    assert "systemctl --user" in how_to_enable(Path("/a b"), is_own=True)
