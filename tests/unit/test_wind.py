"""Wind power by hand: hub wind, air, curve, spread, wakes, storms, losses, and what is refused."""

import timeit
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from windpowerlib.power_curves import smooth_power_curve
from windpowerlib.power_output import power_curve_density_correction

from models.errors import InputError
from models.weather.schema import Weather
from models.wind import (
    air_density_kg_per_m3,
    hub_wind_m_per_s,
    is_running,
    wind_losses_pu,
    wind_power_mw,
)
from models.wind_curve import library_curve
from models.wind_farm import WindFarm

SITE_LOSSES = {
    "wake_loss_pu": 0.10,
    "turbine_unavailability_pu": 0.03,
    "plant_unavailability_pu": 0.005,
    "electrical_loss_pu": 0.02,
    "blade_loss_pu": 0.015,
}
TRIANGLE = "wind_speed_m_per_s,power_kw\n4,0\n12,800\n26,800\n"  # 100 kW for each m/s above 4
STANDARD_PA, STANDARD_DEGC = (
    102_148.525,
    15.0,
)  # 1.225 kg/m3 at an 80 m hub: 1 kPa above 1.225 x R x 287.64 K


@pytest.fixture
def triangle(tmp_path: Path) -> str:
    path = tmp_path / "triangle.csv"
    path.write_text(TRIANGLE, encoding="utf-8")
    return str(path)


def make_farm(**changes: Any) -> WindFarm:
    given = {
        "turbine_type": "V117/3450",
        "turbine_count": 10,
        "hub_height_m": 80.0,
        "shear_exponent_pu": 0.2,
        "wind_spread_pu": 0.0,
        "cut_out_m_per_s": 25.0,
        "restart_m_per_s": 23.0,
        **dict.fromkeys(SITE_LOSSES, 0.0),
    }
    return WindFarm(**{**given, **changes})


def triangle_farm(path: str, **changes: Any) -> WindFarm:
    return make_farm(turbine_type=None, power_curve_file=path, **changes)


def make_weather(step_h: float = 1.0, **columns: list[float]) -> Weather:
    """Wind columns are given as `m80=[...]`; the air is standard unless given."""
    named = {
        f"wind_speed_{name[1:]}m_m_per_s" if name[0] == "m" and name[1:].isdigit() else name: values
        for name, values in columns.items()
    }
    steps = len(next(iter(named.values())))
    air = {"temp_air_degc": [STANDARD_DEGC] * steps, "pressure_pa": [STANDARD_PA] * steps}
    start, freq = pd.Timestamp("2026-01-15", tz="UTC"), pd.Timedelta(hours=step_h)
    index = pd.date_range(start, periods=steps, freq=freq, name="time_utc")
    table = pd.DataFrame({**air, **named}, index=index, dtype=float)
    return Weather(
        table=table,
        step_h=step_h,
        latitude_deg=23.7,
        longitude_deg=-15.9,
        altitude_m=10.0,
        source="case.csv",
        level="measured",
        licence="none",
    )


@pytest.mark.parametrize(("low", "at_hub"), [(5.0, 9.350335), (12.5, 10.218604)])
def test_two_heights_give_their_own_exponent(low: float, at_hub: float) -> None:
    """Proves a = log10(10 / low) = 0.30103 or, inverted, -0.09691, and 10 x 0.8^a at 80 m."""
    hub = hub_wind_m_per_s(make_weather(m10=[low], m100=[10.0]), make_farm())
    assert hub.iloc[0] == pytest.approx(at_hub, abs=1e-5)


def test_one_height_uses_the_stated_exponent() -> None:
    """Proves 8 m/s x (80/10)^0.2 = 12.1257."""
    hub = hub_wind_m_per_s(make_weather(m10=[8.0]), make_farm(shear_exponent_pu=0.2))
    assert hub.iloc[0] == pytest.approx(8.0 * 8.0**0.2)


def test_the_two_heights_nearest_to_the_hub_decide() -> None:
    """Proves that of 10, 60 and 120 m the last two decide: equal winds there, no shear."""
    hub = hub_wind_m_per_s(make_weather(m10=[2.0], m60=[9.0], m120=[9.0]), make_farm())
    assert hub.iloc[0] == pytest.approx(9.0)


@pytest.mark.parametrize(
    ("low", "high", "at_hub"),
    [(0.0, 0.0, 0.0), (0.0, 6.0, 6.0 * 1.6**0.5), (7.0, 6.0, 6.0)],
)
def test_above_the_heights_given_the_exponent_is_bounded(
    low: float, high: float, at_hub: float
) -> None:
    """Proves that calms and inversions between 10 and 50 m don't run away at 80 m."""
    hub = hub_wind_m_per_s(make_weather(m10=[low], m50=[high]), make_farm())
    assert hub.iloc[0] == pytest.approx(at_hub)


def test_density_at_hub_height() -> None:
    """Proves (101300 - 80/8 x 100) / (287.058 x (294.15 - 0.0065 x 78)) = 1.18990 kg/m3."""
    weather = make_weather(m80=[8.0], temp_air_degc=[21.0], pressure_pa=[101_300.0])
    density = air_density_kg_per_m3(weather, make_farm())
    assert density.iloc[0] == pytest.approx(1.189903, abs=1e-5)


