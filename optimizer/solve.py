"""Arrays in, a verified solution out. The only file that knows HiGHS.

Every solve has a fresh solver object (the clock of an old one counts against the limit), one
thread, a fixed seed, and callbacks through which it can be stopped.
"""

import logging
import time
from functools import partial
from typing import Any

import highspy
import numpy as np
from highspy import HighsModelStatus, HighsStatus

from optimizer.errors import ModelError, SolverGaveNothing
from optimizer.matrices import Matrices, check_finite
from optimizer.settle import Inquiry, relaxed, settle, with_integers_fixed
from optimizer.solution import Answer, Basis, Solution, SolveOptions, Status, Word
from optimizer.stopping import Brake, StopFlag, run_watched

__all__ = [
    "Basis",
    "Solution",
    "SolveOptions",
    "Status",
    "basis_of",
    "duals_with_integers_fixed",
    "irreducible_clash",
    "irreducible_parts",
    "run_from",
    "run_highs",
    "solve_relaxation",
    "solver_version",
]

_LOG = logging.getLogger(__name__)  # what a person who waits is shown
_WORDS = {
    HighsModelStatus.kOptimal: Word.OPTIMAL,
    HighsModelStatus.kModelEmpty: Word.OPTIMAL,
    HighsModelStatus.kInfeasible: Word.INFEASIBLE,
    HighsModelStatus.kUnbounded: Word.UNBOUNDED,
    HighsModelStatus.kUnboundedOrInfeasible: Word.EITHER,
    HighsModelStatus.kTimeLimit: Word.AT_LIMIT,
    HighsModelStatus.kInterrupt: Word.AT_LIMIT,  # the outer limit, or a signal
}
_SMALLEST_CLASH = int(highspy.IisStrategy.kIisStrategyFromLp) | int(
    highspy.IisStrategy.kIisStrategyIrreducible
)
_BOUND_SIGNS = {
    int(highspy.IisBoundStatus.kIisBoundStatusLower): ">=",
    int(highspy.IisBoundStatus.kIisBoundStatusUpper): "<=",
    int(highspy.IisBoundStatus.kIisBoundStatusBoxed): "==",
}


def solver_version() -> str:
    """Return the solver's name, version and commit."""
    solver = _new_solver()
    return f"HiGHS {solver.version()} ({solver.githash()})"


def run_highs(m: Matrices, options: SolveOptions, stop: StopFlag | None = None) -> Solution:
    """Solve `m` and verify the answer.

    When `stop` rises, the best solution so far comes back within 2 s.

    Raises
    ------
    ModelError
        A number is NaN, or HiGHS would not take the model as it is.
    """
    inquiry = Inquiry(
        ask_solver=_ask, options=options, stop=stop or StopFlag(), solver=solver_version()
    )
    return settle(inquiry, m)


def run_from(m: Matrices, options: SolveOptions, basis: Basis | None) -> Solution:
    """Solve the linear program `m` as `run_highs` does, but from the basis of a similar one."""
    ask = partial(_ask, basis=basis)
    inquiry = Inquiry(ask_solver=ask, options=options, stop=StopFlag(), solver=solver_version())
    return settle(inquiry, m)


def basis_of(m: Matrices, options: SolveOptions) -> Basis | None:
    """Return the basis of the optimum of the linear program `m`; None if there is none in time."""
    check_finite(m)
    found = _ask(m, options, StopFlag(), presolve=True).basis
    return None if found is None else Basis(columns=found.col_status, rows=found.row_status)


def solve_relaxation(m: Matrices, options: SolveOptions, stop: StopFlag | None = None) -> Solution:
    """Solve `m` with whole numbers let go."""
    return run_highs(relaxed(m), options, stop)


