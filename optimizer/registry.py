"""The registry of runs: which began, how each ended, and what has been in force.

Run folders are the truth about finished runs, and ``in_force_log.jsonl`` about what was in force:
`Registry.reconcile` completes the registry from them. Only runs that failed or were cut off, which
leave no folder, are known here alone.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, select

from optimizer.in_force_log import Held, held
from optimizer.process_identity import Process, is_gone, this_process
from optimizer.registry_database import Opened, RegistryError, memory_registry
from optimizer.registry_file import open_file
from optimizer.registry_server import URL_VARIABLE, open_server
from optimizer.registry_tables import in_force, runs
from optimizer.run_facts import Facts
from optimizer.run_folder import (
    DIAGNOSTIC,
    PARTIAL,
    RunRow,
    program,
    row_of,
    run_folders,
    run_id_of,
    stamp,
)

__all__ = [
    "Facts",
    "Registry",
    "RegistryError",
    "RunRow",
    "Wanted",
    "folders_only",
    "registry",
    "registry_url",
]
AGE_MAX_H = 24.0  # of a started run of which it can't be known whether its process is there
_TEXT_MAX = 2000  # characters kept of a message


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which runs a list shows; what is None is not asked for."""

    state: str | None = None
    site: str | None = None
    since: pd.Timestamp | None = None  # begun then or later
    limit: int | None = None


class Registry:
    """An open registry of the runs in `out`; every method is one transaction of its own.

    Every method raises `RegistryError` where the database refuses.
    """

    def __init__(self, out: Path, opened: Opened) -> None:
        self.out = out
        self.notes = list(opened.notes)
        self._opened = opened

    def started(self, run_id: str, facts: Facts, now: pd.Timestamp) -> None:
        """Add a run as it begins, by this process."""
        here = this_process()
        row = RunRow(
            id=run_id,
            site=facts.site,
            kind=facts.kind,
            started_utc=stamp(now),
            start_utc=stamp(facts.start_utc),
            end_utc=stamp(facts.end_utc),
            weather_rung=facts.weather_rung,
            weather_source=facts.weather_source,
            host=here.host,
            pid=here.pid,
            process=here.mark,
            program=program(),
            replans=facts.replans,
        )
        self._opened.do(lambda c: self._put(c, [row]), is_writing=True)

    def ended(self, row: RunRow) -> None:
        """Write how a run ended; what began it stays where `row` does not say."""

        def write(connection: Connection) -> None:
            known = _row(connection, self._mine().where(runs.c.id == row.id))
            self._put(connection, [row if known is None else _joined(known, row)])

        self._opened.do(write, is_writing=True)

    def runs(self, wanted: Wanted | None = None) -> list[RunRow]:
        """Return runs, the youngest first."""
        wanted = Wanted() if wanted is None else wanted
        query = self._mine().order_by(runs.c.started_utc.desc(), runs.c.id.desc())
        if wanted.state is not None:
            query = query.where(runs.c.state == wanted.state)
        if wanted.site is not None:
            query = query.where(runs.c.site == wanted.site)
        if wanted.since is not None:
            query = query.where(runs.c.started_utc >= stamp(wanted.since))
        return self._opened.do(lambda c: _rows(c, query.limit(wanted.limit)), is_writing=False)

    def run(self, run_id: str) -> RunRow | None:
        """Return one run."""
        query = self._mine().where(runs.c.id == run_id)
        return self._opened.do(lambda c: _row(c, query), is_writing=False)

    def abandon_dead(self, now: pd.Timestamp, age_max_h: float = AGE_MAX_H) -> list[str]:
        """Close runs whose process has ended without a word; return their names.

        One that had its folder written is published; of any other the hidden folder is removed.
        """
        oldest = stamp(now - pd.Timedelta(hours=age_max_h))
        query = self._mine().where(runs.c.state == "started")

        def close(connection: Connection) -> list[str]:
            dead = [row for row in _rows(connection, query) if _is_dead(row, oldest)]
            self._put(connection, [self._closed(row, now) for row in dead])
            return [row.id for row in dead]

        if not self._opened.do(lambda c: _rows(c, query), is_writing=False):
            return []
        return self._opened.do(close, is_writing=True)  # none of them can end meanwhile

    def _closed(self, row: RunRow, now: pd.Timestamp) -> RunRow:
        """Return the row of a run cut off, and remove what it left half-written."""
        for name in (f"{PARTIAL}{row.id}", f"{PARTIAL}{row.id}{DIAGNOSTIC}"):
            shutil.rmtree(self.out / name, ignore_errors=True)
        for name in (row.id, f"{row.id}{DIAGNOSTIC}"):
            if (self.out / name).is_dir():
                return _joined(row, row_of(self.out / name))
        message = "its process ended without a word; nothing was published"
        return replace(row, state="abandoned", ended_utc=stamp(now), message=message)

    def reconcile(self) -> list[str]:
        """Complete the registry from the folders; return the names of the runs that changed.

        Folders that are not registered are added, rows whose folder is gone are marked, and what
        was in force is read from its log.
        """
        names = reversed(run_folders(self.out))  # a run comes before its diagnostic, and counts
        folders = {str(run_id_of(name)): name for name in names}
        known = {row.id: row for row in self.runs()}
        changed = [row_of(self.out / folders[name]) for name in folders if name not in known]
        for row in known.values():
            is_there = row.folder is not None and (self.out / row.folder).is_dir()
            if row.folder is not None and not is_there and row.folder_gone is None:
                changed.append(replace(row, folder_gone="missing"))
            elif is_there and row.folder_gone is not None:
                changed.append(replace(row, folder_gone=None))
        terms = held(self.out)
        if changed or terms != self.history():
            self._opened.do(lambda c: self._complete(c, changed, terms), is_writing=True)
        return sorted(row.id for row in changed)

    def pruned(self, run_ids: Sequence[str]) -> None:
        """Mark runs whose folders were removed because of their age."""
        rows = [replace(row, folder_gone="pruned") for row in self.runs() if row.id in run_ids]
        self._opened.do(lambda c: self._put(c, rows), is_writing=True)

    def history(self) -> list[Held]:
        """Return what has been in force, the oldest first, as the registry has it."""
        mine = in_force.c.folder_id == self._opened.folder_id
        query = select(in_force).where(mine).order_by(in_force.c.number)
        names = Held.__dataclass_fields__
        found = self._opened.do(lambda c: c.execute(query).mappings().all(), is_writing=False)
        return [Held(**{name: row[name] for name in names}) for row in found]

    def _mine(self) -> Select[Any]:
        """Return the query of this folder's runs."""
        return select(runs).where(runs.c.folder_id == self._opened.folder_id)

    def _put(self, connection: Connection, rows: Sequence[RunRow]) -> None:
        """Write rows in the place of those of their names."""
        mine = self._opened.folder_id
        for row in rows:
            connection.execute(runs.delete().where(runs.c.folder_id == mine, runs.c.id == row.id))
            values = asdict(row) | {"folder_id": mine}
            connection.execute(runs.insert().values(**_clean(values)))

    def _complete(
        self, connection: Connection, rows: Sequence[RunRow], terms: Sequence[Held]
    ) -> None:
        """Write rows, and what was in force as its log has it."""
        self._put(connection, rows)
        mine = self._opened.folder_id
        connection.execute(in_force.delete().where(in_force.c.folder_id == mine))
        for number, term in enumerate(terms):
            values = asdict(term) | {"folder_id": mine, "number": number}
            connection.execute(in_force.insert().values(**_clean(values)))


