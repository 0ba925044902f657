"""Runs solved again, and runs side by side: what is told of each way they differ."""

import json
import shutil

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.errors import Infeasible
from optimizer.plan import solve_problem
from optimizer.replay import replay
from optimizer.run_diff import Change, changed, flat, moved, run_diff
from optimizer.run_view import diff_lines, moved_lines, replay_lines, told
from tests.properties.built_clashes import cap

NOW = pd.Timestamp("2026-01-04T12:00Z")


@pytest.fixture(scope="module")
def softened(plant, tmp_path_factory):
    """A run in which 6 MWh are drawn above a cap, at a price."""
    tight = plant(buy=[100] * 2, load=[20, 4], step_h=0.5, clauses=[cap(8.0, 0, 1)])
    out = tmp_path_factory.mktemp("runs")
    return solve_problem(tight.build(), out=out, now=NOW, may_soften=True).run_dir


def test_a_softened_run_comes_out_again(softened):
    found = replay(softened)
    assert (found.is_exact, found.is_same, found.is_same_cost) == (True, True, True)
    assert replay_lines(found) == [
        f"{softened.name}: the same to the last digit.",
        "  cost: 481,200.000000 -> 481,200.000000 MAD (+0)",
    ]


COHORTS = """earliest_utc,deadline_utc,work_mwh,rate_max_mw
2026-01-05T00:00Z,2026-01-05T01:00Z,3,4
2026-01-05T00:30Z,2026-01-05T01:30Z,2,6
"""
JOBS = """name,earliest_utc,deadline_utc,duration_h,power_mw,value_mad,tenant
long,2026-01-05T00:00Z,2026-01-05T04:00Z,1,20,,lab
short,2026-01-05T00:30Z,2026-01-05T02:00Z,0.5,7,9000,lab
"""


def test_work_with_deadlines_and_units_that_run_come_out_again(plant, tmp_path):
    """Proves the folder holds cohorts, jobs and the opening state: their files are gone by then."""
    (tmp_path / "cohorts.csv").write_text(COHORTS)
    (tmp_path / "jobs.csv").write_text(JOBS)
    tables = {
        "deferrable": {"batch": {"cohorts_file": str(tmp_path / "cohorts.csv")}},
        "jobs": {"main": {"jobs_file": str(tmp_path / "jobs.csv")}},
        "genset": {"diesel": {"unit_count": 2, "min_up_h": 1.0, "unit_power_min_mw": 3.0}},
        "grid": {"line": {"import_max_mw": 26.0}},
        "battery": {"main": {"ageing_cost_mad_per_mwh": [5.0]}},
    }
    state = [dk.StateRow("battery_main", "energy_mwh", 4.0)]
    busy = plant(tables=tables, buy=[100, 900, 300, 200], load=[5.0] * 4, step_h=0.5, state=state)
    folder = busy.publish(tmp_path / "runs").run_dir
    for name in ("cohorts.csv", "jobs.csv"):
        (tmp_path / name).unlink()
    found = replay(folder)
    assert (found.verdict, found.files) == ("the same to the last digit.", [])


def test_another_schedule_of_the_same_cost_is_told_apart(plant, tmp_path):
    """Proves a tie that falls otherwise is no other cost: 10 MWh, drawn in either of two hours."""
    battery = {"energy_initial_mwh": 0.0, "charge_efficiency_pu": 1.0, "discharge_efficiency_pu": 1}
    tied = plant(
        buy=[100.0, 100.0, 900.0], load=[5.0, 5.0, 15.0], tables={"battery": {"main": battery}}
    )
    folder = tied.publish(tmp_path).run_dir
    table = pd.read_parquet(folder / "schedule.parquet")
    charged = table["battery_main_charge_mw"].to_numpy()
    stored = table["battery_main_energy_mwh"].to_numpy()
    table["battery_main_charge_mw"] = [charged[1], charged[0], charged[2]]
    table["battery_main_energy_mwh"] = [charged[1], stored[1], stored[2]]
    table.to_parquet(folder / "schedule.parquet")
    found = replay(folder)
    assert found.verdict == "another schedule of the same cost."
    assert not found.is_same
    assert {row.column for row in found.moved} == {
        "battery_main_charge_mw",
        "battery_main_energy_mwh",
    }
    assert "schedule.parquet was changed after the run" in found.files


