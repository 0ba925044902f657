"""Import cap: in some clock hours of some months, the site draws no more than a cap."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from optimizer.agreement.clause import Clause, Quantities
from optimizer.component import Given
from optimizer.legal_time import ZoneName, legal, zone
from optimizer.phrases import number, phrase


class ImportCap(Clause):
    """Grid draw stays at or below `import_max_mw` from `first_hour` until `last_hour`."""

    kind: ClassVar[str] = "import_cap"
    main_field: ClassVar[str] = "import_max_mw"
    price_field: ClassVar[str] = "price_mad_per_mwh"
    import_max_mw: float = Field(ge=0, description="most that may be drawn [MW]")
    first_hour: int = Field(ge=0, le=23, description="clock hour at which the window begins")
    last_hour: int = Field(
        ge=0, le=24, description="clock hour at which it ends, over midnight if less"
    )
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = Field(
        default=tuple(range(1, 13)),
        min_length=1,
        strict=False,
        description="months in which it holds",
    )
    time_zone: ZoneName = Field(default="Africa/El_Aaiun", description="clock of the window")
    price_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of a MWh above the cap, or none: never [MAD/MWh]"
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that the site has no line to draw from, if so."""
        return self.not_there(parts, ("grid",))

    def applies(self, index: pd.Index) -> np.ndarray:
        """Return True for the steps that begin inside the window."""
        clock = legal(index, self.time_zone)
        length = (self.last_hour - self.first_hour - 1) % 24 + 1
        inside = (clock.hour - self.first_hour) % 24 < length
        in_month = np.isin(clock.month, self.months)
        return np.asarray(inside & in_month & self.holds(index))

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Cap the draw in every step to which the clause applies."""
        inside = [int(t) for t in np.flatnonzero(self.applies(given.horizon.index))]
        is_sold = self.price_mad(given) is not None
        block.short = pyo.Var(inside if is_sold else [], bounds=(0, None))

        @block.Constraint(inside)
        def cap(b, t):
            bought_mw = b.short[t] if is_sold else 0.0
            return site.import_mw(t) - bought_mw <= self.import_max_mw

    def weights(self, keys: list[int], given: Given) -> np.ndarray:
        """Return the length of each capped step: the price is per MWh."""
        return given.horizon.hours[keys]

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return how far the draw is above the cap, where the clause applies."""
        over = (table["site_import_mw"] - self.import_max_mw).clip(lower=0.0)
        return pd.DataFrame({"excess_mw": over.where(self.applies(table.index), 0.0)})

    def _excess_mw(self, table: pd.DataFrame) -> pd.Series:
        """Return the excess of each step, its clock hour looked up one by one."""
        local_zone = zone(self.time_zone)
        over = []
        for moment, drawn in zip(table.index, table["site_import_mw"], strict=True):
            local = moment.tz_convert(local_zone)
            if self.last_hour > self.first_hour:
                inside = self.first_hour <= local.hour < self.last_hour
            else:
                inside = local.hour >= self.first_hour or local.hour < self.last_hour
            capped = inside and local.month in self.months and self.in_force(moment)
            over.append(np.maximum(drawn - self.import_max_mw, 0.0) if capped else 0.0 * drawn)
        return pd.Series(over, index=table.index)

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return the energy drawn above the cap [MWh]."""
        return float((self._excess_mw(table).to_numpy() * given.horizon.hours).sum())

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rule of the published excess, and, where hard, of the cap in each step."""
        over = self._excess_mw(table)
        rules = {
            "draw above the cap is the table's [MW]": self.column_rule(table, "excess_mw", over)
        }
        if self.price_mad(given) is None:
            rules["draw [MW]"] = over
        return rules

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say how close the draw comes to the cap."""
        drawn = table["site_import_mw"][self.applies(table.index)]
        if drawn.empty:
            return phrase(
                "Art. {article}: no step of this plan falls into its hours.",
                {"article": self.article},
            )
        at_cap = int((drawn > self.import_max_mw - 1e-3).sum())
        how = {
            "article": self.article,
            "peak": number(float(drawn.max()), ".1f"),
            "cap": number(self.import_max_mw, "g"),
            "count": at_cap,
            "all": len(drawn),
        }
        return phrase(
            "Art. {article}: draw peaks at {peak} of {cap} MW and is at the cap or above in "
            "{count} of {all} steps.",
            how,
        )
