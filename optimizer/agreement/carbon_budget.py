"""Carbon budget: over each window, grid draw and gensets emit no more than a budget."""

from typing import ClassVar, Literal

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from optimizer.agreement.clause import Clause, Quantities, window_at, windows
from optimizer.component import Given
from optimizer.legal_time import ZoneName


class CarbonBudget(Clause):
    """Emissions of each window stay at or below a budget; of an hour, where the window is one."""

    kind: ClassVar[str] = "carbon_budget"
    price_field: ClassVar[str] = "price_mad_per_kg"
    budget_kg: float = Field(ge=0, description="most that may be emitted in a window [kg CO2]")
    window: Literal["hour", "day", "week", "horizon"] = Field(description="over which it is kept")
    time_zone: ZoneName = Field(default="Africa/El_Aaiun", description="clock of the windows")
    price_mad_per_kg: float | None = Field(
        default=None, ge=0, description="price of a kg too much, or none: never [MAD/kg]"
    )

    def _budgets(self, given: Given) -> dict[int, tuple[list[int], float]]:
        """Return the steps and the budget of each window; of a step, in proportion to its hour."""
        index, hours = given.horizon.index, given.horizon.hours
        held = self.holds(index)
        if self.window == "hour":
            return {t: ([t], self.budget_kg * hours[t]) for t in given.horizon.steps if held[t]}
        numbers = np.where(held, windows(index, self.window, self.time_zone), -1)
        return {
            int(n): ([int(t) for t in np.flatnonzero(numbers == n)], self.budget_kg)
            for n in np.unique(numbers)
            if n >= 0
        }

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Declare the budget of each window."""
        hours, budgets = given.horizon.hours, self._budgets(given)
        is_sold = self.price_mad(given) is not None
        block.short = pyo.Var(list(budgets) if is_sold else [], bounds=(0, None))

        @block.Constraint(list(budgets))
        def budget(b, n):
            steps, budget_kg = budgets[n]
            emitted_kg = sum(hours[t] * site.emission_kg_per_h(t) for t in steps)
            return emitted_kg - (b.short[n] if is_sold else 0.0) <= budget_kg

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return what is emitted beyond the budgets [kg]."""
        left_kg: dict[tuple[int, ...], float] = {}
        rows = zip(table.index, given.horizon.step_h, table["site_emission_kg"], strict=True)
        for t, (moment, step_h, emitted_kg) in enumerate(rows):
            if self.in_force(moment):
                is_hour = self.window == "hour"
                window = (t,) if is_hour else window_at(moment, self.window, self.time_zone)
                budget_kg = self.budget_kg * step_h if is_hour else self.budget_kg
                left_kg[window] = left_kg.get(window, budget_kg) - emitted_kg
        return float(sum(np.maximum(-left, 0.0) for left in left_kg.values()))

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return no rule of its own columns: it publishes none."""
        return {}

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say how much of the budget is used in the window that uses most."""
        emitted = table["site_emission_kg"].to_numpy()
        used = [emitted[steps].sum() / max(kg, 1e-9) for steps, kg in self._budgets(given).values()]
        most = 100 * max(used, default=0.0)
        window = f"the {self.window} that emits most"
        return f"Art. {self.article}: {window} uses {most:.1f} % of its budget."
