"""Fuel budget: over each window, the gensets burn no more than a budget."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Quantities
from optimizer.component import Given
from optimizer.phrases import phrase


class FuelBudget(BudgetClause):
    """The fuel of all gensets stays at or below `budget_l` in each window."""

    kind: ClassVar[str] = "fuel_budget"
    price_field: ClassVar[str] = "price_mad_per_l"
    main_field: ClassVar[str] = "budget_l"
    unit: ClassVar[str] = "l"
    noun: ClassVar[str] = phrase("genset fuel")
    budget_l: float = Field(ge=0, description="most that is burnt in a window [L]")
    price_mad_per_l: float | None = Field(
        default=None, ge=0, description="price of a litre too much, or none: never [MAD/L]"
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that there are no gensets, if so."""
        return self.not_there(parts, ("genset",))

    def limit(self) -> float:
        """Return the fuel of a window [L]."""
        return self.budget_l

    def rate(self, site: Quantities, t: int) -> Any:
        """Return what is burnt in step `t` [L/h]."""
        return site.fuel_l_per_h(t)

    def counted(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return what is burnt in each step [L]."""
        return table["site_fuel_l"]
