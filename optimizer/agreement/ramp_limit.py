"""Ramp limit: exchange with the grid changes no faster than agreed.

Exchange is draw less feed-in, over all connections, mean over a step. Between two steps it may
change by the limit times the time from the middle of one to the middle of the other: an exchange
that never changes faster has such means, whatever the lengths of the steps.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from optimizer.agreement.clause import Clause, Quantities
from optimizer.component import Given, parameter
from optimizer.phrases import moment, number, phrase
from optimizer.state import StateRow


class RampLimit(Clause):
    """Exchange rises and falls by at most `ramp_max_mw_per_h`.

    The first step is held against the last one before the plan, where the opening state has it
    (``import_mw``, ``export_mw`` and its length ``step_h``, else the first step's); else it is
    free.
    """

    kind: ClassVar[str] = "ramp_limit"
    main_field: ClassVar[str] = "ramp_max_mw_per_h"
    price_field: ClassVar[str] = "price_mad_per_mw"
    is_lasting: ClassVar[bool] = False
    ramp_max_mw_per_h: float = Field(ge=0, description="most that exchange may change by [MW/h]")
    price_mad_per_mw: float | None = Field(
        default=None,
        ge=0,
        description="price of a MW by which a change is larger, or none: never [MAD/MW]",
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that there is no connection, if so."""
        return self.not_there(parts, ["grid"])

    def state_quantities(self) -> list[str]:
        """Return the exchange of the last step before the plan, and how long that step was."""
        return ["import_mw", "export_mw", "step_h"]

    def before(self, given: Given) -> tuple[float, float] | None:
        """Return the exchange of the last step before the plan, and its length; or none."""
        state, name = given.state, self.name
        if not state.find(name, "import_mw") and not state.find(name, "export_mw"):
            return None
        exchange_mw = state.value(name, "import_mw", 0.0) - state.value(name, "export_mw", 0.0)
        return exchange_mw, state.value(name, "step_h", given.horizon.step_h[0])

    def between_h(self, given: Given) -> np.ndarray:
        """Return the time from the middle of the step before to the middle of each step."""
        opening = self.before(given)
        first_h = given.horizon.step_h[0] if opening is None else opening[1]
        hours = given.horizon.hours
        return np.asarray((np.concatenate([[first_h], hours[:-1]]) + hours) / 2)

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Limit the change into every step in which the clause holds."""
        opening, held = self.before(given), self.holds(given.horizon.index)
        later = [t for t in given.horizon.steps[1:] if held[t]]
        first = [0] if held[0] and opening is not None else []
        is_sold = self.price_mad(given) is not None
        block.short = pyo.Var([*first, *later] if is_sold else [], bounds=(0, None))
        most = parameter(block, "change_max_mw", self.ramp_max_mw_per_h * self.between_h(given))

        def bought_mw(b: pyo.Block, t: int) -> Any:
            return b.short[t] if is_sold else 0.0

        def exchange_mw(t: int) -> Any:
            return site.import_mw(t) - site.export_mw(t)

        @block.Constraint(later)
        def rise(b, t):
            return exchange_mw(t) - exchange_mw(t - 1) - bought_mw(b, t) <= most[t]

        @block.Constraint(later)
        def fall(b, t):
            return exchange_mw(t - 1) - exchange_mw(t) - bought_mw(b, t) <= most[t]

        if not first or opening is None:
            return
        before_mw = opening[0]

        @block.Constraint()
        def first_rise(b):
            return exchange_mw(0) - before_mw - bought_mw(b, 0) <= most[0]

        @block.Constraint()
        def first_fall(b):
            return before_mw - exchange_mw(0) - bought_mw(b, 0) <= most[0]

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return how fast exchange changes into each step; of a free first step, zero."""
        exchange = (table["site_import_mw"] - table["site_export_mw"]).to_numpy()
        opening = self.before(given)
        change = np.diff(exchange, prepend=exchange[0] if opening is None else opening[0])
        return pd.DataFrame({"ramp_mw_per_h": change / self.between_h(given)}, index=table.index)

    def _ramps(self, table: pd.DataFrame, given: Given) -> list[tuple[float, float]]:
        """Return each change and the hours it takes, by the middles of steps: the audit's own."""
        stated = {row.quantity: row.value for row in given.state.rows if row.name == self.name}
        is_known = "import_mw" in stated or "export_mw" in stated
        last_mw = stated.get("import_mw", 0.0) - stated.get("export_mw", 0.0)
        last_h = stated.get("step_h", given.horizon.step_h[0]) if is_known else np.inf
        found = []
        steps = zip(
            table["site_import_mw"], table["site_export_mw"], given.horizon.step_h, strict=True
        )
        for drawn, fed, step_h in steps:
            now_mw = drawn - fed
            is_free = np.isinf(last_h)
            change_mw = 0.0 * now_mw if is_free else now_mw - last_mw
            found.append((change_mw, step_h if is_free else 0.5 * last_h + 0.5 * step_h))
            last_mw, last_h = now_mw, step_h
        return found

    def _excess_mw(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return by how much each change is larger than allowed [MW]."""
        over = [
            np.maximum(abs(change) - self.ramp_max_mw_per_h * hours, 0.0)
            if self.in_force(moment)
            else 0.0 * change
            for moment, (change, hours) in zip(table.index, self._ramps(table, given), strict=True)
        ]
        return pd.Series(over, index=table.index)

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return by how much changes are larger, over all steps [MW]."""
        return float(self._excess_mw(table, given).to_numpy().sum())

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rule of the published ramp, and, where hard, of the change into each step."""
        ramp = pd.Series([c / h for c, h in self._ramps(table, given)], index=table.index)
        rules = {
            "exchange changes as the table says [MW/h]": self.column_rule(
                table, "ramp_mw_per_h", ramp
            )
        }
        if self.price_mad(given) is None:
            rules["change of exchange [MW]"] = self._excess_mw(table, given)
        return rules

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say how fast exchange changes at most, when, and how often at the limit."""
        ramp = table[f"{self.name}_ramp_mw_per_h"][self.holds(table.index)].abs().round(3)
        at_limit = int((ramp > self.ramp_max_mw_per_h - 1e-3).sum())
        how = {
            "article": self.article,
            "ramp": number(float(ramp.max()), ".1f"),
            "most": number(self.ramp_max_mw_per_h, "g"),
            "moment": moment(pd.Timestamp(str(ramp.idxmax()))),
            "count": at_limit,
            "all": len(ramp),
        }
        return phrase(
            "Art. {article}: exchange with the grid changes by up to {ramp} of {most} MW an hour "
            "(into the step {moment}) and is at the limit or above in {count} of {all} steps.",
            how,
        )

    def closing(self, table: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the exchange of the last of the first `count` steps, and its length."""
        last = table.iloc[count - 1]
        return [
            StateRow(self.name, "import_mw", float(last["site_import_mw"])),
            StateRow(self.name, "export_mw", float(last["site_export_mw"])),
            StateRow(self.name, "step_h", float(last["step_h"])),
        ]
