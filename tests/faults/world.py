"""A site, its clock, two fake weather servers and an archive: the real path, without a network."""

import gzip
import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote, quote_plus

import pandas as pd

from models.weather.online.archive import Archive
from models.weather.online.open_meteo import OpenMeteo, OpenMeteoSource
from models.weather.online.provider import Wanted
from models.weather.online.retry import RetryRules
from models.weather.online.transport import Limits, Timing
from models.weather.schema import Place
from optimizer.errors import WeatherError
from optimizer.weather_ladder import Ladder, Laddered, climb
from optimizer.weather_sources import Source
from tests.fake_weather import FakeWeather

DAKHLA = Place(latitude_deg=23.7, longitude_deg=-15.93, altitude_m=10.0)
AGADIR = Place(latitude_deg=30.4, longitude_deg=-9.6, altitude_m=30.0)
KEY = "s3cret/key+of=the site"
EVENING = pd.Timestamp("2026-11-22T20:40Z")
HOUR = pd.Timedelta(hours=1)
LIMITS = Limits(connect_s=3.0, read_s=3.0, total_s=4.0, bytes_max=4_000_000)
SHORT = Limits(connect_s=0.3, read_s=0.2, total_s=1.2, bytes_max=4_000_000)
RULES = RetryRules(retry_max_count=2, backoff_first_s=0.02, crowded_s=0.05)


@dataclass
class Clock:
    """A clock that tests set."""

    now: pd.Timestamp = EVENING

    def __call__(self) -> pd.Timestamp:
        return self.now


@dataclass
class Outcome:
    """What a climb gave, and how long it took."""

    rung: str
    exit_code: int
    text: str
    took_s: float
    laddered: Laddered | None = None


@dataclass
class World:
    """All that a night needs."""

    folder: Path
    clock: Clock
    first: FakeWeather
    second: FakeWeather
    place: Place = DAKHLA
    has_second: bool = False
    limits: Limits = LIMITS
    url: str | None = None
    reuse_h: float = 0.0
    timing: Timing = field(default_factory=Timing)

    def source(self, server: FakeWeather, kind: Literal["ensemble", "forecast"]) -> Source:
        model = "ecmwf_ifs025_ensemble" if kind == "ensemble" else "ecmwf_ifs"
        url = self.url if self.url and kind == "ensemble" else server.url
        asked = OpenMeteoSource(model=model, kind=kind, url=url, key=KEY)
        return Source(
            name=kind,
            provider=OpenMeteo(source=asked),
            identity={"model": model, "latitude_deg": str(self.place.latitude_deg)},
            limits=self.limits,
            rules=RULES,
            timing=self.timing,
        )

    @property
    def archive(self) -> Archive:
        return Archive(self.folder / "weather")

    def wanted(self) -> Wanted:
        start = self.clock.now.ceil("D")
        return Wanted(
            place=self.place, start_utc=start, end_utc=start + 48 * HOUR, now_utc=self.clock.now
        )

    def ladder(self, *, is_strict: bool = False) -> Ladder:
        return Ladder(
            first=self.source(self.first, "ensemble"),
            second=self.source(self.second, "forecast") if self.has_second else None,
            late_max_h=14.0,
            age_max_h=24.0,
            climatology_members_count=2,
            climate_seed=1,
            is_strict=is_strict,
            reuse_h=self.reuse_h,
        )

    def night(self, *, is_strict: bool = False) -> Outcome:
        """Climb, and say how it ended as a command would."""
        began = time.monotonic()
        try:
            got = climb(self.ladder(is_strict=is_strict), self.wanted(), self.archive)
        except WeatherError as error:
            text = f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
            return Outcome("none", error.exit_code, text, time.monotonic() - began)
        told = (member.source for member in got.forecast.members)
        text = "\n".join((*got.reasons, *got.notes, repr(got.forecast.run), *told, str(got.take)))
        exit_code = 3 if got.is_degraded else 0
        return Outcome(got.rung, exit_code, text, time.monotonic() - began, got)

    def stored(self) -> dict[str, str]:
        """Return the hash of every file in the archive."""
        files = sorted(p for p in self.archive.folder.rglob("*") if p.is_file())
        names = [str(p.relative_to(self.folder)) for p in files]
        hashes = [hashlib.sha256(p.read_bytes()).hexdigest() for p in files]
        return dict(zip(names, hashes, strict=True))

    def keys_stored(self) -> list[str]:
        """Return the archive's files that hold the key."""
        found = []
        for path in (p for p in self.archive.folder.rglob("*") if p.is_file()):
            content = path.read_bytes()
            content += gzip.decompress(content) if path.suffix == ".gz" else b""
            if any(form.encode() in content for form in key_forms()):
                found.append(path.name)
        return found


def key_forms() -> set[str]:
    return {KEY, quote(KEY), quote(KEY, safe=""), quote_plus(KEY), KEY.split("/")[0]}