def test_thin_air_moves_the_curve_as_windpowerlib_says(triangle: str) -> None:
    """Proves 4 and 12 m/s become 4 x r^(1/3) and 12 x r^(19/30) with r = 1.225 / density."""
    weather = make_weather(m80=[8.0], temp_air_degc=[35.0], pressure_pa=[95_000.0])
    farm = triangle_farm(triangle)
    thinner = 1.225 / air_density_kg_per_m3(weather, farm).iloc[0]
    low, high = 4.0 * thinner ** (1 / 3), 12.0 * thinner ** (19 / 30)
    by_hand_mw = 10 * 0.8 * (8.0 - low) / (high - low)
    assert by_hand_mw < 3.7
    assert wind_power_mw(weather, farm).iloc[0] == pytest.approx(by_hand_mw)


@pytest.mark.parametrize("step_h", [1.0, 0.5, 0.25])
def test_power_is_the_mean_over_a_step_of_any_length(step_h: float, triangle: str) -> None:
    """Proves 10 turbines x (8 - 4) x 100 kW = 4 MW, and 0, 8, 8 MW at 3, 12 and 20 m/s."""
    weather = make_weather(step_h, m80=[8.0, 3.0, 12.0, 20.0])
    power = wind_power_mw(weather, triangle_farm(triangle))
    assert power.index.equals(weather.table.index)
    assert power.to_list() == pytest.approx([4.0, 0.0, 8.0, 8.0], abs=1e-5)


@pytest.mark.parametrize("field", [name for name in SITE_LOSSES if name != "wake_loss_pu"])
def test_a_fixed_loss_takes_its_share_at_any_wind(field: str, triangle: str) -> None:
    """Proves 4 and 8 MW less 10 %, for each loss by itself."""
    power = wind_power_mw(make_weather(m80=[8.0, 20.0]), triangle_farm(triangle, **{field: 0.1}))
    assert power.to_list() == pytest.approx([3.6, 7.2], abs=1e-5)


def test_losses_multiply(triangle: str) -> None:
    """Proves 4 MW x 0.9 x 0.8 x 0.95 x 0.98 = 2.681280 MW."""
    farm = triangle_farm(
        triangle,
        turbine_unavailability_pu=0.1,
        plant_unavailability_pu=0.2,
        electrical_loss_pu=0.05,
        blade_loss_pu=0.02,
    )
    assert wind_power_mw(make_weather(m80=[8.0]), farm).iloc[0] == pytest.approx(2.68128, abs=1e-5)


def test_wakes_slow_the_wind_and_fade_above_rated(triangle: str) -> None:
    """Proves a loss of 0.271 is 0.9 of the wind: 10 m/s gives (9 - 4) x 1 MW, 20 m/s all 8."""
    weather = make_weather(m80=[10.0, 20.0])
    power = wind_power_mw(weather, triangle_farm(triangle, wake_loss_pu=0.271))
    assert power.to_list() == pytest.approx([5.0, 8.0], abs=1e-5)


def test_library_curve_gives_its_published_points() -> None:
    """Proves V117/3450 of the library: 1522 kW at 8 m/s and 3450 kW from 12.5 to 25 m/s."""
    power = wind_power_mw(make_weather(m80=[8.0, 12.5, 25.0]), make_farm())
    assert power.to_list() == pytest.approx([15.22, 34.5, 34.5], rel=1e-5)


def test_spread_matches_windpowerlib_where_nothing_is_cut_out() -> None:
    """Proves our smoothing equals smooth_power_curve (fine blocks) within 1.5 kW of 3,450."""
    curve = library_curve("V117/3450")
    points = pd.Series(curve.wind_speed_m_per_s), pd.Series(curve.power_kw)
    smooth = smooth_power_curve(*points, block_width=0.02, turbulence_intensity=0.07)
    below = smooth[smooth["wind_speed"].between(3.0, 17.0)]
    weather = make_weather(m80=below["wind_speed"].to_list())
    ours_mw = wind_power_mw(weather, make_farm(turbine_count=1, wind_spread_pu=0.07))
    assert ours_mw.to_numpy() * 1000 == pytest.approx(below["value"].to_numpy(), abs=1.5)


def test_spread_gives_more_in_light_wind_and_less_at_the_knee() -> None:
    """Proves the sign of averaging over the curve's bends, and no change far above rated."""
    weather = make_weather(m80=[4.0, 11.5, 24.0])
    sharp, spread = make_farm(), make_farm(wind_spread_pu=0.1)
    change = (wind_power_mw(weather, spread) - wind_power_mw(weather, sharp)).to_numpy()
    assert change[0] > 0.05
    assert change[1] < -1.0
    assert change[2] == pytest.approx(0.0, abs=1e-3)


def test_turbines_wait_for_the_restart_speed() -> None:
    """Proves the hysteresis: 24 runs before the storm, stands after it, runs again after 23."""
    wind = np.array([24.0, 25.0, 25.1, 24.0, 23.1, 23.0, 24.9, 26.0, 22.0])
    assert is_running(wind, 25.0, 23.0).tolist() == [1, 1, 0, 0, 0, 1, 1, 0, 1]


