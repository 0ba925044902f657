"""Checking a draft: clashes, clauses that never bind, say nothing new or do not hold."""

import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.editor.check import Examination, Report, check, report
from optimizer.editor.overlap import overlaps
from optimizer.editor.weeks import Standing, Week, examine, mondays

FIRST, LAST = datetime.date(2026, 1, 1), datetime.date(2026, 12, 31)
FLEET = {"training": {"ai": {"power_max_mw": 10.0, "curve": [[0.5, 0.5], [1.0, 1.0]]}}}
QUOTA = {"kind": "research_quota", "workload": "training_ai", "quota_mwh_per_week": 1680.0}
CAP = {"kind": "import_cap", "import_max_mw": 5.0, "first_hour": 0, "last_hour": 24}
CARBON = {"kind": "carbon_budget", "budget_kg": 1e9, "window": "day"}
RIDE = {"kind": "ride_through", "autonomy_h": 1.0}


def checked(small: Any) -> Report:
    """Return the report of a small plant's draft, its horizon as the only week."""
    week = examine(small.site, small.agreement, small.horizon.start, small.frame)
    return report(small.agreement, [week], FIRST, LAST)


def said(found: Report) -> list[str]:
    return [finding.sentence for finding in found.findings]


def test_a_contradiction_is_found_and_named(plant: Any) -> None:
    """Proves that 10 MWh of work an hour and 5 MW of grid clash, and the third clause does not.

    The week owes 1,680 MWh of work in 168 h, so 20 MWh in two hours; the fleet does one MWh of
    work with one of power, and nothing but the grid supplies it, 5 MW at most.
    """
    dirty = {"grid": {"line": {"emission_kg_per_mwh": 500.0}}}
    found = checked(plant(buy=[1.0, 1.0], tables=FLEET | dirty, clauses=[CARBON, QUOTA, CAP]))
    assert not found.is_sound
    assert said(found) == [
        "Art. 2 and Art. 3 can't be kept together in 1 of 1 weeks, the first from 2026-01-05.",
        (
            "Art. 1 (carbon_budget) never binds: it has slack in all of its 1 limits "
            "(in 1 of 1 weeks it is in force)."
        ),
    ]
    assert found.findings[0].articles == ("2", "3")


@pytest.mark.parametrize("kept", [QUOTA, CAP])
def test_each_of_them_alone_can_be_kept(plant: Any, kept: dict[str, Any]) -> None:
    """Proves that neither half of the clash is one by itself."""
    assert checked(plant(buy=[1.0, 1.0], tables=FLEET, clauses=[kept])).is_sound


def test_two_clashes_are_two_findings(plant: Any) -> None:
    """Proves that a second clash is found behind the first: no battery, so no ride-through."""
    small = plant(buy=[1.0, 1.0], load=[1.0, 1.0], tables=FLEET, clauses=[QUOTA, RIDE, CAP])
    found = checked(small)
    assert {f.articles for f in found.findings} == {("1", "3"), ("2",)}
    assert "Art. 2 can't be kept in 1 of 1 weeks, the first from 2026-01-05." in said(found)


def test_priced_clauses_do_not_clash(plant: Any) -> None:
    """Proves that what may be bought contradicts nothing: the cap gives way at its price."""
    cap = CAP | {"price_mad_per_mwh": 10.0}
    assert checked(plant(buy=[1.0, 1.0], tables=FLEET, clauses=[QUOTA, cap])).is_sound


def test_a_plant_that_is_too_small_is_not_the_agreements_fault(plant: Any) -> None:
    """Proves that 10 MW of load on a line of 5 is told as the plant's."""
    grid = {"grid": {"line": {"import_max_mw": 5.0}}}
    found = checked(plant(buy=[1.0], load=[10.0], tables=grid, clauses=[CAP]))
    assert said(found) == [
        (
            "Even without the agreement there is no schedule for the plant in 1 of 1 weeks, "
            "the first from 2026-01-05."
        )
    ]
    assert not found.is_sound


