"""AI training: fleets of accelerators between power caps, or paused.

The measured points (power, throughput) and the pause (0, 0) span a concave hull; fractions of the
fleet may be paused, so the hull is exact without integers. Work is in MWh of IT energy at nominal
speed: a fleet of 100 MW at full power does 100 MWh of work in an hour.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.component import Given, Terms, parameter, solved, weighted
from optimizer.workloads.training_rules import TrainingRules


class Training(TrainingRules):
    """One fleet with one power-throughput curve and one contract."""

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare running share, power and work under the hull."""
        steps, most_mw = given.horizon.steps, self.power_max_mw
        block.powered_mw = pyo.Var(steps, bounds=(0, most_mw))
        block.power_mw = pyo.Var(steps, bounds=(0, most_mw))
        block.work_mw = pyo.Var(steps, bounds=(0, most_mw))
        low_pu = self.power_min_pu

        @block.Constraint(steps)
        def power_most(b, t):
            return b.power_mw[t] <= b.powered_mw[t]

        @block.Constraint(steps)
        def power_least(b, t):
            return b.power_mw[t] >= low_pu * b.powered_mw[t]

        if self._counts_restarts:
            self._add_restarts(block, given)
        lost = parameter(block, "restart_loss_pu", self.restart_loss_h / given.horizon.hours)
        for k, (slope, intercept) in enumerate(self.lines, start=1):

            def line(b, t, slope=slope, intercept=intercept):
                done_mw = slope * b.power_mw[t] + intercept * b.powered_mw[t]
                return b.work_mw[t] <= (
                    done_mw - lost[t] * b.restart_mw[t] if self._counts_restarts else done_mw
                )

            block.add_component(f"hull_{k}", pyo.Constraint(steps, rule=line))
        self._add_contract(block, given)
        if self.ramp_max_mw_per_h is not None:
            self._add_ramp(block, given)
        if self.is_synchronous:
            block.is_on = pyo.Var(steps, domain=pyo.Binary)

            @block.Constraint(steps)
            def all_or_none(b, t):
                return b.powered_mw[t] == most_mw * b.is_on[t]

    def _add_restarts(self, block: pyo.Block, given: Given) -> None:
        """Declare what resumes in each step."""
        steps, before_mw = given.horizon.steps, self._opening(given, "powered_mw")
        block.restart_mw = pyo.Var(steps, bounds=(0, self.power_max_mw))

        @block.Constraint(range(1, len(steps)))
        def restart(b, t):
            return b.restart_mw[t] >= b.powered_mw[t] - b.powered_mw[t - 1]

        @block.Constraint()
        def restart_first(b):
            return b.restart_mw[0] >= b.powered_mw[0] - before_mw

    def _add_contract(self, block: pyo.Block, given: Given) -> None:
        """Declare the contracted work of each window, in proportion where a window is cut."""
        hours, windows = given.horizon.hours, self._windows(given.horizon.index)
        numbers = [int(n) for n in np.unique(windows)] if self.floor_pu else []
        may_fail = self.shortfall_mad_per_mwh is not None or given.is_elastic
        block.shortfall_mwh = pyo.Var(numbers if may_fail else [], bounds=(0, None))

        @block.Constraint(numbers)
        def contracted_work(b, n):
            inside = np.flatnonzero(windows == n).tolist()
            done_mwh = weighted(hours[inside], (b.work_mw[t] for t in inside))
            if may_fail:
                done_mwh += b.shortfall_mwh[n]
            return done_mwh >= self.floor_pu * self.power_max_mw * float(hours[inside].sum())

    def _add_ramp(self, block: pyo.Block, given: Given) -> None:
        """Limit the change of power from step to step."""
        steps, hours = given.horizon.steps, given.horizon.hours
        before_mw = self._opening(given, "power_mw")
        most_mw = [self.ramp_max_mw_per_h * h for h in hours]

        @block.Constraint(steps)
        def ramp(b, t):
            last_mw = b.power_mw[t - 1] if t else before_mw
            return (-most_mw[t], b.power_mw[t] - last_mw, most_mw[t])

    def it_mw(self, block: pyo.Block, t: int) -> Any:
        """Return the IT power of the fleet in step `t`."""
        return block.power_mw[t]

    def it_max_mw(self, given: Given) -> np.ndarray:
        """Return the most IT power it can draw in each step [MW]."""
        return np.full(len(given.horizon.steps), self.power_max_mw)

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return restarts and missing work, less the worth of the work done."""
        terms: dict[str, Terms] = {}
        if self.value_mad_per_mwh:
            worth = -self.value_mad_per_mwh * given.horizon.hours
            terms["value"] = (worth, list(block.work_mw.values()))
        if self.restart_cost_mad_per_mw:
            price = np.full(len(given.horizon.steps), self.restart_cost_mad_per_mw)
            terms["restart"] = (price, list(block.restart_mw.values()))
        missing = list(block.shortfall_mwh.values())
        if missing:
            terms["shortfall"] = (np.full(len(missing), self._shortfall_price()), missing)
        return terms

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return what runs, its power, how both change, and the work the hull makes of them."""
        table = solved(block, ["powered_mw", "power_mw"], given.horizon.index)
        if self.is_synchronous:
            table["powered_mw"] = (
                table["powered_mw"].div(self.power_max_mw).round() * self.power_max_mw
            )
        before = table["powered_mw"].shift(fill_value=self._opening(given, "powered_mw"))
        table["restart_mw"] = (table["powered_mw"] - before).clip(lower=0.0)
        table["pause_mw"] = (before - table["powered_mw"]).clip(lower=0.0)
        last_mw = table["power_mw"].shift(fill_value=self._opening(given, "power_mw"))
        table["power_change_mw"] = (table["power_mw"] - last_mw).abs()
        lines = [a * table["power_mw"] + b * table["powered_mw"] for a, b in self.lines]
        lost_mw = table["restart_mw"] * self.restart_loss_h / given.horizon.hours
        table["work_mw"] = (np.minimum.reduce(lines) - lost_mw).clip(lower=0.0)
        return table
