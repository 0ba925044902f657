"""Power curves from the library, a CSV and records; and curves and farms that are refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import pytest
from windpowerlib.power_output import power_curve_density_correction

from models.errors import InputError
from models.wind_curve import (
    PowerCurve,
    curve_from_records,
    library_curve,
    power_curve,
    read_curve,
)
from models.wind_farm import WindFarm

TRIANGLE = "wind_speed_m_per_s,power_kw\n4,0\n12,800\n26,800\n"


def make_farm(**changes: Any) -> WindFarm:
    given = {
        "turbine_type": "V117/3450",
        "turbine_count": 10,
        "hub_height_m": 80.0,
        "shear_exponent_pu": 0.2,
        "wind_spread_pu": 0.0,
        "cut_out_m_per_s": 25.0,
        "restart_m_per_s": 23.0,
        "wake_loss_pu": 0.1,
        "turbine_unavailability_pu": 0.03,
        "plant_unavailability_pu": 0.005,
        "electrical_loss_pu": 0.02,
        "blade_loss_pu": 0.015,
    }
    return WindFarm(**{**given, **changes})


def test_library_curve_gives_its_published_points() -> None:
    """Proves V117/3450: 22 kW at 3 m/s, 1522 at 8, 3450 from 12.5 to 25."""
    curve = library_curve("V117/3450")
    points = dict(zip(curve.wind_speed_m_per_s, curve.power_kw, strict=True))
    assert (points[3.0], points[8.0], points[12.5], points[25.0]) == (22.0, 1522.0, 3450.0, 3450.0)
    assert max(points) == 25.0
    assert curve.rated_kw == 3450.0


def test_records_give_back_the_curve_behind_them() -> None:
    """Proves curve_from_records inverts the chain's own density correction (within 10 kW)."""
    true = library_curve("V117/3450")
    rng = np.random.default_rng(7)
    wind, density = rng.uniform(0.0, 20.0, 20_000), rng.uniform(1.05, 1.3, 20_000)
    points = np.array(true.wind_speed_m_per_s), np.array(true.power_kw)
    power = power_curve_density_correction(wind, *points, density)
    found = curve_from_records(wind, power, density, 25.0)
    at = np.arange(5.0, 16.0, 0.5)
    error_kw = np.interp(at, found.wind_speed_m_per_s, found.power_kw) - np.interp(at, *points)
    assert np.abs(error_kw).max() < 25.0
    assert found.wind_speed_m_per_s[-1] == 25.0
    assert found.power_kw[-1] == pytest.approx(3450.0)


def test_a_bin_of_two_records_is_left_out() -> None:
    """Proves three records make a bin, two don't, and negative own use counts as zero."""
    wind = np.array([2.0, 2.0, 2.0, 6.0, 6.0, 6.0, 9.0, 9.0, 12.0, 12.0, 12.0])
    power = np.array([-3.0, -3.0, -3.0, 300.0, 330.0, 360.0, 9.0, 9.0, 900.0, 900.0, 900.0])
    curve = curve_from_records(wind, power, np.full(11, 1.225), 25.0)
    assert curve.wind_speed_m_per_s == pytest.approx((2.0, 6.0, 12.0, 25.0))
    assert curve.power_kw == pytest.approx((0.0, 330.0, 900.0, 900.0))


@pytest.mark.parametrize(
    ("turbine_type", "remedy"),
    [
        ("V117-3450", "Did you mean V117/3450 or V112/3450?"),
        ("windmill", "Give power_curve_file instead."),
    ],
)
def test_an_unknown_turbine_is_refused(turbine_type: str, remedy: str) -> None:
    """Proves that what is only a warning in windpowerlib stops here."""
    with pytest.raises(InputError) as refused:
        power_curve(make_farm(turbine_type=turbine_type))
    where = f"turbine library: turbine_type = {turbine_type}"
    assert str(refused.value) == f"{where} is not in it, or has no power curve. {remedy}"


