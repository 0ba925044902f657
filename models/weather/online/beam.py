"""Direct and diffuse irradiance where a source gives global irradiance only, by Erbs 1982."""

import numpy as np
import pandas as pd
import pvlib

from models.weather.schema import Place
from models.weather.sun import CELL_S, FloatArray, cell_midpoints, sin_elevation

BEAM_NOTE = "DNI and DHI from GHI by Erbs 1982"
CELLS_AN_HOUR = 3600 // CELL_S


def beam_and_diffuse(
    ghi_w_per_m2: FloatArray, steps: pd.DatetimeIndex, place: Place
) -> tuple[FloatArray, FloatArray]:
    """Return DNI and DHI of hourly means of GHI [W/m2].

    The clearness index is GHI over the hour's mean outside the atmosphere; the sun stands where
    its mean sine over the hour puts it. Then DHI + DNI * (mean sine) = GHI.

    Parameters
    ----------
    ghi_w_per_m2 : array, shape (members, steps)
        NaN is kept. [W/m2]
    steps : DatetimeIndex
        Beginnings of the hours (UTC).
    place : Place
        Where.

    References
    ----------
    .. [1] Erbs, Klein & Duffie, "Estimation of the diffuse radiation fraction for hourly, daily
       and monthly-average global radiation," Solar Energy 28, 1982, 293-302, eq. 1;
       pvlib.irradiance.erbs.
    """
    cells = cell_midpoints(steps[0], len(steps) * CELLS_AN_HOUR)
    sine = np.maximum(sin_elevation(cells, place), 0.0).reshape(len(steps), -1).mean(axis=1)
    zenith = np.degrees(np.arccos(sine))
    parts = pvlib.irradiance.erbs(
        ghi_w_per_m2, np.broadcast_to(zenith, ghi_w_per_m2.shape), np.asarray(steps.day_of_year)
    )
    return np.asarray(parts["dni"], dtype=float), np.asarray(parts["dhi"], dtype=float)
