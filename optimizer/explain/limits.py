"""What binds: limits with a price, in one step and over the binding day."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimizer.explain.frozen import Frozen, spoken
from optimizer.explain.words import as_known, as_objects
from optimizer.phrases import phrase
from optimizer.terminal_words import clause_words, limit_words, owner_words

COLUMNS = ["limit", "words", "step", "dual_mad", "unit_of_dual", "mad_per_unit", "unit"]
COLUMNS += ["is_of_step"]
_AT_BOUND = 1e-6  # as in the check of a solution
_PRICED_MAD = 1e-4  # a price below this is noise of the solver
_NO_LIMIT = re.compile(  # a row's or variable's own name: how things follow, not what is scarce
    r"balance|energy_(balance|first)|segment\w*_(balance|first|charge|discharge)|sum_of_\w+|work|use_of|once|water_(balance|first)"
    r"|status\w*|hull_\d+|line_\d+|restart\w*|chosen_line|rows|one_converter|one_direction|one_way|all_or_none"
    r"|power_(least|most)|min_(up|down)|start\w*|stop\w*"
)
_UNITS = {"mw": "MW", "mwh": "MWh", "l": "L", "kg": "kg", "m3": "m3"}
_UNITS_OF_ROWS = {
    **dict.fromkeys(
        ("cap", "no_draw", "halls", "connection", "converters", "month_peak", "ramp"), "MW"
    ),
    **dict.fromkeys(
        ("share", "autonomy", "store", "energy", "contracted_work", "energy_drawn"), "MWh"
    ),
    "fuel_left": "L",
}
_NOT_STEPS = ("short", "left_mwh", "missed_mwh", "shortfall_mwh", "peak_above_mw", "extra_mwh")


def limits(frozen: Frozen) -> pd.DataFrame:
    """Return every limit that binds, once for each step it reaches.

    Returns
    -------
    DataFrame with ``limit``, ``words``, ``step``, ``dual_mad`` (what one unit more in this one row
    or bound saves), ``mad_per_unit`` and ``unit`` (the same, for powers over an hour: MAD/MWh),
    ``is_of_step`` (False where it is of a window the step belongs to)
    """
    rows = [*_rows(frozen), *_bounds(frozen)]
    table = pd.DataFrame(rows, columns=[*COLUMNS[:4], COLUMNS[-1]])
    table["words"] = as_objects(row[1] for row in rows)
    hours = frozen.optimum.problem.given.horizon.hours[table["step"].to_numpy(dtype=int)]
    clauses = frozen.optimum.problem.agreement.clause
    of_budgets = {c.name: getattr(c, "unit", "") for c in clauses}
    units = [unit_of(limit, of_budgets) for limit in table["limit"]]
    is_power = np.array([unit == "MW" for unit in units], dtype=bool)
    table["mad_per_unit"] = table["dual_mad"] / np.where(is_power, hours, 1.0)
    table["unit"] = as_objects("MWh" if unit == "MW" else unit for unit in units)
    table["unit_of_dual"] = as_objects(units)
    return table[COLUMNS].sort_values(
        ["step", "mad_per_unit"], ascending=[True, False], ignore_index=True
    )


def at_step(table: pd.DataFrame, t: int) -> pd.DataFrame:
    """Return the limits that bind in one step, dearest first, its own before those of windows."""
    here = table[table["step"] == t].drop(columns=["step"])
    return here.sort_values(
        ["is_of_step", "mad_per_unit"], ascending=[False, False], ignore_index=True
    )


def over_steps(table: pd.DataFrame, steps: range) -> pd.DataFrame:
    """Return the limits that bind in some steps: in how many, and what a unit more in each saves.

    A limit of a window counts once.
    """
    inside = table[table["step"].isin(steps)]
    spread = inside.groupby("words")["step"].nunique().rename("step_count")
    each = inside.drop_duplicates("limit").groupby("words")
    worth = each.agg(worth_mad=("dual_mad", "sum"), unit=("unit_of_dual", "first"))
    found = pd.concat([spread, worth], axis=1).reset_index()
    found["words"] = as_known(found["words"], inside["words"])
    return found.sort_values(["worth_mad", "words"], ascending=[False, True], ignore_index=True)


def unit_of(limit: str, of_budgets: Mapping[str, str]) -> str:
    """Return the unit of a limit, by its full name: of the variable, the budget or the row."""
    owner, _, what = limit.partition("[")[0].partition(".")
    unit = of_budgets.get(owner, "") if what == "budget" else what.rpartition("_")[2]
    if unit in _UNITS:
        return _UNITS[unit]
    return _UNITS_OF_ROWS.get(what, phrase("unit"))


def _steps_of_columns(frozen: Frozen) -> np.ndarray:
    """Return the step of each variable; -1 where it has none."""
    count = len(frozen.optimum.problem.given.horizon.steps)
    sizes: dict[int, bool] = {}
    found = np.full(len(frozen.lp.columns), -1)
    for j, variable in enumerate(frozen.lp.columns):
        part = variable.parent_component()
        has_steps = sizes.get(id(part))
        if has_steps is None:
            what = part.name.rpartition(".")[2]
            has_steps = sizes[id(part)] = what not in _NOT_STEPS and _is_by_step(part, count)
        if has_steps:
            index = variable.index()
            last = index[-1] if isinstance(index, tuple) else index
            found[j] = last if isinstance(last, int) and 0 <= last < count else -1
    return found


def is_limit(name: str) -> bool:
    """Return whether a row or variable, by its name without index, is a limit a planner knows."""
    return _NO_LIMIT.fullmatch(name.rpartition(".")[2]) is None


def _is_by_step(part: Any, count: int) -> bool:
    """Return whether a variable's index, or the last of several, is the step."""
    return part.is_indexed() and (part.dim() > 1 or len(part) == count)


