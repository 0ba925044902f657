"""A research quota: its parameters, and the audit, which keeps the account of the months anew."""

from collections.abc import Iterator
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from optimizer.breach import Breach, breaches
from optimizer.component import Component, Given, least, most, unequal
from optimizer.legal_time import ZoneName, zone
from optimizer.state import StateRow

MONTH_MAX_H = 745  # 31 days, and an hour where clocks go back
SHORT_MAD_PER_MWH = 1e5  # diagnostic only: the guaranteed floor has a price there
HOUR = pd.Timedelta(hours=1)


class QuotaRules(Component):
    """Parameters of a quota, and the rules its published account must keep."""

    it_quantity: ClassVar[str] = "power_mw"
    power_max_mw: float = Field(gt=0, le=1e5, description="most it may draw [MW of IT power]")
    floor_mw: float = Field(ge=0, description="power it always has, part of the quota [MW]")
    quota_mwh_per_month: float = Field(
        ge=0, description="energy due in each month, legal time [MWh of IT energy]"
    )
    bank_max_mwh: float = Field(ge=0, description="most that is carried to the next month [MWh]")
    initial_bank_mwh: float = Field(
        default=0, ge=0, description="carried from the month before where no state says [MWh]"
    )
    value_mad_per_mwh: float = Field(ge=0, description="worth of use within the quota [MAD/MWh]")
    opportunistic_value_mad_per_mwh: float = Field(
        ge=0, description="worth of use beyond it; below what storing and selling bring [MAD/MWh]"
    )
    left_value_mad_per_mwh: float = Field(
        ge=0, description="worth of the quota that is left at the plan's end [MAD/MWh]"
    )
    time_zone: ZoneName = Field(default="Africa/El_Aaiun", description="clock of the months")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse a floor above the most it may draw, or that its quota can't carry."""
        if self.floor_mw > self.power_max_mw:
            raise ValueError(f"floor_mw = {self.floor_mw:g} is above power_max_mw. Lower it.")
        needed_mwh = self.floor_mw * MONTH_MAX_H
        if needed_mwh > self.quota_mwh_per_month:
            raise ValueError(
                f"quota_mwh_per_month = {self.quota_mwh_per_month:g} is below the floor's "
                f"{needed_mwh:g} MWh of a month of {MONTH_MAX_H} h. Raise it, or lower floor_mw."
            )
        return self

    def state_quantities(self) -> list[str]:
        """Return what the last month left, and what this one has had."""
        return ["bank_mwh", "delivered_mwh"]

    def _month_start(self, moment: pd.Timestamp) -> pd.Timestamp:
        """Return when the month around a moment began."""
        return moment.tz_convert(zone(self.time_zone)).normalize().replace(day=1)

    def _month_end(self, moment: pd.Timestamp) -> pd.Timestamp:
        """Return when the month around a moment ends."""
        return self._month_start(self._month_start(moment) + pd.Timedelta(days=32))

    def _opening(self, given: Given) -> tuple[float, float]:
        """Return what was carried into the month of the start, and what it has had since [MWh].

        Where no state says, the month has had the share of its quota that is gone by.
        """
        start = given.horizon.start
        begin, end = self._month_start(start), self._month_end(start)
        gone_mwh = self.quota_mwh_per_month * float((start - begin) / (end - begin))
        bank_mwh = given.state.value(self.name, "bank_mwh", self.initial_bank_mwh)
        delivered_mwh = given.state.value(
            self.name, "delivered_mwh", gone_mwh, key=f"{begin:%Y-%m}"
        )
        return bank_mwh, delivered_mwh

    def stoppable(self, own: pd.DataFrame, given: Given) -> list[tuple[np.ndarray, float]]:
        """Return the power drawn within and above the quota, at its worth."""
        return [(own[self.it_quantity].to_numpy(), self.value_mad_per_mwh)]

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return, negative, the worth of use and of what is left of the quota [MAD]."""
        hours = given.horizon.hours
        left_mwh = float(own["bank_mwh"].iloc[-1])
        if self._month_end(given.horizon.index[-1]) <= given.horizon.end:
            left_mwh = min(left_mwh, self.bank_max_mwh)
        bill = {
            "value": -self.value_mad_per_mwh * float((own["quota_mw"] * hours).sum()),
            "surplus_value": -self.opportunistic_value_mad_per_mwh
            * float((own["opportunistic_mw"] * hours).sum()),
            "left_value": -self.left_value_mad_per_mwh * left_mwh,
        }
        if given.is_elastic:
            bill["short"] = float((own["short_mw"] * hours).sum()) * SHORT_MAD_PER_MWH
        return bill

    def _account(self, own: pd.DataFrame, given: Given) -> Iterator[tuple[float, float, float]]:
        """Keep the account step by step.

        Yields what is left of the quota at the end of each step, what was carried into its month,
        and what that month has had. The floor is guaranteed: there is never less left than it
        needs until the month is over.
        """
        carried_mwh, had_mwh = self._opening(given)
        ends = [self._month_end(moment) for moment in given.horizon.index]
        left_mwh, month = 0.0, None
        for t, use_mw in enumerate(own["quota_mw"]):
            if ends[t] != month:
                if month is not None:
                    carried_mwh, had_mwh = min(left_mwh, self.bank_max_mwh), 0.0
                month = ends[t]
                inside = [
                    h for h, end in zip(given.horizon.hours, ends, strict=True) if end == month
                ]
                rest_h = sum(inside) + max(0.0, (month - given.horizon.end) / HOUR)
                due_mwh = carried_mwh + self.quota_mwh_per_month - had_mwh
                left_mwh = max(due_mwh, self.floor_mw * rest_h) if due_mwh == due_mwh else due_mwh
            used_mwh = use_mw * given.horizon.hours[t]
            left_mwh, had_mwh = left_mwh - used_mwh, had_mwh + used_mwh
            yield left_mwh, carried_mwh, had_mwh

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of a quota."""
        quota, more, power = own["quota_mw"], own["opportunistic_mw"], own["power_mw"]
        left = pd.Series([mwh for mwh, *_ in self._account(own, given)], index=own.index)
        rest_h = max(0.0, (self._month_end(own.index[-1]) - given.horizon.end) / HOUR)
        floor = self.floor_mw - own["short_mw"] if given.is_elastic else self.floor_mw
        rules = {
            "power is what runs within the quota and beyond it [MW]": unequal(power, quota + more),
            "power fits its limit [MW]": power - self.power_max_mw,
            "the floor is kept [MW]": floor - quota,
            "use beyond the quota is not negative [MW]": -more,
            "what is left of the quota follows from its use [MWh]": unequal(own["bank_mwh"], left),
            "no more is used than the quota has [MWh]": -own["bank_mwh"],
            "the floor lasts until the month is over [MWh]": self.floor_mw * rest_h
            - own["bank_mwh"].iloc[-1:],
        }
        if given.is_elastic:
            rules["the floor is short by no more than it is [MW]"] = most(
                own["short_mw"] - self.floor_mw, -own["short_mw"]
            )
        return rules

    def audit(self, table: pd.DataFrame, given: Given) -> list[Breach]:
        """Re-compute every rule, and that use beyond the quota is of sun and wind alone."""
        stored = [c for c in table.columns if c.startswith("battery_")]
        other = table["site_import_mw"] + table["site_genset_mw"]
        other = other + table[[c for c in stored if c.endswith("_discharge_mw")]].sum(axis=1)
        both = least(table[f"{self.name}_opportunistic_mw"], other)
        alone = {"nothing but sun and wind feeds the bus in use beyond the quota [MW]": both}
        return super().audit(table, given) + breaches(self.name, alone)

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the account of the month at the end of the first `count` steps."""
        moment = given.horizon.edges[count]
        left_mwh, carried_mwh, had_mwh = list(self._account(own, given))[count - 1]
        if self._month_end(given.horizon.index[count - 1]) <= moment:
            carried_mwh, had_mwh = min(left_mwh, self.bank_max_mwh), 0.0
        key = f"{self._month_start(moment):%Y-%m}"
        return [
            StateRow(self.name, "bank_mwh", max(float(carried_mwh), 0.0)),
            StateRow(self.name, "delivered_mwh", max(float(had_mwh), 0.0), key),
        ]
