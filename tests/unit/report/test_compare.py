"""Two runs side by side: differences by hand, and what is said where nothing compares."""

import json
from pathlib import Path

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.phrases import Phrase, said, untranslated
from optimizer.report.compare import compare_json, compared, write_compare
from optimizer.report.compare_steps import common
from optimizer.report.source import source_of

CAP = {"kind": "import_cap", "import_max_mw": 15.0, "first_hour": 0, "last_hour": 24}
HOSTILE = "</script><img src=x onerror=alert(1)>\"'&"


@pytest.fixture(scope="module")
def two(plant, tmp_path_factory) -> tuple[Path, Path]:
    """Two hours at 100 and 200 MAD/MWh: A draws 10 and 10 MW, B 20 and 10, 5 above a cap."""
    out = tmp_path_factory.mktemp("runs")
    runs = [
        plant(
            buy=[100.0, 200.0],
            load=[first, 10.0],
            tables={"firm": {"idle": {"demand_mw": 0.0}}},
            clauses=[CAP | {"price_mad_per_mwh": 5.0}],
        ).publish(out, f"2026-01-04T12:00:0{k}Z")
        for k, first in enumerate((10.0, 20.0))
    ]
    return runs[0].run_dir, runs[1].run_dir


def content(pair: tuple[Path, Path]) -> dict:
    return compared(source_of(pair[0], None), source_of(pair[1], None))


def row(rows: list[dict], name: str) -> dict:
    return next(row for row in rows if row["name"] == name)


def phrases(value: object) -> list[Phrase]:
    """Return every phrase in what a page shows."""
    if isinstance(value, Phrase):
        return [value]
    if isinstance(value, dict):
        return [p for part in (*value.keys(), *value.values()) for p in phrases(part)]
    return [p for part in value for p in phrases(part)] if isinstance(value, list | tuple) else []


def test_costs_and_figures_by_hand(two) -> None:
    """Proves 10 * 100 + 10 * 200 = 3,000 against 20 * 100 + 10 * 200 + 5 * 5 = 4,025 MAD.

    20 MWh are drawn against 30.
    """
    page = content(two)
    assert page["verdict"] == "B costs 1,025 MAD more than A."
    drawn = row(page["costs"], "grid line import")
    assert (drawn["a"], drawn["b"], drawn["apart"]) == ("3,000", "4,000", "+1,000")
    breach = row(page["costs"], "Art. 1 breach")
    assert (breach["a"], breach["b"], breach["apart"]) == ("0", "25", "+25")
    both = row(page["costs"], "together")
    assert (both["a"], both["b"], both["apart"]) == ("3,000", "4,025", "+1,025")
    for part in page["figures"]:
        imported = row(part["rows"], "drawn from the grid")
        assert (imported["a"], imported["b"], imported["apart"]) == ("20", "30", "+10")
        assert row(part["rows"], "PUE")["is_moved"] is False


def test_clauses_of_both(two) -> None:
    """Proves kept for nothing against sold for 25 MAD, each with its own sentence."""
    (clause,) = content(two)["clauses"]
    assert (clause["article"], clause["kind"], clause["apart"]) == ("1", "import cap", "+25")
    assert [side["words"] for side in clause["sides"]] == ["kept", "not kept, paid"]
    assert clause["sides"][0]["sentence"] != clause["sides"][1]["sentence"]


def test_what_they_were_made_of_and_what_moved(two) -> None:
    """Proves that the load's series is the one input that differs, and 10 MWh the most moved."""
    page = content(two)
    (section,) = page["made_of"]
    assert section["title"] == "Inputs"
    assert [r["name"] for r in section["rows"]] == [
        "series firm_load_demand_mw: largest difference, at 2026-01-05T00:00:00Z"
    ]
    drawn = next(r for r in page["moved"] if r["column"] == "grid_line_import_mw")
    assert (drawn["amount"], drawn["largest"], drawn["at"]) == (
        "10.0",
        "+10",
        "2026-01-05T00:00:00Z",
    )
    assert page["unchanged"] == ["firm idle"]


