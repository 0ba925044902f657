"""ECMWF open data: true GRIB messages from the index to hourly weather, and what is refused."""

import importlib.util
import json
import threading
from email.utils import format_datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError, SourceError
from models.weather.labels import label_lag_min
from models.weather.online.ecmwf_fields import Field, hourly_members
from models.weather.online.ecmwf_index import Entry, Span, entries_of, spans_of
from models.weather.online.ecmwf_open_data import EcmwfOpenData, decoded, steps_h
from models.weather.online.provider import Payload, Wanted
from models.weather.online.transport import Transport
from models.weather.schema import Place, wind_column
from tests.payloads import payload_of, truth

eccodes = pytest.importorskip("eccodes", reason="the extra grib is not installed")
from tests import grib_files  # noqa: E402 - needs eccodes

DAKHLA = Place(latitude_deg=23.7, longitude_deg=-15.93, altitude_m=12.0)
INIT = pd.Timestamp("2026-11-22", tz="UTC")
HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
NOW = INIT + 9 * HOUR
WANTED = Wanted(place=DAKHLA, start_utc=INIT + DAY, end_utc=INIT + 2 * DAY, now_utc=NOW)
LATER = "Ask again later, or take another source."


@lru_cache
def step_file(step_h: int, members: int) -> tuple[bytes, bytes]:
    return grib_files.step_file(init=INIT, step_h=step_h, members=members)


class Host:
    """Answers GETs of a host that has the run of INIT only."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, request) -> Payload:
        self.asked.append(request.url)
        name = request.url.rsplit("/", 1)[1]
        if not name.startswith("20261122000000"):
            raise SourceError("refused", f"{request.url}: 404")
        index, body = step_file(int(name.split("-")[1][:-1]), 3 if "enfo" in name else 0)
        if name.endswith("grib2"):
            first, last = request.headers["Range"].removeprefix("bytes=").split("-")
            return payload_of(body[int(first) : int(last) + 1], NOW, request.url)
        return payload_of(index, NOW, request.url)


@pytest.fixture(scope="module")
def single():
    """Return the deterministic run's payloads."""
    return EcmwfOpenData().collect(WANTED, Host().get)


def refusal(call, *args) -> tuple[str, str]:
    with pytest.raises(SourceError) as error:
        call(*args)
    return error.value.fault, str(error.value)


def test_the_deterministic_run_is_read_by_the_hour(single):
    """Proves the whole way: nearest point, K, Pa, J/m2 since the begin, 3 h to hours, labels."""
    forecast = EcmwfOpenData().read(single, WANTED)
    assert (forecast.first_utc, forecast.end_utc) == (WANTED.start_utc, WANTED.end_utc)
    weather = forecast.members[0]
    want = truth(start=INIT - HOUR, end=INIT + 400 * HOUR).loc[weather.table.index]
    apart = weather.table - want
    for name in ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"):
        assert abs(apart[name].mean()) < 1.0  # energy is kept
        assert apart[name].std() < 12.0
    assert apart["temp_air_degc"].abs().mean() < 0.5
    assert apart["temp_wet_bulb_degc"].abs().mean() < 0.5
    assert apart["pressure_pa"].abs().max() < 60.0
    assert apart[wind_column(100)].abs().mean() < 1.0
    assert label_lag_min(weather) == pytest.approx(0.0, abs=5.0)
    assert weather.source == (
        "ecmwf-open-data ifs-oper; hours from spans of 3 to 6 h; DNI and DHI from GHI by Erbs "
        "1982; temp_wet_bulb_degc from air temperature and humidity by Stull 2011"
    )
    run = forecast.run
    assert (run.provider, run.model, run.init_utc) == ("ecmwf-open-data", "ifs-oper", INIT)
    assert run.attribution.startswith("Contains modified data of ECMWF, open data under CC BY 4.0")


def test_only_the_fields_that_are_needed_are_fetched(single):
    """Proves that nine steps are nine indices and nine pieces without the field in front."""
    indices = [one for one in single if one.url.endswith("index")]
    pieces = [one for one in single if one.url.endswith("grib2")]
    assert [one.url.rsplit("/", 1)[1] for one in indices] == [
        f"20261122000000-{step}h-oper-fc.index" for step in range(24, 49, 3)
    ]
    assert len(pieces) == len(indices) == 9
    assert len(single[-1].body) < len(step_file(48, 0)[1])  # tp stays behind
    assert all(
        one.url.startswith("https://data.ecmwf.int/forecasts/20261122/00z/ifs/0p25/oper/")
        for one in single
    )


