"""Outages: of each kind of asset and workload the optimum by hand, the audit, the explanation."""

import math

import numpy as np
import pandas as pd
import pytest

import optimizer as dk
from optimizer.held import touched
from optimizer.held_rules import held_rules
from optimizer.horizon import Horizon
from optimizer.realised import with_series
from tests.unit.held_plants import (
    broken_by,
    broken_under,
    out,
    pin,
    plan_with,
    problem_with,
    reasons_of,
)

BACKLOG = "2026-01-04T23:00Z/2026-01-05T02:00Z"
TWO = (100.0, 300.0)  # MAD/MWh
COLD = {"cooling": {"segment_count": 1}, "chilled_store": {"main": {}}}
SEA = {"desalination": {"sea": {"value_mad_per_m3": 2.0, "power_min_mw": 6.0}}}  # 250 m3/MWh
DIESEL = {"unit_count": 2, "unit_power_max_mw": 5.0, "start_cost_mad": 10.0}
WORK = {"arrival_mw": 0.0}


def cooling(*slopes: float) -> dict[str, list[float]]:
    """Return the input series of cooling that draws by its slope alone."""
    return {
        "cooling_intercept_1_mw": [0.0] * len(slopes),
        "cooling_slope_1_pu": list(slopes),
        "cooling_water_l_per_mwh": [0.0] * len(slopes),
    }


