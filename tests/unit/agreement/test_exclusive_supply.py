"""Exclusive supply: no draw but by named exceptions, hard or bought; which exceptions are none."""

import math

import pandas as pd
import pytest

from models.errors import InputError

CLOUD = {"cloud": {"demand_mw": 20.0, "tiers": [{"shed_max_pu": 0.9, "value_mad_per_mwh": 3000.0}]}}
WORKS = {
    "name": "line_works",
    "text": "while the farm's own line is repaired",
    "from_utc": "2026-01-05T16:30:00Z",
    "until_utc": "2026-01-05T17:00:00Z",
}
CALM = {"name": "calm", "text": "in a calm", "available_below_mw": 10.0}


@pytest.fixture
def island(plant):
    """Return a plan of four half-hours: 20 MW are wanted where the wind gives 20, 12, 20 and 8."""

    def plan(start="2026-01-05T16:00Z", step_h=0.5, line=None, **clause):
        return plant(
            tables={"firm": CLOUD, "grid": {"line": line or {}}},
            buy=[500] * 4,
            wind=[20, 12, 20, 8],
            start=start,
            step_h=step_h,
            clauses=[{"kind": "exclusive_supply"} | clause],
        ).solve()

    return plan


@pytest.mark.parametrize(
    ("clause", "drawn_mw", "bought_mwh", "cost_mad"),
    [
        ({}, [0, 0, 0, 0], 0, 3000 * 20),
        ({"price_mad_per_mwh": 2600.0}, [0, 0, 0, 0], 0, 3000 * 20),
        ({"price_mad_per_mwh": 1000.0}, [0, 8, 0, 12], 10, (500 + 1000) * 20),
        ({"import_max_mw": 2.0}, [0, 2, 0, 2], 0, 500 * 4 + 3000 * 16),
        ({"exception": [WORKS]}, [0, 8, 0, 0], 0, 500 * 8 + 3000 * 12),
        ({"exception": [CALM]}, [0, 0, 0, 12], 0, 500 * 12 + 3000 * 8),
        ({"exception": [WORKS, CALM]}, [0, 8, 0, 12], 0, 500 * 20),
        ({"exception": [CALM | {"import_max_mw": 5.0}]}, [0, 0, 0, 5], 0, 500 * 5 + 3000 * 15),
        (
            {"exception": [CALM | {"import_max_mw": 5.0}], "price_mad_per_mwh": 1000.0},
            [0, 8, 0, 12],
            7.5,
            500 * 20 + 1000 * 15,
        ),
    ],
    ids=[
        *("hard", "too dear", "bought", "meters", "dated", "weather", "both", "capped"),
        "capped and bought",
    ],
)
def test_it_binds_or_is_bought(island, clause, drawn_mw, bought_mwh, cost_mad):
    """Proves what the wind lacks, 8 and 12 MW in half-hours, is shed, excepted or bought.

    Shedding costs 3,000 MAD/MWh, drawing 500 and the price: 0.5 h times what is listed.
    """
    plan = island(**clause)
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)
    assert plan.clauses[0]["bought"] == pytest.approx(bought_mwh)
    assert plan.objective_mad == pytest.approx(0.5 * cost_mad)


@pytest.mark.parametrize(
    ("clause", "drawn_mw"),
    [({"allows_wheeled": True}, [0, 8, 0, 12]), ({}, [0, 0, 0, 0])],
    ids=["wheeled is free", "wheeled is draw"],
)
def test_wheeled_power_may_be_free(island, clause, drawn_mw):
    """Proves renewable power from elsewhere counts as draw unless the agreement says otherwise."""
    plan = island(line={"is_wheeled": True}, **clause)
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)
    assert plan.schedule["art_1_excess_mw"].tolist() == [0, 0, 0, 0]


def test_of_two_exceptions_at_once_the_wider_counts(island):
    """Proves 5 MW by one and 9 by the other leave 9, of the 12 wanted."""
    dates = {"from_utc": "2026-01-05T17:30:00Z", "until_utc": "2026-01-05T18:00:00Z"}
    wide = WORKS | dates | {"import_max_mw": 9.0}
    plan = island(exception=[CALM | {"import_max_mw": 5.0}, wide])
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx([0, 0, 0, 9])


