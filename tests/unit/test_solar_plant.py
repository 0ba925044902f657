"""A PV plant's parameters: what they mean together, and what is refused."""

import numpy as np
import pytest
from pydantic import ValidationError

from models.solar_plant import PvPlant

NO_LOSS = {
    "soiling_rate_pu_per_day": 0.0,
    "cleaning_interval_day": 0.0,
    "shading_loss_pu": 0.0,
    "mismatch_loss_pu": 0.0,
    "dc_wiring_loss_pu": 0.0,
    "nameplate_loss_pu": 0.0,
    "ageing_loss_pu": 0.0,
    "ac_wiring_loss_pu": 0.0,
    "transformer_loss_pu": 0.0,
    "availability_pu": 1.0,
}
FIXED = {"mounting": "fixed", "tilt_deg": 20.0, "azimuth_deg": 180.0}
TRACKER = {
    "mounting": "single_axis",
    "axis_azimuth_deg": 180.0,
    "rotation_max_deg": 55.0,
    "ground_cover_pu": 0.4,
    "is_backtracking": True,
    "stow_wind_m_per_s": 14.0,
}
MODULE = {
    "capacity_dc_mw": 100.0,
    "capacity_ac_mw": 80.0,
    "albedo_pu": 0.3,
    "power_temp_coefficient_per_k": -0.004,
    "low_light_loss_pu": 0.0,
    "sapm_a_pu": -3.47,
    "sapm_b_s_per_m": -0.0594,
    "sapm_delta_t_k": 3.0,
    "inverter_efficiency_pu": 0.96,
}


def plant(**changes):
    mounting = TRACKER if changes.get("mounting") == "single_axis" else FIXED
    return PvPlant(**(MODULE | NO_LOSS | mounting | changes))


def test_soiling_is_the_mean_of_the_rows_saw_teeth():
    """Proves 0.4 % a day cleaned every 10 days costs 2 %: the mean over rows of every age."""
    ages_day = (np.arange(1000) + 0.5) / 1000 * 10
    dusty = plant(soiling_rate_pu_per_day=0.004, cleaning_interval_day=10.0)
    assert dusty.soiling_loss_pu == pytest.approx(np.mean(0.004 * ages_day)) == 0.02


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"capacity_ac_mw": 0.08},
            "capacity_dc_mw / capacity_ac_mw = 1250 is outside [0.5, 3]. Give both in MW.",
        ),
        (
            {"soiling_rate_pu_per_day": 0.05, "cleaning_interval_day": 30.0},
            (
                "soiling_rate_pu_per_day * cleaning_interval_day / 2 = 0.75 is above 0.5. "
                "Give 0.003 per day for 0.3 %, or clean more often."
            ),
        ),
        (
            {"tilt_deg": None, "rotation_max_deg": 55.0},
            (
                "tilt_deg is missing. Give it. "
                "rotation_max_deg = 55.0 is not for mounting = fixed. Remove it."
            ),
        ),
        (
            {"mounting": "single_axis", "is_backtracking": None, "tilt_deg": 20.0},
            (
                "is_backtracking is missing. Give it. "
                "tilt_deg = 20.0 is not for mounting = single_axis. Remove it."
            ),
        ),
    ],
)
def test_parameters_that_do_not_fit_together_are_refused(changes, message):
    """Proves kW for MW, percent for per unit and half a mounting are refused with the remedy."""
    with pytest.raises(ValidationError) as error:
        plant(**changes)
    assert error.value.errors()[0]["msg"] == f"Value error, {message}"
