"""The audit of the site as a whole: its bus, the facility's sums and the totals it publishes.

Read from the published table alone; it shares no code with the model or the table's making.
"""

from collections.abc import Mapping

import pandas as pd

from optimizer.component import Component, Given, unequal
from optimizer.config import Site


def site_rules(table: pd.DataFrame, site: Site, given: Given) -> dict[str, pd.Series]:
    """Return ``sentence [unit] -> excess`` for every rule no single component can check."""
    machines = (
        _sum(table, site.firm, "served_mw")
        + _sum(table, site.deferrable, "run_mw")
        + _sum(table, site.training, "power_mw")
    )
    heat = machines + site.facility.ups_loss_pu * machines
    facility = heat + site.facility.fixed_overhead_mw
    rules = {}
    if site.cooling is not None:
        facility = facility + table["cooling_power_mw"]
        rules["heat is the machines' and the UPS's [MW]"] = unequal(table["cooling_heat_mw"], heat)
    totals = _totals(table, site, given) | {
        "machines draw what the workloads do [MW]": ("facility_it_mw", machines),
        "facility draws machines, losses, cooling, overhead [MW]": ("facility_power_mw", facility),
    }
    rules |= {rule: unequal(table[column], total) for rule, (column, total) in totals.items()}
    leaves = facility + _sum(table, site.battery, "charge_mw") + _sum(table, site.grid, "export_mw")
    if given.is_elastic:
        leaves = leaves + table["bus_surplus_mw"]
    rules["what comes to the bus leaves it [MW]"] = unequal(_supply(table, site), leaves)
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
        emission = emission + grid.emission_kg_per_mwh * table[f"{grid.name}_import_mw"]
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
