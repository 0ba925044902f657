"""The what-if data of a page: the day's model as arrays, its levers, and what is shown of it."""

import base64
import gzip
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from optimizer.errors import ModelError
from optimizer.exclusive import exclusive_pairs
from optimizer.explain.change import scene_of
from optimizer.explain.frozen import Frozen, Key, keys, spoken
from optimizer.optimum import Optimum
from optimizer.phrases import LANGUAGES, phrase, said
from optimizer.site import Problem, active_clauses, tie_break_terms
from optimizer.terminal_words import clause_words, owner_words
from optimizer.what_if.day_model import DayModel, day_model
from optimizer.what_if.levers import Lever
from optimizer.what_if.numbers import Shape
from optimizer.what_if.shown import emission_kg, shown

COLUMNS_MAX = 60_000  # decision: a week of quarter hours has 24,000, and makes 2.3 MB of a page
GAP_PU = 1e-7  # of a mixed-integer solve on the page and of the one it is compared with
_TYPES = {"f": "f8", "i": "i4", "b": "u1"}  # how arrays travel: little-endian


def what_if_data(frozen: Frozen, run: str) -> dict[str, Any]:
    """Return what a page needs to change the day's model and solve it anew.

    Parameters
    ----------
    frozen : Frozen
        The plan's linear program, with what its whole numbers say.
    run : str
        Name of the run, for the overlay that the page gives back.

    Raises
    ------
    ModelError
        It is too large, or does not follow from site and agreement; its problem is a phrase.
    """
    arrays: dict[str, np.ndarray] = {}
    problem, scene = frozen.optimum.problem, scene_of(frozen.optimum.problem)
    if len(frozen.columns) > COLUMNS_MAX:
        raise ModelError([phrase("The plan is too long to be solved in a page.")])
    if not frozen.is_of(scene.build()):
        raise ModelError([phrase("Rows were added to this plan's model by hand.")])
    found = day_model(scene, frozen.optimum.table)
    _add_model(arrays, found, frozen)
    rest: dict[str, Any] = {
        "owners": _owners(arrays, found.shape),
        "show": shown(arrays, frozen, found),
        "clauses": _clauses(problem, found.shape),
        "pairs": _pairs(arrays, problem, found.shape),
        "cooling": _cooling(arrays, problem, found.shape),
    }
    return _head(frozen.optimum, found, run) | rest | _packed(arrays)


def _head(optimum: Optimum, found: DayModel, run: str) -> dict[str, Any]:
    """Return what is no array: the plan's figures, the levers and how numbers may follow them."""
    return {
        "run": run,
        "mip_gap_pu": GAP_PU,
        "plan_gap_pu": optimum.mip_gap_pu if np.isfinite(optimum.mip_gap_pu) else None,
        "steps": len(optimum.problem.given.horizon.steps),
        "columns": len(found.shape.columns),
        "rows": len(found.shape.rows),
        "nonzeros": len(found.shape.codes),
        "levers": [_lever(lever) for lever in found.levers],
        "dropped": [{"words": both(lever.words)} for lever in found.dropped],
        "bases": [_basis(found, k) for k in range(len(found.law.bases))],
        "published": {
            "objective_mad": optimum.objective_mad,
            "emission_kg": float(optimum.table["site_emission_kg"].sum()),
        },
    }


def both(text: str) -> dict[str, str]:
    """Return a text in each language."""
    return {language: said(text, language) for language in LANGUAGES}


def columns_of(shape: Shape, name: str, steps: int, before: tuple[Any, ...] = ()) -> np.ndarray:
    """Return where a variable by step stands among the columns; -1 where it does not."""
    keys = [(name, (*before, t) if before else t) for t in range(steps)]
    return np.array([shape.columns.get(key, -1) for key in keys], dtype=np.int32)


def _lever(lever: Lever) -> dict[str, Any]:
    """Return a lever as the page has it."""
    return {
        "id": lever.id,
        "group": lever.group,
        "words": both(lever.words),
        "unit": lever.unit,
        "low": lever.low,
        "high": lever.high,
        "step": lever.step,
        "value": lever.value,
        "is_whole": lever.is_whole,
        "stops": sorted((lever.value, *lever.stops)) if lever.stops else None,
        "toml": [asdict(entry) for entry in lever.entries],
    }


def _basis(found: DayModel, number: int) -> dict[str, Any]:
    """Return a function of levers as the page has it."""
    basis = found.law.bases[number]
    content: dict[str, Any] = {"kind": basis.kind, "levers": list(basis.levers)}
    if basis.kind == "curve":
        curve = found.levers[basis.levers[0]].curves[basis.number]
        content |= {"x": list(curve.x), "y": list(curve.y)}
    return content


