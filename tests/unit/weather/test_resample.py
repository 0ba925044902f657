"""Resampling keeps every step's mean, makes no power at night and no negative wind."""

import time

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check
from models.weather.resample import mean_over, resample
from models.weather.sun import cell_midpoints, sin_elevation

PARTS = ["ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"]
SEEDS = range(20)


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def wild(weather, seed):
    """Return weather with clouds, calms and jumps that no interpolation likes."""
    rng = np.random.default_rng(seed)
    table = weather.table.copy()
    table[PARTS] = table[PARTS].mul(rng.uniform(0.0, 1.2, len(table)), axis=0)
    for name in [n for n in table if n.startswith("wind")]:
        table[name] = rng.exponential(8.0, len(table)) * rng.integers(0, 2, len(table))
    table["temp_air_degc"] = rng.normal(0.0, 15.0, len(table))
    dry = rng.exponential(3.0, len(table)) * rng.integers(0, 2, len(table))
    table["temp_wet_bulb_degc"] = table["temp_air_degc"] - dry
    return weather.with_table(table, weather.step_h)


def span(weather):
    return weather.table.index[0], weather.table.index[-1] + weather.step


@pytest.mark.parametrize("step_h", [1 / 12, 0.25, 1 / 3, 0.5])
@pytest.mark.parametrize("seed", SEEDS)
def test_finer_steps_keep_each_steps_mean(good, seed, step_h):
    """Proves energy kept to 1e-9 in every column, up to twilight with the sun below the horizon."""
    weather = wild(good("2026-05-01", 4), seed)
    fine = resample(weather, step_h, *span(weather))
    per_step = round(1.0 / step_h)
    back = fine.table.to_numpy().reshape(len(weather.table), per_step, -1).mean(axis=1)
    cells = cell_midpoints(weather.table.index[0], 12 * len(weather.table))
    rises = sin_elevation(cells, weather.place).reshape(-1, 12).max(axis=1) > 0.0
    want = weather.table.copy()
    assert want.loc[~rises, PARTS].to_numpy().max() < 1.0  # twilight is all that is left out
    want.loc[~rises, PARTS] = 0.0
    np.testing.assert_allclose(back, want.to_numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_power_at_night_and_nothing_negative(good, seed):
    """Proves zero irradiance in every quarter hour without sun, none and no wind below zero."""
    weather = wild(good("2026-12-01", 4), seed)
    fine = resample(weather, 0.25, *span(weather)).table
    cells = cell_midpoints(fine.index[0], 3 * len(fine))
    is_night = sin_elevation(cells, weather.place).reshape(-1, 3).max(axis=1) <= 0.0
    assert (fine.loc[is_night, PARTS] == 0.0).all(axis=None)
    winds = [n for n in fine if n.startswith("wind")]
    assert (fine[PARTS + winds] >= 0.0).all(axis=None)
    assert (fine["temp_wet_bulb_degc"] <= fine["temp_air_degc"] + 1e-9).all()


def test_quarter_hours_follow_the_true_sun(good, truth):
    """Proves the shape: of hourly clear days, quarter hours come back within 10 W/m2 in the mean.

    GHI misses 4.5 W/m2; four flat quarters of the hour's mean would miss it by 40.
    """
    weather = good("2026-04-01", 5)
    fine = resample(weather, 0.25, *span(weather)).table
    true = truth("2026-04-01", 480, 0.25)
    day = true["ghi_w_per_m2"] > 1.0
    miss = (fine[PARTS] - true[PARTS])[day].abs().mean()
    flat = weather.table["ghi_w_per_m2"].to_numpy().repeat(4)
    flat_miss = float(np.abs(flat - true["ghi_w_per_m2"])[day].mean())
    assert miss["ghi_w_per_m2"] < 5.0 < 35.0 < flat_miss
    assert miss["dni_w_per_m2"] < 10.0
    assert miss["dhi_w_per_m2"] < 3.0
    check(resample(weather, 0.25, *span(weather)))


def test_a_straight_line_stays_straight(good):
    """Proves that parabolas reproduce a linear rise exactly, to the ends of the record."""
    weather = good(days=2)
    hours = np.arange(48.0)
    table = weather.table.assign(temp_air_degc=hours + 0.5, wind_speed_10m_m_per_s=hours + 0.5)
    fine = resample(weather.with_table(table, 1.0), 0.25, *span(weather)).table
    quarters = (np.arange(192.0) + 0.5) / 4.0
    np.testing.assert_allclose(fine["temp_air_degc"], quarters, atol=1e-12)
    np.testing.assert_allclose(fine["wind_speed_10m_m_per_s"], quarters, atol=1e-12)


@pytest.mark.parametrize(
    ("step_h", "parts"), [(0.5, [4.25, 3.75]), (1 / 3, [4.0, 4.0 + 2 / 3, 3.0 + 1 / 3])]
)
def test_parabola_by_hand(good, step_h, parts):
    """Proves means 2, 4, 0: ends 3 and 2, so q = 4 - P1(s) / 2 - 3 P2(s) / 2 in the middle hour.

    Over halves P1 is -1/2, 1/2 and P2 is 0; over thirds P1 is -2/3, 0, 2/3 and P2 is 2/9, -4/9,
    2/9: the middle third is 4 + 3/2 * 4/9.
    """
    weather = good(days=2)
    table = weather.table.assign(wind_speed_10m_m_per_s=np.tile([2.0, 4.0, 0.0], 16))
    part = resample(
        weather.with_table(table, 1.0), step_h, utc("2026-03-01 01:00"), utc("2026-03-01 02:00")
    )
    np.testing.assert_allclose(part.table["wind_speed_10m_m_per_s"], parts, atol=1e-12)


def test_coarser_steps_are_exact_means(good):
    """Proves that quarter hours to hours and hours to days are plain means."""
    weather = good(days=2, step_h=0.25)
    hourly = resample(weather, 1.0, *span(weather))
    want = weather.table.to_numpy().reshape(48, 4, -1).mean(axis=1)
    np.testing.assert_allclose(hourly.table.to_numpy(), want, rtol=1e-13)
    daily = resample(hourly, 24.0, *span(hourly))
    np.testing.assert_allclose(daily.table.to_numpy(), want.reshape(2, 24, -1).mean(axis=1))
    assert (hourly.step_h, daily.step_h) == (1.0, 24.0)
    assert list(daily.table.index) == [utc("2026-03-01"), utc("2026-03-02")]


def test_equal_steps_change_nothing(good):
    weather = good(days=2)
    same = resample(weather, 1.0, *span(weather))
    pd.testing.assert_frame_equal(same.table, weather.table, check_freq=False)
    assert (same.source, same.place) == (weather.source, weather.place)


@pytest.mark.parametrize(("source_h", "step_h"), [(1 / 6, 0.25), (0.25, 1 / 3), (1.0, 1.5)])
def test_steps_that_do_not_divide_each_other(good, source_h, step_h):
    """Proves that sums over the whole span are kept where neither step divides the other."""
    weather = good(days=2, step_h=source_h)
    other = resample(weather, step_h, *span(weather))
    np.testing.assert_allclose(
        (other.table.sum() * step_h).to_numpy(),
        (weather.table.sum() * source_h).to_numpy(),
        rtol=1e-3,
    )
    winds = ["wind_speed_10m_m_per_s", "temp_air_degc", "pressure_pa"]
    np.testing.assert_allclose(other.table[winds].mean(), weather.table[winds].mean(), rtol=1e-9)


def test_half_past_starts_are_cut_from_the_same_shape(good):
    """Proves that resampling a window gives the window of the whole, also between source edges."""
    weather = good(days=4)
    whole = resample(weather, 0.25, *span(weather))
    part = resample(weather, 0.25, utc("2026-03-02 05:30"), utc("2026-03-03 18:15"))
    assert len(part.table) == 147
    want = whole.table.loc[part.table.index]
    np.testing.assert_allclose(part.table.to_numpy(), want.to_numpy(), atol=1e-5, rtol=1e-9)


@pytest.mark.parametrize(
    ("step_h", "start", "end", "message"),
    [
        (
            0.25,
            "2026-02-28 23:00",
            "2026-03-02 00:00",
            (
                "w.csv: window = 2026-02-28 23:00Z to 2026-03-02 00:00Z is without data from "
                "2026-02-28 23:00Z. The data cover 2026-03-01 00:00Z to 2026-03-03 00:00Z: "
                "ask for times inside, or bring weather that covers them."
            ),
        ),
        (
            0.25,
            "2026-03-02 00:00",
            "2026-03-03 01:00",
            (
                "w.csv: window = 2026-03-02 00:00Z to 2026-03-03 01:00Z is without data from "
                "2026-03-03 00:00Z. The data cover 2026-03-01 00:00Z to 2026-03-03 00:00Z: "
                "ask for times inside, or bring weather that covers them."
            ),
        ),
        (
            0.001,
            "2026-03-01 00:00",
            "2026-03-02 00:00",
            (
                "resample: step_h = 0.001 is no whole number of minutes. "
                "Give hours that are whole minutes, e.g. 0.25."
            ),
        ),
        (
            0.5,
            "2026-03-01 00:00",
            "2026-03-01 01:15",
            (
                "resample: window = 2026-03-01 00:00Z to 2026-03-01 01:15Z is no whole number of "
                "steps. Choose start and end whole steps apart, on whole minutes."
            ),
        ),
    ],
)
def test_windows_that_cannot_be_made_are_refused(good, step_h, start, end, message):
    with pytest.raises(InputError) as error:
        resample(good(days=2), step_h, utc(start), utc(end))
    assert str(error.value) == message


def test_mean_over_the_default_horizon():
    """Proves 48 h of quarter hours then hours: row 192 is the mean of values 192 to 195."""
    index = pd.date_range("2026-03-01", periods=672, freq="15min", tz="UTC", name="time_utc")
    power = pd.Series(np.arange(672.0), index, name="power_mw")
    edges = index[:192].append(pd.date_range("2026-03-03", "2026-03-08", freq="h", tz="UTC"))
    means = mean_over(power, 0.25, edges)
    assert means.shape == (312, 1)
    assert means.index.name == "time_utc"
    assert list(means["power_mw"].iloc[[0, 191, 192, 311]]) == [0.0, 191.0, 193.5, 669.5]
    hours = np.diff(edges) / np.timedelta64(1, "h")
    assert (means["power_mw"] * hours).sum() == pytest.approx(power.sum() * 0.25, rel=1e-12)


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        (
            ["2026-03-01", "2026-03-01 00:20"],
            (
                "mean_over: edges_utc = 2026-03-01 00:20Z is inside a step. "
                "Resample to a step that divides all edges first."
            ),
        ),
        (
            ["2026-03-01", "2026-03-03"],
            (
                "mean_over: edges_utc = 2026-03-02 00:00Z is without data. The series covers "
                "2026-03-01 00:00Z to 2026-03-02 00:00Z: ask for times inside."
            ),
        ),
        (
            ["2026-02-28", "2026-03-01"],
            (
                "mean_over: edges_utc = 2026-02-28 00:00Z is without data. The series covers "
                "2026-03-01 00:00Z to 2026-03-02 00:00Z: ask for times inside."
            ),
        ),
        (
            ["2026-03-01 02:00", "2026-03-01 01:00"],
            "mean_over: edges_utc is not rising. Give two or more rising times.",
        ),
        (
            ["2026-03-01"],
            "mean_over: edges_utc is not rising. Give two or more rising times.",
        ),
    ],
)
def test_edges_that_cannot_be_served_are_refused(edges, message):
    index = pd.date_range("2026-03-01", periods=96, freq="15min", tz="UTC", name="time_utc")
    with pytest.raises(InputError) as error:
        mean_over(pd.Series(1.0, index, name="x"), 0.25, pd.DatetimeIndex(edges, tz="UTC"))
    assert str(error.value) == message


def test_it_is_fast(good):
    """Proves 7 days to quarter hours in 30 ms and a year in 1.5 s, best of three."""
    weather = good("2026-01-01", 365)
    week = (utc("2026-06-01"), utc("2026-06-08"))
    for window, limit_s in ((week, 0.03), (span(weather), 1.5)):
        taken = []
        for _ in range(3):
            begin = time.perf_counter()
            resample(weather, 0.25, *window)
            taken.append(time.perf_counter() - begin)
        assert min(taken) < limit_s