def test_a_diagnostic_is_not_solved_again(plant, tmp_path):
    short = plant(tables={"grid": {"line": {"import_max_mw": 8.0}}}, buy=[500, 500], load=[7, 9.5])
    with pytest.raises(Infeasible) as infeasible:
        short.publish(tmp_path)
    folder = infeasible.value.diagnostic
    with pytest.raises(InputError) as error:
        replay(folder)
    assert error.value.problems == [
        f"{folder}: is a least-shortfall diagnostic, whose allowance is not kept. Give a run."
    ]


def test_settings_versions_and_weather_are_told_by_name(softened, tmp_path):
    """Proves each section finds its own change, by the name a planner knows it by."""
    other = shutil.copytree(softened, tmp_path / softened.name)
    site = json.loads((other / "inputs/site.json").read_text())
    site["facility"]["it_power_max_mw"] = 4000.0
    (other / "inputs/site.json").write_text(json.dumps(site))
    agreement = json.loads((other / "inputs/agreement.json").read_text())
    agreement["clause"][0]["import_max_mw"] = 9.0
    (other / "inputs/agreement.json").write_text(json.dumps(agreement))
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["weather"]["level"] = "forecast"
    manifest["libraries"]["pandas"] = "9"
    manifest["solver"]["highs"] = "another"
    before = json.loads((softened / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps(manifest))
    found = run_diff(softened, other)
    assert {name: [c.name for c in rows] for name, rows in found.changes.items()} == {
        "versions": ["solver", "pandas"],
        "weather": ["level"],
        "settings": ["site.facility.it_power_max_mw", "Art. 1 import_cap: import_max_mw"],
        "kpis": [],
        "cost_mad": [],
        "inputs": [],
    }
    assert found.moved == []
    lines = diff_lines(found)
    assert f"  pandas: {before['libraries']['pandas']} -> 9" in lines
    assert "  Art. 1 import_cap: import_max_mw: 8 -> 9 (+1)" in lines


def test_runs_of_other_hours_have_no_step_in_common(plant, tmp_path):
    one = plant(buy=[100.0], load=[5.0]).publish(tmp_path).run_dir
    two = plant(buy=[100.0], load=[5.0], start="2026-01-06T00:00Z").publish(tmp_path).run_dir
    found = run_diff(one, two)
    assert found.common_steps == 0
    assert diff_lines(found)[-1] == "Schedule: no step is in both."
    names = {change.name for change in found.changes["settings"]}
    assert names == {"start_utc", "end_utc", "opening_state"}


def frame(step_h=(1.0, 1.0, 0.5), start="2026-01-05", **columns):
    """Return a small schedule."""
    index = pd.date_range(start, periods=len(step_h), freq="h", tz="UTC")
    return pd.DataFrame({"step_h": step_h} | columns, index=index)


def test_columns_are_told_by_the_energy_that_moved():
    """Proves 2 MW for half an hour are 1 MWh; powers come first; NaN has moved; a row too many."""
    before = frame(
        a_mw=[0.0, 1.0, 2.0], b_mw=[5.0, 5.0, 5.0], price=[1.0, 2.0, 3.0], gone=[0.0] * 3
    )
    after = frame(a_mw=[0.0, 1.0, 4.0], b_mw=[5.0, 7.0, 5.0], price=[9.0, 2.0, float("nan")])
    rows = moved(before, after)
    assert [(row.column, row.amount) for row in rows[:2]] == [("b_mw", 2.0), ("a_mw", 1.0)]
    assert rows[2].column == "price"
    assert rows[2].at_utc == "2026-01-05T02:00:00Z"
    assert moved(before, before) == []
    assert moved_lines(rows)[1] == "  a_mw: 1.000 MWh moved, most +2 at 2026-01-05T02:00:00Z"
    later = frame(step_h=(1.0, 1.0), start="2026-01-05T01:00", a_mw=[8.0, 8.0])
    (row,) = moved(before, later)  # the last step is of another length
    assert (row.amount, row.at_utc) == (7.0, "2026-01-05T01:00:00Z")


def test_nested_settings_are_flat_and_compared_by_value():
    content = {"a": {"b": 1, "c": [{"d": 2}, {"d": 3}]}, "e": [1, 2], "f": None}
    assert dict(flat(content)) == {"a.b": 1, "a.c.0.d": 2, "a.c.1.d": 3, "e": [1, 2], "f": None}
    assert changed({"a": 1.0, "b": 2.0, "d": "x"}, {"a": 1.0 + 1e-12, "b": 3, "c": True}) == [
        Change("b", 2.0, 3),
        Change("d", "x", None),
        Change("c", None, True),
    ]
    assert [told(value) for value in (None, 1234567.8, 0.125, [1, 2], [])] == [
        "nothing",
        "1,234,568",
        "0.125",
        "1, 2",
        "none",
    ]