def test_members_stand_around_the_deterministic_run():
    """Proves that the control is the deterministic run and each member its own wind."""
    host = Host()
    wanted = Wanted(place=DAKHLA, start_utc=INIT + DAY, end_utc=INIT + DAY + 6 * HOUR, now_utc=NOW)
    provider = EcmwfOpenData(model="ifs-enfo", members_max_count=2, url="http://mirror")
    forecast = provider.read(provider.collect(wanted, host.get), wanted)
    names = [member.where.split()[-1] for member in forecast.members]
    assert names == ["control", "member01", "member02"]  # the third was not asked for
    wind = [member.table[wind_column(10)].mean() for member in forecast.members]
    np.testing.assert_allclose(wind[1:], [1.02 * wind[0], 1.04 * wind[0]], rtol=1e-3)
    assert all(url.startswith("http://mirror/") for url in host.asked)


def test_the_newest_run_that_is_out_is_taken():
    """Proves that a run that is not there yet is passed over, and one is not asked for twice."""
    host = Host()
    wanted = Wanted(
        place=DAKHLA,
        start_utc=INIT + DAY,
        end_utc=INIT + DAY + 6 * HOUR,
        now_utc=INIT + 13 * HOUR,
    )
    EcmwfOpenData().collect(wanted, host.get)
    tried = [url.rsplit("/", 1)[1] for url in host.asked[:3]]
    assert tried == [
        "20261122120000-18h-oper-fc.index",
        "20261122060000-24h-oper-fc.index",
        "20261122000000-30h-oper-fc.index",
    ]
    assert len(host.asked) == len(set(host.asked))


def test_no_run_at_all_is_told_once():
    def get(request):
        raise SourceError("refused", f"{request.url.rsplit('/', 1)[1]}: 404 Not Found.")

    assert refusal(EcmwfOpenData().collect, WANTED, get) == (
        "coverage",
        (
            "ecmwf-open-data: run = 2026-11-22 06:00Z and 4 before it are not there as far as "
            "needed. The last answer: 20261121060000-66h-oper-fc.index: 404 Not Found."
        ),
    )


def test_a_host_that_is_down_is_not_asked_five_times():
    asked = []

    def get(request):
        asked.append(request)
        raise SourceError("unreachable", "no answer")

    assert refusal(EcmwfOpenData().collect, WANTED, get) == ("unreachable", "no answer")
    assert len(asked) == 1


def test_too_many_fields_are_refused_before_they_are_fetched():
    def get(request):
        line = {"param": "10u", "type": "fc", "levtype": "sfc", "_offset": 0, "_length": 10**9}
        assert request.url.endswith("index")
        return payload_of(json.dumps(line).encode(), NOW, request.url)

    assert refusal(EcmwfOpenData().collect, WANTED, get) == (
        "content",
        (
            "ecmwf-open-data: size of 9 parts = 9.0 GB is too much. "
            "Plan a shorter horizon, or take ifs-oper."
        ),
    )


@pytest.mark.parametrize(
    ("start_h", "end_h", "first", "last", "count"),
    [(24, 48, 24, 48, 9), (25, 47, 24, 48, 9), (140, 152, 138, 156, 5), (-3, 6, 0, 6, 3)],
)
def test_steps_reach_around_the_hours(start_h, end_h, first, last, count):
    """Proves the grid: every 3 h to 144 h, every 6 h beyond."""
    wanted = Wanted(
        place=DAKHLA,
        start_utc=INIT + start_h * HOUR,
        end_utc=INIT + end_h * HOUR,
        now_utc=NOW,
    )
    steps = steps_h(INIT, wanted)
    assert (steps[0], steps[-1], len(steps)) == (first, last, count)


def field(param, unit, step_h, value, number=0, init=INIT):
    return Field(param=param, unit=unit, number=number, init_utc=init, step_h=step_h, value=value)


def by_hand(steps=(0, 3, 6)) -> list[Field]:
    """Return fields around noon of a run begun at 09 h: light, wind 3 and 4, 20 degC, 80 %."""
    init = INIT + 9 * HOUR
    fields = []
    for n, step in enumerate(steps):
        values = {
            "10u": (3.0, "m s**-1"),
            "10v": (4.0, "m s**-1"),
            "100u": (6.0 + 2.0 * n, "m s**-1"),
            "100v": (0.0, "m s**-1"),
            "2t": (293.15, "K"),
            "2d": (289.55, "K"),
            "sp": (101_300.0 - 100.0 * n, "Pa"),
            "ssrd": (n * 500.0 * 3 * 3600.0, "J m**-2"),
        }
        fields += [field(name, unit, step, v, init=init) for name, (v, unit) in values.items()]
    return fields


