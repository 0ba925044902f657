"""One site with a part of every kind, an opening state, clauses of every kind; all of it busy.

It runs off a grid that is dear in the evening, under a wind that fails for some hours: there the
gensets start, load is shed and work is missed; before, power is sold and stored.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import optimizer as dk
from tests.properties import rich_services

START = pd.Timestamp("2026-03-02T12:00Z")  # a Monday, in Ramadan: legal time is UTC+0
STEP_H = (0.5,) * 4 + (1.0,) * 8 + (0.5,) * 6 + (2.0,) * 3
COUNT = len(STEP_H)
SINCE = pd.Timestamp("2026-01-01").date()


def battery(**changes: Any) -> dict[str, Any]:
    return {
        "charge_max_mw": 40.0,
        "discharge_max_mw": 50.0,
        "energy_max_mwh": 120.0,
        "soc_min_pu": 0.1,
        "soc_max_pu": 0.9,
        "charge_efficiency_pu": 0.95,
        "discharge_efficiency_pu": 0.9,
        "self_discharge_pu_per_h": 0.001,
        "ageing_cost_mad_per_mwh": [20.0],
        "energy_initial_mwh": 60.0,
        "end_value_mad_per_mwh": 300.0,
    } | changes


def grids() -> dict[str, Any]:
    def period(name: str, first: int, last: int, buy: float) -> dict[str, Any]:
        return {
            "name": name,
            "months": list(range(1, 13)),
            "first_hour": first,
            "last_hour": last,
            "import_price_mad_per_mwh": buy,
            "export_price_mad_per_mwh": 150.0,
            "subscribed_mw": 60.0,
            "subscription_weight_pu": 1.0,
        }

    tariff = {
        "time_zone": "Etc/GMT",
        "period": [period("peak", 17, 22, 1400.0), period("rest", 22, 17, 700.0)],
        "demand_charge_mad_per_mw_month": 900.0,
        "fixed_charge_mad_per_mw_year": 1000.0,
    }
    both = {"import_max_mw": 70.0, "export_max_mw": 30.0}
    return {
        "onee": both | {"emission_kg_per_mwh": 600.0, "carbon_free_pu": 0.2, "tariff": tariff},
        "spot": {
            "import_max_mw": 15.0,
            "export_max_mw": 10.0,
            "emission_kg_per_mwh": 300.0,
            "is_wheeled": True,
        },
    }


def genset(**changes: Any) -> dict[str, Any]:
    return {
        "unit_count": 4,
        "unit_power_max_mw": 8.0,
        "unit_power_min_mw": 3.0,
        "fuel_l_per_mwh": 250.0,
        "fuel_price_mad_per_l": 3.0,
        "emission_kg_per_mwh": 780.0,
        "start_cost_mad": 300.0,
        "stop_cost_mad": 50.0,
        "running_cost_mad_per_h": 20.0,
        "min_up_h": 2.0,
        "min_down_h": 2.0,
        "max_up_h": 40.0,
        "running_max_h": 60.0,
        "starts_max_count": 6,
        "initial_on_count": 0,
        "initial_since_h": 10.0,
    } | changes


def workloads(folder: Path) -> dict[str, Any]:
    """Return firm, deferrable and training tables; one workload has its cohorts in a file."""
    begin = pd.DatetimeIndex([START, START + pd.Timedelta(hours=3), START + pd.Timedelta(hours=8)])
    cohorts = pd.DataFrame(
        {
            "earliest_utc": begin,
            "deadline_utc": begin + pd.Timedelta(hours=6),
            "work_mwh": [20.0, 60.0, 30.0],
            "rate_max_mw": [10.0, 15.0, 8.0],
            "preferred_utc": begin + pd.Timedelta(hours=1),
        }
    )
    cohorts.to_csv(folder / "jobs.csv", index=False)
    fleet = {
        "power_max_mw": 40.0,
        "curve": [[0.533, 0.728], [0.788, 0.91], [1, 1]],
        "floor_pu": 0.5,
        "window_h": 12,
        "value_mad_per_mwh": 900.0,
        "restart_cost_mad_per_mw": 30.0,
        "restart_loss_h": 0.1,
        "initial_powered_pu": 0.5,
    }
    work = {"power_max_mw": 30.0, "left_mad_per_mwh": 500.0, "missed_mad_per_mwh": 780.0}
    return {
        "firm": {
            "sov": {"demand_mw": 25.0, "profile_pu": [0.9] * 8 + [1.0] * 16, "tiers": []},
            "cloud": {
                "tiers": [
                    {"shed_max_pu": 0.2, "value_mad_per_mwh": 950.0},
                    {"shed_max_pu": 0.1, "value_mad_per_mwh": 1050.0},
                ]
            },
        },
        "deferrable": {
            "stream": work
            | {"arrival_mw": 8.0, "block_h": 3, "deadline_h": 9.0, "run_min_h": 1.5}
            | {"arrival_profile_pu": [0.8] * 12 + [1.2] * 12},
            "jobs": work
            | {"cohorts_file": str(folder / "jobs.csv"), "shift_cost_mad_per_mwh": 15.0},
        },
        "training": {
            "ai": fleet | {"shortfall_mad_per_mwh": 800.0, "ramp_max_mw_per_h": 60.0},
            "sync": fleet | {"floor_pu": 0.2, "is_synchronous": True, "power_max_mw": 20.0},
        },
    }


def lists(folder: Path) -> dict[str, Any]:
    """Return jobs, on/off work and a research share: a job of every fate, hours missed, surplus."""
    at = [(START + pd.Timedelta(hours=h)).isoformat() for h in range(-4, 40)]
    rows = [
        ("runs on", at[0], at[12], 5.0, "2;3;1", None, "state"),
        ("is done", at[0], at[12], 2.0, "2", None, "state"),
        ("starts", at[4], at[14], 2.5, "1;4", None, "bank"),
        ("starts too", at[4], at[14], 2.5, "1;4", None, "film"),
        ("is lost", at[14], at[18], 2.0, "3", 100.0, "film"),
        ("is left", at[14], at[39], 6.0, "2", 9000.0, "film"),
    ]
    columns = ["name", "earliest_utc", "deadline_utc", "duration_h", "power_mw", "value_mad"]
    pd.DataFrame(rows, columns=[*columns, "tenant"]).to_csv(folder / "list.csv", index=False)
    return {
        "jobs": {
            "list": {
                "jobs_file": str(folder / "list.csv"),
                "power_max_mw": 12.0,
                "left_mad_per_mwh": 300.0,
            }
        },
        "interruptible": {
            "ovens": {
                "power_mw": 2.0,
                "hours_h": 7.0,
                "window_h": 8,
                "window_offset_h": 2.0,
                "missed_mad_per_h": 1500.0,
                "min_up_h": 2.0,
                "starts_max_count": 3,
                "start_cost_mad": 20.0,
            }
        },
        "quota": {
            "jazari": {
                "power_max_mw": 4.0,
                "floor_mw": 0.5,
                "quota_mwh_per_month": 400.0,
                "bank_max_mwh": 60.0,
                "value_mad_per_mwh": 900.0,
                "opportunistic_value_mad_per_mwh": 1100.0,
                "left_value_mad_per_mwh": 700.0,
            }
        },
    }


def tables(folder: Path) -> dict[str, Any]:
    """Return the site's tables."""
    return {
        "place": {
            "name": "rich",
            "latitude_deg": 23.7,
            "longitude_deg": -15.9,
            "altitude_m": 10.0,
        },
        "plan": {"horizon": "24h@1h", "climate_seed": 1, "tie_break_mad_per_mwh_h": 1e-4},
        "solver": {"time_limit_s": 120.0, "mip_gap_pu": 1e-5},
        "facility": {
            "power_max_mw": 170.0,
            "it_power_max_mw": 145.0,
            "ups_loss_pu": 0.05,
            "fixed_overhead_mw": 2.0,
        },
        "cooling": {"segment_count": 3, "power_max_mw": 40.0},
        "solar": {"a": {"cost_mad_per_mwh": 3.0, "curtailment_cost_mad_per_mwh": 0.0}},
        "wind": {
            "a": {"cost_mad_per_mwh": 5.0, "curtailment_cost_mad_per_mwh": 20.0},
            "b": {"cost_mad_per_mwh": 0.0, "curtailment_cost_mad_per_mwh": 0.0},
        },
        "battery": {
            "deep": battery(ageing_cost_mad_per_mwh=[15.0, 60.0], energy_final_min_mwh=20.0),
            "flat": battery(energy_max_mwh=40.0, energy_initial_mwh=20.0, soc_min_pu=0.0),
        },
        "grid": grids(),
        "genset": {
            "units": genset(fuel_stock_l=20000.0),
            "plain": {
                key: value * (key not in PLAIN_ZERO)
                for key, value in genset(unit_count=1, fuel_price_mad_per_l=3.0).items()
                if key not in ("max_up_h", "running_max_h", "starts_max_count")
            },
        },
        **workloads(folder),
        **lists(folder),
    }