@pytest.mark.parametrize(
    ("dates", "drawn_mw"),
    [
        ({"valid_from": "2026-01-06"}, [0, 8, 0, 0]),
        ({"valid_from": "2026-01-01", "valid_until": "2026-01-05"}, [0, 0, 0, 12]),
        ({"valid_from": "2026-01-07"}, [0, 8, 0, 12]),
    ],
)
def test_it_holds_on_its_days(island, dates, drawn_mw):
    """Proves days are legal days: the 6th begins at 23:00Z, after two of the half-hours."""
    given = {key: pd.Timestamp(day).date() for key, day in dates.items()}
    plan = island(start="2026-01-05T22:00Z", **given)
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx(drawn_mw)


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        (
            {},
            ("Art. 1: the grid gives 0.0 MWh by exception and 0.0 MWh against the agreement."),
        ),
        (
            {"exception": [WORKS, CALM]},
            (
                "Art. 1: the grid gives 10.0 MWh by exception (line_works used in 1 of its 1 "
                "steps, calm used in 1 of its 1 steps) and 0.0 MWh against the agreement."
            ),
        ),
        (
            {"exception": [CALM | {"available_below_mw": 25.0, "import_max_mw": 2.0}]}
            | {"price_mad_per_mwh": 1000.0},
            (
                "Art. 1: the grid gives 2.0 MWh by exception (calm used in 2 of its 4 steps) and "
                "8.0 MWh against the agreement."
            ),
        ),
    ],
)
def test_it_says_how_it_stands(island, clause, sentence):
    assert island(**clause).clauses[0]["sentence"] == sentence


TAMPERED = [
    ("draw beyond what is allowed is the table's [MW]", 1, "art_1_excess_mw", 0.5),
    ("draw beyond what is allowed is the table's [MW]", 1, "site_import_mw", 1.0),
    ("draw by exception is the table's [MW]", 3, "art_1_excepted_mw", 11.0),
    ("draw by exception is the table's [MW]", 3, "site_import_mw", 11.0),
    ("draw by exception is the table's [MW]", 3, "wind_main_available_mw", 10.0),
    ("draw no exception allows [MW]", 0, "site_import_mw", 1.0),
    ("draw no exception allows [MW]", 3, "wind_main_available_mw", 10.0),
    ("draw no exception allows [MW]", 1, "site_import_mw", math.nan),
    ("the clause is kept", 2, "site_import_mw", 1.0),
    ("the clause is kept", 2, "site_import_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_article(island, broken, rule, step, column, value):
    assert f"Art. 1: {rule}" in broken(island(exception=[CALM]), column, step, value)


def test_every_rule_has_been_seen_to_fail(island, rules_of):
    assert rules_of(island(exception=[CALM]), "art_1") == {f"Art. 1: {r}" for r, *_ in TAMPERED}


WHEN = "does not say when it applies. Give from_utc and until_utc, or available_below_mw."


@pytest.mark.parametrize(
    ("exception", "problem"),
    [
        ([CALM | {"available_below_mw": None}], f"[exception.1] exception 'calm' {WHEN}"),
        ([WORKS | {"until_utc": None}], f"[exception.1] exception 'line_works' {WHEN}"),
        ([WORKS | CALM], f"[exception.1] exception 'calm' {WHEN}"),
        (
            [WORKS | {"until_utc": "2026-01-05T16:30:00Z"}],
            (
                "[exception.1] exception 'line_works': until_utc = 2026-01-05 16:30:00+00:00 is "
                "not after from_utc. Give a later moment."
            ),
        ),
        (
            [WORKS | {"from_utc": "2026-01-05T16:30:00"}],
            (
                "[exception.1] from_utc: 2026-01-05 16:30:00 is of no time zone. Write it like "
                "2026-03-01T18:00:00Z."
            ),
        ),
        (
            [WORKS | {"from_utc": "noon"}],
            ("[exception.1] from_utc: 'noon' is not a moment. Write it like 2026-03-01T18:00:00Z."),
        ),
        ([CALM, CALM], "exception calm appears twice. Name each once."),
    ],
)
def test_an_exception_that_is_none_is_refused(island, exception, problem):
    with pytest.raises(InputError) as error:
        island(exception=exception)
    assert str(error.value).startswith("agreement: clause 1 (article 1): ")
    assert str(error.value).endswith(problem)


def test_a_site_without_grid_or_weather_is_refused(plant):
    """Proves what can't apply says why: nothing to draw from, no weather to look at."""
    clause = {"kind": "exclusive_supply", "exception": [CALM]}
    with pytest.raises(InputError) as error:
        plant(tables={"genset": {"backup": {}}}, load=[1], clauses=[clause]).build()
    assert str(error.value) == (
        "agreement: Art. 1: exclusive_supply can't apply: the site has no grid. "
        "Add a table [grid.NAME] to the site, or take the clause out.\n"
        "agreement: Art. 1: exclusive_supply can't apply: the site has no solar or wind. "
        "Add a table [solar.NAME] to the site, or take the clause out."
    )
