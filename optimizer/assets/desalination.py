"""Desalination: water made from the sea where power is cheap, with or without a tank.

Water in m3, power in MW at the bus. ``made_m3`` is what a step makes, ``tank_m3`` what the tank
holds at the *end* of a step. A plant that runs through (reverse osmosis is seldom stopped) has a
least power at all times, so nothing here is an integer.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.assets.desalination_rules import DesalinationRules
from optimizer.component import Given, Terms, parameter, solved


class Desalination(DesalinationRules):
    """One plant and its tank, as the model has them."""

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare the power and, where water is asked for, the tank."""
        least_mw = 0.0 if given.lets_go else self.power_min_mw
        block.power_mw = pyo.Var(given.horizon.steps, bounds=(least_mw, self.power_max_mw))
        if self.ramp_max_mw_per_h is not None and not given.lets_go:
            self._add_ramp(block, given)
        if self.has_demand:
            self._add_tank(block, given)

    def _add_ramp(self, block: pyo.Block, given: Given) -> None:
        """Limit the change of power from step to step."""
        steps, before_mw = given.horizon.steps, self.opening_mw(given)
        most_mw = parameter(block, "change_max_mw", self.ramp_max_mw_per_h * given.horizon.hours)

        @block.Constraint(range(1, len(steps)))
        def ramp_up(b, t):
            return b.power_mw[t] - b.power_mw[t - 1] <= most_mw[t]

        @block.Constraint(range(1, len(steps)))
        def ramp_down(b, t):
            return b.power_mw[t - 1] - b.power_mw[t] <= most_mw[t]

        @block.Constraint()
        def ramp_first(b):
            return (-most_mw[0], b.power_mw[0] - before_mw, most_mw[0])

    def _add_tank(self, block: pyo.Block, given: Given) -> None:
        """Declare the water in the tank, and what is missing of the demand."""
        steps, hours = given.horizon.steps, given.horizon.hours
        asked_m3 = given.column(self._demand) * hours
        made = parameter(block, "made_m3_per_mw", self.m3_per_mwh * hours)
        asked = parameter(block, "asked_m3", asked_m3)
        block.tank_m3 = pyo.Var(steps, bounds=(0, self.tank_max_m3))
        may_miss = self.missed_mad_per_m3 is not None or given.is_elastic
        bounds = [(0.0, m3 if may_miss else 0.0) for m3 in asked_m3.tolist()]
        block.missed_m3 = pyo.Var(steps, bounds=bounds)
        block.spilled_m3 = pyo.Var(steps, bounds=(0, None))

        @block.Constraint(range(1, len(steps)))
        def water_balance(b, t):
            taken_m3 = asked[t] - b.missed_m3[t] + b.spilled_m3[t]
            return b.tank_m3[t] == b.tank_m3[t - 1] + made[t] * b.power_mw[t] - taken_m3

        @block.Constraint()
        def water_first(b):
            taken_m3 = asked[0] - b.missed_m3[0] + b.spilled_m3[0]
            return b.tank_m3[0] == self.opening_m3(given) + made[0] * b.power_mw[0] - taken_m3

    def to_bus_mw(self, block: pyo.Block, t: int) -> Any:
        """Return the power drawn in step `t`, negative."""
        return -block.power_mw[t]

    def service_per_h(self, block: pyo.Block, t: int) -> Any:
        """Return the water made in step `t` [m3/h]."""
        return self.m3_per_mwh * block.power_mw[t]

    def waiting(self, block: pyo.Block) -> list[pyo.Var]:
        """Return the power: sooner is better where nothing else decides."""
        return [block.power_mw]

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return missed water, less the worth of the water made and not spilled."""
        terms: dict[str, Terms] = {}
        if self.value_mad_per_m3:
            worth = -self.value_mad_per_m3 * self.m3_per_mwh * given.horizon.hours
            terms["value"] = (worth, list(block.power_mw.values()))
        if self.has_demand:
            price = np.full(len(given.horizon.steps), self._missed_price())
            terms["missed"] = (price, list(block.missed_m3.values()))
            worth = np.full(len(given.horizon.steps), self.value_mad_per_m3)
            terms["spilled"] = (worth, list(block.spilled_m3.values()))
        return terms

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return power and water: made, asked for, missed, spilled and in the tank."""
        index, hours = given.horizon.index, given.horizon.hours
        table = solved(block, ["power_mw"], index)
        if self.ramp_max_mw_per_h is not None:
            before_mw = table["power_mw"].shift(fill_value=self.opening_mw(given))
            table["power_change_mw"] = (table["power_mw"] - before_mw).abs()
        table["made_m3"] = self.m3_per_mwh * table["power_mw"] * hours
        if self.has_demand:
            table["demand_m3"] = given.column(self._demand) * hours
            water = ["missed_m3", "spilled_m3", "tank_m3"]
            table[water] = solved(block, water, index)
        return table
