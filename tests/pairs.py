"""Past forecasts beside what came, as tests make them up."""

import numpy as np
import pandas as pd

from models.calibration import SHAPE_COLUMNS, shape_of, to_latent

COLUMN, SOURCE = "wind_main_available_mw", "known"


def pair_table(
    members_mw: np.ndarray, ceiling_mw: np.ndarray, lead_h: np.ndarray, actual_mw: np.ndarray
) -> pd.DataFrame:
    """Return pairs of forecasts issued a day apart, one step of each."""
    count = members_mw.shape[1]
    issued = pd.date_range("2020-01-01", periods=len(actual_mw), freq="D", tz="UTC").as_unit("us")
    table = pd.DataFrame(
        {
            "issued_utc": issued,
            "init_utc": issued,
            "time_utc": issued + pd.to_timedelta(np.floor(lead_h), unit="h"),
            "column": COLUMN,
            "source": SOURCE,
            "member_count": count,
            "mean_mw": members_mw.mean(axis=1),
            "sd_mw": members_mw.std(axis=1, ddof=min(1, count - 1)),
            "ceiling_mw": ceiling_mw,
            "lead_h": lead_h,
            "actual_mw": actual_mw,
        }
    )
    shape = shape_of(to_latent(members_mw, ceiling_mw[:, None]))
    return table.assign(**dict(zip(SHAPE_COLUMNS, shape.T, strict=True)))
