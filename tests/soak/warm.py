"""A process that has loaded everything and solved nothing, and forks a child for each task.

A child is a whole nightly run from the lock to the last line, without the seconds of imports; it
can be killed, limited or run beside others. Tasks come as JSON lines on standard input, results go
as JSON lines to standard output. No solver has run in the parent, so that a fork is sound.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0


class Warm:
    """The other side: starts the process, hands out tasks."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.soak.warm"]
        environment = {k: v for k, v in os.environ.items() if k != "DAKHLA_REGISTRY_URL"}
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment | {"PYTHONWARNINGS": "ignore"},
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def run(self, *tasks: dict[str, Any]) -> list[dict[str, Any]]:
        """Run tasks at the same time; return exit code (negative: signal) and work of each."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(tasks) + "\n")
        self._process.stdin.flush()
        return list(json.loads(self._process.stdout.readline()))


def serve() -> None:
    """Answer lines of tasks until standard input ends."""
    _warm_up()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(_together(json.loads(line))), flush=True)


def _warm_up() -> None:
    """Load what a night loads, and state a model once; only the solver stays untouched."""
    import optimizer.nightly  # noqa: F401 - this is what the process is warm with
    from optimizer.api import build
    from optimizer.matrices import compile_model

    compile_model(build(start="2026-12-01T00:00Z", horizon="3h@1h").model)


def _together(tasks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fork a child for each task, kill those that are to be killed, and wait for all."""
    began = time.monotonic()
    children = {_fork(task): task for task in tasks}
    ended: dict[int, dict[str, Any]] = {}
    while len(ended) < len(children):
        since = time.monotonic() - began
        for pid, task in children.items():
            if pid in ended:
                continue
            done, status, used = os.wait4(pid, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                ended[pid] = {"code": code, "work_s": used.ru_utime + used.ru_stime}
            elif since > PATIENCE_S or _work_s(pid) >= task.get("kill_at_work_s", PATIENCE_S):
                time.sleep(task.get("kill_late_s", 0.0))
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)
    return [ended[pid] for pid in children]


def _work_s(pid: int) -> float:
    """Return the processor time a process has used: the same on an idle and on a busy machine."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _fork(task: dict[str, Any]) -> int:
    """Return the process of a child that does a task and never comes back."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 99
    try:
        os.close(0)
        null = os.open(task.get("log", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(null, stream)
        if task.get("file_max_bytes"):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            limit = int(task["file_max_bytes"])
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        code = _do(task)
    finally:
        os._exit(code)


def _do(task: dict[str, Any]) -> int:
    """Run a night or a plan, and return its exit code."""
    import pandas as pd

    from optimizer.api import plan
    from optimizer.night import Night
    from optimizer.nightly import guarded_night
    from optimizer.plan import exit_code

    now = pd.Timestamp(task["now"])
    folder = Path(task["folder"])
    site, agreement, out = folder / "site.toml", folder / "agreement.toml", Path(task["out"])
    start = now.ceil("D")
    if task["do"] == "plan":
        made = plan(site, start=start, agreement=agreement, out=out, now=now)
        return exit_code(made)
    night = Night(
        id=task["id"],
        now=now,
        start=start,
        out=out,
        site=site,
        agreement=agreement,
        is_strict=bool(task.get("is_strict")),
        has_page=False,  # cold nights write theirs
    )
    return guarded_night(night, os.environ).exit_code


if __name__ == "__main__":
    serve()
