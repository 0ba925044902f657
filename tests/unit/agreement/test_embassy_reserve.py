"""Embassy reserve: room in the halls and at the bus, hard or bought; what may give way for it."""

import math

import pandas as pd
import pytest

from models.errors import InputError

TIERS = [{"shed_max_pu": 1.0, "value_mad_per_mwh": 3000.0}]
PRICES = [700, 1000, 750, 900]


@pytest.fixture
def hosted(plant):
    """Return a plan of 20 MW of cloud, a line of 30 MW and a battery with 40 MWh at the bus.

    What is not named stays; charging does not pay.
    """

    def build(start="2026-01-05T00:00Z", step_h=1.0, tables=None, **clause):
        kept = {"kind": "embassy_reserve", "reserved_mw": 25.0, "hold_h": 2.0}
        battery = {"energy_initial_mwh": 50.0 * step_h, "charge_efficiency_pu": 0.5}
        usual = {
            "firm": {"cloud": {"demand_mw": 20.0, "tiers": TIERS}},
            "battery": {"main": battery},
            "grid": {"line": {"import_max_mw": 30.0}},
        }
        return plant(
            tables=usual | (tables or {}),
            buy=PRICES,
            start=start,
            step_h=step_h,
            clauses=[kept | clause],
        )

    return build


@pytest.mark.parametrize(
    ("price", "discharged", "bought"),
    [(None, [0, 15, 5, 20], 0), (300.0, [0, 15, 5, 20], 0), (200.0, [0, 20, 0, 20], 5)],
    ids=["hard", "too dear to buy", "bought"],
)
def test_it_binds_or_is_bought(hosted, price, discharged, bought):
    """Proves 25 MW on a line of which 20 are used: batteries must hold the other 15 for 2 h.

    Freely, 20 of 40 MWh go at 1,000 and 20 at 900 MAD: the third hour then has 20 MWh of the 30.
    A MWh moved from the second to the third hour helps by two: 5 of them, at a loss of 250 each,
    for a reserve of 5 MW. In the fourth hour the battery's own 20 MW leave the line to the reserve.
    """
    plan = hosted(price_mad_per_mwh=price).solve()
    assert plan.schedule["battery_main_discharge_mw"].tolist() == pytest.approx(discharged)
    drawn_mad = sum(cost * (20 - out) for cost, out in zip(PRICES, discharged, strict=True))
    assert plan.clauses[0]["bought"] == pytest.approx(bought)
    assert plan.objective_mad == pytest.approx(drawn_mad + (price or 0.0) * bought)
    ready_mw = [25, 25, 25 - bought, 25]
    assert plan.schedule["art_1_ready_mw"].tolist() == pytest.approx(ready_mw)


def test_half_hours_hold_half_the_energy(hosted):
    """Proves hours, not steps: 20 MWh, held for an hour, do the same in half-hours."""
    plan = hosted(step_h=0.5, hold_h=1.0).solve()
    discharged = plan.schedule["battery_main_discharge_mw"].tolist()
    assert discharged == pytest.approx([0, 15, 5, 20])


@pytest.mark.parametrize(
    ("clause", "served_mw", "bought"),
    [({}, 15, 0), ({"price_mad_per_mwh": 100.0}, 20, 20)],
    ids=["hard", "bought"],
)
def test_the_halls_must_have_room(hosted, clause, served_mw, bought):
    """Proves 40 MW of halls hold 25 of the embassy's and 15 of 20 of the cloud's.

    A MW shed costs more than 2,000 MAD, a MW of reserve 100: 5 MW for four hours.
    """
    tables = {"facility": {"it_power_max_mw": 40.0}, "grid": {"line": {}}}
    plan = hosted(tables=tables, **clause).solve()
    assert plan.schedule["firm_cloud_served_mw"].tolist() == pytest.approx([served_mw] * 4)
    assert plan.clauses[0]["bought"] == pytest.approx(bought)


def test_work_that_may_stop_makes_room(hosted):
    """Proves 30 MW of training, which may stop, stand in for 25 of the embassy's.

    In halls of 60 MW and on a line of 55, both full but for 10 and 5 MW. Without it 15 and 20
    MW would be missing.
    """
    fleet = {"power_max_mw": 30.0, "value_mad_per_mwh": 9000.0}
    tables = {
        "facility": {"it_power_max_mw": 60.0},
        "grid": {"line": {"import_max_mw": 55.0}},
        "battery": {},
        "training": {"ai": fleet},
    }
    plan = hosted(tables=tables).solve()
    assert plan.schedule["facility_it_mw"].tolist() == pytest.approx([50] * 4)
    assert plan.schedule["art_1_ready_mw"].tolist() == pytest.approx([25] * 4)


