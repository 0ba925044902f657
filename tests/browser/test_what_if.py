"""What a page solves by itself, held against the same program solved by HiGHS on this machine."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optimizer.cli import run_command
from optimizer.decisions import decide, optimum_of, read_decisions
from optimizer.errors import Infeasible
from optimizer.explain.change import Scene, scene_of
from optimizer.optimum import optimize
from optimizer.overlay import applied
from optimizer.report.page import FILE
from optimizer.what_if.day_model import day_model
from optimizer.what_if.levers import Lever, overlay_of
from tests.browser.conftest import Shown

SAME_PU = 1e-6
GAP_PU = 1e-7  # of both, where whole numbers are free
SETTINGS = 24
RETOLD = 5  # settings that go through the copied TOML as well
COUNT_MAX = 6  # levers moved at once


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of the default plant, on a winter's day with gensets, with its page."""
    out = tmp_path_factory.mktemp("what_if") / "runs"
    options = ["--date", "2026-12-05", "--horizon", "24h@1h", "--quiet"]
    assert run_command(["plan", *options, "--out", str(out)]) == 0
    return next(out.glob("2*"))


@pytest.fixture(scope="module")
def scene(run: Path) -> Scene:
    optimum = optimum_of(run)
    assert optimum is not None
    return scene_of(optimum.problem)


@pytest.fixture(scope="module")
def levers(run: Path, scene: Scene) -> list[Lever]:
    """Return what can be moved; on the default plant nothing is left out."""
    optimum = optimum_of(run)
    assert optimum is not None
    found = day_model(scene, optimum.table)
    assert found.dropped == []
    return found.levers


@pytest.fixture(scope="module")
def settings(levers: list[Lever]) -> list[dict[str, float]]:
    """Return random settings: the last moves every lever, those before a few each."""
    draw = np.random.default_rng(20261128)
    found = []
    for number in range(SETTINGS):
        count = len(levers) if number == SETTINGS - 1 else int(draw.integers(1, COUNT_MAX + 1))
        moved = draw.choice(len(levers), size=count, replace=False)
        found.append(
            {
                levers[k].id: levers[k].snapped(float(draw.uniform(levers[k].low, levers[k].high)))
                for k in moved
            }
        )
    return found


def native_mad(run: Path, scene: Scene, levers: list[Lever], setting: dict, mode: str) -> float:
    """Return the optimum of a setting as this machine finds it; NaN where there is no schedule."""
    overlay = overlay_of(levers, setting)
    site, agreement, given = applied(scene.site, scene.agreement, scene.given, overlay)
    solver = site.solver.model_copy(update={"mip_gap_pu": GAP_PU})
    site = site.model_copy(update={"solver": solver})
    problem = replace(scene, site=site, agreement=agreement, given=given).build()
    if mode == "published":
        decide(problem, read_decisions(run))
    try:
        return optimize(problem).objective_mad
    except Infeasible:
        return float("nan")


def solved(shown: Shown, setting: dict[str, float], mode: str = "published") -> dict:
    """Return what the page finds for a setting, all other levers as published."""
    return shown.page.evaluate(
        """async ([setting, mode]) => {
            const data = JSON.parse(document.getElementById("what-if").textContent);
            const published = data.levers.map(({ id, value }) => [id, value]);
            dakhla.whatIf.set({ ...Object.fromEntries(published), ...setting });
            return await dakhla.whatIf.solve(mode);
        }""",
        [setting, mode],
    )


def is_same(answer: dict, native: float) -> bool:
    """Return whether page and machine agree: on the cost, or that there is no schedule."""
    if np.isnan(native):
        return answer["status"] == "infeasible"
    apart = abs(answer["objective_mad"] - native)
    return answer["status"] == "optimal" and apart <= SAME_PU * max(1.0, abs(native))


def test_levers_as_published_give_the_published_plan(run, show):
    shown = show(run / FILE)
    answer = solved(shown, {})
    told = json.loads((run / "kpis.json").read_text())
    assert is_same(answer, told["objective_mad"])
    assert answer["emission_kg"] == pytest.approx(told["kpis"]["plan"]["emission_kg"], rel=1e-6)
    kept = {row["article"]: row["is_kept"] for row in told["clauses"]}
    assert [clause["is_kept"] for clause in answer["clauses"]] == list(kept.values())
    assert shown.complaints == []
    assert shown.requests == []


def test_random_settings_agree_with_the_native_solver(run, scene, levers, settings, show):
    """Proves page and machine find the same optimum, to 1e-6, whatever the levers say."""
    shown = show(run / FILE)
    answers = [solved(shown, setting) for setting in settings]
    natives = [native_mad(run, scene, levers, setting, "published") for setting in settings]
    agree = [is_same(a, n) for a, n in zip(answers, natives, strict=True)]
    assert all(agree), [
        (s, a.get("objective_mad"), n)
        for s, a, n, ok in zip(settings, answers, natives, agree, strict=True)
        if not ok
    ]
    assert sum(not np.isnan(n) for n in natives) >= 20
    moved = {name for setting in settings for name in setting}
    assert {'agreement."3.1".share_min_pu', "site.battery.main.discharge_max_mw"} <= moved
    assert shown.complaints == []


def test_free_whole_numbers_agree_with_the_native_solver(run, scene, levers, settings, show):
    """Proves the same of the mixed-integer program, both gaps at 1e-7: it is never dearer."""
    shown = show(run / FILE)
    for setting in settings[:2]:
        answer = solved(shown, setting, "free")
        assert is_same(answer, native_mad(run, scene, levers, setting, "free"))
        fixed_mad = solved(shown, setting)["objective_mad"]
        assert answer["objective_mad"] <= fixed_mad + SAME_PU * abs(fixed_mad)


def test_copied_toml_reaches_the_optimum_of_the_page(run, settings, show, capsys):
    """Proves five settings again through the file the page gives: planned, audited, the same."""
    shown = show(run / FILE)
    told = 0
    for setting in settings:
        answer = solved(shown, setting)
        if answer["status"] != "optimal" or told == RETOLD:
            continue
        overlay = run.parent / "overlay.toml"
        overlay.write_text(shown.page.evaluate("dakhla.whatIf.toml()"), encoding="utf-8")
        arguments = ["plan", "--overlay", str(overlay), "--out", str(run.parent), "--json"]
        capsys.readouterr()
        code = run_command([*arguments, "--no-page"])
        planned = json.loads(capsys.readouterr().out)
        assert code == 0, planned
        assert is_same(answer, planned["objective_mad"])
        latest = json.loads((run.parent / "latest.json").read_text())
        assert latest["run"] == run.name  # a trial: nothing goes by it
        told += 1
    assert told == RETOLD


def test_a_lever_changes_more_than_a_side(run, levers, show):
    """Proves clause numbers among the levers change coefficients: the share of Art. 3.1 does."""
    shown = show(run / FILE)
    wanted = 'agreement."3.1".share_min_pu'
    number = next(k for k, lever in enumerate(levers) if lever.id == wanted)
    counts = shown.page.evaluate(
        """async (number) => {
            const data = JSON.parse(document.getElementById("what-if").textContent);
            const model = await dakhla.whatIfModel.unpacked(data);
            const bases = data.bases.map((b) => b.levers.includes(number));
            const { term_at, term_basis } = model.arrays;
            const [from, to] = [data.columns + 1, data.columns + 1 + data.nonzeros];
            return term_at.filter((at, k) => bases[term_basis[k]] && at >= from && at < to).length;
        }""",
        number,
    )
    assert counts > 0
