"""Small plants whose optimum is worked out by hand: each returns what is asked, and its cost.

All but the battery's case are of one or a few hours; different numbers stand for similar things,
and half-hours make a forgotten step length show.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd

import optimizer as dk

START = pd.Timestamp("2026-10-06T17:00Z")  # a Tuesday; legal time is UTC+0
SINCE = pd.Timestamp("2026-01-01").date()
Case = Callable[[], tuple[dict[str, Any], float]]

BATTERY = {
    "charge_max_mw": 20.0,
    "discharge_max_mw": 10.0,
    "energy_max_mwh": 100.0,
    "soc_min_pu": 0.1,
    "soc_max_pu": 1.0,
    "charge_efficiency_pu": 0.9,
    "discharge_efficiency_pu": 0.8,
    "self_discharge_pu_per_h": 0.0,
    "ageing_cost_mad_per_mwh": [0.0],
    "energy_initial_mwh": 12.0,
    "end_value_mad_per_mwh": 0.0,
}
GENSET = {
    "unit_count": 1,
    "unit_power_max_mw": 10.0,
    "unit_power_min_mw": 2.0,
    "fuel_l_per_mwh": 250.0,
    "fuel_price_mad_per_l": 4.0,  # 1,000 MAD/MWh
    "emission_kg_per_mwh": 700.0,
    "start_cost_mad": 0.0,
    "min_up_h": 0.0,
    "min_down_h": 0.0,
    "initial_on_count": 0,
    "initial_since_h": 100.0,
}
FLEET = {
    "power_max_mw": 100.0,
    "curve": [[1, 1]],
    "floor_pu": 0.0,
    "window_h": 1,
    "value_mad_per_mwh": 0.0,
    "restart_cost_mad_per_mw": 0.0,
    "restart_loss_h": 0.0,
    "initial_powered_pu": 0.0,
}


def asked(
    load: list[float],
    *,
    buy: list[float] | None = None,
    sell: list[float] | None = None,
    step_h: float = 1.0,
    tables: dict[str, Any] | None = None,
    series: dict[str, list[float]] | None = None,
    clause: dict[str, Any] | None = None,
    state: tuple[dk.StateRow, ...] = (),
) -> dict[str, Any]:
    """Return what `dk.plan` is asked: a load, a grid where prices are given, and more."""
    horizon = dk.Horizon(start=START, step_h=(step_h,) * len(load))
    columns = {"firm_load_demand_mw": load} | (series or {})
    site: dict[str, Any] = {
        "place": {"name": "k", "latitude_deg": 23.7, "longitude_deg": -15.9, "altitude_m": 10.0},
        "plan": {"horizon": "1h@1h", "climate_seed": 1, "tie_break_mad_per_mwh_h": 0.0},
        "solver": {"mip_gap_pu": 0.0},
        "facility": {
            "power_max_mw": 900.0,
            "it_power_max_mw": 900.0,
            "ups_loss_pu": 0.0,
            "fixed_overhead_mw": 0.0,
        },
        "firm": {"load": {"tiers": []}},
    }
    if buy is not None:
        grid = {"import_max_mw": 500.0, "export_max_mw": 500.0, "emission_kg_per_mwh": 500.0}
        site["grid"] = {"g": grid}
        columns["grid_g_import_price_mad_per_mwh"] = buy
        columns["grid_g_export_price_mad_per_mwh"] = sell or [-1e3] * len(load)
    for kind, table in (tables or {}).items():
        old = site.get(kind, {})
        site[kind] = {k: old.get(k, {}) | v for k, v in table.items()} if kind == "grid" else table
    common = {"article": "9", "text": "as agreed", "valid_from": SINCE}
    return {
        "site": dk.parse_site(site),
        "agreement": dk.parse_agreement(
            {"title": "k", "clause": [clause | common] if clause else []}
        ),
        "start": START,
        "horizon": horizon,
        "series": pd.DataFrame(columns, index=horizon.index, dtype="float64"),
        "state": dk.State(time_utc=START, rows=state, origin="by hand"),
    }


def trade() -> tuple[dict[str, Any], float]:
    """Half-hours at 100, 400, 1,000: store 9 MWh (10 bought); of 11 above the floor of 10,

    6.25 give 5 MWh at 1,000 and 4.75 give 3.8 MWh at 400: 1,000 - 5,000 - 1,520.
    """
    prices = [100.0, 400.0, 400.0, 1000.0]
    tables = {"battery": {"b": BATTERY}}
    return asked([0] * 4, buy=prices, sell=prices, step_h=0.5, tables=tables), -5520.0


def last() -> tuple[dict[str, Any], float]:
    """Of 20 MWh 15 must be left: 5 give 4 MWh at 500."""
    table = BATTERY | {"energy_initial_mwh": 20.0, "energy_final_min_mwh": 15.0}
    return asked([0], buy=[600], sell=[500], tables={"battery": {"b": table}}), -2000.0


def either() -> tuple[dict[str, Any], float]:
    """Paid 100 MAD/MWh to draw: 5 MW of load and 20 of charge fill the cells, then 5 again."""
    table = BATTERY | {"soc_min_pu": 0.0, "charge_efficiency_pu": 0.5}
    table |= {"energy_max_mwh": 10.0, "energy_initial_mwh": 0.0}
    tables = {"battery": {"b": table}}
    return asked([5, 5], buy=[-100, -100], sell=[-100, -100], tables=tables), -3000.0


def wasted() -> tuple[dict[str, Any], float]:
    """Paid 50 MAD/MWh to draw: 20 MW of heat need max(1 + 0.1 * 20, 0.2 * 20 - 3) = 3 MW."""
    lines = {"intercept_1_mw": 1.0, "slope_1_pu": 0.1, "intercept_2_mw": -3.0, "slope_2_pu": 0.2}
    lines |= {"water_l_per_mwh": 5.0}
    tables = {"cooling": {"segment_count": 2, "power_max_mw": 100.0}}
    series = {f"cooling_{name}": [value] for name, value in lines.items()}
    return asked([20], buy=[-50], tables=tables, series=series), -50.0 * 23


def long_run() -> tuple[dict[str, Any], float]:
    """6 MWh for the hour, and a second hour at 2 MW, fed in for nothing: a start is for 2 h."""
    tables = {"genset": {"u": GENSET | {"start_cost_mad": 500.0, "min_up_h": 2.0}}}
    tables["grid"] = {"g": {"import_max_mw": 0.0}}
    return asked([0, 6, 0], buy=[0] * 3, sell=[0] * 3, tables=tables), 500 + 6000.0 + 2000


def long_rest() -> tuple[dict[str, Any], float]:
    """A unit that stops rests 3 h, so it idles at 2 MW through the hour without load."""
    table = GENSET | {"min_down_h": 3.0, "initial_on_count": 1, "running_cost_mad_per_h": 300.0}
    tables = {"genset": {"u": table}, "grid": {"g": {"import_max_mw": 0.0}}}
    return asked([6, 0, 6], buy=[0] * 3, sell=[0] * 3, tables=tables), 14000.0 + 900


def tank() -> tuple[dict[str, Any], float]:
    """1,000 L last for 4 of the 8 MWh: 4 at 1,000 MAD/MWh and 4 at 3,000."""
    tables = {"genset": {"u": GENSET | {"fuel_stock_l": 1000.0}}}
    return asked([4, 4], buy=[3000, 3000], tables=tables), 16000.0


def peak() -> tuple[dict[str, Any], float]:
    """30 MW for half an hour at 50, and 20 MW above the month's peak of 10 at 100 MAD/MW."""
    tariff = {"time_zone": "Etc/GMT", "period": [], "fixed_charge_mad_per_mw_year": 0.0}
    tables = {"grid": {"g": {"tariff": tariff | {"demand_charge_mad_per_mw_month": 100.0}}}}
    row = dk.StateRow("grid_g", "month_peak_mw", 10.0, "2026-10")
    return asked([30], buy=[50], step_h=0.5, tables=tables, state=(row,)), 750.0 + 2000


