"""A run that is written down: begun, published or failed, in the registry of its folder.

The registry serves the people who ask for runs; a plan never fails because of it. What can't be
written is said in a warning, and made good from the run folders next time.
"""

import importlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from optimizer.failures import failure_of
from optimizer.left_overs import sweep
from optimizer.run_facts import Facts
from optimizer.run_folder import DIAGNOSTIC, RunRow, row_of, stamp

if TYPE_CHECKING:
    from optimizer.registry import Registry

_INTERRUPTED = 130  # as shells have it
_LOG = logging.getLogger(__name__)


@contextmanager
def recorded(out: Path, run_id: str, facts: Facts, now: pd.Timestamp) -> Iterator[None]:
    """Write down in the registry of `out` that a run begins, and how it ends.

    What is done inside publishes the folder ``out/run_id``; if it raises, the run has failed.
    Runs that were cut off before are closed, and the registry is completed from the folders.
    """
    began = time.monotonic()

    def begin(found: "Registry") -> None:
        found.abandon_dead(now)
        found.reconcile()
        sweep(out, now)
        found.started(run_id, facts, now)

    _try(out, begin)
    try:
        yield
    except BaseException as error:
        ended = stamp(now + pd.Timedelta(seconds=time.monotonic() - began))
        row = _failed(out, run_id, error)
        _try(out, lambda found: found.ended(replace(row, ended_utc=ended)))
        raise
    ended = stamp(now + pd.Timedelta(seconds=time.monotonic() - began))
    _try(out, lambda found: found.ended(replace(row_of(out / run_id), ended_utc=ended)))


def failed_early(
    out: Path, run_id: str, error: Exception, now: pd.Timestamp, *, site: str, kind: str
) -> None:
    """Write down a run that failed before it could begin: there was no weather to plan with."""
    row = replace(_failed(out, run_id, error), site=site, kind=kind, started_utc=stamp(now))
    _try(out, lambda found: found.ended(replace(row, ended_utc=stamp(now))))


def mirrored(out: Path, url: str | None = None) -> None:
    """Complete the registry of `out` after a change of what is in force."""
    _try(out, lambda found: found.reconcile(), url)


def _failed(out: Path, run_id: str, error: BaseException) -> RunRow:
    """Return how a run that raised has ended."""
    failure = failure_of(error)
    folder = f"{run_id}{DIAGNOSTIC}"
    return RunRow(
        id=run_id,
        state="failed",
        exit_code=_INTERRUPTED if isinstance(error, KeyboardInterrupt) else failure.exit_code,
        message=" ".join("; ".join(failure.problems).split()),
        folder=folder if (out / folder).is_dir() else None,
    )


def _try(out: Path, work: "Callable[[Registry], object]", url: str | None = None) -> None:
    """Do something with the registry; say so if it does not work, and go on."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        # 0.2 s of libraries that a plan without a folder, and every other command, do without
        module = importlib.import_module("optimizer.registry")
        with module.registry(out, url) as found:
            work(found)
    except Exception as error:  # noqa: BLE001 - no fault of the registry may lose a plan
        _LOG.warning("%s The run itself is not concerned; this is made good.", _sentence(error))


def _sentence(error: Exception) -> str:
    """Return what went wrong with the registry."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text if text.startswith("registry: ") else f"registry: not written: {text}."
