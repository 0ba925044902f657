"""The audit of the site as a whole: its bus, the facility's sums and the totals it publishes.

Read from the published table alone; it shares no code with the model or the table's making.
"""

from collections.abc import Mapping

import pandas as pd

from optimizer.component import Component, Given, unequal
from optimizer.config import SERVICES, WORKLOADS, Site
from optimizer.held_rules import held_rules, in_service


def site_rules(table: pd.DataFrame, site: Site, given: Given) -> dict[str, pd.Series]:
    """Return ``sentence [unit] -> excess`` for every rule no single component can check."""
    machines = _zero(table)
    for part in site.fleet(WORKLOADS):
        machines = machines + table[f"{part.name}_{part.it_quantity}"]
    heat = machines + site.facility.ups_loss_pu * machines
    facility = heat + site.facility.fixed_overhead_mw
    heat = heat + _sum(table, site.chilled_store, "charge_mw")
    heat = heat - _sum(table, site.chilled_store, "discharge_mw")
    rules = {}
    if site.cooling is not None:
        facility = facility + table["cooling_power_mw"]
        rules["heat is the machines', the UPS's and the stores' [MW]"] = unequal(
            table["cooling_heat_mw"], heat
        )
        if site.chilled_store:
            rules |= _store_rules(table, site)
    totals = (
        _totals(table, site, given)
        | _possible(table, site, given)
        | _held(table, site, given)
        | {
            "machines draw what the workloads do [MW]": ("facility_it_mw", machines),
            "facility draws machines, losses, cooling, overhead [MW]": (
                "facility_power_mw",
                facility,
            ),
        }
    )
    rules |= {rule: unequal(table[column], total) for rule, (column, total) in totals.items()}
    leaves = facility + _sum(table, site.battery, "charge_mw") + _sum(table, site.grid, "export_mw")
    for service in site.fleet(SERVICES):
        leaves = leaves + table[f"{service.name}_power_mw"]
    if given.is_elastic:
        leaves = leaves + table["bus_surplus_mw"]
    rules["what comes to the bus leaves it [MW]"] = unequal(_supply(table, site), leaves)
    return rules | held_rules(table, site, given)


def _store_rules(table: pd.DataFrame, site: Site) -> dict[str, pd.Series]:
    """Return the rules of the heat that stores of cold leave to the cooling plant."""
    heat = table["cooling_heat_mw"]
    rules = {"stores give no more cold than there is heat [MW]": -heat}
    if site.cooling is not None and site.cooling.plant is not None:
        rules["stores take no more cold than the plant makes [MW]"] = (
            heat - site.cooling.plant.capacity_heat_mw
        )
    return rules


def _totals(table: pd.DataFrame, site: Site, given: Given) -> dict[str, tuple[str, pd.Series]]:
    """Return, by rule, the column of each total and what it should be."""
    return {
        "renewable power is the plants' [MW]": ("site_renewable_mw", _renewable(table, site)),
        "draw is the connections' [MW]": ("site_import_mw", _sum(table, site.grid, "import_mw")),
        "feed-in is the connections' [MW]": ("site_export_mw", _sum(table, site.grid, "export_mw")),
        "genset power is the fleets' [MW]": (
            "site_genset_mw",
            _sum(table, site.genset, "power_mw"),
        ),
        "emission follows from draw and gensets [kg]": (
            "site_emission_kg",
            _emission_kg(table, site, given),
        ),
        "deliverable energy is the batteries' [MWh]": (
            "site_deliverable_mwh",
            _deliverable_mwh(table, site),
        ),
        "sovereign draw follows from its demand [MW]": (
            "site_sovereign_mw",
            _sovereign_mw(table, site, given),
        ),
    }


def _possible(table: pd.DataFrame, site: Site, given: Given) -> dict[str, tuple[str, pd.Series]]:
    """Return the same for what runs and what could."""
    return {
        "units that run are the fleets'": ("site_genset_count", _units(table, site)),
        "fuel is the fleets' [L]": ("site_fuel_l", _sum(table, site.genset, "fuel_l")),
        "dirty draw is what is not carbon-free [MW]": (
            "site_dirty_import_mw",
            _dirty_mw(table, site, given),
        ),
        "wheeled power is the lines' [MW]": (
            "site_wheeled_mw",
            _sum(table, {k: g for k, g in site.grid.items() if g.is_wheeled}, "import_mw"),
        ),
    }


def _held(table: pd.DataFrame, site: Site, given: Given) -> dict[str, tuple[str, pd.Series]]:
    """Return the same for what is held in reserve."""
    return {
        "room to discharge is the batteries' [MW]": (
            "site_discharge_room_mw",
            _discharge_room_mw(table, site, given),
        ),
        "power that could stop is the workloads' [MW]": (
            "site_preemptible_mw",
            _preemptible_mw(table, site),
        ),
        "what could be supplied is the plants' [MW]": (
            "site_capability_mw",
            _capability_mw(table, site, given),
        ),
        "the largest unit is a line or a genset [MW]": (
            "site_largest_unit_mw",
            _largest_unit_mw(table, site, given),
        ),
        "power of the converters is the batteries' [MW]": (
            "site_discharge_max_mw",
            _discharge_max_mw(table, site, given),
        ),
        "draw at the bus per IT power has its losses and cooling [per unit]": (
            "site_bus_per_it_pu",
            _bus_per_it_pu(table, site, given),
        ),
        "power of the halls is the facility's [MW]": (
            "site_it_power_max_mw",
            _zero(table) + site.facility.it_power_max_mw,
        ),
    }


def _zero(table: pd.DataFrame) -> pd.Series:
    """Return zeros on the table's steps."""
    return table["step_h"] * 0.0


