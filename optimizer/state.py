"""The opening state of a plan: one table of what the plant hands over at an hour.

Columns: ``time_utc, name, quantity, key, value``. `quantity` ends in its unit; `key` says which
one where there are several (a genset's hours in its status, a tariff month, a cohort of work).
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from models.errors import InputError
from models.files import plain_file, reason
from optimizer.phrases import phrase

FILE_MAX_BYTES = 10_000_000  # a row takes some 60 bytes, a plant has some hundred rows
COLUMNS = ("time_utc", "name", "quantity", "key", "value")


@dataclass(frozen=True, slots=True)
class StateRow:
    """One quantity of one part of the plant."""

    name: str
    quantity: str
    value: float
    key: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StateSource:
    """Where one value of an opening state comes from: for people, no part of a model."""

    name: str
    quantity: str
    key: str = ""
    value: float
    source: str  # in words: "metered 2026-11-22 21:45Z (2.2 h old), rolled by run ..."
    age_h: float | None  # from when it was known to the plan's start; none: it has no date


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """All rows at one moment, and where they come from."""

    time_utc: pd.Timestamp
    rows: tuple[StateRow, ...]
    origin: str
    sources: tuple[StateSource, ...] = field(default=(), compare=False)

    def find(self, name: str, quantity: str) -> list[StateRow]:
        """Return every row of `quantity` of the part called `name`."""
        return [row for row in self.rows if (row.name, row.quantity) == (name, quantity)]

    def value(self, name: str, quantity: str, default: float, key: str = "") -> float:
        """Return one value, or `default` (the site file's) where the table has no such row."""
        found = [row.value for row in self.find(name, quantity) if row.key == key]
        return found[0] if found else default

    def to_csv(self, path: Path) -> None:
        """Write the table, one row per quantity, values with all their digits."""
        frame = pd.DataFrame(
            [
                (f"{self.time_utc:%Y-%m-%dT%H:%M:%SZ}", r.name, r.quantity, r.key, repr(r.value))
                for r in self.rows
            ],
            columns=list(COLUMNS),
        )
        frame.to_csv(path, index=False, lineterminator="\n")


def sources_of(
    rows: Iterable[StateRow], source: str, age_h: float | None
) -> tuple[StateSource, ...]:
    """Return that all these rows come from one source, and are of one age [h]."""
    return tuple(
        StateSource(
            name=row.name,
            quantity=row.quantity,
            key=row.key,
            value=row.value,
            source=source,
            age_h=age_h,
        )
        for row in rows
    )


NOTHING_BEFORE = phrase("no earlier run, no --state")


def default_state(time_utc: pd.Timestamp, why: str = NOTHING_BEFORE) -> State:
    """Return the state that leaves every value to the site file."""
    return State(time_utc=time_utc, rows=(), origin=phrase("site file ({why})", {"why": why}))


def _is_hours(key: str) -> bool:
    """Return whether `key` is a number of hours, or empty: long."""
    return key == "" or 0 <= float(key) < math.inf


def _is_window(key: str) -> bool:
    """Return whether `key` is a cohort's arrival and deadline, or empty: no cohort."""
    if key == "":
        return True
    window, mark, ordinal = key.partition("#")  # #2 is a second cohort of one window
    arrival, deadline = (pd.Timestamp(part) for part in window.split("/"))
    return arrival.tzinfo is not None and arrival < deadline and ordinal.isdigit() == bool(mark)


def _is_moment(key: str) -> bool:
    """Return whether `key` is a moment with a zone."""
    return pd.Timestamp(key).tzinfo is not None


def _is_date(key: str) -> bool:
    """Return whether `key` is a month or a day."""
    return pd.Timestamp(key).strftime("%Y-%m-%d").startswith(key) and len(key) in (7, 10)


def _is_begin(key: str) -> bool:
    """Return whether `key` says when a window begins: a day, or a moment with a zone."""
    return _is_date(key) if len(key) <= 10 else _is_moment(key)  # 2026-03-02 has ten characters


_KEYS: dict[str, tuple[Callable[[str], bool], str]] = {  # what tells several rows apart
    "on_count": (_is_hours, "the hours the units have run, e.g. 1.5"),
    "off_count": (_is_hours, "the hours the units have rested, e.g. 1.5"),
    "backlog_mwh": (_is_window, "arrival/deadline, e.g. 2026-03-01T00:00Z/2026-03-02T00:00Z"),
    "rate_max_mw": (_is_window, "arrival/deadline, e.g. 2026-03-01T00:00Z/2026-03-02T00:00Z"),
    "running_h": (bool, "the job's name"),
    "done_count": (bool, "the job's name"),
    "worked_h": (_is_moment, "the window's beginning, e.g. 2026-03-01T00:00Z"),
    "month_peak_mw": (_is_date, "the month, e.g. 2026-03"),
    "demand_mwh": (_is_date, "the month, e.g. 2026-03"),
    "shed_mwh": (_is_date, "the month, e.g. 2026-03"),
    "delivered_mwh": (_is_begin, "a week's Monday or a window's begin, e.g. 2026-03-02T12:00Z"),
    "segment_energy_mwh": (str.isdigit, "the segment, 1 the shallowest"),
}


def _is_ledger_key(key: str) -> bool:
    """Return whether `key` is a year, a month or a day."""
    return _is_date(key) or (len(key) == 4 and key.isdigit())


_LEDGER = re.compile(r"^(used|excess|delivered|price_mad_per)_[a-z0-9]+$")  # balances of clauses
_SIGNED = re.compile(r"^excess_")  # a share's balance may be a reserve


def _key_problem(quantity: str, key: str) -> list[str]:
    """Return that `key` is none for `quantity`, if so."""
    default = (lambda text: text == "", "nothing")
    if _LEDGER.match(quantity):
        default = (_is_ledger_key, "the window, e.g. 2026, 2026-03 or its first day, 2026-03-02")
    is_key, words = _KEYS.get(quantity, default)
    try:
        is_good = is_key(key)
    except (ValueError, TypeError):
        is_good = False
    return [] if is_good else [f"key = {key!r} is none of {quantity}'s. Give {words}."]


def read_state(path: Path, time_utc: pd.Timestamp, known: Iterable[tuple[str, str]]) -> State:
    """Read a state file and check every row; `known` lists the (name, quantity) pairs of the site.

    Raises
    ------
    InputError
        The file is missing or not such a table, or a row is unknown, repeated or not a number.
    """
    try:
        plain_file(path, FILE_MAX_BYTES)
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        what = f"{path}: not readable as a state table: {reason(error)}."
        raise InputError([f"{what} Give a CSV with {','.join(COLUMNS)}."]) from error
    if tuple(frame.columns) != COLUMNS:
        expected = ",".join(COLUMNS)
        raise InputError(
            [f"{path}: columns = {','.join(frame.columns)} is not {expected}. Give those."]
        )
    problems, rows, pairs = [], [], set(known)
    for number, record in enumerate(frame.to_dict("records"), start=2):
        row, wrong = _row({str(k): str(v) for k, v in record.items()}, time_utc, pairs)
        where = f"{path}: line {number}"
        problems += [f"{where}: {text}" for text in wrong]
        if row is not None:
            rows.append(row)
    seen = [(r.name, r.quantity, r.key) for r in rows]
    problems += [
        f"{path}: {name} {quantity} {key} appears twice. Keep one row."
        for name, quantity, key in sorted({s for s in seen if seen.count(s) > 1})
    ]
    if problems:
        raise InputError(problems)
    return State(
        time_utc=time_utc, rows=tuple(rows), origin=phrase("state file {name}", {"name": path.name})
    )


def _row(
    record: dict[str, str], time_utc: pd.Timestamp, known: set[tuple[str, str]]
) -> tuple[StateRow | None, list[str]]:
    """Return the checked row of one record, and what is wrong with it."""
    stamp, name, quantity, key, text = (record[column] for column in COLUMNS)
    wrong = []
    if (name, quantity) not in known:
        names = ", ".join(sorted(f"{n} {q}" for n, q in known))
        wrong.append(f"{name} {quantity}: the site has no such quantity. It has: {names}.")
    try:
        if pd.Timestamp(stamp) != time_utc:
            wrong.append(
                f"time_utc = {stamp} is not the plan's start {time_utc:%Y-%m-%dT%H:%MZ}. "
                "Give the state at that moment."
            )
    except (ValueError, TypeError):
        wrong.append(f"time_utc = {stamp!r} is not a UTC moment. Write 2026-03-01T00:00:00Z.")
    wrong += _key_problem(quantity, key)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    lowest = -math.inf if _SIGNED.match(quantity) else 0.0
    if not (lowest <= value < math.inf) or math.isinf(value):
        wrong.append(f"value = {text!r} is not a number >= 0. Give a number.")
    return (None if wrong else StateRow(name, quantity, value, key)), wrong
