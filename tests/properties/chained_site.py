"""A small plant in which something of every kind is under way at midnight, and its thirty days."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import optimizer as dk
from tests.properties import rich_services, rich_site

DAYS, BINDING_H, LOOK_H = 30, 24, 25
START = pd.Timestamp("2026-10-18T00:00Z")  # legal time is UTC; the month ends on the 14th night
HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)


def tariff() -> dict[str, Any]:
    """Return a tariff whose evening goes on after midnight, when gensets are cheaper."""

    def period(name: str, first: int, last: int, buy: float) -> dict[str, Any]:
        return {
            "name": name,
            "months": list(range(1, 13)),
            "first_hour": first,
            "last_hour": last,
            "import_price_mad_per_mwh": buy,
            "export_price_mad_per_mwh": 150.0,
            "subscribed_mw": 70.0,
            "subscription_weight_pu": 1.0,
        }

    return {
        "time_zone": "Etc/GMT",
        "period": [period("peak", 18, 2, 1400.0), period("rest", 2, 18, 700.0)],
        "demand_charge_mad_per_mw_month": 2000.0,
        "fixed_charge_mad_per_mw_year": 1000.0,
    }


def workloads(folder: Path) -> dict[str, Any]:
    """Return work of every kind; jobs begin in the evening and end in the morning."""
    rows = []
    for day in range(DAYS + 1):
        evening = START + day * DAY + (17 + day % 5) * HOUR
        rows.append((f"night {day}", evening, evening + 13 * HOUR, 8.0 + day % 3, "2;4;1", ""))
        noon = START + day * DAY + 11 * HOUR
        rows.append((f"noon {day}", noon, noon + 20 * HOUR, 4.0, "3", ""))
    columns = ["name", "earliest_utc", "deadline_utc", "duration_h", "power_mw", "value_mad"]
    jobs = pd.DataFrame(rows, columns=columns)
    for column in columns[1:3]:
        jobs[column] = jobs[column].map(pd.Timestamp.isoformat)
    jobs.to_csv(folder / "jobs.csv", index=False)
    fleet = {
        "power_max_mw": 20.0,
        "curve": [[0.533, 0.728], [0.788, 0.91], [1, 1]],
        "window_h": 36,
        "value_mad_per_mwh": 900.0,
        "restart_cost_mad_per_mw": 30.0,
        "restart_loss_h": 0.1,
        "initial_powered_pu": 1.0,
        "shortfall_mad_per_mwh": 1200.0,
    }
    contract = {"floor_pu": 0.5, "ramp_max_mw_per_h": 15.0, "extra_value_mad_per_mwh": 850.0}
    lists = rich_site.lists(folder)
    return {
        "firm": {
            "sov": {"demand_mw": 15.0, "tiers": []},
            "cloud": {
                "demand_mw": 30.0,
                "profile_pu": [0.8] * 8 + [1.0] * 16,
                "tiers": [{"shed_max_pu": 0.2, "value_mad_per_mwh": 1000.0}],
                "sla_pu": 0.97,
                "sla_excess_mad_per_mwh": 400.0,
            },
        },
        "deferrable": {
            "stream": {
                "arrival_mw": 8.0,
                "block_h": 3,
                "deadline_h": 14.0,
                "run_min_h": 1.5,
                "arrival_profile_pu": [0.8] * 12 + [1.2] * 12,
                "power_max_mw": 30.0,
                "left_mad_per_mwh": 600.0,
                "missed_mad_per_mwh": 1500.0,
                "initial_backlog_pu": 0.3,
            }
        },
        "training": {"ai": fleet | contract, "sync": fleet | SYNC},
        "jobs": {
            "list": {
                "jobs_file": str(folder / "jobs.csv"),
                "power_max_mw": 20.0,
                "left_mad_per_mwh": 600.0,
            }
        },
        "interruptible": {"ovens": lists["interruptible"]["ovens"] | OVENS},
        "quota": {"jazari": lists["quota"]["jazari"] | SHARE},
    }


SYNC = {
    "floor_pu": 0.3,
    "is_synchronous": True,
    "power_max_mw": 8.0,
    "min_up_h": 5.0,
    "min_down_h": 3.0,
}


SHARE = {"initial_bank_mwh": 5.0, "quota_mwh_per_month": 900.0, "left_value_mad_per_mwh": 500.0}
OVENS = {"window_h": 10, "missed_mad_per_h": 3500.0}
WATER = {"tank_initial_m3": 500.0, "missed_mad_per_m3": 4.0}


def site(folder: Path) -> dk.Site:
    """Return the plant; its job list is written to `folder`."""
    genset = rich_site.genset(
        unit_count=3,
        unit_power_max_mw=8.0,
        min_up_h=5.0,
        fuel_stock_l=30000.0,
        fuel_delivery_l_per_h=500.0,
    )
    grid = {"import_max_mw": 70.0, "export_max_mw": 30.0, "emission_kg_per_mwh": 600.0}
    return dk.parse_site(
        {
            "place": {
                "name": "chained",
                "latitude_deg": 23.7,
                "longitude_deg": -15.9,
                "altitude_m": 10.0,
            },
            "plan": {"horizon": "25h@1h", "climate_seed": 1, "tie_break_mad_per_mwh_h": 1e-4},
            "solver": {"time_limit_s": 60.0, "mip_gap_pu": 0.1},  # days join up at any gap
            "facility": {
                "power_max_mw": 170.0,
                "it_power_max_mw": 145.0,
                "ups_loss_pu": 0.05,
                "fixed_overhead_mw": 2.0,
            },
            "cooling": {"segment_count": 2, "power_max_mw": 40.0},
            "wind": {"a": {"cost_mad_per_mwh": 5.0, "curtailment_cost_mad_per_mwh": 0.0}},
            "battery": {"deep": rich_site.battery(ageing_cost_mad_per_mwh=[15.0, 60.0])},
            "grid": {"onee": grid | {"tariff": tariff()}},
            "genset": {"units": genset},
            "desalination": {"sea": rich_services.SEA | WATER},
            "chilled_store": {"cold": rich_services.COLD},
            **workloads(folder),
        }
    )


def agreement() -> dk.Agreement:
    """Return clauses that carry something over: budgets of a week and a month, a ramp."""
    common = {"text": "as agreed", "valid_from": rich_site.SINCE}
    clauses: list[dict[str, Any]] = [
        {"kind": "fuel_budget", "article": "1", "budget_l": 300000.0, "window": "month"}
        | {"price_mad_per_l": 0.5},
        {"kind": "renewable_share", "article": "2", "share_min_pu": 0.7, "window": "month"}
        | {"price_mad_per_mwh": 100.0},
        {"kind": "research_quota", "article": "3", "workload": "training_ai"}
        | {"quota_mwh_per_week": 2000.0, "price_mad_per_mwh": 300.0},
        {"kind": "ramp_limit", "article": "4", "ramp_max_mw_per_h": 40.0, "price_mad_per_mw": 9.0},
    ]
    return dk.parse_agreement({"title": "chained", "clause": [c | common for c in clauses]})


def series() -> pd.DataFrame:
    """Return a month of wind that fails for days and blows for days, and of cooling weather."""
    rng, hours = np.random.default_rng(5), np.arange(DAYS * 24 + LOOK_H)
    index = pd.date_range(START, periods=len(hours), freq="h", name="time_utc", unit="us")
    level = np.zeros(DAYS + 3)
    for day in range(1, len(level)):
        level[day] = 0.6 * level[day - 1] + rng.normal(0, 0.3)
    drift = np.interp(hours / 24, np.arange(len(level)), level)
    wind = np.clip(0.5 + drift + 0.2 * np.cos((hours % 24 - 16) / 12 * np.pi), 0.02, 1)
    heat = 0.5 + 0.5 * np.clip(np.sin((hours % 24 - 7) / 12 * np.pi), 0, None)
    return pd.DataFrame(
        {
            "wind_a_available_mw": 190 * wind,
            "cooling_intercept_1_mw": 0.4,
            "cooling_slope_1_pu": 0.04 + 0.02 * heat,
            "cooling_intercept_2_mw": -2.0,
            "cooling_slope_2_pu": 0.08 + 0.04 * heat,
            "cooling_water_l_per_mwh": 200 + 50 * heat,
        },
        index=index,
    )


def chain(folder: Path, days: int = DAYS) -> list[Path]:
    """Plan day after day, each from what the folder of runs hands over; return the run folders."""
    plant, deal, every = site(folder), agreement(), series()
    found = []
    for day in range(days):
        start = START + day * DAY
        horizon = dk.Horizon(start=start, step_h=(1.0,) * LOOK_H)
        made = dk.plan(
            plant,
            agreement=deal,
            start=start,
            horizon=horizon,
            series=every.loc[horizon.index],
            out=folder / "runs",
            now=start - 2 * HOUR,
        )
        assert made.run_dir is not None
        found.append(made.run_dir)
    return found
