"""Open-Meteo's answers: labels and units by hand and by the sun, members, and every refusal."""

import json

import numpy as np
import pandas as pd
import pytest

from models.errors import SourceError
from models.weather.checks import check
from models.weather.derive import wet_bulb_degc
from models.weather.labels import label_lag_min
from models.weather.online.open_meteo import OpenMeteo, hourly_means
from models.weather.online.open_meteo_answer import read_answer
from models.weather.online.open_meteo_request import OpenMeteoSource
from models.weather.online.provider import Wanted
from models.weather.schema import Place
from tests.payloads import (
    HOURLY_UNITS,
    ensemble_payload,
    forecast_payload,
    meta_payload,
    payload_of,
    truth,
)

DAKHLA = Place(latitude_deg=23.7, longitude_deg=-15.93, altitude_m=12.0)
START = pd.Timestamp("2026-11-21", tz="UTC")
NOW = START + pd.Timedelta(hours=33)
INIT = START + pd.Timedelta(hours=24)
HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
HOURS = 5 * 24
WANTED = Wanted(place=DAKHLA, start_utc=START + 2 * DAY, end_utc=START + 4 * DAY, now_utc=NOW)
MODEL = "ecmwf_ifs025_ensemble"
WHERE = f"open-meteo {MODEL}"
LATER = "Ask again later, or take another source."
ENSEMBLE = OpenMeteo(source=OpenMeteoSource(model=MODEL, kind="ensemble"))
SINGLE = OpenMeteo(source=OpenMeteoSource(model="ecmwf_ifs"))
META = meta_payload(init=INIT, available=INIT + 7 * HOUR)


def members(count=3, **settings):
    return ensemble_payload(start=START, hours=HOURS, members=count, init=INIT, **settings)


def read(content, meta=META, provider=ENSEMBLE, wanted=WANTED):
    return provider.read([payload_of(meta, NOW), payload_of(content, NOW)], wanted)


def refusal(content, meta=META, provider=ENSEMBLE, wanted=WANTED) -> tuple[str, str]:
    with pytest.raises(SourceError) as error:
        read(content, meta, provider, wanted)
    return error.value.fault, str(error.value)


def by_hand(columns, first="2026-06-21T12:00Z"):
    """Return an answer of a few stamps, a list for each variable."""
    begin = int(pd.Timestamp(first).timestamp())
    count = len(next(iter(columns.values())))
    return {
        "latitude": 23.6875,
        "longitude": -15.9375,
        "utc_offset_seconds": 0,
        "elevation": 8.0,
        "hourly_units": {"time": "unixtime", **HOURLY_UNITS},
        "hourly": {"time": [begin + 3600 * n for n in range(count)], **columns},
    }


NUMBERS = {
    "shortwave_radiation": [900.0, 950.0, 980.0],
    "direct_normal_irradiance": [800.0, 810.0, 830.0],
    "diffuse_radiation": [100.0, 110.0, 120.0],
    "wind_speed_10m": [8.0, 9.0, 7.0],
    "wind_speed_100m": [10.0, 11.0, 8.0],
    "temperature_2m": [20.0, 22.0, 21.0],
    "relative_humidity_2m": [80.0, 70.0, 60.0],
    "surface_pressure": [1014.0, 1013.0, 1012.0],
}


def test_labels_and_units_by_hand():
    """Proves that radiation of the stamp after it, and the mean of both stamps, make a step."""
    came = hourly_means(read_answer(by_hand(NUMBERS), "test", DAKHLA), DAKHLA, "terms")
    assert list(came.steps) == [
        pd.Timestamp("2026-06-21T12:00Z"),
        pd.Timestamp("2026-06-21T13:00Z"),
    ]
    assert came.names == ("control",)
    want = {
        "ghi_w_per_m2": [950.0, 980.0],
        "dni_w_per_m2": [810.0, 830.0],
        "dhi_w_per_m2": [110.0, 120.0],
        "temp_air_degc": [21.0, 21.5],
        "temp_wet_bulb_degc": wet_bulb_degc(np.array([21.0, 21.5]), np.array([0.75, 0.65])),
        "pressure_pa": [101_350.0, 101_250.0],
        "wind_speed_10m_m_per_s": [8.5, 8.0],
        "wind_speed_100m_m_per_s": [10.5, 9.5],
    }
    assert list(came.columns) == list(want)
    for name, values in want.items():
        np.testing.assert_allclose(came.columns[name][0], values, err_msg=name)


