"""A commercial load's monthly service level, on top of its tiers; its audit.

20 MW, of which 2 may be shed at 800 MAD/MWh and 4 more at 3,000; half-hours at 900 and 4,000.
"""

import math

import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.errors import Infeasible

TIERS = [
    {"shed_max_pu": 0.1, "value_mad_per_mwh": 800.0},
    {"shed_max_pu": 0.2, "value_mad_per_mwh": 3000.0},
]


def cloud(**changes):
    """Return a load that serves 95 % of a month."""
    table = {"demand_mw": 20.0, "tiers": TIERS, "sla_pu": 0.95}
    return {"firm": {"cloud": table | changes}}


def so_far(demand_mwh, shed_mwh, month="2026-01"):
    """Return the rows by which an opening state says how the month has gone."""
    balances = {"demand_mwh": float(demand_mwh), "shed_mwh": float(shed_mwh)}
    return [dk.StateRow("firm_cloud", name, value, month) for name, value in balances.items()]


@pytest.mark.parametrize(
    ("state", "shed_mwh"),
    [([], (1, 0)), (so_far(30, 0.5), (1, 1)), (so_far(30, 5), (0, 0)), (so_far(900, 0), (1, 2))],
    ids=["no state", "some of the budget", "an overdrawn budget", "more than the tiers"],
)
def test_a_month_sheds_no_more_than_its_level(plant, state, shed_mwh):
    """Proves 5 % of the demand so far and of the plan's 20 MWh, less what has been shed.

    At 4,000 MAD/MWh a MWh of the first tier saves 3,200 and of the second 1,000, at 900 only 100:
    the budget goes to the second half-hour. With plenty, all tiers go there, and 1 MWh at 900.
    """
    plan = plant(tables=cloud(), buy=[900, 4000], step_h=0.5, state=state).solve()
    first, second = shed_mwh
    early = 1 if sum(shed_mwh) == 3 else 0
    served_mad = 900 * (10 - early) + 4000 * (10 - first - second)
    assert plan.objective_mad == pytest.approx(served_mad + 800 * (early + first) + 3000 * second)


def test_shedding_beyond_the_level_has_its_price(plant):
    """Proves 500 MAD/MWh beyond 1 MWh: 3 MWh are shed at 4,000, none at 900, 2 of them dear."""
    plan = plant(tables=cloud(sla_excess_mad_per_mwh=500.0), buy=[900, 4000], step_h=0.5).solve()
    cost_mad = 900 * 10 + 4000 * 7 + 800 * 1 + 3000 * 2 + 500 * 2
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_months_are_legal_and_each_has_its_level(plant):
    """Proves the month ends at midnight in UTC+1: 1.5 MWh are left of January, 0.5 of February."""
    case = plant(
        tables=cloud(),
        buy=[4000, 4000],
        step_h=0.5,
        start="2026-01-31T22:30Z",
        state=so_far(30, 0.5),
    )
    plan = case.solve()
    asked, shed = (plan.schedule[f"firm_cloud_month_{q}_mwh"] for q in ("demand", "shed"))
    assert asked.tolist() == pytest.approx([40, 10])
    assert shed.tolist() == pytest.approx([2, 0.5])
    cost_mad = 4000 * 8.5 + 800 * 1 + 3000 * 0.5 + 4000 * 9.5 + 800 * 0.5
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_the_months_balance_is_handed_over(plant, tmp_path):
    """Proves two plans share a month: 1.5 of 30 MWh are shed by the first, 0.5 of 40 are left.

    Half-hours at 3,900, 4,000 and 900: the first tier, 1 MWh in each, gives 1 MWh at the dearest
    and 0.5 before. Handed over at 01:00; by 02:00 the month may shed 5 % of 40 MWh.
    """
    first = plant(tables=cloud(), buy=[3900, 4000, 900], step_h=0.5).publish(tmp_path)
    assert first.schedule["firm_cloud_month_shed_mwh"].tolist() == pytest.approx([0.5, 1.5, 1.5])
    second = plant(tables=cloud(), buy=[4000, 4000], step_h=0.5, start="2026-01-05T01:00Z")
    plan = second.publish(tmp_path, now="2026-01-04T13:00Z")
    assert plan.optimum.problem.given.state.rows == (
        dk.StateRow("firm_cloud", "demand_mwh", 20.0, "2026-01"),
        dk.StateRow("firm_cloud", "shed_mwh", pytest.approx(1.5), "2026-01"),
    )
    assert plan.objective_mad == pytest.approx(4000 * 19.5 + 800 * 0.5)


