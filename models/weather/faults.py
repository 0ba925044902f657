"""How a fault in weather is told: the column, the first offending time, how often, the remedy."""

import numpy as np
import numpy.typing as npt

from models.weather.schema import Weather, utc

BoolArray = npt.NDArray[np.bool_]


def fault(weather: Weather, column: str, bad: BoolArray, what: str, remedy: str) -> list[str]:
    """Return one sentence for the steps marked bad, or nothing where none is."""
    if not bad.any():
        return []
    first = int(np.argmax(bad))
    value = float(weather.table[column].iloc[first])
    where = f"{weather.where}: {column} = {value:g} at {utc(weather.table.index[first])}"
    return [f"{where} is {what} ({int(bad.sum())} of {len(bad)} steps). {remedy}"]


def run_lengths(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return for each value how many equal neighbours, with itself, it stands among."""
    begins = np.concatenate([[0], np.flatnonzero(np.diff(values) != 0.0) + 1])
    lengths = np.diff(np.concatenate([begins, [len(values)]]))
    return np.asarray(np.repeat(lengths, lengths), dtype=np.int64)