def test_null_is_missing_and_a_missing_beam_is_split_by_erbs():
    """Proves that null makes both steps of an instant missing, one of a radiation, and Erbs'."""
    numbers = NUMBERS | {
        "wind_speed_10m": [8.0, None, 7.0],
        "shortwave_radiation": [900.0, 950.0, None],
        "direct_normal_irradiance": [None] * 3,
        "diffuse_radiation": [None] * 3,
        "wind_speed_100m": [None] * 3,
    }
    content = by_hand(numbers)
    content["hourly_units"]["diffuse_radiation"] = "undefined"
    came = hourly_means(read_answer(content, "test", DAKHLA), DAKHLA, "terms")
    assert "wind_speed_100m_m_per_s" not in came.columns
    assert np.isnan(came.columns["wind_speed_10m_m_per_s"][0]).tolist() == [True, True]
    assert np.isnan(came.columns["ghi_w_per_m2"][0]).tolist() == [False, True]
    assert "DNI and DHI from GHI by Erbs 1982" in came.notes
    # SPA has a mean sine of 0.9876 from 12 to 13 h, Spencer 1322 W/m2: kt = 950 / 1305 = 0.728, and
    # 0.9511 - 0.1604 kt + 4.388 kt^2 - 16.638 kt^3 + 12.336 kt^4 = 0.2056
    dhi, dni = (came.columns[f"{part}_w_per_m2"][0][0] for part in ("dhi", "dni"))
    assert dhi == pytest.approx(0.2056 * 950.0, rel=1e-3)
    assert dni == pytest.approx((950.0 - dhi) / 0.9876, rel=1e-3)


def test_a_forecast_is_the_climate_it_was_made_from():
    """Proves the round trip: radiation to its rounding, labels right to 3 min by the sun."""
    content = forecast_payload(start=START, hours=HOURS, init=INIT, stray=0.0)
    forecast = read(content, provider=SINGLE)
    weather = forecast.members[0]
    want = truth(start=START, end=START + (HOURS - 1) * HOUR)
    assert weather.table.index.equals(want.index)
    apart = (weather.table - want).abs()
    assert apart[["ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"]].max().max() < 0.051
    assert apart["temp_air_degc"].max() < 0.5
    assert apart["temp_wet_bulb_degc"].max() < 0.5
    assert apart["pressure_pa"].max() < 20.0
    assert apart["wind_speed_100m_m_per_s"].mean() < 0.6  # an hour's turbulence is averaged out
    assert label_lag_min(weather) == pytest.approx(0.0, abs=3.0)
    assert weather.source == (
        "open-meteo ecmwf_ifs; grid point 23.6875 N -15.9375 E, 8 m; "
        "temp_wet_bulb_degc from air temperature and humidity by Stull 2011"
    )
    run = forecast.run
    assert (run.provider, run.model, run.init_utc) == ("open-meteo", "ecmwf_ifs", INIT)
    assert run.attribution == (
        "Weather data by Open-Meteo.com (CC BY 4.0); model ecmwf_ifs by ECMWF, CC BY 4.0"
    )
    assert weather.licence == run.attribution
    assert len(run.payloads_sha256) == 2


@pytest.mark.parametrize("count", [1, 3, 31])
def test_any_number_of_members_is_read(count):
    """Proves that the count comes from the columns, the control first, each true by itself."""
    forecast = read(members(count))
    assert len(forecast.members) == count
    names = [weather.where for weather in forecast.members]
    whole = [f"{WHERE} control"] + [f"{WHERE} member{n:02d}" for n in range(1, count)]
    assert names == (whole if count > 1 else [WHERE])
    assert {weather.level for weather in forecast.members} == {"forecast"}
    check(forecast.members[-1])
    assert forecast.covers(WANTED.start_utc, WANTED.end_utc)


