"""Quantiles about a single forecast, learned from the archive by `models.quantile_learning`.

The archive's steps may be quarter hours and hours in one forecast, so hours are learned from: what
was forecast and what came, over the ceiling. Within an hour each step keeps its distance, on the
latent scale, from the hour's forecast.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.calibration import from_latent, to_latent
from models.quantile_learning import PAIRS_MIN, Learning, fit, predict

FloatArray = npt.NDArray[np.float64]
FORECASTS_MIN = 45  # decision: six weeks; fewer nights teach a spread, not what it hangs on
FORECASTS_MAX = 60  # decision: two months, 3 s and 0.4 GB to learn a plant; four took 8 s, 2 GB
LEVELS_PU = tuple(round(k / 100, 2) for k in range(1, 100))
GROUP = "plant"


def is_enough(past: pd.DataFrame) -> bool:
    """Return whether a plant's pairs (`Pairs.courses`) are enough to learn quantiles from."""
    known = past.dropna(subset=["actual_mw"])
    return known["issued_utc"].nunique() >= FORECASTS_MIN and len(known) >= 4 * PAIRS_MIN


def learned_quantiles_mw(
    past: pd.DataFrame, ahead: pd.DataFrame, levels_pu: Sequence[float] | FloatArray, *, seed: int
) -> FloatArray:
    """Return quantiles of power for each step of a forecast.

    Parameters
    ----------
    past : DataFrame
        One plant's pairs, `is_enough`; steps without an actual are neighbours of others.
    ahead : DataFrame
        The forecast: ``issued_utc``, ``time_utc``, ``lead_h``, ``mean_mw``, ``ceiling_mw``.
    levels_pu : sequence of float
        Probabilities of less, rising; beyond 0.01 and 0.99 those are taken. [per unit]

    Returns
    -------
    ndarray, shape (steps, levels)
        Between zero and the ceiling. [MW]
    """
    latest = past["issued_utc"].drop_duplicates().nlargest(FORECASTS_MAX)
    table = _hours(past[past["issued_utc"].isin(latest)])
    model = fit(table, Learning(seed=seed))
    hours = _hours(ahead)
    shares = predict(model, hours.drop(columns="actual_pu"), LEVELS_PU).to_numpy(dtype=float)
    one = np.ones((1, 1))
    moved = to_latent(shares, one) - to_latent(hours[["power_pu"]].to_numpy(dtype=float), one)
    row = pd.DatetimeIndex(hours.index).get_indexer(pd.DatetimeIndex(ahead["time_utc"]).floor("h"))
    ceiling = ahead["ceiling_mw"].to_numpy(dtype=float)[:, None]
    own = to_latent(ahead["mean_mw"].to_numpy(dtype=float)[:, None], ceiling)
    wanted = np.asarray(levels_pu, dtype=float)
    at = np.array([np.interp(wanted, LEVELS_PU, line) for line in moved])
    return from_latent(own + at[row], ceiling)


def _hours(steps: pd.DataFrame) -> pd.DataFrame:
    """Return steps as a forecast table of hours; an actual is known where all its steps' are."""
    part = steps.assign(
        time_utc=pd.DatetimeIndex(steps["time_utc"]).floor("h"),
        actual_mw=steps.get("actual_mw", np.nan),
    )
    groups = part.groupby(["issued_utc", "time_utc"])
    found = groups[["mean_mw", "ceiling_mw", "lead_h"]].mean()
    actual = groups["actual_mw"].sum(min_count=1) / groups.size()
    is_whole = groups["actual_mw"].count() == groups.size()
    top = found["ceiling_mw"].where(found["ceiling_mw"] > 0.0)
    table = pd.DataFrame(
        {
            "power_pu": (found["mean_mw"] / top).fillna(0.0).clip(0.0, 1.0),
            "lead_h": found["lead_h"],
            "actual_pu": (actual.where(is_whole) / top).clip(0.0, 1.0),
        }
    )
    return table.reset_index("issued_utc").assign(group=GROUP)