def test_units_and_spans_by_hand():
    """Proves hypot(3, 4) = 5, J/m2 over 3 h = 500 W/m2, and each span's mean kept in its hours."""
    came = hourly_members(by_hand(), "test", DAKHLA, "terms")
    assert len(came.steps) == 6
    assert came.steps[0] == INIT + 9 * HOUR
    np.testing.assert_allclose(came.columns["wind_speed_10m_m_per_s"][0], 5.0)
    wind = came.columns["wind_speed_100m_m_per_s"][0].reshape(2, 3)
    np.testing.assert_allclose(wind.mean(axis=1), [7.0, 9.0])
    light = came.columns["ghi_w_per_m2"][0].reshape(2, 3)
    np.testing.assert_allclose(light.mean(axis=1), [500.0, 500.0])
    assert light[0, 0] < light[0, 1] < light[0, 2]  # the sun climbs from 9 to 12 h
    pressure = came.columns["pressure_pa"][0].reshape(2, 3)
    np.testing.assert_allclose(pressure.mean(axis=1), [101_250.0, 101_150.0])
    # a dew point of 16.4 degC at 20 degC: 1861 of 2333 Pa, 79.8 %; Stull gives 17.5
    np.testing.assert_allclose(came.columns["temp_wet_bulb_degc"][0], 17.5, atol=0.05)


def test_nothing_has_accumulated_when_the_run_begins():
    """Proves that the field that is not kept at step 0 is 0, as elsewhere a lost one is not."""
    fields = by_hand()
    without = [f for f in fields if not (f.param == "ssrd" and f.step_h == 0)]
    came = hourly_members(without, "test", DAKHLA, "terms")
    assert np.isfinite(came.columns["ghi_w_per_m2"]).all()
    lost = [f for f in fields if not (f.param == "2t" and f.step_h == 3)]
    came = hourly_members(lost, "test", DAKHLA, "terms")
    assert np.isnan(came.columns["ghi_w_per_m2"]).all()


def test_a_sum_that_steps_back_by_its_rounding_is_no_light():
    fields = by_hand()
    back = [
        field(f.param, f.unit, f.step_h, 5_390_000.0 if f.step_h == 6 else f.value, init=f.init_utc)
        if f.param == "ssrd"
        else f
        for f in fields
    ]
    came = hourly_members(back, "test", DAKHLA, "terms")
    np.testing.assert_allclose(came.columns["ghi_w_per_m2"][0][3:], 0.0)


def test_three_and_six_hours_join_without_a_seam():
    came = hourly_members(by_hand((0, 3, 6, 12)), "test", DAKHLA, "terms")
    assert len(came.steps) == 12
    np.testing.assert_allclose(came.columns["ghi_w_per_m2"][0][6:].mean(), 250.0)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (by_hand((0, 6, 9)), "test: steps = [0, 6, 9] is not all of a run"),
        (by_hand((3,)), "test: steps = [3] is not all of a run"),
        ([field("2t", "C", 3, 20.0)], "test: unit of 2t = 'C' is not K"),
        ([field("tp", "m", 3, 20.0)], "test: unit of tp = 'm' is not None"),
        (
            [field("2t", "K", 3, 290.0), field("2t", "K", 6, 290.0, init=INIT + 6 * HOUR)],
            "test: run = 2026-11-22 06:00Z is mixed with 2026-11-22 00:00Z",
        ),
    ],
)
def test_fields_that_do_not_fit_together_are_refused(fields, said):
    assert refusal(hourly_members, fields, "test", DAKHLA, "terms") == (
        "content",
        f"{said}. {LATER}",
    )


def message(**settings) -> bytes:
    given = {"param": "2t", "value": 293.15, "init": INIT, "step_h": 3} | settings
    return grib_files.message(given.pop("param"), given.pop("value"), **given)


def test_a_message_is_decoded_at_the_nearest_point():
    fields = decoded(message() + message(param="ssrd", value=3.6e6, number=7), DAKHLA)
    assert fields[0] == field("2t", "K", 3, pytest.approx(293.15, abs=1e-3))
    assert fields[1] == field("ssrd", "J m**-2", 3, pytest.approx(3.6e6), number=7)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (message()[:-1], "message 1 of {size} B is cut off"),
        (message() + message()[:40], "message 2 of {size} B is cut off"),
        (message() + b"<html>", "message 2 = b'<htm' is no GRIB of edition 2"),
        (b"GRIB" + bytes(3) + b"\x01" + message()[8:], "message 1 = b'GRIB' is no GRIB of edit"),
    ],
)
def test_a_message_that_is_none_is_refused(body, said):
    fault, text = refusal(decoded, body, DAKHLA)
    assert fault == "content"
    assert text.startswith(f"ecmwf-open-data GRIB: {said.format(size=len(message()))}")


