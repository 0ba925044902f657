"""`dakhla forecast`: from weather to a folder of quantiles, scenarios and a picture."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.forecast_archive import read_issued
from optimizer.reference import reference_file
from tests.end_to_end.conftest import Said, write_plant
from tests.fake_weather import FakeWeather

WIND, SUN = "wind_main_available", "solar_main_available"
HORIZON = "18h@15min+6h@1h"
ONLINE = """
[weather.online.tested]
provider = "open-meteo-ensemble"
model = "ecmwf_ifs025_ensemble"
deadline_s = 5.0
url = "{url}"
"""
Call = Callable[[list[str]], Said]


def made(said: Said) -> tuple[dict, Path]:
    """Return what the command answered and the folder it wrote."""
    return said.answer, Path(said.answer["forecast_dir"])


def forecast(call: Call, out: Path, *options: str) -> Said:
    return call(["forecast", "--out", str(out), "--horizon", HORIZON, "--json", *options])


def test_climate_gives_bands_and_says_it_is_synthetic(call: Call, tmp_path: Path) -> None:
    """Proves every file is there, tables agree, and one member is told."""
    said = forecast(call, tmp_path, "--date", "2026-03-01", "--scenarios", "5")
    answer, folder = made(said)
    assert said.code == 0, said.err
    assert (answer["rung"], answer["member_count"]) == ("synthetic", 1)
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "forecast.json",
        "forecast.png",
        "quantiles.csv",
        "quantiles.parquet",
        "scenarios.parquet",
    ]
    table = pd.read_parquet(folder / "quantiles.parquet")
    assert len(table) == 78
    assert table["step_h"].sum() == 24.0
    ordered = table[[f"{WIND}_p{p}_mw" for p in (1, 5, 10, 25, 50, 75, 90, 95, 99)]]
    assert (np.diff(ordered.to_numpy(), axis=1) >= 0).all()
    assert table.loc["2026-03-01T00:00Z":"2026-03-01T05:45Z", f"{SUN}_p99_mw"].max() == 0.0
    written = pd.read_csv(folder / "quantiles.csv")
    assert written["time_utc"].iloc[0] == "2026-03-01T00:00:00Z"
    assert written[f"{WIND}_mean_mw"].to_numpy() == pytest.approx(
        table[f"{WIND}_mean_mw"].to_numpy(), abs=1e-5
    )
    scenarios = pd.read_parquet(folder / "scenarios.parquet")
    weights = scenarios.groupby("scenario")["weight_pu"].first()
    assert len(scenarios) == 5 * 78
    assert weights.sum() == pytest.approx(1.0)
    assert {f"{WIND}_mw", f"{SUN}_mw", "cooling_slope_1_pu"} <= set(scenarios)
    assert (folder / "forecast.png").read_bytes().startswith(b"\x89PNG")
    kept = json.loads((folder / "forecast.json").read_text())
    assert kept == {k: v for k, v in answer.items() if k in kept}
    day = answer["days"][0]
    assert day["all_p10_mwh"] < day["all_mean_mwh"] < day["all_p90_mwh"]
    assert set(read_issued(tmp_path)["rung"]) == {"synthetic"}


def online_site(folder: Path, url: str) -> Path:
    """Return the bundled site with an ensemble of a server for its weather."""
    text = reference_file("site.toml").read_text()
    path = folder / "site.toml"
    path.write_text(
        text.replace('source = "climate"', 'source = "tested"', 1) + ONLINE.format(url=url)
    )
    return path


def test_ensemble_is_fresh_then_degraded_then_nothing_under_strict(
    call: Call, tmp_path: Path
) -> None:
    """Proves exit 0 with members, 3 with the reason when the server is down, 4 under --strict."""
    out = tmp_path / "runs"
    with FakeWeather(lambda: pd.Timestamp.now("UTC")) as server:
        site = str(online_site(tmp_path, server.url))
        said = forecast(call, out, "--site", site)
        assert said.code == 0, said.err
        answer, folder = made(said)
        assert answer["rung"] == "fresh"
        assert answer["member_count"] == 5
        assert answer["scenario_count"] == 10
        assert "5 members taken as one; no past pairs yet, errors" in answer["notes"][0]
        assert "CC BY 4.0" in answer["licence"] or "CC-BY-4.0" in answer["licence"]
        scenarios = pd.read_parquet(folder / "scenarios.parquet")
        assert scenarios.groupby("scenario")[f"{WIND}_mw"].mean().is_unique
        server.fault, empty = "http_502", tmp_path / "others"  # nothing is stored there yet
        low = forecast(call, empty, "--site", site)
        assert low.code == 3, low.err
        assert low.answer["status"] == "degraded"
        assert low.answer["rung"] == "climatology"
        assert low.answer["reasons"][0].startswith("fresh: tested: ")
        assert low.answer["reasons"][0] in low.err
        assert low.answer["notes"][0].startswith(f"{WIND}_mw: 20 members; no past pairs yet")
        strict = forecast(call, empty, "--site", site, "--strict")
        assert strict.code == 4
        assert [len(read_issued(folder)["run"].unique()) for folder in (out, empty)] == [1, 1]


def test_a_person_reads_a_short_table(call: Call, tmp_path: Path) -> None:
    """Proves the printed lines: rung, one line a day, how it was calibrated, where it is."""
    arguments = ["forecast", "--out", str(tmp_path), "--date", "2026-03-01", "--horizon", "36h@1h"]
    said = call(arguments)
    lines = said.out.splitlines()
    assert lines[0].startswith("weather: synthetic; ")
    assert lines[1] == "energy available by day [MWh]: mean (10 % to 90 %)"
    assert [line[:10] for line in lines[3:5]] == ["2026-03-01", "2026-03-02"]
    assert lines[-1].startswith("written: ")
    quiet = call([*arguments, "--quiet"])
    assert (quiet.code, quiet.out) == (0, "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--date", "2026-02-30"], "--date = '2026-02-30' is not a day."),
        (["--horizon", "2 days"], "horizon = '2 days' is not understood"),
        (["--weather", "no.csv", "--date", "2026-03-01"], "no.csv"),
        (["--scenarios", "0"], "--scenarios"),
    ],
)
def test_wrong_input_writes_nothing(
    call: Call, tmp_path: Path, options: list[str], words: str
) -> None:
    """Proves exit 2, the words that say why, and no folder left behind."""
    out = tmp_path / "runs"
    said = call(["forecast", "--out", str(out), "--horizon", HORIZON, *options])
    assert said.code == 2
    assert words in said.err
    assert not out.exists()


def test_a_site_of_files_has_nothing_to_forecast(call: Call, tmp_path: Path) -> None:
    """Proves it is said, with a remedy, where no plant has a model."""
    write_plant(tmp_path)
    out, site = tmp_path / "runs", tmp_path / "site.toml"
    said = call(["forecast", "--out", str(out), "--site", str(site), "--date", "2026-07-01"])
    assert said.code == 2
    what = "every plant's power comes from a file, so nothing is left to forecast"
    assert f"dakhla: {site}: {what}. Give a plant a model, or plan with the files." in said.err
