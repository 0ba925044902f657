"""Clauses that say what another says already: the same, or less."""

import numpy as np
import pandas as pd

from models.errors import InputError
from optimizer.agreement.clause import Clause
from optimizer.editor.clause_fields import HEAD, main_field, own_fields, strictness

_HOURS = {"first_hour", "last_hour", "months", "time_zone"}  # what `applies` makes of them counts


def overlaps(clauses: list[Clause], index: pd.DatetimeIndex) -> list[tuple[Clause, Clause, bool]]:
    """Return pairs of a clause that could be left out and the one that covers it.

    Parameters
    ----------
    index : DatetimeIndex
        The moments over which the clauses are compared.

    Returns
    -------
    list of (weaker, stronger, is_same)
        ``is_same`` where the two say the same; then the later one could be left out.
    """
    found = []
    for number, weaker in enumerate(clauses):
        for other, stronger in enumerate(clauses):
            if other == number or not _covers(stronger, weaker, index):
                continue
            is_same = _covers(weaker, stronger, index)
            if not is_same or other < number:
                found.append((weaker, stronger, is_same))
                break
    return found


def _covers(stronger: Clause, weaker: Clause, index: pd.DatetimeIndex) -> bool:
    """Return whether whoever keeps `stronger` keeps `weaker` too."""
    if type(stronger) is not type(weaker) or not _reaches(stronger, weaker, index):
        return False
    try:
        field = main_field(type(weaker))
    except InputError:
        field = ""
    ignored = {field, weaker.price_field, *HEAD}
    if hasattr(weaker, "applies"):
        ignored |= _HOURS
    rest = [name for name in own_fields(type(weaker)) if name not in ignored]
    if any(getattr(stronger, name) != getattr(weaker, name) for name in rest):
        return False
    if field and strictness(stronger, field) < strictness(weaker, field):
        return False
    return _price(stronger) >= _price(weaker)


def _price(clause: Clause) -> float:
    """Return the price of a breach; without end where it may never be broken."""
    price = getattr(clause, clause.price_field)
    return np.inf if price is None else float(price)


def _reaches(stronger: Clause, weaker: Clause, index: pd.DatetimeIndex) -> bool:
    """Return whether `stronger` holds at every moment at which `weaker` does."""
    masks = [
        np.asarray(getattr(clause, "applies", clause.holds)(index)) for clause in (stronger, weaker)
    ]
    return bool((masks[0] | ~masks[1]).all())
