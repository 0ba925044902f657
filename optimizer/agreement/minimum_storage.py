"""Minimum storage: at stated clock hours, the batteries hold at least the agreed energy."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from optimizer.agreement.clause import Clause, Quantities
from optimizer.component import Given
from optimizer.legal_time import SITE_TIME_ZONE, ZoneName, legal, zone
from optimizer.phrases import moment, number, phrase

_HOUR = pd.Timedelta(hours=1)


class MinimumStorage(Clause):
    """One battery, or all of them together, hold `energy_min_mwh` whenever the clock says so.

    Energy is known at the ends of steps. A stated hour, e.g. 17 for 17:00, is kept at the end of
    the step that ends then, or in whose course that moment falls; month and validity are those of
    the moment. Energy counts as stored, also what lies below the window of charge.
    """

    kind: ClassVar[str] = "minimum_storage"
    main_field: ClassVar[str] = "energy_min_mwh"
    price_field: ClassVar[str] = "price_mad_per_mwh"
    is_lasting: ClassVar[bool] = False
    energy_min_mwh: float = Field(ge=0, description="least energy in store [MWh]")
    hours: tuple[Annotated[int, Field(ge=0, le=23)], ...] = Field(
        min_length=1, strict=False, description="clock hours at which it is asked, 17 is 17:00"
    )
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = Field(
        default=tuple(range(1, 13)),
        min_length=1,
        strict=False,
        description="months in which it holds",
    )
    battery: str | None = Field(
        default=None, description="name of one battery, e.g. battery_main, or none: all together"
    )
    time_zone: ZoneName = Field(default=SITE_TIME_ZONE, description="clock of the hours")
    price_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of a MWh missing then, or none: never [MAD/MWh]"
    )

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that there is no battery, or none of that name."""
        if self.battery is None:
            return self.not_there(parts, ["battery"])
        return self.unknown("battery", parts, ["battery"])

    def asked(self, given: Given) -> np.ndarray:
        """Return True for the steps at whose end, or in whose course, an hour is stated."""
        edges = given.horizon.edges
        begins, ends = edges[:-1], edges[1:]
        local = legal(ends, self.time_zone).tz_localize(None)
        past_hour = local - local.floor("h")
        longest_h = int(np.ceil(given.horizon.hours.max()))
        found = np.zeros(len(ends), dtype=bool)
        for back_h in range(longest_h + 1):  # a long step may hold several full hours
            moments = ends - past_hour - back_h * _HOUR
            clock = legal(moments, self.time_zone)
            is_stated = np.isin(clock.hour, self.hours) & np.isin(clock.month, self.months)
            found |= np.asarray(is_stated & (moments > begins)) & self.holds(moments)
        return found

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Require the energy at the end of the steps asked about."""
        inside = [int(t) for t in np.flatnonzero(self.asked(given))]
        is_sold = self.price_mad(given) is not None
        block.short = pyo.Var(inside if is_sold else [], bounds=(0, None))
        stored = [
            energy for name, energy in site.stored_mwh.items() if self.battery in (None, name)
        ]

        @block.Constraint(inside)
        def store(b, t):
            bought_mwh = b.short[t] if is_sold else 0.0
            return sum(energy(t) for energy in stored) + bought_mwh >= self.energy_min_mwh

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return what must be in store at the end of each step."""
        required = np.where(self.asked(given), self.energy_min_mwh, 0.0)
        return pd.DataFrame({"required_mwh": required}, index=table.index)

    def _stored_mwh(self, table: pd.DataFrame) -> pd.Series:
        """Return what is in store at the end of each step."""
        columns = [f"{self.battery}_energy_mwh"]
        if self.battery is None:
            batteries = [c for c in table.columns if c.startswith("battery_")]
            columns = [c for c in batteries if c.endswith("_energy_mwh")]
        return table[columns].sum(axis=1, skipna=False)

    def _required_by_clock(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return what must be in store, minute by minute of the clock: the audit's own way."""
        clock, required = zone(self.time_zone), []
        for begin, end in itertools.pairwise(given.horizon.edges):
            is_asked, moment = False, begin.floor("15min") + pd.Timedelta(minutes=15)
            while moment <= end:  # every zone's full hours are quarters of UTC's
                local = moment.tz_convert(clock)
                if local.minute == 0 and local.hour in self.hours and local.month in self.months:
                    is_asked = is_asked or self.in_force(moment)
                moment += pd.Timedelta(minutes=15)
            required.append(self.energy_min_mwh if is_asked else 0.0)
        return pd.Series(required, index=table.index)

    def _missing_mwh(self, table: pd.DataFrame, given: Given) -> pd.Series:
        """Return what is missing at the end of each step [MWh]."""
        required, stored = self._required_by_clock(table, given), self._stored_mwh(table)
        return (required - stored).clip(lower=0.0).where(required > 0, 0.0 * stored)

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return what is missing, over all stated hours [MWh]."""
        return float(self._missing_mwh(table, given).to_numpy().sum())

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rule of the published requirement, and, where hard, of the store itself."""
        required = self._required_by_clock(table, given)
        rules = {
            "what must be in store is the table's [MWh]": self.column_rule(
                table, "required_mwh", required
            )
        }
        if self.price_mad(given) is None:
            rules["energy in store [MWh]"] = self._missing_mwh(table, given)
        return rules

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say how much is in store at the stated hours at least."""
        stored = self._stored_mwh(table)[self.asked(given)].round(3)
        if stored.empty:
            return phrase(
                "Art. {article}: no stated hour falls into this plan.", {"article": self.article}
            )
        at = given.horizon.edges[1:][table.index.get_loc(stored.idxmin())]
        low = int((stored < self.energy_min_mwh - 1e-3).sum())
        how = {
            "article": self.article,
            "count": len(stored),
            "mwh": number(float(stored.min()), ".1f"),
            "agreed": number(self.energy_min_mwh, "g"),
            "moment": moment(pd.Timestamp(str(at))),
            "low": low,
        }
        return phrase(
            "Art. {article}: at {count} stated hours at least {mwh} of {agreed} MWh are in store "
            "(at {moment}), less than agreed at {low}.",
            how,
        )
