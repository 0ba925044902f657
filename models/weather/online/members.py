"""From columns of all members to the forecast of those that are whole, true and moving.

A member that ends early, has holes, stands still or is no weather is left out and named; the rest
must be `KEPT_MIN_PU` of those that came. How many came is never assumed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.errors import InputError, SourceError
from models.weather.checks import check
from models.weather.faults import BoolArray
from models.weather.online.provider import Wanted
from models.weather.reading import Origin
from models.weather.schema import Level, Weather, utc
from models.weather.sun import FloatArray

# Below it a spread says more about what failed than about the weather: of 51 members, 31 give the
# tenth and the ninetieth percentile to within a member or so.
KEPT_MIN_PU = 0.6
NAMED_MAX = 5
LEVEL: Level = "forecast"


@dataclass(frozen=True, kw_only=True, slots=True)
class Members:
    """Hourly means of all members, in the schema's columns and units.

    `columns` holds arrays of shape (members, steps), NaN where nothing came.
    """

    where: str
    names: tuple[str, ...]
    steps: pd.DatetimeIndex
    columns: dict[str, FloatArray]
    notes: tuple[str, ...]
    licence: str


def whole_members(came: Members, wanted: Wanted) -> tuple[Weather, ...]:
    """Return the weather of every good member, on the longest hours that all of them have.

    Raises
    ------
    SourceError
        ``coverage``: the hours wanted are not all there. ``content``: too few members are true.
    """
    every = np.stack(list(came.columns.values()))
    finite: BoolArray = np.asarray(np.isfinite(every).all(axis=0), dtype=bool)
    came_at_all = finite.any(axis=1)
    if not came_at_all.any():
        what = "members = 0 is no forecast: every value is null"
        raise SourceError("content", f"{came.where}: {what}. Ask again later, or another source.")
    needed: BoolArray = np.asarray((came.steps >= wanted.start_utc) & (came.steps < wanted.end_utc))
    _require_reach(came, finite, wanted)
    is_whole = finite[:, needed].all(axis=1)
    count, whole = int(came_at_all.sum()), int(is_whole.sum())
    if whole < KEPT_MIN_PU * count:
        raise _too_few(came, finite, needed, count)
    rows = [int(row) for row in np.flatnonzero(is_whole)]
    span = _span(np.asarray(finite[is_whole].all(axis=0)), needed)
    kept, problems = _true(came, rows, span, wanted)
    if problems:  # what is wrong may lie beyond the end: far days are often filled carelessly
        nearer = slice(span.start, 1 + int(np.flatnonzero(needed)[-1]))
        near = _true(came, rows, nearer, wanted)
        if len(near[0]) > len(kept):
            kept, problems = near
    if len(kept) < KEPT_MIN_PU * count:
        more = f" ({len(kept)} of {count} members can be true)" if count > 1 else ""
        raise SourceError("content", f"{problems[0]}{more}")
    return tuple(kept)


def _true(
    came: Members, rows: list[int], span: slice, wanted: Wanted
) -> tuple[list[Weather], list[str]]:
    """Return the members that can be true over a span, and the first fault of each other one."""
    kept, problems = [], []
    for row in rows:
        weather = _weather(came, row, span, wanted)
        try:
            check(weather)
        except InputError as error:
            problems.append(error.problems[0])
        else:
            kept.append(weather)
    return kept, problems


def _require_reach(came: Members, finite: BoolArray, wanted: Wanted) -> None:
    """Refuse a forecast whose hours, member by member, end before those wanted, or begin after."""
    some = np.asarray(finite.any(axis=0))
    first = came.steps[int(np.argmax(some))]
    end = came.steps[len(some) - 1 - int(np.argmax(some[::-1]))] + pd.Timedelta(hours=1)
    if first <= wanted.start_utc and wanted.end_utc <= end:
        return
    asked = f"{utc(wanted.start_utc)} to {utc(wanted.end_utc)}"
    what = f"hours = {utc(first)} to {utc(end)} is not all of {asked}"
    remedy = "Ask again after the next model run, or plan a shorter horizon."
    raise SourceError("coverage", f"{came.where}: {what}. {remedy}")


def _too_few(came: Members, finite: BoolArray, needed: BoolArray, count: int) -> SourceError:
    """Return the error for members that have holes, with the first hour that is missing."""
    whole = int(finite[:, needed].all(axis=1).sum())
    rows = np.asarray(finite.any(axis=1))
    missing = needed & ~np.asarray(finite[rows].all(axis=0))
    at = int(np.argmax(missing))
    first = came.steps[at]
    named = [name for name, v in came.columns.items() if not np.isfinite(v[rows, at]).all()]
    what = f"members = {whole} of {count} is too few without a gap"
    where = f"the first is at {utc(first)} in {named[0]}"
    share = f"{KEPT_MIN_PU:.0%} are needed"
    remedy = "Ask again later, or take another source."
    return SourceError("coverage", f"{came.where}: {what} ({where}; {share}). {remedy}")


def _span(finite: BoolArray, needed: BoolArray) -> slice:
    """Return the longest run of hours without a hole around those needed."""
    first, last = int(np.argmax(needed)), len(needed) - 1 - int(np.argmax(needed[::-1]))
    holes = np.flatnonzero(~finite)
    before, after = holes[holes < first], holes[holes > last]
    return slice(
        int(before[-1]) + 1 if len(before) else 0, int(after[0]) if len(after) else len(finite)
    )


def _weather(came: Members, row: int, span: slice, wanted: Wanted) -> Weather:
    table = pd.DataFrame(
        {name: values[row, span] for name, values in came.columns.items()}, came.steps[span]
    )
    where = came.where if len(came.names) == 1 else f"{came.where} {came.names[row]}"
    origin = Origin(where=where, notes=list(came.notes), level=LEVEL, licence=came.licence)
    return origin.weather(table, 1.0, wanted.place)
