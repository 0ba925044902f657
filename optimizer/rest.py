"""The rest of a published plan: its remaining steps as if they were a plan of their own.

What it costs is what these steps cost, demand charges, contracts and what is left at the end
included; a plan made again at their beginning is compared with it.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.audit import Published, bills
from optimizer.cohorts import Cohort
from optimizer.component import Given
from optimizer.handover import state_at
from optimizer.horizon import Horizon
from optimizer.jobs import Job
from optimizer.workloads.jobs import start_steps

_NOTHING_MWH = 1e-9  # work below this is round-off


def rest_of(published: Published, moment: pd.Timestamp) -> Published:
    """Return the remaining steps of a plan from `moment` on, one of its steps' beginnings.

    Raises
    ------
    ValueError
        No step of the plan begins at `moment`.
    """
    given, horizon = published.given, published.given.horizon
    if moment not in horizon.index:
        raise ValueError(f"{moment} is no step's beginning of this plan.")
    first = int(horizon.index.searchsorted(moment))
    cohorts, rates = _work_left(given, moment)
    part = horizon.part(first, len(horizon.steps) - first)
    left = replace(
        given,
        horizon=part,
        series=given.series.iloc[first:],
        state=state_at(published, moment, "the plan before"),
        cohorts=cohorts,
        rates=rates,
        jobs={name: _jobs_left(jobs, given, part) for name, jobs in given.jobs.items()},
        job_runs=_runs_left(given, moment),
    )
    rest = replace(published, table=published.table.iloc[first:], given=left)
    return replace(rest, objective_mad=float(np.sum(list(bills(rest).values()))))


def _work_left(
    given: Given, moment: pd.Timestamp
) -> tuple[dict[str, tuple[Cohort, ...]], pd.DataFrame]:
    """Return what is left of every cohort, and the rates from `moment` on under its new number."""
    if given.rates.empty:
        return {name: _left_alone(c, moment) for name, c in given.cohorts.items()}, given.rates
    hours = pd.Series(given.horizon.hours, index=given.horizon.index)
    is_past = given.rates["time_utc"] < moment
    past = given.rates[is_past]
    done_mwh = past["run_mw"] * past["time_utc"].map(hours)
    done = done_mwh.groupby([past["workload"], past["number"]]).sum().to_dict()
    cohorts, frames = {}, [given.rates.iloc[:0]]
    for name, found in given.cohorts.items():
        kept: list[Cohort] = []
        numbers: dict[int, int] = {}
        for number, cohort in enumerate(found):
            left_mwh = cohort.work_mwh - float(done.get((name, number), 0.0))
            if cohort.deadline > moment and left_mwh > _NOTHING_MWH:
                numbers[number] = len(kept)
                kept.append(replace(cohort, work_mwh=left_mwh))
        own = given.rates[~is_past & (given.rates["workload"] == name)]
        own = own[own["number"].isin(list(numbers))]
        frames.append(own.assign(number=own["number"].map(numbers)))
        cohorts[name] = tuple(kept)
    return cohorts, pd.concat(frames, ignore_index=True)


def _left_alone(cohorts: tuple[Cohort, ...], moment: pd.Timestamp) -> tuple[Cohort, ...]:
    """Return the cohorts that are due after `moment`, of which nothing has run."""
    return tuple(cohort for cohort in cohorts if cohort.deadline > moment)


def _jobs_left(jobs: tuple[Job, ...], given: Given, left: Horizon) -> tuple[Job, ...]:
    """Return the jobs but for those that were lost before, when they could no longer start."""
    runs = given.job_runs
    lost = set(runs["job"][runs["status"] == "lost"])
    return tuple(
        job
        for job in jobs
        if job.name not in lost or start_steps(job, left) or job.last_start >= left.end
    )


def _runs_left(given: Given, moment: pd.Timestamp) -> pd.DataFrame:
    """Return the jobs' runs as they are seen from `moment`: what has begun runs on, or is done."""
    runs = given.job_runs
    if runs.empty:
        return runs
    begun = runs["status"].isin(["starts", "runs on"]) & (runs["start_utc"] < moment)
    over = begun & (runs["end_utc"] <= moment)
    status = runs["status"].mask(begun, "runs on").mask(over, "done")
    return runs.assign(status=status)
