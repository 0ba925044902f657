"""Refusals of values that no weather has."""

import numpy as np
import pytest

from models.errors import InputError
from models.weather.checks import check

FILL = "Bring the values, or call fill_gaps (option fill_gaps_h), which says so in the source."


def refusal(weather) -> list[str]:
    with pytest.raises(InputError) as error:
        check(weather)
    return error.value.problems


def changed(weather, column, values):
    return weather.with_table(weather.table.assign(**{column: values}), weather.step_h)


def test_missing_values_are_named_for_every_column(good):
    """Proves that NaN and infinity are refused, each column with its first time and count."""
    weather = good()
    table = weather.table.copy()
    table.iloc[[12, 13], 0] = np.nan
    table.iloc[30, 3] = np.inf
    assert refusal(weather.with_table(table, 1.0)) == [
        f"w.csv: ghi_w_per_m2 = nan at 2026-03-01 12:00Z is missing (2 of 240 steps). {FILL}",
        f"w.csv: temp_air_degc = inf at 2026-03-02 06:00Z is missing (1 of 240 steps). {FILL}",
    ]


@pytest.mark.parametrize(
    ("column", "make", "value", "limits", "remedy"),
    [
        (
            "temp_air_degc",
            lambda t: t + 273.15,
            None,
            "[-60, 60] degC",
            "It looks like kelvin: subtract 273.15.",
        ),
        (
            "temp_air_degc",
            lambda t: 1.8 * t + 32.0,
            None,
            "[-60, 60] degC",
            "It looks like degrees Fahrenheit: subtract 32, divide by 1.8.",
        ),
        (
            "pressure_pa",
            lambda p: p / 100.0,
            None,
            "[50000, 110000] Pa",
            "It looks like hPa: multiply by 100.",
        ),
        (
            "pressure_pa",
            lambda p: p / 1000.0,
            None,
            "[50000, 110000] Pa",
            "It looks like kPa: multiply by 1000.",
        ),
        (
            "wind_speed_10m_m_per_s",
            lambda w: w * 10.0,
            None,
            "[0, 60] m/s",
            "Give m/s: divide km/h by 3.6, knots by 1.944.",
        ),
        (
            "ghi_w_per_m2",
            lambda g: g - 2.5,
            "-2.5",
            "[0, 1700] W/m2",
            "Set the sensor's negative offsets to 0.",
        ),
        (
            "dni_w_per_m2",
            lambda g: g.where(g > 0.0, -999.0),
            "-999",
            "[0, 1410] W/m2",
            "It looks like a fill value: bring the true value, or leave the cell empty.",
        ),
        (
            "temp_wet_bulb_degc",
            lambda t: t.where(t.index.hour != 3, 41.0),
            "41",
            "[-60, 40] degC",
            "Correct the value, or give the column in the unit of its name.",
        ),
    ],
)
def test_another_unit_is_recognised(good, column, make, value, limits, remedy):
    """Proves that the likeliest wrong unit is named with the factor that mends it."""
    weather = good()
    wrong = changed(weather, column, make(weather.table[column]))
    told = next(p for p in refusal(wrong) if "outside" in p and column in p)
    low, high = (float(x) for x in limits.split("]")[0].strip("[").split(","))
    bad = ~wrong.table[column].between(low, high).to_numpy()
    first = int(np.argmax(bad))
    value = value or f"{wrong.table[column].iloc[first]:g}"
    assert told == (
        f"w.csv: {column} = {value} at {wrong.table.index[first]:%Y-%m-%d %H:%M}Z is outside "
        f"{limits} ({bad.sum()} of 240 steps). {remedy}"
    )


