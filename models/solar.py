"""PV plant: weather to megawatts at the site bus, with pvlib's functions one after another.

Timing: every column in and out is the mean over the step named by its beginning. The sun moves
within a step, so the chain runs on cells of ten minutes or less and is averaged at the end; at
sunrise and sunset this puts the step's light into the minutes the sun is up.

One sky and one pane of glass for every plant, chosen on measurement: at Albuquerque in 2020
Hay-Davies missed the measured irradiance on the panes by +0.2 %, Perez by +1.3 %, an isotropic
sky by -1.8 % (tests/reference/test_solar_albuquerque.py).
"""

from functools import cache, partial
from math import ceil

import numpy as np
import numpy.typing as npt
import pandas as pd
import pvlib

from models.needs import needed
from models.solar_plant import PvPlant
from models.weather.schema import Weather

FloatArray = npt.NDArray[np.float64]

NEEDED = (
    "ghi_w_per_m2",
    "dni_w_per_m2",
    "dhi_w_per_m2",
    "temp_air_degc",
    "wind_speed_10m_m_per_s",
)
CELL_MAX_S = 600  # at 300 s nothing at Albuquerque moves by more than 0.02 %
LOW_LIGHT_W_PER_M2 = 200.0  # where IEC 61215 and datasheets state the loss of efficiency
STANDARD_LIGHT_W_PER_M2 = 1000.0
TILT_GRID_DEG = tuple(range(0, 95, 5))  # linear between these errs by less than 0.0002 on the sky
INTEGRATION_STEPS = 60  # per axis of Marion's integral; 180 moves it by less than 0.0002

# Glass of 2 mm with index 1.526 and extinction 4 per metre (De Soto 2006, the defaults of
# pvlib.iam.physical) under an anti-reflective layer of index 1.3 (NREL's SSC,
# lib_pv_incidence_modifier.h; pvlib calls 1.29 typical): what modules are sold with today.
glass = partial(pvlib.iam.physical, n=1.526, K=4.0, L=0.002, n_ar=1.3)


def solar_power_mw(weather: Weather, plant: PvPlant) -> pd.Series:
    """Return the plant's available power at the site bus, zero at night.

    Returns
    -------
    Series, shape (steps,)
        Mean power over each step, between 0 and capacity_ac_mw * availability_pu. [MW]

    Raises
    ------
    InputError
        A needed column is missing or outside its physical range.
    """
    return pv_chain(weather, plant)["power_mw"].rename("solar_power_mw")


def pv_chain(weather: Weather, plant: PvPlant) -> pd.DataFrame:
    """Return every link of the chain from light to bus, for checks against measurement.

    Returns
    -------
    DataFrame, shape (steps,)
        Means over each step: ``poa_w_per_m2`` on the panes, ``effective_w_per_m2`` in the cells,
        ``cell_temp_degc`` (mean over the sunlit cells of time, air temperature at night),
        ``dc_mw`` at the inverters' input, ``ac_mw`` at their output, ``power_mw`` at the bus.

    Raises
    ------
    InputError
        A needed column is missing or outside its physical range.
    """
    cells = sunlit_cells(weather)
    light = poa_w_per_m2(cells, panes(cells, plant), plant)
    cell_temp = cell_temp_degc(light["poa_w_per_m2"], cells, plant)
    dc = dc_power_mw(light["effective_w_per_m2"], cell_temp, plant)
    ac = ac_power_mw(dc, plant)
    links = light.assign(dc_mw=dc, ac_mw=ac, power_mw=ac * plant.ac_kept_pu)
    step, count = cells["step"], cell_count(weather.step_h)
    means = links.groupby(step).sum() / count
    chain = means.reindex(range(len(weather.table)), fill_value=0.0)
    chain.index = weather.table.index
    by_day = cell_temp.groupby(step).mean().reindex(range(len(chain))).to_numpy()
    air = weather.table["temp_air_degc"].to_numpy(dtype=float)
    chain.insert(2, "cell_temp_degc", np.where(np.isnan(by_day), air, by_day))
    return chain


