"""The PV chain, link by link, with numbers worked out by hand."""

import numpy as np
import pandas as pd
import pvlib
import pytest

from models import solar
from models.solar_plant import PvPlant
from models.weather.climate import generate
from models.weather.resample import resample
from models.weather.schema import Weather

NO_LOSS = {
    "soiling_rate_pu_per_day": 0.0,
    "cleaning_interval_day": 0.0,
    "shading_loss_pu": 0.0,
    "mismatch_loss_pu": 0.0,
    "dc_wiring_loss_pu": 0.0,
    "nameplate_loss_pu": 0.0,
    "ageing_loss_pu": 0.0,
    "ac_wiring_loss_pu": 0.0,
    "transformer_loss_pu": 0.0,
    "availability_pu": 1.0,
}
FIXED = {"mounting": "fixed", "tilt_deg": 20.0, "azimuth_deg": 180.0}
TRACKER = {
    "mounting": "single_axis",
    "axis_azimuth_deg": 180.0,
    "rotation_max_deg": 55.0,
    "ground_cover_pu": 0.4,
    "is_backtracking": True,
    "stow_wind_m_per_s": 14.0,
}
MODULE = {
    "capacity_dc_mw": 100.0,
    "capacity_ac_mw": 80.0,
    "albedo_pu": 0.3,
    "power_temp_coefficient_per_k": -0.004,
    "low_light_loss_pu": 0.0,
    "sapm_a_pu": -3.47,
    "sapm_b_s_per_m": -0.0594,
    "sapm_delta_t_k": 3.0,
    "inverter_efficiency_pu": 0.96,
}


def plant(**changes):
    mounting = TRACKER if changes.get("mounting") == "single_axis" else FIXED
    return PvPlant(**(MODULE | NO_LOSS | mounting | changes))


def sky(start="2026-03-21 00:00", steps=24, step_h=1.0, **columns):
    """Return weather at the site, constant but for the columns given."""
    step = pd.Timedelta(hours=step_h)
    index = pd.date_range(start, periods=steps, freq=step, tz="UTC", name="time_utc")
    even = {"ghi_w_per_m2": 500.0, "dni_w_per_m2": 600.0, "dhi_w_per_m2": 100.0}
    air = {"temp_air_degc": 20.0, "wind_speed_10m_m_per_s": 4.0}
    table = pd.DataFrame(even | air | columns, index=index)
    return Weather(
        table=table,
        step_h=step_h,
        latitude_deg=23.7,
        longitude_deg=-15.93,
        altitude_m=10.0,
        source="sky.csv",
        level="synthetic",
        licence="none",
    )


def series(*values):
    return pd.Series(values, dtype=float)


def test_dc_power_follows_light_temperature_and_losses():
    """Proves 100 MW at 800 W/m2 and 45 degC give 100*0.8*(1 - 0.004*20) = 73.6 MW, times losses.

    Soiling 0.004*5/2 = 0.01, shading 0.02, rated 0.03, age 0.04, mismatch 0.05, wiring 0.06.
    """
    bare = solar.dc_power_mw(series(800), series(45), plant())
    assert bare[0] == pytest.approx(73.6)
    lossy = plant(
        soiling_rate_pu_per_day=0.004,
        cleaning_interval_day=5.0,
        shading_loss_pu=0.02,
        nameplate_loss_pu=0.03,
        ageing_loss_pu=0.04,
        mismatch_loss_pu=0.05,
        dc_wiring_loss_pu=0.06,
    )
    kept = 0.99 * 0.98 * 0.97 * 0.96 * 0.95 * 0.94
    assert solar.dc_power_mw(series(800), series(45), lossy)[0] == pytest.approx(73.6 * kept)


@pytest.mark.parametrize(("light", "power"), [(200.0, 19.0), (600.0, 59.5), (1100.0, 110.0)])
def test_low_light_costs_what_the_datasheet_says(light, power):
    """Proves a loss of 5 % at 200 W/m2: 20*0.95 MW there, half of it in MW at 600, none at 1100."""
    dim = plant(low_light_loss_pu=0.05)
    assert solar.dc_power_mw(series(light), series(25), dim)[0] == pytest.approx(power)


