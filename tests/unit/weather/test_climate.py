"""The bundled climate: any window of any seed, reproducible, physical, accepted by the checks."""

import time

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check
from models.weather.climate import generate, generate_year
from models.weather.climate_drivers import drivers
from models.weather.climate_table import bundled_climate
from models.weather.labels import label_lag_min
from models.weather.schema import COLUMNS, Weather
from models.weather.sun import cell_midpoints, sin_elevation

YEAR = 2026
SEEDS = (0, 1, 2)
WIND_10M, WIND_100M = "wind_speed_10m_m_per_s", "wind_speed_100m_m_per_s"
START, END = "bundled climate: start_utc", "bundled climate: end_utc"
SAME_START, OTHER_YEAR = "start_utc = 2026-01-02 00:00Z", "Give a year the sun is known for."
GHI = [529.185, 611.494, 606.715]
WIND = [7.693, 8.65, 7.251]
WET_BULB = [16.412, 16.937, 17.23]


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def window(start: str, end: str, seed: int = 0) -> Weather:
    return generate(start_utc=at(start), end_utc=at(end), seed=seed)


@pytest.fixture(scope="module")
def years() -> dict[int, Weather]:
    return {seed: generate_year(YEAR, seed) for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_years_pass_the_checks(years: dict[int, Weather], seed: int) -> None:
    """Proves that the program accepts its own climate, and that its labels fit the sun."""
    check(years[seed])
    lag_min = label_lag_min(years[seed])
    assert lag_min is not None
    assert abs(lag_min) < 3.0


def test_weeks_pass_the_checks(years: dict[int, Weather]) -> None:
    """Proves that every eight-day window of a plan is accepted too, at any hour of the day."""
    for day in range(0, 356, 5):
        start = at("2026-01-01") + pd.Timedelta(days=day, hours=day % 24)
        check(years[0].window(start, start + pd.Timedelta(days=8)))


def test_schema_and_provenance() -> None:
    """Proves the columns, the step and that everything says it is synthetic and which seed."""
    weather = window("2026-11-23", "2026-11-25", seed=7)
    assert set(weather.table.columns) == {*COLUMNS, WIND_100M}
    assert weather.table.index.name == "time_utc"
    assert str(weather.table.index.dtype) == "datetime64[us, UTC]"
    assert (weather.step_h, len(weather.table), weather.level) == (1.0, 48, "synthetic")
    assert weather.source == "synthetic: bundled Dakhla climate, seed 7"
    assert (weather.latitude_deg, weather.longitude_deg, weather.altitude_m) == (23.7, -15.93, 10.0)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-01-01T00", "2026-01-01T01"),
        ("2026-02-27T05", "2026-03-02T19"),
        ("2026-06-20T13", "2026-06-28T13"),
        ("2026-12-24T00", "2027-01-01T00"),
    ],
)
def test_a_window_is_a_cut_of_the_year(years: dict[int, Weather], start: str, end: str) -> None:
    """Proves that who asks for what changes no bit: a window equals the same rows of its year."""
    cut = years[0].window(at(start), at(end)).table
    pd.testing.assert_frame_equal(window(start, end).table, cut, check_exact=True, check_freq=False)


def test_any_window_is_a_cut_of_the_whole() -> None:
    """Proves the same for 25 windows at random hours of three years, one to 400 hours long."""
    whole = window("2023-07-01", "2026-07-01", seed=4)
    chance = np.random.default_rng(0)
    for first, length in zip(
        chance.integers(0, 25_000, 25), chance.integers(1, 400, 25), strict=True
    ):
        start = at("2023-07-01") + pd.Timedelta(hours=int(first))
        end = start + pd.Timedelta(hours=int(length))
        part = generate(start_utc=start, end_utc=end, seed=4).table
        cut = whole.window(start, end).table
        pd.testing.assert_frame_equal(part, cut, check_exact=True, check_freq=False)


def test_years_join_without_a_seam(years: dict[int, Weather]) -> None:
    """Proves that two years side by side are the two-year run, bit for bit."""
    both = window("2026-01-01", "2028-01-01").table
    joined = pd.concat([years[0].table, generate_year(2027, 0).table])
    pd.testing.assert_frame_equal(both, joined, check_exact=True, check_freq=False)


