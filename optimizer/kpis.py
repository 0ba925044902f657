"""Key figures of a plan, from the published table alone.

PUE, WUE and CUE as in ISO/IEC 30134-2, -9 and -8: the last two per kWh of the machines. Carbon
accounting is in `optimizer.kpi_carbon`. ``islanded_...`` is what the facility would lack without a
line and without gensets (`optimizer.resilience.islanded_short_mw`): EENS its energy, LPSP the
share of the load, LOLH the hours that fall short.
"""

import pandas as pd

from optimizer.audit import Published, bills
from optimizer.config import ASSETS
from optimizer.horizon import Horizon
from optimizer.kpi_carbon import carbon_figures, ratio
from optimizer.resilience import islanded_short_mw

Kpis = dict[str, float]


def kpis(published: Published, binding_h: float = 24.0) -> dict[str, Kpis]:
    """Return the key figures of the whole plan, of its binding part, and the cost by kind.

    Returns
    -------
    dict with ``plan``, ``binding`` (the first `binding_h` hours) and ``cost_mad``: what the
    objective adds up, by part and kind, and the sunk ``fixed_charge_mad`` apart
    """
    horizon = published.given.horizon
    table = published.table.assign(islanded_short_mw=islanded_short_mw(published))
    binding = table[horizon.end_h <= binding_h + 1e-9]
    costs = {f"{name}_{kind}": mad for (name, kind), mad in bills(published).items()}
    return {
        "plan": _figures(published, table),
        "binding": _figures(published, binding),
        "cost_mad": {key: mad for key, mad in costs.items() if mad}
        | {"fixed_charge_mad": fixed_charges_mad(published, horizon)},
    }


def _figures(published: Published, table: pd.DataFrame) -> Kpis:
    """Return energies [MWh], ratios [per unit] and intensities of some steps."""
    site, hours = published.site, table["step_h"]

    def mwh(column: str) -> float:
        return float((table[column] * hours).sum())

    def fleet_mwh(kinds: tuple[str, ...], quantity: str) -> float:
        columns = [f"{p.name}_{quantity}" for p in site.fleet(kinds)]
        return sum(mwh(c) for c in columns if c in table.columns)

    facility, it = mwh("facility_power_mw"), mwh("facility_it_mw")
    drawn, genset = mwh("site_import_mw"), mwh("site_genset_mw")
    available, used = (fleet_mwh(("solar", "wind"), q) for q in ("available_mw", "used_mw"))
    emission_kg = float(table["site_emission_kg"].sum())
    water_l = float(table["cooling_water_l"].sum()) if site.cooling is not None else 0.0
    figures = {
        "hours_h": float(hours.sum()),
        "solar_used_mwh": fleet_mwh(("solar",), "used_mw"),
        "wind_used_mwh": fleet_mwh(("wind",), "used_mw"),
        "renewable_available_mwh": available,
        "import_mwh": drawn,
        "export_mwh": mwh("site_export_mw"),
        "genset_mwh": genset,
        "battery_charge_mwh": fleet_mwh(("battery",), "charge_mw"),
        "battery_discharge_mwh": fleet_mwh(("battery",), "discharge_mw"),
        "facility_mwh": facility,
        "it_mwh": it,
        "shed_mwh": _shed_mwh(published, table),
        "missed_mwh": _missed_mwh(published, table),
        "curtailment_pu": ratio(available - used, available),
        "renewable_share_pu": 1 - ratio(drawn + genset, facility),
        "pue_pu": ratio(facility, it) if it else 1.0,
        "wue_l_per_kwh": ratio(water_l, it * 1000),
        "cue_kg_per_kwh": ratio(emission_kg, it * 1000),
        "emission_kg": emission_kg,
        "water_m3": water_l / 1000,
    }
    figures |= carbon_figures(site, table) | _islanded(table)
    return {key: figures[key] for key in figures if key not in _absent(published)}


def _missed_mwh(published: Published, table: pd.DataFrame) -> float:
    """Return the work that was not done in time [MWh]."""
    may_miss = published.site.fleet(("deferrable", "jobs", "interruptible"))
    return sum(float(table[f"{part.name}_missed_mwh"].sum()) for part in may_miss)


def _islanded(table: pd.DataFrame) -> Kpis:
    """Return what the facility would lack without a line and without gensets."""
    short_mw, hours = table["islanded_short_mw"], table["step_h"]
    short_mwh = float((short_mw * hours).sum())
    return {
        "islanded_eens_mwh": short_mwh,
        "islanded_lpsp_pu": ratio(short_mwh, float((table["facility_power_mw"] * hours).sum())),
        "islanded_lolh_h": float(hours[short_mw > 0].sum()),
    }


def _absent(published: Published) -> set[str]:
    """Return the figures that mean nothing on a site without such assets."""
    keys = {"solar": {"solar_used_mwh"}, "wind": {"wind_used_mwh"}, "genset": {"genset_mwh"}}
    keys["battery"] = {"battery_charge_mwh", "battery_discharge_mwh"}
    missing = [kind for kind in ASSETS if not getattr(published.site, kind)]
    return set().union(*(keys.get(kind, set()) for kind in missing))


def _shed_mwh(published: Published, table: pd.DataFrame) -> float:
    """Return the commercial load that was not served [MWh]."""
    lost = sum(
        ((table[f"{p.name}_demand_mw"] - table[f"{p.name}_served_mw"]) * table["step_h"]).sum()
        for p in published.site.firm.values()
    )
    return float(lost)


def fixed_charges_mad(published: Published, horizon: Horizon) -> float:
    """Return what subscribed power costs over the horizon, decided long before the plan [MAD]."""
    tariffs = [grid.tariff for grid in published.site.grid.values() if grid.tariff is not None]
    return sum(tariff.fixed_charge_mad_per_h() for tariff in tariffs) * float(horizon.end_h[-1])