def _sum(table: pd.DataFrame, parts: Mapping[str, Component], quantity: str) -> pd.Series:
    """Return the sum of one published quantity over some components."""
    columns = [f"{part.name}_{quantity}" for part in parts.values()]
    return table[columns].sum(axis=1, skipna=False) if columns else _zero(table)


def _renewable(table: pd.DataFrame, site: Site) -> pd.Series:
    """Return solar and wind power used [MW]."""
    return _sum(table, site.solar, "used_mw") + _sum(table, site.wind, "used_mw")


def _supply(table: pd.DataFrame, site: Site) -> pd.Series:
    """Return all that comes to the bus [MW]."""
    stored = _sum(table, site.battery, "discharge_mw")
    other = _sum(table, site.grid, "import_mw") + _sum(table, site.genset, "power_mw")
    return _renewable(table, site) + stored + other


def _emission_kg(table: pd.DataFrame, site: Site, given: Given) -> pd.Series:
    """Return what draw and gensets emit in each step [kg]."""
    emission = _zero(table)
    for grid in site.grid.values():
        intensity = given.series[f"{grid.name}_emission_kg_per_mwh"]
        emission = emission + intensity * table[f"{grid.name}_import_mw"]
    for genset in site.genset.values():
        emission = emission + genset.emission_kg_per_mwh * table[f"{genset.name}_power_mw"]
    return pd.Series(emission * given.horizon.hours)


def _deliverable_mwh(table: pd.DataFrame, site: Site) -> pd.Series:
    """Return what the batteries could still bring to the bus [MWh]."""
    stored = _zero(table)
    for battery in site.battery.values():
        floor_mwh = battery.soc_min_pu * battery.energy_max_mwh
        above = table[f"{battery.name}_energy_mwh"] - floor_mwh
        stored = stored + above * battery.discharge_efficiency_pu
    return stored


def _units(table: pd.DataFrame, site: Site) -> pd.Series:
    """Return the genset units that run."""
    return _sum(table, {k: g for k, g in site.genset.items() if g.is_committed}, "on_count")


def _dirty_mw(table: pd.DataFrame, site: Site, given: Given) -> pd.Series:
    """Return what is not carbon-free of the draw [MW]."""
    dirty = _zero(table)
    for grid in site.grid.values():
        free = given.series[f"{grid.name}_carbon_free_pu"]
        dirty = dirty + table[f"{grid.name}_import_mw"] - free * table[f"{grid.name}_import_mw"]
    return dirty


def _discharge_max_mw(table: pd.DataFrame, site: Site, given: Given) -> pd.Series:
    """Return the most the converters that are in service could add to the bus [MW]."""
    ratings = {battery.name: battery.discharge_max_mw for battery in site.battery.values()}
    return sum((in_service(table, given, n, mw) for n, mw in ratings.items()), start=_zero(table))


def _discharge_room_mw(table: pd.DataFrame, site: Site, given: Given) -> pd.Series:
    """Return what the converters could still add to the bus [MW]."""
    room = _sum(table, site.battery, "charge_mw") - _sum(table, site.battery, "discharge_mw")
    return room + _discharge_max_mw(table, site, given)


def _preemptible_mw(table: pd.DataFrame, site: Site) -> pd.Series:
    """Return the IT power that could stop at once [MW]."""
    running = _zero(table)
    for kind in WORKLOADS:
        for part in getattr(site, kind).values():
            if kind in ("deferrable", "training", "interruptible", "quota"):
                running = running + table[f"{part.name}_{part.it_quantity}"]
    return running


def _capability_mw(table: pd.DataFrame, site: Site, given: Given) -> pd.Series:
    """Return the most that lines, gensets, sun and wind could supply [MW]."""
    weather = _sum(table, site.solar, "available_mw") + _sum(table, site.wind, "available_mw")
    fleets = {g.name: g.unit_count * g.unit_power_max_mw for g in site.genset.values()}
    gensets = sum((in_service(table, given, n, mw) for n, mw in fleets.items()), _zero(table))
    return weather + _sum(table, site.grid, "import_max_mw") + gensets


def _largest_unit_mw(table: pd.DataFrame, site: Site, given: Given) -> pd.Series:
    """Return the most that one line or one genset could supply [MW]."""
    units = [table[f"{grid.name}_import_max_mw"] for grid in site.grid.values()]
    units += [in_service(table, given, g.name, g.unit_power_max_mw) for g in site.genset.values()]
    return pd.concat([_zero(table), *units], axis=1).max(axis=1, skipna=False)


def _bus_per_it_pu(table: pd.DataFrame, site: Site, given: Given) -> pd.Series:
    """Return the draw at the bus per IT power where cooling is at its steepest [per unit]."""
    heat = _zero(table) + 1 + site.facility.ups_loss_pu
    if site.cooling is None:
        return heat
    slopes = [f"{site.cooling.name}_slope_{k + 1}_pu" for k in range(site.cooling.segment_count)]
    return heat + heat * given.series[slopes].max(axis=1)


def _sovereign_mw(table: pd.DataFrame, site: Site, given: Given) -> pd.Series:
    """Return the sovereign load's draw at the bus, with an upper bound of its own cooling [MW]."""
    sovereign = {key: firm for key, firm in site.firm.items() if not firm.tiers}
    heat = _sum(table, sovereign, "demand_mw") * (1 + site.facility.ups_loss_pu)
    draw = heat + site.facility.fixed_overhead_mw
    if site.cooling is None:
        return draw
    lines = range(1, site.cooling.segment_count + 1)
    series, name = given.series, site.cooling.name
    idle = series[[f"{name}_intercept_{k}_mw" for k in lines]].max(axis=1).clip(lower=0.0)
    steepest = series[[f"{name}_slope_{k}_pu" for k in lines]].max(axis=1)
    return pd.Series(draw + idle + steepest * heat)
