"""Budgets: windows whole and cut, known and unknown, priced and overspent; days that join up.

A load of 20 MW is drawn at 600 MAD/MWh and 1,000 kg/MWh, or shed at a value of 3,000 MAD/MWh.
"""

import datetime

import numpy as np
import pandas as pd
import pytest

import optimizer as dk
from optimizer.agreement.carbon_budget import CarbonBudget
from optimizer.agreement.regional_energy import RegionalEnergy
from optimizer.agreement.surplus_cap import SurplusCap
from optimizer.agreement.windows import bounds_at, key_of, steps_by_window, window_of
from optimizer.component import Given
from optimizer.handover import state_at
from optimizer.state import State, StateRow

CLOUD = {"cloud": {"demand_mw": 20.0, "tiers": [{"shed_max_pu": 1.0, "value_mad_per_mwh": 3000.0}]}}
LINE = {"line": {"emission_kg_per_mwh": 1000.0}}
KEPT = {"kind": "carbon_budget", "budget_kg": 200_000.0, "window": "day"}
MIDNIGHT = "2026-01-04T23:00Z"  # of Monday the 5th, legal time
HOUR = pd.Timedelta(hours=1)


@pytest.fixture
def budgeted(plant):
    """Return a plant of four steps that would draw 20 MW, under a budget in kg."""

    def build(start=MIDNIGHT, step_h=3.0, rows=(), count=4, **clause):
        return plant(
            tables={"firm": CLOUD, "grid": LINE},
            buy=[600] * count,
            start=start,
            step_h=step_h,
            state=[dk.StateRow("art_1", *row) for row in rows],
            clauses=[KEPT | clause],
        )

    return build


def drawn_mwh(plan):
    """Return what a plan draws."""
    return float((plan.schedule["site_import_mw"] * plan.schedule["step_h"]).sum())


def test_a_window_inside_the_plan_has_its_whole_budget(budgeted):
    """Proves a day of four times six hours: of 480 MWh the budget's 200,000 kg leave 200."""
    plan = budgeted(step_h=6.0).solve()
    assert drawn_mwh(plan) == pytest.approx(200)
    assert plan.schedule["art_1_used_kg"].iloc[-1] == pytest.approx(200_000)
    assert plan.objective_mad == pytest.approx(600 * 200 + 3000 * 280)


@pytest.mark.parametrize(
    ("start", "rows", "expected_mwh"),
    [
        (MIDNIGHT, (), 100),
        ("2026-01-05T05:00Z", (("used_kg", 80_000.0, "2026-01-05"),), 80),
        ("2026-01-05T05:00Z", (("used_kg", 80_000.0, "2026-01-04"),), 100),
        ("2026-01-05T05:00Z", (), 100),
        ("2026-01-05T11:00Z", (("used_kg", 80_000.0, "2026-01-05"),), 120),
    ],
    ids=["from its beginning", "known", "another day's", "unknown", "up to its end"],
)
def test_a_window_cut_at_the_plans_end_gives_its_share(budgeted, start, rows, expected_mwh):
    """Proves shares of what is left over the hours left; 12 hours are planned.

    From midnight 200,000 * 12 / 24 kg. At 06:00 with 80,000 used 120,000 * 12 / 18; if nothing is
    known all hours count alike, 200,000 * 12 / 24. At 12:00 all 120,000 are left for the plan.
    """
    plan = budgeted(start=start, rows=rows).solve()
    assert drawn_mwh(plan) == pytest.approx(expected_mwh)
    assert plan.clauses[0]["is_kept"] is True


