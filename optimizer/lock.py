"""One nightly run at a time in a folder of runs, and one change at a time to what it shares.

``.lock`` is held by `dakhla daily` from beginning to end: a second one leaves at once. ``.change``
is held only while shared files are replaced (ledger, latest, in force), so that a person who plans
while the night runs neither waits for it nor stands in its way. The operating system frees both
when their holder dies, however it dies.
"""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from models.errors import InputError
from models.files import plain_file
from optimizer.errors import DakhlaError

NIGHT, CHANGE = ".lock", ".change"
HOLDER_MAX_BYTES = 10_000
CHANGE_WAIT_S = 30.0  # a change takes milliseconds, on a slow network disk perhaps a second


class AnotherRunHolds(DakhlaError):  # noqa: N818 (a sentence: what happened)
    """Another run holds the lock."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h: try again later


@contextmanager
def one_night(out: Path, command: str, now: pd.Timestamp) -> Iterator[None]:
    """Hold the lock of the nightly run in `out`, and say beside it who does.

    Raises
    ------
    AnotherRunHolds
        Another run does, by name where that is known.
    InputError
        The file system knows no locks.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _held(out / NIGHT, 0.0):
        with suppress(OSError):  # a full disk is not what a lock is for
            who = {
                "pid": os.getpid(),
                "host": os.uname().nodename,
                "command": command,
                "since_utc": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            }
            _holder_file(out).write_text(json.dumps(who), encoding="utf-8")
        try:
            yield
        finally:
            _holder_file(out).unlink(missing_ok=True)


@contextmanager
def one_change(out: Path, wait_s: float = CHANGE_WAIT_S) -> Iterator[None]:
    """Hold the lock of what all runs in `out` share, waiting for whoever is changing it.

    Raises
    ------
    AnotherRunHolds
        Somebody takes longer than `wait_s`.
    InputError
        The file system knows no locks.
    """
    with _held(out / CHANGE, wait_s):
        try:
            yield
        finally:  # safe: whoever gets the lock of a file that has no name any more tries again
            (out / CHANGE).unlink(missing_ok=True)


@contextmanager
def _held(path: Path, wait_s: float) -> Iterator[None]:
    """Hold the lock `path`."""
    # A soft lock would outlive a killed holder, and that is worse than none.
    lock = FileLock(path, timeout=wait_s, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise AnotherRunHolds(_who_holds(path, wait_s)) from None
    except OSError as error:
        if error.errno in _LOCKLESS:
            raise InputError([_NO_LOCKS.format(path.parent)]) from error
        raise
    try:
        yield
    finally:
        lock.release()


_LOCKLESS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}  # as network disks answer
_NO_LOCKS = "--out = {} is on a file system without locks. Give a folder on a local disk."


def _holder_file(out: Path) -> Path:
    """Return where it is written who holds the lock of the night."""
    return out / f"{NIGHT}.json"


def holder(out: Path) -> dict[str, str]:
    """Return who holds or last held the lock of the night, as texts; empty where unknown."""
    try:
        path = plain_file(_holder_file(out), HOLDER_MAX_BYTES)
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    known = content if isinstance(content, dict) else {}
    return {key: str(value) for key, value in known.items()}


def _who_holds(path: Path, wait_s: float) -> str:
    """Return a sentence: who holds `path`, since when, and what to do."""
    if path.name == CHANGE:
        return (
            f"{path.parent}: another run has been changing it for {wait_s:g} s. Try again; if it "
            "does not end, look for a stopped dakhla process."
        )
    known = holder(path.parent)
    if not known.keys() >= {"pid", "host", "command", "since_utc"}:
        return f"{path.parent}: another run holds the lock. Wait until it has ended."
    return (
        f"{path.parent}: another run holds the lock: {known['command']}, process {known['pid']} on "
        f"{known['host']}, since {known['since_utc']}. Wait until it has ended, or end it."
    )


def held_h(out: Path, now: pd.Timestamp) -> float:
    """Return for how long the lock of the night has been held, as far as is known [h]."""
    with suppress(ValueError, KeyError):
        since = pd.Timestamp(holder(out)["since_utc"])
        return float((now - since) / pd.Timedelta(hours=1))
    return 0.0


__all__ = ["AnotherRunHolds", "held_h", "holder", "one_change", "one_night"]
