"""Shares: over each window, one energy is at most a share of another; the base of such clauses.

One row a window: sum (part - cap * whole) <= 0. The balance of a window that goes on is signed: a
reserve from good days may carry a bad one.
"""

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Quantities
from optimizer.agreement.windows import steps_by_window, window_words
from optimizer.component import Given
from optimizer.phrases import number, phrase


class ShareClause(BudgetClause):
    """The part is at most `cap_pu` of the whole."""

    unit: ClassVar[str] = "mwh"
    price_field: ClassVar[str] = "price_mad_per_mwh"
    is_signed: ClassVar[bool] = True
    used_word: ClassVar[str] = "excess"
    is_complement: ClassVar[bool] = False  # the agreement speaks of the rest: 1 - part / whole
    price_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of a MWh too much, or none: never [MAD/MWh]"
    )

    @abstractmethod
    def cap_pu(self) -> float:
        """Return the most the part may be of the whole [per unit]."""

    @abstractmethod
    def part_mw(self, site: Quantities, t: int) -> Any:
        """Return the part in step `t`, as an expression of the model [MW]."""

    @abstractmethod
    def whole_mw(self, site: Quantities, t: int) -> Any:
        """Return the whole in step `t`, as an expression of the model [MW]."""

    @abstractmethod
    def part_of(self, table: pd.DataFrame) -> pd.Series:
        """Return the part from the published table [MW]."""

    @abstractmethod
    def whole_of(self, table: pd.DataFrame) -> pd.Series:
        """Return the whole from the published table [MW]."""

    def limit(self) -> float:
        """Return how far the part may be beyond its cap: not at all [MWh]."""
        return 0.0

    def rate(self, site: Quantities, t: int) -> Any:
        """Return the part beyond its cap in step `t` [MW]."""
        return self.part_mw(site, t) - self.cap_pu() * self.whole_mw(site, t)

    def counted(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return the energy beyond the cap in each step, negative below it [MWh]."""
        beyond_mw = self.part_of(table) - self.cap_pu() * self.whole_of(table)
        return pd.Series(beyond_mw * given.horizon.hours)

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return the share of the window so far within the plan, and the energy beyond it."""
        index, hours = given.horizon.index, given.horizon.hours
        part, whole = (mw.to_numpy() * hours for mw in (self.part_of(table), self.whole_of(table)))
        held, share = self.holds(index), np.zeros(len(table))
        for inside in steps_by_window(index, self.window, self.time_zone).values():
            some, of = (np.cumsum(np.where(held, mwh, 0.0)[inside]) for mwh in (part, whole))
            share[inside] = np.divide(some, of, out=np.zeros(len(of)), where=of > 0)
        shown = 1 - share if self.is_complement else share
        return super().read(table, given).assign(share_pu=shown)

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of the published share and of the energy beyond it."""
        running: dict[str, tuple[float, float]] = {}
        shares = []
        columns = table.index, given.horizon.step_h, self.part_of(table), self.whole_of(table)
        for moment, step_h, part_mw, whole_mw in zip(*columns, strict=True):
            key, factor_h = self._bounds(moment, given)[0], step_h * self.in_force(moment)
            part, whole = running.get(key, (0.0, 0.0))
            part, whole = part + factor_h * part_mw, whole + factor_h * whole_mw
            running[key] = part, whole
            share = part / whole if whole != 0 else 0.0
            shares.append(1 - share if self.is_complement else share)
        expected = pd.Series(shares, index=table.index)
        rule = self.column_rule(table, "share_pu", expected)
        return super().rules(table, given) | {"share so far is the table's": rule}

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say how large the share is in the window that comes closest to it."""
        shares = table[f"{self.name}_share_pu"]
        ends = [(shares.iloc[account.steps[-1]], account) for account in self.accounts(given)]
        pick = min if self.is_complement else max
        share, account = pick(ends, key=lambda end: float(end[0]))
        asked = 1 - self.cap_pu() if self.is_complement else self.cap_pu()
        window = account.window
        amount = phrase("{percent} %", {"percent": number(100 * share + 0.0, ".2f")})
        if window.begin < given.horizon.start or window.end > given.horizon.end:
            amount = phrase("{amount} in this plan's part", {"amount": amount})
        limit = {"amount": amount, "percent": number(100 * asked, ".4g")}
        if self.is_complement:
            amount = phrase("{amount}, {percent} % asked", limit)
        else:
            amount = phrase("{amount}, {percent} % allowed", limit)
        if account.price_mad:
            price = {"amount": amount, "mad": number(account.price_mad, ",.2f")}
            amount = phrase("{amount} of the whole; {mad} MAD/MWh for what lies beyond", price)
        how = {
            "article": self.article,
            "noun": self.noun,
            "window": window_words(self.window, window.key),
            "amount": self._with_sold(amount, table, given),
        }
        return phrase("Art. {article}: {noun} in {window}: {amount}.", how)
