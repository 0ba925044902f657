"""The ledger: what counts against budgets longer than a plan, as planned and as metered.

An entry says what one clause counted from one whole UTC hour to another. A run books the hours
it binds, once, however often it is planned; what a meter says takes the place of what was planned.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Clause
from optimizer.agreement.windows import Window, window_of
from optimizer.component import Given
from optimizer.phrases import number, phrase
from optimizer.state import State, StateRow

METER = "meter"
BOOKED = ("week", "month", "year")  # windows that may be longer than what a plan binds
ROUND_OFF_PU = 1e-9
_HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What one clause counted between two moments."""

    name: str  # of the clause: art_3_2
    from_utc: pd.Timestamp
    until_utc: pd.Timestamp
    amount: float
    unit: str  # the clause's: mwh, kg, h, l, m3
    source: str  # "meter", or the run that planned it
    note: str = ""

    @property
    def is_metered(self) -> bool:
        """Whether a meter says so."""
        return self.source == METER

    @property
    def span_h(self) -> float:
        """Hours from beginning to end."""
        return float((self.until_utc - self.from_utc) / _HOUR)

    def until(self, moment: pd.Timestamp) -> "Entry":
        """Return the part before a moment within, in proportion to its time."""
        share = float((moment - self.from_utc) / _HOUR) / self.span_h
        return replace(self, until_utc=moment, amount=share * self.amount)

    def overlaps(self, other: "Entry") -> bool:
        """Return whether two entries of one clause share some time."""
        return (
            self.name == other.name
            and self.from_utc < other.until_utc
            and other.from_utc < self.until_utc
        )

    def covers(self, other: "Entry") -> bool:
        """Return whether all of another entry's time lies in this one's."""
        return self.from_utc <= other.from_utc and other.until_utc <= self.until_utc


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """What a window holds at a moment, and how well that is known."""

    clause: BudgetClause
    key: str
    begin: pd.Timestamp
    end: pd.Timestamp
    used: float
    metered_h: float
    planned_h: float
    unknown_h: float  # for which the limit in proportion is taken
    begun: float = 0.0  # amount of the hour that has begun, of which a share is in `used`

    @property
    def remaining(self) -> float:
        """What is left of the limit (or still due)."""
        return self.clause.limit() - self.used


def booked_clauses(clauses: Iterable[Clause]) -> list[BudgetClause]:
    """Return the clauses that a ledger is kept for."""
    return [c for c in clauses if isinstance(c, BudgetClause) and c.window in BOOKED]


def planned_entries(
    clauses: Iterable[Clause], table: pd.DataFrame, given: Given, run: str, binding_h: float
) -> list[Entry]:
    """Return what the first hours of a published plan count, hour by hour."""
    horizon = given.horizon
    inside = horizon.end_h <= binding_h + 1e-9
    begins = horizon.index[inside].floor("h")
    ends = horizon.edges[1:][inside]
    entries = []
    for clause in booked_clauses(clauses):
        held = clause.holds(horizon.index)[inside]
        counted = np.where(held, clause.counted(table, given).to_numpy()[inside], 0.0)
        frame = pd.DataFrame({"begin": begins, "end": ends, "amount": counted})[held]
        hours = frame.groupby("begin").agg({"end": "max", "amount": "sum"}).reset_index()
        for row in hours.to_dict("records"):
            entries.append(
                Entry(
                    name=clause.name,
                    from_utc=row["begin"],
                    until_utc=row["end"].ceil("h"),
                    amount=float(row["amount"]),
                    unit=clause.unit,
                    source=run,
                )
            )
    return entries


def booked(
    ledger: Sequence[Entry], entries: Sequence[Entry], start: pd.Timestamp, binding_h: float
) -> list[Entry]:
    """Return the ledger with a run's hours in the place of what was planned for them before."""
    until = start + pd.Timedelta(hours=binding_h)
    kept = [e for e in ledger if e.is_metered or not start <= e.from_utc < until]
    metered = [e for e in kept if e.is_metered]
    new = [e for e in entries if not any(e.overlaps(m) for m in metered)]
    return _sorted([*kept, *new])


def with_hour_begun(
    entries: Sequence[Entry], ledger: Sequence[Entry], left: Sequence[Entry], before: str
) -> list[Entry]:
    """Return entries of a plan made within an hour, what the run before had of that hour added.

    Parameters
    ----------
    left : sequence of Entry
        What the run `before` would have counted of the steps that are planned again.
    """

    def key(entry: Entry) -> tuple[str, pd.Timestamp]:
        return entry.name, entry.from_utc

    first = min((entry.from_utc for entry in entries), default=None)
    was = {key(e): e.amount for e in ledger if e.source == before and e.from_utc == first}
    rest = {key(e): e.amount for e in left}
    return [
        replace(e, amount=e.amount + was.get(key(e), 0.0) - rest.get(key(e), 0.0))
        if key(e) in was
        else e
        for e in entries
    ]


