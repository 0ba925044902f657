"""Outages and pins in the model: input series cut, and rows that hold a quantity, in one block.

An outage of sun, wind or a line cuts its input series, so that clauses, curtailment and what is
kept for a failure know of it; the series without it is kept beside it. Every other outage and all
pins are rows of the block ``held``, named ``outage_1_battery_main_charge_mw`` or
``pin_2_grid_onee_import_mw`` by their place in their tables.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.component import Component, Given
from optimizer.config import WORKLOADS, Site
from optimizer.held import Interventions, Outage, touched
from optimizer.horizon import Horizon
from optimizer.pins import kinds
from optimizer.quantities import facility_mw, it_mw

CUT = {  # kind of part -> input series that an outage cuts, and the variable each bounds
    "solar": {"available_mw": "used_mw"},
    "wind": {"available_mw": "used_mw"},
    "grid": {"import_max_mw": "import_mw", "export_max_mw": "export_mw"},
}
ROWS: Mapping[str, tuple[str, ...]] = {  # what an outage holds down in rows; else the power
    "battery": ("charge_mw", "discharge_mw"),
    "chilled_store": ("charge_mw", "discharge_mw"),
    "firm": ("served_mw",),
    "deferrable": ("run_mw",),
    "training": ("powered_mw",),  # machines that are out can't run slower in place of others
}
BLOCK = "held"
_TOTALS = {  # a site's column -> kinds of parts and the quantity it sums
    "site_import_mw": (("grid",), "import_mw"),
    "site_export_mw": (("grid",), "export_mw"),
    "site_genset_mw": (("genset",), "power_mw"),
    "site_renewable_mw": (("solar", "wind"), "used_mw"),
}
_NEAR_MW = 1e-6  # what a commitment may be off: the published value is the solver's, rounded
Rate = Callable[[int], Any]


def uncut(column: str) -> str:
    """Return the column of an input series as it is without outages."""
    stem, _, unit = column.rpartition("_")
    return f"{stem}_uncut_{unit}"


def cut(series: pd.DataFrame, site: Site, horizon: Horizon, held: Interventions) -> pd.DataFrame:
    """Return input series cut by outages of sun, wind and lines, each beside what it was."""
    columns = {}
    for kind, part in kinds(site):
        left_mw = held.left_mw(part.name, horizon)
        if kind in CUT and np.isfinite(left_mw).any():
            for quantity in CUT[kind]:
                column = f"{part.name}_{quantity}"
                before = series[column] if uncut(column) not in series else series[uncut(column)]
                columns[column] = np.minimum(before, left_mw)
                columns[uncut(column)] = before
    return series.assign(**columns) if columns else series


def with_held(given: Given, site: Site, held: Interventions) -> Given:
    """Return what is given with outages and pins: they count in series, model and audit."""
    return replace(given, held=held, series=cut(given.series, site, given.horizon, held))


def cut_bounds(site: Site, given: Given) -> dict[tuple[str, int], str]:
    """Return, by variable and step, the outage that a bound from an input series is."""
    found: dict[tuple[str, int], str] = {}
    parts = {part.name: kind for kind, part in kinds(site)}
    for outage in sorted(given.held.outages, key=lambda one: -one.available_mw):  # the least stays
        for quantity, variable in CUT.get(parts.get(outage.unit, ""), {}).items():
            column = f"{outage.unit}_{quantity}"
            if uncut(column) not in given.series:
                continue
            before = given.column(uncut(column))
            for t in touched(outage, given.horizon):
                if before[t] > outage.available_mw:
                    found[f"{outage.unit}.{variable}", t] = str(outage)
    return found


def hold(site: Site, given: Given, model: pyo.ConcreteModel) -> None:
    """Declare what outages leave and what pins hold, as rows of the block ``held``."""
    if not given.held:
        return
    block = pyo.Block()
    model.add_component(BLOCK, block)
    for name, low, high, rate, steps in _rows(site, given, model):
        rule = partial(_held, low=low, high=high, rate=rate)
        block.add_component(name, pyo.Constraint(steps, rule=rule))
    for fleet in site.genset.values():
        if fleet.is_committed:
            _release(model.component(fleet.name).on_count, fleet.must_run(given))
    for plant in site.desalination.values():
        if not given.lets_go:
            _release(model.component(plant.name).power_mw, plant.least_mw(given))


def _release(variable: pyo.Var, least: np.ndarray) -> None:
    """Lower what a machine must do to what an outage leaves of it."""
    for t, bound in enumerate(least.tolist()):
        if bound < variable[t].lb:
            variable[t].setlb(bound)


def _held(b: pyo.Block, t: int, low: float | None, high: float | None, rate: Rate) -> Any:
    """Return the row of one step."""
    if low is not None and low == high:
        return rate(t) == low
    if low is None:
        return rate(t) <= high
    return rate(t) >= low if high is None else (low, rate(t), high)


def row_texts(site: Site, held: Interventions) -> dict[str, str]:
    """Return the entry that each row of the block is, by the row's name."""
    found = {}
    parts = {part.name: kind for kind, part in kinds(site)}
    for number, outage in enumerate(held.outages, start=1):
        for quantity in _quantities(parts[outage.unit]):
            found[_name("outage", number, f"{outage.unit}_{quantity}")] = str(outage)
    for number, pin in enumerate(held.pins, start=1):
        found[_name(pin.kind, number, pin.column)] = str(pin)
    return {f"{BLOCK}.{name}": text for name, text in found.items()}


