"""Planning again within the day: what is kept, what changes, at which cost, and why."""

import json
import shutil
from typing import Any

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.audit import bills
from optimizer.certificate import check_folder
from optimizer.changes import changes
from optimizer.errors import AuditFailed
from optimizer.handover import state_at
from optimizer.in_force import put_in_force
from optimizer.ledger_file import read_ledger
from optimizer.rest import rest_of
from optimizer.store import read_published, write_json

NOON = "2026-01-05T01:00Z"  # the second step of the plans below
NOW = pd.Timestamp("2026-01-05T00:50Z")
BANK = {"battery": {"main": {}}}
AI = {"training": {"ai": {"value_mad_per_mwh": 250.0}}}
SWING = {"buy": [100, 300, 200, 400], "load": [10] * 4, "wind": [30, 30, 5, 0]}
TARIFF = {
    "time_zone": "Etc/GMT",
    "demand_charge_mad_per_mw_month": 50.0,
    "fixed_charge_mad_per_mw_year": 0.0,
    "period": [],
}
BUSY: dict[str, Any] = {  # parts whose cost hangs on what was before, and on the end
    "tables": {
        "grid": {"line": {"import_max_mw": 80.0, "tariff": TARIFF}},
        "battery": {
            "main": {
                "ageing_cost_mad_per_mwh": [5.0, 15.0],
                "energy_initial_mwh": 50.0,
                "end_value_mad_per_mwh": 120.0,
                "self_discharge_pu_per_h": 0.01,
            }
        },
        "deferrable": {
            "batch": {
                "arrival_mw": 8.0,
                "deadline_h": 3.0,
                "missed_mad_per_mwh": 2000.0,
                "left_mad_per_mwh": 260.0,
                "initial_backlog_pu": 0.5,
            }
        },
        "training": {
            "ai": {
                "power_max_mw": 20.0,
                "floor_pu": 0.6,
                "shortfall_mad_per_mwh": 900.0,
                "value_mad_per_mwh": 150.0,
                "restart_cost_mad_per_mw": 3.0,
            }
        },
        "firm": {
            "cloud": {
                "demand_mw": 12.0,
                "tiers": [{"shed_max_pu": 0.5, "value_mad_per_mwh": 350.0}],
            }
        },
        "quota": {
            "lab": {
                "quota_mwh_per_month": 3000.0,
                "floor_mw": 1.0,
                "value_mad_per_mwh": 310.0,
                "left_value_mad_per_mwh": 240.0,
            }
        },
        "genset": {"backup": {"start_cost_mad": 20.0, "min_up_h": 1.5, "unit_power_min_mw": 3.0}},
    },
    "buy": [100, 150, 900, 200, 300, 3000, 2800, 500],
    "load": [10, 12, 11, 14, 12, 15, 13, 12],
    "wind": [40, 30, 20, 5, 3, 0, 2, 30],
    "step_h": [0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 0.5, 1.0],
    "series": {"grid_line_emission_kg_per_mwh": [500.0, 400, 600, 500, 450, 500, 550, 500]},
    "clauses": [
        {
            "kind": "carbon_budget",
            "budget_kg": 9e7,
            "window": "month",
            "price_mad_per_kg": 1.0,
            "time_zone": "Etc/GMT",
        }
    ],
    "start": "2026-02-01T00:00Z",  # with the month, so that its ledger is whole
}


@pytest.fixture
def day(plant, tmp_path):
    """Return the folder of runs, a plant, and how it is planned and planned again."""

    class Day:
        out = tmp_path / "runs"

        def __init__(self, **tables: Any) -> None:
            self.plant = plant(**tables)
            self.base = self.plant.publish(self.out)

        def again(self, moment: str = NOON, **changed: Any) -> dk.Plan:
            """Return the plan made again from `moment`, with some of its inputs changed."""
            asked = self.plant.asked() | {"state": None, "start": None, "horizon": None} | changed
            if (
                "series" not in changed
                and moment.endswith("Z")
                and moment in self.plant.frame.index
            ):
                asked["series"] = asked["series"].loc[moment:]
            return dk.plan(**asked, replan_from=moment, out=self.out, now=NOW)

        def series(self, **columns: list[float]) -> pd.DataFrame:
            """Return the series of the remaining steps, some of them others."""
            return self.plant.frame.iloc[1:].assign(**columns)

    return Day