def test_a_mw_of_it_takes_more_at_the_bus(plant):
    """Proves losses of 25 %: of 35 MW the load's 25 leave 10, 8 MW of the embassy's 10."""
    plan = plant(
        tables={
            "facility": {"ups_loss_pu": 0.25},
            "grid": {"line": {"import_max_mw": 35.0}},
        },
        buy=[500],
        load=[20],
        clauses=[
            {"kind": "embassy_reserve", "reserved_mw": 10.0, "hold_h": 1.0}
            | {"price_mad_per_mwh": 100.0}
        ],
    ).solve()
    assert plan.schedule["art_1_ready_mw"].item() == pytest.approx(8)
    assert plan.clauses[0]["bought"] == pytest.approx(2)


@pytest.mark.parametrize(
    ("tables", "ready_mw"),
    [({}, 30), ({"genset": {"backup": {}}}, 40)],
    ids=["feed-in stops", "and a genset starts"],
)
def test_what_else_could_give_more(plant, tables, ready_mw):
    """Proves 30 of 50 MW of wind, fed in, and 10 MW of a genset at rest are there at once."""
    plan = plant(
        tables=tables | {"grid": {"line": {"import_max_mw": 0.0}}},
        buy=[500],
        sell=[400],
        wind=[50],
        load=[20],
        clauses=[
            {"kind": "embassy_reserve", "reserved_mw": 90.0, "hold_h": 1.0}
            | {"price_mad_per_mwh": 100.0}
        ],
    ).solve()
    assert plan.schedule["site_export_mw"].item() == pytest.approx(30)
    assert plan.schedule["art_1_ready_mw"].item() == pytest.approx(ready_mw)


@pytest.mark.parametrize(
    ("dates", "ready_mw"),
    [
        ({"valid_from": "2026-01-06"}, [0, 25, 25, 25]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [25, 0, 0, 0]),
        ({"valid_from": "2026-01-07"}, None),
    ],
)
def test_it_holds_on_its_days(hosted, dates, ready_mw):
    """Proves days are legal days: the 6th begins at 23:00Z, with the second step."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = hosted(start="2026-01-05T22:00Z", **given).solve()
    if ready_mw is None:
        assert plan.clauses == []
    else:
        assert plan.schedule["art_1_ready_mw"].tolist() == pytest.approx(ready_mw)


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        (
            {},
            (
                "Art. 1: at least 25.0 of 25 MW could start at once (in the step 05 Jan 00:00Z); "
                "batteries would carry a part in 2 of 4 steps, up to 15.0 MW for 2 h."
            ),
        ),
        (
            {"price_mad_per_mwh": 200.0},
            (
                "Art. 1: at least 20.0 of 25 MW could start at once (in the step 05 Jan 02:00Z); "
                "batteries would carry a part in 2 of 4 steps, up to 15.0 MW for 2 h."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(hosted, clause, sentence):
    assert hosted(**clause).solve().clauses[0]["sentence"] == sentence


TAMPERED = [
    ("what could start is the table's [MW]", 1, "art_1_ready_mw", 24.0),
    ("what could start is the table's [MW]", 1, "art_1_ready_mw", math.nan),
    ("what could start is the table's [MW]", 2, "site_import_mw", 15.5),
    ("what could start is the table's [MW]", 2, "site_deliverable_mwh", 19.0),
    ("embassy capacity in reserve [MW]", 2, "site_import_mw", 15.5),
    ("embassy capacity in reserve [MW]", 2, "site_deliverable_mwh", 19.0),
    ("embassy capacity in reserve [MW]", 2, "site_discharge_room_mw", 9.0),
    ("embassy capacity in reserve [MW]", 2, "site_capability_mw", 29.0),
    ("embassy capacity in reserve [MW]", 2, "site_renewable_mw", 1.0),
    ("embassy capacity in reserve [MW]", 2, "site_genset_mw", 1.0),
    ("embassy capacity in reserve [MW]", 2, "site_bus_per_it_pu", 1.1),
    ("embassy capacity in reserve [MW]", 2, "site_it_power_max_mw", 44.0),
    ("embassy capacity in reserve [MW]", 2, "facility_it_mw", 4999.0),
    ("embassy capacity in reserve [MW]", 2, "site_preemptible_mw", math.nan),
    ("embassy capacity in reserve [MW]", 2, "site_export_mw", math.nan),
    ("the clause is kept", 2, "site_import_mw", 15.5),
    ("the clause is kept", 2, "site_deliverable_mwh", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(hosted, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(hosted().solve(), column, step, value)


def test_every_rule_has_been_seen_to_fail(hosted, rules_of):
    assert rules_of(hosted().solve(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_a_site_without_supply_is_refused(plant):
    clause = {"kind": "embassy_reserve", "reserved_mw": 1.0, "hold_h": 2.0}
    with pytest.raises(InputError) as error:
        plant(load=[1], clauses=[clause]).build()
    assert str(error.value) == (
        "agreement: Art. 1: embassy_reserve can't apply: the site has no grid or genset or "
        "battery or wind or solar. Add a table [grid.NAME] to the site, or take the clause out."
    )
