"""Never both at once: binaries only in the steps that need them, and the optimum of either-or."""

import itertools

import pytest

import optimizer as dk
from optimizer.errors import Infeasible


def pairs(plan):
    """Return what battery and line do, each in both directions."""
    columns = [
        ("battery_main_charge_mw", "battery_main_discharge_mw"),
        ("grid_line_import_mw", "grid_line_export_mw"),
    ]
    return [(plan.schedule[a], plan.schedule[b]) for a, b in columns if a in plan.schedule]


def test_positive_prices_need_no_binary(plant):
    plan = plant(
        tables={"battery": {"main": {}}}, buy=[200, 300, 950, 1100], sell=[100, 150, 900, 1000]
    ).solve()
    assert plan.optimum.binary_count == 0
    assert plan.optimum.log.startswith("binaries for never-both-at-once: 0\n")


def test_only_the_steps_that_cheat_get_a_binary(plant):
    """Proves the middle of three hours, where draw is paid for, is split; the others are not.

    At -50 the battery, full but for 72 MWh, takes 80 MW, no more: 50 * 80; the hull would have
    burnt power in going round.
    """
    table = {"energy_initial_mwh": 328.0, "energy_final_min_mwh": 400.0}
    plan = plant(tables={"battery": {"main": table}}, buy=[900, -50, 900]).solve()
    assert plan.schedule["battery_main_charge_mw"].tolist() == pytest.approx([0, 80, 0])
    assert plan.objective_mad == pytest.approx(-50 * 80)
    assert plan.optimum.binary_count <= 2


@pytest.mark.parametrize(
    ("prices", "sells"),
    [([-50, -50], [-60, -60]), ([-20, 10], [-30, 40]), ([10, -5], [30, -5])],
)
def test_the_optimum_is_that_of_every_way_to_forbid_one_direction(plant, prices, sells):
    """Proves the split ends at the optimum: as cheap as the best of all 16 either-or choices.

    Two hours, a battery and a line, each given one direction an hour by a limit of zero.
    """
    table = {"energy_initial_mwh": 200.0, "energy_final_min_mwh": 200.0}
    plan = plant(tables={"battery": {"main": table}}, buy=prices, sell=sells, load=[5, 5]).solve()
    for one, other in pairs(plan):
        assert (one.clip(upper=other) <= 1e-5).all()
    best = min(
        forced(plant, table, prices, sells, choice)
        for choice in itertools.product((0, 1), repeat=4)
    )
    assert plan.objective_mad == pytest.approx(best)


def forced(plant, table, prices, sells, choice):
    """Return the cost if battery and line may go one way only in each hour."""
    problem = plant(
        tables={"battery": {"main": table}}, buy=prices, sell=sells, load=[5, 5]
    ).build()
    blocks = [problem.model.battery_main, problem.model.grid_line]
    names = [("charge_mw", "discharge_mw"), ("import_mw", "export_mw")]
    for (block, both), ways in zip(
        zip(blocks, names, strict=True), (choice[:2], choice[2:]), strict=True
    ):
        for t, way in enumerate(ways):
            block.component(both[way])[t].fix(0.0)
    try:
        return dk.solve(problem).objective_mad
    except Infeasible:
        return float("inf")
