"""Small sites for other tools' cases: only what a case names, every loss and price beside it zero.

Their currency is read as MAD and their unit of power as MW. Ties are not broken, so that the
objective is the case's alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

import optimizer as dk

NO_LIMIT_MW = 1e5  # the most the site file takes; far above any case
FACILITY = {
    "power_max_mw": NO_LIMIT_MW,
    "it_power_max_mw": NO_LIMIT_MW,
    "ups_loss_pu": 0.0,
    "fixed_overhead_mw": 0.0,
}
PLAIN: dict[str, dict[str, Any]] = {  # a table of each kind that limits and costs nothing
    "solar": {"cost_mad_per_mwh": 0.0, "curtailment_cost_mad_per_mwh": 0.0},
    "battery": {
        "soc_min_pu": 0.0,
        "soc_max_pu": 1.0,
        "charge_efficiency_pu": 1.0,
        "discharge_efficiency_pu": 1.0,
        "self_discharge_pu_per_h": 0.0,
        "ageing_cost_mad_per_mwh": [0.0],
        "energy_initial_mwh": 0.0,
        "end_value_mad_per_mwh": 0.0,
    },
    "grid": {"import_max_mw": NO_LIMIT_MW, "export_max_mw": 0.0, "emission_kg_per_mwh": 0.0},
    "genset": {
        "unit_count": 1,
        "unit_power_max_mw": NO_LIMIT_MW,
        "unit_power_min_mw": 0.0,
        "fuel_l_per_mwh": 1.0,  # so that the fuel's price is the price of a MWh
        "emission_kg_per_mwh": 0.0,
        "start_cost_mad": 0.0,
        "min_up_h": 0.0,
        "min_down_h": 0.0,
        "initial_on_count": 0,
        "initial_since_h": 1000.0,
    },
    "firm": {"tiers": []},
    "deferrable": {"power_max_mw": NO_LIMIT_MW, "left_mad_per_mwh": 0.0},
    "training": {
        "floor_pu": 0.0,
        "window_h": 1,
        "value_mad_per_mwh": 0.0,
        "restart_cost_mad_per_mw": 0.0,
        "restart_loss_h": 0.0,
        "initial_powered_pu": 1.0,
    },
    "interruptible": {"hours_h": 0.0},
}


@dataclass(frozen=True, kw_only=True)
class Micro:
    """A case: what stands on the site, what comes by the step, what is agreed."""

    fleets: Mapping[str, Mapping[str, Mapping[str, Any]]]  # kind -> key -> what is not plain
    series: Mapping[str, Sequence[float]]
    clauses: Sequence[Mapping[str, Any]] = ()
    state: Sequence[dk.StateRow] = ()
    start: str = "2026-01-01T00:00Z"
    step_h: float = 1.0

    def plan(self, *, is_relaxed: bool = False) -> dk.Plan:
        """Return the audited optimum, found through the public functions."""
        start = pd.Timestamp(self.start)
        length = len(next(iter(self.series.values())))
        horizon = dk.Horizon(start=start, step_h=(self.step_h,) * length)
        problem = dk.build(
            self.site(),
            start=start,
            horizon=horizon,
            agreement=self.agreement(),
            state=dk.State(time_utc=start, rows=tuple(self.state), origin="the case"),
            series=pd.DataFrame(dict(self.series), index=horizon.index),
        )
        return dk.solve(problem, is_relaxed=is_relaxed)

    def site(self) -> dk.Site:
        """Return the site."""
        place = {"name": "case", "latitude_deg": 0.0, "longitude_deg": 0.0, "altitude_m": 0.0}
        fleets = {
            kind: {key: PLAIN[kind] | dict(table) for key, table in tables.items()}
            for kind, tables in self.fleets.items()
        }
        plan = {"horizon": "1h@1h", "climate_seed": 0, "tie_break_mad_per_mwh_h": 0.0}
        solver = {"mip_gap_pu": 0.0, "time_limit_s": 60.0}
        return dk.parse_site(
            {"place": place, "plan": plan, "solver": solver, "facility": FACILITY, **fleets}
        )

    def agreement(self) -> dk.Agreement:
        """Return the agreement, each clause an article of its own."""
        since = {"text": "as the case says", "valid_from": pd.Timestamp("2000-01-01").date()}
        numbered = [{"article": str(n), **since, **c} for n, c in enumerate(self.clauses, start=1)]
        return dk.parse_agreement({"title": "case", "clause": numbered})


@pytest.fixture(scope="session")
def micro() -> Callable[..., Micro]:
    """Return the builder of small cases."""
    return Micro
