"""Ramp limit: exchange changes slowly, hard or bought; over steps of any length, over midnight."""

import math

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError

CLOUD = {"cloud": {"tiers": [{"shed_max_pu": 1.0, "value_mad_per_mwh": 3000.0}]}}
WANTED = [10, 30, 0, 40]


@pytest.fixture
def connected(plant):
    """Return a plan that would draw 10, 30, 0 and 40 MW for a load that may be shed."""

    def build(start="2026-01-05T00:00Z", step_h=1.0, state=(), ramp=15.0, **clause):
        return plant(
            tables={"firm": CLOUD},
            buy=[500] * 4,
            series={"firm_cloud_demand_mw": WANTED},
            start=start,
            step_h=step_h,
            state=[dk.StateRow("art_1", name, value) for name, value in state],
            clauses=[{"kind": "ramp_limit", "ramp_max_mw_per_h": ramp} | clause],
        )

    return build


@pytest.mark.parametrize(
    ("price", "drawn_mw", "bought_mw", "cost_mad"),
    [
        (None, [10, 15, 0, 15], 0, 500 * 40 + 3000 * 40),
        (3000.0, [10, 15, 0, 15], 0, 500 * 40 + 3000 * 40),
        (2000.0, [10, 25, 0, 40], 35, 500 * 75 + 3000 * 5 + 2000 * 35),
        (200.0, [10, 30, 0, 40], 45, 500 * 80 + 200 * 45),
    ],
    ids=["hard", "too dear to buy", "bought in part", "bought"],
)
def test_it_binds_or_is_bought(connected, price, drawn_mw, bought_mw, cost_mad):
    """Proves 15 MW an hour on 10, 30, 0 and 40 MW: hard, 15 and 25 MW are shed.

    A MW shed costs 2,500 net. Above 15 MW in the second hour it saves that at one change, above
    25 at two: at 2,000 MAD/MW it is bought up to 25 (10 MW over), and the last 25 MW with it; at
    200 all of 5 + 15 + 25 MW.
    """
    plan = connected(price_mad_per_mw=price).solve()
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)
    assert plan.clauses[0]["bought"] == pytest.approx(bought_mw)
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(
    ("step_h", "drawn_mw"),
    [
        (0.5, [10, 7.5, 0, 7.5]),
        (2.0, [10, 30, 0, 30]),
        ((1.0, 0.5, 0.5, 2.0), [10, 7.5, 0, 18.75]),
    ],
    ids=["half-hours", "two hours", "mixed"],
)
def test_time_runs_from_middle_to_middle(connected, step_h, drawn_mw):
    """Proves 15 MW/h over the time between middles: 0.5 h, 2 h; then 0.75, 0.5 and 1.25 h."""
    plan = connected(step_h=step_h).solve()
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)


@pytest.mark.parametrize(
    ("state", "drawn_mw", "ramp_mw_per_h"),
    [
        ([], 10, 0.0),
        ([("import_mw", 0.0)], 10, 10.0),
        ([("import_mw", 2.0), ("export_mw", 10.0)], 7, 15.0),
        ([("export_mw", 10.0)], 5, 15.0),
        ([("export_mw", 10.0), ("step_h", 0.5)], 1.25, 15.0),
    ],
    ids=["unknown", "nothing", "both", "feed-in", "half an hour"],
)
def test_the_first_step_follows_the_last_one_before(connected, state, drawn_mw, ramp_mw_per_h):
    """Proves the night between plans: 15 MW from 0, -8 or -10, and 0.75 h after a half-hour."""
    plan = connected(state=state).solve()
    assert plan.schedule["site_import_mw"].iloc[0] == pytest.approx(drawn_mw)
    assert plan.schedule["art_1_ramp_mw_per_h"].iloc[0] == pytest.approx(ramp_mw_per_h)


