"""What else a folder of runs says of a month: how runs and nights ended, and the ledger's state."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.agreement.clause import Clause
from optimizer.agreement.ledger import Balance, balance_of, booked_clauses
from optimizer.agreement.windows import Window, window_of
from optimizer.json_log import LOG
from optimizer.ledger_file import read_ledger
from optimizer.registry import Registry, RegistryError, folders_only, registry
from optimizer.report.month_plans import Period
from optimizer.run_folder import RunRow

_MIDDAY = pd.Timedelta(hours=12)


def run_rows(out: Path) -> tuple[dict[str, RunRow], list[str]]:
    """Return every run a folder knows of, by name, and what could not be asked."""
    try:
        with registry(out) as found:
            return _rows(found)
    except RegistryError as error:
        with folders_only(out) as found:
            rows, notes = _rows(found)
        return rows, [*notes, str(error)]


def _rows(found: Registry) -> tuple[dict[str, RunRow], list[str]]:
    """Return the rows of a registry that is complete."""
    found.reconcile()
    return {row.id: row for row in found.runs()}, list(found.notes)


def begun(rows: Sequence[RunRow], period: Period) -> list[RunRow]:
    """Return the runs that were begun in a month, the oldest first."""
    known = [row for row in rows if row.started_utc]
    inside = [r for r in known if period.begin <= pd.Timestamp(r.started_utc) < period.end]
    return sorted(inside, key=lambda row: (row.started_utc, row.id))


@dataclass(frozen=True, kw_only=True, slots=True)
class NightEnd:
    """How one night ended, as its log has it."""

    night: str
    time_utc: pd.Timestamp
    exit_code: int
    message: str


def night_ends(out: Path, period: Period) -> list[NightEnd]:
    """Return how the nights of a month ended, as far as ``daily.log`` still goes back."""
    found: dict[str, NightEnd] = {}
    for path in sorted(out.glob(f"{LOG}*"), reverse=True):  # daily.log.5 is the oldest
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            end = _night_end(line)
            if end is not None and period.begin <= end.time_utc < period.end:
                found[end.night] = end
    return sorted(found.values(), key=lambda end: end.time_utc)


def _night_end(line: str) -> NightEnd | None:
    """Return the end of a night that a line of the log tells; none if it tells none."""
    try:
        said: Any = json.loads(line)
        return NightEnd(
            night=str(said["run"]),
            time_utc=pd.Timestamp(said["time_utc"]).tz_convert("UTC"),
            exit_code=int(said["exit_code"]),
            message=str(said["message"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):  # another line, or one cut short
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stand:
    """What a clause's window held when it ended, or when the month did."""

    balance: Balance
    at_utc: pd.Timestamp
    is_over: bool


def stands(out: Path, clauses: Sequence[Clause], period: Period, now: pd.Timestamp) -> list[Stand]:
    """Return each booked clause's windows that end in a month, and the one open at its end.

    A window in legal time may end some hours beside the month in UTC; the one that holds the
    midday of the month's last day is the last.
    """
    ledger, found = read_ledger(out), []
    for clause in booked_clauses(clauses):
        for window in _windows(clause.window, clause.time_zone, period):
            began, ends = clause.valid_part(window)
            last = min(ends, now, period.end)
            if began < last:
                balance = balance_of(clause, ledger, window, last)
                found.append(Stand(balance=balance, at_utc=last, is_over=last == ends))
    return found


def _windows(length: Any, time_zone: str, period: Period) -> list[Window]:
    """Return the windows of one length that end in a month, and the last that begins in it."""
    found = [window_of(day + _MIDDAY, length, time_zone) for day in period.days]
    by_key = {window.key: window for window in found}
    last = found[-1].key
    return [w for w in by_key.values() if w.end <= period.end or w.key == last]
