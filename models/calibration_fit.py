"""Fit of bias and spread by least CRPS, drawn towards what was believed before.

On the latent scale of `models.calibration`, members of mean m and quantiles z(p) become

    y(p) = shift + slope m + spread (z(p) - m) + growth g(lead) N(p)

with N the standard normal quantile and g the error a single forecast is supposed to have: ensemble
model output statistics [1]_ that keep the members' own shape [2]_. The fit minimises

    n mean(CRPS of power) / CRPS(prior) + sum ((parameter - prior) / width)^2

with n the count of independent forecasts: near its minimum the first term is about the negative
log-likelihood of n values, so the widths are standard deviations of a prior.

References
----------
.. [1] Gneiting, Raftery, Westveld & Goldman, "Calibrated probabilistic forecasting using ensemble
   model output statistics and minimum CRPS estimation," Monthly Weather Review 133, 2005,
   1098-1118. doi:10.1175/MWR2904.1
.. [2] Van Schaeybroeck & Vannitsem, "Ensemble post-processing using member-by-member approaches:
   theoretical aspects," Q. J. R. Meteorological Society 141, 2015, 807-818. doi:10.1002/qj.2397
"""

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
import scoringrules
from scipy.optimize import minimize

FloatArray = npt.NDArray[np.float64]
Number = float | FloatArray
EDGE_PU = 0.05  # decision: of the ceiling; smaller ones make much of nothing near the ends
LATENT_MAX = float(np.log(1.0 / EDGE_PU + 1.0))
CRPS_MIN_PU = 1e-4  # numerical: a prior that never erred would make every error infinite
BOUNDS = ((-3.0, 3.0), (0.0, 2.0), (0.1, 10.0), (0.0, 5.0))  # shift, slope, spread, growth


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What is done to a forecast on the latent scale; `IDENTITY` does nothing.

    Numbers for one lead time, arrays of shape (steps,) for many.
    """

    shift: Number = 0.0
    slope: Number = 1.0
    spread: Number = 1.0
    growth: Number = 0.0

    def moved(self, latent: FloatArray, growth: FloatArray, scores: FloatArray) -> FloatArray:
        """Return latent members or quantiles, corrected.

        Parameters
        ----------
        latent : ndarray, shape (steps, members)
            Members in any order, or one column that stands for many.
        growth : ndarray, shape (steps,)
            Assumed deviation of a single forecast's error.
        scores : ndarray, shape (steps, members) or (members,)
            Standard normal quantile that belongs to each member's rank.
        """
        mean = latent.mean(axis=1, keepdims=True)
        centre = _column(self.shift) + _column(self.slope) * mean
        added = _column(self.growth) * growth[:, None] * scores
        return np.asarray(centre + _column(self.spread) * (latent - mean) + added)


IDENTITY = Correction()
# assumptions: what one believes of a forecast never compared with a meter, as deviations from the
# prior: 0.3 of bias on the latent scale (a twelfth of the ceiling in the middle), a fifth
# of slope, a spread wrong by two fifths, half the growth of errors of single forecasts.
WIDTHS = Correction(shift=0.3, slope=0.2, spread=0.4, growth=0.5)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Past forecasts beside what came.

    Attributes
    ----------
    latent : ndarray, shape (pairs, levels)
        Quantiles of the members at even levels, latent.
    growth, actual_pu, weight : ndarray, shape (pairs,)
        Assumed deviation of a single forecast's error; what came, over its ceiling; of each pair.
    scores : ndarray, shape (levels,)
        Standard normal quantiles of the levels.
    count : float
        Independent forecasts among the pairs.
    """

    latent: FloatArray
    growth: FloatArray
    actual_pu: FloatArray
    weight: FloatArray
    scores: FloatArray
    count: float

    def crps_pu(self, correction: Correction) -> float:
        """Return the weighted mean CRPS of power over its ceiling, under a correction."""
        power = to_share(correction.moved(self.latent, self.growth, self.scores))
        scores = scoringrules.crps_ensemble(self.actual_pu, power, estimator="qd")
        return float(np.average(scores, weights=self.weight))

    def slope_of_crps(self, correction: Correction) -> FloatArray:
        """Return how that CRPS changes with shift, slope, spread and growth.

        A quantile q at level p adds twice its pinball loss, of slope 2 (1[actual < q] - p) in q.
        """
        latent = correction.moved(self.latent, self.growth, self.scores)
        is_inside = np.abs(latent) < LATENT_MAX
        odds = np.exp(np.where(is_inside, latent, 0.0))
        per_latent = is_inside * (1.0 + 2.0 * EDGE_PU) * odds / (1.0 + odds) ** 2
        is_above = self.actual_pu[:, None] < to_share(latent)
        level = (np.arange(latent.shape[1]) + 0.5) / latent.shape[1]
        steep = 2.0 * (is_above - level) * per_latent * self.weight[:, None]
        mean = self.latent.mean(axis=1, keepdims=True)
        parts = (1.0, mean, self.latent - mean, self.growth[:, None] * self.scores)
        sums = np.array([np.sum(steep * part) for part in parts])
        return np.asarray(sums / (steep.shape[1] * self.weight.sum()))


def to_share(latent: FloatArray) -> FloatArray:
    """Return what share of its ceiling a latent value stands for, cut at 0 and 1."""
    odds = np.exp(np.clip(latent, -LATENT_MAX, LATENT_MAX))
    share = (odds * (1.0 + EDGE_PU) - EDGE_PU) / (1.0 + odds)
    return np.asarray(np.clip(share, 0.0, 1.0))


def fitted(sample: Sample, prior: Correction) -> Correction:
    """Return the correction of least CRPS, drawn towards `prior` as strongly as data are few."""
    if sample.count <= 0 or not len(sample.actual_pu):
        return prior
    believed, widths = np.array(astuple(prior)), np.array(astuple(WIDTHS))
    scale = max(sample.crps_pu(prior), CRPS_MIN_PU)

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        off = (parameters - believed) / widths
        correction = _correction(parameters)
        score = sample.count * sample.crps_pu(correction) / scale
        slope = sample.count * sample.slope_of_crps(correction) / scale
        return score + float(np.sum(off**2)), slope + 2.0 * off / widths

    # L-BFGS-B finds the same in five times the time: it waits for threads of its linear algebra.
    found = minimize(loss, believed, jac=True, method="SLSQP", bounds=BOUNDS)
    return _correction(found.x) if found.fun < loss(believed)[0] else prior


def _correction(parameters: FloatArray) -> Correction:
    shift, slope, spread, growth = (float(p) for p in parameters)
    return Correction(shift=shift, slope=slope, spread=spread, growth=growth)


def _column(number: Number) -> FloatArray:
    return np.asarray(number, dtype=float).reshape(-1, 1)