def outlet() -> tuple[dict[str, Any], float]:
    """Of 20 MW of wind 10 are used and 5 sold at 30; 5 are curtailed at 7 MAD/MWh."""
    wind = {"cost_mad_per_mwh": 0.0, "curtailment_cost_mad_per_mwh": 7.0}
    tables = {"wind": {"w": wind}, "grid": {"g": {"export_max_mw": 5.0}}}
    series = {"wind_w_available_mw": [20.0]}
    return asked([10], buy=[90], sell=[30], tables=tables, series=series), -150.0 + 35


def jobs(folder: str) -> Case:
    """Return the case of a cohort in a file: 3 MWh at up to 2 MW, at 50 and at 100."""

    def case() -> tuple[dict[str, Any], float]:
        table = {"cohorts_file": folder, "power_max_mw": 50.0, "left_mad_per_mwh": 0.0}
        tables = {"deferrable": {"d": table}}
        return asked([0] * 4, buy=[10, 100, 50, 300], tables=tables), 200.0

    return case


COHORT = "earliest_utc,deadline_utc,work_mwh,rate_max_mw\n2026-10-06T18:00Z,2026-10-06T21:00Z,3,2\n"


def caps() -> tuple[dict[str, Any], float]:
    """80 MW of work for 50 MW of power: the other 50 MW would bring 20 (500 < 50 / 20 * 400)."""
    table = FLEET | {"curve": [[0.5, 0.8], [1, 1]], "value_mad_per_mwh": 500.0}
    tables = {"training": {"t": table}}
    return asked([0], buy=[400], tables=tables), 400 * 50.0 - 500 * 80


