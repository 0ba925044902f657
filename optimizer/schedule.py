"""The schedule table: one row per step, made from the solved model.

Index ``time_utc``, column ``step_h``, then ``<name>_<quantity>_<unit>`` for the site, the
facility, every component and every clause. Power is the mean over a step, stored energy is at
its end.
"""

import numpy as np
import pandas as pd

from optimizer.assets.facility import pue_pu
from optimizer.config import WORKLOADS
from optimizer.site import Problem, active_clauses, sovereign_mw

IT_QUANTITY = {"firm": "served_mw", "deferrable": "run_mw", "training": "power_mw"}


def read_rates(problem: Problem) -> pd.DataFrame:
    """Return every cohort's published rate, one row per cohort and step."""
    frames = [
        part.read_rates(problem.block(part), problem.given)
        for part in problem.site.deferrable.values()
    ]
    columns = ["workload", "number", "cohort", "time_utc", "run_mw"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def read_table(problem: Problem) -> pd.DataFrame:
    """Return the schedule table of a problem whose solution is loaded."""
    site, given = problem.site, problem.given
    index = given.horizon.index
    parts = {
        part.name: part.read(problem.block(part), given).add_prefix(f"{part.name}_")
        for part in site.components()
    }
    frame = pd.concat(parts.values(), axis=1)
    facility = _facility(problem, frame)
    table = pd.concat(
        [
            pd.DataFrame({"step_h": given.horizon.hours}, index=index),
            _totals(problem, frame),
            facility,
            frame,
        ],
        axis=1,
    )
    clauses = [
        clause.read(table, given).add_prefix(f"{clause.name}_")
        for clause in active_clauses(problem.agreement, given)
    ]
    return pd.concat([table, *clauses], axis=1).astype("float64")


def _facility(problem: Problem, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the facility's columns, and what cooling takes from them."""
    site, given = problem.site, problem.given
    it_mw = np.zeros(len(frame))
    for kind in WORKLOADS:
        for part in getattr(site, kind).values():
            it_mw = it_mw + frame[f"{part.name}_{IT_QUANTITY[kind]}"].to_numpy()
    heat_mw = site.facility.heat_factor_pu() * it_mw
    power_mw = heat_mw + site.facility.fixed_overhead_mw
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


def _totals(problem: Problem, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the site's published quantities."""
    site, given = problem.site, problem.given
    zero, hours = np.zeros(len(frame)), given.horizon.hours

    def total(kind: str, quantity: str) -> np.ndarray:
        parts = getattr(site, kind).values()
        return sum((frame[f"{p.name}_{quantity}"].to_numpy() for p in parts), start=zero)

    emission_kg = zero
    for grid in site.grid.values():
        emission_kg = (
            emission_kg + grid.emission_kg_per_mwh * frame[f"{grid.name}_import_mw"] * hours
        )
    for genset in site.genset.values():
        made_mwh = frame[f"{genset.name}_power_mw"] * hours
        emission_kg = emission_kg + genset.emission_kg_per_mwh * made_mwh
    deliverable_mwh = zero
    for battery in site.battery.values():
        above_mwh = frame[f"{battery.name}_energy_mwh"] - battery.low_mwh
        deliverable_mwh = deliverable_mwh + battery.discharge_efficiency_pu * above_mwh
    columns = {
        "site_renewable_mw": total("solar", "used_mw") + total("wind", "used_mw"),
        "site_import_mw": total("grid", "import_mw"),
        "site_export_mw": total("grid", "export_mw"),
        "site_genset_mw": total("genset", "power_mw"),
        "site_emission_kg": emission_kg,
        "site_deliverable_mwh": deliverable_mwh,
        "site_sovereign_mw": sovereign_mw(site, given),
    }
    if given.is_elastic:
        surplus = [v.value for v in problem.model.bus.surplus_mw.values()]
        columns["bus_surplus_mw"] = np.maximum(surplus, 0.0)
    return pd.DataFrame(columns, index=frame.index)
