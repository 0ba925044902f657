"""A month of small days: which plan counts when, sums worked out by hand, and what is missing."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from optimizer.agreement.ledger import METER, Entry
from optimizer.in_force import put_in_force, withdraw
from optimizer.in_force_log import Held
from optimizer.ledger_file import read_ledger, write_ledger
from optimizer.meters import COLUMNS_FILE, METERS
from optimizer.phrases import Phrase, untranslated
from optimizer.registry import RunRow
from optimizer.report.month import view, write_month
from optimizer.report.month_facts import night_ends
from optimizer.report.month_meters import by_hour
from optimizer.report.month_plans import period_of, stretches
from optimizer.report.month_read import as_json, month_json, read_month
from optimizer.store import write_json

AFTER = pd.Timestamp("2026-02-03T00:00Z")
CAP = {
    "kind": "import_cap",
    "import_max_mw": 8.0,
    "first_hour": 0,
    "last_hour": 24,
    "price_mad_per_mwh": 5.0,
}
BUDGET = {"kind": "carbon_budget", "budget_kg": 1e6, "window": "month", "time_zone": "Etc/GMT"}
HOSTILE = "</script><img src=x onerror=alert(1)>"
LOADS = {"load": {}, "idle": {"demand_mw": 0.0}}


def night(plant, out: Path, day: int, buy: float, name: str = "small") -> str:
    """Plan two days of 10 MW from a day of January on, the evening before; put them in force."""
    start = pd.Timestamp(f"2026-01-{day:02d}T00:00Z")
    made = plant(
        buy=[buy] * 48,
        load=[10.0] * 48,
        tables={
            "firm": LOADS,
            "grid": {"line": {"emission_kg_per_mwh": 100.0}},
            "place": {"name": name},
        },
        clauses=[CAP, BUDGET],
        start=f"{start}",
    ).publish(out, f"{start - pd.Timedelta(hours=4)}")
    put(out, made.run_dir.name, start - pd.Timedelta(hours=4))
    return made.run_dir.name


def put(out: Path, run: str, now: pd.Timestamp) -> None:
    put_in_force(out, run, by="the test", note="a night", now=now, is_forced=True)


def meter(out: Path, column: str, values: dict[str, float], step_h: float = 1.0) -> None:
    """Keep metered values, by the beginnings of their steps."""
    (out / METERS).mkdir(exist_ok=True)
    index = pd.DatetimeIndex([pd.Timestamp(k) for k in values]).rename("time_utc")
    table = pd.DataFrame({column: list(values.values())}, index=index)
    path = out / METERS / "2026-01.parquet"
    table = pd.read_parquet(path).join(table, how="outer") if path.is_file() else table
    table.to_parquet(path)
    steps = json.loads(p.read_text()) if (p := out / METERS / COLUMNS_FILE).is_file() else {}
    write_json(out / METERS / COLUMNS_FILE, steps | {column: step_h})


def hours(day: int, first: int, last: int, mw: float) -> dict[str, float]:
    return {f"2026-01-{day:02d}T{hour:02d}:00Z": mw for hour in range(first, last)}


@pytest.fixture(scope="module")
def runs(plant, tmp_path_factory) -> tuple[Path, list[str]]:
    """Plans of 5 and 6 January, at 100 and 200 MAD/MWh, each looking a day ahead; none after.

    The line's meter says 11 MW on the 5th, 9 MW on the morning of the 6th.
    """
    out = tmp_path_factory.mktemp("runs")
    names = [night(plant, out, 5, 100.0), night(plant, out, 6, 200.0)]
    meter(out, "grid_line_import_mw", hours(5, 0, 24, 11.0) | hours(6, 0, 12, 9.0))
    return out, names


def day(content: dict, number: int) -> dict:
    return content["days"][number - 1]


def test_each_day_belongs_to_the_plan_in_force_then(runs) -> None:
    """Proves 24 h * 10 MW * 100 = 24,000 MAD on the 5th, twice that on the 6th and on the 7th.

    The 6th is in both plans, and the newer one's. The cap of 8 MW is exceeded by 2 MW at 5
    MAD/MWh: 240 MAD a day. Before the 5th and after the 7th there is no plan.
    """
    out, names = runs
    content = month_json(out, "2026-01", AFTER)
    assert [day(content, n)["runs"] for n in (4, 5, 6, 7, 8)] == [
        *([], [names[0]], [names[1]], [names[1]], []),
    ]
    costs = [day(content, n)["cost_mad"] for n in (4, 5, 6, 7, 8)]
    assert (costs[0], costs[-1]) == (None, None)
    assert costs[1:-1] == pytest.approx([24_240.0, 48_240.0, 48_240.0])
    assert [day(content, n)["planned_h"] for n in (4, 5, 7)] == [0.0, 24.0, 24.0]
    assert content["cost_mad"] == pytest.approx(120_720.0)
    cap, budget = content["clauses"]
    assert cap == {
        "article": "1",
        "kind": "import_cap",
        "cost_mad": pytest.approx(720.0),
        "days_with_cost_count": 3,
    }
    assert budget["cost_mad"] == 0.0
    assert [day(content, n)["exit_codes"] for n in (4, 5)] == [[], [0]]


def test_meters_are_compared_in_the_hours_of_both(runs) -> None:
    """Proves 24 * 11 + 12 * 9 = 372 MWh against 36 * 10 = 360 planned in the same hours.

    In all 720 MWh are planned. What has no meter is named, and has no number.
    """
    content = month_json(runs[0], "2026-01", AFTER)
    drawn = next(e for e in content["energy"] if e["column"] == "grid_line_import_mw")
    assert {key: drawn[key] for key in ("planned_mwh", "same_h", "same_mwh", "metered_mwh")} == {
        "planned_mwh": 720.0,
        "same_h": 36.0,
        "same_mwh": 360.0,
        "metered_mwh": 372.0,
    }
    by_day = {d["date"]: d for d in drawn["days"]}
    assert by_day["2026-01-06"]["metered_mwh"] == 108.0
    assert by_day["2026-01-07"]["metered_mwh"] is None
    assert by_day["2026-01-08"]["planned_mwh"] is None
    assert "firm_load_served_mw" in content["not_metered"]
    assert "grid_line_import_mw" not in content["not_metered"]


def test_what_meters_say_later_is_not_known_yet(runs) -> None:
    """Proves that a month asked for in its middle has the readings until then, and no more."""
    content = month_json(runs[0], "2026-01", pd.Timestamp("2026-01-05T12:00Z"))
    drawn = next(e for e in content["energy"] if e["column"] == "grid_line_import_mw")
    assert drawn["same_h"] == 12.0
    page = view(read_month(runs[0], "2026-01", pd.Timestamp("2026-01-05T12:00Z")))
    assert page["notices"][0].startswith("The month is not over")
    short = [row["date"] for row in page["days"] if row["is_short"]]
    assert short == [f"2026-01-0{n}" for n in (1, 2, 3, 4)]


def test_the_page_says_the_sums(runs) -> None:
    """Proves the same numbers in words, and that what is missing is said."""
    page = view(read_month(runs[0], "2026-01", AFTER))
    (row,) = page["metered"]
    assert row["name"] == "drawn from grid line"
    assert [row[k] for k in ("planned", "hours", "same", "metered", "apart", "share")] == [
        *("720.0", "36", "360.0", "372.0", "+12.0", "+3.3%"),
    ]
    assert page["total"] == "120,720"
    assert {t["name"]: t["value"] for t in page["tiles"]} == {
        "cost, as planned": "120,720 MAD",
        "with a plan in force": "72 of 744 h",
        "past days not wholly under a plan": "28",
        "days on weather that was not fresh": "0",
        "nights that put nothing in force": "unknown",
    }
    assert any(n.startswith("No meters for ") for n in page["notices"])
    assert "daily.log tells nothing of this month's nights." in page["notices"]
    assert page["scores_missing"].endswith(
        "no forecast by the clock of this time is in the archive."
    )
    assert page["exits"] == [{"code": "0", "words": "planned, audited, fresh", "count": "2"}]


def test_the_ledger_at_the_end_of_the_window(runs) -> None:
    """Proves 2 binding days * 240 MWh * 100 kg = 48,000 kg booked, and the rest in proportion.

    31 days have 744 h, of which 48 are planned: 696/744 of the 1,000,000 kg are supposed.
    """
    (stand,) = month_json(runs[0], "2026-01", AFTER)["ledger"]
    assert (stand["window"], stand["is_over"]) == ("2026-01", True)
    assert (stand["planned_h"], stand["metered_h"], stand["unknown_h"]) == (48.0, 0.0, 696.0)
    assert stand["used"] == pytest.approx(48_000 + 1e6 * 696 / 744)
    early = month_json(runs[0], "2026-01", pd.Timestamp("2026-01-06T00:00Z"))["ledger"][0]
    assert (early["planned_h"], early["at_utc"], early["is_over"]) == (
        *(24.0, "2026-01-06T00:00:00Z", False),
    )


def test_a_bill_that_ends_with_its_window_is_counted(plant, tmp_path) -> None:
    """Proves that a reading of the whole month, which ends when the window does, is not lost."""
    night(plant, tmp_path, 5, 100.0)
    month = period_of("2026-01")
    bill = Entry(
        name="art_2",
        from_utc=month.begin,
        until_utc=month.end,
        amount=7.0,
        unit="kg",
        source=METER,
    )
    assert read_ledger(tmp_path)
    write_ledger(tmp_path, [bill])
    (stand,) = month_json(tmp_path, "2026-01", AFTER)["ledger"]
    assert (stand["used"], stand["metered_h"], stand["unknown_h"]) == (7.0, 744.0, 0.0)


def test_weeks_that_end_in_the_month_and_the_open_one(plant, tmp_path) -> None:
    """Proves that January 2026 ends four ISO weeks, and that the fifth is open at its end."""
    start = "2026-01-05T00:00Z"
    budget = BUDGET | {"window": "week"}
    made = plant(buy=[1.0] * 24, load=[1.0] * 24, clauses=[budget], start=start).publish(tmp_path)
    put(tmp_path, made.run_dir.name, pd.Timestamp(start))
    found = month_json(tmp_path, "2026-01", AFTER)["ledger"]
    assert [stand["window"] for stand in found] == [
        *("2025-12-29", "2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"),
    ]
    assert [stand["is_over"] for stand in found] == [True, True, True, True, False]
    assert found[-1]["at_utc"] == "2026-02-01T00:00:00Z"


def test_what_a_withdrawn_plan_leaves_has_no_plan(plant, tmp_path) -> None:
    """Proves that a plan withdrawn at noon of its first day counts for twelve hours of it."""
    run = night(plant, tmp_path, 5, 100.0)
    noon = pd.Timestamp("2026-01-05T12:00Z")
    withdraw(tmp_path, by="the test", note="a fault", now=noon)
    content = month_json(tmp_path, "2026-01", AFTER)
    assert (day(content, 5)["runs"], day(content, 5)["planned_h"]) == ([run], 12.0)
    assert day(content, 5)["cost_mad"] == pytest.approx(12_120.0)
    assert day(content, 6)["runs"] == []


def test_what_is_in_store_counts_where_the_plan_ends(plant, tmp_path) -> None:
    """Proves 24 * 1 * 100 = 2,400 MAD on the first day, whatever it keeps for the second.

    On the second, where the plan ends, the 40 MWh in store at 1,000 MAD/MWh are part of its cost.
    """
    store = {"battery": {"main": {"energy_initial_mwh": 40.0, "end_value_mad_per_mwh": 1000.0}}}
    store["battery"]["main"] |= {"charge_max_mw": 1e-6, "discharge_max_mw": 1e-6}
    made = plant(tables=store, buy=[100.0] * 48, load=[1.0] * 48).publish(tmp_path)
    put(tmp_path, made.run_dir.name, pd.Timestamp("2026-01-05T00:00Z"))
    content = month_json(tmp_path, "2026-01", AFTER)
    assert day(content, 5)["cost_mad"] == pytest.approx(2_400.0, rel=1e-4)
    assert day(content, 6)["cost_mad"] == pytest.approx(2_400.0 - 40_000.0, rel=1e-4)


def held_of(run: str, put_utc: str, withdrawn_utc: str | None = None) -> Held:
    found = Held(entry=run, run=run, put_by="b", note="n", put_utc=put_utc, forced="")
    return replace(found, withdrawn_utc=withdrawn_utc)


def row_of(run: str, start: str, end: str) -> RunRow:
    return RunRow(id=run, start_utc=start, end_utc=end)


def test_the_plan_before_holds_until_the_new_one_starts() -> None:
    """Proves that b, put at noon of the 1st for the 2nd, begins at midnight, and a leads till then.

    c is put in force for the past of its own day: it counts from then. Nothing covers what comes
    after the end of c, though a would.
    """
    rows = {
        "a": row_of("a", "2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"),
        "b": row_of("b", "2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z"),
        "c": row_of("c", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"),
    }
    terms = [
        held_of("a", "2025-12-31T20:00:00Z"),
        held_of("b", "2026-01-01T12:00:00Z"),
        held_of("c", "2026-01-03T06:00:00Z"),
    ]
    found = [s for s in stretches(terms, rows, period_of("2026-01")) if s.run]
    assert [(f"{s.begin:%d %H}", f"{s.end:%d %H}", s.run) for s in found] == [
        ("01 00", "02 00", "a"),
        ("02 00", "03 00", "b"),
        ("03 00", "03 06", "b"),
        ("03 06", "04 00", "c"),
    ]


def test_stretches_fill_the_month_without_overlap() -> None:
    """Proves that stretches follow each other from begin to end, none longer than a day."""
    rows = {"a": row_of("a", "2026-01-30T06:00:00Z", "2026-02-06T00:00:00Z")}
    found = stretches([held_of("a", "2026-01-29T20:00:00Z")], rows, period_of("2026-01"))
    assert found[0].begin == pd.Timestamp("2026-01-01T00:00Z")
    assert found[-1].end == pd.Timestamp("2026-02-01T00:00Z")
    assert all(a.end == b.begin for a, b in pairwise(found))
    assert sum(s.hours_h for s in found if s.run) == 42.0
    assert max(s.hours_h for s in found) == 24.0


def test_steps_of_other_lengths_make_the_same_hours() -> None:
    """Proves 0.25 h * (4 + 8 + 12 + 16) = 10 MWh, and 2 h of 6 MW as 6 MWh in each of two hours."""
    index = pd.DatetimeIndex(
        [f"2026-01-05T00:{m:02d}Z" for m in (0, 15, 30, 45)] + ["2026-01-05T01:00Z"]
    )
    steps = {"step_h": [0.25] * 4 + [2.0], "x_mw": [4.0, 8.0, 12.0, 16.0, 6.0]}
    energy, planned_h = by_hour(pd.DataFrame(steps, index=index))
    assert energy["x_mw"].tolist() == pytest.approx([10.0, 6.0, 6.0])
    assert planned_h.tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert list(energy.index.hour) == [0, 1, 2]


def test_an_hour_metered_in_part_is_no_hour(plant, tmp_path) -> None:
    """Proves that three quarters of an hour are not compared with its plan."""
    night(plant, tmp_path, 5, 100.0)
    quarters = {f"2026-01-05T00:{m:02d}Z": 10.0 for m in (0, 15, 30)}
    whole = {f"2026-01-05T01:{m:02d}Z": 12.0 for m in (0, 15, 30, 45)}
    meter(tmp_path, "grid_line_import_mw", quarters | whole, 0.25)
    content = month_json(tmp_path, "2026-01", AFTER)
    drawn = next(e for e in content["energy"] if e["column"] == "grid_line_import_mw")
    assert (drawn["same_h"], drawn["metered_mwh"]) == (1.0, 12.0)


def test_a_degraded_day_and_a_run_that_is_gone_are_said(plant, tmp_path) -> None:
    """Proves that the weather's rung marks its days, and that a missing folder is named."""
    gone, kept = night(plant, tmp_path, 5, 100.0), night(plant, tmp_path, 6, 100.0)
    path = tmp_path / kept / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["weather"]["rung"] = "climatology"
    path.write_text(json.dumps(manifest))
    (tmp_path / "registry.sqlite").unlink()
    month_json(tmp_path, "2026-01", AFTER)  # the registry learns of both from their folders
    (tmp_path / gone).rename(tmp_path / "elsewhere")
    month = read_month(tmp_path, "2026-01", AFTER)
    content = as_json(month)
    assert [day(content, n)["is_degraded"] for n in (5, 6, 7)] == [False, True, True]
    assert day(content, 6)["weather_rungs"] == ["climatology"]
    assert (day(content, 5)["runs"], day(content, 5)["cost_mad"]) == ([gone], None)
    assert day(content, 6)["exit_codes"] == [3]
    said = [n for n in view(month)["notices"] if n.startswith(f"Run {gone} was in force and can't")]
    assert len(said) == 1


