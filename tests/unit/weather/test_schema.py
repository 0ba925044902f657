"""The schema: names, places, windows."""

import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check
from models.weather.schema import (
    COLUMNS,
    Place,
    column_spec,
    suggestion,
    wind_column,
    wind_heights_m,
)


def test_wind_columns_name_their_height():
    """Proves that height to name and name to height are inverse, lowest first."""
    assert wind_column(100.0) == "wind_speed_100m_m_per_s"
    assert wind_heights_m([wind_column(h) for h in (100, 10, 50)]) == [10, 50, 100]
    assert wind_heights_m(["wind_speed_010m_m_per_s", "wind_speed_m_per_s"]) == []
    assert column_spec("wind_speed_80m_m_per_s") == COLUMNS["wind_speed_10m_m_per_s"]
    assert column_spec("wind_speed") is None


@pytest.mark.parametrize("height", [91.5, 0, -10])
def test_a_height_that_is_no_column_is_refused(height):
    """Proves that 91.5 m is not rounded in silence."""
    with pytest.raises(InputError) as error:
        wind_column(height)
    assert str(error.value) == (
        f"wind: height_m = {height} is no height of a column. Give whole metres above ground."
    )


def test_a_misspelt_column_gets_a_suggestion():
    """Proves that near names are told, and all names where none is near."""
    assert suggestion("temp_air_c") == "Did you mean temp_air_degc?"
    assert suggestion("xyz").startswith("Remove it, or rename it to one of ghi_w_per_m2, ")


def test_a_place_off_the_earth_names_every_fault():
    """Proves that swapped or impossible coordinates are refused at once."""
    with pytest.raises(InputError) as error:
        Place(latitude_deg=95.0, longitude_deg=200.0, altitude_m=9000.0)
    assert error.value.problems == [
        "place: latitude_deg = 95.0 is outside [-90, 90]. Give degrees north.",
        (
            "place: longitude_deg = 200.0 is outside [-180, 180]. "
            "Give degrees east, negative in the west."
        ),
        "place: altitude_m = 9000.0 is outside [-430, 6000]. Give metres above sea level.",
    ]


def test_window_is_half_open(good):
    """Proves that the step at the start is in and the step at the end is out."""
    weather = good(days=2)
    part = weather.window(_utc("2026-03-01 06:00"), _utc("2026-03-01 09:00"))
    assert list(part.table.index.hour) == [6, 7, 8]
    assert part.place == weather.place
    whole = weather.window(_utc("2026-03-01"), _utc("2026-03-03"))
    pd.testing.assert_frame_equal(whole.table, weather.table)
    check(whole)


@pytest.mark.parametrize(
    ("start", "end", "what"),
    [
        ("2026-02-28", "2026-03-02", "without data from 2026-02-28 00:00Z"),
        ("2026-03-02", "2026-03-04", "without data from 2026-03-03 00:00Z"),
        ("2026-03-05", "2026-03-06", "without data from 2026-03-05 00:00Z"),
        ("2026-03-02", "2026-03-02", "not after its start"),
    ],
)
def test_a_window_outside_the_data_names_the_first_missing_time(good, start, end, what):
    """Proves that nothing is filled: before, after, beyond and empty windows are refused."""
    with pytest.raises(InputError) as error:
        good(days=2).window(_utc(start), _utc(end))
    assert str(error.value) == (
        f"w.csv: window = {start} 00:00Z to {end} 00:00Z is {what}. "
        "The data cover 2026-03-01 00:00Z to 2026-03-03 00:00Z: "
        "ask for times inside, or bring weather that covers them."
    )


def test_a_naive_window_is_refused(good):
    """Proves that a time without zone is not taken for UTC."""
    with pytest.raises(InputError) as error:
        good(days=2).window(pd.Timestamp("2026-03-01"), _utc("2026-03-02"))
    assert str(error.value) == (
        "w.csv: window = 2026-03-01 00:00:00 has no time zone. "
        "Give it in UTC, e.g. pd.Timestamp('2026-01-01', tz='UTC')."
    )


def _utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")
