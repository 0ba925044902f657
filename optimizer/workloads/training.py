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

            if self.counts_times:
                self._add_job(block, given)

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

    def _add_job(self, block: pyo.Block, given: Given) -> None:
        """Declare starts, stops and least times on and off of a synchronous job.

        D. Rajan and S. Takriti's inequalities (IBM RC23628, 2005) over steps of any length, of
        one step where there is no least time: starts and stops follow, and are no integers.
        """
        begin_h, steps = given.horizon.begin_h, given.horizon.steps
        was_on = round(self._opening(given, "powered_mw") / self.power_max_mw)
        block.start_pu, block.stop_pu = (pyo.Var(steps, bounds=(0, 1)) for _ in range(2))
        up_h = 0.0 if given.lets_go else self.min_up_h  # what lacks power stops all the same

        def within(t: int, span_h: float) -> list[int]:  # steps whose change still binds in step t
            return [u for u in range(t + 1) if u == t or begin_h[t] < begin_h[u] + span_h - 1e-9]

        @block.Constraint(range(1, len(steps)))
        def status(b, t):
            return b.is_on[t] - b.is_on[t - 1] == b.start_pu[t] - b.stop_pu[t]

        @block.Constraint()
        def status_first(b):
            return b.is_on[0] - was_on == b.start_pu[0] - b.stop_pu[0]

        @block.Constraint(steps)
        def min_up(b, t):
            return sum(b.start_pu[u] for u in within(t, up_h)) <= b.is_on[t]

        @block.Constraint(steps)
        def min_down(b, t):
            return sum(b.stop_pu[u] for u in within(t, self.min_down_h)) <= 1 - b.is_on[t]

        held_h = (up_h if was_on else self.min_down_h) - self.opening_status_h(given)
        for t in np.flatnonzero(begin_h < held_h - 1e-9).tolist():
            (block.is_on[t].setlb if was_on else block.is_on[t].setub)(was_on)

    def _add_contract(self, block: pyo.Block, given: Given) -> None:
        """Declare each window's contracted work, and what is done above it at another worth."""
        hours, windows = given.horizon.hours, self._windows(given.horizon.index)
        due_mwh = self.due_mwh(given) if self.has_contract else {}
        contracted = list(due_mwh) if self.floor_pu else []
        beyond = list(due_mwh) if self.extra_value_mad_per_mwh is not None else []
        may_fail = self.shortfall_mad_per_mwh is not None or given.is_elastic
        block.shortfall_mwh = pyo.Var(contracted if may_fail else [], bounds=(0, None))
        block.extra_mwh = pyo.Var(beyond, bounds=(0, None))

        def done(b: pyo.Block, n: int) -> Any:
            inside = np.flatnonzero(windows == n).tolist()
            return weighted(hours[inside], (b.work_mw[t] for t in inside))

        @block.Constraint(contracted)
        def contracted_work(b, n):
            done_mwh = done(b, n)
            if may_fail:
                done_mwh += b.shortfall_mwh[n]
            return done_mwh >= due_mwh[n]

        @block.Constraint(beyond)
        def extra_work(b, n):
            return done(b, n) - b.extra_mwh[n] <= due_mwh[n]

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

    def preemptible_mw(self, block: pyo.Block, t: int) -> Any:
        """Return the fleet's power: it can be paused at once."""
        return block.power_mw[t]

    def preempted_mw(self, own: pd.DataFrame) -> pd.Series:
        """Return the same from the published table."""
        return own["power_mw"]

    def waiting(self, block: pyo.Block) -> list[pyo.Var]:
        """Return the power: sooner is better where nothing else decides."""
        return [block.power_mw]

    def it_max_mw(self, given: Given) -> np.ndarray:
        """Return the most IT power it can draw in each step [MW]."""
        return np.full(len(given.horizon.steps), self.power_max_mw)

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return restarts, missing and extra work, less the worth of the work done."""
        terms: dict[str, Terms] = {}
        if self.value_mad_per_mwh:
            worth = -self.value_mad_per_mwh * given.horizon.hours
            terms["value"] = (worth, list(block.work_mw.values()))
        if self.restart_cost_mad_per_mw:
            price = np.full(len(given.horizon.steps), self.restart_cost_mad_per_mw)
            terms["restart"] = (price, list(block.restart_mw.values()))
        missing, extra = list(block.shortfall_mwh.values()), list(block.extra_mwh.values())
        if extra:
            terms["extra"] = (np.full(len(extra), self._extra_loss()), extra)
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
        if self.has_contract:
            table["delivered_mwh"] = self.read_delivered(table["work_mw"], given)
        if self.counts_times:
            before_mw = self._opening(given, "powered_mw")
            table["status_h"] = self.read_status(table["powered_mw"], before_mw, given)
        return table
