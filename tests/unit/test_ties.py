"""Ties are broken on purpose: what may wait or not falls early, and costs nothing for it."""

import pytest

import optimizer as dk

TIE = {"tie_break_mad_per_mwh_h": 1e-4}
KEY = "2026-01-05T00:00Z/2026-01-05T02:00Z"


@pytest.mark.parametrize("steps", [(0.5, 0.5, 1.0), (1.0, 0.5, 0.5)])
def test_work_runs_as_early_as_it_can_at_equal_prices(plant, steps):
    """Proves the order: 3 MWh at 4 MW at most fill the first steps, whatever their lengths."""
    rows = [
        dk.StateRow("deferrable_batch", q, v, KEY)
        for q, v in (("backlog_mwh", 3.0), ("rate_max_mw", 4.0))
    ]
    plan = plant(
        tables={"deferrable": {"batch": {"arrival_mw": 0.0}}, "plan": TIE},
        buy=[500] * 3,
        step_h=steps,
        state=rows,
    ).solve()
    left_mwh, expected = 3.0, []
    for hours in steps:
        expected.append(min(4.0, left_mwh / hours))
        left_mwh -= expected[-1] * hours
    assert plan.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx(expected)
    assert plan.objective_mad == pytest.approx(500 * 3)


def test_charging_and_training_fall_early_at_equal_prices(plant):
    """Proves the same of a battery that has an hour too many, and of a contract with room."""
    plan = plant(
        tables={
            "battery": {"main": {"energy_final_min_mwh": 90.0}},
            "training": {"ai": {"floor_pu": 0.4, "window_h": 2}},
            "plan": TIE,
        },
        buy=[500, 500],
    ).solve()
    assert plan.schedule["battery_main_charge_mw"].tolist() == pytest.approx([100, 0])
    assert plan.schedule["training_ai_power_mw"].tolist() == pytest.approx([50, 0])
    assert plan.objective_mad == pytest.approx(500 * 150)


def test_a_difference_in_price_outweighs_the_tie_break(plant):
    """Proves the tie-break moves nothing that money moves: a centime less, and all waits."""
    plan = plant(
        tables={"battery": {"main": {"energy_final_min_mwh": 90.0}}, "plan": TIE},
        buy=[500.01, 500.0],
    ).solve()
    assert plan.schedule["battery_main_charge_mw"].tolist() == pytest.approx([0, 100])