PLAIN_ZERO = (  # without these a fleet has no integers
    "unit_power_min_mw",
    "start_cost_mad",
    "stop_cost_mad",
    "running_cost_mad_per_h",
    "min_up_h",
    "min_down_h",
)


def agreement() -> dk.Agreement:
    """Return a clause of every kind, hard or priced."""
    common = {"text": "as agreed", "valid_from": SINCE}
    clauses: list[dict[str, Any]] = [
        {"kind": "renewable_share", "article": "1", "share_min_pu": 0.9, "window": "day"}
        | {"price_mad_per_mwh": 150.0},
        {"kind": "import_cap", "article": "2", "import_max_mw": 30.0}
        | {"first_hour": 18, "last_hour": 23},
        {"kind": "import_cap", "article": "2.2", "import_max_mw": 20.0, "price_mad_per_mwh": 90.0}
        | {"first_hour": 22, "last_hour": 3},
        {"kind": "ride_through", "article": "3", "autonomy_h": 0.5},
        {"kind": "research_quota", "article": "4", "workload": "training_sync"}
        | {"quota_mwh_per_week": 3300.0, "price_mad_per_mwh": 400.0},
        {"kind": "carbon_budget", "article": "5", "budget_kg": 60000.0, "window": "day"}
        | {"price_mad_per_kg": 0.05},
        {"kind": "cfe_score", "article": "6.1", "share_min_pu": 0.96, "window": "week"}
        | {"price_mad_per_mwh": 10.0},
        {"kind": "surplus_cap", "article": "6.2", "share_max_pu": 0.1, "window": "year"}
        | {"price_mad_per_mwh": 60.0},
        {"kind": "fuel_budget", "article": "6.3", "budget_l": 600000.0, "window": "month"}
        | {"price_mad_per_l": 0.05},
        {"kind": "water_budget", "article": "6.4", "budget_m3": 600.0, "window": "day"}
        | {"price_mad_per_m3": 5.0},
        {"kind": "regional_energy", "article": "6.5", "amount_mwh": 500.0}
        | {"price_mad_per_mwh": 90.0},
    ]
    clauses += _of_security()
    return dk.parse_agreement({"title": "rich", "clause": [c | common for c in clauses]})


