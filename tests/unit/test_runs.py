"""Run folders: same input, same bytes; nothing half-written; an infeasible plan's diagnostic."""

import json
import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.certificate import check_folder
from optimizer.errors import AuditFailed, Infeasible
from optimizer.store import latest_run, publish, read_published

SAME = ("schedule.parquet", "schedule.csv", "kpis.json")
REGISTRY = {"registry.sqlite"}
NOW = "2026-06-30T12:00Z"
PLAN = """
import sys
import pandas as pd
import optimizer as dk

dk.plan(start="2026-07-01T00:00Z", horizon="24h@1h", out=sys.argv[1], now=pd.Timestamp(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """A day of the bundled plant under the bundled agreement, published."""
    out = tmp_path_factory.mktemp("runs")
    start = "2026-07-01T00:00Z"
    return dk.plan(start=start, horizon="24h@1h", out=out, now=pd.Timestamp(NOW))


def test_a_run_has_its_files_and_is_the_latest(day):
    folder = day.run_dir
    assert {path.name for path in folder.iterdir()} == {
        *SAME,
        *("rates.csv", "decisions.json", "manifest.json", "solver.log", "inputs"),
    }
    assert latest_run(folder.parent) == folder
    files = {path.name for path in folder.parent.iterdir()}
    assert files == {folder.name, "latest.json", "ledger.csv", *REGISTRY}
    assert folder.name.startswith("20260630T120000Z-")
    assert check_folder(folder) == 24


def test_the_bundled_plant_keeps_the_bundled_agreement(day):
    assert [(row["article"], row["is_kept"]) for row in day.clauses] == [
        ("3.1", True),
        ("4.2", True),
        ("5.1", True),
        ("7.3", True),
    ]
    assert day.status == "optimal"


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_input_gives_the_same_bytes(day, tmp_path, seed):
    """Proves no tie, set or hash is left to chance: another process under another hash seed."""
    subprocess.run(
        [sys.executable, "-c", PLAN, str(tmp_path), "2026-06-30T18:00Z"],
        env=os.environ | {"PYTHONHASHSEED": seed},
        check=True,
        timeout=120,
    )
    again = latest_run(tmp_path)
    for name in SAME:
        assert (again / name).read_bytes() == (day.run_dir / name).read_bytes(), name


def test_the_manifest_says_what_the_plan_is_made_of(day):
    manifest = json.loads((day.run_dir / "manifest.json").read_text())
    assert manifest["start_utc"] == "2026-07-01T00:00:00Z"
    assert manifest["end_utc"] == "2026-07-02T00:00:00Z"
    assert manifest["weather"]["level"] == "synthetic"
    assert manifest["opening_state"] == "site file (no earlier run, no --state)"
    assert set(manifest["input_files_sha256"]) >= {"site.toml", "agreement.toml"}
    files = {p.relative_to(day.run_dir).as_posix() for p in day.run_dir.rglob("*") if p.is_file()}
    assert set(manifest["files_sha256"]) == files - {"manifest.json"}


def test_what_a_run_holds_is_what_was_planned(day):
    """Proves the folder alone gives back table, site, agreement, cohorts and rates."""
    published, differences = read_published(day.run_dir)
    problem = day.optimum.problem
    assert differences == []
    assert published.site == problem.site
    assert published.agreement == problem.agreement
    assert published.given.cohorts == problem.given.cohorts
    pd.testing.assert_frame_equal(published.table, day.schedule, check_freq=False)
    pd.testing.assert_frame_equal(published.given.series, problem.given.series, check_freq=False)


@pytest.fixture
def copy(day, tmp_path):
    """Return a copy of the run, to tamper with."""
    return shutil.copytree(day.run_dir, tmp_path / "run")


def test_schedules_that_disagree_are_a_breach(copy):
    path = copy / "schedule.csv"
    lines = path.read_text().splitlines(keepends=True)
    lines[5] = lines[5].replace(",1.0,", ",1.5,", 1)
    path.write_text("".join(lines))
    with pytest.raises(AuditFailed) as error:
        check_folder(copy)
    assert str(error.value) == (
        "2026-07-01T04:00:00Z  schedule.csv: step_h is not schedule.parquet's"
    )


def test_another_key_figure_than_the_tables_is_a_breach(copy):
    path = copy / "kpis.json"
    stored = json.loads(path.read_text())
    figure = stored["kpis"]["plan"]["import_mwh"]
    stored["kpis"]["plan"]["import_mwh"] = figure + 0.5
    path.write_text(json.dumps(stored))
    with pytest.raises(AuditFailed) as error:
        check_folder(copy)
    assert str(error.value) == (
        f"kpis.json: plan import_mwh = {figure + 0.5} is not the table's {figure:.10g}"
    )


@pytest.mark.parametrize("name", ["kpis.json", "inputs/site.json"])
def test_a_folder_that_lacks_a_file_is_refused(copy, name):
    (copy / name).unlink()
    with pytest.raises(InputError) as error:
        check_folder(copy)
    assert str(error.value) == (
        f"{copy / name}: not readable: there is no such file. Give a run folder."
    )


def short(plant, load):
    """Return a plant whose line carries 8 MW."""
    return plant(tables={"grid": {"line": {"import_max_mw": 8.0}}}, buy=[500, 500], load=load)


def test_an_infeasible_plan_leaves_a_diagnostic_beside_the_runs(plant, tmp_path):
    """Proves exit code 7, what is short by how much, and that the latest run stays the latest."""
    before = short(plant, [8, 7]).publish(tmp_path)
    latest = (tmp_path / "latest.json").read_bytes()
    with pytest.raises(Infeasible) as error:
        short(plant, [7, 9.5]).publish(tmp_path)
    folder = error.value.diagnostic
    assert error.value.exit_code == 7
    assert error.value.names == [
        "firm_load: demand (9.5 MW), 2026-01-05 01:00Z to 02:00Z",
        "grid_line: most that can be drawn (8 MW), 2026-01-05 01:00Z to 02:00Z",
    ]
    assert str(error.value).splitlines()[-2:] == [
        f"Least-shortfall diagnostic in {folder}, never to be run:",
        "firm_load: 1.5 MWh unserved, at most 1.5 MW, first at 2026-01-05 01:00Z.",
    ]
    assert (tmp_path / "latest.json").read_bytes() == latest
    assert latest_run(tmp_path) == before.run_dir
    assert folder.parent == tmp_path
    assert folder.name.endswith("-diagnostic")
    assert json.loads((folder / "manifest.json").read_text())["is_diagnostic"] is True
    assert check_folder(folder, is_elastic=True) == 2
    with pytest.raises(AuditFailed):
        check_folder(folder)


def test_without_a_folder_an_infeasible_plan_writes_nothing(plant):
    with pytest.raises(Infeasible) as error:
        short(plant, [9, 9]).solve()
    assert error.value.diagnostic is None
    assert "diagnostic" not in str(error.value)


def test_a_run_that_fails_while_it_is_written_leaves_nothing(plant, tmp_path):
    """Proves a half-written folder never gets the good name, nor becomes the latest."""
    before = short(plant, [8, 7]).publish(tmp_path)

    def write(folder):
        (folder / "schedule.csv").write_text("half")
        raise AuditFailed("a rule is broken")

    with pytest.raises(AuditFailed):
        publish(tmp_path, "20260105T000000Z-abcdef", write, is_latest=True)
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {before.run_dir.name, "latest.json", *REGISTRY}
    assert latest_run(tmp_path) == before.run_dir


def test_the_latest_run_is_the_last_completed(plant, tmp_path):
    """Proves two runs of one moment have two names, and the second is the latest."""
    first, second = short(plant, [8, 7]).publish(tmp_path), short(plant, [8, 6]).publish(tmp_path)
    assert first.run_dir != second.run_dir
    assert latest_run(tmp_path) == second.run_dir
    assert latest_run(tmp_path / "elsewhere") is None


@pytest.mark.parametrize("name", ["", "../elsewhere", "20260101T000000Z-ffffff"])
def test_a_latest_that_names_no_run_is_refused(tmp_path, name):
    (tmp_path / "latest.json").write_text(json.dumps({"run": name}))
    with pytest.raises(InputError) as error:
        latest_run(tmp_path)
    assert str(error.value) == (
        f"{tmp_path / 'latest.json'}: run = {name!r} is no folder there. Take the file out."
    )


@pytest.mark.parametrize(
    ("start", "problem"),
    [
        ("2026-07-01", "start = 2026-07-01 has no time zone. Give UTC: 2026-03-01T00:00Z."),
        ("tomorrow", "start = 'tomorrow' is not a moment. Write 2026-03-01T00:00Z."),
    ],
)
def test_a_start_that_is_none_is_refused(plant, start, problem):
    site = plant(buy=[500], load=[1]).site
    with pytest.raises(InputError) as error:
        dk.plan(site, start=start, horizon="1h@1h")
    assert str(error.value) == problem
