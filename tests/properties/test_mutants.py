"""Mutants of formulation and audit: each is a wrong program, and something must say so.

A mutant is one method with one snippet of its source replaced. A mutated formulation is caught if
the audit refuses its plan, if it finds no plan, or if it misses the known optimum of the rich
site. A mutated audit is caught if it judges a clean or a tampered table otherwise
than the true one.

Limits that do not bind on the rich site (window of the battery, month's peak, contract, share,
quota) have their mutants caught by their golden LP and their unit tests instead.
"""

import importlib
import inspect
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer as dk
from optimizer.audit import Published, audit
from optimizer.errors import AuditFailed, Infeasible, SolverGaveNothing
from tests.properties import rich_site

SAME_PU = 1e-7


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One method of one class, and the snippet that is wrong in it."""

    at: str  # module, class and method
    old: str
    new: str

    def install(self, patch: pytest.MonkeyPatch) -> None:
        module_name, owner, method = self.at.rsplit(".", 2)
        module = importlib.import_module(module_name)
        source = inspect.getsource(module)
        start = source.index(f"    def {method}(")
        assert self.old in source[start:], self.old
        place = source.index(self.old, start)
        wrong = source[:place] + self.new + source[place + len(self.old) :]
        other = types.ModuleType(module_name)
        other.__dict__.update(__name__=module_name, __file__=module.__file__)
        exec(compile(wrong, "mutant", "exec"), other.__dict__)
        patch.setattr(getattr(module, owner), method, vars(getattr(other, owner))[method])


def formulation(at: str, old: str, new: str) -> Mutant:
    return Mutant(at=f"optimizer.{at}", old=old, new=new)


FORMULATIONS = [
    formulation("assets.battery.Battery.add_to", "gain * b.charge_mw[t]", "b.charge_mw[t]"),
    formulation("assets.battery.Battery.add_to", "loss * b.discharge_mw[t]", "b.discharge_mw[t]"),
    formulation("assets.battery.Battery.add_to", "+ step_h[t] * (in_mw", "+ (in_mw"),
    formulation("assets.battery.Battery.to_bus_mw", "- block.charge_mw[t]", ""),
    formulation("assets.battery.Battery.deliverable_mwh", "- self.low_mwh", ""),
    formulation("assets.grid.Grid.to_bus_mw", "- block.export_mw[t]", ""),
    formulation("assets.genset.Genset._add_units", "high_mw * b.on_count[t]", "high_mw * count"),
    formulation("assets.genset.Genset._add_units", ">= low_mw * b.on_count[t]", ">= 0"),
    formulation("assets.genset.Genset._add_tank", "- burnt_l", ""),
    formulation("workloads.firm.Firm.it_mw", "- sum(", "- 2 * sum("),
    formulation(
        "workloads.deferrable.Deferrable.it_mw", "block.run_mw[t]", "0.5 * block.run_mw[t]"
    ),
    formulation("assets.cooling.Cooling.add_lines", "+ slope[t] * heat_mw(t)", ""),
    formulation("assets.renewable.Renewable.to_bus_mw", "block.used_mw[t]", "2 * block.used_mw[t]"),
    formulation(
        "agreement.import_cap.ImportCap.add_to",
        "<= self.import_max_mw",
        "<= 2 * self.import_max_mw",
    ),
    formulation("agreement.ride_through.RideThrough.required_mwh", "+ self.autonomy_h", ""),
]
AUDITS = [
    formulation("assets.battery_rules.BatteryRules.rules", "self.low_mwh - energy", "energy * 0"),
    formulation("assets.battery_rules.BatteryRules._replayed", "* self.charge_efficiency_pu", ""),
    formulation("assets.grid.Grid.rules", 'drawn - own["import_max_mw"]', "drawn * 0"),
    formulation("assets.genset_rules.GensetRules._unit_rules", "on - before", "start - stop"),
    formulation("assets.genset_rules.GensetRules.rules", "self.fuel_l_per_mwh", "0"),
    formulation("assets.renewable.Renewable.rules", '-own["used_mw"]', '0 * own["used_mw"]'),
    formulation("workloads.firm.Firm.rules", "unequal(served, left)", "0 * served"),
    formulation(
        "workloads.training_rules.TrainingRules.rules", "unequal(work, expected)", "0 * work"
    ),
]


def label(mutant: Mutant) -> str:
    return f"{mutant.at.rsplit('.', 2)[1]}: {mutant.old} -> {mutant.new or 'nothing'}"


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dk.Plan]:
    """Return what is asked, and its true plan."""
    folder: Path = tmp_path_factory.mktemp("rich")
    asked = rich_site.asked(folder)
    return asked, dk.plan(**asked)


def published(plan: dk.Plan, table: pd.DataFrame) -> Published:
    problem = plan.optimum.problem
    return Published(
        table=table,
        site=problem.site,
        agreement=problem.agreement,
        given=problem.given,
        objective_mad=plan.objective_mad,
    )


def judgements(plan: dk.Plan) -> list[list[str]]:
    """Return what the audit says of the true table, and of one with each column made wrong."""
    tables = [plan.schedule]
    for column in plan.schedule.columns:
        for wrong in (plan.schedule[column] * 1.5 + 7.0, plan.schedule[column] - 1000.0):
            tables.append(plan.schedule.assign(**{column: wrong}))
    return [sorted({breach.rule for breach in audit(published(plan, t))}) for t in tables]


@pytest.mark.parametrize("mutant", FORMULATIONS, ids=label)
def test_a_wrong_formulation_is_caught(
    mutant: Mutant, truth: tuple[dict[str, Any], dk.Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves the audit, or the known optimum, says that the program is wrong."""
    asked, plan = truth
    mutant.install(monkeypatch)
    try:
        found = dk.plan(**asked).objective_mad
    except (AuditFailed, Infeasible, SolverGaveNothing):
        return
    assert found != pytest.approx(plan.objective_mad, rel=SAME_PU)


@pytest.fixture(scope="module")
def true_judgements(truth: tuple[dict[str, Any], dk.Plan]) -> list[list[str]]:
    found = judgements(truth[1])
    assert found[0] == []
    return found


@pytest.mark.parametrize("mutant", AUDITS, ids=label)
def test_a_wrong_audit_is_caught(
    mutant: Mutant,
    truth: tuple[dict[str, Any], dk.Plan],
    true_judgements: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Proves that tampered tables tell a wrong rule from the true one."""
    mutant.install(monkeypatch)
    assert judgements(truth[1]) != true_judgements
