"""Firm load: compute that runs when it is asked for.

Sovereign load has no tiers and no slack variable: if it can't be met, the plan is infeasible.
Commercial load may be shed in tiers of rising value.
"""

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field, model_validator

from models.parameters import Parameters
from optimizer.component import Given, Needed, Terms, most, parameter, solved, unequal
from optimizer.horizon import Horizon
from optimizer.legal_time import legal, zone
from optimizer.state import StateRow
from optimizer.workloads.firm_sla import BALANCES, FirmSla

UNSERVED_MAD_PER_MWH = 1e6  # diagnostic only: above any price, so nothing else gives way later


class Tier(Parameters):
    """A share of the load that may be shed at a price."""

    shed_max_pu: float = Field(gt=0, le=1, description="most of the load shed here [per unit]")
    value_mad_per_mwh: float = Field(ge=0, description="value of a MWh not served [MAD/MWh]")


class Firm(FirmSla):
    """A load with a profile; without tiers it is never shed."""

    it_quantity: ClassVar[str] = "served_mw"
    demand_mw: float | None = Field(default=None, ge=0, description="IT power at profile 1 [MW]")
    profile_pu: tuple[float, ...] = Field(
        default=(1.0,), strict=False, description="one value, or one per clock hour [per unit]"
    )
    series_file: str | None = Field(
        default=None, description="CSV or Parquet with IT power by step, or none"
    )
    tiers: tuple[Tier, ...] = Field(strict=False, description="shedding tiers, cheapest first")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse profiles of odd length, tiers that fall in value and sheds above the load."""
        if self.demand_mw is not None and self.series_file is not None:
            raise ValueError("demand_mw and series_file are both given. Keep one source of demand.")
        if len(self.profile_pu) not in (1, 24) or min(self.profile_pu) < 0:
            raise ValueError("profile_pu is not 1 or 24 values >= 0. Give one per clock hour.")
        values = [tier.value_mad_per_mwh for tier in self.tiers]
        if values != sorted(values):
            raise ValueError("tiers fall in value. Give the cheapest first.")
        if sum(tier.shed_max_pu for tier in self.tiers) > 1 + 1e-9:
            raise ValueError("tiers shed more than the whole load. Lower shed_max_pu.")
        if self.sla_pu is not None and not self.tiers:
            raise ValueError("sla_pu is given, but nothing may be shed. Give tiers, or no sla_pu.")
        return self

    @property
    def is_sovereign(self) -> bool:
        """Whether nothing of it may be shed."""
        return not self.tiers

    @property
    def _demand(self) -> str:
        """Return the column of the demand."""
        return f"{self.name}_demand_mw"

    def needs(self) -> list[Needed]:
        """Return the demand."""
        return [Needed(column=self._demand, low=0, high=1e5)]

    def derive(self, horizon: Horizon) -> dict[str, np.ndarray]:
        """Return the demand that profile and power give."""
        if self.demand_mw is None:
            return {}
        profile = np.resize(self.profile_pu, 24)
        clock = legal(horizon.index, self.time_zone)
        return {self._demand: self.demand_mw * profile[clock.hour]}

    def _tier_names(self) -> list[str]:
        """Return the published name of each tier's shed power."""
        return [f"shed_tier{k + 1}_mw" for k in range(len(self.tiers))]

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare what may be shed; a sovereign load declares nothing."""
        demand_mw = given.column(self._demand)
        parameter(block, "demand_mw", demand_mw)
        for name, tier in zip(self._tier_names(), self.tiers, strict=True):
            bounds = [(0.0, tier.shed_max_pu * mw) for mw in demand_mw.tolist()]
            block.add_component(name, pyo.Var(given.horizon.steps, bounds=bounds))
        if given.is_elastic:
            kept_pu = max(0.0, 1 - sum(tier.shed_max_pu for tier in self.tiers))
            bounds = [(0.0, kept_pu * mw) for mw in demand_mw.tolist()]  # no load below zero
            block.unserved_mw = pyo.Var(given.horizon.steps, bounds=bounds)
        if self.sla_pu is not None:
            self.add_sla(block, given, self._tier_names())

    def _lost(self, given: Given) -> list[str]:
        """Return the variables that take from the demand."""
        return [*self._tier_names(), *(["unserved_mw"] if given.is_elastic else [])]

    def it_mw(self, block: pyo.Block, t: int) -> Any:
        """Return the demand less what is shed."""
        lost = [*self._tier_names(), "unserved_mw"]
        given_up = [v for v in (block.component(name) for name in lost) if v is not None]
        return block.demand_mw[t] - sum(v[t] for v in given_up) if given_up else block.demand_mw[t]

    def it_max_mw(self, given: Given) -> np.ndarray:
        """Return the most IT power it can draw in each step [MW]."""
        return given.column(self._demand)

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return the value of what is shed."""
        terms: dict[str, Terms] = {}
        for name, tier in zip(self._tier_names(), self.tiers, strict=True):
            price = tier.value_mad_per_mwh * given.horizon.hours
            terms[f"shed_{name[5:-3]}"] = (price, list(block.component(name).values()))
        if given.is_elastic:
            price = UNSERVED_MAD_PER_MWH * given.horizon.hours
            terms["unserved"] = (price, list(block.unserved_mw.values()))
        return terms | (self.sla_cost(block) if self.sla_pu is not None else {})

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return demand, what is shed by tier, and what is served."""
        lost = self._lost(given)
        table = solved(block, lost, given.horizon.index)
        table.insert(0, "demand_mw", given.column(self._demand))
        table["served_mw"] = table["demand_mw"] - table[lost].sum(axis=1)
        if self.sla_pu is None:
            return table
        return table.join(self.read_sla(table, self._tier_names(), given))

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return the value of what was shed [MAD]."""
        hours = given.horizon.hours
        bill = {
            f"shed_tier{k}": float((own[f"shed_tier{k}_mw"] * hours).sum() * tier.value_mad_per_mwh)
            for k, tier in enumerate(self.tiers, start=1)
        }
        if given.is_elastic:
            bill["unserved"] = float((own["unserved_mw"] * hours).sum() * UNSERVED_MAD_PER_MWH)
        return bill | self.sla_bill(own, given)

    def stoppable(self, own: pd.DataFrame, given: Given) -> list[tuple[np.ndarray, float]]:
        """Return what each tier could still shed, at the value of the tier."""
        return [
            (
                (tier.shed_max_pu * own["demand_mw"] - own[f"shed_tier{k}_mw"]).to_numpy(),
                tier.value_mad_per_mwh,
            )
            for k, tier in enumerate(self.tiers, start=1)
        ]

    def state_quantities(self) -> list[str]:
        """Return the month's demand and shed energy, where a service level counts them."""
        return [] if self.sla_pu is None else list(BALANCES)

    def input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rules of the opening balances of the month."""
        return {} if self.sla_pu is None else self.sla_input_rules(given)

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the month's demand and shed energy after the first `count` steps."""
        return self.sla_closing(own, given, count)

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of a firm load."""
        demand, served = own["demand_mw"], own["served_mw"]
        rules = {"demand is the input's [MW]": unequal(demand, given.series[self._demand])}
        if self.demand_mw is not None:
            clock = [moment.tz_convert(zone(self.time_zone)).hour for moment in own.index]
            profile = [self.profile_pu[h % len(self.profile_pu)] for h in clock]
            asked = pd.Series(profile, index=own.index) * self.demand_mw
            rules["demand follows the profile [MW]"] = unequal(demand, asked)
        left = demand.copy()
        for k, tier in enumerate(self.tiers, start=1):
            shed = own[f"shed_tier{k}_mw"]
            rules[f"tier {k} sheds no more than its share [MW]"] = shed - tier.shed_max_pu * demand
            rules[f"tier {k} is not negative [MW]"] = -shed
            left = left - shed
        if given.is_elastic:
            rules["what is unserved is part of the demand [MW]"] = most(
                own["unserved_mw"] - demand, -own["unserved_mw"]
            )
            left = left - own["unserved_mw"]
        rules["what is not shed is served [MW]"] = unequal(served, left)
        return rules | self.sla_rules(own, given)
