"""A research quota: a guaranteed floor, so much energy a month with a bank, more only of surplus.

bank of month m = bank of month m-1 + quota - use, between zero and the most that is carried. What
runs beyond the quota has only power that would be curtailed otherwise: it runs in steps in which
neither a line nor a genset nor a battery feeds the bus, at a worth that should be below what
storing and selling bring.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.component import Backing, Given, Terms, bounds_up_to, parameter, solved, weighted
from optimizer.legal_time import legal
from optimizer.workloads.quota_rules import SHORT_MAD_PER_MWH, QuotaRules


class Quota(QuotaRules):
    """A share of the machines with a monthly account, as the model has it."""

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare use within the quota and beyond it, and the account of each month."""
        steps, floor_mw, most_mw = given.horizon.steps, self.floor_mw, self.power_max_mw
        least_mw = 0.0 if given.is_elastic else floor_mw
        block.quota_mw = pyo.Var(steps, bounds=(least_mw, most_mw))
        block.opportunistic_mw = pyo.Var(steps, bounds=(0, most_mw))

        @block.Constraint(steps)
        def power_most(b, t):
            return b.quota_mw[t] + b.opportunistic_mw[t] <= most_mw

        if given.is_elastic:
            block.short_mw = pyo.Var(steps, bounds=(0, floor_mw))

            @block.Constraint(steps)
            def floor(b, t):
                return b.quota_mw[t] + b.short_mw[t] >= floor_mw

        self._add_account(block, given)

    def _months(self, given: Given) -> list[tuple[list[int], float]]:
        """Return the steps of each month, and its hours after the plan; zero where it closes."""
        clock = legal(given.horizon.index, self.time_zone)
        numbers = (clock.year * 12 + clock.month).to_numpy()
        last = clock[-1].normalize().replace(day=1) + pd.DateOffset(months=1)
        rest_h = max(0.0, (last - given.horizon.end) / pd.Timedelta(hours=1))
        months = [np.flatnonzero(numbers == n).tolist() for n in np.unique(numbers)]
        return [(inside, rest_h if inside is months[-1] else 0.0) for inside in months]

    def _add_account(self, block: pyo.Block, given: Given) -> None:
        """Declare what each month leaves, and what is carried to the next."""
        months, hours = self._months(given), given.horizon.hours
        numbers = range(len(months))
        closing = [m for m in numbers if not months[m][1]]
        block.left_mwh = pyo.Var(numbers, bounds=(0, None))
        block.carried_mwh = pyo.Var(closing, bounds=(0, self.bank_max_mwh))
        bank_mwh, delivered_mwh = self._opening(given)
        quota_mwh = self.quota_mwh_per_month
        first_mwh = bank_mwh + quota_mwh - delivered_mwh
        first_h = float(hours[months[0][0]].sum()) + months[0][1]
        first_mwh = max(first_mwh, self.floor_mw * first_h)  # the floor is guaranteed
        block.left_mwh[numbers[-1]].setlb(self.floor_mw * months[-1][1])

        @block.Constraint(numbers)
        def account(b, m):
            inside = months[m][0]
            use = [b.quota_mw[t] for t in inside]
            if m:
                weights, terms = [*hours[inside], 1.0, -1.0], [b.left_mwh[m], b.carried_mwh[m - 1]]
                return weighted(weights, [*use, *terms]) == quota_mwh
            return weighted([*hours[inside], 1.0], [*use, b.left_mwh[m]]) == first_mwh

        @block.Constraint(closing)
        def carry(b, m):
            return b.carried_mwh[m] <= b.left_mwh[m]

    def add_links(self, block: pyo.Block, backing: Backing) -> None:
        """Declare what feeds the bus beside sun and wind; use beyond the quota excludes it.

        Alone, sun and wind leave no more than they give above the load that is never shed.
        """
        steps = range(len(backing.max_mw))
        most_mw = np.minimum(backing.surplus_it_mw, self.power_max_mw)
        block.backing_mw = pyo.Var(steps, bounds=bounds_up_to(backing.max_mw))
        for t in steps:
            block.opportunistic_mw[t].setub(float(most_mw[t]))

        @block.Constraint(steps)
        def backed(b, t):
            return b.backing_mw[t] == backing.mw(t)

        either = np.flatnonzero((backing.max_mw > 0) & (most_mw > 0)).tolist()
        per_mw = parameter(block, "backing_1_per_mw", 1 / np.maximum(backing.max_mw, 1e-9))
        more_per_mw = parameter(block, "surplus_1_per_mw", 1 / np.maximum(most_mw, 1e-9))

        @block.Constraint(either)
        def surplus_alone(b, t):  # the convex hull of "never both at once"; audited
            return per_mw[t] * b.backing_mw[t] + more_per_mw[t] * b.opportunistic_mw[t] <= 1

    def exclusive(self, block: pyo.Block) -> tuple[pyo.Var, pyo.Var]:
        """Return use beyond the quota, and what feeds the bus beside sun and wind."""
        return block.opportunistic_mw, block.backing_mw

    def it_mw(self, block: pyo.Block, t: int) -> Any:
        """Return its power in step `t`."""
        return block.quota_mw[t] + block.opportunistic_mw[t]

    def preemptible_mw(self, block: pyo.Block, t: int) -> Any:
        """Return its power: it can stop at once."""
        return block.quota_mw[t] + block.opportunistic_mw[t]

    def preempted_mw(self, own: pd.DataFrame) -> pd.Series:
        """Return the same from the published table."""
        return own["power_mw"]

    def waiting(self, block: pyo.Block) -> list[pyo.Var]:
        """Return both powers: sooner is better where nothing else decides."""
        return [block.quota_mw, block.opportunistic_mw]

    def it_max_mw(self, given: Given) -> np.ndarray:
        """Return the most IT power it can draw in each step [MW]."""
        return np.full(len(given.horizon.steps), self.power_max_mw)

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return, negative, the worth of use and of what is left of the quota."""
        hours, last = given.horizon.hours, max(block.left_mwh)
        is_closed = last in block.carried_mwh
        left = block.carried_mwh[last] if is_closed else block.left_mwh[last]
        terms: dict[str, Terms] = {
            "value": (-self.value_mad_per_mwh * hours, list(block.quota_mw.values())),
            "surplus_value": (
                -self.opportunistic_value_mad_per_mwh * hours,
                list(block.opportunistic_mw.values()),
            ),
            "left_value": (np.array([-self.left_value_mad_per_mwh]), [left]),
        }
        if given.is_elastic:
            terms["short"] = (SHORT_MAD_PER_MWH * hours, list(block.short_mw.values()))
        return {kind: term for kind, term in terms.items() if term[0].any()}

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return power, its two parts, and what is left of the quota at the end of each step."""
        names = ["quota_mw", "opportunistic_mw", *(["short_mw"] if given.is_elastic else [])]
        table = solved(block, names, given.horizon.index)
        table.insert(0, "power_mw", table["quota_mw"] + table["opportunistic_mw"])
        used = table["quota_mw"].to_numpy() * given.horizon.hours
        months, left_mwh = self._months(given), np.zeros(len(used))
        bank_mwh, delivered_mwh = self._opening(given)
        opening_mwh = bank_mwh + self.quota_mwh_per_month - delivered_mwh
        first_h = float(given.horizon.hours[months[0][0]].sum()) + months[0][1]
        opening_mwh = max(opening_mwh, self.floor_mw * first_h)
        for inside, _ in months:
            left_mwh[inside] = opening_mwh - np.cumsum(used[inside])
            carried_mwh = min(float(left_mwh[inside[-1]]), self.bank_max_mwh)
            opening_mwh = carried_mwh + self.quota_mwh_per_month
        return table.assign(bank_mwh=np.where(np.abs(left_mwh) < 1e-6, 0.0, left_mwh))