def _of_security() -> list[dict[str, Any]]:
    """Return the clauses about failures, reserves, exchange and whose power gives way."""
    calm = {"name": "calm", "text": "in a calm", "available_below_mw": 60.0, "import_max_mw": 20.0}
    return [
        {"kind": "ramp_limit", "article": "6", "ramp_max_mw_per_h": 50.0, "price_mad_per_mw": 9.0},
        {"kind": "minimum_storage", "article": "7", "energy_min_mwh": 70.0, "hours": [17, 18]}
        | {"price_mad_per_mwh": 60.0},
        {"kind": "embassy_reserve", "article": "8", "reserved_mw": 75.0, "hold_h": 1.0}
        | {"price_mad_per_mwh": 40.0},
        {"kind": "n_minus_one", "article": "9", "bridging_h": 3.0, "price_mad_per_mwh": 30.0},
        {"kind": "exclusive_supply", "article": "10", "import_max_mw": 5.0, "exception": [calm]}
        | {"price_mad_per_mwh": 25.0},
        {"kind": "curtailment_priority", "article": "11", "order": ["wind_a", "wind_b"]}
        | {"price_mad_per_mwh": 6.0},
    ]


def series(horizon: dk.Horizon) -> pd.DataFrame:
    """Return the inputs; the wind fails from the tenth step on, and comes back at the end."""
    rng, wave = np.random.default_rng(3), np.sin(np.arange(COUNT) / 2)
    wind = np.where(np.arange(COUNT) < 9, 215.0, 12.0) + 8 * rng.random(COUNT)
    wind[-3:] = 150.0
    columns = {
        "solar_a_available_mw": 30 * np.clip(np.cos(np.arange(COUNT) / 6), 0, 1),
        "wind_a_available_mw": wind,
        "wind_b_available_mw": 20 + 10 * wave,
        "grid_spot_import_price_mad_per_mwh": 500 + 300 * wave,
        "grid_spot_export_price_mad_per_mwh": 180 + 100 * wave,
        "grid_spot_emission_kg_per_mwh": 300 + 200 * wave,
        "battery_deep_energy_min_mwh": 3 + wave,
        "battery_flat_energy_min_mwh": 0.3 + 0.1 * wave,
        "firm_cloud_demand_mw": 40 + 10 * wave,
        "cooling_intercept_1_mw": 0.4 + 0.1 * rng.random(COUNT),
        "cooling_slope_1_pu": 0.04 + 0.01 * rng.random(COUNT),
        "cooling_intercept_2_mw": -2.0 - 0.1 * rng.random(COUNT),
        "cooling_slope_2_pu": 0.08 + 0.01 * rng.random(COUNT),
        "cooling_intercept_3_mw": -9.0 - 0.1 * rng.random(COUNT),
        "cooling_slope_3_pu": 0.15 + 0.01 * rng.random(COUNT),
        "cooling_water_l_per_mwh": 200 + 50 * rng.random(COUNT),
    }
    return pd.DataFrame(columns, index=horizon.index)


