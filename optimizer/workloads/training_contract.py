"""What a training fleet owes by window, what it is paid for, and the audit of both.

A window is `window_h` long from UTC midnight of 1970 on. What a window has been delivered before
the plan begins comes from the opening state; without it the contract's own pace is taken. A window
that ends after the plan owes its part by the hour.
"""

from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from optimizer.component import Component, Given, unequal
from optimizer.state import StateRow

HOUR = pd.Timedelta(hours=1)
SHORTFALL_MAD_PER_MWH = 1e5  # diagnostic only: contracted work that may not fail has a price there


class TrainingContract(Component):
    """Contracted work per window, the worth of work, and the rules of what is delivered."""

    power_max_mw: float = Field(gt=0, le=1e5, description="IT power of the fleet at full cap [MW]")
    floor_pu: float = Field(
        ge=0, le=1, description="contracted work per window [per unit of nominal]"
    )
    window_h: int = Field(ge=1, description="length of a contract window, from UTC midnight [h]")
    shortfall_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of contracted work not done, or none: always done"
    )
    value_mad_per_mwh: float = Field(ge=0, description="worth of the work done [MAD/MWh]")
    extra_value_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="worth of work above the contract, or none: the same"
    )

    @model_validator(mode="after")
    def _extra_is_worth_less(self) -> Self:
        """Refuse extra work that is worth more than contracted work."""
        extra = self.extra_value_mad_per_mwh
        if extra is not None and extra > self.value_mad_per_mwh:
            raise ValueError(
                f"extra_value_mad_per_mwh = {extra:g} is above value_mad_per_mwh: contracted work "
                "would be put off for extra work. Lower it."
            )
        return self

    @property
    def has_contract(self) -> bool:
        """Whether windows matter."""
        return self.floor_pu > 0 or self.extra_value_mad_per_mwh is not None

    def _windows(self, index: pd.Index) -> np.ndarray:
        """Return the number of the contract window each step begins in."""
        hours = pd.DatetimeIndex(index).as_unit("s").asi8 // 3600
        return np.asarray(hours // self.window_h)

    def _window_start(self, moment: pd.Timestamp) -> pd.Timestamp:
        """Return the beginning of the window a moment lies in."""
        number = (moment - pd.Timestamp(0, tz="UTC")) // (self.window_h * HOUR)
        return pd.Timestamp(0, tz="UTC") + number * self.window_h * HOUR

    def _expected_mwh(self, given: Given) -> float:
        """Return the contract's own pace in the first window until the plan begins [MWh]."""
        before_h = (given.horizon.start - self._window_start(given.horizon.start)) / HOUR
        return self.floor_pu * self.power_max_mw * before_h

    def opening_delivered_mwh(self, given: Given) -> float:
        """Return what the first window has been delivered before the plan [MWh]."""
        key = f"{self._window_start(given.horizon.start):%Y-%m-%dT%H:%MZ}"
        return given.state.value(self.name, "delivered_mwh", self._expected_mwh(given), key)

    def due_mwh(self, given: Given) -> dict[int, float]:
        """Return the work each window of the plan still owes, by the window's number [MWh]."""
        windows, hours = self._windows(given.horizon.index), given.horizon.hours
        ahead_mwh = self.opening_delivered_mwh(given) - self._expected_mwh(given)
        numbers = [int(n) for n in np.unique(windows)]
        fleet_mw = self.floor_pu * self.power_max_mw
        due = {n: fleet_mw * float(hours[windows == n].sum()) for n in numbers}
        due[numbers[0]] = max(0.0, due[numbers[0]] - ahead_mwh)
        return due

    def _shortfall_price(self) -> float:
        """Return the price of contracted work not done [MAD/MWh]."""
        priced = self.shortfall_mad_per_mwh
        return SHORTFALL_MAD_PER_MWH if priced is None else priced

    def _extra_loss(self) -> float:
        """Return what a MWh of extra work is worth less than a contracted one [MAD/MWh]."""
        extra = self.extra_value_mad_per_mwh
        return 0.0 if extra is None else self.value_mad_per_mwh - extra

    def read_delivered(self, work_mw: pd.Series, given: Given) -> pd.Series:
        """Return what each step's window has been delivered by the step's end [MWh]."""
        windows = self._windows(work_mw.index)
        done = (work_mw * given.horizon.hours).groupby(windows).cumsum()
        before = np.where(windows == windows[0], self.opening_delivered_mwh(given), 0.0)
        return pd.Series(done + before)

    def _beyond_mwh(self, own: pd.DataFrame, given: Given) -> pd.Series:
        """Return by how much each window's published work exceeds what it owes [MWh]."""
        hours = pd.Series(given.horizon.hours, index=own.index)
        windows = self._windows(own.index)
        done = (own["work_mw"] * hours).groupby(windows).sum()
        pace = self.floor_pu * self.power_max_mw * hours.groupby(windows).sum()
        begun_h = (own.index[0] - self._window_start(own.index[0])) / HOUR
        key = f"{self._window_start(own.index[0]):%Y-%m-%dT%H:%MZ}"
        pace_before = self.floor_pu * self.power_max_mw * begun_h
        known = given.state.value(self.name, "delivered_mwh", pace_before, key)
        pace.iloc[0] = max(pace.iloc[0] + pace_before - known, 0.0)
        return pd.Series(done - pace)

    def contract_bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return missing and extra work, and (negative) the worth of the work done [MAD]."""
        work_mwh = float((own["work_mw"] * given.horizon.hours).sum())
        bill = {"value": -self.value_mad_per_mwh * work_mwh}
        if not self.has_contract:
            return bill
        beyond_mwh = self._beyond_mwh(own, given)
        if self.extra_value_mad_per_mwh is not None:
            bill["extra"] = self._extra_loss() * float(beyond_mwh.clip(lower=0.0).sum())
        if self.floor_pu and (self.shortfall_mad_per_mwh is not None or given.is_elastic):
            missing_mwh = -float(beyond_mwh.clip(upper=0.0).sum())
            bill["shortfall"] = missing_mwh * self._shortfall_price()
        return bill

    def contract_rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of what is delivered by window."""
        if not self.has_contract:
            return {}
        done, before = own["work_mw"] * given.horizon.hours, own["delivered_mwh"].shift()
        begins = pd.Series([self._window_start(t) for t in own.index], index=own.index)
        before = before.where(begins == begins.shift(), 0.0)
        before.iloc[0] = self.opening_delivered_mwh(given)
        rules = {
            "work delivered to the window follows from the work [MWh]": unequal(
                own["delivered_mwh"], before + done
            )
        }
        if self.floor_pu and self.shortfall_mad_per_mwh is None and not given.is_elastic:
            missing = -self._beyond_mwh(own, given).min(skipna=False)
            rules["contracted work is done [MWh]"] = pd.Series(missing, index=own.index[-1:])
        return rules

    def contract_input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rule that delivered work is of the window the plan begins in."""
        rows = given.state.find(self.name, "delivered_mwh")
        begins = self._window_start(given.horizon.start)
        strange = [row for row in rows if pd.Timestamp(row.key) != begins]
        excess = pd.Series(float(len(strange)), index=given.horizon.index[:1])
        return {f"delivered work is of the window from {begins:%Y-%m-%dT%H:%MZ}": excess}

    def contract_closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return what the window of the next plan's start has been delivered by then."""
        moment, last = given.horizon.edges[count], own.index[count - 1]
        begins = self._window_start(moment)
        if not self.has_contract or begins == moment or begins != self._window_start(last):
            return []
        delivered_mwh = float(own["delivered_mwh"].iloc[count - 1])
        return [StateRow(self.name, "delivered_mwh", delivered_mwh, f"{begins:%Y-%m-%dT%H:%MZ}")]
