"""Services of a random facility, and what its loads carry over plans, from their own generator.

Nothing here needs power that the facility was not sized for: water may be missed, contracts
broken at a price; only an *ample* facility has jobs that must run on.
"""

from typing import Any

import numpy as np
import pandas as pd

from tests.properties.draw_loads import Draw

HOUR = pd.Timedelta(hours=1)


class Services:
    """More tables, and more fields of the tables there are."""

    def __init__(self, draw: Draw, tables: dict[str, Any]) -> None:
        self.draw, self.tables = draw, tables
        self.rng = np.random.default_rng([draw.seed, 7])

    def add(self) -> None:
        """Add them to the tables, and their opening states to the draw."""
        water = {key: self._plant(key) for key in self._some()}
        self.tables["desalination"] = self.tables.get("desalination", {}) | water
        if "cooling" in self.tables:
            keys = self._some()
            self.tables["chilled_store"] = {k: self._store(k, is_one=len(keys) == 1) for k in keys}
        for key, table in self.tables["training"].items():
            self._fleet(f"training_{key}", table)
        for key, table in self.tables["firm"].items():
            if table["tiers"] and self._chance(0.5):
                self._level(f"firm_{key}", table)
        for key, table in self.tables["deferrable"].items():
            if "cohorts_file" in table:
                self.draw._backlog(f"deferrable_{key}", 2.0)

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _number(self, low: float, high: float) -> float:
        return round(float(self.rng.uniform(low, high)), 3)

    def _some(self) -> list[str]:
        return ["ab"[k] for k in range(int(self.rng.choice([0, 0, 1, 2])))]

    def _plant(self, key: str) -> dict[str, Any]:
        most, name = self._number(1, 8), f"desalination_{key}"
        table = {
            "power_max_mw": most,
            "energy_kwh_per_m3": self._number(2, 5),
            "value_mad_per_m3": self._number(0, 3),
        }
        if self._chance(0.5):
            table |= {"ramp_max_mw_per_h": self._number(0.1, 2) * most}
            self.draw.row(name, "power_mw", self._number(0, 1) * most)
        if self._chance(0.6):
            tank = self._number(0, 3000)
            table |= {
                "demand_m3_per_h": self._number(0, 300) * most,
                "profile_pu": [self._number(0, 1) for _ in range(24)],
                "tank_max_m3": tank,
                "missed_mad_per_m3": self._number(0, 6),
            }
            self.draw.row(name, "water_m3", self._number(0, 1) * tank)
        return table

    def _store(self, key: str, *, is_one: bool) -> dict[str, Any]:
        most = self._number(5, 200)
        self.draw.row(f"chilled_store_{key}", "energy_mwh", self._number(0, 1) * most)
        table = {
            "charge_max_mw": self._number(1, 40),
            "discharge_max_mw": self._number(1, 40),
            "energy_max_mwh": most,
            "charge_efficiency_pu": self._number(0.8, 1),
            "discharge_efficiency_pu": self._number(0.8, 1),
            "loss_pu_per_h": self._number(0, 0.02),
            "pump_power_pu": self._number(0, 0.05) * self._chance(0.7),
            "energy_initial_mwh": 0.0,
            "end_value_mad_per_mwh": self._number(0, 200) * self._chance(0.5),
        }
        if is_one:
            return table
        lossless = {"charge_efficiency_pu": 1.0, "discharge_efficiency_pu": 1.0}
        return table | lossless | {"pump_power_pu": 0.0}  # two that can waste power take a minute

    def _fleet(self, name: str, table: dict[str, Any]) -> None:
        """Add a worth of extra work, a least throughput, run times, what has been delivered."""
        if self._chance(0.4):
            worth = self._number(0, 1) * table["value_mad_per_mwh"]
            table["extra_value_mad_per_mwh"] = round(worth, 3)
        if self._chance(0.4):
            table["throughput_min_pu"] = self._number(0.3, 1)
        if table["is_synchronous"] and self.draw.is_ample:
            table |= {"min_up_h": self._number(0, 6), "min_down_h": self._number(0, 6)}
            since_h = self._number(0, 8)
            if table["min_up_h"] or table["min_down_h"]:
                self.draw.row(name, "status_h", since_h)
        start, origin = self.draw.horizon.start, pd.Timestamp(0, tz="UTC")
        begins = origin + (start - origin) // (table["window_h"] * HOUR) * table["window_h"] * HOUR
        if begins < start and table["floor_pu"] and self._chance(0.6):
            pace = table["floor_pu"] * table["power_max_mw"] * ((start - begins) / HOUR)
            least = 1.0 if table["shortfall_mad_per_mwh"] is None else 0.0
            done = pace * self._number(least, 1.4)
            self.draw.row(name, "delivered_mwh", done, f"{begins:%Y-%m-%dT%H:%MZ}")

    def _level(self, name: str, table: dict[str, Any]) -> None:
        """Add a monthly service level at a price, and how the month has gone."""
        price = self._number(0, 3000)
        table |= {"sla_pu": self._number(0.9, 1), "sla_excess_mad_per_mwh": price}
        zone = table.get("time_zone", "Africa/El_Aaiun")
        month = f"{self.draw.horizon.start.tz_convert(zone):%Y-%m}"
        self.draw.row(name, "demand_mwh", 900.0, month)
        self.draw.row(name, "shed_mwh", self._number(0, 60), month)