def test_inverters_clip_at_their_rating_and_lose_at_part_load():
    """Proves 80 MW at most; and at half input, 41.667 MW, efficiency by hand.

    zeta = 0.5: 0.96/0.9637 * (-0.0162*0.5 - 0.0059/0.5 + 0.9858) = 0.962191.
    """
    half = 80 / 0.96 / 2
    ac = solar.ac_power_mw(series(0, half, 90, 200), plant())
    assert list(ac) == pytest.approx([0, half * 0.962191, 80, 80], rel=1e-5)


def test_ac_losses_and_availability_come_after_clipping():
    """Proves a clipped step gives 80*0.99*0.98*0.95 MW at the bus."""
    losses = {"ac_wiring_loss_pu": 0.01, "transformer_loss_pu": 0.02, "availability_pu": 0.95}
    bright = sky(dni_w_per_m2=1000.0, dhi_w_per_m2=100.0, ghi_w_per_m2=1000.0)
    power = solar.solar_power_mw(bright, plant(**losses, capacity_ac_mw=40.0))
    assert power.max() == pytest.approx(40 * 0.99 * 0.98 * 0.95)


def test_cells_warm_in_light_and_cool_in_wind():
    """Proves T = 20 + 1000*exp(-3.47 - 0.0594*v) + 3: 54.12 at calm, 40.18 at 10 m/s."""
    cells = pd.DataFrame({"temp_air_degc": [20.0, 20.0], "wind_speed_10m_m_per_s": [0.0, 10.0]})
    temp = solar.cell_temp_degc(series(1000, 1000), cells, plant())
    assert list(temp) == pytest.approx([54.117, 40.181], abs=2e-3)


