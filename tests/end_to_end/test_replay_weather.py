"""A run whose weather was fetched comes out again, from its raw payloads too."""

import json
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.fake_weather import FakeWeather
from tests.soak.plant import write_plant


def clock() -> pd.Timestamp:
    return pd.Timestamp.now(tz="UTC")


@pytest.fixture
def out(tmp_path: Path, call) -> Path:
    """Return the folder of runs of a small plant that has planned on fetched weather."""
    with FakeWeather(clock) as first, FakeWeather(clock) as second:
        write_plant(tmp_path, sys.executable, (first.url, second.url), clock().floor("D"), 2.0)
        files = ["--site", str(tmp_path / "site.toml"), "--out", str(tmp_path / "runs")]
        files += ["--agreement", str(tmp_path / "agreement.toml")]
        assert call(["daily", *files, "--quiet"]).code == 0
    return tmp_path / "runs"


def test_a_fetched_run_comes_out_again_from_its_payloads(out: Path, call) -> None:
    """Proves solve and readers both give the same, offline; and that a changed reading is told."""
    replay = ["runs", "replay", "latest", "--from-weather", "--out", str(out)]
    said = call(replay)
    assert said.code == 0, said.out + said.err
    assert said.out.splitlines()[0].endswith(": the same to the last digit.")
    assert said.out.endswith("  weather: its payloads give the same forecast to the last bit.\n")
    (mark,) = out.glob("weather/*/*/good.json")
    content = json.loads(mark.read_text())
    mark.write_text(json.dumps(content | {"forecast_sha256": "0" * 64}))
    said = call([*replay, "--json"])
    assert (said.code, said.answer["status"]) == (6, "differs")
    assert said.answer["weather_problems"] == [
        (
            f"{mark.parent.name}: the payload gives another forecast than it did: the reader has "
            "changed."
        )
    ]
    mark.write_text(json.dumps(content))
    manifest = mark.parents[3] / json.loads((out / "latest.json").read_text())["run"]
    manifest /= "manifest.json"
    told = json.loads(manifest.read_text())
    weather = told["weather"] | {"payloads_sha256": ["0" * 64]}
    manifest.write_text(json.dumps(told | {"weather": weather}))
    assert call([*replay, "--json"]).answer["weather_problems"] == [
        f"{weather['take']}: its payloads are not those the run was made of."
    ]
    shutil.copytree(mark.parents[1], mark.parents[2] / "gone")
    weather = told["weather"] | {"take": f"gone/{mark.parent.name}"}
    manifest.write_text(json.dumps(told | {"weather": weather}))
    assert call(replay).err.endswith(
        "/inputs/site.json: no table of [weather.online] is stored as 'gone'. "
        "Leave --from-weather out.\n"
    )
    manifest.write_text(json.dumps(told))
    payload = next(mark.parent.glob("00.gz"))
    payload.write_bytes(payload.read_bytes()[:-20])
    said = call([*replay, "--json"])
    assert said.code == 6
    assert "payload 00 is damaged" in said.answer["weather_problems"][0]


def test_a_run_on_a_file_has_no_payloads(place) -> None:
    assert place.plan("--quiet").code == 0
    said = place.call(["runs", "replay", "latest", "--from-weather", "--out", str(place.out)])
    assert said.code == 2
    assert said.err.endswith(
        ": its weather (series given by the caller) was not fetched: there is no payload to read. "
        "Leave --from-weather out.\n"
    )
