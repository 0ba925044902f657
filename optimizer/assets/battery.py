"""Battery on the site bus: losses, a state-of-charge window, ageing that grows with depth.

Signs: charge and discharge are both >= 0, measured at the bus, mean over a step.
Timing: ``energy_mwh`` is what is stored at the *end* of a step.
Ageing: the window is split into equal segments of depth; taking energy out of a deeper segment
costs more (B. Xu et al., "Factoring the cycle aging cost of batteries participating in
electricity markets," IEEE Trans. Power Syst. 33(2), 2018), which keeps the model linear.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.assets.battery_rules import BatteryRules
from optimizer.component import Given, Terms, parameter, solved


class Battery(BatteryRules):
    """Cells behind one converter; losses on the way in, on the way out and while waiting."""

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare the battery's variables and constraints on an empty `block`."""
        steps = given.horizon.steps
        step_h = parameter(block, "step_h", given.horizon.hours)
        keep = parameter(
            block, "keep_pu", (1 - self.self_discharge_pu_per_h) ** given.horizon.hours
        )
        block.charge_mw = pyo.Var(steps, bounds=(0, self.charge_max_mw))
        block.discharge_mw = pyo.Var(steps, bounds=(0, self.discharge_max_mw))
        least_mwh = np.maximum(given.column(f"{self.name}_energy_min_mwh"), self.low_mwh)
        window = [(low, self.high_mwh) for low in least_mwh.tolist()]
        block.energy_mwh = pyo.Var(steps, bounds=window)
        gain, loss = self.charge_efficiency_pu, 1 / self.discharge_efficiency_pu
        last = steps[-1]
        if (lost_mw := self.lost_mw(given)).any():
            parameter(block, "lost_mw", lost_mw)

        @block.Constraint(range(1, len(steps)))
        def energy_balance(b, t):
            in_mw, out_mw = gain * b.charge_mw[t], loss * b.discharge_mw[t]
            return b.energy_mwh[t] == keep[t] * b.energy_mwh[t - 1] + step_h[t] * (in_mw - out_mw)

        @block.Constraint()
        def energy_first(b):
            before_mwh = b.energy_mwh[last] if self.is_cyclic else self.opening_mwh(given)
            in_mw, out_mw = gain * b.charge_mw[0], loss * b.discharge_mw[0]
            return b.energy_mwh[0] == keep[0] * before_mwh + step_h[0] * (in_mw - out_mw)

        @block.Constraint(steps)
        def one_converter(b, t):  # the convex hull of "never both at once"; audited below
            return (
                b.charge_mw[t] / self.charge_max_mw + b.discharge_mw[t] / self.discharge_max_mw <= 1
            )

        if self.energy_final_min_mwh is not None:
            block.energy_mwh[last].setlb(max(self.energy_final_min_mwh, least_mwh[last]))
        if self.energy_final_max_mwh is not None:
            block.energy_mwh[last].setub(self.energy_final_max_mwh)
        if self.segment_count > 1:
            self._add_segments(block, given)

    def _add_segments(self, block: pyo.Block, given: Given) -> None:
        """Split charge, discharge and energy over the segments of depth."""
        steps, segments = given.horizon.steps, range(self.segment_count)
        opening = self.opening_segments_mwh(given)
        gain, loss = self.charge_efficiency_pu, 1 / self.discharge_efficiency_pu
        step_h, keep = block.step_h, block.keep_pu
        block.segment_charge_mw = pyo.Var(segments, steps, bounds=(0, None))
        block.segment_discharge_mw = pyo.Var(segments, steps, bounds=(0, None))
        block.segment_energy_mwh = pyo.Var(segments, steps, bounds=(0, self.width_mwh))
        deepest = self.segment_count - 1  # what waits below the window leaks too: it pays for that
        block.floor_loss_mwh = pyo.Param(
            segments,
            steps,
            initialize={
                (k, t): (1 - keep[t]) * self.low_mwh * (k == deepest)
                for k in segments
                for t in steps
            },
        )

        @block.Constraint(segments, range(1, len(steps)))
        def segment_balance(b, k, t):
            in_mw, out_mw = gain * b.segment_charge_mw[k, t], loss * b.segment_discharge_mw[k, t]
            kept_mwh = keep[t] * b.segment_energy_mwh[k, t - 1] - b.floor_loss_mwh[k, t]
            return b.segment_energy_mwh[k, t] == kept_mwh + step_h[t] * (in_mw - out_mw)

        @block.Constraint(segments)
        def segment_first(b, k):
            in_mw, out_mw = gain * b.segment_charge_mw[k, 0], loss * b.segment_discharge_mw[k, 0]
            kept_mwh = keep[0] * opening[k] - b.floor_loss_mwh[k, 0]
            return b.segment_energy_mwh[k, 0] == kept_mwh + step_h[0] * (in_mw - out_mw)

        @block.Constraint(steps)
        def segments_charge(b, t):
            return b.charge_mw[t] == sum(b.segment_charge_mw[k, t] for k in segments)

        @block.Constraint(steps)
        def segments_discharge(b, t):
            return b.discharge_mw[t] == sum(b.segment_discharge_mw[k, t] for k in segments)

    def to_bus_mw(self, block: pyo.Block, t: int) -> Any:
        """Return discharge less charge in step `t`."""
        return block.discharge_mw[t] - block.charge_mw[t]

    def deliverable_mwh(self, block: pyo.Block, t: int) -> Any:
        """Return what the stored energy above the window's floor can bring to the bus."""
        return self.discharge_efficiency_pu * (block.energy_mwh[t] - self.low_mwh)

    def discharge_room_mw(self, block: pyo.Block, t: int) -> Any:
        """Return what the converter could still add to the bus in step `t`."""
        room_mw = self.discharge_max_mw - block.discharge_mw[t] + block.charge_mw[t]
        lost_mw = block.component("lost_mw")
        return room_mw if lost_mw is None else room_mw - lost_mw[t]

    def waiting(self, block: pyo.Block) -> list[pyo.Var]:
        """Return the power: sooner is better where nothing else decides."""
        return [block.charge_mw]

    def exclusive(self, block: pyo.Block) -> tuple[pyo.Var, pyo.Var]:
        """Return charge and discharge: never both at once."""
        return block.charge_mw, block.discharge_mw

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return wear by segment, less the worth of what is stored at the end."""
        hours, wear = given.horizon.hours, self.ageing_cost_mad_per_mwh
        terms: dict[str, Terms] = {}
        if self.segment_count > 1:
            taken = list(block.segment_discharge_mw.values())  # segment by segment, step by step
            terms["ageing"] = (np.outer(wear, hours).ravel(), taken)
        elif wear[0]:
            terms["ageing"] = (wear[0] * hours, list(block.discharge_mw.values()))
        if self.end_value_mad_per_mwh:
            last = given.horizon.steps[-1]
            terms["end_value"] = (np.array([-self.end_value_mad_per_mwh]), [block.energy_mwh[last]])
        return terms

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return charge, discharge and energy, and their split over the segments of depth."""
        index = given.horizon.index
        table = solved(block, ["charge_mw", "discharge_mw", "energy_mwh"], index)
        table["energy_min_mwh"] = given.column(f"{self.name}_energy_min_mwh")
        if self.segment_count == 1:
            return table
        for quantity in ("charge_mw", "discharge_mw", "energy_mwh"):
            values = [v.value for v in getattr(block, f"segment_{quantity}").values()]
            split = np.maximum(np.reshape(values, (self.segment_count, len(index))), 0.0)
            table[self._segment_columns(quantity)] = split.T
        return table
