"""The wind chain against four measured turbines (La Haute Borne, ENGIE open data, Etalab 2.0).

Power curve from the ten-minute records of 2014; power of 2015 from the nacelle winds of 2015.
Air from ERA5, since the turbines' thermometers have faults of -273 degC in the record.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.weather.schema import Weather
from models.wind import air_density_kg_per_m3, wind_power_mw
from models.wind_curve import curve_from_records
from models.wind_farm import WindFarm

Shared = Callable[[str], Path]

FOLDER = "data/la_haute_borne"
RATED_KW = 4 * 2050.0  # asset table of the data
HUB_HEIGHT_M = 80.0  # asset table
CUT_OUT_M_PER_S = 25.0  # MM82: derived_power_curve_mm82_nacelle_2014.csv ends there
ELECTRICAL_LOSS_PU = 0.02  # OpenOA 3.2, notebook 04: 2.0 % to the plant's meter
AEP_GWH, AEP_TOLERANCE_GWH = 12.29, 0.5  # OpenOA 3.2, notebook 02a: at the plant's meter
LONG_TERM_YEARS = range(10, 21)  # OpenOA's Monte Carlo draws its long term from 10 to 20 years


@pytest.fixture(scope="module")
def air(shared: Shared) -> pd.DataFrame:
    """ERA5 at the site as means over each hour: the mean of the instants at both ends."""
    table = pd.read_csv(shared(f"{FOLDER}/era5_hourly_2014_2015.csv.gz"))
    instants = table.set_index(pd.to_datetime(table["datetime"], utc=True))
    instants = instants[["ws_100m", "t_2m", "surf_pres"]].rename_axis("time_utc")
    return (instants + instants.shift(-1).fillna(instants)) / 2.0


@pytest.fixture(scope="module")
def hours(shared: Shared) -> pd.DataFrame:
    """Wind and power of every turbine in the hours in which all four have all six records."""
    table = pd.read_csv(shared(f"{FOLDER}/lhb_hourly_2014_2015.csv.gz"))
    table["time_utc"] = pd.to_datetime(table["time_utc"], utc=True)
    wide = table.pivot_table(
        index="time_utc", columns="Wind_turbine_name", values=["Ws", "P_kW", "n"]
    )
    return wide[(wide["n"] == 6).all(axis=1)]


@pytest.fixture(scope="module")
def records_2014(shared: Shared, air: pd.DataFrame) -> pd.DataFrame:
    """Every ten-minute record of 2014, with the density of its hour."""
    table = pd.read_csv(shared(f"{FOLDER}/lhb_10min_2014.csv.gz")).dropna()
    table["hour"] = pd.to_datetime(table["t"], utc=True).dt.floor("h")
    density = air_density_kg_per_m3(_weather(air["ws_100m"], air), _farm("unused.csv", 0.0))
    return table.assign(density=density.reindex(table["hour"]).to_numpy())


@pytest.fixture(scope="module")
def farm(records_2014: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> WindFarm:
    """One turbine with the curve of 2014 and the spread of ten-minute winds within an hour."""
    columns = (records_2014[name].to_numpy(float) for name in ("Ws_avg", "P_avg", "density"))
    curve = curve_from_records(*columns, cut_out_m_per_s=CUT_OUT_M_PER_S)
    path = tmp_path_factory.mktemp("curve") / "mm82_2014.csv"
    points = {"wind_speed_m_per_s": curve.wind_speed_m_per_s, "power_kw": curve.power_kw}
    pd.DataFrame(points).to_csv(path, index=False)
    winds = records_2014.groupby(["Wind_turbine_name", "hour"])["Ws_avg"].agg(["mean", "std"])
    moving = winds[winds["mean"] > 4.0]  # below cut-in the ratio says nothing about power
    spread_pu = float(np.sqrt(((moving["std"] / moving["mean"]) ** 2).mean()))
    return _farm(str(path), round(spread_pu, 3))


def _farm(path: str, spread_pu: float) -> WindFarm:
    """No losses: the nacelle wind is behind the wakes, the curve holds faults and service."""
    return WindFarm(
        power_curve_file=path,
        turbine_count=1,
        hub_height_m=HUB_HEIGHT_M,
        shear_exponent_pu=0.2,
        wind_spread_pu=spread_pu,
        cut_out_m_per_s=CUT_OUT_M_PER_S,
        restart_m_per_s=22.0,
        wake_loss_pu=0.0,
        turbine_unavailability_pu=0.0,
        plant_unavailability_pu=0.0,
        electrical_loss_pu=0.0,
        blade_loss_pu=0.0,
    )


def _weather(hub_wind: pd.Series, air: pd.DataFrame) -> Weather:
    """Wind at hub height with the air of the same hours."""
    table = pd.DataFrame(
        {
            "wind_speed_80m_m_per_s": hub_wind,
            "temp_air_degc": air["t_2m"].reindex(hub_wind.index) - 273.15,
            "pressure_pa": air["surf_pres"].reindex(hub_wind.index),
        }
    )
    place = {"latitude_deg": 48.45, "longitude_deg": 5.59, "altitude_m": 411.0}
    return Weather(
        table=table, step_h=1.0, source="LHB", level="measured", licence="Etalab 2.0", **place
    )


def _four_turbines_kw(winds: pd.DataFrame, air: pd.DataFrame, farm: WindFarm) -> pd.Series:
    powers = [wind_power_mw(_weather(winds[name], air), farm) for name in winds]
    return sum(powers) * 1000.0


def test_2015_from_nacelle_wind(hours: pd.DataFrame, air: pd.DataFrame, farm: WindFarm) -> None:
    """Proves the four-turbine total within 3 % bias and 3 % of rated, the test year unfiltered.

    Reached: bias -0.6 %, nRMSE 2.5 %, over all 8,552 hours with all four turbines present.
    """
    test = hours[hours.index.year == 2015]
    modelled_kw = _four_turbines_kw(test["Ws"], air, farm)
    measured_kw = test["P_kW"].sum(axis=1)
    bias_pu = modelled_kw.sum() / measured_kw.sum() - 1.0
    nrmse_pu = np.sqrt(((modelled_kw - measured_kw) ** 2).mean()) / RATED_KW
    assert len(test) == 8552
    assert abs(bias_pu) <= 0.03
    assert nrmse_pu <= 0.03


@pytest.mark.parametrize(
    ("left_out", "change"),
    [("density", {}), ("spread", {"wind_spread_pu": 0.0})],
)
def test_each_part_of_the_chain_earns_its_place(
    left_out: str, change: dict[str, float], hours: pd.DataFrame, air: pd.DataFrame, farm: WindFarm
) -> None:
    """Proves that density correction and spread each make 2015 better than without them."""
    test = hours[hours.index.year == 2015]
    measured_kw = test["P_kW"].sum(axis=1)
    full_kw = _four_turbines_kw(test["Ws"], air, farm)
    constant = air.assign(t_2m=air["t_2m"].mean(), surf_pres=air["surf_pres"].mean())
    used = constant if left_out == "density" else air
    less_kw = _four_turbines_kw(test["Ws"], used, farm.model_copy(update=change))
    assert ((full_kw - measured_kw) ** 2).mean() < ((less_kw - measured_kw) ** 2).mean()


def _reanalysis_winds(source: str, shared: Shared, air: pd.DataFrame) -> pd.Series:
    if source == "era5":
        return air["ws_100m"]
    table = pd.read_csv(shared(f"{FOLDER}/merra2_hourly_2014_2015.csv.gz"))
    middle = pd.to_datetime(table["datetime"], utc=True)  # stamped hh:30: the mean of hour hh
    return table.set_index(middle.dt.floor("h").rename("time_utc"))["ws_50m"]


def _long_term(source: str, shared: Shared) -> pd.Series:
    """Monthly means of the density-corrected wind, whole years only."""
    table = pd.read_csv(shared(f"{FOLDER}/{source}_monthly_longterm.csv"), parse_dates=["datetime"])
    wind = table.set_index("datetime")["wsd"]
    return wind[wind.groupby(wind.index.year).transform("size") == 12]


def _aep_gwh(
    modelled_kw: pd.Series, long_term: pd.Series, meter_gwh: float | None
) -> dict[int, float]:
    """Return the long-term yearly energy by the number of years taken as long term.

    The chain's monthly mean power of 2014 and 2015 is regressed on the month's
    density-corrected wind and applied to the long term. With a meter, the ratio of long term
    to 2014-2015 scales what the meter counted in those two years (index method).
    """
    months = modelled_kw.index.tz_localize(None).to_period("M").to_timestamp()
    monthly_kw = modelled_kw.groupby(months).mean()
    slope, start = np.polyfit(long_term.reindex(monthly_kw.index), monthly_kw, 1)
    hours_in_month = 24.0 * np.asarray(long_term.index.days_in_month)
    energy = (start + slope * long_term) * hours_in_month / 1e6
    yearly = {years: float(energy.iloc[-12 * years :].sum()) / years for years in LONG_TERM_YEARS}
    concurrent = modelled_kw.sum() / 1e6 / 2.0
    scale = meter_gwh / concurrent if meter_gwh is not None else 1.0 - ELECTRICAL_LOSS_PU
    return {years: gwh * scale for years, gwh in yearly.items()}


def _modelled_from_reanalysis(
    source: str, shared: Shared, hours: pd.DataFrame, air: pd.DataFrame, farm: WindFarm
) -> pd.Series:
    """Return hourly power of both years from reanalysis wind (measure, correlate, predict).

    Each turbine's wind is the reanalysis wind brought to the mean and standard deviation of its
    nacelle wind (variance-ratio method), the two years 2014 and 2015 together.
    """
    wind = _reanalysis_winds(source, shared, air)
    same = wind.reindex(hours.index)
    winds = {
        name: nacelle.mean() + nacelle.std() / same.std() * (wind - same.mean())
        for name, nacelle in hours["Ws"].items()
    }
    return _four_turbines_kw(pd.DataFrame(winds).clip(lower=0.0), air, farm)


@pytest.mark.parametrize("source", ["era5", "merra2"])
def test_aep_from_reanalysis(
    source: str, shared: Shared, hours: pd.DataFrame, air: pd.DataFrame, farm: WindFarm
) -> None:
    """Proves 12.29 +- 0.5 GWh a year at the meter, from either reanalysis.

    By index, for every long term of 10 to 20 years: ERA5 12.05 to 12.61 (mean 12.33), MERRA-2
    11.88 to 12.77 (mean 12.35). By the chain alone (2 % electrical loss, no meter), mean over
    the same long terms: 12.58 and 12.43.
    """
    meter = pd.read_csv(shared(f"{FOLDER}/plant_meter_monthly_synthetic.csv"))
    meter_gwh = meter["net_energy_kwh"].sum() / 1e6 / 2.0
    modelled_kw = _modelled_from_reanalysis(source, shared, hours, air, farm)
    long_term = _long_term(source, shared)
    by_index = _aep_gwh(modelled_kw, long_term, meter_gwh)
    by_chain = np.mean(list(_aep_gwh(modelled_kw, long_term, None).values()))
    assert all(abs(aep - AEP_GWH) <= AEP_TOLERANCE_GWH for aep in by_index.values()), by_index
    assert by_chain == pytest.approx(AEP_GWH, abs=AEP_TOLERANCE_GWH)
