"""On/off work: hours in each window, runs and starts, what is missed and what is handed over."""

import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.errors import Infeasible

PRICES = [400, 100, 300, 200]


def ovens(**changes):
    """Return a table of 10 MW that owes two hours of each window of four."""
    return {"interruptible": {"ovens": {"hours_h": 2.0, "window_h": 4} | changes}}


def on(plan):
    """Return in which steps it is on."""
    return plan.schedule["interruptible_ovens_on_count"].tolist()


def test_it_is_on_in_the_cheapest_steps(plant):
    """Proves fixed power: 10 MW at 100 and 200 MAD/MWh, two hours of four, apart."""
    plan = plant(tables=ovens(), buy=PRICES).solve()
    assert on(plan) == [0, 1, 0, 1]
    assert plan.schedule["interruptible_ovens_power_mw"].tolist() == [0, 10, 0, 10]
    assert plan.schedule["interruptible_ovens_worked_h"].tolist() == [0, 1, 1, 2]
    assert plan.objective_mad == pytest.approx(3000)


@pytest.mark.parametrize(
    ("changes", "expected", "cost_mad"),
    [
        ({"min_up_h": 2.0}, [0, 1, 1, 0], 4000),
        ({"starts_max_count": 1}, [0, 1, 1, 0], 4000),
        ({"start_cost_mad": 1001.0}, [0, 1, 1, 0], 5001),
        ({"start_cost_mad": 999.0}, [0, 1, 0, 1], 4998),
        ({"min_up_h": 3.0}, [0, 0, 1, 1], 5000),
    ],
    ids=["runs of 2 h", "one start", "a dear start", "cheap starts", "runs of 3 h"],
)
def test_runs_and_starts_tie_the_steps(plant, changes, expected, cost_mad):
    """Proves what binds steps together: 100 and 300 in one run cost 1,000 more than 100 and 200.

    A run of three hours may begin before the plan's end and go on after it.
    """
    plan = plant(tables=ovens(**changes), buy=PRICES).solve()
    assert on(plan) == expected
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_half_hours_and_hours_are_counted_as_they_are(plant):
    """Proves hours, not steps: 1.5 h due on steps of 0.5, 1 and 0.5 h at 100, 300 and 200."""
    tables = ovens(hours_h=1.5, window_h=2)
    plan = plant(tables=tables, buy=[100, 300, 200], step_h=(0.5, 1.0, 0.5)).solve()
    assert on(plan) == [1, 1, 0]
    assert plan.objective_mad == pytest.approx(500 + 3000)


def test_each_window_has_its_own_hours(plant):
    """Proves windows from 01:00 UTC: an hour of every two; that of 23:00 owes the half it has left.

    From 00:00 the window of 23:00 has an hour left and half an hour due, whole steps: 400.
    """
    tables = ovens(hours_h=1.0, window_h=2, window_offset_h=1.0)
    plan = plant(tables=tables, buy=[400, 100, 300, 50, 200]).solve()
    assert on(plan) == [1, 1, 0, 1, 0]
    assert plan.schedule["interruptible_ovens_worked_h"].tolist() == [1.5, 1, 1, 1, 1]


def test_a_window_that_is_cut_owes_its_share(plant):
    """Proves the end of the plan: of 12 h in 24, three hours owe 1.5, two steps."""
    plan = plant(tables=ovens(hours_h=12.0, window_h=24), buy=[400, 100, 300]).solve()
    assert on(plan) == [0, 1, 1]


@pytest.mark.parametrize(("worked_h", "expected"), [(0.0, [1, 1]), (1.0, [0, 1]), (2.0, [0, 0])])
def test_a_state_says_what_the_window_has_had(plant, worked_h, expected):
    """Proves the hand-over within a window: two hours of four are due, two are gone."""
    key = "2026-01-05T00:00Z"
    state = [dk.StateRow("interruptible_ovens", "worked_h", worked_h, key)]
    small = plant(tables=ovens(), buy=[300, 200], start="2026-01-05T02:00Z", state=state)
    assert on(small.solve()) == expected


@pytest.mark.parametrize(
    ("on_h", "expected"),
    [(0.0, [0, 0, 0, 1]), (1.0, [1, 1, 0, 0]), (3.0, [0, 0, 0, 1])],
    ids=["off", "for an hour", "long enough"],
)
def test_a_run_before_the_plan_goes_on(plant, on_h, expected):
    """Proves the hand-over of a run: one of three hours has two to go, whatever they cost."""
    state = [dk.StateRow("interruptible_ovens", "on_h", on_h)]
    tables = ovens(hours_h=1.0, min_up_h=3.0)
    plan = plant(tables=tables, buy=[400, 300, 200, 100], state=state).solve()
    assert on(plan) == expected