def test_an_ensemble_without_its_control_is_read():
    """Proves that members alone are members: ECMWF took the control out in May 2026."""
    forecast = read(members(3, has_control=False))
    assert [m.where.split()[-1] for m in forecast.members] == ["member01", "member02", "member03"]
    content = members(4)
    for name in HOURLY_UNITS:
        content["hourly"][name] = [None] * HOURS
    assert len(read(content).members) == 3


def test_members_without_beam_keep_their_sum():
    """Proves that GHI = DHI + DNI sin(height) where the model gives global radiation only."""
    forecast = read(members(2, has_beam=False))
    assert "DNI and DHI from GHI by Erbs 1982" in forecast.members[1].source
    check(forecast.members[1])
    given = read(members(2)).members[1].table["ghi_w_per_m2"]
    pd.testing.assert_series_equal(forecast.members[1].table["ghi_w_per_m2"], given)


def test_columns_of_two_models_are_told_apart():
    """Proves that with two models each column ends in its model's name, and one is taken."""
    both = members(2, models=(MODEL, "ncep_gefs05"))
    for name in list(both["hourly"]):
        if name.endswith("ncep_gefs05") and name.startswith("wind"):
            both["hourly"][name] = [99.0] * HOURS
    taken = read(both)
    alone = read(members(2))
    for ours, theirs in zip(taken.members, alone.members, strict=True):
        pd.testing.assert_frame_equal(ours.table, theirs.table)
    other = OpenMeteo(source=OpenMeteoSource(model="icon_global_eps", kind="ensemble"))
    fault, text = refusal(both, provider=other)
    assert fault == "content"
    assert "is of several models, none of them the one asked for" in text


def test_short_and_holed_members_are_left_out():
    """Proves that 2 of 5 members may fail, each is left out whole, and a third is too many."""
    content = members(5)
    content["hourly"]["wind_speed_10m_member01"][80:] = [None] * (HOURS - 80)
    content["hourly"]["temperature_2m_member03"][60] = None
    forecast = read(content)
    names = [m.where.split()[-1] for m in forecast.members]
    assert names == ["control", "member02", "member04"]
    content["hourly"]["surface_pressure_member04"][55] = None
    assert refusal(content) == (
        "coverage",
        (
            f"{WHERE}: members = 2 of 5 is too few without a gap (the first is at 2026-11-23 "
            f"06:00Z in pressure_pa; 60% are needed). {LATER}"
        ),
    )


def test_a_member_that_is_no_weather_is_left_out():
    """Proves that a frozen member, and one with a dark noon, do not spoil the others."""
    content = members(5)
    content["hourly"]["wind_speed_100m_member02"] = [7.7] * HOURS
    for part in ("shortwave_radiation", "direct_normal_irradiance", "diffuse_radiation"):
        content["hourly"][f"{part}_member04"][72:96] = [0.0] * 24
    names = [m.where.split()[-1] for m in read(content).members]
    assert names == ["control", "member01", "member03"]
    content["hourly"]["wind_speed_100m_member01"] = [7.7] * HOURS
    fault, text = refusal(content)
    assert fault == "content"
    assert text == (
        f"{WHERE} member01: wind_speed_100m_m_per_s = 7.7 at 2026-11-21 00:00Z is frozen: one "
        "value for more than 24 h (119 of 119 steps). Bring what was measured, or another source. "
        "(2 of 5 members can be true)"
    )


def test_zero_noon_for_all_is_refused():
    """Proves that zeros instead of values at noon are no weather: open-meteo wrote such."""
    content = members(2)
    for name in content["hourly"]:
        if name.startswith(("shortwave", "direct", "diffuse")):
            content["hourly"][name][72:96] = [0.0] * 24
    fault, text = refusal(content)
    assert fault == "content"
    assert "ghi_w_per_m2 = 0 at 2026-11-24 09:00Z is dark under a high sun" in text


def test_the_same_member_over_and_over_is_refused():
    content = members(3)
    for name in HOURLY_UNITS:
        for number in (1, 2):
            content["hourly"][f"{name}_member0{number}"] = content["hourly"][name]
    assert refusal(content) == (
        "content",
        f"{WHERE}: members = 3 are one and the same, which is no ensemble. {LATER}",
    )