def test_difference_charts_have_what_b_has_more_and_less(two) -> None:
    """Proves 10 MW more in the first hour, none in the second, beside both runs' own values."""
    charts = {chart["id"]: chart for chart in content(two)["charts"]}
    assert list(charts) == [
        *("balance-a", "balance-b"),
        *("apart-grid_line_import_mw", "apart-firm_load_served_mw"),
    ]
    more, less, was, now = charts["apart-grid_line_import_mw"]["layers"]
    assert (more["values"], less["values"]) == ([10.0, 0.0], [0.0, 0.0])
    assert (was["values"], now["values"]) == ([10.0, 10.0], [20.0, 10.0])
    assert more["label"] == {"en": "B has more", "fr": "B a plus"}


def test_a_run_beside_itself_has_no_difference(two) -> None:
    page = content((two[0], two[0]))
    assert page["verdict"] == "Both cost the same."
    assert (page["made_of"], page["moved"], page["notices"]) == ([], [], [])
    assert len(page["charts"]) == 2


def test_other_steps_are_compared_by_the_hours_both_cover(plant, tmp_path) -> None:
    """Proves means over hours 1 and 2: quarters of 10, 20, 30, 40 are 25 MW, an hour of 7 is 7.

    A covers hours 0 to 2 in hours; B begins at hour 1, in quarters, and goes on to hour 3.
    """
    a = plant(buy=[1.0] * 3, load=[5.0, 6.0, 7.0]).publish(tmp_path, "2026-01-04T12:00:00Z")
    quarters = [10.0, 20.0, 30.0, 40.0, *[7.0] * 8]
    b = plant(buy=[1.0] * 12, load=quarters, step_h=0.25, start="2026-01-05T01:00Z").publish(
        tmp_path, "2026-01-04T12:00:01Z"
    )
    shared = common(a.schedule, b.schedule)
    assert shared is not None
    assert shared.is_hourly
    assert list(shared.tables[0].index.hour) == [1, 2]
    assert shared.tables[0]["grid_line_import_mw"].tolist() == pytest.approx([6.0, 7.0])
    assert shared.tables[1]["grid_line_import_mw"].tolist() == pytest.approx([25.0, 7.0])
    page = content((a.run_dir, b.run_dir))
    assert page["notices"] == [
        "The runs cover different times: their costs and key figures are each of its own time.",
        "Their steps differ: schedules are compared by the 2 whole hours that both cover.",
    ]
    assert page["verdict"].endswith("each over its own time.")
    assert compare_json(a.run_dir, b.run_dir)["compared_h"] == 2.0


def test_stored_energy_of_an_hour_is_its_last(plant, tmp_path) -> None:
    """Proves the energy at the end of the hour, not a mean: what was held is held."""
    store = {"battery": {"main": {"energy_initial_mwh": 40.0}}}
    halves = plant(tables=store, buy=[9.0, 1.0] * 2, load=[1.0] * 4, step_h=0.5).publish(tmp_path)
    hours = plant(tables=store, buy=[9.0, 1.0], load=[1.0] * 2).publish(
        tmp_path, "2026-01-04T12:00:01Z"
    )
    shared = common(halves.schedule, hours.schedule)
    assert shared is not None
    last = halves.schedule["battery_main_energy_mwh"].iloc[[1, 3]]
    assert shared.tables[0]["battery_main_energy_mwh"].tolist() == last.tolist()


def test_runs_without_common_time_and_of_other_sites_say_so(two, plant, tmp_path) -> None:
    """Proves that only figures compare then, that each is drawn over its own time, and the site."""
    place = {"name": "elsewhere", "latitude_deg": 20.0}
    other = plant(tables={"place": place}, buy=[1.0], load=[1.0], start="2026-02-05T00:00Z")
    b = other.publish(tmp_path, "2026-02-04T12:00Z").run_dir
    page = content((two[0], b))
    assert page["notices"] == [
        "The runs are of different sites: A of small, B of elsewhere.",
        "The runs cover different times: their costs and key figures are each of its own time.",
        "No step is in both: only key figures, costs and clauses compare.",
    ]
    assert [chart["id"] for chart in page["charts"]] == ["balance-a", "balance-b"]
    assert [chart["begin_h"] for chart in page["charts"]] == [[0.0, 1.0], [0.0]]
    assert [side["words"] for side in page["clauses"][0]["sides"]] == ["kept", "not in force"]
    found = compare_json(two[0], b)
    assert (found["same_site"], found["compared_h"], found["moved"]) == (False, 0.0, [])


