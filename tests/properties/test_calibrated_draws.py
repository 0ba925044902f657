"""Calibration on a known truth: flat ranks after it, and the test that says so can fail."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from models.calibration import Calibration, Pairs, calibrated_mw, learned
from models.calibration_fit import to_share
from models.scores import crps_of_members, flatness_p_value, rank_histogram
from models.weather.schema import Weather
from models.wind import wind_power_mw
from optimizer.config import load_site
from optimizer.reference import reference_file
from tests.pairs import COLUMN, SOURCE, pair_table

SEED = 20261123
PAST, DRAWS, MEMBERS = 5000, 1000, 51
NARROW = 0.8  # of the spread that the truth has
LEAST_P = 0.01
METER_PU = 0.002  # meters of class 0.2 can't tell less apart: such values are ranked by lot


@dataclass(frozen=True)
class Cases:
    """Members, what came, ceilings and lead times of independent forecasts."""

    members: np.ndarray
    actual: np.ndarray
    ceiling: np.ndarray
    lead_h: np.ndarray

    def part(self, rows: slice) -> "Cases":
        return Cases(*(v[rows] for v in (self.members, self.actual, self.ceiling, self.lead_h)))


def noise(rng: np.random.Generator, lead_h: np.ndarray, width: float) -> np.ndarray:
    """Return the truth's and the members' deviations, alike but for the members' narrowness."""
    spread = 0.5 + 1.5 * np.sqrt(lead_h / 168) * rng.uniform(0.6, 1.4, len(lead_h))
    drawn = rng.standard_normal((len(lead_h), MEMBERS + 1))
    mean = drawn[:, 1:].mean(axis=1, keepdims=True)
    drawn[:, 1:] = mean + width * (drawn[:, 1:] - mean)
    return spread[:, None] * drawn


def of_wind(width: float, bias_m_per_s: float = 0.0) -> Cases:
    """Return forecasts of wind through the bundled farm: calm and rated power have weight."""
    rng = np.random.default_rng(SEED)
    lead_h = rng.uniform(0, 168, PAST + DRAWS)
    wind = 10.0 * rng.weibull(2.2, len(lead_h))[:, None] + noise(rng, lead_h, width)
    wind[:, 1:] += bias_m_per_s
    power = np.stack([farm_power(column) for column in np.clip(wind, 0.0, 22.0).T], axis=1)
    ceiling = np.full(len(lead_h), power.max())
    return Cases(members=power[:, 1:], actual=power[:, 0], ceiling=ceiling, lead_h=lead_h)


def farm_power(wind_m_per_s: np.ndarray) -> np.ndarray:
    """Return the bundled farm's power in a wind at 84 m."""
    index = pd.date_range("2026-01-01", periods=len(wind_m_per_s), freq="h", tz="UTC")
    air = {"temp_air_degc": 20.0, "pressure_pa": 101_000.0, "wind_speed_84m_m_per_s": wind_m_per_s}
    weather = Weather(
        table=pd.DataFrame(air, index=index),
        step_h=1.0,
        latitude_deg=23.7,
        longitude_deg=-15.93,
        altitude_m=10.0,
        source="known truth",
        level="synthetic",
        licence="none",
    )
    farm = load_site(reference_file("site.toml")).wind["main"].farm
    assert farm is not None
    return wind_power_mw(weather, farm).to_numpy()


def of_sun(width: float) -> Cases:
    """Return forecasts of sun under ceilings that rise and fall, between bright and overcast."""
    rng = np.random.default_rng(SEED + 1)
    lead_h = rng.uniform(0, 168, PAST + DRAWS)
    latent = 1.5 + rng.normal(0.0, 1.0, len(lead_h))[:, None] + 0.6 * noise(rng, lead_h, width)
    ceiling = 400.0 * np.maximum(np.sin(rng.uniform(0, np.pi, len(lead_h))), 0.05)
    power = to_share(latent) * ceiling[:, None]
    return Cases(members=power[:, 1:], actual=power[:, 0], ceiling=ceiling, lead_h=lead_h)


def taught(cases: Cases) -> Calibration:
    past = cases.part(slice(0, PAST))
    table = pair_table(past.members, past.ceiling, past.lead_h, past.actual)
    pairs = Pairs(table=table).of(COLUMN, SOURCE, is_single=False)
    return learned(pairs, is_single=False)


def flatness(new: Cases, members: np.ndarray) -> float:
    """Return the chance of ranks as uneven as these, of values as a meter tells them."""
    step = METER_PU * new.ceiling
    actual, told = np.round(new.actual / step), np.round(members / step[:, None])
    return flatness_p_value(rank_histogram(actual, told, seed=SEED))


@pytest.mark.parametrize("cases", [of_wind(NARROW), of_sun(NARROW)], ids=["wind", "sun"])
def test_ranks_are_flat_after_calibration_and_the_raw_ensemble_is_rejected(cases: Cases) -> None:
    """Proves on 1,000 independent draws: p > 0.01 calibrated, p < 0.01 made 20 % too narrow."""
    new = cases.part(slice(PAST, None))
    assert flatness(new, new.members) < LEAST_P
    calibrated = calibrated_mw(new.members, new.ceiling, new.lead_h, taught(cases))
    assert flatness(new, calibrated) > LEAST_P
    raw, better = (crps_of_members(new.actual, m).mean() for m in (new.members, calibrated))
    assert better < raw


def test_a_bias_is_taken_off() -> None:
    """Proves winds forecast 0.5 m/s too high: the mean error is all but gone, and CRPS 5 % less."""
    cases = of_wind(NARROW, bias_m_per_s=0.5)
    new = cases.part(slice(PAST, None))
    calibrated = calibrated_mw(new.members, new.ceiling, new.lead_h, taught(cases))
    errors = [m.mean() - new.actual.mean() for m in (new.members, calibrated)]
    assert errors[0] > 20.0
    assert abs(errors[1]) < 10.0  # three deviations of the mean of 1,000
    raw, better = (crps_of_members(new.actual, m).mean() for m in (new.members, calibrated))
    assert better < 0.95 * raw


def test_a_right_ensemble_stays_right() -> None:
    """Proves calibration does no harm: ranks stay flat and the CRPS within 1 %."""
    cases = of_wind(1.0)
    new = cases.part(slice(PAST, None))
    calibrated = calibrated_mw(new.members, new.ceiling, new.lead_h, taught(cases))
    assert flatness(new, new.members) > LEAST_P
    assert flatness(new, calibrated) > LEAST_P
    raw, after = (crps_of_members(new.actual, m).mean() for m in (new.members, calibrated))
    assert after == pytest.approx(raw, rel=0.01)