@pytest.mark.parametrize(
    ("price", "used_kg", "expected_mwh"),
    [(2.0, 80_000.0, 120), (2.0, 0.0, 200), (2.5, 80_000.0, 0), (0.0, 80_000.0, 120)],
    ids=["worth using", "more is left", "worth keeping", "worth nothing"],
)
def test_a_price_opens_all_that_is_left(budgeted, price, used_kg, expected_mwh):
    """Proves steering: a MWh costs 600 MAD and 1,000 kg at their worth, shed 3,000.

    At 2 MAD/kg 2,600 < 3,000: all that is left is used, not only 12 of 18 hours' share, and its
    worth is a cost of the plan; at 2.5 nothing is.
    """
    rows = [("used_kg", used_kg, "2026-01-05"), ("price_mad_per_kg", price, "2026-01-05")]
    plan = budgeted(start="2026-01-05T05:00Z", rows=rows).solve()
    assert drawn_mwh(plan) == pytest.approx(expected_mwh)
    worth_mad = price * 1000 * expected_mwh
    assert plan.kpis["cost_mad"].get("art_1_budget", 0.0) == pytest.approx(worth_mad)
    assert plan.objective_mad == pytest.approx(
        600 * expected_mwh + 3000 * (240 - expected_mwh) + worth_mad
    )
    assert plan.clauses[0]["bought"] == 0


def test_a_price_is_no_matter_where_the_window_ends_within_the_plan(budgeted):
    """Proves what is left at a window's end is worth nothing: it is used."""
    rows = [("used_kg", 80_000.0, "2026-01-05"), ("price_mad_per_kg", 9.0, "2026-01-05")]
    plan = budgeted(start="2026-01-05T11:00Z", rows=rows).solve()
    assert drawn_mwh(plan) == pytest.approx(120)
    assert "art_1_budget" not in plan.kpis["cost_mad"]


@pytest.mark.parametrize(
    ("dates", "start", "rows", "expected_mwh"),
    [
        (("2026-01-06", None), "2026-01-05T17:00Z", (), 120 + 600 * 6 / 144),
        (("2026-01-06", None), MIDNIGHT, (), 240),
        (("2026-01-06", None), "2026-01-05T23:00Z", (), 600 * 12 / 144),
        (("2026-01-06", None), "2026-01-06T23:00Z", (("used_kg", 90_000.0),), 510 * 12 / 120),
        (("2026-01-01", "2026-01-06"), "2026-01-06T17:00Z", (), 200 * 6 / 48 + 120),
        (("2026-01-01", "2026-01-06"), "2026-01-06T17:00Z", (("used_kg", 195_000.0),), 125),
    ],
    ids=["begins amid the plan", "later", "at once", "before", "ends amid the plan", "and known"],
)
def test_validity_cuts_windows(budgeted, dates, start, rows, expected_mwh):
    """Proves a week of 700,000 kg has 600,000 for its last six days, of 144 hours.

    Before it is valid nothing is counted. A week valid for its first two days only has 200,000 kg
    for 48 hours: six of them are planned, in proportion or with what is left.
    """
    first, last = (None if day is None else pd.Timestamp(day).date() for day in dates)
    rows = [(*row, "2026-01-05") for row in rows]
    clause = {"window": "week", "budget_kg": 700_000.0, "valid_from": first, "valid_until": last}
    plan = budgeted(start=start, rows=rows, **clause).solve()
    assert drawn_mwh(plan) == pytest.approx(expected_mwh)
    assert plan.clauses == [] or plan.clauses[0]["is_kept"]


@pytest.mark.parametrize(
    ("price", "expected_mwh", "bought_kg"), [(None, 0, 0), (2.0, 240, 240_000)]
)
def test_an_overspent_budget_allows_nothing_more(budgeted, price, expected_mwh, bought_kg):
    """Proves what is gone is gone: nothing more, or every kg at its price; never less than none."""
    rows = [("used_kg", 250_000.0, "2026-01-05")]
    plan = budgeted(start="2026-01-05T05:00Z", rows=rows, price_mad_per_kg=price).solve()
    assert drawn_mwh(plan) == pytest.approx(expected_mwh, abs=1e-6)
    assert plan.clauses[0]["bought"] == pytest.approx(bought_kg, abs=1e-3)
    used_kg = plan.schedule["art_1_used_kg"].iloc[-1]
    assert used_kg == pytest.approx(250_000 + 1000 * expected_mwh)


