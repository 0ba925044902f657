"""A day without flexibility: what is held, what gives way and in which order, what it costs."""

import pytest

import optimizer as dk
from optimizer.errors import SolverGaveNothing
from optimizer.inflexible import inflexible
from optimizer.phrases import untranslated

KEY = "2026-01-05T00:00Z/2026-01-05T03:00Z"


def backlog(work_mwh, rate_mw):
    """Return the rows of work that has arrived and is due after three hours."""
    values = {"backlog_mwh": work_mwh, "rate_max_mw": rate_mw}
    return [dk.StateRow("deferrable_batch", q, v, KEY) for q, v in values.items()]


def column(found, name):
    """Return one column of the schedule, free of round-off."""
    return found.published.table[name].round(5).tolist()


def saved_mad(small):
    """Return what flexibility saves on a small plant, and the day without it."""
    plan = small.solve()
    found = inflexible(plan.optimum)
    assert found.status == "optimal"
    return found.objective_mad - plan.objective_mad, found


@pytest.mark.parametrize(
    ("servers_mw", "step_h", "run_mw", "saved"),
    [
        (9.0, (1.0, 1.0, 1.0), [2, 1, 0], 2 * 400),
        (1.5, (1.0, 1.0, 1.0), [1.5, 1.5, 0], 1.5 * 400),
        (9.0, (0.5, 0.5, 2.0), [2, 2, 0.5], 400),
    ],
    ids=["its own rate", "its servers", "half hours"],
)
def test_work_runs_when_it_arrives(plant, servers_mw, step_h, run_mw, saved):
    """Proves 3 MWh at 2 MW at most are not shifted from 500 to 100 MAD/MWh.

    Hours: 2 MWh at 500 and 1 at 100, where the plan pays 100 for all; with servers of 1.5 MW half
    of it at 500; in half-hours 1 MWh at 500.
    """
    tables = {"deferrable": {"batch": {"arrival_mw": 0.0, "power_max_mw": servers_mw}}}
    small = plant(tables=tables, buy=[500, 100, 100], step_h=step_h, state=backlog(3.0, 2.0))
    found_mad, found = saved_mad(small)
    assert column(found, "deferrable_batch_run_mw") == pytest.approx(run_mw)
    assert found_mad == pytest.approx(saved)


def test_a_battery_keeps_what_it_holds(plant):
    """Proves no shifting: 20 MW at 100 and at 500 are bought as they come, 12,000 MAD.

    The plan gives the 90 MWh's 20 MW at 500, and fills nothing up: 2,000 MAD.
    """
    tables = {"battery": {"main": {"energy_initial_mwh": 90.0}}}
    found_mad, found = saved_mad(plant(tables=tables, buy=[500, 500], load=[20, 20]))
    assert column(found, "battery_main_energy_mwh") == [90, 90]
    assert found_mad == pytest.approx(2 * 20 * 500)


def test_a_chilled_store_rests(plant):
    """Proves cold is not used: 20 MW of heat at 0.5 MW/MW draw 10 MW more in both hours.

    The plan takes the 20 MWh of cold that are there: 10 MWh less at 100 MAD/MWh.
    """
    series = {
        "cooling_intercept_1_mw": [0.0, 0.0],
        "cooling_slope_1_pu": [0.5, 0.5],
        "cooling_water_l_per_mwh": [0.0, 0.0],
    }
    tables = {"cooling": {"segment_count": 1}}
    tables["chilled_store"] = {"main": {"energy_initial_mwh": 20.0}}
    found_mad, found = saved_mad(plant(tables=tables, buy=[100, 100], load=[20, 20], series=series))
    assert column(found, "chilled_store_main_energy_mwh") == [20, 20]
    assert (found_mad, found.objective_mad) == pytest.approx((1000, 6000))


