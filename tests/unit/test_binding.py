"""What binds: limits with a price, dearest first; what states how things follow is no limit."""

import pandas as pd
import pytest

from optimizer.binding import binding


def duals(*rows):
    return pd.DataFrame(rows, columns=["constraint", "index", "dual"])


def reduced(*rows):
    columns = ["variable", "index", "reduced_cost", "at_bound"]
    return pd.DataFrame(rows, columns=columns)


def test_steps_are_counted_and_prices_summed():
    """Proves one row a limit, the dearest first: 30 + 50 = 80 MAD before 45."""
    table = binding(
        duals(("art_4_2.cap", 3, -30.0), ("art_4_2.cap", 4, -50.0), ("art_4_2.cap", 5, 0.0)),
        reduced(("wind_main.used_mw", 0, -45.0, "upper"), ("wind_main.used_mw", 1, 45.0, "lower")),
    )
    assert table.to_dict("records") == [
        {"limit": "art_4_2.cap", "side": "row", "step_count": 2, "worth_mad": 80.0},
        {"limit": "wind_main.used_mw", "side": "upper", "step_count": 1, "worth_mad": 45.0},
    ]


def test_equal_worth_is_listed_by_name():
    table = binding(duals(("b.cap", 0, 5.0), ("a.cap", 0, -5.0)), reduced())
    assert table["limit"].tolist() == ["a.cap", "b.cap"]


@pytest.mark.parametrize(
    "name",
    [
        "bus.balance",
        "battery_main.energy_balance",
        "battery_main.energy_first",
        "battery_main.segment_balance",
        "battery_main.segments_charge",
        "battery_main.one_converter",
        "grid_line.one_direction",
        "genset_backup.status_first",
        "genset_backup.power_least",
        "deferrable_batch.sum_of_cohorts",
        "deferrable_batch.work",
        "training_ai.hull_2",
        "training_ai.restart",
        "cooling.line_1",
    ],
)
def test_an_equation_that_states_how_things_follow_is_no_limit(name):
    assert binding(duals((name, 0, 999.0)), reduced()).empty


@pytest.mark.parametrize(
    "name", ["genset_backup.min_up", "grid_line.month_peak", "facility.halls", "art_3_1.share"]
)
def test_a_limit_is_one(name):
    assert binding(duals((name, 0, -9.0)), reduced())["limit"].tolist() == [name]


def test_nothing_binds_where_nothing_has_a_price():
    """Proves an empty list is an answer: also of a plan that gave no prices at all."""
    for rows in (duals(), duals(("art_4_2.cap", 3, 1e-7)), duals(("bus.balance", 0, 5.0))):
        table = binding(rows, reduced())
        assert table.empty
        assert list(table.columns) == ["limit", "side", "step_count", "worth_mad"]


def test_a_limits_price_is_what_one_unit_more_saves(plant):
    """Proves the worth: the line gives 12 of 20 MW at 500, fuel the rest at 2,500 MAD/MWh.

    One MW more for half an hour saves 0.5 * (2500 - 500) = 1,000 MAD in each of two steps.
    """
    costs, plans = [], []
    for line_mw in (12.0, 13.0):
        plan = plant(
            tables={
                "grid": {"line": {"import_max_mw": line_mw}},
                "genset": {"backup": {"unit_count": 2}},
            },
            buy=[500, 500],
            load=[20, 20],
            step_h=0.5,
        ).solve()
        plans.append(plan)
        costs.append(plan.objective_mad)
    row = plans[0].binding.iloc[0]
    assert (row["limit"], row["side"], row["step_count"]) == ("grid_line.import_mw", "upper", 2)
    assert row["worth_mad"] == pytest.approx(costs[0] - costs[1]) == pytest.approx(2000)
    assert plans[0].explain().splitlines()[0] == (
        "grid_line.import_mw binds in 2 steps; one unit more in each is worth 2,000 MAD."
    )
