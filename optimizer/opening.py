"""The opening state of a plan: given; else metered and rolled; else handed over; else the site's.

Every value has its source and its age, for people; the model sees the rows alone.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from optimizer.agreement.ledger import balances, opened
from optimizer.asked import Asked
from optimizer.config import Agreement, Site
from optimizer.handover import known_quantities, state_from_runs
from optimizer.ledger_file import read_ledger
from optimizer.meter_columns import stocks
from optimizer.metered_state import metered_state
from optimizer.state import State, StateRow, StateSource, read_state, sources_of


def opening(asked: Asked, site: Site, agreement: Agreement, start: pd.Timestamp) -> State:
    """Return the opening state of a plan of `asked` that begins at `start`.

    A state the caller gives is taken as it is. Else each quantity is the latest metered value
    rolled to the start by the plan in force; else that plan's, or the last run's, hand-over; else
    the site file's. Budgets are the ledger's.

    Raises
    ------
    InputError
        The state file, the meters or the ledger hold what the site can't have.
    """
    if isinstance(asked.state, State):
        return asked.state
    known = known_quantities(site, agreement)
    if asked.state is not None:
        state = read_state(Path(asked.state), start, known)
        return replace(state, sources=sources_of(state.rows, state.origin, None))
    out = Path(asked.out) if asked.out is not None else None
    state = state_from_runs(out, start, known)
    state = replace(state, sources=(*state.sources, *_of_site(site, state)))
    if out is None:
        return state
    until = start if asked.now is None else min(asked.now, start)
    return _with_ledger(metered_state(state, site, out, until), agreement, out)


def _with_ledger(state: State, agreement: Agreement, out: Path) -> State:
    """Return the state with budgets from the ledger, and their sources."""
    ledger = read_ledger(out)
    after = opened(state, agreement.clause, ledger)
    if after is state:
        return state
    found = {b.clause.name: b for b in balances(agreement.clause, ledger, state.time_utc)}
    kept = {(r.name, r.quantity, r.key, r.value) for r in state.rows}
    changed = [r for r in after.rows if (r.name, r.quantity, r.key, r.value) not in kept]
    names = {(r.name, r.quantity, r.key) for r in changed}
    sources = [s for s in state.sources if (s.name, s.quantity, s.key) not in names]
    for row in changed:
        balance = found[row.name]
        words = (
            f"the ledger: {balance.metered_h:,.0f} h metered, {balance.planned_h:,.0f} h as "
            f"planned, {balance.unknown_h:,.0f} h supposed in proportion"
        )
        sources += sources_of([row], words, None)
    return replace(after, sources=tuple(sources))


def _of_site(site: Site, state: State) -> Iterable[StateSource]:
    """Return what is the site file's because nothing else says it: what is stored, what runs."""
    said = {(row.name, row.quantity) for row in state.rows}
    found = [StateRow(s.name, s.quantity, s.initial) for s in stocks(site)]
    for fleet in site.genset.values():
        if fleet.is_committed and (fleet.name, "off_count") not in said:
            hours = f"{fleet.initial_since_h:g}"
            found.append(StateRow(fleet.name, "on_count", float(fleet.initial_on_count), hours))
    rows = tuple(row for row in found if (row.name, row.quantity) not in said)
    return sources_of(rows, "site file", None)
