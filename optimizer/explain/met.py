"""How the plan would meet one MWh more: what moves, where, by how much."""

import re

import numpy as np
import pandas as pd

from optimizer.explain.frozen import moved
from optimizer.explain.value import NUDGE_MW, Bus
from optimizer.explain.words import as_objects
from optimizer.model_words import as_read
from optimizer.phrases import phrase, template
from optimizer.solve import run_highs
from optimizer.terminal_words import owner_words

COLUMNS = ["what", "is_then", "mwh", "mostly_at_utc", "how"]
_SMALL_MWH = 0.02  # of the one MWh asked for
_NOISE_MW = 1e-6  # what the solver allows itself
_WORDS = {
    "import_mw": template("drawn from {owner}"),
    "export_mw": template("fed into {owner}"),
    "used_mw": template("used of {owner}"),
    "discharge_mw": template("out of {owner}"),
    "charge_mw": template("into {owner}"),
    "run_mw": template("run by {owner}"),
    "power_mw": template("of {owner}"),
}
_SHED = re.compile(r"shed_tier(\d+)_mw")


def met_by(bus: Bus, t: int) -> pd.DataFrame:
    """Return what changes, in MWh, if step `t` needs one MWh more at the bus.

    Returns
    -------
    DataFrame with ``what``, ``is_then`` (in this step, or in all others together), ``mwh``,
    ``mostly_at_utc``, ``how``
    """
    frozen = bus.frozen
    solution = run_highs(moved(frozen.lp, bus.row_of[t], NUDGE_MW), frozen.options)
    if solution.x is None:
        return pd.DataFrame(columns=COLUMNS)
    change = solution.x - frozen.x
    change[np.abs(change) < _NOISE_MW] = 0.0
    change = change / (NUDGE_MW * bus.hours[t])
    moves: dict[tuple[str, bool], dict[int, float]] = {}
    for step, row in bus.row_of.items():
        for j in bus.columns_of(row):
            if change[j]:
                steps = moves.setdefault((frozen.columns[j][0], step == t), {})
                steps[step] = steps.get(step, 0.0) + float(change[j] * bus.hours[step])
    rows = [_row(name, is_then, steps, bus) for (name, is_then), steps in moves.items()]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["what"] = as_objects(row[0] for row in rows)
    table = table[table["mwh"].abs() >= _SMALL_MWH]
    size = table.assign(size=-table["mwh"].abs(), later=~table["is_then"].astype(bool))
    order = size.sort_values(["later", "size"], kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _row(
    name: str, is_then: bool, steps: dict[int, float], bus: Bus
) -> tuple[str, bool, float, pd.Timestamp, str]:
    """Return what changes of one variable, in the step or in all others."""
    owner, _, what = name.partition(".")
    most = max(steps, key=lambda step: abs(steps[step]))
    values = {"owner": owner_words(owner), "quantity": as_read(what)}
    if tier := _SHED.fullmatch(what):
        values["tier"] = tier[1]
        label = phrase("shed of {owner} (tier {tier})", values)
    else:
        label = phrase(_WORDS.get(what, template("{quantity} of {owner}")), values)
    return label, is_then, sum(steps.values()), bus.index[most], "finite difference"
