"""Cohorts of deferrable work: what arrives together and has one deadline.

Work in MWh of IT energy. A cohort may run from the step that begins at or after `earliest`
until the step that ends at or before `deadline`, never faster than its own rate limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from optimizer.horizon import Horizon


@dataclass(frozen=True, kw_only=True, slots=True)
class Cohort:
    """One batch of work."""

    earliest: pd.Timestamp
    deadline: pd.Timestamp
    work_mwh: float
    rate_max_mw: float
    preferred: pd.Timestamp | None = None  # running in another step costs the shift price

    @property
    def key(self) -> str:
        """Name of the cohort: when it arrived and when it is due."""
        return f"{self.earliest:%Y-%m-%dT%H:%MZ}/{self.deadline:%Y-%m-%dT%H:%MZ}"

    def steps(self, horizon: Horizon) -> list[int]:
        """Return the steps in which the cohort may run."""
        return windows([self], horizon)[0]

    def work_left_max_mwh(self, horizon: Horizon) -> float:
        """Return the most that can still be done between the plan's end and the deadline."""
        left_h = max(0.0, (self.deadline - horizon.end) / pd.Timedelta(hours=1))
        return min(self.work_mwh, self.rate_max_mw * left_h)

    def arrival_step(self, horizon: Horizon) -> int:
        """Return the step in which the work appears; what was there before is step 0's."""
        return int(horizon.index.searchsorted(self.earliest))


def windows(cohorts: Sequence[Cohort], horizon: Horizon) -> list[list[int]]:
    """Return the steps in which each cohort may run."""
    if not cohorts:
        return []
    firsts = horizon.edges.searchsorted(pd.DatetimeIndex([c.earliest for c in cohorts]))
    ends = horizon.edges.searchsorted(pd.DatetimeIndex([c.deadline for c in cohorts]), "right")
    return [list(range(a, b - 1)) for a, b in zip(firsts.tolist(), ends.tolist(), strict=True)]


def from_table(frame: pd.DataFrame) -> list[Cohort]:
    """Return the cohorts of a checked table: one row each, columns named as the fields."""
    return [
        Cohort(
            earliest=row["earliest_utc"],
            deadline=row["deadline_utc"],
            work_mwh=float(row["work_mwh"]),
            rate_max_mw=float(row["rate_max_mw"]),
            preferred=None if pd.isna(row.get("preferred_utc")) else row["preferred_utc"],
        )
        for row in frame.to_dict("records")
    ]


def to_table(cohorts: Sequence[Cohort]) -> pd.DataFrame:
    """Return the cohorts as a table that `from_table` reads back."""
    frame = pd.DataFrame(
        {
            "earliest_utc": [c.earliest for c in cohorts],
            "deadline_utc": [c.deadline for c in cohorts],
            "work_mwh": [c.work_mwh for c in cohorts],
            "rate_max_mw": [c.rate_max_mw for c in cohorts],
        }
    )
    if any(c.preferred is not None for c in cohorts):
        frame["preferred_utc"] = [c.preferred for c in cohorts]
    return frame