def test_hours_outside_those_wanted_may_be_missing():
    """Proves that nulls after the end, or yesterday, cost nothing but themselves."""
    content = members(2)
    for values in content["hourly"].values():
        if len(values) == HOURS and values is not content["hourly"]["time"]:
            values[0:6] = [None] * 6
            values[100:] = [None] * (HOURS - 100)
    forecast = read(content)
    assert forecast.first_utc == START + 6 * HOUR
    assert forecast.end_utc == START + 99 * HOUR


def test_nonsense_beyond_the_hours_wanted_costs_only_itself():
    """Proves that zeros on a day after the end cut the forecast there, and spoil no member."""
    content = members(3)
    for name, values in content["hourly"].items():
        if name.startswith(("shortwave", "direct", "diffuse")):
            values[97:] = [0.0] * (HOURS - 97)
    forecast = read(content)
    assert len(forecast.members) == 3
    assert (forecast.first_utc, forecast.end_utc) == (START, WANTED.end_utc)


def test_a_forecast_that_ends_too_early_is_not_enough():
    """Proves that nulls shortly after midnight are told as hours that are missing."""
    content = members(2)
    for name, values in content["hourly"].items():
        if name != "time":
            values[60:] = [None] * (HOURS - 60)
    assert refusal(content) == (
        "coverage",
        (
            f"{WHERE}: hours = 2026-11-21 00:00Z to 2026-11-23 11:00Z is not all of 2026-11-23 "
            "00:00Z to 2026-11-25 00:00Z. Ask again after the next model run, or plan a shorter "
            "horizon."
        ),
    )
    for name, values in content["hourly"].items():
        if name != "time":
            values[:] = [None] * HOURS
    assert refusal(content)[1] == (
        f"{WHERE}: hourly.shortwave_radiation = None is null throughout. {LATER}"
    )


@pytest.mark.parametrize("moved_h", [-1, 1])
def test_labels_an_hour_off_are_refused(moved_h):
    """Proves that the sun tells a label slip, of a single run as of an ensemble."""
    content = members(2)
    content["hourly"]["time"] = [t + 3600 * moved_h for t in content["hourly"]["time"]]
    fault, text = refusal(content)
    assert fault == "content"
    assert "by the sun" in text or "off the sun" in text


def change(field, value):
    def spoil(content):
        *path, last = field.split(".")
        for key in path:
            content = content[key]
        if value is KeyError:
            del content[last]
        else:
            content[last] = value

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            change("hourly_units.wind_speed_10m_member01", "km/h"),
            "hourly_units.wind_speed_10m_member01 = 'km/h' is not m/s",
        ),
        (
            change("hourly_units.surface_pressure", "Pa"),
            "hourly_units.surface_pressure = 'Pa' is not hPa",
        ),
        (
            change("hourly_units.time", "iso8601"),
            "hourly_units.time = 'iso8601' is not unixtime",
        ),
        (
            change("utc_offset_seconds", 3600),
            "utc_offset_seconds = 3600 is not 0, so these times are not UTC",
        ),
        (
            change("utc_offset_seconds", KeyError),
            "utc_offset_seconds = None is not 0, so these times are not UTC",
        ),
        (change("hourly", []), "hourly = [] is no table"),
        (change("latitude", None), "latitude = None is no number"),
        (change("latitude", True), "latitude = True is no number"),
        (
            change("hourly.temperature_2m", [20.0] * (HOURS - 1)),
            f"length of hourly.temperature_2m = 119 is not as long as hourly.time, {HOURS}",
        ),
        (
            change("hourly.temperature_2m", ["20.0"] * HOURS),
            "hourly.temperature_2m = '20.0' is neither a number nor null",
        ),
        (change("hourly.temperature_2m", 20.0), "hourly.temperature_2m = 20.0 is no list"),
        (
            change("hourly.temperature_2m", [10**400] * HOURS),
            "hourly.temperature_2m = 'a huge integer' is no finite number",
        ),
        (change("hourly.time", [1e30, 2e30]), "hourly.time = 2e+30 is not one hour after"),
        (change("hourly.time", []), "hourly.time = [] is no row of hours"),
    ],
)
def test_the_first_field_that_differs_is_named(spoil, said):
    """Proves that each field is checked by its name, and nothing is guessed."""
    content = members(2)
    spoil(content)
    fault, text = refusal(content)
    assert fault == "content"
    assert text.startswith(f"{WHERE}: {said}")


