"""Days join up: the state a run hands over at an hour is the next plan's opening state."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from optimizer.agreement.clause import Clause
from optimizer.audit import Published, clauses_in_force
from optimizer.component import Component
from optimizer.config import Agreement, Site
from optimizer.state import State, default_state
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
    """Return what the last completed run in `out` hands over at `start`, else the site file's.

    A run that begins at `start` itself is planned again: its own opening state counts.
    """
    folder = latest_run(out) if out is not None else None
    if folder is None:
        return default_state(start)
    published, _ = read_published(folder)
    edges = published.given.horizon.edges
    if start not in edges:
        return default_state(start, f"run {folder.name} has no step that begins or ends then")
    if start == edges[0] and not published.given.state.rows:
        return default_state(start)
    state = state_at(published, start, f"run {folder.name} at {start:%Y-%m-%dT%H:%MZ}")
    pairs = set(known)  # an asset that has left the site hands nothing over
    rows = tuple(row for row in state.rows if (row.name, row.quantity) in pairs)
    return State(time_utc=start, rows=rows, origin=state.origin)
