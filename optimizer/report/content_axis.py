"""The time axis of the page's charts, and numbers as charts take them.

Times are texts made here, in UTC and in the site's legal time: no browser ever converts one.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from optimizer.horizon import Horizon
from optimizer.legal_time import SITE_TIME_ZONE, legal
from optimizer.phrases import moment
from optimizer.report.rendering import both

_HOUR = 3600
_LEVELS = ((24, 0), (6, 1), (3, 2), (1, 3))  # a tick every so many hours, and how fine that is


def axis(horizon: Horizon, binding_h: float) -> dict[str, Any]:
    """Return what every chart of a plan shares: steps, texts of their times, ticks."""
    site = legal(horizon.index, SITE_TIME_ZONE)
    form = "%Y-%m-%d %H:%M"
    return {
        "begin_h": rounded(horizon.begin_h),
        "step_h": rounded(horizon.hours),
        "times": {
            "utc": list(horizon.index.strftime(form)),
            "site": list(site.strftime(form)),
        },
        "ticks": _ticks(horizon),
        "binding_h": binding_h,
    }


def _ticks(horizon: Horizon) -> list[dict[str, Any]]:
    """Return the full hours of the plan, with how fine a tick each is."""
    hours = pd.date_range(horizon.start.ceil("h"), horizon.end, freq="h")
    local = legal(hours, SITE_TIME_ZONE)
    ticks = []
    for at, there in zip(hours, local, strict=True):
        level = next(level for every, level in _LEVELS if at.hour % every == 0)
        ticks.append(
            {
                "h": (at - horizon.start).total_seconds() / _HOUR,
                "utc": both(moment(at, "%d %b")) if level == 0 else f"{at:%H:%M}",
                "site": f"{there:%H:%M}" if there.utcoffset() else "",
                "level": level,
            }
        )
    return ticks


def rounded(values: Iterable[float]) -> list[float | None]:
    """Return numbers as charts show them: six digits; none where there is no number."""
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in np.asarray(list(values), float)]


def spans_of(mask: np.ndarray, horizon: Horizon) -> list[list[float]]:
    """Return the hours from and to of each run of steps that are marked."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    ends = np.append(horizon.begin_h, horizon.end_h[-1])
    return [[float(ends[a]), float(ends[b])] for a, b in edges.reshape(-1, 2)]
