"""A stored run planned again with an overlay over it: what if, from its own inputs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import InputError
from optimizer.asked import Asked
from optimizer.component import Given
from optimizer.config import Agreement, Site
from optimizer.decisions import decide, read_decisions
from optimizer.overlay import BaseRun, Overlay, applied
from optimizer.provenance import Provenance
from optimizer.run_folder import find_run
from optimizer.site import Problem
from optimizer.store import is_diagnostic, read_json, read_published

_OWN = (
    *("site", "agreement", "weather", "start", "horizon", "state", "series"),
    *("outages", "pins", "replan_from"),
)


def inputs_over_run(asked: Asked, overlay: Overlay) -> tuple[Site, Agreement, Given, Provenance]:
    """Return what a model is built of: the inputs of the overlay's base run, and the overlay.

    Raises
    ------
    InputError
        There is no such run, the overlay does not fit it, or the caller gives inputs beside it.
    """
    folder = base_folder(asked, overlay)
    if given := [name for name in _OWN if getattr(asked, name) is not None]:
        what = f"the overlay's base.run brings its own {', '.join(given)}"
        raise InputError([f"overlay: {what}. Leave them out, or take base out of the overlay."])
    published, differences = read_published(folder)
    if differences:
        raise InputError([f"{folder}: {differences[0]}. Give a whole run."])
    origin = str(read_json(folder / "manifest.json").get("opening_state", ""))
    before = replace(
        published.given,
        state=replace(published.given.state, origin=origin),
        rates=pd.DataFrame(),
        job_runs=pd.DataFrame(),
    )
    site, agreement, after = applied(published.site, published.agreement, before, overlay)
    return site, agreement, after, _provenance(folder)


def base_folder(asked: Asked, overlay: Overlay) -> Path:
    """Return the folder of the overlay's base run."""
    base = _base(overlay)
    if asked.out is None:
        raise InputError([f"overlay: base.run = {base.run}: give out, the folder it lies in."])
    folder = find_run(Path(asked.out), base.run)
    if is_diagnostic(folder):
        raise InputError([f"overlay: base.run = {base.run} is a diagnostic, no plan. Give a plan."])
    return folder


def hold_decisions(problem: Problem, asked: Asked, overlay: Overlay) -> None:
    """Fix whole numbers as the base run has them, where the overlay asks for that."""
    if _base(overlay).integers == "free":
        return
    folder = base_folder(asked, overlay)
    decisions = read_decisions(folder)
    if decisions is None:
        what = f"{folder}: keeps no whole numbers (decisions.json)"
        raise InputError([f'{what}. Write base.integers = "free" in the overlay.'])
    decide(problem, decisions)


def _base(overlay: Overlay) -> BaseRun:
    if overlay.base is None:
        raise InputError(["overlay: base is missing. Give base.run."])
    return overlay.base


def _provenance(folder: Path) -> Provenance:
    """Return where the inputs of a stored run come from, as its manifest says."""
    manifest = read_json(folder / "manifest.json")
    weather: dict[str, Any] = manifest.get("weather", {})
    return Provenance(
        weather_level=str(weather.get("level", "given")),
        weather_source=str(weather.get("source", "")),
        weather_licence=str(weather.get("licence", "")),
        weather_rung=str(weather.get("rung", "given")),
        weather_reasons=tuple(weather.get("reasons", ())),
        weather_age_h=weather.get("age_h"),
        forecast=str(weather.get("forecast", "")),
        files_sha256=manifest.get("input_files_sha256", {}),
    )
