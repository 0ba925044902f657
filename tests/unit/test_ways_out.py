"""Ways out of a clash: amounts and hours by hand, each checked by solving, sovereign load never."""

from typing import Any

import pyomo.environ as pyo
import pytest

import optimizer as dk
from optimizer.diagnosis import Reasons, reasons
from optimizer.errors import Infeasible
from tests.properties.built_clashes import CLASHES, CLOUD, battery, cap, genset, line, share


def told(plant: Any) -> Reasons:
    """Return why a plant has no plan."""
    found = reasons(plant.build())
    assert found is not None
    return found


def sentences(plant: Any) -> list[str]:
    """Return the ways out of a plant as they are printed."""
    return [str(way) for way in told(plant).ways]


def test_a_cap_is_relaxed_by_what_the_load_lacks(plant):
    """Proves 20 and 26 MW under a cap of 8: 12 and 18 MW more, 30 MWh, at 100 MAD/MWh each."""
    tight = plant(buy=[100] * 4, load=[4, 20, 26, 4], clauses=[cap(8.0, 1, 3)])
    (sentence,) = sentences(tight)
    assert sentence == (
        "Art. 1 relaxed by up to 18.0 MW, 2026-01-05 01:00Z to 03:00Z (30.0 MWh); "
        "the plan then costs 5,400 MAD"
    )


def test_hours_between_are_not_claimed(plant):
    """Proves a cap that is too low at 00:00 and 02:00 is relaxed in two of three hours."""
    (sentence,) = sentences(plant(buy=[100] * 3, load=[9, 4, 9], clauses=[cap(8.0, 0, 0)]))
    assert sentence.startswith(
        "Art. 1 relaxed by 1.0 MW, in 2 h of 2026-01-05 00:00Z to 03:00Z (2.0 MWh)"
    )


def test_half_hours_count_half(plant):
    """Proves MW and MWh are told apart: 12 MW for half an hour is 6 MWh."""
    tight = plant(buy=[100] * 2, load=[20, 4], step_h=0.5, clauses=[cap(8.0, 0, 1)])
    (way,) = told(tight).ways
    assert (way.given_up[0].most, way.given_up[0].most_unit) == (pytest.approx(12), "MW")
    assert (way.given_up[0].amount, way.given_up[0].unit) == (pytest.approx(6), "MWh")
    assert way.cost_mad == pytest.approx(100 * 0.5 * 24)


def test_a_share_is_relaxed_by_the_energy_it_lacks(plant):
    """Proves 3 of 10 MW of wind in one hour: 7 MWh from the line at 500 MAD."""
    calm = CLASHES["a share of 100 % in a calm hour"].plant
    assert sentences(calm) == [
        "Art. 1 relaxed by 7.0 MWh, 2026-01-05 00:00Z to 04:00Z; the plan then costs 3,500 MAD"
    ]


def test_a_carbon_budget_is_relaxed_in_kilograms(plant):
    """Proves 10 MWh of genset at 800 kg are 2,000 kg above 6,000; 2,500 MAD/MWh of fuel."""
    assert sentences(CLASHES["a carbon budget without wind"].plant) == [
        "Art. 1 relaxed by 2,000 kg, 2026-01-05 00:00Z to 01:00Z; the plan then costs 25,000 MAD"
    ]


def test_a_reserve_is_relaxed_by_what_the_battery_lacks(plant):
    """Proves 4 h of 10 MW from 30 MWh: 10 MWh are missing, for an hour."""
    (way,) = told(CLASHES["a ride-through above the battery"].plant).ways
    assert way.given_up[0].most == pytest.approx(10)
    assert (way.given_up[0].most_unit, way.given_up[0].unit) == ("MWh", "MWh h")


def test_contracted_work_gives_way(plant):
    """Proves 90 MWh an hour in halls of 50 MW, where half power does 80 %: 10 MWh less each."""
    (way,) = told(CLASHES["a training contract above the halls"].plant).ways
    assert str(way.given_up[0]) == (
        "40.0 MWh less work of training_main, 2026-01-05 00:00Z to 04:00Z"
    )


def test_a_deadline_gives_way(plant):
    """Proves 6 MWh in an hour of 4 MW: 2 MWh are late."""
    (way,) = told(CLASHES["a deadline above the machines"].plant).ways
    assert str(way) == (
        "2.0 MWh of deferrable_main not done by its deadline, 2026-01-05 00:00Z to 01:00Z; "
        "the plan then costs 2,000 MAD"
    )


def test_customers_are_shed_before_a_line_is_asked_for(plant):
    """Proves two ways: 1 MW more shed (14 + 14 - 27), or 1 MW more drawn, which we can't do."""
    found = told(CLASHES["customers beyond what tiers shed"].plant)
    assert [str(way.given_up[0]) for way in found.ways] == [
        "1.0 MW more of firm_cloud shed, 2026-01-05 01:00Z to 02:00Z (1.0 MWh)",
        "1.0 MW more drawn at grid_line, 2026-01-05 01:00Z to 02:00Z (1.0 MWh)",
    ]
    assert [way.is_taken for way in found.ways] == [True, False]


def test_energy_at_the_end_gives_way_before_a_line_is_asked_for(plant):
    """Proves 16 of 50 MWh come through a line of 8 MW: 34 are missing."""
    found = told(CLASHES["energy at the end behind a thin line"].plant)
    assert [way.given_up[0].amount for way in found.ways] == [
        pytest.approx(34),
        pytest.approx(34),
    ]
    assert found.ways[0].limits == ["battery_main: energy at the end"]