def duals_with_integers_fixed(
    m: Matrices, solution: Solution, options: SolveOptions, stop: StopFlag | None = None
) -> Solution:
    """Return the solution, with duals, of `m` with its whole numbers fixed at `solution`'s.

    Raises
    ------
    SolverGaveNothing
        `solution` holds no values to fix.
    """
    if solution.x is None:
        raise SolverGaveNothing(f"There is no solution to find duals of: {solution.reason}.")
    if solution.row_dual is not None:
        return solution
    return run_highs(with_integers_fixed(m, solution.x), options, stop)


def irreducible_clash(
    m: Matrices, options: SolveOptions, stop: StopFlag | None = None
) -> list[str]:
    """Return rows and bounds of the relaxed `m` that clash, by name, each of them needed.

    Empty if the relaxation is feasible or time ran out. A bound reads ``grid.import_mw[3] <= 20``.
    """
    rows, bounds = irreducible_parts(m, options, stop)
    names = dict.fromkeys(m.rows[k][0].name for k in rows)
    for j, sign in bounds:
        bound = m.col_upper[j] if sign == "<=" else m.col_lower[j]
        names[f"{m.columns[j].name} {sign} {bound:g}"] = None
    return list(names)


def irreducible_parts(
    m: Matrices, options: SolveOptions, stop: StopFlag | None = None
) -> tuple[list[int], list[tuple[int, str]]]:
    """Return the same as places: rows, and columns with the side of their bound."""
    check_finite(m)
    solver, _, brake = _prepared(relaxed(m), options, presolve=False)
    _set(solver, {"iis_strategy": _SMALLEST_CLASH, "iis_time_limit": options.time_limit_s})
    found: list[tuple[HighsStatus, Any]] = []
    ended = run_watched(
        lambda: found.append(solver.getIis()),
        stop=stop or StopFlag(),
        limit_s=options.outer_s(),
        brake=brake,
        silence=lambda: _silence(solver),
    )
    if not ended or not found:
        return [], []
    clash = found[0][1]
    sides = zip(clash.col_index_, clash.col_bound_, strict=True)
    bounds = [(int(j), _BOUND_SIGNS[int(s)]) for j, s in sides if int(s) in _BOUND_SIGNS]
    return [int(k) for k in clash.row_index_], bounds


def _ask(
    m: Matrices, options: SolveOptions, stop: StopFlag, presolve: bool, basis: Basis | None = None
) -> Answer:
    """Return what a fresh solver says about `m`, from a basis where it would else presolve."""
    started = time.perf_counter()
    begins = basis if presolve else None  # asked again, it shall find its own way
    solver, answer, brake = _prepared(m, options, presolve and begins is None)
    if begins is not None:
        start = highspy.HighsBasis()
        start.col_status, start.row_status = begins.columns, begins.rows
        start.valid = start.alien = True  # alien: some of its rows may be missing
        solver.setBasis(start)  # refused, HiGHS begins without one
    passed = time.perf_counter()
    returned: list[HighsStatus] = []
    ended = run_watched(
        lambda: returned.append(solver.run()),
        stop=stop,
        limit_s=options.outer_s(),
        brake=brake,
        silence=lambda: _silence(solver),
    )
    answer.pass_s, answer.solve_s = passed - started, time.perf_counter() - passed
    if not ended:
        return answer
    if not returned or returned[0] == HighsStatus.kError:
        answer.word, answer.x = Word.ENDED, None
        return answer
    _read(solver, m, answer)
    return answer


def _read(solver: Any, m: Matrices, answer: Answer) -> None:
    """Write into `answer` what `solver` ended with."""
    status, info, values = solver.getModelStatus(), solver.getInfo(), solver.getSolution()
    answer.word = _WORDS.get(status, Word.ENDED)
    is_feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    answer.x = np.array(values.col_value) if is_feasible else None
    if status == HighsModelStatus.kModelEmpty:
        answer.x = np.zeros(0)
    if m.is_integer.any():
        answer.bound = info.mip_dual_bound
    elif status == HighsModelStatus.kOptimal:
        answer.row_dual, answer.col_dual = np.array(values.row_dual), np.array(values.col_dual)
        answer.basis = solver.getBasis()
    answer.iterations = {
        "simplex": info.simplex_iteration_count,
        "interior_point": info.ipm_iteration_count,
        "nodes": int(info.mip_node_count),
    }


