"""Cohorts of deferrable work: what arrives together and has one deadline.

Work in MWh of IT energy. A cohort may run from the step that begins at or after `earliest`
until the step that ends at or before `deadline`, never faster than its own rate limit.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
    ordinal: int = 1  # which one, where several have one window

    @property
    def key(self) -> str:
        """Name of the cohort: when it arrived and when it is due, ``#2`` for a second such one."""
        which = f"#{self.ordinal}" if self.ordinal > 1 else ""
        return f"{_written(self.earliest)}/{_written(self.deadline)}{which}"

    def steps(self, horizon: Horizon) -> list[int]:
        """Return the steps in which the cohort may run."""
        return windows([self], horizon)[0]

    def work_left_max_mwh(self, horizon: Horizon) -> float:
        """Return the most that can still be done between the plan's end and the deadline."""
        left_h = max(0.0, (self.deadline - horizon.end) / pd.Timedelta(hours=1))
        return min(self.work_mwh, self.rate_max_mw * left_h)

    def arrival_step(self, horizon: Horizon) -> int:
        """Return the step in which the work appears; what was there before is step 0's."""
        return min(int(horizon.index.searchsorted(self.earliest)), len(horizon.index) - 1)

    def missed_step(self, horizon: Horizon) -> int:
        """Return the step in which work is missed: the last that ends by the deadline."""
        ended = int(horizon.edges.searchsorted(self.deadline, "right")) - 2
        return max(min(ended, len(horizon.index) - 1), self.arrival_step(horizon))


def _written(moment: pd.Timestamp) -> str:
    """Return a moment to the minute, or to the second or below where it has any."""
    if moment.second == 0 and moment.microsecond == 0:
        return f"{moment:%Y-%m-%dT%H:%MZ}"
    return moment.tz_convert("UTC").tz_localize(None).isoformat() + "Z"


def parsed_key(key: str) -> tuple[pd.Timestamp, pd.Timestamp, int]:
    """Return arrival, deadline and ordinal from a cohort's key."""
    window, _, ordinal = key.partition("#")
    earliest, deadline = (pd.Timestamp(part) for part in window.split("/"))
    return earliest, deadline, int(ordinal or 1)


def numbered(cohorts: Sequence[Cohort]) -> list[Cohort]:
    """Return cohorts of which those with one window are numbered in their order."""
    seen: Counter[tuple[pd.Timestamp, pd.Timestamp]] = Counter()
    found = []
    for cohort in cohorts:
        window = (cohort.earliest, cohort.deadline)
        seen[window] += 1
        found.append(replace(cohort, ordinal=seen[window]))
    return found


def handed_over(
    cohorts: Sequence[Cohort],
    backlog: Mapping[str, float],
    rates: Mapping[str, float],
    rate_max_mw: float,
) -> list[Cohort]:
    """Return the cohorts of an opening backlog, by key: what is done of them is gone.

    `cohorts` say when a cohort prefers to run; `rates` its rate limit, else `cohorts`, else
    `rate_max_mw`.
    """
    known, found = {cohort.key: cohort for cohort in cohorts}, []
    for key, work_mwh in sorted(backlog.items()):
        if work_mwh > 0:
            earliest, deadline, ordinal = parsed_key(key)
            before = known.get(key)
            usual_mw = rate_max_mw if before is None else before.rate_max_mw
            left = Cohort(
                earliest=earliest,
                deadline=deadline,
                work_mwh=work_mwh,
                rate_max_mw=rates.get(key, usual_mw),
                preferred=None if before is None else before.preferred,
                ordinal=ordinal,
            )
            found.append(left)
    return found


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
            ordinal=int(row.get("ordinal", 1)),
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
    if any(c.ordinal > 1 for c in cohorts):
        frame["ordinal"] = [c.ordinal for c in cohorts]
    return frame