@pytest.mark.parametrize(
    ("start", "step_h", "expected_mwh"),
    [
        ("2026-02-14T23:00Z", 5.0, 160),
        ("2026-03-22T00:00Z", 2.3, 80),
        ("2026-01-04T23:00Z", 4.8, 160),
        ("2026-11-22T00:00Z", 4.8, 160),
    ],
    ids=["25 hours", "23 hours", "24 hours", "24 hours at UTC+0"],
)
def test_a_day_on_which_the_clock_changes(budgeted, start, step_h, expected_mwh):
    """Proves days are the clock's: in 2026 Ramadan began with a day of 25 hours, and ended with 23.

    Of 25 hours 20 are planned, 200 * 0.8 MWh; of 23 hours 9.2, 200 * 0.4; of 24 hours 19.2.
    """
    plan = budgeted(start=start, step_h=step_h).solve()
    assert drawn_mwh(plan) == pytest.approx(expected_mwh)


@pytest.mark.parametrize("window", ["day", "week", "month", "year"])
def test_two_plans_hand_over_what_one_would_count(budgeted, published, window):
    """Proves balances join up: half-way through, and for two plans as for one of both."""
    ample = {"window": window, "budget_kg": 1e9, "valid_from": datetime.date(2026, 1, 5)}
    whole = budgeted(count=8, step_h=2.0, **ample).solve()
    first = budgeted(step_h=2.0, **ample).solve()
    noon = pd.Timestamp("2026-01-05T07:00Z")
    handed = state_at(published(first), noon, "the first").find("art_1", "used_kg")
    assert [(row.value, row.key) for row in handed] == [
        (pytest.approx(160_000), key_of(pd.Timestamp("2026-01-05"), window))
    ]
    rows = [(row.quantity, row.value, row.key) for row in handed]
    second = budgeted(start="2026-01-05T07:00Z", step_h=2.0, rows=rows, **ample).solve()
    ends = [
        state_at(published(plan), pd.Timestamp("2026-01-05T15:00Z"), "a test").rows
        for plan in (whole, second)
    ]
    assert ends[0] == ends[1]
    assert ends[0][-1].value == pytest.approx(320_000)


def test_days_planned_one_by_one_use_what_one_plan_would(budgeted, published):
    """Proves shares add up: four plans of six hours use the day's budget, 50,000 kg each."""
    rows, used = [], []
    for moment in pd.date_range(MIDNIGHT, periods=4, freq="6h"):
        plan = budgeted(start=str(moment), step_h=1.5, rows=rows).solve()
        used.append(drawn_mwh(plan))
        state = state_at(published(plan), moment + 6 * HOUR, "a test")
        rows = [(row.quantity, row.value, row.key) for row in state.find("art_1", "used_kg")]
    assert used == pytest.approx([50, 50, 50, 50])
    assert rows == []  # the next day begins anew


def test_nothing_is_handed_over_where_nothing_is_known(budgeted, published):
    """Proves ignorance stays: amid a day whose beginning nobody counted, and past its validity."""
    plan = budgeted(start="2026-01-05T05:00Z").solve()
    assert state_at(published(plan), pd.Timestamp("2026-01-05T17:00Z"), "a test").rows == ()
    until = budgeted(step_h=6.0, valid_until=datetime.date(2026, 1, 5)).solve()
    assert state_at(published(until), pd.Timestamp("2026-01-05T23:00Z"), "a test").rows == ()


def test_a_step_over_midnight_counts_for_the_day_in_which_it_begins(budgeted, published):
    """Proves no kg counts twice: after a step from 22:00 to 02:00 the new day has used nothing."""
    plan = budgeted(start="2026-01-05T13:00Z", step_h=4.0, budget_kg=1e9).solve()
    state = state_at(published(plan), pd.Timestamp("2026-01-06T01:00Z"), "a test")
    assert [(row.value, row.key) for row in state.rows] == [(0.0, "2026-01-06")]