@pytest.mark.parametrize("price", [None, 1000.0], ids=["hard", "priced"])
def test_a_battery_is_charged_for_what_is_asked_of_it_alone(plant, price):
    """Proves the reserve: 18 MWh at 03:00 (02:00Z) are 20 MWh at 500, as early as can be.

    The plan buys them at 100, and a breach for 1,000 MAD/MWh is no way out for either. Nothing is
    charged beyond them, though a MWh left is worth 900.
    """
    clause = {"kind": "minimum_storage", "energy_min_mwh": 18.0, "hours": [3]}
    tables = {"battery": {"main": {"end_value_mad_per_mwh": 900.0}}}
    priced = {} if price is None else {"price_mad_per_mwh": price}
    small = plant(tables=tables, buy=[500, 100], clauses=[clause | priced])
    _, found = saved_mad(small)
    assert column(found, "battery_main_charge_mw") == [20, 0]
    assert found.objective_mad == pytest.approx(20 * 500 - 18 * 900)


def test_training_runs_at_nominal_power(plant):
    """Proves 100 MW run at 500 as at 100 MAD/MWh, though an hour of it is worth 300 a MWh.

    200 MWh of work are worth 60,000 and cost 60,000; the plan runs the cheap hour: -20,000.
    """
    tables = {"training": {"ai": {"value_mad_per_mwh": 300.0}}}
    found_mad, found = saved_mad(plant(tables=tables, buy=[500, 100]))
    assert column(found, "training_ai_power_mw") == [100, 100]
    assert (found_mad, found.objective_mad) == pytest.approx((20_000, 0))
    assert found.given_way == ()


def test_on_off_work_jobs_and_quota_do_not_wait_for_a_price(plant, tmp_path):
    """Proves each at its earliest, at 400, 100, 300 and 200 MAD/MWh.

    Two hours on of four, 10 MW; a job of 5 MW for two hours; a quota's floor of 2 MW though use is
    worth 900: 15 MW at 400 and 100, and 2 MW always.
    """
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(
        "name,earliest_utc,deadline_utc,duration_h,power_mw,value_mad,tenant\n"
        "a,2026-01-05T00:00Z,2026-01-05T04:00Z,2,5,,lab\n"
    )
    tables = {
        "interruptible": {"ovens": {"hours_h": 2.0, "window_h": 4}},
        "jobs": {"main": {"jobs_file": str(jobs)}},
        "quota": {
            "jazari": {"floor_mw": 2.0, "quota_mwh_per_month": 1490.0, "value_mad_per_mwh": 900.0}
        },
    }
    _, found = saved_mad(plant(tables=tables, buy=[400, 100, 300, 200]))
    assert column(found, "interruptible_ovens_on_count") == [1, 1, 0, 0]
    assert column(found, "jobs_main_power_mw") == [5, 5, 0, 0]
    assert column(found, "quota_jazari_quota_mw") == [2, 2, 2, 2]
    assert found.objective_mad == pytest.approx(15 * 500 + 2 * 1000 - 8 * 900)


@pytest.mark.parametrize(("prices", "power_mw"), [([100, 350], [10, 10]), ([200, 400], [0, 0])])
def test_desalination_runs_evenly_over_a_day(plant, prices, power_mw):
    """Proves one power a day: water worth 250 MAD/MWh is made where 225 are paid on average.

    At 300 on average none is made; the plan makes it in the cheap hour of either day.
    """
    tables = {"desalination": {"main": {"value_mad_per_m3": 1.0}}}
    found_mad, found = saved_mad(plant(tables=tables, buy=prices))
    assert column(found, "desalination_main_power_mw") == power_mw
    evenly_mad = sum(p * (price - 250) for p, price in zip(power_mw, prices, strict=True))
    assert found_mad == pytest.approx(evenly_mad - 10 * (prices[0] - 250), abs=1e-3)