def test_new_year_is_a_midnight_like_others() -> None:
    """Proves persistence across the year's end: winds jump no more there than on 2 January."""
    jumps = {"01-01": [], "01-02": []}
    for year in range(1950, 2050):
        speed = window(f"{year - 1}-12-31T23", f"{year}-01-02T02", seed=3).table[WIND_10M]
        for day, found in jumps.items():
            midnight = at(f"{year}-{day}")
            found.append(abs(speed[midnight] - speed[midnight - pd.Timedelta(hours=1)]))
    at_new_year, next_day = (np.mean(found) for found in jumps.values())
    assert 0.7 < at_new_year / next_day < 1.4


def test_same_seed_same_bytes(years: dict[int, Weather]) -> None:
    """Proves that a seed is all that chance hangs on, and that seeds differ."""
    again = generate_year(YEAR, 0).table
    assert again.to_numpy().tobytes() == years[0].table.to_numpy().tobytes()
    for name in (WIND_10M, "ghi_w_per_m2", "temp_air_degc", "pressure_pa"):
        one, other = years[0].table[name], years[1].table[name]
        assert (one != other).mean() > 0.4, name
        by_day = one.resample("1D").mean().corr(other.resample("1D").mean())
        assert by_day < 0.9, name


def test_known_hours() -> None:
    """Proves that no release moves the climate unseen: three hours of seed 1, to the last digit."""
    noon = window("2026-11-23T11", "2026-11-23T14", seed=1).table
    assert noon["ghi_w_per_m2"].tolist() == pytest.approx(GHI, abs=0.0015)
    assert noon[WIND_100M].tolist() == pytest.approx(WIND, abs=0.0015)
    assert noon["temp_wet_bulb_degc"].tolist() == pytest.approx(WET_BULB, abs=0.0015)


def test_a_week_is_quick() -> None:
    """Proves that a daily plan does not wait: eight days in under 0.15 s (0.01 s when written)."""
    spent = []
    for seed in range(5):
        begin = time.perf_counter()
        window("2026-11-23T05", "2026-12-01T05", seed=seed)
        spent.append(time.perf_counter() - begin)
    assert min(spent) < 0.15


@pytest.mark.parametrize("seed", SEEDS)
def test_irradiance_is_physical(years: dict[int, Weather], seed: int) -> None:
    """Proves dark nights, GHI = DHI + DNI s on hourly means, and no sky above the cleanest."""
    weather = years[seed]
    table = weather.table
    cells = cell_midpoints(table.index[0], 12 * len(table))
    sine = sin_elevation(cells, weather.place).reshape(-1, 12)
    up = sine > 0
    height = np.where(up, sine, 0.0).sum(axis=1) / np.maximum(up.sum(axis=1), 1)
    parts = [table[f"{part}_w_per_m2"].to_numpy() for part in ("ghi", "dni", "dhi")]
    ghi, dni, dhi = parts
    for part in parts:
        assert (part >= 0).all()
        assert (part[~up.any(axis=1)] == 0).all()
    assert (ghi[up.all(axis=1)] > 0).all()
    assert np.abs(dhi + dni * height - ghi).max() < 0.002
    assert ghi.max() < 1100.0
    assert (ghi <= 1367.0 * 1.035 * 0.83 * np.where(up, sine, 0.0).mean(axis=1) + 1e-9).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_air_is_physical(years: dict[int, Weather], seed: int) -> None:
    """Proves wet bulb at or below air, no calm without end, and shear stronger by night."""
    table = years[seed].table
    assert (table["temp_wet_bulb_degc"] <= table["temp_air_degc"]).all()
    assert table["pressure_pa"].between(100_500.0, 103_000.0).all()
    assert (table[WIND_10M] > 0).all()
    exponent = np.log10(table[WIND_100M] / table[WIND_10M]).groupby(table.index.hour).mean()
    assert exponent.between(0.0, 0.1).all()
    assert exponent[3] > exponent[15] + 0.05


