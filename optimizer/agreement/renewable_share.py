"""Renewable share: over each window, at least a share of the facility's energy is renewable.

What is drawn from the grid or made by gensets counts as not renewable, hour by hour; so the share
is one row per window: sum (import + genset) <= (1 - x) sum facility.
"""

from typing import ClassVar, Literal

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from optimizer.agreement.clause import Clause, Quantities, window_at, windows
from optimizer.component import Given
from optimizer.legal_time import ZoneName


class RenewableShare(Clause):
    """At least `share_min_pu` of the energy of each window is renewable."""

    kind: ClassVar[str] = "renewable_share"
    price_field: ClassVar[str] = "price_mad_per_mwh"
    share_min_pu: float = Field(ge=0, le=1, description="least renewable share [per unit]")
    window: Literal["day", "week", "horizon"] = Field(description="over which the share is kept")
    time_zone: ZoneName = Field(default="Africa/El_Aaiun", description="clock of the windows")
    price_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of a MWh too much, or none: never [MAD/MWh]"
    )

    def _windows(self, index: pd.Index) -> np.ndarray:
        """Return each step's window; -1 where the clause does not hold."""
        numbers = windows(index, self.window, self.time_zone)
        return np.where(self.holds(index), numbers, -1)

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Declare a budget of energy that is not renewable, for each window."""
        hours, numbers = given.horizon.step_h, self._windows(given.horizon.index)
        held = [int(n) for n in np.unique(numbers) if n >= 0]
        is_sold = self.price_mad(given) is not None
        block.short = pyo.Var(held if is_sold else [], bounds=(0, None))

        @block.Constraint(held)
        def share(b, n):
            inside = [int(t) for t in np.flatnonzero(numbers == n)]
            other_mwh = sum(hours[t] * (site.import_mw(t) + site.genset_mw(t)) for t in inside)
            used_mwh = sum(hours[t] * site.facility_mw(t) for t in inside)
            bought_mwh = b.short[n] if is_sold else 0.0
            return other_mwh - bought_mwh <= (1 - self.share_min_pu) * used_mwh

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return the renewable share of the window so far, at the end of each step."""
        hours = pd.Series(given.horizon.hours, index=table.index)
        numbers = windows(table.index, self.window, self.time_zone)
        other = (
            ((table["site_import_mw"] + table["site_genset_mw"]) * hours).groupby(numbers).cumsum()
        )
        used = (table["facility_power_mw"] * hours).groupby(numbers).cumsum()
        return pd.DataFrame({"share_pu": 1 - other / used.where(used > 0, 1.0)})

    def _excess_mwh(self, table: pd.DataFrame, given: Given) -> dict[tuple[int, ...], float]:
        """Return, for each window, the energy beyond what may be other than renewable."""
        excess: dict[tuple[int, ...], float] = {}
        rows = zip(
            table.index,
            given.horizon.hours,
            table["site_import_mw"] + table["site_genset_mw"],
            table["facility_power_mw"],
            strict=True,
        )
        for moment, step_h, other_mw, used_mw in rows:
            if self.in_force(moment):
                window = window_at(moment, self.window, self.time_zone)
                over_mw = other_mw - (1 - self.share_min_pu) * used_mw
                excess[window] = excess.get(window, 0.0) + step_h * over_mw
        return excess

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return the energy beyond the budgets [MWh]."""
        excess = self._excess_mwh(table, given)
        return float(sum(np.maximum(list(excess.values()), 0.0)))

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rule of the published share."""
        running: dict[tuple[int, ...], tuple[float, float]] = {}
        shares = []
        numbers = [window_at(moment, self.window, self.time_zone) for moment in table.index]
        other_mw = table["site_import_mw"] + table["site_genset_mw"]
        rows = zip(numbers, given.horizon.step_h, other_mw, table["facility_power_mw"], strict=True)
        for number, step_h, drawn_mw, used_mw in rows:
            other, used = running.get(number, (0.0, 0.0))
            other += step_h * drawn_mw
            used += step_h * used_mw
            running[number] = (other, used)
            shares.append(1 - other / used if used else 1.0)
        expected = pd.Series(shares, index=table.index)
        return {"share so far is the table's": self.column_rule(table, "share_pu", expected)}

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say which window comes closest to the share."""
        shares = table[f"{self.name}_share_pu"].groupby(self._windows(table.index)).last()
        lowest = float(shares[shares.index >= 0].min()) if (shares.index >= 0).any() else 1.0
        return (
            f"Art. {self.article}: the lowest renewable share of a {self.window} is "
            f"{100 * lowest:.2f} %, with {100 * self.share_min_pu:g} % asked"
            f"{self._sold(table, given)}."
        )

    def _sold(self, table: pd.DataFrame, given: Given) -> str:
        """Say how much was bought, where something was."""
        bought_mwh = self.bought(table, given)
        return f"; {bought_mwh:.1f} MWh too much, paid for" if bought_mwh > 0.05 else ""
