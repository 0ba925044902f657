"""A fixed schedule against scenarios: expected cost, what breaks and the margin, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.breach import breaches
from optimizer.planned import published_of
from optimizer.realised import (
    missing_mw,
    planned,
    realised,
    stoppables,
    with_series,
)
from optimizer.recourse import recourse
from optimizer.robustness import robustness
from optimizer.site_rules import site_rules

CAP = {"kind": "import_cap", "import_max_mw": 6.0, "first_hour": 0, "last_hour": 24}


@pytest.fixture(scope="module")
def windy(plant):
    """Two half-hours: 10 MW sovereign, 4 MW of cloud worth 500, 8 MW of wind, a line of 8 MW.

    The battery is empty and stays so; 6 MW are drawn at 100 MAD/MWh.
    """
    tier = {"shed_max_pu": 1.0, "value_mad_per_mwh": 500.0}
    return plant(
        tables={
            "firm": {"cloud": {"demand_mw": 4.0, "tiers": [tier]}},
            "grid": {"line": {"import_max_mw": 8.0}},
            "battery": {"main": {}},
        },
        buy=[100, 100],
        wind=[8, 8],
        load=[10, 10],
        clauses=[CAP],
        step_h=0.5,
    ).solve()


def held(plan, wind, weights):
    """Return how a plan stands up to scenarios of wind, given as steps by scenarios."""
    rows = {"wind_main_available_mw": np.array(wind, dtype="float64")}
    return robustness(published_of(plan.optimum), rows, np.array(weights))


def test_the_plans_own_weather_changes_nothing(windy):
    """Proves zero is zero: 6 MW x 1 h x 100 MAD, no clause broken, margin 8 + 8 - 10 MW."""
    found = held(windy, [[8], [8]], [1.0])
    assert found.planned_cost_mad == pytest.approx(600.0)
    assert found.expected_cost_mad == pytest.approx(600.0)
    assert found.broken_pu == {"1": 0.0}
    assert (found.stopped_pu, found.short_pu) == (0.0, 0.0)
    assert found.sovereign_margin_mw == pytest.approx(6.0)


def test_cost_clause_and_margin_over_three_scenarios(windy):
    """Proves the sums: what misses is drawn up to 8 MW, then the cloud stops at 500 MAD/MWh.

    Scenario 1, 1 MW more: 1 MW x 0.5 h x 100 less, -50. Scenario 2 misses 1 MW in the second
    half-hour: +50, and 7 MW are above the cap of 6. Scenario 3 misses 5 MW in the first: 2 more
    are drawn, +100, and 3 stop, 3 x 0.5 x 500 = 750. Expected 600 - 25 + 15 + 170 with 0.5, 0.3
    and 0.2. The margin is least in the third: 3 + 8 - 10.
    """
    found = held(windy, [[9, 8, 3], [8, 7, 8]], [0.5, 0.3, 0.2])
    assert found.expected_cost_mad == pytest.approx(600 - 25 + 15 + 170)
    assert found.worst_cost_mad == pytest.approx(1450.0)
    assert found.broken_pu == {"1": pytest.approx(0.5)}
    assert found.stopped_pu == pytest.approx(0.2)
    assert found.stopped_mwh == pytest.approx(0.2 * 1.5)
    assert found.short_pu == 0.0
    assert found.sovereign_margin_mw == pytest.approx(1.0)
    assert found.sovereign_margin_utc == "2026-01-05T00:00Z"
    assert "Art. 1 50%" in " ".join(found.sentences())


def test_a_sovereign_load_without_supply_is_short(windy):
    """Proves a negative margin: no wind leaves 8 of 10 MW, and 4 MW of cloud have stopped."""
    found = held(windy, [[0], [8]], [1.0])
    assert found.short_pu == 1.0
    assert found.sovereign_margin_mw == pytest.approx(-2.0)


def test_what_the_battery_lends_is_worn_and_owed(plant):
    """Proves 2 MW lent for an hour cost 20 MAD of wear and 2 / 0.8 MWh at 100 MAD each."""
    battery = {
        "energy_initial_mwh": 40.0,
        "ageing_cost_mad_per_mwh": [10.0],
        "end_value_mad_per_mwh": 100.0,
        "charge_efficiency_pu": 1.0,
    }
    plan = plant(tables={"battery": {"main": battery}}, wind=[10], load=[10]).solve()
    found = held(plan, [[8]], [1.0])
    assert found.expected_cost_mad - found.planned_cost_mad == pytest.approx(20 + 2.5 * 100)


def test_a_realised_table_keeps_the_rules_of_the_site(plant):
    """Proves the realised table is a schedule: bus balance and sums hold in 20 random scenarios."""
    plan = plant(
        tables={
            "battery": {"main": {"energy_initial_mwh": 40.0, "end_value_mad_per_mwh": 50.0}},
            "genset": {"diesel": {}},
            "grid": {"line": {"import_max_mw": 30.0}},
            "firm": {
                "cloud": {
                    "demand_mw": 20.0,
                    "tiers": [{"shed_max_pu": 1.0, "value_mad_per_mwh": 9e3}],
                }
            },
            "training": {"ai": {"power_max_mw": 10.0, "value_mad_per_mwh": 700.0}},
        },
        buy=[100, 400, 900, 300, 200, 800],
        wind=[60, 10, 0, 20, 80, 5],
        load=[30] * 6,
    ).solve()
    published = published_of(plan.optimum)
    draw = np.random.default_rng(5)
    base = published.given.column("wind_main_available_mw")
    givens = [
        with_series(
            published.given,
            {"wind_main_available_mw": np.maximum(base + draw.normal(0, 12, 6), 0.0)},
        )
        for _ in range(20)
    ]
    stop = stoppables(published)
    missing = np.array([missing_mw(published, given) for given in givens]).T
    outcome = recourse(planned(published, stop), missing)
    assert (outcome.short_mw == 0.0).all()
    assert (outcome.stopped_mw > 0.1).any()
    for number, given in enumerate(givens):
        table = realised(published, given, outcome, number, stop)
        rules = site_rules(table, published.site, replace(given))
        assert breaches("site", rules) == []
