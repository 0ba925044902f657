"""N-1: what batteries must carry when the largest unit fails, hard or bought; where they can't."""

import math

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.errors import Infeasible

WIND = [0, 4, 10, 0]
PRICES = [1000, 950, 800, 700]
DRAWN = [20, 16, 10, 20]  # of 20 MW of sovereign load, what the wind leaves


@pytest.fixture
def secured(plant):
    """Return a plan with a line of 30 MW, a genset of 10 and a battery with 32 MWh at the bus."""

    def build(start="2026-01-05T00:00Z", step_h=1.0, battery=None, **clause):
        table = {"energy_initial_mwh": 40.0 * step_h} | (battery or {})
        kept = {"kind": "n_minus_one", "bridging_h": 1.5}
        return plant(
            tables={
                "battery": {"main": table},
                "grid": {"line": {"import_max_mw": 30.0}},
                "genset": {"backup": {}},
            },
            buy=PRICES,
            wind=WIND,
            load=[20] * 4,
            start=start,
            step_h=step_h,
            clauses=[kept | clause],
        )

    return build


@pytest.mark.parametrize(
    ("price", "discharged", "bought"),
    [
        (None, [17, 0, 0, 0], 0),
        (1500.0, [17, 0, 0, 0], 0),
        (600.0, [17, 0, 0, 15], 10),
        (300.0, [17, 6, 0, 9], 14),
    ],
    ids=["hard", "too dear to buy", "bought at the end", "bought"],
)
def test_it_binds_or_is_bought(secured, price, discharged, bought):
    """Proves the reserve: 30 of 40 MW and the wind fail to give 10, 6, 0 and 10 of 20 MW.

    Each step's end must serve the next step too: 10, 6, 10 and 10 MW for 1.5 h, 15, 9, 15 and
    15 of 32 MWh. A MWh too little costs two thirds of the price an hour. At 600, 400: the last
    hour's 700 are worth it. At 300, 200: 6 MWh earn 950 - 2 * 200 in the second hour, where 9
    are enough, and 9 earn 700 - 200 in the last; 4 and 10 MW are missing at its beginning and
    end.
    """
    plan = secured(price_mad_per_mwh=price).solve()
    assert plan.schedule["art_1_needed_mw"].tolist() == pytest.approx([10, 6, 10, 10])
    assert plan.schedule["battery_main_discharge_mw"].tolist() == pytest.approx(discharged)
    rows = zip(PRICES, DRAWN, discharged, strict=True)
    drawn_mad = sum(cost * (drawn - out) for cost, drawn, out in rows)
    assert plan.clauses[0]["bought"] == pytest.approx(bought)
    assert plan.objective_mad == pytest.approx(drawn_mad + (price or 0.0) * bought)


def test_half_hours_need_the_same_energy(secured):
    """Proves hours, not steps: 0.75 h need 7.5, 4.5, 7.5 and 7.5 of 16 MWh, 8.5 MWh are free.

    17 MW for half an hour.
    """
    plan = secured(step_h=0.5, bridging_h=0.75).solve()
    assert plan.schedule["battery_main_discharge_mw"].tolist() == pytest.approx([17, 0, 0, 0])


def test_converters_too_small_are_named(secured):
    """Proves no energy helps 8 MW of converters to 10: refused, or 2 MW bought for three hours."""
    small = {"discharge_max_mw": 8.0}
    with pytest.raises(Infeasible) as error:
        secured(battery=small).solve()
    assert [name.partition(" (")[0] for name in error.value.names] == ["Art. 1"]
    plan = secured(battery=small, price_mad_per_mwh=5000.0).solve()
    assert plan.clauses[0]["bought"] == pytest.approx(6)


def test_a_genset_may_be_the_largest_unit(plant):
    """Proves the line's 10 MW count where one of two gensets of 16 MW fails: 30 - 26 = 4 MW."""
    plan = plant(
        tables={
            "battery": {"main": {"energy_initial_mwh": 40.0}},
            "grid": {"line": {"import_max_mw": 10.0}},
            "genset": {"backup": {"unit_count": 2, "unit_power_max_mw": 16.0}},
        },
        buy=[500],
        load=[30],
        clauses=[{"kind": "n_minus_one", "bridging_h": 2.0}],
    ).solve()
    assert plan.schedule["art_1_needed_mw"].tolist() == pytest.approx([4])
    assert plan.schedule["site_deliverable_mwh"].tolist() == pytest.approx([8])


@pytest.mark.parametrize(
    ("dates", "needed_mw"),
    [
        ({"valid_from": "2026-01-06"}, [6, 6, 10, 10]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [10, 0, 0, 0]),
        ({"valid_from": "2026-01-07"}, None),
    ],
)
def test_it_holds_on_its_days(secured, dates, needed_mw):
    """Proves days are legal days: the 6th begins at 23:00Z, with the second step's need."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = secured(start="2026-01-05T22:00Z", **given).solve()
    if needed_mw is None:
        assert plan.clauses == []
    else:
        assert plan.schedule["art_1_needed_mw"].tolist() == pytest.approx(needed_mw)


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        (
            {},
            (
                "Art. 1: without the largest unit (30.0 MW) batteries must carry up to 10.0 MW for "
                "1.5 h (at the end of the step 05 Jan 00:00Z); nothing is missing."
            ),
        ),
        (
            {"price_mad_per_mwh": 600.0},
            (
                "Art. 1: without the largest unit (30.0 MW) batteries must carry up to 10.0 MW for "
                "1.5 h (at the end of the step 05 Jan 00:00Z); up to 10.0 MW would be missing."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(secured, clause, sentence):
    assert secured(**clause).solve().clauses[0]["sentence"] == sentence


def test_it_says_that_nothing_is_needed(plant):
    clause = {"kind": "n_minus_one", "bridging_h": 1.5}
    plan = plant(buy=[500], wind=[30], load=[20], clauses=[clause]).solve()
    assert plan.clauses[0]["sentence"] == (
        "Art. 1: without the largest unit (1000.0 MW) the rest carries the sovereign load in "
        "every step, batteries aside."
    )


TAMPERED = [
    ("what batteries must carry is the table's [MW]", 1, "art_1_needed_mw", 7.0),
    ("what batteries must carry is the table's [MW]", 0, "art_1_needed_mw", math.nan),
    ("what batteries must carry is the table's [MW]", 3, "site_sovereign_mw", 21.0),
    ("what batteries must carry is the table's [MW]", 0, "site_largest_unit_mw", 29.0),
    ("sovereign load if the largest unit fails [MW]", 0, "site_deliverable_mwh", 14.0),
    ("sovereign load if the largest unit fails [MW]", 0, "site_discharge_max_mw", 9.0),
    ("sovereign load if the largest unit fails [MW]", 0, "site_capability_mw", math.nan),
    ("the clause is kept", 3, "site_deliverable_mwh", 14.0),
    ("the clause is kept", 3, "site_deliverable_mwh", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(secured, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(secured().solve(), column, step, value)


def test_every_rule_has_been_seen_to_fail(secured, rules_of):
    assert rules_of(secured().solve(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_a_site_with_nothing_to_fail_is_refused(plant):
    clause = {"kind": "n_minus_one", "bridging_h": 1.5}
    with pytest.raises(InputError) as error:
        plant(tables={"battery": {"main": {}}}, load=[1], clauses=[clause]).build()
    assert str(error.value) == (
        "agreement: Art. 1: n_minus_one can't apply: the site has no grid or genset. "
        "Add a table [grid.NAME] to the site, or take the clause out."
    )
