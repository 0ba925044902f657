"""`dakhla plan --from`, `--outages`, `--pins`: the past stays, the rest is planned anew, and why."""

import json

import pandas as pd
import pytest

from tests.end_to_end.conftest import DAY, Place, Said

TEN = f"{DAY}T02:00Z"
OUTAGES = "unit,start_utc,end_utc,available_mw,note,author\n"
PINS = "column,start_utc,end_utc,low,high,note,author\n"


def again(place: Place, *options: str) -> Said:
    """Return what planning the rest of the small plant's day again says."""
    files = ["--site", "site.toml", "--agreement", "agreement.toml", "--out", "runs"]
    named = [
        str(place.path(a)) if a in ("site.toml", "agreement.toml", "runs") else a for a in files
    ]
    return place.call(["plan", *named, "--from", TEN, "--no-page", *options])


@pytest.fixture
def morning(place: Place) -> Place:
    """Return the small plant, its day planned, its wind since then 30 MW less from 03:00 on."""
    assert place.plan("--quiet").code == 0
    wind = pd.read_csv(place.path("wind.csv"))
    wind.loc[3:, "available_mw"] -= 30.0
    wind.to_csv(place.path("wind.csv"), index=False)
    (place.out / "outages.csv").write_text(
        f"{OUTAGES}battery_main,{DAY}T04:00Z,{DAY}T05:00Z,10,converter fan,Fatima\n"
    )
    return place


def test_the_rest_of_the_day_is_planned_again(morning):
    """Proves the state is the plan's at that moment, the rest has its steps, and all is told."""
    (base,) = (p for p in morning.out.iterdir() if p.is_dir())
    said = again(morning, "--json")
    assert said.code == 0, said.err
    answer = said.answer
    assert answer["start_utc"] == f"{DAY}T02:00:00Z"
    table = pd.read_parquet(f"{answer['run_dir']}/schedule.parquet")
    before = pd.read_parquet(base / "schedule.parquet")
    assert table.index.equals(before.index[2:])
    held = {(s["name"], s["quantity"]): s["value"] for s in answer["opening_sources"]}
    assert held["battery_main", "energy_mwh"] == before["battery_main_energy_mwh"].iloc[1]
    kept = before["training_jazari_power_mw"].iloc[2]
    assert table["training_jazari_power_mw"].iloc[0] == pytest.approx(kept, abs=1e-5)
    assert table["battery_main_charge_mw"].iloc[2] <= 10 + 1e-6
    assert answer["interventions"]["outages"][0]["note"] == "converter fan"
    assert answer["changes"]["replans"] == base.name
    assert answer["changes"]["reasons"][-2:] == [
        "wind main available is 590.0 MWh in these hours; 680.0 were expected (90.0 less).",
        (
            "there is now an outage of battery_main by Fatima: at most 10 MW (converter fan), "
            f"{DAY}T04:00Z to {DAY}T05:00Z."
        ),
    ]
    assert morning.call(["audit", answer["run_dir"], "--quiet"]).code == 0
    manifest = json.loads((morning.out / base.name / "manifest.json").read_text())
    assert manifest["replans"] is None


def test_a_planner_reads_what_changed_and_why(morning):
    """Proves the sentences on the screen, word for word but for the amounts."""
    said = again(morning)
    assert said.code == 0, said.err
    text = " ".join(said.out.split())
    assert f"planned from {TEN} to {DAY}T06:00Z." in text
    assert "Because wind main available is" in text
    assert "Because there is now an outage of battery_main by Fatima: at most 10 MW" in text
    assert f"Kept until {DAY}T03:00Z, as the compute scheduler was handed:" in text
    assert "These hours cost" in text


def test_a_pin_that_can_not_be_kept_is_named(morning):
    """Proves exit code 7 and the pin in the clash: 103 MW and cooling can't do with 20."""
    morning.path("pins.csv").write_text(
        f"{PINS}facility_power_mw,{DAY}T03:00Z,{DAY}T04:00Z,,20,maintenance,Ali\n"
    )
    said = again(morning, "--pins", str(morning.path("pins.csv")))
    assert said.code == 7
    assert "pin of facility_power_mw by Ali: at most 20 MW (maintenance)" in said.err
    assert "commitment" not in said.err


REFUSED = {
    ("--date", DAY): "--from keeps the days of the plan. Leave --date and --horizon out.",
    ("--outages", "none.csv"): (
        "none.csv: not readable as a table: there is no such file. "
        "Give a CSV with unit,start_utc,end_utc,available_mw,note,author."
    ),
}


@pytest.mark.parametrize("options", REFUSED)
def test_what_is_wrong_is_told_and_nothing_is_done(morning, options):
    """Proves exit code 2, the sentence, and that no run is written."""
    runs = sorted(morning.out.iterdir())
    said = again(morning, *options)
    assert said.code == 2
    assert REFUSED[options] in said.err
    assert sorted(p for p in morning.out.iterdir() if p.is_dir()) == [p for p in runs if p.is_dir()]


def test_no_step_begins_then(morning):
    """Proves the nearest step is named."""
    said = again(morning, "--from", f"{DAY}T02:25Z")
    assert said.code == 2
    assert f"The nearest begins at {DAY}T02:00Z: give that." in said.err
