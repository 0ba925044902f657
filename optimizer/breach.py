"""What an audit reports. Audits read the published table, never the model."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

TOLERANCE = 1e-4  # MW or MWh: 100 W, far above solver noise (1e-7), far below a meter


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule, broken at one moment, by a stated amount."""

    rule: str
    time_utc: pd.Timestamp
    excess: float

    def __str__(self) -> str:
        return f"{self.time_utc:%Y-%m-%d %H:%M}Z  {self.rule}: exceeded by {self.excess:.6g}"


def breaches(owner: str, excess_by_rule: Mapping[str, pd.Series]) -> list[Breach]:
    """Return a breach wherever an excess is above `TOLERANCE`, or is not a number."""
    return [
        Breach(f"{owner}: {rule}", time_utc, float(value))
        for rule, excess in excess_by_rule.items()
        for time_utc, value in _above(excess)
    ]


def _above(excess: pd.Series) -> list[tuple[pd.Timestamp, float]]:
    """Return moments and values above the tolerance, or that are not numbers."""
    is_kept = excess.to_numpy() <= TOLERANCE  # not ">": NaN must fail
    if is_kept.all():
        return []
    broken = excess[~is_kept]
    return list(zip(pd.DatetimeIndex(broken.index), broken, strict=True))
