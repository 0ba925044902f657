"""What a clause may read of the site, as expressions of the model.

The same quantities are columns of the schedule table; see `optimizer.agreement.clause.Quantities`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimizer.agreement.clause import Quantities, Rate
from optimizer.assets.grid import Grid
from optimizer.component import Backing, Component, Given
from optimizer.config import SERVICES, WORKLOADS, Site


def summed(calls: Iterable[Callable[[int], Any]], t: int) -> Any:
    """Return the sum of some quantities in step `t`."""
    return sum(call(t) for call in calls)


def it_mw(site: Site, model: pyo.ConcreteModel, t: int) -> Any:
    """Return the IT power of all workloads in step `t`."""
    return summed([partial(p.it_mw, model.component(p.name)) for p in site.fleet(WORKLOADS)], t)


def heat_mw(site: Site, model: pyo.ConcreteModel, t: int) -> Any:
    """Return the heat that cooling carries away in step `t`: the machines', less what is stored."""
    heat = site.facility.heat_factor_pu() * it_mw(site, model, t)
    for store in site.chilled_store.values():
        heat = heat + store.heat_mw(model.component(store.name), t)
    return heat


def facility_mw(site: Site, model: pyo.ConcreteModel, t: int) -> Any:
    """Return what the facility draws from the bus in step `t`."""
    facility, cooling = site.facility, site.cooling
    compute_mw = facility.heat_factor_pu() * it_mw(site, model, t) + facility.fixed_overhead_mw
    return compute_mw if cooling is None else compute_mw + model.component(cooling.name).power_mw[t]


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over parts of a site, as expressions of its model."""

    model: pyo.ConcreteModel
    step_count: int

    def of(
        self,
        parts: Iterable[Component],
        quantity: str,
        factor: Callable[[Any], np.ndarray | float] | None = None,
    ) -> Rate:
        """Return a sum of variables, each times its factor; a zero Pyomo knows if there are none.

        A row of plain numbers is no row to Pyomo; with that zero it is one, which holds or can't.
        """
        found = []
        for part in parts:
            variable = self.model.component(part.name).component(quantity)
            if variable is not None:
                by_step = np.zeros(self.step_count) + (1.0 if factor is None else factor(part))
                found.append((variable, by_step.tolist()))
        if not found:
            return lambda _: self.model.nothing
        if factor is None:
            return lambda t: sum(v[t] for v, _ in found)
        return lambda t: sum(f[t] * v[t] for v, f in found)

    def calls(self, parts: Iterable[Component], method: str) -> Rate:
        """Return the sum of what a method of each part says; a zero Pyomo knows if none."""
        found = [partial(getattr(p, method), self.model.component(p.name)) for p in parts]
        return lambda t: summed(found, t) + self.model.nothing if found else self.model.nothing


def published(site: Site, given: Given, model: pyo.ConcreteModel) -> Quantities:
    """Return the quantities a clause may read, as expressions of the model."""
    plants = [*site.solar.values(), *site.wind.values()]
    lines, gensets = list(site.grid.values()), list(site.genset.values())
    batteries, workloads = list(site.battery.values()), site.fleet(WORKLOADS)
    blocks = {part.name: model.component(part.name) for part in site.components()}
    sums = _Sums(model, len(given.horizon.steps))
    drawn_kg, burnt_kg = _emission(site, given, sums)
    return Quantities(
        import_mw=sums.of(lines, "import_mw"),
        export_mw=sums.of(lines, "export_mw"),
        wheeled_mw=sums.of([g for g in lines if g.is_wheeled], "import_mw"),
        dirty_import_mw=sums.of(
            lines, "import_mw", lambda g: 1 - given.column(f"{g.name}_carbon_free_pu")
        ),
        genset_mw=sums.of(gensets, "power_mw"),
        genset_count=sums.of(gensets, "on_count"),
        renewable_mw=sums.of(plants, "used_mw"),
        facility_mw=partial(facility_mw, site, model),
        it_mw=sums.calls(workloads, "it_mw"),
        preemptible_mw=sums.calls(workloads, "preemptible_mw"),
        emission_kg_per_h=lambda t: drawn_kg(t) + burnt_kg(t),
        fuel_l_per_h=sums.of(gensets, "power_mw", lambda g: g.fuel_l_per_mwh),
        water_l_per_h=_water(site, given, model),
        deliverable_mwh=sums.calls(batteries, "deliverable_mwh"),
        discharge_room_mw=sums.calls(batteries, "discharge_room_mw"),
        work_mw={p.name: _work(p, blocks[p.name], model) for p in workloads},
        service_per_h={
            p.name: partial(p.service_per_h, blocks[p.name]) for p in site.fleet(SERVICES)
        },
        stored_mwh={b.name: blocks[b.name].energy_mwh.__getitem__ for b in batteries},
        used_mw={p.name: blocks[p.name].used_mw.__getitem__ for p in plants},
        available_mw={p.name: given.column(f"{p.name}_available_mw") for p in plants},
        capability_mw=capability_mw(site, given),
        largest_unit_mw=largest_unit_mw(site, given),
        sovereign_mw=sovereign_mw(site, given),
        bus_per_it_pu=bus_per_it_pu(site, given),
        it_power_max_mw=site.facility.it_power_max_mw,
        discharge_max_mw=discharge_max_mw(site, given),
    )


def _emission(site: Site, given: Given, sums: _Sums) -> tuple[Rate, Rate]:
    """Return what draw and gensets emit [kg/h]."""

    def drawn(grid: Grid) -> np.ndarray:
        return given.column(f"{grid.name}_emission_kg_per_mwh")

    return (
        sums.of(site.grid.values(), "import_mw", drawn),
        sums.of(site.genset.values(), "power_mw", lambda g: g.emission_kg_per_mwh),
    )


def _work(part: Component, block: pyo.Block, model: pyo.ConcreteModel) -> Rate:
    """Return a workload's work rate: its IT power where work is not a variable of its own."""
    work = block.component("work_mw")
    call: Rate = partial(part.it_mw, block) if work is None else work.__getitem__
    return lambda t: call(t) + model.nothing