def test_json_holds_both(two) -> None:
    found = json.loads(json.dumps(compare_json(*two), allow_nan=False))
    assert (found["status"], found["exit_code"], found["same_site"]) == ("compared", 0, True)
    assert (found["before"], found["after"]) == (two[0].name, two[1].name)
    cost = next(c for c in found["kpis"] if c["name"] == "objective_mad")
    assert (cost["before"], cost["after"]) == pytest.approx((3000.0, 4025.0))
    (clause,) = found["clauses"]
    assert (clause["before"]["is_kept"], clause["after"]["is_kept"]) == (True, False)
    assert {"column": "grid_line_import_mw", "amount": 10.0} in [
        {key: moved[key] for key in ("column", "amount")} for moved in found["moved"]
    ]


def test_the_file_stands_beside_run_a_or_where_it_is_wanted(two, tmp_path) -> None:
    path = write_compare(*two)
    assert path == two[0].parent / f"compare-{two[0].name}-{two[1].name}.html"
    wanted = write_compare(*two, tmp_path / "both.html", "fr")
    assert wanted == tmp_path / "both.html"
    assert '<html lang="fr" data-language="fr">' in wanted.read_text(encoding="utf-8")
    path.unlink()


def test_no_run_folder_is_refused(two, tmp_path) -> None:
    with pytest.raises(InputError) as error:
        write_compare(two[0], tmp_path / "none")
    assert str(error.value).endswith("Give a run folder.")


def test_every_word_has_french(two, plant, tmp_path) -> None:
    """Proves that nothing a page of two runs says is English alone."""
    b = plant(buy=[1.0], load=[1.0], start="2026-02-05T00:00Z").publish(tmp_path).run_dir
    told = [*phrases(content(two)), *phrases(content((two[0], b)))]
    assert len(told) > 50
    assert [t for phrase in told for t in untranslated(phrase, "fr")] == []
    assert said(content(two)["verdict"], "fr") == "B coûte 1\u202f025 MAD de plus que A."


def test_hostile_names_are_text(two, plant, tmp_path) -> None:
    """Proves that a site's name neither ends a script nor makes an element."""
    named = plant(tables={"place": {"name": HOSTILE}}, buy=[1.0], load=[1.0])
    b = named.publish(tmp_path).run_dir
    text = write_compare(two[0], b, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<img" not in text
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in text


def test_weather_that_is_not_fresh_is_said(two, plant, tmp_path) -> None:
    """Proves that a degraded run is named so on the page."""
    b = plant(buy=[1.0, 2.0], load=[1.0, 1.0]).publish(tmp_path).run_dir
    manifest = json.loads((b / "manifest.json").read_text())
    manifest["weather"] |= {"rung": "last_run", "age_h": 30.0}
    (b / "manifest.json").write_text(json.dumps(manifest))
    notices = content((two[0], b))["notices"]
    assert any(n.startswith("B: Weather: LAST GOOD RUN, 30.0 h old") for n in notices)


def test_steps_are_compared_by_time_not_by_place() -> None:
    """Proves that of runs an hour apart the second hour of one meets the first of the other."""
    index = pd.date_range("2026-01-05", periods=3, freq="h", tz="UTC")
    a = pd.DataFrame({"step_h": 1.0, "x_mw": [1.0, 2.0, 3.0]}, index=index)
    b = a.set_axis(index + pd.Timedelta(hours=1))
    shared = common(a, b)
    assert shared is not None
    assert not shared.is_hourly
    assert shared.tables[0]["x_mw"].tolist() == [2.0, 3.0]
    assert shared.tables[1]["x_mw"].tolist() == [1.0, 2.0]
    assert common(a, a.set_axis(index + pd.Timedelta(hours=3))) is None
