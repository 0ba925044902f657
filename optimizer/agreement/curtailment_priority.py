"""Curtailment priority: plants give way in an agreed order.

A plant may leave power unused only while every plant before it in the order uses nothing. Out of
order is what it leaves unused while those before it run: as much of theirs could have given way.
"Nothing used before, or nothing unused here" is kept by its convex hull, and by a binary in the
few steps where the hull is not enough (`optimizer.exclusive`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from optimizer.agreement.clause import Clause, Quantities
from optimizer.breach import TOLERANCE
from optimizer.component import Given
from optimizer.phrases import joined, number, phrase


class CurtailmentPriority(Clause):
    """The plants of `order` are curtailed one after another, the first named first."""

    kind: ClassVar[str] = "curtailment_priority"
    main_field: ClassVar[str] = "out_of_order_max_mw"
    price_field: ClassVar[str] = "price_mad_per_mwh"
    order: tuple[str, ...] = Field(
        min_length=2, strict=False, description="names of plants, e.g. wind_main: first first"
    )
    out_of_order_max_mw: float = Field(
        default=0.0, ge=0, description="most a plant may be curtailed out of order [MW]"
    )
    price_mad_per_mwh: float | None = Field(
        default=None,
        ge=0,
        description="price of a MWh beyond that curtailed out of order, or none: never [MAD/MWh]",
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that a plant is not there or named twice."""
        known = [*parts.get("solar", ()), *parts.get("wind", ())]
        if not known:
            return self.not_there(parts, ["solar", "wind"])
        found = []
        for name in sorted(set(self.order)):
            what = f"Art. {self.article}: order has {name!r}"
            if name not in known:
                found.append(f"{what}, which is not on the site. Give some of {', '.join(known)}.")
            elif self.order.count(name) > 1:
                found.append(f"{what} twice. Name each plant once.")
        return found

    def _pairs(self, available_mw: Mapping[str, np.ndarray], held: np.ndarray) -> list[Any]:
        """Return plants after the first, each with the steps in which order matters to it."""
        pairs = []
        for place, name in enumerate(self.order[1:], start=1):
            before_mw = np.sum([available_mw[other] for other in self.order[:place]], axis=0)
            inside = np.flatnonzero(
                held & (np.minimum(before_mw, available_mw[name]) > TOLERANCE)
            ).tolist()
            pairs.append((place, name, inside, before_mw))
        return pairs

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Declare, of each plant after the first, what those before it use, what it leaves."""
        pairs = self._pairs(site.available_mw, self.holds(given.horizon.index))
        keys = [(place, t) for place, _, inside, _ in pairs for t in inside]
        before_max = {(n, t): float(b[t]) for n, _, inside, b in pairs for t in inside}
        unused_max = {
            (n, t): float(site.available_mw[name][t])
            for n, name, inside, _ in pairs
            for t in inside
        }
        is_sold = self.price_mad(given) is not None
        block.short = pyo.Var(keys if is_sold else [], bounds=(0, None))
        most = self.out_of_order_max_mw
        block.free_mw = pyo.Var(keys if most else [], bounds=(0.0, most))
        block.before_mw = pyo.Var(keys, bounds=lambda _, n, t: (0.0, before_max[n, t]))
        block.unused_mw = pyo.Var(keys, bounds=lambda _, n, t: (0.0, unused_max[n, t]))
        block.before_per_mw = pyo.Param(keys, initialize={k: 1 / v for k, v in before_max.items()})
        block.unused_per_mw = pyo.Param(keys, initialize={k: 1 / v for k, v in unused_max.items()})
        block.unused_max_mw = pyo.Param(keys, initialize=unused_max)
        for place, name, inside, _ in pairs:
            self._add_plant(block, site, (place, name, inside), is_sold=is_sold)

    def _add_plant(
        self,
        block: pyo.Block,
        site: Quantities,
        plant: tuple[int, str, list[int]],
        *,
        is_sold: bool,
    ) -> None:
        """Declare the rows of one plant after the first."""
        place, name, inside = plant
        earlier = [site.used_mw[other] for other in self.order[:place]]
        used = site.used_mw[name]

        def wrong_mw(b: pyo.Block, t: int) -> Any:  # gives way on paper, first free, then sold
            free_mw = b.free_mw[place, t] if self.out_of_order_max_mw else 0.0
            return free_mw + (b.short[place, t] if is_sold else 0.0)

        def before_balance(b: pyo.Block, t: int) -> Any:
            return b.before_mw[place, t] + wrong_mw(b, t) == sum(each(t) for each in earlier)

        def unused_balance(b: pyo.Block, t: int) -> Any:
            unused_mw = b.unused_mw[place, t] + wrong_mw(b, t)
            return unused_mw + used(t) == b.unused_max_mw[place, t]

        def order(b: pyo.Block, t: int) -> Any:
            used_pu = b.before_per_mw[place, t] * b.before_mw[place, t]
            return used_pu + b.unused_per_mw[place, t] * b.unused_mw[place, t] <= 1

        for rule in (before_balance, unused_balance, order):
            row = f"{name}_{rule.__name__}"
            block.add_component(row, pyo.Constraint(inside, rule=rule))

    def exclusive(self, block: pyo.Block) -> list[tuple[Mapping[int, Any], Mapping[int, Any]]]:
        """Return, of each plant after the first, what is used before it and what it leaves."""
        pairs: list[tuple[Mapping[int, Any], Mapping[int, Any]]] = []
        for place in range(1, len(self.order)):
            steps = [t for n, t in block.before_mw if n == place]
            before = {t: block.before_mw[place, t] for t in steps}
            pairs.append((before, {t: block.unused_mw[place, t] for t in steps}))
        return pairs

    def weights(self, keys: list[Any], given: Given) -> np.ndarray:
        """Return the length of each step: the price is per MWh."""
        return given.horizon.hours[[t for _, t in keys]]

    def _wrong_mw(self, table: pd.DataFrame) -> pd.Series:
        """Return what is curtailed out of order beyond what is allowed, over all plants [MW]."""
        wrong = pd.Series(0.0, index=table.index)
        for place, name in enumerate(self.order):
            used = table[[f"{other}_used_mw" for other in self.order[:place]]]
            unused = table[f"{name}_curtailed_mw"].clip(lower=0.0)
            both = np.minimum(used.sum(axis=1, skipna=False).clip(lower=0.0), unused)
            wrong = wrong + np.maximum(both - self.out_of_order_max_mw, 0.0)
        return wrong

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return the same while the clause holds."""
        wrong = self._wrong_mw(table).where(self.holds(table.index), 0.0)
        return pd.DataFrame({"out_of_order_mw": wrong})

    def _wrong_by_walking(self, table: pd.DataFrame) -> pd.Series:
        """Return the same, plant after plant in each step: the audit's own way."""
        used = [table[f"{name}_used_mw"].tolist() for name in self.order]
        offered = [table[f"{name}_available_mw"].tolist() for name in self.order]
        found = []
        for t, moment in enumerate(table.index):
            running_mw = wrong_mw = 0.0
            for plant in range(len(self.order)):
                idle_mw = np.maximum(offered[plant][t] - used[plant][t], 0.0)
                beyond_mw = np.minimum(idle_mw, running_mw) - self.out_of_order_max_mw
                wrong_mw += np.maximum(beyond_mw, 0.0)
                running_mw += np.maximum(used[plant][t], 0.0)
            found.append(wrong_mw if self.in_force(moment) else 0.0 * wrong_mw)
        return pd.Series(found, index=table.index)

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return the energy curtailed out of order beyond what is allowed [MWh]."""
        return float((self._wrong_by_walking(table).to_numpy() * given.horizon.hours).sum())

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rule of the published column, and, where hard, of the order itself."""
        wrong = self._wrong_by_walking(table)
        rules = {
            "what is curtailed out of order is the table's [MW]": self.column_rule(
                table, "out_of_order_mw", wrong
            )
        }
        if self.price_mad(given) is None:
            rules["power curtailed out of order [MW]"] = wrong
        return rules

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say what each plant leaves unused, in the agreed order, and what of it out of order."""
        hours, held = table["step_h"], self.holds(table.index)
        unused = []
        for name in self.order:
            mwh = float((table[f"{name}_curtailed_mw"] * hours)[held].sum()) + 0.0
            unused.append(phrase("{name} {mwh}", {"name": name, "mwh": number(mwh, ".1f")}))
        wrong = float((table[f"{self.name}_out_of_order_mw"] * hours).sum())
        how = {
            "article": self.article,
            "unused": joined(", ", unused),
            "mwh": number(wrong, ".1f"),
            "mw": number(self.out_of_order_max_mw, "g"),
        }
        if self.out_of_order_max_mw:
            return phrase(
                "Art. {article}: curtailed in the agreed order, {unused} MWh; {mwh} MWh of it out "
                "of order, beyond {mw} MW.",
                how,
            )
        return phrase(
            "Art. {article}: curtailed in the agreed order, {unused} MWh; {mwh} MWh of it out of "
            "order.",
            how,
        )
