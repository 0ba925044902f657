"""Days join up: what a run hands over at an hour is what the next plan begins with, and says so."""

import shutil

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.handover import known_quantities, state_at, state_from_runs
from optimizer.store import read_published

EVENING, MIDNIGHT = "2026-01-04T22:00Z", "2026-01-05T00:00Z"
DEAR = 20_000.0


@pytest.fixture
def two_days(plant, tmp_path):
    """Return an evening's plan of half-hours, and the next from midnight, both published."""

    def plans(first, second, midnight=MIDNIGHT, evening=EVENING):
        before = plant(start=evening, step_h=0.5, **first).publish(tmp_path)
        after = plant(start=midnight, step_h=0.5, **first | second)
        return before, after.publish(tmp_path, now="2026-01-04T23:00Z")

    return plans


def opening(plan):
    """Return the opening state of a plan, by name, quantity and key."""
    rows = plan.optimum.problem.given.state.rows
    return {(row.name, row.quantity, row.key): row.value for row in rows}


@pytest.mark.parametrize(
    ("midnight", "since_h", "rested_h", "running"),
    [(MIDNIGHT, "1", "102", [1, 1, 1, 0]), ("2026-01-04T23:30Z", "0.5", "101.5", [1, 1, 1, 1])],
)
def test_a_unit_started_before_midnight_runs_on_after_it(
    two_days, midnight, since_h, rested_h, running
):
    """Proves the hours in status are handed over: started at 23:00, 2.5 h at least.

    It has run for an hour at midnight, so three half-hours are left, at 2 MW that nobody needs;
    at 23:30 for half an hour, so four are left.
    """
    unit = {"unit_count": 2, "unit_power_min_mw": 2.0, "min_up_h": 2.5, "start_cost_mad": 1.0}
    first = {
        "tables": {"genset": {"backup": unit}},
        "buy": [10, 10, DEAR, DEAR, DEAR],
        "sell": [1] * 5,
        "load": [0, 0, 5, 5, 5],
    }
    second = {"buy": [DEAR] * 4, "sell": [1] * 4, "load": [0] * 4}
    before, after = two_days(first, second, midnight)
    assert before.schedule["genset_backup_start_count"].tolist() == [0, 0, 1, 0, 0]
    assert opening(after) == {
        ("genset_backup", "on_count", since_h): 1.0,
        ("genset_backup", "off_count", rested_h): 1.0,
    }
    assert after.schedule["genset_backup_on_count"].tolist() == running


def test_the_fuel_left_is_handed_over(two_days):
    """Proves litres: 2,000 L less 4 half-hours of 2 MW are 1,000 L, 4 MWh for the next plan."""
    first = {
        "tables": {"genset": {"backup": {"fuel_stock_l": 2000.0}}},
        "buy": [DEAR] * 4,
        "load": [2] * 4,
    }
    second = {"buy": [DEAR] * 2, "load": [8, 8]}
    _, after = two_days(first, second)
    assert opening(after)["genset_backup", "fuel_l", ""] == pytest.approx(1000)
    assert after.kpis["plan"]["genset_mwh"] == pytest.approx(4)


TARIFF = {
    "time_zone": "Etc/GMT",
    "period": [],
    "demand_charge_mad_per_mw_month": 100.0,
    "fixed_charge_mad_per_mw_year": 0.0,
}


@pytest.mark.parametrize(
    ("evening", "midnight", "charge_mad"),
    [(EVENING, MIDNIGHT, 300.0), ("2026-01-31T22:00Z", "2026-02-01T00:00Z", 1500.0)],
    ids=["the same month", "the next month"],
)
def test_the_months_peak_is_handed_over_within_its_month(two_days, evening, midnight, charge_mad):
    """Proves 12 MW so far leave 3 of 15 MW to pay for at 100 MAD/MW; a new month all of them."""
    first = {
        "tables": {"grid": {"line": {"tariff": TARIFF}}},
        "buy": [1] * 4,
        "load": [12, 9, 8, 7],
    }
    _, after = two_days(first, {"buy": [0, 0], "load": [15, 4]}, midnight, evening)
    assert opening(after) == {("grid_line", "month_peak_mw", f"{evening[:7]}"): 12.0}
    assert after.objective_mad == pytest.approx(charge_mad)


