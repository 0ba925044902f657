"""Four hours worked out by hand: tariff, a cap, a priced share, and a battery between them."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyomo.environ as pyo
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.explain import explain
from optimizer.explain.explanation import Explanation

AT = pd.Timestamp("2026-01-05T02:00Z")
FOUR_HOURS: dict[str, Any] = {
    "buy": [100.0, 110.0, 120.0, 400.0],
    "load": [60.0] * 4,
    "wind": [0.0] * 4,  # a renewable share needs a plant
    "tables": {"battery": {"main": {"ageing_cost_mad_per_mwh": [20.0]}}},
    "clauses": [
        {"kind": "import_cap", "import_max_mw": 50.0, "first_hour": 2, "last_hour": 3}
        | {"time_zone": "Etc/GMT"},
        {"kind": "renewable_share", "share_min_pu": 0.9, "window": "day"}
        | {"price_mad_per_mwh": 30.0},
    ],
}


@pytest.fixture(scope="module")
def plan(plant: Any) -> dk.Plan:
    return plant(**FOUR_HOURS).solve()


@pytest.fixture(scope="module")
def told(plan: dk.Plan) -> Explanation:
    return explain(plan, AT)


def parts_of(told: Explanation, set_by: str) -> dict[str, float]:
    rows = told.parts[told.parts["set_by"] == set_by]
    return dict(zip(rows["words"], rows["mad_per_mwh"].round(6), strict=True))


def test_the_value_of_each_hour_is_the_hand_computed_one(told: Explanation) -> None:
    """Proves 130, 140, and twice 130 / 0.9 / 0.8 + 20 = 200.56: what the battery gives at 2 and 3.

    Every MWh drawn breaks the share and costs 30; it charges in the first hour, the cheapest.
    """
    stored = 130 / (0.9 * 0.8) + 20
    assert told.by_step["mad_per_mwh"].tolist() == pytest.approx([130, 140, stored, stored])


def test_the_price_is_split_as_seen_from_the_grid_and_from_the_battery(told: Explanation) -> None:
    """Proves 120 tariff + 30 share + the rest the cap; and 180.56 of stored energy + 20 wear."""
    assert parts_of(told, "grid_line.import_mw[2]") == {
        "tariff of grid line": 120.0,
        "Art. 1": pytest.approx(50.555556),
        "Art. 2": 30.0,
    }
    assert parts_of(told, "battery_main.discharge_mw[2]") == {
        "energy kept in battery main": pytest.approx(180.555556),
        "ageing of battery main": 20.0,
    }
    groups = told.parts.groupby("set_by")["group"].agg(list).to_dict()
    assert groups == {
        "grid_line.import_mw[2]": ["tariff", "clause", "clause"],
        "battery_main.discharge_mw[2]": ["stored energy", "ageing"],
    }


def test_a_clause_costs_what_leaving_it_out_saves(told: Explanation) -> None:
    """Proves 10 MWh at 50.56 for the cap, and (157.22 + 60 + 50 - 24) x 30 for the share."""
    drawn_mwh = 60 + 70 / 0.72 + 60 + 50
    saved = [10 * (130 / 0.72 + 20 - 150), 30 * (drawn_mwh - 0.1 * 240)]
    assert told.clauses["resolved_mad"].tolist() == pytest.approx(saved)
    assert told.clauses["fixed_mad"].tolist() == pytest.approx(saved)
    assert told.clauses["within_mad"].tolist() == pytest.approx([0.0, 0.0], abs=1e-6)


def test_one_unit_more_is_worth_the_hand_computed_price(told: Explanation) -> None:
    """Proves each shadow price: the cap's, a point of the share's, and a MW of load's."""
    found = told.units.set_index("name")
    worth = found["mad_per_unit"]
    stored = 130 / 0.72 + 20
    assert worth["art_1.import_max_mw"] == pytest.approx(150 - stored)
    assert worth["art_2.share_min_pu"] == pytest.approx(0.01 * 240 * 30)
    load = 130 + 140 + 2 * stored - 0.1 * 4 * 30  # a MW more load may be other than renewable too
    assert worth["firm_load.demand_mw"] == pytest.approx(load)
    assert found["resolved_mad"]["firm_load.demand_mw"] == pytest.approx(load)
    assert worth["grid_line.import_max_mw"] == pytest.approx(0.0, abs=1e-9)
    assert set(found["how"]) == {"dual"}


