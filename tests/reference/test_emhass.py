"""EMHASS's perfect-foresight days: two loads that are on or off, a house with a roof and a meter.

Source: davidusb-geek/emhass, data/opt_res_perfect_optim_profit.csv (MIT). Eight days of 48
half-hours from 21:00 UTC. A load of 3 kW is on for 10 half-hours of each day, one of 0.75 kW for
16; draw and feed-in are at most 9 kW. Published: the profit of each day.

A site a thousand times as large: a kW there is a MW here. Prices per kWh become prices per MWh,
a thousandfold, so that each MWh pays what it pays there, and the profit comes out in thousandths.
"""

import pandas as pd
import pytest

PROFIT = [-6.921038, -4.283482, -5.055970, -3.796626, -5.353261, -4.327400, -5.434343, -4.240276]
SUM = -39.412396929
THEIRS_PER_OURS = 1e-3  # of money, for a site a thousand times as large, per kWh in MWh
LOADS = {
    "heavy": {"power_mw": 3.0, "hours_h": 5.0},
    "light": {"power_mw": 0.75, "hours_h": 8.0},
}
LENGTH = 48


@pytest.fixture(scope="module")
def measured(shared) -> pd.DataFrame:
    """Return the file's steps."""
    return pd.read_csv(shared("refcases/emhass_deferrable_8days/opt_res_perfect_optim_profit.csv"))


@pytest.fixture(scope="module")
def planned(micro, measured):
    """Return how some of the file's steps are planned."""

    def plan(first: int, count: int, *, is_relaxed: bool = False):
        rows = measured.iloc[first : first + count]
        start = pd.Timestamp(rows["timestamp"].iloc[0]).tz_convert("UTC")
        day = {"window_h": 24, "window_offset_h": 21.0}
        return micro(
            fleets={
                "firm": {"house": {}},
                "solar": {"roof": {}},
                "grid": {"meter": {"import_max_mw": 9.0, "export_max_mw": 9.0}},
                "interruptible": {key: day | load for key, load in LOADS.items()},
            },
            series={
                "firm_house_demand_mw": (rows["P_Load"] * 1e-3).tolist(),
                "solar_roof_available_mw": (rows["P_PV"] * 1e-3).tolist(),
                "grid_meter_import_price_mad_per_mwh": (rows["unit_load_cost"] * 1e3).tolist(),
                "grid_meter_export_price_mad_per_mwh": (rows["unit_prod_price"] * 1e3).tolist(),
            },
            start=str(start),
            step_h=0.5,
        ).plan(is_relaxed=is_relaxed)

    return plan


def test_the_days_begin_as_told(measured):
    """Proves the windows: eight days of half-hours, each from 21:00 UTC."""
    moments = pd.DatetimeIndex(pd.to_datetime(measured["timestamp"], utc=True))
    assert len(moments) == LENGTH * len(PROFIT)
    assert set(moments[::LENGTH].strftime("%H:%M")) == {"21:00"}
    assert (moments[1:] - moments[:-1] == pd.Timedelta(minutes=30)).all()


def test_profit_of_each_day(planned):
    """Proves each day's profit, planned alone, and their sum to a millionth."""
    plans = [planned(day * LENGTH, LENGTH) for day in range(len(PROFIT))]
    profits = [-plan.objective_mad * THEIRS_PER_OURS for plan in plans]
    assert profits == pytest.approx(PROFIT, abs=1e-6)
    assert sum(profits) == pytest.approx(SUM, abs=1e-8)
    for plan in plans:
        for key, load in LOADS.items():
            on = plan.schedule[f"interruptible_{key}_on_count"]
            assert on.sum() * 0.5 == load["hours_h"]


def test_one_plan_of_all_days_keeps_every_day_apart(planned):
    """Proves the windows: one plan of eight days earns what eight plans do, hours for hours."""
    plan = planned(0, LENGTH * len(PROFIT))
    assert -plan.objective_mad * THEIRS_PER_OURS == pytest.approx(SUM, abs=1e-8)
    for key, load in LOADS.items():
        on = plan.schedule[f"interruptible_{key}_on_count"].to_numpy()
        assert (on.reshape(-1, LENGTH).sum(axis=1) * 0.5).tolist() == [load["hours_h"]] * 8
        worked_h = plan.schedule[f"interruptible_{key}_worked_h"].iloc[LENGTH - 1 :: LENGTH]
        assert worked_h.tolist() == [load["hours_h"]] * 8


def test_the_relaxation_is_close(planned):
    """Proves the gap: without whole steps the eight days cost 2.75 % less.

    A load at part power would take just what the roof has left, which is worth more at home than
    in the grid; no formulation of the loads alone can know that.
    """
    relaxed = planned(0, LENGTH * len(PROFIT), is_relaxed=True)
    gap_pu = (-SUM - relaxed.objective_mad * THEIRS_PER_OURS) / -SUM
    assert 0.0 < gap_pu < 0.03
