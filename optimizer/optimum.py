"""From a problem to a checked optimum: solve, split where the model cheats, price with duals."""

import logging
import time
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd
from pyomo.common.gc_manager import PauseGC

from optimizer.clash import no_schedule
from optimizer.duals import duals_frame, reduced_costs_frame
from optimizer.errors import SolverGaveNothing
from optimizer.exclusive import split
from optimizer.interrupted import mended
from optimizer.matrices import Matrices, compile_model, load_values
from optimizer.schedule import read_job_runs, read_rates, read_table
from optimizer.site import Problem, tie_break_mad
from optimizer.solution import Solution, SolveOptions, Status
from optimizer.solve import duals_with_integers_fixed, run_highs, solve_relaxation
from optimizer.stopping import StopFlag, stop_on_signals

SOLVED = (Status.OPTIMAL, Status.FEASIBLE_AT_LIMIT)
_ROUNDS_MAX = 30
_LOG = logging.getLogger(__name__)  # what a person who waits is shown


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """A solved problem: the table, the cohorts' rates, prices, and how it was found."""

    problem: Problem
    table: pd.DataFrame
    rates: pd.DataFrame
    matrices: Matrices
    priced: Solution  # with integers fixed; it has prices unless time ran out
    objective_mad: float  # without the tie-break
    mip_gap_pu: float
    status: Status
    interrupted_by: int | None
    log: str
    timings_s: dict[str, float]
    solver: dict[str, object]  # version, options and sizes, for the manifest

    @cached_property
    def duals(self) -> pd.DataFrame:
        """Prices of constraints, as `duals_frame` has them; none where time ran out."""
        if self.priced.row_dual is None:
            return pd.DataFrame(columns=["constraint", "index", "dual"])
        return duals_frame(self.matrices, self.priced)

    @cached_property
    def reduced_costs(self) -> pd.DataFrame:
        """Prices of bounds, as `reduced_costs_frame` has them; none where time ran out."""
        if self.priced.row_dual is None:
            return pd.DataFrame(columns=["variable", "index", "reduced_cost", "at_bound"])
        return reduced_costs_frame(self.matrices, self.priced)

    @property
    def binary_count(self) -> int:
        """Return in how many places "never both at once" needed a choice."""
        return len(self.problem.splits)

    @property
    def outcome(self) -> str:
        """``optimal``, ``softened``, ``feasible at limit`` or ``interrupted``."""
        if self.interrupted_by:
            return "interrupted"
        return "softened" if self.problem.softened else self.status.value


def optimize(problem: Problem, *, is_relaxed: bool = False) -> Optimum:
    """Return the optimum of `problem`; its model holds the values.

    Parameters
    ----------
    is_relaxed : bool
        Leave out that integers are whole: a bound, and prices of commitment.

    Raises
    ------
    Infeasible
        No schedule keeps every limit; names the smallest set that clashes.
    SolverGaveNothing
        Neither a schedule nor a proof within the time limit, or the model is unbounded.
    Stopped
        SIGINT or SIGTERM came before there was a schedule; later, the best so far comes back.
    """
    with stop_on_signals() as stop, PauseGC():  # or it walks through the model again and again
        return _optimize(problem, stop, is_relaxed=is_relaxed)


def _optimize(problem: Problem, stop: StopFlag, *, is_relaxed: bool) -> Optimum:
    """Return the optimum, in as many rounds as the model tries to do two things at once."""
    options = problem.site.solver
    splits, logs, started = problem.splits, [], time.perf_counter()
    timings = {"compile": 0.0, "pass": 0.0, "solve": 0.0}
    for number in range(1, _ROUNDS_MAX + 1):
        _LOG.info("solving" if number == 1 else f"solving, round {number}")
        left_s = max(options.time_limit_s - timings["solve"], 1.0)
        round_options = options.model_copy(update={"time_limit_s": left_s})
        matrices = compile_model(problem.model)
        solve = solve_relaxation if is_relaxed else run_highs
        solution = solve(matrices, round_options, stop)
        priced = _priced(matrices, solution, round_options, stop, is_relaxed=is_relaxed)
        logs += [solution.log] if priced is solution else [solution.log, priced.log]
        for one in {id(s): s for s in (solution, priced)}.values():
            for key in ("pass", "solve"):
                timings[key] += one.timings_s.get(key, 0.0)
        timings["compile"] += matrices.compile_s
        is_late = number > 1 and solution.status in (Status.FEASIBLE_AT_LIMIT, Status.NO_SOLUTION)
        if stop.signal_number is not None or is_late:
            matrices, solution, priced = mended(problem, splits, matrices, solution, stop)
            break
        if priced.x is None:
            raise no_schedule(solution, options, stop)
        load_values(matrices, priced.x)
        if is_relaxed or not split(problem, splits):
            break
    else:
        raise SolverGaveNothing(
            f"charging and discharging at once did not end in {_ROUNDS_MAX} rounds."
        )
    timings["optimize"] = time.perf_counter() - started
    log = f"binaries for never-both-at-once: {len(splits)}\n" + "\n".join(logs)
    found = _Found(matrices=matrices, solution=solution, priced=priced)
    return _read(problem, found, log, timings)


def _priced(
    matrices: Matrices,
    solution: Solution,
    options: SolveOptions,
    stop: StopFlag,
    *,
    is_relaxed: bool,
) -> Solution:
    """Return the LP with integers fixed: its dispatch is a vertex, and it has prices."""
    if is_relaxed or solution.x is None or not matrices.is_integer.any():
        return solution
    if stop.signal_number is not None:
        return solution
    priced = duals_with_integers_fixed(matrices, solution, options, stop)
    return solution if priced.x is None else priced


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """The last round: its matrices, its solution, and the priced one with integers fixed."""

    matrices: Matrices
    solution: Solution
    priced: Solution


def _read(problem: Problem, found: _Found, log: str, timings: dict[str, float]) -> Optimum:
    """Return the solved problem with everything the plan needs of it."""
    matrices, solution, priced = found.matrices, found.solution, found.priced
    tie_break = tie_break_mad(problem)
    reading = time.perf_counter()
    table, rates = read_table(problem), read_rates(problem)
    given = replace(problem.given, rates=rates, job_runs=read_job_runs(problem))
    timings["read"] = time.perf_counter() - reading
    return Optimum(
        problem=replace(problem, given=given),
        table=table,
        rates=rates,
        matrices=matrices,
        priced=priced,
        objective_mad=priced.objective - tie_break,
        mip_gap_pu=solution.mip_gap_pu,
        status=solution.status,
        interrupted_by=solution.interrupted_by,
        log=log,
        timings_s=timings,
        solver={
            "highs": solution.solver,
            "rows": len(matrices.rows),
            "columns": len(matrices.columns),
            "nonzeros": int(matrices.a.nnz),
            "integers": int(matrices.is_integer.sum()),
            "objective": priced.objective,
            "tie_break": tie_break,
        },
    )