def test_undone_work_keeps_its_deadline_and_its_rate(two_days):
    """Proves cohorts are handed over one by one: 6 MWh at 22:00 and at 23:00, each due in 3 h.

    At 3 MW the first may leave 3 MWh for the hour till 01:00: it does 1.5 MWh at 10 and 1.5 at
    900 MAD/MWh. The second leaves all of it. After midnight both run on at 3 MW, as they must;
    of what arrives then, 3 MWh run in the two cheapest half-hours and 9 are left.
    """
    batch = {"arrival_mw": 6.0, "deadline_h": 3.0, "run_min_h": 2.0, "left_mad_per_mwh": 400.0}
    first = {"tables": {"deferrable": {"batch": batch}}, "buy": [1000, 10, 900, 910]}
    second = {"tables": {"deferrable": {"batch": batch | {"left_mad_per_mwh": 9.0}}}}
    before, after = two_days(first, second | {"buy": [700, 600, 500, 400]})
    rates = before.optimum.rates
    done = rates.groupby("number")["run_mw"].sum() * 0.5
    assert done.tolist() == pytest.approx([3.0, 0.0])
    windows = ["2026-01-04T22:00Z/2026-01-05T01:00Z", "2026-01-04T23:00Z/2026-01-05T02:00Z"]
    assert opening(after) == {
        ("deferrable_batch", "backlog_mwh", windows[0]): pytest.approx(3.0),
        ("deferrable_batch", "rate_max_mw", windows[0]): 3.0,
        ("deferrable_batch", "backlog_mwh", windows[1]): 6.0,
        ("deferrable_batch", "rate_max_mw", windows[1]): 3.0,
    }
    assert after.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx([6, 6, 6, 6])
    assert after.schedule["deferrable_batch_backlog_mwh"].iloc[-1] == pytest.approx(9)


def test_that_nothing_is_left_undone_is_handed_over_too(two_days):
    """Proves a zero is a backlog: the site's share of earlier work counts on the first day only.

    That day finds 0.5 * 6 MWh of 21:00, which may run for an hour yet, and does all of it.
    """
    batch = {"arrival_mw": 6.0, "deadline_h": 2.0, "initial_backlog_pu": 0.5}
    first = {"tables": {"deferrable": {"batch": batch | {"left_mad_per_mwh": 900.0}}}}
    before, after = two_days(first | {"buy": [1, 2, 3, 4]}, {"buy": [5, 6]})
    assert before.schedule["deferrable_batch_run_mw"].sum() * 0.5 == pytest.approx(15)
    assert opening(after) == {("deferrable_batch", "backlog_mwh", ""): 0.0}
    assert after.schedule["deferrable_batch_run_mw"].sum() * 0.5 == pytest.approx(6)


def test_energy_and_its_depth_are_handed_over(two_days):
    """Proves the split is remembered: both plans together sell as one plan of both would.

    With 80 MWh in a window of 100 the deep segment is full and the shallow one has 30: 24 MWh at
    the bus. The evening sells 16 of them at 645, so 8 are left for 655, and nothing of the deep.
    """
    table = {
        "energy_max_mwh": 100.0,
        "discharge_max_mw": 32.0,
        "energy_initial_mwh": 80.0,
        "ageing_cost_mad_per_mwh": [10.0, 60.0],
        "end_value_mad_per_mwh": 500.0,
    }
    first = {"tables": {"battery": {"main": table}}, "buy": [DEAR] * 4, "sell": [1, 645, 2, 3]}
    before, after = two_days(first, {"buy": [DEAR] * 2, "sell": [655, 655]})
    assert before.kpis["plan"]["battery_discharge_mwh"] == pytest.approx(16)
    assert opening(after) == {
        ("battery_main", "energy_mwh", ""): pytest.approx(60),
        ("battery_main", "segment_energy_mwh", "1"): pytest.approx(10),
        ("battery_main", "segment_energy_mwh", "2"): pytest.approx(50),
    }
    assert after.kpis["plan"]["battery_discharge_mwh"] == pytest.approx(8)


def test_what_trains_is_handed_over(two_days):
    """Proves the ramp goes on from the last power: 60 MW/h from 50 MW allow 80, then 100."""
    table = {"value_mad_per_mwh": 500.0, "ramp_max_mw_per_h": 60.0}
    first = {"tables": {"training": {"ai": table}}, "buy": [400] * 4}
    before, after = two_days(first, {"buy": [1, 1]})
    assert before.schedule["training_ai_power_mw"].tolist() == pytest.approx([70, 50, 50, 50])
    assert opening(after)["training_ai", "power_mw", ""] == pytest.approx(50)
    assert after.schedule["training_ai_power_mw"].tolist() == pytest.approx([80, 100])


