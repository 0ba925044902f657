"""Columns a source lacks, each by a named rule with its reference; the source says which."""

import numpy as np
import pandas as pd
import pvlib

from models.weather.schema import Place
from models.weather.sun import FloatArray

WET_BULB_NOTE = "temp_wet_bulb_degc from air temperature and humidity by Stull 2011"
PRESSURE_NOTE = "pressure_pa from the altitude by the ICAO standard atmosphere"


def wet_bulb_degc(temp_air_degc: FloatArray, relative_humidity_pu: FloatArray) -> FloatArray:
    """Return the wet-bulb temperature at sea-level pressure, never above the air's [degC].

    Valid for 5 to 99 % humidity and -20 to 50 degC, to within -1.0 and +0.65 K [1]_, eq. 1:
    20 degC and 50 % give 13.7 degC.

    Parameters
    ----------
    temp_air_degc : array
        Air temperature. [degC]
    relative_humidity_pu : array
        Relative humidity, 0 to 1. [per unit]

    References
    ----------
    .. [1] Stull, "Wet-bulb temperature from relative humidity and air temperature," J. Appl.
       Meteorol. Climatol. 50, 2011, 2267-2269. doi:10.1175/JAMC-D-11-0143.1
    """
    air, percent = temp_air_degc, 100.0 * relative_humidity_pu
    wet = (
        air * np.arctan(0.151977 * np.sqrt(percent + 8.313659))
        + np.arctan(air + percent)
        - np.arctan(percent - 1.676331)
        + 0.00391838 * percent**1.5 * np.arctan(0.023101 * percent)
        - 4.686035
    )
    return np.asarray(np.minimum(wet, air), dtype=float)


def standard_pressure_pa(place: Place) -> float:
    """Return the pressure of the ICAO standard atmosphere (ISO 2533:1975) at a place [Pa]."""
    return float(pvlib.atmosphere.alt2pres(place.altitude_m))


def mean_of_both_ends(instants: pd.DataFrame, *, is_typical_year: bool) -> pd.DataFrame:
    """Return step means from instants at the steps' beginnings: the mean of both ends.

    The last step's far end is the first instant again in a typical year, and otherwise is not
    known: the step then keeps its beginning's value.
    """
    ends = instants.shift(-1)
    ends.iloc[-1] = instants.iloc[0 if is_typical_year else -1]
    return (instants + ends) / 2.0