def test_the_rest_of_a_plan_costs_what_its_steps_cost(day):
    """Proves the sum: 130 MW at 100 and 80 of work at 250 are the first hour's, -7,000 MAD.

    The whole plan is -51,000, so that -44,000 are left: 80 MW at 200 less three times 20,000.
    """
    windy = day(**SWING, tables=BANK | AI)
    published, _ = read_published(windy.base.run_dir)
    assert published.objective_mad == pytest.approx(-51_000)
    rest = rest_of(published, pd.Timestamp(NOON))
    assert rest.objective_mad == pytest.approx(-44_000)
    assert sum(bills(rest).values()) == pytest.approx(16_000 - 3 * 20_000)
    with pytest.raises(ValueError, match="is no step's beginning of this plan"):
        rest_of(published, pd.Timestamp("2026-01-05T01:30Z"))


@pytest.mark.parametrize("first", [0, 1, 4, 7])
def test_nothing_changed_changes_nothing(day, first):
    """Proves the rest planned again is the rest: same cost, same powers, the state handed over.

    With a demand charge, wear, backlog, a contract, tiers, a quota, least runs and steps of
    several lengths; in the first step, in the midst of an hour, later, in the last.
    """
    busy = day(**BUSY)
    moment = f"{busy.plant.horizon.index[first]:%Y-%m-%dT%H:%MZ}"
    new = busy.again(moment)
    told = new.changes
    assert told.after_mad == pytest.approx(told.before_mad, rel=1e-6)
    assert told.moved == ()
    assert told.reasons == (
        (
            "what the plan is made of has not changed by 0.1%; what moves is a tie or within the "
            "solver's gap."
        ),
    )
    assert told.lines()[-1] == "No power of the schedule moves."
    published, _ = read_published(busy.base.run_dir)
    handed = state_at(published, pd.Timestamp(moment), "")
    rows = {(r.name, r.quantity, r.key): r.value for r in new.optimum.problem.given.state.rows}
    assert rows == {(r.name, r.quantity, r.key): r.value for r in handed.rows}
    pd.testing.assert_frame_equal(
        new.schedule.filter(regex="_mw$"),
        busy.base.schedule.iloc[first:].filter(regex="_mw$"),
        atol=1e-4,
    )


def test_less_wind_and_a_fan_that_fails(day):
    """Proves both reasons, what is kept, money by kind, and what moves.

    With 20 MW of wind and 3 MW of discharge in the last hour training pauses there: 20,000 MAD of
    work less; 26 and 7 MW are drawn in place of 80.
    """
    windy = day(**SWING, tables=BANK | AI)
    (windy.out / "outages.csv").write_text(
        "unit,start_utc,end_utc,available_mw,note,author\n"
        "battery_main,2026-01-05T03:00Z,2026-01-05T04:00Z,3,fan,Fatima\n"
    )
    new = windy.again(series=windy.series(wind_main_available_mw=[20, 5, 0]))
    run = windy.base.run_dir.name
    assert new.changes.lines()[:8] == [
        f"Plans again what run {run} planned from 2026-01-05T01:00Z to 2026-01-05T04:00Z.",
        "Because wind main available is 25.0 MWh in these hours; 35.0 were expected (10.0 less).",
        (
            "Because there is now an outage of battery_main by Fatima: at most 3 MW (fan), "
            "2026-01-05T03:00Z to 2026-01-05T04:00Z."
        ),
        (
            "Kept until 2026-01-05T02:00Z, as the compute scheduler was handed: "
            "training_ai_power_mw 50 MW, training_ai_powered_mw 100 MW."
        ),
        (
            "These hours cost -32,000 MAD, -44,000 before (+12,000: training_ai value +20,000, "
            "grid_line import -8,000)."
        ),
        (
            "battery_main_discharge_mw: 90.0 -> 72.0 MWh (39.0 MWh more in some steps, 57.0 less "
            "in others)."
        ),
        "grid_line_import_mw: 80.0 -> 33.0 MWh (7.0 MWh more in some steps, 54.0 less in others).",
        "facility_power_mw: 180.0 -> 130.0 MWh (50.0 MWh less).",
    ]
    assert check_folder(new.run_dir) == 3
    content = json.loads((new.run_dir / "changes.json").read_text())
    assert (content["replans"], content["cost_before_mad"]) == (run, -44_000)
    assert json.loads((new.run_dir / "manifest.json").read_text())["replans"] == run
    figures = json.loads((new.run_dir / "kpis.json").read_text())
    assert figures["interventions"]["outages"][0]["unit"] == "battery_main"
    moved = pd.read_csv(new.run_dir / "changes.csv").set_index("column")
    assert moved.loc["wind_main_used_mw", "less_mwh"] == pytest.approx(10)
    hashes = json.loads((new.run_dir / "manifest.json").read_text())
    assert "outages.csv" in hashes["input_files_sha256"]
    assert {"changes.json", "changes.csv", "inputs/outages.csv"} <= set(hashes["files_sha256"])


