"""Deferrable work: cohorts of (arrival, deadline, work, rate limit), never one pool.

Pooling work overstates what shifting saves, and "the day's energy is conserved" runs work before
it arrives. What is undone at the plan's end, with a deadline still to come, is left to the next
plan at a price, as far as the cohort's rate limit allows. Missed work is priced or forbidden.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.cohorts import Cohort, handed_over, windows
from optimizer.component import (
    Given,
    Terms,
    bounds_up_to,
    solved,
    values_of,
    weighted,
)
from optimizer.horizon import Horizon
from optimizer.legal_time import legal
from optimizer.state import StateRow
from optimizer.workloads.deferrable_rules import NOTHING_MWH, CohortRules


class Deferrable(CohortRules):
    """A stream of cohorts, or the cohorts of a file, as the model has them."""

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
        cohorts += handed_over([], backlog, rates, self.power_max_mw)
        return [*cohorts, *self._arriving(horizon.start, horizon.end)]

    def of_file(
        self, cohorts: list[Cohort], horizon: Horizon, state_rows: list[StateRow]
    ) -> list[Cohort]:
        """Return what a file's cohorts leave to this plan.

        With `state_rows`, cohorts that have arrived are those of the backlog, with the work it
        says. Cohorts due before the plan begins, or that arrive after its end, are not its own.
        """
        start, end = horizon.start, horizon.end
        if not state_rows:
            return [c for c in cohorts if c.deadline > start and c.earliest < end]
        backlog = {r.key: r.value for r in state_rows if r.quantity == "backlog_mwh"}
        rates = {r.key: r.value for r in state_rows if r.quantity == "rate_max_mw"}
        arriving = [c for c in cohorts if start <= c.earliest < end]
        return [*handed_over(cohorts, backlog, rates, self.power_max_mw), *arriving]

    def _arriving(self, start: pd.Timestamp, end: pd.Timestamp) -> list[Cohort]:
        """Return the stream's cohorts that arrive from `start` until before `end`."""
        block = pd.Timedelta(hours=self.block_h)
        first = start.ceil(f"{self.block_h}h")
        arrivals = pd.date_range(first, end - pd.Timedelta(seconds=1), freq=block)
        profile = np.resize(self.arrival_profile_pu, 24)
        after = pd.to_timedelta(np.tile(np.arange(self.block_h), len(arrivals)), unit="h")
        clock = legal(arrivals.repeat(self.block_h) + after, self.time_zone)
        shares = profile[clock.hour].reshape(len(arrivals), self.block_h).sum(axis=1)
        works_mwh = ((self.arrival_mw or 0.0) * shares).tolist()
        deadlines = arrivals + pd.Timedelta(hours=self.deadline_h)
        return [
            Cohort(
                earliest=arrival,
                deadline=deadline,
                work_mwh=work_mwh,
                rate_max_mw=work_mwh / self.run_min_h,
            )
            for arrival, deadline, work_mwh in zip(arrivals, deadlines, works_mwh, strict=True)
            if work_mwh > 0
        ]

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
        spans = windows(cohorts, horizon)
        live: dict[int, list[int]] = {t: [] for t in horizon.steps}
        for number, window in enumerate(spans):
            for t in window:
                live[t].append(number)
        if all(len(numbers) <= 1 for numbers in live.values()):  # then the sum is the cohort's rate
            rates = [
                min([cohorts[n].rate_max_mw for n in live[t]], default=0.0) for t in horizon.steps
            ]
            bounds = bounds_up_to(np.minimum(rates, self.power_max_mw))
            block.run_mw = pyo.Var(horizon.steps, bounds=bounds)
        else:
            block.run_mw = pyo.Var(horizon.steps, bounds=(0, self.power_max_mw))
            pairs = [(n, t) for n, window in enumerate(spans) for t in window]
            limit = [(0.0, cohorts[n].rate_max_mw) for n, _ in pairs]
            block.rate_mw = pyo.Var(pairs, bounds=dict(zip(pairs, limit, strict=True)))

            @block.Constraint(horizon.steps)
            def sum_of_cohorts(b, t):
                return b.run_mw[t] == sum(b.rate_mw[n, t] for n in live[t])

        self._add_work(block, given, spans)

    def _rate(self, block: pyo.Block, number: int, t: int) -> Any:
        """Return the rate of one cohort in step `t`."""
        shared = block.component("rate_mw")
        return block.run_mw[t] if shared is None else shared[number, t]

    def _add_work(self, block: pyo.Block, given: Given, spans: list[list[int]]) -> None:
        """Declare that each cohort's work is run, missed or left to the next plan."""
        cohorts, hours, end = given.cohorts[self.name], given.horizon.hours, given.horizon.end
        may_miss = self.missed_mad_per_mwh is not None or given.is_elastic
        left = {n: (0.0, c.work_left_max_mwh(given.horizon)) for n, c in enumerate(cohorts)}
        missed = {n: (0.0, c.work_mwh) for n, c in enumerate(cohorts) if may_miss}
        left = {n: bounds for n, bounds in left.items() if cohorts[n].deadline > end}
        block.left_mwh = pyo.Var(list(left), bounds=lambda _, n: left[n])
        block.missed_mwh = pyo.Var(list(missed), bounds=lambda _, n: missed[n])

        def work(b, n):
            rates_mw = [self._rate(b, n, t) for t in spans[n]]
            undone_mwh = [v[n] for v in (b.left_mwh, b.missed_mwh) if n in v]
            if not rates_mw and not undone_mwh:  # then the inputs let no work pass, only round-off
                is_nothing = cohorts[n].work_mwh <= NOTHING_MWH
                return pyo.Constraint.Feasible if is_nothing else pyo.Constraint.Infeasible
            weights = [*hours[spans[n]], *(1.0 for _ in undone_mwh)]
            return weighted(weights, [*rates_mw, *undone_mwh]) == cohorts[n].work_mwh

        block.work = pyo.Constraint(range(len(cohorts)), rule=work)

    def it_mw(self, block: pyo.Block, t: int) -> Any:
        """Return the IT power of the work that runs in step `t`."""
        return block.run_mw[t]

    def preemptible_mw(self, block: pyo.Block, t: int) -> Any:
        """Return what runs: all of it may wait."""
        return block.run_mw[t]

    def preempted_mw(self, own: pd.DataFrame) -> pd.Series:
        """Return the same from the published table."""
        return own["run_mw"]

    def waiting(self, block: pyo.Block) -> list[pyo.Var]:
        """Return the power: sooner is better where nothing else decides."""
        return [block.run_mw]

    def it_max_mw(self, given: Given) -> np.ndarray:
        """Return the most IT power it can draw in each step [MW]."""
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
        cohorts, horizon = given.cohorts[self.name], given.horizon
        spans = windows(cohorts, horizon)
        lengths = [len(span) for span in spans]
        steps = np.array([t for span in spans for t in span], dtype=int)
        shared = block.component("rate_mw")
        rates_mw = values_of(block.run_mw)[steps] if shared is None else values_of(shared)
        return pd.DataFrame(
            {
                "workload": np.full(len(steps), self.name),
                "number": np.repeat(np.arange(len(cohorts)), lengths),
                "cohort": np.repeat([cohort.key for cohort in cohorts], lengths),
                "time_utc": horizon.index[steps],
                "run_mw": np.maximum(rates_mw, 0.0),
            }
        )

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return work arrived, run and missed, and the backlog at the end of each step."""
        horizon = given.horizon
        table = solved(block, ["run_mw"], horizon.index)
        arrived, missed = np.zeros(len(horizon.steps)), np.zeros(len(horizon.steps))
        cohorts = given.cohorts[self.name]
        for number, cohort in enumerate(cohorts):
            arrived[cohort.arrival_step(horizon)] += cohort.work_mwh
            if number in block.missed_mwh:
                missed_mwh = max(0.0, block.missed_mwh[number].value or 0.0)
                missed[cohort.missed_step(horizon)] += missed_mwh
        table["arrived_mwh"], table["missed_mwh"] = arrived, missed
        done = table["run_mw"] * horizon.hours + missed
        table["backlog_mwh"] = (arrived - done).cumsum().clip(lower=0.0)
        return table
