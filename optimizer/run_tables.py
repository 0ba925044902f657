"""Tables of work in a run folder: cohorts and jobs as they were given, and how they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from models.errors import InputError
from models.files import reason
from optimizer import cohorts as work
from optimizer import jobs as listed
from optimizer.cohorts import Cohort
from optimizer.component import Given
from optimizer.config import Site
from optimizer.jobs import Job

RUN_MOMENTS = ("start_utc", "end_utc")  # empty where a job does not run


@contextmanager
def as_written(path: Path) -> Iterator[None]:
    """Say of a file that is not as a run has it that it is not, instead of how Python noticed."""
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        what = f"{path}: not as a run has it: {reason(error)}"
        raise InputError([f"{what}. Give a whole run folder."]) from error


def read_exactly(path: Path, texts: tuple[str, ...]) -> pd.DataFrame:
    """Return a CSV table whose columns but for `texts` are numbers, to the last digit."""
    frame = pd.read_csv(path, dtype=str)  # pandas' own parser of numbers may round the last digit
    return frame.astype({column: "float64" for column in frame.columns if column not in texts})


def write_work(folder: Path, given: Given) -> None:
    """Write cohorts and jobs, a file for each workload, to the inputs of a run folder."""
    tables = {f"cohorts_{name}": work.to_table(found) for name, found in given.cohorts.items()}
    tables |= {f"jobs_{name}": listed.to_table(found) for name, found in given.jobs.items()}
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def write_runs(folder: Path, given: Given) -> None:
    """Write the rate of every cohort by step, and when every job starts and ends."""
    if given.cohorts:
        rates = given.rates.assign(
            time_utc=pd.DatetimeIndex(given.rates["time_utc"]).strftime("%Y-%m-%dT%H:%M:%SZ")
        )
        rates.to_csv(folder / "rates.csv", index=False, lineterminator="\n")
    if given.jobs:
        runs = given.job_runs.copy()
        for column in RUN_MOMENTS:
            runs[column] = runs[column].map(pd.Timestamp.isoformat, na_action="ignore")
        runs.to_csv(folder / "jobs.csv", index=False, lineterminator="\n")


def read_cohorts(folder: Path, site: Site) -> dict[str, tuple[Cohort, ...]]:
    """Return the cohorts of a run's inputs, by workload."""
    moments = ("earliest_utc", "deadline_utc", "preferred_utc")
    found = {}
    for part in site.deferrable.values():
        path = folder / f"cohorts_{part.name}.csv"
        with as_written(path):
            frame = read_exactly(path, moments)
            for column in moments:
                if column in frame.columns:
                    frame[column] = pd.to_datetime(frame[column], utc=True, format="ISO8601")
            found[part.name] = tuple(work.from_table(frame))
    return found


def read_jobs(folder: Path, site: Site) -> dict[str, tuple[Job, ...]]:
    """Return the jobs of a run's inputs, by workload."""
    found = {}
    for part in site.jobs.values():
        path = folder / f"jobs_{part.name}.csv"
        with as_written(path):
            frame = pd.read_csv(path, dtype=str)
            for column in ("earliest_utc", "deadline_utc"):
                frame[column] = _utc(frame[column])
            found[part.name] = tuple(listed.from_table(frame))
    return found


def read_rates(path: Path) -> pd.DataFrame:
    """Return the published rates of a run's cohorts."""
    with as_written(path):
        frame = read_exactly(path, ("workload", "cohort", "time_utc"))
        frame["time_utc"] = _utc(frame["time_utc"])
        frame[["workload", "number", "run_mw"]].notna()
    return frame


def read_job_runs(path: Path) -> pd.DataFrame:
    """Return when each job of a run starts and ends."""
    with as_written(path):
        frame = pd.read_csv(path, dtype=str)
        for column in RUN_MOMENTS:
            frame[column] = _utc(frame[column])
        frame[["workload", "job", "tenant", "status"]].notna()
    return frame


def _utc(texts: pd.Series) -> pd.Series:
    """Return moments in UTC; none where there is none."""
    moments = pd.to_datetime(texts, utc=True, format="ISO8601")
    return pd.Series(pd.DatetimeIndex(moments).as_unit("us"), index=texts.index)
