"""The value of a MWh at the bus in one step, and what makes it up.

The price y of the bus in step t is split by dual feasibility of a variable j that enters the bus
there and is free to move: a_tj y_t = c_j - sum over other rows i of a_ij y_i - reduced cost of j.
Each term is the price of something: of the variable itself, or of a row it takes part in. Rows
that only define a sum (segments of a battery, lines of cooling, a workload's curve) are split on
by a variable of their own.
"""

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from optimizer.explain.frozen import Frozen, moved, spoken
from optimizer.explain.origins import (
    bound_origin,
    cost_origin,
    prices_by_variable,
    row_origin,
)
from optimizer.explain.words import as_known
from optimizer.phrases import phrase

NUDGE_MW = 0.01  # small against any plant, large against the solver's tolerance of 1e-7
PARTS = ["group", "words", "mad_per_mwh", "source"]
SETTERS_MAX_COUNT = 4
_FREE = 1e-6  # of a bound, as in the check of a solution
_NEAR_PU = 5e-3  # of the price: a bound with less (a tie-break) hardly holds a variable
_SAME_MAD = 1e-6  # a reduced cost below this is none
_CIRCLE = 1e-6
_PART_OF_A_SUM = re.compile(r".*\.(segments_(dis)?charge|sum_of_\w+|line_\d+|hull_\d+)")
_ORDER = (  # who sets the price, where several could: first what is bought
    *("grid.import_mw", "genset.power_mw", "grid.export_mw", "firm.", "wind.", "solar."),
    *("battery.discharge_mw", "battery.charge_mw", "training.", "deferrable."),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class BusValue:
    """What a MWh at the bus is worth in one step.

    Attributes
    ----------
    mad_per_mwh : float
        The price (dual) of the bus [MAD/MWh].
    less, more : float or None
        What a MWh less saves and a MWh more costs, re-solved; None where it can't be had.
    set_by : str
        The variable whose dual feasibility splits the price; `is_free` if it could move both ways.
    parts : DataFrame
        ``set_by``, ``group``, ``words``, ``mad_per_mwh``, ``source``; for each variable that could
        set the price, the parts sum to `mad_per_mwh`. The first is `set_by`.
    """

    step: int
    at: pd.Timestamp
    mad_per_mwh: float
    less: float | None
    more: float | None
    set_by: str
    is_free: bool
    parts: pd.DataFrame


@dataclass(frozen=True, kw_only=True, eq=False)
class Bus:
    """The bus rows of a solved plan, and who charges what for each variable."""

    frozen: Frozen
    row_of: dict[int, int]
    prices: dict[int, list[tuple[str, str, float]]]

    @property
    def hours(self) -> np.ndarray:
        """Return the length of each step [h]."""
        return self.frozen.optimum.problem.given.horizon.hours

    @property
    def index(self) -> pd.DatetimeIndex:
        """Return the beginning of each step."""
        return self.frozen.optimum.problem.given.horizon.index

    def values(self) -> pd.Series:
        """Return what a MWh is worth in each step [MAD/MWh]; zero where nothing meets the bus."""
        price = np.zeros(len(self.hours))
        for t, row in self.row_of.items():
            price[t] = self.frozen.row_dual[row]
        return pd.Series(price / self.hours, index=self.index, name="mad_per_mwh")

    def value(self, t: int, *, is_checked: bool = True) -> BusValue:
        """Return what a MWh is worth in step `t`, split.

        `is_checked` adds both one-sided derivatives, which two more solves give.
        """
        row, per_mwh = self.row_of[t], 1 / self.hours[t]
        setters = self._setters(row)
        less, more = self.sides(t) if is_checked else (None, None)
        parts = [
            _Split(bus=self, root=row)
            .parts(column, per_mwh)
            .assign(set_by=spoken(self.frozen.columns[column]))
            for column in setters
        ]
        return BusValue(
            step=t,
            at=self.index[t],
            mad_per_mwh=float(self.frozen.row_dual[row] * per_mwh),
            less=less,
            more=more,
            set_by=spoken(self.frozen.columns[setters[0]]),
            is_free=self.is_between(setters[0]) and self.is_priceless(setters[0]),
            parts=pd.concat(parts, ignore_index=True)[["set_by", *PARTS]],
        )

    def sides(self, t: int, by_mw: float = NUDGE_MW) -> tuple[float | None, float | None]:
        """Return what a MWh less saves and a MWh more costs, by solving again [MAD/MWh]."""
        base, lp = self.frozen.solution.objective, self.frozen.lp
        per_mwh = 1 / (by_mw * self.hours[t])
        fewer = self.frozen.solve(moved(lp, self.row_of[t], -by_mw))
        further = self.frozen.solve(moved(lp, self.row_of[t], by_mw))
        return (
            None if fewer is None else float((base - fewer) * per_mwh),
            None if further is None else float((further - base) * per_mwh),
        )

    def columns_of(self, row: int) -> list[int]:
        """Return the variables of a row."""
        by_row = self.frozen.by_row
        return [int(j) for j in by_row.indices[by_row.indptr[row] : by_row.indptr[row + 1]]]

    def is_between(self, column: int) -> bool:
        """Return whether a variable is strictly between its bounds."""
        lp, x = self.frozen.lp, self.frozen.x[column]
        near = _FREE * max(1.0, abs(x))
        return bool(x - lp.col_lower[column] > near and lp.col_upper[column] - x > near)

    def is_priceless(self, column: int) -> bool:
        """Return whether a variable's bounds have no price."""
        return bool(abs(self.frozen.col_dual[column]) <= _SAME_MAD)

    def _setters(self, row: int) -> list[int]:
        """Return the variables that could set the price of a bus row, most telling first."""

        def rank(column: int) -> tuple[bool, int, float]:
            name = self.frozen.columns[column][0]
            kind, what = name.split("_", 1)[0], name.partition(".")[2]
            order = [k for k, o in enumerate(_ORDER) if f"{kind}.{what}".startswith(o)]
            bound_mad = abs(float(self.frozen.col_dual[column]))
            is_held = bound_mad > _NEAR_PU * max(1.0, abs(float(self.frozen.row_dual[row])))
            return is_held, order[0] if order else len(_ORDER), bound_mad

        ranked = sorted(self.columns_of(row), key=rank)
        near = [column for column in ranked if not rank(column)[0]]
        return near[:SETTERS_MAX_COUNT] or ranked[:1]


def bus_of(frozen: Frozen) -> Bus:
    """Return the bus of a solved plan."""
    rows = {
        index: k
        for k, (name, index) in enumerate(frozen.rows)
        if name == "bus.balance" and isinstance(index, int)
    }
    prices = prices_by_variable(frozen.optimum.problem)
    return Bus(frozen=frozen, row_of=rows, prices=prices)


@dataclass(kw_only=True, frozen=True, eq=False)
class _Split:
    """One price taken apart; it collects what it finds."""

    bus: Bus
    root: int
    is_deep: bool = True
    terms: list[tuple[str, str, float, str]] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def parts(self, column: int, per_mwh: float) -> pd.DataFrame:
        """Return the parts of the root row's price, split by `column`; their sum is the price."""
        own = self._take(self.root, column, 1.0)
        if abs(1 - own) < _CIRCLE:  # the sums lead back to the bus: stop at the first of them
            flat = _Split(bus=self.bus, root=self.root, is_deep=False)
            return flat.parts(column, per_mwh)
        frame = pd.DataFrame(self.terms, columns=PARTS)
        frame["mad_per_mwh"] *= per_mwh / (1 - own)
        grouped = frame.groupby(["group", "words"], sort=False)
        table = grouped.agg(mad_per_mwh=("mad_per_mwh", "sum"), source=("source", "first"))
        table = table.reset_index()[PARTS]
        table["group"] = as_known(table["group"], [term[0] for term in self.terms])
        table["words"] = as_known(table["words"], [term[1] for term in self.terms])
        table = table[table["mad_per_mwh"].abs() > _SAME_MAD]
        order = table["mad_per_mwh"].abs().sort_values(ascending=False, kind="stable").index
        return table.loc[order].reset_index(drop=True)

    def _take(self, row: int, column: int, weight: float) -> float:
        """Add `weight` times the price of `row`, split by `column`; return the root's share."""
        frozen, own = self.bus.frozen, 0.0
        self.used.add(column)
        a, lp = frozen.lp.a, frozen.lp
        part = slice(a.indptr[column], a.indptr[column + 1])
        factors = dict(zip(a.indices[part].tolist(), a.data[part].tolist(), strict=True))
        weight = weight / factors.pop(row)
        name = lp.columns[column].parent_component().name
        known = 0.0
        for owner, kind, price in self.bus.prices.get(id(lp.columns[column]), []):
            self._add(cost_origin(owner, kind), weight * price, f"{owner} {kind}")
            known += price
        self._add((phrase("cost"), phrase("other costs")), weight * (lp.cost[column] - known), name)
        bound = spoken(frozen.columns[column])
        self._add(bound_origin(name), -weight * frozen.col_dual[column], bound)
        for other, factor in factors.items():
            if other == self.root:
                own -= weight * factor
            elif frozen.row_dual[other]:
                own += self._of_row(other, -weight * factor)
        return own

    def _of_row(self, row: int, weight: float) -> float:
        """Add `weight` times the price of another row: split on, or as it is."""
        frozen = self.bus.frozen
        name = frozen.lp.rows[row][0].parent_component().name
        if self.is_deep and _PART_OF_A_SUM.fullmatch(name):
            between = [
                j
                for j in self.bus.columns_of(row)
                if j not in self.used and self.bus.is_priceless(j) and self.bus.is_between(j)
            ]
            if between:
                return self._take(row, between[0], weight)
        self._add(row_origin(name), weight * frozen.row_dual[row], spoken(frozen.rows[row]))
        return 0.0

    def _add(self, origin: tuple[str, str], mad: float, source: str) -> None:
        """Note one part."""
        if mad:
            self.terms.append((*origin, mad, source))
