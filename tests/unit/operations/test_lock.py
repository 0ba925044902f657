"""One night at a time, one change at a time, and a killed holder holds nothing."""

import errno
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from models.errors import InputError
from optimizer import lock
from optimizer.lock import AnotherRunHolds, held_h, one_change, one_night

ROOT = Path(__file__).parents[3]
NOW = pd.Timestamp("2026-12-01T21:47Z")
HOLDER = """
import sys, time
from pathlib import Path
import pandas as pd
from optimizer.lock import one_night
with one_night(Path(sys.argv[1]), "dakhla daily for 2026-12-02", pd.Timestamp(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_night_leaves_at_once_and_names_who_is_there(tmp_path: Path) -> None:
    """Proves exit 75 in well under a second, and a sentence with process, command and since."""
    with one_night(tmp_path, "dakhla daily for 2026-12-02", NOW):
        began = time.monotonic()
        with pytest.raises(AnotherRunHolds) as caught, one_night(tmp_path, "x", NOW):
            pass
        assert time.monotonic() - began < 0.5
    assert caught.value.exit_code == 75
    assert str(caught.value) == (
        f"{tmp_path}: another run holds the lock: dakhla daily for 2026-12-02, process "
        f"{os.getpid()} on {os.uname().nodename}, since 2026-12-01T21:47:00Z. Wait until it has "
        "ended, or end it."
    )


def test_afterwards_the_lock_is_free_and_nobody_is_named(tmp_path: Path) -> None:
    for _ in range(2):
        with one_night(tmp_path, "x", NOW):
            assert held_h(tmp_path, NOW + pd.Timedelta(hours=5)) == 5.0
        assert held_h(tmp_path, NOW) == 0.0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 7}'])
def test_a_broken_note_of_the_holder_costs_its_name_only(tmp_path: Path, content: str) -> None:
    with one_night(tmp_path, "x", NOW):
        (tmp_path / ".lock.json").write_text(content)
        assert held_h(tmp_path, NOW) == 0.0
        with pytest.raises(AnotherRunHolds) as caught, one_night(tmp_path, "y", NOW):
            pass
    assert str(caught.value) == (
        f"{tmp_path}: another run holds the lock. Wait until it has ended."
    )


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    """Proves that nothing has to be cleared away after a SIGKILL, in another process."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path), str(NOW)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        named = f"process {process.pid} "
        with pytest.raises(AnotherRunHolds, match=named), one_night(tmp_path, "x", NOW):
            pass
        process.kill()
    with one_night(tmp_path, "x", NOW):
        assert json.loads((tmp_path / ".lock.json").read_text())["pid"] == os.getpid()


def test_a_change_waits_and_then_says_so(tmp_path: Path) -> None:
    """Proves the wait for a change, that a night does not stand in its way, and its sentence."""
    with one_night(tmp_path, "x", NOW), one_change(tmp_path):
        began = time.monotonic()
        with pytest.raises(AnotherRunHolds) as caught, one_change(tmp_path, wait_s=0.2):
            pass
        assert time.monotonic() - began >= 0.2
    assert str(caught.value) == (
        f"{tmp_path}: another run has been changing it for 0.2 s. Try again; if it does not end, "
        "look for a stopped dakhla process."
    )


def test_changes_exclude_each_other_though_their_file_comes_and_goes(tmp_path: Path) -> None:
    """Proves with six threads that add to a number in a file 20 times each: 120, and no file."""
    number = tmp_path / "number"
    number.write_text("0")

    def add() -> None:
        for _ in range(20):
            with one_change(tmp_path):
                value = int(number.read_text())
                time.sleep(0.0005)
                number.write_text(str(value + 1))

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert number.read_text() == "120"
    assert [path.name for path in tmp_path.iterdir()] == ["number"]


def test_a_disk_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock.FileLock, "acquire", refuse)
    with pytest.raises(InputError) as caught, one_change(tmp_path):
        pass
    assert caught.value.problems == [
        f"--out = {tmp_path} is on a file system without locks. Give a folder on a local disk."
    ]


def test_a_full_disk_is_no_reason_to_leave(tmp_path: Path) -> None:
    (tmp_path / ".lock.json").symlink_to("/dev/full")
    with one_night(tmp_path, "x", NOW):
        assert held_h(tmp_path, NOW) == 0.0
