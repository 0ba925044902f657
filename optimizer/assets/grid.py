"""Grid connection: draw and feed-in within limits, at the prices of the tariff.

Signs: import and export are both >= 0, mean over a step, never both at once.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.assets.grid_rules import CARBON, LIMITS, PRICES, GridRules
from optimizer.component import Given, Terms, bounds_up_to, solved, weighted


class Grid(GridRules):
    """One connection point and its supply contract."""

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
        """Return draw, feed-in, limits, prices, carbon and the month's peak so far."""
        table = solved(block, ["import_mw", "export_mw"], given.horizon.index)
        for quantity in (*LIMITS, *PRICES, *CARBON):
            table[quantity] = given.column(f"{self.name}_{quantity}")
        if months := self._months(given.horizon.index):
            peaks = table["import_mw"].groupby(np.asarray(months)).cummax()
            opening = [self._opening_peak_mw(given, m) for m in months]
            table["month_peak_mw"] = np.maximum(peaks, opening)
        return table
