"""CFE score: matched by the hour, hard or bought; the same as Google's formula; what it says."""

import math

import pandas as pd
import pytest

from models.errors import InputError

KEPT = {"kind": "cfe_score", "share_min_pu": 0.9, "window": "horizon"}
CLOUD = {"cloud": {"demand_mw": 20.0, "tiers": [{"shed_max_pu": 0.5, "value_mad_per_mwh": 3000.0}]}}
CLEAN_PU = [0.0, 0.25, 0.75, 0.0]


@pytest.fixture
def calm(plant):
    """Return a plan of four steps; the second and third lack 10 MW, 25 % and 75 % clean."""

    def plan(start="2026-01-05T00:00Z", step_h=0.5, supply=None, **clause):
        return plant(
            tables={"firm": CLOUD} | (supply or {}),
            buy=[500] * 4,
            wind=[30, 10, 10, 30],
            series={"grid_line_carbon_free_pu": CLEAN_PU},
            start=start,
            step_h=step_h,
            clauses=[KEPT | clause],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("price", "shed_mwh", "bought_mwh"),
    [(None, 20 / 13, 0.0), (4000.0, 20 / 13, 0.0), (3500.0, 0.0, 1.0)],
    ids=["hard", "too dear to buy", "bought"],
)
def test_it_binds_or_is_bought(calm, price, shed_mwh, bought_mwh):
    """Proves the budget: 5 MWh at 0.75 and 5 at 0.25 are 5 MWh dirty, 0.1 * 40 = 4 allowed.

    Shed in the dirtiest half-hour: 5 - 0.75 s <= 0.1 * (40 - s) at s = 1 / 0.65 = 20 / 13. A MWh
    shed costs 2,500 MAD and saves 0.65 of the price: 2,600 at 4,000, 2,275 at 3,500.
    """
    plan = calm(price_mad_per_mwh=price)
    served = plan.schedule["firm_cloud_served_mw"].tolist()
    assert served == pytest.approx([20, 20 - 2 * shed_mwh, 20, 20])
    assert plan.clauses[0]["bought"] == pytest.approx(bought_mwh)
    assert plan.objective_mad == pytest.approx(
        500 * 10 + 2500 * shed_mwh + (price or 0.0) * bought_mwh
    )


@pytest.mark.parametrize(("share_min_pu", "burnt_mwh"), [(0.9, 0.0), (0.75, 10.0)])
def test_gensets_are_not_carbon_free(calm, share_min_pu, burnt_mwh):
    """Proves fuel is dirty: at half the price it is burnt only where 0.25 * 40 = 10 MWh may be."""
    fuel = {"fuel_price_mad_per_l": 1.0, "unit_power_max_mw": 50.0}
    plan = calm(supply={"genset": {"backup": fuel}}, share_min_pu=share_min_pu)
    assert plan.kpis["plan"]["genset_mwh"] == pytest.approx(burnt_mwh)


def test_the_score_is_googles(plant):
    """Proves the identity: own clean supply, storage, feed-in and the grid's share over the load.

    With a battery that charges and discharges, a genset and power fed in, the score of the
    published table is what the budget of dirty power says.
    """
    plan = plant(
        tables={
            "battery": {"main": {"energy_initial_mwh": 20.0}},
            "genset": {"backup": {"fuel_price_mad_per_l": 2.0, "unit_power_max_mw": 4.0}},
        },
        buy=[500, 900, 950, 400],
        sell=[450, 100, 100, 300],
        wind=[45, 5, 5, 30],
        load=[20, 45, 42, 20],
        series={"grid_line_carbon_free_pu": CLEAN_PU},
        clauses=[KEPT | {"share_min_pu": 0.6}],
    ).solve()
    table = plan.schedule
    clean = table["site_renewable_mw"] + pd.Series(CLEAN_PU, table.index) * table["site_import_mw"]
    stored = table["battery_main_discharge_mw"] - table["battery_main_charge_mw"]
    supply = clean + stored - table["site_export_mw"]
    score = supply.sum() / table["facility_power_mw"].sum()
    for column in ("battery_main_charge_mw", "site_export_mw", "site_genset_mw", "site_import_mw"):
        assert table[column].max() > 1
    assert table["art_1_share_pu"].iloc[-1] == pytest.approx(score)


