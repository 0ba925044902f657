"""The published columns of the site as a whole, made from those of its parts."""

import numpy as np
import pandas as pd

from optimizer.assets.facility import pue_pu
from optimizer.component import Given
from optimizer.config import WORKLOADS, Site
from optimizer.quantities import (
    bus_per_it_pu,
    capability_mw,
    discharge_max_mw,
    largest_unit_mw,
    sovereign_mw,
)


def facility_columns(site: Site, given: Given, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the facility's columns, and what cooling takes from them."""
    it_mw = np.zeros(len(frame))
    for part in site.fleet(WORKLOADS):
        it_mw = it_mw + frame[f"{part.name}_{part.it_quantity}"].to_numpy()
    heat_mw = site.facility.heat_factor_pu() * it_mw
    power_mw = heat_mw + site.facility.fixed_overhead_mw
    for store in site.chilled_store.values():
        charge_mw, discharge_mw = (frame[f"{store.name}_{q}_mw"] for q in ("charge", "discharge"))
        heat_mw = heat_mw + (charge_mw - discharge_mw).to_numpy()
    columns = {}
    if site.cooling is not None:
        power_mw = power_mw + frame[f"{site.cooling.name}_power_mw"].to_numpy()
        columns[f"{site.cooling.name}_heat_mw"] = heat_mw
        columns[f"{site.cooling.name}_water_l"] = site.cooling.water_l(heat_mw, given)
    columns |= {
        "facility_it_mw": it_mw,
        "facility_power_mw": power_mw,
        "facility_pue_pu": pue_pu(power_mw, it_mw),
    }
    return pd.DataFrame(columns, index=frame.index)


def totals(site: Site, given: Given, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the site's published quantities, as the columns of its parts make them."""
    zero, hours = np.zeros(len(frame)), given.horizon.hours

    def total(kind: str, quantity: str) -> np.ndarray:
        columns = [f"{p.name}_{quantity}" for p in getattr(site, kind).values()]
        return sum((frame[c].to_numpy() for c in columns if c in frame.columns), start=zero)

    columns = {
        "site_renewable_mw": total("solar", "used_mw") + total("wind", "used_mw"),
        "site_import_mw": total("grid", "import_mw"),
        "site_export_mw": total("grid", "export_mw"),
        "site_genset_mw": total("genset", "power_mw"),
        "site_genset_count": total("genset", "on_count"),
        "site_fuel_l": total("genset", "fuel_l"),
        **_of_lines(site, given, frame),
        **_of_batteries(site, given, frame),
        "site_sovereign_mw": sovereign_mw(site, given),
        "site_preemptible_mw": zero
        + sum(part.preempted_mw(part.own(frame)) for part in site.fleet(WORKLOADS)),
        "site_capability_mw": capability_mw(site, given),
        "site_largest_unit_mw": largest_unit_mw(site, given),
        "site_discharge_max_mw": discharge_max_mw(site, given),
        "site_bus_per_it_pu": bus_per_it_pu(site, given),
        "site_it_power_max_mw": zero + site.facility.it_power_max_mw,
    }
    for genset in site.genset.values():
        made_mwh = frame[f"{genset.name}_power_mw"] * hours
        columns["site_emission_kg"] += genset.emission_kg_per_mwh * made_mwh
    return pd.DataFrame(columns, index=frame.index)


def _of_lines(site: Site, given: Given, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return what the draw brings with it: emission, carbon, power from elsewhere."""
    emission_kg, dirty_mw, wheeled_mw = (np.zeros(len(frame)) for _ in range(3))
    for grid in site.grid.values():
        drawn_mw = frame[f"{grid.name}_import_mw"].to_numpy()
        intensity = given.column(f"{grid.name}_emission_kg_per_mwh")
        emission_kg += intensity * drawn_mw * given.horizon.hours
        dirty_mw += (1 - given.column(f"{grid.name}_carbon_free_pu")) * drawn_mw
        wheeled_mw += drawn_mw if grid.is_wheeled else 0.0
    return {
        "site_emission_kg": emission_kg,
        "site_dirty_import_mw": dirty_mw,
        "site_wheeled_mw": wheeled_mw,
    }


def _of_batteries(site: Site, given: Given, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return what batteries hold and could add to the bus."""
    deliverable_mwh, room_mw = np.zeros(len(frame)), np.zeros(len(frame))
    for battery in site.battery.values():
        own = battery.own(frame)
        above_mwh = own["energy_mwh"].to_numpy() - battery.low_mwh
        deliverable_mwh += battery.discharge_efficiency_pu * above_mwh
        flow_mw = (own["discharge_mw"] - own["charge_mw"]).to_numpy()
        room_mw += battery.discharge_max_mw - battery.lost_mw(given) - flow_mw
    return {"site_deliverable_mwh": deliverable_mwh, "site_discharge_room_mw": room_mw}
