"""Provenance of a run: versions, hashes, seeds, weather, gap, timings."""

import math
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from optimizer.optimum import Optimum
from optimizer.store import SCHEMA_VERSION, sha256

LIBRARIES = ("pyomo", "highspy", "pvlib", "windpowerlib", "pandas", "numpy", "pydantic", "tzdata")


def known(gap_pu: float) -> float | None:
    """Return a gap as JSON can hold it: none where no bound was proven."""
    return gap_pu if math.isfinite(gap_pu) else None


def manifest(
    folder: Path, optimum: Optimum, timings_s: dict[str, float], kind: str = "plan"
) -> dict[str, Any]:
    """Return provenance: versions, hashes, seed, weather, gap, timings."""
    problem = optimum.problem
    provenance, horizon = problem.provenance, problem.given.horizon
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {
        "schema_version": SCHEMA_VERSION,
        "program": f"dakhla-optimizer {version('dakhla-optimizer')}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "site": problem.site.place.name,
        "start_utc": f"{horizon.start:%Y-%m-%dT%H:%M:%SZ}",
        "end_utc": f"{horizon.end:%Y-%m-%dT%H:%M:%SZ}",
        "steps": len(horizon.step_h),
        "kind": kind,
        "status": optimum.outcome,
        "interrupted_by": optimum.interrupted_by,
        "is_diagnostic": problem.given.is_elastic,
        "softened": [mark.limit for mark in problem.softened],
        "weather": provenance.weather_json(),
        "overlay": dict(provenance.overlay),
        "replans": None if provenance.base is None else provenance.base.run,
        "opening_state": problem.given.state.origin,
        "seed": problem.site.solver.seed,
        "climate_seed": problem.site.plan.climate_seed,
        "mip_gap_pu": known(optimum.mip_gap_pu),
        "solver": optimum.solver | {"binaries_added": optimum.binary_count},
        "input_files_sha256": dict(sorted(provenance.files_sha256.items())),
        "files_sha256": {p.relative_to(folder).as_posix(): sha256(p) for p in files},
        "timings_s": {key: round(seconds, 4) for key, seconds in timings_s.items()},
    }
