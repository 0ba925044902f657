"""From a problem to a checked optimum: solve, split where the model cheats, price with duals."""

import time
from dataclasses import dataclass, replace

import pandas as pd

from optimizer.conflict import conflict
from optimizer.duals import duals_frame, reduced_costs_frame
from optimizer.errors import Infeasible, SolverGaveNothing
from optimizer.exclusive import Splits, split
from optimizer.matrices import Matrices, compile_model, load_values
from optimizer.schedule import read_rates, read_table
from optimizer.site import Problem, tie_break_terms
from optimizer.solution import Solution, SolveOptions, Status
from optimizer.solve import duals_with_integers_fixed, run_highs, solve_relaxation
from optimizer.stopping import stop_on_signals

SOLVED = (Status.OPTIMAL, Status.FEASIBLE_AT_LIMIT)
_ROUNDS_MAX = 30


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """A solved problem: the table, the cohorts' rates, prices, and how it was found."""

    problem: Problem
    table: pd.DataFrame
    rates: pd.DataFrame
    duals: pd.DataFrame
    reduced_costs: pd.DataFrame
    objective_mad: float  # without the tie-break
    mip_gap_pu: float
    status: Status
    interrupted_by: int | None
    binary_count: int  # that "never both at once" needed
    log: str
    timings_s: dict[str, float]
    solver: dict[str, object]  # version, options and sizes, for the manifest


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
    """
    options = problem.site.solver
    splits, logs, started = Splits(), [], time.perf_counter()
    timings = {"compile": 0.0, "pass": 0.0, "solve": 0.0}
    for _ in range(_ROUNDS_MAX):
        left_s = max(options.time_limit_s - timings["solve"], 1.0)
        round_options = options.model_copy(update={"time_limit_s": left_s})
        matrices = compile_model(problem.model)
        solve = solve_relaxation if is_relaxed else run_highs
        solution = solve(matrices, round_options)
        priced = _priced(matrices, solution, round_options, is_relaxed=is_relaxed)
        logs += [solution.log] if priced is solution else [solution.log, priced.log]
        for one in {id(s): s for s in (solution, priced)}.values():
            for key in ("pass", "solve"):
                timings[key] += one.timings_s.get(key, 0.0)
        timings["compile"] += matrices.compile_s
        if priced.x is None:
            raise _nothing(matrices, solution, options)
        load_values(matrices, priced.x)
        if solution.interrupted_by or is_relaxed or not split(problem, splits):
            break
    else:
        raise SolverGaveNothing(f"charging and discharging at once did not end in {_ROUNDS_MAX} rounds.")
    timings["optimize"] = time.perf_counter() - started
    log = f"binaries for never-both-at-once: {len(splits)}\n" + "\n".join(logs)
    return _read(problem, matrices, solution, priced, splits, log, timings)


def _priced(
    matrices: Matrices, solution: Solution, options: SolveOptions, *, is_relaxed: bool
) -> Solution:
    """Return the LP with integers fixed: its dispatch is a vertex, and it has prices."""
    if is_relaxed or solution.x is None or not matrices.is_integer.any():
        return solution
    priced = duals_with_integers_fixed(matrices, solution, options)
    return solution if priced.x is None else priced


def _nothing(matrices: Matrices, solution: Solution, options: SolveOptions) -> Exception:
    """Return the error that says why there is no schedule."""
    if solution.status is Status.INFEASIBLE:
        names = conflict(matrices, options)
        return Infeasible("No schedule keeps all of: " + ", ".join(names), names)
    if solution.status is Status.UNBOUNDED:
        return SolverGaveNothing("The model is unbounded: some cost is negative without a limit.")
    return SolverGaveNothing(
        f"The solver found no schedule in {options.time_limit_s:g} s. Raise [solver] time_limit_s."
    )


def _read(
    problem: Problem,
    matrices: Matrices,
    solution: Solution,
    priced: Solution,
    splits: Splits,
    log: str,
    timings: dict[str, float],
) -> Optimum:
    """Return the solved problem with everything the plan needs of it."""
    weights, variables = tie_break_terms(problem)
    tie_break = float(sum(w * v.value for w, v in zip(weights, variables, strict=True)))  # type: ignore[attr-defined]
    reading = time.perf_counter()
    table, rates = read_table(problem), read_rates(problem)
    duals, reduced = duals_frame(matrices, priced), reduced_costs_frame(matrices, priced)
    timings["read"] = time.perf_counter() - reading
    return Optimum(
        problem=replace(problem, given=replace(problem.given, rates=rates)),
        table=table,
        rates=rates,
        duals=duals,
        reduced_costs=reduced,
        objective_mad=priced.objective - tie_break,
        mip_gap_pu=solution.mip_gap_pu,
        status=solution.status,
        interrupted_by=solution.interrupted_by,
        binary_count=len(splits),
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