def test_a_broken_message_and_a_far_grid_are_refused():
    whole = message()
    broken = whole[:16] + bytes(len(whole) - 20) + whole[-4:]
    fault, text = refusal(decoded, broken, DAKHLA)
    assert fault == "content"
    assert "a message can not be decoded" in text
    berlin = Place(latitude_deg=52.5, longitude_deg=13.4, altitude_m=30.0)
    fault, text = refusal(decoded, whole, berlin)
    assert fault == "content"
    assert "a message can not be decoded (The point is out of the grid area)" in text
    coarse = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib2")  # 2 degrees apart
    between = Place(latitude_deg=31.0, longitude_deg=1.0, altitude_m=400.0)
    fault, text = refusal(decoded, bytes(eccodes.codes_get_message(coarse)), between)
    eccodes.codes_release(coarse)
    assert fault == "content"
    assert "146 km from 31 N 1 E" in text


def test_payloads_without_fields_are_refused(single):
    provider = EcmwfOpenData()
    assert refusal(provider.read, single[:9], WANTED) == (
        "content",
        f"ecmwf-open-data ifs-oper: fields = none is no forecast. {LATER}",
    )


LINE = {"param": "10u", "type": "pf", "number": "3", "levtype": "sfc", "_offset": 5, "_length": 9}


def test_an_index_is_read_line_by_line():
    """Proves that fields that touch are one piece, and levels aloft none."""
    lines = [
        LINE,
        LINE | {"param": "10v", "_offset": 14, "_length": 6},
        LINE | {"param": "t", "levtype": "pl", "_offset": 20},
        LINE | {"param": "sp", "_offset": 29},
    ]
    payload = payload_of("\n".join(map(json.dumps, lines)).encode() + b"\n\n", NOW)
    entries = entries_of(payload, "test")
    assert entries[0] == Entry(param="10u", kind="pf", number=3, offset=5, length=9)
    assert spans_of("u", reversed(entries)) == [
        Span(url="u", begin=5, length=15),
        Span(url="u", begin=29, length=9),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"<html>", "test: line 1 of the index = '<html>' is not as documented"),
        (b"{}", "test: line 1 of the index = '{}' is not as documented (KeyError('param'))"),
        (
            json.dumps(LINE | {"_length": 0}).encode(),
            "test: _length in line 1 of the index = 0 is no size",
        ),
    ],
)
def test_an_index_that_is_none_is_refused(line, said):
    fault, text = refusal(entries_of, payload_of(line, NOW), "test")
    assert fault == "content"
    assert text.startswith(said)


def test_an_unknown_model_and_a_missing_package_are_refused(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError) as error:
        EcmwfOpenData(model="hres")
    assert error.value.problems == [
        "ecmwf-open-data: model = 'hres' is unknown. Use one of ifs-oper, ifs-enfo.",
        (
            "ecmwf-open-data: the package eccodes is missing. "
            "Install the extra: pip install 'dakhla-optimizer[grib]'."
        ),
    ]


class _Door(BaseHTTPRequestHandler):
    """Serves the same files over HTTP, whole or by the range asked for."""

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[1]
        if not name.startswith("20261122000000"):
            self.send_error(404)
            return
        index, body = step_file(int(name.split("-")[1][:-1]), 0)
        asked = self.headers.get("Range")
        if asked is not None:
            first, last = asked.removeprefix("bytes=").split("-")
            body = body[int(first) : int(last) + 1]
        answer = body if name.endswith("grib2") else index
        self.send_response(200 if asked is None else 206)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(NOW.to_pydatetime(), usegmt=True)

    def log_message(self, format, *args):
        """Say nothing."""


def test_ranges_come_over_http(single):
    """Proves that our own transport fetches the same bytes: 404 for runs not out, 206 for parts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Door)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        provider = EcmwfOpenData(url=f"http://127.0.0.1:{server.server_address[1]}")
        payloads = provider.collect(WANTED, Transport(NOW).get)
    finally:
        server.shutdown()
        server.server_close()
    assert [one.sha256 for one in payloads] == [one.sha256 for one in single]
