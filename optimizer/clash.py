"""Why there is no schedule, in a planner's words: limits by name, with the steps they clash in."""

from optimizer.conflict import conflict
from optimizer.errors import Infeasible, SolverGaveNothing, Stopped
from optimizer.horizon import Horizon
from optimizer.matrices import Matrices
from optimizer.solution import Solution, SolveOptions, Status
from optimizer.stopping import StopFlag

_NOT_BY_STEP = (".work", ".contracted_work", ".share", ".quota", ".budget")  # indices are windows


def no_schedule(
    matrices: Matrices,
    solution: Solution,
    options: SolveOptions,
    horizon: Horizon,
    stop: StopFlag,
) -> Exception:
    """Return the error that says why there is no schedule."""
    if solution.status is Status.INFEASIBLE:
        names = clash(conflict(matrices, options, stop), horizon)
        if stop.signal_number is not None:
            return Stopped(stop.signal_number)
        return Infeasible("No schedule keeps all of these at once:\n  " + "\n  ".join(names), names)
    if solution.status is Status.UNBOUNDED:
        return SolverGaveNothing("The model is unbounded: some cost is negative without a limit.")
    return SolverGaveNothing(
        f"The solver found no schedule in {options.time_limit_s:g} s. Raise [solver] time_limit_s."
    )


def clash(names: list[str], horizon: Horizon) -> list[str]:
    """Return a clash with one line for each limit, and the steps it clashes in.

    Lower bounds of zero are left out: no planner can move them.
    """
    steps: dict[str, list[int]] = {}
    for name in names:
        if name.endswith(">= 0"):
            continue
        limit, _, rest = name.partition("[")
        indices = rest.partition("]")[0].split(",")
        side = name.rpartition(" ")[0].rpartition(" ")[2] if " " in name else ""
        label = f"{limit} {side}".strip()
        steps.setdefault(label, [])
        if (
            not limit.endswith(_NOT_BY_STEP)
            and indices[-1].isdigit()
            and int(indices[-1]) in horizon.steps
        ):
            steps[label].append(int(indices[-1]))
    return [f"{label}{_span(at, horizon)}" for label, at in steps.items()]


def _span(at: list[int], horizon: Horizon) -> str:
    """Say in which steps, from the first to the end of the last."""
    if not at:
        return ""
    first, last = horizon.edges[min(at)], horizon.edges[max(at) + 1]
    return f" ({len(at)} steps, {first:%Y-%m-%d %H:%M}Z to {last:%Y-%m-%d %H:%M}Z)"