def cell_count(step_h: float) -> int:
    """Return into how many cells of time a step is cut."""
    return ceil(step_h * 3600 / CELL_MAX_S - 1e-9)  # 900.0000001 s are still 15 minutes


def sunlit_cells(weather: Weather) -> pd.DataFrame:
    """Return the cells of time with the sun up, with the step's weather dealt out to them.

    Within a step, global and diffuse light follow the sine of the sun's height, the beam is
    even, and none falls while the sun is down; their means over the step are kept.

    Returns
    -------
    DataFrame, shape (cells,)
        Index: middle of the cell. ``step`` numbers the row of the weather table, then the columns
        of `NEEDED`, ``zenith_deg`` (refracted), ``azimuth_deg``, ``extra_w_per_m2``.
    """
    table = needed(weather, NEEDED)
    count = cell_count(weather.step_h)
    step = np.repeat(np.arange(len(table)), count)
    middles = _cell_middles(weather, count)
    sun = pvlib.solarposition.ephemeris(
        middles, weather.latitude_deg, weather.longitude_deg, pressure=_pressure_pa(weather)
    )
    height = np.sin(np.radians(sun["apparent_elevation"].to_numpy(dtype=float))).clip(0.0)
    is_up = height > 0.0
    cells = table.iloc[step].set_axis(middles).assign(step=step)
    cells["zenith_deg"] = sun["apparent_zenith"]
    cells["azimuth_deg"] = sun["azimuth"]
    cells["extra_w_per_m2"] = pvlib.irradiance.get_extra_radiation(middles)
    cells[["ghi_w_per_m2", "dhi_w_per_m2"]] *= _shape(height, count)[:, None]
    even = cells["dni_w_per_m2"] * _shape(is_up.astype(float), count)
    cells["dni_w_per_m2"] = even.clip(upper=cells["extra_w_per_m2"])
    lit: pd.DataFrame = cells.loc[is_up]
    return lit


def panes(cells: pd.DataFrame, plant: PvPlant) -> pd.DataFrame:
    """Return how the panes lie: ``tilt_deg`` from horizontal and ``azimuth_deg``."""
    if plant.mounting == "fixed":
        still = {"tilt_deg": plant.tilt_deg, "azimuth_deg": plant.azimuth_deg}
        return pd.DataFrame(still, index=cells.index, dtype=float)
    turned = pvlib.tracking.singleaxis(
        cells["zenith_deg"],
        cells["azimuth_deg"],
        axis_azimuth=plant.axis_azimuth_deg,
        max_angle=plant.rotation_max_deg,
        backtrack=plant.is_backtracking,
        gcr=plant.ground_cover_pu,
    )
    is_stowed = cells["wind_speed_10m_m_per_s"] > plant.stow_wind_m_per_s
    tilt = turned["surface_tilt"].mask(is_stowed, 0.0)
    return pd.DataFrame({"tilt_deg": tilt, "azimuth_deg": turned["surface_azimuth"]})


def poa_w_per_m2(cells: pd.DataFrame, lies: pd.DataFrame, plant: PvPlant) -> pd.DataFrame:
    """Return the light on the panes and, after reflection at the glass, in the cells.

    Hay-Davies [1]_. The glow around the sun comes from where the beam comes from, so it is
    reflected like the beam; sky and ground are reflected by Marion's integrals [2]_. `lies` is
    how the panes lie, from `panes`.

    Returns
    -------
    DataFrame, shape (cells,)
        ``poa_w_per_m2``, ``effective_w_per_m2``.

    References
    ----------
    .. [1] Hay & Davies, "Calculations of the solar radiation incident on an inclined surface,"
       First Canadian Solar Radiation Data Workshop, 1980.
    .. [2] Marion, "Numerical method for angle-of-incidence correction factors for diffuse
       radiation incident photovoltaic modules," Solar Energy 147, 2017, 344-348.
    """
    tilt = lies["tilt_deg"]
    pane, sun = (tilt, lies["azimuth_deg"]), (cells["zenith_deg"], cells["azimuth_deg"])
    cos_incidence = pvlib.irradiance.aoi_projection(*pane, *sun).clip(0.0)
    diffuse, beam = cells["dhi_w_per_m2"], cells["dni_w_per_m2"]
    sky = pvlib.irradiance.haydavies(
        *pane, diffuse, beam, cells["extra_w_per_m2"], *sun, return_components=True
    )
    ground = pvlib.irradiance.get_ground_diffuse(tilt, cells["ghi_w_per_m2"], plant.albedo_pu)
    from_sun = beam * cos_incidence + sky["poa_circumsolar"]
    through_sun = glass(pvlib.irradiance.aoi(*pane, *sun))
    through_sky = np.interp(tilt, TILT_GRID_DEG, diffuse_through("sky"))
    through_ground = np.interp(tilt, TILT_GRID_DEG, diffuse_through("ground"))
    from_sky = sky["poa_isotropic"]
    passed = from_sun * through_sun + from_sky * through_sky + ground * through_ground
    return pd.DataFrame(
        {"poa_w_per_m2": from_sun + from_sky + ground, "effective_w_per_m2": passed}
    )


