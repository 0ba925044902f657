"""The agreement with every kind of clause, on the default plant: feasible, audited, explained."""

import pandas as pd
import pytest

import optimizer as dk
from optimizer.agreement.clause import clause_kinds
from optimizer.config import load_agreement
from optimizer.reference import reference_file
from optimizer.steering import long_budgets

START = pd.Timestamp("2026-12-05T00:00Z")  # a Saturday without much wind


@pytest.fixture(scope="module")
def agreement():
    return load_agreement(reference_file("agreement_full.toml"))


@pytest.fixture(scope="module")
def plan(agreement):
    """Return a day under every clause; what is left of long budgets is worth nothing here."""
    rows = [
        dk.StateRow(clause.name, clause.worth_name, 0.0, key)
        for clause in agreement.clause
        for key in ("2026", "2026-12")
        if getattr(clause, "window", "") == {4: "year", 7: "month"}[len(key)]
    ]
    state = dk.State(time_utc=START, rows=tuple(rows), origin="the test")
    return dk.plan(agreement=agreement, start=START, horizon="24h@1h", state=state)


def test_it_has_every_kind_of_clause(agreement):
    assert {clause.kind for clause in agreement.clause} == set(clause_kinds())


def test_it_repeats_the_bundled_agreement(agreement):
    """Proves the example differs from what is planned by default in what it adds alone."""
    bundled = load_agreement(reference_file("agreement.toml"))
    assert bundled.clause == agreement.clause[: len(bundled.clause)]


def test_every_clause_is_kept_or_paid_for_and_says_how_it_stands(plan, agreement):
    rows = {row["article"]: row for row in plan.clauses}
    assert set(rows) == {clause.article for clause in agreement.clause}
    assert all(row["is_kept"] for row in rows.values() if row["is_hard"])
    assert all(row["sentence"].startswith(f"Art. {article}: ") for article, row in rows.items())


def test_the_water_the_region_is_due_is_made(plan):
    assert plan.schedule["desalination_main_made_m3"].sum() == pytest.approx(4000)


def test_the_reserves_are_there(plan):
    """Proves what N-1 and the embassy ask for, from the table: supply without the largest unit."""
    table = plan.schedule
    left_mw = table["site_capability_mw"] - table["site_largest_unit_mw"]
    short_mw = (table["site_sovereign_mw"] - left_mw).clip(lower=0)
    assert (table["site_deliverable_mwh"] >= short_mw - 1e-6).all()


def test_long_budgets_are_steered_where_no_state_says_their_worth(plan):
    problem = plan.optimum.problem
    kinds = {c.kind for c in long_budgets(problem.agreement, problem.given)}
    assert kinds == {"surplus_cap", "carbon_budget", "genset_hours", "water_budget"}
