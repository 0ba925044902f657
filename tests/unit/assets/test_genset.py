"""Gensets: fuel, minimum load, starts, run and rest times, what the state hands over."""

import pytest

import optimizer as dk
from models.errors import InputError

DEAR = 20_000.0


def test_fuel_is_by_the_mwh_and_the_litre(plant):
    """Proves 250 L/MWh * 10 MAD/L = 2,500 MAD/MWh is dearer than 2,400 and cheaper than 3,000.

    10 MW over half-hours, 6 of them by the fleet in the second: 2400 * 5 + 2500 * 3 + 3000 * 2.
    """
    fleet = {"unit_count": 2, "unit_power_max_mw": 3.0, "emission_kg_per_mwh": 700.0}
    plan = plant(
        tables={"genset": {"backup": fleet}}, buy=[2400, 3000], load=[10, 10], step_h=0.5
    ).solve()
    assert plan.schedule["genset_backup_fuel_l"].tolist() == pytest.approx([0, 750])
    assert plan.schedule["site_emission_kg"].tolist() == pytest.approx([0, 2100])
    assert plan.objective_mad == pytest.approx(25_500)
    assert plan.optimum.solver["integers"] == 0


@pytest.mark.parametrize(("load", "cost_mad"), [(3, 3000 * 1.5), (6, 2500 * 3)])
def test_a_unit_runs_at_its_least_power_or_not_at_all(plant, load, cost_mad):
    """Proves 5 MW at least: 3 MW for half an hour come from the grid at 3000, 6 MW by fuel."""
    table = {"unit_power_min_mw": 5.0}
    plan = plant(tables={"genset": {"backup": table}}, buy=[3000], load=[load], step_h=0.5).solve()
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(("load", "on_count"), [(9, 1), (12, 2), (25, 3)])
def test_no_more_units_start_than_are_needed(plant, load, on_count):
    """Proves units are counted: of 3 units of 10 MW, 800 MAD for each start."""
    table = {"unit_count": 3, "start_cost_mad": 800.0}
    plan = plant(tables={"genset": {"backup": table}}, load=[load]).solve()
    assert plan.schedule["genset_backup_on_count"].item() == on_count
    assert plan.objective_mad == pytest.approx(2500 * load + 800 * on_count)


@pytest.mark.parametrize(
    ("running_mad_per_h", "stop_mad", "cost_mad"),
    [
        (700.0, 0.0, 15_000 + 1_000 + 3 * 350),
        (2400.0, 0.0, 15_000 + 2 * 1_000 + 2 * 1_200),
        (2400.0, 300.0, 15_000 + 1_000 + 3 * 1_200),
    ],
    ids=["idling is cheap", "starting again is cheaper", "but not if stopping costs"],
)
def test_idling_is_weighed_against_starting_again(plant, running_mad_per_h, stop_mad, cost_mad):
    """Proves starts, stops and running hours: 6, 0, 6 MW in half-hours, 2500 * 6 = 15,000 of fuel.

    Idling costs half its hourly price, a second start 1,000 (and a stop).
    """
    table = {
        "start_cost_mad": 1000.0,
        "stop_cost_mad": stop_mad,
        "running_cost_mad_per_h": running_mad_per_h,
    }
    plan = plant(tables={"genset": {"backup": table}}, load=[6, 0, 6], step_h=0.5).solve()
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(
    ("min_up_h", "running"), [(0.0, 1), (0.5, 1), (1.0, 2), (1.25, 3)], ids=lambda v: f"{v}"
)
def test_a_started_unit_runs_its_least_hours(plant, min_up_h, running):
    """Proves hours, not steps, bind: a need of 5 MW for half an hour, then 2 MW at least.

    What nobody needs is sold at 100: 2500 * (2.5 + (n - 1)) - 100 * (n - 1) MAD.
    """
    table = {"unit_power_min_mw": 2.0, "min_up_h": min_up_h}
    plan = plant(
        tables={"genset": {"backup": table}},
        buy=[DEAR] * 4,
        sell=[100] * 4,
        load=[5, 0, 0, 0],
        step_h=0.5,
    ).solve()
    assert plan.schedule["genset_backup_on_count"].sum() == running
    assert plan.objective_mad == pytest.approx(2500 * (1.5 + running) - 100 * (running - 1))