def test_a_tampered_outage_in_the_run_folder_fails_its_audit(day):
    """Proves the run's own copy is audited: 2 MW in place of 3 are broken by the table."""
    windy = day(**SWING, tables=BANK | AI)
    (windy.out / "outages.csv").write_text(
        "unit,start_utc,end_utc,available_mw,note,author\n"
        "battery_main,2026-01-05T03:00Z,2026-01-05T04:00Z,3,fan,Fatima\n"
    )
    folder = windy.again().run_dir
    path = folder / "inputs/outages.csv"
    path.write_text(path.read_text().replace(",3.0,", ",2.0,"))
    with pytest.raises(AuditFailed, match=r"at most 2 MW \(fan\), outages\.csv line 2: discharge"):
        check_folder(folder)


CLAUSE = {"kind": "import_cap", "import_max_mw": 60.0, "first_hour": 0, "last_hour": 23}
REASONS = {
    "state": "battery_main begins with 60 MWh of energy; 90 were expected (30 less).",
    "price": "grid line import price is 350.0 MAD/MWh on average; 300.0 before.",
    "demand": "firm load demand is 36.0 MWh in these hours; 30.0 were expected (6.0 more).",
    "carbon": "input series of grid_line are others in up to 2 of 3 steps: emission_kg_per_mwh.",
    "later": (
        "firm load demand is 30.0 MWh in these hours; 30.0 were expected (10.0 at another time)."
    ),
    "clause": "Art. 1 is new in the agreement.",
    "site": "the site file is another: battery.main.charge_max_mw.",
}


@pytest.mark.parametrize("what", REASONS)
def test_why_in_a_sentence_from_what_the_plans_were_made_of(plant, day, what):
    """Proves each reason is told, with its numbers, and no other."""
    windy = day(**SWING, tables=BANK | AI)
    state = dk.State(
        time_utc=pd.Timestamp(NOON),
        rows=(
            dk.StateRow("battery_main", "energy_mwh", 60.0 if what == "state" else 90.0),
            *(dk.StateRow("training_ai", q, v) for q, v in (("power_mw", 50), ("powered_mw", 100))),
        ),
        origin="the test",
    )
    changed: dict[str, Any] = {"state": state}
    if what == "price":
        prices = {"grid_line_import_price_mad_per_mwh": [350, 250, 450]}
        changed["series"] = windy.series(**prices)
    if what == "demand":
        changed["series"] = windy.series(firm_load_demand_mw=[10, 13, 13])
    if what == "later":
        changed["series"] = windy.series(firm_load_demand_mw=[10, 15, 5])
    if what == "carbon":
        changed["series"] = windy.series(grid_line_emission_kg_per_mwh=[0, 500, 500])
    if what == "clause":
        changed["agreement"] = plant(**SWING, clauses=[CLAUSE]).agreement
    if what == "site":
        slow = BANK | AI | {"battery": {"main": {"charge_max_mw": 90.0}}}
        changed["site"] = plant(**SWING, tables=slow).site
    assert windy.again(**changed).changes.reasons == (REASONS[what],)