DUE = {"kind": "regional_energy", "amount_mwh": 60.0, "window": "day"}


@pytest.mark.parametrize(
    ("rows", "fed_mwh"),
    [
        ((), 30),
        ((("delivered_mwh", 30.0, "2026-01-05"),), 20),
        ((("delivered_mwh", 99.0, "2026-01-05"),), 0),
        ((("delivered_mwh", 0.0, "2026-01-05"), ("price_mad_per_mwh", 15.0, "2026-01-05")), 40),
        ((("delivered_mwh", 0.0, "2026-01-05"), ("price_mad_per_mwh", 5.0, "2026-01-05")), 0),
    ],
    ids=["unknown", "known", "all done", "worth doing now", "worth waiting"],
)
def test_what_is_due_is_shared_and_steered_alike(plant, rows, fed_mwh):
    """Proves amounts due: 12 of 24 hours owe 30 of 60 MWh, 12 of the 18 left 2 / 3 of the rest.

    A MWh fed in costs 10 MAD in two of four steps and 20 in the others. At a worth of 15 the two
    cheap ones give all their surplus, 2 * 3 h * 20 / 3 MW; at 5 none does, and nothing is owed.
    """
    plan = plant(
        buy=[500] * 4,
        sell=[-20, -10, -20, -10],
        wind=[20 + 20 / 3] * 4,
        load=[20] * 4,
        start="2026-01-05T05:00Z",
        step_h=3.0,
        state=[dk.StateRow("art_1", *row) for row in rows],
        clauses=[DUE],
    ).solve()
    assert plan.schedule["site_export_mw"].sum() * 3 == pytest.approx(fed_mwh)
    price = dict((row[0], row[1]) for row in rows).get("price_mad_per_mwh", 0.0)
    assert plan.kpis["cost_mad"].get("art_1_budget", 0.0) == pytest.approx(-price * fed_mwh)
    assert plan.clauses[0]["is_kept"] is True


@pytest.mark.parametrize(
    ("rows", "clause", "sentence"),
    [
        (
            [("used_kg", 80_000.0, "2026-01-05"), ("price_mad_per_kg", 2.0, "2026-01-05")],
            {},
            (
                "Art. 1: CO2 in this plan's part of the day 2026-01-05: "
                "120,000 of 120,000 kg allowed, at 2.00 MAD/kg for what is left."
            ),
        ),
        (
            [("used_kg", 250_000.0, "2026-01-05")],
            {"price_mad_per_kg": 1.0},
            (
                "Art. 1: CO2 in this plan's part of the day 2026-01-05: "
                "240,000 of 0.0 kg allowed; 240,000 kg too much, paid for."
            ),
        ),
    ],
)
def test_it_says_what_a_window_that_goes_on_allows(budgeted, rows, clause, sentence):
    plan = budgeted(start="2026-01-05T05:00Z", rows=rows, **clause).solve()
    assert plan.clauses[0]["sentence"] == sentence


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ((("used_kg", 80_000.0, "2026-01-05"),), "the clause is kept"),
        ((("used_kg", 80_000.0, "2026-01-05"),), "count of the day so far is the table's [kg]"),
    ],
)
def test_the_audit_knows_what_was_used_before(budgeted, broken, rows, rule):
    """Proves shares are audited: 80,000 kg are the plan's, a kg more in any step is too much."""
    plan = budgeted(start="2026-01-05T05:00Z", rows=rows).solve()
    step = int(np.argmax(plan.schedule["site_emission_kg"]))
    found = broken(plan, "site_emission_kg", step, plan.schedule["site_emission_kg"].iloc[step] + 1)
    assert f"Art. 1: {rule}" in found


ZONES = ["Africa/El_Aaiun", "Etc/GMT", "America/Santiago", "Atlantic/Azores", "Asia/Kolkata"]
KINDS = {CarbonBudget: "budget_kg", RegionalEnergy: "amount_mwh", SurplusCap: "share_max_pu"}


