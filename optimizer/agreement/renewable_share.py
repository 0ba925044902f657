"""Renewable share: over each window, at least a share of the facility's energy is renewable.

What is drawn from the grid or made by gensets counts as not renewable, hour by hour; so the share
is one row per window: sum (import + genset) <= (1 - x) sum facility. Where the agreement lets
wheeled power count, renewable power carried from elsewhere is no import in this sum.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from optimizer.agreement.clause import Quantities
from optimizer.agreement.share import ShareClause
from optimizer.phrases import phrase


class RenewableShare(ShareClause):
    """At least `share_min_pu` of the energy of each window is renewable."""

    kind: ClassVar[str] = "renewable_share"
    main_field: ClassVar[str] = "share_min_pu"
    noun: ClassVar[str] = phrase("renewable share")
    is_complement: ClassVar[bool] = True
    share_min_pu: float = Field(ge=0, le=1, description="least renewable share [per unit]")
    counts_wheeled: bool = Field(
        default=False, description="renewable power carried from elsewhere counts"
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that nothing renewable is there, or nothing wheeled where that should count."""
        if self.counts_wheeled and not parts.get("wheeled"):
            why = "counts_wheeled = true, but no line of the site carries power from elsewhere"
            remedy = "Set is_wheeled = true on one, or counts_wheeled = false."
            return self.refused(why, remedy)
        return [] if self.counts_wheeled else self.not_there(parts, ("solar", "wind"))

    def cap_pu(self) -> float:
        """Return the most that may be other than renewable [per unit]."""
        return 1 - self.share_min_pu

    def part_mw(self, site: Quantities, t: int) -> Any:
        """Return power other than renewable in step `t` [MW]."""
        other_mw = site.import_mw(t) + site.genset_mw(t)
        return other_mw - site.wheeled_mw(t) if self.counts_wheeled else other_mw

    def whole_mw(self, site: Quantities, t: int) -> Any:
        """Return the facility's power in step `t` [MW]."""
        return site.facility_mw(t)

    def part_of(self, table: pd.DataFrame) -> pd.Series:
        """Return the published power other than renewable [MW]."""
        other = table["site_import_mw"] + table["site_genset_mw"]
        return other - table["site_wheeled_mw"] if self.counts_wheeled else other

    def whole_of(self, table: pd.DataFrame) -> pd.Series:
        """Return the facility's published power [MW]."""
        return table["facility_power_mw"]
