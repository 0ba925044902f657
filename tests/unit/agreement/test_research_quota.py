"""Research quota: weeks from Monday, what was delivered, hard or bought; what it says."""

import math

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError

WEEKLY_MWH = 168 * 40.0  # 40 MWh an hour


@pytest.fixture
def institute(plant):
    """Return a plan of four steps in which nothing but the quota asks for work."""

    def plan(buy=(100, 300, 500, 200), step_h=1.0, start="2026-01-05T00:00Z", rows=(), **clause):
        kept = {
            "kind": "research_quota",
            "workload": "training_ai",
            "quota_mwh_per_week": WEEKLY_MWH,
        }
        return plant(
            tables={"training": {"ai": {}}},
            buy=list(buy),
            step_h=step_h,
            start=start,
            state=[dk.StateRow("art_1", "delivered_mwh", value, key) for key, value in rows],
            clauses=[kept | clause],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("price", "power_mw", "missing_mwh"),
    [(None, [50, 0, 0, 50], 0), (130.0, [50, 0, 0, 50], 0), (100.0, [50, 0, 0, 0], 40)],
    ids=["hard", "too dear to buy", "bought"],
)
def test_it_binds_or_is_bought(institute, price, power_mw, missing_mwh):
    """Proves the part of a week: four half-hours owe 80 MWh of work, 40 in each at half power.

    A MWh of work takes 0.625 MWh: 62.5 MAD at 100, 125 at 200, more than a price of 100.
    """
    plan = institute(step_h=0.5, price_mad_per_mwh=price)
    assert plan.schedule["training_ai_power_mw"].tolist() == pytest.approx(power_mw)
    assert plan.clauses[0]["bought"] == pytest.approx(missing_mwh)
    drawn_mad = 0.5 * (100 * power_mw[0] + 200 * power_mw[3])
    assert plan.objective_mad == pytest.approx(drawn_mad + (price or 0.0) * missing_mwh)


@pytest.mark.parametrize(
    ("rows", "due_mwh"),
    [
        ((), 160),
        ((("2026-01-05", 374.0),), 152),
        ((("2026-01-05", 40.0),), 160),
        ((("2026-01-05", 0.0),), 160 * 168 / 167),
        ((("2026-01-05", 9999.0),), 0),
        ((("2025-12-29", 500.0),), 160),
    ],
    ids=["unknown", "ahead", "as due", "behind", "all done", "another week's"],
)
def test_what_was_delivered_since_monday_counts(institute, rows, due_mwh):
    """Proves the balance: on Monday 01:00 legal time 167 hours are left, 4 of them planned.

    Of 6,720 MWh the plan owes 4 / 168, or 4 / 167 of what is left: 6,346 * 4 / 167 = 152. A MWh of
    work takes 1 / 1.6 MWh up to half power: the cheap hours first, 80 MWh of work in each.
    """
    plan = institute(rows=rows)
    assert plan.clauses[0]["sentence"] == (
        f"Art. 1: training_ai gets {due_mwh:.0f} of {due_mwh:.0f} MWh due in week 1."
    )
    at_100, at_200 = min(due_mwh, 80) / 1.6, min(max(due_mwh - 80, 0), 80) / 1.6
    at_300 = max(due_mwh - 160, 0) / 1.6
    assert plan.objective_mad == pytest.approx(100 * at_100 + 200 * at_200 + 300 * at_300)


@pytest.mark.parametrize(
    ("time_zone", "power_mw"),
    [("Africa/El_Aaiun", [50, 0, 50, 0]), ("Etc/GMT", [50, 25, 0, 25])],
    ids=["Monday begins at 23:00Z", "Monday begins at 00:00Z"],
)
def test_each_week_is_owed_by_itself(institute, time_zone, power_mw):
    """Proves work does not carry over Monday: at 100, 110, 500 and 600 MAD/MWh.

    Legal time parts the hours in two and two, 80 MWh each; GMT in three, 120 MWh, and one, 40.
    """
    plan = institute(buy=(100, 110, 500, 600), start="2026-01-11T21:00Z", time_zone=time_zone)
    assert plan.schedule["training_ai_power_mw"].tolist() == pytest.approx(power_mw)


def test_last_weeks_surplus_does_not_help_the_next(institute):
    """Proves the opening balance belongs to its week: 80 MWh are still owed from Monday."""
    plan = institute(start="2026-01-11T21:00Z", rows=[("2026-01-05", 1e6)])
    assert plan.clauses[0]["sentence"] == (
        "Art. 1: training_ai gets 0 of 0 MWh due in week 1, 80 of 80 MWh due in week 2."
    )
    assert plan.schedule["art_1_delivered_mwh"].tolist() == pytest.approx([1e6, 1e6, 0, 80])


@pytest.mark.parametrize(
    ("dates", "due_mwh"),
    [
        ({"valid_from": "2026-01-06"}, 120),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, 40),
        ({"valid_from": "2026-01-07"}, 0),
    ],
)
def test_it_holds_on_its_days(institute, dates, due_mwh):
    """Proves days are legal days: the 6th begins at 23:00Z, and only covered hours are owed."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = institute(buy=(100, 110, 120, 130), start="2026-01-05T22:00Z", **given)
    work = plan.schedule["training_ai_work_mw"]
    assert work.sum() == pytest.approx(due_mwh)


@pytest.mark.parametrize(
    ("workload", "tables", "column"),
    [
        ("firm_load", {}, "firm_load_served_mw"),
        (
            "deferrable_batch",
            {"deferrable": {"batch": {"arrival_mw": 60.0, "left_mad_per_mwh": 1.0}}},
            "deferrable_batch_run_mw",
        ),
    ],
)
def test_any_workload_may_serve_it(plant, workload, tables, column):
    """Proves the work of a firm load is what is served, of a deferrable one what runs."""
    clause = {"kind": "research_quota", "workload": workload, "quota_mwh_per_week": WEEKLY_MWH}
    plan = plant(tables=tables, buy=[100], load=[45], clauses=[clause]).solve()
    assert plan.schedule["art_1_delivered_mwh"].item() == plan.schedule[column].item() >= 40


def test_a_workload_that_is_not_there_is_refused(plant):
    clause = {"kind": "research_quota", "workload": "training_x", "quota_mwh_per_week": 1.0}
    with pytest.raises(InputError) as error:
        plant(tables={"training": {"ai": {}}}, buy=[1], load=[1], clauses=[clause]).build()
    assert str(error.value) == (
        "agreement: Art. 1: workload = 'training_x' is not on the site. "
        "Give one of training_ai, firm_load."
    )


@pytest.mark.parametrize(
    ("price", "sentence"),
    [
        (None, "Art. 1: training_ai gets 80 of 80 MWh due in week 1."),
        (100.0, "Art. 1: training_ai gets 40 of 80 MWh due in week 1."),
    ],
)
def test_it_says_how_it_stands(institute, price, sentence):
    plan = institute(step_h=0.5, price_mad_per_mwh=price)
    assert plan.clauses[0]["sentence"] == sentence


TAMPERED = [
    ("count of the week so far is the table's [MWh]", 1, "art_1_delivered_mwh", 81.0),
    ("count of the week so far is the table's [MWh]", 1, "art_1_delivered_mwh", math.nan),
    ("count of the week so far is the table's [MWh]", 0, "training_ai_work_mw", 70.0),
    ("the clause is kept", 0, "training_ai_work_mw", 79.0),
    ("the clause is kept", 1, "training_ai_work_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(institute, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(institute(), column, step, value)


def test_every_rule_has_been_seen_to_fail(institute, rules_of):
    assert rules_of(institute(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}