def test_a_new_month_begins_at_nothing(plant, tmp_path):
    """Proves nothing is handed over at the legal end of January, 23:00 UTC."""
    january = plant(tables=cloud(), buy=[1, 1], step_h=0.5, start="2026-01-31T22:00Z")
    january.publish(tmp_path)
    february = plant(tables=cloud(), buy=[4000], step_h=0.5, start="2026-01-31T23:00Z")
    plan = february.publish(tmp_path, now="2026-01-04T13:00Z")
    assert plan.optimum.problem.given.state.rows == ()
    assert plan.objective_mad == pytest.approx(4000 * 9.5 + 800 * 0.5)


def test_a_level_that_cannot_be_kept_is_no_plan_and_gives_way_before_load(plant):
    """Proves the order: of 20 MW only 16 can be drawn, so 4 are shed, none is unserved."""
    tables = cloud() | {"grid": {"line": {"import_max_mw": 16.0}}}
    short = plant(tables=tables, buy=[100], step_h=0.5)
    with pytest.raises(Infeasible):
        short.solve()
    plan = short.solve(is_elastic=True)
    assert plan.schedule["firm_cloud_unserved_mw"].item() == 0
    cost_mad = 100 * 8 + 800 * 1 + 3000 * 1 + 1e5 * (2 - 0.05 * 10)
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"tiers": []}, "sla_pu is given, but nothing may be shed. Give tiers, or no sla_pu."),
        (
            {"sla_pu": None, "sla_excess_mad_per_mwh": 5.0},
            "sla_excess_mad_per_mwh is given, but no sla_pu. Give both or none.",
        ),
    ],
)
def test_levels_that_contradict_themselves_are_refused(plant, changes, problem):
    with pytest.raises(InputError) as error:
        _ = plant(tables=cloud(**changes), buy=[1]).site
    assert str(error.value) == f"site: [firm.cloud] {problem}"


def test_the_balance_of_another_month_is_refused(plant):
    case = plant(tables=cloud(), buy=[1], state=so_far(1, 0, "2025-12"))
    with pytest.raises(InputError, match="balances are of 2026-01"):
        case.solve()


@pytest.fixture(scope="module")
def solved(plant):
    return plant(tables=cloud(), buy=[900, 4000], step_h=0.5, state=so_far(30, 0.5)).solve()


DEMAND = "the month's demand so far follows from the steps [MWh]"
SHED = "the month's shed so far follows from the steps [MWh]"
LEVEL = "the month's service level is kept [MWh]"
TAMPERED = [
    (DEMAND, 0, "month_demand_mwh", 41.0),
    (DEMAND, 1, "month_demand_mwh", math.nan),
    (DEMAND, 1, "demand_mw", 21.0),
    (SHED, 0, "month_shed_mwh", 0.4),
    (SHED, 1, "month_shed_mwh", math.nan),
    (SHED, 1, "served_mw", 15.0),
    (LEVEL, 0, "served_mw", 19.0),
    (LEVEL, 1, "served_mw", 15.9),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    assert f"firm_cloud: {rule}" in broken(solved, f"firm_cloud_{column}", step, value)


def test_every_rule_of_a_level_has_been_seen_to_fail(solved, rules_of):
    found = {name.removeprefix("firm_cloud: ") for name in rules_of(solved, "firm_cloud")}
    assert {rule for rule in found if "month" in rule} == {rule for rule, *_ in TAMPERED}