def test_steps_other_than_an_hour_are_refused():
    content = members(2)
    content["hourly"]["time"][10] += 600
    late = content["hourly"]["time"][10]
    assert refusal(content)[1] == (
        f"{WHERE}: hourly.time = {late}.0 is not one hour after the one before, on the "
        f"hour. {LATER}"
    )


def test_a_variable_that_is_not_there_is_named():
    content = members(2)
    for name in [n for n in content["hourly"] if n.startswith("temperature")]:
        del content["hourly"][name]
    assert refusal(content)[1] == f"{WHERE}: hourly.temperature_2m = None is missing. {LATER}"


def test_another_place_is_refused():
    fault, text = refusal(members(2, latitude=52.5, longitude=13.4))
    assert (fault, text) == (
        "content",
        (
            f"{WHERE}: place = 52.5 N 13.4 E is 4048 km from 23.7 N -15.93 E. "
            "Bring weather of the site, or correct the site."
        ),
    )


@pytest.mark.parametrize(
    ("body", "fault", "said"),
    [
        (b"<html>502 Bad Gateway</html>", "content", "answer = '<html>502 Bad Gateway</html>'..."),
        (b'{"latitude":23.7,"hourly":{"time":[17953', "content", "is no JSON, or cut off"),
        (b'{"a":NaN}', "content", "NaN is no JSON number."),
        (b'{"a":-Infinity}', "content", "-Infinity is no JSON number."),
        (b"[" * 100_000, "content", "is no JSON, or cut off (nested too deep)."),
        (b"[1]", "content", "answer = a list is no JSON object."),
        (b"\xff\xfe", "content", "is no JSON, or cut off"),
        (
            b'{"error":true,"reason":"Daily API request limit exceeded. Try again tomorrow."}',
            "refused",
            "answer = error is a refusal: Daily API request limit exceeded. Try again tomorrow.",
        ),
    ],
)
def test_what_is_no_answer_is_refused(body, fault, said):
    """Proves that a web page, half an answer, NaN and an error with status 200 are no weather."""
    found, text = refusal(body)
    assert found == fault
    assert text.startswith(f"{WHERE}: ")
    assert said in text


def test_infinity_by_overflow_is_refused():
    body = json.dumps(members(1)).replace('"temperature_2m": [', '"temperature_2m": [1e999, ', 1)
    assert "is no finite number" in refusal(body.encode())[1]


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        (
            {"last_run_availability_time": 1},
            "last_run_initialisation_time = None is no number",
        ),
        (
            meta_payload(init=INIT, available=INIT - HOUR),
            (
                "last_run_availability_time = '2026-11-21 23:00:00+00:00' is before "
                "2026-11-22 00:00:00+00:00"
            ),
        ),
        (
            meta_payload(init=INIT + DAY, available=INIT + DAY),
            (
                "last_run_initialisation_time = '2026-11-23 00:00:00+00:00' is later than the "
                "clock of this machine, 2026-11-22 09:00:00+00:00"
            ),
        ),
        (
            meta_payload(init=INIT, available=INIT) | {"last_run_initialisation_time": 1e30},
            "last_run_initialisation_time = 1e+30 is no time in unix seconds",
        ),
    ],
)
def test_metadata_without_a_true_run_are_refused(meta, said):
    """Proves that no forecast is taken whose age nobody knows."""
    assert refusal(members(1), meta) == ("content", f"{WHERE} meta.json: {said}. {LATER}")


def test_an_old_run_in_a_new_answer_is_told_by_its_run():
    """Proves that age is the model run's, whatever the hour of the answer."""
    old = meta_payload(init=INIT - 2 * DAY, available=INIT - 2 * DAY)
    forecast = read(members(1), old)
    assert forecast.age_h(NOW) == 57.0
    assert forecast.run.fetched_utc == NOW


def test_one_payload_is_not_enough():
    with pytest.raises(SourceError) as error:
        ENSEMBLE.read([payload_of(META, NOW)], WANTED)
    assert str(error.value) == f"{WHERE}: payloads = 1 is not metadata and hours. {LATER}"
