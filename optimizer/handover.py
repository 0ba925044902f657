"""Days join up: the state a run hands over at an hour is the next plan's opening state."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from models.errors import InputError
from optimizer.agreement.clause import Clause
from optimizer.audit import Published, clauses_in_force
from optimizer.component import Component
from optimizer.config import Agreement, Site
from optimizer.in_force import IN_FORCE, in_force
from optimizer.phrases import number, phrase
from optimizer.state import NOTHING_BEFORE, State, default_state, sources_of
from optimizer.store import latest_run, read_published


def known_quantities(site: Site, agreement: Agreement) -> set[tuple[str, str]]:
    """Return every (name, quantity) an opening state of this site may have."""
    parts: list[Component | Clause] = [*site.components(), *agreement.clause]
    return {(part.name, quantity) for part in parts for quantity in part.state_quantities()}


def state_at(published: Published, moment: pd.Timestamp, origin: str) -> State:
    """Return the state a published plan hands over at `moment`, one of its step ends.

    Raises
    ------
    ValueError
        No step of the plan ends at `moment`.
    """
    table, given = published.table, published.given
    count = int(given.horizon.edges.searchsorted(moment))
    if count >= len(given.horizon.edges) or given.horizon.edges[count] != moment:
        raise ValueError(f"{moment} is no step's end of this plan.")
    if count == 0:
        return State(time_utc=moment, rows=given.state.rows, origin=origin)
    rows = [
        row
        for part in published.site.components()
        for row in part.closing(part.own(table), given, count)
    ]
    for clause in clauses_in_force(published):
        rows += clause.closing(table, given, count)
    return State(time_utc=moment, rows=tuple(rows), origin=origin)


def state_from_runs(
    out: Path | None, start: pd.Timestamp, known: Iterable[tuple[str, str]]
) -> State:
    """Return what the plan in force hands over at `start`, else the last run, else the site file.

    A run that begins at `start` itself is planned again: its own opening state counts.
    """
    folders = leading_runs(out) if out is not None else []
    why: str = NOTHING_BEFORE
    for folder in folders:
        published, _ = read_published(folder)
        edges = published.given.horizon.edges
        if start not in edges:
            why = phrase("run {run} has no step that begins or ends then", {"run": folder.name})
        elif start == edges[0] and not published.given.state.rows:
            return default_state(start)
        else:
            return _handed(folder.name, published, start, set(known))
    return default_state(start, why)


def _handed(
    run: str, published: Published, start: pd.Timestamp, known: set[tuple[str, str]]
) -> State:
    """Return what one run hands over, with the source of every row."""
    origin = phrase("run {run} at {moment}", {"run": run, "moment": f"{start:%Y-%m-%dT%H:%MZ}"})
    state = state_at(published, start, origin)
    rows = tuple(row for row in state.rows if (row.name, row.quantity) in known)
    since_h = float((start - published.given.horizon.start) / pd.Timedelta(hours=1))
    values = {"run": run, "hours": number(since_h, ".1f")}
    words = phrase("handed over by run {run}, planned {hours} h before", values)
    if not since_h:
        words = phrase("the opening of run {run}, planned again", values)
    sources = sources_of(rows, words, since_h)
    return State(time_utc=start, rows=rows, origin=state.origin, sources=sources)


def leading_runs(out: Path) -> list[Path]:
    """Return the runs to go by, the first first: in force, in force until it starts, the last.

    Raises
    ------
    InputError
        The run in force, or the last one, is no folder there.
    """
    standing = in_force(out)
    found = [] if standing is None else [out / standing.run]
    if standing is not None and not found[0].is_dir():
        what = f"{out / IN_FORCE}: run = {standing.run!r} is no folder there"
        raise InputError([f"{what}. Publish another run, or withdraw it."])
    if standing is not None and standing.until_then is not None:
        before = out / standing.until_then.run
        found += [before] if before.is_dir() else []
    latest = latest_run(out)
    return list(dict.fromkeys([*found, *([] if latest is None else [latest])]))
