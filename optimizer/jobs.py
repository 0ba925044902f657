"""Jobs that run once, without a pause: when they may run, for how long, at what power.

Powers in MW of IT energy, means over equal parts of the job's duration.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One job; it starts with a step and runs to its end."""

    name: str
    earliest: pd.Timestamp
    deadline: pd.Timestamp
    duration_h: float
    power_mw: tuple[float, ...]
    value_mad: float | None  # what is lost if it does not run; None: it must
    tenant: str = ""

    @property
    def energy_mwh(self) -> float:
        """Energy of the whole job [MWh]."""
        return sum(self.power_mw) / len(self.power_mw) * self.duration_h

    @property
    def last_start(self) -> pd.Timestamp:
        """The last moment at which it can start and still end by its deadline."""
        return self.deadline - self.duration_h * HOUR


def from_table(frame: pd.DataFrame) -> list[Job]:
    """Return the jobs of a checked table: one row each, powers as ``a;b;c``."""
    return [
        Job(
            name=row["name"],
            earliest=row["earliest_utc"],
            deadline=row["deadline_utc"],
            duration_h=float(row["duration_h"]),
            power_mw=tuple(float(part) for part in str(row["power_mw"]).split(";")),
            value_mad=None if pd.isna(row["value_mad"]) else float(row["value_mad"]),
            tenant="" if pd.isna(row["tenant"]) else row["tenant"],
        )
        for row in frame.to_dict("records")
    ]


def to_table(jobs: Sequence[Job]) -> pd.DataFrame:
    """Return the jobs as a table of text that `from_table` reads back once its moments are."""
    columns = ["name", "earliest_utc", "deadline_utc", "duration_h", "power_mw", "value_mad"]
    records = [
        (
            job.name,
            job.earliest.isoformat(),
            job.deadline.isoformat(),
            repr(job.duration_h),
            ";".join(map(repr, job.power_mw)),
            None if job.value_mad is None else repr(job.value_mad),
            job.tenant,
        )
        for job in jobs
    ]
    return pd.DataFrame(records, columns=[*columns, "tenant"])
