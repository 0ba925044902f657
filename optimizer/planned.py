"""An audited plan as callers hold it: the published table, key figures, prices, and the model."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyomo.environ as pyo

from optimizer.audit import Published, audit, clause_rows
from optimizer.binding import binding
from optimizer.certificate import breach_report
from optimizer.changes import Changes, changes
from optimizer.errors import AuditFailed
from optimizer.kpis import kpis
from optimizer.optimum import Optimum
from optimizer.phrases import joined, number, phrase
from optimizer.robustness import Robustness, robustness
from optimizer.softened import amounts
from optimizer.solution import Status
from optimizer.store import write_text
from optimizer.templates import make_plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    robustness : Robustness or None
        How the plan, held fixed, stands up to the scenarios of its forecast, if it has one.
    changes : Changes or None
        What a plan made again within the day changes, and why.
    """

    schedule: pd.DataFrame
    kpis: dict[str, dict[str, float]]
    binding: pd.DataFrame
    clauses: list[dict[str, Any]]
    optimum: Optimum
    timings_s: dict[str, float]
    run_dir: Path | None = None
    softened: tuple[dict[str, Any], ...] = ()
    robustness: Robustness | None = None
    changes: Changes | None = None

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
        sentences = [clause["sentence"] for clause in self.clauses]
        for row in self.binding.head(8).itertuples():
            values = {
                "limit": row.limit,
                "count": number(float(str(row.step_count)), ".0f"),
                "mad": number(float(str(row.worth_mad))),
            }
            sentences.append(
                phrase(
                    "{limit} binds in {count} steps; one unit more in each is worth {mad} MAD.",
                    values,
                )
            )
        return joined("\n", sentences)

    def plot(self, what: str | Sequence[str] = "balance", hours: float | None = 48.0) -> "Figure":
        """Return a matplotlib figure: balance, storage, compute, grid, prices, clauses or all.

        `hours` from the plan's start are drawn; None: all of it. See
        `optimizer.report.figures.plan_figure`.
        """
        found: Figure = _drawing("figures").plan_figure(self, what, hours)
        return found

    def to_html(
        self,
        path: str | Path | None = None,
        *,
        is_resolved: bool = False,
        has_what_if: bool = True,
        language: str = "en",
    ) -> str:
        """Return the day's page as HTML, written to `path` if that is given.

        With `is_resolved` all is solved again for its explanation; with `has_what_if` the page
        carries a solver. Its first language is ``en`` or ``fr``.
        """
        text: str = _drawing("plan_page").plan_html(
            self, is_resolved=is_resolved, has_what_if=has_what_if, language=language
        )
        if path is not None:
            write_text(Path(path), text)
        return text

    def _repr_html_(self) -> str:
        """Return what Jupyter shows."""
        found: str = _drawing("figures").html_summary(self)
        return found


def _drawing(name: str) -> ModuleType:
    """Return a module that draws: loaded when asked for, so that a plan waits for none."""
    return importlib.import_module(f"optimizer.report.{name}")


def published_of(optimum: Optimum) -> Published:
    """Return what the optimum will publish."""
    problem = optimum.problem
    return Published(
        table=optimum.table,
        site=problem.site,
        agreement=problem.agreement,
        given=problem.given,
        objective_mad=optimum.objective_mad,
    )


def plan_of(published: Published, optimum: Optimum, *, is_audited: bool) -> Plan:
    """Return the plan of a published table, after its audit."""
    if is_audited and (found := audit(published)):
        raise AuditFailed(breach_report(found))
    power, base = optimum.problem.provenance.power, optimum.problem.provenance.base
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
        robustness=(
            robustness(published, power.scenarios, power.weights)
            if power is not None and is_audited
            else None
        ),
        changes=None if base is None else changes(base, published),
    )


def exit_code(plan: Plan) -> int:
    """Return the exit code of a finished plan: 0 fresh, 3 softened or degraded, 130/143 stopped."""
    if plan.optimum.interrupted_by:
        return 128 + plan.optimum.interrupted_by
    is_solved = plan.optimum.status is Status.OPTIMAL and not plan.softened
    return 0 if is_solved and not plan.optimum.problem.provenance.is_degraded else 3
