"""The facility: losses, overhead, its two limits, PUE; its audit."""

import math

import pytest

import optimizer as dk

LOSS = {"ups_loss_pu": 0.25, "fixed_overhead_mw": 2.5}
BACKLOG = dk.StateRow(
    "deferrable_batch", "backlog_mwh", 18.0, "2026-01-05T00:00Z/2026-01-05T02:00Z"
)


@pytest.mark.parametrize(
    ("change", "drawn_mwh"),
    [
        ({}, 20 * 1.25 + 2 * 2.5),
        ({"ups_loss_pu": 0.0}, 20 + 2 * 2.5),
        ({"fixed_overhead_mw": 0.0}, 20 * 1.25),
    ],
    ids=["losses and overhead", "no losses", "no overhead"],
)
def test_losses_and_overhead_are_drawn_with_the_machines(plant, change, drawn_mwh):
    """Proves both by the hour: 10 MW for half an hour and for one and a half are 20 MWh of IT."""
    plan = plant(
        tables={"facility": LOSS | change}, buy=[600, 600], load=[10, 10], step_h=(0.5, 1.5)
    ).solve()
    assert plan.objective_mad == pytest.approx(600 * drawn_mwh)
    assert plan.schedule["facility_pue_pu"].tolist() == pytest.approx([drawn_mwh / 20] * 2)


@pytest.mark.parametrize(
    ("limit", "early_mw"),
    [({}, 18), ({"it_power_max_mw": 32.0}, 12), ({"power_max_mw": 40.0}, 10)],
    ids=["no limit", "halls", "connection"],
)
def test_machines_fit_halls_and_connection(plant, limit, early_mw):
    """Proves both limits bind on 18 MWh of batch, which run as far as they can in the cheap hour.

    20 MW of firm load leave 12 of 32 MW in the halls; a connection of 40 MW carries
    (40 - 2.5) / 1.25 = 30 MW of IT, 10 beside the firm load.
    """
    tables = {"facility": LOSS | limit, "deferrable": {"batch": {"arrival_mw": 0.0}}}
    plan = plant(tables=tables, buy=[100, 300], load=[20, 20], state=[BACKLOG]).solve()
    assert plan.schedule["deferrable_batch_run_mw"].tolist() == pytest.approx(
        [early_mw, 18 - early_mw]
    )
    first_mwh, second_mwh = 1.25 * (20 + early_mw) + 2.5, 1.25 * (38 - early_mw) + 2.5
    assert plan.objective_mad == pytest.approx(100 * first_mwh + 300 * second_mwh)


@pytest.mark.parametrize(("limit_mw", "early_mw"), [(68.0, 18), (63.0, 16)])
def test_the_connection_carries_the_cooling_too(plant, limit_mw, early_mw):
    """Proves cooling counts: a MW of IT draws 1.25, and 0.4 * 1.25 to be cooled, 1.75 together.

    63 MW carry 36 MW of IT, 16 beside the firm load; 68 MW all 38.
    """
    lines = {"intercept_1_mw": 0.0, "slope_1_pu": 0.4, "water_l_per_mwh": 0.0}
    plan = plant(
        tables={
            "facility": {"ups_loss_pu": 0.25, "power_max_mw": limit_mw},
            "cooling": {"segment_count": 1},
            "deferrable": {"batch": {"arrival_mw": 0.0}},
        },
        buy=[100, 300],
        load=[20, 20],
        series={f"cooling_{name}": [value] * 2 for name, value in lines.items()},
        state=[BACKLOG],
    ).solve()
    assert plan.schedule["deferrable_batch_run_mw"].iloc[0] == pytest.approx(early_mw)


def test_an_empty_hall_has_a_pue_of_one(plant):
    plan = plant(tables={"facility": LOSS}, buy=[600], load=[0]).solve()
    assert plan.schedule["facility_pue_pu"].item() == 1.0
    assert plan.objective_mad == pytest.approx(600 * 2.5)


TAMPERED = [
    ("the machines fit the halls [MW]", "it_mw", 32.5),
    ("the machines fit the halls [MW]", "it_mw", math.nan),
    ("the facility fits its connection [MW]", "power_mw", 45.5),
    ("the facility fits its connection [MW]", "power_mw", math.nan),
    ("PUE is facility power over IT power", "pue_pu", 1.25),
    ("PUE is facility power over IT power", "pue_pu", math.nan),
]


@pytest.fixture(scope="module")
def solved(plant):
    limits = {"it_power_max_mw": 32.0, "power_max_mw": 45.0}
    return plant(tables={"facility": LOSS | limits}, buy=[600], load=[20]).solve()


@pytest.mark.parametrize(("rule", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, column, value):
    assert f"facility: {rule}" in broken(solved, f"facility_{column}", 0, value)


def test_every_rule_has_been_seen_to_fail(solved, rules_of):
    assert rules_of(solved, "facility") == {f"facility: {rule}" for rule, *_ in TAMPERED}
