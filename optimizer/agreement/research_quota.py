"""Research quota: the Jazari institute gets at least so much work each week.

Weeks run from Monday on the clock of `time_zone`. A week that the plan covers only in part owes
its share in proportion to the hours covered; what the opening state says was delivered since
Monday counts, and then the hours since Monday count too.
"""

import datetime
from typing import ClassVar

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from optimizer.agreement.clause import Clause, Quantities, window_at, windows
from optimizer.component import Given
from optimizer.legal_time import ZoneName, legal, zone
from optimizer.state import StateRow

WEEK_H = 168.0


class ResearchQuota(Clause):
    """`workload` does at least `quota_mwh_per_week` of work."""

    kind: ClassVar[str] = "research_quota"
    price_field: ClassVar[str] = "price_mad_per_mwh"
    workload: str = Field(description="name of the workload that serves it, e.g. training_jazari")
    quota_mwh_per_week: float = Field(gt=0, description="work due in a week [MWh of IT energy]")
    time_zone: ZoneName = Field(default="Africa/El_Aaiun", description="clock of the weeks")
    price_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of a MWh of work missing, or none: never [MAD/MWh]"
    )

    def problems(self, workloads: list[str]) -> list[str]:
        """Return that the workload does not exist, if so."""
        if self.workload in workloads:
            return []
        known = ", ".join(workloads)
        what = f"workload = {self.workload!r} is not on the site"
        return [f"Art. {self.article}: {what}. Give one of {known}."]

    def state_quantities(self) -> list[str]:
        """Return the work delivered since Monday."""
        return ["delivered_mwh"]

    def _opening(self, given: Given) -> tuple[float, float]:
        """Return work delivered since Monday [MWh] and hours since then; zeros where unknown."""
        local = legal(given.horizon.index[:1], self.time_zone)[0].tz_localize(None)
        monday = (local - pd.Timedelta(days=local.weekday())).normalize()
        rows = given.state.find(self.name, "delivered_mwh")
        found = [row.value for row in rows if row.key == f"{monday:%Y-%m-%d}"]
        if not found:
            return 0.0, 0.0
        return found[0], (local - monday) / pd.Timedelta(hours=1)

    def _due_mwh(self, given: Given) -> dict[int, float]:
        """Return what the plan owes in each week it touches."""
        numbers = windows(given.horizon.index, "week", self.time_zone)
        held = self.holds(given.horizon.index)
        delivered_mwh, elapsed_h = self._opening(given)
        due = {}
        for number in np.unique(numbers[held]):
            covered_h = float(given.horizon.hours[(numbers == number) & held].sum())
            is_first = number == numbers[0]
            hours = covered_h + (elapsed_h if is_first else 0.0)
            owed = self.quota_mwh_per_week * min(1.0, hours / WEEK_H)
            due[int(number)] = max(0.0, owed - (delivered_mwh if is_first else 0.0))
        return due

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Require the work of each week."""
        hours, work_mw = given.horizon.step_h, site.work_mw[self.workload]
        numbers, due_mwh = (
            windows(given.horizon.index, "week", self.time_zone),
            self._due_mwh(given),
        )
        is_sold = self.price_mad(given) is not None
        block.short = pyo.Var(list(due_mwh) if is_sold else [], bounds=(0, None))

        @block.Constraint(list(due_mwh))
        def quota(b, n):
            inside = [int(t) for t in np.flatnonzero(numbers == n)]
            done_mwh = sum(hours[t] * work_mw(t) for t in inside)
            return done_mwh + (b.short[n] if is_sold else 0.0) >= due_mwh[n]

    def _work_mw(self, table: pd.DataFrame) -> pd.Series:
        """Return the workload's published work rate."""
        for quantity in ("work_mw", "run_mw", "served_mw"):
            if f"{self.workload}_{quantity}" in table.columns:
                return table[f"{self.workload}_{quantity}"]
        raise KeyError(f"{self.workload} publishes no work")

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return the work delivered since Monday, at the end of each step."""
        numbers = windows(table.index, "week", self.time_zone)
        done = (self._work_mw(table) * given.horizon.hours).groupby(numbers).cumsum()
        opening_mwh, _ = self._opening(given)
        return pd.DataFrame(
            {"delivered_mwh": done + np.where(numbers == numbers[0], opening_mwh, 0.0)}
        )

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return the work missing over all weeks [MWh]."""
        before_mwh, before_h = self._before(given)
        first = window_at(table.index[0], "week", self.time_zone)
        done_mwh, owing_h = {first: before_mwh}, {first: before_h}
        is_owed = set()
        rows = zip(table.index, given.horizon.step_h, self._work_mw(table), strict=True)
        for moment, step_h, work_mw in rows:
            week = window_at(moment, "week", self.time_zone)
            done_mwh[week] = done_mwh.get(week, 0.0) + step_h * work_mw
            if self.in_force(moment):
                is_owed.add(week)
                owing_h[week] = owing_h.get(week, 0.0) + step_h
        missing_mwh = [
            self.quota_mwh_per_week * min(owing_h[week] / WEEK_H, 1.0) - done_mwh[week]
            for week in sorted(is_owed)
        ]
        return float(sum(np.maximum(missing, 0.0) for missing in missing_mwh))

    def _before(self, given: Given) -> tuple[float, float]:
        """Return work since Monday before the plan, and its hours: the audit's own way to ask."""
        start = given.horizon.start.tz_convert(zone(self.time_zone))
        monday = start.date() - datetime.timedelta(days=start.weekday())
        for row in given.state.rows:
            if (row.name, row.quantity, row.key) == (self.name, "delivered_mwh", str(monday)):
                days = start.weekday() + start.hour / 24 + start.minute / 1440
                return row.value, 24 * days
        return 0.0, 0.0

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rule of the published balance."""
        numbers = [window_at(moment, "week", self.time_zone) for moment in table.index]
        balance, balances = self._before(given)[0], []
        for t, work_mw in enumerate(self._work_mw(table)):
            if t and numbers[t] != numbers[t - 1]:
                balance = 0.0
            balance += work_mw * given.horizon.step_h[t]
            balances.append(balance)
        expected = pd.Series(balances, index=table.index)
        rule = self.column_rule(table, "delivered_mwh", expected)
        return {"work since Monday is the table's [MWh]": rule}

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say what is delivered of what is due."""
        numbers = windows(table.index, "week", self.time_zone)
        done = (self._work_mw(table) * given.horizon.hours).groupby(numbers).sum()
        parts = [
            f"{done[number]:.0f} of {due:.0f} MWh due in week {order}"
            for order, (number, due) in enumerate(self._due_mwh(given).items(), start=1)
        ]
        return f"Art. {self.article}: {self.workload} gets {', '.join(parts)}."

    def closing(self, table: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the work delivered since Monday, named by that Monday; none on a Monday 00:00."""
        ends = legal(given.horizon.edges[count : count + 1], self.time_zone)[0].tz_localize(None)
        monday = (ends - pd.Timedelta(days=ends.weekday())).normalize()
        value = float(table[f"{self.name}_delivered_mwh"].iloc[count - 1]) if ends > monday else 0.0
        known = ends - monday <= pd.Timedelta(hours=float(given.horizon.end_h[count - 1]))
        if not known and self._opening(given)[1] == 0.0:
            return []  # what was delivered before the plan is unknown, so the week's balance is
        return [StateRow(self.name, "delivered_mwh", value, f"{monday:%Y-%m-%d}")]
