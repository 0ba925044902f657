"""Quantiles of power learned from past pairs of a deterministic forecast and what came of it.

One quantile regression forest of extremely randomised trees per plant [1]_, [2]_: the quantiles of
a step are those of past actuals in hours that the trees hold to be alike, so they never cross and
never leave what is possible. Learning again from the same pairs with the same seed gives the same
quantiles.

References
----------
.. [1] Meinshausen, "Quantile Regression Forests," J. Machine Learning Research 7, 2006, 983-999.
.. [2] Geurts, Ernst & Wehenkel, "Extremely randomized trees," Machine Learning 63, 2006, 3-42.
   doi:10.1007/s10994-006-6226-1
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from quantile_forest import ExtraTreesQuantileRegressor
from scipy.special import ndtr, ndtri

from models.errors import InputError
from models.features import Forecasts, features, forecasts_of, patterns_of
from models.forecast_table import ACTUAL, Scope
from models.patterns import Patterns
from models.scores import checked_levels

PAIRS_MIN = 240  # assumption: ten days of hours; fewer teach less than a fitted spread does


@dataclass(frozen=True, kw_only=True, slots=True)
class Learning:
    """How to learn; the values are the best found on tasks 1-3 of GEFCom2014's wind track.

    Attributes
    ----------
    scope : str
        What a step may see: ``issue`` or ``horizon``, as `models.forecast_table.grid_of` says.
    tree_count, leaf_min_count : int
        Trees of each forest; the fewest pairs that a leaf holds.
    features_pu : float
        Share of the features tried at each split.
    stretch_1 : float
        By how much a level's standard normal deviate is multiplied before the forest is asked:
        below 1 bands are narrower than the forest's own, which mixes hours that are not quite
        alike. It was chosen so that 80 % bands held 80 %.
    seed : int
        Of the trees' lots.
    """

    scope: Scope = "issue"
    tree_count: int = 80
    leaf_min_count: int = 5
    features_pu: float = 0.6
    stretch_1: float = 0.94
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class QuantileModel:
    """What was learned: of which plants and columns, and a forest per group."""

    learning: Learning
    groups: tuple[str, ...]
    columns: tuple[str, ...]
    patterns: Patterns | None
    forests: dict[str, ExtraTreesQuantileRegressor]
    pair_counts: dict[str, int]


def fit(
    past: pd.DataFrame, learning: Learning | None = None, only: Sequence[str] = ()
) -> QuantileModel:
    """Learn each group's quantiles from past pairs.

    Parameters
    ----------
    past : DataFrame
        A forecast table (`models.forecast_table`) with ``actual_pu``, from 0 to 1; steps whose
        actual is NaN are learned from only as neighbours' forecasts.
    learning : Learning, optional
        How to learn.
    only : sequence of str, optional
        Groups to learn; the forecasts of the others still inform. All if empty.

    Raises
    ------
    InputError
        The table is not as described, or a group to learn has fewer than `PAIRS_MIN` pairs.
    """
    learning = learning or Learning()
    forecasts, actual = forecasts_of(past, learning.scope), _actual(past)
    patterns = patterns_of(forecasts)
    tables = features(forecasts, patterns)
    forests, counts = {}, {}
    for group in only or tables:
        table = tables[group]
        y = actual[group].reindex(table.index).to_numpy()
        is_known = np.isfinite(y)
        counts[group] = int(is_known.sum())
        if counts[group] < PAIRS_MIN:
            remedy = f"Bring at least {PAIRS_MIN}, or take the assumed spread."
            raise InputError([f"{group}: pairs = {counts[group]} are too few. {remedy}"])
        forests[group] = _forest(learning).fit(table.to_numpy()[is_known], y[is_known])
    return QuantileModel(
        learning=learning,
        groups=tuple(tables),
        columns=tuple(forecasts.grid.courses),
        patterns=patterns,
        forests=forests,
        pair_counts=counts,
    )


def _forest(learning: Learning) -> ExtraTreesQuantileRegressor:
    """Return a forest that has not learned yet."""
    return ExtraTreesQuantileRegressor(
        n_estimators=learning.tree_count,
        min_samples_leaf=learning.leaf_min_count,
        max_features=learning.features_pu,
        max_samples_leaf=None,  # all of a leaf's pairs count
        n_jobs=1,
        random_state=learning.seed,
    )


def predict(model: QuantileModel, ahead: pd.DataFrame, levels: Sequence[float]) -> pd.DataFrame:
    """Return the quantiles of power for forecasts whose actuals nobody knows yet.

    Parameters
    ----------
    model : QuantileModel
        What `fit` returned.
    ahead : DataFrame
        A forecast table with the columns and groups of the past; an actual is not looked at.
    levels : sequence of float
        Probabilities of less, rising. [pu]

    Returns
    -------
    DataFrame, shape (rows of `ahead` whose group was learned, levels)
        In the order of `ahead`; columns are the levels; from 0 to 1, rising along a row. [pu]

    Raises
    ------
    InputError
        The table is not as described, or has other groups or columns than the past.
    """
    levels_pu = checked_levels(levels)
    asked = ndtr(model.learning.stretch_1 * ndtri(levels_pu)).tolist()
    forecasts = forecasts_of(ahead, model.learning.scope)
    _check_same(model, forecasts)
    tables = features(forecasts, model.patterns)
    found = []
    for group, forest in model.forests.items():
        table = tables[group]
        raw = np.asarray(forest.predict(table.to_numpy(), quantiles=asked))
        rising = np.maximum.accumulate(raw.reshape(len(table), len(asked)), axis=1)
        rows = pd.DataFrame(np.clip(rising, 0.0, 1.0), index=table.index, columns=levels_pu)
        found.append(rows.assign(group=group).set_index("group", append=True))
    wanted = ahead[ahead["group"].isin(list(model.forests))]
    keys = pd.MultiIndex.from_arrays([wanted["issued_utc"], wanted.index, wanted["group"]])
    return pd.concat(found).reindex(keys).set_axis(wanted.index)


def _actual(past: pd.DataFrame) -> dict[str, pd.Series]:
    """Return what came, by group, over issue and step; refuse what is no share of nominal power."""
    if ACTUAL not in past.columns:
        raise InputError([f"{ACTUAL} is missing. Bring what came of the past forecasts."])
    values = past[ACTUAL].to_numpy(dtype=np.float64)
    wrong = np.isinf(values) | (values < 0.0) | (values > 1.0)
    if wrong.any():
        first = int(np.argmax(wrong))
        where = f"{past.index[first]:%Y-%m-%dT%H:%MZ}: {ACTUAL} = {values[first]:g}"
        remedy = "Give power over nominal power; cut meters' noise at 0 and 1."
        raise InputError([f"{where} is outside [0, 1] ({int(wrong.sum())} values). {remedy}"])
    index = pd.MultiIndex.from_arrays([past["issued_utc"], past.index])
    series = pd.Series(values, index=index)
    return {str(group): series[rows] for group, rows in _masks(past).items()}


def _masks(past: pd.DataFrame) -> dict[str, "np.ndarray[tuple[int], np.dtype[np.bool_]]"]:
    """Return which rows belong to each group."""
    groups = past["group"].to_numpy()
    return {str(group): groups == group for group in np.unique(groups)}


def _check_same(model: QuantileModel, forecasts: Forecasts) -> None:
    """Refuse forecasts of other groups, or with other columns, than were learned from."""
    if forecasts.grid.groups != model.groups:
        what = f"groups = {', '.join(forecasts.grid.groups)} are not those learned from"
        raise InputError([f"{what}. Bring {', '.join(model.groups)}."])
    if other := sorted(set(forecasts.grid.courses) ^ set(model.columns)):
        remedy = "Bring the forecast columns of the past."
        raise InputError([f"forecast table: {other[0]} is known on one side only. {remedy}"])
