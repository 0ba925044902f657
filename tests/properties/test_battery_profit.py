"""What a battery earns is what an independent dynamic programme says, prices <= 0 included.

Limits, load and steps are whole numbers of one quantum of stored energy, and nothing leaks: then
an optimum lies on the grid of quanta (the rows are differences of stored energy, so vertices are
whole), and the programme over that grid is exact, not an approximation.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

import optimizer as dk

SEEDS = range(40)
QUANTUM_MWH = 2.5
START = pd.Timestamp("2026-05-01T00:00Z")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A battery, a constant load and a grid, in whole quanta a quarter of an hour."""

    charge: int  # most quanta stored in a quarter of an hour
    discharge: int  # most quanta taken in a quarter of an hour
    load: int  # quanta that would feed the load for a quarter of an hour
    low: int
    high: int
    first: int
    gain_pu: float
    loss_pu: float  # cells to bus
    wear_mad_per_mwh: float
    end_value_mad_per_mwh: float
    step_h: tuple[float, ...]
    buy_mad_per_mwh: np.ndarray
    sell_mad_per_mwh: np.ndarray

    @property
    def load_mw(self) -> float:
        return 4 * self.load * QUANTUM_MWH * self.loss_pu

    def site(self) -> dict[str, Any]:
        energy_mwh = 40 * QUANTUM_MWH
        return {
            "place": {
                "name": "dp",
                "latitude_deg": 23.7,
                "longitude_deg": -15.9,
                "altitude_m": 10,
            },
            "plan": {"horizon": "24h@1h", "climate_seed": 1, "tie_break_mad_per_mwh_h": 0.0},
            "solver": {"mip_gap_pu": 0.0},
            "facility": {
                "power_max_mw": 500,
                "it_power_max_mw": 500,
                "ups_loss_pu": 0.0,
                "fixed_overhead_mw": 0.0,
            },
            "firm": {"load": {"demand_mw": self.load_mw, "tiers": []}},
            "grid": {"g": {"import_max_mw": 1e3, "export_max_mw": 1e3, "emission_kg_per_mwh": 0}},
            "battery": {
                "b": {
                    "charge_max_mw": 4 * self.charge * QUANTUM_MWH / self.gain_pu,
                    "discharge_max_mw": 4 * self.discharge * QUANTUM_MWH * self.loss_pu,
                    "energy_max_mwh": energy_mwh,
                    "soc_min_pu": self.low / 40,
                    "soc_max_pu": self.high / 40,
                    "charge_efficiency_pu": self.gain_pu,
                    "discharge_efficiency_pu": self.loss_pu,
                    "self_discharge_pu_per_h": 0.0,
                    "ageing_cost_mad_per_mwh": [self.wear_mad_per_mwh],
                    "energy_initial_mwh": self.first * QUANTUM_MWH,
                    "end_value_mad_per_mwh": self.end_value_mad_per_mwh,
                }
            },
        }

    def problem(self) -> Any:
        horizon = dk.Horizon(start=START, step_h=self.step_h)
        series = pd.DataFrame(
            {
                "grid_g_import_price_mad_per_mwh": self.buy_mad_per_mwh,
                "grid_g_export_price_mad_per_mwh": self.sell_mad_per_mwh,
            },
            index=horizon.index,
        )
        nothing = dk.parse_agreement({"title": "none", "clause": []})
        site = dk.parse_site(self.site())
        return dk.build(site, agreement=nothing, start=START, horizon=horizon, series=series)


def drawn(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(12, 31))
    buy = np.round(rng.normal(200, 300, count))
    buy[rng.random(count) < 0.15] = 0.0
    first = int(rng.integers(0, count - 4))
    buy[first : first + 4] = -np.abs(buy[first : first + 4])  # a negative stretch
    spread = rng.choice([0.0, 30.0, 150.0, -40.0])  # at the last it pays to feed in what is drawn
    low, high = int(rng.integers(0, 8)), int(rng.integers(24, 41))
    return Case(
        charge=int(rng.integers(1, 5)),
        discharge=int(rng.integers(1, 5)),
        load=int(rng.integers(0, 4)),
        low=low,
        high=high,
        first=int(rng.integers(low, high + 1)),
        gain_pu=float(rng.choice([1.0, 0.95, 0.8])),
        loss_pu=float(rng.choice([1.0, 0.9, 0.75])),
        wear_mad_per_mwh=float(rng.choice([0.0, 20.0])),
        end_value_mad_per_mwh=float(rng.choice([0.0, 150.0])),
        step_h=tuple(rng.choice([0.25, 0.5, 1.0], size=count).tolist()),
        buy_mad_per_mwh=buy,
        sell_mad_per_mwh=buy - spread,
    )


def least_cost_mad(case: Case) -> float:
    """Return the least cost by a dynamic programme over whole quanta, backwards in time."""
    level = np.arange(case.low, case.high + 1)
    change = level[None, :] - level[:, None]  # from the row's level to the column's
    stored, taken = np.maximum(change, 0), np.maximum(-change, 0)
    to_go = -case.end_value_mad_per_mwh * level * QUANTUM_MWH
    steps = zip(case.step_h, case.buy_mad_per_mwh, case.sell_mad_per_mwh, strict=True)
    for step_h, buy, sell in reversed(list(steps)):
        quarters = 4 * step_h
        taken_mwh = taken * QUANTUM_MWH * case.loss_pu
        net_mwh = case.load_mw * step_h + stored * QUANTUM_MWH / case.gain_pu - taken_mwh
        bill = np.where(net_mwh > 0, buy * net_mwh, sell * net_mwh)
        bill = bill + case.wear_mad_per_mwh * taken_mwh
        allowed = (stored <= case.charge * quarters) & (taken <= case.discharge * quarters)
        to_go = np.where(allowed, bill + to_go[None, :], np.inf).min(axis=1)
    return float(to_go[case.first - case.low])


def idle_cost_mad(case: Case) -> float:
    """Return the cost if the battery rests."""
    drawn_mwh = case.load_mw * np.asarray(case.step_h)
    kept = case.end_value_mad_per_mwh * case.first * QUANTUM_MWH
    return float((case.buy_mad_per_mwh * drawn_mwh).sum()) - kept


@pytest.mark.parametrize("seed", SEEDS)
def test_profit_is_the_dynamic_programmes(seed: int) -> None:
    """Proves the optimum to 1e-6, and that nothing is charged and discharged, drawn and fed in."""
    case = drawn(seed)
    plan, least = dk.solve(case.problem()), least_cost_mad(case)
    profit, expected = idle_cost_mad(case) - plan.objective_mad, idle_cost_mad(case) - least
    assert profit == pytest.approx(expected, rel=1e-6, abs=1e-3)
    table = plan.schedule
    for one, other in (
        ("battery_b_charge_mw", "battery_b_discharge_mw"),
        ("grid_g_import_mw", "grid_g_export_mw"),
    ):
        assert not (np.minimum(table[one], table[other]) > 1e-4).any()


def test_the_draws_make_the_convex_hull_cheat() -> None:
    """Proves the cases bite: in many the linear model alone earns more than is possible."""
    earned = [
        least_cost_mad(case) - dk.solve(case.problem(), is_relaxed=True).objective_mad
        for case in map(drawn, SEEDS)
    ]
    assert sum(more > 1.0 for more in earned) >= 10
    assert min(earned) > -1e-3