def test_nights_that_failed_are_read_from_the_log(tmp_path) -> None:
    """Proves that of a night the last exit code counts, over rotated files, this month's only."""

    def line(run: str, time: str, code: int | None, message: str = "m") -> str:
        facts = {} if code is None else {"exit_code": code}
        return json.dumps({"time_utc": time, "run": run, "message": message} | facts) + "\n"

    old = line("n1", "2026-01-04T20:00:00.000Z", 5) + line("n0", "2025-12-31T20:00:00.000Z", 4)
    new = line("n1", "2026-01-04T20:01:00.000Z", 4, "no weather")
    new += line("n2", "2026-01-05T20:00:00.000Z", None) + '{"cut": sho'
    (tmp_path / "daily.log.1").write_text(old)
    (tmp_path / "daily.log").write_text(new)
    (found,) = night_ends(tmp_path, period_of("2026-01"))
    assert (found.night, found.exit_code, found.message) == ("n1", 4, "no weather")


@pytest.mark.parametrize(
    "text",
    [
        "2026-7",
        "2026-13",
        "2026-00",
        "07-2026",
        "2026-07-01",
        "",
        "july",
        "\uff12\uff10\uff12\uff16-07",
        "0001-01",
    ],
)
def test_a_wrong_period_is_refused(tmp_path, text: str) -> None:
    with pytest.raises(InputError) as error:
        read_month(tmp_path, text, AFTER)
    assert error.value.problems == [f"--period = {text!r} is no month. Give it like 2026-07."]


