"""Shifted labels are seen, clouds are not taken for them."""

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check
from models.weather.labels import label_lag_min, label_problem


def shifted(weather, minutes):
    """Return the same values under labels that are late by some minutes."""
    index = weather.table.index + pd.Timedelta(minutes=minutes)
    return weather.with_table(weather.table.set_axis(index), weather.step_h)


def clouded(weather, seed, fog_share):
    """Return the weather under clouds that come and go, and fog that keeps to the mornings."""
    rng = np.random.default_rng(seed)
    table = weather.table.copy()
    hours, days = np.asarray(table.index.hour), np.asarray(table.index.day_of_year)
    amount = np.zeros(len(table))
    for step in range(1, len(table)):
        amount[step] = 0.8 * amount[step - 1] + rng.normal(0.0, 0.35)
    through = 1.0 - 0.7 * np.clip(amount, 0.0, 1.0)
    is_foggy = rng.random(days.max() + 1) < fog_share
    through = np.where(is_foggy[days] & (hours < 12), 0.35, through)
    table["ghi_w_per_m2"] *= through
    table["dni_w_per_m2"] *= np.clip(2.0 * through - 1.0, 0.0, 1.0)
    table["dhi_w_per_m2"] = table["ghi_w_per_m2"] - 0.7 * table["dni_w_per_m2"]
    return weather.with_table(table, weather.step_h)


@pytest.mark.parametrize("start", ["2026-01-10", "2026-03-15", "2026-06-15", "2026-10-01"])
@pytest.mark.parametrize("step_h", [0.25, 0.5, 1.0])
def test_right_labels_have_lag_zero(good, start, step_h):
    """Proves that clear days of every season have lag 0 to within 2 min, at every step."""
    assert label_lag_min(good(start, 7, step_h)) == pytest.approx(0.0, abs=2.0)


@pytest.mark.parametrize("minutes", [-300, -60, -30, 30, 60, 120])
def test_a_shift_is_measured(good, minutes):
    """Proves that the lag is the shift, in minutes and with its sign (late is positive)."""
    assert label_lag_min(shifted(good(days=7), minutes)) == pytest.approx(minutes, abs=2.0)


def test_end_labels_read_as_beginnings_are_refused(good):
    """Proves the whole message: hours named by their end are 60 min late."""
    with pytest.raises(InputError) as error:
        check(shifted(good(days=7), 60))
    assert str(error.value) == (
        "w.csv: time_utc = 2026-03-01 01:00Z and every later label is 60 min late by the sun "
        "(7 clear days, 15 min allowed). Name each step by its beginning in UTC: say so if the "
        "file names ends, take the zone's offset off if it is local time, and check the longitude."
    )


def test_local_time_taken_for_utc_is_refused(good):
    """Proves that a clock one hour behind is told as early."""
    problems = label_problem(shifted(good(days=7), -60))
    assert "every later label is 60 min early by the sun" in problems[0]


def test_quarter_hours_named_by_their_end_are_refused(good):
    """Proves that the allowed lag shrinks with the step: 15 min late are too late for 15 min."""
    weather = good(days=7, step_h=0.25)
    assert label_problem(weather) == []
    assert (
        "15 min late by the sun (7 clear days, 7.5 min allowed)"
        in (label_problem(shifted(weather, 15))[0])
    )
    few = shifted(good(days=3, step_h=0.25), 15)
    assert label_problem(few) == []  # three days are too few for so fine a verdict


@pytest.mark.parametrize("fog_share", [0.0, 0.5, 0.9])
def test_clouds_and_morning_fog_are_not_taken_for_a_shift(good, fog_share):
    """Proves for 120 seeded fortnights that right labels pass under clouds, fog always at dawn."""
    weather = good("2026-04-01", 14)
    for seed in range(40):
        problems = label_problem(clouded(weather, seed, fog_share))
        assert problems == [], (seed, problems)


@pytest.mark.parametrize("minutes", [60, -60])
def test_a_shift_is_seen_through_clouds(good, minutes):
    """Proves that of 20 cloudy months with some clear days, shifted by an hour, none passes."""
    weather = shifted(good("2026-04-01", 30), minutes)
    seen = 0
    for seed in range(20):
        cloudy = clouded(weather, seed, 0.3)
        if label_lag_min(cloudy) is None:
            continue
        seen += 1
        assert label_problem(cloudy), seed
    assert seen >= 10


def test_without_a_clear_day_there_is_no_verdict(good):
    """Proves that overcast days, and nights, say nothing."""
    weather = good(days=3)
    rng = np.random.default_rng(5)
    dark = weather.table["ghi_w_per_m2"] * rng.uniform(0.1, 0.5, len(weather.table))
    assert label_lag_min(weather.with_table(weather.table.assign(ghi_w_per_m2=dark), 1.0)) is None
    night = weather.with_table(weather.table.iloc[:5], 1.0)
    assert label_lag_min(night) is None
