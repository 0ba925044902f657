"""The daily use case: weather and state in, an audited and published plan out."""

import logging
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
from pyomo.common.gc_manager import PauseGC

from optimizer.asked import Asked
from optimizer.config import Site, load_site
from optimizer.errors import Infeasible, WeatherError
from optimizer.forecast_archive import write_issued
from optimizer.least_shortfall import with_reasons
from optimizer.ledger_file import book_run
from optimizer.optimum import Optimum, optimize
from optimizer.over_run import hold_decisions
from optimizer.planned import Plan, exit_code, plan_of, published_of
from optimizer.prepare import prepare
from optimizer.publishing import write_run
from optimizer.recording import failed_early, recorded
from optimizer.reference import reference_file
from optimizer.replan import uncommitted
from optimizer.run_facts import TRIAL, Facts
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
    kind: str = "plan",
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
    kind : str
        What the run is: plan, daily, replan or trial; a trial is neither the latest nor booked.

    Raises
    ------
    Infeasible, SolverGaveNothing, AuditFailed
        Nothing is published as a run; of an infeasible plan, where `out` is given, a
        least-shortfall diagnostic is written beside the runs, never as the latest.
    """
    if out is None or now is None or is_relaxed:
        try:
            return plan_of_problem(problem, is_relaxed=is_relaxed, may_soften=may_soften)
        except Infeasible as error:
            raise with_reasons(_bare(problem), error, None, None) from error
    folder, run_id = Path(out), new_run_id(now)
    with recorded(folder, run_id, _facts(problem, kind), now):
        try:
            plan = plan_of_problem(problem, is_relaxed=False, may_soften=may_soften)
        except Infeasible as error:
            raise with_reasons(_bare(problem), error, folder, run_id) from error
        return _publish(plan, folder, run_id, now, kind)


def plan_of_problem(problem: Problem, *, is_relaxed: bool, may_soften: bool) -> Plan:
    """Return the audited optimum of `problem`; nothing is written."""
    try:
        optimum = _optimum(problem, is_relaxed=is_relaxed, may_soften=may_soften)
    except Infeasible:
        free = _bare(problem)
        if free is problem:
            raise
        return plan_of_problem(free, is_relaxed=is_relaxed, may_soften=may_soften)
    started = time.perf_counter()
    _LOG.info("audit")
    plan = plan_of(published_of(optimum), optimum, is_audited=not is_relaxed)
    plan.timings_s["audit"] = time.perf_counter() - started
    return plan


def _bare(problem: Problem) -> Problem:
    """Return a problem without what an earlier plan has promised; itself where nothing was."""
    given = uncommitted(problem.given)
    if given is None:
        return problem
    return build_model(problem.site, problem.agreement, given, problem.provenance)


def _publish(plan: Plan, out: Path, run_id: str, now: pd.Timestamp, kind: str) -> Plan:
    """Return the plan with its run folder, written, booked and its forecast kept."""
    _LOG.info("writing")
    published, provenance = published_of(plan.optimum), plan.optimum.problem.provenance
    rung, power = provenance.weather_rung, provenance.power

    def book() -> None:
        book_run(out, run_id, published, base=provenance.base)
        if power is not None:
            write_issued(out, run_id, power, issued_utc=now, rung=rung)

    folder = publish(
        out,
        run_id,
        lambda partial: write_run(partial, published, plan, kind),
        is_latest=not plan.optimum.interrupted_by and kind != TRIAL,
        before_latest=book,
    )
    return replace(plan, run_dir=folder)


def _facts(problem: Problem, kind: str) -> Facts:
    """Return what the registry is told of a run as it begins."""
    horizon, provenance = problem.given.horizon, problem.provenance
    return Facts(
        site=problem.site.place.name,
        start_utc=horizon.start,
        end_utc=horizon.end,
        kind=kind,
        weather_rung=provenance.weather_rung,
        weather_source=provenance.weather_source,
        replans=None if provenance.base is None else provenance.base.run,
    )


def _optimum(problem: Problem, *, is_relaxed: bool, may_soften: bool) -> Optimum:
    """Return the optimum of a problem, or of its cheapest way out."""
    try:
        return optimize(problem, is_relaxed=is_relaxed)
    except Infeasible:
        softened = soften(problem) if may_soften else None
        if softened is None:
            raise
        return optimize(softened, is_relaxed=is_relaxed)


def make_plan(asked: Asked, *, may_soften: bool = False, kind: str = "plan") -> Plan:
    """Return the audited plan a caller asks for, published where ``asked.out`` is given."""
    with PauseGC():  # a plan makes little garbage, and looking for it walks through the model
        started = time.perf_counter()
        _LOG.info("reading")
        try:
            ready = prepare(asked)
        except WeatherError as error:
            _note_no_weather(asked, error, kind)
            raise
        prepared = time.perf_counter()
        _LOG.info("model")
        problem = build_model(ready.site, ready.agreement, ready.given, ready.provenance)
        built = time.perf_counter()
        kind = kind if asked.replan_from is None or kind == TRIAL else "replan"
        if ready.overlay.base is not None:
            hold_decisions(problem, asked, ready.overlay)
            kind = TRIAL  # a plant or terms that are not: nothing goes by it
        made = solve_problem(
            problem, out=asked.out, now=asked.now, may_soften=may_soften, kind=kind
        )
        made.timings_s.update({"prepare": prepared - started, "build": built - prepared})
        made.timings_s.update(ready.provenance.timings_s)
        return made


def _note_no_weather(asked: Asked, error: WeatherError, kind: str) -> None:
    """Register a run that had no weather, if there is a folder of runs to register it in."""
    if asked.out is None or asked.now is None or not Path(asked.out).is_dir():
        return
    given = asked.site
    path = reference_file("site.toml") if given is None or isinstance(given, Site) else Path(given)
    site = given if isinstance(given, Site) else load_site(path)
    run_id = new_run_id(asked.now)
    failed_early(Path(asked.out), run_id, error, asked.now, site=site.place.name, kind=kind)
