"""Cost against a clause's number: a hand-computed line, its ends planned directly, and refusals."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.asked import Asked
from optimizer.editor.clause_fields import main_field, with_value
from optimizer.editor.picture import draw_tradeoff
from optimizer.editor.tradeoff import Span, tradeoff, write_curve

HOURS = 2
CAP = {"kind": "import_cap", "import_max_mw": 6.0, "first_hour": 0, "last_hour": 24}
SPAN = Span(article="1", low=0.0, high=10.0, count=5)


def asked(plant: Any, genset_mw: float = 10.0, *clauses: dict[str, Any]) -> Asked:
    small = plant(
        buy=[100.0] * HOURS,
        load=[10.0] * HOURS,
        tables={"genset": {"g": {"unit_power_max_mw": genset_mw, "emission_kg_per_mwh": 780.0}}},
        clauses=clauses or [CAP],
    )
    return Asked(**small.asked())


def test_the_curve_is_the_line_worked_out_by_hand(plant: Any) -> None:
    """Proves 10 MW for 2 h at 100 MAD/MWh, and 2,400 more for what the cap leaves to gensets."""
    curve = tradeoff(asked(plant), SPAN)
    caps = np.array([0.0, 2.5, 5.0, 7.5, 10.0])
    assert curve["import_max_mw"].tolist() == caps.tolist()
    assert curve["cost_mad"].tolist() == pytest.approx((2000 + 4800 * (10 - caps)).tolist())
    assert curve["emission_kg"].tolist() == pytest.approx((2 * 780 * (10 - caps)).tolist())
    assert curve["status"].tolist() == ["optimal"] * 5
    assert (np.diff(curve["cost_mad"]) < 0).all()
    assert curve.attrs == {"article": "1", "kind": "import_cap", "field": "import_max_mw"}


@pytest.mark.parametrize("end", [0, -1])
def test_the_ends_are_direct_plans(plant: Any, end: int) -> None:
    """Proves that the first and the last point are what a plan of that agreement costs."""
    question = asked(plant)
    point = tradeoff(question, SPAN).iloc[end]
    assert isinstance(question.agreement, dk.Agreement)
    draft = with_value(question.agreement, "1", "import_max_mw", float(point["import_max_mw"]))
    direct = replace(question, agreement=draft)
    plan = dk.plan(
        direct.site,
        start=direct.start,
        agreement=direct.agreement,
        horizon=direct.horizon,
        state=direct.state,
        series=direct.series,
    )
    assert point["cost_mad"] == plan.objective_mad
    assert point["emission_kg"] == plan.kpis["plan"]["emission_kg"]


def test_an_infeasible_point_is_a_row_of_its_own(plant: Any) -> None:
    """Proves that caps the 4 MW of gensets can't make up for are marked, with what clashes."""
    curve = tradeoff(asked(plant, 4.0), SPAN)
    assert curve["status"].tolist() == ["infeasible"] * 3 + ["optimal"] * 2
    assert curve["cost_mad"].isna().tolist() == [True] * 3 + [False] * 2
    assert all(curve["clash"].iloc[:3])
    assert curve["clash"].iloc[3:].tolist() == ["", ""]


def test_what_is_bought_is_said(plant: Any) -> None:
    """Proves that a priced cap of 0 is broken by 20 MWh at 1,000 MAD each."""
    curve = tradeoff(asked(plant, 10.0, CAP | {"price_mad_per_mwh": 1000.0}), SPAN)
    assert curve["bought"].tolist() == pytest.approx([20.0, 15.0, 10.0, 5.0, 0.0])
    assert curve["paid_mad"].iloc[0] == pytest.approx(20_000.0)


def test_another_number_of_the_clause(plant: Any) -> None:
    """Proves that any parameter can be tried; whole numbers stay whole and are tried once."""
    span = Span(article="1", low=0.0, high=2.0, count=6, field="first_hour")
    curve = tradeoff(asked(plant), span)
    assert curve["first_hour"].tolist() == [0, 1, 2]
    assert (np.diff(curve["cost_mad"]) < 0).sum() == 1  # 00:00Z is one hour on the site's clock


QUESTIONS = {
    "article": (
        Span(article="9", low=0.0, high=1.0, count=2),
        ["article = '9' is not in the agreement. Give one of 1."],
    ),
    "field": (
        Span(article="1", low=0.0, high=1.0, count=2, field="share_min_pu"),
        [
            (
                "field = 'share_min_pu' is no parameter of Art. 1. Give one of import_max_mw, "
                "first_hour, last_hour, months, time_zone, price_mad_per_mwh."
            )
        ],
    ),
    "count and ends": (
        Span(article="1", low=3.0, high=1.0, count=1),
        [
            "count = 1 is outside [2, 200]. Give 10, for one.",
            "low = 3 is not below high = 1. Give the lower end first.",
        ],
    ),
    "out of range": (
        Span(article="1", low=-5.0, high=1.0, count=2),
        [
            (
                "agreement: article 1: import_max_mw = -5.0 (most that may be drawn [MW]) is "
                "below 0. Give 0 or more."
            )
        ],
    ),
}


@pytest.mark.parametrize(("span", "problems"), QUESTIONS.values(), ids=QUESTIONS.keys())
def test_wrong_questions_are_refused(plant: Any, span: Span, problems: list[str]) -> None:
    """Proves the whole message, before anything is solved."""
    with pytest.raises(InputError) as caught:
        tradeoff(asked(plant), span)
    assert caught.value.problems == problems


def test_the_curve_is_written_whole(plant: Any, tmp_path: Path) -> None:
    """Proves that the CSV gives the figures back to the last digit, an empty cell for none."""
    curve = tradeoff(asked(plant, 4.0), SPAN)
    path = write_curve(curve, tmp_path / "curve.csv")
    texts = pd.read_csv(path, dtype=str).fillna({"clash": ""})
    numbers = [name for name in curve.columns if name not in ("status", "clash")]
    again = texts.astype(dict.fromkeys(numbers, float))
    pd.testing.assert_frame_equal(again, curve, check_exact=True, check_dtype=False)
    assert [p.name for p in tmp_path.iterdir()] == ["curve.csv"]


@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_the_picture_is_drawn(plant: Any, tmp_path: Path, ending: str) -> None:
    """Proves that a picture of that format lies there, with infeasible points named in it."""
    curve = tradeoff(asked(plant, 4.0), SPAN)
    path = draw_tradeoff(curve, tmp_path / f"curve{ending}")
    content = path.read_bytes()
    assert content.startswith({".png": b"\x89PNG", ".svg": b"<?xml"}[ending])
    assert [p.name for p in tmp_path.iterdir()] == [f"curve{ending}"]
    if ending == ".svg":
        assert b"no schedule" in content


def test_pictures_without_matplotlib_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves the remedy where the extra is not installed."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    spec = importlib.util.find_spec("optimizer.editor.picture")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.raises(InputError) as caught:
        spec.loader.exec_module(module)
    assert caught.value.problems == [
        "pictures need matplotlib, which is not installed. Run: pip install matplotlib."
    ]


def test_every_kind_has_a_main_number() -> None:
    """Proves that each kind's main parameter is a number of its own."""
    from optimizer.agreement.clause import clause_kinds

    for kind in clause_kinds().values():
        field = kind.model_fields[main_field(kind)]
        assert field.annotation in (float, int), kind.kind