def test_nothing_to_show_says_what_to_do(plant, tmp_path) -> None:
    """Proves the sentence for no folder, no run, nothing in force, another month, runs gone."""

    def told(out: Path, period: str = "2026-01") -> str:
        with pytest.raises(InputError) as error:
            read_month(out, period, AFTER)
        (problem,) = error.value.problems
        return problem.replace(str(tmp_path), "DIR")

    assert told(tmp_path / "none") == "--out = DIR/none is no folder. Give the folder of runs."
    assert told(tmp_path) == (
        "DIR: holds no run. Plan one with dakhla plan or daily, or give another --out."
    )
    run = plant(buy=[1.0] * 24, load=[1.0] * 24).publish(tmp_path).run_dir.name
    assert told(tmp_path) == (
        "DIR: no run was ever put in force, so 2026-01 has no plan. Let dakhla daily make plans, "
        "or put one in force by dakhla publish."
    )
    put(tmp_path, run, pd.Timestamp("2026-01-05T00:00Z"))
    assert told(tmp_path, "2026-03") == (
        "DIR: no plan was in force in 2026-03; plans in force begin in 2026-01. Give one of these "
        "as --period, or put a run in force."
    )
    (tmp_path / run).rename(tmp_path / "elsewhere")
    assert told(tmp_path) == (
        f"DIR: the runs in force in 2026-01 can't be read or were removed: {run}. Bring their "
        "folders back, or give another --period."
    )


