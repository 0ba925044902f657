"""The audit of a genset fleet: every unit is followed through its starts and stops."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimizer.component import Given, unequal


class CommitmentRules:
    """Replays published counts unit by unit: first started is first stopped."""

    def _opening_units(self, given: Given, quantity: str) -> list[tuple[int, float]]:
        """Return (units, hours in their status) before the plan, for units on or off."""
        on, off = (given.state.find(self.name, q) for q in ("on_count", "off_count"))
        if not on and not off:
            count = self.initial_on_count
            units = count if quantity == "on_count" else self.unit_count - count
            return [(units, self.initial_since_h)] if units else []
        if quantity == "off_count" and not off:  # the rest has rested for long
            running = sum(round(row.value) for row in on)
            return [(self.unit_count - running, 1e6)] if running < self.unit_count else []
        rows = on if quantity == "on_count" else off
        return [(round(row.value), float(row.key or 1e6)) for row in rows]

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
            "starts are whole and not negative": np.maximum((start - start.round()).abs(), -start),
            "stops are whole and not negative": np.maximum((stop - stop.round()).abs(), -stop),
            "no more units run than there are": on - self.unit_count,
            "units that must run do": self.must_run_count - on,
            "only idle units start": start - (self.unit_count - before),
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
