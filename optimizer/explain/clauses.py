"""What each clause of the agreement costs: its shadow prices, and the plan without it."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from optimizer.explain.change import Scene, clause_changes, without
from optimizer.explain.frozen import Frozen
from optimizer.explain.slope import Slope, difference_of, slope
from optimizer.matrices import Matrices
from optimizer.site import active_clauses


@dataclass(frozen=True, kw_only=True, slots=True)
class ClauseCost:
    """The cost of one clause.

    Attributes
    ----------
    article, sentence : str
        Of the agreement, and how it stands.
    breach_mad : float
        What the plan pays for breaking it [MAD].
    fixed_mad : float or None
        What the plan would save without it, integers fixed [MAD].
    resolved_mad, within_mad : float or None
        What it would save, everything solved again, and how well that is known [MAD].
    slope : Slope or None
        The shadow price of its number.
    """

    article: str
    kind: str
    sentence: str
    breach_mad: float
    fixed_mad: float | None
    resolved_mad: float | None
    within_mad: float | None
    slope: Slope | None


def clause_costs(frozen: Frozen, scene: Scene, *, is_resolved: bool) -> list[ClauseCost]:
    """Return what each clause in force costs, in the order of the agreement."""
    table, given = frozen.optimum.table, frozen.optimum.problem.given
    changes, found = clause_changes(scene), []
    for clause in active_clauses(scene.agreement, scene.given):
        change = changes.get(clause.name)
        saved = frozen.solve(_without_block(frozen.lp, clause.name))
        other = difference_of(frozen, without(scene, clause.name)) if is_resolved else None
        found.append(
            ClauseCost(
                article=clause.article,
                kind=clause.kind,
                sentence=clause.explain(table, given),
                breach_mad=float(sum(clause.bill(table, given).values())),
                fixed_mad=None if saved is None else frozen.solution.objective - saved,
                resolved_mad=None if other is None else -other.mad,
                within_mad=None if other is None else other.within_mad,
                slope=None if change is None else slope(frozen, scene, change),
            )
        )
    return found


def _without_block(lp: Matrices, name: str) -> Matrices:
    """Return `lp` without the rows of one block, whose own variables cost nothing."""
    owners = [constraint.parent_block().name for constraint, _ in lp.rows]
    keep = np.array([owner != name for owner in owners], dtype=bool)
    its = np.array([v.parent_block().name == name for v in lp.columns], dtype=bool)
    rows = np.flatnonzero(keep).tolist()
    return replace(
        lp,
        cost=np.where(its, 0.0, lp.cost),
        a=sparse.csc_array(lp.a.tocsr()[rows, :]),
        row_lower=lp.row_lower[keep],
        row_upper=lp.row_upper[keep],
        rows=[lp.rows[k] for k in rows],
    )
