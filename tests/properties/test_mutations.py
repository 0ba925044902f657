"""Mutants of the formulation and of the audit, each made, run and caught.

A mutant of the formulation is caught by the audit, which names what is wrong, or by an optimum
worked out by hand. A mutant of the audit is caught by a tampered table whose breach it no longer
names, or by the alarm it raises over a clean plan. Those that can't be caught are listed last,
with the reason why they are no faults.
"""

import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import optimizer as dk
from optimizer.audit import Published, audit
from optimizer.errors import AuditFailed, DakhlaError
from tests.properties import audit_mutants, known_optima, model_mutants

ROUGH_GAP_PU = 0.05
Plants = dict[str, Callable[[], tuple[dict[str, Any], float]]]


def mutate(patch: pytest.MonkeyPatch, where: str, old: str, new: str) -> None:
    """Put a changed copy of a function in its place, wherever it has been imported."""
    module = importlib.import_module(where.partition(":")[0])
    *owner_names, name = where.partition(":")[2].split(".")
    owner = getattr(module, owner_names[0]) if owner_names else module
    original = vars(owner)[name]
    source = textwrap.dedent(inspect.getsource(original))
    assert source.count(old) == 1, f"{where}: {old!r} stands there {source.count(old)} times"
    made: dict[str, Any] = {}
    exec(compile(source.replace(old, new), f"<mutant of {where}>", "exec"), vars(module), made)
    patch.setattr(owner, name, made[name])
    if owner is module:
        for other in [m for key, m in sys.modules.items() if key.startswith("optimizer.")]:
            if getattr(other, name, None) is original:
                patch.setattr(other, name, made[name])


def outcome(asked: dict[str, Any], least_mad: float) -> str:
    """Return what is wrong with a plan: what the audit or the solver says, or its cost."""
    try:
        plan = dk.plan(**asked)
    except AuditFailed as error:
        return str(error)
    except DakhlaError as error:
        return f"{type(error).__name__}: {error}"
    is_least = plan.objective_mad == pytest.approx(least_mad, rel=1e-4, abs=1e-3)
    return "" if is_least else f"optimum {plan.objective_mad:.2f}, not {least_mad:.2f}"


@pytest.fixture(scope="module")
def plants(
    rich_asked: dict[str, Any],
    rich_plan: dk.Plan,
    tmp_path_factory: pytest.TempPathFactory,
) -> Plants:
    path: Path = tmp_path_factory.mktemp("cohorts") / "jobs.csv"
    path.write_text(known_optima.COHORT, encoding="utf-8")
    found: Plants = {case.__name__: case for case in known_optima.CASES}
    return found | {
        "jobs": known_optima.jobs(str(path)),
        "rich": lambda: (rich_asked, rich_plan.objective_mad),
    }


def test_every_known_optimum_is_found(plants: Plants) -> None:
    """Proves the yardsticks: unmutated, each plant costs what was worked out by hand."""
    assert {name: said for name, case in plants.items() if (said := outcome(*case()))} == {}


def names(mutants: tuple[Any, ...]) -> list[str]:
    return [f"{m.where}: {m.new}" for m in mutants]


@pytest.mark.parametrize("mutant", model_mutants.MUTANTS, ids=names(model_mutants.MUTANTS))
def test_a_mutant_of_the_formulation_is_caught(
    mutant: model_mutants.Mutant, plants: Plants, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves the named plant gives it away, in the words the list expects."""
    asked, least_mad = plants[mutant.plant]()
    mutate(monkeypatch, mutant.where, mutant.old, mutant.new)
    assert mutant.says in outcome(roughly(asked, mutant), least_mad)


def roughly(asked: dict[str, Any], mutant: model_mutants.Mutant) -> dict[str, Any]:
    """Return what is asked, with a wide gap where it is the audit that speaks: any plan will do."""
    if mutant.says.startswith("optimum") or not isinstance(asked["site"], dk.Site):
        return asked
    solver = asked["site"].solver.model_copy(update={"mip_gap_pu": ROUGH_GAP_PU})
    return asked | {"site": asked["site"].model_copy(update={"solver": solver})}


@pytest.mark.parametrize("mutant", model_mutants.EQUIVALENT, ids=names(model_mutants.EQUIVALENT))
def test_a_mutant_that_is_none_changes_nothing(
    mutant: model_mutants.Mutant, plants: Plants, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves the survivors are listed as such: each has its reason in the list."""
    asked, least_mad = plants[mutant.plant]()
    mutate(monkeypatch, mutant.where, mutant.old, mutant.new)
    assert outcome(asked, least_mad) == "", mutant.says


def tampered(published: Published, cells: tuple[tuple[str, int, float], ...]) -> Published:
    """Return what is published with other values in some cells of the table or its inputs."""
    table, given = published.table.copy(), published.given
    for column, step, value in cells:
        if column == "objective":
            published = replace(published, objective_mad=published.objective_mad + value)
        elif column == "rate":
            rates = given.rates.copy()
            rates.loc[step, "run_mw"] = value
            given = replace(given, rates=rates)
        elif column.startswith("state "):
            name, quantity = column.split()[1:]
            rows = list(given.state.rows)
            at = [k for k, r in enumerate(rows) if (r.name, r.quantity) == (name, quantity)][step]
            rows[at] = replace(rows[at], value=value)
            given = replace(given, state=replace(given.state, rows=tuple(rows)))
        else:
            table.iloc[step, table.columns.get_loc(column)] = value
    return replace(published, table=table, given=given)


def rules_broken(published: Published) -> set[str]:
    return {breach.rule for breach in audit(published)}


@pytest.mark.parametrize("mutant", audit_mutants.MUTANTS, ids=names(audit_mutants.MUTANTS))
def test_a_mutant_of_the_audit_is_caught(
    mutant: audit_mutants.Mutant, rich_plan: dk.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves a table gives it away: a breach it no longer names, or an alarm over a clean plan."""
    problem = rich_plan.optimum.problem
    clean = Published(
        table=rich_plan.schedule,
        site=problem.site,
        agreement=problem.agreement,
        given=problem.given,
        objective_mad=rich_plan.objective_mad,
    )
    shown = tampered(clean, mutant.cells)
    is_named = mutant.rule in rules_broken(shown)
    assert is_named == bool(mutant.cells)
    mutate(monkeypatch, mutant.where, mutant.old, mutant.new)
    assert (mutant.rule in rules_broken(shown)) != is_named
