"""The planner's tables: means, sums, widths, and words that can't be overlooked."""

import io
from dataclasses import replace

import pandas as pd
import pytest
from rich.console import Console

import optimizer as dk
from optimizer.plan_answer import plan_json
from optimizer.terminal import hour_tables, hourly, plan_view
from optimizer.terminal_words import FIGURES, REPORTED, limit_words, owner_words

QUARTERS = (0.25,) * 4 + (0.5, 0.5, 1.0, 2.0)
CAP = {"kind": "import_cap", "import_max_mw": 60.0, "first_hour": 0, "last_hour": 24}


@pytest.fixture(scope="module")
def plan(plant) -> dk.Plan:
    """Plan an hour in quarters, one in halves, one whole, and a step of two hours."""
    length = len(QUARTERS)
    tables = {
        "battery": {"main": {"energy_initial_mwh": 200.0}},
        "training": {"ai": {"value_mad_per_mwh": 100.0}},
        "genset": {"backup": {}},
    }
    return plant(
        tables=tables,
        buy=[400.0, 800.0, 400.0, 800.0, 500.0, 700.0, 300.0, 200.0],
        wind=[10.0, 20.0, 30.0, 40.0, 50.0, 70.0, 80.0, 90.0],
        load=[300.0] * length,
        step_h=QUARTERS,
        clauses=[CAP | {"price_mad_per_mwh": 5.0}, CAP | {"import_max_mw": 5000.0}],
    ).solve()


def printed(plan: dk.Plan, width: int) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, markup=False, highlight=False)
    console.print(plan_view(plan, width))
    return stream.getvalue()


def test_hours_are_means_of_their_steps_and_stored_energy_is_the_last(plan: dk.Plan) -> None:
    """Proves (10 + 20 + 30 + 40) / 4, (50 + 70) / 2, and two hours under their beginning."""
    table, shown = plan.schedule, hourly(plan)
    assert [f"{t:%H:%M}" for t in shown.index] == ["00:00", "01:00", "02:00", "03:00"]
    assert shown["\nwind"].tolist() == pytest.approx([25.0, 60.0, 80.0, 90.0])
    assert shown["price\nMAD"].tolist() == pytest.approx([600.0, 600.0, 300.0, 200.0])
    last = table["battery_main_energy_mwh"].iloc[[3, 5, 6, 7]]
    assert shown["battery\nstored"].tolist() == pytest.approx(last.tolist())


def test_each_workload_has_a_column_and_the_rest_is_other(plan: dk.Plan) -> None:
    shown = hourly(plan)
    assert {"firm\nload", "train.\nai", "\nother", "gen-\nsets", "grid\nexport"} <= set(shown)
    supply = shown["\nwind"] + shown["battery\nout"] + shown["grid\nimport"] + shown["gen-\nsets"]
    use = shown["firm\nload"] + shown["train.\nai"] + shown["\nother"]
    use += shown["battery\ncharge"] + shown["grid\nexport"]
    assert (supply - use).abs().max() < 1e-6  # all the wind is used here


def test_the_foot_is_energy(plan: dk.Plan) -> None:
    """Proves 0.25 * 100 + 0.5 * 120 + 80 + 2 * 90 = 345 MWh of wind."""
    wind = next(c for c in hour_tables(plan, 200)[0].columns if str(c.header).endswith("wind"))
    assert str(wind.footer) == "345"


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_number_is_cut_however_narrow_the_terminal(plan: dk.Plan, width: int) -> None:
    """Proves that columns go into further tables, every one whole, with the hours in front."""
    text = printed(plan, width)
    assert "…" not in "".join(line for line in text.splitlines() if line.startswith("0"))
    hours = [line for line in text.splitlines() if line.startswith("03:00")]
    assert len(hours) == len(hour_tables(plan, width))
    numbers = " ".join(line.removeprefix("03:00") for line in hours).split()
    assert len(numbers) == len(hourly(plan).columns)
    assert max(len(line) for line in hours) <= width


def test_one_table_where_there_is_room(plan: dk.Plan) -> None:
    assert len(hour_tables(plan, 200)) == 1
    assert len(hour_tables(plan, 60)) == 2


def test_what_a_planner_must_see_is_there(plan: dk.Plan) -> None:
    text = printed(plan, 120)
    for words in (
        "optimal (gap 0.000%)",
        "Opening state: the test",
        "Steps of 15 min are averaged to hours here",
        "Legal time at the site is UTC+0100.",
        "renewable share of the draw",
        "together",
        "NO, paid",
        "wind main: all available power is used",
        "Nothing was written.",
    ):
        assert words in text, words


def test_synthetic_weather_is_said_aloud(plan: dk.Plan) -> None:
    problem = plan.optimum.problem
    made_up = replace(problem.provenance, weather_level="synthetic", weather_source="seed 7")
    optimum = replace(plan.optimum, problem=replace(problem, provenance=made_up))
    text = printed(replace(plan, optimum=optimum), 120)
    assert "Weather: SYNTHETIC made up from climate statistics; not a forecast" in text
    assert "seed 7" in text


def test_only_the_binding_day_is_shown_and_the_rest_is_mentioned(plant) -> None:
    days = plant(buy=[100.0] * 30, load=[10.0] * 30).solve()
    assert len(hourly(days)) == 24
    assert "These hours bind; 6 h of look-ahead are in the run." in printed(days, 80)


def test_brackets_in_a_name_are_no_markup(plant) -> None:
    named = plant(tables={"place": {"name": "[bold]x[/bold] :cat:"}}, buy=[1.0], load=[1.0]).solve()
    assert "[bold]x[/bold] :cat:" in printed(named, 80)


def test_json_has_no_number_that_is_none(plan: dk.Plan) -> None:
    """Proves that an unknown gap is null, not Infinity, which is no JSON."""
    unknown = replace(plan, optimum=replace(plan.optimum, mip_gap_pu=float("inf")))
    assert plan_json(unknown, 3)["mip_gap_pu"] is None
    assert "gap unknown" in printed(unknown, 80)


def test_every_key_figure_has_words(plan: dk.Plan) -> None:
    assert set(plan.kpis["plan"]) - {"hours_h"} <= {*FIGURES, *REPORTED}
    assert not set(FIGURES) & set(REPORTED)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("grid_onee.import_mw", "grid onee: most that can be drawn"),
        ("art_4_2.cap", "Art. 4.2: draw in the capped hours"),
        ("battery_main.new_limit", "battery main: new limit"),
    ],
)
def test_limits_have_words(name: str, words: str) -> None:
    assert limit_words(name) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("art_3_1_breach", "Art. 3.1 breach"),
        ("art_4a", "Art. 4a"),
        ("grid_onee_import", "grid onee import"),
    ],
)
def test_costs_have_words(name: str, words: str) -> None:
    assert owner_words(name) == words


def test_no_limit_and_no_clause_are_said_too(plant) -> None:
    free = plant(buy=[0.0], load=[1.0]).solve()
    empty = replace(free, binding=pd.DataFrame({"limit": [], "step_count": [], "worth_mad": []}))
    assert "no limit has a price" in printed(empty, 80)
    assert "No clause is in force in this plan." in printed(empty, 80)