@pytest.mark.parametrize(
    ("window", "start", "shed_mwh"),
    [
        ("hour", "2026-01-05T00:00Z", [0, 110 / 13, 10 / 3, 0]),
        ("day", "2026-01-05T22:00Z", [0, 80 / 13, 0, 0]),
        ("week", "2026-01-11T22:00Z", [0, 80 / 13, 0, 0]),
        ("month", "2026-01-31T22:00Z", [0, 80 / 13, 0, 0]),
        ("year", "2025-12-31T22:00Z", [0, 80 / 13, 0, 0]),
    ],
)
def test_each_window_keeps_its_own_score(calm, window, start, shed_mwh):
    """Proves windows part at 23:00Z: 10 - 0.75 s <= 0.1 * (60 - s) at s = 80 / 13.

    An hour by itself: 7.5 - 0.75 s <= 0.1 * (20 - s) at s = 110 / 13, and 2.5 - 0.25 s <=
    0.1 * (20 - s) at s = 10 / 3.
    """
    plan = calm(start=start, step_h=1.0, window=window)
    served = plan.schedule["firm_cloud_served_mw"]
    assert (20 - served).tolist() == pytest.approx(shed_mwh)


@pytest.mark.parametrize(
    ("dates", "shed_mwh"),
    [
        ({"valid_from": "2026-01-06"}, 80 / 13),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, 0.0),
        ({"valid_from": "2026-01-07"}, 0.0),
    ],
)
def test_it_holds_on_its_days(calm, dates, shed_mwh):
    """Proves days are legal days: the 6th begins at 23:00Z; 10 - 0.75 s <= 0.1 * (60 - s)."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = calm(start="2026-01-05T22:00Z", step_h=1.0, **given)
    assert plan.kpis["plan"]["shed_mwh"] == pytest.approx(shed_mwh, abs=1e-6)
    assert bool(plan.clauses) is (dates["valid_from"] != "2026-01-07")


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        ({}, "Art. 1: CFE score in the plan: 90.00 %, 90 % asked."),
        (
            {"price_mad_per_mwh": 1.0},
            ("Art. 1: CFE score in the plan: 87.50 %, 90 % asked; 1.0 MWh too much, paid for."),
        ),
    ],
)
def test_it_says_how_it_stands(calm, clause, sentence):
    """Proves the words: bought, 5 of 40 MWh are dirty."""
    assert calm(**clause).clauses[0]["sentence"] == sentence


COUNT = "count of the horizon so far is the table's [MWh]"
TAMPERED = [
    (COUNT, 1, "art_1_excess_mwh", 0.0),
    (COUNT, 1, "art_1_excess_mwh", math.nan),
    ("share so far is the table's", 1, "art_1_share_pu", 0.99),
    ("share so far is the table's", 3, "art_1_share_pu", math.nan),
    ("the clause is kept", 2, "site_dirty_import_mw", 3.0),
    ("the clause is kept", 2, "site_genset_mw", 1.0),
    ("the clause is kept", 3, "facility_power_mw", 15.0),
    ("the clause is kept", 3, "facility_power_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(calm, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(calm(), column, step, value)


def test_every_rule_has_been_seen_to_fail(calm, rules_of):
    assert rules_of(calm(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_a_site_with_nothing_clean_is_refused(plant):
    with pytest.raises(InputError) as error:
        plant(tables={"genset": {"backup": {}}}, load=[1], clauses=[KEPT]).build()
    assert str(error.value) == (
        "agreement: Art. 1: cfe_score can't apply: the site has no solar or wind or grid. "
        "Add a table [solar.NAME] to the site, or take the clause out."
    )
