"""The rows of an opening state that meters know better than the last plan."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd

from models.errors import InputError
from optimizer.config import Site
from optimizer.courses import Courses
from optimizer.meter_columns import meter_columns, other_stocks
from optimizer.meters import METERS, meter_steps, read_meters
from optimizer.phrases import joined, number, phrase
from optimizer.rolling import (
    AGE_MAX_H,
    Course,
    Metered,
    Rolled,
    rolled_battery,
    rolled_peak,
    rolled_stock,
)
from optimizer.rolling_units import rolled_units
from optimizer.rolling_work import (
    rolled_backlog,
    rolled_level,
    rolled_quota,
    rolled_training,
    rolled_water_power,
)
from optimizer.state import State, sources_of

Roll = Callable[[Metered, Course | None, State], Rolled | None]
HISTORY = pd.Timedelta(days=32)  # a month's peak begins with the month at the latest
_MOMENT = "%Y-%m-%d %H:%MZ"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Quantities of one part, the meters that know them, and how they are rolled."""

    name: str
    quantities: tuple[str, ...]
    columns: tuple[str, ...]  # the last of them to speak says from when the plan goes on
    roll: Roll


def metered_state(
    state: State, site: Site, out: Path, until: pd.Timestamp, *, age_max_h: float = AGE_MAX_H
) -> State:
    """Return `state` with what meters knew at `until`, rolled to its moment, in its rows' place.

    Raises
    ------
    InputError
        A meter says what the site can't have.
    """
    steps_h = meter_steps(out)
    table = read_meters(out, until, since=state.time_utc - HISTORY)
    if table.empty:
        return state
    metered = Metered(table=table, steps_h=steps_h, start=state.time_utc, age_max_h=age_max_h)
    _refuse_impossible(metered, site, out)
    courses = Courses(out=out, start=state.time_utc)
    handed, moments = state, []
    for wanted in _wanted(site):
        spoken = [last[0] for column in wanted.columns if (last := metered.last(column))]
        if not spoken:
            continue
        course = courses.since(max(spoken))
        base = None if course is None else courses.handed(course)
        rolled = wanted.roll(metered, course, handed if base is None else base)
        if rolled is not None:
            state = _replaced(state, wanted, rolled, metered)
            moments.append(rolled.metered_utc)
        elif not metered.is_fresh(max(spoken)):
            state = _told_old(state, wanted, max(spoken), metered)
    if not moments:
        return state
    values = {"moment": f"{max(moments):{_MOMENT}}", "origin": state.origin}
    words = phrase("meters until {moment}; else {origin}", values)
    return replace(state, origin=words)


def _wanted(site: Site) -> Iterable[Wanted]:
    """Yield every quantity of a site that a meter may know better than a plan."""
    yield from _of_supply(site)
    yield from _of_work(site)


def _of(
    name: str, roll: Roll, columns: tuple[str, ...], quantities: tuple[str, ...] = ()
) -> Wanted:
    """Return what is wanted of one part, whose state is called as its meters if nothing else."""
    meters = tuple(f"{name}_{column}" for column in columns)
    return Wanted(name=name, quantities=quantities or columns, columns=meters, roll=roll)


def _of_supply(site: Site) -> Iterable[Wanted]:
    """Yield what stores, burns, draws and makes water."""
    for battery in site.battery.values():
        split = ("energy_mwh", "segment_energy_mwh")
        yield _of(battery.name, partial(rolled_battery, battery), ("energy_mwh",), split)
    for stock in other_stocks(site):
        column = stock.column.removeprefix(f"{stock.name}_")
        yield _of(stock.name, partial(rolled_stock, stock), (column,), (stock.quantity,))
    for fleet in site.genset.values():
        counts = ("on_count", "off_count")
        yield _of(fleet.name, partial(rolled_units, fleet), ("on_count",), counts)
    for line in site.grid.values():
        yield _of(line.name, partial(rolled_peak, line), ("import_mw",), ("month_peak_mw",))
    for plant in site.desalination.values():
        yield _of(plant.name, partial(rolled_water_power, plant), ("power_mw",))


def _of_work(site: Site) -> Iterable[Wanted]:
    """Yield what is known of work that waits, runs or was done."""
    for fleet in site.training.values():
        powers = ("powered_mw", "power_mw")
        yield _of(fleet.name, partial(rolled_training, fleet), ("power_mw",), powers)
    for work in site.deferrable.values():
        meters, rows = ("backlog_mwh", "run_mw"), ("backlog_mwh", "rate_max_mw")
        yield _of(work.name, partial(rolled_backlog, work), meters, rows)
    for quota in site.quota.values():
        account = ("bank_mwh", "delivered_mwh")
        yield _of(quota.name, partial(rolled_quota, quota), ("power_mw",), account)
    for load in site.firm.values():
        meters, rows = ("demand_mw", "served_mw"), ("demand_mwh", "shed_mwh")
        yield _of(load.name, partial(rolled_level, load), meters, rows)


def _refuse_impossible(metered: Metered, site: Site, out: Path) -> None:
    """Raise InputError where the last value of a fresh meter is none the site can have."""
    problems = []
    for column, known in meter_columns(site).items():
        last = metered.last(column)
        if last is not None and metered.is_fresh(last[0]) and last[1] > known.refused_above:
            problems.append(
                f"{out / METERS}: {column} = {last[1]:g} at {last[0]:{_MOMENT}} is above what the "
                f"site can have, {known.high:g}. Import a corrected value, or mend the site file."
            )
    if problems:
        raise InputError(problems)


def _replaced(state: State, wanted: Wanted, rolled: Rolled, metered: Metered) -> State:
    """Return the state with one part's rolled rows in the place of its own, and their source."""

    def stays(name: str, quantity: str) -> bool:
        return name != wanted.name or quantity not in wanted.quantities

    rows = [row for row in rolled.rows if row.quantity in wanted.quantities]
    age_h = metered.age_h(rolled.metered_utc)
    values = {"moment": f"{rolled.metered_utc:{_MOMENT}}", "hours": number(age_h, ".1f")}
    parts = [phrase("metered {moment} ({hours} h old)", values), rolled.by, rolled.held]
    words = joined(", ", [part for part in parts if part])
    sources = sources_of(rows, words, age_h)
    return replace(
        state,
        rows=(*(r for r in state.rows if stays(r.name, r.quantity)), *rows),
        sources=(*(s for s in state.sources if stays(s.name, s.quantity)), *sources),
    )


def _told_old(state: State, wanted: Wanted, moment: pd.Timestamp, metered: Metered) -> State:
    """Return the state whose sources say that a meter was too old to be used."""
    values = {
        "moment": f"{moment:{_MOMENT}}",
        "hours": number(metered.age_h(moment), ".1f"),
        "most": number(metered.age_max_h, "g"),
    }
    note = phrase(
        "its meter of {moment} is {hours} h old, more than {most}, and is not used", values
    )
    sources = [
        replace(s, source=joined("; ", [s.source, note]))
        if s.name == wanted.name and s.quantity in wanted.quantities
        else s
        for s in state.sources
    ]
    return replace(state, sources=tuple(sources))
