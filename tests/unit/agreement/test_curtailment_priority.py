"""Curtailment priority: the first gives way first, hard or bought; whatever it costs."""

import math

import pandas as pd
import pytest

from models.errors import InputError

WANTED = [50, 20, 10, 60]


@pytest.fixture
def farm(plant):
    """Return a plan of 50, 20, 10 and 60 MW where the dear wind gives 40 MW, the cheap one 30.

    The dear one gives way first unless the agreement says otherwise.
    """

    def build(start="2026-01-05T00:00Z", step_h=1.0, series=None, load=WANTED, **clause):
        kept = {"kind": "curtailment_priority", "order": ["wind_cheap", "wind_dear"]}
        costs = {"dear": 100.0, "cheap": 20.0}
        usual = {"wind": {key: {"cost_mad_per_mwh": cost} for key, cost in costs.items()}}
        wind = {"wind_dear_available_mw": [40] * 4, "wind_cheap_available_mw": [30] * 4}
        return plant(
            tables=usual,
            load=load,
            series=wind | (series or {}),
            start=start,
            step_h=step_h,
            clauses=[kept | clause],
        )

    return build


@pytest.mark.parametrize(
    ("clause", "dear_mw", "bought"),
    [
        ({}, [40, 20, 10, 40], 0),
        ({"price_mad_per_mwh": 90.0}, [40, 20, 10, 40], 0),
        ({"price_mad_per_mwh": 50.0}, [20, 0, 0, 30], 60),
        ({"out_of_order_max_mw": 15.0}, [25, 5, 0, 30], 0),
        ({"out_of_order_max_mw": 15.0, "price_mad_per_mwh": 50.0}, [20, 0, 0, 30], 10),
        ({"order": ["wind_dear", "wind_cheap"]}, [20, 0, 0, 30], 0),
    ],
    ids=["hard", "too dear to buy", "bought", "within a margin", "beyond it", "as it pays"],
)
def test_it_binds_or_is_bought(farm, clause, dear_mw, bought):
    """Proves 20, 50, 60 and 10 MW left unused: all 30 of the cheap plant's, then the dear one's.

    A MW of the dear plant used for the cheap one's costs 80 MAD more. Against the order go 20, 20,
    10 and 10 MW: what of the dear plant's idle power the cheap one's use stands for. At 50
    MAD/MWh all 60 are bought; a margin of 15 MW a step frees 15, 15, 10 and 10, which leaves 10.
    """
    plan = farm(**clause).solve()
    assert plan.schedule["wind_dear_used_mw"].tolist() == pytest.approx(dear_mw)
    assert plan.clauses[0]["bought"] == pytest.approx(bought)
    used = zip(WANTED, dear_mw, strict=True)
    wind_mad = sum(100 * dear + 20 * (wanted - dear) for wanted, dear in used)
    price = clause.get("price_mad_per_mwh", 0.0)
    assert plan.objective_mad == pytest.approx(wind_mad + price * bought)


def test_half_hours_cost_half(farm):
    """Proves the price is per MWh: 60 MW out of order in half-hours are 30 MWh."""
    plan = farm(step_h=0.5, price_mad_per_mwh=50.0).solve()
    assert plan.clauses[0]["bought"] == pytest.approx(30)
    assert plan.objective_mad == pytest.approx(0.5 * (100 * 50 + 20 * 90 + 50 * 60))


@pytest.mark.parametrize(
    ("series", "dear_mw"),
    [
        ({"wind_cheap_available_mw": [0, 30, 30, 30]}, [40, 20, 10, 40]),
        ({"wind_dear_available_mw": [20, 20, 0, 40]}, [20, 20, 0, 40]),
    ],
    ids=["nothing first", "nothing second"],
)
def test_a_plant_without_wind_holds_nobody_back(farm, series, dear_mw):
    """Proves a plant that could give nothing has given way, and has none to give."""
    plan = farm(series=series, load=[40, 20, 10, 60]).solve()
    assert plan.schedule["wind_dear_used_mw"].tolist() == pytest.approx(dear_mw)


