"""Bytes changed at random: a forecast or a sentence, never a crash of the reader."""

import json
import random

import pandas as pd
import pytest

from models.errors import SourceError
from models.weather.online.open_meteo import OpenMeteo, OpenMeteoSource
from models.weather.online.provider import Payload, Wanted
from models.weather.online.retry import luck_of
from optimizer.weather_sources import Source, read
from tests.faults.world import DAKHLA, EVENING, HOUR
from tests.payloads import ensemble_payload, meta_payload

INIT = (EVENING - 7 * HOUR).floor("6h")
START = EVENING.ceil("D")
WANTED = Wanted(place=DAKHLA, start_utc=START, end_utc=START + 48 * HOUR, now_utc=EVENING)
META = json.dumps(meta_payload(init=INIT, available=INIT + 7 * HOUR)).encode()
HOURS = json.dumps(
    ensemble_payload(start=EVENING.floor("D"), hours=80, members=2, init=INIT)
).encode()
SOURCE = Source(
    name="random",
    provider=OpenMeteo(
        source=OpenMeteoSource(model="ecmwf_ifs025_ensemble", kind="ensemble", url="http://host")
    ),
    identity={},
)
WORDS = (b"null", b"-1", b"1e400", b"true", b'"x"', b"[]", b"{}", b"NaN", b"9" * 20, b"")


def payload(body: bytes) -> Payload:
    return Payload(url="http://host", params={}, body=body, fetched_utc=EVENING)


def damaged(body: bytes, luck: random.Random) -> bytes:
    """Change a byte, or put, drop or double a few somewhere."""
    at, count = luck.randrange(len(body)), luck.randrange(1, 40)
    return luck.choice(
        [
            body[:at] + bytes([luck.randrange(256)]) + body[at + 1 :],
            body[:at] + luck.choice(WORDS) + body[at + count :],
            body[: at + count] + body[at:],
            body[:at],
        ]
    )


@pytest.mark.parametrize("seed", range(8))
def test_no_damage_crashes_the_reader(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    """Proves for 30 damages each that what comes is refused with a sentence or read whole."""
    luck = luck_of(seed)
    told = []
    for _ in range(30):
        meta, hours = META, HOURS
        if luck.random() < 0.3:
            meta = damaged(meta, luck)
        else:
            hours = damaged(hours, luck)
        try:
            forecast = read(SOURCE, (payload(meta), payload(hours)), WANTED)
        except SourceError as error:
            told.append(str(error))
        else:
            assert forecast.covers(WANTED.start_utc, WANTED.end_utc)
            assert forecast.run.init_utc <= pd.Timestamp(EVENING + HOUR)
    assert [text for text in told if not text.startswith("open-meteo ecmwf_ifs025")] == []
    assert "provider of" not in caplog.text  # what is logged where a reader fails
