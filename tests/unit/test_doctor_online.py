"""dakhla doctor --online: each source asked once, and the first field that differs named."""

import json
import re

import pandas as pd
import pytest

from models.errors import SourceError
from optimizer.cli import run_command
from optimizer.config import Site, parse_site, read_toml
from optimizer.doctor import Finding, exit_code
from optimizer.doctor_online import examine_online, site_of
from optimizer.reference import reference_file
from tests.fake_weather import FakeWeather
from tests.payloads import ensemble_payload, meta_payload, payload_of

NOW = pd.Timestamp("2026-11-22T12:00Z")
INIT = NOW - pd.Timedelta(hours=12)
MODEL = "ecmwf_ifs025_ensemble"


def site(**tables) -> Site:
    content = read_toml(reference_file("site.toml"))
    content["weather"] = {"source": next(iter(tables), "climate"), "online": tables}
    return parse_site(content)


def answers(change=lambda content: None, init=INIT):
    """Return a GET for each source that answers as Open-Meteo does, changed by a function."""

    def get(request):
        if request.url.endswith("meta.json"):
            return payload_of(meta_payload(init=init, available=init), NOW, request.url)
        start = NOW.floor("D") - pd.Timedelta(days=1)
        hours = 24 * (1 + int(request.params["forecast_days"]))
        content = ensemble_payload(start=start, hours=hours, members=2, init=init)
        change(content)
        return payload_of(content, NOW, request.url)

    return lambda source, now: get


ENSEMBLE = {"provider": "open-meteo-ensemble", "model": MODEL}


def test_a_source_that_answers_is_told_with_its_run_and_licence():
    found = examine_online(site(om=ENSEMBLE), {}, NOW, answers())
    assert found == [
        Finding(
            "weather om",
            "ok",
            (
                "open-meteo ecmwf_ifs025_ensemble, 2 members, run of 2026-11-22 00:00Z, 12 h old; "
                "Weather data by Open-Meteo.com (CC BY 4.0); model ecmwf_ifs025_ensemble by ECMWF, "
                "CC BY 4.0"
            ),
        )
    ]
    assert exit_code(found) == 0


def test_the_first_field_that_differs_is_named():
    """Proves that a unit that has changed is told by its field, and as weather, exit 4."""

    def spoil(content):
        content["hourly_units"]["wind_speed_10m"] = "km/h"

    found = examine_online(site(om=ENSEMBLE), {}, NOW, answers(spoil))
    assert found == [
        Finding(
            "weather om",
            "failed",
            (
                "open-meteo ecmwf_ifs025_ensemble: hourly_units.wind_speed_10m = 'km/h' is not "
                "m/s. Ask again later, or take another source"
            ),
            "Compare with the provider's documentation; until then use another source.",
        )
    ]
    assert exit_code(found) == 4
    assert exit_code([*found, Finding("disk", "failed", "")]) == 2
    assert exit_code([*found, Finding("solver", "failed", "")]) == 5


def test_a_late_run_is_a_warning():
    late = INIT - pd.Timedelta(hours=12)
    (found,) = examine_online(site(om=ENSEMBLE), {}, NOW, answers(init=late))
    assert found.state == "warning"
    assert "24 h old" in found.seen
    assert found.seen.endswith("; not fresh above 14 h")


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        ("unreachable", "See whether this machine reaches the host, then the provider's status"),
        ("refused", "See what the provider refuses: the address, the plan, the key or the quota."),
        ("coverage", "Ask again after the next model run; until then use another source."),
    ],
)
def test_each_fault_has_its_remedy(fault, remedy):
    def get_of(source, now):
        def get(request):
            raise SourceError(fault, "host: no.")

        return get

    (found,) = examine_online(site(om=ENSEMBLE), {}, NOW, get_of)
    assert (found.state, found.seen) == ("failed", "host: no")
    assert found.remedy.startswith(remedy)


def test_a_source_that_may_not_be_asked_is_not():
    """Proves that a missing key is told for its source, and the others are asked all the same."""
    sold = {"provider": "open-meteo", "model": "ecmwf_ifs", "key_env": "OM_KEY"}
    found = examine_online(site(sold=sold, om=ENSEMBLE), {}, NOW, answers())
    assert [one.state for one in found] == ["failed", "ok"]
    unused = examine_online(site(om=ENSEMBLE, sold=sold), {}, NOW, answers())
    assert [one.state for one in unused] == ["ok", "warning"]
    assert found[0].seen == (
        "[weather.online.sold]: key_env = OM_KEY is not set in the environment. "
        "Set it to the key where this runs, or take key_env out"
    )


def test_history_is_asked_for_a_year_ago_and_grib_for_little():
    """Proves that each kind of source is asked for hours that it can have, and few."""
    asked = {}

    def get_of(source, now):
        def get(request):
            asked[source.name] = request
            raise SourceError("unreachable", "host: no.")

        return get

    power, grib = {"provider": "nasa-power"}, {"provider": "ecmwf-open-data"}
    examine_online(site(grib=grib, power=power), {}, NOW, get_of)
    assert asked["power"].params["start"] == "20251123"
    assert asked["power"].params["end"] == "20251123"
    assert asked["grib"].url.endswith(
        "/20261122/12z/ifs/0p25/oper/20261122120000-18h-oper-fc.index"
    )


def test_a_site_without_sources_is_told_so():
    (found,) = examine_online(site(), {}, NOW)
    assert (found.state, found.seen) == ("warning", "the site names no source of weather")
    assert site_of(None).weather.online  # the bundled site names some, for an example


def test_the_command_asks_over_the_network(tmp_path, capsys):
    """Proves the whole way: command line, transport, a server, reader, exit code."""
    now = pd.Timestamp.now("UTC")
    text = reference_file("site.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^\[weather\.online\..*?(?=^\[(?!weather))", "", text)
    with FakeWeather(lambda: now, members=2) as server:
        table = [
            "[weather.online.om]",
            'provider = "open-meteo-ensemble"',
            f'model = "{MODEL}"',
            f'url = "{server.url}"',
        ]
        path = tmp_path / "site.toml"
        path.write_text("\n".join([text, "", *table, ""]), encoding="utf-8")
        out = str(tmp_path / "runs")
        call = ["doctor", "--online", "--site", str(path), "--out", out, "--json"]
        assert run_command(call) == 0
        answer = json.loads(capsys.readouterr().out)
        assert [f["state"] for f in answer["findings"] if f["name"] == "weather om"] == ["ok"]
        assert [url.split("?")[0] for url in server.asked] == [
            f"/data/{MODEL}/static/meta.json",
            "/v1/ensemble",
        ]