def test_an_entry_that_no_longer_holds_is_told(day):
    """Proves a pin that was planned with and has been taken out is a reason, and one that ended."""
    head = "column,start_utc,end_utc,low,high,note,author\n"
    span = "2026-01-05T00:00Z,2026-01-05T0{}:00Z"
    windy = day(**SWING)
    (windy.out / "pins.csv").write_text(
        f"{head}grid_line_import_mw,{span.format(1)},2,,,Ali\n"
        f"grid_line_import_mw,{span.format(3)},3,,test,Ali\n"
    )
    windy.again("2026-01-05T00:00Z")
    (windy.out / "pins.csv").write_text(f"{head}grid_line_import_mw,{span.format(1)},2,,,Ali\n")
    assert windy.again().changes.reasons == (
        (
            "it no longer holds: pin of grid_line_import_mw by Ali: at least 3 MW (test), "
            "2026-01-05T00:00Z to 2026-01-05T03:00Z."
        ),
    )


# -- what is promised


def test_what_the_compute_scheduler_was_handed_is_kept(day):
    """Proves training keeps its 50 MW for the step that begins, though a price of 2,000 says stop.

    After it nothing runs: the price is above the 400 that a MWh of its power is worth.
    """
    windy = day(buy=[100, 100, 100], load=[10] * 3, tables=AI)
    new = windy.again(series=windy.series(grid_line_import_price_mad_per_mwh=[2000, 2000]))
    assert windy.base.schedule["training_ai_power_mw"].tolist() == [50, 50, 50]
    assert new.schedule["training_ai_power_mw"].tolist() == pytest.approx([50, 0], abs=1e-4)


def test_the_frozen_lead_is_a_quarter_of_an_hour(day):
    """Proves of quarter hours only the first is kept."""
    windy = day(buy=[100] * 4, load=[10] * 4, tables=AI, step_h=0.25)
    moment = "2026-01-05T00:15Z"
    new = windy.again(
        moment, series=windy.series(grid_line_import_price_mad_per_mwh=[2000, 2000, 2000])
    )
    assert new.schedule["training_ai_power_mw"].tolist() == pytest.approx([50, 0, 0], abs=1e-4)


def test_a_commitment_that_nothing_keeps_is_given_up_and_told(day):
    """Proves the load comes first: a wind of 70 MW has gone, the line has 15."""
    line = {"grid": {"line": {"import_max_mw": 15.0}}}
    windy = day(buy=[100] * 3, load=[10] * 3, wind=[70] * 3, tables=AI | line)
    new = windy.again(series=windy.series(wind_main_available_mw=[0, 0]))
    assert new.schedule["training_ai_power_mw"].tolist() == pytest.approx([5, 5])
    told = (
        "No schedule keeps what was handed to the compute scheduler (training_ai_power_mw, "
        "training_ai_powered_mw): given up."
    )
    assert told in new.changes.kept
    assert told in new.changes.lines()
    assert not (new.run_dir / "inputs/pins.csv").exists()


def test_a_person_overrules_a_commitment(day):
    """Proves a pin of the same workload counts, not what was handed over before."""
    windy = day(buy=[100] * 3, load=[10] * 3, tables=AI)
    (windy.out / "pins.csv").write_text(
        "column,start_utc,end_utc,low,high,note,author\n"
        "training_ai_power_mw,2026-01-05T01:00Z,2026-01-05T02:00Z,,20,,Ali\n"
    )
    new = windy.again()
    assert new.schedule["training_ai_power_mw"].tolist() == pytest.approx([20, 50])
    assert new.changes.kept == ()


def test_jobs_that_run_run_on(day, tmp_path):
    """Proves a job of three hours begun an hour ago is not moved by a price of 2,000."""
    path = tmp_path / "jobs.csv"
    path.write_text(
        "name,earliest_utc,deadline_utc,duration_h,power_mw,value_mad\n"
        "a,2026-01-05T00:00Z,2026-01-05T05:00Z,3,10,9000\n"
        "b,2026-01-05T02:00Z,2026-01-05T05:00Z,1,4,5000\n"
    )
    listed = day(buy=[100] * 5, load=[1] * 5, tables={"jobs": {"main": {"jobs_file": str(path)}}})
    assert listed.base.schedule["jobs_main_power_mw"].tolist() == [10, 10, 14, 0, 0]
    prices = {"grid_line_import_price_mad_per_mwh": [2000, 2000, 1000, 500]}
    new = listed.again(series=listed.series(**prices))
    assert new.schedule["jobs_main_power_mw"].tolist() == pytest.approx([10, 10, 0, 4])
    assert new.optimum.problem.given.job_runs["status"].tolist() == ["runs on", "starts"]
    assert new.changes.before_mad == pytest.approx(100 * (11 + 15 + 1 + 1))


