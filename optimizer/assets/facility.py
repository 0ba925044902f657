"""The facility: what the machines draw, with UPS losses, cooling and fixed overhead.

Power is the mean over a step. PUE is an output: facility power over IT power.
"""

import numpy as np
import pandas as pd
from pydantic import Field

from optimizer.component import Component, Given, unequal


class Facility(Component):
    """Limits and losses between the site bus and the machines."""

    power_max_mw: float = Field(gt=0, le=1e5, description="most the facility may draw [MW]")
    it_power_max_mw: float = Field(gt=0, le=1e5, description="most the machines may draw [MW]")
    ups_loss_pu: float = Field(
        ge=0, le=0.3, description="UPS losses per unit of IT power [per unit]"
    )
    fixed_overhead_mw: float = Field(ge=0, le=1e4, description="lighting, controls, offices [MW]")

    def heat_factor_pu(self) -> float:
        """Return heat per IT power: all of it, and the UPS losses, turn into heat."""
        return 1 + self.ups_loss_pu

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the facility's limits; its sums are the site's rules."""
        return {
            "the machines fit the halls [MW]": own["it_mw"] - self.it_power_max_mw,
            "the facility fits its connection [MW]": own["power_mw"] - self.power_max_mw,
            "PUE is facility power over IT power": unequal(
                own["pue_pu"] * own["it_mw"].where(own["it_mw"] > 0, 1.0),
                own["power_mw"].where(own["it_mw"] > 0, 1.0),
            ),
        }


def pue_pu(power_mw: np.ndarray, it_mw: np.ndarray) -> np.ndarray:
    """Return facility power over IT power; 1 where no machine runs."""
    ratio = np.ones_like(power_mw)
    np.divide(power_mw, it_mw, out=ratio, where=it_mw > 0)
    return ratio
