"""Chilled water: cold made while power is cheap carries heat away later.

Charging adds to the heat the cooling plant carries away, discharging takes from it; both are
thermal, both >= 0, means over a step. ``energy_mwh`` is the cold stored at the *end* of a step.
Pumps draw electric power in proportion to the flow, either way.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.assets.chilled_store_rules import ChilledStoreRules
from optimizer.component import Given, Terms, parameter, solved


class ChilledStore(ChilledStoreRules):
    """One tank of chilled water, as the model has it."""

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare flows in and out and the cold that is stored."""
        steps, hours = given.horizon.steps, given.horizon.hours
        step_h = parameter(block, "step_h", hours)
        keep = parameter(block, "keep_pu", (1 - self.loss_pu_per_h) ** hours)
        block.charge_mw = pyo.Var(steps, bounds=(0, self.charge_max_mw))
        block.discharge_mw = pyo.Var(steps, bounds=(0, self.discharge_max_mw))
        block.energy_mwh = pyo.Var(steps, bounds=(0, self.energy_max_mwh))
        gain, loss = self.charge_efficiency_pu, 1 / self.discharge_efficiency_pu

        @block.Constraint(range(1, len(steps)))
        def energy_balance(b, t):
            in_mw, out_mw = gain * b.charge_mw[t], loss * b.discharge_mw[t]
            return b.energy_mwh[t] == keep[t] * b.energy_mwh[t - 1] + step_h[t] * (in_mw - out_mw)

        @block.Constraint()
        def energy_first(b):
            in_mw, out_mw = gain * b.charge_mw[0], loss * b.discharge_mw[0]
            kept_mwh = keep[0] * self.opening_mwh(given)
            return b.energy_mwh[0] == kept_mwh + step_h[0] * (in_mw - out_mw)

        @block.Constraint(steps)
        def one_way(b, t):  # the convex hull of "never both at once"; the few steps left are split
            return (
                b.charge_mw[t] / self.charge_max_mw + b.discharge_mw[t] / self.discharge_max_mw <= 1
            )

    def to_bus_mw(self, block: pyo.Block, t: int) -> Any:
        """Return what the pumps draw in step `t`, negative."""
        drawn_pu = -self.pump_power_pu  # times each flow: sums of plain products build alike
        return drawn_pu * block.charge_mw[t] + drawn_pu * block.discharge_mw[t]

    def heat_mw(self, block: pyo.Block, t: int) -> Any:
        """Return what the store adds to the cooling plant's heat in step `t`."""
        return block.charge_mw[t] - block.discharge_mw[t]

    def waiting(self, block: pyo.Block) -> list[pyo.Var]:
        """Return the flow in: sooner is better where nothing else decides."""
        return [block.charge_mw]

    def exclusive(self, block: pyo.Block) -> tuple[pyo.Var, pyo.Var]:
        """Return the flows in and out: never both at once."""
        return block.charge_mw, block.discharge_mw

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return, negative, the worth of the cold stored at the end."""
        if not self.end_value_mad_per_mwh:
            return {}
        last = given.horizon.steps[-1]
        return {"end_value": (np.array([-self.end_value_mad_per_mwh]), [block.energy_mwh[last]])}

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return flows in and out, the cold stored, and what the pumps draw."""
        table = solved(block, ["charge_mw", "discharge_mw", "energy_mwh"], given.horizon.index)
        table["power_mw"] = self.pump_power_pu * (table["charge_mw"] + table["discharge_mw"])
        return table
