"""A few values over a site and its agreement: what an overlay changes, and what it is refused."""

# ruff: noqa: E501 - messages are compared whole

from pathlib import Path

import numpy as np
import pytest

from models.errors import InputError
from optimizer.cli import run_command
from optimizer.overlay import applied, load_overlay, parse_overlay
from optimizer.store import read_json, read_published
from tests.end_to_end.conftest import DAY, write_plant


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("overlay")
    write_plant(folder)
    files = [f"--site={folder / 'site.toml'}", f"--agreement={folder / 'agreement.toml'}"]
    state, out = f"--state={folder / 'state.csv'}", f"--out={folder / 'runs'}"
    assert run_command(["plan", *files, state, out, "--date", DAY, "--quiet", "--no-page"]) == 0
    return next((folder / "runs").glob("2*"))


def over(run: Path, content: dict):
    published, _ = read_published(run)
    overlay = parse_overlay(content)
    return published, applied(published.site, published.agreement, published.given, overlay)


def test_values_lie_over_site_agreement_and_series(run: Path) -> None:
    """Proves each kind of value arrives, and a load's series is made anew from its table."""
    before, (site, agreement, given) = over(
        run,
        {
            "site": {
                "battery": {"main": {"energy_max_mwh": 600.0}},
                "firm": {"cloud": {"demand_mw": 50.0}},
            },
            "agreement": {"4.2": {"import_max_mw": 70.0}},
            "scale": {"wind_main_available_mw": 1.5},
        },
    )
    assert site.battery["main"].energy_max_mwh == 600.0
    assert site.battery["main"].charge_max_mw == 100.0
    assert agreement.clause[0].import_max_mw == 70.0
    assert given.series["firm_cloud_demand_mw"].tolist() == [50.0] * 6
    ratio = given.series["wind_main_available_mw"] / before.given.series["wind_main_available_mw"]
    assert np.allclose(ratio, 1.5)


def test_an_opening_split_follows_a_smaller_battery(run: Path) -> None:
    """Proves what was stored in two segments is in two again: 150 - 15 above a floor of 5 %."""
    _, (site, _, given) = over(run, {"site": {"battery": {"main": {"energy_max_mwh": 300.0}}}})
    battery = site.battery["main"]
    split = battery.opening_segments_mwh(given)
    assert sum(split) == pytest.approx(150.0 - 0.05 * 300.0)
    assert max(split) <= battery.width_mwh


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            {"scale": {"wind_main_available_mv": 1.1}},
            "overlay: scale.wind_main_available_mv: no such series. Did you mean wind_main_available_mw?",
        ),
        (
            {"scale": {"wind_main_available_mw": -1.0}},
            "overlay: scale.wind_main_available_mw = -1 is outside [0, 1000]. Give 1.1 for 10 % more.",
        ),
        (
            {"site": {"battery": {"main": {"energy_max_mw": 1.0}}}},
            "overlay: site: [battery.main] energy_max_mw: no such key. Did you mean energy_max_mwh?",
        ),
        (
            {"agreement": {"9.9": {"import_max_mw": 1.0}}},
            "overlay: article = '9.9' is not in the agreement. Give one of 4.2, 7.3.",
        ),
        (
            {"site": {"firm": {"new": {"demand_mw": 1.0, "tiers": []}}}},
            "overlay: firm_new is not in the run. Leave base out to add a part.",
        ),
        (
            {"bass": {"run": "x"}},
            "overlay: bass: no such key. Did you mean base?",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_the_remedy(run, content, problem) -> None:
    with pytest.raises(InputError) as refused:
        over(run, content)
    assert refused.value.problems == [problem]


def test_an_overlay_over_a_run_is_planned_from_its_inputs(
    run: Path, tmp_path: Path, capsys
) -> None:
    """Proves the file's run is planned again, as a trial, and the manifest says with what."""
    file = tmp_path / "what_if.toml"
    file.write_text(f'base.run = "{run.name}"\nscale.wind_main_available_mw = 0.5\n')
    asked = ["plan", f"--overlay={file}", f"--out={run.parent}", "--quiet", "--no-page"]
    assert run_command(asked) == 0
    other = next(p for p in run.parent.glob("2*") if p.name != run.name)
    manifest = read_json(other / "manifest.json")
    assert manifest["overlay"]["base"] == {"run": run.name}
    assert manifest["kind"] == "trial"
    assert read_json(run.parent / "latest.json")["run"] == run.name
    costs = [read_json(each / "kpis.json")["objective_mad"] for each in (run, other)]
    assert costs[0] < costs[1]
    assert run_command(["audit", str(other)]) == 0
    assert run_command([*asked, "--date", DAY]) == 2
    assert "--overlay keeps the days of the plan" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('base.run = "20200101T000000Z-aaaaaa"', "RUN = '20200101T000000Z-aaaaaa' is neither"),
        (
            'base.integers = "free"',
            "[base] run (name of the run, in the folder of runs) is missing",
        ),
        ('base = {run = "x", integers = "some"}', "integers"),
        ("scale = 1", "scale"),
        ("scale.x", "not TOML"),
        ("site.battery.main.energy_max_mw = 1.0", "wrong.toml: site: [battery.main] energy_max_mw"),
        ("scale.wind = 1.1", "wrong.toml: scale.wind: no such series"),
        ('agreement."9.9".share_min_pu = 1.0', "wrong.toml: article = '9.9'"),
    ],
)
def test_a_wrong_overlay_file_is_refused_by_name(run, tmp_path, capsys, text, problem) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    assert run_command(["plan", f"--overlay={file}", f"--out={run.parent}"]) == 2
    assert problem in capsys.readouterr().err


def test_an_overlay_lies_over_the_files_of_a_plan(tmp_path: Path) -> None:
    """Proves site file, agreement and overlay together make the plan: half the wind."""
    write_plant(tmp_path)
    file = tmp_path / "overlay.toml"
    file.write_text("site.grid.onee.import_max_mw = 20.0\nscale.wind_main_available_mw = 0.5\n")
    assert load_overlay(file).base is None
    names = {"site": "site.toml", "agreement": "agreement.toml", "overlay": "overlay.toml"}
    files = [f"--{key}={tmp_path / name}" for key, name in {**names, "state": "state.csv"}.items()]
    out = tmp_path / "runs"
    assert run_command(["plan", *files, f"--out={out}", "--date", DAY, "--quiet", "--no-page"]) == 0
    published, _ = read_published(next(out.glob("2*")))
    assert published.table["grid_onee_import_mw"].max() <= 20.0
    assert published.table["wind_main_available_mw"].iloc[0] == 50.0
    assert (out / "latest.json").is_file()  # such a plan is one to go by
