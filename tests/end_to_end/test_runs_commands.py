"""`dakhla runs`: list, show, diff, replay and prune, as a planner and a script call them."""

import datetime
import json
import shutil
import sys

import pytest

from optimizer.errors import WeatherError
from optimizer.registry import registry


@pytest.fixture
def two(place):
    """Return the names of two runs: the second is paid more for power in its last hour."""
    assert place.plan("--quiet").code == 0
    place.edit("grid.csv", ",125.0", ",525.0")
    assert place.plan("--quiet").code == 0
    names = sorted(path.name for path in place.out.glob("2*"))
    latest = json.loads((place.out / "latest.json").read_text())["run"]
    return [next(name for name in names if name != latest), latest]


@pytest.fixture
def runs(place):
    """Return `dakhla runs` for the folder of runs."""
    return lambda *arguments: place.call(["runs", *arguments, "--out", str(place.out)])


def test_runs_are_listed_as_lines_and_as_json(place, two, runs):
    """Proves a failed run is listed too, and every filter."""
    place.edit("site.toml", "import_max_mw = 150.0", "import_max_mw = 0.0")
    place.edit("wind.csv", "100.0", "1.0")
    assert place.plan().code == 7
    lines = runs("list").out.splitlines()
    assert lines[0].split() == ["run", "kind", "state", "plan", "from", "weather", "MAD", "exit"]
    assert {line.split()[0] for line in lines[1:]} >= set(two)
    listed = runs("list", "--json").answer["runs"]
    assert len(listed) == len(lines) - 1 == 3
    assert len(runs("list", "--json", "--limit", "1").answer["runs"]) == 1
    (row,) = runs("list", "--json", "--state", "failed").answer["runs"]
    assert (row["exit_code"], row["folder"]) == (7, f"{row['id']}-diagnostic")
    published = runs("list", "--json", "--state", "published").answer["runs"]
    assert {row["id"] for row in published} == set(two)
    assert runs("list", "--site", "another").out == "No run.\n"
    assert runs("list", "--since", "2090-01-01").out == "No run.\n"
    assert not any(row["is_in_force"] for row in listed)


def test_a_plan_without_weather_is_listed(place, two, runs, monkeypatch):
    """Proves exit 4 leaves a row where there are runs; with none, it makes no folder."""

    def none(*_):
        raise WeatherError("It ends too early. Give other.")

    monkeypatch.setattr(sys.modules["optimizer.plan"], "prepare", none)
    assert place.plan().code == 4
    (row,) = runs("list", "--json", "--state", "failed").answer["runs"]
    assert (row["exit_code"], row["site"]) == (4, "small plant")
    assert row["message"] == "It ends too early. Give other."
    shutil.rmtree(place.out)
    assert place.plan().code == 4
    assert not place.out.exists()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ("list", "--state", "done"),
            "--state = 'done' is unknown. Give one of started, published, failed, abandoned.",
        ),
        (
            ("list", "--since", "yesterday"),
            "--since = 'yesterday' is not a day. Write YYYY-MM-DD, e.g. 2026-03-01.",
        ),
        (
            ("show", "20260101T000000Z-abcdef"),
            (
                "RUN = '20260101T000000Z-abcdef' is neither a run in {out} nor a folder. "
                "`dakhla runs list` names the runs."
            ),
        ),
        (("replay", "latest"), "{out}: holds no completed run. Plan one, or give another --out."),
        (
            ("list", "--registry", "postgresql://me:geheim@host:port/db"),
            (
                "registry: the address is not understood. Write postgresql://USER:PASSWORD@HOST/"
                "DATABASE in DAKHLA_REGISTRY_URL, with %40 for an @."
            ),
        ),
    ],
)
def test_wrong_calls_are_told(place, runs, arguments, problem):
    place.out.mkdir()
    said = runs(*arguments)
    assert said.code == 2
    assert said.err == f"dakhla: {problem.format(out=place.out)}\n"


def test_a_folder_that_is_not_there_is_not_made(place, runs):
    said = runs("list")
    assert said.err == f"dakhla: --out = {place.out} is no folder. Give the folder of runs.\n"
    assert not place.out.exists()


