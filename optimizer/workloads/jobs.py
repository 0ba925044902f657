"""Jobs that run once, without a pause: when each starts is a choice among the plan's steps.

One integer for each step in which a job may start, instead of start, status and stop: the starts
of a job alone are the corners of their polytope, so that only shared limits leave fractions.
Jobs alike in all but name and tenant are one count, since it does not matter which is which.
A job that can still be done after the plan may be left for it; its energy then, and that of a job
which runs beyond the plan's end, has a price. A job with a value may be lost at that value.
What a plan gives up beyond the part that is carried out, the next plan may still run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.component import Given, Terms, solved, weighted
from optimizer.horizon import Horizon
from optimizer.jobs import HOUR, Job
from optimizer.workloads.jobs_rules import LOST_MAD_PER_MWH, RUN_COLUMNS, JobsRules


@dataclass(frozen=True, kw_only=True, slots=True)
class _Alike:
    """Jobs alike in all but name and tenant, and the steps they may start in."""

    jobs: tuple[Job, ...]  # by name
    starts: tuple[int, ...]
    can_be_left: bool

    @property
    def one(self) -> Job:
        """Return any of them."""
        return self.jobs[0]


def start_steps(job: Job, horizon: Horizon) -> tuple[int, ...]:
    """Return the steps with which a job may start, to end by its deadline."""
    first = int(horizon.index.searchsorted(job.earliest))
    end = int(horizon.index.searchsorted(job.last_start, "right"))
    return tuple(range(first, end))


class Jobs(JobsRules):
    """A list of jobs, as the model has them."""

    def _alike(self, given: Given) -> list[_Alike]:
        """Return the jobs not yet begun, alike ones together, in the order of the file."""
        begun = self._running_h(given).keys() | self._done(given)
        groups: dict[object, list[Job]] = {}
        for job in self.own_jobs(given):
            if job.name not in begun:
                key = (job.earliest, job.deadline, job.duration_h, job.power_mw, job.value_mad)
                groups.setdefault(key, []).append(job)
        return [
            _Alike(
                jobs=tuple(sorted(jobs, key=lambda job: job.name)),
                starts=start_steps(jobs[0], given.horizon),
                can_be_left=jobs[0].last_start >= given.horizon.end,
            )
            for jobs in groups.values()
        ]

    def _running_mw(self, given: Given) -> np.ndarray:
        """Return the power of the jobs that began before the plan [MW]."""
        jobs = {job.name: job for job in self.own_jobs(given)}
        power = np.zeros(len(given.horizon.steps))
        for name, hours in self._running_h(given).items():
            if name in jobs:  # a coarse look ahead has none
                power += _power_mw(jobs[name], -hours, given.horizon)
        return power

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare when jobs start, which are left or lost, and the power that runs."""
        steps, groups = given.horizon.steps, self._alike(given)
        sizes = [len(group.jobs) for group in groups]
        pairs = [(g, s) for g, group in enumerate(groups) for s in group.starts]
        left = [g for g, group in enumerate(groups) if group.can_be_left]
        lost = [g for g, group in enumerate(groups) if self._may_lose(group.one, given)]
        whole = {"domain": pyo.Integers}
        block.start_count = pyo.Var(pairs, bounds=lambda _, g, s: (0, sizes[g]), **whole)
        block.left_count = pyo.Var(left, bounds=lambda _, g: (0, sizes[g]), **whole)
        block.lost_count = pyo.Var(lost, bounds=lambda _, g: (0, sizes[g]), **whole)
        block.power_mw = pyo.Var(steps, bounds=(0, self.power_max_mw))

        def once(b: pyo.Block, g: int) -> Any:
            choices = [b.start_count[g, s] for s in groups[g].starts]
            choices += [v[g] for v in (b.left_count, b.lost_count) if g in v]
            if not choices:  # the inputs let no such job pass
                return pyo.Constraint.Infeasible
            return weighted(np.ones(len(choices)), choices) == sizes[g]

        block.once = pyo.Constraint(range(len(groups)), rule=once)
        self._add_power(block, given, groups)

    def _add_power(self, block: pyo.Block, given: Given, groups: Sequence[_Alike]) -> None:
        """Declare the power as the sum of what runs."""
        draws: list[list[tuple[float, object]]] = [[] for _ in given.horizon.steps]
        for g, group in enumerate(groups):
            for s in group.starts:
                power = _power_mw(group.one, float(given.horizon.begin_h[s]), given.horizon)
                for t in np.flatnonzero(power).tolist():
                    draws[t].append((-float(power[t]), block.start_count[g, s]))
        running_mw = self._running_mw(given).tolist()

        def sum_of_jobs(b: pyo.Block, t: int) -> Any:
            factors, starts = [f for f, _ in draws[t]], [v for _, v in draws[t]]
            return weighted([1.0, *factors], [b.power_mw[t], *starts]) == running_mw[t]

        block.sum_of_jobs = pyo.Constraint(given.horizon.steps, rule=sum_of_jobs)

    def _may_lose(self, job: Job, given: Given) -> bool:
        """Return whether a job may be lost at a price."""
        return job.value_mad is not None or given.is_elastic

    def it_mw(self, block: pyo.Block, t: int) -> Any:
        """Return the IT power of the jobs that run in step `t`."""
        return block.power_mw[t]

    def waiting(self, block: pyo.Block) -> list[pyo.Var]:
        """Return the power: sooner is better where nothing else decides."""
        return [block.power_mw]

    def it_max_mw(self, given: Given) -> np.ndarray:
        """Return the most IT power it can draw in each step [MW]."""
        return np.full(len(given.horizon.steps), self.power_max_mw)

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return lost jobs, and the energy after the plan's end of what is left or runs on."""
        groups, hours = self._alike(given), given.horizon.hours
        prices: list[float] = []
        lost = [(g, self._lost_mad(groups[g].one)) for g in block.lost_count]
        left: list[object] = list(block.left_count.values())
        prices = [groups[g].one.energy_mwh for g in block.left_count]
        for (g, s), start in block.start_count.items():
            job, begin_h = groups[g].one, float(given.horizon.begin_h[s])
            after_mwh = job.energy_mwh - float(_power_mw(job, begin_h, given.horizon) @ hours)
            if begin_h + job.duration_h > given.horizon.end_h[-1] and after_mwh:
                left.append(start)
                prices.append(after_mwh)
        return {
            "lost": (np.array([mad for _, mad in lost]), [block.lost_count[g] for g, _ in lost]),
            "left": (np.array(prices) * self.left_mad_per_mwh, left),
        }

    def _lost_mad(self, job: Job) -> float:
        """Return what is lost with a job [MAD]."""
        must_mad = LOST_MAD_PER_MWH * job.energy_mwh
        return must_mad if job.value_mad is None else job.value_mad

    def read_runs(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return one row a job: when it starts and ends, or what becomes of it."""
        found: dict[str, tuple[str, float]] = {name: ("done", np.nan) for name in self._done(given)}
        found |= {name: ("runs on", -hours) for name, hours in self._running_h(given).items()}
        for g, group in enumerate(self._alike(given)):
            fates = [
                ("starts", float(given.horizon.begin_h[s]))
                for s in group.starts
                for _ in range(round(block.start_count[g, s].value))
            ]
            if g in block.left_count:
                fates += [("left", np.nan)] * round(block.left_count[g].value)
            fates += [("lost", np.nan)] * len(group.jobs)  # what is left over
            found |= {job.name: fate for job, fate in zip(group.jobs, fates, strict=False)}
        records = []
        for job in self.own_jobs(given):
            status, start_h = found[job.name]
            start = pd.NaT if np.isnan(start_h) else given.horizon.start + start_h * HOUR
            end = start + job.duration_h * HOUR
            records.append((self.name, job.name, job.tenant, start, end, status))
        return pd.DataFrame(records, columns=list(RUN_COLUMNS))

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return power, how many jobs run, and the work of lost jobs."""
        horizon = given.horizon
        table = solved(block, ["power_mw"], horizon.index)
        runs = self.read_runs(block, given)
        begin, end = (pd.DatetimeIndex(pd.to_datetime(runs[c], utc=True)) for c in _MOMENTS)
        first, last = horizon.edges[:-1], horizon.edges[1:]
        table["running_count"] = [
            float(((begin < b) & (end > a)).sum()) for a, b in zip(first, last, strict=True)
        ]
        missed = np.zeros(len(horizon.steps))
        for job, status in zip(self.own_jobs(given), runs["status"], strict=True):
            if status == "lost":
                at = int(horizon.index.searchsorted(job.last_start, "right")) - 1
                missed[max(at, 0)] += job.energy_mwh
        return table.assign(missed_mwh=missed)


_MOMENTS = ("start_utc", "end_utc")


def _power_mw(job: Job, start_h: float, horizon: Horizon) -> np.ndarray:
    """Return the mean power in each step of a job that starts `start_h` after the plan does."""
    corners_h = np.linspace(0.0, job.duration_h, len(job.power_mw) + 1)
    parts_mwh = np.array(job.power_mw) * job.duration_h / len(job.power_mw)
    done_mwh = np.concatenate([[0.0], np.cumsum(parts_mwh)])
    edges_h = np.concatenate([[0.0], horizon.end_h]) - start_h
    return np.asarray(np.diff(np.interp(edges_h, corners_h, done_mwh)) / horizon.hours)
