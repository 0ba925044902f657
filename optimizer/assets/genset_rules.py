"""A genset fleet's parameters, and its audit: every unit is followed through starts and stops."""

from collections.abc import Iterator
from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from optimizer.component import Component, Given, most, unequal
from optimizer.state import StateRow

LONG_H = 1e6  # hours in a status that nobody counted: longer than any limit


def _whole(row: StateRow) -> int:
    """Return a number of units; none where it is not a number, which the audit then names."""
    return round(row.value) if np.isfinite(row.value) else 0


class GensetRules(Component):
    """Parameters of a fleet, and the rules its table must keep: first started, first stopped."""

    unit_count: int = Field(ge=1, le=1000, description="units in the fleet [units]")
    unit_power_max_mw: float = Field(gt=0, le=1e5, description="rating of a unit [MW]")
    unit_power_min_mw: float = Field(ge=0, description="least power of a running unit [MW]")
    must_run_count: int = Field(default=0, ge=0, description="units that always run [units]")
    fuel_l_per_mwh: float = Field(ge=0, description="fuel burnt per MWh [L/MWh]")
    fuel_price_mad_per_l: float = Field(ge=0, description="price of the fuel [MAD/L]")
    fuel_stock_l: float | None = Field(
        default=None, ge=0, description="what the tanks hold; full where no state says else [L]"
    )
    fuel_delivery_l_per_h: float = Field(
        default=0, ge=0, description="fuel brought while the tanks are not full [L/h]"
    )
    emission_kg_per_mwh: float = Field(ge=0, description="CO2 per MWh [kg/MWh]")
    start_cost_mad: float = Field(ge=0, description="cost of starting a unit [MAD]")
    stop_cost_mad: float = Field(default=0, ge=0, description="cost of stopping a unit [MAD]")
    running_cost_mad_per_h: float = Field(
        default=0, ge=0, description="cost of a running unit, whatever its power [MAD/h]"
    )
    min_up_h: float = Field(ge=0, description="least hours a started unit runs [h]")
    min_down_h: float = Field(ge=0, description="least hours a stopped unit rests [h]")
    max_up_h: float | None = Field(default=None, gt=0, description="most hours in one run, or none")
    running_max_h: float | None = Field(
        default=None, ge=0, description="most unit-hours over the plan, or none [h]"
    )
    starts_max_count: int | None = Field(
        default=None, ge=0, description="most starts over the plan, or none [starts]"
    )
    initial_on_count: int = Field(ge=0, description="units running before the plan [units]")
    initial_since_h: float = Field(ge=0, description="hours each unit has been in its status [h]")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse a minimum above the rating and more running units than there are."""
        if self.unit_power_min_mw > self.unit_power_max_mw:
            raise ValueError("unit_power_min_mw is above unit_power_max_mw. Lower it.")
        if max(self.initial_on_count, self.must_run_count) > self.unit_count:
            raise ValueError(
                f"more than unit_count = {self.unit_count} units run. Lower the count."
            )
        return self

    @property
    def is_committed(self) -> bool:
        """Whether anything counts whole units."""
        costs = (self.start_cost_mad, self.stop_cost_mad, self.running_cost_mad_per_h)
        counted = (*costs, self.unit_power_min_mw, self.min_up_h, self.min_down_h)
        limits = (self.max_up_h, self.running_max_h, self.starts_max_count)
        return any(counted) or any(limit is not None for limit in limits)

    def must_run(self, given: Given) -> np.ndarray:
        """Return the units that must run in each step: as many as an outage leaves."""
        left = np.ceil(given.left_mw(self.name) / self.unit_power_max_mw - 1e-9)
        return np.asarray(np.minimum(self.must_run_count, left))

    def state_quantities(self) -> list[str]:
        """Return units on and off (by hours in their status) and fuel left."""
        return ["on_count", "off_count", "fuel_l"]

    def _opening_units(self, given: Given, quantity: str) -> list[tuple[int, float]]:
        """Return (units, hours in their status) before the plan, for units on or off."""
        on, off = (given.state.find(self.name, q) for q in ("on_count", "off_count"))
        if not on and not off:
            count = self.initial_on_count
            units = count if quantity == "on_count" else self.unit_count - count
            return [(units, self.initial_since_h)] if units else []
        if quantity == "off_count" and not off:  # the rest has rested for long
            running = sum(_whole(row) for row in on)
            return [(self.unit_count - running, LONG_H)] if running < self.unit_count else []
        rows = on if quantity == "on_count" else off
        return [(_whole(row), float(row.key or LONG_H)) for row in rows]

    def input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rule that the opening state has whole units, as many as there are."""
        on, off = (given.state.find(self.name, q) for q in ("on_count", "off_count"))
        rows = [*on, *off]
        counts = np.array([row.value for row in rows])
        total = counts.sum()
        missing = self.unit_count - total if off else 0.0
        apart = [abs(missing), total - self.unit_count, np.abs(counts - counts.round()).sum()]
        excess = pd.Series(np.max(apart) if rows else 0.0, index=given.horizon.index[:1])
        return {"units of the opening state are whole, and the fleet's": excess}

    def _replay(
        self, own: pd.DataFrame, given: Given
    ) -> Iterator[tuple[list[float], list[float], list[float], list[float]]]:
        """Follow every unit, step by step.

        Yields, for each step: when the units that stop had started, when the units that start
        had stopped, when the units then on started, and when those off stopped. [h from start]
        """
        on, off = (
            sorted(-since_h for n, since_h in self._opening_units(given, q) for _ in range(n))
            for q in ("on_count", "off_count")
        )
        starts, stops = (
            np.nan_to_num(own[q].to_numpy()).round().astype(int).clip(0, self.unit_count)
            for q in ("start_count", "stop_count")
        )
        for now_h, started, stopped in zip(given.horizon.begin_h, starts, stops, strict=True):
            stopping, starting = on[:stopped], off[:started]
            on = on[stopped:] + [float(now_h)] * started
            off = off[started:] + [float(now_h)] * stopped
            yield stopping, starting, on, off

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of the fleet."""
        power, hours = own["power_mw"], given.horizon.hours
        burnt_l = power * hours * self.fuel_l_per_mwh
        rules = {
            "power is not negative [MW]": -power,
            "power fits the fleet [MW]": power - self.unit_count * self.unit_power_max_mw,
            "fuel follows from the power [L]": unequal(own["fuel_l"], burnt_l),
        }
        if self.fuel_stock_l is not None:
            opening_l = given.state.value(self.name, "fuel_l", self.fuel_stock_l)
            before_l = own["fuel_stock_l"].shift(fill_value=opening_l)
            left_l = before_l + self.fuel_delivery_l_per_h * hours - burnt_l
            left_l = left_l.clip(upper=self.fuel_stock_l)
            rules["fuel left follows from burning and deliveries [L]"] = unequal(
                own["fuel_stock_l"], left_l
            )
            rules["fuel lasts [L]"] = -own["fuel_stock_l"]
        return rules | (self._unit_rules(own, given) if self.is_committed else {})

    def _unit_rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules that count units."""
        on, start, stop = own["on_count"], own["start_count"], own["stop_count"]
        before = on.shift(fill_value=sum(n for n, _ in self._opening_units(given, "on_count")))
        total_h = pd.Series((on * given.horizon.hours).sum(), index=own.index[-1:])
        rules = {
            "units on follow from starts and stops": unequal(on - before, start - stop),
            "units on are whole": (on - on.round()).abs(),
            "starts are whole and not negative": most((start - start.round()).abs(), -start),
            "stops are whole and not negative": most((stop - stop.round()).abs(), -stop),
            "no more units run than there are": on - self.unit_count,
            "units that must run do": self.must_run(given) - on,
            "only idle units start": start - (self.unit_count - before),
            "only running units stop": stop - before,
            "power fits the running units [MW]": own["power_mw"] - on * self.unit_power_max_mw,
            "running units keep their least power [MW]": on * self.unit_power_min_mw
            - own["power_mw"],
        }
        if self.running_max_h is not None:
            rules["running hours have a most [h]"] = total_h - self.running_max_h
        if self.starts_max_count is not None:
            starts = pd.Series(start.sum(), index=own.index[-1:])
            rules["starts have a most"] = starts - self.starts_max_count
        return rules | self._run_time_rules(own, given)

    def _run_time_rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return by how many hours a run was too short or too long, or a rest too short."""
        begin_h, end_h = given.horizon.begin_h, given.horizon.end_h
        short_run, short_rest, long_run = (np.zeros(len(own)) for _ in range(3))
        most_h = np.inf if self.max_up_h is None else self.max_up_h
        for step, (stopping, starting, on, _) in enumerate(self._replay(own, given)):
            now_h = begin_h[step]
            short_run[step] = max((self.min_up_h - now_h + h for h in stopping), default=0.0)
            short_rest[step] = max((self.min_down_h - now_h + h for h in starting), default=0.0)
            long_run[step] = max((end_h[step] - h for h in on), default=0.0) - most_h
        index = own.index
        return {
            "a run is long enough [h]": pd.Series(short_run, index=index),
            "a rest is long enough [h]": pd.Series(short_rest, index=index),
            "a run is not too long [h]": pd.Series(long_run, index=index),
        }
