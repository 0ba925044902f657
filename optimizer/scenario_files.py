"""The scenarios of a plan in its run folder: one Parquet table, a column a series and scenario."""

from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.power_forecast import PowerForecast
from optimizer.recourse_store import Floats
from optimizer.run_tables import as_written

SCENARIOS = "scenarios.parquet"
WEIGHT = "weight_pu"
_MARK = "#"  # between a column's name and the number of its scenario


def write_scenarios(inputs: Path, power: PowerForecast) -> None:
    """Write the scenarios and their probabilities to the inputs of a run folder."""
    columns = {
        f"{name}{_MARK}{s}": rows[:, s]
        for name, rows in power.scenarios.items()
        for s in range(rows.shape[1])
    }
    table = pd.DataFrame(columns, index=power.horizon.index)
    weights = {f"{WEIGHT}{_MARK}{s}": np.full(len(table), w) for s, w in enumerate(power.weights)}
    pd.concat([table, pd.DataFrame(weights, index=table.index)], axis=1).to_parquet(
        inputs / SCENARIOS
    )


def read_scenarios(inputs: Path) -> tuple[dict[str, Floats], Floats] | None:
    """Return the scenarios of a run by column, and their probabilities; None where it has none.

    Raises
    ------
    InputError
        The table is not as a run has it.
    """
    path = inputs / SCENARIOS
    if not path.is_file():
        return None
    with as_written(path):
        table = pd.read_parquet(path)
        names = list(dict.fromkeys(str(c).partition(_MARK)[0] for c in table.columns))
        found = {
            name: table[[c for c in table.columns if str(c).startswith(f"{name}{_MARK}")]].to_numpy(
                dtype="float64"
            )
            for name in names
        }
        weights = found.pop(WEIGHT)[0]
    return found, weights
