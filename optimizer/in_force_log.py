"""``in_force_log.jsonl``: every change of what is in force, a line each, in the order they came.

This log is the truth of the past, ``in_force.json`` that of the present; the registry's table is
made from this log. A change is first made in ``in_force.json`` and then logged; whoever comes next
adds the line that a crash between the two has left out.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

LOG = "in_force_log.jsonl"


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A run's time in force: until it was withdrawn, or until the next one took its place."""

    entry: str
    run: str
    put_by: str
    note: str
    put_utc: str
    forced: str  # why it should not have been, where it was put in force all the same
    withdrawn_utc: str | None = None
    withdrawn_by: str | None = None
    withdrawn_note: str | None = None


def entries(out: Path) -> list[dict[str, Any]]:
    """Return the changes in the log; a line that a crash cut short is no change."""
    path = out / LOG
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and "entry" in entry:
            found.append(entry)
    return found


def append(out: Path, entry: dict[str, Any]) -> None:
    """Add a change to the log, on a line of its own even after one that was cut short."""
    text = json.dumps(entry, allow_nan=False, ensure_ascii=False)
    with (out / LOG).open("ab+") as file:
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
            text = text if file.read(1) == b"\n" else f"\n{text}"
        file.write(f"{text}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def held(out: Path) -> list[Held]:
    """Return the runs that have been in force, the oldest first."""
    found: list[Held] = []
    for entry in entries(out):
        gone = entry.get("withdrawn")
        if gone and found:
            found[-1] = replace(
                found[-1],
                withdrawn_utc=str(gone.get("withdrawn_utc")),
                withdrawn_by=str(gone.get("by")),
                withdrawn_note=str(gone.get("note")),
            )
        elif entry.get("run"):
            found.append(
                Held(
                    entry=str(entry["entry"]),
                    run=str(entry["run"]),
                    put_by=str(entry.get("by")),
                    note=str(entry.get("note")),
                    put_utc=str(entry.get("put_utc")),
                    forced="; ".join(map(str, entry.get("forced", []))),
                )
            )
    return found
