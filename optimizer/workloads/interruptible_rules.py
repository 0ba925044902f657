"""On/off work: its parameters, and the audit, which counts hours through the published table."""

from collections.abc import Iterator
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from optimizer.component import Component, Given, unequal
from optimizer.state import StateRow

HOUR = pd.Timedelta(hours=1)
EPOCH = pd.Timestamp(0, tz="UTC")
MISSED_MAD_PER_H = 1e5  # diagnostic only: an hour that may not be missed has a price there


class InterruptibleRules(Component):
    """Parameters of work that is on or off, and the rules its table must keep."""

    it_quantity: ClassVar[str] = "power_mw"
    power_mw: float = Field(gt=0, le=1e5, description="IT power while it is on [MW]")
    hours_h: float = Field(ge=0, description="least time on in each window [h]")
    window_h: int = Field(
        default=24, ge=1, le=8784, description="length of a window, from UTC midnight [h]"
    )
    window_offset_h: float = Field(
        default=0, ge=0, le=8784, description="first window begins this long after midnight [h]"
    )
    plan_hours_h: float | None = Field(
        default=None, ge=0, description="least time on over the whole plan, or none [h]"
    )
    missed_mad_per_h: float | None = Field(
        default=None, ge=0, description="price of an hour not done, or none: never missed [MAD/h]"
    )
    min_up_h: float = Field(default=0, ge=0, le=8784, description="least hours in one run [h]")
    starts_max_count: int | None = Field(
        default=None, ge=0, description="most starts over the plan, or none [starts]"
    )
    start_cost_mad: float = Field(default=0, ge=0, description="cost of a start [MAD]")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse more hours than a window has."""
        if self.hours_h > self.window_h:
            raise ValueError(
                f"hours_h = {self.hours_h:g} is above window_h = {self.window_h}. Lower it."
            )
        return self

    @property
    def is_tied(self) -> bool:
        """Whether anything counts starts: else each step is on or off by itself."""
        return bool(self.min_up_h or self.start_cost_mad) or self.starts_max_count is not None

    def state_quantities(self) -> list[str]:
        """Return how long the last run has lasted, and what the open window has had."""
        return ["on_h", "worked_h"]

    def _opening_on_h(self, given: Given) -> float:
        """Return how long it has been on at the start; zero: it is off [h]."""
        return given.state.value(self.name, "on_h", 0.0)

    def _window_begin(self, moment: pd.Timestamp) -> pd.Timestamp:
        """Return when the window around a moment began."""
        hours = (moment - EPOCH) / HOUR - self.window_offset_h
        return EPOCH + (hours // self.window_h * self.window_h + self.window_offset_h) * HOUR

    def _opening_worked_h(self, given: Given) -> float:
        """Return the hours the window open at the start has had.

        Where no state says, what was due until then: its share of the window.
        """
        begin = self._window_begin(given.horizon.start)
        gone_h = (given.horizon.start - begin) / HOUR
        due_h = self.hours_h * gone_h / self.window_h
        return given.state.value(self.name, "worked_h", due_h, key=window_key(begin))

    def _may_miss(self, given: Given) -> bool:
        """Return whether hours may be missed, at a price."""
        return self.missed_mad_per_h is not None or given.is_elastic

    def _missed_price(self) -> float:
        """Return the price of an hour not done [MAD/h]."""
        return MISSED_MAD_PER_H if self.missed_mad_per_h is None else self.missed_mad_per_h

    def stoppable(self, own: pd.DataFrame, given: Given) -> list[tuple[np.ndarray, float]]:
        """Return the power drawn, at the price of a missed hour."""
        return [(own[self.it_quantity].to_numpy(), (self.missed_mad_per_h or 0.0) / self.power_mw)]

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return starts and missed hours [MAD]."""
        missed_h = float(own["missed_h"].sum())
        if self.plan_hours_h is not None:
            on_h = float((own["on_count"] * given.horizon.hours).sum())
            missed_h += max(self.plan_hours_h - on_h, 0.0)
        return {
            "starts": float(own["start_count"].sum()) * self.start_cost_mad,
            "missed": missed_h * self._missed_price(),
        }

    def _replay(
        self, own: pd.DataFrame, given: Given
    ) -> Iterator[tuple[float, float, float, float, float]]:
        """Follow the table step by step.

        Yields hours of the run so far, whether it starts, hours by which a run ended too early,
        hours the window has had, and hours it lacks at its end or the plan's, all of one step.
        """
        run_h, worked_h = self._opening_on_h(given), self._opening_worked_h(given)
        window = self._window_begin(given.horizon.start)
        passed_h = (given.horizon.start - window) / HOUR
        moments = [*own.index, None]
        for t, (on, step_h) in enumerate(zip(own["on_count"], given.horizon.hours, strict=True)):
            began = self._window_begin(moments[t])
            if began != window:
                window, worked_h, passed_h = began, 0.0, 0.0
            is_start = float(on > 0.5 and run_h == 0)
            short_h = self.min_up_h - run_h if on < 0.5 and run_h > 0 else 0.0
            run_h = run_h + step_h if on > 0.5 else on  # NaN stays
            worked_h, passed_h = worked_h + on * step_h, passed_h + step_h
            after = moments[t + 1]
            is_last = after is None or self._window_begin(after) != window
            due_h = self.hours_h * min(1.0, passed_h / self.window_h)
            yield run_h, is_start, short_h, worked_h, max(due_h - worked_h, 0.0) if is_last else 0.0

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of on/off work."""
        on, index, last = own["on_count"], own.index, own.index[-1:]
        followed = np.array(list(self._replay(own, given))).T
        run_h, starts, short_h, worked_h, missed_h = (pd.Series(v, index=index) for v in followed)
        rules = {
            "it is on or off": (on - on.round()).abs() + (on - on.clip(0.0, 1.0)).abs(),
            "power is the fixed one while it is on [MW]": unequal(
                own["power_mw"], on * self.power_mw
            ),
            "hours of a run follow from the steps it is on [h]": unequal(own["run_h"], run_h),
            "starts follow from what is on": unequal(own["start_count"], starts),
            "hours of a window follow from the steps it is on [h]": unequal(
                own["worked_h"], worked_h
            ),
            "missed hours are what a window lacks [h]": unequal(own["missed_h"], missed_h),
            "missed work is that of missed hours [MWh]": unequal(
                own["missed_mwh"], own["missed_h"] * self.power_mw
            ),
        }
        if self.min_up_h:
            rules["a run is long enough [h]"] = short_h
        if not self._may_miss(given):
            rules["no hour is missed [h]"] = own["missed_h"]
        if self.plan_hours_h is not None and not self._may_miss(given):
            done_h = pd.Series((on * given.horizon.hours).sum(skipna=False), index=last)
            rules["it is on for its hours in the plan [h]"] = self.plan_hours_h - done_h
        if self.starts_max_count is not None:
            total = pd.Series(own["start_count"].sum(skipna=False), index=last)
            rules["starts have a most"] = total - self.starts_max_count
        return rules

    def input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rule that a window has had no more hours than it has."""
        begin, start = self._window_begin(given.horizon.start), given.horizon.start
        excess = self._opening_worked_h(given) - (start - begin) / HOUR
        return {"a window has had no more hours than are gone [h]": pd.Series([excess], [start])}

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the run and the window's hours after the first `count` steps."""
        moment, row = given.horizon.edges[count], own.iloc[count - 1]
        begin = self._window_begin(moment)
        is_same = begin == self._window_begin(given.horizon.index[count - 1])
        rows = [StateRow(self.name, "on_h", float(row["run_h"]))]
        if begin < moment:
            worked_h = float(row["worked_h"]) if is_same else 0.0
            rows.append(StateRow(self.name, "worked_h", worked_h, window_key(begin)))
        return rows


def window_key(begin: pd.Timestamp) -> str:
    """Return how an opening state names a window: by its beginning."""
    return f"{begin:%Y-%m-%dT%H:%MZ}"
