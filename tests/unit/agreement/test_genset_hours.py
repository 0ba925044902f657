"""Genset hours: which units run while their hours last, hard or bought; what it says."""

import math

import pandas as pd
import pytest

from models.errors import InputError

KEPT = {"kind": "genset_hours", "hours_max_h": 1.0, "window": "horizon"}
FLEET = {"unit_count": 2, "unit_power_min_mw": 2.0, "fuel_price_mad_per_l": 1.0}  # 250 MAD/MWh


@pytest.fixture
def backed(plant):
    """Return a plan of four steps in which two units of 10 MW would carry 20 MW throughout."""

    def plan(start="2026-01-05T00:00Z", step_h=0.5, **clause):
        return plant(
            tables={"genset": {"backup": FLEET}},
            buy=[600, 610, 620, 630],
            load=[20] * 4,
            start=start,
            step_h=step_h,
            clauses=[KEPT | clause],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("price", "drawn_mw", "bought_h"),
    [
        (None, [20, 20, 20, 0], 0),
        (3750.0, [20, 20, 20, 0], 0),
        (3650.0, [20, 20, 0, 0], 1),
        (1.0, [0, 0, 0, 0], 3),
    ],
    ids=["hard", "too dear to buy", "bought", "cheap"],
)
def test_it_binds_or_is_bought(backed, price, drawn_mw, bought_h):
    """Proves hours are units' hours: two units for half an hour use the one hour there is.

    A unit's hour saves 10 MWh of 600 to 630 MAD less 250: 3,500, 3,600, 3,700 and 3,800 MAD.
    """
    plan = backed(price_mad_per_h=price)
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)
    assert plan.clauses[0]["bought"] == pytest.approx(bought_h)
    rows = zip(drawn_mw, [600, 610, 620, 630], strict=True)
    cost_mad = sum(0.5 * (mw * buy + (20 - mw) * 250) for mw, buy in rows)
    assert plan.objective_mad == pytest.approx(cost_mad + (price or 0.0) * bought_h)


def test_a_unit_at_part_load_takes_its_whole_hour(plant):
    """Proves hours are no energy: 4 MW of one unit for an hour use all of it."""
    plan = plant(
        tables={"genset": {"backup": FLEET}}, buy=[600, 610], load=[4, 4], clauses=[KEPT]
    ).solve()
    assert plan.schedule["genset_backup_power_mw"].tolist() == pytest.approx([0, 4])
    assert plan.schedule["art_1_used_h"].tolist() == pytest.approx([0, 1])


@pytest.mark.parametrize(
    ("dates", "drawn_mw"),
    [
        ({"valid_from": "2026-01-06"}, [0, 20, 20, 0]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [0, 0, 0, 0]),
        ({"valid_from": "2026-01-07"}, None),
    ],
)
def test_it_holds_on_its_days(backed, dates, drawn_mw):
    """Proves days are legal days: the 6th begins at 23:00Z. Two units take two hours an hour."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = backed(start="2026-01-05T22:00Z", step_h=1.0, hours_max_h=2.0, **given)
    if drawn_mw is None:
        assert plan.clauses == []
    else:
        assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        ({}, "Art. 1: hours of genset units in the plan: 1.0 of 1.0 h allowed."),
        (
            {"price_mad_per_h": 1.0},
            (
                "Art. 1: hours of genset units in the plan: 4.0 of 1.0 h allowed; "
                "3.0 h too much, paid for."
            ),
        ),
        (
            {"window": "day", "hours_max_h": 12.0},
            (
                "Art. 1: hours of genset units in this plan's part of the day 2026-01-05: "
                "1.0 of 1.0 h allowed."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(backed, clause, sentence):
    """Proves the words; two of a day's 24 hours have 12 / 12 h."""
    assert backed(**clause).clauses[0]["sentence"] == sentence


COUNT = "count of the horizon so far is the table's [h]"
TAMPERED = [
    (COUNT, 3, "art_1_used_h", 0.5),
    (COUNT, 3, "art_1_used_h", math.nan),
    ("the clause is kept", 0, "site_genset_count", 1.0),
    ("the clause is kept", 2, "site_genset_count", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(backed, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(backed(), column, step, value)


def test_every_rule_has_been_seen_to_fail(backed, rules_of):
    assert rules_of(backed(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_a_site_without_gensets_is_refused(plant):
    with pytest.raises(InputError) as error:
        plant(buy=[1], load=[1], clauses=[KEPT]).build()
    assert str(error.value) == (
        "agreement: Art. 1: genset_hours can't apply: the site has no genset. "
        "Add a table [genset.NAME] to the site, or take the clause out."
    )


def test_a_fleet_that_counts_no_units_is_refused(plant):
    with pytest.raises(InputError) as error:
        plant(
            tables={"genset": {"backup": FLEET, "plain": {}}}, buy=[1], load=[1], clauses=[KEPT]
        ).build()
    assert str(error.value) == (
        "agreement: Art. 1: genset_hours can't apply: genset_plain does not count its units. "
        "Give it a least power, a start cost or a least run, or limit its fuel instead."
    )
