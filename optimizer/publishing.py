"""A run folder: everything a plan publishes, audited as it lies on disk."""

import time
from pathlib import Path

from optimizer.audit import Published
from optimizer.certificate import check_folder
from optimizer.changes import write_changes
from optimizer.decisions import write_decisions
from optimizer.intervention_files import as_json as held_json
from optimizer.manifest import known, manifest
from optimizer.planned import Plan
from optimizer.scenario_files import write_scenarios
from optimizer.softened import content, record
from optimizer.state_sources import source_rows
from optimizer.store import SCHEMA_VERSION, write_inputs, write_json, write_schedule


def write_run(folder: Path, published: Published, plan: Plan, kind: str = "plan") -> None:
    """Write a run folder, audit it as it lies on disk, then add the manifest."""
    started = time.perf_counter()
    provenance = plan.optimum.problem.provenance
    figures = {
        "schema_version": SCHEMA_VERSION,
        "status": plan.status,
        "objective_mad": published.objective_mad,
        "mip_gap_pu": known(plan.mip_gap_pu),
        "weather_level": provenance.weather_level,
        "weather_rung": provenance.weather_rung,
        "opening_state": published.given.state.origin,
        "opening_sources": source_rows(published.given.state),
        "interventions": held_json(published.given.held),
        "replans": None if provenance.base is None else provenance.base.run,
        "budgets": provenance.budgets,
        "kpis": plan.kpis,
        "clauses": plan.clauses,
        "binding": plan.binding.head(20).to_dict("records"),
        "softened": list(plan.softened),
        "robustness": None if plan.robustness is None else plan.robustness.as_json(),
    }
    write_inputs(folder / "inputs", published)
    if provenance.power is not None:
        write_scenarios(folder / "inputs", provenance.power)
    if marks := plan.optimum.problem.softened:
        write_json(record(folder), content(marks))
    write_schedule(folder, published)
    write_decisions(folder, plan.optimum.problem)
    if plan.changes is not None:
        write_changes(folder, plan.changes)
    write_json(folder / "kpis.json", figures)
    (folder / "solver.log").write_text(plan.optimum.log, encoding="utf-8")
    check_folder(folder, is_elastic=published.given.is_elastic)
    plan.timings_s["publish"] = time.perf_counter() - started
    write_json(folder / "manifest.json", manifest(folder, plan.optimum, plan.timings_s, kind))
