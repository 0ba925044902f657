"""What an infeasible plan lacks: its reasons, and a least-shortfall schedule beside the runs."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from optimizer.diagnosis import explained, shortfalls
from optimizer.errors import AuditFailed, Infeasible, SolverGaveNothing
from optimizer.matrices import Floats
from optimizer.optimum import optimize
from optimizer.planned import plan_of, published_of
from optimizer.publishing import write_run
from optimizer.site import Problem, build_model
from optimizer.store import publish

_LOG = logging.getLogger(__name__)  # what a person who waits is shown
_ROUND_OFF_MW = 1e-6  # the solver's own


def with_reasons(
    problem: Problem, error: Infeasible, out: str | Path | None, run_id: str | None
) -> Infeasible:
    """Return the error with its reasons and ways out, and a diagnostic written beside the runs."""
    _LOG.info("infeasible: looking for what clashes, and for ways out")
    found = explained(problem, error)
    if out is None or run_id is None:
        return found.error
    try:
        lacks = _diagnose(problem, found.lost_mw, Path(out), run_id)
    except (AuditFailed, Infeasible, SolverGaveNothing):  # the reasons are worth more
        return found.error
    folder = Path(out) / f"{run_id}-diagnostic"
    lines = [f"Least-shortfall diagnostic in {folder}, never to be run{':' * found.is_refused}"]
    lines += lacks if found.is_refused else []
    text = "\n".join([str(found.error), *lines])
    return Infeasible(text, found.error.names, folder, found.error.details)


def _diagnose(problem: Problem, lost_mw: Mapping[str, Floats], out: Path, run_id: str) -> list[str]:
    """Write the least-shortfall schedule of an infeasible plan, and say what it lacks.

    No sovereign load loses more than `lost_mw`, where that is known.
    """
    _LOG.info("infeasible: looking for the least shortfall")
    given = replace(problem.given, is_elastic=True)
    free = {"energy_final_min_mwh": None}  # what a plan leaves in store gives way before all load
    batteries = {k: b.model_copy(update=free) for k, b in problem.site.battery.items()}
    site = problem.site.model_copy(update={"battery": batteries})
    elastic = build_model(site, problem.agreement, given, problem.provenance)
    for name, most_mw in lost_mw.items():
        for t, unserved in elastic.model.component(name).unserved_mw.items():
            unserved.setub(min(unserved.ub, float(most_mw[t]) + _ROUND_OFF_MW))
    optimum = optimize(elastic)
    published = published_of(optimum)
    plan = plan_of(published, optimum, is_audited=True)
    name = f"{run_id}-diagnostic"
    publish(out, name, lambda partial: write_run(partial, published, plan), is_latest=False)
    return shortfalls(published)