# -- which plan is made again


def test_the_plan_in_force_is_the_base_not_the_latest(day):
    """Proves operations' plan is the one that is made again."""
    windy = day(**SWING, tables=BANK | AI)
    first = windy.base.run_dir.name
    windy.plant.publish(windy.out, now="2026-01-04T13:00Z")
    newest = windy.again().changes.run
    assert newest != first
    shutil.rmtree(windy.out / json.loads((windy.out / "latest.json").read_text())["run"])
    write_json(windy.out / "latest.json", {"schema_version": 1, "run": newest})
    put_in_force(windy.out, first, by="Ali", note="test", now=NOW, is_forced=True)
    assert windy.again().changes.run == first


REFUSED = {
    "noon": "--from = 'noon' is no moment. Write 2026-03-01T10:00Z.",
    "2026-01-05T01:00": (
        "--from = 2026-01-05T01:00 has no time zone. Write 2026-01-05T01:00Z for UTC."
    ),
    "2026-13-05T01:00Z": "--from = '2026-13-05T01:00Z' is no moment. Write 2026-03-01T10:00Z.",
    "2026-01-05T01:20Z": (
        "--from = 2026-01-05T01:20Z: no step of run RUN begins then. The nearest begins at "
        "2026-01-05T01:00Z: give that."
    ),
    "2026-01-05T03:50Z": (
        "--from = 2026-01-05T03:50Z: no step of run RUN begins then. The nearest begins at "
        "2026-01-05T03:00Z: give that."
    ),
    "2026-01-06T01:00Z": (
        "--from = 2026-01-06T01:00Z: no run in OUT covers it. The newest is RUN "
        "(2026-01-05T00:00Z to 2026-01-05T04:00Z). Plan the day first."
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_moment_that_is_none_of_the_plan_is_refused(day, text):
    """Proves the whole sentence, with the nearest step."""
    windy = day(**SWING)
    with pytest.raises(InputError) as error:
        windy.again(text)
    expected = REFUSED[text].replace("RUN", windy.base.run_dir.name)
    assert error.value.problems == [expected.replace("OUT", str(windy.out))]


def test_without_any_run_there_is_nothing_to_make_again(plant, tmp_path):
    """Proves an empty folder is told, and a missing one."""
    small = plant(**SWING)
    asked = small.asked() | {"state": None, "start": None, "horizon": None}
    with pytest.raises(InputError, match=r"no run in .* covers it\. Plan the day first"):
        dk.plan(**asked, replan_from=NOON, out=tmp_path / "none", now=NOW)
    with pytest.raises(InputError, match="--from needs the folder of runs"):
        dk.plan(**asked, replan_from=NOON)


def test_plans_of_other_steps_are_not_compared(day):
    """Proves changes are refused between plans that do not have the same steps."""
    windy = day(**SWING)
    base = windy.again().optimum.problem.provenance.base
    published, _ = read_published(windy.base.run_dir)
    with pytest.raises(ValueError, match="not the same steps"):
        changes(base, published)


def test_an_hour_that_has_begun_stays_booked(day):
    """Proves the ledger: a quarter of an hour as planned before, three as planned now.

    At 500 kg/MWh, 10 and then 20 MW: 1,250 kg of the first quarter, 7,500 of the rest.
    """
    budget = {"kind": "carbon_budget", "budget_kg": 1e9, "window": "month"}
    drawn = day(
        buy=[100] * 8,
        load=[10] * 8,
        step_h=0.25,
        clauses=[budget],
        series={"grid_line_emission_kg_per_mwh": [500.0] * 8},
    )
    assert [entry.amount for entry in read_ledger(drawn.out)] == pytest.approx([5000, 5000])
    drawn.again("2026-01-05T00:15Z", series=drawn.series(firm_load_demand_mw=[20.0] * 7))
    assert [entry.amount for entry in read_ledger(drawn.out)] == pytest.approx([8750, 10_000])
