"""Pins: quantities a person holds, their optimum by hand, the audit, and clashes."""

import pytest

import optimizer as dk
from optimizer.breach import TOLERANCE
from optimizer.held import Interventions, Pin
from optimizer.held_rules import held_rules
from optimizer.interventions import with_held
from optimizer.optimum import optimize
from optimizer.pins import pinnable
from optimizer.planned import published_of
from optimizer.site import build_model
from tests.properties import rich_site
from tests.unit.held_plants import broken_by, out, pin, plan_with, reasons_of

TWO = (100.0, 300.0)  # MAD/MWh
BANK = {"battery": {"main": {}}}
AI = {"training": {"ai": {"value_mad_per_mwh": 500.0}}}
DIESEL = {
    "genset": {"backup": {"unit_count": 3, "start_cost_mad": 10.0, "running_cost_mad_per_h": 4.0}}
}
CASES = {  # name: plant, (column, first hour, end, low, high), cost, {column: by step}
    "at least 5 MW are drawn, 15 of 30 MW of wind are used": (
        {"buy": TWO, "load": [20, 20], "wind": [30, 30]},
        ("grid_line_import_mw", 0, 2, 5, None),
        5 * 100 + 5 * 300,
        {"wind_main_used_mw": [15, 15]},
    ),
    "a fixed draw in the second step": (
        {"buy": TWO, "load": [20, 20], "wind": [30, 30]},
        ("grid_line_import_mw", 1, 2, 7, 7),
        7 * 300,
        {"wind_main_used_mw": [20, 13]},
    ),
    "a range: no less than 4, no more than 10 MW of wind": (
        {"buy": TWO, "load": [20, 20], "wind": [30, 3]},
        ("wind_main_used_mw", 0, 1, 4, 10),
        10 * 100 + 17 * 300,
        {"wind_main_used_mw": [10, 3]},
    ),
    "half hours: 2 MW into the battery, 0.9 MWh stored, 1.44 MW out": (
        {"buy": TWO, "load": [10, 10], "tables": BANK, "step_h": 0.5},
        ("battery_main_charge_mw", 0, 0.5, 2, 2),
        (12 * 100 + (10 - 1.44) * 300) / 2,
        {"battery_main_energy_mwh": [0.9, 0], "battery_main_discharge_mw": [0, 1.44]},
    ),
    "energy at the end of the first step: 9 MWh are 10 MW for an hour": (
        {"buy": TWO, "load": [10, 10], "tables": BANK},
        ("battery_main_energy_mwh", 0, 1, 9, 9),
        20 * 100 + (10 - 7.2) * 300,
        {"battery_main_charge_mw": [10, 0]},
    ),
    "units that run: two, for their start and an hour of running": (
        {"buy": TWO, "load": [10, 10], "tables": DIESEL},
        ("genset_backup_on_count", 1, 2, 2, 2),
        10 * 100 + 10 * 300 + 2 * (10 + 4),
        {"genset_backup_on_count": [0, 2], "genset_backup_power_mw": [0, 0]},
    ),
    "training at 70 MW in the dear step: 88 of work": (
        {"buy": TWO, "tables": AI},
        ("training_ai_power_mw", 1, 2, 70, 70),
        (100 * 100 - 100 * 500) + (70 * 300 - 88 * 500),
        {"training_ai_work_mw": [100, 88]},
    ),
    "all lines together": (
        {"buy": TWO, "load": [20, 20], "wind": [30, 30]},
        ("site_import_mw", 0, 1, 3, None),
        3 * 100,
        {"grid_line_import_mw": [3, 0]},
    ),
    "the whole facility: training has what the load leaves": (
        {"buy": TWO, "load": [10, 10], "tables": AI},
        ("facility_power_mw", 0, 1, None, 60),
        60 * 100 - 80 * 500 + 60 * 300 - 80 * 500,
        {"training_ai_power_mw": [50, 50]},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_optimum_under_a_pin(plant, name):
    """Proves the sum of the case, and that the table outside the pin's bounds breaks the audit."""
    tables, entry, cost_mad, columns = CASES[name]
    plan = plan_with(plant(**tables), pin(*entry))
    assert plan.objective_mad == pytest.approx(cost_mad)
    for column, values in columns.items():
        assert plan.schedule[column].tolist() == pytest.approx(values, abs=1e-6), column
    column, first, _, low, high = entry
    step = round(first / plan.schedule["step_h"].iloc[0])
    who = f"site: {pin(*entry)}, pins.csv line 2"
    if low is not None:
        assert f"{who}: not below" in broken_by(plan, column, step, low - 1)
    if high is not None:
        assert f"{who}: not above" in broken_by(plan, column, step, high + 1)
    assert f"{who}: not {'below' if high is None else 'above'}" in broken_by(
        plan, column, step, float("nan")
    )


def test_what_is_pinned_outside_its_time_is_free(plant):
    """Proves a pin of the second of three steps leaves the first and the third alone."""
    windy = plant(buy=[100] * 3, load=[20] * 3, wind=[30] * 3)
    plan = plan_with(windy, pin("wind_main_used_mw", 1, 2, 8, 8))
    assert plan.schedule["wind_main_used_mw"].tolist() == pytest.approx([20, 8, 20])


def test_every_column_that_may_be_pinned_can_be(tmp_path):
    """Proves all quantities of a site with a part of each kind: held at their optimum, it stays."""
    problem = dk.build(**rich_site.asked(tmp_path))
    free = published_of(optimize(problem, is_relaxed=True))  # whole numbers take 15 s
    pins = [
        Pin(
            column=column,
            start=first,
            end=end,
            low=max(0.0, round(value, 6) - 1e-5),
            high=round(value, 6) + 1e-5,
            author="all",
        )
        for column in pinnable(problem.site)
        for first, end, value in zip(
            problem.given.horizon.edges[:-1],
            problem.given.horizon.edges[1:],
            free.table[column],
            strict=True,
        )
    ]
    held = Interventions(pins=tuple(pins))
    given = with_held(problem.given, problem.site, held)
    pinned = build_model(problem.site, problem.agreement, given, problem.provenance)
    held_so = published_of(optimize(pinned, is_relaxed=True))
    assert held_so.objective_mad == pytest.approx(free.objective_mad, rel=1e-6)
    for excess in held_rules(held_so.table, problem.site, given).values():
        assert (excess <= TOLERANCE).all()
    moved = free.table.assign(**dict.fromkeys(pinnable(problem.site), -1.0))
    rules = held_rules(moved, problem.site, given)
    broken = " ".join(rule for rule, excess in rules.items() if (excess > 0).any())
    assert [c for c in pinnable(problem.site) if f"pin of {c} by all" not in broken] == []


# -- no plan


def test_a_clash_names_the_pin_and_how_far_it_would_have_to_move(plant):
    """Proves the sentence: whose pin, its bound, its hours, and the way out of it in MWh."""
    text = reasons_of(
        plant(buy=TWO, load=[60, 60]), pin("grid_line_import_mw", 0, 2, None, 40)
    ).splitlines()
    assert text[1] == (
        "  pin of grid_line_import_mw by Ali: at most 40 MW, 2026-01-05 00:00Z to 01:00Z"
    )
    assert text[2] == "  firm_load: demand (60 MW), 2026-01-05 00:00Z to 01:00Z"
    assert text[4] == (
        "  1. pin of grid_line_import_mw by Ali: at most 40 MW relaxed by 20.0 MW, "
        "2026-01-05 00:00Z to 02:00Z (40.0 MWh); the plan then costs 24,000 MAD."
    )


def test_how_far_a_count_would_have_to_move_is_told_in_units(plant):
    """Proves amounts have the unit of what is held."""
    text = reasons_of(
        plant(buy=TWO, load=[10, 10], tables=DIESEL),
        pin("genset_backup_on_count", 0, 1, 3, None),
        out("genset_backup", 0, 1, 10),
    )
    assert (
        "  1. pin of genset_backup_on_count by Ali: at least 3 units relaxed by 2.0 units, " in text
    )


def test_two_pins_that_clash_through_the_bus_are_both_named(plant):
    """Proves neither is refused by itself: 20 MW of load can't be fed with 5 and 10 MW."""
    text = reasons_of(
        plant(buy=TWO, load=[20, 20], wind=[30, 30]),
        pin("grid_line_import_mw", 0, 1, None, 5),
        pin("wind_main_used_mw", 0, 1, 10, 10),
    )
    assert "pin of grid_line_import_mw by Ali: at most 5 MW" in text
    assert "pin of wind_main_used_mw by Ali: 10 MW" in text


def test_the_program_moves_no_pin_by_itself(plant):
    """Proves --soften does not touch what a person holds."""
    text = reasons_of(plant(buy=TWO, load=[60, 60]), pin("grid_line_import_mw", 0, 2, None, 40))
    assert "Refused: no clause, contract or other load that gives way is enough." in text
