"""N-1: whichever line or genset fails, at any moment, the sovereign load lives on.

What is left of lines, gensets, sun and wind without the largest unit is weather and data, no
decision: what it lacks for the sovereign load, the batteries' converters must be able to give,
and their energy must last until help comes. Everything else may be shed meanwhile.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from optimizer.agreement.clause import Clause, Quantities
from optimizer.component import Given, parameter
from optimizer.phrases import moment, number, phrase


class NMinusOne(Clause):
    """Batteries can carry for `bridging_h` what the rest lacks without its largest unit.

    At the end of each step for the need of that step and of the next, whichever is more: the unit
    may fail just before or just after. Of resting gensets, and of fuel, nothing is asked.
    """

    kind: ClassVar[str] = "n_minus_one"
    main_field: ClassVar[str] = "bridging_h"
    price_field: ClassVar[str] = "price_mad_per_mwh"
    bridging_h: float = Field(gt=0, le=48, description="hours the batteries must carry it [h]")
    price_mad_per_mwh: float | None = Field(
        default=None,
        ge=0,
        description="price of a MW that would be missing, for an hour, or none: never [MAD/MWh]",
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that there is no sovereign load, or nothing that could fail."""
        return self.not_there(parts, ["firm"]) + self.not_there(parts, ["grid", "genset"])

    def needed_mw(
        self, sovereign_mw: np.ndarray, firm_mw: np.ndarray, index: pd.Index
    ) -> np.ndarray:
        """Return what the batteries must be able to carry at the end of each step [MW].

        Parameters
        ----------
        firm_mw : ndarray
            What lines, gensets, sun and wind can give without the largest unit.
        """
        lacking = np.where(self.holds(index), np.maximum(sovereign_mw - firm_mw, 0.0), 0.0)
        return np.asarray(np.maximum(lacking, np.append(lacking[1:], 0.0)))

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Require power and energy at the end of every step that needs any."""
        firm_mw = site.capability_mw - site.largest_unit_mw
        needed = self.needed_mw(site.sovereign_mw, firm_mw, given.horizon.index)
        inside = [t for t in given.horizon.steps if needed[t] > 0]
        is_sold = self.price_mad(given) is not None
        block.short = pyo.Var(inside if is_sold else [], bounds=(0, None))
        most_mw = site.discharge_max_mw.tolist()
        block.carried_mw = pyo.Var(inside, bounds=lambda _, t: (0, most_mw[t]))
        most = parameter(block, "needed_mw", needed)

        @block.Constraint(inside)
        def power(b, t):
            missing_mw = b.short[t] if is_sold else 0.0
            return b.carried_mw[t] + missing_mw >= most[t]

        @block.Constraint(inside)
        def energy(b, t):
            return self.bridging_h * b.carried_mw[t] - site.deliverable_mwh(t) <= 0

    def weights(self, keys: list[int], given: Given) -> np.ndarray:
        """Return the length of each step: the price is per MW and hour."""
        return given.horizon.hours[keys]

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return what the batteries must be able to carry at the end of each step."""
        firm_mw = table["site_capability_mw"] - table["site_largest_unit_mw"]
        sovereign_mw = table["site_sovereign_mw"].to_numpy()
        needed = self.needed_mw(sovereign_mw, firm_mw.to_numpy(), table.index)
        return pd.DataFrame({"needed_mw": needed}, index=table.index)

    def _needed_by_walking(self, table: pd.DataFrame) -> pd.Series:
        """Return the same from the last step to the first: the audit's own way."""
        rows = zip(
            table.index,
            table["site_sovereign_mw"],
            table["site_capability_mw"],
            table["site_largest_unit_mw"],
            strict=True,
        )
        needed, next_mw = [], 0.0
        for at, sovereign, capability, largest in reversed(list(rows)):
            lacking = np.maximum(sovereign + largest - capability, 0.0)
            now_mw = lacking if self.in_force(at) else 0.0 * lacking
            needed.append(np.maximum(now_mw, next_mw))
            next_mw = now_mw
        return pd.Series(needed[::-1], index=table.index)

    def _missing_mw(self, table: pd.DataFrame) -> pd.Series:
        """Return what would be missing of the sovereign load at the end of each step [MW]."""
        needed = self._needed_by_walking(table)
        by_energy = needed - table["site_deliverable_mwh"] / self.bridging_h
        by_power = needed - table["site_discharge_max_mw"]
        missing = np.maximum(np.maximum(by_energy, by_power), 0.0)
        return pd.Series(missing, index=table.index)

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return what would be missing, times the hours for which that is so [MWh]."""
        return float((self._missing_mw(table).to_numpy() * given.horizon.hours).sum())

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rule of the published need, and, where hard, that it can be carried."""
        needed = self._needed_by_walking(table)
        rules = {
            "what batteries must carry is the table's [MW]": self.column_rule(
                table, "needed_mw", needed
            )
        }
        if self.price_mad(given) is None:
            rules["sovereign load if the largest unit fails [MW]"] = self._missing_mw(table)
        return rules

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say what would be lost at worst, what batteries must carry then, and what is missing."""
        needed = table[f"{self.name}_needed_mw"].round(3)
        most_mw, at = float(needed.max()), needed.idxmax()
        largest_mw = float(table["site_largest_unit_mw"][self.holds(table.index)].max())
        how = {"article": self.article, "largest": number(largest_mw, ".1f")}
        if most_mw == 0:
            return phrase(
                "Art. {article}: without the largest unit ({largest} MW) the rest carries the "
                "sovereign load in every step, batteries aside.",
                how,
            )
        missing = float(self._missing_mw(table).max())
        values = how | {
            "most": number(most_mw, ".1f"),
            "hours": number(self.bridging_h, "g"),
            "moment": moment(pd.Timestamp(str(at))),
            "missing": phrase("nothing is missing"),
        }
        if missing > 1e-3:
            short = {"mw": number(missing, ".1f")}
            values["missing"] = phrase("up to {mw} MW would be missing", short)
        return phrase(
            "Art. {article}: without the largest unit ({largest} MW) batteries must carry up to "
            "{most} MW for {hours} h (at the end of the step {moment}); {missing}.",
            values,
        )
