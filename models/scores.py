"""Scores of probabilistic forecasts: are they sharp, reliable, better than a simple forecast.

Shapes: `actual` has one value a case, `quantiles` a row a case and a column a level, `members` a
row a case and a column a member. A score has the unit of what is forecast (per unit of nominal
power, or MW), and the smaller the better.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import scoringrules
from scipy.stats import chisquare

from models.errors import InputError

Floats = npt.NDArray[np.float64]
PERCENTILES = tuple(round(k / 100, 2) for k in range(1, 100))  # [pu]
BANDS = (0.5, 0.8, 0.9)  # central bands that a report shows, as a share of all cases [pu]
LEVEL_TOLERANCE = 1e-9  # two levels this near are the same level [pu]


def pinball_losses(
    actual: npt.ArrayLike, quantiles: npt.ArrayLike, levels: Sequence[float]
) -> Floats:
    """Return the pinball loss of each case and level, shape (cases, levels).

    A quantile q of level a costs a (y - q) where the actual y is above it, (1 - a) (q - y) where
    it is below.

    Raises
    ------
    InputError
        Not a number, no case, or shapes and levels that do not fit.
    """
    y, q, a = _checked(actual, quantiles, levels)
    return np.asarray(scoringrules.quantile_score(y[:, None], q, a[None, :]), dtype=np.float64)


def mean_pinball(actual: npt.ArrayLike, quantiles: npt.ArrayLike, levels: Sequence[float]) -> float:
    """Return the pinball loss, mean over cases and levels."""
    return float(pinball_losses(actual, quantiles, levels).mean())


def crps_of_quantiles(
    actual: npt.ArrayLike, quantiles: npt.ArrayLike, levels: Sequence[float]
) -> Floats:
    """Return the continuous ranked probability score of each case, from its quantiles.

    Twice the mean pinball loss: right where the levels stand at even distances over (0, 1).
    """
    y, q, a = _checked(actual, quantiles, levels)
    return np.asarray(scoringrules.crps_quantile(y, q, a), dtype=np.float64)


def crps_of_members(
    actual: npt.ArrayLike, members: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> Floats:
    """Return the continuous ranked probability score of each case, from members or scenarios.

    Parameters
    ----------
    actual : array, shape (cases,)
    members : array, shape (cases, members)
    weights : array, shape (members,), optional
        Probabilities; they must sum to 1. [pu]
        Without them the score is the fair one: what the mean would be with ever more members.

    Raises
    ------
    InputError
        Not a number, fewer than two members without weights, or weights that do not sum to 1.
    """
    y, m = _pair(actual, members, "members")
    if weights is None:
        if m.shape[1] < 2:
            raise InputError(["members: count = 1 is no ensemble. Bring two members or more."])
        return np.asarray(scoringrules.crps_ensemble(y, m, estimator="fair"), dtype=np.float64)
    w = np.asarray(weights, dtype=np.float64)
    if w.shape != (m.shape[1],) or not (w >= 0).all() or not np.isclose(w.sum(), 1.0):
        remedy = "Give one probability a member, summing to 1."
        raise InputError([f"weights = {w.round(6).tolist()} are no probabilities. {remedy}"])
    spread = np.broadcast_to(w, m.shape)
    return np.asarray(scoringrules.crps_ensemble(y, m, ens_w=spread), dtype=np.float64)


def reliability(
    actual: npt.ArrayLike, quantiles: npt.ArrayLike, levels: Sequence[float]
) -> pd.DataFrame:
    """Return how often the actual was at or below each quantile, beside how often it should be.

    Returns
    -------
    DataFrame, one row a level
        ``level_pu``, ``observed_pu``, ``cases_count``.
    """
    y, q, a = _checked(actual, quantiles, levels)
    observed = (y[:, None] <= q).mean(axis=0)
    return pd.DataFrame({"level_pu": a, "observed_pu": observed, "cases_count": len(y)})


def band_coverage(
    actual: npt.ArrayLike, quantiles: npt.ArrayLike, levels: Sequence[float], band: float
) -> float:
    """Return the share of cases inside the central band, its edges included [pu].

    Raises
    ------
    InputError
        A quantile that bounds the band is not among the levels.
    """
    y, q, a = _checked(actual, quantiles, levels)
    low, high = _edges(a, band)
    return float(((q[:, low] <= y) & (y <= q[:, high])).mean())


def sharpness(
    quantiles: npt.ArrayLike, levels: Sequence[float], bands: Sequence[float] = BANDS
) -> pd.DataFrame:
    """Return the mean width of each central band: ``band_pu``, ``width`` (unit of the forecast)."""
    q = np.asarray(quantiles, dtype=np.float64)
    _, q, a = _checked(np.zeros(len(q)), q, levels)
    edges = [_edges(a, band) for band in bands]
    widths = [float((q[:, high] - q[:, low]).mean()) for low, high in edges]
    return pd.DataFrame({"band_pu": list(bands), "width": widths})


def rank_histogram(
    actual: npt.ArrayLike, members: npt.ArrayLike, *, seed: int
) -> npt.NDArray[np.int64]:
    """Return how often the actual had each rank among the members, shape (members + 1,).

    Equal values are ranked by lot: a calm hour in which actual and all members are zero says
    nothing about the spread.

    References
    ----------
    .. [1] Hamill, "Interpretation of Rank Histograms for Verifying Ensemble Forecasts," Monthly
       Weather Review 129, 2001. doi:10.1175/1520-0493(2001)129<0550:IORHFV>2.0.CO;2
    """
    y, m = _pair(actual, members, "members")
    below = (m < y[:, None]).sum(axis=1)
    equal = (m == y[:, None]).sum(axis=1)
    ranks = below + np.random.default_rng(seed).integers(0, equal + 1)
    return np.bincount(ranks, minlength=m.shape[1] + 1).astype(np.int64)


def flatness_p_value(counts: npt.ArrayLike) -> float:
    """Return the chance that a reliable forecast has a rank histogram as uneven as this one.

    Raises
    ------
    InputError
        Fewer than five cases a rank on average, where the chi-squared test says nothing.
    """
    histogram = np.asarray(counts, dtype=np.float64)
    if histogram.size < 2 or histogram.mean() < 5:  # the usual rule for the chi-squared test
        remedy = "Bring five cases a rank, or join ranks."
        problem = f"rank histogram: cases = {histogram.sum():g} are too few for {histogram.size}"
        raise InputError([f"{problem} ranks. {remedy}"])
    return float(chisquare(histogram).pvalue)


def skill(score: float, reference: float) -> float:
    """Return by which share a score is better than that of a reference: 1 is perfect, 0 equal."""
    if not (np.isfinite(score) and np.isfinite(reference) and reference > 0):
        remedy = "Score both on the same cases; the reference must have missed at least once."
        raise InputError([f"skill: {score} over {reference} is no number. {remedy}"])
    return 1.0 - score / reference


def climatology(past: npt.ArrayLike, levels: Sequence[float]) -> Floats:
    """Return the quantiles of all past values, the same for every case, shape (levels,).

    Raises
    ------
    InputError
        A past value is not a number, or there is none.
    """
    values = _finite(past, "past")
    return np.asarray(np.quantile(values, checked_levels(levels)), dtype=np.float64)


def _edges(levels: Floats, band: float) -> tuple[int, int]:
    """Return the columns of the two quantiles that bound a central band."""
    wanted = ((1.0 - band) / 2, (1.0 + band) / 2)
    found = [np.flatnonzero(np.abs(levels - level) < LEVEL_TOLERANCE) for level in wanted]
    if any(len(place) == 0 for place in found):
        remedy = f"Bring the levels {wanted[0]:g} and {wanted[1]:g}."
        raise InputError([f"band = {band:g} is not bounded by the levels given. {remedy}"])
    return int(found[0][0]), int(found[1][0])


def checked_levels(levels: Sequence[float]) -> Floats:
    """Return levels of quantiles as numbers, or refuse them [pu]."""
    a = np.asarray(levels, dtype=np.float64)
    if a.ndim != 1 or not a.size or not ((a > 0) & (a < 1)).all() or not (np.diff(a) > 0).all():
        remedy = "Give shares between 0 and 1, each larger than the one before."
        raise InputError([f"levels = {a.tolist()} are no levels. {remedy}"])
    return a


def _finite(values: npt.ArrayLike, name: str) -> Floats:
    """Return the values as numbers, or refuse them."""
    numbers = np.asarray(values, dtype=np.float64)
    if not numbers.size:
        raise InputError([f"{name}: count = 0 is nothing to score. Bring one case or more."])
    if missing := int((~np.isfinite(numbers)).sum()):
        first = tuple(int(k) for k in np.argwhere(~np.isfinite(numbers))[0])
        remedy = "Leave cases without a value out of the score, and say how many."
        raise InputError([f"{name}{list(first)}: {missing} values are no numbers. {remedy}"])
    return numbers


def _pair(actual: npt.ArrayLike, table: npt.ArrayLike, name: str) -> tuple[Floats, Floats]:
    """Return actual values and the forecast of each, or refuse them."""
    y, q = _finite(actual, "actual"), _finite(table, name)
    if y.ndim != 1 or q.ndim != 2 or len(q) != len(y):
        remedy = "Give one row a case."
        raise InputError([f"{name}: shape = {q.shape} does not fit {y.shape} actuals. {remedy}"])
    return y, q


def _checked(
    actual: npt.ArrayLike, quantiles: npt.ArrayLike, levels: Sequence[float]
) -> tuple[Floats, Floats, Floats]:
    """Return actual values, quantiles and levels, or refuse them."""
    (y, q), a = _pair(actual, quantiles, "quantiles"), checked_levels(levels)
    if q.shape[1] != len(a):
        remedy = "Give one column a level."
        raise InputError([f"quantiles: columns = {q.shape[1]} for {len(a)} levels. {remedy}"])
    return y, q, a
