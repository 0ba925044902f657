"""Regional energy: over each window, the site feeds in at least so much for the region."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Quantities
from optimizer.agreement.windows import WindowName
from optimizer.component import Given
from optimizer.phrases import phrase


class RegionalEnergy(BudgetClause):
    """The site feeds in at least `amount_mwh` in each window, a day by default."""

    kind: ClassVar[str] = "regional_energy"
    price_field: ClassVar[str] = "price_mad_per_mwh"
    main_field: ClassVar[str] = "amount_mwh"
    unit: ClassVar[str] = "mwh"
    noun: ClassVar[str] = phrase("energy for the region")
    is_least: ClassVar[bool] = True
    used_word: ClassVar[str] = "delivered"
    amount_mwh: float = Field(gt=0, description="energy due in a window [MWh]")
    window: WindowName = Field(default="day", description="over which it is kept")
    price_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of a MWh missing, or none: never [MAD/MWh]"
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that nothing can be fed in, if so."""
        if parts.get("export"):
            return []
        remedy = "Set export_max_mw above 0 on one, or take the clause out."
        return self.refused("no line of the site feeds in", remedy)

    def limit(self) -> float:
        """Return the energy due in a window [MWh]."""
        return self.amount_mwh

    def rate(self, site: Quantities, t: int) -> Any:
        """Return what is fed in in step `t` [MW]."""
        return site.export_mw(t)

    def counted(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return what is fed in in each step [MWh]."""
        return pd.Series(table["site_export_mw"] * given.horizon.hours)
