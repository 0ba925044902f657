"""Training: caps and pauses on the hull, contract windows, restarts, ramps, one big job."""

import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.errors import Infeasible
from optimizer.workloads.training_rules import hull


def fleet(**changes):
    """Return a fleet of 100 MW that at half its power does 0.8 of its work."""
    return {"training": {"ai": changes}}


@pytest.mark.parametrize(
    ("price", "power_mw", "work_mw"),
    [(150, 100, 100), (400, 50, 80), (900, 0, 0)],
    ids=["full", "capped", "paused"],
)
def test_the_price_chooses_the_cap(plant, price, power_mw, work_mw):
    """Proves the hull's slopes: work is worth 500, so 0.4 * 500 = 200 MAD/MWh between the caps

    and 1.6 * 500 = 800 below the lower one. Half an hour: 0.5 * (price * power - 500 * work).
    """
    plan = plant(tables=fleet(value_mad_per_mwh=500.0), buy=[price], step_h=0.5).solve()
    assert plan.schedule["training_ai_power_mw"].item() == pytest.approx(power_mw)
    assert plan.schedule["training_ai_work_mw"].item() == pytest.approx(work_mw)
    assert plan.objective_mad == pytest.approx(0.5 * (price * power_mw - 500 * work_mw))


@pytest.mark.parametrize(
    ("curve", "lines", "lowest_pu"),
    [
        (((0.5, 0.8), (1.0, 1.0)), [(0.4, 0.6)], 0.5),
        (((0.5, 0.8), (0.75, 0.85), (1.0, 1.0)), [(0.4, 0.6)], 0.5),
        (((0.5, 0.8), (0.75, 0.95), (1.0, 1.0)), [(0.6, 0.5), (0.2, 0.8)], 0.5),
        (((0.25, 0.2), (0.5, 0.8), (1.0, 1.0)), [(0.4, 0.6)], 0.5),
        (((1.0, 1.0),), [(1.0, 0.0)], 1.0),
    ],
    ids=["two caps", "a cap below the chord", "three caps", "a cap worse than pausing", "no cap"],
)
def test_the_hull_leaves_out_caps_that_a_mix_beats(curve, lines, lowest_pu):
    found, lowest = hull(curve)
    assert [pytest.approx(line) for line in lines] == found
    assert lowest == lowest_pu


def test_a_mix_of_caps_beats_the_measured_one_below_it(plant):
    """Proves model and audit leave out the same cap: of 75 MW half the fleet at full power does

    50, half at half power 40: 90 MW of work, where the cap measured at 75 MW does 85.
    """
    curve = [[0.5, 0.8], [0.75, 0.85], [1.0, 1.0]]
    tables = fleet(value_mad_per_mwh=500.0, curve=curve)
    tables |= {"grid": {"line": {"import_max_mw": 75.0}}}
    plan = plant(tables=tables, buy=[100], step_h=0.5).solve()
    assert plan.schedule["training_ai_work_mw"].item() == pytest.approx(90)
    assert plan.objective_mad == pytest.approx(0.5 * (100 * 75 - 500 * 90))


CONTRACT = {"floor_pu": 0.6, "value_mad_per_mwh": 0.0}


@pytest.mark.parametrize(
    ("window_h", "power_mw", "cost_mad"),
    [
        (2, [50, 25, 25, 50], 100 * 50 + 300 * 25 + 500 * 25 + 200 * 50),
        (4, [50, 50, 0, 50], 100 * 50 + 300 * 50 + 200 * 50),
    ],
)
def test_each_window_gets_its_contracted_work(plant, window_h, power_mw, cost_mad):
    """Proves windows part the contract: 60 MWh of work an hour, over two or four hours.

    At half power an hour does 80 MWh of work for 50 MWh; more would take 2.5 MWh for each.
    """
    tables = fleet(**CONTRACT, window_h=window_h)
    plan = plant(tables=tables, buy=[100, 300, 500, 200]).solve()
    assert plan.schedule["training_ai_power_mw"].tolist() == pytest.approx(power_mw)
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_a_window_the_plan_cuts_owes_its_part(plant):
    """Proves the part by the hour: from 01:00 half of a two-hour window, 60 of 120 MWh of work.

    Two half-hours at 100 and 300 MAD/MWh: 40 MWh of work at half power, 25 MWh; the other 20
    take 12.5 MWh.
    """
    tables = fleet(**CONTRACT, window_h=2)
    plan = plant(tables=tables, buy=[100, 300], step_h=0.5, start="2026-01-05T01:00Z").solve()
    assert plan.objective_mad == pytest.approx(100 * 25 + 300 * 12.5)


