"""A model as arrays in which each row and bound has the name of the limits it belongs to.

Slack columns let a limit give way: what the least-shortfall model has where the plan has none (work
missed, load unserved, clauses broken), and a copy of a column, or an entry in a row, where a part's
own limit may be moved. None of it is allowed at first, and none is priced.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyomo.environ as pyo
from pyomo.core.base.component import ComponentData
from scipy import sparse

from optimizer.interventions import cut_bounds
from optimizer.limits import PINNED, Names
from optimizer.matrices import Floats, Matrices, compile_model
from optimizer.site import Problem, tie_break_terms
from optimizer.workloads.jobs_rules import LOST_MAD_PER_MWH

_NOT_BY_STEP = (
    *("short", "left_mwh", "missed_mwh", "missed_h", "shortfall_mwh", "_excess_mwh"),
    *("extra_mwh", "sla_excess_mwh"),
)
_NO_STEP = -1
COPIED = ("most that can be drawn",)  # limits of a column that more of the same may exceed
_MOVED = ("fuel", "most running hours", "most starts", "most energy to be drawn")  # limits of rows
ENERGY_AT_END = "energy at the end"
OVERHEAD = "fixed overhead"


@dataclass(frozen=True, slots=True)
class Slack:
    """A column by which a limit gives way, from zero upwards."""

    limit: str
    column: int
    weight: float  # hours of its step where the column is a power, else 1
    most: float  # what it may give


@dataclass(frozen=True, slots=True)
class _Copy:
    """A slack column to be added: a column once more, or an entry in a row."""

    limit: str
    column: int | None
    row: int | None
    sign: float
    weight: float
    most: float = np.inf


class Labelled:
    """The arrays of a least-shortfall model, with its limits by name.

    Attributes
    ----------
    row_limits, most_limits, least_limits : list of tuple
        The limits a row, an upper and a lower bound need: it is gone without any one of them.
    slacks : list of Slack
        All columns by which limits give way.
    row_first, row_last, column_first, column_last : array
        The steps each row and column is about.
    row_end : array
        The last step a row touches.
    """

    def __init__(self, elastic: Problem, plain: pyo.ConcreteModel, names: Names) -> None:
        self.problem, self.names = elastic, names
        self._plain = plain
        self._base = compile_model(elastic.model)
        self._names: dict[int, str] = {}  # by component, of which each has many rows or columns
        self._name_rows()
        self._name_columns()
        copies = list(self._copies())
        model = elastic.model
        if model.component("relief") is None:
            model.relief = pyo.Block()
            model.relief.slack = pyo.Var(range(len(copies)))
        self.matrices = self._with_copies(copies)
        count = self._base.a.shape[1]
        self.slacks += [Slack(c.limit, count + k, c.weight, c.most) for k, c in enumerate(copies)]
        self._find_steps(copies)

    def name_of(self, part: ComponentData) -> str:
        """Return the name of the indexed component a row or column is of."""
        component = part.parent_component()
        return self._names.setdefault(id(component), component.name)

    def _name_rows(self) -> None:
        """Note the limits each row needs."""
        m = self._base
        side = np.where(
            m.row_lower == m.row_upper, "==", np.where(m.row_upper < np.inf, "<=", ">=")
        )
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        self.row_limits = []
        for (row, _), sign in zip(m.rows, side.tolist(), strict=True):
            key = self.name_of(row), sign
            if key not in found:
                found[key] = self.names.rows(*key)
            self.row_limits.append(found[key])

    def _name_columns(self) -> None:
        """Note the limits each bound needs, and which columns are slack."""
        m, hours = self._base, self.problem.given.horizon.hours
        cut = cut_bounds(self.problem.site, self.problem.given)
        self.most_limits: list[tuple[str, ...]] = [()] * len(m.columns)
        self.least_limits: list[tuple[str, ...]] = [()] * len(m.columns)
        self.slacks: list[Slack] = []
        self.spill: list[int] = []  # slack that is never allowed
        self.drop_to = np.zeros(len(m.columns))  # a lower bound that is left out
        for j, variable in enumerate(m.columns):
            name = self.name_of(variable)
            if self._is_slack(variable, name):
                limit = self.names.slack(name)
                if limit is None:
                    self.spill.append(j)
                    continue
                weight = self._weight(variable, name, hours)
                if name.endswith("lost_count"):  # a job counts for its energy
                    weight = float(m.cost[j]) / LOST_MAD_PER_MWH
                self.slacks.append(Slack(limit, j, weight, float(m.col_upper[j])))
                continue
            if m.col_upper[j] < np.inf:
                out = cut.get((name, variable.index()))
                self.most_limits[j] = (
                    (out,)
                    if out
                    else self.names.most(name, is_whole=bool(m.is_integer[j]), bound=m.col_upper[j])
                )
            if m.col_lower[j] > 0:
                self.least_limits[j] = self.names.least(name)
        self._name_last_energy()

    def _name_last_energy(self) -> None:
        """Give what a battery must hold at the end a name of its own."""
        m, steps = self._base, self.problem.given.horizon.steps
        places = {id(v): j for j, v in enumerate(m.columns)}
        for battery in self.problem.site.battery.values():
            last = self.problem.block(battery).energy_mwh[steps[-1]]
            j = places.get(id(last))
            if j is None:
                continue
            if battery.energy_final_min_mwh is not None:
                self.least_limits[j] = (f"{battery.name}: {ENERGY_AT_END}",)
                least = self.problem.given.column(f"{battery.name}_energy_min_mwh")
                self.drop_to[j] = max(battery.low_mwh, float(least[-1]))
            if battery.energy_final_max_mwh is not None:
                self.most_limits[j] = (f"{battery.name}: most {ENERGY_AT_END}",)

    def _is_slack(self, variable: ComponentData, name: str) -> bool:
        """Return whether the plan's own model lacks a variable."""
        own = self._plain.find_component(name)
        if own is None:
            return not name.startswith(("either_or", "cooling.is_line"))
        if variable.index() not in own:
            return True
        is_shut = "missed" in name and own[variable.index()].ub == 0  # there, but not allowed
        return bool(is_shut and variable.ub != 0)

    def _weight(self, variable: ComponentData, name: str, hours: Floats) -> float:
        """Return the amount a unit of slack is: a power counts for its hours."""
        owner, _, what = name.partition(".")
        index = variable.index()
        clause = self.names.clauses.get(owner)
        if clause is not None and what == "short":
            return float(clause.weights([index], self.problem.given)[0])
        step = index[-1] if isinstance(index, tuple) else index
        return float(hours[step]) if what.endswith("_mw") and step in range(len(hours)) else 1.0

    def _copies(self) -> Iterator[_Copy]:
        """Yield the slack to be added for limits of parts that a planner may move."""
        hours = self.problem.given.horizon.hours
        for j, limits in enumerate(self.most_limits):
            if len(limits) == 1 and limits[0].endswith(COPIED):
                step = self._base.columns[j].index()
                yield _Copy(limits[0], j, None, 1.0, float(hours[step]))
        for j, limits in enumerate(self.least_limits):
            if limits and limits[0].endswith(ENERGY_AT_END):
                most = float(self._base.col_lower[j] - self.drop_to[j])
                yield _Copy(limits[0], j, None, -1.0, 1.0, most)
        yield from self._overhead()
        for k, limits in enumerate(self.row_limits):
            pinned = len(limits) == 1 and limits[0].startswith(PINNED)
            if pinned or (len(limits) == 1 and limits[0].partition(": ")[2] in _MOVED):
                row = self._base.rows[k][0]
                by_hour = pinned and self.name_of(row).endswith("_mw")
                weight = float(hours[row.index()]) if by_hour else 1.0
                if self._base.row_upper[k] < np.inf:
                    yield _Copy(limits[0], None, k, -1.0, weight)
                if self._base.row_lower[k] > -np.inf:
                    yield _Copy(limits[0], None, k, 1.0, weight)

    def _overhead(self) -> Iterator[_Copy]:
        """Yield slack for what the facility draws without any load."""
        most = self.problem.site.facility.fixed_overhead_mw
        spilt = self._base.a[:, self.spill].tocoo() if most else None
        if spilt is None:
            return
        for k, value in zip(spilt.coords[0].tolist(), spilt.data.tolist(), strict=True):
            row = self._base.rows[k][0]
            if self.name_of(row) == "bus.balance":
                step = float(self.problem.given.horizon.hours[row.index()])
                yield _Copy(f"facility: {OVERHEAD}", None, k, -value, step, most)

    def _with_copies(self, copies: list[_Copy]) -> Matrices:
        """Return the arrays with all slack in them, none of it allowed, and none priced."""
        m = self._base
        whole = [k for k, copy in enumerate(copies) if copy.column is not None]
        entries = m.a.tocsc()[:, [copies[k].column for k in whole]].tocoo()
        kept = [
            copies[whole[k]].limit not in self.row_limits[row]
            for row, k in zip(*entries.coords, strict=True)
        ]
        parts = [k for k, copy in enumerate(copies) if copy.row is not None]
        places = np.array(whole, dtype=int)[entries.coords[1][kept]], np.array(parts, dtype=int)
        signs = np.array([copy.sign for copy in copies])
        added = sparse.coo_array(
            (
                np.concatenate([entries.data[kept] * signs[places[0]], signs[places[1]]]),
                (
                    np.concatenate([entries.coords[0][kept], [copies[k].row for k in parts]]),
                    np.concatenate(places),
                ),
            ),
            shape=(len(m.rows), len(copies)),
        )
        costs = [0.0 if c.column is None else c.sign * float(m.cost[c.column]) for c in copies]
        nothing = np.zeros(len(copies))
        cost, upper = np.append(m.cost, costs), np.append(m.col_upper, nothing)
        ties, variables = tie_break_terms(self.problem)
        column_of = {id(v): j for j, v in enumerate(m.columns)}
        for weight, variable in zip(ties, variables, strict=True):
            if id(variable) in column_of:
                cost[column_of[id(variable)]] -= weight
        unpriced = [*self.spill, *(slack.column for slack in self.slacks)]
        cost[unpriced], upper[unpriced] = 0.0, 0.0
        return replace(
            m,
            cost=cost,
            a=sparse.csc_array(sparse.hstack([m.a, added], format="csc")),
            col_lower=np.append(m.col_lower, nothing),
            col_upper=upper,
            is_integer=np.append(m.is_integer, nothing.astype(bool)),
            columns=[*m.columns, *self.problem.model.relief.slack.values()],
        )

    def _find_steps(self, copies: list[_Copy]) -> None:
        """Note the first and the last step of every row and column; spans where it is a window."""
        m, steps = self.matrices, self.problem.given.horizon.steps
        at = np.array([self._step_of(variable, steps) for variable in m.columns])
        for j, copy in enumerate(copies, start=len(self._base.columns)):
            at[j] = _NO_STEP if copy.column is None else at[copy.column]
        by_row = m.a.tocsr()
        count = len(m.rows)
        self.row_first, self.row_last = np.full(count, len(steps)), np.full(count, _NO_STEP)
        for k in range(count):
            found = at[by_row.indices[by_row.indptr[k] : by_row.indptr[k + 1]]]
            found = found[found >= 0]
            if found.size:
                self.row_first[k], self.row_last[k] = found.min(), found.max()
        self.row_end = self.row_last.copy()
        self._narrow_rows(steps)
        self.column_first, self.column_last = at.copy(), at.copy()
        for j in np.flatnonzero(at < 0).tolist():
            inside = m.a.indices[m.a.indptr[j] : m.a.indptr[j + 1]]
            if inside.size:
                self.column_first[j] = self.row_first[inside].min()
                self.column_last[j] = self.row_last[inside].max()

    def _narrow_rows(self, steps: range) -> None:
        """Set rows that are indexed by step to their step: the last they touch, in all of them."""
        groups: dict[int, list[tuple[int, int]]] = {}
        for k, (row, _) in enumerate(self.matrices.rows):
            index = row.index()
            step = index[-1] if isinstance(index, tuple) else index
            is_step = isinstance(step, int) and step in steps
            groups.setdefault(id(row.parent_component()), []).append((k, step if is_step else -1))
        for group in groups.values():
            places, own = (np.array(part) for part in zip(*group, strict=True))
            touched = self.row_last[places]
            if ((own == touched) | ((touched == _NO_STEP) & (own >= 0))).all():
                self.row_first[places] = self.row_last[places] = own
        nowhere = self.row_last == _NO_STEP  # then it is about the whole plan
        self.row_first[nowhere], self.row_last[nowhere] = 0, len(steps) - 1

    def _step_of(self, variable: ComponentData, steps: range) -> int:
        """Return the step of a variable, or -1."""
        index = variable.index()
        step = index[-1] if isinstance(index, tuple) else index
        name = self.name_of(variable)
        if name.endswith(_NOT_BY_STEP) or name.startswith("relief."):
            return _NO_STEP
        return step if isinstance(step, int) and step in steps else _NO_STEP
