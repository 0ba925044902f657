"""Genset hours: over each window, genset units run no more than some hours, added up."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Quantities
from optimizer.component import Given
from optimizer.phrases import phrase


class GensetHours(BudgetClause):
    """The hours of all units together stay at or below `hours_max_h` in each window."""

    kind: ClassVar[str] = "genset_hours"
    price_field: ClassVar[str] = "price_mad_per_h"
    main_field: ClassVar[str] = "hours_max_h"
    unit: ClassVar[str] = "h"
    noun: ClassVar[str] = phrase("hours of genset units")
    hours_max_h: float = Field(ge=0, description="most hours of all units in a window [h]")
    price_mad_per_h: float | None = Field(
        default=None, ge=0, description="price of a unit's hour too much, or none: never [MAD/h]"
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that there are no gensets, or that some do not count their units."""
        uncounted = [name for name in parts.get("genset", ()) if name not in parts["committed"]]
        if not uncounted:
            return self.not_there(parts, ("genset",))
        remedy = "Give it a least power, a start cost or a least run, or limit its fuel instead."
        return self.refused(f"{', '.join(uncounted)} does not count its units", remedy)

    def limit(self) -> float:
        """Return the hours of a window [h]."""
        return self.hours_max_h

    def rate(self, site: Quantities, t: int) -> Any:
        """Return the units that run in step `t`."""
        return site.genset_count(t)

    def counted(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return the hours of all units in each step [h]."""
        return pd.Series(table["site_genset_count"] * given.horizon.hours)
