"""A desalination plant's parameters, and its audit: the tank is replayed from the powers.

Water that a full tank can't take, while the plant ramps down or may not stop, is spilled.
"""

from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from optimizer.component import Component, Given, Needed, unequal
from optimizer.horizon import Horizon
from optimizer.legal_time import ZoneName, legal, zone
from optimizer.state import StateRow

MISSED_MAD_PER_M3 = 300.0  # diagnostic only: some 1e5 MAD/MWh at 3 kWh/m3, as other missed work


class DesalinationRules(Component):
    """Parameters of a plant and its tank, and the rules its published table must keep."""

    power_max_mw: float = Field(gt=0, le=1e5, description="rating of the plant [MW]")
    power_min_mw: float = Field(
        default=0, ge=0, description="least power, at all times: a plant that runs through [MW]"
    )
    energy_kwh_per_m3: float = Field(gt=0, le=100, description="energy for the water [kWh/m3]")
    ramp_max_mw_per_h: float | None = Field(
        default=None, gt=0, description="ramp limit, or none [MW/h]"
    )
    demand_m3_per_h: float | None = Field(
        default=None, ge=0, description="water asked for at profile 1, or none asked [m3/h]"
    )
    profile_pu: tuple[float, ...] = Field(
        default=(1.0,), strict=False, description="one value, or one per clock hour [per unit]"
    )
    time_zone: ZoneName = Field(default="Africa/El_Aaiun", description="clock of the profile")
    series_file: str | None = Field(
        default=None, description="CSV or Parquet with the demand by step, or none"
    )
    tank_max_m3: float = Field(default=0, ge=0, le=1e7, description="what the tank holds [m3]")
    tank_initial_m3: float = Field(
        default=0, ge=0, description="water in the tank where no opening state gives it [m3]"
    )
    power_initial_mw: float = Field(
        default=0, ge=0, description="power before the plan where no opening state gives it [MW]"
    )
    missed_mad_per_m3: float | None = Field(
        default=None, ge=0, description="price of water not delivered, or none: always delivered"
    )
    value_mad_per_m3: float = Field(
        ge=0, description="worth of the water made and not spilled [MAD/m3]"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse two demands, a tank nobody draws from, and powers or levels out of range."""
        if self.demand_m3_per_h is not None and self.series_file is not None:
            raise ValueError(
                "demand_m3_per_h and series_file are both given. Keep one source of demand."
            )
        if len(self.profile_pu) not in (1, 24) or min(self.profile_pu) < 0:
            raise ValueError("profile_pu is not 1 or 24 values >= 0. Give one per clock hour.")
        if max(self.power_min_mw, self.power_initial_mw) > self.power_max_mw:
            raise ValueError("power_min_mw or power_initial_mw is above power_max_mw. Lower it.")
        if self.tank_max_m3 and not self.has_demand:
            raise ValueError(
                "tank_max_m3 is given, but no water is asked for. Give demand_m3_per_h, or no tank."
            )
        if self.tank_initial_m3 > self.tank_max_m3:
            raise ValueError("tank_initial_m3 is above tank_max_m3. Lower it.")
        return self

    @property
    def has_demand(self) -> bool:
        """Whether water is asked for by the hour."""
        return self.demand_m3_per_h is not None or self.series_file is not None

    @property
    def m3_per_mwh(self) -> float:
        """Water made with a MWh [m3/MWh]."""
        return 1000.0 / self.energy_kwh_per_m3  # 1 MWh is 1000 kWh

    @property
    def _demand(self) -> str:
        """Return the column of the demand."""
        return f"{self.name}_demand_m3_per_h"

    def needs(self) -> list[Needed]:
        """Return the demand, where water is asked for."""
        return [Needed(column=self._demand, low=0, high=1e6)] if self.has_demand else []

    def derive(self, horizon: Horizon) -> dict[str, np.ndarray]:
        """Return the demand that profile and amount give."""
        if self.demand_m3_per_h is None:
            return {}
        clock = legal(horizon.index, self.time_zone)
        return {self._demand: self.demand_m3_per_h * np.resize(self.profile_pu, 24)[clock.hour]}

    def state_quantities(self) -> list[str]:
        """Return the water in the tank, and the power a ramp begins from."""
        water = ["water_m3"] if self.has_demand else []
        return [*water, *(["power_mw"] if self.ramp_max_mw_per_h is not None else [])]

    def opening_m3(self, given: Given) -> float:
        """Return the water in the tank before the plan [m3]."""
        return given.state.value(self.name, "water_m3", self.tank_initial_m3)

    def opening_mw(self, given: Given) -> float:
        """Return the power in the step before the plan [MW]."""
        return given.state.value(self.name, "power_mw", self.power_initial_mw)

    def least_mw(self, given: Given) -> np.ndarray:
        """Return the plant's least power in each step: no more than an outage leaves [MW]."""
        return np.asarray(np.minimum(self.power_min_mw, given.left_mw(self.name)))

    def _missed_price(self) -> float:
        """Return the price of water not delivered [MAD/m3]."""
        return MISSED_MAD_PER_M3 if self.missed_mad_per_m3 is None else self.missed_mad_per_m3

    def input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rule that the opening water fits the tank."""
        if not self.has_demand:
            return {}
        over_m3 = self.opening_m3(given) - self.tank_max_m3
        return {"opening water fits the tank [m3]": pd.Series(over_m3, given.horizon.index[:1])}

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return missed water, and (negative) the worth of the water made [MAD]."""
        bill = {"value": -self.value_mad_per_m3 * float(own["made_m3"].sum())}
        if self.has_demand:
            bill["missed"] = self._missed_price() * float(own["missed_m3"].sum())
            bill["spilled"] = self.value_mad_per_m3 * float(own["spilled_m3"].sum())
        return bill

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of the plant."""
        power, hours = own["power_mw"], given.horizon.hours
        used_kwh = 1000.0 * power * hours
        least_mw = 0.0 if given.is_elastic else self.least_mw(given)
        rules = {
            "power fits the plant [MW]": power - self.power_max_mw,
            "power is at least the plant's least [MW]": least_mw - power,
            "water made follows from the power [m3]": unequal(
                own["made_m3"], used_kwh / self.energy_kwh_per_m3
            ),
        }
        if self.ramp_max_mw_per_h is not None:
            before = np.concatenate([[self.opening_mw(given)], power.to_numpy()[:-1]])
            change = np.abs(power - before)
            rules["change of power follows from the power [MW]"] = unequal(
                own["power_change_mw"], change
            )
            if not given.is_elastic:
                most = self.ramp_max_mw_per_h * hours
                rules["power changes no faster than its ramp [MW]"] = change - most
        return rules | (self._tank_rules(own, given) if self.has_demand else {})

    def _tank_rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of the tank and of what is asked of it."""
        tank, missed, asked = own["tank_m3"], own["missed_m3"], own["demand_m3"]
        before = tank.shift(fill_value=self.opening_m3(given))
        rules = {
            "demand is the input's [m3]": unequal(
                asked, given.series[self._demand] * given.horizon.hours
            ),
            "the tank follows from water made and taken [m3]": unequal(
                tank - before, own["made_m3"] - asked + missed - own["spilled_m3"]
            ),
            "the tank does not overflow [m3]": tank - self.tank_max_m3,
            "the tank is not overdrawn [m3]": -tank,
            "no more water is missed than asked for [m3]": missed - asked,
            "missed water is not negative [m3]": -missed,
            "spilled water is not negative [m3]": -own["spilled_m3"],
        }
        if self.demand_m3_per_h is not None:
            clock = [moment.tz_convert(zone(self.time_zone)).hour for moment in own.index]
            shares = [self.profile_pu[h % len(self.profile_pu)] for h in clock]
            due = pd.Series(shares, index=own.index) * self.demand_m3_per_h * given.horizon.hours
            rules["demand follows the profile [m3]"] = unequal(asked, due)
        if self.missed_mad_per_m3 is None and not given.is_elastic:
            rules["no water is missed [m3]"] = missed
        return rules

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return water and power after the first `count` steps."""
        row, rows = own.iloc[count - 1], []
        if self.has_demand:
            rows.append(StateRow(self.name, "water_m3", float(row["tank_m3"])))
        if self.ramp_max_mw_per_h is not None:
            rows.append(StateRow(self.name, "power_mw", float(row["power_mw"])))
        return rows
