"""[weather] of the site file: which sources, in which order, and what their files leave unsaid."""

from typing import Literal, Self

from pydantic import Field, model_validator

from models.parameters import Parameters
from models.weather.reading import ReadOptions

CLIMATE = "climate"  # the bundled one; any other name is a source of [weather.online] or a file
Provider = Literal[
    "open-meteo", "open-meteo-ensemble", "ecmwf-open-data", "nasa-power", "pvgis", "folder"
]
_FORECASTS = ("open-meteo", "open-meteo-ensemble", "ecmwf-open-data", "folder")


class OnlineSource(Parameters):
    """One source of weather that is fetched, or looked up in a folder that others fill."""

    provider: Provider = Field(description="who it is, and so how it is asked and read")
    model: str | None = Field(
        default=None, min_length=1, description="weather model, as the provider names it"
    )
    url: str | None = Field(
        default=None, pattern=r"^https?://", description="another host of the same interface"
    )
    folder: str | None = Field(default=None, min_length=1, description="folder of weather files")
    is_commercial: bool = Field(
        default=False, description="the site earns money: free hosts that forbid it are refused"
    )
    key_env: str | None = Field(
        default=None,
        pattern=r"^[A-Z][A-Z0-9_]*$",
        description="environment variable that holds the key; the key itself never stands here",
    )
    deadline_s: float = Field(
        default=120.0, gt=0, le=3600, description="all requests of one fetch, retries included [s]"
    )
    payload_max_mb: float = Field(
        default=20.0, gt=0, le=500, description="largest answer taken, decompressed [MB]"
    )

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> Self:
        """Refuse a source that can't be asked."""
        if self.provider == "folder" and self.folder is None:
            raise ValueError("folder: missing. Give the folder that the weather files come to.")
        if self.provider.startswith("open-meteo") and self.model is None:
            raise ValueError(
                "model: missing. Name it, e.g. ecmwf_ifs025_ensemble: best_match changes silently."
            )
        return self


class WeatherSource(Parameters):
    """Where weather comes from if the command line does not say, and what follows a failure."""

    source: str = Field(
        default=CLIMATE, min_length=1, description="climate, a table of [weather.online], or a file"
    )
    second: str | None = Field(
        default=None, min_length=1, description="taken where the first and its last run fail"
    )
    age_max_h: float = Field(
        default=24.0, gt=0, le=240, description="oldest model run still taken, from its begin [h]"
    )
    late_max_h: float = Field(
        default=14.0, gt=0, le=240, description="age up to which a model run counts as fresh [h]"
    )
    reuse_h: float = Field(
        default=0.25, ge=0, le=6, description="what was fetched so lately is not fetched again [h]"
    )
    climatology_members_count: int = Field(
        default=20, ge=2, le=100, description="years drawn where only the climate is left [1]"
    )
    scenario_count: int = Field(
        default=10, ge=2, le=200, description="paths a plan of a forecast is tested on [1]"
    )
    reading: ReadOptions = Field(
        default=ReadOptions(), description="what a file does not say of itself"
    )
    online: dict[str, OnlineSource] = Field(
        default_factory=dict, description="sources by name, [weather.online.NAME]"
    )

    @model_validator(mode="after")
    def _second_is_named(self) -> Self:
        """Refuse a second source that is none of the tables, or the first again."""
        if self.second is not None and self.second not in self.online:
            known = ", ".join(self.online) or "none"
            raise ValueError(
                f"second = {self.second!r} is no table of [weather.online]. Tables: {known}."
            )
        if self.second is not None and self.second == self.source:
            raise ValueError(f"second = {self.second!r} is the first source too. Name another.")
        return self

    @model_validator(mode="after")
    def _source_forecasts(self) -> Self:
        """Refuse history where a plan needs a forecast."""
        for name in (self.source, self.second):
            table = self.online.get(name or "")
            if table is not None and table.provider not in _FORECASTS:
                raise ValueError(
                    f"{name!r} is {table.provider}: history, no forecast. Name another."
                )
        return self
