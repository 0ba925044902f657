"""Jobs: their parameters, and the audit, which follows each job through its published run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from optimizer.component import Component, Given, unequal
from optimizer.jobs import HOUR, Job
from optimizer.state import StateRow

LOST_MAD_PER_MWH = 1e5  # diagnostic only: a job that must run has a price there
STATUSES = ("starts", "runs on", "left", "lost", "done")
RUN_COLUMNS = ("workload", "job", "tenant", "start_utc", "end_utc", "status")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """A job and its published row, in hours from the plan's start; NaN where it has none."""

    job: Job
    count: int  # rows the job has
    status: str
    start_h: float
    end_h: float


class JobsRules(Component):
    """Parameters of a list of jobs, and the rules its published runs must keep."""

    it_quantity: ClassVar[str] = "power_mw"
    jobs_file: str = Field(min_length=1, description="CSV or Parquet of jobs, one row each")
    power_max_mw: float = Field(
        gt=0, le=1e5, description="most that all jobs may draw at once [MW of IT power]"
    )
    left_mad_per_mwh: float = Field(
        ge=0, description="price of work left to the next plan, its likely cost [MAD/MWh]"
    )

    def state_quantities(self) -> list[str]:
        """Return how long each job has run, and which are done."""
        return ["running_h", "done_count"]

    def own_jobs(self, given: Given) -> Sequence[Job]:
        """Return the jobs whose windows touch the plan."""
        return given.jobs.get(self.name, ())

    def _running_h(self, given: Given) -> dict[str, float]:
        """Return how long the jobs that run on have run before the plan, by name [h]."""
        return {row.key: row.value for row in given.state.find(self.name, "running_h")}

    def _done(self, given: Given) -> set[str]:
        """Return the names of the jobs done before the plan."""
        return {row.key for row in given.state.find(self.name, "done_count") if row.value > 0}

    def own_runs(self, given: Given) -> pd.DataFrame:
        """Return the published runs of this workload."""
        if given.job_runs.empty:
            return pd.DataFrame(columns=list(RUN_COLUMNS))
        return given.job_runs[given.job_runs["workload"] == self.name]

    def _followed(self, given: Given) -> list[_Run]:
        """Return every job with its published row."""
        rows: dict[str, list[dict[str, object]]] = {}
        for row in self.own_runs(given).to_dict("records"):
            rows.setdefault(str(row["job"]), []).append({str(k): v for k, v in row.items()})
        found = []
        for job in self.own_jobs(given):
            mine = rows.get(job.name, [])
            first = mine[0] if mine else {"status": "", "start_utc": pd.NaT, "end_utc": pd.NaT}
            hours = [_hours(first[c], given.horizon.start) for c in ("start_utc", "end_utc")]
            found.append(
                _Run(
                    job=job,
                    count=len(mine),
                    status=str(first["status"]),
                    start_h=hours[0],
                    end_h=hours[1],
                )
            )
        return found

    def stoppable(self, own: pd.DataFrame, given: Given) -> list[tuple[np.ndarray, float]]:
        """Return the power of running jobs, at the price of leaving work undone."""
        return [(own[self.it_quantity].to_numpy(), self.left_mad_per_mwh)]

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return the value of lost jobs, and what is left to the next plan [MAD]."""
        lost, left = 0.0, 0.0
        plan_h = float(given.horizon.end_h[-1])
        for run in self._followed(given):
            if run.status == "lost":
                value = run.job.value_mad
                lost += LOST_MAD_PER_MWH * run.job.energy_mwh if value is None else value
            elif run.status == "left":
                left += run.job.energy_mwh
            elif run.status == "starts":
                left += _drawn_mwh(run.job, run.start_h, plan_h, np.inf)
        return {"lost": lost, "left": left * self.left_mad_per_mwh}

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of jobs."""
        runs, horizon, index = self._followed(given), given.horizon, own.index
        edges_h = [*horizon.begin_h, float(horizon.end_h[-1])]
        power, count, missed = (np.zeros(len(index)) for _ in range(3))
        for run in runs:
            if run.status in ("starts", "runs on"):
                for t in horizon.steps:
                    drawn_mwh = _drawn_mwh(run.job, run.start_h, edges_h[t], edges_h[t + 1])
                    power[t] += drawn_mwh / horizon.hours[t]
                    count[t] += max(run.start_h, edges_h[t]) + 1e-9 < min(run.end_h, edges_h[t + 1])
            if run.status == "lost":
                late = [t for t in horizon.steps if horizon.index[t] <= run.job.last_start]
                missed[late[-1] if late else 0] += run.job.energy_mwh
        by_step = {q: pd.Series(v, index=index) for q, v in (("p", power), ("n", count))}
        known = {run.job.name for run in runs}
        strange = sum(name not in known for name in self.own_runs(given)["job"])
        return {
            "power is that of the jobs that run [MW]": unequal(own["power_mw"], by_step["p"]),
            "power fits its limit [MW]": own["power_mw"] - self.power_max_mw,
            "jobs that run are counted": unequal(own["running_count"], by_step["n"]),
            "missed work is that of lost jobs [MWh]": unequal(
                own["missed_mwh"], pd.Series(missed, index=index)
            ),
            "every run is a job's": pd.Series(float(strange), index=index[-1:]),
        } | self._run_rules(runs, given)

    def _run_rules(self, runs: list[_Run], given: Given) -> dict[str, pd.Series]:
        """Return the rules each job obeys by itself."""
        horizon, running_h, done = given.horizon, self._running_h(given), self._done(given)
        plan_h, begin_h = float(horizon.end_h[-1]), horizon.begin_h
        rows = []
        for run in runs:
            job, start_h, is_new = run.job, run.start_h, run.status == "starts"
            first_h, due_h = (_hours(m, horizon.start) for m in (job.earliest, job.deadline))
            expected = {"runs on"} if job.name in running_h else {"starts", "left", "lost"}
            expected = {"done"} if job.name in done else expected
            began_h = -running_h.get(job.name, np.nan)
            must_run = job.value_mad is None and not given.is_elastic
            rows.append(
                {
                    "every job has one row": abs(run.count - 1.0),
                    "what ran before the plan runs on, or is done": run.status not in expected,
                    "a job that runs on began when the state says [h]": abs(start_h - began_h)
                    if run.status == "runs on"
                    else 0.0,
                    "a job runs for its duration, without a pause [h]": abs(
                        run.end_h - start_h - job.duration_h
                    )
                    if run.status in ("starts", "runs on")
                    else 0.0,
                    "no job starts before its window [h]": is_new and first_h - start_h,
                    "no job ends after its window [h]": is_new and run.end_h - due_h,
                    "a job starts with a step [h]": is_new and np.abs(begin_h - start_h).min(),
                    "what is left can still be done [h]": run.status == "left"
                    and max(plan_h, first_h) + job.duration_h - due_h,
                    "jobs that must run do": run.status == "lost" and must_run,
                }
            )
        frame = pd.DataFrame(rows, index=[run.job.earliest for run in runs], dtype="float64")
        return {str(rule): frame[rule] for rule in frame.columns}

    def input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rules of what the opening state says of jobs."""
        jobs = {job.name: job for job in self.own_jobs(given)}
        at = given.horizon.start
        unknown, over, late = [0.0], [0.0], [0.0]
        for name, hours in self._running_h(given).items():
            job = jobs.get(name)
            unknown.append(float(job is None))
            if job is not None:
                over.append(hours - job.duration_h)
                left_h = (job.deadline - at) / HOUR
                late.append(job.duration_h - hours - left_h)
        counts = [row.value for row in given.state.find(self.name, "done_count")]
        parts = [min(abs(n), abs(n - 1)) if n == n else n for n in (0.0, *counts)]  # NaN stays
        excess = {
            "jobs that run on are the file's": unknown,
            "a job that runs on is not over [h]": over,
            "a job that runs on ends by its deadline [h]": late,
            "a job is done, or not": parts,
        }
        return {
            rule: pd.Series(values, index=[at] * len(values)) for rule, values in excess.items()
        }

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return how long each job has run that runs on, and the jobs done that still could."""
        moment, rows = given.horizon.edges[count], []
        for run in self._followed(given):
            at_h = (moment - given.horizon.start) / HOUR
            is_begun = run.status in ("starts", "runs on") and run.start_h < at_h - 1e-9
            is_over = run.status == "done" or (is_begun and run.end_h <= at_h + 1e-9)
            if is_over and run.job.deadline > moment:
                rows.append(StateRow(self.name, "done_count", 1.0, run.job.name))
            elif is_begun and not is_over:
                rows.append(StateRow(self.name, "running_h", at_h - run.start_h, run.job.name))
        return rows


def _hours(moment: Any, start: pd.Timestamp) -> float:
    """Return the hours from `start` to a moment, NaN where there is none."""
    return float("nan") if pd.isna(moment) else float((pd.Timestamp(moment) - start) / HOUR)


def _drawn_mwh(job: Job, start_h: float, from_h: float, until_h: float) -> float:
    """Return the energy a job that starts at `start_h` draws between two hours, part by part."""
    part_h, drawn_mwh = job.duration_h / len(job.power_mw), 0.0
    for number, power_mw in enumerate(job.power_mw):
        begin_h = start_h + number * part_h
        overlap_h = min(begin_h + part_h, until_h) - max(begin_h, from_h)
        if not overlap_h <= 0:  # NaN goes on
            drawn_mwh += power_mw * overlap_h
    return drawn_mwh
