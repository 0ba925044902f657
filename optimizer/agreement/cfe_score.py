"""CFE score: over each window, at least a share of the load is matched hour by hour, 24/7.

Google's score [1]_ of a window is sum (clean own supply + CFE_t import_t) / sum load, where CFE_t
is the carbon-free share of the grid in hour t, and own supply is what is used of sun and wind with
what storage gives, less what it takes and what is fed in. By the bus balance that is
load_t - genset_t - import_t, so the score is 1 - sum ((1 - CFE_t) import_t + genset_t) / sum load:
a budget of dirty power, one row per window. Nothing clean is carried from one hour to another but
by batteries; with a window of an hour every hour is matched by itself. What services beside the
data center draw is part of the import, not of the load.

References
----------
.. [1] Google, "24/7 Carbon-Free Energy: Methodologies and Metrics," 2021.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from optimizer.agreement.clause import Quantities
from optimizer.agreement.share import ShareClause
from optimizer.phrases import phrase


class CfeScore(ShareClause):
    """At least `share_min_pu` of the load of each window is carbon-free, matched by the hour."""

    kind: ClassVar[str] = "cfe_score"
    main_field: ClassVar[str] = "share_min_pu"
    noun: ClassVar[str] = phrase("CFE score")
    is_complement: ClassVar[bool] = True
    share_min_pu: float = Field(ge=0, le=1, description="least CFE score [per unit]")

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that nothing is there that could be carbon-free, if so."""
        return self.not_there(parts, ("solar", "wind", "grid"))

    def cap_pu(self) -> float:
        """Return the most that may be dirty [per unit]."""
        return 1 - self.share_min_pu

    def part_mw(self, site: Quantities, t: int) -> Any:
        """Return dirty power in step `t` [MW]."""
        return site.dirty_import_mw(t) + site.genset_mw(t)

    def whole_mw(self, site: Quantities, t: int) -> Any:
        """Return the facility's power in step `t` [MW]."""
        return site.facility_mw(t)

    def part_of(self, table: pd.DataFrame) -> pd.Series:
        """Return the published dirty power [MW]."""
        return table["site_dirty_import_mw"] + table["site_genset_mw"]

    def whole_of(self, table: pd.DataFrame) -> pd.Series:
        """Return the facility's published power [MW]."""
        return table["facility_power_mw"]
