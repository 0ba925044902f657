"""Ride-through: at the end of every step the batteries can carry the sovereign load for hours."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from optimizer.agreement.clause import Clause, Quantities
from optimizer.component import Given, parameter
from optimizer.phrases import moment, number, phrase


class RideThrough(Clause):
    """Deliverable stored energy covers the sovereign load of the next `autonomy_h` hours."""

    kind: ClassVar[str] = "ride_through"
    main_field: ClassVar[str] = "autonomy_h"
    price_field: ClassVar[str] = "price_mad_per_mwh_h"
    autonomy_h: float = Field(gt=0, le=168, description="hours the sovereign load must live on [h]")
    price_mad_per_mwh_h: float | None = Field(
        default=None, ge=0, description="price of a MWh missing for an hour, or none: never"
    )

    def required_mwh(self, sovereign_mw: np.ndarray, given: Given) -> np.ndarray:
        """Return the energy needed after each step; after the plan's end the last draw goes on."""
        end_h = given.horizon.end_h
        energy_mwh = np.concatenate([[0.0], np.cumsum(sovereign_mw * given.horizon.hours)])
        knots_h = np.concatenate([[0.0], end_h])
        until_h = end_h + self.autonomy_h
        beyond_mwh = np.maximum(until_h - end_h[-1], 0.0) * sovereign_mw[-1]
        required = np.interp(until_h, knots_h, energy_mwh) - energy_mwh[1:] + beyond_mwh
        return np.where(self.holds(given.horizon.index), required, 0.0)

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Require the energy at the end of every step."""
        steps = given.horizon.steps
        required_mwh = self.required_mwh(site.sovereign_mw, given)
        is_sold = self.price_mad(given) is not None
        block.short = pyo.Var(list(steps) if is_sold else [], bounds=(0, None))

        least = parameter(block, "required_mwh", required_mwh)

        @block.Constraint([t for t in steps if required_mwh[t] > 0])
        def autonomy(b, t):
            bought_mwh = b.short[t] if is_sold else 0.0
            return site.deliverable_mwh(t) + bought_mwh >= least[t]

    def weights(self, keys: list[int], given: Given) -> np.ndarray:
        """Return the length of each step: the price is per MWh and hour."""
        return given.horizon.hours[keys]

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return what is required at the end of each step."""
        required = self.required_mwh(table["site_sovereign_mw"].to_numpy(), given)
        return pd.DataFrame({"required_mwh": required}, index=table.index)

    def _required_by_walking(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return what is required after each step, summed step by step: the audit's own way."""
        draw_mw, step_h = table["site_sovereign_mw"].tolist(), given.horizon.step_h
        held = [self.in_force(moment) for moment in table.index]
        required = []
        for t in range(len(draw_mw)):
            left_h, need_mwh, u = self.autonomy_h, 0.0, t + 1
            while left_h > 1e-9:
                span_h = min(left_h, step_h[u]) if u < len(draw_mw) else left_h
                need_mwh += span_h * draw_mw[min(u, len(draw_mw) - 1)]
                left_h, u = left_h - span_h, u + 1
            required.append(need_mwh if held[t] else 0.0)
        return pd.Series(required, index=table.index)

    def _missing_mwh(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return what is missing at the end of each step [MWh]."""
        required = self._required_by_walking(table, given)
        return (required - table["site_deliverable_mwh"]).clip(lower=0.0)

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return missing energy times the hours it is missing [MWh h]."""
        return float((self._missing_mwh(table, given).to_numpy() * given.horizon.hours).sum())

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rule of the published requirement, and, where hard, of the energy itself."""
        required = self._required_by_walking(table, given)
        rules = {
            "what is required is the table's [MWh]": self.column_rule(
                table, "required_mwh", required
            )
        }
        if self.price_mad(given) is None:
            rules["ride-through energy [MWh]"] = required - table["site_deliverable_mwh"]
        return rules

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say how far above the requirement the energy stays, or how far below it falls."""
        margin = table["site_deliverable_mwh"] - table[f"{self.name}_required_mwh"]
        margin = margin[self.holds(table.index)].round(3)  # so that noise does not choose the step
        least_mwh, at = float(margin.min()), margin.idxmin()
        how = {
            "article": self.article,
            "hours": number(self.autonomy_h, "g"),
            "mwh": number(least_mwh + 0.0, ".0f") if least_mwh >= 0 else number(-least_mwh, ".1f"),
            "moment": moment(pd.Timestamp(str(at))),
        }
        if least_mwh >= 0:
            return phrase(
                "Art. {article}: stored energy exceeds the {hours} h of the sovereign load by at "
                "least {mwh} MWh (at the end of the step {moment}).",
                how,
            )
        return phrase(
            "Art. {article}: stored energy falls short of the {hours} h of the sovereign load by "
            "up to {mwh} MWh (at the end of the step {moment}).",
            how,
        )
