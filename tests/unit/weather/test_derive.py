"""Derived columns against published numbers, means of instants, and filled gaps."""

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check
from models.weather.derive import mean_of_both_ends, standard_pressure_pa, wet_bulb_degc
from models.weather.fill import fill_gaps
from models.weather.schema import Place

PARTS = ["ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"]


@pytest.mark.parametrize(
    ("air", "humidity", "wet"),
    [(20.0, 0.50, 13.70), (20.8, 0.70, 17.0), (20.8, 0.80, 18.3), (27.0, 0.80, 24.2)],
)
def test_wet_bulb_by_stull(air, humidity, wet):
    """Proves Stull's own example (20 degC, 50 %: 13.7 degC) and three further values."""
    value = wet_bulb_degc(np.array([air]), np.array([humidity]))[0]
    assert value == pytest.approx(wet, abs=0.06)


def test_every_coefficient_of_stull_counts():
    """Proves 20 degC, 50 %: 20 * 0.8596 + 1.5565 - 1.5501 + 1.3854 * 0.8572 - 4.6860 = 13.699."""
    value = wet_bulb_degc(np.array([20.0]), np.array([0.5]))[0]
    assert value == pytest.approx(13.6993, abs=2e-4)


def test_wet_bulb_never_exceeds_the_air():
    """Proves the cap at saturation, where the formula overshoots."""
    air = np.array([0.0, 10.0, 20.0, 30.0])
    assert (wet_bulb_degc(air, np.ones(4)) <= air).all()


@pytest.mark.parametrize(("altitude", "pressure"), [(0.0, 101_325.0), (1000.0, 89_874.6)])
def test_pressure_of_the_standard_atmosphere(altitude, pressure):
    """Proves two rows of the ICAO table (ISO 2533): 1013.25 and 898.746 hPa."""
    place = Place(latitude_deg=0.0, longitude_deg=0.0, altitude_m=altitude)
    assert standard_pressure_pa(place) == pytest.approx(pressure, rel=2e-4)


def test_mean_of_both_ends():
    """Proves (1 + 3) / 2 = 2, (3 + 8) / 2 = 5.5; the last is 8, or (8 + 1) / 2 if typical."""
    index = pd.date_range("2026-01-01", periods=3, freq="h", tz="UTC")
    instants = pd.DataFrame({"x": [1.0, 3.0, 8.0]}, index)
    assert mean_of_both_ends(instants, is_typical_year=False)["x"].tolist() == [2.0, 5.5, 8.0]
    assert mean_of_both_ends(instants, is_typical_year=True)["x"].tolist() == [2.0, 5.5, 4.5]
    assert instants["x"].tolist() == [1.0, 3.0, 8.0]


def test_gaps_are_filled_only_when_asked_and_told(good):
    """Proves that a sunny day's irradiance and a line of wind come back, and the source says so."""
    weather = good()
    table = weather.table.copy()
    table.iloc[24 + 6 : 24 + 20, :3] = np.nan
    table.iloc[50:53, 6] = np.nan
    holed = weather.with_table(table, 1.0)
    with pytest.raises(InputError, match="is missing"):
        check(holed)
    filled = fill_gaps(holed, 14.0)
    check(filled)
    miss = (filled.table[PARTS] - weather.table[PARTS]).abs()
    assert miss["ghi_w_per_m2"].max() < 20.0
    share = miss.sum() / weather.table[PARTS].iloc[24:48].sum()
    assert share["ghi_w_per_m2"] < 0.02
    assert share["dni_w_per_m2"] < 0.05
    a, b = weather.table["wind_speed_10m_m_per_s"].iloc[[49, 53]]
    line = [a + (b - a) * part / 4.0 for part in (1, 2, 3)]
    np.testing.assert_allclose(filled.table["wind_speed_10m_m_per_s"].iloc[50:53], line)
    assert filled.source == (
        "w.csv; made for a test; gaps filled: ghi_w_per_m2 (14 steps), dni_w_per_m2 (14 steps), "
        "dhi_w_per_m2 (14 steps), wind_speed_10m_m_per_s (3 steps)"
    )
    untouched = table.notna().all(axis=1).to_numpy()
    pd.testing.assert_frame_equal(filled.table[untouched], weather.table[untouched])


def test_a_gap_longer_than_allowed_is_refused(good):
    weather = good()
    table = weather.table.copy()
    table.iloc[50:53, 6] = np.nan
    with pytest.raises(InputError) as error:
        fill_gaps(weather.with_table(table, 1.0), 2.0)
    assert str(error.value) == (
        "w.csv: wind_speed_10m_m_per_s = nan at 2026-03-03 02:00Z is in a gap longer than 2 h "
        "(3 of 240 steps). Allow longer gaps (fill_gaps_h), or bring the values."
    )
    assert fill_gaps(weather, 2.0) is weather
