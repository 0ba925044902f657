"""Kinks, ends and whole numbers, each in a case of two hours worked out by hand."""

from typing import Any

import pandas as pd
import pytest

from optimizer.explain import explain
from optimizer.explain.explanation import Explanation


@pytest.fixture(scope="module")
def genset_told(plant: Any) -> Explanation:
    """Return the explanation of 55 MW, 50 from the line and the rest from a unit of 8 to 10 MW."""
    small = plant(
        buy=[100.0, 100.0],
        tables={
            "grid": {"line": {"import_max_mw": 50.0}},
            "firm": {"cloud": {"tiers": [{"shed_max_pu": 1.0, "value_mad_per_mwh": 5000.0}]}},
            "genset": {"main": {"unit_power_min_mw": 8.0, "start_cost_mad": 1000.0}},
        },
        series={"firm_cloud_demand_mw": [55.0, 50.0]},
    )
    return explain(small.solve())


def test_whole_numbers_let_go_or_decided_otherwise_have_a_price(genset_told: Explanation) -> None:
    """Proves half a unit saves 7,700, and shedding 5 MW instead costs 4,300 more.

    The unit makes 8 MW: 20,000 fuel + 1,000 start + 4,700 drawn = 25,700. Half of one makes 5:
    12,500 + 500 + 5,000 = 18,000; without a start 5 x 5,000 + 5,000 = 30,000.
    """
    found = genset_told.decisions
    assert found["name"].tolist() == ["genset_main"] * 2
    assert found["count"].tolist() == [6, 6]  # on, started, stopped, in two steps
    assert found["mad"].tolist() == pytest.approx([-7700.0, 4300.0])
    assert genset_told.sentences[-2:] == [
        "If genset main could be decided in parts, the plan would cost 7,700 MAD less.",
        "If genset main might not start, the plan would cost 4,300 MAD more.",
    ]


def test_a_limit_worth_nothing_more_but_much_less_says_both(genset_told: Explanation) -> None:
    """Proves the line's next MW is worth nothing, its last 4,900: the second hour would shed."""
    line = genset_told.units.set_index("name").loc["grid_line.import_max_mw"]
    assert (line["more"], line["less"]) == pytest.approx((0.0, -4900.0), abs=1e-6)
    said = (
        "1 MW more that can be drawn from grid line would change nothing, and as much less would "
        "cost 4,900 MAD."
    )
    assert said in [sentence.partition(" (all")[0] for sentence in genset_told.sentences]


def test_a_decision_that_leaves_no_schedule_is_said(plant: Any) -> None:
    """Proves a unit the sovereign load can't do without is told as such."""
    small = plant(
        buy=[100.0],
        load=[55.0],
        tables={
            "grid": {"line": {"import_max_mw": 50.0}},
            "genset": {"main": {"unit_power_min_mw": 2.0, "start_cost_mad": 1000.0}},
        },
    )
    told = explain(small.solve())
    assert told.sentences[-1] == "If genset main might not start, no schedule keeps every limit."
    assert told.decisions["is_possible"].tolist() == [True, False]


def test_both_derivatives_are_told_at_a_kink(plant: Any) -> None:
    """Proves wind of just the load's size makes a MWh less worth 0 and one more 200."""
    told = explain(plant(buy=[200.0], wind=[50.0], load=[50.0]).solve())
    sides = told.value.set_index("what")["mad_per_mwh"]
    assert sides["the last MWh"] == pytest.approx(0.0, abs=1e-6)
    assert sides["one MWh more"] == pytest.approx(200.0)
    assert -1e-6 <= sides["a MWh"] <= 200.0 + 1e-6
    said = "The plan stands at a kink: one MWh less would save 0 MAD, one more would cost 200 MAD."
    assert said in told.sentences


def test_a_step_that_can_take_no_more_says_so(plant: Any) -> None:
    """Proves a full line is told as the end, and so is a MW more of load."""
    full = {"grid": {"line": {"import_max_mw": 50.0}}}
    told = explain(plant(buy=[200.0], load=[50.0], tables=full).solve())
    assert told.value["mad_per_mwh"].isna().tolist() == [False, False, True]
    assert told.to_json()["value"][2]["mad_per_mwh"] is None
    assert told.sentences[2] == (
        "One MWh more can't be had in this step: no schedule would keep every limit."
    )
    assert told.sentences[-1] == (
        "1 MW more of firm load (at its highest, in proportion at other times) can't be had; as "
        "much less would save 200 MAD."
    )