def test_three_plants_give_way_one_after_another(plant):
    """Proves order over a plant that has no wind: solar first, wind of the south last.

    Of 10 + 0 + 30 MW 15 are left unused: solar's 10, then 5 of the south's. With 20 of the
    north's: solar's 10, then 15 of those.
    """
    tables = {
        "solar": {"roof": {}},
        "wind": {"north": {"cost_mad_per_mwh": 9.0}, "south": {"cost_mad_per_mwh": 50.0}},
    }
    series = {
        "solar_roof_available_mw": [10, 10],
        "wind_north_available_mw": [0, 20],
        "wind_south_available_mw": [30, 30],
    }
    order = ["solar_roof", "wind_north", "wind_south"]
    clause = {"kind": "curtailment_priority", "order": order}
    plan = plant(tables=tables, load=[25, 35], series=series, clauses=[clause]).solve()
    used = plan.schedule[[f"{name}_used_mw" for name in order]].to_numpy().tolist()
    assert used == [pytest.approx([0, 0, 25]), pytest.approx([0, 5, 30])]
    assert plan.schedule["art_1_out_of_order_mw"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("dates", "dear_mw"),
    [
        ({"valid_from": "2026-01-06"}, [20, 20, 10, 40]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [40, 0, 0, 30]),
        ({"valid_from": "2026-01-07"}, [20, 0, 0, 30]),
    ],
)
def test_it_holds_on_its_days(farm, dates, dear_mw):
    """Proves days are legal days: the 6th begins at 23:00Z, with the second step."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = farm(start="2026-01-05T22:00Z", **given).solve()
    assert plan.schedule["wind_dear_used_mw"].tolist() == pytest.approx(dear_mw)


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        (
            {},
            (
                "Art. 1: curtailed in the agreed order, wind_cheap 90.0, wind_dear 50.0 MWh; 0.0 "
                "MWh of it out of order."
            ),
        ),
        (
            {"price_mad_per_mwh": 50.0, "out_of_order_max_mw": 15.0},
            (
                "Art. 1: curtailed in the agreed order, wind_cheap 30.0, wind_dear 110.0 MWh; 10.0 "
                "MWh of it out of order, beyond 15 MW."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(farm, clause, sentence):
    assert farm(**clause).solve().clauses[0]["sentence"] == sentence


TAMPERED = [
    ("what is curtailed out of order is the table's [MW]", 0, "art_1_out_of_order_mw", 1.0),
    ("what is curtailed out of order is the table's [MW]", 0, "art_1_out_of_order_mw", math.nan),
    ("what is curtailed out of order is the table's [MW]", 0, "wind_dear_used_mw", 39.0),
    ("power curtailed out of order [MW]", 0, "wind_dear_used_mw", 39.0),
    ("power curtailed out of order [MW]", 0, "wind_dear_available_mw", 41.0),
    ("power curtailed out of order [MW]", 1, "wind_cheap_used_mw", 1.0),
    ("power curtailed out of order [MW]", 1, "wind_cheap_used_mw", math.nan),
    ("the clause is kept", 2, "wind_cheap_used_mw", 1.0),
    ("the clause is kept", 2, "wind_dear_used_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(farm, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(farm().solve(), column, step, value)


def test_every_rule_has_been_seen_to_fail(farm, rules_of):
    assert rules_of(farm().solve(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        (
            ["wind_cheap", "solar_main"],
            (
                "order has 'solar_main', which is not on the site. "
                "Give some of wind_dear, wind_cheap."
            ),
        ),
        (
            ["wind_cheap", "wind_dear", "wind_cheap"],
            "order has 'wind_cheap' twice. Name each plant once.",
        ),
    ],
)
def test_an_order_that_is_none_is_refused(farm, order, problem):
    with pytest.raises(InputError) as error:
        farm(order=order).build()
    assert str(error.value) == f"agreement: Art. 1: {problem}"


def test_a_site_without_sun_and_wind_is_refused(plant):
    clause = {"kind": "curtailment_priority", "order": ["solar_main", "wind_main"]}
    with pytest.raises(InputError) as error:
        plant(buy=[500], load=[1], clauses=[clause]).build()
    assert str(error.value) == (
        "agreement: Art. 1: curtailment_priority can't apply: the site has no solar or wind. "
        "Add a table [solar.NAME] to the site, or take the clause out."
    )
