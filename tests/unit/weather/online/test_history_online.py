"""History from the network: the requests, and the same readers as for files."""

import json

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError, SourceError
from models.weather.online.nasa_power_online import NasaPower
from models.weather.online.open_meteo_history import (
    previous_runs_request,
    read_previous_runs,
    read_single_run,
    single_run_request,
)
from models.weather.online.open_meteo_request import OpenMeteoSource
from models.weather.online.provider import Wanted
from models.weather.online.pvgis_online import Pvgis
from models.weather.reading import ReadOptions
from models.weather.schema import Place
from tests.payloads import HOURLY_UNITS, forecast_payload, payload_of, truth

DAKHLA = Place(latitude_deg=23.7, longitude_deg=-15.93, altitude_m=12.0)
HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
NOW = pd.Timestamp("2026-11-22T09:00Z")
START = pd.Timestamp("2025-03-01", tz="UTC")
WANTED = Wanted(place=DAKHLA, start_utc=START + 6 * HOUR, end_utc=START + 3 * DAY, now_utc=NOW)


def asked(provider, wanted=WANTED):
    """Return the one request that a provider makes."""
    requests = []

    def get(request):
        requests.append(request)
        return payload_of({}, NOW, request.url)

    provider.collect(wanted, get)
    (request,) = requests
    return request


def refusal(call, *args) -> tuple[str, str]:
    with pytest.raises(SourceError) as error:
        call(*args)
    return error.value.fault, str(error.value)


def power(table) -> dict:
    """Return a table as POWER sends it."""
    stamps = table.index.strftime("%Y%m%d%H")
    values = {
        "ALLSKY_SFC_SW_DWN": table["ghi_w_per_m2"],
        "ALLSKY_SFC_SW_DNI": table["dni_w_per_m2"],
        "ALLSKY_SFC_SW_DIFF": table["dhi_w_per_m2"],
        "T2M": table["temp_air_degc"],
        "T2MWET": table["temp_wet_bulb_degc"],
        "PS": table["pressure_pa"] / 1000.0,
        "WS10M": table["wind_speed_10m_m_per_s"],
    }
    return {
        "geometry": {"coordinates": [-15.93, 23.7, 11.3]},
        "properties": {
            "parameter": {n: dict(zip(stamps, v, strict=True)) for n, v in values.items()}
        },
        "header": {"fill_value": -999.0, "time_standard": "UTC"},
    }


def test_nasa_power_is_asked_for_whole_days_in_utc():
    request = asked(NasaPower())
    assert request.url == "https://power.larc.nasa.gov/api/temporal/hourly/point"
    assert request.params == {
        "parameters": (
            "ALLSKY_SFC_SW_DWN,ALLSKY_SFC_SW_DNI,ALLSKY_SFC_SW_DIFF,T2M,T2MWET,RH2M,PS,WS10M,WS50M"
        ),
        "community": "RE",
        "latitude": "23.7",
        "longitude": "-15.93",
        "start": "20250301",
        "end": "20250303",
        "format": "JSON",
        "time-standard": "UTC",
    }


def test_nasa_power_gives_the_hours_wanted():
    """Proves that the stamp's hour begins there, and that history's age counts from its end."""
    table = truth(start=START, end=START + 3 * DAY)
    payload = payload_of(power(table), NOW)
    forecast = NasaPower().read([payload], WANTED)
    want = table.loc[WANTED.start_utc :]
    got = forecast.members[0]
    pd.testing.assert_frame_equal(
        got.table[list(want.columns[:-1])], want[want.columns[:-1]], check_freq=False
    )
    assert forecast.run.init_utc == WANTED.end_utc
    assert forecast.run.attribution.startswith("NASA POWER")
    assert (got.level, got.where) == ("measured", "nasa-power answer (NASA POWER hourly)")


def test_nasa_power_without_its_hours_is_refused():
    """Proves that fill values of recent months, missing days and web pages are no history."""
    table = truth(start=START, end=START + 3 * DAY)
    dark = table.assign(ghi_w_per_m2=-999.0)
    fault, text = refusal(NasaPower().read, [payload_of(power(dark), NOW)], WANTED)
    assert fault == "content"
    assert "ghi_w_per_m2 = nan at 2025-03-01 06:00Z is missing" in text
    short = payload_of(power(table.iloc[:48]), NOW)
    fault, text = refusal(NasaPower().read, [short], WANTED)
    assert fault == "coverage"
    assert "is without data from 2025-03-03 00:00Z" in text
    fault, text = refusal(NasaPower().read, [payload_of(b"<html>", NOW)], WANTED)
    assert fault == "content"
    assert text.startswith("nasa-power answer is no JSON, or cut off")