def _add_model(arrays: dict[str, np.ndarray], found: DayModel, frozen: Frozen) -> None:
    """Add the numbers, how they follow the levers, and what the plan decided."""
    shape, law = found.shape, found.law
    matrix, columns = shape.a, shape.columns
    of_row = {key: k for (key, _), k in reversed(shape.rows.items())}
    decided = frozen.decided
    arrays["numbers"] = law.base
    arrays["starts"], arrays["indices"] = matrix.indptr, matrix.indices
    arrays["term_at"], arrays["term_basis"], arrays["term_factor"] = law.at, law.basis, law.factor
    whole = [(columns[key], value) for key, value in decided.whole.items() if key in columns]
    arrays["whole_at"] = np.array([at for at, _ in whole], dtype=np.int32)
    arrays["whole_value"] = np.array([value for _, value in whole], dtype=float)
    arrays["zero"] = np.array([columns[k] for k in decided.zeros if k in columns], dtype=np.int32)
    arrays["tight"] = np.array([of_row[key] for key in decided.tight], dtype=np.int32)
    arrays["is_integer"] = np.array([key in found.whole for key in columns], dtype=np.uint8)
    if undecided := found.whole - decided.whole.keys():
        raise ModelError([f"what if: {spoken(min(undecided))} is decided nowhere."])
    arrays["tie"] = _by_column(shape, _tie_break(frozen.optimum.problem))
    arrays["emission"] = _by_column(shape, emission_kg(frozen.optimum.problem))
    solution = np.zeros(len(columns))
    for key, value in zip(frozen.columns, frozen.x, strict=True):
        if key in columns:
            solution[columns[key]] = value
    arrays["solution"] = solution


def _by_column(shape: Shape, amounts: dict[Key, float]) -> np.ndarray:
    """Return amounts by variable as one for each column."""
    found = np.zeros(len(shape.columns))
    for key, amount in amounts.items():
        if key in shape.columns:
            found[shape.columns[key]] += amount
    return found


def _tie_break(problem: Problem) -> dict[Key, float]:
    """Return the part of each variable's cost that only breaks ties."""
    weights, variables = tie_break_terms(problem)
    found: dict[Key, float] = {}
    for weight, key in zip(weights.tolist(), keys(variables), strict=True):
        found[key] = found.get(key, 0.0) + weight
    return found


def _owners(arrays: dict[str, np.ndarray], shape: Shape) -> list[dict[str, Any]]:
    """Return the parts and clauses that variables belong to; add whose each one is."""
    names = [name.partition(".")[0] for name, _ in shape.columns]
    known = {name: k for k, name in enumerate(dict.fromkeys(names))}
    arrays["owner"] = np.array([known[name] for name in names], dtype=np.int32)
    return [{"name": name, "words": both(owner_words(name))} for name in known]


def _clauses(problem: Problem, shape: Shape) -> list[dict[str, Any]]:
    """Return the clauses in force, with the variables that say how far each is broken."""
    owners = list(dict.fromkeys(name.partition(".")[0] for name, _ in shape.columns))
    found = []
    for clause in active_clauses(problem.agreement, problem.given):
        short = [j for (name, _), j in shape.columns.items() if name == f"{clause.name}.short"]
        found.append(
            {
                "article": clause.article,
                "words": both(clause_words(clause.kind)),
                "owner": owners.index(clause.name) if clause.name in owners else None,
                "is_hard": clause.is_hard,
                "short": short,
            }
        )
    return found


def _pairs(arrays: dict[str, np.ndarray], problem: Problem, shape: Shape) -> list[dict[str, str]]:
    """Return the pairs of variables that are never both positive."""
    found = []
    for number, (_, *both_ways) in enumerate(exclusive_pairs(problem)):
        names = {}
        for side, variables in zip(("first", "second"), both_ways, strict=True):
            places = np.full(len(problem.given.horizon.steps), -1, dtype=np.int32)
            for t, variable in variables.items():
                key = (variable.parent_component().name, variable.index())
                places[t] = shape.columns.get(key, -1)
            names[side] = f"pair_{number}_{side}"
            arrays[names[side]] = places
        found.append(names)
    return found


def _cooling(
    arrays: dict[str, np.ndarray], problem: Problem, shape: Shape
) -> dict[str, Any] | None:
    """Return the rows of cooling's lines by step, and its power."""
    cooling, steps = problem.site.cooling, len(problem.given.horizon.steps)
    if cooling is None:
        return None
    of_row = {key: k for (key, _), k in shape.rows.items()}
    arrays["cooling_power"] = columns_of(shape, "cooling.power_mw", steps)
    lines = []
    for number in range(1, cooling.segment_count + 1):
        lines.append(f"cooling_line_{number}")
        rows = [of_row.get((f"cooling.line_{number}", t), -1) for t in range(steps)]
        arrays[lines[-1]] = np.array(rows, dtype=np.int32)
    return {"power": "cooling_power", "lines": lines, "power_max_mw": cooling.power_max_mw}


def _packed(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return all arrays as one compressed text, and where each is in it."""
    parts: list[bytes] = []
    places: dict[str, Sequence[Any]] = {}
    offset = 0
    for name, array in arrays.items():
        kind = "u1" if array.dtype == np.uint8 else _TYPES[array.dtype.kind]
        data = np.ascontiguousarray(array, dtype=f"<{kind}").tobytes()
        padding = -len(data) % 8  # so that each can be read where it lies
        places[name] = (kind, offset, len(array))
        parts += [data, b"\0" * padding]
        offset += len(data) + padding
    packed = gzip.compress(b"".join(parts), compresslevel=6, mtime=0)
    return {"blob": base64.b64encode(packed).decode("ascii"), "arrays": places}