def test_a_storm_takes_the_farm_down(triangle: str) -> None:
    """Proves 8, 0, 0, 8 MW through 24, 25.5, 24 and 22 m/s, by free wind, not the waked one."""
    farm = triangle_farm(triangle, wake_loss_pu=0.1)
    power = wind_power_mw(make_weather(m80=[24.0, 25.5, 24.0, 22.0]), farm)
    assert power.to_list() == pytest.approx([8.0, 0.0, 0.0, 8.0])


def test_dense_air_does_not_lower_the_cut_out_speed(triangle: str) -> None:
    """Proves full power at 24.9 m/s in air of 1.4 kg/m3, where the bare library gives none."""
    cold = {"temp_air_degc": [-20.0], "pressure_pa": [103_000.0]}
    weather = make_weather(m80=[24.9], **cold)
    density = air_density_kg_per_m3(weather, make_farm()).to_numpy()
    curve = library_curve("V117/3450")
    points = (np.array(values) for values in (curve.wind_speed_m_per_s, curve.power_kw))
    assert power_curve_density_correction(np.array([24.9]), *points, density)[0] == 0.0
    assert wind_power_mw(weather, make_farm()).iloc[0] == pytest.approx(34.5)


def test_every_loss_is_listed_and_the_list_adds_up() -> None:
    """Proves total = 1 - net / gross, and that each field has its line."""
    weather = make_weather(m80=[6.0, 9.0, 11.0, 26.0, 24.0, 14.0])
    farm = make_farm(wind_spread_pu=0.07, **SITE_LOSSES)
    losses = wind_losses_pu(weather, farm)
    assert set(losses.index) == {*SITE_LOSSES, "storm_loss_pu", "total"}
    assert (losses > 0).all()
    calmer = make_weather(m80=[6.0, 9.0, 11.0, 25.0, 24.0, 14.0])  # 25 gives as much as 26 would
    gross = wind_power_mw(calmer, make_farm(wind_spread_pu=0.07)).sum()
    net = wind_power_mw(weather, farm).sum()
    assert losses["total"] == pytest.approx(1.0 - net / gross, abs=1e-6)


def test_a_calm_window_loses_nothing() -> None:
    """Proves zeros, not NaN, where there is no energy to lose."""
    assert (wind_losses_pu(make_weather(m80=[1.0]), make_farm(**SITE_LOSSES)) == 0.0).all()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"m80": [8.0, 8.0], "temp_air_degc": [293.0, 294.0]},
            (
                "case.csv: temp_air_degc = 293 at 2026-01-15 00:00Z is outside [-60, 60] degC. "
                "Convert the unit, or repair the step."
            ),
        ),
        (
            {"m80": [8.0, 8.0], "pressure_pa": [101_300.0, 1013.0]},
            (
                "case.csv: pressure_pa = 1013 at 2026-01-15 01:00Z is outside [50000, 110000] Pa. "
                "Convert the unit, or repair the step."
            ),
        ),
        (
            {"m80": [8.0, float("nan")]},
            (
                "case.csv: wind_speed_80m_m_per_s = nan at 2026-01-15 01:00Z is outside [0, 60] "
                "m/s. Convert the unit, or repair the step."
            ),
        ),
        (
            {"temp_air_degc": [20.0]},
            (
                "case.csv: wind speed is missing. Give wind_speed_<H>m_m_per_s for a height, "
                "e.g. wind_speed_100m_m_per_s."
            ),
        ),
    ],
)
def test_weather_in_another_unit_is_refused(columns: dict[str, list[float]], message: str) -> None:
    """Proves that K, hPa, gaps and a missing wind never reach windpowerlib."""
    with pytest.raises(InputError) as refused:
        wind_power_mw(make_weather(**columns), make_farm())
    assert str(refused.value) == message


def test_weather_without_air_is_refused() -> None:
    """Proves that a missing column is named."""
    weather = make_weather(m80=[8.0])
    bare = weather.with_table(weather.table.drop(columns="pressure_pa"), 1.0)
    with pytest.raises(InputError) as refused:
        wind_power_mw(bare, make_farm())
    remedy = "Bring it, or derive it with a reader of models.weather."
    assert str(refused.value) == f"case.csv: pressure_pa is missing. {remedy}"


@pytest.mark.parametrize(("steps", "step_h", "limit_s"), [(8760, 1.0, 0.3), (672, 0.25, 0.03)])
def test_a_year_and_a_week_are_quick(steps: int, step_h: float, limit_s: float) -> None:
    """Proves a year of hours within 0.3 s and a week of quarter hours within 30 ms (best of 5)."""
    wind = np.random.default_rng(1).weibull(3.0, steps) * 9.0
    weather = make_weather(step_h, m10=(wind * 0.85).tolist(), m100=wind.tolist())
    farm = make_farm(wind_spread_pu=0.07, **SITE_LOSSES)
    took_s = timeit.repeat(lambda: wind_power_mw(weather, farm), number=1, repeat=5)
    assert min(took_s) < limit_s
