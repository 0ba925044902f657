"""What meters say of budgets: an hour whose columns were all metered is booked as metered.

The metered means of the hour take the place of the plan's columns, the site's sums are made of
them again, and the clause counts as it counts a plan. Where it reads a column that no meter gave,
the hour stays as planned. What was read from a bill by `dakhla ledger --import` stands above it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Clause
from optimizer.agreement.ledger import METER, Entry, booked_clauses, corrected
from optimizer.component import Given
from optimizer.config import Site
from optimizer.handover import leading_runs
from optimizer.horizon import Horizon
from optimizer.ledger_file import read_ledger, write_ledger
from optimizer.meter_columns import meter_columns
from optimizer.meters import meter_steps, read_meters
from optimizer.state import default_state
from optimizer.store import read_published

FROM_METERS = "from meters"  # the note of what this module books, and may book anew
_HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Booked:
    """What was booked, and what stands above it."""

    hour_count: int
    by_bill_count: int  # hours that a reading of a bill says already
    articles: tuple[str, ...]


def book_meters(
    out: Path, site: Site, clauses: Sequence[Clause], first: pd.Timestamp, last: pd.Timestamp
) -> Booked:
    """Book the metered hours between two moments in the ledger of a folder of runs."""
    kept = booked_clauses(clauses)
    steps_h = meter_steps(out)
    table = read_meters(out, since=first.floor("h"))
    hours = hourly(table[table.index < (last + _HOUR).ceil("h")], steps_h)
    if not kept or hours.empty:
        return Booked(hour_count=0, by_bill_count=0, articles=())
    counted = metered_table(hours, site, _carbon(out, site, hours.index))
    ledger = read_ledger(out)
    entries = [e for clause in kept for e in _entries(clause, counted)]
    bills = [e for e in ledger if e.is_metered and e.note != FROM_METERS]
    new = [e for e in entries if not any(e.overlaps(bill) for bill in bills)]
    new = _whole(new, [e for e in ledger if not e.is_metered])
    if new:
        write_ledger(out, corrected(ledger, new))
    names = {e.name for e in new}
    return Booked(
        hour_count=len(new),
        by_bill_count=len([e for e in entries if any(e.overlaps(bill) for bill in bills)]),
        articles=tuple(clause.article for clause in kept if clause.name in names),
    )


def hourly(table: pd.DataFrame, steps_h: Mapping[str, float]) -> pd.DataFrame:
    """Return the mean of every metered column over whole UTC hours; NaN where not all was metered.

    A reading counts from its moment on, so one must be of the hour's beginning.
    """
    if table.empty:
        return table
    floor = pd.DatetimeIndex(table.index).floor("h")
    hours = pd.date_range(floor[0], floor[-1], freq="h", name="time_utc")
    columns = {}
    for column in table.columns:
        values = table[column].dropna()
        at = pd.DatetimeIndex(values.index)
        grouped = values.groupby(at.floor("h"))
        step_h = steps_h.get(str(column))
        if step_h is None:
            is_whole = grouped.apply(lambda hour: hour.index[0] == hour.index[0].floor("h"))
        else:
            is_whole = grouped.count() * step_h == 1.0
            if len(at) and ((at - at.floor("h")) / _HOUR % step_h > 1e-9).any():
                is_whole[:] = False  # steps lie across the hours
        columns[column] = grouped.mean()[is_whole.astype(bool)].reindex(hours)
    return pd.DataFrame(columns, index=hours)


def metered_table(hours: pd.DataFrame, site: Site, carbon: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Return the columns clauses read, made of hourly meters; NaN where a meter is missing.

    `carbon` holds intensity and carbon-free share of lines by published column.
    """
    known = [c for c in meter_columns(site) if c in hours.columns]
    table = hours[known].reindex(columns=[*meter_columns(site)])
    zero = pd.Series(0.0, index=hours.index)

    def total(names: Sequence[str], factors: Sequence[pd.Series | float] = ()) -> pd.Series:
        each = [table[name] for name in names]
        for number, factor in enumerate(factors):
            each[number] = each[number] * factor
        return sum(each, start=zero)

    lines, gensets = list(site.grid.values()), list(site.genset.values())
    plants = [*site.solar.values(), *site.wind.values()]
    drawn, made = [f"{g.name}_import_mw" for g in lines], [f"{g.name}_power_mw" for g in gensets]
    intensity, free = (
        [carbon[f"{g.name}_{q}"] for g in lines] for q in ("emission_kg_per_mwh", "carbon_free_pu")
    )
    sums = {  # over an hour, power in MW is energy in MWh
        "step_h": zero + 1.0,
        "site_import_mw": total(drawn),
        "site_export_mw": total([f"{g.name}_export_mw" for g in lines]),
        "site_renewable_mw": total([f"{p.name}_used_mw" for p in plants]),
        "site_genset_mw": total(made),
        "site_genset_count": total([f"{g.name}_on_count" for g in gensets if g.is_committed]),
        "site_fuel_l": total(made, [g.fuel_l_per_mwh for g in gensets]),
        "site_emission_kg": total(drawn, intensity)
        + total(made, [g.emission_kg_per_mwh for g in gensets]),
        "site_dirty_import_mw": total(drawn, [1 - share for share in free]),
        "site_wheeled_mw": total([f"{g.name}_import_mw" for g in lines if g.is_wheeled]),
    }
    sums |= {f"{t.name}_work_mw": zero * np.nan for t in site.training.values()}  # no meter has it
    sums |= {
        f"{d.name}_made_m3": table[f"{d.name}_power_mw"] * d.m3_per_mwh
        for d in site.desalination.values()
    }
    return pd.concat([table, pd.DataFrame(sums)], axis=1)


