"""Lists of jobs as files: read, checked, and held against the plan they are for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.errors import InputError
from optimizer.config import Site
from optimizer.horizon import Horizon
from optimizer.inputs import moments, read_frame
from optimizer.jobs import HOUR, Job, from_table
from optimizer.state import State
from optimizer.workloads.jobs import Jobs, start_steps

JOB_COLUMNS = ("name", "earliest_utc", "deadline_utc", "duration_h", "power_mw")
MAY_MISS = ("value_mad", "tenant")  # empty where the file has no such column
MOMENTS = ("earliest_utc", "deadline_utc")
DURATION_MAX_H = 8784.0  # a leap year


def read_jobs(path: Path) -> list[Job]:
    """Return the jobs of a CSV or Parquet file, one a row.

    Raises
    ------
    InputError
        A column is missing, a moment has no zone, a name appears twice, or a row makes no job.
    """
    frame = read_frame(path)
    if missing := [c for c in JOB_COLUMNS if c not in frame.columns]:
        raise InputError([f"{path}: {', '.join(missing)}: missing column. Add it."])
    frame = frame.reindex(columns=[*JOB_COLUMNS, *MAY_MISS])
    problems: list[str] = []
    for column in MOMENTS:
        found, wrong = moments(frame[column], f"{path}: {column}")
        problems += wrong
        if not wrong:
            frame[column] = found
    if problems:
        raise InputError(problems)
    for column in ("name", "tenant"):
        frame[column] = frame[column].map(str, na_action="ignore").astype(object)
    for number, row in enumerate(frame.to_dict("records"), start=2):  # the header is line 1
        texts = _problems({str(k): v for k, v in row.items()})
        problems += [f"{path}: line {number}: {text}" for text in texts]
    twice = frame.index[frame["name"].duplicated() & frame["name"].notna()]
    problems += [
        f"{path}: line {number + 2}: name = {frame['name'][number]} appears twice. "
        "Give each job a name of its own."
        for number in twice
    ]
    if problems:
        raise InputError(problems)
    return from_table(frame)


def _problems(row: Mapping[str, Any]) -> list[str]:
    """Return why a row makes no job."""
    found = []
    if pd.isna(row["name"]) or not str(row["name"]).strip():
        found.append("name is empty. Name the job.")
    powers = [_number(part) for part in str(row["power_mw"]).split(";")]
    if not all(0 <= power < np.inf for power in powers):
        found.append(
            f"power_mw = {row['power_mw']} is neither a number >= 0 nor several. Write 5 or 5;10;5."
        )
    if not pd.isna(row["value_mad"]) and not 0 <= _number(row["value_mad"]) < np.inf:
        found.append(
            f"value_mad = {row['value_mad']} is no number >= 0. "
            "Give one, or leave it empty: the job must run."
        )
    duration_h = _number(row["duration_h"])
    if not 0 < duration_h <= DURATION_MAX_H:
        found.append(
            f"duration_h = {row['duration_h']} is not within 0 and {DURATION_MAX_H:g} h. Mend it."
        )
    elif (room_h := (row["deadline_utc"] - row["earliest_utc"]) / HOUR) < duration_h - 1e-9:
        found.append(
            f"duration_h = {row['duration_h']} does not fit its window of {room_h:g} h. "
            "Move earliest_utc or deadline_utc, or shorten the job."
        )
    return found


def _number(value: object) -> float:
    """Return the number a cell says, NaN where it says none."""
    try:
        return float(str(value))
    except ValueError:
        return np.nan


def jobs_of(site: Site, horizon: Horizon, state: State, folder: Path) -> dict[str, tuple[Job, ...]]:
    """Return the jobs of every list whose windows touch the plan, and refuse what can't be met.

    A job with a value whose last start lies before the plan is over: the plan before had to
    decide about it.
    """
    found, problems = {}, []
    for part in site.jobs.values():
        path = folder / part.jobs_file
        try:
            jobs = read_jobs(path)
        except InputError as error:
            problems += error.problems
            continue
        names = {row.key for row in state.find(part.name, "running_h")}
        problems += [
            f"opening state ({state.origin}): {part.name} running_h: {name!r} is no job of {path}. "
            "Add the job, or take the row out."
            for name in sorted(names - {job.name for job in jobs})
        ]
        done = {row.key for row in state.find(part.name, "done_count") if row.value > 0}
        kept = []
        for number, job in enumerate(jobs, start=2):
            is_near = job.deadline > horizon.start and job.earliest < horizon.end
            if job.name in names or (is_near and job.name in done):
                kept.append(job)
            elif is_near:
                what = _cannot(part, job, horizon)
                problems += [f"{path}: line {number}: {job.name}: {text}" for text in what]
                if job.value_mad is None or _is_open(job, horizon):
                    kept.append(job)
        found[part.name] = tuple(kept)
    if problems:
        raise InputError(problems)
    return found


def _is_open(job: Job, horizon: Horizon) -> bool:
    """Return whether a job can still start, in the plan or after it."""
    return bool(start_steps(job, horizon)) or job.last_start >= horizon.end


def _cannot(part: Jobs, job: Job, horizon: Horizon) -> list[str]:
    """Return why no plan could run a job that is not yet begun."""
    most_mw, by = max(job.power_mw), f"{job.last_start:%Y-%m-%dT%H:%MZ}"
    if most_mw > part.power_max_mw:
        what = f"power_mw = {most_mw:g} is above power_max_mw = {part.power_max_mw:g}"
        return [f"{what} of {part.name}. Raise that limit, or lower the job's power."]
    if _is_open(job, horizon):
        return []
    if job.last_start >= horizon.start:
        what = f"no step of the plan begins between earliest_utc and {by}, when it has to start"
        return [f"{what}. Shorten the steps or move the window."]
    if job.value_mad is not None:
        return []
    what = f"it must run, and had to start by {by}, before the plan. Move deadline_utc, give it a"
    what = f"{what} value_mad, or say in the opening state that it runs on (running_h)"
    return [f"{what} or is done (done_count)."]
