"""The daily use case: weather and state in, an audited and published plan out."""

import logging
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
from pyomo.common.gc_manager import PauseGC

from optimizer.asked import Asked
from optimizer.errors import Infeasible
from optimizer.least_shortfall import with_reasons
from optimizer.ledger_file import book_run
from optimizer.optimum import Optimum, optimize
from optimizer.planned import Plan, exit_code, plan_of, published_of
from optimizer.prepare import prepare
from optimizer.publishing import write_run
from optimizer.site import Problem, build_model
from optimizer.soften import soften
from optimizer.store import new_run_id, publish

__all__ = ["Plan", "build_problem", "exit_code", "make_plan", "solve_problem"]
_LOG = logging.getLogger(__name__)  # what a person who waits is shown


def build_problem(asked: Asked) -> Problem:
    """Return the problem a caller asks for; ``.model`` is Pyomo's, to be extended."""
    ready = prepare(asked)
    return build_model(ready.site, ready.agreement, ready.given, ready.provenance)


def solve_problem(
    problem: Problem,
    *,
    out: str | Path | None = None,
    now: pd.Timestamp | None = None,
    is_relaxed: bool = False,
    may_soften: bool = False,
) -> Plan:
    """Return the audited optimum of `problem`, published in `out` if that is given.

    Parameters
    ----------
    out : path, optional
        Folder of runs; needs `now`, which names the run.
    is_relaxed : bool
        Leave out that integers are whole; nothing is audited or published then.
    may_soften : bool
        Where not every limit can be kept, take the cheapest way out and mark the plan so.

    Raises
    ------
    Infeasible, SolverGaveNothing, AuditFailed
        Nothing is published as a run; of an infeasible plan, where `out` is given, a
        least-shortfall diagnostic is written beside the runs, never as the latest.
    """
    run_id = new_run_id(now) if out is not None and now is not None else None
    try:
        optimum = _optimum(problem, is_relaxed=is_relaxed, may_soften=may_soften)
    except Infeasible as error:
        raise with_reasons(problem, error, out, run_id) from error
    started = time.perf_counter()
    _LOG.info("audit")
    published = published_of(optimum)
    plan = plan_of(published, optimum, is_audited=not is_relaxed)
    plan.timings_s["audit"] = time.perf_counter() - started
    if out is None or run_id is None or is_relaxed:
        return plan
    _LOG.info("writing")
    folder = publish(
        Path(out),
        run_id,
        lambda partial: write_run(partial, published, plan),
        is_latest=not optimum.interrupted_by,
        before_latest=lambda: book_run(Path(out), run_id, published),
    )
    return replace(plan, run_dir=folder)


def _optimum(problem: Problem, *, is_relaxed: bool, may_soften: bool) -> Optimum:
    """Return the optimum of a problem, or of its cheapest way out."""
    try:
        return optimize(problem, is_relaxed=is_relaxed)
    except Infeasible:
        softened = soften(problem) if may_soften else None
        if softened is None:
            raise
        return optimize(softened, is_relaxed=is_relaxed)


def make_plan(asked: Asked, now: pd.Timestamp | None = None, *, may_soften: bool = False) -> Plan:
    """Return the audited plan a caller asks for, published where ``asked.out`` is given."""
    with PauseGC():  # a plan makes little garbage, and looking for it walks through the model
        started = time.perf_counter()
        _LOG.info("reading")
        ready = prepare(asked)
        prepared = time.perf_counter()
        _LOG.info("model")
        problem = build_model(ready.site, ready.agreement, ready.given, ready.provenance)
        built = time.perf_counter()
        made = solve_problem(problem, out=asked.out, now=now, may_soften=may_soften)
        made.timings_s.update({"prepare": prepared - started, "build": built - prepared})
        return made
