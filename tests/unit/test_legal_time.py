"""Legal time at Dakhla from the tzdata package: the transitions, and a stale system's tables."""

import os
import subprocess
import sys
from importlib.resources import files

import pandas as pd
import pytest

from optimizer.legal_time import SITE_TIME_ZONE, legal, zone

TRANSITIONS = [  # the last moment before, its offset, and the offset after [h]
    ("2024-03-10T01:59Z", 1, 0),
    ("2024-04-14T01:59Z", 0, 1),
    ("2025-02-23T01:59Z", 1, 0),
    ("2025-04-06T01:59Z", 0, 1),
    ("2026-02-15T01:59Z", 1, 0),
    ("2026-03-22T01:59Z", 0, 1),
    ("2026-09-20T00:59Z", 1, 0),
]


def offset_h(moment):
    """Return how far legal time is ahead of UTC."""
    return moment.tz_convert(zone(SITE_TIME_ZONE)).utcoffset() / pd.Timedelta(hours=1)


@pytest.mark.parametrize(("last", "before_h", "after_h"), TRANSITIONS)
def test_the_clock_changes_where_the_tz_database_says(last, before_h, after_h):
    moment = pd.Timestamp(last)
    assert offset_h(moment) == before_h
    assert offset_h(moment + pd.Timedelta(minutes=1)) == after_h


@pytest.mark.parametrize("moment", ["2026-11-22T12:00Z", "2027-01-15T00:00Z", "2037-07-01T00:00Z"])
def test_since_september_2026_legal_time_is_utc(moment):
    assert offset_h(pd.Timestamp(moment)) == 0


def test_dakhla_keeps_the_time_of_casablanca():
    """Proves both zones agree in every hour of three years: the law is one."""
    index = pd.date_range("2025-01-01", "2028-01-01", freq="h", tz="UTC")
    here, there = (legal(index, name) for name in (SITE_TIME_ZONE, "Africa/Casablanca"))
    assert here.hour.tolist() == there.hour.tolist()


@pytest.mark.parametrize(
    "name", ["Africa/Dakhla", "UTC+1", "", "../tzdata/__init__.py", "Africa", "/etc/localtime"]
)
def test_what_is_no_zone_is_refused(name):
    with pytest.raises(ValueError) as error:
        zone(name)
    assert str(error.value) == (
        f"time zone {name!r} is not in the tz database. Give e.g. Africa/El_Aaiun."
    )


STALE = """
import pandas as pd
from optimizer.legal_time import SITE_TIME_ZONE, legal, zone

moment = pd.Timestamp("2026-11-22T12:00Z")
index = pd.DatetimeIndex([moment])
print(moment.tz_convert(SITE_TIME_ZONE).hour)  # the system's
print(moment.tz_convert(zone(SITE_TIME_ZONE)).hour)
print(legal(index, SITE_TIME_ZONE)[0].hour)
"""


def test_a_stale_system_table_does_not_matter(tmp_path):
    """Proves the package decides: where the system's tables say UTC+3, legal time stays UTC+0.

    The stale table is Moscow's under the name of El Aaiun, so that no luck can hide it.
    """
    stale = tmp_path / "Africa" / "El_Aaiun"
    stale.parent.mkdir()
    stale.write_bytes(files("tzdata").joinpath("zoneinfo", "Europe", "Moscow").read_bytes())
    run = subprocess.run(
        [sys.executable, "-c", STALE],
        env=os.environ | {"PYTHONTZPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout.split() == ["15", "12", "12"]
