"""Ctrl-C and SIGTERM: the best schedule so far is kept, or nothing at all; nothing in between."""

import importlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from optimizer.cli import run_command
from optimizer.reference import reference_file

ROOT = Path(__file__).parents[2]
PROMISE_S = 2.0
BUSY_S = 4.0  # what a machine that does other things may take on top
PATIENCE_S = 60.0


@dataclass(slots=True)
class Watched:
    """A plan in a process of its own, whose standard error is a terminal."""

    process: subprocess.Popen[bytes]
    terminal: int
    seen: bytes = b""

    def wait_for(self, word: bytes) -> None:
        """Read what a person would see until `word` is there."""
        deadline = time.monotonic() + PATIENCE_S
        while word not in self.seen:
            assert time.monotonic() < deadline, self.seen[-500:]
            if select.select([self.terminal], [], [], 0.1)[0]:
                self.seen += os.read(self.terminal, 4096)

    def stop(self, number: int) -> tuple[int, float]:
        """Send a signal; return the exit code and how long it took."""
        started = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        return code, time.monotonic() - started


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """Start a plan that is not solved for minutes: the default plant in quarter hours, no gap."""
    text = reference_file("site.toml").read_text().replace("mip_gap_pu = 1e-4", "mip_gap_pu = 0.0")
    (tmp_path / "site.toml").write_text(text)
    command = [sys.executable, "-m", "optimizer.cli", "plan", "--site", "site.toml", "--json"]
    command += ["--date", "2026-12-01", "--horizon", "96h@15min+72h@1h"]
    ours, theirs = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"}
    with (tmp_path / "answer.json").open("wb") as answer:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=answer, stderr=theirs
        )
    os.close(theirs)
    yield Watched(process, ours)
    process.kill()
    process.wait()
    os.close(ours)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_best_schedule_so_far_is_audited_and_kept(
    watched: Watched, tmp_path: Path, call: Callable, number: int, code: int
) -> None:
    """Proves a stop within 2 s, a run that passes its audit, and that it is not the latest.

    Until then a person has seen each stage, the best cost and the gap.
    """
    watched.wait_for(b"best so far")
    for word in (b"reading", b"weather", b"model", b"solving", b"MAD, gap", b"\x1b[2K"):
        assert word in watched.seen
    ended, seconds = watched.stop(number)
    assert ended == code
    assert seconds < PROMISE_S + BUSY_S
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert (answer["status"], answer["exit_code"]) == ("interrupted", code)
    assert answer["mip_gap_pu"] is None or 0 <= answer["mip_gap_pu"] < 1
    folder = tmp_path / answer["run_dir"]
    assert {path.name for path in folder.parent.iterdir()} == {folder.name, "registry.sqlite"}
    assert json.loads((folder / "kpis.json").read_text())["status"] == "interrupted"
    assert call(["audit", str(folder)]).code == 0


def test_before_there_is_a_schedule_nothing_is_written(watched: Watched, tmp_path: Path) -> None:
    watched.wait_for(b"loading")
    ended, seconds = watched.stop(signal.SIGTERM)
    assert ended == 143
    assert seconds < PROMISE_S
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert (answer["status"], answer["exit_code"]) == ("stopped", 143)
    assert not (tmp_path / "runs").exists()


def test_a_signal_while_files_are_written_takes_them_back(
    place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that a half-written run is removed when a signal strikes inside the writing."""

    def strike(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(PATIENCE_S)  # the signal is delivered before this has passed

    importlib.import_module("optimizer.publishing")
    monkeypatch.setattr(sys.modules["optimizer.publishing"], "write_schedule", strike)
    assert place.plan("--json").code == 143
    assert [path.name for path in place.out.iterdir()] == ["registry.sqlite"]


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert run_command(["schema", "site"]) == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