def test_kilometres_an_hour_are_refused(good):
    """Proves that both heights in km/h are seen by their mean: 7.5 m/s is 27 km/h."""
    weather = good()
    table = weather.table.copy()
    for height in (10, 100):
        table[f"wind_speed_{height}m_m_per_s"] *= 3.6
    told = refusal(weather.with_table(table, 1.0))
    mean = table["wind_speed_10m_m_per_s"].mean()
    fast = int((table["wind_speed_10m_m_per_s"] > 15.0).sum())
    first = table["wind_speed_10m_m_per_s"].gt(15.0).idxmax()
    value = table["wind_speed_10m_m_per_s"][first]
    assert told[0] == (
        f"w.csv: wind_speed_10m_m_per_s = {value:g} at {first:%Y-%m-%d %H:%M}Z is too fast: the "
        f"mean {mean:.1f} is above 15.0 m/s ({fast} of 240 steps). "
        "It looks like km/h: divide by 3.6."
    )
    assert "wind_speed_100m_m_per_s" in told[1]
    assert "above 20.8 m/s" in told[1]
    assert len(told) == 2


@pytest.mark.parametrize(("factor", "ratio"), [(1.0 / 3.6, "0.33"), (3.6, "4.32")])
def test_two_heights_in_two_units_are_refused(good, factor, ratio):
    """Proves that one height in km/h is seen even where its mean alone would pass."""
    weather = good()
    name = "wind_speed_100m_m_per_s"
    aloft = weather.table[name] * factor * 0.5
    base = weather.table["wind_speed_10m_m_per_s"] * 0.5
    slow = weather.table.assign(wind_speed_10m_m_per_s=base, wind_speed_100m_m_per_s=aloft)
    assert refusal(weather.with_table(slow, 1.0)) == [
        (
            f"w.csv: {name} = {aloft.iloc[0]:g} at 2026-03-01 00:00Z is {ratio} times the wind "
            "at 10 m in the mean, outside [0.8, 2.51] (240 of 240 steps). Give both heights in m/s."
        )
    ]


@pytest.mark.parametrize(
    ("column", "hours", "value"),
    [("wind_speed_10m_m_per_s", 24, 6.5), ("temp_air_degc", 36, 21.0)],
)
def test_frozen_values_are_refused(good, column, hours, value):
    """Proves that the longest run allowed passes and one step more is refused at its beginning."""
    weather = good()
    still = weather.table[column].copy()
    still.iloc[50 : 50 + hours] = value
    check(changed(weather, column, still))
    still.iloc[50 + hours] = value
    assert refusal(changed(weather, column, still)) == [
        (
            f"w.csv: {column} = {value:g} at 2026-03-03 02:00Z is frozen: one value for more than "
            f"{hours} h ({hours + 1} of 240 steps). Bring what was measured, or another source."
        )
    ]


def test_frozen_values_are_counted_in_hours(good):
    """Proves that 96 quarter hours are 24 h, and 97 are too many."""
    weather = good(days=3, step_h=0.25)
    still = weather.table["wind_speed_10m_m_per_s"].copy()
    still.iloc[10:106] = 6.5
    check(changed(weather, "wind_speed_10m_m_per_s", still))
    still.iloc[106] = 6.5
    assert "frozen" in refusal(changed(weather, "wind_speed_10m_m_per_s", still))[0]


def test_wet_bulb_above_the_air_is_refused(good):
    """Proves that swapped temperatures are seen."""
    weather = good()
    air, wet = weather.table["temp_air_degc"], weather.table["temp_wet_bulb_degc"]
    swapped = weather.table.assign(temp_air_degc=wet, temp_wet_bulb_degc=air)
    assert refusal(weather.with_table(swapped, 1.0)) == [
        (
            f"w.csv: temp_wet_bulb_degc = {air.iloc[0]:g} at 2026-03-01 00:00Z is above the air "
            "temperature (240 of 240 steps). Look for swapped columns, or humidity above 100 %."
        )
    ]


def test_faults_of_several_columns_come_at_once(good):
    """Proves that kelvin, hPa and NaN in one table are three sentences of one error."""
    weather = good()
    table = weather.table.assign(
        temp_air_degc=weather.table["temp_air_degc"] + 273.15,
        pressure_pa=weather.table["pressure_pa"] / 100.0,
    )
    table.iloc[0, 5 + 1] = np.nan
    told = refusal(weather.with_table(table, 1.0))
    assert [p.split(" = ")[0] for p in told] == [
        "w.csv: temp_air_degc",
        "w.csv: pressure_pa",
        "w.csv: wind_speed_10m_m_per_s",
    ]