def corrected(ledger: Sequence[Entry], readings: Sequence[Entry]) -> list[Entry]:
    """Return the ledger with readings in the place of what was planned, or read, for their time.

    Readings of one clause do not overlap each other.
    """
    by_name: dict[str, list[Entry]] = {}
    for reading in sorted(readings, key=lambda r: r.until_utc):
        by_name.setdefault(reading.name, []).append(reading)

    def stays(entry: Entry) -> bool:  # a year of hours is too much to compare each with each
        found = by_name.get(entry.name, [])
        first = bisect_right(found, entry.from_utc, key=lambda r: r.until_utc)
        return first == len(found) or not any(entry.overlaps(reading) for reading in found[first:])

    return _sorted([*filter(stays, ledger), *readings])


def _sorted(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries by clause and time."""
    return sorted(entries, key=lambda e: (e.name, e.from_utc))


def balances(
    clauses: Iterable[Clause], ledger: Sequence[Entry], moment: pd.Timestamp
) -> list[Balance]:
    """Return what every booked window that is open at `moment` holds by then."""
    found = []
    for clause in booked_clauses(clauses):
        window = window_of(moment, clause.window, clause.time_zone)
        began, ends = clause.valid_part(window)
        if began < moment < ends:
            found.append(balance_of(clause, ledger, window, moment))
    return found


def balance_of(
    clause: BudgetClause, ledger: Sequence[Entry], window: Window, moment: pd.Timestamp
) -> Balance:
    """Return what one window holds by a moment, which may be its end."""
    began, ends = clause.valid_part(window)
    own = [
        e for e in ledger if e.name == clause.name and e.from_utc >= began and e.until_utc <= moment
    ]
    hour = [  # of a plan made again within it
        e
        for e in ledger
        if e.name == clause.name and began <= e.from_utc < moment < e.until_utc
        if e.span_h <= 1 or not e.is_metered
    ]
    own += [e.until(moment) for e in hour]
    metered_h = sum(e.span_h for e in own if e.is_metered)
    planned_h = sum(e.span_h for e in own if not e.is_metered)
    unknown_h = max(0.0, (moment - began) / _HOUR - metered_h - planned_h)
    supposed = clause.limit() * unknown_h / window.length_h
    return Balance(
        clause=clause,
        key=window.key,
        begin=began,
        end=ends,
        used=sum(e.amount for e in own) + supposed,
        metered_h=metered_h,
        planned_h=planned_h,
        unknown_h=unknown_h,
        begun=sum(abs(e.amount) for e in hour),
    )


def opened(state: State, clauses: Iterable[Clause], ledger: Sequence[Entry]) -> State:
    """Return the opening state with the ledger's balances in the place of a run's own.

    A window of which the ledger knows nothing, or says the same, keeps what the state says.
    """
    known = [b for b in balances(clauses, ledger, state.time_utc) if b.metered_h + b.planned_h > 0]
    stated = {(r.name, r.quantity, r.key): r.value for r in state.rows}
    found = {(b.clause.name, b.clause.used_name, b.key): b for b in known}
    rows = {
        key: b.used for key, b in found.items() if not _is_same(b.used, stated.get(key), b.begun)
    }
    if not rows:
        return state
    kept = [r for r in state.rows if (r.name, r.quantity, r.key) not in rows]
    new = [StateRow(name, quantity, used, key) for (name, quantity, key), used in rows.items()]
    supposed_h = sum(b.unknown_h for b in known)
    origin = phrase("{origin}; budgets from the ledger", {"origin": state.origin})
    if supposed_h > 0.5:
        supposed = {"origin": origin, "hours": number(supposed_h)}
        origin = phrase("{origin}, {hours} h of them supposed in proportion", supposed)
    return State(time_utc=state.time_utc, rows=(*kept, *new), origin=origin)


def _is_same(used: float, stated: float | None, begun: float = 0.0) -> bool:
    """Return whether two sums of the same entries differ by their order alone.

    Within an hour that has `begun` the ledger knows no more than its amount: what a plan hands
    over is as good.
    """
    if stated is None:
        return False
    return abs(used - stated) <= ROUND_OFF_PU * max(1.0, abs(used)) + begun