def phrases(value: object) -> list[Phrase]:
    """Return every phrase in what a page shows."""
    if isinstance(value, Phrase):
        return [value]
    if isinstance(value, dict):
        return [p for part in value.values() for p in phrases(part)]
    return [p for part in value for p in phrases(part)] if isinstance(value, list | tuple) else []


def test_every_word_has_french(runs) -> None:
    """Proves that nothing a month's page says is English alone."""
    told = phrases(view(read_month(runs[0], "2026-01", pd.Timestamp("2026-01-06T00:00Z"))))
    assert len(told) > 20
    assert [t for phrase in told for t in untranslated(phrase, "fr")] == []


def test_hostile_names_are_text_and_the_file_is_where_it_is_wanted(plant, tmp_path) -> None:
    """Proves that a site's name neither ends a script nor makes an element, in either language."""
    night(plant, tmp_path, 5, 100.0, HOSTILE)
    path = write_month(tmp_path, "2026-01", now=AFTER)
    assert path == tmp_path / "month-2026-01.html"
    text = path.read_text(encoding="utf-8")
    assert "<img" not in text
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in text
    wanted = write_month(tmp_path, "2026-01", tmp_path / "m.html", "fr", now=AFTER)
    assert '<html lang="fr" data-language="fr">' in wanted.read_text(encoding="utf-8")


def test_json_has_no_number_that_is_none(runs) -> None:
    content = month_json(runs[0], "2026-01", AFTER)
    assert json.loads(json.dumps(content, allow_nan=False))["status"] == "shown"
    assert np.isfinite(content["cost_mad"])