@pytest.mark.parametrize(("price", "missed_h"), [(1999.0, [0, 0, 0, 1]), (2001.0, [0, 0, 0, 0])])
def test_hours_may_be_missed_at_a_price(plant, price, missed_h):
    """Proves missed hours: the second costs 2,000 MAD."""
    plan = plant(tables=ovens(missed_mad_per_h=price), buy=PRICES).solve()
    assert plan.schedule["interruptible_ovens_missed_h"].tolist() == missed_h
    assert plan.kpis["plan"]["missed_mwh"] == 10 * sum(missed_h)
    assert plan.objective_mad == pytest.approx(1000 + min(price, 2000))


def test_hours_of_the_plan_come_on_top(plant):
    """Proves plan_hours_h: three hours of the plan, though its window owes but two."""
    plan = plant(tables=ovens(plan_hours_h=3.0), buy=PRICES).solve()
    assert on(plan) == [0, 1, 1, 1]
    missing = plant(tables=ovens(plan_hours_h=3.0, missed_mad_per_h=2500.0), buy=PRICES).solve()
    assert on(missing) == [0, 1, 0, 1]
    assert missing.objective_mad == pytest.approx(3000 + 2500)


def test_hours_that_may_not_be_missed_can_make_a_plan_impossible(plant):
    """Proves they are hard, and that the diagnostic misses as few as it can: three of four."""
    tables = ovens(hours_h=4.0) | {
        "facility": {
            "power_max_mw": 12.0,
            "it_power_max_mw": 12.0,
            "ups_loss_pu": 0.0,
            "fixed_overhead_mw": 0.0,
        }
    }
    small = plant(tables=tables, buy=PRICES, load=[1, 5, 5, 5])
    with pytest.raises(Infeasible, match="interruptible_ovens"):
        small.solve()
    plan = small.solve(is_elastic=True)
    assert plan.schedule["interruptible_ovens_missed_h"].sum() == pytest.approx(3)


def test_two_rolled_days_keep_a_window_and_a_run(plant, tmp_path):
    """Proves the hand-over on disk: two hours into a window of four, one into a run of three.

    At 400, 200, 100, 100: three hours from 01:00. From 02:00 on, at 900: the run goes on, since it
    began an hour ago, and the window owes two of its three hours.
    """
    tables = ovens(hours_h=3.0, min_up_h=3.0)
    first = plant(tables=tables, buy=[400, 200, 100, 100]).publish(tmp_path)
    assert on(first) == [0, 1, 1, 1]
    day = plant(tables=tables, buy=[900, 900, 100, 100], start="2026-01-05T02:00Z")
    second = day.publish(tmp_path, now="2026-01-05T02:00Z")
    assert second.optimum.problem.given.state.rows == (
        dk.StateRow("interruptible_ovens", "on_h", 1.0),
        dk.StateRow("interruptible_ovens", "worked_h", 1.0, "2026-01-05T00:00Z"),
    )
    assert on(second) == [1, 1, 1, 1]  # the next window owes half of three hours: two
    day = plant(tables=tables, buy=[500, 100], start="2026-01-05T04:00Z")
    third = day.publish(tmp_path, now="2026-01-05T04:00Z")
    assert third.optimum.problem.given.state.rows == (
        dk.StateRow("interruptible_ovens", "on_h", 3.0),
    )


@pytest.mark.parametrize("steps", [(0.5, 0.5, 0.5, 0.5), (0.5, 1.0, 0.25, 0.25)])
def test_the_relaxation_is_tight_where_steps_are_alike(plant, steps):
    """Proves whole steps are known to the relaxation: 1.2 h due are 1.5 h on half-hours.

    With steps of several lengths a gap of less than a third is left.
    """
    small = plant(tables=ovens(hours_h=1.2, window_h=2), buy=PRICES, step_h=steps)
    whole, relaxed = small.solve(), small.solve(is_relaxed=True)
    gap_pu = 1 - relaxed.objective_mad / whole.objective_mad
    if len(set(steps)) == 1:
        assert gap_pu == pytest.approx(0, abs=1e-9)
    else:
        assert 0 < gap_pu < 0.33


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hours_h": 5.0}, "hours_h = 5 is above window_h = 4. Lower it."),
        ({"power_mw": 0.0}, "power_mw = 0.0"),
        ({"window_h": 0}, "window_h = 0"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(plant, changes, message):
    with pytest.raises(InputError) as error:
        _ = plant(tables=ovens(**changes), buy=PRICES).site
    assert message in str(error.value)
