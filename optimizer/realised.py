"""A plan's binding hours as they would run under other weather: the same table, other numbers.

What gives way is `optimizer.recourse`'s; here its arrays become published columns again, so that
bills and clauses judge them by the same rules as any plan.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.assets.battery import Battery
from optimizer.assets.genset import Genset
from optimizer.audit import Published, bills, clauses_in_force
from optimizer.component import Component, Given
from optimizer.config import WORKLOADS, Site
from optimizer.quantities import capability_mw, sovereign_mw
from optimizer.recourse import Outcome, Planned
from optimizer.recourse_store import Floats, Store
from optimizer.site_columns import facility_columns, totals


@dataclass(frozen=True, kw_only=True, slots=True)
class Stoppable:
    """A class of compute that may stop: whose it is, how much by step [MW of IT], its worth."""

    part: Component
    mw: Floats
    mad_per_mwh: float


def first_hours(published: Published, hours_h: float) -> Published:
    """Return the first hours of what is published, whole steps only, at least one."""
    given = published.given
    count = max(int((given.horizon.end_h <= hours_h + 1e-9).sum()), 1)
    part = replace(given, horizon=given.horizon.part(0, count), series=given.series.iloc[:count])
    return replace(published, given=part, table=published.table.iloc[:count])


def with_series(given: Given, columns: dict[str, Floats]) -> Given:
    """Return what is given, with other input series in some columns, less what outages cut."""
    cut = {
        column: np.minimum(values, given.left_mw(column.removesuffix("_available_mw")))
        for column, values in columns.items()
    }
    return replace(given, series=given.series.assign(**cut))


def stoppables(published: Published) -> list[Stoppable]:
    """Return the compute that may stop, least valued first."""
    found = [
        Stoppable(part=part, mw=np.maximum(mw, 0.0), mad_per_mwh=worth)
        for part in published.site.fleet(WORKLOADS)
        for mw, worth in part.stoppable(part.own(published.table), published.given)
    ]
    return sorted(found, key=lambda one: (one.mad_per_mwh, one.part.name))


def planned(published: Published, may_stop: list[Stoppable]) -> Planned:
    """Return the schedule as arrays at the bus."""
    table, site, given = published.table, published.site, published.given
    per_it = table["site_bus_per_it_pu"].to_numpy()
    at_bus = [one.mw * per_it for one in may_stop]
    lines = [f"{line.name}_import_max_mw" for line in site.grid.values()]
    return Planned(
        import_mw=table["site_import_mw"].to_numpy(),
        import_max_mw=table[lines].sum(axis=1).to_numpy(),
        export_mw=table["site_export_mw"].to_numpy(),
        genset_mw=table["site_genset_mw"].to_numpy(),
        genset_max_mw=sum(
            (_running_mw(g, table, given) for g in site.genset.values()), start=np.zeros(len(table))
        ),
        stoppable_mw=np.array(at_bus).T if at_bus else np.zeros((len(table), 0)),
        stores=tuple(_store(b, table, given) for b in site.battery.values()),
    )


def _running_mw(genset: Genset, table: pd.DataFrame, given: Given) -> Floats:
    """Return the most that the units that run can give, as far as they are in service [MW]."""
    most_mw = np.full(len(table), genset.unit_count * genset.unit_power_max_mw)
    if genset.is_committed:
        most_mw = table[f"{genset.name}_on_count"].to_numpy() * genset.unit_power_max_mw
    return np.asarray(np.minimum(most_mw, given.left_mw(genset.name)))


def _store(battery: Battery, table: pd.DataFrame, given: Given) -> Store:
    """Return a battery's plan as arrays."""
    own, left_mw = battery.own(table), given.left_mw(battery.name)
    return Store(
        hours=given.horizon.hours,
        charge_mw=own["charge_mw"].to_numpy(),
        discharge_mw=own["discharge_mw"].to_numpy(),
        energy_mwh=own["energy_mwh"].to_numpy(),
        least_mwh=np.maximum(given.column(f"{battery.name}_energy_min_mwh"), battery.low_mwh),
        charge_max_mw=np.minimum(battery.charge_max_mw, left_mw),
        discharge_max_mw=np.minimum(battery.discharge_max_mw, left_mw),
        charge_efficiency_pu=battery.charge_efficiency_pu,
        discharge_efficiency_pu=battery.discharge_efficiency_pu,
    )


def missing_mw(published: Published, given: Given) -> Floats:
    """Return what the bus lacks in each step under other series, with everything as planned [MW].

    Cooling follows the weather; sun and wind give what they have.
    """
    table, site = published.table, published.site
    plants = [*site.solar.values(), *site.wind.values()]
    available = sum((given.column(f"{p.name}_available_mw") for p in plants), start=0.0)
    lacking = table["site_renewable_mw"].to_numpy() - available
    if site.cooling is not None:
        heat_mw = table[f"{site.cooling.name}_heat_mw"].to_numpy()
        drawn = site.cooling.power_mw(heat_mw, given)
        lacking = lacking + drawn - table[f"{site.cooling.name}_power_mw"].to_numpy()
    return np.asarray(lacking)