@pytest.mark.parametrize("step_h", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("mounting", ["fixed", "single_axis"])
def test_night_is_dark_and_power_stays_within_the_rating(step_h, mounting):
    """Proves no power without sun, and 0 to 80*0.9 MW in any weather, whatever the step."""
    steps = round(48 / step_h)
    noise = np.random.default_rng(7).uniform(size=(steps, 4))
    wild = sky(
        steps=steps,
        step_h=step_h,
        ghi_w_per_m2=1500 * noise[:, 0],
        dni_w_per_m2=1400 * noise[:, 1],
        dhi_w_per_m2=800 * noise[:, 2],
        wind_speed_10m_m_per_s=30 * noise[:, 3],
    )
    chain = solar.pv_chain(wild, plant(mounting=mounting, availability_pu=0.9))
    assert chain.notna().all(axis=None)
    assert chain["power_mw"].between(0, 72).all()
    assert (chain["power_mw"] > 60).any()
    hours = chain.index.hour + chain.index.minute / 60
    dark = (hours < 7) | (hours >= 20)  # on 21 March the sun is up from 07:08 to 19:13 UTC
    assert dark.any()
    assert (chain.loc[dark, ["poa_w_per_m2", "dc_mw", "power_mw"]] == 0).all(axis=None)


def test_power_is_named_by_the_weathers_own_steps():
    """Proves the series carries the weather's index: UTC, named time_utc, one value a step."""
    weather = sky(steps=10, step_h=0.25)
    power = solar.solar_power_mw(weather, plant())
    pd.testing.assert_index_equal(power.index, weather.table.index)
    assert power.index.name == "time_utc"


def test_light_of_a_step_falls_while_the_sun_is_up_and_is_kept():
    """Proves cells at sunrise hold the step's light: means over 06:00-08:00 as given, none before.

    The sun rises at 06:53, so only the last of six cells of the hour 06-07 is lit, with 6 times
    the hour's mean in it; at 07-08 all six are.
    """
    weather = sky("2026-04-06 06:00", 2, ghi_w_per_m2=9.0, dni_w_per_m2=40.0, dhi_w_per_m2=6.0)
    cells = solar.sunlit_cells(weather)
    lit = cells.groupby("step").size()
    assert list(lit) == [1, 6]
    means = cells.groupby("step")[list(solar.NEEDED[:3])].sum() / 6
    assert means.to_numpy() == pytest.approx(np.array([[9.0, 40.0, 6.0]] * 2))
    assert cells["dni_w_per_m2"].iloc[0] == pytest.approx(240)
    assert cells.loc[cells["step"] == 1, "ghi_w_per_m2"].is_monotonic_increasing


def test_beam_never_exceeds_the_sun_itself():
    """Proves a beam of 600 W/m2 put into one of six cells is cut at the sun's own 1,364 W/m2."""
    cells = solar.sunlit_cells(sky("2026-04-06 06:00", 1))
    assert cells["dni_w_per_m2"].max() == pytest.approx(cells["extra_w_per_m2"].max())
    assert cells["extra_w_per_m2"].max() == pytest.approx(1364, abs=2)


def test_flat_panes_receive_the_global_irradiance():
    """Proves on a flat pane beam*cos(zenith) + diffuse, at noon 600*cos(z) + 100 W/m2."""
    noon = sky("2026-03-21 13:00", 1, step_h=1 / 6)
    chain = solar.pv_chain(noon, plant(tilt_deg=0.0, albedo_pu=0.9))
    middle = pd.DatetimeIndex(["2026-03-21 13:05"], tz="UTC")
    zenith = pvlib.solarposition.ephemeris(middle, 23.7, -15.93)["apparent_zenith"].iloc[0]
    by_hand = 600 * np.cos(np.radians(zenith)) + 100
    assert chain["poa_w_per_m2"].iloc[0] == pytest.approx(by_hand, rel=1e-5)
    assert 0.99 < chain["effective_w_per_m2"].iloc[0] / by_hand < 0.999


def test_glass_turns_away_glancing_light():
    """Proves a beam at 70 deg to a flat pane, alone in the sky, loses what Fresnel says.

    Through air to layer to glass, both polarisations averaged, over the same at 0 deg: 0.886.
    """
    cell = {
        "ghi_w_per_m2": 171.01,
        "dni_w_per_m2": 500.0,
        "dhi_w_per_m2": 0.0,
        "zenith_deg": 70.0,
        "azimuth_deg": 180.0,
        "extra_w_per_m2": 1364.0,
    }
    flat = pd.DataFrame({"tilt_deg": [0.0], "azimuth_deg": [180.0]})
    light = solar.poa_w_per_m2(pd.DataFrame([cell]), flat, plant()).iloc[0]
    assert light["poa_w_per_m2"] == pytest.approx(500 * np.cos(np.radians(70)))
    assert light["effective_w_per_m2"] / light["poa_w_per_m2"] == pytest.approx(0.886, abs=3e-3)


def test_quarter_hours_give_the_hours_energy():
    """Proves the sum over 96 quarter hours equals the day's 24 hours, in even light, to 0.2 %."""
    hourly = solar.solar_power_mw(sky(), plant())
    quarters = solar.solar_power_mw(sky(steps=96, step_h=0.25), plant())
    daylight = hourly.between_time("08:00", "17:00").index
    mean = quarters.groupby(quarters.index.floor("h")).mean()
    assert mean[daylight].sum() == pytest.approx(hourly[daylight].sum(), rel=2e-3)


@pytest.mark.parametrize("mounting", ["fixed", "single_axis"])
def test_resampled_climate_gives_the_hours_energy(mounting):
    """Proves two weeks of the bundled climate give the same MWh by quarter hours, to 0.5 %.

    And no power at night: an hour without light has four quarters without power.
    """
    start, end = pd.Timestamp("2026-03-01", tz="UTC"), pd.Timestamp("2026-03-15", tz="UTC")
    hours = generate(start_utc=start, end_utc=end, seed=3)
    one = plant(mounting=mounting)
    hourly = solar.solar_power_mw(hours, one)
    quarters = solar.solar_power_mw(resample(hours, 0.25, start, end), one)
    assert hourly.sum() > 14 * 300
    assert quarters.sum() * 0.25 == pytest.approx(hourly.sum(), rel=5e-3)
    light = hours.table["ghi_w_per_m2"].reindex(quarters.index.floor("h"))
    dark = light.to_numpy() == 0
    assert dark.sum() > 14 * 40
    assert (quarters[dark] == 0).all()


def test_trackers_look_east_before_noon_and_west_after():
    """Proves panes face 90 deg in the morning, 270 in the afternoon, and turn 55 deg at most."""
    cells = solar.sunlit_cells(sky())
    panes = solar.panes(cells, plant(mounting="single_axis"))
    morning, evening = panes.loc[cells.index.hour == 9], panes.loc[cells.index.hour == 17]
    assert morning["azimuth_deg"].to_numpy() == pytest.approx(90)
    assert evening["azimuth_deg"].to_numpy() == pytest.approx(270)
    assert panes["tilt_deg"].max() == pytest.approx(55)
    assert panes["tilt_deg"].min() < 3


def test_backtracking_flattens_rows_at_low_sun():
    """Proves rows stand at 55 deg in the first light without backtracking, below 40 deg with."""
    cells = solar.sunlit_cells(sky("2026-03-21 07:00", 1))
    still = solar.panes(cells, plant(mounting="single_axis", is_backtracking=False))
    back = solar.panes(cells, plant(mounting="single_axis"))
    assert still["tilt_deg"].to_numpy() == pytest.approx(55)
    assert back["tilt_deg"].max() < 40


def test_rows_lie_flat_in_a_storm():
    """Proves rows are flat above 14 m/s, not at 14, and that this costs energy at nine."""
    rows = plant(mounting="single_axis")
    at_limit = sky("2026-03-21 09:00", 1, wind_speed_10m_m_per_s=14.0)
    storm = sky("2026-03-21 09:00", 1, wind_speed_10m_m_per_s=14.1)
    assert (solar.panes(solar.sunlit_cells(storm), rows)["tilt_deg"] == 0).all()
    assert (solar.panes(solar.sunlit_cells(at_limit), rows)["tilt_deg"] > 20).all()
    flat_mw, turned_mw = (solar.solar_power_mw(w, rows).iloc[0] for w in (storm, at_limit))
    assert flat_mw < 0.9 * turned_mw


def test_the_site_altitude_is_the_weathers_own(monkeypatch):
    """Proves the chain never asks pvlib's altitude map, which puts the site under water."""

    def refuse(*_):
        raise AssertionError("altitude map used")

    monkeypatch.setattr(pvlib.location, "lookup_altitude", refuse)
    assert solar.solar_power_mw(sky(), plant()).sum() > 0


def test_diffuse_glass_grid_is_fine_enough():
    """Proves linear steps of 5 deg err by < 0.0003 on the sky, and < 0.015 on the little ground."""
    for tilt in (12.5, 22.5, 37.5, 52.5):
        for region, limit in (("sky", 3e-4), ("ground", 1.5e-2)):
            exact = pvlib.iam.marion_integrate(solar.glass, tilt, region)
            passed = np.interp(tilt, solar.TILT_GRID_DEG, solar.diffuse_through(region))
            assert passed == pytest.approx(float(exact), abs=limit)


@pytest.mark.parametrize("mounting", ["fixed", "single_axis"])
def test_a_window_of_night_alone_gives_zeros(mounting):
    """Proves four steps without any sun pass the whole chain: no power, air's temperature."""
    night = sky("2026-03-21 00:00", 4, step_h=0.25)
    chain = solar.pv_chain(night, plant(mounting=mounting))
    assert list(chain["power_mw"]) == [0, 0, 0, 0]
    assert list(chain["cell_temp_degc"]) == [20, 20, 20, 20]
