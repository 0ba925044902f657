"""Deferrable work: cohorts of (arrival, deadline, work, rate limit), never one pool.

Pooling work overstates what shifting saves, and "the day's energy is conserved" runs work before
it arrives. What is undone at the plan's end, with a deadline still to come, is left to the next
plan at a price, as far as the cohort's rate limit allows. Missed work is priced or forbidden.
"""

from functools import partial
from typing import Self

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field, model_validator

from optimizer.cohorts import Cohort
from optimizer.component import Component, Given, Terms, solved
from optimizer.horizon import Horizon
from optimizer.legal_time import legal
from optimizer.state import StateRow
from optimizer.workloads.deferrable_rules import CohortRules

MISSED_MAD_PER_MWH = 1e5  # diagnostic only: work that may not be missed has a price there
NOTHING_MWH = 1e-9  # work below this, a joule or so, is round-off


class Deferrable(CohortRules, Component):
    """A stream of cohorts, or the cohorts of a file."""

    arrival_mw: float | None = Field(
        default=None, ge=0, description="work arriving per hour at profile 1 [MWh/h of IT energy]"
    )
    arrival_profile_pu: tuple[float, ...] = Field(
        default=(1.0,), strict=False, description="one value, or one per clock hour [per unit]"
    )
    time_zone: str = Field(default="Africa/El_Aaiun", description="clock of the profile")
    block_h: int = Field(
        default=1, ge=1, le=24, description="hours whose arrivals are one cohort [h]"
    )
    deadline_h: float = Field(default=24, gt=0, le=8784, description="arrival to deadline [h]")
    run_min_h: float = Field(
        default=1, gt=0, description="shortest time a cohort can run in, its rate limit [h]"
    )
    initial_backlog_pu: float = Field(
        default=0,
        ge=0,
        le=1,
        description="share of earlier cohorts undone where no state says [p.u.]",
    )
    cohorts_file: str | None = Field(default=None, description="CSV or Parquet of cohorts, or none")
    power_max_mw: float = Field(
        gt=0, le=1e5, description="most that may run at once [MW of IT power]"
    )
    missed_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of missed work, or none: never missed [MAD/MWh]"
    )
    left_mad_per_mwh: float = Field(
        ge=0, description="price of work left to the next plan, its likely cost [MAD/MWh]"
    )
    shift_cost_mad_per_mwh: float = Field(
        default=0, ge=0, description="price of running in another step than preferred [MAD/MWh]"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse two sources of work, odd profiles, and cohorts that can't meet their deadline."""
        if self.arrival_mw is not None and self.cohorts_file is not None:
            raise ValueError("arrival_mw and cohorts_file are both given. Keep one source of work.")
        if len(self.arrival_profile_pu) not in (1, 24) or min(self.arrival_profile_pu) < 0:
            raise ValueError(
                "arrival_profile_pu is not 1 or 24 values >= 0. Give one per clock hour."
            )
        if 24 % self.block_h:
            raise ValueError(
                f"block_h = {self.block_h} does not divide the day. Give 1, 2, 3, 4, 6..."
            )
        if (price := self.missed_mad_per_mwh) is not None and price <= self.left_mad_per_mwh:
            raise ValueError(
                f"missed_mad_per_mwh = {price:g} is not above left_mad_per_mwh: work would be "
                "missed before its deadline. Raise it."
            )
        if self.run_min_h > self.deadline_h:
            raise ValueError("run_min_h is above deadline_h: no cohort could be done. Lower it.")
        return self

    def state_quantities(self) -> list[str]:
        """Return the work left in each cohort, and its rate limit."""
        return ["backlog_mwh", "rate_max_mw"]

    def stream(self, horizon: Horizon, state_rows: list[StateRow]) -> list[Cohort]:
        """Return the backlog, then the cohorts that arrive within the horizon.

        `state_rows` are the opening state's rows of this workload; without any, earlier cohorts
        are undone to ``initial_backlog_pu``.
        """
        if self.arrival_mw is None:
            return []
        backlog = {r.key: r.value for r in state_rows if r.quantity == "backlog_mwh"}
        rates = {r.key: r.value for r in state_rows if r.quantity == "rate_max_mw"}
        cohorts = []
        if not backlog and self.initial_backlog_pu > 0:
            before = horizon.start - pd.Timedelta(hours=self.deadline_h)
            earlier = self._arriving(before, horizon.start)
            cohorts = [self._left_of(c, horizon) for c in earlier if c.deadline > horizon.start]
        for key, work_mwh in sorted(backlog.items()):
            if work_mwh > 0:
                earliest, deadline = (pd.Timestamp(part) for part in key.split("/"))
                cohorts.append(
                    Cohort(
                        earliest=earliest,
                        deadline=deadline,
                        work_mwh=work_mwh,
                        rate_max_mw=rates.get(key, self.power_max_mw),
                    )
                )
        return [*cohorts, *self._arriving(horizon.start, horizon.end)]

    def _arriving(self, start: pd.Timestamp, end: pd.Timestamp) -> list[Cohort]:
        """Return the stream's cohorts that arrive from `start` until before `end`."""
        block = pd.Timedelta(hours=self.block_h)
        first = start.ceil(f"{self.block_h}h")
        arrivals = pd.date_range(first, end - pd.Timedelta(seconds=1), freq=block)
        profile = np.resize(self.arrival_profile_pu, 24)
        cohorts = []
        for arrival in arrivals:
            hours = pd.date_range(arrival, periods=self.block_h, freq="h")
            work_mwh = float(
                (self.arrival_mw or 0.0) * profile[legal(hours, self.time_zone).hour].sum()
            )
            if work_mwh > 0:
                cohorts.append(
                    Cohort(
                        earliest=arrival,
                        deadline=arrival + pd.Timedelta(hours=self.deadline_h),
                        work_mwh=work_mwh,
                        rate_max_mw=work_mwh / self.run_min_h,
                    )
                )
        return cohorts

    def _left_of(self, cohort: Cohort, horizon: Horizon) -> Cohort:
        """Return what the site file says is left of an earlier cohort, as far as it can be done."""
        left_h = (cohort.deadline - horizon.start) / pd.Timedelta(hours=1)
        work_mwh = min(cohort.work_mwh * self.initial_backlog_pu, cohort.rate_max_mw * left_h)
        return Cohort(
            earliest=cohort.earliest,
            deadline=cohort.deadline,
            work_mwh=work_mwh,
            rate_max_mw=cohort.rate_max_mw,
        )

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare each cohort's rate and work, and the sum that runs."""
        cohorts, horizon = given.cohorts[self.name], given.horizon
        windows = [cohort.steps(horizon) for cohort in cohorts]
        live: dict[int, list[int]] = {t: [] for t in horizon.steps}
        for number, window in enumerate(windows):
            for t in window:
                live[t].append(number)
        if all(len(numbers) <= 1 for numbers in live.values()):  # then the sum is the cohort's rate
            rates = [
                min([cohorts[n].rate_max_mw for n in live[t]], default=0.0) for t in horizon.steps
            ]
            bounds = [(0.0, min(rate, self.power_max_mw)) for rate in rates]
            block.run_mw = pyo.Var(horizon.steps, bounds=bounds)
        else:
            block.run_mw = pyo.Var(horizon.steps, bounds=(0, self.power_max_mw))
            pairs = [(n, t) for n, window in enumerate(windows) for t in window]
            limit = {(n, t): (0.0, cohorts[n].rate_max_mw) for n, t in pairs}
            block.rate_mw = pyo.Var(pairs, bounds=lambda _, n, t: limit[n, t])

            @block.Constraint(horizon.steps)
            def sum_of_cohorts(b, t):
                return b.run_mw[t] == sum(b.rate_mw[n, t] for n in live[t])

        self._add_work(block, given, windows)

    def _rate(self, block: pyo.Block, number: int, t: int) -> object:
        """Return the rate of one cohort in step `t`."""
        shared = block.component("rate_mw")
        return block.run_mw[t] if shared is None else shared[number, t]

    def _add_work(self, block: pyo.Block, given: Given, windows: list[list[int]]) -> None:
        """Declare that each cohort's work is run, missed or left to the next plan."""
        cohorts, hours, end = given.cohorts[self.name], given.horizon.hours, given.horizon.end
        may_miss = self.missed_mad_per_mwh is not None or given.is_elastic
        left = {n: (0.0, c.work_left_max_mwh(given.horizon)) for n, c in enumerate(cohorts)}
        missed = {n: (0.0, c.work_mwh) for n, c in enumerate(cohorts) if may_miss}
        left = {n: bounds for n, bounds in left.items() if cohorts[n].deadline > end}
        block.left_mwh = pyo.Var(list(left), bounds=lambda _, n: left[n])
        block.missed_mwh = pyo.Var(list(missed), bounds=lambda _, n: missed[n])

        def work(b, n):
            run_mwh = [hours[t] * self._rate(b, n, t) for t in windows[n]]
            undone_mwh = [v[n] for v in (b.left_mwh, b.missed_mwh) if n in v]
            if not run_mwh and not undone_mwh:  # then the inputs let no work pass, only round-off
                is_nothing = cohorts[n].work_mwh <= NOTHING_MWH
                return pyo.Constraint.Feasible if is_nothing else pyo.Constraint.Infeasible
            return sum([*run_mwh, *undone_mwh]) == cohorts[n].work_mwh

        block.work = pyo.Constraint(range(len(cohorts)), rule=work)

    def it_mw(self, block: pyo.Block, t: int) -> object:
        """Return the IT power of the work that runs in step `t`."""
        return block.run_mw[t]

    def _missed_price(self, given: Given) -> float:
        """Return the price of missed work. [MAD/MWh]"""
        return MISSED_MAD_PER_MWH if self.missed_mad_per_mwh is None else self.missed_mad_per_mwh

    def it_max_mw(self, given: Given) -> np.ndarray:
        """Return the most IT power it can draw in each step. [MW]"""
        return np.full(len(given.horizon.steps), self.power_max_mw)

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return missed work, work left and shifted work."""
        left, missed = list(block.left_mwh.values()), list(block.missed_mwh.values())
        terms: dict[str, Terms] = {
            "left": (np.full(len(left), self.left_mad_per_mwh), left),
            "missed": (np.full(len(missed), self._missed_price(given)), missed),
        }
        if self.shift_cost_mad_per_mwh:
            cohorts, begin = given.cohorts[self.name], given.horizon.index
            moved = [
                (self.shift_cost_mad_per_mwh * given.horizon.hours[t], self._rate(block, n, t))
                for n, cohort in enumerate(cohorts)
                for t in cohort.steps(given.horizon)
                if cohort.preferred is not None and begin[t] != cohort.preferred
            ]
            terms["shift"] = (np.array([price for price, _ in moved]), [v for _, v in moved])
        return terms

    def read_rates(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return each cohort's rate: one row per cohort and step in which it may run."""
        index, rate = given.horizon.index, partial(self._rate, block)
        records = [
            (self.name, number, cohort.key, index[t], max(0.0, rate(number, t).value or 0.0))  # type: ignore[attr-defined]
            for number, cohort in enumerate(given.cohorts[self.name])
            for t in cohort.steps(given.horizon)
        ]
        return pd.DataFrame(records, columns=["workload", "number", "cohort", "time_utc", "run_mw"])

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return work arrived, run and missed, and the backlog at the end of each step."""
        horizon = given.horizon
        table = solved(block, ["run_mw"], horizon.index)
        arrived, missed = np.zeros(len(horizon.steps)), np.zeros(len(horizon.steps))
        for number, cohort in enumerate(given.cohorts[self.name]):
            arrived[min(cohort.arrival_step(horizon), len(arrived) - 1)] += cohort.work_mwh
            if number in block.missed_mwh:
                last = ([0, *cohort.steps(horizon)])[-1]
                missed[last] += max(0.0, block.missed_mwh[number].value or 0.0)
        table["arrived_mwh"], table["missed_mwh"] = arrived, missed
        done = table["run_mw"] * horizon.hours + missed
        table["backlog_mwh"] = (arrived - done).cumsum().clip(lower=0.0)
        return table