@pytest.mark.parametrize(
    ("import_mw", "training_mw", "work_mw", "words"),
    [
        (60, [20, 40, 40], [20, 0, 0], "Training runs 200 MWh below nominal power."),
        (30, [0, 0, 10], [10, 10, 0], "Training runs 290 MWh below nominal power."),
    ],
    ids=["training", "then work"],
)
def test_what_gives_way_first(plant, import_mw, training_mw, work_mw, words):
    """Proves the order: of 60 MW, 20 are load and 20 work; training has what is left.

    Of 30 MW work has 10 for as long as it needs, and training nothing until it is done.
    """
    tables = {
        "grid": {"line": {"import_max_mw": import_mw}},
        "training": {"ai": {}},
        "deferrable": {"batch": {"arrival_mw": 0.0}},
    }
    small = plant(tables=tables, buy=[300, 200, 100], load=[20] * 3, state=backlog(20.0, 20.0))
    _, found = saved_mad(small)
    assert column(found, "training_ai_power_mw") == pytest.approx(training_mw)
    assert column(found, "deferrable_batch_run_mw") == pytest.approx(work_mw)
    assert found.given_way == (words,)


@pytest.mark.parametrize(
    ("tiers", "cost_mad", "words"),
    [
        ([{"shed_max_pu": 0.5, "value_mad_per_mwh": 1000.0}], 12 * 100 + 8 * 1000, "8 MWh of"),
        ([], 12 * 100, "Batteries give 8 MWh"),
    ],
    ids=["commercial load", "sovereign load"],
)
def test_a_battery_gives_last(plant, tiers, cost_mad, words):
    """Proves 20 MW of load on a line of 12 MW: 8 are shed at 1,000; where none may be, they are
    taken from 50 MWh in store, and said to be."""
    tables = {
        "grid": {"line": {"import_max_mw": 12.0}},
        "battery": {"main": {"energy_initial_mwh": 50.0}},
        "firm": {"load": {"tiers": tiers}},
    }
    found = inflexible(plant(tables=tables, buy=[100], load=[20]).build())
    assert found.objective_mad == pytest.approx(cost_mad)
    assert [text.startswith(words) for text in found.given_way] == [True]


def test_what_can_not_be_supplied_says_why(plant):
    """Proves 20 MW that are never shed on a line of 12 MW: no schedule, and both are named."""
    small = plant(tables={"grid": {"line": {"import_max_mw": 12.0}}}, buy=[100], load=[20])
    found = inflexible(small.build())
    assert (found.status, found.published, found.objective_mad) == ("infeasible", None, None)
    assert "firm_load: demand (20 MW)" in found.why
    assert "grid_line: most that can be drawn (12 MW)" in found.why


def test_no_answer_in_time_is_no_schedule(plant, monkeypatch):
    """Proves a solver that finds nothing is told apart from a day that can't be supplied."""

    def nothing(problem):
        raise SolverGaveNothing("nothing")

    monkeypatch.setattr("optimizer.inflexible.optimize", nothing)
    found = inflexible(plant(buy=[100], load=[20]).build())
    assert (found.status, found.published) == ("no answer in time", None)


def test_a_schedule_that_breaks_a_rule_is_not_shown(plant, monkeypatch):
    """Proves the audit's word counts: what it finds is said, and there is no schedule."""
    monkeypatch.setattr("optimizer.inflexible.audit", lambda published: ["bus: balance [MW]"])
    found = inflexible(plant(buy=[100], load=[20]).build())
    assert (found.status, found.published) == ("refused", None)
    assert found.why == "A schedule without flexibility broke a rule: bus: balance [MW]"


def test_the_plan_is_left_as_it_was_and_all_is_said_in_french(plant):
    """Proves the plan's own model keeps its values, and every sentence has both languages."""
    tables = {
        "training": {"ai": {}},
        "battery": {"main": {"energy_initial_mwh": 90.0}},
        "deferrable": {"batch": {"arrival_mw": 1.0}},
        "desalination": {"main": {}},
        "quota": {"jazari": {}},
    }
    plan = plant(tables=tables, buy=[500, 100], load=[20, 20]).solve()
    before = [variable.value for variable in plan.optimum.matrices.columns]
    found = inflexible(plan.optimum)
    assert [variable.value for variable in plan.optimum.matrices.columns] == before
    assert len(found.held) == 7
    assert [untranslated(text, "fr") for text in (*found.held, *found.given_way)] == [[]] * 7
    assert found.kpis["plan"]["battery_discharge_mwh"] == 0
