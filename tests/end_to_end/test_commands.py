"""The commands as a person at a terminal, a notebook and cron call them."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.end_to_end.conftest import Place, Said

ROOT = Path(__file__).parents[2]
PLAN_KEYS = {"status", "run_dir", "objective_mad", "mip_gap_pu", "weather_level"}
PLAN_KEYS |= {"kpis", "clauses", "timings_s"}


def test_json_is_one_object_with_the_agreed_keys(place: Place) -> None:
    said = place.plan("--json")
    assert said.code == 0
    assert said.answer.keys() >= PLAN_KEYS
    assert Path(said.answer["run_dir"]).is_dir()


def test_a_run_folder_has_what_others_read(place: Place) -> None:
    folder = Path(place.plan("--json").answer["run_dir"])
    names = {"schedule.parquet", "schedule.csv", "kpis.json", "manifest.json", "solver.log"}
    assert {path.name for path in folder.iterdir()} >= {*names, "inputs"}
    latest = json.loads((place.out / "latest.json").read_text())
    assert latest["run"] == folder.name
    assert not [p for p in place.out.iterdir() if p.name.startswith(".")]


def test_quiet_says_nothing_on_success(place: Place) -> None:
    said = place.plan("--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_the_table_shows_a_planner_the_day(place: Place) -> None:
    said = place.plan()
    assert said.code == 0
    for word in ("wind", "battery", "grid", "price", "Agreement", "4.2", "Run:"):
        assert word in said.out + said.err, word


def test_audit_accepts_a_run_and_names_what_was_changed(
    place: Place, call: Callable[[list[str]], Said]
) -> None:
    folder = Path(place.plan("--json").answer["run_dir"])
    assert call(["audit", str(folder)]).code == 0
    table = pd.read_parquet(folder / "schedule.parquet")
    table.iloc[3, table.columns.get_loc("wind_main_used_mw")] += 1.0
    table.to_parquet(folder / "schedule.parquet")
    said = call(["audit", str(folder)])
    assert said.code == 6
    assert "what comes to the bus leaves it" in said.err


def test_an_infeasible_plan_says_what_clashes_and_leaves_a_diagnostic(place: Place) -> None:
    """Proves exit 7: 60 MW of sovereign load, no wind, no grid, 150 MWh stored for six hours."""
    first = Path(place.plan("--json").answer["run_dir"])
    zero = [0.0] * 6
    wind = pd.read_csv(place.path("wind.csv")).assign(available_mw=zero)
    wind.to_csv(place.path("wind.csv"), index=False)
    place.edit("site.toml", "import_max_mw = 150.0", "import_max_mw = 10.0")
    said = place.plan("--json")
    assert said.code == 7
    assert "  firm_sovereign: demand (60 MW), 2026-07-01 00:00Z to 03:00Z\n" in said.err
    diagnostics = list(place.out.glob("*-diagnostic"))
    assert len(diagnostics) == 1
    assert "firm_sovereign" in said.err
    assert "unserved" in said.err
    assert json.loads((place.out / "latest.json").read_text())["run"] == first.name


def test_the_next_day_opens_with_what_the_last_run_hands_over(place: Place) -> None:
    place.plan("--quiet")
    manifest = json.loads(next(place.out.glob("2*/manifest.json")).read_text())
    assert manifest["opening_state"] == "state file state.csv"
    arguments = ["plan", "--site", "site.toml", "--agreement", "agreement.toml"]
    files = {name: str(place.path(name)) for name in ("site.toml", "agreement.toml")}
    said = place.call(
        [files.get(a, a) for a in [*arguments, "--date", "2026-07-01", "--json"]]
        + ["--out", str(place.out)]
    )
    assert said.code == 0
    again = json.loads((Path(said.answer["run_dir"]) / "manifest.json").read_text())
    assert again["opening_state"].startswith("run ")


def test_schema_and_doctor_answer(call: Callable[[list[str]], Said], tmp_path: Path) -> None:
    schema = call(["schema", "--json"])
    assert schema.code == 0
    assert "energy_max_mwh" in schema.out
    doctor = call(["doctor", "--out", str(tmp_path), "--json"])
    assert doctor.code in (0, 3)
    assert isinstance(doctor.answer, dict)


def test_cron_plans_without_home_path_or_terminal(tmp_path: Path) -> None:
    """Proves the bundled plan as cron calls it: empty environment, another folder, umask 077."""
    command = [sys.executable, "-m", "optimizer.cli", "plan", "--date", "2027-07-01"]
    command += ["--horizon", "24h@1h", "--json", "--out", "runs"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["weather_level"] == "synthetic"
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, seed: str) -> None:
    """Proves schedule and key figures byte by byte, twice in one place and under hash seeds."""
    command = [sys.executable, "-m", "optimizer.cli", "plan", "--date", "2027-02-01", "--json"]
    command += ["--horizon", "12h@15min+36h@1h", "--no-page"]
    answers = []
    for name, hash_seed in (("a", "7"), ("b", seed)):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [*command, "--out", str(tmp_path / name)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        answers.append(Path(json.loads(done.stdout)["run_dir"]))
    for file in ("schedule.parquet", "schedule.csv", "kpis.json", "rates.csv"):
        assert (answers[0] / file).read_bytes() == (answers[1] / file).read_bytes(), file


def test_a_wheel_carries_its_data_and_plans_from_anywhere(tmp_path: Path) -> None:
    """Proves `pip install` of the built wheel: data inside, a plan from another folder."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    wheel = next(tmp_path.glob("*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "optimizer",
        "models",
        wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info",
    }
    assert {"optimizer/_data/site.toml", "optimizer/_data/climate/dakhla.toml"} <= set(names)
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(site), str(wheel)], check=True, capture_output=True)
    code = "import optimizer, sys; from optimizer.cli import main; main()"
    options = ["plan", "--date", "2027-07-01", "--horizon", "24h@1h", "--json", "--out", "runs"]
    done = subprocess.run(
        [sys.executable, "-c", code, *options],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    where = subprocess.run(
        [sys.executable, "-c", "import optimizer; print(optimizer.__file__)"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(site))
