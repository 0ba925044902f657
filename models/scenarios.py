"""Coherent paths: which value goes with which, in time and between plants.

A forecast's quantiles say nothing of dependence. It is taken over from a template, paths whose
ranks are right: the members of an ensemble (ensemble copula coupling [1]_), or Gaussian noise with
the correlations of past errors (a Gaussian copula [2]_).

References
----------
.. [1] Schefzik, Thorarinsdottir & Gneiting, "Uncertainty quantification in complex simulation
   models using ensemble copula coupling," Statistical Science 28, 2013, 616-640.
   doi:10.1214/13-STS443
.. [2] Pinson, Madsen, Nielsen, Papaefthymiou & Kloeckl, "From probabilistic forecasts to
   statistical scenarios of short-term wind power production," Wind Energy 12, 2009, 51-62.
   doi:10.1002/we.284
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from models.errors import InputError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Dependence:
    """How errors of plants hang together.

    Attributes
    ----------
    memory_h : dict of float
        By column: hours after which the correlation of an error with itself falls to 1 / e.
    correlation : dict of float
        By pair of columns, as in (first, second): correlation of errors in the same step.
    """

    memory_h: Mapping[str, float]
    correlation: Mapping[tuple[str, str], float]

    def matrix(self, columns: Sequence[str]) -> FloatArray:
        """Return the correlations between columns, made positive definite if they are not."""
        table = np.eye(len(columns))
        for (first, second), value in self.correlation.items():
            if first in columns and second in columns:
                i, j = columns.index(first), columns.index(second)
                table[i, j] = table[j, i] = value
        lowest = float(np.linalg.eigvalsh(table).min())
        spare = max(0.0, 1e-9 - lowest)  # numerical: Cholesky needs it above zero
        return np.asarray((table + spare * np.eye(len(columns))) / (1.0 + spare))


def even_levels(count: int) -> FloatArray:
    """Return `count` levels that cut probability into equal shares, at the shares' middles."""
    return np.asarray((np.arange(count) + 0.5) / count)


def ranks(paths: FloatArray) -> npt.NDArray[np.int64]:
    """Return the place of every path in every step, 0 the lowest; ties go by the paths' means.

    Where many members are equal (turbines at full power), the order of their means keeps each
    path where it is before and after, rather than shuffling it.
    """
    mean = paths.mean(axis=0)
    order = np.lexsort((np.broadcast_to(mean, paths.shape), paths), axis=1)
    places = np.empty(paths.shape, dtype=np.int64)
    np.put_along_axis(places, order, np.arange(paths.shape[1])[None, :], axis=1)
    return places


def coupled(quantiles: FloatArray, template: FloatArray) -> FloatArray:
    """Return the quantiles of every step in the order of the template.

    Parameters
    ----------
    quantiles : ndarray, shape (steps, paths)
        At `even_levels`, rising along each row.
    template : ndarray, shape (steps, paths)
        In any unit: only ranks count.

    Raises
    ------
    InputError
        The shapes differ.
    """
    if quantiles.shape != template.shape:
        raise InputError(
            [f"scenarios: {quantiles.shape} quantiles, {template.shape} template. Give as many."]
        )
    return np.take_along_axis(quantiles, ranks(template), axis=1)


def gaussian_template(
    columns: Sequence[str],
    step_h: FloatArray,
    dependence: Dependence,
    *,
    count: int,
    seed: int,
) -> dict[str, FloatArray]:
    """Return standard normal paths whose correlations are those of `dependence`.

    corr(e_i(s), e_j(t)) = c_ij exp(-|t - s| / memory) between the steps' middles, for equal
    memories; each column decays with its own.

    Returns
    -------
    dict of ndarray, each shape (steps, count)
    """
    draw = np.random.default_rng(seed).standard_normal
    root = np.linalg.cholesky(dependence.matrix(columns))
    memory = np.array([dependence.memory_h[name] for name in columns])
    middles_h = np.cumsum(step_h) - step_h / 2.0
    paths = np.empty((len(columns), len(step_h), count))
    paths[:, 0] = root @ draw((len(columns), count))
    for t, gap_h in enumerate(np.diff(middles_h), start=1):
        kept = np.exp(-gap_h / memory)[:, None]
        fresh = np.sqrt(1.0 - kept**2)
        paths[:, t] = kept * paths[:, t - 1] + fresh * (root @ draw((len(columns), count)))
    return dict(zip(columns, paths, strict=True))


def normal_scores(places: npt.NDArray[np.int64]) -> FloatArray:
    """Return the standard normal quantiles that belong to places among paths."""
    return np.asarray(ndtri(even_levels(places.shape[1])))[places]
