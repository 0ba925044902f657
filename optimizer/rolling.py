"""From a metered value to the value at a plan's start: what the plan in force does in between.

What is stored moves as that plan moves it: ``value(start) = metered + plan(start) - plan(meter)``,
held to its range. The month's peak is the highest of what was metered and what is planned since.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.assets.battery import Battery
from optimizer.assets.grid import Grid
from optimizer.audit import Published
from optimizer.legal_time import zone
from optimizer.meter_columns import Stock, battery_stocks
from optimizer.phrases import number, phrase
from optimizer.state import State, StateRow

AGE_MAX_H = 24.0  # assumption: a day; an older meter has missed a plan, whose word is newer
HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Metered:
    """What meters had said when a plan was made, until its start."""

    table: pd.DataFrame
    steps_h: Mapping[str, float]
    start: pd.Timestamp
    age_max_h: float = AGE_MAX_H

    def values(self, column: str) -> pd.Series:
        """Return everything one meter said, oldest first; empty if it said nothing."""
        if column not in self.table.columns:
            return pd.Series(dtype="float64", index=self.table.index[:0])
        return self.table[column].dropna()

    def last(self, column: str) -> tuple[pd.Timestamp, float] | None:
        """Return the last value of a meter and when it was known; none if it never spoke."""
        values = self.values(column)
        if values.empty:
            return None
        known = values.index[-1] + pd.Timedelta(hours=self.steps_h.get(column, 0.0))
        return known, float(values.iloc[-1])

    def age_h(self, moment: pd.Timestamp) -> float:
        """Return how old a value is when the plan begins."""
        return float((self.start - moment) / HOUR)

    def is_fresh(self, moment: pd.Timestamp) -> bool:
        """Return whether a value known since `moment` may be used."""
        return self.age_h(moment) <= self.age_max_h

    def covered_h(
        self, column: str, begins: pd.DatetimeIndex, ends: pd.DatetimeIndex
    ) -> np.ndarray:
        """Return how many hours of each span a meter of means covers."""
        values, step = self.values(column), pd.Timedelta(hours=self.steps_h.get(column, 0.0))
        first = (pd.DatetimeIndex(values.index) - self.start) / HOUR
        last = (pd.DatetimeIndex(values.index) + step - self.start) / HOUR
        left, right = (np.asarray((m - self.start) / HOUR) for m in (begins, ends))
        low = np.maximum(np.asarray(first)[None, :], left[:, None])
        high = np.minimum(np.asarray(last)[None, :], right[:, None])
        return np.asarray(np.clip(high - low, 0.0, None).sum(axis=1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """A run's plan, as far as what is stored follows from it."""

    run: str
    published: Published

    @property
    def edges(self) -> pd.DatetimeIndex:
        """The moments between the plan's steps."""
        return self.published.given.horizon.edges

    def covers(self, moment: pd.Timestamp) -> bool:
        """Return whether the plan says something of a moment."""
        return bool(self.edges[0] <= moment <= self.edges[-1])

    def stock(self, stock: Stock, moment: pd.Timestamp) -> float | None:
        """Return what the plan has stored at a moment, within a step in proportion."""
        table, state = self.published.table, self.published.given.state
        if stock.column not in table.columns or not self.covers(moment):
            return None
        opening = state.value(stock.name, stock.quantity, stock.initial)
        values = np.concatenate([[opening], table[stock.column].to_numpy()])
        hours = np.asarray((self.edges - self.edges[0]) / HOUR)
        return float(np.interp((moment - self.edges[0]) / HOUR, hours, values))

    def steps_until(self, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
        """Return the table's steps that begin from `since` until before `until`."""
        table = self.published.table
        return table[(table.index >= since) & (table.index < until)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rolled:
    """A value at the plan's start, and how it came about."""

    rows: tuple[StateRow, ...]
    metered_utc: pd.Timestamp
    by: str  # how it was rolled: "rolled by run ..."; empty if nothing lies between
    held: str = ""  # what was done to keep it within what the site can have


def rolled_by(course: Course | None, since: pd.Timestamp, start: pd.Timestamp) -> str:
    """Return in words what takes a value from a meter's moment to the start."""
    if since >= start:
        return ""
    if course is None:
        return phrase("not rolled: no plan covers the time since")
    values = {"run": course.run, "moment": f"{course.edges[0]:%Y-%m-%d %H:%MZ}"}
    if course.edges[0] > since:
        return phrase("rolled by run {run} from {moment} on", values)
    return phrase("rolled by run {run}", values)


def rolled_stock(
    stock: Stock, metered: Metered, course: Course | None, handed: State
) -> Rolled | None:
    """Return what is stored at the start, from the last meter and the plan since; none if stale."""
    last = metered.last(stock.column)
    if last is None or not metered.is_fresh(last[0]):
        return None
    moment, value = last
    moved, by = 0.0, course
    if course is not None and moment < metered.start:
        ends = course.stock(stock, metered.start)
        begins = course.stock(stock, max(moment, course.edges[0]))
        by = course if ends is not None and begins is not None else None
        moved = (ends - begins) if ends is not None and begins is not None else 0.0
    kept = min(max(value + moved, stock.low), stock.high)
    held: str = ""
    if abs(kept - value - moved) > 1e-6 * max(1.0, stock.high):
        values = {
            "kept": number(kept, "g"),
            "unit": stock.unit,
            "found": number(value + moved, ".1f"),
        }
        held = phrase("held to its least, {kept} {unit}, from {found}", values)
        if kept < value + moved:
            held = phrase("held to its most, {kept} {unit}, from {found}", values)
    return Rolled(
        rows=(StateRow(stock.name, stock.quantity, kept),),
        metered_utc=moment,
        by=rolled_by(by, moment, metered.start),
        held=held,
    )


def rolled_battery(
    battery: Battery, metered: Metered, course: Course | None, handed: State
) -> Rolled | None:
    """Return the energy of a battery at the start, and its split over segments of depth."""
    stock = next(s for s in battery_stocks([battery]))
    rolled = rolled_stock(stock, metered, course, handed)
    if rolled is None:
        return None
    split = rolled_segments(battery, rolled.rows[0].value, handed)
    return replace(rolled, rows=(*rolled.rows, *split))


def rolled_segments(battery: Battery, energy_mwh: float, handed: State) -> list[StateRow]:
    """Return the split over segments of depth: the plan's, changed as charging would change it.

    What is more than planned lies in the shallow segments, and what is less is missing there: they
    are the cheap ones, which are filled and emptied first.
    """
    found = {r.key: r.value for r in handed.find(battery.name, "segment_energy_mwh")}
    keys = [str(k + 1) for k in range(battery.segment_count)]
    if battery.segment_count == 1 or set(found) != set(keys):
        return []  # without a split the battery makes one itself
    rest = energy_mwh - battery.low_mwh - sum(found.values())
    rows = []
    for key in keys:
        after = min(max(found[key] + rest, 0.0), battery.width_mwh)
        rest -= after - found[key]
        rows.append(StateRow(battery.name, "segment_energy_mwh", after, key))
    return rows


def rolled_peak(
    line: Grid, metered: Metered, course: Course | None, handed: State
) -> Rolled | None:
    """Return the month's highest draw so far: metered, and as planned where no meter spoke.

    A meter's own step is taken as it is: a quarter of an hour counts, as on the bill. Where the
    meters have gaps in the month before that plan, what it opened with counts too.
    """
    column, tariff = f"{line.name}_import_mw", line.tariff
    last = metered.last(column)
    if tariff is None or tariff.demand_charge_mad_per_mw_month <= 0 or last is None:
        return None
    before_start = pd.DatetimeIndex([metered.start - pd.Timedelta(seconds=1)])
    month = tariff.month_of(before_start)[0]
    values = metered.values(column)
    inside = values[[m == month for m in tariff.month_of(values.index)]]
    if inside.empty or not metered.is_fresh(last[0]):
        return None
    peaks = [float(inside.max())]
    if course is not None:
        peaks += _planned_draws(column, month, line, metered, course)
        begin = pd.Timestamp(month).tz_localize(zone(tariff.time_zone)).tz_convert("UTC")
        until = max(begin, course.edges[0])
        before_h = metered.covered_h(column, pd.DatetimeIndex([begin]), pd.DatetimeIndex([until]))
        if before_h[0] < (until - begin) / HOUR - 1e-9:
            state = course.published.given.state
            peaks.append(state.value(line.name, "month_peak_mw", 0.0, key=month))
    return Rolled(
        rows=(StateRow(line.name, "month_peak_mw", max(peaks), month),),
        metered_utc=last[0],
        by=rolled_by(course, last[0], metered.start),
    )


def spans(steps: pd.DataFrame) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Return when each step of a table begins, and when it ends."""
    begins = pd.DatetimeIndex(steps.index)
    return begins, begins + pd.to_timedelta(steps["step_h"].to_numpy(), unit="h")


def _planned_draws(
    column: str, month: str, line: Grid, metered: Metered, course: Course
) -> list[float]:
    """Return the planned draw of the month's steps before the start that no meter covers."""
    steps = course.steps_until(course.edges[0], metered.start)
    if steps.empty or column not in steps.columns or line.tariff is None:
        return []
    covered_h = metered.covered_h(column, *spans(steps))
    is_open = covered_h < steps["step_h"].to_numpy() - 1e-9
    is_month = np.array([m == month for m in line.tariff.month_of(steps.index)])
    return [float(mw) for mw in steps.loc[is_open & is_month, column]]