def _carbon(out: Path, site: Site, hours: pd.Index) -> dict[str, pd.Series]:
    """Return what an hour's draw brings with it: the leading plans' input, else the site's own."""
    tables = [read_published(folder)[0].table for folder in leading_runs(out)]
    found = {}
    for line in site.grid.values():
        for need in line.needs():
            if need.column.endswith(("emission_kg_per_mwh", "carbon_free_pu")):
                default = np.nan if line.series_file or need.default is None else need.default
                series = pd.Series(default, index=hours)
                for table in reversed(tables):  # the plan in force has the last word
                    if need.column in table.columns:
                        by_hour = table[need.column].groupby(_hours(table.index)).mean()
                        series = by_hour.reindex(hours).fillna(series)
                found[need.column] = series
    return found


def _hours(moments: pd.Index) -> pd.DatetimeIndex:
    """Return the beginning of the UTC hour of each moment."""
    return pd.DatetimeIndex(moments).floor("h").rename("time_utc")


def _entries(clause: BudgetClause, table: pd.DataFrame) -> list[Entry]:
    """Return what a clause counts in each hour whose columns were all metered."""
    index = pd.DatetimeIndex(table.index).as_unit("us")
    horizon = Horizon(start=index[0], step_h=(1.0,) * len(index))
    given = Given(horizon=horizon, series=table, state=default_state(index[0]))
    try:
        counted = clause.counted(table, given)
    except KeyError:  # it reads what no meter of the site can say
        return []
    is_known = counted.notna().to_numpy() & clause.holds(index)
    return [
        Entry(
            name=clause.name,
            from_utc=hour,
            until_utc=hour + _HOUR,
            amount=float(amount),
            unit=clause.unit,
            source=METER,
            note=FROM_METERS,
        )
        for hour, amount in counted[is_known].items()
    ]


def _whole(entries: Sequence[Entry], planned: Sequence[Entry]) -> list[Entry]:
    """Return entries without those that would cut a planned one of several hours in two."""
    hours = {(e.name, e.from_utc) for e in entries}
    cut: set[tuple[str, pd.Timestamp]] = set()
    for plan in planned:
        if plan.span_h > 1:
            within = {
                (plan.name, hour)
                for hour in pd.date_range(plan.from_utc, plan.until_utc, freq="h", inclusive="left")
            }
            if not within <= hours:
                cut |= within
    return [e for e in entries if (e.name, e.from_utc) not in cut]