def realised(
    published: Published, given: Given, outcome: Outcome, scenario: int, stop: list[Stoppable]
) -> pd.DataFrame:
    """Return the table of one scenario: what was planned, and what gave way."""
    table, site = published.table.copy(), published.site
    _put_plants(table, site, given, outcome, scenario)
    _shift(
        table,
        [(f"{g.name}_import_mw", f"{g.name}_import_max_mw") for g in site.grid.values()],
        outcome.more_import_mw[:, scenario] - outcome.less_import_mw[:, scenario],
    )
    exported = [(f"{g.name}_export_mw", f"{g.name}_export_mw") for g in site.grid.values()]
    _shift(table, exported, -outcome.less_export_mw[:, scenario])
    _put_gensets(table, site, given, outcome.more_genset_mw[:, scenario])
    for k, battery in enumerate(site.battery.values()):
        net = table[f"{battery.name}_discharge_mw"] - table[f"{battery.name}_charge_mw"]
        net = net + outcome.lent_mw[k, :, scenario] - outcome.repaid_mw[k, :, scenario]
        table[f"{battery.name}_discharge_mw"] = net.clip(lower=0.0)
        table[f"{battery.name}_charge_mw"] = (-net).clip(lower=0.0)
        table[f"{battery.name}_energy_mwh"] -= outcome.owed_mwh[k, :, scenario]
    per_it = table["site_bus_per_it_pu"].to_numpy()
    for c, one in enumerate(stop):
        stopped = outcome.stopped_mw[:, scenario, c] / per_it
        table[f"{one.part.name}_{one.part.it_quantity}"] -= stopped
    if site.cooling is not None:
        heat = table[f"{site.cooling.name}_heat_mw"].to_numpy()
        table[f"{site.cooling.name}_power_mw"] = site.cooling.power_mw(heat, given)
    return _summed_again(published, table, given)


def _put_plants(
    table: pd.DataFrame, site: Site, given: Given, outcome: Outcome, scenario: int
) -> None:
    """Write what sun and wind have and give: each its planned power as far as it has that."""
    names = [plant.name for plant in (*site.solar.values(), *site.wind.values())]
    for name in names:
        has_mw = given.column(f"{name}_available_mw")
        table[f"{name}_available_mw"] = has_mw
        table[f"{name}_used_mw"] = np.minimum(table[f"{name}_used_mw"], has_mw)
    used, there = ([f"{name}_{q}_mw" for name in names] for q in ("used", "available"))
    goal = table[there].sum(axis=1) - outcome.unused_mw[:, scenario]
    _shift(table, list(zip(used, there, strict=True)), (goal - table[used].sum(axis=1)).to_numpy())
    for name in names:
        left = table[f"{name}_available_mw"] - table[f"{name}_used_mw"]
        table[f"{name}_curtailed_mw"] = left


def _shift(table: pd.DataFrame, columns: list[tuple[str, str]], by_mw: Floats) -> None:
    """Add a sum to some columns: more by the room below each limit, less by what each has."""
    for up in (True, False):
        amount = np.maximum(by_mw if up else -by_mw, 0.0)
        rooms = [
            (table[most] - table[name] if up else table[name]).clip(lower=0.0).to_numpy()
            for name, most in columns
        ]
        whole = np.sum(rooms, axis=0) if rooms else np.zeros(len(table))
        share = np.divide(amount, whole, out=np.zeros(len(table)), where=whole > 0)
        for (name, _), room in zip(columns, rooms, strict=True):
            table[name] += (1 if up else -1) * share * room


def _put_gensets(table: pd.DataFrame, site: Site, given: Given, more_mw: Floats) -> None:
    """Write what running gensets give more, and the fuel of it."""
    for genset in site.genset.values():
        table[f"{genset.name}_most_mw"] = _running_mw(genset, table, given)
    names = [(f"{g.name}_power_mw", f"{g.name}_most_mw") for g in site.genset.values()]
    _shift(table, names, more_mw)
    for genset in site.genset.values():
        burnt = table[f"{genset.name}_power_mw"] * genset.fuel_l_per_mwh * given.horizon.hours
        table[f"{genset.name}_fuel_l"] = burnt
        del table[f"{genset.name}_most_mw"]


def _summed_again(published: Published, table: pd.DataFrame, given: Given) -> pd.DataFrame:
    """Return the table with the site's, the facility's and the clauses' columns made again."""
    again = facility_columns(published.site, given, table)
    table[again.columns] = again
    again = totals(published.site, given, table)
    table[again.columns] = again
    for clause in clauses_in_force(published):
        again = clause.read(table, given).add_prefix(f"{clause.name}_")
        table[again.columns] = again
    return table


def running_bill_mad(published: Published, table: pd.DataFrame, given: Given) -> float:
    """Return what sun, wind, lines, gensets and clauses cost by a table [MAD]."""
    site = published.site
    moving = {
        p.name for kind in ("solar", "wind", "grid", "genset") for p in getattr(site, kind).values()
    }
    moving |= {clause.name for clause in clauses_in_force(published)}
    found = bills(replace(published, table=table, given=given))
    return sum(mad for (name, _), mad in found.items() if name in moving)


def sovereign_margin_mw(table: pd.DataFrame, site: Site, given: Given) -> Floats:
    """Return what could feed the sovereign load above its need if all else stopped [MW]."""
    stored = np.zeros(len(table))
    for battery in site.battery.values():
        above_mwh = table[f"{battery.name}_energy_mwh"].to_numpy() - battery.low_mwh
        power = battery.discharge_efficiency_pu * np.maximum(above_mwh, 0.0) / given.horizon.hours
        stored += np.minimum(battery.discharge_max_mw, power)
    return np.asarray(capability_mw(site, given) + stored - sovereign_mw(site, given))
