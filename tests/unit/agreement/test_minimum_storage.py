"""Minimum storage: at the stated hours of its clock, hard or bought; of one battery or of all."""

import math

import pandas as pd
import pytest

from models.errors import InputError

PRICES = [1000, 900, 800, 700]


@pytest.fixture
def stored(plant):
    """Return a plan that would give 40 MWh, 50 in the cells, to 20 MW of load, soonest first."""

    def build(start="2026-01-05T16:00Z", step_h=1.0, batteries=("main",), **clause):
        kept = {"kind": "minimum_storage", "energy_min_mwh": 30.0, "hours": [19]}
        hours = step_h if isinstance(step_h, float) else 1.0
        cells = {"energy_initial_mwh": 50.0 * hours}
        return plant(
            tables={"battery": {key: cells for key in batteries}},
            buy=PRICES,
            load=[20] * 4,
            start=start,
            step_h=step_h,
            clauses=[kept | clause],
        )

    return build


@pytest.mark.parametrize(
    ("price", "discharged", "bought"),
    [
        (None, [16, 0, 20, 4], 0),
        (300.0, [16, 0, 20, 4], 0),
        (200.0, [20, 0, 20, 0], 5),
        (50.0, [20, 20, 0, 0], 30),
    ],
    ids=["hard", "too dear to buy", "bought in part", "bought"],
)
def test_it_binds_or_is_bought(stored, price, discharged, bought):
    """Proves 30 of 50 MWh are kept until 19:00 legal time, 18:00Z: 20, at the bus 16, go before.

    A MWh at the bus is 1.25 in store. Moved from the last hour to the first it earns 300, from
    the third to the second 100: worth a price of 240 and of 80. At 200, 4 MWh are, 5 in store;
    at 50 all.
    """
    plan = stored(price_mad_per_mwh=price).solve()
    assert plan.schedule["battery_main_discharge_mw"].tolist() == pytest.approx(discharged)
    drawn_mad = sum(cost * (20 - out) for cost, out in zip(PRICES, discharged, strict=True))
    assert plan.clauses[0]["bought"] == pytest.approx(bought)
    assert plan.objective_mad == pytest.approx(drawn_mad + (price or 0.0) * bought)


def test_half_hours_keep_their_hour(stored):
    """Proves the clock, not steps: 19:00 is the end of the second half-hour from 17:00Z.

    Of 25 MWh 10 go before, 8 at the bus, 16 MW for half an hour.
    """
    plan = stored(start="2026-01-05T17:00Z", step_h=0.5, energy_min_mwh=15.0).solve()
    assert plan.schedule["art_1_required_mwh"].tolist() == [0, 15, 0, 0]
    discharged = plan.schedule["battery_main_discharge_mw"].tolist()
    assert discharged == pytest.approx([16, 0, 20, 4])


@pytest.mark.parametrize(
    ("start", "step_h", "clause", "asked"),
    [
        ("2026-01-05T16:00Z", 1.0, {}, [1]),
        ("2026-01-05T16:30Z", 1.0, {}, [1]),
        ("2026-01-05T17:30Z", 0.25, {}, [1]),
        ("2026-01-05T16:00Z", (2.0, 2.0, 1.0, 1.0), {"hours": [18, 19]}, [0]),
        ("2026-01-05T15:00Z", (1.0, 4.0, 1.0, 1.0), {"hours": [18, 23]}, [1, 3]),
        ("2026-01-05T16:00Z", 1.0, {"hours": [17, 21]}, [3]),
        ("2026-11-22T16:00Z", 1.0, {}, [2]),  # UTC+0 since 2026-09-20
        ("2026-01-05T16:00Z", 1.0, {"time_zone": "Etc/GMT"}, [2]),
        ("2026-01-05T16:00Z", 1.0, {"time_zone": "Asia/Kathmandu", "hours": [22]}, [0]),
        ("2026-01-05T22:00Z", 1.0, {"hours": [0]}, [0]),
        ("2026-01-31T22:00Z", 1.0, {"hours": [0, 1], "months": [2]}, [0, 1]),
        ("2026-01-31T22:00Z", 1.0, {"hours": [0, 1], "months": [1]}, []),
    ],
)
def test_it_is_asked_at_its_hours(stored, start, step_h, clause, asked):
    """Proves an hour is kept at the end of the step it ends, or in which it strikes.

    Nepal's 22:00 is 16:15Z. Midnight is of the day and month it begins. At the plan's own
    beginning nothing can be done any more.
    """
    plan = stored(start=start, step_h=step_h, **clause).solve()
    unit = 30.0
    assert plan.schedule["art_1_required_mwh"].tolist() == [unit * (t in asked) for t in range(4)]


