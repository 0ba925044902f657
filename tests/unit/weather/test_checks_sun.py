"""Refusals of irradiance that the sun cannot give."""

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check
from models.weather.sun import sin_elevation

PARTS = ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")


def refusal(weather) -> list[str]:
    with pytest.raises(InputError) as error:
        check(weather)
    return error.value.problems


def test_zeros_at_noon_are_refused(good):
    """Proves that one hour of exact zeros under a high sun is enough."""
    weather = good()
    table = weather.table.copy()
    table.loc[table.index[24 + 13], list(PARTS)] = 0.0
    assert refusal(weather.with_table(table, 1.0)) == [
        (
            "w.csv: ghi_w_per_m2 = 0 at 2026-03-02 13:00Z is dark under a high sun "
            "(1 of 240 steps). Zeros often stand for missing values: bring the true ones, "
            "or leave the cells empty."
        )
    ]


@pytest.mark.parametrize(("share", "is_refused"), [(0.025, True), (0.04, False)])
def test_a_day_darker_than_any_cloud_is_refused(good, share, is_refused):
    """Proves that a day at 2.5 % of the clear sky is refused and one at 4 % is not."""
    weather = good()
    table = weather.table.copy()
    day = table.index.normalize() == table.index[72]
    table.loc[day, list(PARTS)] *= share
    dark = weather.with_table(table, 1.0)
    if not is_refused:
        check(dark)
        return
    ghi = table.loc["2026-03-04 09:00+00:00", "ghi_w_per_m2"]
    assert refusal(dark) == [
        (
            f"w.csv: ghi_w_per_m2 = {ghi:g} at 2026-03-04 09:00Z is dark under a high sun "
            "(9 of 240 steps). Zeros often stand for missing values: bring the true ones, or leave "
            "the cells empty."
        )
    ]


def test_sunshine_at_night_is_refused(good):
    """Proves that each part is judged at night, with its first time."""
    weather = good()
    table = weather.table.copy()
    table.loc[table.index[[2, 26]], "ghi_w_per_m2"] = 40.0
    table.loc[table.index[50], "dni_w_per_m2"] = 11.0
    assert refusal(weather.with_table(table, 1.0)) == [
        (
            "w.csv: ghi_w_per_m2 = 40 at 2026-03-01 02:00Z is sunshine at night (2 of 240 steps). "
            "Check time zone, labels and longitude, or set the night to 0."
        ),
        (
            "w.csv: dni_w_per_m2 = 11 at 2026-03-03 02:00Z is sunshine at night (1 of 240 steps). "
            "Check time zone, labels and longitude, or set the night to 0."
        ),
    ]


def test_more_than_the_sun_can_give_is_refused(good):
    """Proves the bound 1.2 E s^1.2 + 50 at the hour 09: s = 0.39 in the mean."""
    weather = good()
    table = weather.table.copy()
    table.loc[table.index[9], ["ghi_w_per_m2", "dhi_w_per_m2"]] = 800.0
    told = refusal(weather.with_table(table, 1.0))
    minutes = pd.date_range(table.index[9] + pd.Timedelta("150s"), periods=12, freq="5min")
    power = np.mean(np.maximum(sin_elevation(minutes, weather.place), 0.0) ** 1.2)
    extra = 1361.0 * 1.0186  # Spencer's distance factor on 1 March
    remedy = "Give the step's mean in W/m2: kJ/m2 an hour are 3.6 times, sums 1/step_h times it."
    assert told == [
        f"w.csv: {part}_w_per_m2 = 800 at 2026-03-01 09:00Z is more than the sun can give there "
        f"and then, {factor * extra * power + offset:.0f} W/m2 (1 of 240 steps). {remedy}"
        for part, factor, offset in (("ghi", 1.2, 50.0), ("dhi", 0.75, 30.0))
    ]


@pytest.mark.parametrize("case", ["beam on the horizontal", "swapped", "no diffuse"])
def test_parts_that_do_not_add_up_are_refused(good, case):
    """Proves that the commonest mix-ups of the three parts are seen."""
    weather = good()
    table = weather.table.copy()
    ghi, dni, dhi = (table[part] for part in PARTS)
    if case == "swapped":
        table = table.assign(ghi_w_per_m2=0.6 * dni, dni_w_per_m2=ghi)
    elif case == "no diffuse":
        table = table.assign(dni_w_per_m2=0.3 * dni)
    else:
        table = table.assign(dni_w_per_m2=ghi - dhi)
    told = [p for p in refusal(weather.with_table(table, 1.0)) if "sum of its parts" in p]
    assert len(told) == 1
    assert told[0].endswith(
        "Look for swapped columns, or for the beam on the horizontal given as DNI."
    )


def test_closure_message_names_the_sum(good):
    """Proves the whole message: DNI at a third leaves 186 of 391 W/m2 at 09:00."""
    weather = good()
    table = weather.table.assign(dni_w_per_m2=weather.table["dni_w_per_m2"] / 3.0)
    at = table.index[9]
    minutes = pd.date_range(at + pd.Timedelta("150s"), periods=12, freq="5min")
    parts = table.loc[at, "dhi_w_per_m2"]
    parts += table.loc[at, "dni_w_per_m2"] * sin_elevation(minutes, weather.place).mean()
    ghi = table.loc[at, "ghi_w_per_m2"]
    assert refusal(weather.with_table(table, 1.0)) == [
        (
            f"w.csv: ghi_w_per_m2 = {ghi:g} at 2026-03-01 09:00Z is not the "
            f"sum of its parts, DHI + DNI sin(sun's height) = {parts:.0f} W/m2 (87 of 240 steps). "
            "Look for swapped columns, or for the beam on the horizontal given as DNI."
        )
    ]


def test_a_wrong_longitude_is_a_shift(good):
    """Proves that east for west, 2 x 15.93 degrees, is told as two hours of lag."""
    weather = good()
    mirrored = type(weather)(
        table=weather.table,
        step_h=1.0,
        latitude_deg=23.7,
        longitude_deg=15.93,
        altitude_m=12.0,
        source="w.csv",
        level="measured",
        licence="none",
    )
    assert "is 127 min late by the sun" in refusal(mirrored)[0]
