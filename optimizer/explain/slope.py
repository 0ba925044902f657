"""What one unit more of a thing is worth: claimed by duals, tested by solving again."""

from dataclasses import dataclass, replace

from pydantic import ValidationError

from optimizer.errors import Infeasible, SolverGaveNothing
from optimizer.explain.change import Change, Scene
from optimizer.explain.frozen import Frozen, fixed
from optimizer.matrices import Matrices, compile_model
from optimizer.optimum import Optimum, optimize

SAME_PU = 0.01  # a claim is confirmed to this of its size ...
SAME_MAD = 0.01  # ... or to this
RESOLVE_LIMIT_S = 20.0  # of one re-solve: a reader waits


@dataclass(frozen=True, kw_only=True, slots=True)
class Slope:
    """The derivative of the plan's cost with regard to one thing, in MAD per unit.

    Attributes
    ----------
    mad_per_unit : float
        The claim; `how` says where it is from.
    less, more : float or None
        What the last unit costs and the next one would, integers fixed, by solving again; None
        where no schedule is left.
    resolved_mad : float or None
        Apart: the change of cost if the whole plan, integers and all, is solved again with one
        unit more; `within_mad` is how well the solver knows it.
    """

    name: str
    words: str
    mad_per_unit: float
    less: float | None
    more: float | None
    how: str
    resolved_mad: float | None = None
    within_mad: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """The cost of another optimum less the plan's, and how well the solver knows it [MAD]."""

    mad: float
    within_mad: float


def slope(frozen: Frozen, scene: Scene, change: Change) -> Slope | None:
    """Return the derivative for one change; None where it can be neither claimed nor tested.

    Where duals can claim it and rows are sure to stay, the program with a little less is the
    mirror image of that with a little more; else both are built.
    """
    base, per_unit = frozen.solution.objective, change.one / change.nudge
    further = _program(frozen, scene, change, change.nudge)
    claim = None if further is None else frozen.claimed(further)
    if claim is not None and further is not None and change.is_smooth:
        fewer: Matrices | None = frozen.mirrored(further)
    else:
        fewer = _program(frozen, scene, change, -change.nudge)
        back = frozen.claimed(fewer) if further is None and fewer is not None else None
        claim = claim if back is None else -back
    costs = [None if lp is None else frozen.solve(lp) for lp in (fewer, further)]
    less = None if costs[0] is None else (base - costs[0]) * per_unit
    more = None if costs[1] is None else (costs[1] - base) * per_unit
    found = more if more is not None else less
    how = "finite difference"
    if claim is not None and is_between(claim * per_unit, less, more):
        found, how = claim * per_unit, "dual"
    if found is None:  # no schedule on either side: nothing tests a claim
        return None
    return Slope(
        name=change.name,
        words=change.words,
        mad_per_unit=found,
        less=less,
        more=more,
        how=how,
    )


def is_between(claim: float, less: float | None, more: float | None) -> bool:
    """Return whether a claim is between both derivatives, or on the one there is, to 1 %."""
    sides = [side for side in (less, more) if side is not None]
    room = SAME_PU * max([abs(claim), *map(abs, sides)]) + SAME_MAD
    return not sides or min(sides) - room <= claim <= max(sides) + room


def resolved(frozen: Frozen, scene: Scene, change: Change, found: Slope) -> Slope:
    """Return the slope with the cost of one whole unit, everything solved again."""
    try:
        other = change.grow(scene, change.one)
    except ValidationError:
        return found
    difference = difference_of(frozen, other)
    if difference is None:
        return found
    return replace(found, resolved_mad=difference.mad, within_mad=difference.within_mad)


def difference_of(frozen: Frozen, scene: Scene) -> Difference | None:
    """Return what another scene's optimum costs more; None where there is none in the time."""
    solver = scene.site.solver
    quick = solver.model_copy(update={"time_limit_s": min(solver.time_limit_s, RESOLVE_LIMIT_S)})
    site = scene.site.model_copy(update={"solver": quick})
    try:
        optimum = optimize(replace(scene, site=site).build())
    except (Infeasible, SolverGaveNothing):
        return None
    return between(frozen.optimum, optimum.objective_mad, optimum.mip_gap_pu)


def between(plan: Optimum, cost_mad: float, gap_pu: float) -> Difference:
    """Return the difference of a cost and the plan's, with the gaps of both."""
    within = plan.mip_gap_pu * abs(plan.objective_mad) + gap_pu * abs(cost_mad)
    return Difference(mad=cost_mad - plan.objective_mad, within_mad=within)


def _program(frozen: Frozen, scene: Scene, change: Change, by: float) -> Matrices | None:
    """Return the linear program with so much more of a thing; None where that can't be."""
    try:
        problem = change.grow(scene, by).build()
        return fixed(compile_model(problem.model), frozen.decided)
    except (ValidationError, ValueError, KeyError, Infeasible):
        return None
