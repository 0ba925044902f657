"""Surplus cap: over each window, no more than a share of what sun and wind made is fed in.

Law 82-21 on self-production [1]_ lets a producer inject at most 20 % of its annual production.
What is fed in counts whatever it was made from; what is curtailed is not production.

References
----------
.. [1] Kingdom of Morocco, law 82-21 on the self-production of electrical energy, art. 12.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from optimizer.agreement.clause import Quantities
from optimizer.agreement.share import ShareClause
from optimizer.agreement.windows import WindowName
from optimizer.phrases import phrase


class SurplusCap(ShareClause):
    """At most `share_max_pu` of the production of each window is fed in."""

    kind: ClassVar[str] = "surplus_cap"
    main_field: ClassVar[str] = "share_max_pu"
    noun: ClassVar[str] = phrase("feed-in of the production")
    share_max_pu: float = Field(ge=0, le=1, description="most that is fed in [per unit]")
    window: WindowName = Field(default="year", description="over which it is kept")

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that nothing is produced, or nothing can be fed in, if so."""
        found = self.not_there(parts, ("solar", "wind"))
        if not parts.get("export"):
            remedy = "Set export_max_mw above 0 on one, or take the clause out."
            found += self.refused("no line of the site feeds in", remedy)
        return found

    def cap_pu(self) -> float:
        """Return the most that may be fed in [per unit]."""
        return self.share_max_pu

    def part_mw(self, site: Quantities, t: int) -> Any:
        """Return what is fed in in step `t` [MW]."""
        return site.export_mw(t)

    def whole_mw(self, site: Quantities, t: int) -> Any:
        """Return what is used of sun and wind in step `t` [MW]."""
        return site.renewable_mw(t)

    def part_of(self, table: pd.DataFrame) -> pd.Series:
        """Return the published feed-in [MW]."""
        return table["site_export_mw"]

    def whole_of(self, table: pd.DataFrame) -> pd.Series:
        """Return the published use of sun and wind [MW]."""
        return table["site_renewable_mw"]
