"""`dakhla ledger` over days: a run books once, a reading corrects, the next plan opens from it."""

import pytest

from tests.end_to_end.conftest import Place

MONTH = """
[[clause]]
kind = "carbon_budget"
article = "8.1"
text = "Each month no more than the agreed carbon is emitted."
valid_from = 2026-07-01
budget_kg = 744000.0
window = "month"
time_zone = "Etc/GMT"
price_mad_per_kg = 5.0
"""
HEAD = "article,from_utc,until_utc,amount,unit,note\n"


@pytest.fixture
def month(place):
    """Return the small plant under a month's carbon budget of 1,000 kg an hour."""
    agreement = place.path("agreement.toml")
    agreement.write_text(agreement.read_text() + MONTH)
    return place


def shown(place: Place, *options: str, day: str = "2026-07-02") -> dict:
    """Return the balance of Art. 8.1 on a day."""
    agreement = str(place.path("agreement.toml"))
    said = place.call(
        [
            "ledger",
            "--out",
            str(place.out),
            "--agreement",
            agreement,
            "--date",
            day,
            *options,
            "--json",
        ]
    )
    assert said.code == 0, said.err
    return next(b for b in said.answer["balances"] if b["article"] == "8.1")


def test_a_run_books_its_hours_and_a_reading_corrects_them(month):
    """Proves what the next day opens with: six planned hours, then four of them as metered.

    18 of the 24 h are known to nobody: 1,000 kg each are supposed.
    """
    planned = month.plan("--json")
    assert planned.code == 0, planned.err
    emitted_kg = planned.answer["kpis"]["plan"]["emission_kg"]
    first = shown(month)
    assert (first["metered_h"], first["planned_h"], first["unknown_h"]) == (0, 6, 18)
    assert first["used"] == pytest.approx(emitted_kg + 18_000)
    assert month.plan("--json").code == 0  # the same day again
    assert shown(month)["used"] == pytest.approx(first["used"])
    reading = month.path("meter.csv")
    reading.write_text(f"{HEAD}8.1,2026-07-01T00:00Z,2026-07-01T06:00Z,54321,kg,meter 7\n")
    second = shown(month, "--import", str(reading))
    assert second["used"] == pytest.approx(54_321 + 18_000)
    assert month.plan("--json").code == 0  # and again: the meter stands
    assert shown(month)["used"] == pytest.approx(second["used"])


def test_the_next_plan_opens_from_the_ledger(month):
    """Proves the balance reaches the model: a month that is used up allows nothing more."""
    month.path("meter.csv").write_text(
        f"{HEAD}8.1,2026-07-01T00:00Z,2026-07-01T03:00Z,743999,kg,\n"
    )
    shown(month, "--import", str(month.path("meter.csv")))
    files = [str(month.path(f)) for f in ("site.toml", "agreement.toml")]
    asked = ["plan", "--site", files[0], "--agreement", files[1], "--date", "2026-07-01"]
    said = month.call([*asked, "--out", str(month.out), "--json"])
    assert said.code == 0, said.err
    assert shown(month, day="2026-07-03")["metered_h"] == 3


def test_it_says_so_in_sentences(month):
    asked = ["ledger", "--out", str(month.out), "--date", "2026-07-02", "--agreement"]
    said = month.call([*asked, str(month.path("agreement.toml"))])
    assert said.code == 0
    assert said.out.splitlines()[1] == (
        "Art. 8.1 (carbon_budget) 2026-07: 24,000.0 kg counted of 744,000.0; 0 h metered, 0 h as "
        "planned, 24 h unknown and supposed in proportion."
    )


def test_a_wrong_reading_books_nothing(month):
    reading = month.path("meter.csv")
    reading.write_text(f"{HEAD}9.9,2026-07-01T00:00Z,2026-07-01T04:00Z,1,kg,\n")
    asked = ["ledger", "--out", str(month.out), "--date", "2026-07-02", "--import", str(reading)]
    said = month.call([*asked, "--agreement", str(month.path("agreement.toml"))])
    assert said.code == 2
    assert said.err == (
        f"dakhla: {reading}: line 2: article = '9.9' keeps no ledger. Articles that do: 7.3, 8.1.\n"
    )
    assert not (month.out / "ledger.csv").exists()
