"""What goes to which stream, in colour or not, with which exit code, when things go wrong."""

import errno
import importlib
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from optimizer.cli_options import first_day
from optimizer.errors import (
    AuditFailed,
    Infeasible,
    ModelError,
    SolverGaveNothing,
    Stopped,
    WeatherError,
)
from tests.end_to_end.conftest import Place, Said

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "optimizer.cli"]

FAILURES = {
    "no weather": (WeatherError("It ends too early. Give other."), 4, "no_weather"),
    "nothing found": (SolverGaveNothing("Nothing in 5 s. Raise it."), 5, "no_solution"),
    "audit failed": (AuditFailed("2026-07-01 00:00Z  a rule: exceeded by 1"), 6, "audit_failed"),
    "infeasible": (Infeasible("No schedule.", ["a", "b"], Path("x-diagnostic")), 7, "infeasible"),
    "bug": (ModelError(["model: a NaN"]), 70, "bug"),
    "another bug": (KeyError("x"), 70, "bug"),
    "lost file": (FileNotFoundError(errno.ENOENT, "No such file", "x"), 70, "bug"),
    "disk full": (OSError(errno.ENOSPC, "No space left on device", "x"), 2, "not_writable"),
    "stopped": (Stopped(15), 143, "stopped"),
    "Ctrl-C": (Stopped(2), 130, "stopped"),
}


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Return what makes every plan end in an error."""

    def prepare(error: Exception) -> None:
        def made(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(importlib.import_module("optimizer.api"), "plan", made)

    return prepare


@pytest.mark.parametrize(("error", "code", "status"), FAILURES.values(), ids=FAILURES.keys())
def test_each_failure_has_its_code_and_status(
    place: Place, fails: Callable[[Exception], None], error: Exception, code: int, status: str
) -> None:
    fails(error)
    said = place.plan("--json")
    assert (said.code, said.answer["exit_code"], said.answer["status"]) == (code, code, status)
    assert said.answer["problems"] == [said.answer["message"]]
    assert said.err == f"dakhla: {said.answer['message']}\n"
    plain = place.plan("--quiet")
    assert (plain.code, plain.out, plain.err) == (code, "", said.err)


def test_an_infeasible_plan_names_the_clash_and_the_diagnostic(
    place: Place, fails: Callable[[Exception], None]
) -> None:
    fails(FAILURES["infeasible"][0])
    answer = place.plan("--json").answer
    assert answer["clash"] == ["a", "b"]
    assert answer["diagnostic_dir"] == "x-diagnostic"


def test_a_bug_says_where_to_report_it_and_shows_its_trace_on_demand(
    place: Place, fails: Callable[[Exception], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves one line without DAKHLA_DEBUG=1, and the traceback with it."""
    fails(RuntimeError("the first line\nthe second"))
    monkeypatch.delenv("DAKHLA_DEBUG", raising=False)
    said = place.plan()
    assert said.err.count("\n") == 1
    assert said.err.startswith("dakhla: RuntimeError: the first line. This is a fault of the ")
    assert "report it as an issue of dakhla-optimizer" in said.err
    monkeypatch.setenv("DAKHLA_DEBUG", "1")
    assert "Traceback (most recent call last)" in place.plan().err


def test_a_degraded_plan_is_shown_and_says_why(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    importlib.import_module("optimizer.plan")
    monkeypatch.setattr(sys.modules["optimizer.plan"], "exit_code", lambda _: 3)
    said = place.plan("--quiet")
    assert said.code == 3
    assert "Run: " in said.out
    assert "(exit 3)" in said.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "Missing command"),
        (["plant"], "No such command 'plant'"),
        (["plan", "--sight", "x"], "No such option: --sight"),
        (["plan", "--date"], "--date"),
        (["audit"], "RUN"),
        (
            ["schema", "moon"],
            "topic = 'moon' is unknown. Give one of site, agreement, weather, capacity.",
        ),
    ],
)
def test_usage_errors_are_one_message_and_exit_2(
    call: Callable[[list[str]], Said], arguments: list[str], word: str
) -> None:
    said = call(arguments)
    assert (said.code, said.out) == (2, "")
    assert word in said.err
    assert said.err.startswith("dakhla: ")
    assert call([*arguments, "--json"]).code == 2 if arguments else True


def test_out_may_not_lead_through_a_file(place: Place) -> None:
    """Proves that a file in the way is seen before anything is planned."""
    place.path("runs").write_text("")
    said = place.plan("--json")
    assert said.code == 2
    assert said.answer["problems"] == [
        f"--out = {place.out} leads through {place.out}, which is a file. Give a folder."
    ]
    below = place.call(["plan", "--out", str(place.out / "deep" / "down"), "--json"])
    assert below.code == 2
    assert "which is a file" in below.err


def in_terminal(arguments: list[str], **environment: str) -> bytes:
    """Return what a command prints on a terminal."""
    ours, theirs = pty.openpty()
    kept = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=kept | {"TERM": "xterm", "COLUMNS": "100"} | environment,
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(ours, 65536):
            seen += chunk
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(ours)
    process.communicate()
    return seen


def test_colour_is_for_terminals_that_want_it(tmp_path: Path) -> None:
    """Proves colour on a terminal, and not one escape with NO_COLOR or a dumb terminal."""
    day = ["plan", "--date", "2027-07-01", "--horizon", "6h@1h", "--no-page", f"--out={tmp_path}"]
    coloured = in_terminal(day)
    assert b"SYNTHETIC" in coloured
    assert b"\x1b[" in coloured
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = in_terminal(day, **environment)
        assert b"SYNTHETIC" in plain
        assert b"\x1b" not in plain


def test_whoever_closes_the_pipe_has_read_enough() -> None:
    """Proves `dakhla schema site | head -1` ends without a word of the broken pipe."""
    first = f"{sys.executable} -m optimizer.cli schema site"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {first} | head -1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


def test_a_terminal_without_letters_still_shows_the_plan(place: Place, tmp_path: Path) -> None:
    """Proves that a name which the terminal's alphabet lacks does not end in a traceback."""
    place.edit("site.toml", "small plant", "Ad-Dāḫla ☀")
    options = ["--site", "site.toml", "--agreement", "agreement.toml", "--date", "2026-07-01"]
    done = subprocess.run(
        [*COMMAND, "plan", *options],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"Ad-D?" in done.stdout


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys; from optimizer.cli import run_command; run_command(['plan', '--help']);"
        "print(sorted({'pandas', 'numpy', 'pyomo', 'highspy', 'pvlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("[]\n")


def test_the_default_day_is_tomorrow_in_utc() -> None:
    late = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert first_day(None, late) == (date(2027, 1, 1), [])
    assert first_day("2026-02-28", late) == (date(2026, 2, 28), [])