@pytest.mark.parametrize(
    ("min_down_h", "cost_mad"), [(0.5, 2500 * 5), (0.75, 2500 * 2.5 + 4000 * 2.5)]
)
def test_a_stopped_unit_rests_its_least_hours(plant, min_down_h, cost_mad):
    """Proves the rest binds: 5, 0, 5 MW in half-hours, with nowhere for the least 2 MW to go."""
    table = {"unit_power_min_mw": 2.0, "min_down_h": min_down_h, "initial_on_count": 1}
    plan = plant(
        tables={"genset": {"backup": table}}, buy=[4000] * 3, load=[5, 0, 5], step_h=0.5
    ).solve()
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(
    ("opening", "rest", "grid_price"),
    [((), 2, 4500), ((("on_count", 1.0, "0.5"),), 1, 5000)],
    ids=["at rest before", "half an hour into its run"],
)
def test_a_run_ends_after_its_most_hours(plant, opening, rest, grid_price):
    """Proves an hour at most binds, the hours before the plan counted: one half-hour by grid."""
    table = {"unit_power_min_mw": 2.0, "max_up_h": 1.0, "min_down_h": 0.5}
    rows = [dk.StateRow("genset_backup", *row) for row in opening]
    plan = plant(
        tables={"genset": {"backup": table}},
        buy=[6000, 5000, 4500],
        load=[5, 5, 5],
        step_h=0.5,
        state=rows,
    ).solve()
    assert plan.schedule["genset_backup_on_count"].iloc[rest] == 0
    assert plan.objective_mad == pytest.approx(2500 * 5 + grid_price * 2.5)


@pytest.mark.parametrize(
    ("limit", "cost_mad"),
    [
        ({}, 2500 * 12),
        ({"running_max_h": 1.5}, 2500 * 11 + 4000 * 1),
        ({"running_max_h": 0.5}, None),
    ],
    ids=["no limit", "1.5 unit-hours", "0.5 unit-hours"],
)
def test_running_hours_have_a_most(plant, limit, cost_mad):
    """Proves unit-hours are counted: 12 MW in two half-hours take two units of 10 MW.

    1.5 h leave one unit in one step: 2 MW * 0.5 h by grid; 0.5 h one unit in one step only:
    10 MW * 0.5 h by fuel, 7 MWh by grid.
    """
    table = {"unit_count": 2} | limit
    plan = plant(
        tables={"genset": {"backup": table}}, buy=[4000, 4000], load=[12, 12], step_h=0.5
    ).solve()
    assert plan.objective_mad == pytest.approx(cost_mad or 2500 * 5 + 4000 * 7)


@pytest.mark.parametrize(("starts", "grid_mad"), [(2, 0), (1, 4000), (0, 4000 + 4500)])
def test_starts_have_a_most(plant, starts, grid_mad):
    """Proves starts are counted: 5, 0, 5 MW; what no start is left for is drawn, cheapest first."""
    table = {"unit_power_min_mw": 2.0, "starts_max_count": starts}
    plan = plant(
        tables={"genset": {"backup": table}}, buy=[4000, 1, 4500], load=[5, 0, 5], step_h=0.5
    ).solve()
    assert plan.objective_mad == pytest.approx(2.5 * (2500 * starts + grid_mad))


def test_units_that_must_run_do(plant):
    """Proves one of two units runs at 2 MW at least: 1 MW too much is sold at 10 MAD/MWh."""
    table = {"unit_count": 2, "unit_power_min_mw": 2.0, "must_run_count": 1}
    plan = plant(tables={"genset": {"backup": table}}, buy=[300], sell=[10], load=[1]).solve()
    assert plan.objective_mad == pytest.approx(2500 * 2 - 10 * 1)