def test_the_sentences_are_these(told: Explanation) -> None:
    """Proves every sentence, whole and in order."""
    assert told.sentences == [
        (
            "Over the day that binds, from 05 Jan 2026 00:00Z, a MWh at the site bus is worth "
            "130 MAD at the cheapest (00:00Z) and 201 MAD at the dearest (02:00Z)."
        ),
        "05 Jan 02:00Z: a MWh is worth 201 MAD: 120 tariff of grid line, 51 Art. 1, 30 Art. 2.",
        (
            "Seen from battery main, the same 201 MAD are 181 energy kept in battery main, "
            "20 ageing of battery main."
        ),
        (
            "One MWh more then would be met by 1.00 MWh more out of battery main, 1.39 MWh more "
            "into battery main around 00:00Z, 1.39 MWh more drawn from grid line around 00:00Z."
        ),
        "What binds then: Art. 1 (import cap) (51 MAD/MWh); Art. 2 (renewable share) (30 MAD/MWh).",
        (
            "What binds over the day, dearest first: Art. 1 (import cap) (1 step; 51 MAD/MW); "
            "Art. 2 (renewable share) (4 steps; 30 MAD/MWh)."
        ),
        "Art. 1: draw peaks at 50.0 of 50 MW and is at the cap or above in 1 of 1 steps.",
        (
            'Without Art. 1 the plan would cost 506 MAD less, solved again; 1 MW more of "most '
            'that may be drawn" would save 51 MAD.'
        ),
        told.clauses["sentence"][1],
        (
            "Without Art. 2 the plan would cost 7,297 MAD less, solved again; 1 percentage point "
            'more of "least renewable share" would cost 72 MAD.'
        ),
        "What one unit more would do over the 4 h of the plan, whole numbers as they are:",
        (
            "1 MW more of firm load (at its highest, in proportion at other times) would cost "
            "659 MAD (all solved again: 659 MAD more)."
        ),
    ]
    assert told.sentences[8].startswith("Art. 2: ")
    assert told.notes[0].startswith("Prices are duals of the plan's linear program")


def test_without_a_time_it_is_the_dearest_step(plan: dk.Plan) -> None:
    """Proves the step explained is one of the dearest; and nothing is re-solved if not asked."""
    told = explain(plan, is_resolved=False)
    dearest = told.by_step["mad_per_mwh"].max()
    assert told.value["mad_per_mwh"][0] == pytest.approx(dearest)
    assert told.clauses["resolved_mad"].isna().all()
    assert told.units["resolved_mad"].isna().all()
    assert told.decisions.empty
    fixed = "Without Art. 1 the plan would cost 506 MAD less, with whole numbers as they are; "
    assert any(sentence.startswith(fixed) for sentence in told.sentences)


def test_everything_is_json(told: Explanation) -> None:
    """Proves to_json goes through strict JSON and back, every table with where it is from."""
    again = json.loads(json.dumps(told.to_json(), allow_nan=False))
    assert again["at"] == "2026-01-05T02:00:00Z"
    assert again["sentences"] == told.sentences
    assert again["by_step"][2]["time_utc"] == "2026-01-05T02:00:00Z"
    tables = ("by_step", "value", "parts", "met_by", "limits", "day", "clauses", "units")
    assert all(row["how"] for table in tables for row in again[table])
    assert [row["what"] for row in again["value"]] == ["a MWh", "the last MWh", "one MWh more"]


@pytest.mark.parametrize(
    ("at", "message"),
    [
        (
            "2026-01-05T04:00Z",
            (
                "--at = 2026-01-05T04:00Z is not in the plan, which goes from 2026-01-05T00:00Z "
                "until 2026-01-05T04:00Z. Give a moment in between."
            ),
        ),
        (
            "2026-01-05T02:00",
            "--at = 2026-01-05 02:00:00 has no time zone. Give UTC, as 2026-01-05T00:00Z.",
        ),
    ],
)
def test_a_moment_outside_the_plan_is_refused(plan: dk.Plan, at: str, message: str) -> None:
    """Proves the whole sentence, with its remedy."""
    with pytest.raises(InputError) as refused:
        explain(plan, pd.Timestamp(at))
    assert refused.value.problems == [message]


def test_a_moment_within_a_step_is_that_step(plan: dk.Plan) -> None:
    """Proves 02:40 is the step that begins at 02:00."""
    told = explain(plan, pd.Timestamp("2026-01-05T02:40Z"), is_resolved=False)
    assert told.at == AT


def test_a_run_folder_is_solved_again_and_explained(plant: Any, tmp_path: Path) -> None:
    """Proves a folder says what its plan says, and a folder that lies about its cost is told."""
    published = plant(**FOUR_HOURS).publish(tmp_path)
    folder = published.run_dir
    told = explain(folder, AT, is_resolved=False)
    assert told.sentences == explain(published, AT, is_resolved=False).sentences
    figures = json.loads((folder / "kpis.json").read_text(encoding="utf-8"))
    figures["objective_mad"] += 1000
    (folder / "kpis.json").write_text(json.dumps(figures), encoding="utf-8")
    cost, said = published.objective_mad, published.objective_mad + 1000
    assert explain(folder, AT, is_resolved=False).notes[0] == (
        f"Solved again, the plan costs {cost:,.0f} MAD; the run says {said:,.0f} MAD. "
        "What is said here is about the plan as solved again."
    )


def test_a_model_extended_by_hand_is_explained_as_far_as_it_goes(plant: Any) -> None:
    """Proves a constraint of one's own gets its part of the price, and clauses are left out."""
    problem = plant(**FOUR_HOURS).build()
    problem.model.least_draw = pyo.Constraint(expr=problem.model.grid_line.import_mw[3] >= 10)
    told = explain(dk.solve(problem), pd.Timestamp("2026-01-05T03:00Z"))
    assert told.notes[0] == (
        "The model was extended by hand: what clauses and units are worth is not told."
    )
    assert told.clauses.empty
    assert told.units.empty
    assert parts_of(told, "grid_line.import_mw[3]") == {
        "tariff of grid line": 400.0,
        "Art. 2": 30.0,
        "least draw": pytest.approx(130 / 0.72 + 20 - 430),
    }
