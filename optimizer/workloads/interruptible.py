"""On/off work at one fixed power: so many hours on in each window, whenever that is best.

A binary for each step. Starts are counted only where something depends on them; they follow from
what is on, so they need no integers (D. Rajan and S. Takriti, "Minimum up/down polytopes of the
unit commitment problem with start-up costs," IBM RC23628, 2005). Where a window's steps are of one
length and no hour may be missed, the hours due are rounded up to whole steps, which the linear
relaxation would not know. A window cut by the plan's ends owes its share of them.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.component import Given, Terms, solved, weighted
from optimizer.workloads.interruptible_rules import InterruptibleRules


class Interruptible(InterruptibleRules):
    """Work that is on or off, as the model has it."""

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare when it is on, and that each window has its hours."""
        steps, hours = given.horizon.steps, given.horizon.hours
        block.on_count = pyo.Var(steps, domain=pyo.Binary)
        self._add_windows(block, given)
        if self.plan_hours_h is not None:
            may_miss = self._may_miss(given)
            block.plan_missed_h = pyo.Var([0] if may_miss else [], bounds=(0, self.plan_hours_h))
            missed = list(block.plan_missed_h.values())
            weights = [*hours, *np.ones(len(missed))]
            done_h = weighted(weights, [*block.on_count.values(), *missed])
            block.plan_hours = pyo.Constraint(expr=done_h >= self.plan_hours_h)
        if self.is_tied:
            self._add_starts(block, given)

    def _windows(self, given: Given) -> list[tuple[list[int], float]]:
        """Return the steps that begin in each window, and the hours still due in them."""
        offset_s, length_s = round(self.window_offset_h * 3600), self.window_h * 3600
        seconds = given.horizon.edges.as_unit("s").asi8 - offset_s
        numbers, gone_h = seconds[:-1] // length_s, float(seconds[0] % length_s) / 3600
        found = []
        for number in np.unique(numbers):
            inside = np.flatnonzero(numbers == number)
            before_h, worked_h = 0.0, 0.0
            if number == numbers[0]:
                before_h, worked_h = gone_h, self._opening_worked_h(given)
            passed_h = before_h + float(given.horizon.hours[inside].sum())
            due_h = self.hours_h * min(1.0, passed_h / self.window_h) - worked_h
            found.append((inside.tolist(), max(due_h, 0.0)))
        return found

    def _add_windows(self, block: pyo.Block, given: Given) -> None:
        """Declare that each window has its hours, or that they are missed."""
        windows, hours = self._windows(given), given.horizon.hours
        may_miss = self._may_miss(given)
        owing = [w for w, (_, due_h) in enumerate(windows) if due_h > 0]
        bounds = {w: (0.0, windows[w][1]) for w in owing}
        block.missed_h = pyo.Var(owing if may_miss else [], bounds=lambda _, w: bounds[w])

        def hours_due(b: pyo.Block, w: int) -> Any:
            inside, due_h = windows[w]
            on = [b.on_count[t] for t in inside]
            if may_miss:
                return weighted([*hours[inside], 1.0], [*on, b.missed_h[w]]) >= due_h
            if np.ptp(hours[inside]) < 1e-9:  # h
                whole = np.ceil(due_h / hours[inside[0]] - 1e-6)
                return weighted(np.ones(len(on)), on) >= float(whole)
            return weighted(hours[inside], on) >= due_h

        block.hours_due = pyo.Constraint(owing, rule=hours_due)

    def _add_starts(self, block: pyo.Block, given: Given) -> None:
        """Declare starts, and that a run is long enough and starts are few enough."""
        steps, begin_h = given.horizon.steps, given.horizon.begin_h
        on_h = self._opening_on_h(given)
        was_on = float(on_h > 0)
        block.start_count = pyo.Var(steps, bounds=(0, 1))

        @block.Constraint(range(1, len(steps)))
        def starts(b, t):
            return b.start_count[t] >= b.on_count[t] - b.on_count[t - 1]

        @block.Constraint(range(1, len(steps)))
        def starts_when_off(b, t):
            return b.start_count[t] <= 1 - b.on_count[t - 1]

        @block.Constraint()
        def starts_first(b):
            return b.start_count[0] >= b.on_count[0] - was_on

        block.start_count[0].setub(1 - was_on)

        @block.Constraint(steps)
        def min_up(b, t):
            recent = [u for u in range(t) if begin_h[t] < begin_h[u] + self.min_up_h - 1e-9]
            return sum(b.start_count[u] for u in (*recent, t)) <= b.on_count[t]

        for t in steps:
            if was_on and on_h + begin_h[t] < self.min_up_h - 1e-9:
                block.on_count[t].setlb(1)
        if self.starts_max_count is not None:

            @block.Constraint()
            def starts_max(b):
                return sum(b.start_count[t] for t in steps) <= self.starts_max_count

    def it_mw(self, block: pyo.Block, t: int) -> Any:
        """Return its power in step `t`."""
        return self.power_mw * block.on_count[t]

    def preemptible_mw(self, block: pyo.Block, t: int) -> Any:
        """Return its power: it can stop at once."""
        return self.power_mw * block.on_count[t]

    def preempted_mw(self, own: pd.DataFrame) -> pd.Series:
        """Return the same from the published table."""
        return own["power_mw"]

    def waiting(self, block: pyo.Block) -> list[pyo.Var]:
        """Return whether it is on: sooner is better where nothing else decides."""
        return [block.on_count]

    def it_max_mw(self, given: Given) -> np.ndarray:
        """Return the most IT power it can draw in each step [MW]."""
        return np.full(len(given.horizon.steps), self.power_mw)

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return starts and missed hours."""
        missed = list(block.missed_h.values())
        if self.plan_hours_h is not None:
            missed += list(block.plan_missed_h.values())
        terms: dict[str, Terms] = {
            "missed": (np.full(len(missed), self._missed_price()), missed),
        }
        if self.start_cost_mad:
            starts = list(block.start_count.values())
            terms["starts"] = (np.full(len(starts), self.start_cost_mad), starts)
        return terms

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return power, whether it is on, starts, hours of the run and of the window."""
        hours, index = given.horizon.hours, given.horizon.index
        table = solved(block, ["on_count"], index)
        whole = table["on_count"].round()
        near = (table["on_count"] - whole).abs() <= 1e-5
        on = table["on_count"] = whole.where(near, table["on_count"])
        table.insert(0, "power_mw", self.power_mw * on)
        before = on.shift(fill_value=float(self._opening_on_h(given) > 0))
        table["start_count"] = (on - before).clip(lower=0.0)
        run_h, lasted_h = self._opening_on_h(given), []
        for is_on, step_h in zip(on > 0, hours, strict=True):
            run_h = run_h + step_h if is_on else 0.0
            lasted_h.append(run_h)
        table["run_h"] = lasted_h
        worked_h, missed_h = np.zeros(len(index)), np.zeros(len(index))
        on_h, opening_h = (on * hours).to_numpy(), self._opening_worked_h(given)
        for number, (inside, due_h) in enumerate(self._windows(given)):
            done_h = np.cumsum(on_h[inside])
            worked_h[inside] = done_h + (0.0 if number else opening_h)
            missed_h[inside[-1]] = max(due_h - done_h[-1], 0.0)
        table["worked_h"], table["missed_h"] = worked_h, missed_h
        table["missed_mwh"] = missed_h * self.power_mw
        return table