def draw(rng):
    """Return a clause and what it is given: any window, clock, validity, length and balance."""
    kind = list(KINDS)[rng.integers(len(KINDS))]
    start = pd.Timestamp("2025-12-15T00:00Z") + HOUR * int(rng.integers(0, 12_000))
    today = start.date()
    fields = {
        "article": "1",
        "text": "as drawn",
        "window": str(rng.choice(["hour", "day", "week", "month", "year", "horizon"])),
        "time_zone": str(rng.choice(ZONES)),
        "valid_from": today + datetime.timedelta(days=int(rng.integers(-400, 2))),
        KINDS[kind]: float(rng.choice([0.5, 1.0])),
    }
    if rng.random() < 0.3:
        fields["valid_until"] = today + datetime.timedelta(days=int(rng.integers(2, 40)))
    clause = kind(**fields)
    steps = rng.choice([0.25, 0.5, 1.0, 3.0, 7.0], size=int(rng.integers(1, 40)))
    horizon = dk.Horizon(start=start, step_h=tuple(float(h) for h in np.sort(steps)))
    rows = []
    if clause.state_quantities():
        key = window_of(start, clause.window, clause.time_zone).key
        for name in [n for n in clause.state_quantities() if rng.random() < 0.6]:
            rows.append(StateRow(clause.name, name, float(rng.uniform(0, 1.2)), key))
    state = State(time_utc=start, rows=tuple(rows), origin="drawn")
    return clause, Given(horizon=horizon, series=pd.DataFrame(), state=state)


@pytest.mark.parametrize("seed", range(20))
def test_the_audits_windows_are_the_models(seed):
    """Proves two ways to one number: periods against the calendar, over any clock and validity."""
    rng = np.random.default_rng(seed)
    seen = 0
    for _ in range(15):
        clause, given = draw(rng)
        columns = ("site_emission_kg", "site_export_mw", "site_renewable_mw")
        table = pd.DataFrame(0.0, index=given.horizon.index, columns=columns)
        accounts, standings = clause.accounts(given), clause.standings(table, given)
        assert [a.window.key for a in accounts] == [s.key for s in standings]
        for account, standing in zip(accounts, standings, strict=True):
            assert (account.allowed is None) == (standing.allowed is None)
            assert standing.allowed is None or account.allowed == pytest.approx(standing.allowed)
            assert (account.price_mad or 0.0) == standing.worth_mad
        read = clause.read(table, given).add_prefix("art_1_")
        excess = clause.rules(pd.concat([table, read], axis=1), given).values()
        assert max(float(rule.max()) for rule in excess) == pytest.approx(0)
        seen += len(accounts)
    assert seen > 15


@pytest.mark.parametrize("time_zone", ZONES)
@pytest.mark.parametrize("length", ["hour", "day", "week", "month", "year"])
def test_windows_meet_and_hold_their_steps(length, time_zone):
    """Proves no moment is left out or counted twice, where midnight is skipped or comes twice."""
    index = pd.date_range("2025-12-20T00:00Z", periods=9000, freq="h")
    for steps in steps_by_window(index, length, time_zone).values():
        first, last = (window_of(index[t], length, time_zone) for t in (steps[0], steps[-1]))
        assert first == last
        assert first.begin <= index[steps[0]] <= index[steps[-1]] < first.end
        assert window_of(first.end, length, time_zone).begin == first.end
        assert bounds_at(index[steps[-1]], length, time_zone) == (first.key, first.begin, first.end)


@pytest.mark.parametrize("dates", [("0001-01-01", "9999-12-31"), ("1492-10-12", None)])
def test_a_clause_may_hold_for_ever(budgeted, dates):
    """Proves the calendar's ends are no trap: such a clause is as one without an end."""
    first, last = (None if day is None else datetime.date.fromisoformat(day) for day in dates)
    plan = budgeted(step_h=6.0, valid_from=first, valid_until=last).solve()
    assert drawn_mwh(plan) == pytest.approx(200)
