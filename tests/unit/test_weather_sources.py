"""What is asked of every provider's forecast, whoever it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from models.errors import InputError, SourceError
from models.weather.climate import generate
from models.weather.forecast import ModelRun, WeatherForecast
from models.weather.online.archive import Archive
from models.weather.online.provider import Get, Payload, Wanted
from models.weather.schema import Place
from optimizer.weather_sources import Source, fetched, read

NOW = pd.Timestamp("2026-11-22T02:40Z")
HOUR = pd.Timedelta(hours=1)
PLACE = Place(latitude_deg=23.7, longitude_deg=-15.93, altitude_m=12.0)
WANTED = Wanted(
    place=PLACE, start_utc=NOW.floor("D"), end_utc=NOW.floor("D") + 24 * HOUR, now_utc=NOW
)
NEEDED = "the plan needs 2026-11-22 00:00Z to 2026-11-23 00:00Z."


@dataclass(frozen=True)
class Own:
    """A provider of one payload whose forecast begins, ends and was run when the test says."""

    init: pd.Timestamp = NOW - 6 * HOUR
    start: pd.Timestamp = WANTED.start_utc
    end: pd.Timestamp = WANTED.end_utc
    error: Exception | None = None

    def collect(self, wanted: Wanted, get: Get) -> tuple[Payload, ...]:
        if isinstance(self.error, OSError):
            raise self.error
        return (Payload(url="file:x", params={}, body=b"x", fetched_utc=wanted.now_utc),)

    def read(self, payloads: Sequence[Payload], wanted: Wanted) -> WeatherForecast:
        if self.error is not None:
            raise self.error
        run = ModelRun(
            provider="own", model="m", init_utc=self.init, fetched_utc=NOW, attribution="ours"
        )
        weather = generate(start_utc=self.start, end_utc=self.end, seed=1)
        return WeatherForecast(run=run, members=(weather,))


def told(provider: Own) -> tuple[str, str]:
    with pytest.raises(SourceError) as caught:
        read(Source(name="own", provider=provider, identity={}), (), WANTED)
    return caught.value.fault, str(caught.value)


@pytest.mark.parametrize(
    ("provider", "fault", "text"),
    [
        (
            Own(init=NOW + 1.1 * HOUR),
            "content",
            "model run = 2026-11-22 03:46Z is in the future.",
        ),
        (
            Own(end=WANTED.end_utc - HOUR),
            "coverage",
            f"it covers 2026-11-22 00:00Z to 2026-11-22 23:00Z, {NEEDED}",
        ),
        (
            Own(start=WANTED.start_utc + HOUR),
            "coverage",
            f"it covers 2026-11-22 01:00Z to 2026-11-23 00:00Z, {NEEDED}",
        ),
        (Own(error=InputError(["one", "two"])), "content", "one"),
        (Own(error=IndexError("list")), "content", "its reader failed: IndexError."),
        (Own(error=SourceError("stale", "old")), "stale", "old"),
    ],
)
def test_refused(provider: Own, fault: str, text: str) -> None:
    """Proves the sentence for a run of the future, missing hours, and readers that raise."""
    assert told(provider) == (fault, text)


def test_a_folder_that_can_not_be_read(tmp_path: Path) -> None:
    """Proves that a system's error is a source that can't be reached, not a crash."""
    provider = Own(error=PermissionError(13, "Permission denied", "/there"))
    with pytest.raises(SourceError, match=r"^Permission denied\.$") as caught:
        fetched(
            Source(name="own", provider=provider, identity={}), WANTED, 24.0, Archive(tmp_path), []
        )
    assert caught.value.fault == "unreachable"


def test_what_nobody_fetched_is_stored_too(tmp_path: Path) -> None:
    """Proves that payloads of files are kept as those of the network are."""
    source = Source(name="own", provider=Own(), identity={"a": "b"})
    got = fetched(source, WANTED, 24.0, Archive(tmp_path), [])
    assert got.folder is not None
    (take,) = Archive(tmp_path).takes("own", {"a": "b"}).takes
    assert take.folder == got.folder
    assert take.covers(WANTED.start_utc, WANTED.end_utc)
