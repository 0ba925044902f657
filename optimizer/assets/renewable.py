"""What solar and wind share: power that is there or not, and may be left unused.

``available_mw`` comes from the weather chain or a file; ``used_mw`` is decided; the rest is
curtailed. All three are means over the step, at the site bus.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from optimizer.component import Component, Given, Needed, Terms, bounds_up_to, solved, unequal


class Renewable(Component):
    """A curtailable plant with a variable cost."""

    availability_file: str | None = Field(
        default=None, description="CSV or Parquet with available power per step [MW], or none"
    )
    cost_mad_per_mwh: float = Field(ge=0, description="variable cost of power used [MAD/MWh]")
    curtailment_cost_mad_per_mwh: float = Field(
        ge=0, description="price of power left unused [MAD/MWh]"
    )

    def needs(self) -> list[Needed]:
        """Return the available power as the one series needed."""
        return [Needed(column=f"{self.name}_available_mw", low=0, high=1e5)]

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare the power used; its bounds are all there is to obey."""
        available_mw = given.column(f"{self.name}_available_mw")
        block.used_mw = pyo.Var(given.horizon.steps, bounds=bounds_up_to(available_mw))

    def to_bus_mw(self, block: pyo.Block, t: int) -> Any:
        """Return the power used in step `t`."""
        return block.used_mw[t]

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return the variable cost, and the price of what is curtailed (less what is used)."""
        price = self.cost_mad_per_mwh - self.curtailment_cost_mad_per_mwh
        if price == 0:
            return {}
        used = list(block.used_mw.values())
        return {"energy": (price * given.horizon.hours, used)}

    def constant_mad(self, given: Given) -> float:
        """Return the cost of curtailing everything: the part no decision moves [MAD]."""
        available = given.column(f"{self.name}_available_mw")
        return float(self.curtailment_cost_mad_per_mwh * (available * given.horizon.hours).sum())

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return ``available_mw``, ``used_mw`` and ``curtailed_mw``."""
        table = solved(block, ["used_mw"], given.horizon.index)
        available = given.column(f"{self.name}_available_mw")
        table.insert(0, "available_mw", available)
        table["used_mw"] = np.minimum(table["used_mw"], available)
        table["curtailed_mw"] = table["available_mw"] - table["used_mw"]
        return table

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return the variable cost and the price of what was curtailed [MAD]."""
        hours = given.horizon.hours
        return {
            "energy": float((own["used_mw"] * hours).sum() * self.cost_mad_per_mwh),
            "curtailment": float(
                (own["curtailed_mw"] * hours).sum() * self.curtailment_cost_mad_per_mwh
            ),
        }

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of a curtailable plant."""
        return {
            "available power is the input's [MW]": unequal(
                own["available_mw"], given.series[f"{self.name}_available_mw"]
            ),
            "no more is used than there is [MW]": own["used_mw"] - own["available_mw"],
            "use is not negative [MW]": -own["used_mw"],
            "curtailed is what is not used [MW]": unequal(
                own["curtailed_mw"], own["available_mw"] - own["used_mw"]
            ),
        }
