"""NASA POWER hourly JSON, built from its documented format."""

import json

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check
from models.weather.fill import fill_gaps
from models.weather.labels import label_lag_min
from models.weather.nasa_power import read_nasa_power
from models.weather.reading import ReadOptions

UNITS = {
    "ALLSKY_SFC_SW_DWN": "Wh/m^2",
    "ALLSKY_SFC_SW_DNI": "Wh/m^2",
    "ALLSKY_SFC_SW_DIFF": "Wh/m^2",
    "T2M": "C",
    "T2MWET": "C",
    "RH2M": "%",
    "PS": "kPa",
    "WS10M": "m/s",
    "WS50M": "m/s",
}


@pytest.fixture
def power(good, tmp_path):
    """Return a function that writes good weather as POWER does, changed by a function."""

    def write(change=lambda content: None, moved_h=0):
        table = good(days=7).table
        stamps = (table.index + pd.Timedelta(hours=moved_h)).strftime("%Y%m%d%H")
        values = {
            "ALLSKY_SFC_SW_DWN": table["ghi_w_per_m2"],
            "ALLSKY_SFC_SW_DNI": table["dni_w_per_m2"],
            "ALLSKY_SFC_SW_DIFF": table["dhi_w_per_m2"],
            "T2M": table["temp_air_degc"],
            "T2MWET": table["temp_wet_bulb_degc"],
            "RH2M": 0.0 * table["temp_air_degc"] + 70.0,
            "PS": table["pressure_pa"] / 1000.0,
            "WS10M": table["wind_speed_10m_m_per_s"],
            "WS50M": 1.1 * table["wind_speed_10m_m_per_s"],
            "QV2M": table["temp_air_degc"],
        }
        content = {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [-15.93, 23.7, 11.3]},
            "properties": {
                "parameter": {n: dict(zip(stamps, v, strict=True)) for n, v in values.items()}
            },
            "header": {
                "title": "NASA/POWER Source Native Resolution Hourly Data",
                "api": {"version": "v2.5.9", "name": "POWER Hourly API"},
                "fill_value": -999.0,
                "time_standard": "UTC",
                "start": "20260301",
                "end": "20260307",
            },
            "messages": [],
            "parameters": {name: {"units": unit, "longname": ""} for name, unit in UNITS.items()},
        }
        change(content)
        path = tmp_path / "power.json"
        path.write_text(json.dumps(content))
        return path

    return write


def refusal(path, place, options=None) -> list[str]:
    with pytest.raises(InputError) as error:
        read_nasa_power(path, place, options or ReadOptions())
    return error.value.problems


def test_stamps_name_the_beginning(power, good, dakhla):
    """Proves that values come back as written, kPa as Pa, with lag 0 to the clear sky."""
    weather = read_nasa_power(power(), dakhla)
    want = good(days=7).table.drop(columns="wind_speed_100m_m_per_s")
    got = weather.table.drop(columns="wind_speed_50m_m_per_s")
    pd.testing.assert_frame_equal(got, want, check_freq=False, check_index_type=False)
    wind = weather.table["wind_speed_50m_m_per_s"]
    np.testing.assert_allclose(wind, 1.1 * want["wind_speed_10m_m_per_s"])
    assert label_lag_min(weather) == pytest.approx(0.0, abs=2.0)
    check(weather)
    assert weather.source == "power.json (NASA POWER hourly v2.5.9)"
    assert weather.level == "measured"


@pytest.mark.parametrize("moved_h", [-1, 1])
def test_stamps_an_hour_off_are_refused(power, dakhla, moved_h):
    """Proves that the lag test bites: read as ends, or written in local time, is refused."""
    weather = read_nasa_power(power(moved_h=moved_h), dakhla)
    assert label_lag_min(weather) == pytest.approx(60.0 * moved_h, abs=2.0)
    with pytest.raises(InputError, match=r"60 min (late|early) by the sun"):
        check(weather)


