"""Weather members to probabilities of power, on the bundled plants."""

import numpy as np
import pandas as pd
import pytest

from models.calibration import SHAPE_COLUMNS, Pairs, shape_of, to_latent
from models.errors import InputError
from models.learned_quantiles import is_enough, learned_quantiles_mw
from models.weather.climate import generate
from models.weather.forecast import ModelRun, WeatherForecast
from optimizer.config import Site, load_site
from optimizer.horizon import Horizon
from optimizer.power_forecast import PowerForecast, forecast_level_pu, power_forecast
from optimizer.reference import reference_file
from optimizer.supply import modelled

START = pd.Timestamp("2026-03-01T00:00Z")
HORIZON = Horizon.parse("24h@15min+24h@1h", START)
WIND, SUN, SLOPE = "wind_main_available_mw", "solar_main_available_mw", "cooling_slope_1_pu"
NIGHT = np.r_[0:24, 80:96]  # quarters from 00 to 06 and 20 to 24 UTC


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site(reference_file("site.toml"))


def forecast(count: int) -> WeatherForecast:
    run = ModelRun(
        provider="test",
        model="known",
        init_utc=START - pd.Timedelta(hours=12),
        fetched_utc=START,
        attribution="none",
    )
    span = {"start_utc": START, "end_utc": HORIZON.end}
    members = tuple(generate(**span, seed=seed) for seed in range(count))
    return WeatherForecast(run=run, members=members)


def made(
    site: Site, count: int, history: Pairs | None = None, given: frozenset[str] = frozenset()
) -> PowerForecast:
    return power_forecast(
        site, forecast(count), HORIZON, set(given), history, scenario_count=4, seed=0
    )


@pytest.fixture(scope="module")
def many(site: Site) -> PowerForecast:
    return made(site, 12)


@pytest.fixture(scope="module")
def one(site: Site) -> PowerForecast:
    return made(site, 1)


def test_members_are_the_models_own(site: Site, many: PowerForecast) -> None:
    """Proves member 5 is what the models make of its weather alone, and is not changed."""
    alone = modelled(site, forecast(12).members[5], HORIZON, set())
    for column in (WIND, SUN, SLOPE):
        assert (many.members[column][:, 5] == alone[column].to_numpy()).all()
    assert many.calibrated[WIND] == pytest.approx(many.members[WIND], abs=1e-6)
    assert SLOPE not in many.calibrated


def test_central_series(many: PowerForecast) -> None:
    """Proves the mean, and a fifth of members below p20; cooling is the mean in both."""
    mean, low = many.central(), many.central("p20")
    assert mean[WIND].to_numpy() == pytest.approx(many.calibrated[WIND].mean(axis=1))
    below = (many.calibrated[WIND] < low[WIND].to_numpy()[:, None]).mean(axis=1)
    assert below.mean() == pytest.approx(0.2, abs=0.05)
    assert (low[SLOPE] == mean[SLOPE]).all()
    assert (mean.index == HORIZON.index).all()


@pytest.mark.parametrize("which", ["p0", "p100", "median", "20", "p2x", "p٣"])
def test_unknown_central_series_is_refused(which: str) -> None:
    """Proves the message names what was said and what may be."""
    with pytest.raises(InputError) as caught:
        forecast_level_pu(which)
    message = f"forecast = {which!r} is unknown. Give mean, or p1 to p99, e.g. p20."
    assert str(caught.value) == message


def test_nights_stay_dark_and_ceilings_hold(many: PowerForecast, one: PowerForecast) -> None:
    """Proves no path has sun at night or more than the plant can give."""
    for power in (many, one):
        assert power.calibrated[SUN][NIGHT].max() == 0.0
        for column, ceiling in power.ceilings.items():
            assert (power.calibrated[column] <= ceiling[:, None] + 1e-9).all()
            assert (power.calibrated[column] >= 0).all()
    assert 400 < many.ceilings[SUN].max() < 440
    assert many.ceilings[WIND].max() < 1035


def test_scenarios_are_some_of_the_paths_in_every_column(many: PowerForecast) -> None:
    """Proves wind, sun and cooling of a scenario come from the same member, weights sum to 1."""
    assert many.weights.sum() == pytest.approx(1.0)
    for k in range(4):
        same = {
            column: np.abs(paths - many.scenarios[column][:, [k]]).max(axis=0).argmin()
            for column, paths in {**many.members, **many.calibrated}.items()
            if column != "cooling_water_l_per_mwh" and not column.startswith("cooling_intercept_1")
        }
        assert len(set(same.values())) == 1
    assert many.notes[-1].startswith("4 scenarios stand for 12 paths: ")
    assert many.reduction_loss > 0


def test_single_forecast_gets_paths_about_it(one: PowerForecast) -> None:
    """Proves the median is the forecast, bands widen with lead time, neighbours go together."""
    middle = one.quantiles[WIND][:, one.levels_pu.index(0.5)]
    assert middle == pytest.approx(one.members[WIND][:, 0], abs=2.0)
    latent = to_latent(one.calibrated[WIND], one.ceilings[WIND][:, None])
    is_inner = np.abs(to_latent(one.members[WIND][:, 0], one.ceilings[WIND])) < 0.5
    widths = latent.std(axis=1)[is_inner]
    assert widths[-3:].mean() > 1.15 * widths[:3].mean()
    errors = one.calibrated[WIND] - one.members[WIND]
    assert np.corrcoef(errors[40], errors[41])[0, 1] > 0.85  # exp(-0.25 / 4.5) but for the ends
    assert abs(np.corrcoef(errors[0], errors[-1])[0, 1]) < 0.2


