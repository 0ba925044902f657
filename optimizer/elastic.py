"""A plan's least-shortfall model, whose limits can be left out or made to give way.

With none of that it is the plan's own model: slack is all it has more, and none of it is allowed.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

import numpy as np
from scipy import sparse

from optimizer.exclusive import split
from optimizer.interventions import row_texts
from optimizer.labelled import COPIED, OVERHEAD, Labelled, Slack
from optimizer.limits import PINNED, Names
from optimizer.matrices import Floats, Matrices, load_values
from optimizer.site import Problem, active_clauses, build_model
from optimizer.splits import Splits

_FOREVER = 2**30  # steps
_PLENTY = 1e6  # a bound left out; without any, the simplex method gets lost


class Elastic:
    """The least-shortfall model of a problem, compiled, its limits by name."""

    def __init__(self, problem: Problem) -> None:
        given = replace(problem.given, is_elastic=True, is_exact=True)
        self._plain, self._splits = problem.model, Splits()
        self.problem = build_model(problem.site, problem.agreement, given, problem.provenance)
        clauses = tuple(active_clauses(problem.agreement, problem.given))
        held = row_texts(problem.site, problem.given.held)
        self.names = Names.of(problem.site, clauses, held)
        self.labelled = Labelled(self.problem, self._plain, self.names)

    @property
    def matrices(self) -> Matrices:
        """The arrays, with slack of which nothing is allowed."""
        return self.labelled.matrices

    @property
    def slacks(self) -> list[Slack]:
        """The columns by which limits give way."""
        return self.labelled.slacks

    @property
    def limits(self) -> list[str]:
        """Every limit by name, agreements and demands first."""
        found = {
            limit
            for group in (*self.labelled.row_limits, *self.labelled.most_limits)
            for limit in group
        }
        found |= {limit for group in self.labelled.least_limits for limit in group}
        found |= {slack.limit for slack in self.slacks}
        return sorted(found, key=lambda limit: (self.names.order(limit), limit))

    def is_rate(self, slack: Slack) -> bool:
        """Return whether a slack is what is lacking at a moment, not over a window."""
        j, hours = slack.column, self.problem.given.horizon.hours
        name = self.labelled.name_of(self.matrices.columns[j])
        if slack.limit.startswith(PINNED):
            return slack.limit.partition(":")[0].split()[2].endswith("_mw")
        if not name.endswith(".short"):
            return name.endswith("_mw") or slack.limit.endswith((*COPIED, OVERHEAD))
        if not self.names.clause_of(slack.limit).is_lasting:
            return False
        first, last = self.labelled.column_first[j], self.labelled.column_last[j]
        return bool(first == last and slack.weight == hours[first])

    def spans(self, limit: str, window: tuple[int, int]) -> list[tuple[int, int]]:
        """Return the steps of each row and bound of a limit that touches a window."""
        rows = [k for k, limits in enumerate(self.labelled.row_limits) if limit in limits]
        columns = [j for j, name in self._bounded(limit) if name]
        found = [(self.labelled.row_first[k], self.labelled.row_last[k]) for k in rows]
        found += [(self.labelled.column_first[j], self.labelled.column_last[j]) for j in columns]
        return [(int(a), int(b)) for a, b in found if a < window[1] and b >= window[0]]

    def values(self, limit: str, first: int, last: int) -> tuple[list[float], str]:
        """Return the values of a limit's bounds in some steps, and the name of their variable."""
        found: dict[str, list[float]] = {}
        for j, (name, value) in self._bounded(limit):
            if self.labelled.column_first[j] >= first and self.labelled.column_last[j] <= last:
                found.setdefault(name, []).append(value)
        name = next(iter(found), "")
        return found.get(name, []), name

    def _bounded(self, limit: str) -> Iterator[tuple[int, tuple[str, float]]]:
        """Yield the columns whose bounds a limit is, with their variable's name and the bound."""
        m = self.labelled.matrices
        for j, limits in enumerate(self.labelled.most_limits):
            if limit in limits:
                yield j, (self.labelled.name_of(m.columns[j]), float(m.col_upper[j]))
        for j, limits in enumerate(self.labelled.least_limits):
            if limit in limits:
                yield j, (self.labelled.name_of(m.columns[j]), float(m.col_lower[j]))
        for slack in self.slacks:
            if slack.limit == limit and slack.most < np.inf:
                name = self.labelled.name_of(m.columns[slack.column])
                yield slack.column, (name.replace("relief.slack", "relief_mw"), slack.most)

    def holding(
        self,
        kept: Collection[str],
        until: int,
        window: Mapping[str, tuple[int, int]] | None = None,
    ) -> Matrices:
        """Return the arrays with only some limits, each in its steps of `window`.

        What has no limit's name, how things follow, is there `until` a step; what reaches beyond
        that step is left out.
        """
        m, known = self.matrices, self.labelled
        spans = {limit: (window or {}).get(limit, (0, _FOREVER)) for limit in kept}

        def holds(limits: tuple[str, ...], first: int, last: int) -> bool:
            return all(
                limit in spans and first < spans[limit][1] and last >= spans[limit][0]
                for limit in limits
            )

        rows = [
            k
            for k, limits in enumerate(known.row_limits)
            if known.row_end[k] < until
            and (not limits or holds(limits, known.row_first[k], known.row_last[k]))
        ]
        lower, upper = self._bounds_held(holds)
        return replace(
            m,
            a=m.a if len(rows) == len(m.rows) else sparse.csc_array(m.a.tocsr()[rows, :].tocsc()),
            row_lower=m.row_lower[rows],
            row_upper=m.row_upper[rows],
            rows=[m.rows[k] for k in rows],
            col_lower=lower,
            col_upper=upper,
        )

    def _bounds_held(
        self, holds: Callable[[tuple[str, ...], int, int], bool]
    ) -> tuple[Floats, Floats]:
        """Return the bounds of columns, those of limits that do not hold let go."""
        known = self.labelled
        first, last = known.column_first, known.column_last
        lower, upper = self.matrices.col_lower.copy(), self.matrices.col_upper.copy()
        for j, limits in enumerate(known.most_limits):
            if limits and not holds(limits, first[j], last[j]):
                upper[j] = max(_PLENTY, upper[j])
        for j, limits in enumerate(known.least_limits):
            if limits and not holds(limits, first[j], last[j]):
                lower[j] = min(lower[j], known.drop_to[j])
        for slack in self.slacks:
            j = slack.column
            if not holds((slack.limit,), first[j], last[j]):
                upper[j] = min(_PLENTY, slack.most)
        return lower, upper

    def dearest_mad_per_mwh(self) -> float:
        """Return the highest price of a MWh in the plan's own cost."""
        m, hours = self.matrices, self.problem.given.horizon.hours
        dearest = 0.0
        for j in np.flatnonzero(m.cost).tolist():
            name, step = self.labelled.name_of(m.columns[j]), self.labelled.column_first[j]
            if name.endswith(("_mw", "_mwh")):
                hour = hours[step] if name.endswith("_mw") and step < len(hours) else 1.0
                dearest = max(dearest, abs(float(m.cost[j])) / float(hour))
        return dearest

    def relieved(
        self,
        prices: Mapping[str, float],
        caps: Mapping[int, float] | None = None,
        *,
        own_cost: bool,
    ) -> Matrices:
        """Return the arrays with every limit, some of which may give way at a price.

        Parameters
        ----------
        prices : mapping
            Price of the amount by which a limit gives way. [MAD per unit of its amount]
        caps : mapping, optional
            By how much at most, by column; without limit where not given.
        own_cost : bool
            Whether the plan's own cost counts too.
        """
        m = self.matrices
        cost = m.cost.copy() if own_cost else np.zeros_like(m.cost)
        upper = m.col_upper.copy()
        for slack in self.slacks:
            if slack.limit in prices:
                cost[slack.column] += prices[slack.limit] * slack.weight
                given = slack.most if caps is None else caps.get(slack.column, 0.0)
                upper[slack.column] = min(given, slack.most)
        return replace(m, cost=cost, col_upper=upper)

    def loaded(self, x: Floats) -> bool:
        """Put values into the model; return whether they do two things at once, now forbidden."""
        load_values(self.matrices, x)
        if not split(self.problem, self._splits):
            return False
        self.labelled = Labelled(self.problem, self._plain, self.names)
        return True
