"""The daily use case: weather and state in, an audited and published plan out."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from optimizer.audit import Published, audit, clause_rows
from optimizer.binding import binding
from optimizer.certificate import breach_report, check_folder
from optimizer.diagnosis import explained, shortfalls
from optimizer.errors import AuditFailed, Infeasible, SolverGaveNothing
from optimizer.kpis import kpis
from optimizer.ledger_file import book_run
from optimizer.manifest import known, manifest
from optimizer.matrices import Floats
from optimizer.optimum import Optimum, optimize
from optimizer.prepare import Asked, prepare
from optimizer.site import Problem, build_model
from optimizer.soften import soften
from optimizer.softened import amounts, content, record
from optimizer.solution import Status
from optimizer.store import (
    SCHEMA_VERSION,
    new_run_id,
    publish,
    write_inputs,
    write_json,
    write_schedule,
)
from optimizer.templates import make_plain

_LOG = logging.getLogger(__name__)  # what a person who waits is shown
_ROUND_OFF_MW = 1e-6  # the solver's own


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An audited plan.

    Attributes
    ----------
    schedule : DataFrame, shape (steps, columns)
        The published table.
    kpis : dict
        Key figures of the plan and of its binding part, and cost by kind.
    model : ConcreteModel
        The Pyomo model, holding the values.
    duals : DataFrame
        Prices of constraints by name and index, integers fixed. [MAD per unit]
    binding : DataFrame
        Limits that bind, dearest first.
    clauses : list of dict
        Article, whether hard and kept, amount bought, sentence.
    softened : tuple of dict
        Limits that give way, at which price and by how much; empty but in a softened plan.
    """

    schedule: pd.DataFrame
    kpis: dict[str, dict[str, float]]
    binding: pd.DataFrame
    clauses: list[dict[str, Any]]
    optimum: Optimum
    timings_s: dict[str, float]
    run_dir: Path | None = None
    softened: tuple[dict[str, Any], ...] = ()

    @property
    def model(self) -> pyo.ConcreteModel:
        """The Pyomo model, holding the plan's values, as any of Pyomo's writers takes it."""
        return make_plain(self.optimum.problem.model)

    @property
    def duals(self) -> pd.DataFrame:
        """Prices of constraints by name and index, integers fixed."""
        return self.optimum.duals

    @property
    def objective_mad(self) -> float:
        """Cost of the whole horizon [MAD]."""
        return self.optimum.objective_mad

    @property
    def mip_gap_pu(self) -> float:
        """Proven distance from the optimum [per unit]."""
        return self.optimum.mip_gap_pu

    @property
    def status(self) -> str:
        """``optimal``, ``softened``, ``feasible at limit`` or ``interrupted``."""
        return self.optimum.outcome

    def explain(self) -> str:
        """Say in sentences how the clauses stand, and what binds at which price."""
        sentences = [str(clause["sentence"]) for clause in self.clauses]
        for row in self.binding.head(8).itertuples():
            sentences.append(
                f"{row.limit} binds in {row.step_count} steps; one unit more in each is worth "
                f"{row.worth_mad:,.0f} MAD."
            )
        return "\n".join(sentences)


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
        raise _with_reasons(problem, error, out, run_id) from error
    started = time.perf_counter()
    _LOG.info("audit")
    published = _published(optimum)
    plan = _plan(published, optimum, is_audited=not is_relaxed)
    plan.timings_s["audit"] = time.perf_counter() - started
    if out is None or run_id is None or is_relaxed:
        return plan
    _LOG.info("writing")
    folder = publish(
        Path(out),
        run_id,
        lambda partial: _write(partial, published, plan),
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


def _published(optimum: Optimum) -> Published:
    """Return what the optimum will publish."""
    problem = optimum.problem
    return Published(
        table=optimum.table,
        site=problem.site,
        agreement=problem.agreement,
        given=problem.given,
        objective_mad=optimum.objective_mad,
    )


def _plan(published: Published, optimum: Optimum, *, is_audited: bool) -> Plan:
    """Return the plan of a published table, after its audit."""
    if is_audited and (found := audit(published)):
        raise AuditFailed(breach_report(found))
    given_way = {mark.limit for mark in optimum.problem.softened}
    return Plan(
        schedule=published.table,
        kpis=kpis(published),
        binding=binding(optimum.duals, optimum.reduced_costs),
        clauses=[
            row | ({"is_softened": True} if f"Art. {row['article']}" in given_way else {})
            for row in clause_rows(published)
        ],
        optimum=optimum,
        timings_s=dict(optimum.timings_s),
        softened=tuple(amounts(published, optimum.problem.softened)),
    )


def _write(folder: Path, published: Published, plan: Plan) -> None:
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


def _with_reasons(
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
    published = _published(optimum)
    plan = _plan(published, optimum, is_audited=True)
    name = f"{run_id}-diagnostic"
    publish(out, name, lambda partial: _write(partial, published, plan), is_latest=False)
    return shortfalls(published)


def exit_code(plan: Plan) -> int:
    """Return the exit code of a finished plan: 0 fresh, 3 softened or degraded, 130/143 stopped."""
    if plan.optimum.interrupted_by:
        return 128 + plan.optimum.interrupted_by
    is_in_order = plan.optimum.status is Status.OPTIMAL and not plan.softened
    return 0 if is_in_order else 3