def typical_year(year=2018) -> dict:
    """Return a year as PVGIS' typical years stand in JSON: instants half an hour off, centred."""
    begin = pd.Timestamp(f"{year}-01-01", tz="UTC")
    table = truth(start=begin, end=begin + 365 * DAY)
    rows = {
        "time(UTC)": table.index.strftime("%Y%m%d:%H%M"),
        "T2m": table["temp_air_degc"],
        "RH": 70.0 + 0.0 * table["temp_air_degc"],
        "G(h)": table["ghi_w_per_m2"],
        "Gb(n)": table["dni_w_per_m2"],
        "Gd(h)": table["dhi_w_per_m2"],
        "WS10m": table["wind_speed_10m_m_per_s"],
        "SP": table["pressure_pa"],
    }
    location = {"latitude": 23.7, "longitude": -15.93, "irradiance_time_offset": 0.5}
    return {
        "inputs": {"location": location, "meteo_data": {"radiation_db": "PVGIS-ERA5"}},
        "outputs": {"tmy_hourly": pd.DataFrame(rows).to_dict("records")},
    }


def test_pvgis_is_asked_by_its_version():
    request = asked(Pvgis())
    assert request.url == "https://re.jrc.ec.europa.eu/api/v5_3/tmy"
    plain = {"lat": "23.7", "lon": "-15.93", "usehorizon": "1", "outputformat": "json"}
    assert request.params == plain
    request = asked(Pvgis(table="hourly", url="http://mirror/"))
    assert request.url == "http://mirror/seriescalc"
    more = {"startyear": "2025", "endyear": "2025", "components": "1", "pvcalculation": "0"}
    assert request.params == plain | more | {"angle": "0", "aspect": "0"}


def test_a_typical_year_is_set_on_the_years_wanted():
    """Proves that the turn of a year is no gap, and that irradiance is what was sent."""
    turn = pd.Timestamp("2026-12-30", tz="UTC")
    wanted = Wanted(place=DAKHLA, start_utc=turn, end_utc=turn + 4 * DAY, now_utc=NOW)
    content = typical_year()
    forecast = Pvgis().read([payload_of(content, NOW)], wanted)
    table = forecast.members[0].table
    assert (table.index[0], len(table)) == (turn, 96)
    sent = [row["G(h)"] for row in content["outputs"]["tmy_hourly"]]
    want = [*sent[-48:], *sent[:48]]
    np.testing.assert_allclose(table["ghi_w_per_m2"], want, atol=0.01)
    assert forecast.members[0].level == "tmy"
    assert forecast.run.attribution == "PVGIS (c) European Union, free use with attribution"


def test_a_pvgis_error_is_told_in_its_words():
    content = {"message": "Location over the sea.", "status": 400}
    assert refusal(Pvgis().read, [payload_of(content, NOW)], WANTED) == (
        "content",
        (
            "pvgis answer is an answer of PVGIS with an error: Location over the sea. "
            "Correct the request and download it again."
        ),
    )


def test_pvgis_hours_take_humidity_from_the_options():
    """Proves that the hourly table is read by its own reader, which needs what it lacks."""
    table = truth(start=START, end=START + 3 * DAY)
    rows = {
        "time": (table.index + pd.Timedelta(minutes=30)).strftime("%Y%m%d:%H%M"),
        "Gb(i)": table["ghi_w_per_m2"] - table["dhi_w_per_m2"],
        "Gd(i)": table["dhi_w_per_m2"],
        "T2m": table["temp_air_degc"],
        "WS10m": table["wind_speed_10m_m_per_s"],
    }
    content = {
        "inputs": {
            "location": {"latitude": 23.7, "longitude": -15.93},
            "meteo_data": {"radiation_db": "PVGIS-ERA5"},
            "mounting_system": {"fixed": {"slope": {"value": 0}}},
        },
        "outputs": {"hourly": pd.DataFrame(rows).to_dict("records")},
    }
    payload = payload_of(content, NOW)
    fault, text = refusal(Pvgis(table="hourly").read, [payload], WANTED)
    assert fault == "content"
    assert text.startswith("pvgis answer: relative humidity is missing.")
    options = ReadOptions(relative_humidity_pu=0.7, is_pressure_from_altitude=True)
    forecast = Pvgis(table="hourly", options=options).read([payload], WANTED)
    got = forecast.members[0].table["ghi_w_per_m2"]
    np.testing.assert_allclose(got, table["ghi_w_per_m2"].loc[WANTED.start_utc :], atol=1e-6)


