"""A weather forecast: one run of a weather model, with one member or many."""

from dataclasses import dataclass

import pandas as pd

from models.weather.schema import Weather


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRun:
    """Which run of which weather model, from whom, under which terms.

    Attributes
    ----------
    provider, model : str
        Who sent it and what it is called there, e.g. open-meteo and ecmwf_ifs025_ensemble.
    init_utc : Timestamp
        When the model run begins: age counts from here, never from a file's time.
    fetched_utc : Timestamp
        When the payload came.
    attribution : str
        Licence and the words it asks for in every report.
    payloads_sha256 : tuple of str
        Of the raw payloads, in the order they came.
    """

    provider: str
    model: str
    init_utc: pd.Timestamp
    fetched_utc: pd.Timestamp
    attribution: str
    payloads_sha256: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class WeatherForecast:
    """The members of one run on the same steps; a deterministic forecast has one."""

    run: ModelRun
    members: tuple[Weather, ...]

    @property
    def first_utc(self) -> pd.Timestamp:
        """Beginning of the first step."""
        return pd.Timestamp(self.members[0].table.index[0])

    @property
    def end_utc(self) -> pd.Timestamp:
        """End of the last step."""
        return pd.Timestamp(self.members[0].table.index[-1]) + self.members[0].step

    def covers(self, start_utc: pd.Timestamp, end_utc: pd.Timestamp) -> bool:
        """Return whether every moment of [start, end) is inside."""
        return bool(self.first_utc <= start_utc and end_utc <= self.end_utc)

    def age_h(self, now_utc: pd.Timestamp) -> float:
        """Return the hours since the model run began."""
        return float((now_utc - self.run.init_utc) / pd.Timedelta(hours=1))
