"""A research quota: floor, account of the months, surplus beyond it, and what is handed over."""

import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.errors import Infeasible

JANUARY = "2026-01"  # legal time is UTC+1: the month ends at 23:00Z
NEAR_END = "2026-01-31T21:00Z"


def share(**changes):
    """Return a table of at most 30 MW; nothing is worth anything unless it is said."""
    return {"quota": {"jazari": changes}}


def account(bank_mwh, delivered_mwh, month=JANUARY):
    """Return the rows of an opening account."""
    return [
        dk.StateRow("quota_jazari", "bank_mwh", bank_mwh),
        dk.StateRow("quota_jazari", "delivered_mwh", delivered_mwh, month),
    ]


def column(plan, quantity):
    """Return one published column of the share."""
    return plan.schedule[f"quota_jazari_{quantity}"].tolist()


def test_use_within_the_quota_pays_its_price(plant):
    """Proves worth against price: 30 MW where a MWh costs less than 250, and what is left of it."""
    tables = share(quota_mwh_per_month=1000.0, value_mad_per_mwh=250.0)
    plan = plant(tables=tables, buy=[400, 100, 300, 200], state=account(0.0, 900.0)).solve()
    assert column(plan, "quota_mw") == [0, 30, 0, 30]
    assert column(plan, "bank_mwh") == [100, 70, 70, 40]
    assert plan.objective_mad == pytest.approx(30 * (100 + 200) - 60 * 250)


def test_the_quota_goes_to_the_best_hours(plant):
    """Proves a scarce account: 45 MWh left on steps of 1, 0.5 and 1 h at 300, 100 and 200."""
    tables = share(quota_mwh_per_month=1000.0, value_mad_per_mwh=900.0)
    small = plant(
        tables=tables, buy=[300, 100, 200], step_h=(1.0, 0.5, 1.0), state=account(45.0, 1000.0)
    )
    plan = small.solve()
    assert column(plan, "quota_mw") == pytest.approx([0, 30, 30])
    assert plan.objective_mad == pytest.approx(1500 + 6000 - 45 * 900)


@pytest.mark.parametrize(("left", "use_mw"), [(700.0, 0), (500.0, 30)])
def test_what_is_left_has_a_worth_that_steers(plant, left, use_mw):
    """Proves left_value: at 300 a MWh worth 900 is used now only if it is not worth 600 later."""
    tables = share(quota_mwh_per_month=1000.0, value_mad_per_mwh=900.0, left_value_mad_per_mwh=left)
    plan = plant(tables=tables, buy=[300], state=account(0.0, 900.0)).solve()
    assert column(plan, "quota_mw") == [use_mw]
    assert plan.objective_mad == pytest.approx(-use_mw * 600 - left * (100 - use_mw))


def test_the_floor_is_kept_and_lasts(plant):
    """Proves the guarantee: 2 MW whatever they cost, and enough left for the rest of the month.

    Two hours of January are left after the plan of four, so that of 20 MWh 16 may be used.
    """
    tables = share(floor_mw=2.0, quota_mwh_per_month=1490.0, value_mad_per_mwh=900.0)
    small = plant(
        tables=tables,
        buy=[1000, 1000, 500, 1000],
        state=account(0.0, 1470.0),
        start="2026-01-31T17:00Z",
    )
    plan = small.solve()
    assert column(plan, "quota_mw") == pytest.approx([2, 2, 10, 2])
    assert column(plan, "bank_mwh") == pytest.approx([18, 16, 6, 4])


def test_the_floor_is_kept_though_the_quota_is_used_up(plant):
    """Proves it is guaranteed: an account that is empty still holds what the floor needs."""
    tables = share(floor_mw=2.0, quota_mwh_per_month=1490.0)
    small = plant(tables=tables, buy=[100, 100], state=account(0.0, 1490.0), start=NEAR_END)
    plan = small.solve()
    assert column(plan, "quota_mw") == [2, 2]
    assert column(plan, "bank_mwh") == [2, 0]


@pytest.mark.parametrize(
    ("bank_max", "left"), [(50.0, [100, 70, 1050, 1020]), (0.0, [100, 70, 1000, 970])]
)
def test_a_new_month_brings_its_quota_and_what_was_carried(plant, bank_max, left):
    """Proves the bank: of 70 MWh at the end of January 50 are carried, or none; 1,000 come in.

    Legal time is UTC+1, so February begins at 23:00Z.
    """
    tables = share(
        quota_mwh_per_month=1000.0,
        bank_max_mwh=bank_max,
        value_mad_per_mwh=250.0,
        left_value_mad_per_mwh=10.0,
    )
    small = plant(
        tables=tables, buy=[400, 100, 400, 100], state=account(100.0, 1000.0), start=NEAR_END
    )
    plan = small.solve()
    assert column(plan, "bank_mwh") == pytest.approx(left)
    assert plan.objective_mad == pytest.approx(60 * (100 - 250) - 10 * left[-1])


def test_without_a_state_the_month_has_had_its_share(plant):
    """Proves the opening: after 97 of January's 744 hours, 97 of 744 MWh are gone, and a bank."""
    tables = share(quota_mwh_per_month=744.0, initial_bank_mwh=5.0)
    plan = plant(tables=tables, buy=[100]).solve()
    assert column(plan, "bank_mwh") == pytest.approx([744 - 97 + 5])


SURPLUS = {"quota_mwh_per_month": 0.0, "opportunistic_value_mad_per_mwh": 150.0}