def test_energy_at_the_end_falls_no_lower_than_the_window(plant):
    """Proves the slack stops at an empty battery: 10 MW of load in the last hour get none of it."""
    empty = plant(load=[0, 10], tables=battery(energy_final_min_mwh=50.0, energy_initial_mwh=4.0))
    found = told(empty)
    assert not any(way.is_taken for way in found.ways)
    assert found.lost is not None
    assert found.lost.given_up[0].amount == pytest.approx(6)


def test_two_clauses_each_give_way_alone(plant):
    """Proves a cap of 1 MW against 8 MWh of work in 4 h: 4 MWh of either, the quota first."""
    found = told(CLASHES["a cap against a quota"].plant)
    assert [way.limits for way in found.ways] == [["Art. 2"], ["Art. 1"]]
    quota, cap_of = (way.given_up[0] for way in found.ways)
    # 1 MW at half power does 1.6 MWh an hour of work
    assert quota.amount == pytest.approx(8 - 4 * 1.6)
    assert cap_of.amount == pytest.approx(8 / 1.6 - 4)


def test_where_no_limit_alone_is_enough_the_ladder_gives_up_several(plant):
    """Proves 2 MW of line for 10 of sovereign load and a reserve: a cap and a share both go."""
    both = plant(
        buy=[100],
        wind=[0],
        load=[10],
        clauses=[cap(2.0, 0, 0), share(0.9)],
    )
    (way,) = told(both).ways
    assert way.limits == ["Art. 1", "Art. 2"]
    assert [one.amount for one in way.given_up] == [pytest.approx(8), pytest.approx(9)]
    assert way.cost_mad == pytest.approx(1000)


@pytest.mark.parametrize("name", CLASHES)
def test_the_sovereign_load_is_never_offered(name):
    """Proves no way out names it, and each way has a cost, which only a solved plan has."""
    found = told(CLASHES[name].plant)
    offered = {limit for way in found.ways for limit in way.limits}
    assert not {limit for limit in offered if limit.endswith(": demand")}
    assert "facility: fixed overhead" not in offered
    assert len(found.ways) <= 5
    for way in found.ways:
        assert way.cost_mad == way.cost_mad
        assert way.given_up
    if not any(way.is_taken for way in found.ways):
        assert "Refused" in found.text()


def test_what_only_the_sovereign_load_could_give_is_said(plant):
    """Proves 5 MW for 1.5 of 4 hours: 12.5 MWh, refused, with the fuel that would do."""
    dry = plant(load=[5] * 4, tables=genset(fuel_stock_l=1875.0))
    found = told(dry)
    (way,) = found.ways
    assert str(way).startswith("3,125 L more fuel for genset_main, 2026-01-05 00:00Z to ")
    assert found.lost is not None
    assert found.lost.given_up[0].amount == pytest.approx(12.5)
    assert sum(found.lost.by_step_mw["firm_load"]) == pytest.approx(12.5)
    assert (
        "Refused: no clause, contract or other load that gives way is enough.\n"
        "The sovereign load, which is never given up, lacks at least 12.5 MWh of firm_load"
    ) in found.text()


def test_a_plan_in_the_end_says_all_of_it(plant):
    """Proves the error a caller sees: message, names, and tables for machines."""
    two = plant(
        buy=[500, 500],
        load=[10, 14],
        series={"firm_cloud_demand_mw": [20, 20]},
        tables={"firm": {"cloud": CLOUD}} | line(27.0),
    )
    with pytest.raises(Infeasible) as error:
        two.solve()
    assert str(error.value) == (
        "No schedule keeps all of these at once:\n"
        "  firm_cloud: demand that may not be shed (14 MW), 2026-01-05 01:00Z to 02:00Z\n"
        "  firm_load: demand (14 MW), 2026-01-05 01:00Z to 02:00Z\n"
        "  grid_line: most that can be drawn (27 MW), 2026-01-05 01:00Z to 02:00Z\n"
        "Ways out, each checked by solving again:\n"
        "  1. 1.0 MW more of firm_cloud shed, 2026-01-05 01:00Z to 02:00Z (1.0 MWh); "
        "the plan then costs 151,000 MAD.\n"
        "  2. 1.0 MW more drawn at grid_line, 2026-01-05 01:00Z to 02:00Z (1.0 MWh); "
        "the plan then costs 151,500 MAD.\n"
        "`dakhla plan --soften` takes the first and marks the schedule so."
    )
    details = error.value.details
    assert [one["limit"] for one in details["members"]] == [
        "firm_cloud: demand that may not be shed",
        "firm_load: demand",
        "grid_line: most that can be drawn",
    ]
    assert [way["is_on_ladder"] for way in details["ways_out"]] == [True, False]
    assert details["ways_out"][0]["given_up"][0]["amount"] == pytest.approx(1)
    assert details["sovereign_lost"] == []


def test_a_model_of_ones_own_is_answered_with_its_rows(plant):
    """Proves a row a caller adds is named, where the plan's own limits do not clash."""
    problem = plant(buy=[500], load=[10]).build()
    problem.model.mine = pyo.Constraint(expr=problem.model.grid_line.import_mw[0] <= 4)
    with pytest.raises(Infeasible) as error:
        dk.solve(problem)
    assert "mine" in error.value.names
