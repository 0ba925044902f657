"""A budget's parameters, and its audit: what was counted and allowed, by calendar, step by step."""

import datetime
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from optimizer.agreement.clause import Clause
from optimizer.agreement.windows import (
    FIRST_DAY,
    LAST_DAY,
    WindowName,
    bounds_at,
    window_words,
)
from optimizer.component import Given
from optimizer.legal_time import SITE_TIME_ZONE, ZoneName, zone
from optimizer.phrases import Number, number, phrase
from optimizer.units import UNIT_TEXT

Bounds = tuple[str, pd.Timestamp, pd.Timestamp]  # a window's key, beginning and end
WITHIN = ("horizon", "hour")  # windows that no other plan shares
_HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a plan stands in one window, as the audit sees it."""

    key: str
    counted: float  # within the plan
    allowed: float | None  # within the plan, or due; none: no bound, only a price
    worth_mad: float  # of a unit left, where the window goes on after the plan
    is_whole: bool  # nothing of the window lies outside the plan


class BudgetRules(Clause):
    """Parameters of a budget, and the rules its published table must keep."""

    unit: ClassVar[str]  # of what is counted, as names have it: mwh, kg, h, l, m3
    noun: ClassVar[str]  # what is counted, for sentences
    is_least: ClassVar[bool] = False  # the limit is an amount due
    is_signed: ClassVar[bool] = False  # what is counted may fall as well as rise
    used_word: ClassVar[str] = "used"  # what the column and the opening state call the count
    window: WindowName = Field(description="over which it is kept")
    time_zone: ZoneName = Field(default=SITE_TIME_ZONE, description="clock of the windows")

    @property
    def used_name(self) -> str:
        """Name of the count in the table and in the opening state, with its unit."""
        return f"{self.used_word}_{self.unit}"

    @property
    def worth_name(self) -> str:
        """Name of the worth of a unit left, in the opening state."""
        return f"price_mad_per_{self.unit}"

    def refused(self, why: str, remedy: str) -> list[str]:
        """Return that the clause can't apply to the site, as `problems` says it."""
        return [f"Art. {self.article}: {self.kind} can't apply: {why}. {remedy}"]

    @abstractmethod
    def limit(self) -> float:
        """Return the most, or the least, that is counted in a whole window (of 1 h: per hour)."""

    @abstractmethod
    def counted(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return what is counted in each step, from the published table alone."""

    def _bounds(self, moment: pd.Timestamp, given: Given) -> Bounds:
        """Return a moment's window by the calendar; the plan itself for the horizon."""
        if self.window == "horizon":
            return "", given.horizon.start, given.horizon.end
        return bounds_at(moment, self.window, self.time_zone)

    def _walked(self, table: pd.DataFrame, given: Given) -> dict[Bounds, tuple[float, float]]:
        """Return what is counted in each window and the hours it covers, step by step."""
        sums: dict[Bounds, tuple[float, float]] = {}
        rows = zip(table.index, given.horizon.step_h, self.counted(table, given), strict=True)
        for moment, step_h, counted in rows:
            if self.in_force(moment):
                bounds = self._bounds(moment, given)
                before, covered_h = sums.get(bounds, (0.0, 0.0))
                sums[bounds] = (before + counted, covered_h + step_h)
        return sums

    def _valid_span(self, bounds: Bounds) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return when the valid part of a window begins and ends."""
        midnight, clock = datetime.time(), zone(SITE_TIME_ZONE)
        last_day = min(self.valid_until or LAST_DAY, LAST_DAY)
        since = datetime.datetime.combine(max(self.valid_from, FIRST_DAY), midnight, clock)
        until = datetime.datetime.combine(last_day, midnight, clock) + datetime.timedelta(days=1)
        return max(bounds[1], pd.Timestamp(since)), min(bounds[2], pd.Timestamp(until))

    def _stated(self, given: Given, quantity: str, key: str) -> float | None:
        """Return one value of the opening state, or none."""
        for row in given.state.rows:
            if (row.name, row.quantity, row.key) == (self.name, quantity, key):
                return row.value
        return None

    def _share(
        self, bounds: Bounds, given: Given, covered_h: float
    ) -> tuple[float | None, float, bool]:
        """Return what is allowed, the worth of a unit left, and whether the window is whole."""
        if self.window in WITHIN:
            return self.limit() * (covered_h if self.window == "hour" else 1.0), 0.0, True
        key, begin, end = bounds
        opens, closes = self._valid_span(bounds)
        start, finish = given.horizon.start, given.horizon.end
        limit = self.limit() * ((closes - opens) / (end - begin))
        before = self._stated(given, self.used_name, key) if opens < start else 0.0
        if before is None:
            before = limit * ((start - opens) / (closes - opens))
        rest = limit - before
        if rest < 0 and not self.is_signed:
            rest = 0.0
        if closes <= finish:
            return rest, 0.0, opens >= start
        worth = self._stated(given, self.worth_name, key)
        if worth is None:
            return rest * covered_h / ((closes - max(opens, start)) / _HOUR), 0.0, False
        return (None if self.is_least or self.is_signed else rest), worth, False

    def standings(self, table: pd.DataFrame, given: Given) -> list[Standing]:
        """Return how the plan stands in each window it touches while the clause is valid."""
        found = []
        for bounds, (counted, covered_h) in self._walked(table, given).items():
            allowed, worth_mad, is_whole = self._share(bounds, given, covered_h)
            found.append(
                Standing(
                    key=bounds[0],
                    counted=counted,
                    allowed=allowed,
                    worth_mad=worth_mad,
                    is_whole=is_whole,
                )
            )
        return found

    def _over(self, standing: Standing) -> float:
        """Return by how much a budget is overrun, or a due not met; negative if kept."""
        if standing.allowed is None:
            return -np.inf
        return (standing.counted - standing.allowed) * (-1.0 if self.is_least else 1.0)

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return by how much budgets are overrun, or dues not met, over all windows."""
        over = [self._over(each) for each in self.standings(table, given)]
        return float(sum(np.maximum(over, 0.0)))

    def bill(self, table: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return the price of breaches, and the worth of what is used of windows that go on."""
        stand, sign = self.standings(table, given), -1.0 if self.is_least else 1.0
        worth = sum(sign * each.worth_mad * each.counted for each in stand if each.worth_mad)
        return super().bill(table, given) | ({"budget": worth} if worth else {})

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rule of the published running count."""
        running: dict[str, float] = {}
        counts = []
        for moment, counted in zip(table.index, self.counted(table, given), strict=True):
            bounds = self._bounds(moment, given)
            key = bounds[0]
            if key not in running:
                is_new = self.window in WITHIN or self._valid_span(bounds)[0] >= given.horizon.start
                running[key] = 0.0 if is_new else self._stated(given, self.used_name, key) or 0.0
            running[key] += counted if self.in_force(moment) else 0.0 * counted
            counts.append(running[key])
        expected = pd.Series(counts, index=table.index)
        rule = self.column_rule(table, self.used_name, expected)
        unit = UNIT_TEXT.get(self.unit, self.unit)
        return {f"count of the {self.window} so far is the table's [{unit}]": rule}

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say how the plan stands in the window that comes closest to its limit."""
        unit = UNIT_TEXT.get(self.unit, self.unit)
        stand = max(self.standings(table, given), key=self._over)
        where = window_words(self.window, stand.key)
        if not stand.is_whole:
            where = phrase("this plan's part of {window}", {"window": where})
        amount: dict[str, str] = {"counted": figure(stand.counted), "unit": unit}
        if stand.allowed is None:
            text = phrase("{counted} {unit}", amount)
        elif self.is_least:
            due: dict[str, str] = {"due": figure(stand.allowed)}
            text = phrase("{counted} of {due} {unit} due", amount | due)
        else:
            allowed: dict[str, str] = {"allowed": figure(stand.allowed)}
            text = phrase("{counted} of {allowed} {unit} allowed", amount | allowed)
        if stand.worth_mad:
            worth = {"amount": text, "mad": number(stand.worth_mad, ",.2f"), "unit": unit}
            text = phrase("{amount}, at {mad} MAD/{unit} for what is left", worth)
        how = {"article": self.article, "noun": self.noun, "window": where}
        how["amount"] = self._with_sold(text, table, given)
        return phrase("Art. {article}: {noun} in {window}: {amount}.", how)

    def _with_sold(self, text: str, table: pd.DataFrame, given: Given) -> str:
        """Add how much is bought, where something is."""
        bought, unit = self.bought(table, given), UNIT_TEXT.get(self.unit, self.unit)
        if bought <= 0.05:
            return text
        values = {"amount": text, "bought": figure(bought), "unit": unit}
        if self.is_least:
            return phrase("{amount}; {bought} {unit} missing, paid for", values)
        return phrase("{amount}; {bought} {unit} too much, paid for", values)


def figure(value: float) -> Number:
    """Return an amount as a sentence says it: 80.5, 12,000."""
    return number(value) if abs(value) >= 1000 else number(round(value, 1) + 0.0, ".1f")