def _water(site: Site, given: Given, model: pyo.ConcreteModel) -> Rate:
    """Return the water that cooling evaporates [L/h]."""
    if site.cooling is None:
        return lambda _: model.nothing
    per_mwh = given.column(f"{site.cooling.name}_water_l_per_mwh").tolist()
    return lambda t: per_mwh[t] * heat_mw(site, model, t) + model.nothing


def capability_mw(site: Site, given: Given) -> np.ndarray:
    """Return the most that lines, gensets, sun and wind can give in each step [MW]."""
    total = np.zeros(len(given.horizon.steps))
    for grid in site.grid.values():
        total = total + given.column(f"{grid.name}_import_max_mw")
    for plant in (*site.solar.values(), *site.wind.values()):
        total = total + given.column(f"{plant.name}_available_mw")
    for fleet in site.genset.values():
        most_mw = fleet.unit_count * fleet.unit_power_max_mw
        total = total + np.minimum(most_mw, given.left_mw(fleet.name))
    return total


def discharge_max_mw(site: Site, given: Given) -> np.ndarray:
    """Return the most that all batteries can add to the bus in each step [MW]."""
    total = np.zeros(len(given.horizon.steps))
    for battery in site.battery.values():
        total = total + battery.discharge_max_mw - battery.lost_mw(given)
    return total


def backing(site: Site, given: Given, model: pyo.ConcreteModel) -> Backing:
    """Return what feeds the bus beside sun and wind: lines, gensets, batteries."""
    blocks = {part.name: model.component(part.name) for part in site.components()}
    flows = [blocks[p.name].import_mw for p in site.grid.values()]
    flows += [blocks[p.name].power_mw for p in site.genset.values()]
    flows += [blocks[p.name].discharge_mw for p in site.battery.values()]
    available_mw, most_mw = np.zeros(len(given.horizon.steps)), np.zeros(len(given.horizon.steps))
    for plant in (*site.solar.values(), *site.wind.values()):
        available_mw = available_mw + given.column(f"{plant.name}_available_mw")
    for grid in site.grid.values():
        most_mw = most_mw + given.column(f"{grid.name}_import_max_mw")
    most_mw = most_mw + sum(g.unit_count * g.unit_power_max_mw for g in site.genset.values())
    most_mw = most_mw + sum(battery.discharge_max_mw for battery in site.battery.values())
    surplus_mw = (available_mw - site.facility.fixed_overhead_mw) / site.facility.heat_factor_pu()
    for firm in site.firm.values():
        served_pu = 1 - sum(tier.shed_max_pu for tier in firm.tiers)
        served_mw = served_pu * given.column(f"{firm.name}_demand_mw")
        surplus_mw = surplus_mw - (0.0 if given.is_elastic else served_mw)
    return Backing(
        mw=lambda t: sum(flow[t] for flow in flows) if flows else model.nothing,
        max_mw=most_mw,
        surplus_it_mw=np.maximum(surplus_mw, 0.0),
    )


def largest_unit_mw(site: Site, given: Given) -> np.ndarray:
    """Return the most that one line, or one genset, can give in each step [MW]."""
    largest = np.zeros(len(given.horizon.steps))
    for grid in site.grid.values():
        largest = np.maximum(largest, given.column(f"{grid.name}_import_max_mw"))
    for fleet in site.genset.values():
        unit_mw = np.minimum(fleet.unit_power_max_mw, given.left_mw(fleet.name))
        largest = np.maximum(largest, unit_mw)
    return largest


def bus_per_it_pu(site: Site, given: Given) -> np.ndarray:
    """Return the draw at the bus per IT power, at most: with UPS losses and steepest cooling."""
    heat_factor = site.facility.heat_factor_pu() * np.ones(len(given.horizon.steps))
    if site.cooling is None:
        return heat_factor
    steepest = np.max([slope for _, slope in site.cooling.lines(given)], axis=0)
    return np.asarray(heat_factor * (1 + steepest))


def sovereign_mw(site: Site, given: Given) -> np.ndarray:
    """Return what the sovereign load draws at the bus if it runs alone, at most [MW].

    Its cooling is taken on the steepest line above the curve's value at no heat: the curve is
    convex, so that is an upper bound.
    """
    sovereign = [part for part in site.firm.values() if part.is_sovereign]
    demand_mw = sum((given.column(f"{p.name}_demand_mw") for p in sovereign), start=0.0)
    steps = len(given.horizon.steps)
    bound_mw = (np.zeros(steps) + demand_mw) * bus_per_it_pu(site, given)
    bound_mw = bound_mw + site.facility.fixed_overhead_mw
    if site.cooling is not None:
        bound_mw = bound_mw + site.cooling.power_mw(np.zeros(steps), given)
    return np.asarray(bound_mw)
