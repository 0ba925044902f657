"""A year under a carbon budget, planned week by week, against the plan that knew the whole year."""

from dataclasses import replace

import pandas as pd
import pytest

import optimizer as dk
from optimizer.audit import Published, bills
from optimizer.config import read_toml
from optimizer.handover import state_at
from optimizer.reference import reference_file

START = pd.Timestamp("2027-01-01T00:00Z")
YEAR_H, WEEK_H, STEP_H = 8760, 168, 3
NOT_SPENT = {"end_value", "budget"}  # what is left in store, of energy and of the budget


def steered_site() -> dk.Site:
    """Return the default plant without integers: shedding, training and the grid bid for carbon."""
    base = read_toml(reference_file("site.toml"))
    kept = ("place", "plan", "solver", "facility", "solar", "wind", "grid")
    cheap = {"restart_cost_mad_per_mw": 0.0, "restart_loss_h": 0.0, "shortfall_mad_per_mwh": 1500.0}
    tiers = [
        {"shed_max_pu": 0.1, "value_mad_per_mwh": 2500.0},
        {"shed_max_pu": 0.3, "value_mad_per_mwh": 6000.0},
    ]
    return dk.parse_site(
        {name: base[name] for name in kept}
        | {
            "plan": base["plan"] | {"tie_break_mad_per_mwh_h": 0.0},
            "battery": {"main": base["battery"]["main"] | {"ageing_cost_mad_per_mwh": [231.0]}},
            "firm": {
                "sovereign": base["firm"]["sovereign"],
                "cloud": base["firm"]["cloud"] | {"tiers": tiers},
            },
            "training": {"ai": base["training"]["ai"] | cheap},
        }
    )


def agreement(budget_kg: float | None) -> dk.Agreement:
    """Return a year's carbon budget, or nothing agreed."""
    clause = {
        "kind": "carbon_budget",
        "article": "8.1",
        "text": "Over the year no more than the agreed carbon is emitted.",
        "valid_from": START.date(),
        "window": "year",
        "time_zone": "Etc/GMT",
        "budget_kg": budget_kg,
    }
    return dk.parse_agreement({"title": "t", "clause": [] if budget_kg is None else [clause]})


def spent(plan: dk.Plan, hours: int) -> tuple[float, float]:
    """Return money spent and carbon emitted in the first hours of a plan."""
    problem, count = plan.optimum.problem, hours // STEP_H
    given = problem.given
    part = replace(given, horizon=given.horizon.part(0, count), series=given.series.iloc[:count])
    table = plan.schedule.iloc[:count]
    published = Published(
        table=table,
        site=problem.site,
        agreement=problem.agreement,
        given=part,
        objective_mad=0.0,
    )
    costs = {kind: mad for kind, mad in bills(published).items() if kind[1] not in NOT_SPENT}
    return sum(costs.values()), float(table["site_emission_kg"].sum())


def with_hindsight(site: dk.Site, budget_kg: float | None) -> tuple[float, float]:
    """Return cost and carbon of the plan that knows the weather of the whole year."""
    horizon = dk.Horizon(start=START, step_h=(float(STEP_H),) * (YEAR_H // STEP_H))
    asked = {"start": START, "horizon": horizon, "agreement": agreement(budget_kg)}
    return spent(dk.solve(dk.build(site, **asked), is_relaxed=True), YEAR_H)


def week_by_week(site: dk.Site, budget_kg: float) -> tuple[float, float]:
    """Return cost and carbon of a year of weekly plans, each of which sees two weeks ahead."""
    cost_mad = emitted_kg = 0.0
    state = dk.State(time_utc=START, rows=(), origin="the test")
    for begin_h in range(0, YEAR_H, WEEK_H):
        now = START + pd.Timedelta(hours=begin_h)
        seen_h, bound_h = (min(span, YEAR_H - begin_h) for span in (2 * WEEK_H, WEEK_H))
        horizon = dk.Horizon(start=now, step_h=(float(STEP_H),) * (seen_h // STEP_H))
        asked = {"start": now, "horizon": horizon, "agreement": agreement(budget_kg)}
        plan = dk.solve(dk.build(site, state=state, **asked))
        mad, kg = spent(plan, bound_h)
        cost_mad, emitted_kg = cost_mad + mad, emitted_kg + kg
        problem = plan.optimum.problem
        published = Published(
            table=plan.schedule,
            site=site,
            agreement=problem.agreement,
            given=problem.given,
            objective_mad=plan.objective_mad,
        )
        state = state_at(published, now + pd.Timedelta(hours=bound_h), "the week before")
    return cost_mad, emitted_kg


@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", [0.6, 0.8])
def test_a_years_budget_is_neither_spent_early_nor_wasted(share):
    """Proves steering: the year ends within 2 % of its budget, at 2 % of hindsight's cost.

    Each week knows its own two weeks of weather and other climates for the rest of the year.
    """
    site = steered_site()
    free_mad, free_kg = with_hindsight(site, None)
    budget_kg = share * free_kg
    best_mad, best_kg = with_hindsight(site, budget_kg)
    assert best_mad > free_mad + 1e6  # the budget binds
    assert best_kg == pytest.approx(budget_kg, rel=1e-6)
    steered_mad, steered_kg = week_by_week(site, budget_kg)
    assert steered_kg == pytest.approx(budget_kg, rel=0.02)
    assert steered_mad <= best_mad + 0.02 * abs(best_mad)
