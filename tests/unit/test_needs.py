"""The doorway between a weather table and the physics: columns there, units right."""

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.needs import needed
from models.solar import sunlit_cells
from models.weather.schema import Weather

EVEN = {
    "ghi_w_per_m2": 500.0,
    "dni_w_per_m2": 600.0,
    "dhi_w_per_m2": 100.0,
    "temp_air_degc": 20.0,
    "wind_speed_10m_m_per_s": 4.0,
}


def sky(**columns):
    """Return a day of weather, constant but for the columns given."""
    index = pd.date_range("2026-03-21", periods=24, freq="h", tz="UTC", name="time_utc")
    return Weather(
        table=pd.DataFrame(EVEN | columns, index=index),
        step_h=1.0,
        latitude_deg=23.7,
        longitude_deg=-15.93,
        altitude_m=10.0,
        source="sky.csv; nothing derived",
        level="synthetic",
        licence="none",
    )


@pytest.mark.parametrize("read", [sunlit_cells, lambda weather: needed(weather, list(EVEN))])
@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("temp_air_degc", 293.0, "293 at 2026-03-21 02:00Z is outside [-60, 60] degC"),
        ("dhi_w_per_m2", -5.0, "-5 at 2026-03-21 02:00Z is outside [0, 1100] W/m2"),
        ("ghi_w_per_m2", np.nan, "nan at 2026-03-21 02:00Z is outside [0, 1700] W/m2"),
        ("wind_speed_10m_m_per_s", np.inf, "inf at 2026-03-21 02:00Z is outside [0, 60] m/s"),
    ],
)
def test_weather_in_another_unit_is_refused(column, value, said, read):
    """Proves kelvin, NaN and the impossible are refused by column and time, by solar as well."""
    weather = sky(**{column: [EVEN[column]] * 2 + [value] * 22})
    with pytest.raises(InputError) as error:
        read(weather)
    assert str(error.value) == f"sky.csv: {column} = {said}. Convert the unit, or repair the step."


def test_every_column_out_of_range_is_named_at_once():
    """Proves two bad columns give two sentences."""
    with pytest.raises(InputError) as error:
        needed(sky(temp_air_degc=293.0, wind_speed_10m_m_per_s=-1.0), list(EVEN))
    assert len(error.value.problems) == 2


def test_a_missing_column_is_named():
    """Proves each missing column is named with what to do."""
    whole = sky()
    bare = whole.with_table(whole.table.drop(columns=["dni_w_per_m2", "dhi_w_per_m2"]), 1.0)
    with pytest.raises(InputError) as error:
        needed(bare, list(EVEN))
    remedy = "is missing. Bring it, or derive it with a reader of models.weather."
    assert error.value.problems == [
        f"sky.csv: dni_w_per_m2 {remedy}",
        f"sky.csv: dhi_w_per_m2 {remedy}",
    ]


def test_what_is_needed_comes_back_in_order():
    """Proves the asked columns come back, and no others."""
    asked = ["temp_air_degc", "ghi_w_per_m2"]
    assert list(needed(sky(), asked).columns) == asked