def test_beyond_the_quota_only_what_would_be_curtailed(plant):
    """Proves surplus alone: 30 of 40 MW left over, then 20, then none, though 50 MAD are cheap.

    Wind of 40, 40, 5 and 0 MW, a load of 0, 20, 20 and 20: no draw serves what is beyond.
    """
    small = plant(
        tables=share(**SURPLUS), wind=[40, 40, 5, 0], load=[0, 20, 20, 20], buy=[90, 90, 90, 50]
    )
    plan = small.solve()
    assert column(plan, "opportunistic_mw") == pytest.approx([30, 20, 0, 0])
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx([0, 0, 15, 20])


def test_surplus_is_not_freed_by_a_draw_for_something_else(plant):
    """Proves never both: 5 of 25 MW are left over while 10 MW are stored at 0.9 * 300 a MWh.

    Storing 5 and drawing 5 at 50 earns 2,700 - 250, and none is used beyond the quota; without
    the draw the surplus would earn 750 there. Only a binary keeps 10 from being drawn for both.
    """
    bank = {"charge_max_mw": 10.0, "end_value_mad_per_mwh": 300.0}
    tables = share(**SURPLUS) | {"battery": {"bank": bank}}
    plan = plant(tables=tables, wind=[25], load=[20], buy=[50]).solve()
    assert column(plan, "opportunistic_mw") == [0]
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx([5])
    assert plan.optimum.binary_count == 1


def test_no_battery_and_no_genset_feeds_what_is_beyond(plant):
    """Proves the other two sources: stored energy that costs nothing, and cheap fuel, rest."""
    tables = share(**SURPLUS) | {
        "battery": {"bank": {"energy_initial_mwh": 100.0}},
        "genset": {"backup": {"fuel_price_mad_per_l": 0.1}},  # 25 MAD/MWh
    }
    plan = plant(tables=tables, wind=[25, 0], load=[20, 20]).solve()
    assert column(plan, "opportunistic_mw") == pytest.approx([5, 0])
    assert plan.schedule["battery_bank_discharge_mw"].tolist() == pytest.approx([0, 20])


@pytest.mark.parametrize(("worth", "beyond_mw"), [(150.0, [0, 0]), (250.0, [30, 0])])
def test_what_is_stored_at_a_profit_is_not_left_over(plant, worth, beyond_mw):
    """Proves the order: surplus stored at 0.72 of 300 MAD is worth 216 a MWh, more than 150."""
    tables = share(**SURPLUS | {"opportunistic_value_mad_per_mwh": worth}) | {
        "battery": {"bank": {}}
    }
    plan = plant(tables=tables, wind=[30, 0], load=[0, 30], buy=[300, 300]).solve()
    assert column(plan, "opportunistic_mw") == pytest.approx(beyond_mw)


def test_a_floor_nothing_can_feed_makes_a_plan_impossible(plant):
    """Proves the floor is hard, and that the diagnostic says what it lacks: 1 MW of 2."""
    tables = share(floor_mw=2.0, quota_mwh_per_month=1490.0)
    small = plant(tables=tables, wind=[11], load=[10])
    with pytest.raises(Infeasible):
        small.solve()
    plan = small.solve(is_elastic=True)
    assert column(plan, "short_mw") == pytest.approx([1])


def test_two_rolled_days_keep_the_account(plant, tmp_path):
    """Proves the hand-over on disk, within a month and at its end: 100 MWh, 30 used, 50 carried."""
    tables = share(quota_mwh_per_month=1000.0, bank_max_mwh=50.0, value_mad_per_mwh=250.0)
    first = plant(
        tables=tables, buy=[400, 100, 400, 100], state=account(100.0, 1000.0), start=NEAR_END
    )
    first.publish(tmp_path)
    second = plant(tables=tables, buy=[100, 400], start="2026-01-31T22:00Z").publish(
        tmp_path, now="2026-01-31T22:00Z"
    )
    assert second.optimum.problem.given.state.rows == tuple(account(100.0, 1000.0))
    assert column(second, "bank_mwh") == pytest.approx([70, 1050])
    third = plant(tables=tables, buy=[100], start="2026-01-31T23:00Z").publish(
        tmp_path, now="2026-01-31T23:00Z"
    )
    assert third.optimum.problem.given.state.rows == tuple(account(50.0, 0.0, "2026-02"))
    assert column(third, "bank_mwh") == pytest.approx([1020])


def test_the_account_has_no_gap(plant):
    """Proves floor and bank are linear: no integer, the relaxation is the plan."""
    tables = share(floor_mw=1.0, quota_mwh_per_month=1000.0, value_mad_per_mwh=250.0)
    small = plant(tables=tables, buy=[400, 100, 300, 200], state=account(0.0, 300.0))
    whole, relaxed = small.solve(), small.solve(is_relaxed=True)
    assert whole.optimum.solver["integers"] == 0
    assert relaxed.objective_mad == pytest.approx(whole.objective_mad, rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"floor_mw": 31.0, "quota_mwh_per_month": 1e5},
            "floor_mw = 31 is above power_max_mw. Lower it.",
        ),
        (
            {"floor_mw": 2.0, "quota_mwh_per_month": 1489.0},
            (
                "quota_mwh_per_month = 1489 is below the floor's 1490 MWh of a month of 745 h. "
                "Raise it, or lower floor_mw."
            ),
        ),
        ({"time_zone": "Mars"}, "time zone 'Mars' is not in the tz database"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(plant, changes, message):
    with pytest.raises(InputError) as error:
        _ = plant(tables=share(**changes), buy=[1.0]).site
    assert message in str(error.value)