def test_a_cut_out_beyond_the_curve_is_refused() -> None:
    """Proves that no power is made up between the end of N117/2400's curve and 25 m/s."""
    with pytest.raises(InputError) as refused:
        power_curve(make_farm(turbine_type="N117/2400"))
    assert str(refused.value) == (
        "turbine library: turbine_type = N117/2400: cut_out_m_per_s = 25.0 is above the curve's "
        "last speed with power, 20.0 m/s. Lower it or extend the curve."
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            "wind,power\n4,0\n",
            (
                "columns = wind, power is not a power curve. "
                "Name the two columns wind_speed_m_per_s, power_kw."
            ),
        ),
        (
            "",
            (
                "power_curve_file is not readable (EmptyDataError). "
                "Give a CSV with the columns wind_speed_m_per_s, power_kw."
            ),
        ),
        (
            "wind_speed_m_per_s,power_kw\n4,0\n12,much\n25,800\n",
            "point = (12.0, nan) is not a number. Give m/s and kW.",
        ),
        (
            "wind_speed_m_per_s,power_kw\n4,0\n25,800\n",
            "points = 2 is too few. Give three or more.",
        ),
        (
            "wind_speed_m_per_s,power_kw\n4,0\n12,700\n12,800\n",
            (
                "wind_speed_m_per_s = 12.0 is not rising. "
                "Sort the points by wind speed, each speed once."
            ),
        ),
        (
            "wind_speed_m_per_s,power_kw\n-4,0\n12,700\n25,800\n",
            "wind_speed_m_per_s = -4.0 is negative. Give m/s.",
        ),
        (
            "wind_speed_m_per_s,power_kw\n14,0\n43,700\n90,800\n",
            "wind_speed_m_per_s = 90.0 is above 50. Give m/s, not km/h.",
        ),
        (
            "wind_speed_m_per_s,power_kw\n2,-5\n12,700\n25,800\n",
            "power_kw = -5.0 is negative. Give 0 where the turbine stands.",
        ),
        (
            "wind_speed_m_per_s,power_kw\n4,0\n12,3450000\n25,3450000\n",
            "power_kw = 3450000.0 is above 30000. Give kW of one turbine, not W.",
        ),
        (
            "wind_speed_m_per_s,power_kw\n4,0\n12,0\n25,0\n",
            "power_kw = 0.0 is no power anywhere. Give the turbine's power in kW.",
        ),
    ],
)
def test_a_file_that_is_no_curve_is_refused(content: str, problem: str, tmp_path: Path) -> None:
    """Proves that every wrong curve file is refused by name, with the value and the remedy."""
    path = tmp_path / "curve.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_curve(path)
    assert str(refused.value) == f"{path}: {problem}"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """Proves that no traceback of pandas gets through."""
    with pytest.raises(InputError) as refused:
        read_curve(tmp_path / "none.csv")
    assert str(refused.value) == (
        f"{tmp_path / 'none.csv'}: power_curve_file is not readable (FileNotFoundError). "
        "Give a CSV with the columns wind_speed_m_per_s, power_kw."
    )


def test_zeros_past_the_last_power_only_mark_the_end(tmp_path: Path) -> None:
    """Proves that a curve written with its cut-out as zeros is the same curve."""
    path = tmp_path / "curve.csv"
    path.write_text(TRIANGLE + "26.1,0\n40,0\n", encoding="utf-8")
    assert read_curve(path) == PowerCurve(
        where=str(path), wind_speed_m_per_s=(4.0, 12.0, 26.0), power_kw=(0.0, 800.0, 800.0)
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"turbine_type": None}, "give either turbine_type or power_curve_file"),
        ({"power_curve_file": "x.csv"}, "give either turbine_type or power_curve_file"),
        ({"restart_m_per_s": 26.0}, "restart_m_per_s = 26.0 is above cut_out_m_per_s = 25.0"),
        ({"wake_loss_pu": 8.0}, "less than or equal to 0.3"),
        ({"electrical_loss_pu": -0.02}, "greater than or equal to 0"),
        ({"turbine_count": 0}, "greater than or equal to 1"),
        ({"hub_height_m": float("nan")}, "finite number"),
        ({"roughness_length_m": 0.0}, "Extra inputs are not permitted"),
    ],
)
def test_a_farm_that_cannot_be_is_refused(changes: dict[str, Any], words: str) -> None:
    """Proves ranges, the one curve, the order of the storm limits, and no unknown key."""
    with pytest.raises(pydantic.ValidationError, match=words):
        make_farm(**changes)