def registry_url(url: str | None) -> str | None:
    """Return the address of the database: as given, else the environment's, if it has one."""
    return url or os.environ.get(URL_VARIABLE) or None


@contextmanager
def registry(out: Path, url: str | None = None) -> Iterator[Registry]:
    """Open the registry of the runs in `out`: a file among them, or PostgreSQL.

    Parameters
    ----------
    out : Path
        Folder of runs, which exists.
    url : str, optional
        Address of a PostgreSQL database; else that of the environment variable
        ``DAKHLA_REGISTRY_URL``; else the file ``out/registry.sqlite``.

    Raises
    ------
    RegistryError
        It can't be opened, or a newer program made it.
    """
    address = registry_url(url)
    opened = open_server(out, address) if address else open_file(out)
    try:
        found = Registry(out, opened)
        if opened.is_new:
            found.reconcile()
        yield found
    finally:
        opened.close()


@contextmanager
def folders_only(out: Path) -> Iterator[Registry]:
    """Open a registry made of the run folders alone, in memory: for a folder that is only read."""
    opened = memory_registry()
    try:
        found = Registry(out, opened)
        found.reconcile()
        yield found
    finally:
        opened.close()


def _is_dead(row: RunRow, oldest: str) -> bool:
    """Return whether a started run's process is gone, or the run too old to be believed."""
    gone = is_gone(Process(row.host, row.pid or 0, row.process))
    return row.started_utc < oldest if gone is None else gone


def _joined(known: RunRow, ended: RunRow) -> RunRow:
    """Return a row with what the end says, and the beginning where the end says nothing."""
    own = {name: value for name, value in asdict(ended).items() if value not in (None, "")}
    kept = {"started_utc", "kind"} if known.started_utc else set()
    told = {name: value for name, value in own.items() if name not in kept}
    return replace(known, **told | {"message": ended.message})


def _rows(connection: Connection, query: Select[Any]) -> list[RunRow]:
    """Return the rows a query finds."""
    names = RunRow.__dataclass_fields__
    found = connection.execute(query).mappings()
    return [RunRow(**{name: row[name] for name in names}) for row in found]


def _row(connection: Connection, query: Select[Any]) -> RunRow | None:
    """Return the row a query finds, if it finds one."""
    found = _rows(connection, query)
    return found[0] if found else None


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as every database takes them: text without NUL or half characters."""
    return {
        name: value.replace("\0", "").encode("utf-8", "replace").decode()[:_TEXT_MAX]
        if isinstance(value, str)
        else value
        for name, value in values.items()
    }