def test_feed_in_is_negative_exchange(plant):
    """Proves 40 MW of wind are fed in at 15, 30 and 40 MW, after nothing: exchange falls."""
    clause = {"kind": "ramp_limit", "ramp_max_mw_per_h": 15.0}
    plan = plant(buy=[500] * 4, sell=[100] * 4, wind=[0, 40, 40, 40], clauses=[clause]).solve()
    assert plan.schedule["site_export_mw"].tolist() == pytest.approx([0, 15, 30, 40])
    assert plan.schedule["art_1_ramp_mw_per_h"].tolist() == pytest.approx([0, -15, -15, -10])


def test_a_run_hands_its_last_exchange_over(connected, tmp_path):
    """Proves two plans join: the first ends at 15 MW, from which the second falls to its 10."""
    connected().publish(tmp_path)
    later = connected(start="2026-01-05T04:00Z").publish(tmp_path, now="2026-01-04T13:00Z")
    rows = later.optimum.problem.given.state.rows
    assert [(r.name, r.quantity, r.value) for r in rows] == [
        ("art_1", "import_mw", pytest.approx(15.0)),
        ("art_1", "export_mw", 0.0),
        ("art_1", "step_h", 1.0),
    ]
    assert later.schedule["art_1_ramp_mw_per_h"].iloc[0] == pytest.approx(-5.0)


@pytest.mark.parametrize(
    ("dates", "drawn_mw"),
    [
        ({"valid_from": "2026-01-06"}, [10, 15, 0, 15]),
        ({"valid_from": "2026-01-07"}, [10, 30, 0, 40]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [10, 30, 0, 40]),
    ],
)
def test_it_holds_on_its_days(connected, dates, drawn_mw):
    """Proves days are legal days: the 6th begins at 23:00Z, with the second step."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = connected(start="2026-01-05T22:00Z", **given).solve()
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        (
            {},
            (
                "Art. 1: exchange with the grid changes by up to 15.0 of 15 MW an hour (into the "
                "step 05 Jan 02:00Z) and is at the limit or above in 2 of 4 steps."
            ),
        ),
        (
            {"price_mad_per_mw": 200.0},
            (
                "Art. 1: exchange with the grid changes by up to 40.0 of 15 MW an hour (into the "
                "step 05 Jan 03:00Z) and is at the limit or above in 3 of 4 steps."
            ),
        ),
        (
            {"ramp": 60.0},
            (
                "Art. 1: exchange with the grid changes by up to 40.0 of 60 MW an hour (into the "
                "step 05 Jan 03:00Z) and is at the limit or above in 0 of 4 steps."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(connected, clause, sentence):
    assert connected(**clause).solve().clauses[0]["sentence"] == sentence


TAMPERED = [
    ("exchange changes as the table says [MW/h]", 0, "art_1_ramp_mw_per_h", 1.0),
    ("exchange changes as the table says [MW/h]", 1, "art_1_ramp_mw_per_h", math.nan),
    ("exchange changes as the table says [MW/h]", 1, "site_import_mw", 15.5),
    ("exchange changes as the table says [MW/h]", 1, "site_export_mw", math.nan),
    ("change of exchange [MW]", 1, "site_import_mw", 15.5),
    ("change of exchange [MW]", 2, "site_export_mw", 0.5),
    ("change of exchange [MW]", 3, "site_import_mw", math.nan),
    ("the clause is kept", 3, "site_import_mw", 15.5),
    ("the clause is kept", 3, "site_import_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(connected, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(connected().solve(), column, step, value)


def test_every_rule_has_been_seen_to_fail(connected, rules_of):
    assert rules_of(connected().solve(), "art_1") == {f"Art. 1: {rule}" for rule, *_ in TAMPERED}


def test_a_site_without_grid_is_refused(plant):
    clause = {"kind": "ramp_limit", "ramp_max_mw_per_h": 15.0}
    with pytest.raises(InputError) as error:
        plant(tables={"genset": {"backup": {}}}, load=[1], clauses=[clause]).build()
    assert str(error.value) == (
        "agreement: Art. 1: ramp_limit can't apply: the site has no grid. "
        "Add a table [grid.NAME] to the site, or take the clause out."
    )
