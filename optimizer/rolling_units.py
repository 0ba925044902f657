"""Genset units at a plan's start: as many as the meter counts, moved as the plan moves them.

The meter counts, and no more; how long each unit has been on or off is the plan's word where it
agrees with the meter, else the moments at which the metered count rose and fell. As everywhere,
the first started is the first to stop.
"""

from dataclasses import dataclass, replace

import pandas as pd

from optimizer.assets.genset import Genset
from optimizer.handover import state_at
from optimizer.rolling import HOUR, Course, Metered, Rolled, rolled_by
from optimizer.state import State, StateRow

Moments = tuple[pd.Timestamp, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Units:
    """Since when each unit is on or off, the longest first."""

    on: Moments
    off: Moments

    def started(self, count: int, moment: pd.Timestamp) -> "Units":
        """Return the units after `count` of those off, the longest rested, were started."""
        count = min(count, len(self.off))
        return Units(on=(*self.on, *([moment] * count)), off=self.off[count:])

    def stopped(self, count: int, moment: pd.Timestamp) -> "Units":
        """Return the units after `count` of those on, the first started, were stopped."""
        count = min(count, len(self.on))
        return Units(on=self.on[count:], off=(*self.off, *([moment] * count)))

    def rows(self, fleet: Genset, start: pd.Timestamp) -> tuple[StateRow, ...]:
        """Return the units as rows of an opening state: counts by hours in their status."""
        found = []
        for quantity, moments in (("on_count", self.on), ("off_count", self.off)):
            hours = [float((start - moment) / HOUR) for moment in moments]
            for since_h in dict.fromkeys(hours):
                count = float(hours.count(since_h))
                found.append(StateRow(fleet.name, quantity, count, f"{since_h:g}"))
        return tuple(found)


def rolled_units(
    fleet: Genset, metered: Metered, course: Course | None, handed: State
) -> Rolled | None:
    """Return a fleet's units at the start, from the last metered count; none if it is stale."""
    column = f"{fleet.name}_on_count"
    last = metered.last(column)
    if last is None or not fleet.is_committed or not metered.is_fresh(last[0]):
        return None
    moment, count = last
    units = _site_units(fleet, moment)
    if course is not None and course.covers(moment):
        units = _planned_units(fleet, course, moment)
    units = _as_counted(units, round(count), metered.values(column))
    by = course
    if course is not None and f"{fleet.name}_start_count" in course.published.table.columns:
        units = _moved(fleet, units, course, moment, metered.start)
    else:
        by = None
    return Rolled(
        rows=units.rows(fleet, metered.start),
        metered_utc=moment,
        by=rolled_by(by, moment, metered.start),
    )


def _site_units(fleet: Genset, moment: pd.Timestamp) -> Units:
    """Return the units as the site file has them at any moment."""
    since = moment - fleet.initial_since_h * HOUR
    on = fleet.initial_on_count
    return Units(on=(since,) * on, off=(since,) * (fleet.unit_count - on))


def _planned_units(fleet: Genset, course: Course, moment: pd.Timestamp) -> Units:
    """Return the units as the plan has them at a moment, before what begins then."""
    edge = course.edges[int(course.edges.searchsorted(moment, "right")) - 1]
    state = state_at(course.published, edge, "")
    rows = {q: state.find(fleet.name, q) for q in ("on_count", "off_count")}
    if not any(rows.values()):
        return _site_units(fleet, edge)
    found = {
        quantity: tuple(
            sorted(
                edge - float(row.key or fleet.initial_since_h) * HOUR
                for row in rows[quantity]
                for _ in range(round(row.value))
            )
        )
        for quantity in rows
    }
    missing = fleet.unit_count - len(found["on_count"]) - len(found["off_count"])
    rested = (edge - fleet.initial_since_h * HOUR,) * missing  # a state may name those on alone
    units = Units(on=found["on_count"], off=(*rested, *found["off_count"]))
    return _moved(fleet, units, course, edge, moment)


def _moved(
    fleet: Genset, units: Units, course: Course, since: pd.Timestamp, until: pd.Timestamp
) -> Units:
    """Return units after the plan's starts and stops from `since` until before `until`."""
    steps = course.steps_until(since, until)
    columns = [f"{fleet.name}_{quantity}_count" for quantity in ("stop", "start")]
    for moment, stops, starts in steps[columns].itertuples(name=None):
        units = units.stopped(round(stops), moment).started(round(starts), moment)
    return units


def _as_counted(units: Units, count: int, values: pd.Series) -> Units:
    """Return units of which as many run as the meter counts, changed when it last rose or fell."""
    more = count - len(units.on)
    changes = values.diff()
    for _ in range(abs(more)):
        turned = values.index[changes > 0] if more > 0 else values.index[changes < 0]
        moment = turned[-1] if len(turned) else values.index[0]
        units = units.started(1, moment) if more > 0 else units.stopped(1, moment)
        if len(turned):  # one unit less of that change is left to explain
            changes = changes.copy()
            changes[moment] -= 1.0 if more > 0 else -1.0
    return replace(units, on=tuple(sorted(units.on)), off=tuple(sorted(units.off)))