@pytest.mark.parametrize(
    ("battery", "kept_mwh"),
    [(None, [0, 30]), ("battery_main", [30, 0]), ("battery_second", [0, 30])],
    ids=["all", "the first", "the second"],
)
def test_one_battery_or_all_of_them(plant, battery, kept_mwh):
    """Proves whose energy counts: of 50 and 50 MWh, 100 are wanted, and the second is lossless."""
    plan = plant(
        tables={
            "battery": {
                "main": {"energy_initial_mwh": 50.0},
                "second": {"energy_initial_mwh": 50.0, "discharge_efficiency_pu": 0.7},
            }
        },
        buy=[1000],
        load=[100],
        clauses=[
            {"kind": "minimum_storage", "energy_min_mwh": 30.0, "hours": [2], "battery": battery}
        ],
    ).solve()
    columns = ["battery_main_energy_mwh", "battery_second_energy_mwh"]
    assert plan.schedule[columns].to_numpy()[0].tolist() == pytest.approx(kept_mwh)


@pytest.mark.parametrize(
    ("dates", "asked"),
    [
        ({"valid_from": "2026-01-06"}, [2, 3]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [0, 1]),
        ({"valid_from": "2026-01-07"}, None),
    ],
)
def test_it_holds_on_its_days(stored, dates, asked):
    """Proves days are legal days: the 6th begins at 23:00Z, and so does its hour 0."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = stored(start="2026-01-05T20:00Z", hours=list(range(24)), **given).solve()
    if asked is None:
        assert plan.clauses == []
    else:
        required = plan.schedule["art_1_required_mwh"].tolist()
        assert required == [30.0 * (t in asked) for t in range(4)]


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        (
            {},
            (
                "Art. 1: at 1 stated hours at least 30.0 of 30 MWh are in store (at 05 Jan "
                "18:00Z), less than agreed at 0."
            ),
        ),
        (
            {"hours": [18, 19, 20], "price_mad_per_mwh": 50.0},
            (
                "Art. 1: at 3 stated hours at least 0.0 of 30 MWh are in store (at 05 Jan "
                "18:00Z), less than agreed at 3."
            ),
        ),
        ({"hours": [5]}, "Art. 1: no stated hour falls into this plan."),
    ],
)
def test_it_says_how_it_stands(stored, clause, sentence):
    assert stored(**clause).solve().clauses[0]["sentence"] == sentence


TAMPERED = [
    ("what must be in store is the table's [MWh]", 0, "art_1_required_mwh", 30.0),
    ("what must be in store is the table's [MWh]", 1, "art_1_required_mwh", 29.0),
    ("what must be in store is the table's [MWh]", 1, "art_1_required_mwh", math.nan),
    ("energy in store [MWh]", 1, "battery_main_energy_mwh", 29.0),
    ("energy in store [MWh]", 1, "battery_main_energy_mwh", math.nan),
    ("the clause is kept", 1, "battery_main_energy_mwh", 29.0),
    ("the clause is kept", 1, "battery_main_energy_mwh", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(stored, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(stored().solve(), column, step, value)


def test_every_rule_has_been_seen_to_fail(stored, rules_of):
    assert rules_of(stored().solve(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_energy_at_other_hours_breaks_nothing(stored, broken):
    found = broken(stored().solve(), "battery_main_energy_mwh", 3, 12.0)
    assert not [rule for rule in found if rule.startswith("Art.")]


@pytest.mark.parametrize(
    ("batteries", "battery", "problem"),
    [
        (
            (),
            None,
            (
                "minimum_storage can't apply: the site has no battery. Add a table "
                "[battery.NAME] to the site, or take the clause out."
            ),
        ),
        (
            ("main", "second"),
            "main",
            "battery = 'main' is not on the site. Give one of battery_main, battery_second.",
        ),
    ],
)
def test_a_battery_that_is_none_is_refused(stored, batteries, battery, problem):
    with pytest.raises(InputError) as error:
        stored(batteries=batteries, battery=battery).build()
    assert str(error.value) == f"agreement: Art. 1: {problem}"
