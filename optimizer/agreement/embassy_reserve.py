"""Reserved embassy capacity: a guest state may activate its machines at any step.

Nothing of it runs in the plan. In every step there must be room in the halls, and power at the
bus: from lines, gensets, sun and wind that could give more, from feed-in that stops, from
batteries whose converters have room and whose energy lasts, and from work that gives way at once.
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

_AT_LIMIT_MW = 1e-3


class EmbassyReserve(Clause):
    """`reserved_mw` of IT power can start in any step, and be held for `hold_h`.

    A MW of work that gives way makes room for a MW of the embassy's, in the halls and, with its
    losses and cooling, at the bus. The rest draws at most ``bus_per_it_pu`` per MW. Batteries give
    what their converters have left beside the plan, and what their energy at the end of the step
    lasts for over `hold_h`; the other sources are taken as they stand in the step.
    """

    kind: ClassVar[str] = "embassy_reserve"
    main_field: ClassVar[str] = "reserved_mw"
    price_field: ClassVar[str] = "price_mad_per_mwh"
    reserved_mw: float = Field(ge=0, description="IT power that may start in any step [MW]")
    hold_h: float = Field(gt=0, le=168, description="hours batteries must carry their share [h]")
    price_mad_per_mwh: float | None = Field(
        default=None,
        ge=0,
        description="price of a MW (IT) not in reserve, for an hour, or none: never [MAD/MWh]",
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that nothing could supply the reserve, if so."""
        return self.not_there(parts, ["grid", "genset", "battery", "wind", "solar"])

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Keep room for the reserve, in the halls and at the bus."""
        inside = [int(t) for t in np.flatnonzero(self.holds(given.horizon.index))]
        is_sold = self.price_mad(given) is not None
        block.short = pyo.Var(inside if is_sold else [], bounds=(0, None))
        block.battery_mw = pyo.Var(inside, bounds=(0, None))  # the batteries' share
        bus_per_it = parameter(block, "bus_per_it_pu", site.bus_per_it_pu)
        capability = parameter(block, "capability_mw", site.capability_mw)
        reserved_mw, free_mw = self.reserved_mw, site.it_power_max_mw - self.reserved_mw

        @block.Constraint(inside)
        def halls(b, t):
            missing_mw = b.short[t] if is_sold else 0.0
            return site.it_mw(t) - site.preemptible_mw(t) - missing_mw <= free_mw

        @block.Constraint(inside)
        def power(b, t):
            missing_mw = b.short[t] if is_sold else 0.0
            in_use_mw = site.import_mw(t) + site.genset_mw(t) + site.renewable_mw(t)
            others_mw = capability[t] - in_use_mw + site.export_mw(t)
            started_mw = reserved_mw - missing_mw - site.preemptible_mw(t)
            return bus_per_it[t] * started_mw - others_mw <= b.battery_mw[t]

        @block.Constraint(inside)
        def converters(b, t):
            return b.battery_mw[t] - site.discharge_room_mw(t) <= 0

        @block.Constraint(inside)
        def energy(b, t):
            return self.hold_h * b.battery_mw[t] - site.deliverable_mwh(t) <= 0

    def weights(self, keys: list[int], given: Given) -> np.ndarray:
        """Return the length of each step: the price is per MW and hour."""
        return given.horizon.hours[keys]

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return what could start in each step, up to what is reserved, while it is agreed."""
        stopped = table["site_preemptible_mw"]
        in_halls = table["site_it_power_max_mw"] - table["facility_it_mw"] + stopped
        at_bus = self._battery_mw(table) + self._others_mw(table)
        by_power = at_bus / table["site_bus_per_it_pu"] + stopped
        ready = np.minimum(np.minimum(in_halls, by_power), self.reserved_mw)
        held = self.holds(table.index)
        return pd.DataFrame({"ready_mw": np.where(held, ready, 0.0)}, index=table.index)

    def _battery_mw(self, table: pd.DataFrame) -> pd.Series:
        """Return what batteries could add, and hold [MW]."""
        lasting = table["site_deliverable_mwh"] / self.hold_h
        return pd.Series(np.minimum(table["site_discharge_room_mw"], lasting), index=table.index)

    def _others_mw(self, table: pd.DataFrame) -> pd.Series:
        """Return what could come from elsewhere: more supply, less feed-in [MW]."""
        in_use = table["site_import_mw"] + table["site_genset_mw"] + table["site_renewable_mw"]
        return table["site_capability_mw"] - in_use + table["site_export_mw"]

    def _ready_by_stacking(self, table: pd.DataFrame) -> pd.Series:
        """Return the same, source upon source until all is ready: the audit's own way."""
        rows = zip(
            table.index,
            table["site_it_power_max_mw"] - table["facility_it_mw"],
            table["site_preemptible_mw"],
            table["site_bus_per_it_pu"],
            self._others_mw(table),
            self._battery_mw(table),
            strict=True,
        )
        found = []
        for at, space_mw, stopped_mw, bus_per_it, others_mw, battery_mw in rows:
            wanted_mw = np.minimum(self.reserved_mw, space_mw + stopped_mw)
            left_mw = wanted_mw - stopped_mw  # IT power that needs power of its own
            left_mw = left_mw - others_mw / bus_per_it
            left_mw = left_mw - battery_mw / bus_per_it
            ready_mw = wanted_mw - np.maximum(left_mw, 0.0)
            found.append(ready_mw if self.in_force(at) else 0.0 * ready_mw)
        return pd.Series(found, index=table.index)

    def _missing_mw(self, table: pd.DataFrame) -> pd.Series:
        """Return what is not in reserve in each step [MW of IT]."""
        held = pd.Series([self.in_force(at) for at in table.index], index=table.index)
        missing = self.reserved_mw - self._ready_by_stacking(table)
        return missing.clip(lower=0.0).where(held, 0.0)

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return what is not in reserve, times the hours it is not [MWh of IT]."""
        return float((self._missing_mw(table).to_numpy() * given.horizon.hours).sum())

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rule of the published reserve, and, where hard, of the reserve itself."""
        ready = self._ready_by_stacking(table)
        rules = {"what could start is the table's [MW]": self.column_rule(table, "ready_mw", ready)}
        if self.price_mad(given) is None:
            rules["embassy capacity in reserve [MW]"] = self._missing_mw(table)
        return rules

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say what could start at least, when, and what the batteries' share of it would be."""
        held = self.holds(table.index)
        ready = table[f"{self.name}_ready_mw"][held].round(3)
        bus_per_it, stopped = table["site_bus_per_it_pu"], table["site_preemptible_mw"]
        started_mw = bus_per_it * (self.reserved_mw - stopped) - self._others_mw(table)
        share = np.minimum(started_mw, self._battery_mw(table))[held].clip(lower=0.0)
        count = int((share > _AT_LIMIT_MW).sum())
        how = {
            "article": self.article,
            "ready": number(float(ready.min()), ".1f"),
            "reserved": number(self.reserved_mw, "g"),
            "moment": moment(pd.Timestamp(str(ready.idxmin()))),
            "count": count,
            "all": len(ready),
            "share": number(float(share.max()), ".1f"),
            "hours": number(self.hold_h, "g"),
        }
        return phrase(
            "Art. {article}: at least {ready} of {reserved} MW could start at once (in the step "
            "{moment}); batteries would carry a part in {count} of {all} steps, up to {share} MW "
            "for {hours} h.",
            how,
        )
