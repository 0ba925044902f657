"""Regional water: over each window, a plant makes at least so much fresh water for the region."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Quantities
from optimizer.agreement.windows import WindowName
from optimizer.component import Given
from optimizer.phrases import phrase


class RegionalWater(BudgetClause):
    """`service` makes at least `amount_m3` in each window, a day by default."""

    kind: ClassVar[str] = "regional_water"
    price_field: ClassVar[str] = "price_mad_per_m3"
    main_field: ClassVar[str] = "amount_m3"
    unit: ClassVar[str] = "m3"
    noun: ClassVar[str] = phrase("water for the region")
    is_least: ClassVar[bool] = True
    used_word: ClassVar[str] = "delivered"
    service: str = Field(description="name of the plant that makes it, e.g. desalination_main")
    amount_m3: float = Field(gt=0, description="water due in a window [m3]")
    window: WindowName = Field(default="day", description="over which it is kept")
    price_mad_per_m3: float | None = Field(
        default=None, ge=0, description="price of a m3 missing, or none: never [MAD/m3]"
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that the plant does not exist, if so."""
        return self.unknown("service", parts, ("desalination",))

    def limit(self) -> float:
        """Return the water due in a window [m3]."""
        return self.amount_m3

    def rate(self, site: Quantities, t: int) -> Any:
        """Return what is made in step `t` [m3/h]."""
        return site.service_per_h[self.service](t)

    def counted(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return what is made in each step [m3]."""
        return table[f"{self.service}_made_m3"]
