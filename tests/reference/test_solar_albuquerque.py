"""The PV chain against a year of measurement: Sandia, Albuquerque, 2020 (PVPMC 2021, scenario S1).

Nothing is fitted: module power, temperature coefficient and low-light loss are the laboratory's
for this module type, place, tilt and albedo the organisers', and no loss is assumed.
"""

import numpy as np
import pandas as pd
import pvlib
import pytest

from models import solar
from models.solar_plant import PvPlant
from models.weather.schema import Weather

RECORD = "data/pvpmc2021_s1_albuquerque/pvpmc2021_s1_hourly_2020.csv.gz"
RATED_W = 12 * 325.0
NAMES = {
    "ghi": "ghi_w_per_m2",
    "dni": "dni_w_per_m2",
    "dhi": "dhi_w_per_m2",
    "temp_air": "temp_air_degc",
    "wind_speed": "wind_speed_10m_m_per_s",
}
STRING = PvPlant(
    mounting="fixed",
    tilt_deg=35.0,
    azimuth_deg=180.0,
    # Sandia_PV_Module_P-Matrix-and-TempCo-Data_2019.xlsx, module 19074-001 (VBHN325SA16):
    capacity_dc_mw=12 * 322.30e-6,  # 1000 W/m2, 25 degC
    low_light_loss_pu=1 - 61.137 / (0.2 * 322.305),  # 200 W/m2, 25 degC
    power_temp_coefficient_per_k=-0.00297,  # muPmpReq in the module's PAN file
    albedo_pu=0.193,  # mean of the organisers' monthly 0.189 to 0.203
    # King 2004, table 1: open rack, glass and polymer sheet (PAN file: "Glass-White Backsheet")
    sapm_a_pu=-3.56,
    sapm_b_s_per_m=-0.075,
    sapm_delta_t_k=3.0,
    capacity_ac_mw=RATED_W / 1e6,  # the record ends at DC: this and what follows is not compared
    inverter_efficiency_pu=0.96,
    soiling_rate_pu_per_day=0.0,
    cleaning_interval_day=0.0,
    shading_loss_pu=0.0,
    mismatch_loss_pu=0.0,
    dc_wiring_loss_pu=0.0,
    nameplate_loss_pu=0.0,
    ageing_loss_pu=0.0,
    ac_wiring_loss_pu=0.0,
    transformer_loss_pu=0.0,
    availability_pu=1.0,
)


@pytest.fixture(scope="module")
def record(shared):
    """Return the record by the beginning of its hours; the file stamps their ends, in UTC-7."""
    record = pd.read_csv(shared(RECORD))
    ends = pd.to_datetime(record["time_end_mst"]).dt.tz_localize("Etc/GMT+7")
    begins = pd.DatetimeIndex(ends.dt.tz_convert("UTC") - pd.Timedelta(hours=1), name="time_utc")
    return record.set_index(begins)


@pytest.fixture(scope="module")
def by_day(record):
    """Return which hours are compared: with light (night rows are all zero) and no outage."""
    return ((record["ghi"] > 0) & (record["flag_outage"] == 0)).to_numpy()


def weather(record):
    return Weather(
        table=record[list(NAMES)].rename(columns=NAMES),
        step_h=1.0,
        latitude_deg=35.05,
        longitude_deg=-106.54,
        altitude_m=1600.0,
        source="albuquerque",
        level="measured",
        licence="reference only",
    )


@pytest.fixture(scope="module")
def chain(record):
    return solar.pv_chain(weather(record), STRING)


def bias_pu(modelled, measured):
    return modelled.sum() / measured.sum() - 1


def rmse(modelled, measured):
    return float(np.sqrt(np.mean((modelled - measured) ** 2)))


def test_light_on_the_panes(record, by_day, chain):
    """Proves the irradiance on the panes within 1.5 % of the year's (reached: +0.17 %, 30 W/m2)."""
    modelled, measured = chain["poa_w_per_m2"][by_day], record["gpoa"][by_day]
    assert bias_pu(modelled, measured) == pytest.approx(0, abs=0.015)
    assert rmse(modelled, measured) < 32


def test_power_before_the_inverter(record, by_day, chain):
    """Proves DC energy within 4 % and hours within 4 % of 3.9 kW (reached: +2.0 %, 3.6 %).

    The excess is what the string has and the laboratory's module has not: dust, cables, age.
    """
    modelled, measured = chain["dc_mw"][by_day] * 1e6, record["pdc"][by_day]
    assert bias_pu(modelled, measured) == pytest.approx(0, abs=0.04)
    assert rmse(modelled, measured) <= 0.04 * RATED_W


def test_module_temperature(record, by_day, chain):
    """Proves the modules' backs, 3 K per 1000 W/m2 below the cells, within 2.7 K in the mean.

    Deville et al. 2024 found residuals of -6.5 to +2.7 K on the same field (reached: +1.3 K).
    """
    back = chain["cell_temp_degc"] - 3 * chain["poa_w_per_m2"] / 1000
    assert (back - record["t_mod"])[by_day].mean() == pytest.approx(0, abs=2.7)


@pytest.mark.parametrize("hours", [-1, 1])
def test_hours_named_wrongly_would_show(record, by_day, hours):
    """Proves a record read one hour early or late misses the hourly limit of 32 W/m2 by far."""
    late = record.set_index(record.index + pd.Timedelta(hours=hours))
    chain = solar.pv_chain(weather(late), STRING)
    assert rmse(chain["poa_w_per_m2"].to_numpy()[by_day], record["gpoa"][by_day]) > 60


def test_hay_davies_is_the_best_sky_of_three(record, by_day):
    """Proves why the chain has Hay-Davies: bias +0.2 %; isotropic -1.8 %, Perez +1.3 %."""
    cells = solar.sunlit_cells(weather(record))
    panes = solar.panes(cells, STRING)
    bias = {}
    for sky in ("isotropic", "haydavies", "perez"):
        light = pvlib.irradiance.get_total_irradiance(
            panes["tilt_deg"],
            panes["azimuth_deg"],
            cells["zenith_deg"],
            cells["azimuth_deg"],
            cells["dni_w_per_m2"],
            cells["ghi_w_per_m2"],
            cells["dhi_w_per_m2"],
            dni_extra=cells["extra_w_per_m2"],
            airmass=pvlib.atmosphere.get_relative_airmass(cells["zenith_deg"]),
            albedo=STRING.albedo_pu,
            model=sky,
        )["poa_global"]
        hours = light.groupby(cells["step"]).sum() / 6
        hours = hours.reindex(range(len(record)), fill_value=0.0).to_numpy()
        bias[sky] = bias_pu(hours[by_day], record["gpoa"].to_numpy()[by_day])
    reached = {"isotropic": -0.018, "haydavies": 0.002, "perez": 0.013}
    assert bias == pytest.approx(reached, abs=0.001)
