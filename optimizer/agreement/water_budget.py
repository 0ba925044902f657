"""Water budget: over each window, cooling evaporates no more than a budget."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Quantities
from optimizer.component import Given
from optimizer.phrases import phrase

_M3_PER_L = 1e-3


class WaterBudget(BudgetClause):
    """The cooling water of each window stays at or below a budget."""

    kind: ClassVar[str] = "water_budget"
    price_field: ClassVar[str] = "price_mad_per_m3"
    main_field: ClassVar[str] = "budget_m3"
    unit: ClassVar[str] = "m3"
    noun: ClassVar[str] = phrase("cooling water")
    budget_m3: float = Field(ge=0, description="most that may evaporate in a window [m3]")
    price_mad_per_m3: float | None = Field(
        default=None, ge=0, description="price of a m3 too much, or none: never [MAD/m3]"
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that the site has no cooling, if so."""
        if parts.get("cooling"):
            return []
        remedy = "Add a table [cooling] to the site, or take the clause out."
        return self.refused("the site has no cooling", remedy)

    def limit(self) -> float:
        """Return the budget of a window [m3]."""
        return self.budget_m3

    def rate(self, site: Quantities, t: int) -> Any:
        """Return what evaporates in step `t` [m3/h]."""
        return _M3_PER_L * site.water_l_per_h(t)

    def counted(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return what evaporates in each step [m3]."""
        return pd.Series(table["cooling_water_l"] / 1000)