@pytest.mark.parametrize(
    ("shortfall", "cost_mad"), [(500, 500 * 30), (600, 900 * 18.75), (None, 900 * 18.75)]
)
def test_contracted_work_may_fall_short_at_its_price(plant, shortfall, cost_mad):
    """Proves 0.625 MWh for each MWh of work: 562.5 MAD at 900, in half an hour of 30 MWh."""
    price = None if shortfall is None else float(shortfall)
    tables = fleet(**CONTRACT, shortfall_mad_per_mwh=price)
    plan = plant(tables=tables, buy=[900], step_h=0.5).solve()
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_contracted_work_that_cannot_be_done_is_no_plan(plant):
    """Proves a contract without a price binds: 18.75 MWh in half an hour by a line of 30 MW.

    The elastic run says what is missing: 30 - 15 * 1.6 = 6 MWh, at the diagnostic's 100,000.
    """
    tables = fleet(**CONTRACT) | {"grid": {"line": {"import_max_mw": 30.0}}}
    short = plant(tables=tables, buy=[900], step_h=0.5)
    with pytest.raises(Infeasible) as error:
        short.solve()
    assert error.value.names[0].startswith("training_ai: contracted work")
    assert short.solve(is_elastic=True).objective_mad == pytest.approx(900 * 15 + 1e5 * 6)


@pytest.mark.parametrize(
    ("restart_mad", "resumed_mw", "cost_mad"),
    [(30.0, 80, -100 * 100 + 80 * 80), (60.0, 0, -20 * 100)],
)
def test_resuming_costs_money_and_work(plant, restart_mad, resumed_mw, cost_mad):
    """Proves a MW that runs gains 0.5 * (500 * 0.8 - 400 * 0.5) = 100 MAD in half an hour.

    Resuming it costs its price and 0.1 h of work, 50 MAD: 80 or 110. 20 MW run already.
    """
    tables = fleet(
        value_mad_per_mwh=500.0,
        restart_cost_mad_per_mw=restart_mad,
        restart_loss_h=0.1,
        initial_powered_pu=0.2,
    )
    plan = plant(tables=tables, buy=[400], step_h=0.5).solve()
    work_mw = 0.8 * (20 + resumed_mw) - 0.1 * resumed_mw / 0.5
    assert plan.schedule["training_ai_restart_mw"].item() == pytest.approx(resumed_mw)
    assert plan.schedule["training_ai_work_mw"].item() == pytest.approx(work_mw)
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(
    ("before_mw", "power_mw", "cost_mad"),
    [
        (None, [70, 100], 0.5 * (900 * 70 - 500 * 88) + 0.5 * (150 * 100 - 500 * 100)),
        (40.0, [20, 50], 0.5 * (900 * 20 - 500 * 32) + 0.5 * (150 * 50 - 500 * 80)),
    ],
    ids=["from full power", "from 40 MW, by the state"],
)
def test_power_ramps_by_the_hour(plant, before_mw, power_mw, cost_mad):
    """Proves 60 MW/h are 30 MW in half an hour, at 900 and then 150 MAD/MWh, work worth 500.

    From 100 MW: no lower than 70, where all run: 0.4 * 70 + 60 = 88 MW of work. From 40 MW: each
    MW more loses 0.5 * (900 - 800) now and gains 0.5 * (800 - 150) after, up to half power.
    """
    quantities = ("powered_mw", "power_mw") if before_mw is not None else ()
    rows = [dk.StateRow("training_ai", quantity, before_mw) for quantity in quantities]
    tables = fleet(value_mad_per_mwh=500.0, ramp_max_mw_per_h=60.0)
    plan = plant(tables=tables, buy=[900, 150], step_h=0.5, state=rows).solve()
    assert plan.schedule["training_ai_power_mw"].tolist() == pytest.approx(power_mw)
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(
    ("is_synchronous", "power_mw"), [(False, 18.75), (True, 50)], ids=["parts", "all or none"]
)
def test_one_synchronous_job_runs_on_all_or_none(plant, is_synchronous, power_mw):
    """Proves the integer: 30 MWh of work need 30 / 1.6 = 18.75 MW of a part, or 50 of all."""
    tables = fleet(floor_pu=0.3, is_synchronous=is_synchronous)
    plan = plant(tables=tables, buy=[900]).solve()
    assert plan.schedule["training_ai_power_mw"].item() == pytest.approx(power_mw)
    assert plan.schedule["training_ai_powered_mw"].item() == pytest.approx(2 * power_mw)
    assert plan.objective_mad == pytest.approx(900 * power_mw)


CURVE = (
    "curve needs points with 0 < power <= 1 and 0 < throughput <= 1, the last (1, 1). "
    "Give power and throughput per unit of their values at full cap."
)


@pytest.mark.parametrize(
    ("curve", "problem"),
    [
        ([[0.5, 0.8]], CURVE),
        ([[0.0, 0.1], [1.0, 1.0]], CURVE),
        ([[0.5, 1.2], [1.0, 1.0]], CURVE),
        ([[0.5, 0.8], [0.5, 0.9], [1.0, 1.0]], "curve has two points of one power. Keep one."),
    ],
)
def test_curves_that_are_none_are_refused(plant, curve, problem):
    with pytest.raises(InputError) as error:
        _ = plant(tables=fleet(curve=curve), buy=[1]).site
    assert str(error.value) == f"site: [training.ai] {problem}"