@pytest.fixture(scope="module")
def decade() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return ten years' daily anomalies from their month, which days are dusty, which foggy."""
    table = window("2001-01-01", "2011-01-01", seed=7).table
    days = np.arange(np.datetime64("2001-01-01"), np.datetime64("2011-01-01"))
    causes = drivers(bundled_climate(), 7, days)
    daily = table.resample("1D").mean()
    daily["depression"] = daily["temp_air_degc"] - daily["temp_wet_bulb_degc"]
    hour = table.index.hour
    daily["morning"] = table["ghi_w_per_m2"].where(hour < 10, 0.0).resample("1D").mean()
    normal = daily.groupby(daily.index.month).transform("mean")
    anomaly = daily / normal - 1.0
    anomaly["temp_air_degc"] = daily["temp_air_degc"] - normal["temp_air_degc"]
    return anomaly, causes.dust[1:-1] > 0, causes.is_fog


def test_dust_days(decade: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    """Proves 36 dust days a year with less sun, far less beam, and warm, dry, weaker wind."""
    anomaly, dusty, _ = decade
    assert 30 <= dusty.sum() / 10 <= 42
    mean = anomaly[dusty].mean()
    assert -0.20 < mean["ghi_w_per_m2"] < -0.06
    assert mean["dni_w_per_m2"] < 2.0 * mean["ghi_w_per_m2"]
    assert mean["dhi_w_per_m2"] > 0.1
    assert 1.5 < mean["temp_air_degc"] < 4.0
    assert mean["depression"] > 0.5
    assert -0.25 < mean[WIND_10M] < -0.05


def test_fog_mornings(decade: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    """Proves about 33 fog mornings a year, darker than their day, damp and calmer."""
    anomaly, dusty, foggy = decade
    assert 27 <= foggy.sum() / 10 <= 37
    assert not (dusty & foggy).any()
    mean = anomaly[foggy].mean()
    assert mean["morning"] < 3.0 * mean["ghi_w_per_m2"] < 0.0
    assert mean["depression"] < -0.1
    assert mean[WIND_10M] < -0.05


def test_sunny_days_are_windier(decade: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    """Proves the tie of wind and sun through dust and fog: 0.15 to 0.35, positive."""
    anomaly, _, _ = decade
    assert 0.15 < anomaly["ghi_w_per_m2"].corr(anomaly[WIND_10M]) < 0.35


@pytest.mark.parametrize(
    ("start", "end", "seed", "problems"),
    [
        (
            pd.Timestamp("2026-01-01"),
            at("2026-01-02"),
            -1,
            [
                f"{START} = 2026-01-01 00:00 has no time zone. Give it in UTC.",
                "bundled climate: seed = -1 is negative. Give 0 or a positive whole number.",
            ],
        ),
        (
            at("2026-01-01T00:30"),
            at("2500-01-01"),
            0,
            [
                f"{START} = 2026-01-01 00:30Z is not a full hour. Give a full hour.",
                f"{END} = 2500-01-01 00:00Z is outside 1700 to 2200. {OTHER_YEAR}",
            ],
        ),
        (
            at("2026-01-02"),
            at("2026-01-02"),
            0,
            [
                f"{END} = 2026-01-02 00:00Z is not after {SAME_START}. Give a later end.",
            ],
        ),
    ],
)
def test_refusals(start: pd.Timestamp, end: pd.Timestamp, seed: int, problems: list[str]) -> None:
    """Proves that windows and seeds that mean nothing are refused, all at once."""
    with pytest.raises(InputError) as refusal:
        generate(start_utc=start, end_utc=end, seed=seed)
    assert refusal.value.problems == problems


def test_another_zone_is_the_same_hour() -> None:
    """Proves that times with another offset are understood: 01:00+01:00 is 00:00 UTC."""
    plus_one = pd.Timestamp("2026-06-01T01:00+01:00")
    shifted = generate(start_utc=plus_one, end_utc=at("2026-06-02"), seed=0)
    pd.testing.assert_frame_equal(shifted.table, window("2026-06-01", "2026-06-02").table)
