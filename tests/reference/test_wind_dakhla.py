"""The default site's wind farm in ten bundled years, against the real farms of that coast."""

import tomllib

import pandas as pd
import pytest

from models.reference import REFERENCE_DIR
from models.weather.climate import generate_year
from models.weather.schema import Weather
from models.wind import hub_wind_m_per_s, wind_losses_pu, wind_power_mw
from models.wind_curve import power_curve
from models.wind_farm import WindFarm

YEARS = range(2026, 2036)
SEED = 0


@pytest.fixture(scope="module")
def farm() -> WindFarm:
    path = REFERENCE_DIR / "site.toml"
    if not path.exists():
        pytest.skip("data/site.toml is not there: no default farm to test")
    return WindFarm(**tomllib.loads(path.read_text(encoding="utf-8"))["wind"]["main"]["farm"])


@pytest.fixture(scope="module")
def years() -> list[Weather]:
    return [generate_year(year, SEED) for year in YEARS]


def test_capacity_factor_of_ten_years(farm: WindFarm, years: list[Weather]) -> None:
    """Proves 0.43 to 0.51 net: Akhfennir 0.434, Tarfaya 0.45, Bir Anzarane 0.514. Reached: 0.50."""
    power_mw = pd.concat([wind_power_mw(year, farm) for year in years])
    rated_mw = farm.turbine_count * power_curve(farm).rated_kw / 1000.0
    assert 0.43 <= power_mw.mean() / rated_mw <= 0.51
    assert power_mw.between(0.0, rated_mw).all()
    assert power_mw.notna().all()


def test_hub_wind_of_ten_years(farm: WindFarm, years: list[Weather]) -> None:
    """Proves 8.5 to 9.5 m/s: the published 582 to 672 W/m2 at 100 m say 8.5 to 9.3."""
    hub = pd.concat([hub_wind_m_per_s(year, farm) for year in years])
    assert 8.5 <= hub.mean() <= 9.5


def test_losses_of_ten_years(farm: WindFarm, years: list[Weather]) -> None:
    """Proves losses of 8 to 14 % together, and that the itemised list adds up to them."""
    losses = pd.DataFrame([wind_losses_pu(year, farm) for year in years]).mean()
    assert 0.08 <= losses["total"] <= 0.14
    assert losses.drop("total").sum() == pytest.approx(losses["total"])
    assert (losses.drop(["total", "storm_loss_pu"]) > 0.0).all()


def test_the_afternoon_is_windiest(farm: WindFarm, years: list[Weather]) -> None:
    """Proves that the farm gives most between 14:00 and 17:00 UTC, as the wind blows."""
    power_mw = pd.concat([wind_power_mw(year, farm) for year in years])
    by_hour = power_mw.groupby(pd.DatetimeIndex(power_mw.index).hour).mean()
    assert 14 <= by_hour.idxmax() <= 17