def state() -> dk.State:
    """Return an opening state with a row of every kind the site knows."""
    rows = [
        ("battery_deep", "energy_mwh", 62.0, ""),
        ("battery_deep", "segment_energy_mwh", 15.0, "1"),
        ("battery_deep", "segment_energy_mwh", 35.0, "2"),
        ("battery_flat", "energy_mwh", 18.0, ""),
        ("genset_units", "on_count", 1.0, "0.5"),
        ("genset_units", "on_count", 1.0, "5"),
        ("genset_units", "off_count", 2.0, "1"),
        ("genset_units", "fuel_l", 15000.0, ""),
        ("training_ai", "powered_mw", 38.0, ""),
        ("training_ai", "power_mw", 30.0, ""),
        ("training_sync", "powered_mw", 20.0, ""),
        ("training_sync", "power_mw", 19.0, ""),
        ("deferrable_stream", "backlog_mwh", 12.0, "2026-03-02T06:00Z/2026-03-02T15:00Z"),
        ("deferrable_stream", "rate_max_mw", 9.0, "2026-03-02T06:00Z/2026-03-02T15:00Z"),
        ("deferrable_stream", "backlog_mwh", 7.0, "2026-03-02T09:00Z/2026-03-02T18:00Z"),
        ("deferrable_stream", "rate_max_mw", 14.0, "2026-03-02T09:00Z/2026-03-02T18:00Z"),
        ("jobs_list", "running_h", 2.5, "runs on"),
        ("jobs_list", "done_count", 1.0, "is done"),
        ("interruptible_ovens", "on_h", 1.0, ""),
        ("interruptible_ovens", "worked_h", 1.5, "2026-03-02T10:00Z"),
        ("quota_jazari", "bank_mwh", 20.0, ""),
        ("quota_jazari", "delivered_mwh", 15.0, "2026-03"),
        ("grid_onee", "month_peak_mw", 21.0, "2026-03"),
        ("art_4", "delivered_mwh", 118.0, "2026-03-02"),
        ("art_6", "import_mw", 12.0, ""),
        ("art_6", "export_mw", 30.0, ""),
        ("art_6", "step_h", 0.25, ""),
        ("art_6_2", "excess_mwh", -300.0, "2026"),
        ("art_6_2", "price_mad_per_mwh", 20.0, "2026"),
        ("art_6_3", "used_l", 2100.0, "2026-03"),
    ]
    found = tuple(
        dk.StateRow(name, quantity, value, key)
        for name, quantity, value, key in (*rows, *rich_services.ROWS)
    )
    return dk.State(time_utc=START, rows=found, origin="the day before")


def asked(folder: Path) -> dict[str, Any]:
    """Return what `dk.plan` and `dk.build` are asked."""
    horizon = dk.Horizon(start=START, step_h=STEP_H)
    return {
        "site": dk.parse_site(rich_services.extended(tables(folder))),
        "agreement": agreement(),
        "start": START,
        "horizon": horizon,
        "series": series(horizon),
        "state": state(),
    }
