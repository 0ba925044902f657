"""Genset fleet: equal units counted as integers, with minimum load, starts and run times.

A unit started in step u runs at least until ``min_up_h`` after u begins, a stopped one rests
``min_down_h`` (the turn on/off inequalities of D. Rajan and S. Takriti, "Minimum up/down
polytopes of the unit commitment problem with start-up costs," IBM RC23628, 2005, over steps
of any length). A fleet that nothing ties to whole units is linear and has no integers.
"""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.assets.genset_rules import GensetRules
from optimizer.component import Given, Terms, solved
from optimizer.state import StateRow

WHOLE = 1e-5  # nearer than this a count is whole: ten times what the solver allows itself


class Genset(GensetRules):
    """Equal units burning one fuel, as the model has them."""

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare power, fuel and, where units count, commitment."""
        steps = given.horizon.steps
        fleet_mw = self.unit_count * self.unit_power_max_mw
        block.power_mw = pyo.Var(steps, bounds=(0, fleet_mw))
        if self.fuel_stock_l is not None:
            self._add_tank(block, given)
        if self.is_committed:
            self._add_units(block, given)
            self._add_run_times(block, given)
            self._add_run_limits(block, given)

    def _opening_fuel_l(self, given: Given) -> float | None:
        """Return the fuel in the tanks at the start, or none where it is not limited [L]."""
        if self.fuel_stock_l is None:
            return None
        return given.state.value(self.name, "fuel_l", self.fuel_stock_l)

    def _add_tank(self, block: pyo.Block, given: Given) -> None:
        """Declare the fuel left: no more than tanks hold and deliveries bring."""
        steps, hours = given.horizon.steps, given.horizon.hours
        opening_l = self._opening_fuel_l(given)
        block.tank_l = pyo.Var(steps, bounds=(0, self.fuel_stock_l))

        @block.Constraint(steps)
        def fuel_left(b, t):
            before_l = b.tank_l[t - 1] if t else opening_l
            burnt_l = self.fuel_l_per_mwh * hours[t] * b.power_mw[t]
            return b.tank_l[t] <= before_l + self.fuel_delivery_l_per_h * hours[t] - burnt_l

    def _add_units(self, block: pyo.Block, given: Given) -> None:
        """Declare running units, starts and stops, and tie power to the units that run."""
        steps, bounds = given.horizon.steps, (0, self.unit_count)
        block.on_count = pyo.Var(
            steps, domain=pyo.Integers, bounds=(self.must_run_count, bounds[1])
        )
        block.start_count = pyo.Var(steps, domain=pyo.Integers, bounds=bounds)
        block.stop_count = pyo.Var(steps, domain=pyo.Integers, bounds=bounds)
        on_before = sum(count for count, _ in self._opening_units(given, "on_count"))
        low_mw, high_mw, count = self.unit_power_min_mw, self.unit_power_max_mw, self.unit_count

        @block.Constraint(steps)
        def power_most(b, t):
            return b.power_mw[t] <= high_mw * b.on_count[t]

        @block.Constraint(steps)
        def power_least(b, t):
            return b.power_mw[t] >= low_mw * b.on_count[t]

        @block.Constraint(range(1, len(steps)))
        def status(b, t):
            return b.on_count[t] - b.on_count[t - 1] == b.start_count[t] - b.stop_count[t]

        @block.Constraint()
        def status_first(b):
            return b.on_count[0] - on_before == b.start_count[0] - b.stop_count[0]

        @block.Constraint(range(1, len(steps)))
        def start_idle_units(b, t):
            return b.start_count[t] + b.on_count[t - 1] <= count

        @block.Constraint(range(1, len(steps)))
        def stop_running_units(b, t):
            return b.stop_count[t] <= b.on_count[t - 1]

        block.start_count[0].setub(count - on_before)
        block.stop_count[0].setub(on_before)

    def _add_run_times(self, block: pyo.Block, given: Given) -> None:
        """Declare minimum run and rest times."""
        begin_h, steps = given.horizon.begin_h, given.horizon.steps
        on_before, off_before = (self._opening_units(given, q) for q in ("on_count", "off_count"))

        def within(t: int, span_h: float) -> range:  # steps whose change still binds in step t
            first = np.searchsorted(begin_h + span_h - 1e-9, begin_h[t], "right")
            return range(int(first), t + 1)

        def held(units: list[tuple[int, float]], span_h: float, at_h: float) -> int:
            not_free = [n for n, since_h in units if since_h + at_h < span_h - 1e-9]
            return sum(not_free)

        if self.min_up_h:

            @block.Constraint(steps)
            def min_up(b, t):
                started = sum(b.start_count[u] for u in within(t, self.min_up_h))
                return started + held(on_before, self.min_up_h, begin_h[t]) <= b.on_count[t]

        if self.min_down_h:

            @block.Constraint(steps)
            def min_down(b, t):
                stopped = sum(b.stop_count[u] for u in within(t, self.min_down_h))
                held_count = held(off_before, self.min_down_h, begin_h[t])
                return stopped + held_count <= self.unit_count - b.on_count[t]

    def _add_run_limits(self, block: pyo.Block, given: Given) -> None:
        """Declare the longest run, and the most hours and starts over the plan."""
        begin_h, end_h, steps = given.horizon.begin_h, given.horizon.end_h, given.horizon.steps
        hours, on_before = given.horizon.hours, self._opening_units(given, "on_count")
        if self.max_up_h is not None:
            longest_h = self.max_up_h + 1e-9

            @block.Constraint(steps)
            def max_up(b, t):
                recent = [u for u in range(t + 1) if end_h[t] - begin_h[u] <= longest_h]
                fresh = sum(n for n, since_h in on_before if since_h + end_h[t] <= longest_h)
                return b.on_count[t] <= sum(b.start_count[u] for u in recent) + fresh

        if self.running_max_h is not None:

            @block.Constraint()
            def running_max(b):
                return sum(hours[t] * b.on_count[t] for t in steps) <= self.running_max_h

        if self.starts_max_count is not None:

            @block.Constraint()
            def starts_max(b):
                return sum(b.start_count[t] for t in steps) <= self.starts_max_count

    def to_bus_mw(self, block: pyo.Block, t: int) -> Any:
        """Return the fleet's power in step `t`."""
        return block.power_mw[t]

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return fuel, starts, stops and running hours."""
        hours = given.horizon.hours
        fuel = self.fuel_l_per_mwh * self.fuel_price_mad_per_l * hours
        terms: dict[str, Terms] = {"fuel": (fuel, list(block.power_mw.values()))}
        if self.is_committed:
            once = np.ones(len(hours))
            terms["starts"] = (self.start_cost_mad * once, list(block.start_count.values()))
            terms["stops"] = (self.stop_cost_mad * once, list(block.stop_count.values()))
            terms["running"] = (self.running_cost_mad_per_h * hours, list(block.on_count.values()))
        return {kind: t for kind, t in terms.items() if t[0].any()}

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return power, fuel and, where units count, units on, started and stopped."""
        index, hours = given.horizon.index, given.horizon.hours
        table = solved(block, ["power_mw"], index)
        table["fuel_l"] = table["power_mw"] * self.fuel_l_per_mwh * hours
        if self.fuel_stock_l is not None:
            table["fuel_stock_l"] = self._fuel_left_l(table["fuel_l"].to_numpy(), given)
        if self.is_committed:
            counts = solved(block, ["on_count", "start_count", "stop_count"], index)
            whole = counts.round()
            table[counts.columns] = whole.where((counts - whole).abs() <= WHOLE, counts)
        return table

    def _fuel_left_l(self, burnt_l: np.ndarray, given: Given) -> list[float]:
        """Return the fuel after each step, deliveries filling the tanks early [L]."""
        left_l, lefts = self._opening_fuel_l(given), []
        for step_l, step_h in zip(burnt_l, given.horizon.hours, strict=True):
            left_l = min(left_l + self.fuel_delivery_l_per_h * step_h - step_l, self.fuel_stock_l)
            lefts.append(left_l)
        return lefts

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return fuel, starts, stops and running hours [MAD]."""
        bill = {"fuel": float(own["fuel_l"].sum() * self.fuel_price_mad_per_l)}
        if self.is_committed:
            running_h = float((own["on_count"] * given.horizon.hours).sum())
            bill["starts"] = float(own["start_count"].sum() * self.start_cost_mad)
            bill["stops"] = float(own["stop_count"].sum() * self.stop_cost_mad)
            bill["running"] = running_h * self.running_cost_mad_per_h
        return bill

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return units by hours in their status, and fuel, after the first `count` steps."""
        rows = []
        if self.fuel_stock_l is not None:
            fuel_l = float(own["fuel_stock_l"].iloc[count - 1])
            rows.append(StateRow(self.name, "fuel_l", fuel_l))
        if self.is_committed:
            end_h = float(given.horizon.end_h[count - 1])
            *_, on, off = list(self._replay(own, given))[count - 1]
            for quantity, units in (("on_count", on), ("off_count", off)):
                by_hours = Counter(end_h - began_h for began_h in units)
                rows += [StateRow(self.name, quantity, n, f"{h:g}") for h, n in by_hours.items()]
        return rows