def contract() -> tuple[dict[str, Any], float]:
    """90 MW of contracted work take 75 MW, though the last 25 do not pay."""
    table = FLEET | {"curve": [[0.5, 0.8], [1, 1]], "value_mad_per_mwh": 500.0, "floor_pu": 0.9}
    tables = {"training": {"t": table}}
    return asked([0], buy=[400], tables=tables), 400 * 75.0 - 500 * 90


def ramp() -> tuple[dict[str, Any], float]:
    """From 0 at 40 MW/h: 20 MW, then 40 MW, in half-hours; each MWh earns 900."""
    table = FLEET | {"value_mad_per_mwh": 1000.0, "ramp_max_mw_per_h": 40.0}
    tables = {"training": {"t": table}}
    return asked([0, 0], buy=[100, 100], step_h=0.5, tables=tables), -900.0 * 30


def share() -> tuple[dict[str, Any], float]:
    """5 of 10 MW are a genset's, 2 may be: 5 MWh at 1,000, and 3 too many at 300."""
    tables = {"genset": {"u": GENSET}, "wind": {"w": WIND}}
    clause = {"kind": "renewable_share", "share_min_pu": 0.8, "window": "day"}
    series = {"wind_w_available_mw": [5.0]}
    clause |= {"price_mad_per_mwh": 300.0}
    return asked([10], tables=tables, series=series, clause=clause), 5900.0


WIND = {"cost_mad_per_mwh": 0.0, "curtailment_cost_mad_per_mwh": 0.0}


def cap() -> tuple[dict[str, Any], float]:
    """10 MW at 50; from 18:00 6 MW too many at 1,000, for half an hour."""
    clause = {"kind": "import_cap", "import_max_mw": 4.0, "first_hour": 18, "last_hour": 19}
    clause |= {"price_mad_per_mwh": 1000.0}
    return asked([10] * 4, buy=[50] * 4, step_h=0.5, clause=clause), 1000.0 + 6000


def ride() -> tuple[dict[str, Any], float]:
    """10 MWh for the next hour need 12.5 in the cells; of 30, 17.5 give 14: 10 used, 4 sold."""
    table = BATTERY | {"soc_min_pu": 0.0, "discharge_max_mw": 50.0, "energy_initial_mwh": 30.0}
    clause = {"kind": "ride_through", "autonomy_h": 1.0}
    tables = {"battery": {"b": table}}
    return asked([10], buy=[500], sell=[400], tables=tables, clause=clause), -1600.0


def quota() -> tuple[dict[str, Any], float]:
    """1,415 of 8,400 MWh are done by 17:00 on Tuesday: 127 h are left, so 55 in each, at 60."""
    tables = {"training": {"t": FLEET}}
    clause = {"kind": "research_quota", "workload": "training_t", "quota_mwh_per_week": 8400.0}
    row = dk.StateRow("art_9", "delivered_mwh", 1415.0, "2026-10-05")
    clause |= {"price_mad_per_mwh": 100.0}
    return asked([0], buy=[60], tables=tables, clause=clause, state=(row,)), 3300.0


def carbon() -> tuple[dict[str, Any], float]:
    """10 MWh emit 5,000 kg, of which 2,000 are too many at 2 MAD/kg; the energy costs 500."""
    clause = {"kind": "carbon_budget", "budget_kg": 72000.0, "window": "day"}
    clause |= {"price_mad_per_kg": 2.0}
    return asked([10, 10], buy=[50, 50], step_h=0.5, clause=clause), 4500.0


def steered() -> tuple[dict[str, Any], float]:
    """10 MWh emit 5,000 kg, each worth 3 MAD for the rest of the day; the energy costs 500."""
    clause = {"kind": "carbon_budget", "budget_kg": 72000.0, "window": "day"}
    rows = (("used_kg", 60000.0), ("price_mad_per_kg", 3.0))
    state = tuple(dk.StateRow("art_9", *row, "2026-10-06") for row in rows)
    return asked([10, 10], buy=[50, 50], step_h=0.5, clause=clause, state=state), 15500.0


def half_week() -> tuple[dict[str, Any], float]:
    """Till Tuesday night 48 of 168 h have 240,000 kg: 30,100 are left, 4,900 too few, at 2 MAD."""
    clause = {"kind": "carbon_budget", "budget_kg": 840000.0, "window": "week"}
    clause |= {"price_mad_per_kg": 2.0, "valid_until": START.date()}
    row = dk.StateRow("art_9", "used_kg", 209900.0, "2026-10-05")
    return asked([10] * 7, buy=[50] * 7, clause=clause, state=(row,)), 3500.0 + 9800.0


CASES: tuple[Case, ...] = (
    *(trade, last, either, wasted, long_run, long_rest, tank, peak, outlet),
    *(caps, contract, ramp, share, cap, ride, quota, carbon, steered, half_week),
)
