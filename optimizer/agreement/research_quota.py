"""Research quota: the Jazari institute gets at least so much work each week.

Weeks run from Monday on the clock of `time_zone`. A week that the plan covers only in part owes
its share, in proportion to the hours covered, of what is not delivered yet.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import pandas as pd
from pydantic import Field

from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Quantities
from optimizer.component import Given
from optimizer.phrases import joined, number, phrase

WORKLOADS = ("training", "deferrable", "firm", "jobs", "interruptible", "quota")


class ResearchQuota(BudgetClause):
    """`workload` does at least `quota_mwh_per_week` of work."""

    kind: ClassVar[str] = "research_quota"
    price_field: ClassVar[str] = "price_mad_per_mwh"
    main_field: ClassVar[str] = "quota_mwh_per_week"
    unit: ClassVar[str] = "mwh"
    noun: ClassVar[str] = phrase("work")
    is_least: ClassVar[bool] = True
    used_word: ClassVar[str] = "delivered"
    workload: str = Field(description="name of the workload that serves it, e.g. training_jazari")
    quota_mwh_per_week: float = Field(gt=0, description="work due in a week [MWh of IT energy]")
    window: Literal["week"] = Field(default="week", description="over which it is kept")
    price_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of a MWh of work missing, or none: never [MAD/MWh]"
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that the workload does not exist, if so."""
        return self.unknown("workload", parts, WORKLOADS)

    def limit(self) -> float:
        """Return the work due in a week [MWh]."""
        return self.quota_mwh_per_week

    def rate(self, site: Quantities, t: int) -> Any:
        """Return the work done in step `t` [MW]."""
        return site.work_mw[self.workload](t)

    def counted(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return the work done in each step [MWh]."""
        for quantity in ("work_mw", "run_mw", "served_mw", "power_mw"):
            if f"{self.workload}_{quantity}" in table.columns:
                return pd.Series(table[f"{self.workload}_{quantity}"] * given.horizon.hours)
        raise KeyError(f"{self.workload} publishes no work")

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say what is delivered of what is due, week by week."""
        stand = self.standings(table, given)
        parts = []
        for order, each in enumerate(stand, start=1):
            values = {"counted": number(each.counted, ".0f"), "order": order}
            if each.allowed is None:
                parts.append(phrase("{counted} MWh in week {order}", values))
            else:
                due = {"due": number(each.allowed, ".0f")}
                parts.append(phrase("{counted} of {due} MWh due in week {order}", values | due))
        how = {"article": self.article, "workload": self.workload, "amounts": joined(", ", parts)}
        return phrase("Art. {article}: {workload} gets {amounts}.", how)
