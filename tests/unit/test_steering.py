"""Steering: which budgets get a price, from what, and what happens where none can be found."""

import numpy as np
import pandas as pd
import pytest

import optimizer as dk
from optimizer.config import read_toml
from optimizer.reference import reference_file
from optimizer.steering import CLIMATES_MAX, steer

YEAR = {
    "kind": "carbon_budget",
    "article": "8.1",
    "text": "as agreed",
    "valid_from": pd.Timestamp("2026-01-01").date(),
    "window": "year",
    "time_zone": "Etc/GMT",
    "budget_kg": 3e6,
}


def windy_site():
    """Return a farm, a line and a load that may be shed: no integers, quickly looked ahead."""
    base = read_toml(reference_file("site.toml"))
    kept = ("place", "plan", "solver", "wind", "grid")
    tiers = [{"shed_max_pu": 1.0, "value_mad_per_mwh": 3000.0}]
    site = {name: base[name] for name in kept}
    cloud = {"demand_mw": 140.0, "tiers": tiers}
    idle = base["facility"] | {"fixed_overhead_mw": 0.0}
    return dk.parse_site(site | {"facility": idle, "firm": {"cloud": cloud}})


def december(state=(), **changes):
    """Return the problem of a week before the last two of the year."""
    start = pd.Timestamp("2026-12-10T00:00Z")
    agreement = dk.parse_agreement({"title": "t", "clause": [YEAR | changes]})
    rows = tuple(dk.StateRow("art_8_1", q, value, "2026") for q, value in state)
    return dk.build(
        windy_site(),
        start=start,
        horizon="168h@3h",
        agreement=agreement,
        state=dk.State(time_utc=start, rows=rows, origin="the test"),
    )


def price_of(problem):
    """Return the worth of a kg in the opening state, if it has one."""
    rows = problem.given.state.find("art_8_1", "price_mad_per_kg")
    return [row.value for row in rows]


def test_the_less_is_left_the_more_it_is_worth():
    """Proves the shadow price: nothing where plenty is left, shedding's price where little is.

    A kg not emitted is bought by shedding: (3,000 MAD - tariff) for 516 kg, 2.6 to 4.6 MAD/kg.
    """
    plenty, little = (price_of(december(state=[("used_kg", used)])) for used in (-5e7, 2.99e6))
    assert plenty == [0.0]
    assert 2.6 < little[0] < 4.6


def test_it_says_from_what_the_worth_comes():
    problem = december(state=[("used_kg", 2.99e6)])
    (price,) = price_of(problem)
    assert problem.provenance.budgets == (
        f"worth of what is left, from a look-ahead on {CLIMATES_MAX} climates: "
        f"Art. 8.1 {price:,.2f} MAD/kg."
    )


def test_a_worth_that_is_given_stays():
    problem = december(state=[("used_kg", 0.0), ("price_mad_per_kg", 7.0)])
    assert price_of(problem) == [7.0]
    assert problem.provenance.budgets == ""


def test_a_window_that_ends_with_the_plan_needs_no_worth():
    problem = december(window="week", budget_kg=1e6)
    assert price_of(problem) == []


def test_without_a_climate_a_budget_is_used_in_proportion(plant):
    """Proves the fallback: series from a caller can't be looked ahead on, and that is said."""
    problem = plant(
        tables={"grid": {"line": {"emission_kg_per_mwh": 500.0}}},
        buy=[600.0] * 4,
        load=[10.0] * 4,
        clauses=[YEAR | {"article": "1", "budget_kg": 1e9}],
    ).build()
    assert problem.provenance.budgets == "Art. 1: no climate to look ahead on: pro rata."
    (account,) = problem.agreement.clause[0].accounts(problem.given)
    assert account.allowed == pytest.approx(1e9 * 4 / 8760)


def test_it_knows_the_plans_own_weather():
    """Proves a calm week is looked at as it is, not as a climate has it: carbon is worth more."""
    problem = december(state=[("used_kg", -6e6)])
    calm = problem.given.series.assign(wind_main_available_mw=0.0)
    rows = tuple(r for r in problem.given.state.rows if not r.quantity.startswith("price"))
    state = dk.State(time_utc=problem.given.state.time_utc, rows=rows, origin="the test")
    given = type(problem.given)(horizon=problem.given.horizon, series=calm, state=state)
    steered = steer(problem.site, problem.agreement, reference_file("site.toml").parent, given)
    assert np.mean([row.value for row in steered.rows]) > price_of(problem)[0] + 0.1