def test_a_run_is_shown_with_what_it_is_made_of(place, two, runs):
    said = runs("show", "latest")
    for line in (
        f"id: {two[1]}",
        "state: published",
        "in force now: no",
        "  solver: HiGHS 1.",
        "  schedule.csv: ",
        "  changed: none",
        "  level: given",
    ):
        assert line in said.out
    (place.out / two[1] / "solver.log").write_text("another")
    answer = runs("show", two[1], "--json").answer
    assert answer["changed_files"] == ["solver.log was changed after the run"]
    assert answer["kpis"]["binding"]["hours_h"] == 6
    shutil.rmtree(place.out / two[0])
    assert "folder_gone: missing" in runs("show", two[0]).out


def test_a_registry_that_can_t_be_opened_is_read_from_the_folders(place, two, runs):
    (place.out / "registry.sqlite").unlink()
    (place.out / "registry.sqlite").mkdir()
    said = runs("list", "--json")
    assert {row["id"] for row in said.answer["runs"]} == set(two)
    assert said.err.endswith("What follows is read from the run folders alone.\n")


def test_two_runs_are_compared(two, runs):
    """Proves the price that was changed, and what it costs, are told; nothing else of the input."""
    answer = runs("diff", *two, "--json").answer
    assert answer["versions"] == answer["weather"] == answer["settings"] == []
    (price,) = answer["inputs"]
    assert price["name"] == (
        "series grid_onee_export_price_mad_per_mwh: largest difference, at 2026-07-01T05:00:00Z"
    )
    assert price["after"] == pytest.approx(400.0)
    named = {change["name"] for change in answer["kpis"]}
    assert "objective_mad" in named
    moved = {row["column"]: row for row in answer["schedule"]}
    assert moved["grid_onee_export_price_mad_per_mwh"]["largest"] == pytest.approx(400.0)
    assert moved["grid_onee_export_price_mad_per_mwh"]["at_utc"] == "2026-07-01T05:00:00Z"
    text = runs("diff", *two).out
    assert text.startswith(f"before: {two[0]}\nafter:  {two[1]}\n")
    assert "Schedule, on the 6 steps that both have: what moved most" in text
    assert runs("diff", two[0], two[0]).out.endswith("Nothing differs.\n")


def test_a_run_solved_again_is_the_same(two, runs):
    said = runs("replay", two[0])
    assert (said.code, said.out.splitlines()[0]) == (0, f"{two[0]}: the same to the last digit.")
    assert runs("replay", two[0], "--quiet").out == ""


def test_a_run_that_does_not_come_out_again_is_told(place, two, runs):
    """Proves that a changed input, another cost and another version are all named; exit 6."""
    path = place.out / two[0] / "inputs/site.json"
    path.write_text(
        path.read_text().replace('"fixed_overhead_mw": 3.0', '"fixed_overhead_mw": 5.0')
    )
    manifest = place.out / two[0] / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"tzdata": "', '"tzdata": "1'))
    said = runs("replay", two[0], "--json")
    assert said.code == 6
    assert said.answer["verdict"] == "another schedule of another cost."
    assert said.answer["files"] == ["inputs/site.json was changed after the run"]
    assert [change["name"] for change in said.answer["versions"]] == ["tzdata"]
    assert "facility_power_mw" in {row["column"] for row in said.answer["moved"]}
    text = runs("replay", two[0]).out
    assert f"{two[0]}: another schedule of another cost." in text
    assert "  tzdata: 1" in text


@pytest.fixture
def years_later(monkeypatch):
    """Let more than a year have passed."""
    moment = datetime.datetime(2090, 1, 1, tzinfo=datetime.UTC)
    monkeypatch.setattr("optimizer.cli_runs.utc_now", lambda: moment)


def test_old_runs_go_when_it_is_meant(place, two, runs, years_later):
    """Proves nothing goes without --yes, never the latest, and the row stays."""
    said = runs("prune")
    assert said.out.splitlines()[0].startswith(two[0])
    assert said.out.endswith("Nothing is removed without --yes.\n")
    assert (place.out / two[0]).is_dir()
    said = runs("prune", "--yes", "--json")
    assert [run["name"] for run in said.answer["runs"]] == [two[0]]
    assert not (place.out / two[0]).exists()
    assert (place.out / two[1]).is_dir()
    assert not list(place.out.glob(".deleting-*"))
    with registry(place.out) as found:
        assert (found.run(two[0]).state, found.run(two[0]).folder_gone) == ("published", "pruned")
    assert runs("prune", "--yes").out == "No run is old enough to go.\n"
