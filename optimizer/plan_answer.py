"""A plan as one JSON object: what ``dakhla plan --json`` prints."""

from typing import Any

from optimizer.intervention_files import as_json as held_json
from optimizer.manifest import known
from optimizer.plan import Plan
from optimizer.state_sources import source_rows


def plan_json(plan: Plan, code: int) -> dict[str, Any]:
    """Return what ``dakhla plan --json`` prints."""
    problem = plan.optimum.problem
    return {
        "status": plan.status,
        "exit_code": code,
        "run_dir": str(plan.run_dir),
        "start_utc": f"{problem.given.horizon.start:%Y-%m-%dT%H:%M:%SZ}",
        "objective_mad": plan.objective_mad,
        "mip_gap_pu": known(plan.mip_gap_pu),
        "weather_level": problem.provenance.weather_level,
        "weather_rung": problem.provenance.weather_rung,
        "weather_source": problem.provenance.weather_source,
        "weather": problem.provenance.weather_json(),
        "opening_state": problem.given.state.origin,
        "opening_sources": source_rows(problem.given.state),
        "interventions": held_json(problem.given.held),
        "changes": None if plan.changes is None else plan.changes.as_json(),
        "overlay": dict(problem.provenance.overlay),
        "budgets": problem.provenance.budgets,
        "kpis": plan.kpis,
        "robustness": None if plan.robustness is None else plan.robustness.as_json(),
        "clauses": plan.clauses,
        "softened": list(plan.softened),
        "timings_s": plan.timings_s,
    }
