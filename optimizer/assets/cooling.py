"""Cooling: the electricity that carries the heat of the machines away.

The power is convex in heat and rises with outdoor temperature, so each step has a few straight
lines it may not fall below; their coefficients are input series. PUE is an output.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from models.cooling import CoolingPlant
from optimizer.component import Component, Given, Needed, most, parameter, unequal


class Cooling(Component):
    """One cooling plant for the whole site; its lines come from `plant` or from a file."""

    series_file: str | None = Field(
        default=None, description="CSV or Parquet with the lines' coefficients by step, or none"
    )
    segment_count: int = Field(ge=1, le=5, description="straight lines of the power curve [lines]")
    power_max_mw: float = Field(gt=0, le=1e5, description="electric rating of the plant [MW]")
    plant: CoolingPlant | None = Field(
        default=None, description="parameters of the weather-to-coefficients model"
    )

    def needs(self) -> list[Needed]:
        """Return intercept and slope of each line, and the water used per MWh of heat."""
        lines = range(1, self.segment_count + 1)
        return [
            *(Needed(column=f"{self.name}_intercept_{k}_mw", low=-1e4, high=1e4) for k in lines),
            *(Needed(column=f"{self.name}_slope_{k}_pu", low=0, high=2) for k in lines),
            Needed(column=f"{self.name}_water_l_per_mwh", low=0, high=1e4),
        ]

    def lines(self, given: Given) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return (intercept [MW], slope [per unit]) of each line, one value per step."""
        return [
            (
                given.column(f"{self.name}_intercept_{k}_mw"),
                given.column(f"{self.name}_slope_{k}_pu"),
            )
            for k in range(1, self.segment_count + 1)
        ]

    def add_lines(self, block: pyo.Block, given: Given, heat_mw: Callable[[int], Any]) -> None:
        """Declare the power; `heat_mw(t)` is the heat as an expression of the model."""
        steps = given.horizon.steps
        block.power_mw = pyo.Var(steps, bounds=(0, self.power_max_mw))
        for k, (intercept_mw, slope_pu) in enumerate(self.lines(given), start=1):
            intercept = parameter(block, f"intercept_{k}_mw", intercept_mw)
            slope = parameter(block, f"slope_{k}_pu", slope_pu)

            def line(b, t, intercept=intercept, slope=slope):
                return b.power_mw[t] >= intercept[t] + slope[t] * heat_mw(t)

            block.add_component(f"line_{k}", pyo.Constraint(steps, rule=line))

    def to_bus_mw(self, block: pyo.Block, t: int) -> Any:
        """Return the power drawn in step `t`, negative."""
        return -block.power_mw[t]

    def waiting(self, block: pyo.Block) -> list[pyo.Var]:
        """Return the power: sooner is better where nothing else decides."""
        return [block.power_mw]

    def power_mw(self, heat_mw: np.ndarray, given: Given) -> np.ndarray:
        """Return the least power that carries `heat_mw` away in each step [MW]."""
        lines = [intercept + slope * heat_mw for intercept, slope in self.lines(given)]
        return np.asarray(np.maximum(np.max(lines, axis=0), 0.0))

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return ``power_mw`` and the lines; heat and water need the whole table."""
        power = [v.value for v in block.power_mw.values()]
        lines = {q: given.column(f"{self.name}_{q}") for q in self._quantities()}
        return pd.DataFrame({"power_mw": power} | lines, index=given.horizon.index)

    def _quantities(self) -> list[str]:
        """Return the names of the input series, without the plant's in front."""
        return [need.column.removeprefix(f"{self.name}_") for need in self.needs()]

    def water_l(self, heat_mw: np.ndarray, given: Given) -> np.ndarray:
        """Return the water used in each step [L]."""
        per_mwh = given.column(f"{self.name}_water_l_per_mwh")
        return np.asarray(per_mwh * heat_mw * given.horizon.hours)

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of cooling: power is exactly what the published heat needs."""
        heat, power = own["heat_mw"], own["power_mw"]
        needed = pd.Series(0.0, index=own.index)
        for k in range(1, self.segment_count + 1):
            intercept = given.series[f"{self.name}_intercept_{k}_mw"]
            needed = most(needed, intercept + given.series[f"{self.name}_slope_{k}_pu"] * heat)
        per_mwh = given.series[f"{self.name}_water_l_per_mwh"]
        inputs = {
            f"{q} is the input's": unequal(own[q], given.series[f"{self.name}_{q}"])
            for q in self._quantities()
        }
        return inputs | {
            "power carries the heat away [MW]": needed - power,
            "power is not wasted [MW]": power - needed,
            "power fits the plant [MW]": power - self.power_max_mw,
            "water follows from the heat [L]": unequal(
                own["water_l"], per_mwh * heat * given.horizon.hours
            ),
        }