class _Words:
    """Words for rows and bounds; a clause's are its article and its kind."""

    def __init__(self, frozen: Frozen) -> None:
        clauses = frozen.optimum.problem.agreement.clause
        self._kinds = {clause.name: clause_words(clause.kind) for clause in clauses}

    def of(self, name: str) -> str:
        """Return the words for a name without index."""
        owner = name.partition(".")[0]
        kind = self._kinds.get(owner)
        if kind is None:
            return limit_words(name)
        return phrase("{owner} ({kind})", {"owner": owner_words(owner), "kind": kind})


def _rows(frozen: Frozen) -> list[tuple[str, str, int, float, bool]]:
    """Return the rows that bind, in each step they reach."""
    steps_of, by_row, found = _steps_of_columns(frozen), frozen.by_row, []
    words, is_fixed = _Words(frozen), frozen.lp.col_lower == frozen.lp.col_upper
    for k in np.flatnonzero(np.abs(frozen.row_dual) > _PRICED_MAD).tolist():
        name, own = frozen.rows[k]
        if not is_limit(name):
            continue
        columns = by_row.indices[by_row.indptr[k] : by_row.indptr[k + 1]]
        if is_fixed[columns].all():  # nothing in it could move
            continue
        its = np.unique(steps_of[columns])
        its = its[its >= 0].tolist()
        is_own = own in its and len(its) <= 2  # a change has two steps
        label, price = spoken(frozen.rows[k]), abs(float(frozen.row_dual[k]))
        found += [(label, words.of(name), t, price, is_own) for t in its if not is_own or t == own]
    return found


def _bounds(frozen: Frozen) -> list[tuple[str, str, int, float, bool]]:
    """Return the upper bounds that bind, in their step."""
    steps_of, found = _steps_of_columns(frozen), []
    lp, x = frozen.lp, frozen.x
    words = _Words(frozen)
    is_open = lp.col_upper > lp.col_lower
    for j in np.flatnonzero((frozen.col_dual < -_PRICED_MAD) & is_open).tolist():
        key, t = frozen.columns[j], int(steps_of[j])
        at_upper = lp.col_upper[j] - x[j] <= _AT_BOUND * max(1.0, abs(x[j]))
        if t >= 0 and at_upper and is_limit(key[0]):
            found.append((spoken(key), words.of(key[0]), t, -float(frozen.col_dual[j]), True))
    return found
