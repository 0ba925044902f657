"""What a provider of weather is: it says what to fetch, and reads what came; no more.

Fetching (deadlines, retries, caps, archive) is somebody else's, so that an archived payload is
read again exactly as it was the first time.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd

from models.weather.forecast import WeatherForecast
from models.weather.schema import Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One GET.

    `key` is sent as the parameter `key_name` and stands in no text made of the request.
    """

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str | None = field(default=None, repr=False)
    key_name: str = "apikey"
    content_types: tuple[str, ...] = ("application/json",)
    bytes_max: int = 20_000_000  # decompressed; 51 members of 16 days take some 3 MB


@dataclass(frozen=True, kw_only=True, slots=True)
class Payload:
    """The body of one answer, decompressed, as it came."""

    url: str  # without the key
    params: Mapping[str, str]  # without the key
    body: bytes = field(repr=False)
    fetched_utc: pd.Timestamp
    server_utc: pd.Timestamp | None = None  # the answer's Date header
    content_type: str = ""

    @property
    def sha256(self) -> str:
        """Hash of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Where and when weather is wanted; `now_utc` is the caller's clock."""

    place: Place
    start_utc: pd.Timestamp
    end_utc: pd.Timestamp
    now_utc: pd.Timestamp


Get = Callable[[Request], Payload]


class Provider(Protocol):
    """One way to get weather."""

    def collect(self, wanted: Wanted, get: Get) -> tuple[Payload, ...]:
        """Fetch all payloads that `read` needs, in a fixed order; an index first, say."""
        ...

    def read(self, payloads: Sequence[Payload], wanted: Wanted) -> WeatherForecast:
        """Return the checked forecast in the payloads, or raise SourceError. Pure: no network."""
        ...
