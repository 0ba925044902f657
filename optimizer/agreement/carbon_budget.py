"""Carbon budget: over each window, grid draw and gensets emit no more than a budget."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Quantities
from optimizer.component import Given
from optimizer.phrases import phrase


class CarbonBudget(BudgetClause):
    """Emissions of each window stay at or below a budget."""

    kind: ClassVar[str] = "carbon_budget"
    price_field: ClassVar[str] = "price_mad_per_kg"
    main_field: ClassVar[str] = "budget_kg"
    unit: ClassVar[str] = "kg"
    noun: ClassVar[str] = phrase("CO2")
    budget_kg: float = Field(ge=0, description="most that may be emitted in a window [kg CO2]")
    price_mad_per_kg: float | None = Field(
        default=None, ge=0, description="price of a kg too much, or none: never [MAD/kg]"
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that nothing of the site emits, if so."""
        return self.not_there(parts, ("grid", "genset"))

    def limit(self) -> float:
        """Return the budget of a window [kg]."""
        return self.budget_kg

    def rate(self, site: Quantities, t: int) -> Any:
        """Return what is emitted in step `t` [kg/h]."""
        return site.emission_kg_per_h(t)

    def counted(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return what is emitted in each step [kg]."""
        return table["site_emission_kg"]
