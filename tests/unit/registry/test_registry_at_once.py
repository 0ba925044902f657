"""Several writers and readers at once, on both databases; a writer killed; a registry lost."""

import os
import signal
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from optimizer.registry import RunRow, registry
from tests.unit.registry.conftest import FACTS, NOW, run_name, write_folder

WRITERS, ROWS = 4, 50
ENDLESS = """
import sys
from pathlib import Path
from optimizer.registry import RunRow, registry
from tests.unit.registry.conftest import FACTS, NOW, run_name

out, url = Path(sys.argv[1]), sys.argv[2] or None
for number in range(1_000_000):
    with registry(out, url) as found:
        found.started(run_name(number), FACTS, NOW)
        found.ended(RunRow(id=run_name(number), state="failed", exit_code=5))
    print(number, flush=True)
"""


def write_rows(out: Path, url: str | None, writer: int) -> None:
    """Register runs as nightly runs would: each opens the registry, begins and ends."""
    for number in range(writer * ROWS, (writer + 1) * ROWS):
        with registry(out, url) as found:
            found.started(run_name(number), FACTS, NOW)
            found.ended(RunRow(id=run_name(number), state="failed", exit_code=5))


@pytest.fixture(scope="module")
def processes():
    """Return processes that were started afresh, as cron's are."""
    with get_context("spawn").Pool(WRITERS) as pool:
        yield pool


def test_writers_and_a_reader_at_once_lose_nothing(url, tmp_path, processes):
    writers = [processes.apply_async(write_rows, (tmp_path, url, n)) for n in range(WRITERS)]
    counts = [0]
    with registry(tmp_path, url) as found:
        while not all(writer.ready() for writer in writers):
            counts.append(len(found.runs()))
            time.sleep(0.02)  # the others are to get on, too
        rows = found.runs()
    for writer in writers:
        writer.get()
    assert counts == sorted(counts)
    assert len(set(counts)) > WRITERS
    assert {row.id for row in rows} == {run_name(number) for number in range(WRITERS * ROWS)}
    assert {(row.state, row.exit_code, row.site) for row in rows} == {("failed", 5, "small plant")}
    assert len({row.pid for row in rows}) > 1


def test_a_writer_killed_leaves_all_that_it_had_written(url, tmp_path):
    """Proves what was acknowledged is there, the registry is whole, and the next one can write."""
    calls = [sys.executable, "-c", ENDLESS, str(tmp_path), url or ""]
    with subprocess.Popen(calls, stdout=subprocess.PIPE, text=True) as writer:
        said = [int(writer.stdout.readline()) for _ in range(20)]
        os.kill(writer.pid, signal.SIGKILL)
        said += [int(line) for line in writer.stdout if line.endswith("\n")]
    with registry(tmp_path, url) as found:
        ended = {row.id for row in found.runs() if row.state == "failed"}
        assert ended >= {run_name(number) for number in said}
        assert len(found.abandon_dead(NOW)) <= 1
        found.started(run_name(2_000_000), FACTS, NOW)
        states = [row.state for row in found.runs()]
    assert states.count("started") == 1
    assert len(states) - len(said) in (1, 2)


def test_the_first_two_processes_make_one_registry(url, tmp_path, processes):
    """Proves tables are made once where several find none."""
    outs = [tmp_path / str(number) for number in range(5)]
    for out in outs:
        write_folder(out, int(out.name))
        made = [processes.apply_async(reconciled, (out, url)) for _ in range(WRITERS)]
        assert [one.get(60) for one in made] == [[run_name(int(out.name))]] * WRITERS


def reconciled(out: Path, url: str | None) -> list[str]:
    """Return the runs of a registry, completed from the folders."""
    with registry(out, url) as found:
        found.reconcile()
        return [row.id for row in found.runs()]
