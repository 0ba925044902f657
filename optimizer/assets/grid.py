"""Grid connection: draw and feed-in within limits, at the prices of the tariff.

Signs: import and export are both >= 0, mean over a step, never both at once.
"""

from typing import Any, Self

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field, model_validator

from optimizer.assets.tariff import Tariff
from optimizer.component import (
    Component,
    Given,
    Needed,
    Terms,
    bounds_up_to,
    least,
    solved,
    unequal,
    weighted,
)
from optimizer.horizon import Horizon
from optimizer.state import StateRow

PRICES = ("import_price_mad_per_mwh", "export_price_mad_per_mwh")
LIMITS = ("import_max_mw", "export_max_mw")


class Grid(Component):
    """One connection point and its supply contract."""

    import_max_mw: float = Field(ge=0, le=1e5, description="most that can be drawn [MW]")
    export_max_mw: float = Field(ge=0, le=1e5, description="most that can be fed in [MW]")
    emission_kg_per_mwh: float = Field(ge=0, description="carbon intensity of a MWh drawn [kg/MWh]")
    import_energy_min_mwh: float | None = Field(
        default=None, ge=0, description="least energy to draw over the plan (take or pay), or none"
    )
    import_energy_max_mwh: float | None = Field(
        default=None, ge=0, description="most energy to draw over the plan, or none [MWh]"
    )
    series_file: str | None = Field(
        default=None, description="CSV or Parquet with prices and limits by step, or none"
    )
    tariff: Tariff | None = Field(default=None, description="price list and demand charge, or none")

    @model_validator(mode="after")
    def _one_price_source(self) -> Self:
        """Refuse two sources of the price."""
        if self._has_periods and self.series_file is not None:
            raise ValueError("tariff and series_file are both given. Keep one source of prices.")
        return self

    @property
    def _has_periods(self) -> bool:
        """Whether the tariff gives the prices."""
        return self.tariff is not None and bool(self.tariff.period)

    def needs(self) -> list[Needed]:
        """Return prices and limits of each step."""
        prices = [Needed(column=f"{self.name}_{q}", low=-1e6, high=1e6) for q in PRICES]
        limits = [Needed(column=f"{self.name}_{q}", low=0, high=1e5) for q in LIMITS]
        return prices + limits

    def derive(self, horizon: Horizon) -> dict[str, np.ndarray]:
        """Return the series that the tariff and the connection's limits give by themselves."""
        length = len(horizon.steps)
        derived = {"export_max_mw": np.full(length, self.export_max_mw)}
        import_max_mw = np.full(length, self.import_max_mw)
        if self.tariff is not None and self._has_periods:
            at = self.tariff.at(horizon.index)
            derived |= {q: at[q] for q in PRICES}
            import_max_mw = np.minimum(import_max_mw, at["subscribed_mw"])
        derived["import_max_mw"] = import_max_mw
        return {f"{self.name}_{q}": values for q, values in derived.items()}

    def state_quantities(self) -> list[str]:
        """Return the highest draw of the month so far."""
        return ["month_peak_mw"]

    def _months(self, index: pd.Index) -> list[str]:
        """Return the billing month of each step; none where no demand charge is due."""
        charged = self.tariff is not None and self.tariff.demand_charge_mad_per_mw_month > 0
        return self.tariff.month_of(index) if charged and self.tariff else []

    def _opening_peak_mw(self, given: Given, month: str) -> float:
        """Return the month's highest draw before the plan [MW]."""
        return given.state.value(self.name, "month_peak_mw", 0.0, key=month)

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare draw, feed-in, their limits and the month's peak."""
        steps, hours = given.horizon.steps, given.horizon.hours
        import_max, export_max = (given.column(f"{self.name}_{q}") for q in LIMITS)
        block.import_mw = pyo.Var(steps, bounds=bounds_up_to(import_max))
        block.export_mw = pyo.Var(steps, bounds=bounds_up_to(export_max))
        share = {t: (1 / import_max[t], 1 / export_max[t]) for t in self._both_ways(given)}
        block.import_share_per_mw = pyo.Param(
            list(share), initialize={t: drawn for t, (drawn, _) in share.items()}
        )
        block.export_share_per_mw = pyo.Param(
            list(share), initialize={t: fed for t, (_, fed) in share.items()}
        )

        @block.Constraint(list(share))
        def one_direction(b, t):  # the convex hull of "never both at once"; audited below
            drawn_pu = b.import_share_per_mw[t] * b.import_mw[t]
            return drawn_pu + b.export_share_per_mw[t] * b.export_mw[t] <= 1

        if self.import_energy_max_mwh is not None or self.import_energy_min_mwh is not None:

            @block.Constraint()
            def energy_drawn(b):
                drawn_mwh = weighted(hours, b.import_mw.values())
                return (self.import_energy_min_mwh or 0.0, drawn_mwh, self.import_energy_max_mwh)

        self._add_month_peak(block, given)

    def _both_ways(self, given: Given) -> list[int]:
        """Return the steps in which drawing and feeding in at once might pay.

        Where feeding in earns less than drawing costs, less of both is always better.
        """
        buy, sell = (given.column(f"{self.name}_{q}") for q in PRICES)
        import_max, export_max = (given.column(f"{self.name}_{q}") for q in LIMITS)
        pays = (sell >= buy) | (self.import_energy_min_mwh is not None)
        return np.flatnonzero(pays & (import_max > 0) & (export_max > 0)).tolist()

    def _add_month_peak(self, block: pyo.Block, given: Given) -> None:
        """Price each calendar month's draw above the highest so far."""
        months = self._months(given.horizon.index)
        if not months:
            return
        names = sorted(set(months))
        peak_mw = {m: self._opening_peak_mw(given, m) for m in names}
        block.peak_above_mw = pyo.Var(names, bounds=(0, None))

        @block.Constraint(given.horizon.steps)
        def month_peak(b, t):
            return b.import_mw[t] - b.peak_above_mw[months[t]] <= peak_mw[months[t]]

    def to_bus_mw(self, block: pyo.Block, t: int) -> Any:
        """Return draw less feed-in in step `t`."""
        return block.import_mw[t] - block.export_mw[t]

    def exclusive(self, block: pyo.Block) -> tuple[pyo.Var, pyo.Var]:
        """Return draw and feed-in: never both at once."""
        return block.import_mw, block.export_mw

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return the energy bill, the sales (negative) and the demand charge."""
        hours = given.horizon.hours
        buy, sell = (given.column(f"{self.name}_{q}") for q in PRICES)
        terms: dict[str, Terms] = {
            "import": (buy * hours, list(block.import_mw.values())),
            "export": (-sell * hours, list(block.export_mw.values())),
        }
        if self._months(given.horizon.index) and self.tariff is not None:
            above = list(block.peak_above_mw.values())
            price = np.full(len(above), self.tariff.demand_charge_mad_per_mw_month)
            terms["demand"] = (price, above)
        return terms

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return draw, feed-in, limits, prices and the month's peak so far."""
        table = solved(block, ["import_mw", "export_mw"], given.horizon.index)
        for quantity in (*LIMITS, *PRICES):
            table[quantity] = given.column(f"{self.name}_{quantity}")
        if months := self._months(given.horizon.index):
            peaks = table["import_mw"].groupby(np.asarray(months)).cummax()
            opening = [self._opening_peak_mw(given, m) for m in months]
            table["month_peak_mw"] = np.maximum(peaks, opening)
        return table

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return the bill by kind, from the published draw and feed-in [MAD]."""
        hours = given.horizon.hours
        bill = {
            "import": float((own["import_mw"] * own[PRICES[0]] * hours).sum()),
            "export": -float((own["export_mw"] * own[PRICES[1]] * hours).sum()),
        }
        if (months := self._months(own.index)) and self.tariff is not None:
            above_mw = sum(
                max(0.0, float(drawn.max()) - self._opening_peak_mw(given, str(month)))
                for month, drawn in own["import_mw"].groupby(np.asarray(months))
            )
            bill["demand"] = above_mw * self.tariff.demand_charge_mad_per_mw_month
        return bill

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of a grid connection."""
        drawn, fed = own["import_mw"], own["export_mw"]
        rules = {
            "draw fits the connection [MW]": drawn - own["import_max_mw"],
            "feed-in fits the connection [MW]": fed - own["export_max_mw"],
            "draw is not negative [MW]": -drawn,
            "feed-in is not negative [MW]": -fed,
            "never both at once [MW]": least(drawn, fed),
        }
        for quantity in (*LIMITS, *PRICES):
            expected = given.series[f"{self.name}_{quantity}"]
            rules[f"{quantity} is the input's"] = unequal(own[quantity], expected)
        drawn_mwh = pd.Series((drawn * given.horizon.hours).sum(), index=own.index[-1:])
        if self.import_energy_max_mwh is not None:
            rules["energy drawn has a most [MWh]"] = drawn_mwh - self.import_energy_max_mwh
        if self.import_energy_min_mwh is not None:
            rules["energy drawn has a least [MWh]"] = self.import_energy_min_mwh - drawn_mwh
        return rules | self._tariff_rules(own, given)

    def _tariff_rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules that hold the table against the tariff, looked up moment by moment."""
        rules = {}
        if self.tariff is not None and self._has_periods:
            periods = [self.tariff.looked_up(moment) for moment in own.index]
            for quantity in PRICES:
                listed = pd.Series([getattr(p, quantity) for p in periods], index=own.index)
                rules[f"{quantity} is the tariff's [MAD/MWh]"] = unequal(own[quantity], listed)
            subscribed = pd.Series([p.subscribed_mw for p in periods], index=own.index)
            rules["draw fits the subscribed power [MW]"] = own["import_mw"] - subscribed
        if months := self._months(own.index):
            highest: dict[str, float] = {m: self._opening_peak_mw(given, m) for m in months}
            running = []
            for month, drawn in zip(months, own["import_mw"], strict=True):
                highest[month] = max(highest[month], drawn)
                running.append(highest[month])
            peak = pd.Series(running, index=own.index)
            rules["month's peak is the highest draw [MW]"] = unequal(own["month_peak_mw"], peak)
        return rules

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the month's highest draw so far."""
        months = self._months(own.index)
        if not months:
            return []
        peak_mw = float(own["month_peak_mw"].iloc[count - 1])
        return [StateRow(self.name, "month_peak_mw", peak_mw, months[count - 1])]
