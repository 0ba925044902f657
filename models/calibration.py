"""Calibration of power forecasts: bias and spread per lead time, from past forecasts and meters.

Power is compared with its ceiling, the most the plant can give in that step (for panels, under the
cleanest sky, so nights stay zero), on a logistic scale on which errors are about alike everywhere:

    x = power / ceiling,   z = ln((x + e) / (1 - x + e))        from -ln(1/e + 1) to +ln(1/e + 1)

There the members' centre is moved, their differences are stretched and normal errors added by rank
(`models.calibration_fit`), so members keep their order and with it the dependence in time and
between plants; then everything goes back, cut at zero and at the ceiling. Corrections are fitted at
knots of lead time, each drawn towards the fit over all leads, which is drawn towards doing nothing;
between knots they go linearly. Without any history nothing is changed.
"""

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from models.calibration_fit import (
    EDGE_PU,
    IDENTITY,
    Correction,
    Sample,
    fitted,
    to_share,
)
from models.scenarios import even_levels, normal_scores, ranks

FloatArray = npt.NDArray[np.float64]
DARK_PU = 0.02  # decision: ceilings below this share of the largest are dusk; not learned from
KNOTS_H = (
    3,
    9,
    15,
    21,
    27,
    33,
    39,
    45,
    54,
    66,
    84,
    108,
    132,
    156,
    204,
)  # a day's course, then days
MEMBERS_MIN = 8  # decision: fewer say too little of spread; their mean is taken as one forecast
SAMPLE_MAX = 3000  # numerical: pairs of one forecast hang together; more of them teach no more
SHAPE_COUNT = 19  # numerical: quantiles of the members that a pair keeps
SHAPE_COLUMNS = tuple(f"latent_{k}" for k in range(1, SHAPE_COUNT + 1))
# Latent error of a single forecast over a day ahead, measured on the ECMWF winds and ten farms of
# GEFCom2014 (Hong et al., Int. J. Forecasting 32, 2016, 896-913): 0.70 to 1.06, mean 0.90, which is
# 0.17 of nominal. On panels it gives 0.11 of nominal by day; in the American Southwest 0.10 to 0.14
# of nameplate were found (Larson et al., Renewable Energy 91, 2016, 11-20).
ERROR_AT_DAY_1 = 0.9
ERROR_EXPONENT_1 = 0.35  # assumption: 0.6 of a day's error at 6 h, twice at 7 days


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Past forecasts beside metered actuals, hours that were curtailed left out.

    Attributes
    ----------
    table : DataFrame, shape (pairs,)
        ``issued_utc``, ``time_utc`` (beginning of the step), ``lead_h`` (model run to the middle
        of the step), ``column``, ``source`` (weather model), ``member_count``, ``mean_mw``,
        ``sd_mw``, ``ceiling_mw``, ``actual_mw`` (NaN where unknown), and `SHAPE_COLUMNS`: the
        members' quantiles at even levels, latent.
    problems : tuple of str
        What could not be read; the forecast says it.
    """

    table: pd.DataFrame
    problems: tuple[str, ...] = ()

    def of(self, column: str, source: str, *, is_single: bool) -> pd.DataFrame:
        """Return the pairs of one column and weather model; dusk, night and gaps left out."""
        chosen = self.courses(column, source, is_single=is_single).dropna(subset=["actual_mw"])
        is_light = chosen["ceiling_mw"] > DARK_PU * chosen["ceiling_mw"].max()
        light: pd.DataFrame = chosen.loc[is_light]
        return light

    def courses(self, column: str, source: str, *, is_single: bool) -> pd.DataFrame:
        """Return whole forecasts of one column and weather model, steps without an actual too."""
        t = self.table
        alike = (t["member_count"] < MEMBERS_MIN) == is_single
        found: pd.DataFrame = t.loc[(t["column"] == column) & (t["source"] == source) & alike]
        return found


def to_latent(power_mw: FloatArray, ceiling_mw: FloatArray) -> FloatArray:
    """Return power on the latent scale; zero in the dark, where it says nothing."""
    is_dark = ceiling_mw <= 0.0
    share = np.clip(power_mw / np.where(is_dark, 1.0, ceiling_mw), 0.0, 1.0)
    latent = np.log((share + EDGE_PU) / (1.0 - share + EDGE_PU))
    return np.where(is_dark, 0.0, latent)


def from_latent(latent: FloatArray, ceiling_mw: FloatArray) -> FloatArray:
    """Return power, cut at zero and at the ceiling [MW]."""
    return np.asarray(to_share(latent) * ceiling_mw)


def shape_of(latent: FloatArray) -> FloatArray:
    """Return what a pair keeps of latent members, shape (steps, `SHAPE_COUNT`)."""
    return np.asarray(np.quantile(latent, even_levels(SHAPE_COUNT), axis=1, method="hazen").T)


def error_growth(lead_h: FloatArray) -> FloatArray:
    """Return the assumed latent deviation of a single forecast's error."""
    return np.asarray(ERROR_AT_DAY_1 * (np.maximum(lead_h, 1.0) / 24.0) ** ERROR_EXPONENT_1)


