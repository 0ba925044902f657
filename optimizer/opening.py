"""The opening state of a plan: given, from a file, from the last run, or the site file's."""

from pathlib import Path

import pandas as pd

from optimizer.agreement.ledger import opened
from optimizer.asked import Asked
from optimizer.config import Agreement, Site
from optimizer.handover import known_quantities, state_from_runs
from optimizer.ledger_file import read_ledger
from optimizer.state import State, read_state


def _state_of(asked: Asked, site: Site, agreement: Agreement, start: pd.Timestamp) -> State:
    """Return the opening state: given, from a file, from the last run, or the site file's."""
    if isinstance(asked.state, State):
        return asked.state
    known = known_quantities(site, agreement)
    if asked.state is not None:
        return read_state(Path(asked.state), start, known)
    return state_from_runs(Path(asked.out) if asked.out is not None else None, start, known)


def opening(asked: Asked, site: Site, agreement: Agreement, start: pd.Timestamp) -> State:
    """Return the opening state; budgets are the ledger's where the caller gives no state."""
    state = _state_of(asked, site, agreement, start)
    if asked.state is not None or asked.out is None:
        return state
    return opened(state, agreement.clause, read_ledger(Path(asked.out)))
