"""The whole numbers of a plan, kept with its run: units on, starts, and which way of two.

With them a stored plan is a linear program again, solved in a second instead of searched for anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from models.errors import InputError
from optimizer.exclusive import split_again
from optimizer.explain.frozen import Frozen, Key, freeze, spoken
from optimizer.matrices import compile_model, load_values
from optimizer.optimum import Optimum, optimize
from optimizer.run_tables import as_written
from optimizer.schedule import read_rates
from optimizer.settle import with_integers_fixed
from optimizer.site import Problem, build_model, tie_break_mad
from optimizer.solution import Status
from optimizer.solve import run_highs
from optimizer.store import SCHEMA_VERSION, is_diagnostic, read_json, read_published, write_json

FILE = "decisions.json"
_STATUS = {status.value: status for status in Status}


@dataclass(frozen=True, kw_only=True, slots=True)
class Decisions:
    """What a plan decided in whole numbers.

    Attributes
    ----------
    whole : mapping
        Whole variables by name and index; those not named are zero.
    pairs : mapping
        1 where the first of two that exclude each other may be positive, by pair and step.
    cooling : mapping
        The line that cooling follows, by step; the last is none.
    """

    whole: Mapping[Key, float] = field(default_factory=dict)
    pairs: Mapping[tuple[str, int], int] = field(default_factory=dict)
    cooling: Mapping[int, int] = field(default_factory=dict)


def decisions_of(problem: Problem) -> Decisions:
    """Return what a solved plan decided; its model holds the values."""
    splits = problem.splits
    return Decisions(
        whole={key: float(round(v.value)) for key, v in _whole(problem) if round(v.value)},
        pairs={key: round(v.value) for key, v in splits.pairs.items()},
        cooling={
            t: int(np.argmax([v.value for v in choices])) for t, choices in splits.cooling.items()
        },
    )


def write_decisions(folder: Path, problem: Problem) -> None:
    """Write the whole numbers of a solved plan to its run folder."""
    found = decisions_of(problem)
    by_name: dict[str, list[list[Any]]] = {}
    for (name, index), value in found.whole.items():
        by_name.setdefault(name, []).append([index, value])
    content = {
        "schema_version": SCHEMA_VERSION,
        "whole": by_name,
        "pairs": [[name, t, choice] for (name, t), choice in found.pairs.items()],
        "cooling": [[t, line] for t, line in found.cooling.items()],
    }
    write_json(folder / FILE, content)


def read_decisions(folder: Path) -> Decisions | None:
    """Return the whole numbers of a run; none where it was written without.

    Raises
    ------
    InputError
        The file is no such file.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    content = read_json(path)
    with as_written(path):
        return Decisions(
            whole={
                (name, tuple(index) if isinstance(index, list) else index): float(value)
                for name, rows in content["whole"].items()
                for index, value in rows
            },
            pairs={(name, int(t)): int(choice) for name, t, choice in content["pairs"]},
            cooling={int(t): int(line) for t, line in content["cooling"]},
        )


def decide(problem: Problem, decisions: Decisions) -> None:
    """Fix the whole numbers of a freshly built model as decided, the choices that came with them.

    Raises
    ------
    InputError
        The model has other whole numbers than were decided.
    """
    _set(problem, decisions)
    for variable in [*(v for _, v in _whole(problem)), *problem.splits.binaries]:
        variable.fix(round(variable.value))


def optimum_of(run: Path) -> Optimum | None:
    """Return the optimum of a stored run, with prices, by one linear program.

    None where the run has no decisions, or they no longer give what it published.
    """
    decisions = read_decisions(run)
    if decisions is None or is_diagnostic(run):
        return None
    published, _ = read_published(run)
    problem = build_model(published.site, published.agreement, published.given)
    _set(problem, decisions)
    matrices = compile_model(problem.model)
    whole = np.flatnonzero(matrices.is_integer)
    x = np.zeros(len(matrices.columns))
    x[whole] = [matrices.columns[j].value for j in whole.tolist()]
    priced = run_highs(with_integers_fixed(matrices, x), problem.site.solver)
    if priced.x is None or priced.row_dual is None:
        return None
    load_values(matrices, priced.x)
    figures, manifest = read_json(run / "kpis.json"), read_json(run / "manifest.json")
    gap_pu = figures.get("mip_gap_pu")
    return Optimum(
        problem=problem,
        table=published.table,
        rates=read_rates(problem) if published.site.deferrable else pd.DataFrame(),
        matrices=matrices,
        priced=priced,
        objective_mad=priced.objective - tie_break_mad(problem),
        mip_gap_pu=np.inf if gap_pu is None else float(gap_pu),
        status=_STATUS.get(str(manifest.get("status")), Status.OPTIMAL),
        interrupted_by=manifest.get("interrupted_by"),
        log="",
        timings_s=dict(priced.timings_s),
        solver=dict(manifest.get("solver", {})),
    )


def _set(problem: Problem, decisions: Decisions) -> None:
    """Write decisions into a model, with the choices that came with them."""
    left = dict(decisions.whole)
    for key, variable in _whole(problem):
        variable.set_value(left.pop(key, 0.0), skip_validation=True)
    try:
        split_again(problem, decisions.pairs, decisions.cooling)
    except (KeyError, IndexError) as error:
        left[str(error), None] = 0.0
    if left:
        what = f"{FILE}: {spoken(next(iter(left)))} is nothing of this plan"
        raise InputError([f"{what}. Give a whole run folder, or leave whole numbers free."])


def _whole(problem: Problem) -> list[tuple[Key, Any]]:
    """Return the whole variables of a model, but for the choices added while solving."""
    added = {id(choice) for choice in problem.splits.binaries}
    return [
        ((part.name, index), variable)
        for part in problem.model.component_objects(pyo.Var, descend_into=True, active=True)
        for index, variable in part.items()
        if variable.is_integer() and id(variable) not in added
    ]


def frozen_of(run: Path) -> Frozen:
    """Return the linear program of a stored run with its prices; a run without decisions is solved.

    Raises
    ------
    InputError
        The run folder can't be read, or it has no prices.
    """
    optimum = optimum_of(run)
    if optimum is None:
        published, _ = read_published(run, is_elastic=is_diagnostic(run))
        optimum = optimize(build_model(published.site, published.agreement, published.given))
    return freeze(optimum)