def _name(kind: str, number: int, column: str) -> str:
    """Return the name of a row."""
    return f"{kind}_{number}_{column}"


def _quantities(kind: str) -> tuple[str, ...]:
    """Return what an outage of a kind of part holds down in rows."""
    if kind in CUT:
        return ()
    rest: tuple[str, ...] = ("power_mw",)
    return (*ROWS.get(kind, rest), *(("on_count",) if kind == "genset" else ()))


def _rows(
    site: Site, given: Given, model: pyo.ConcreteModel
) -> Iterator[tuple[str, float | None, float | None, Rate, list[int]]]:
    """Yield name, least, most, quantity and steps of every row."""
    parts = {part.name: (kind, part) for kind, part in kinds(site)}
    for number, outage in enumerate(given.held.outages, start=1):
        kind, part = parts[outage.unit]
        steps = touched(outage, given.horizon)
        for quantity in _quantities(kind) if steps else ():
            if quantity == "on_count" and not getattr(part, "is_committed", False):
                continue
            most = _units_left(part, outage) if quantity == "on_count" else outage.available_mw
            column = f"{part.name}_{quantity}"
            yield _name("outage", number, column), None, most, rate_of(site, model, column), steps
    for number, pin in enumerate(given.held.pins, start=1):
        if steps := touched(pin, given.horizon):
            rate = rate_of(site, model, pin.column)
            name, is_near = _name(pin.kind, number, pin.column), pin.kind != "pin"
            low = None if pin.low is None else pin.low - (_NEAR_MW if is_near else 0.0)
            high = None if pin.high is None else pin.high + (_NEAR_MW if is_near else 0.0)
            yield name, low, high, rate, steps


def _units_left(fleet: Any, outage: Outage) -> float:
    """Return how many units give what an outage leaves; the last of them a part of its power."""
    return float(np.ceil(outage.available_mw / fleet.unit_power_max_mw - 1e-9))


def rate_of(site: Site, model: pyo.ConcreteModel, column: str) -> Rate:
    """Return a published quantity as an expression of the model, by step."""
    if column in _TOTALS:
        of, quantity = _TOTALS[column]
        parts = [part for kind in of for part in getattr(site, kind).values()]
        flows = [model.component(part.name).component(quantity) for part in parts]
        return lambda t: sum(flow[t] for flow in flows) + model.nothing if flows else model.nothing
    kind, part, quantity = owner_of(site, column)
    block = model.component(part.name)
    if kind == "facility":
        whole = {"power_mw": facility_mw, "it_mw": it_mw}[quantity]
        return lambda t: whole(site, model, t) + model.nothing
    if kind in WORKLOADS and quantity == part.it_quantity:
        return lambda t: part.it_mw(block, t) + model.nothing  # a sovereign load has no variable
    variable = block.component(quantity)
    return lambda t: variable[t]


def owner_of(site: Site, column: str) -> tuple[str, Component, str]:
    """Return the kind and part a column is of, and its quantity."""
    found = [(kind, part) for kind, part in kinds(site) if column.startswith(f"{part.name}_")]
    kind, part = max(found, key=lambda one: len(one[1].name))
    return kind, part, column.removeprefix(f"{part.name}_")
