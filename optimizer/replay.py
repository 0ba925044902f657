"""A stored run solved again from its own folder: whether it comes out as it did.

What the folder holds is all that is used: site, agreement, series, opening state, cohorts and
jobs. So a difference is the program's, a library's or the machine's, or somebody changed a file.
"""

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import InputError
from optimizer.breach import TOLERANCE
from optimizer.kpis import kpis
from optimizer.manifest import LIBRARIES
from optimizer.optimum import optimize
from optimizer.planned import published_of
from optimizer.run_diff import Change, Moved, changed, flat, moved, versions
from optimizer.run_folder import changed_files, program
from optimizer.site import build_model
from optimizer.store import read_json, read_published

SAME_COST_PU = 1e-6  # of the objective: the solver's own accuracy


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """What differs between a run as stored and as solved again.

    Attributes
    ----------
    is_exact, is_same, is_same_cost : bool
        To the last digit; within `TOLERANCE` (MW, MWh) and 1e-6 of the objective; the objective
        alone.
    files, versions, kpis : list
        Files changed since, libraries that are others now, key figures that are others.
    moved : list of Moved
        Columns of the schedule that differ by more than the tolerance.
    """

    run: str
    objective_mad: tuple[float, float]
    is_exact: bool
    is_same: bool
    is_same_cost: bool
    files: list[str]
    versions: list[Change]
    kpis: list[Change]
    moved: list[Moved]

    @property
    def verdict(self) -> str:
        """Return in a sentence how the run came out."""
        if self.is_exact:
            return "the same to the last digit."
        if self.is_same:
            return "the same within the solver's accuracy."
        if self.is_same_cost:
            return "another schedule of the same cost."
        return "another schedule of another cost."

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON can hold it."""
        return asdict(self) | {"verdict": self.verdict}


def replay(folder: Path) -> Replay:
    """Return a stored run solved again, compared with what it published.

    Raises
    ------
    InputError
        It is no run folder, or one that can't be solved again from its files.
    """
    manifest = read_json(folder / "manifest.json")
    if manifest.get("is_diagnostic") is True:
        what = f"{folder}: is a least-shortfall diagnostic, whose allowance is not kept"
        raise InputError([f"{what}. Give a run."])
    stored, _ = read_published(folder)
    given = replace(stored.given, rates=pd.DataFrame(), job_runs=pd.DataFrame())
    optimum = optimize(build_model(stored.site, stored.agreement, given))
    again = published_of(optimum)
    before, after = stored.objective_mad, again.objective_mad
    is_same_cost = abs(after - before) <= SAME_COST_PU * max(1.0, abs(before))
    far = moved(stored.table, again.table, TOLERANCE)
    is_exact = before == after and stored.table.equals(again.table.set_axis(stored.table.index))
    stated = read_json(folder / "kpis.json").get("kpis", {})
    return Replay(
        run=folder.name,
        objective_mad=(before, after),
        is_exact=is_exact,
        is_same=is_same_cost and not far,
        is_same_cost=is_same_cost,
        files=changed_files(folder),
        versions=changed(versions(manifest), _versions_now(manifest, optimum.solver)),
        kpis=changed(dict(flat(stated)), dict(flat(kpis(again)))),
        moved=far,
    )


def _versions_now(manifest: Mapping[str, Any], solver: Mapping[str, object]) -> dict[str, Any]:
    """Return the versions a run is solved again with, of the libraries that it names."""
    names = manifest.get("libraries", dict.fromkeys(LIBRARIES))
    libraries = {name: _version(name) for name in names}
    now = {"program": program(), "python": platform.python_version()}
    return versions(now | {"solver": solver, "libraries": libraries})


def _version(name: str) -> str | None:
    """Return the version of a library, none if it is gone."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
