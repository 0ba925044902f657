"""How errors of forecasts hang together in time and between plants, from past pairs.

Correlations of latent errors (`models.calibration`), drawn towards what is supposed as long as
forecasts are few.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from models.calibration import SHAPE_COLUMNS, Pairs, to_latent
from models.scenarios import Dependence

# Errors of the ten farms of GEFCom2014 (Hong et al. 2016), day-ahead winds of ECMWF through a curve
# of means: correlation 0.81 after 1 h, 0.49 after 3 h, 0.27 after 6 h. Taken for panels too.
MEMORY_H = 4.5
MEMORY_RANGE_H = (1.0, 48.0)  # numerical: an estimate beyond is noise or a bias
CORRELATION = 0.0  # assumption: between plants; no archive of wind and sun at one place found
LAG_H = 3.0  # decision: where the memory is read; shorter is the meter's noise, longer is lost
TRUSTED_COUNT = 30.0  # decision: forecasts that weigh as much as what is supposed


def supposed(columns: Sequence[str]) -> Dependence:
    """Return the dependence taken where nothing is known."""
    between = dict.fromkeys(combinations(columns, 2), CORRELATION)
    return Dependence(memory_h=dict.fromkeys(columns, MEMORY_H), correlation=between)


def estimated(pairs: Pairs | None, columns: Sequence[str], source: str) -> Dependence:
    """Return the dependence of single forecasts' errors, from the pairs of a weather model."""
    start = supposed(columns)
    if pairs is None or pairs.table.empty:
        return start
    errors = {name: _errors(pairs.of(name, source, is_single=True)) for name in columns}
    memory = {
        name: _towards(_memory_h(error), MEMORY_H, _count(error)) for name, error in errors.items()
    }
    between = {}
    for first, second in combinations(columns, 2):
        both = pd.concat([errors[first], errors[second]], axis=1, join="inner").dropna()
        found = _correlation(both)
        between[first, second] = _towards(found, CORRELATION, _count(both))
    return Dependence(memory_h=memory, correlation=between)


def _errors(pairs: pd.DataFrame) -> pd.Series:
    """Return latent errors by forecast and step, the mean error taken off."""
    if pairs.empty:
        return pd.Series(dtype=float, index=pd.MultiIndex.from_arrays([[], []]))
    ceiling = pairs["ceiling_mw"].to_numpy(dtype=float)
    came = to_latent(pairs["actual_mw"].to_numpy(dtype=float), ceiling)
    said = pairs[[*SHAPE_COLUMNS]].to_numpy(dtype=float).mean(axis=1)
    index = pd.MultiIndex.from_arrays([pairs["issued_utc"], pairs["time_utc"]])
    error = pd.Series(came - said, index=index)
    return error - error.mean()


def _memory_h(error: pd.Series) -> float:
    """Return after how many hours the errors' correlation falls to 1 / e; NaN if unknown."""
    if error.empty:
        return np.nan
    begins = pd.DatetimeIndex(error.index.get_level_values(1)) - pd.Timedelta(hours=LAG_H)
    later = pd.MultiIndex.from_arrays([error.index.get_level_values(0), begins])
    found = _correlation(pd.concat([error, error.set_axis(later)], axis=1, join="inner").dropna())
    if not found < 1.0:
        return np.nan
    return float(np.clip(-LAG_H / np.log(max(found, 0.01)), *MEMORY_RANGE_H))


def _correlation(both: pd.DataFrame) -> float:
    """Return the correlation of two columns; NaN if they are short or still."""
    values = both.to_numpy(dtype=float)
    if len(values) < 3 or (values.std(axis=0) == 0.0).any():
        return np.nan
    return float(np.corrcoef(values.T)[0, 1])


def _count(table: pd.Series | pd.DataFrame) -> int:
    """Return how many forecasts a table is of."""
    return int(table.index.get_level_values(0).nunique())


def _towards(found: float, before: float, count: int) -> float:
    """Return what was found, drawn towards what was supposed by as much as forecasts are few."""
    if np.isnan(found):
        return before
    share = count / (count + TRUSTED_COUNT)
    return float(share * found + (1.0 - share) * before)