@pytest.mark.parametrize(
    ("cap_mw", "never_binds", "worth_mad"),
    [(12.0, True, 0.0), (10.0, False, 0.0), (6.0, False, 2 * 2400.0)],
)
def test_a_clause_that_never_binds(
    plant: Any, cap_mw: float, never_binds: bool, worth_mad: float
) -> None:
    """Proves by hand: 10 MW are drawn; a cap of 12 has slack, of 10 none, of 6 has a price.

    Above the cap gensets make a MWh for 2,500 instead of 100, in each of two hours.
    """
    cap = CAP | {"import_max_mw": cap_mw}
    small = plant(buy=[100.0] * 2, load=[10.0] * 2, tables={"genset": {"g": {}}}, clauses=[cap])
    found = checked(small)
    assert ("never binds" in {f.kind for f in found.findings}) is never_binds
    assert found.clauses["worth_mad"].tolist() == pytest.approx([worth_mad])
    assert found.clauses["limits"].tolist() == [2]
    assert found.clauses["tight"].tolist() == [0 if never_binds else 2]
    assert found.is_sound


def test_a_clause_without_hours_in_the_weeks(plant: Any) -> None:
    """Proves that a cap of the evening sets no limit in two hours of the night."""
    cap = CAP | {"first_hour": 17, "last_hour": 23}
    assert said(checked(plant(buy=[1.0] * 2, load=[1.0] * 2, clauses=[cap]))) == [
        "Art. 1 (import_cap) never binds: it sets no limit (in 1 of 1 weeks it is in force)."
    ]


def test_a_clause_not_in_force(plant: Any) -> None:
    """Proves that a clause of the past is told, and not examined as one that never binds."""
    old = CAP | {"valid_until": datetime.date(2025, 12, 31)}
    found = checked(plant(buy=[1.0] * 2, load=[1.0] * 2, clauses=[old]))
    assert said(found) == [
        "Art. 1 (import_cap) is not in force on any day from 2026-01-01 to 2026-12-31."
    ]
    assert found.clauses["weeks"].tolist() == [0]


SHARE = {"kind": "renewable_share", "share_min_pu": 0.5, "window": "day"}
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, bool]]]] = {
    "the same": (CAP, {}, [("2", "1", True)]),
    "lower cap": (CAP, {"import_max_mw": 4.0}, [("1", "2", False)]),
    "higher cap": (CAP, {"import_max_mw": 6.0}, [("2", "1", False)]),
    "fewer hours": (CAP, {"first_hour": 3, "last_hour": 5}, [("2", "1", False)]),
    "fewer months": (CAP, {"months": [1, 2]}, [("2", "1", False)]),
    "other hours": (CAP | {"last_hour": 12}, {"first_hour": 12, "last_hour": 24}, []),
    "lower, in fewer hours": (CAP, {"import_max_mw": 4.0, "first_hour": 3}, []),
    "priced": (CAP, {"price_mad_per_mwh": 9.0}, [("2", "1", False)]),
    "lower and priced": (CAP, {"import_max_mw": 4.0, "price_mad_per_mwh": 9.0}, []),
    "ends sooner": (CAP, {"valid_until": datetime.date(2026, 6, 30)}, [("2", "1", False)]),
    "higher share": (SHARE, {"share_min_pu": 0.6}, [("1", "2", False)]),
    "lower share": (SHARE, {"share_min_pu": 0.4}, [("2", "1", False)]),
    "other window": (SHARE, {"window": "week"}, []),
    "longer autonomy": (RIDE, {"autonomy_h": 2.0}, [("1", "2", False)]),
    "larger budget": (CARBON, {"budget_kg": 2e9}, [("2", "1", False)]),
    "larger quota": (QUOTA, {"quota_mwh_per_week": 1700.0}, [("1", "2", False)]),
    "other workload": (QUOTA, {"workload": "training_b"}, []),
    "other kind": (CAP, SHARE | {"import_max_mw": None}, []),
}


