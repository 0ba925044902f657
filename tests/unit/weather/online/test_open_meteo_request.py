"""What is asked of Open-Meteo, of which host, and who may not ask."""

import pandas as pd
import pytest

from models.errors import InputError
from models.weather.online.open_meteo import OpenMeteo, attribution_of
from models.weather.online.open_meteo_request import (
    OpenMeteoSource,
    data_request,
    meta_request,
)
from models.weather.online.provider import Wanted
from models.weather.schema import Place
from tests.payloads import payload_of

DAKHLA = Place(latitude_deg=23.7, longitude_deg=-15.93, altitude_m=12.0)
NOW = pd.Timestamp("2026-11-22T09:00Z")
DAY = pd.Timedelta(days=1)
MIDNIGHT = NOW.floor("D")
WANTED = Wanted(place=DAKHLA, start_utc=MIDNIGHT + DAY, end_utc=MIDNIGHT + 3 * DAY, now_utc=NOW)
MODEL = "ecmwf_ifs025_ensemble"
KEY = "0123456789abcdef"


def test_everything_that_could_be_assumed_is_said():
    """Proves that units, times, model and overlap are asked for, none left to a default."""
    request = data_request(OpenMeteoSource(model=MODEL, kind="ensemble"), WANTED)
    assert request.url == "https://ensemble-api.open-meteo.com/v1/ensemble"
    assert request.params == {
        "latitude": "23.7",
        "longitude": "-15.93",
        "elevation": "12",
        "models": MODEL,
        "hourly": (
            "shortwave_radiation,direct_normal_irradiance,diffuse_radiation,wind_speed_10m,"
            "wind_speed_100m,temperature_2m,relative_humidity_2m,surface_pressure"
        ),
        "wind_speed_unit": "ms",
        "temperature_unit": "celsius",
        "timeformat": "unixtime",
        "timezone": "GMT",
        "cell_selection": "land",
        "past_days": "1",
        "forecast_days": "4",
    }
    assert request.key is None


@pytest.mark.parametrize(
    ("kind", "start_d", "end_d", "back", "ahead"),
    [
        ("forecast", 1, 3, "1", "4"),  # the stamp at the end is the first of the fourth day
        ("forecast", 0.5, 1.5, "1", "2"),
        ("forecast", -2.5, 1, "3", "2"),
        ("forecast", 1, 30, "1", "16"),  # no more than the interface gives
        ("ensemble", 1, 30, "1", "31"),
        ("forecast", -200, -150, "92", "1"),
    ],
)
def test_days_around_the_hours_are_asked_for(kind, start_d, end_d, back, ahead):
    wanted = Wanted(
        place=DAKHLA,
        start_utc=MIDNIGHT + start_d * DAY,
        end_utc=MIDNIGHT + end_d * DAY,
        now_utc=NOW,
    )
    params = data_request(OpenMeteoSource(model=MODEL, kind=kind), wanted).params
    assert (params["past_days"], params["forecast_days"]) == (back, ahead)


@pytest.mark.parametrize(
    ("settings", "base"),
    [
        ({"kind": "forecast"}, "https://api.open-meteo.com"),
        ({"kind": "ensemble"}, "https://ensemble-api.open-meteo.com"),
        ({"kind": "ensemble", "key": KEY}, "https://customer-ensemble-api.open-meteo.com"),
        (
            {"kind": "forecast", "key": KEY, "is_commercial": True},
            "https://customer-api.open-meteo.com",
        ),
        ({"kind": "previous-runs"}, "https://previous-runs-api.open-meteo.com"),
        ({"kind": "single-runs"}, "https://single-runs-api.open-meteo.com"),
        ({"url": "http://127.0.0.1:8080/", "is_commercial": True}, "http://127.0.0.1:8080"),
    ],
)
def test_the_host_follows_from_the_terms(settings, base):
    """Proves that a key goes to the customers' host, and an own server needs neither."""
    source = OpenMeteoSource(model=MODEL, **settings)
    assert data_request(source, WANTED).url.startswith(f"{base}/v1/")
    assert meta_request(source).url.startswith(f"{base}/data/")
    assert meta_request(source).key == settings.get("key")


@pytest.mark.parametrize(
    ("kind", "model", "kept"),
    [
        ("ensemble", MODEL, MODEL),
        ("ensemble", "ecmwf_ifs025", MODEL),
        ("ensemble", "ecmwf_aifs025", "ecmwf_aifs025_ensemble"),
        ("ensemble", "ncep_gefs_seamless", "ncep_gefs05"),
        ("forecast", "ecmwf_ifs025", "ecmwf_ifs025"),
        ("forecast", "gfs_seamless", "ncep_gfs013"),
    ],
)
def test_metadata_are_asked_for_where_they_are_kept(kind, model, kept):
    request = meta_request(OpenMeteoSource(model=model, kind=kind))
    assert request.url.endswith(f"/data/{kept}/static/meta.json")
    assert not request.params


def test_the_key_is_in_no_text():
    source = OpenMeteoSource(model=MODEL, key=KEY)
    for text in (source, OpenMeteo(source=source), data_request(source, WANTED)):
        assert KEY not in repr(text)
    assert KEY not in str(data_request(source, WANTED).params)


@pytest.mark.parametrize("url", [None, "https://ensemble-api.open-meteo.com"])
def test_a_commercial_site_is_refused_on_the_free_host(url):
    with pytest.raises(InputError) as error:
        OpenMeteoSource(model=MODEL, kind="ensemble", is_commercial=True, url=url)
    assert error.value.problems[0] == (
        "open-meteo: is_commercial = true is refused on the free hosts, which are for "
        "non-commercial use. Name the environment variable with your customer key in key_env and "
        "set it, run your own server and give its url, or use ecmwf-open-data, free for all."
    )


def test_a_key_does_not_open_the_free_host_to_a_commercial_site():
    url = "https://api.open-meteo.com"
    with pytest.raises(InputError) as error:
        OpenMeteoSource(model=MODEL, is_commercial=True, key=KEY, url=url)
    assert error.value.problems == [
        (
            "open-meteo: url = 'https://api.open-meteo.com' is a free host. "
            "Leave url out: the customer host is taken with a key."
        )
    ]


@pytest.mark.parametrize("model", ["best_match", "ecmwf_ifs025,gfs_seamless"])
def test_a_model_must_be_one_by_name(model):
    with pytest.raises(InputError) as error:
        OpenMeteoSource(model=model)
    assert error.value.problems == [
        (
            f"open-meteo: model = '{model}' is no single model. "
            "Name one weather model, e.g. ecmwf_ifs025_ensemble; make a table for each."
        )
    ]


def test_metadata_come_before_the_hours():
    """Proves that a run arriving between the two makes the weather look older, never younger."""
    asked = []

    def get(request):
        asked.append(request.url)
        return payload_of({}, NOW, request.url)

    payloads = OpenMeteo(source=OpenMeteoSource(model=MODEL, kind="ensemble")).collect(WANTED, get)
    assert [payload.url for payload in payloads] == asked
    assert [url.rsplit("/", 1)[1] for url in asked] == ["meta.json", "ensemble"]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("ncep_gefs05", "Weather data by Open-Meteo.com (CC BY 4.0); model ncep_gefs05 by NOAA,"),
        ("own_model", "Weather data by Open-Meteo.com (CC BY 4.0); model own_model"),
    ],
)
def test_the_model_s_owner_is_named(model, said):
    assert attribution_of(model).startswith(said)