PAST = OpenMeteoSource(model="ecmwf_ifs025", kind="previous-runs")
RUNS = OpenMeteoSource(model="ecmwf_ifs025", kind="single-runs")


def by_lead(start=START, days=4) -> dict:
    """Return an answer in which a forecast two days old has half the wind again."""
    content = forecast_payload(start=start, hours=24 * days, stray=0.0)
    for name, unit in HOURLY_UNITS.items():
        values = content["hourly"].pop(name)
        factor = 1.5 if name.startswith("wind") else 1.0
        content["hourly"][f"{name}_previous_day1"] = values
        content["hourly"][f"{name}_previous_day2"] = [factor * value for value in values]
        content["hourly_units"] |= {f"{name}_previous_day{n}": unit for n in (1, 2)}
    return content


def test_previous_runs_are_asked_for_by_lead():
    request = previous_runs_request(PAST, DAKHLA, START, START + 3 * DAY, (0, 2))
    assert request.url == "https://previous-runs-api.open-meteo.com/v1/forecast"
    assert request.params["start_date"] == "2025-03-01"
    assert request.params["end_date"] == "2025-03-04"
    columns = request.params["hourly"].split(",")
    assert len(columns) == 16
    assert columns[3] == "wind_speed_10m"
    assert columns[11] == "wind_speed_10m_previous_day2"


def test_previous_runs_are_a_table_by_lead():
    """Proves that each lead is its own table, labels and units as of any forecast."""
    table = read_previous_runs(payload_of(by_lead(), NOW), PAST, DAKHLA, (1, 2))
    assert table.index.names == ["lead_h", "time_utc"]
    one, two = table.loc[24.0], table.loc[48.0]
    assert len(one) == len(two) == 95
    want = truth(start=START, end=START + 95 * HOUR)
    np.testing.assert_allclose(one["ghi_w_per_m2"], want["ghi_w_per_m2"], atol=0.051)
    wind = "wind_speed_100m_m_per_s"
    np.testing.assert_allclose(two[wind], 1.5 * one[wind])


def test_days_with_a_gap_are_left_out():
    content = by_lead()
    content["hourly"]["temperature_2m_previous_day2"][30] = None
    table = read_previous_runs(payload_of(content, NOW), PAST, DAKHLA, (1, 2))
    assert len(table.loc[24.0]) == 95
    days = pd.DatetimeIndex(table.loc[48.0].index).floor("D").unique()
    assert [day.day for day in days] == [1, 3, 4]


def test_history_that_can_not_be_true_is_refused():
    content = by_lead()
    for name in ("shortwave_radiation", "direct_normal_irradiance", "diffuse_radiation"):
        content["hourly"][f"{name}_previous_day1"][24:48] = [0.0] * 24
    fault, text = refusal(read_previous_runs, payload_of(content, NOW), PAST, DAKHLA, (1,))
    assert fault == "content"
    assert "is dark under a high sun" in text


def test_a_single_run_is_a_table_by_lead():
    """Proves that the lead counts from the run's begin and what was before is left out."""
    request = single_run_request(RUNS, DAKHLA, START + 6 * HOUR, 4)
    assert request.url == "https://single-runs-api.open-meteo.com/v1/forecast"
    assert request.params["run"] == "2025-03-01T06:00"
    content = forecast_payload(start=START, hours=96, stray=0.0)
    table = read_single_run(payload_of(content, NOW), RUNS, DAKHLA, START + 6 * HOUR)
    assert table.index[0] == (0.0, START + 6 * HOUR)
    assert table.index[-1] == (88.0, START + 94 * HOUR)
    want = truth(start=START + 6 * HOUR, end=START + 95 * HOUR)
    np.testing.assert_allclose(table["dni_w_per_m2"], want["dni_w_per_m2"], atol=0.051)


def test_the_wrong_interface_and_lead_are_refused():
    with pytest.raises(InputError) as error:
        previous_runs_request(RUNS, DAKHLA, START, START + DAY)
    assert error.value.problems == [
        (
            "open-meteo ecmwf_ifs025: kind = single-runs is not previous-runs. "
            "Give the source of that interface."
        )
    ]
    with pytest.raises(InputError) as error:
        previous_runs_request(PAST, DAKHLA, START, START + DAY, (1, 8))
    assert error.value.problems == [
        "open-meteo ecmwf_ifs025: lead_days = [1, 8] is outside 0 to 7. Give whole days inside."
    ]
    assert json.dumps(by_lead())  # the payload is JSON as sent
