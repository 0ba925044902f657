"""Refusals of what is wrong with the index and the columns."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check

HOUR = pd.Timedelta(hours=1)


def refusal(weather) -> list[str]:
    with pytest.raises(InputError) as error:
        check(weather)
    return error.value.problems


def test_good_weather_passes(good):
    """Proves that the checks let hourly and quarter-hourly weather through."""
    check(good())
    check(good(days=3, step_h=0.25))


def test_naive_times(good):
    weather = good()
    naive = weather.with_table(weather.table.tz_localize(None), 1.0)
    assert refusal(naive) == [
        (
            "w.csv: time_utc = 2026-03-01 00:00 is without a time zone. "
            "Write times in UTC with a Z, or with their offset, e.g. 2026-01-01T00:00Z."
        )
    ]


def test_another_zone(good):
    weather = good()
    assert refusal(weather.with_table(weather.table.tz_convert("Africa/El_Aaiun"), 1.0)) == [
        "w.csv: time_utc = 2026-03-01 00:00:00+00:00 is in zone Africa/El_Aaiun. Convert it to UTC."
    ]


def test_a_gap(good):
    """Proves that the first missing time is named: rows 5 and 6 of 240 are taken out."""
    weather = good()
    gap = weather.table.drop(weather.table.index[[5, 6]])
    assert refusal(weather.with_table(gap, 1.0)) == [
        (
            "w.csv: time_utc = 2026-03-01 05:00Z is missing (2 steps in all). "
            "Bring the missing rows: nothing is filled in passing."
        )
    ]


def test_a_duplicate(good):
    weather = good()
    twice = weather.table.iloc[[0, 1, 2, 2, 3, 4]]
    assert refusal(weather.with_table(twice, 1.0)) == [
        (
            "w.csv: time_utc = 2026-03-01 02:00Z is given twice (1 repeats). "
            "Keep one row a step; local time repeats an hour in autumn: use UTC."
        )
    ]


def test_unsorted_times_with_a_gap(good):
    """Proves that order and gaps are told together, gaps as in sorted order."""
    weather = good()
    mixed = weather.table.iloc[[0, 2, 1, 3, 5]]
    assert refusal(weather.with_table(mixed, 1.0)) == [
        "w.csv: time_utc = 2026-03-01 01:00Z is earlier than the row before it. Sort by time.",
        (
            "w.csv: time_utc = 2026-03-01 04:00Z is missing (1 steps in all). "
            "Bring the missing rows: nothing is filled in passing."
        ),
    ]


def test_a_time_off_the_grid(good):
    weather = good()
    index = weather.table.index.to_series()
    index.iloc[3] += pd.Timedelta("10min")
    moved = weather.table.set_axis(pd.DatetimeIndex(index, name="time_utc"))
    assert refusal(weather.with_table(moved, 1.0)) == [
        "w.csv: time_utc = 2026-03-01 03:10Z is off the grid of steps. Bring one row every 1 h."
    ]


def test_no_index_of_times(good):
    weather = good()
    assert refusal(weather.with_table(weather.table.reset_index(drop=True), 1.0)) == [
        "w.csv: time_utc = int64 is no time index. Use times in UTC as the index."
    ]
    assert refusal(weather.with_table(weather.table.iloc[:0], 1.0)) == [
        "w.csv: time_utc is empty. Bring at least one step."
    ]
    lost = weather.table.set_axis(weather.table.index.where(np.arange(240) != 7))
    assert refusal(weather.with_table(lost, 1.0)) == [
        "w.csv: time_utc = NaT is no time (row 8). Write every time in full."
    ]


def test_step_name_level(good):
    weather = good()
    assert refusal(weather.with_table(weather.table, 0.0)) == [
        "w.csv: step_h = 0.0 is outside (0, 24]. Give the length of a step in hours."
    ]
    assert refusal(weather.with_table(weather.table.rename_axis("time"), 1.0)) == [
        "w.csv: index name = 'time' is unknown. Name it time_utc."
    ]
    assert refusal(replace(weather, level="guess")) == [
        "w.csv: level = 'guess' is unknown. Say one of measured, forecast, synthetic, tmy."
    ]


def test_columns_missing_unknown_and_of_text(good):
    """Proves that all faults of columns come in one message."""
    weather = good()
    table = weather.table.rename(columns={"temp_air_degc": "temp_air_c"})
    table["pressure_pa"] = table["pressure_pa"].astype("str")
    assert refusal(weather.with_table(table, 1.0)) == [
        "w.csv: temp_air_degc is missing. Bring it as a column in degC.",
        "w.csv: temp_air_c is no weather column. Did you mean temp_air_degc?",
        "w.csv: pressure_pa is of type str, expected float64. Give numbers only.",
    ]
    double = pd.concat([weather.table, weather.table[["ghi_w_per_m2"]]], axis=1)
    assert refusal(weather.with_table(double, 1.0)) == [
        "w.csv: ghi_w_per_m2 is given as two columns. Keep one."
    ]
