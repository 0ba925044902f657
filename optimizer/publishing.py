"""A run folder: everything a plan publishes, audited as it lies on disk."""

import time
from pathlib import Path

from optimizer.audit import Published
from optimizer.certificate import check_folder
from optimizer.manifest import known, manifest
from optimizer.planned import Plan
from optimizer.softened import content, record
from optimizer.store import SCHEMA_VERSION, write_inputs, write_json, write_schedule


def write_run(folder: Path, published: Published, plan: Plan) -> None:
    """Write a run folder, audit it as it lies on disk, then add the manifest."""
    started = time.perf_counter()
    figures = {
        "schema_version": SCHEMA_VERSION,
        "status": plan.status,
        "objective_mad": published.objective_mad,
        "mip_gap_pu": known(plan.mip_gap_pu),
        "weather_level": plan.optimum.problem.provenance.weather_level,
        "opening_state": published.given.state.origin,
        "budgets": plan.optimum.problem.provenance.budgets,
        "kpis": plan.kpis,
        "clauses": plan.clauses,
        "binding": plan.binding.head(20).to_dict("records"),
        "softened": list(plan.softened),
    }
    write_inputs(folder / "inputs", published)
    if marks := plan.optimum.problem.softened:
        write_json(record(folder), content(marks))
    write_schedule(folder, published)
    write_json(folder / "kpis.json", figures)
    (folder / "solver.log").write_text(plan.optimum.log, encoding="utf-8")
    check_folder(folder, is_elastic=published.given.is_elastic)
    plan.timings_s["publish"] = time.perf_counter() - started
    write_json(folder / "manifest.json", manifest(folder, plan.optimum, plan.timings_s))
