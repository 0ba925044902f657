"""Why a plan is infeasible and what would mend it, as a planner reads it: the clash, the ways out.

Also what the least-shortfall schedule lacks, which is written beside the runs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.asking import Asking, asking
from optimizer.audit import Published, clauses_in_force
from optimizer.clash import Clash, find_clash
from optimizer.conflict import conflict
from optimizer.elastic import Elastic
from optimizer.errors import Infeasible
from optimizer.matrices import Floats, compile_model
from optimizer.site import Problem
from optimizer.ways_out import Lost, WayOut, sovereign_shortfall, ways_out

_ROWS_SHOWN = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Reasons:
    """The smallest clash, the ways out of it, and what the sovereign load would lose else."""

    clash: Clash
    ways: tuple[WayOut, ...]
    lost: Lost | None  # none where nothing of it need be lost, or nothing helps

    def text(self) -> str:
        """Return all of it in sentences."""
        lines = ["No schedule keeps all of these at once:"]
        lines += [f"  {member}" for member in self.clash.members]
        if not self.clash.is_smallest:
            lines.append("  (There was no time to prove that each of them is needed.)")
        if self.ways:
            lines.append("Ways out, each checked by solving again:")
            lines += [f"  {number}. {way}." for number, way in enumerate(self.ways, start=1)]
        return "\n".join([*lines, self._verdict()])

    def _verdict(self) -> str:
        """Return what the program may do by itself."""
        if self.ways and self.ways[0].is_taken:
            return "`dakhla plan --soften` takes the first and marks the schedule so."
        refusal = "Refused: no clause, contract or other load that gives way is enough"
        if self.lost is None or not self.lost.given_up:
            return f"{refusal}."
        lost = "; ".join(one.short_of() for one in self.lost.given_up)
        return f"{refusal}.\nThe sovereign load, which is never given up, lacks at least {lost}."

    def details(self) -> dict[str, Any]:
        """Return the same as tables of a JSON file."""
        members = [
            {"limit": one.limit, "value": one.value, "hours": one.hours}
            for one in self.clash.members
        ]
        return {
            "members": members,
            "is_smallest": self.clash.is_smallest,
            "ways_out": [way.as_json() for way in self.ways],
            "sovereign_lost": [one.as_json() for one in self.lost.given_up] if self.lost else [],
        }


def reasons(problem: Problem) -> Reasons | None:
    """Return why a problem is infeasible; None where its own limits don't clash."""
    with asking(problem.site.solver) as ask:
        elastic = Elastic(problem)
        clash = find_clash(elastic, ask)
        if clash is None:
            return None
        ways = ways_out(elastic, clash.limits, ask)
        is_refused = not any(way.is_taken for way in ways)
        lost = sovereign_shortfall(elastic, ask) if is_refused else None
        return Reasons(clash=clash, ways=tuple(ways), lost=lost)


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """An error that says its reasons, and what the sovereign load must lose [MW by step]."""

    error: Infeasible
    lost_mw: Mapping[str, Floats] = field(default_factory=dict)  # by load; none where unknown
    is_refused: bool = True  # nothing the program may do by itself helps


def explained(problem: Problem, error: Infeasible) -> Explained:
    """Return an error of `problem` with its reasons; of a model of one's own, with its rows."""
    found = reasons(problem)
    if found is not None:
        names = [str(member) for member in found.clash.members]
        steps = len(problem.given.horizon.steps)
        nothing = {p.name: np.zeros(steps) for p in problem.site.firm.values() if p.is_sovereign}
        is_refused = not any(way.is_taken for way in found.ways)
        lost_mw = found.lost.by_step_mw if found.lost else {} if is_refused else nothing
        told = Infeasible(found.text(), names, details=found.details())
        return Explained(error=told, lost_mw=lost_mw, is_refused=is_refused)
    if error.names:
        return Explained(error=error)
    with asking(problem.site.solver) as ask:
        rows = _rows(problem, ask)
    lines = [f"  {row}" for row in rows[:_ROWS_SHOWN]]
    more = [f"  and {len(rows) - _ROWS_SHOWN} more"] if len(rows) > _ROWS_SHOWN else []
    head = ["No schedule keeps all of these rows and bounds of the model at once:"]
    text = "\n".join([*head, *lines, *more])
    return Explained(error=Infeasible(text, rows) if rows else error)


def _rows(problem: Problem, ask: Asking) -> list[str]:
    """Return rows and bounds of the model that clash; lower bounds of zero can't be moved."""
    names = conflict(compile_model(problem.model), ask.left(), ask.stop)
    return [name for name in names if not name.endswith(">= 0")]


def shortfalls(published: Published) -> list[str]:
    """Return what a diagnostic schedule lacks, one sentence each, largest first."""
    table = published.table
    lines = [*_lost_load(published), *_lost_work(published)]
    for clause in clauses_in_force(published):
        if (bought := clause.bought(table, published.given)) > 1e-3:
            lines.append(f"Art. {clause.article} ({clause.kind}): broken by {bought:.1f}.")
    return lines or ["no shortfall of load: the limits clash among themselves"]


def _lost_load(published: Published) -> Iterator[str]:
    """Yield what firm loads lack."""
    table, hours = published.table, published.given.horizon.hours
    for part in published.site.firm.values():
        lost = table[f"{part.name}_unserved_mw"]
        if (energy := float((lost * hours).sum())) > 1e-3:
            first = lost.index[lost > 1e-4][0]
            yield (
                f"{part.name}: {energy:.1f} MWh unserved, at most {lost.max():.1f} MW, "
                f"first at {first:%Y-%m-%d %H:%M}Z."
            )


def _lost_work(published: Published) -> Iterator[str]:
    """Yield what all other workloads lack."""
    table, hours = published.table, published.given.horizon.hours
    for work in published.site.fleet(("deferrable", "jobs", "interruptible")):
        if (missed := float(table[f"{work.name}_missed_mwh"].sum())) > 1e-3:
            yield f"{work.name}: {missed:.1f} MWh of work missed."
    for quota in published.site.quota.values():
        if (short := float((table[f"{quota.name}_short_mw"] * hours).sum())) > 1e-3:
            yield f"{quota.name}: its floor lacks {short:.1f} MWh."
    for fleet in published.site.training.values():
        mad = fleet.bill(fleet.own(table), published.given).get("shortfall", 0.0)
        if mad > 1.0:
            yield f"{fleet.name}: contracted work falls short (cost {mad:,.0f} MAD)."
