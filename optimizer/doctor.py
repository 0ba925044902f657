"""Is this machine fit to plan on? Time-zone tables, solver, disk, library versions, data files.

Nothing is printed here; the command line shows what `examine` returns.
"""

import os
import shutil
import sys
import zoneinfo
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimizer.errors import INPUT_EXIT_CODE, DakhlaError, SolverGaveNothing, WeatherError
from optimizer.legal_time import SITE_TIME_ZONE, zone
from optimizer.manifest import LIBRARIES
from optimizer.matrices import Matrices, compile_model
from optimizer.reference import reference_file
from optimizer.solution import SolveOptions, Status
from optimizer.solve import run_highs, solver_version
from optimizer.store import out_problems, standing_parent

State = Literal["ok", "warning", "failed"]
AHEAD = pd.Timedelta(days=366)
DISK_MIN_BYTES = 200_000_000  # a year of daily runs: 365 times some 0.5 MB
SOLVER_LIMIT_S = 10.0
WEATHER_PREFIX = "weather "  # findings about a source of weather begin with it
SMALL_FILES = ("site.toml", "agreement.toml", "climate/dakhla.toml")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one examination found: its state, what was seen, and what to do about it."""

    name: str
    state: State
    seen: str
    remedy: str = ""


def examine(out: Path, now: pd.Timestamp, tz_path: tuple[str, ...] | None = None) -> list[Finding]:
    """Return all findings; `out` is the folder of runs, `tz_path` the system's zone folders."""
    folders = zoneinfo.TZPATH if tz_path is None else tz_path
    return [_time_zone(now, folders), _solver(), _disk(out), _libraries(), _data_files()]


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """Return the findings as JSON can hold them; ``status`` is the worst of them."""
    states = [finding.state for finding in findings]
    worst = next(s for s in ("failed", "warning", "ok") if s in states)
    return {"status": worst, "findings": [asdict(finding) for finding in findings]}


def exit_code(findings: Sequence[Finding]) -> int:
    """Return the exit code of the worst finding: the solver before the rest before weather."""
    failed = [finding.name for finding in findings if finding.state == "failed"]
    if not failed:
        return 0
    if "solver" in failed:
        return SolverGaveNothing.exit_code
    is_weather = all(name.startswith(WEATHER_PREFIX) for name in failed)
    return WeatherError.exit_code if is_weather else INPUT_EXIT_CODE


def _time_zone(now: pd.Timestamp, folders: tuple[str, ...]) -> Finding:
    """Compare the system's table of the site's zone with the tzdata package, a year ahead."""
    name, ours = "time zone", zone(SITE_TIME_ZONE)
    offset = _offsets(pd.DatetimeIndex([now]), ours)[0]
    seen = f"{SITE_TIME_ZONE} is UTC{offset:+g} h now (tzdata {version('tzdata')})"
    system = _system_zone(folders)
    if system is None:
        return Finding(name, "ok", f"{seen}; the system has no table of its own")
    hours = pd.date_range(now.floor("h"), now + AHEAD, freq="h")
    theirs, here = _offsets(hours, system), _offsets(hours, ours)
    apart = theirs != here
    if not apart.any():
        return Finding(name, "ok", f"{seen}; the system agrees for a year ahead")
    first = int(np.argmax(apart))
    seen += (
        f"; the system's table says UTC{theirs[first]:+g} h from {hours[first]:%Y-%m-%d %H:%M}Z on "
        f"({int(apart.sum())} hours of the next year differ)"
    )
    remedy = (
        "Plans use the tzdata package and are right. Other programs (cron, date) are not: update "
        "the system's package tzdata."
    )
    return Finding(name, "warning", seen, remedy)


def _offsets(hours: pd.DatetimeIndex, where: ZoneInfo) -> np.ndarray:
    """Return the zone's offset from UTC at each moment, in hours."""
    local = hours.tz_convert(where).tz_localize(None)
    return np.asarray((local - hours.tz_localize(None)) / pd.Timedelta(hours=1))


def _system_zone(folders: tuple[str, ...]) -> ZoneInfo | None:
    """Return the site's zone as the system's own tables have it."""
    for folder in folders:
        path = Path(folder, *SITE_TIME_ZONE.split("/"))
        if path.is_file():
            with path.open("rb") as file:
                return ZoneInfo.from_file(file, key=SITE_TIME_ZONE)
    return None


def _solver() -> Finding:
    """Solve a small problem whose answer is known, the way a plan is solved.

    Maximise 5 a + 4 b + 3 c with 2 a + 3 b + c <= 4, each taken or not: a and c, worth 8. With
    parts allowed it would be a, c and a third of b, worth 9.33.
    """
    name = "solver"
    try:
        solution = run_highs(_small_problem(), SolveOptions(time_limit_s=SOLVER_LIMIT_S))
    except DakhlaError as error:
        return Finding(name, "failed", str(error), _SOLVER_REMEDY)
    if solution.status is not Status.OPTIMAL or not abs(solution.objective + 8.0) < 1e-6:
        seen = f"{solution.solver}: {solution.status.value}, {-solution.objective:g} instead of 8"
        return Finding(name, "failed", seen, _SOLVER_REMEDY)
    return Finding(name, "ok", f"{solver_version()} finds the known optimum of a small problem")


def _small_problem() -> Matrices:
    """Return the arrays of the problem `_solver` tells of."""
    model, weights, worth = pyo.ConcreteModel(), (2.0, 3.0, 1.0), (5.0, 4.0, 3.0)
    model.taken = pyo.Var(range(3), domain=pyo.Binary)
    model.weight = pyo.Constraint(expr=sum(w * model.taken[k] for k, w in enumerate(weights)) <= 4)
    model.cost = pyo.Objective(expr=-sum(v * model.taken[k] for k, v in enumerate(worth)))
    return compile_model(model)


_SOLVER_REMEDY = "Install the package highspy again."


def _disk(out: Path) -> Finding:
    """See whether runs can be written to `out`, and for how long."""
    name = "disk"
    if problems := out_problems(out):
        return Finding(name, "failed", problems[0], "")
    parent = standing_parent(out)
    free = shutil.disk_usage(parent).free
    probe = parent / f".dakhla-doctor-{os.getpid()}"
    try:
        probe.write_bytes(b"written")
        probe.unlink()
    except OSError as error:
        seen = f"{parent} can't be written to: {error.strerror}"
        return Finding(name, "failed", seen, "Give another --out, or free the disk.")
    seen = f"{out} can be written to; {free / 1e9:.1f} GB free"
    if free < DISK_MIN_BYTES:
        return Finding(name, "warning", seen, "Free some space: a year of runs takes 200 MB.")
    return Finding(name, "ok", seen)


def _libraries() -> Finding:
    """Say which versions are installed."""
    found, missing = [f"Python {sys.version.split()[0]}"], []
    for library in ("dakhla-optimizer", *LIBRARIES):
        try:
            found.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            missing.append(library)
    if missing:
        remedy = "Install the program again: pip install dakhla-optimizer."
        return Finding("libraries", "failed", f"missing: {', '.join(missing)}", remedy)
    return Finding("libraries", "ok", ", ".join(found))


def _data_files() -> Finding:
    """See whether the files the defaults need are there."""
    try:
        paths = [reference_file(name) for name in SMALL_FILES]
    except FileNotFoundError as error:
        return Finding("data files", "failed", str(error), "Install the program again.")
    return Finding("data files", "ok", f"{', '.join(SMALL_FILES)} in {paths[0].parent}")
