"""Which plan was in force when, over a month, and what those plans had for each day.

Operations carry out the last plan put in force, and the one before until it starts; so it is
counted here. A step counts, whole, for the plan that is in force when it begins: no day counts
twice, however far plans look ahead, and what no plan covers counts for none.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd

from models.errors import InputError
from optimizer.audit import Published, bills, clauses_in_force
from optimizer.in_force_log import Held
from optimizer.realised import first_hours
from optimizer.rest import rest_of
from optimizer.run_folder import RunRow
from optimizer.store import read_published

_PERIOD = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})")
_YEARS = range(1970, 2200)
_BREACH = "breach"  # the kind of cost that is paid for a clause not kept
Bill = dict[tuple[str, str], float]  # by part and kind [MAD]


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A month of UTC days."""

    name: str
    begin: pd.Timestamp
    end: pd.Timestamp

    @property
    def days(self) -> list[pd.Timestamp]:
        """The beginnings of its days."""
        return list(pd.date_range(self.begin, self.end, freq="D", inclusive="left"))


def period_of(text: str) -> Period:
    """Return the month that a text like 2026-07 names.

    Raises
    ------
    InputError
        It names none.
    """
    found = _PERIOD.fullmatch(text) if text.isascii() else None
    if found is None or int(found["year"]) not in _YEARS or not 1 <= int(found["month"]) <= 12:
        raise InputError([f"--period = {text[:80]!r} is no month. Give it like 2026-07."])
    begin = pd.Timestamp(f"{text}-01", tz="UTC").as_unit("us")
    return Period(name=text, begin=begin, end=begin + pd.offsets.MonthBegin())


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A time within one day in which one plan, or none, was in force."""

    begin: pd.Timestamp
    end: pd.Timestamp
    run: str | None

    @property
    def day(self) -> pd.Timestamp:
        """The beginning of its day."""
        return self.begin.normalize()

    @property
    def hours_h(self) -> float:
        """How long it is."""
        return float((self.end - self.begin) / pd.Timedelta(hours=1))


def stretches(terms: Sequence[Held], rows: Mapping[str, RunRow], period: Period) -> list[Stretch]:
    """Return the month in stretches, each of one day and one plan in force."""
    spans = {run: _span(rows[run]) for run in rows if rows[run].start_utc and rows[run].end_utc}
    states = _states([term for term in terms if term.run in spans], spans)
    edges = {period.begin, period.end, *period.days, *(moment for moment, _ in states)}
    edges |= {moment for _, runs in states for run in runs for moment in spans[run]}
    cuts = sorted(edge for edge in edges if period.begin <= edge <= period.end)
    found: list[Stretch] = []
    for begin, end in pairwise(cuts):
        run = _leading(states, spans, begin)
        last = found[-1] if found else None
        if last is not None and last.run == run and last.day == begin.normalize():
            found[-1] = Stretch(begin=last.begin, end=end, run=run)
        else:
            found.append(Stretch(begin=begin, end=end, run=run))
    return found


Span = tuple[pd.Timestamp, pd.Timestamp]
States = list[tuple[pd.Timestamp, tuple[str, ...]]]


def _span(row: RunRow) -> Span:
    """Return the first and the last moment of a run's horizon."""
    return pd.Timestamp(str(row.start_utc)), pd.Timestamp(str(row.end_utc))


def _states(terms: Sequence[Held], spans: Mapping[str, Span]) -> States:
    """Return from when which runs lead, the first first, as `optimizer.in_force` has them."""
    found: States = []
    leading: tuple[str, ...] = ()
    for term in terms:
        put = pd.Timestamp(term.put_utc)
        before = next((run for run in leading if _covers(spans[run], put)), None)
        is_kept = before not in (None, term.run) and put < spans[term.run][0]
        leading = (term.run, str(before)) if is_kept else (term.run,)
        found.append((put, leading))
        if term.withdrawn_utc:
            leading = ()
            found.append((pd.Timestamp(term.withdrawn_utc), leading))
    return found


def _covers(span: Span, moment: pd.Timestamp) -> bool:
    """Return whether a moment lies within a horizon."""
    return bool(span[0] <= moment < span[1])


def _leading(states: States, spans: Mapping[str, Span], moment: pd.Timestamp) -> str | None:
    """Return the run to go by at a moment, as it was known then."""
    known = [runs for since, runs in states if since <= moment]
    leading = known[-1] if known else ()
    return next((run for run in leading if _covers(spans[run], moment)), None)


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What the plans in force had for the month.

    Attributes
    ----------
    schedule : DataFrame
        The steps that count, with ``step_h``, ``run`` and every published column; NaN where a
        plan has no such column.
    costs : mapping
        Of each stretch with a plan that could be read: the bill of its steps.
    last : Published
        The last of the plans.
    gone : mapping
        Why a run could not be read.
    """

    schedule: pd.DataFrame
    costs: Mapping[Stretch, Bill]
    last: Published
    gone: Mapping[str, str]


def carried(out: Path, found: Sequence[Stretch]) -> Carried | None:
    """Return what the plans in force had for their stretches; none if none can be read."""
    frames: list[pd.DataFrame] = []
    costs: dict[Stretch, Bill] = {}
    gone: dict[str, str] = {}
    last: Published | None = None
    for run in dict.fromkeys(str(stretch.run) for stretch in found if stretch.run):
        try:
            published, _ = read_published(out / run)
        except InputError as error:
            gone[run] = str(error)
            continue
        last = published
        for stretch in (each for each in found if each.run == run):
            steps = _steps(published, stretch)
            if len(steps):
                frames.append(steps.assign(run=run))
                costs[stretch] = _bill(published, steps)
    if last is None or not frames:
        return None
    schedule = pd.concat(frames).sort_index()
    return Carried(schedule=schedule, costs=costs, last=last, gone=gone)


def _steps(published: Published, stretch: Stretch) -> pd.DataFrame:
    """Return the steps that begin within a stretch."""
    table = published.table
    return table[(table.index >= stretch.begin) & (table.index < stretch.end)]


def _bill(published: Published, steps: pd.DataFrame) -> Bill:
    """Return what some steps in a row cost.

    A part costs what the rest costs from them on, less what the rest after them costs: demand
    charges count where the peak rises, and the worth of what is in store at the plan's end, which
    both rests have, cancels out; where the steps reach that end, it is part of them. A clause
    costs what is broken of it in these steps alone, of a longer window the share that is theirs.
    """
    horizon = published.given.horizon
    rest = rest_of(published, steps.index[0])
    bill = _of_parts(rest)
    after = horizon.edges[horizon.index.searchsorted(steps.index[-1]) + 1]
    if after < horizon.end:
        for key, mad in _of_parts(rest_of(published, after)).items():
            bill[key] = bill.get(key, 0.0) - mad
    own = first_hours(rest, float(steps["step_h"].sum()))
    for clause in clauses_in_force(own):
        bill[clause.name, _BREACH] = clause.bill(own.table, own.given).get(_BREACH, 0.0)
    return bill


def _of_parts(published: Published) -> Bill:
    """Return the bill of a plan without that of its clauses."""
    names = {part.name for part in published.site.components()}
    return {(name, kind): mad for (name, kind), mad in bills(published).items() if name in names}