def test_same_seed_same_paths(site: Site, one: PowerForecast) -> None:
    """Proves a replay draws the same paths."""
    again = made(site, 1)
    assert (again.scenarios[WIND] == one.scenarios[WIND]).all()
    assert again.notes == one.notes


def test_given_columns_are_left_out(site: Site) -> None:
    """Proves what comes from a file is not forecast."""
    power = made(site, 8, given=frozenset({WIND}))
    assert WIND not in power.members
    assert set(power.ceilings) == {SUN}


@pytest.mark.parametrize("count", [1, 8])
def test_weather_for_cooling_alone(site: Site, count: int) -> None:
    """Proves a site whose plants all have files still gets its cooling, and scenarios of it."""
    power = made(site, count, given=frozenset({WIND, SUN}))
    assert (power.ceilings, power.calibrated, power.quantiles) == ({}, {}, {})
    assert power.central()[SLOPE].to_numpy() == pytest.approx(power.members[SLOPE].mean(axis=1))
    assert power.weights.sum() == pytest.approx(1.0)
    assert power.scenarios[SLOPE].shape == (len(HORIZON.steps), min(count, 4))


def past(power: PowerForecast, nights: int, factor: float, count: int) -> Pairs:
    """Return nights in which the wind was a factor of the forecast's mean, with errors."""
    rng = np.random.default_rng(4)
    hours = np.arange(HORIZON.start.value // 10**9, HORIZON.end.value // 10**9, 3600)
    ceiling = power.ceilings[WIND][0]
    tables = []
    for night in range(nights):
        told = ceiling * rng.uniform(0.1, 0.9, len(hours))
        members = told[:, None] * (1.0 + 0.1 * rng.standard_normal((len(hours), count)))
        members = members.clip(0, ceiling)
        shape = shape_of(to_latent(members, np.full((len(hours), 1), ceiling)))
        begin = START - pd.Timedelta(days=nights - night + 2)
        table = pd.DataFrame(
            {
                "issued_utc": begin,
                "init_utc": begin,
                "time_utc": begin + pd.to_timedelta(hours - hours[0], unit="s"),
                "column": WIND,
                "source": "known",
                "member_count": count,
                "mean_mw": members.mean(axis=1),
                "sd_mw": members.std(axis=1),
                "ceiling_mw": ceiling,
                "lead_h": 12.5 + np.arange(len(hours)),
                "actual_mw": (factor * told).clip(0, ceiling),
            }
        )
        tables.append(table.assign(**dict(zip(SHAPE_COLUMNS, shape.T, strict=True))))
    return Pairs(table=pd.concat(tables, ignore_index=True))


def test_history_moves_the_ensemble_and_is_told(site: Site, many: PowerForecast) -> None:
    """Proves a farm that gives 0.8 of what is forecast is forecast lower after 30 nights."""
    power = made(site, 12, past(many, 30, 0.8, 12))
    ratio = power.calibrated[WIND].mean() / many.calibrated[WIND].mean()
    assert 0.72 < ratio < 0.9
    assert power.calibrated[SUN] == pytest.approx(many.calibrated[SUN])
    pairs = 30 * 48
    assert power.notes[0] == (
        f"{WIND}: 12 members; bias and spread from {pairs} past pairs of 30 forecasts."
    )


def test_few_nights_of_a_single_forecast_fit_a_spread(site: Site, one: PowerForecast) -> None:
    """Proves 20 nights of small errors make the bands of a single forecast narrower."""
    power = made(site, 1, past(one, 20, 1.0, 1))
    assert power.calibrated[WIND].std(axis=1).mean() < 0.7 * one.calibrated[WIND].std(axis=1).mean()
    assert "bias and spread from 960 past pairs of 20 forecasts" in power.notes[0]


def test_many_nights_of_a_single_forecast_teach_quantiles(site: Site, one: PowerForecast) -> None:
    """Proves 48 nights go to quantile regression, which finds the factor 0.8."""
    history = past(one, 48, 0.8, 1)
    power = made(site, 1, history)
    assert f"{WIND}: 1 member; quantiles learned by regression on {48 * 48} past pairs." in (
        power.notes
    )
    is_inner = (one.members[WIND][:, 0] > 300) & (one.members[WIND][:, 0] < 800)
    ratio = power.calibrated[WIND].mean(axis=1)[is_inner] / one.members[WIND][is_inner, 0]
    assert ratio.mean() == pytest.approx(0.8, abs=0.05)
    assert "no past pairs yet" in power.notes[1]


def test_quarters_of_an_hour_keep_their_distance(one: PowerForecast) -> None:
    """Proves learned quantiles of quarters follow the quarters, not the hour's mean alone."""
    table = past(one, 48, 1.0, 1).table
    assert is_enough(table)
    assert not is_enough(table[table["issued_utc"] > START - pd.Timedelta(days=20)])
    ceiling = one.ceilings[WIND][0]
    ahead = pd.DataFrame(
        {
            "issued_utc": START,
            "time_utc": pd.date_range(START, periods=8, freq="15min"),
            "lead_h": 12.5 + np.arange(8) / 4,
            "mean_mw": ceiling * np.array([0.3, 0.4, 0.5, 0.6, 0.5, 0.5, 0.5, 0.5]),
            "ceiling_mw": ceiling,
        }
    )
    found = learned_quantiles_mw(table, ahead, [0.1, 0.5, 0.9], seed=0)
    assert (np.diff(found, axis=1) > 0).all()
    assert (np.diff(found[:4, 1]) > 0.05 * ceiling).all()
    assert found[4:, 1] == pytest.approx(np.full(4, found[4, 1]))