@cache
def diffuse_through(region: str) -> tuple[float, ...]:
    """Return the share of sky or ground light that passes the glass, for `TILT_GRID_DEG`."""
    integral = partial(pvlib.iam.marion_integrate, glass, region=region, num=INTEGRATION_STEPS)
    return tuple(float(integral(surface_tilt=float(tilt))) for tilt in TILT_GRID_DEG)


def cell_temp_degc(poa: pd.Series, cells: pd.DataFrame, plant: PvPlant) -> pd.Series:
    """Return the temperature of the PV cells after King et al. (SAPM), from wind at 10 m.

    T = air + G exp(a + b wind) + dT G / 1000 [1]_.

    References
    ----------
    .. [1] King, Boyson, Kratochvil, "Photovoltaic array performance model," SAND2004-3535, 2004,
       eqs. 11-12.
    """
    degc: pd.Series = pvlib.temperature.sapm_cell(
        poa,
        cells["temp_air_degc"],
        cells["wind_speed_10m_m_per_s"],
        plant.sapm_a_pu,
        plant.sapm_b_s_per_m,
        plant.sapm_delta_t_k,
    )
    return degc


def dc_power_mw(effective: pd.Series, cell_temp: pd.Series, plant: PvPlant) -> pd.Series:
    """Return the power at the inverters' input, after all DC losses (PVWatts, Marion 2008)."""
    watts: pd.Series = pvlib.pvsystem.pvwatts_dc(
        effective,
        cell_temp,
        plant.capacity_dc_mw * 1e6,
        plant.power_temp_coefficient_per_k,
        k=plant.low_light_loss_pu * LOW_LIGHT_W_PER_M2 / STANDARD_LIGHT_W_PER_M2,
        cap_adjustment=True,
    )
    return watts / 1e6 * plant.dc_kept_pu


def ac_power_mw(dc_mw: pd.Series, plant: PvPlant) -> pd.Series:
    """Return the inverters' output, clipped at their rating (PVWatts inverter)."""
    input_max_mw = plant.capacity_ac_mw / plant.inverter_efficiency_pu
    ac: pd.Series = pvlib.inverter.pvwatts(
        dc_mw, input_max_mw, eta_inv_nom=plant.inverter_efficiency_pu
    )
    return ac


def _cell_middles(weather: Weather, count: int) -> pd.DatetimeIndex:
    shares = (np.arange(count) + 0.5) / count
    offsets = pd.to_timedelta(shares * weather.step_h, unit="h")
    begins = pd.DatetimeIndex(weather.table.index)
    return begins.repeat(count) + pd.TimedeltaIndex(np.tile(offsets, len(begins)))


def _shape(weight: FloatArray, count: int) -> FloatArray:
    """Return weights over their mean in each step; zero where a step has none."""
    mean = np.repeat(weight.reshape(-1, count).mean(axis=1), count)
    shape: FloatArray = np.divide(weight, mean, out=np.zeros_like(weight), where=mean > 0.0)
    return shape


def _pressure_pa(weather: Weather) -> float:
    return float(pvlib.atmosphere.alt2pres(weather.altitude_m))
