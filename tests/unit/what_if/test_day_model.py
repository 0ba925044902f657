"""A plan's program as it follows its levers: against the program built anew at other values."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import optimizer as dk
from optimizer.explain.change import Scene, scene_of
from optimizer.matrices import compile_model
from optimizer.site import build_model
from optimizer.what_if.day_model import DayModel, changed_scene, day_model
from optimizer.what_if.levers import Lever
from optimizer.what_if.numbers import named, numbers_of
from tests.end_to_end.conftest import DAY, write_plant

THRESHOLD = """
[[clause]]
kind = "exclusive_supply"
article = "2.2"
text = "The grid serves in the named exception alone."
valid_from = 2026-01-01
price_mad_per_mwh = 300.0

[[clause.exception]]
name = "calm"
text = "While sun and wind can give less, the grid may help."
available_below_mw = 150.0
"""


@pytest.fixture
def plan(tmp_path: Path, request: pytest.FixtureRequest) -> dk.Plan:
    """Return a plan of the small plant, with more clauses if the test asks for some."""
    write_plant(tmp_path)
    agreement = tmp_path / "agreement.toml"
    agreement.write_text(agreement.read_text() + getattr(request, "param", ""))
    return dk.plan(
        tmp_path / "site.toml",
        agreement=agreement,
        start=f"{DAY}T00:00Z",
        state=tmp_path / "state.csv",
    )


def own_numbers(scene: Scene, found: DayModel, values: list[float]) -> np.ndarray:
    """Return the numbers of the program built anew with the levers at some values."""
    there = changed_scene(scene, found.levers, values)
    problem = build_model(there.site, there.agreement, there.given, has_all_rows=True)
    return numbers_of(named(compile_model(problem.model)), found.shape)


@pytest.mark.parametrize("plan", ["", THRESHOLD], indirect=True, ids=["plain", "threshold"])
def test_numbers_are_those_of_the_program_built_anew(plan: dk.Plan) -> None:
    """Proves all numbers at ten random places, each lever at one of its ends in two of them."""
    scene = scene_of(plan.optimum.problem)
    found = day_model(scene, plan.schedule)
    draw = np.random.default_rng(7)
    for number in range(10):
        values = [
            lever.snapped(
                float(draw.choice([lever.low, lever.high]))
                if number < 2
                else float(draw.uniform(lever.low, lever.high))
            )
            for lever in found.levers
        ]
        ours, own = found.law.numbers(found.levers, values), own_numbers(scene, found, values)
        known = ~np.isnan(own)
        np.testing.assert_allclose(ours[known], own[known], rtol=1e-8, atol=1e-9)


def ids(levers: list[Lever]) -> set[str]:
    return {lever.id for lever in levers}


@pytest.mark.parametrize("plan", [THRESHOLD], indirect=True)
def test_a_lever_that_makes_rows_come_and_go_is_left_out(plan: dk.Plan) -> None:
    """Proves wind, 100 to 200 MW against a threshold of 150 MW, is dropped, and nothing else of
    the supply, the battery and the grid is.
    """
    found = day_model(scene_of(plan.optimum.problem), plan.schedule)
    assert "scale.wind_main_available_mw" in ids(found.dropped)
    kept = {"site.battery.main.energy_max_mwh", "site.battery.main.discharge_max_mw"}
    assert kept | {'agreement."4.2".import_max_mw'} <= ids(found.levers)


def test_a_lever_that_no_site_can_have_is_left_out(
    plan: dk.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves a number whose range the site file refuses costs that one lever, not the page."""
    scene = scene_of(plan.optimum.problem)
    found = day_model(scene, plan.schedule)
    target = next(lever for lever in found.levers if lever.id == "site.training.jazari.floor_pu")
    wrong = replace(target, high=7.0)  # a share above one
    levers = [wrong if lever is target else lever for lever in found.levers]
    monkeypatch.setattr("optimizer.what_if.day_model.levers_of", lambda *_: levers)
    again = day_model(scene, plan.schedule)
    assert ids(again.dropped) == {target.id}
    assert ids(again.levers) == ids(found.levers) - {target.id}