@pytest.mark.parametrize(
    ("evening", "midnight", "balance", "due_mwh"),
    [
        ("2026-01-05T22:00Z", "2026-01-06T00:00Z", {"2026-01-05": 1000}, 40),
        ("2026-01-04T23:00Z", "2026-01-05T01:00Z", {"2026-01-05": 80}, 40),
        ("2026-01-04T21:00Z", "2026-01-04T23:00Z", {}, 40),
        ("2026-01-04T22:00Z", "2026-01-05T00:00Z", {"2026-01-05": 40}, 40),
    ],
    ids=["amid an unknown week", "from Monday on", "to Monday 00:00", "over Monday 00:00"],
)
def test_the_quotas_balance_rolls_over_on_monday(two_days, evening, midnight, balance, due_mwh):
    """Proves what is owed after each plan: 40 MWh an hour, Monday beginning at 23:00Z.

    A plan delivers just what it owes; the next hour's plan owes 40 MWh more. Of the 25 hours until
    Tuesday 00:00Z the ledger knows two, 80 MWh, and supposes 23 * 40 MWh for the others.
    """
    clause = {
        "kind": "research_quota",
        "workload": "training_ai",
        "quota_mwh_per_week": 168 * 40.0,
    }
    first = {"tables": {"training": {"ai": {}}}, "buy": [100] * 4, "clauses": [clause]}
    _, after = two_days(first, {"buy": [100] * 2}, midnight, evening)
    found = {k[2]: v for k, v in opening(after).items() if k[:2] == ("art_1", "delivered_mwh")}
    assert found == pytest.approx(balance)
    assert after.schedule["training_ai_work_mw"].sum() * 0.5 == pytest.approx(due_mwh)


FIRST = {"tables": {"battery": {"main": {"energy_initial_mwh": 100.0}}}, "buy": [5, 5, 900, 5]}


def test_every_plan_says_where_it_begins(two_days, plant, tmp_path):
    """Proves the origin: the site file, a run and its hour, or that the last run ends elsewhere."""
    before, after = two_days(FIRST, {"buy": [5, 5]})
    assert before.optimum.problem.given.state.origin == "site file (no earlier run, no --state)"
    origin = after.optimum.problem.given.state.origin
    assert origin == f"run {before.run_dir.name} at 2026-01-05T00:00Z"
    late = plant(start="2026-01-09T00:00Z", **FIRST).publish(tmp_path, now="2026-01-08T12:00Z")
    assert late.optimum.problem.given.state.origin == (
        f"site file (run {after.run_dir.name} has no step that begins or ends then)"
    )
    assert opening(late) == {}


def test_a_plan_made_again_begins_as_the_first_did(two_days, plant, tmp_path):
    """Proves a second run of the same day does not take its own first run for yesterday."""
    before, after = two_days(FIRST, {"buy": [5, 5]})
    again = plant(start=MIDNIGHT, step_h=0.5, **FIRST).publish(tmp_path, now="2026-01-04T23:30Z")
    assert opening(again) == opening(after)
    assert opening(again)["battery_main", "energy_mwh", ""] == pytest.approx(
        before.schedule["battery_main_energy_mwh"].iloc[-1]
    )
    assert again.optimum.problem.given.state.origin == (
        f"run {after.run_dir.name} at 2026-01-05T00:00Z"
    )


def test_an_asset_that_has_left_the_site_hands_nothing_over(two_days):
    _, after = two_days(FIRST, {"tables": {}, "buy": [5, 5]})
    assert opening(after) == {}


def test_a_re_plan_begins_within_the_last_plan(two_days):
    """Proves any step's end is a handover: at 23:00Z two of four half-hours are done."""
    _, after = two_days(FIRST, {"buy": [5, 5]}, midnight="2026-01-04T23:00Z")
    assert after.optimum.problem.given.state.origin.endswith(" at 2026-01-04T23:00Z")
    assert opening(after)["battery_main", "energy_mwh", ""] == pytest.approx(100.0)


def test_a_moment_between_two_steps_is_no_handover(two_days):
    before, _ = two_days(FIRST, {"buy": [5, 5]})
    published, _ = read_published(before.run_dir)
    with pytest.raises(ValueError) as error:
        state_at(published, pd.Timestamp("2026-01-04T22:15Z"), "a test")
    assert str(error.value) == "2026-01-04 22:15:00+00:00 is no step's end of this plan."


def test_known_quantities_are_those_of_assets_and_clauses(plant):
    clause = {"kind": "research_quota", "workload": "training_ai", "quota_mwh_per_week": 1.0}
    small = plant(
        tables={"training": {"ai": {}}, "battery": {"main": {}}}, buy=[1], clauses=[clause]
    )
    assert known_quantities(small.site, small.agreement) == {
        ("battery_main", "energy_mwh"),
        ("battery_main", "segment_energy_mwh"),
        ("grid_line", "month_peak_mw"),
        ("training_ai", "powered_mw"),
        ("training_ai", "power_mw"),
        ("art_1", "delivered_mwh"),
        ("art_1", "price_mad_per_mwh"),
    }


def test_a_run_that_is_gone_is_told(two_days, tmp_path):
    _, after = two_days(FIRST, {"buy": [5, 5]})
    shutil.rmtree(after.run_dir)
    with pytest.raises(InputError) as error:
        state_from_runs(tmp_path, pd.Timestamp(MIDNIGHT), [])
    assert str(error.value) == (
        f"{tmp_path / 'latest.json'}: run = {after.run_dir.name!r} is no folder there. "
        "Take the file out."
    )
