"""Budgets: over each window, what a clause counts stays below a limit, or reaches a due amount.

A window may be longer than the plan. What was counted before comes from the opening state
(``used_<unit>``, by window); of what is left, the plan may use its share, in proportion to the
hours it covers. Where the opening state prices a unit (``price_mad_per_<unit>``, the worth of what
is left from a look-ahead over the rest of the window), the plan may use all that is left at that
price; an amount due, or a balance that can recover, is then held by its price alone until a plan
reaches the window's end. Where nothing is known of the time before, hours count alike.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.agreement.budget_rules import WITHIN, BudgetRules
from optimizer.agreement.clause import Quantities
from optimizer.agreement.windows import (
    FIRST_DAY,
    LAST_DAY,
    Window,
    steps_by_window,
    window_of,
)
from optimizer.component import Given, Terms
from optimizer.legal_time import SITE_TIME_ZONE, zone
from optimizer.state import StateRow

_HOUR, _DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What the plan meets of one window."""

    window: Window
    steps: list[int]
    allowed: float | None  # of what is counted within the plan; None: no bound here, only a price
    price_mad: float | None  # worth of a unit left, where the window goes on after the plan


class BudgetClause(BudgetRules):
    """What `counted` adds up to in a window is at most its limit; or at least, if `is_least`."""

    @abstractmethod
    def rate(self, site: Quantities, t: int) -> Any:
        """Return what is counted per hour in step `t`, as an expression of the model."""

    def state_quantities(self) -> list[str]:
        """Return what was counted in the window before the plan, and the worth of what is left."""
        return [] if self.window in WITHIN else [self.used_name, self.worth_name]

    def _row(self, given: Given, quantity: str, window: Window) -> float | None:
        """Return one value of the opening state, or none."""
        rows = given.state.find(self.name, quantity)
        return next((row.value for row in rows if row.key == window.key), None)

    def valid_part(self, window: Window) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return when the part of a window begins and ends in which the clause is valid."""
        days = max(self.valid_from, FIRST_DAY), min(self.valid_until or LAST_DAY, LAST_DAY)
        first, last = (pd.Timestamp(day) for day in days)
        clock = zone(SITE_TIME_ZONE)
        since, until = (day.tz_localize(clock) for day in (first, last + _DAY))
        return max(window.begin, since), min(window.end, until)

    def _opening(self, window: Window, given: Given) -> float | None:
        """Return what was counted of a window before the plan, or none where that is unknown."""
        if self.window in WITHIN or self.valid_part(window)[0] >= given.horizon.start:
            return 0.0
        return self._row(given, self.used_name, window)

    def _allowed(
        self, window: Window, given: Given, covered_h: float
    ) -> tuple[float | None, float | None]:
        """Return what may (or must) be counted within the plan, and the worth of a unit left."""
        if self.window == "horizon":
            return self.limit(), None
        if self.window == "hour":  # a long step stands for several
            return self.limit() * covered_h, None
        first, last = self.valid_part(window)
        valid_h, used = (last - first) / _HOUR, self._opening(window, given)
        whole = self.limit() * (valid_h / window.length_h)
        if used is None:  # then the hours before the plan took what hours take
            used = whole * ((given.horizon.start - first) / _HOUR) / valid_h
        left = whole - used if self.is_signed else max(whole - used, 0.0)
        if last <= given.horizon.end:
            return left, None
        price = self._row(given, self.worth_name, window)
        if price is not None:
            return (None if self.is_least or self.is_signed else left), price
        return left * covered_h / ((last - max(first, given.horizon.start)) / _HOUR), None

    def _window(self, moment: pd.Timestamp, given: Given) -> Window:
        """Return a moment's window; the plan itself for the horizon."""
        if self.window == "horizon":
            return Window("", given.horizon.start, given.horizon.end)
        return window_of(moment, self.window, self.time_zone)

    def accounts(self, given: Given) -> list[Account]:
        """Return every window the plan touches while the clause is valid."""
        index, hours = given.horizon.index, given.horizon.hours
        held, found = self.holds(index), []
        for inside in steps_by_window(index, self.window, self.time_zone).values():
            if not held[inside].any():
                continue
            steps = [int(t) for t in inside if held[t]]
            window = self._window(index[steps[0]], given)
            allowed, price = self._allowed(window, given, float(hours[steps].sum()))
            found.append(Account(window=window, steps=steps, allowed=allowed, price_mad=price))
        return found

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Declare the budget of each window, and what is used of a window that goes on."""
        accounts, hours = self.accounts(given), given.horizon.step_h
        bound = [n for n, account in enumerate(accounts) if account.allowed is not None]
        priced = [n for n, account in enumerate(accounts) if account.price_mad is not None]
        is_sold = self.price_mad(given) is not None
        sign = -1.0 if self.is_least else 1.0
        block.short = pyo.Var(bound if is_sold else [], bounds=(0, None))
        block.use = pyo.Var(priced)

        def total(n: int) -> Any:
            return sum(hours[t] * self.rate(site, t) for t in accounts[n].steps)

        @block.Constraint(bound)
        def budget(b, n):
            bought = b.short[n] if is_sold else 0.0
            return sign * total(n) - bought <= sign * accounts[n].allowed

        @block.Constraint(priced)
        def use_of(b, n):
            return b.use[n] == total(n)

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return the price of breaches, and the worth of what is used of windows that go on."""
        terms, accounts = super().cost(block, given), self.accounts(given)
        if keys := list(block.use):
            sign = -1.0 if self.is_least else 1.0
            worth = np.array([sign * (accounts[n].price_mad or 0.0) for n in keys])
            terms["budget"] = (worth, [block.use[n] for n in keys])
        return terms

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return what is counted of the window so far, at the end of each step."""
        index = given.horizon.index
        counted = np.where(self.holds(index), self.counted(table, given).to_numpy(), 0.0)
        used = np.zeros(len(index))
        for inside in steps_by_window(index, self.window, self.time_zone).values():
            opening = self._opening(self._window(index[inside[0]], given), given) or 0.0
            used[inside] = opening + np.cumsum(counted[inside])
        return pd.DataFrame({self.used_name: used}, index=table.index)

    def closing(self, table: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return what is counted so far in the window that goes on after the first `count` steps.

        Nothing where the window began before the plan and what it held then is unknown.
        """
        moment = given.horizon.edges[count]
        if self.window in WITHIN or not self.in_force(moment):
            return []
        window = self._window(moment, given)
        began = self.valid_part(window)[0]
        if moment <= began or self._opening(window, given) is None:
            return []
        used = float(table[f"{self.name}_{self.used_name}"].iloc[count - 1])
        is_counted = given.horizon.index[count - 1] >= began  # a step counts where it begins
        return [StateRow(self.name, self.used_name, used if is_counted else 0.0, window.key)]
