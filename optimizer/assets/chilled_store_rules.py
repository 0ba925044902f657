"""A chilled-water store's parameters, and its audit: published flows are replayed."""

from typing import Self

import pandas as pd
from pydantic import Field, model_validator

from optimizer.component import Component, Given, least, unequal
from optimizer.state import StateRow


class ChilledStoreRules(Component):
    """Parameters of a store, and the rules its published table must keep."""

    charge_max_mw: float = Field(gt=0, le=1e5, description="most flow in [MW thermal]")
    discharge_max_mw: float = Field(gt=0, le=1e5, description="most flow out [MW thermal]")
    energy_max_mwh: float = Field(gt=0, le=1e6, description="cold the tank holds [MWh thermal]")
    charge_efficiency_pu: float = Field(
        ge=0.5, le=1, description="cold made to cold stored [per unit]"
    )
    discharge_efficiency_pu: float = Field(
        ge=0.5, le=1, description="cold stored to heat carried away [per unit]"
    )
    loss_pu_per_h: float = Field(
        ge=0, le=0.5, description="share of the stored cold lost in an hour [per unit]"
    )
    pump_power_pu: float = Field(
        ge=0, le=1, description="electric power of the pumps per thermal flow [MW/MW]"
    )
    energy_initial_mwh: float = Field(
        ge=0, description="stored cold where no opening state gives it [MWh thermal]"
    )
    end_value_mad_per_mwh: float = Field(
        ge=0, description="worth of a MWh of cold still stored at the end of the plan [MAD/MWh]"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse more cold at the start than the tank holds."""
        if self.energy_initial_mwh > self.energy_max_mwh:
            raise ValueError("energy_initial_mwh is above energy_max_mwh. Lower it.")
        return self

    def state_quantities(self) -> list[str]:
        """Return the stored cold."""
        return ["energy_mwh"]

    def opening_mwh(self, given: Given) -> float:
        """Return the cold stored before the plan [MWh thermal]."""
        return given.state.value(self.name, "energy_mwh", self.energy_initial_mwh)

    def input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rule that the opening cold fits the tank."""
        over_mwh = self.opening_mwh(given) - self.energy_max_mwh
        return {"opening cold fits the tank [MWh]": pd.Series(over_mwh, given.horizon.index[:1])}

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return, negative, the worth of the cold stored at the end [MAD]."""
        return {"end_value": -self.end_value_mad_per_mwh * float(own["energy_mwh"].iloc[-1])}

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of the store, replayed from its published flows."""
        charge, discharge, energy = own["charge_mw"], own["discharge_mw"], own["energy_mwh"]
        hours = given.horizon.hours
        before = energy.shift(fill_value=self.opening_mwh(given))
        change = hours * (
            charge * self.charge_efficiency_pu - discharge / self.discharge_efficiency_pu
        )
        replayed = before * (1 - self.loss_pu_per_h) ** hours + change
        flow = charge + discharge
        return {
            "cold follows from the flows [MWh]": unequal(energy, replayed),
            "cold fits the tank [MWh]": energy - self.energy_max_mwh,
            "cold is not negative [MWh]": -energy,
            "flow in fits its most [MW]": charge - self.charge_max_mw,
            "flow out fits its most [MW]": discharge - self.discharge_max_mw,
            "flow in is not negative [MW]": -charge,
            "flow out is not negative [MW]": -discharge,
            "never both ways at once [MW]": least(charge, discharge),
            "pumps draw by the flow [MW]": unequal(own["power_mw"], self.pump_power_pu * flow),
        }

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the stored cold after the first `count` steps."""
        return [StateRow(self.name, "energy_mwh", float(own["energy_mwh"].iloc[count - 1]))]