def test_never_both_at_once_has_a_price_too(plant: Any) -> None:
    """Proves a price below zero makes a battery want both ways at once, and what that is worth.

    At -100 the line gives its 80 MW; 40 are used and 40 charged. Losing more by charging and
    discharging at once is forbidden; the plan is explained with that choice as it is.
    """
    small = plant(
        buy=[-100.0, 50.0],
        load=[40.0, 40.0],
        tables={
            "grid": {"line": {"import_max_mw": 200.0}},
            "battery": {"main": {"energy_max_mwh": 10.0}},
        },
    )
    plan = small.solve()
    assert plan.optimum.binary_count > 0
    told = explain(plan, pd.Timestamp("2026-01-05T00:00Z"))
    assert told.value["mad_per_mwh"].tolist() == pytest.approx([-100.0] * 3)
    assert told.parts["words"].tolist()[0] == "tariff of grid line"
    said = "If charging and discharging, or drawing and feeding in, could go together, the plan"
    assert told.sentences[-1].startswith(f"{said} would cost ")
    assert told.sentences[-1].endswith(" MAD less.")
    assert set(told.units["how"]) == {"dual"}


def test_each_derivative_is_that_of_the_quarter_hour(plant: Any) -> None:
    """Proves prices are per MWh, not per MW of a step: 0.25 h at 200 MAD/MWh is 200 a MWh."""
    told = explain(plant(buy=[200.0, 300.0], load=[50.0, 50.0], step_h=0.25).solve())
    assert told.value["mad_per_mwh"].tolist() == pytest.approx([300.0] * 3)
    worth = told.units.set_index("name")["mad_per_unit"]
    assert worth["firm_load.demand_mw"] == pytest.approx(0.25 * 500)


def test_a_limit_of_one_step_is_told_per_mwh_and_over_the_day_per_mw(plant: Any) -> None:
    """Proves a full wind farm in half an hour at 200 MAD/MWh: 200 a MWh then, 100 a MW that day."""
    told = explain(plant(buy=[200.0], wind=[10.0], load=[50.0], step_h=0.5).solve())
    farm = told.limits.set_index("limit").loc["wind_main.used_mw[0]"]
    assert (farm["mad_per_unit"], farm["unit"], farm["dual_mad"]) == pytest.approx(
        (200.0, "MWh", 100.0)
    )
    assert told.sentences[3:5] == [
        "No limit on anything else binds then at a price. All that wind main can give is used.",
        (
            "What binds over the day, dearest first: wind main: all available power is used "
            "(1 step; 100 MAD/MW)."
        ),
    ]


def test_power_to_spare_is_worth_nothing_and_told_so(plant: Any) -> None:
    """Proves a farm that gives more than is used makes a MWh worth its cost, which is nothing."""
    told = explain(plant(wind=[50.0], load=[20.0]).solve())
    assert told.sentences[1:3] == [
        "05 Jan 00:00Z: a MWh is worth 0 MAD: wind main has some left.",
        "One MWh more then would be met by 1.00 MWh more used of wind main.",
    ]


def test_a_limit_that_has_no_row_yet_is_told_by_differences_alone(plant: Any) -> None:
    """Proves halls of just the load's size: no row to read a dual from, and less has no schedule.

    A MW more of the load needs a row the plan does not have, and then has no schedule either.
    """
    facility = {"facility": {"it_power_max_mw": 50.0}}
    told = explain(plant(buy=[200.0], load=[50.0], tables=facility).solve())
    found = told.units.set_index("name")
    halls, load = found.loc["facility.it_power_max_mw"], found.loc["firm_load.demand_mw"]
    assert (halls["how"], halls["mad_per_unit"], halls["more"]) == ("dual", 0.0, 0.0)
    assert pd.isna(halls["less"])
    assert (load["how"], load["less"]) == ("finite difference", pytest.approx(200.0))
    assert pd.isna(load["more"])


def test_a_share_of_all_is_told_from_below(plant: Any) -> None:
    """Proves 100 %, which can't be more, has the price of a point less: 30 for 1 of 100 MWh."""
    clause = {"kind": "renewable_share", "share_min_pu": 1.0, "window": "day"}
    small = plant(
        buy=[20.0],
        wind=[60.0],
        load=[100.0],
        clauses=[clause | {"price_mad_per_mwh": 30.0}],
    )
    found = explain(small.solve(), is_resolved=False).units.set_index("name")
    share = found.loc["art_1.share_min_pu"]
    assert share["mad_per_unit"] == pytest.approx(0.01 * 100 * 30)
    assert share["less"] == pytest.approx(30.0)
    assert pd.isna(share["more"])
