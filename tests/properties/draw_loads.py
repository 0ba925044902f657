"""What a random facility must carry: horizon, loads, cooling, halls.

What may never fail (sovereign load, and in an *ample* draw every contracted piece of work) is
drawn first; supply is sized after it. Everything else is left to chance.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import optimizer as dk
from tests.properties import draw_lists

ZONES = ("Africa/El_Aaiun", "Etc/GMT", "Europe/Berlin")
STEPS_H = (0.25, 0.5, 1.0, 1.0, 2.0, 3.0)
CURVES = (
    [[1, 1]],
    [[0.5, 0.7], [1, 1]],
    [[0.533, 0.728], [0.662, 0.843], [0.788, 0.91], [0.901, 0.955], [1, 1]],
    [[0.3, 0.2], [0.6, 0.75], [1, 1]],  # the first point lies below the chord to the pause
)


class Draw:
    """One random facility in the making."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rng, self.seed, self.folder = np.random.default_rng(seed), seed, folder
        self.rows: list[dk.StateRow] = []
        self.columns: dict[str, np.ndarray] = {}
        self.is_ample, self.has_state = self.chance(0.6), self.chance(0.6)
        self.hard = {k: self.chance(0.4) for k in ("share", "cap", "ride", "quota", "carbon")}
        self.hard["quota"] &= self.is_ample
        self.horizon = self._horizon()
        self.count = len(self.horizon.steps)
        self.longest_h = max(self.horizon.step_h)
        self.firm_it_mw = self.least_it_mw = self.all_it_mw = 0.0

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def number(self, low: float, high: float) -> float:
        return round(float(self.rng.uniform(low, high)), 3)

    def pick(self, choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def some(self, low: int, high: int) -> list[str]:
        return ["abc"[k] for k in range(int(self.rng.integers(low, high + 1)))]

    def walk(self, low: float, high: float) -> np.ndarray:
        """Return a series that wanders between two values, and often rests on them."""
        phase, speed = self.rng.uniform(0, 6.3), self.rng.uniform(0.1, 0.9)
        noise = 0.4 * self.rng.normal(size=self.count)
        wave = np.sin(phase + speed * np.arange(self.count)) + noise
        return np.round(low + (high - low) * np.clip(0.5 + 0.6 * wave, 0, 1), 3)

    def maybe(self, probability: float, value: float) -> float | None:
        return value if self.chance(probability) else None

    def _horizon(self) -> dk.Horizon:
        count, step_h = int(self.rng.integers(8, 20)), []
        choices = STEPS_H[: 4 if self.chance(0.5) else None]
        while len(step_h) < count and sum(step_h) < 30:
            length_h = self.pick(choices)  # blocks of whole hours
            step_h += [length_h] * int(max(1 / length_h, 1) * self.rng.integers(1, 4))
        quarters = int(self.rng.integers(0, 364 * 96)) // 4 * 4 + self.pick((0, 0, 1, 2))
        start = pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(minutes=15 * quarters)
        return dk.Horizon(start=start, step_h=tuple(step_h[:24]))

    def row(self, name: str, quantity: str, value: float, key: str = "") -> None:
        if self.has_state:
            self.rows.append(dk.StateRow(name, quantity, float(value), key))

    def _firm(self) -> dict[str, Any]:
        sovereign = self.number(5, 40)
        profile = [1.0] if self.chance(0.5) else [self.number(0.5, 1) for _ in range(24)]
        zone = self.pick(ZONES)
        found = {"sov": {"demand_mw": sovereign, "profile_pu": profile, "tiers": []}}
        found["sov"] |= {"time_zone": zone}
        self.firm_it_mw, self.least_it_mw = sovereign, sovereign * min(profile)
        for key in self.some(0, 2):
            most = self.number(5, 60)
            self.columns[f"firm_{key}_demand_mw"] = self.walk(0, most)
            shares = [self.number(0.05, 0.3), self.number(0.05, 0.3)]
            if not self.is_ample:
                shares[1] = 1 - shares[0]
            worth = sorted(self.number(200, 9000) for _ in shares)
            pairs = zip(shares, worth, strict=True)
            tiers = [{"shed_max_pu": s, "value_mad_per_mwh": w} for s, w in pairs]
            found[key] = {"tiers": tiers}
            self.all_it_mw += most
        return found

    def _deferrable(self) -> dict[str, Any]:
        return {key: self._work(key) for key in self.some(0, 2)}

    def _work(self, key: str) -> dict[str, Any]:
        name, rate = f"deferrable_{key}", self.number(2, 20)
        run_h = self.number(0.5, 3)
        deadline_h = float(np.ceil(2 * run_h + 2 * self.longest_h + self.number(0, 20)))
        is_aligned = self.longest_h <= 1 and self.horizon.start.minute == 0
        is_hard = self.is_ample and self.chance(0.6)
        table = {
            "power_max_mw": round(4 * rate, 3),
            "left_mad_per_mwh": self.number(0, 490),
            "missed_mad_per_mwh": None if is_hard else self.number(500, 3000),
        }
        self.all_it_mw += 4 * rate
        if self.chance(0.25):
            return table | self._cohort_file(name, rate)
        profile = [1.0] if self.chance(0.5) else [self.number(0, 1) for _ in range(24)]
        self._backlog(name, rate)
        return table | {
            "arrival_mw": rate,
            "arrival_profile_pu": profile,
            "time_zone": self.pick(ZONES),
            "block_h": self.pick((1, 2, 3)),
            "deadline_h": deadline_h,
            "run_min_h": run_h,
            "initial_backlog_pu": self.number(0, 0.3) if is_aligned else 0.0,
        }

    def _cohort_file(self, name: str, rate: float) -> dict[str, Any]:
        """Write cohorts with preferred steps to a file, as a user would."""
        rows = []
        for t in sorted(self.rng.choice(self.count, size=3, replace=False)):
            earliest = self.horizon.edges[t]
            span_h = round(2 * self.longest_h + self.number(1, 12), 2)
            rows.append((earliest, earliest + pd.Timedelta(hours=span_h), rate, rate, earliest))
        columns = ["earliest_utc", "deadline_utc", "work_mwh", "rate_max_mw", "preferred_utc"]
        path = self.folder / f"{self.seed}_{name}.csv"
        pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
        return {"cohorts_file": str(path), "shift_cost_mad_per_mwh": self.number(0, 100)}

    def _backlog(self, name: str, rate: float) -> None:
        start = self.horizon.start.floor("h")
        for k in range(int(self.rng.integers(0, 3))):
            arrived = start - pd.Timedelta(hours=3 + k)
            due = start + pd.Timedelta(hours=4 + 2 * np.ceil(self.longest_h) + k)
            key = f"{arrived:%Y-%m-%dT%H:%MZ}/{due:%Y-%m-%dT%H:%MZ}"
            self.row(name, "backlog_mwh", self.number(0.1, 1) * rate, key)
            self.row(name, "rate_max_mw", rate, key)

    def _training(self) -> dict[str, Any]:
        found = {}
        for key in self.some(0, 2):
            most, curve, is_on = self.number(10, 60), self.pick(CURVES), self.chance(0.7)
            found[key] = {
                "power_max_mw": most,
                "curve": curve,
                "floor_pu": self.number(0, 0.6),
                "window_h": self.pick((6, 12, 24)),
                "shortfall_mad_per_mwh": self.number(100, 3000),
                "value_mad_per_mwh": self.number(0, 900),
                "restart_cost_mad_per_mw": self.pick((0.0, 50.0)),
                "restart_loss_h": self.pick((0.0, 0.1)),
                "is_synchronous": self.chance(0.2),
                "initial_powered_pu": float(is_on),
            }
            self.row(f"training_{key}", "powered_mw", most * is_on)
            self.row(f"training_{key}", "power_mw", most * is_on)
            if self.is_ample and not found[key]["is_synchronous"] and self.chance(0.5):
                found[key] |= {"ramp_max_mw_per_h": self.number(most / 4, most)}
            elif self.is_ample and is_on and self.chance(0.5):
                found[key] |= {"shortfall_mad_per_mwh": None}
            self.all_it_mw += most
        return found

    def _cooling(self) -> dict[str, Any] | None:
        self.steepest, self.idle_mw = 0.0, 0.0
        if self.chance(0.3):
            return None
        count, slope, intercept = int(self.rng.integers(1, 4)), 0.02, self.number(0, 1)
        for k in range(1, count + 1):
            self.columns[f"cooling_intercept_{k}_mw"] = np.full(self.count, intercept)
            self.columns[f"cooling_slope_{k}_pu"] = slope * self.walk(1, 1.5)
            intercept, slope = intercept - self.number(0.2, 2), slope + self.number(0.02, 0.1)
        self.columns["cooling_water_l_per_mwh"] = self.walk(0, 900)
        self.steepest = max(v.max() for c, v in self.columns.items() if "_slope_" in c)
        self.idle_mw = 1.0
        return {"segment_count": count, "power_max_mw": 100.0}

    def draw_mw(self, it_mw: float) -> float:
        """Return what an IT power draws at the bus, at most, with a tenth to spare."""
        heat_mw = it_mw * (1 + self.facility["ups_loss_pu"])
        overhead_mw = self.facility["fixed_overhead_mw"] + self.idle_mw
        return round(1.1 * (heat_mw * (1 + self.steepest) + overhead_mw), 3)

    def tables(self) -> dict[str, Any]:
        """Return the site's tables but for supply; the draws are in the order of need."""
        self.facility = {"ups_loss_pu": self.number(0, 0.1), "fixed_overhead_mw": self.number(0, 3)}
        loads = {"firm": self._firm(), "deferrable": self._deferrable()}
        loads |= {"training": self._training()} | draw_lists.tables(self)
        cooling = self._cooling()
        self.all_it_mw += self.firm_it_mw
        self.sure_it_mw = self.all_it_mw if self.is_ample else self.firm_it_mw
        self.need_mw = self.draw_mw(self.sure_it_mw)
        spare = self.number(1, 1.2) if self.is_ample else self.number(1, 3)
        self.facility |= {
            "it_power_max_mw": round(self.sure_it_mw * spare, 3),
            "power_max_mw": round(self.need_mw * spare, 3),
        }
        place = {"name": f"seed {self.seed}", "latitude_deg": 23.7, "longitude_deg": -15.9}
        return {
            "place": place | {"altitude_m": 10},
            "plan": {
                "horizon": "24h@1h",
                "climate_seed": 1,
                "tie_break_mad_per_mwh_h": self.pick((0.0, 1e-4)),
            },
            "solver": {"time_limit_s": 60, "mip_gap_pu": 1e-3},
            "facility": self.facility,
            **({"cooling": cooling} if cooling else {}),
            **loads,
        }
