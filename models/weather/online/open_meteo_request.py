"""What is asked of Open-Meteo, and of which host.

The free hosts are for non-commercial use only; paying customers have hosts of their own and a
key (open-meteo.com/en/terms, open-meteo.com/en/pricing). The server can be run by oneself: `url`.
Formats and names are those of its documentation and source of 2026; no live answer was at hand.
"""

import math
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import pandas as pd

from models.errors import InputError
from models.weather.online.provider import Request, Wanted
from models.weather.schema import Place

Kind = Literal["forecast", "ensemble", "previous-runs", "single-runs"]
DOMAIN = "open-meteo.com"
HOSTS: dict[Kind, str] = {
    "forecast": "api",
    "ensemble": "ensemble-api",
    "previous-runs": "previous-runs-api",
    "single-runs": "single-runs-api",
}
DAYS_AHEAD_MAX: dict[Kind, int] = {
    "forecast": 16,
    "ensemble": 35,
    "previous-runs": 16,
    "single-runs": 16,
}
DAYS_BACK_MAX = 92
META_BYTES_MAX = 100_000  # the file has some 300 bytes
DAY = pd.Timedelta(days=1)
HOUR = pd.Timedelta(hours=1)
VARIABLES: dict[str, str] = {
    "shortwave_radiation": "W/m²",
    "direct_normal_irradiance": "W/m²",
    "diffuse_radiation": "W/m²",
    "wind_speed_10m": "m/s",
    "wind_speed_100m": "m/s",
    "temperature_2m": "°C",
    "relative_humidity_2m": "%",
    "surface_pressure": "hPa",
}
# A model asked for by one name is kept, and answers, under another.
KEPT_AS: dict[tuple[Kind, str], str] = {
    ("ensemble", "ecmwf_ifs025"): "ecmwf_ifs025_ensemble",
    ("ensemble", "ecmwf_aifs025"): "ecmwf_aifs025_ensemble",
    ("ensemble", "gfs025"): "ncep_gefs025",
    ("ensemble", "gfs05"): "ncep_gefs05",
    ("ensemble", "gfs_seamless"): "ncep_gefs05",
    ("ensemble", "ncep_gefs_seamless"): "ncep_gefs05",
    ("forecast", "ecmwf_aifs025"): "ecmwf_aifs025_single",
    ("forecast", "gfs_seamless"): "ncep_gfs013",
    ("forecast", "gfs_global"): "ncep_gfs013",
    ("forecast", "icon_seamless"): "dwd_icon",
    ("forecast", "icon_global"): "dwd_icon",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenMeteoSource:
    """Which model of Open-Meteo is asked, and on which terms.

    Attributes
    ----------
    model : str
        One model by name; best_match is refused because it changes without notice.
    kind : str
        forecast, ensemble, previous-runs or single-runs.
    url : str, optional
        Another host of the same interface, e.g. http://localhost:8080.
    is_commercial : bool
        The site earns money: it needs a key, and never asks the free hosts.
    key : str, optional
        Of a paying customer.
    bytes_max : int
        Largest answer taken.

    Raises
    ------
    InputError
        No single model, or a commercial source without the right to ask.
    """

    model: str
    kind: Kind = "forecast"
    url: str | None = None
    is_commercial: bool = False
    key: str | None = field(default=None, repr=False)
    bytes_max: int = 20_000_000

    def __post_init__(self) -> None:
        """Refuse what may not or can not be asked."""
        problems = []
        if self.model == "best_match" or "," in self.model:
            remedy = "Name one weather model, e.g. ecmwf_ifs025_ensemble; make a table for each."
            problems.append(f"open-meteo: model = {self.model!r} is no single model. {remedy}")
        if self.is_commercial and self.key is None and self._is_open_meteo:
            remedy = (
                "Name the environment variable with your customer key in key_env and set it, run "
                "your own server and give its url, or use ecmwf-open-data, free for all."
            )
            problems.append(
                "open-meteo: is_commercial = true is refused on the free hosts, which are for "
                f"non-commercial use. {remedy}"
            )
        if self.is_commercial and self.url and self._is_open_meteo and not self._is_customer:
            remedy = "Leave url out: the customer host is taken with a key."
            problems.append(f"open-meteo: url = {self.url!r} is a free host. {remedy}")
        if problems:
            raise InputError(problems)

    @property
    def where(self) -> str:
        """How messages begin."""
        return f"open-meteo {self.model}"

    @property
    def base(self) -> str:
        """Scheme and host."""
        if self.url:
            return self.url.rstrip("/")
        side = "customer-" if self.key else ""
        return f"https://{side}{HOSTS[self.kind]}.{DOMAIN}"

    @property
    def kept_as(self) -> str:
        """Name under which the model's files are kept."""
        return KEPT_AS.get((self.kind, self.model), self.model)

    @property
    def _host(self) -> str:
        return urlsplit(self.base).hostname or ""

    @property
    def _is_open_meteo(self) -> bool:
        return self._host == DOMAIN or self._host.endswith(f".{DOMAIN}")

    @property
    def _is_customer(self) -> bool:
        return self._host.startswith("customer-")


def meta_request(source: OpenMeteoSource) -> Request:
    """Return the request of the model's metadata, which say when its last run began."""
    return Request(
        url=f"{source.base}/data/{source.kept_as}/static/meta.json",
        key=source.key,
        bytes_max=META_BYTES_MAX,
    )


def data_request(source: OpenMeteoSource, wanted: Wanted) -> Request:
    """Return the request of the hours wanted, whole days from yesterday or earlier on."""
    today = wanted.now_utc.floor("D")
    ahead = math.floor((wanted.end_utc - today) / DAY) + 1
    back = math.ceil((today - wanted.start_utc) / DAY)
    days = {
        "past_days": str(min(max(back, 1), DAYS_BACK_MAX)),
        "forecast_days": str(min(max(ahead, 1), DAYS_AHEAD_MAX[source.kind])),
    }
    return series_request(source, wanted.place, list(VARIABLES), days)


def series_request(
    source: OpenMeteoSource, place: Place, columns: list[str], window: dict[str, str]
) -> Request:
    """Return the request of hourly columns at a place, in the units and times that are read."""
    path = "ensemble" if source.kind == "ensemble" else "forecast"
    return Request(
        url=f"{source.base}/v1/{path}",
        params={
            "latitude": f"{place.latitude_deg:g}",
            "longitude": f"{place.longitude_deg:g}",
            "elevation": f"{place.altitude_m:g}",
            "models": source.model,
            "hourly": ",".join(columns),
            "wind_speed_unit": "ms",
            "temperature_unit": "celsius",
            "timeformat": "unixtime",
            "timezone": "GMT",
            "cell_selection": "land",
            **window,
        },
        key=source.key,
        bytes_max=source.bytes_max,
    )
