"""Members of weather to members of power, and the most each plant can give in each step.

Every member goes through the same models as any other weather. What a plant can give at most is
the ceiling that calibration works below: turbines in full wind, panels under the cleanest sky.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pvlib

from models.solar import solar_power_mw
from models.solar_plant import PvPlant
from models.weather.schema import Weather
from models.weather.sun import CELL_S, cell_midpoints
from models.wind_curve import power_curve
from models.wind_farm import WindFarm

FloatArray = npt.NDArray[np.float64]
CLEANEST_LINKE_PU = 1.5  # as clean_linke_pu of data/climate/dakhla.toml: no day is cleaner
TEMP_BELOW_K = 5.0  # assumption: panels at most this much colder than the coldest member says


def member_columns(
    members: Sequence[Weather], model: Callable[[Weather], pd.DataFrame]
) -> dict[str, FloatArray]:
    """Return what `model` makes of every member, column by column.

    Parameters
    ----------
    members : sequence of Weather
        One or more, on the same steps.
    model : callable
        Weather to a table; the same steps and columns for every member.

    Returns
    -------
    dict of ndarray, each shape (steps, members)
    """
    tables = [model(member) for member in members]
    names = list(tables[0].columns)
    return {
        str(name): np.stack([t[name].to_numpy(dtype=float) for t in tables], axis=1)
        for name in names
    }


def wind_ceiling_mw(farm: WindFarm) -> float:
    """Return the farm's power in full wind, after every loss but the wakes'."""
    kept_pu = np.prod([1.0 - loss for loss in farm.fixed_losses_pu.values()])
    rated_kw = max(power_curve(farm).power_kw)
    return float(rated_kw * farm.turbine_count * kept_pu / 1000.0)


def solar_ceiling_mw(weather: Weather, plant: PvPlant) -> pd.Series:
    """Return the plant's power under the cleanest sky, in the air of `weather`; zero at night.

    Ineichen and Perez' clear sky [1]_ of `CLEANEST_LINKE_PU`, panels `TEMP_BELOW_K` colder.

    References
    ----------
    .. [1] Ineichen & Perez, "A new airmass independent formulation for the Linke turbidity
       coefficient," Solar Energy 73, 2002, 151-157.
    """
    per_step = round(weather.step_h * 3600) // CELL_S
    start = pd.Timestamp(weather.table.index[0])
    middles = cell_midpoints(start, per_step * len(weather.table))
    sun = pvlib.solarposition.ephemeris(middles, weather.latitude_deg, weather.longitude_deg)
    zenith = sun["apparent_zenith"]
    clear = pvlib.clearsky.ineichen(
        zenith,
        pvlib.atmosphere.get_absolute_airmass(
            pvlib.atmosphere.get_relative_airmass(zenith),
            pvlib.atmosphere.alt2pres(weather.altitude_m),
        ),
        CLEANEST_LINKE_PU,
        altitude=weather.altitude_m,
        dni_extra=pvlib.irradiance.get_extra_radiation(middles),
    ).fillna(0.0)
    means = clear.to_numpy(dtype=float).reshape(len(weather.table), per_step, 3).mean(axis=1)
    names = [f"{name}_w_per_m2" for name in clear.columns]
    table = weather.table.assign(
        **dict(zip(names, means.T, strict=True)),
        temp_air_degc=weather.table["temp_air_degc"] - TEMP_BELOW_K,
    )
    return solar_power_mw(weather.with_table(table, weather.step_h), plant)
