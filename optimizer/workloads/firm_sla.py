"""A commercial load's service level by calendar month, on top of its shedding tiers.

Shed energy of the month so far and of the plan stays within ``1 - sla_pu`` of the demand of the
month so far and of the plan. A budget already overdrawn allows nothing more, and is no reason to
refuse a plan.
"""

from typing import Self

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field, model_validator

from optimizer.component import Component, Given, Terms, unequal, weighted
from optimizer.legal_time import ZoneName, legal, zone
from optimizer.state import StateRow

SLA_MAD_PER_MWH = 1e5  # diagnostic only: a level that may not be broken gives way before load does
BALANCES = ("demand_mwh", "shed_mwh")


class FirmSla(Component):
    """A monthly budget of shed energy, and the rules of its balance."""

    time_zone: ZoneName = Field(default="Africa/El_Aaiun", description="clock of profile and month")
    sla_pu: float | None = Field(
        default=None, gt=0, le=1, description="energy served in a calendar month, or none [p.u.]"
    )
    sla_excess_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of shedding below it, or none: kept [MAD/MWh]"
    )

    @model_validator(mode="after")
    def _a_price_needs_a_level(self) -> Self:
        """Refuse a price of breaking no level."""
        if self.sla_excess_mad_per_mwh is not None and self.sla_pu is None:
            raise ValueError("sla_excess_mad_per_mwh is given, but no sla_pu. Give both or none.")
        return self

    def _month_of(self, moment: pd.Timestamp) -> str:
        """Return the legal month of a moment, e.g. 2026-03."""
        return f"{moment.tz_convert(zone(self.time_zone)):%Y-%m}"

    def _months(self, index: "pd.Index[pd.Timestamp]") -> np.ndarray:
        """Return the legal month each step begins in."""
        return np.asarray(legal(index, self.time_zone).strftime("%Y-%m"))

    def _budgets_mwh(self, given: Given, demand_mw: np.ndarray) -> dict[str, float]:
        """Return what may still be shed in each month of the plan [MWh]."""
        months, demand_mwh = self._months(given.horizon.index), demand_mw * given.horizon.hours
        budgets = {}
        for month in np.unique(months).tolist():
            so_far, shed = (given.state.value(self.name, q, 0.0, month) for q in BALANCES)
            asked_mwh = so_far + float(demand_mwh[months == month].sum())
            budgets[month] = max(0.0, (1 - (self.sla_pu or 0.0)) * asked_mwh - shed)
        return budgets

    def add_sla(self, block: pyo.Block, given: Given, shed: list[str]) -> None:
        """Declare each month's budget over the variables named in `shed`."""
        hours, months = given.horizon.hours, self._months(given.horizon.index)
        demand_mw = given.column(f"{self.name}_demand_mw")
        budgets = self._budgets_mwh(given, demand_mw) if self.sla_pu is not None else {}
        may_fail = self.sla_excess_mad_per_mwh is not None or given.is_elastic
        block.sla_excess_mwh = pyo.Var(list(budgets) if may_fail else [], bounds=(0, None))

        @block.Constraint(list(budgets))
        def service_level(b, month):
            inside = np.flatnonzero(months == month).tolist()
            tiers = [b.component(name) for name in shed]
            variables = [tier[t] for tier in tiers for t in inside]
            shed_mwh = weighted(np.tile(hours[inside], len(tiers)), variables)
            if may_fail:
                shed_mwh -= b.sla_excess_mwh[month]
            return shed_mwh <= budgets[month]

    def _excess_price(self) -> float:
        """Return the price of shedding below the level [MAD/MWh]."""
        priced = self.sla_excess_mad_per_mwh
        return SLA_MAD_PER_MWH if priced is None else priced

    def sla_cost(self, block: pyo.Block) -> dict[str, Terms]:
        """Return what is shed beyond the month's budget."""
        excess = list(block.sla_excess_mwh.values())
        return {"sla": (np.full(len(excess), self._excess_price()), excess)} if excess else {}

    def read_sla(self, table: pd.DataFrame, shed: list[str], given: Given) -> pd.DataFrame:
        """Return demand and shed energy of each step's month until the step's end [MWh]."""
        months, columns = self._months(table.index), {}
        powers = (table["demand_mw"], table[shed].sum(axis=1))
        for quantity, power in zip(BALANCES, powers, strict=True):
            so_far = given.state.value(self.name, quantity, 0.0, months[0])
            done = (power * given.horizon.hours).groupby(months).cumsum()
            columns[f"month_{quantity}"] = done + np.where(months == months[0], so_far, 0.0)
        return pd.DataFrame(columns)

    def _excess_mwh(self, own: pd.DataFrame, given: Given) -> pd.Series:
        """Return by how much each month's published shedding exceeds its budget [MWh]."""
        left_pu, months = 1 - (self.sla_pu or 0.0), [self._month_of(t) for t in own.index]
        total = own["demand_mw"] - own["served_mw"]
        if given.is_elastic:
            total = total - own["unserved_mw"]
        shed_mwh = (total * given.horizon.hours).groupby(months).sum()
        asked_mwh = (own["demand_mw"] * given.horizon.hours).groupby(months).sum()
        before = {m: [given.state.value(self.name, q, 0.0, m) for q in BALANCES] for m in months}
        budget = [left_pu * (asked_mwh[m] + before[m][0]) - before[m][1] for m in shed_mwh.index]
        return pd.Series(shed_mwh - np.maximum(budget, 0.0))

    def sla_bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return what was shed beyond the month's budget [MAD]."""
        if self.sla_pu is None or (self.sla_excess_mad_per_mwh is None and not given.is_elastic):
            return {}
        excess_mwh = float(self._excess_mwh(own, given).clip(lower=0.0).sum())
        return {"sla": excess_mwh * self._excess_price()}

    def sla_rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of the month's balances and budget."""
        if self.sla_pu is None:
            return {}
        months = pd.Series([self._month_of(t) for t in own.index], index=own.index)
        lost = own["demand_mw"] - own["served_mw"]
        if given.is_elastic:
            lost = lost - own["unserved_mw"]
        rules = {}
        for quantity, power in zip(BALANCES, (own["demand_mw"], lost), strict=True):
            column = own[f"month_{quantity}"]
            before = column.shift().where(months == months.shift(), 0.0)
            before.iloc[0] = given.state.value(self.name, quantity, 0.0, months.iloc[0])
            words = f"the month's {quantity[:-4]} so far follows from the steps [MWh]"
            rules[words] = unequal(column, before + power * given.horizon.hours)
        if self.sla_excess_mad_per_mwh is None and not given.is_elastic:
            worst = self._excess_mwh(own, given).max(skipna=False)
            rules["the month's service level is kept [MWh]"] = pd.Series(worst, own.index[-1:])
        return rules

    def sla_input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rule that the opening balances are of the month the plan begins in."""
        month = self._month_of(given.horizon.start)
        rows = [row for quantity in BALANCES for row in given.state.find(self.name, quantity)]
        strange = float(sum(row.key != month for row in rows))
        return {f"balances are of {month}": pd.Series(strange, index=given.horizon.index[:1])}

    def sla_closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the month's balances after the first `count` steps; none of a new month."""
        month = self._month_of(given.horizon.edges[count])
        if self.sla_pu is None or month != self._month_of(own.index[count - 1]):
            return []
        row = own.iloc[count - 1]
        return [StateRow(self.name, q, float(row[f"month_{q}"]), month) for q in BALANCES]
