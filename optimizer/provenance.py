"""Where the inputs of a plan come from: what every output of it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from models.weather.forecast import ModelRun
from optimizer.base_run import Base
from optimizer.phrases import number, phrase
from optimizer.power_forecast import PowerForecast

DEGRADED = {  # rungs of the ladder below fresh weather, and how they are said
    "last_run": phrase("LAST GOOD RUN"),
    "second": phrase("SECOND SOURCE"),
    "climatology": phrase("CLIMATOLOGY"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a problem's inputs come from.

    Attributes
    ----------
    weather_rung : str
        ``given`` (a file or series of the user), ``synthetic`` (the climate that was asked for),
        ``fresh``, or one of `DEGRADED`.
    weather_take : str or None
        Folder of the raw payloads in the archive of weather, if they are stored.
    weather_reasons : tuple of str
        Why each better rung was not taken.
    forecast : str
        Which of the forecast is planned with, ``mean`` or ``p20``; empty where there is none.
    power : PowerForecast or None
        The probabilities the central series were taken from.
    timings_s : mapping
        Of the fetch and of the forecast. [s]
    base : Base or None
        The run that is planned again, and what was left of it.
    budgets : str
        How budgets longer than the plan are shared out.
    overlay : mapping
        What an overlay changes; empty where there is none.
    """

    weather_level: str = "given"
    weather_source: str = "series given by the caller"
    weather_licence: str = "the owner's"
    weather_rung: str = "given"
    weather_run: ModelRun | None = None
    weather_age_h: float | None = None
    weather_take: str | None = None
    weather_reasons: tuple[str, ...] = ()
    forecast: str = ""
    power: PowerForecast | None = None
    base: Base | None = None
    timings_s: Mapping[str, float] = field(default_factory=dict)
    files_sha256: Mapping[str, str] = field(default_factory=dict)
    budgets: str = ""
    overlay: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_degraded(self) -> bool:
        """Whether the weather stands below the first rung: every output then says so."""
        return self.weather_rung in DEGRADED

    def weather_json(self) -> dict[str, Any]:
        """Return what manifests and answers say of the weather."""
        run = self.weather_run
        content: dict[str, Any] = {
            "level": self.weather_level,
            "rung": self.weather_rung,
            "source": self.weather_source,
            "licence": self.weather_licence,
            "reasons": list(self.weather_reasons),
        }
        if run is not None:
            content |= {
                "provider": run.provider,
                "model": run.model,
                "model_run_utc": _stamp(run.init_utc),
                "fetched_utc": _stamp(run.fetched_utc),
                "age_h": self.weather_age_h,
                "payloads_sha256": list(run.payloads_sha256),
                "take": self.weather_take,
                "forecast": self.forecast,
            }
        if self.power is not None:
            content["notes"] = list(self.power.notes)
        return content


def _stamp(moment: pd.Timestamp) -> str:
    """Return a moment as JSON has it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def degraded_lines(weather: Any) -> list[str]:
    """Say of what a manifest has of the weather that it is not fresh; nothing where it is."""
    found = weather if isinstance(weather, dict) else {}
    rung = DEGRADED.get(str(found.get("rung")))
    if rung is None:
        return []
    age_h = found.get("age_h")
    if not isinstance(age_h, int | float):
        return [phrase("Weather: {rung}: not fresh; the plan is degraded.", {"rung": rung})]
    values = {"rung": rung, "hours": number(age_h, ",.1f")}
    return [
        phrase("Weather: {rung}, {hours} h old: not fresh; the plan is degraded.", values),
    ]