@pytest.mark.parametrize(
    ("delivered_l_per_h", "opening_l", "burnt_mwh"),
    [(0.0, None, 4.0), (200.0, None, 4.8), (200.0, 500.0, 2.8)],
    ids=["full tanks", "and deliveries", "half full by the state"],
)
def test_fuel_lasts(plant, delivered_l_per_h, opening_l, burnt_mwh):
    """Proves litres bind: 1,000 L are 4 MWh at 250 L/MWh, 200 L/h for two half-hours 0.8 MWh."""
    table = {"fuel_stock_l": 1000.0, "fuel_delivery_l_per_h": delivered_l_per_h}
    rows = [] if opening_l is None else [dk.StateRow("genset_backup", "fuel_l", opening_l)]
    plan = plant(
        tables={"genset": {"backup": table}}, buy=[3000] * 2, load=[6, 6], step_h=0.5, state=rows
    ).solve()
    assert plan.objective_mad == pytest.approx(2500 * burnt_mwh + 3000 * (6 - burnt_mwh))


def test_full_tanks_take_no_delivery(plant):
    """Proves a delivery is not saved up: after an idle hour the tanks hold 1,000 L, not 1,400.

    1,000 + 400 - 5 * 250 = 150 L are left after 5 MWh in the second hour.
    """
    table = {"fuel_stock_l": 1000.0, "fuel_delivery_l_per_h": 400.0}
    plan = plant(tables={"genset": {"backup": table}}, buy=[1, DEAR], load=[5, 5]).solve()
    assert plan.schedule["genset_backup_fuel_stock_l"].tolist() == pytest.approx([1000, 150])


@pytest.mark.parametrize(
    ("since_h", "running"), [("0.5", 2), ("1", 1), ("1.5", 0)], ids=lambda v: str(v)
)
def test_the_hours_a_unit_has_run_count(plant, since_h, running):
    """Proves the state's hours: 1.5 h at least leave 1, 0.5 or 0 h, in half-hours.

    2 MW that nobody needs are sold at 100 MAD/MWh.
    """
    table = {"unit_power_min_mw": 2.0, "min_up_h": 1.5}
    plan = plant(
        tables={"genset": {"backup": table}},
        buy=[DEAR] * 3,
        sell=[100] * 3,
        step_h=0.5,
        state=[dk.StateRow("genset_backup", "on_count", 1.0, since_h)],
    ).solve()
    assert plan.schedule["genset_backup_on_count"].tolist() == [1] * running + [0] * (3 - running)
    assert plan.objective_mad == pytest.approx(2400 * running)


@pytest.mark.parametrize(("since_h", "drawn"), [("0.25", 2), ("0.5", 1), ("1", 0)])
def test_the_hours_a_unit_has_rested_count(plant, since_h, drawn):
    """Proves the state's hours: an hour's rest leaves 0.75, 0.5 or 0 h, 5 MW drawn meanwhile."""
    table = {"min_down_h": 1.0}
    plan = plant(
        tables={"genset": {"backup": table}},
        buy=[4000] * 3,
        load=[5] * 3,
        step_h=0.5,
        state=[dk.StateRow("genset_backup", "off_count", 1.0, since_h)],
    ).solve()
    assert plan.objective_mad == pytest.approx(2.5 * (4000 * drawn + 2500 * (3 - drawn)))


def test_units_the_state_does_not_name_have_rested_long(plant):
    """Proves the rest of the fleet may start: one of two units runs, the other is free."""
    table = {"unit_count": 2, "min_down_h": 9.0, "start_cost_mad": 100.0}
    plan = plant(
        tables={"genset": {"backup": table}},
        load=[15],
        state=[dk.StateRow("genset_backup", "on_count", 1.0, "3")],
    ).solve()
    assert plan.objective_mad == pytest.approx(2500 * 15 + 100)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"unit_power_min_mw": 11.0}, "unit_power_min_mw is above unit_power_max_mw. Lower it."),
        ({"initial_on_count": 2}, "more than unit_count = 1 units run. Lower the count."),
        ({"must_run_count": 2}, "more than unit_count = 1 units run. Lower the count."),
    ],
)
def test_tables_that_contradict_themselves_are_refused(plant, change, problem):
    with pytest.raises(InputError) as error:
        _ = plant(tables={"genset": {"backup": change}}, load=[1]).site
    assert str(error.value) == f"site: [genset.backup] {problem}"