def test_fill_values_are_refused_with_the_first_time(power, dakhla):
    """Proves that -999 is missing, not cold sunshine, and is filled only when asked."""

    def lose(content):
        series = content["properties"]["parameter"]["ALLSKY_SFC_SW_DWN"]
        series.update({"2026030212": -999.0, "2026030213": -999.0})

    weather = read_nasa_power(power(lose), dakhla)
    with pytest.raises(InputError) as error:
        check(weather)
    assert str(error.value) == (
        "power.json (NASA POWER hourly v2.5.9): ghi_w_per_m2 = nan at 2026-03-02 12:00Z is missing "
        "(2 of 168 steps). Bring the values, or call fill_gaps (option fill_gaps_h), which says so "
        "in the source."
    )
    filled = fill_gaps(weather, 2.0)
    check(filled)
    assert filled.source.endswith("; gaps filled: ghi_w_per_m2 (2 steps)")


def test_wet_bulb_and_pressure_are_derived_where_missing(power, dakhla):
    """Proves that without T2MWET Stull is used, and without PS the altitude if allowed."""

    def drop(content):
        for name in ("T2MWET", "PS"):
            del content["properties"]["parameter"][name]

    assert refusal(power(drop), dakhla) == [
        (
            "power.json: pressure is missing. "
            "Set is_pressure_from_altitude, or bring a file with pressure."
        )
    ]
    weather = read_nasa_power(power(drop), dakhla, ReadOptions(is_pressure_from_altitude=True))
    check(weather)
    assert weather.source == (
        "power.json (NASA POWER hourly v2.5.9); temp_wet_bulb_degc from air temperature and "
        "humidity by Stull 2011; pressure_pa from the altitude by the ICAO standard atmosphere"
    )
    assert weather.table["pressure_pa"].iloc[0] == pytest.approx(101_181.0, abs=5.0)


def test_other_units_and_local_solar_time_are_refused(power, dakhla):
    def spoil(content):
        content["header"]["time_standard"] = "LST"
        content["parameters"]["ALLSKY_SFC_SW_DWN"]["units"] = "MJ/hr"

    assert refusal(power(spoil), dakhla) == [
        "power.json: time_standard = 'LST' is not UTC. Download with time-standard=UTC.",
        (
            "power.json: ALLSKY_SFC_SW_DWN is in 'MJ/hr', not in Wh/m^2 or W/m^2. "
            "Download with community=RE, which uses it."
        ),
    ]


def test_missing_parameters_and_another_place_are_refused(power, dakhla):
    def drop(content):
        for name in ("ALLSKY_SFC_SW_DNI", "WS10M"):
            del content["properties"]["parameter"][name]

    assert refusal(power(drop), dakhla) == [
        (
            "power.json: ALLSKY_SFC_SW_DNI is missing (direct normal irradiance). "
            "Download the file with it."
        ),
        "power.json: WS10M is missing (wind at 10 m). Download the file with it.",
    ]

    def swap(content):
        content["geometry"]["coordinates"] = [23.7, -15.93, 11.3]

    assert refusal(power(swap), dakhla) == [
        (
            "power.json: place = -15.93 N 23.7 E is 6160 km from 23.7 N -15.93 E. "
            "Bring weather of the site, or correct the site."
        )
    ]


def test_another_json_is_refused(power, dakhla):
    path = power(lambda content: content.pop("header"))
    assert refusal(path, dakhla) == [
        (
            "power.json is no NASA POWER point file (KeyError('header')). "
            "Download hourly point data as JSON again."
        )
    ]


def test_a_stamp_that_is_none_is_refused(power, dakhla):
    def spoil(content):
        for series in content["properties"]["parameter"].values():
            series["20260307xx"] = 1.0

    assert refusal(power(spoil), dakhla) == [
        (
            "power.json: time = '20260307xx' in data row 169 is no time like %Y%m%d%H. "
            "The file is cut off or changed: download it again."
        )
    ]
