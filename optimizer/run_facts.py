"""What is known of a run as it begins."""

from dataclasses import dataclass

import pandas as pd

TRIAL = "trial"  # a run that nothing goes by: neither latest, nor booked, nor handed on


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the registry is told of a run before it has a folder."""

    site: str
    start_utc: pd.Timestamp
    end_utc: pd.Timestamp
    kind: str = "plan"  # plan, daily, replan, trial
    weather_rung: str | None = None
    weather_source: str | None = None
    replans: str | None = None
