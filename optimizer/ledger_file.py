"""The ledger on disk: ``DIR/ledger.csv`` beside the runs, and meter readings to correct it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from models.errors import InputError
from models.files import plain_file, reason
from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Clause
from optimizer.agreement.ledger import (
    METER,
    Entry,
    booked,
    booked_clauses,
    planned_entries,
    with_hour_begun,
)
from optimizer.audit import Published, clauses_in_force
from optimizer.base_run import Base
from optimizer.inputs import moments
from optimizer.store import write_text

LEDGER = "ledger.csv"
FILE_MAX_BYTES = 100_000_000  # an hour of a clause takes some 80 bytes
COLUMNS = ("article", "from_utc", "until_utc", "amount", "unit", "source", "note")
READING_COLUMNS = ("article", "from_utc", "until_utc", "amount", "unit")
_FORM = "%Y-%m-%dT%H:%M:%SZ"


def read_ledger(out: Path | None) -> list[Entry]:
    """Return the ledger kept in a folder of runs; empty where there is none.

    Raises
    ------
    InputError
        The file is not as it was written.
    """
    path = out / LEDGER if out is not None else None
    if path is None or not path.is_file() or path.stat().st_size == 0:
        return []
    frame = _typed(path, COLUMNS)
    return [
        Entry(
            name=name_of(str(row["article"])),
            from_utc=row["from_utc"],
            until_utc=row["until_utc"],
            amount=float(row["amount"]),
            unit=str(row["unit"]),
            source=str(row["source"]),
            note=str(row["note"]),
        )
        for row in frame.to_dict("records")
    ]


def write_ledger(out: Path, ledger: Sequence[Entry]) -> Path:
    """Replace the ledger of a folder of runs at once."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / LEDGER
    rows = [
        (
            article_of(e.name),
            e.from_utc.strftime(_FORM),
            e.until_utc.strftime(_FORM),
            repr(e.amount),
            e.unit,
            e.source,
            e.note,
        )
        for e in ledger
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    write_text(path, frame.to_csv(index=False, lineterminator="\n"))
    return path


def book_run(
    out: Path,
    run_id: str,
    published: Published,
    binding_h: float = 24.0,
    base: Base | None = None,
) -> None:
    """Book the hours a run binds in the ledger of its folder, in the place of an earlier run's.

    Of an hour in which `base` is planned again, what had passed of it stays as planned before.
    """
    clauses = clauses_in_force(published)
    if not booked_clauses(clauses):
        return
    table, given = published.table, published.given
    entries = planned_entries(clauses, table, given, run_id, binding_h)
    start, ledger = given.horizon.start, read_ledger(out)
    if base is not None and start != start.floor("h"):
        rest = base.rest
        left = planned_entries(clauses, rest.table, rest.given, base.run, binding_h)
        entries = with_hour_begun(entries, ledger, left, base.run)
    write_ledger(out, booked(ledger, entries, start.floor("h"), binding_h))


def name_of(article: str) -> str:
    """Return a clause's name from its article: art_3_2 of 3.2."""
    return "art_" + article.replace(".", "_").lower()


def article_of(name: str) -> str:
    """Return the article as a name has it: 3.2 of art_3_2."""
    return name.removeprefix("art_").replace("_", ".")


def read_readings(
    path: Path, clauses: Sequence[Clause], ledger: Sequence[Entry] = ()
) -> list[Entry]:
    """Return the meter readings of a CSV file, checked against the agreement.

    Columns ``article, from_utc, until_utc, amount, unit`` and, if wanted, ``note``.

    Raises
    ------
    InputError
        Every reading that can't be booked, by line.
    """
    frame = _typed(path, READING_COLUMNS)
    by_name = {clause.name: clause for clause in booked_clauses(clauses)}
    metered = [entry for entry in ledger if entry.is_metered]
    entries: list[Entry] = []
    problems: list[str] = []
    for line, row in enumerate(frame.to_dict("records"), start=2):
        entry = Entry(
            name=name_of(str(row["article"])),
            from_utc=row["from_utc"],
            until_utc=row["until_utc"],
            amount=float(row["amount"]),
            unit=str(row["unit"]),
            source=METER,
            note=str(row.get("note") or ""),
        )
        wrong = _reading_problems(entry, by_name) + _overlaps(entry, entries, metered)
        problems += [f"{path}: line {line}: {text}" for text in wrong]
        entries.append(entry)
    if problems:
        raise InputError(problems)
    return entries


def _overlaps(entry: Entry, others: Sequence[Entry], metered: Sequence[Entry]) -> list[str]:
    """Return where a reading overlaps another of its file, or cuts one that is booked."""
    wrong = [
        f"it overlaps another reading, from {other.from_utc:%Y-%m-%dT%H:%MZ}. Keep one."
        for other in others
        if entry.overlaps(other)
    ]
    wrong += [
        f"it covers only a part of what is booked from {other.from_utc:%Y-%m-%dT%H:%MZ} to "
        f"{other.until_utc:%Y-%m-%dT%H:%MZ} by meter. Give that span again, or another."
        for other in metered
        if entry.overlaps(other) and not entry.covers(other)
    ]
    return wrong


def _reading_problems(entry: Entry, by_name: dict[str, BudgetClause]) -> list[str]:
    """Return what is wrong with one reading."""
    clause = by_name.get(entry.name)
    if clause is None:
        known = ", ".join(c.article for c in by_name.values()) or "none"
        what = f"article = {article_of(entry.name)!r} keeps no ledger"
        return [f"{what}. Articles that do: {known}."]
    wrong = []
    if entry.unit != clause.unit:
        wrong.append(
            f"unit = {entry.unit!r} is not what Art. {clause.article} counts. Give {clause.unit}."
        )
    if entry.until_utc <= entry.from_utc:
        wrong.append("until_utc is not after from_utc. Mend it.")
    if any(m != m.floor("h") for m in (entry.from_utc, entry.until_utc)):
        wrong.append("from_utc and until_utc are not whole hours. Round them to hours.")
    if entry.amount < 0 and not clause.is_signed:
        wrong.append(f"amount = {entry.amount:g} is below 0. Give 0 or more.")
    return wrong


def _typed(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return a ledger's table with moments in UTC, numbers and texts."""
    try:
        plain_file(path, FILE_MAX_BYTES)
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)  # an article 3.10 is no number
    except (OSError, ValueError) as error:
        what = f"{path}: not readable as a table: {reason(error)}"
        raise InputError([f"{what}. Give a CSV with {','.join(columns)}."]) from error
    if missing := [c for c in columns if c not in frame.columns]:
        raise InputError([f"{path}: {', '.join(missing)}: missing column. Add it."])
    problems: list[str] = []
    for column in ("from_utc", "until_utc"):
        parsed, wrong = moments(frame[column], f"{path}: {column}")
        problems += wrong
        frame[column] = parsed if len(parsed) == len(frame) else pd.NaT
    numbers = pd.to_numeric(frame["amount"], errors="coerce")
    is_bad = ~(numbers.abs() < float("inf"))
    problems += [
        f"{path}: line {line}: amount = {frame['amount'].iloc[line - 2]!r} is no number. Give one."
        for line in (is_bad.to_numpy().nonzero()[0] + 2).tolist()
    ]
    if problems:
        raise InputError(problems)
    return frame.assign(amount=numbers.astype("float64"))
