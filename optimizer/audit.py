"""The audit: every balance, limit, price and clause again, from the published table alone.

It reads the table, the inputs and the opening state, never the model; NaN is a breach. The
components' own rules are in their files; what belongs to the site as a whole is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.breach import Breach, breaches
from optimizer.component import Given, unequal
from optimizer.config import Agreement, Site
from optimizer.workloads.firm import UNSERVED_MAD_PER_MWH

MONEY_TOLERANCE_PU = 1e-6  # of the objective: the solver's own accuracy


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What a run publishes, and what it was made from."""

    table: pd.DataFrame
    site: Site
    agreement: Agreement
    given: Given  # with the published rates of cohorts
    objective_mad: float  # the solver's, without the tie-break


def audit(published: Published) -> list[Breach]:
    """Return everything the published table breaks, by rule and moment."""
    table, site, given = published.table, published.site, published.given
    if found := _shape(table, given):
        return found
    found = breaches("table", {f"{c} is a number": table[c] * 0.0 for c in table.columns})
    found += breaches("site", _site_rules(table, site, given))
    for part in site.components():
        found += part.audit(table, given)
    for clause in clauses_in_force(published):
        found += clause.audit(table, given)
    return found + _money(published)


def clauses_in_force(published: Published) -> list:
    """Return the clauses that hold in at least one published step."""
    index = published.table.index
    return [c for c in published.agreement.clause if any(c.holds(index))]


def _shape(table: pd.DataFrame, given: Given) -> list[Breach]:
    """Return breaches of the table's time axis: the rest can't be read then."""
    index = given.horizon.index
    if len(table) != len(index) or not (table.index == index).all():
        return [Breach("table: the steps are not the input's", index[0], float("nan"))]
    return breaches(
        "table", {"step_h is the input's [h]": unequal(table["step_h"], given.series["step_h"])}
    )


def _site_rules(table: pd.DataFrame, site: Site, given: Given) -> dict[str, pd.Series]:
    """Return the rules of the bus, the facility's sums and the site's totals."""
    hours = given.horizon.hours

    def total(names: Mapping[str, object], quantity: str) -> pd.Series:
        columns = [f"{part.name}_{quantity}" for part in names.values()]  # type: ignore[attr-defined]
        return table[columns].sum(axis=1, skipna=False) if columns else table["step_h"] * 0.0

    renewable = total(site.solar, "used_mw") + total(site.wind, "used_mw")
    drawn, fed = total(site.grid, "import_mw"), total(site.grid, "export_mw")
    genset = total(site.genset, "power_mw")
    charge, discharge = total(site.battery, "charge_mw"), total(site.battery, "discharge_mw")
    machines = total(site.firm, "served_mw") + total(site.deferrable, "run_mw")
    machines = machines + total(site.training, "power_mw")
    heat = machines + site.facility.ups_loss_pu * machines
    cooling = table["cooling_power_mw"] if site.cooling is not None else 0.0
    facility = heat + cooling + site.facility.fixed_overhead_mw
    surplus = table["bus_surplus_mw"] if given.is_elastic else 0.0
    supply = renewable + discharge + drawn + genset
    emission = sum(
        (g.emission_kg_per_mwh * table[f"{g.name}_import_mw"] * hours for g in site.grid.values()),
        start=table["step_h"] * 0.0,
    ) + sum(
        (g.emission_kg_per_mwh * table[f"{g.name}_power_mw"] * hours for g in site.genset.values()),
        start=table["step_h"] * 0.0,
    )
    stored = sum(
        (
            b.discharge_efficiency_pu * (table[f"{b.name}_energy_mwh"] - b.soc_min_pu * b.energy_max_mwh)
            for b in site.battery.values()
        ),
        start=table["step_h"] * 0.0,
    )
    rules = {
        "what comes to the bus leaves it [MW]": unequal(supply, facility + charge + fed + surplus),
        "renewable power is the plants' [MW]": unequal(table["site_renewable_mw"], renewable),
        "draw is the connections' [MW]": unequal(table["site_import_mw"], drawn),
        "feed-in is the connections' [MW]": unequal(table["site_export_mw"], fed),
        "genset power is the fleets' [MW]": unequal(table["site_genset_mw"], genset),
        "emission follows from draw and gensets [kg]": unequal(table["site_emission_kg"], emission),
        "deliverable energy is the batteries' [MWh]": unequal(table["site_deliverable_mwh"], stored),
        "sovereign draw follows from its demand [MW]": unequal(
            table["site_sovereign_mw"], _sovereign_mw(table, site, given)
        ),
        "machines draw what the workloads do [MW]": unequal(table["facility_it_mw"], machines),
        "facility draws machines, losses, cooling, overhead [MW]": unequal(
            table["facility_power_mw"], facility
        ),
    }
    if site.cooling is not None:
        rules["heat is the machines' and the UPS's [MW]"] = unequal(table["cooling_heat_mw"], heat)
    return rules


def _sovereign_mw(table: pd.DataFrame, site: Site, given: Given) -> pd.Series:
    """Return the sovereign load's draw at the bus, with an upper bound of its own cooling."""
    demand = sum(
        (table[f"{f.name}_demand_mw"] for f in site.firm.values() if not f.tiers),
        start=table["step_h"] * 0.0,
    )
    heat = demand * (1 + site.facility.ups_loss_pu)
    draw = heat + site.facility.fixed_overhead_mw
    if site.cooling is None:
        return draw
    lines = range(1, site.cooling.segment_count + 1)
    series, name = given.series, site.cooling.name
    idle = series[[f"{name}_intercept_{k}_mw" for k in lines]].max(axis=1).clip(lower=0.0)
    return draw + idle + series[[f"{name}_slope_{k}_pu" for k in lines]].max(axis=1) * heat


def bills(published: Published) -> dict[tuple[str, str], float]:
    """Return every cost of the published table, by component and kind. [MAD]"""
    table, given = published.table, published.given
    found: dict[tuple[str, str], float] = {}
    for part in published.site.components():
        for kind, mad in part.bill(part.own(table), given).items():
            found[part.name, kind] = mad
    for clause in clauses_in_force(published):
        for kind, mad in clause.bill(table, given).items():
            found[clause.name, kind] = mad
    if given.is_elastic:
        wasted_mwh = float((table["bus_surplus_mw"] * given.horizon.hours).sum())
        found["bus", "surplus"] = wasted_mwh * UNSERVED_MAD_PER_MWH
    return found


def _money(published: Published) -> list[Breach]:
    """Return a breach where the table's bill is not the solver's objective."""
    costs = np.array(list(bills(published).values()))
    scale = max(1.0, float(np.abs(costs).sum()))
    apart = abs(costs.sum() - published.objective_mad)
    excess = apart - MONEY_TOLERANCE_PU * scale
    at = published.table.index[-1:]
    return breaches("site", {"the bill is the solver's objective [MAD]": pd.Series(excess, index=at)})
