"""The linear program through this project's public names."""

from dataclasses import dataclass

import pandas as pd
from pyomo.common.gc_manager import PauseGC

import optimizer as dk
from optimizer.optimum import optimize
from optimizer.site import Problem
from tests.bench.bench_case import START, Case

COLUMNS = {
    "solar_main_used_mw": "solar_mw",
    "wind_main_used_mw": "wind_mw",
    "battery_main_charge_mw": "charge_mw",
    "battery_main_discharge_mw": "discharge_mw",
    "battery_main_energy_mwh": "energy_mwh",
    "grid_main_import_mw": "import_mw",
    "grid_main_export_mw": "export_mw",
    "deferrable_main_run_mw": "run_mw",
}


@dataclass(frozen=True, kw_only=True)
class Read:
    """A case as this project takes it: settings, an empty agreement, steps and series."""

    site: dk.Site
    agreement: dk.Agreement
    horizon: dk.Horizon
    series: pd.DataFrame

    def build(self) -> Problem:
        """Return the problem, with its Pyomo model."""
        return dk.build(
            self.site,
            agreement=self.agreement,
            start=START,
            horizon=self.horizon,
            series=self.series,
        )


def settings(case: Case) -> dict[str, object]:
    """Return what site.toml would say."""
    free = {"cost_mad_per_mwh": 0.0, "curtailment_cost_mad_per_mwh": 0.0}
    return {
        "place": {
            "name": "bench",
            "latitude_deg": 23.7,
            "longitude_deg": -15.9,
            "altitude_m": 10.0,
        },
        "plan": {"horizon": "24h@1h", "climate_seed": 1, "tie_break_mad_per_mwh_h": 0.0},
        "solver": {"time_limit_s": 600.0},
        "facility": {
            "power_max_mw": 1e5,
            "it_power_max_mw": 1e5,
            "ups_loss_pu": case.ups_loss_pu,
            "fixed_overhead_mw": case.overhead_mw,
        },
        "solar": {"main": free},
        "wind": {"main": free | {"cost_mad_per_mwh": case.wind_cost_mad_per_mwh}},
        "battery": {"main": _battery(case)},
        "grid": {
            "main": {
                "import_max_mw": case.import_max_mw,
                "export_max_mw": case.export_max_mw,
                "emission_kg_per_mwh": 516.0,
            }
        },
        "firm": {"main": {"tiers": []}},
        "deferrable": {
            "main": {
                "arrival_mw": case.work_mwh / 24,
                "block_h": 24,
                "deadline_h": 24.0,
                "run_min_h": case.run_min_h,
                "power_max_mw": case.run_max_mw,
                "left_mad_per_mwh": 0.0,
            }
        },
    }


def _battery(case: Case) -> dict[str, object]:
    """Return the battery's table."""
    return {
        "charge_max_mw": case.charge_max_mw,
        "discharge_max_mw": case.discharge_max_mw,
        "energy_max_mwh": case.energy_max_mwh,
        "soc_min_pu": 0.0,
        "soc_max_pu": 1.0,
        "charge_efficiency_pu": case.charge_efficiency_pu,
        "discharge_efficiency_pu": case.discharge_efficiency_pu,
        "self_discharge_pu_per_h": case.self_discharge_pu_per_h,
        "ageing_cost_mad_per_mwh": [case.ageing_cost_mad_per_mwh],
        "energy_initial_mwh": case.energy_initial_mwh,
        "end_value_mad_per_mwh": case.end_value_mad_per_mwh,
    }


def read(case: Case) -> Read:
    """Return the case as objects, which is where building begins."""
    horizon = dk.Horizon(start=START, step_h=(case.step_h,) * case.step_count)
    series = {
        "solar_main_available_mw": case.solar_mw,
        "wind_main_available_mw": case.wind_mw,
        "firm_main_demand_mw": case.load_mw,
        "grid_main_import_price_mad_per_mwh": case.buy_mad_per_mwh,
        "grid_main_export_price_mad_per_mwh": case.sell_mad_per_mwh,
    }
    return Read(
        site=dk.parse_site(settings(case)),
        agreement=dk.parse_agreement({"title": "none", "clause": []}),
        horizon=horizon,
        series=pd.DataFrame(series, index=horizon.index),
    )


def solve(ready: Read) -> tuple[float, pd.DataFrame]:
    """Return the least cost [MAD] and the table of what runs."""
    with PauseGC():  # as `dk.plan` does
        optimum = optimize(ready.build())
    return optimum.objective_mad, optimum.table[list(COLUMNS)].rename(columns=COLUMNS)