def taken_as_one(member_count: int) -> bool:
    """Return whether so few members are taken as one forecast."""
    return member_count < MEMBERS_MIN


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What was learned for one column: a correction at every knot of lead time.

    Attributes
    ----------
    knots : tuple of Correction
        As many as `KNOTS_H`.
    pair_count, forecast_count : int
        What it was learned from.
    """

    knots: tuple[Correction, ...]
    pair_count: int = 0
    forecast_count: int = 0

    def at(self, lead_h: FloatArray) -> Correction:
        """Return corrections whose fields are arrays, linear between knots."""
        rows = np.array([astuple(knot) for knot in self.knots])
        shift, slope, spread, growth = (np.interp(lead_h, KNOTS_H, r) for r in rows.T)
        return Correction(shift=shift, slope=slope, spread=spread, growth=growth)


def prior(*, is_single: bool) -> Correction:
    """Return what is done without history: nothing, or for one member the assumed error."""
    return Correction(growth=1.0) if is_single else IDENTITY


def learned(pairs: pd.DataFrame | None, *, is_single: bool) -> Calibration:
    """Return the calibration of one column, from its pairs (`Pairs.of`), if there are any."""
    believed = prior(is_single=is_single)
    if pairs is None or pairs.empty:
        return Calibration(knots=(believed,) * len(KNOTS_H))
    lead_h = pairs["lead_h"].to_numpy(dtype=float)
    overall = fitted(_sample(pairs, np.ones(len(pairs))), believed)
    knots = [fitted(_sample(pairs, _near(lead_h, knot)), overall) for knot in range(len(KNOTS_H))]
    return Calibration(
        knots=tuple(knots),
        pair_count=len(pairs),
        forecast_count=int(pairs["issued_utc"].nunique()),
    )


def calibrated_mw(
    members: FloatArray, ceiling_mw: FloatArray, lead_h: FloatArray, learned_: Calibration
) -> FloatArray:
    """Return members moved and stretched; their order in every step is kept.

    Parameters
    ----------
    members : ndarray, shape (steps, members)
        Of power, `MEMBERS_MIN` or more. [MW]
    ceiling_mw, lead_h : ndarray, shape (steps,)

    Returns
    -------
    ndarray, shape (steps, members)
        Between zero and the ceiling. [MW]
    """
    latent = to_latent(members, ceiling_mw[:, None])
    scores = normal_scores(ranks(latent))
    moved = learned_.at(lead_h).moved(latent, error_growth(lead_h), scores)
    return from_latent(moved, ceiling_mw[:, None])


def quantiles_about_mw(
    members: FloatArray,
    ceiling_mw: FloatArray,
    lead_h: FloatArray,
    learned_: Calibration,
    levels_pu: FloatArray,
) -> FloatArray:
    """Return quantiles of power about a forecast of one member, or the mean of a few.

    Returns
    -------
    ndarray, shape (steps, levels)
        Between zero and the ceiling. [MW]
    """
    latent = to_latent(members, ceiling_mw[:, None]).mean(axis=1, keepdims=True)
    moved = learned_.at(lead_h).moved(latent, error_growth(lead_h), ndtri(levels_pu))
    return from_latent(moved, ceiling_mw[:, None])


def _near(lead_h: FloatArray, knot: int) -> FloatArray:
    """Return each pair's weight at a knot: 1 there, 0 at the next ones, linear between."""
    return np.asarray(np.interp(lead_h, KNOTS_H, np.eye(len(KNOTS_H))[knot]), dtype=np.float64)


def _sample(pairs: pd.DataFrame, weight: FloatArray) -> Sample:
    """Return the pairs that have weight as the fit takes them, thinned evenly if they are many."""
    rows = np.flatnonzero(weight > 0.0)
    near = pairs.iloc[rows]
    days = near[["issued_utc"]].assign(day=near["lead_h"] // 24)
    if len(rows) > SAMPLE_MAX:
        chosen = np.random.default_rng(0).choice(len(rows), SAMPLE_MAX, replace=False)
        rows = np.sort(rows[chosen])
    few = pairs.iloc[rows]
    return Sample(
        latent=few[[*SHAPE_COLUMNS]].to_numpy(dtype=float),
        growth=error_growth(few["lead_h"].to_numpy(dtype=float)),
        actual_pu=np.clip((few["actual_mw"] / few["ceiling_mw"]).to_numpy(dtype=float), 0.0, 1.0),
        weight=weight[rows],
        scores=np.asarray(ndtri(even_levels(SHAPE_COUNT))),
        count=float(len(days.drop_duplicates())),
    )