def _prepared(m: Matrices, options: SolveOptions, presolve: bool) -> tuple[Any, Answer, Brake]:
    """Return a fresh solver that holds `m`, the answer it writes into, and its brake."""
    solver, answer, brake = _new_solver(), Answer(), Brake()

    def note(event: highspy.HighsCallbackEvent) -> None:
        answer.log.append(event.message)
        brake.is_pressed()

    def interrupt(event: highspy.HighsCallbackEvent) -> None:
        if brake.is_pressed():
            event.interrupt()

    def interrupt_mip(event: highspy.HighsCallbackEvent) -> None:
        answer.bound = event.data_out.mip_dual_bound
        interrupt(event)

    def improve(event: highspy.HighsCallbackEvent) -> None:
        answer.x = np.array(event.data_out.mip_solution)
        best, gap = event.data_out.objective_function_value, event.data_out.mip_gap
        _LOG.info("solving: best so far %s MAD, gap %s", f"{best:,.0f}", f"{gap:.2%}")

    solver.cbLogging.subscribe(note)
    solver.cbSimplexInterrupt.subscribe(interrupt)
    solver.cbIpmInterrupt.subscribe(interrupt)
    solver.cbMipInterrupt.subscribe(interrupt_mip)
    solver.cbMipImprovingSolution.subscribe(improve)
    settings = {
        "log_to_console": False,
        "threads": 1,
        "parallel": "off",
        "presolve": "choose" if presolve else "off",
        "random_seed": options.seed,
        "time_limit": options.time_limit_s,
        "mip_rel_gap": options.mip_gap_pu,
    }
    _set(solver, settings)
    _pass(solver, m, answer)
    return solver, answer, brake


def _pass(solver: Any, m: Matrices, answer: Answer) -> None:
    """Give the arrays to `solver` and see that it holds what it was given."""
    row_count, column_count = m.a.shape
    passed = solver.passModel(  # arrays in one call: attribute by attribute takes ten times as long
        column_count,
        row_count,
        m.a.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        m.cost_offset,
        m.cost,
        m.col_lower,
        m.col_upper,
        m.row_lower,
        m.row_upper,
        m.a.indptr,
        m.a.indices,
        m.a.data,
        m.is_integer.astype(np.int32),  # 1 is HighsVarType.kInteger
    )
    if passed == HighsStatus.kError:
        faults = [line.strip() for line in answer.log if line.startswith("ERROR")]
        raise ModelError([f"model: HiGHS refuses it. {' '.join(faults)}"])
    held = (solver.getNumRow(), solver.getNumCol(), solver.getNumNz())
    given = (*m.a.shape, m.a.nnz)
    if held != given:  # it drops coefficients below 1e-9
        k = int(np.argmin(np.abs(m.a.data)))
        column = m.columns[int(np.searchsorted(m.a.indptr, k, side="right")) - 1].name
        where = f"{column} in {m.rows[m.a.indices[k]][0].name} is {m.a.data[k]:.3g}"
        raise ModelError(
            [f"model: HiGHS holds {held} of {given} rows, columns, coefficients; {where}."]
        )


def _set(solver: Any, settings: dict[str, object]) -> None:
    """Set options, each of which HiGHS must accept."""
    for name, value in settings.items():
        if solver.setOptionValue(name, value) != HighsStatus.kOk:
            raise ModelError([f"model: HiGHS refuses the option {name} = {value}."])


def _silence(solver: Any) -> None:
    """See that `solver` calls Python no more; it may be running."""
    for callback in solver.callbacks:
        solver.stopCallback(callback.callback_type)


def _new_solver() -> Any:
    make: Any = highspy.Highs
    return make()