CASES = {  # name: plant, (unit, first hour, end, MW left), cost, {column: by step}
    "wind: 10 of 30 MW are left, 10 MW are drawn at 300": (
        {"buy": TWO, "load": [20, 20], "wind": [30, 30]},
        ("wind_main", 1, 2, 10),
        10 * 300,
        {"wind_main_available_mw": [30, 10], "wind_main_curtailed_mw": [10, 0]},
    ),
    "sun: 4 of 15 MW are left in the first step": (
        {
            "buy": TWO,
            "load": [20, 20],
            "tables": {"solar": {"main": {}}},
            "series": {"solar_main_available_mw": [15, 15]},
        },
        ("solar_main", 0, 1, 4),
        16 * 100 + 5 * 300,
        {"solar_main_used_mw": [4, 15]},
    ),
    "line: 4 MW are left, diesel gives the last one at 2,500": (
        {"buy": TWO, "load": [20, 20], "wind": [15, 15], "tables": {"genset": {"backup": {}}}},
        ("grid_line", 1, 2, 4),
        5 * 100 + 4 * 300 + 1 * 2500,
        {"grid_line_import_max_mw": [1000, 4], "genset_backup_power_mw": [0, 1]},
    ),
    "line: 3 MW of feed-in are left": (
        {"buy": TWO, "sell": (40, 60), "load": [20, 20], "wind": [30, 30]},
        ("grid_line", 1, 2, 3),
        -(10 * 40 + 3 * 60),
        {"grid_line_export_mw": [10, 3], "grid_line_export_max_mw": [1000, 3]},
    ),
    "battery: 5 MW in for an hour, 4.5 MWh stored, 3.6 out": (
        {"buy": TWO, "load": [10, 10], "tables": {"battery": {"main": {}}}},
        ("battery_main", 0, 1, 5),
        (10 + 5) * 100 + (10 - 3.6) * 300,
        {"battery_main_charge_mw": [5, 0], "battery_main_discharge_mw": [0, 3.6]},
    ),
    "battery: half hours, half of everything": (
        {"buy": TWO, "load": [10, 10], "tables": {"battery": {"main": {}}}, "step_h": 0.5},
        ("battery_main", 0, 0.25, 5),
        ((10 + 5) * 100 + (10 - 3.6) * 300) / 2,
        {"battery_main_energy_mwh": [2.25, 0], "battery_main_discharge_mw": [0, 3.6]},
    ),
    "gensets: one of two units, what lacks is drawn at 5,000": (
        {"buy": (5000, 5000), "load": [8, 8], "tables": {"genset": {"backup": DIESEL}}},
        ("genset_backup", 1, 2, 5),
        13 * 2500 + 3 * 5000 + 2 * 10,
        {"genset_backup_power_mw": [8, 5], "genset_backup_on_count": [2, 1]},
    ),
    "gensets: a unit that gives a part of its power still counts": (
        {"buy": (5000, 5000), "load": [8, 8], "tables": {"genset": {"backup": DIESEL}}},
        ("genset_backup", 1, 2, 7),
        15 * 2500 + 1 * 5000 + 2 * 10,
        {"genset_backup_power_mw": [8, 7], "genset_backup_on_count": [2, 2]},
    ),
    "gensets: units that must run do so as far as there are any": (
        {
            "buy": TWO,
            "load": [9, 9],
            "tables": {
                "genset": {
                    "backup": DIESEL
                    | {"must_run_count": 2, "unit_power_min_mw": 1.0, "initial_on_count": 2}
                }
            },
        },
        ("genset_backup", 1, 2, 5),
        2 * 2500 + 7 * 100 + 1 * 2500 + 8 * 300,
        {"genset_backup_on_count": [2, 1]},
    ),
    "desalination: 4 of 10 MW, below the plant's least power": (
        {"buy": TWO, "tables": SEA},
        ("desalination_sea", 1, 2, 4),
        -(10 * 400 + 4 * 200),
        {"desalination_sea_power_mw": [10, 4]},
    ),
    "store of cold: 8 MW in, 8 MW out": (
        {"buy": (100, 100), "load": [40, 40], "tables": COLD, "series": cooling(0.1, 0.5)},
        ("chilled_store_main", 0, 1, 8),
        (40 + 4.8 + 40 + 16) * 100,
        {"chilled_store_main_charge_mw": [8, 0], "cooling_power_mw": [4.8, 16]},
    ),
    "cooling: 3 MW carry the heat of 30": (
        {
            "buy": TWO,
            "tables": {
                "cooling": {"segment_count": 1},
                "firm": {
                    "cloud": {
                        "demand_mw": 40.0,
                        "tiers": [{"shed_max_pu": 1.0, "value_mad_per_mwh": 900.0}],
                    }
                },
            },
            "series": cooling(0.1, 0.1),
        },
        ("cooling", 1, 2, 3),
        44 * 100 + 33 * 300 + 10 * 900,
        {"firm_cloud_shed_tier1_mw": [0, 10]},
    ),
    "facility: 30 MW for all of it": (
        {
            "buy": TWO,
            "load": [10, 10],
            "tables": {"training": {"ai": {"value_mad_per_mwh": 500.0, "curve": [[1.0, 1.0]]}}},
        },
        ("facility", 0, 1, 30),
        30 * 100 - 20 * 500 + 110 * 300 - 100 * 500,
        {"training_ai_power_mw": [20, 100], "facility_power_mw": [30, 110]},
    ),
    "firm: what its tiers may shed is shed": (
        {
            "buy": TWO,
            "tables": {
                "firm": {
                    "cloud": {
                        "demand_mw": 20.0,
                        "tiers": [{"shed_max_pu": 0.5, "value_mad_per_mwh": 400.0}],
                    }
                }
            },
        },
        ("firm_cloud", 0, 1, 12),
        12 * 100 + 8 * 400 + 20 * 300,
        {"firm_cloud_served_mw": [12, 20]},
    ),
    "deferrable: 4 MWh while it is cheap, the other 6 after": (
        {
            "buy": TWO,
            "tables": {"deferrable": {"batch": WORK}},
            "state": [dk.StateRow("deferrable_batch", "backlog_mwh", 10.0, BACKLOG)],
        },
        ("deferrable_batch", 0, 1, 4),
        4 * 100 + 6 * 300,
        {"deferrable_batch_run_mw": [4, 6]},
    ),
    "training: 40 MW of machines at half their power do 32": (
        {"buy": TWO, "tables": {"training": {"ai": {"value_mad_per_mwh": 500.0}}}},
        ("training_ai", 1, 2, 40),
        (100 * 100 - 100 * 500) + (20 * 300 - 32 * 500),
        {"training_ai_powered_mw": [100, 40], "training_ai_power_mw": [100, 20]},
    ),
    "on or off: 5 of 10 MW are too little": (
        {"buy": TWO, "tables": {"interruptible": {"oven": {"plan_hours_h": 1.0}}}},
        ("interruptible_oven", 0, 1, 5),
        10 * 300,
        {"interruptible_oven_on_count": [0, 1]},
    ),
    "quota: 12 of 30 MW; beyond the first step it is worth more later": (
        {
            "buy": TWO,
            "tables": {
                "quota": {
                    "lab": {
                        "quota_mwh_per_month": 100.0,
                        "value_mad_per_mwh": 900.0,
                        "left_value_mad_per_mwh": 650.0,
                    }
                }
            },
        },
        ("quota_lab", 0, 1, 12),
        None,
        {"quota_lab_power_mw": [12, 0]},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_optimum_under_an_outage(plant, name):
    """Proves the sum written in the case's name, and that without the outage it is another."""
    tables, entry, cost_mad, columns = CASES[name]
    plan = plan_with(plant(**tables), out(*entry))
    for column, values in columns.items():
        assert plan.schedule[column].tolist() == pytest.approx(values, abs=1e-6), column
    if cost_mad is not None:
        assert plan.objective_mad == pytest.approx(cost_mad)
    assert abs(plant(**tables).solve().objective_mad - plan.objective_mad) > 1
    problem, above = plan.optimum.problem, plan.schedule.copy()
    mine = [rule for rule in held_rules(above, problem.site, problem.given) if "line 2" in rule]
    assert mine
    for rule in mine:
        column = f"{entry[0]}_{rule.rpartition(': ')[2]}"
        above[column] = plan.schedule[column] + entry[3] + 1
        assert (held_rules(above, problem.site, problem.given)[rule] > 0).any(), rule


def test_a_job_starts_after_the_outage(plant, tmp_path):
    """Proves a job of 10 MW waits for the dear hour: 3,000 MAD, not 1,000."""
    path = tmp_path / "jobs.csv"
    path.write_text(
        "name,earliest_utc,deadline_utc,duration_h,power_mw\n"
        "a,2026-01-05T00:00Z,2026-01-05T02:00Z,1,10\n"
    )
    listed = plant(buy=TWO, tables={"jobs": {"main": {"jobs_file": str(path)}}})
    assert listed.solve().objective_mad == pytest.approx(1000)
    plan = plan_with(listed, out("jobs_main", 0, 1, 5))
    assert plan.objective_mad == pytest.approx(3000)
    assert plan.schedule["jobs_main_power_mw"].tolist() == pytest.approx([0, 10])


def test_the_least_of_two_outages_counts(plant):
    """Proves 6 MW, not 10 and not 16, where two outages of one plant overlap."""
    windy = plant(buy=[100] * 3, load=[20] * 3, wind=[30] * 3)
    plan = plan_with(windy, out("wind_main", 0, 2, 10), out("wind_main", 1, 3, 6))
    assert plan.schedule["wind_main_available_mw"].tolist() == [10, 6, 6]


def test_an_outage_counts_in_the_whole_of_every_step_it_touches(plant):
    """Proves a minute is enough: the mean of the step would still be drawn in that minute."""
    windy = plant(buy=[100] * 3, load=[20] * 3, wind=[30] * 3)
    plan = plan_with(windy, out("wind_main", 59 / 60, 61 / 60, 10))
    assert plan.schedule["wind_main_used_mw"].tolist() == [10, 10, 20]
    exact = plan_with(windy, out("wind_main", 1, 2, 10))
    assert exact.schedule["wind_main_used_mw"].tolist() == [20, 10, 20]


@pytest.mark.parametrize(
    ("entry", "needed"),
    [
        (None, [3, 3]),
        (("genset_backup", 0, 2, 5), [8, 8]),
        (("genset_backup", 1, 2, 2), [11, 11]),
        (("grid_line", 0, 2, 4), [4, 4]),
    ],
)
def test_what_is_kept_for_a_failure_knows_of_outages(plant, entry, needed):
    """Proves N-1: 20 MW of load, a line of 12, two units of 5 MW, a wind of 7.

    Without the line 7 + 10 are left: 3 lack. With 5 MW of gensets 8; with 2 MW 11, which count
    in the step before too. With 4 MW of the line a unit is the largest: 7 + 4 + 5, 4 lack.
    """
    tables = {
        "grid": {"line": {"import_max_mw": 12.0}},
        "genset": {"backup": DIESEL},
        "battery": {"main": {"energy_initial_mwh": 400.0}},
    }
    reserve = {"kind": "n_minus_one", "bridging_h": 1.0}
    secure = plant(buy=TWO, load=[20, 20], wind=[7, 7], tables=tables, clauses=[reserve])
    plan = plan_with(secure, *([out(*entry)] if entry else []))
    assert plan.schedule["art_1_needed_mw"].tolist() == pytest.approx(needed)


def test_converters_that_are_out_are_no_reserve(plant):
    """Proves the room to discharge and the converters' power are what is in service: 30 MW."""
    stored = plant(
        buy=TWO, load=[20, 20], tables={"battery": {"main": {"energy_initial_mwh": 400.0}}}
    )
    table = plan_with(stored, out("battery_main", 1, 2, 30)).schedule
    assert table["site_discharge_max_mw"].tolist() == [100, 30]
    used = table["battery_main_discharge_mw"]
    assert (table["site_discharge_room_mw"] + used).tolist() == pytest.approx([100, 30])


def test_a_scenario_of_the_weather_knows_of_the_outage(plant):
    """Proves the plan is tested against 10 MW where 25 would blow, and against 8 where 8 do."""
    windy = plant(buy=[100] * 3, load=[20] * 3, wind=[30] * 3)
    given = problem_with(windy, out("wind_main", 1, 3, 10)).given
    other = with_series(given, {"wind_main_available_mw": np.array([25.0, 25.0, 8.0])})
    assert other.column("wind_main_available_mw").tolist() == [25, 10, 8]


# -- no plan


def test_a_sovereign_load_under_an_outage_has_no_plan_and_says_so(plant):
    """Proves the sentence: whose outage, when, and what the sovereign load lacks."""
    text = reasons_of(plant(buy=TWO, load=[20, 20]), out("firm_load", 1, 2, 8))
    assert text.splitlines() == [
        "No schedule keeps all of these at once:",
        "  outage of firm_load by Fatima: at most 8 MW (fan), 2026-01-05 01:00Z to 02:00Z",
        "  firm_load: demand (20 MW), 2026-01-05 01:00Z to 02:00Z",
        "Refused: no clause, contract or other load that gives way is enough.",
        (
            "The sovereign load, which is never given up, lacks at least 12.0 MWh of firm_load, "
            "up to 12.0 MW, 2026-01-05 01:00Z to 02:00Z."
        ),
    ]


@pytest.mark.parametrize(
    ("plants", "unit", "first"),
    [
        ({"load": [20, 20], "wind": [30, 30]}, "wind_main", "wind_main by Fatima: at most 5 MW"),
        ({"buy": TWO, "load": [20, 20]}, "grid_line", "grid_line by Fatima: at most 5 MW"),
        (
            {"load": [9, 9], "tables": {"genset": {"backup": DIESEL}}},
            "genset_backup",
            "genset_backup by Fatima: at most 5 MW",
        ),
    ],
)
def test_what_no_longer_feeds_the_load_is_named(plant, plants, unit, first):
    """Proves the clash names the outage, whether it is a bound or a row of the model."""
    text = reasons_of(plant(**plants), out(unit, 1, 2, 5))
    assert text.splitlines()[1] == f"  outage of {first} (fan), 2026-01-05 01:00Z to 02:00Z"
    assert "firm_load: demand" in text.splitlines()[2]


def test_a_contract_under_an_outage_is_named(plant):
    """Proves a quota's guaranteed power does not yield to an outage by itself."""
    lab = {"quota": {"lab": {"floor_mw": 10.0, "quota_mwh_per_month": 9000.0}}}
    text = reasons_of(plant(buy=TWO, tables=lab), out("quota_lab", 0, 1, 4))
    assert "outage of quota_lab by Fatima: at most 4 MW (fan)" in text
    assert "quota_lab: guaranteed power" in text


# -- the audit


BREAKS = {
    "wind_main": ("wind_main_used_mw", 12.0, "used_mw"),
    "battery_main": ("battery_main_charge_mw", 12.0, "charge_mw"),
    "grid_line": ("grid_line_import_mw", 12.0, "import_mw"),
    "firm_load": ("firm_load_served_mw", 12.0, "served_mw"),
    "genset_backup": ("genset_backup_power_mw", math.nan, "power_mw"),
}


@pytest.mark.parametrize("unit", BREAKS)
def test_a_table_above_what_is_left_breaks_the_audit(plant, unit):
    """Proves the rule that is broken names the outage and its line in the file."""
    column, value, quantity = BREAKS[unit]
    rich = plant(
        buy=TWO,
        load=[4, 4],
        wind=[30, 30],
        tables={"battery": {"main": {}}, "genset": {"backup": DIESEL}},
    )
    plan = plan_with(rich, out(unit, 1, 2, 10))
    assert f"site: {out(unit, 1, 2, 10)}, outages.csv line 2: {quantity}" in broken_by(
        plan, column, 1, value
    )
    assert not any("outage" in rule for rule in broken_by(plan, column, 0, value or 0.0))


def test_units_that_are_out_do_not_run(plant):
    """Proves a second unit under an outage of 5 of 10 MW breaks the audit, power aside."""
    fleet = plant(buy=(5000, 5000), load=[8, 8], tables={"genset": {"backup": DIESEL}})
    entry = out("genset_backup", 1, 2, 5)
    broken = broken_by(plan_with(fleet, entry), "genset_backup_on_count", 1, 2.0)
    assert f"site: {entry}, outages.csv line 2: on_count" in broken


def test_series_that_are_not_cut_break_the_audit(plant):
    """Proves an outage in the inputs that the series do not know of is found, and the reverse."""
    windy = plant(buy=TWO, load=[20, 20], wind=[30, 30])
    entry = out("wind_main", 1, 2, 10)
    assert f"site: {entry}, outages.csv line 2: available_mw" in broken_under(windy.solve(), entry)
    cut = "site: wind_main: available_mw is what it was, less outages [MW]"
    assert broken_under(plan_with(windy, entry)) == {cut}


def test_capability_without_the_outage_breaks_the_audit(plant):
    """Proves the audit counts units in service by itself: 5 MW, not 10."""
    fleet = plant(buy=(5000, 5000), load=[8, 8], tables={"genset": {"backup": DIESEL}})
    plan = plan_with(fleet, out("genset_backup", 1, 2, 5))
    assert plan.schedule["site_capability_mw"].tolist() == [1010, 1005]
    broken = broken_by(plan, "site_capability_mw", 1, 1010.0)
    assert "site: what could be supplied is the plants' [MW]" in broken


def test_steps_of_any_length_are_found():
    """Proves the steps an outage touches: from the one it begins in to the one it ends in."""
    horizon = Horizon(start=pd.Timestamp("2026-01-05T00:00Z"), step_h=(0.25, 0.5, 2.0))
    spans = [(0, 0.25), (0.25, 0.5), (0.3, 0.76), (-5, 0.1), (2.7, 9), (-1, 99)]
    found = [touched(out("x", first, end, 1.0), horizon) for first, end in spans]
    assert found == [[0], [1], [1, 2], [0], [2], [0, 1, 2]]


def test_a_model_without_entries_has_no_block(plant):
    """Proves plans without outages are built as they were."""
    drawn = plant(buy=TWO, load=[1, 1])
    assert problem_with(drawn).model.component("held") is None
    held = problem_with(drawn, pin("grid_line_import_mw", 0, 1, 1, None)).model
    assert held.component("held") is not None