@pytest.mark.parametrize(("first", "change", "pairs"), PAIRS.values(), ids=PAIRS.keys())
def test_clauses_that_say_nothing_new(
    first: dict[str, Any], change: dict[str, Any], pairs: list[tuple[str, str, bool]]
) -> None:
    """Proves which of two clauses covers the other, and that neither does where each asks more."""
    head = {"text": "as agreed", "valid_from": FIRST}
    second = {k: v for k, v in (first | change).items() if v is not None}
    if change.get("kind", first["kind"]) != first["kind"]:
        second = {k: v for k, v in change.items() if v is not None}
    tables = [{"article": "1"} | head | first, {"article": "2"} | head | second]
    draft = dk.parse_agreement({"title": "draft", "clause": tables})
    index = pd.date_range("2026-01-01", "2027-01-01", freq="h", tz="UTC", inclusive="left")
    found = overlaps(list(draft.clause), index)
    assert [(weak.article, strong.article, same) for weak, strong, same in found] == pairs


def test_of_three_equal_clauses_the_first_stays(plant: Any) -> None:
    """Proves the sentences, and that each later copy is told once."""
    wind = plant(buy=[1.0], load=[6.0], wind=[6.0], clauses=[CAP, CAP, CAP])
    assert said(checked(wind))[:2] == [
        "Art. 2 (import_cap) says the same as Art. 1: it could be left out.",
        "Art. 3 (import_cap) says the same as Art. 1: it could be left out.",
    ]


def test_a_yearly_clause_may_carry_over(plant: Any) -> None:
    """Proves that a clash of a yearly budget pro rata is no fault unless every week has it."""
    draft = plant(buy=[1.0], load=[1.0], clauses=[CARBON]).agreement
    yearly = draft.clause[0].model_copy(update={"window": "year"})
    draft = draft.model_copy(update={"clause": (yearly,)})
    starts = mondays(2026, 2)
    calm = Week(start=starts[0], is_possible=True, clashes=(("1",),), standing={})
    stood = {"1": Standing(row_count=1, tight_count=0, worth_mad=0.0, bought=0.0)}
    windy = Week(start=starts[1], is_possible=True, clashes=(), standing=stood)
    found = report(draft, [calm, windy], FIRST, LAST)
    assert found.is_sound
    assert said(found) == [
        (
            "Art. 1 can't be kept pro rata in 1 of 2 weeks, the first from 2026-01-05: what is "
            "left of the month or year must carry over."
        )
    ]
    always = Week(start=starts[1], is_possible=True, clashes=(("1",),), standing={})
    assert not report(draft, [calm, always], FIRST, LAST).is_sound


def test_weeks_are_spread_over_the_year() -> None:
    """Proves Mondays, the first of the year among them, in steps of 13 weeks for four."""
    starts = mondays(2026, 4)
    assert [f"{t:%Y-%m-%d}" for t in starts] == [
        "2026-01-05",
        "2026-04-06",
        "2026-07-06",
        "2026-10-05",
    ]
    assert len({*mondays(2026, 52)}) == 52
    assert {t.weekday() for t in mondays(2027, 52)} == {0}


def test_the_bundled_agreement_is_sound() -> None:
    """Proves that the bundled draft can be kept on the bundled plant, in two weeks."""
    found = check(None, None, Examination(year=2026, week_count=2))
    assert found.is_sound
    assert len(found.weeks) == 2
    assert not [f for f in found.findings if f.kind in ("duplicate", "dominated")]


def test_wrong_questions_are_refused_together() -> None:
    """Proves both problems in one refusal, whole."""
    asked = Examination(year=2026, week_count=0, first=LAST, last=FIRST)
    with pytest.raises(InputError) as caught:
        check(None, None, asked)
    assert caught.value.problems == [
        "last = 2026-01-01 is before first = 2026-12-31. Give a later day.",
        "weeks = 0 is outside [1, 52]. Give 8 for a quick look, 52 for all.",
    ]


def test_wrong_syntax_is_refused_first(tmp_path: Path) -> None:
    """Proves that a draft that can't be read is refused with every problem of the file."""
    path = tmp_path / "draft.toml"
    path.write_text('title = "t"\n[[clause]]\nkind = "import_cap"\narticle = "1"\n')
    with pytest.raises(InputError) as caught:
        check(None, path, Examination(year=2026))
    assert len(caught.value.problems) == 5  # text, valid_from, cap and two hours
    assert all(p.startswith(f"{path}: clause 1 (article 1): ") for p in caught.value.problems)
