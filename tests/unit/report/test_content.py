"""What the day's page shows, number by number."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.explain.limits import limits
from optimizer.horizon import Horizon
from optimizer.report import content_charts, content_work
from optimizer.report.content_axis import axis, rounded, spans_of
from optimizer.report.content_charts import demand_layers, power_balance, quantile, supply_layers
from optimizer.report.content_figures import Other, cost_rows, figure_rows, tiles
from optimizer.report.content_head import head
from optimizer.report.content_why import binding_rows, clause_cells, strips, worth
from optimizer.report.source import Source, day_before
from optimizer.scenario_files import SCENARIOS


def layer(spec: dict, english: str) -> dict:
    """Return the one layer of a chart with this label."""
    [found] = [each for each in spec["layers"] if each["label"]["en"] == english]
    return found


def test_numbers_have_six_digits_and_none_where_there_is_none() -> None:
    """Proves that 1234.5678 is shown as 1234.57, a third as 0.333333, and NaN as nothing."""
    assert rounded([1234.5678, 1 / 3, float("nan"), -0.0]) == [1234.57, 0.333333, None, 0.0]


def test_spans_join_steps_of_any_length() -> None:
    """Proves that marked steps of 1, 1 and 2 h from hour 1 are one span from 1 to 5 h."""
    horizon = Horizon(start=pd.Timestamp("2026-07-01", tz="UTC"), step_h=(1.0, 1.0, 1.0, 2.0, 1.0))
    mask = np.array([False, True, True, True, False])
    assert spans_of(mask, horizon) == [[1.0, 5.0]]
    assert spans_of(np.array([True, False, False, False, True]), horizon) == [[0, 1], [5, 6]]
    assert spans_of(np.zeros(5, dtype=bool), horizon) == []


def test_site_time_is_the_legal_one_on_both_sides_of_the_change() -> None:
    """Proves that the site's clock is UTC+1 until 2026-09-20 02:00 UTC, and UTC from then on: both
    02:00Z and 01:00Z are 02:00 there; where it differs, ticks say so, and days are named.
    """
    start = pd.Timestamp("2026-09-20 00:00", tz="UTC")
    found = axis(Horizon(start=start, step_h=(1.0,) * 4), 4.0)
    assert found["times"]["utc"] == [f"2026-09-20 0{h}:00" for h in range(4)]
    assert found["times"]["site"][0] == "2026-09-20 01:00"
    assert found["times"]["site"][3] == "2026-09-20 03:00"
    ticks = {tick["h"]: tick for tick in found["ticks"]}
    assert ticks[0.0]["utc"] == {"en": "20 Sep", "fr": "20 sept."}
    assert (ticks[0.0]["level"], ticks[3.0]["level"], ticks[1.0]["level"]) == (0, 2, 3)
    assert ticks[0.0]["site"] == "01:00"
    assert ticks[3.0]["site"] == ""


def test_ticks_are_at_full_hours_of_a_plan_that_begins_between() -> None:
    """Proves that a plan from 15:30 has its first tick half an hour later, at 16:00."""
    start = pd.Timestamp("2026-07-01 15:30", tz="UTC")
    ticks = axis(Horizon(start=start, step_h=(0.5, 1.0)), 1.5)["ticks"]
    assert [(tick["h"], tick["utc"]) for tick in ticks] == [(0.5, "16:00"), (1.5, "17:00")]


def test_weighted_quantiles() -> None:
    """Proves that of 1, 2, 3 MW with probabilities 0.05, 0.8 and 0.15 the 10 % quantile is 2 MW,
    and the 90 % quantile 3 MW: 0.05 + 0.8 does not reach 0.9.
    """
    values, weights = np.array([[3.0, 1.0, 2.0]]), np.array([0.15, 0.05, 0.8])
    assert quantile(values, weights, 0.1).tolist() == [2.0]
    assert quantile(values, weights, 0.9).tolist() == [3.0]
    assert quantile(values, weights, 0.05).tolist() == [1.0]


def test_supply_and_demand_of_the_balance_are_equal(source: Source) -> None:
    """Proves that in every step what is stacked up is what is stacked down: no part is left out."""
    up, down = (
        np.sum([each["values"] for each in layers], axis=0)
        for layers in (supply_layers(source), demand_layers(source))
    )
    assert up == pytest.approx(down, rel=1e-5)
    assert len(up) == 6
    assert up.min() > 50


def test_a_forecast_has_its_band_behind_the_balance(source: Source, tmp_path: Path) -> None:
    """Proves that scenarios of 10, 20 and 90 MW of equal weight give a band from 10 to 90 MW."""
    assert not [each for each in power_balance(source)["layers"] if each["kind"] == "band"]
    assert "no forecast" in power_balance(source)["note"]["en"]
    (tmp_path / "inputs").mkdir()
    index = source.horizon.index
    columns = {f"wind_main_available_mw#{s}": [mw] * 6 for s, mw in enumerate((90.0, 10.0, 20.0))}
    weights = {f"weight_pu#{s}": [1 / 3] * 6 for s in range(3)}
    pd.DataFrame(columns | weights, index=index).to_parquet(tmp_path / "inputs" / SCENARIOS)
    spec = power_balance(replace(source, folder=tmp_path))
    [band] = [each for each in spec["layers"] if each["kind"] == "band"]
    assert band["low"] == [10.0] * 6
    assert band["high"] == [90.0] * 6
    assert "no forecast" not in spec["note"]["en"]


def test_stored_energy_begins_where_the_plan_does(source: Source) -> None:
    """Proves that the battery's line begins at the 150 MWh of the opening state, between 20 MWh and
    380 MWh, 5 and 95 % of 400; what it can deliver begins at 0.94 * (150 - 20) = 122.2 MWh.
    """
    [spec] = content_charts.stored_energy(source)
    assert layer(spec, "stored in battery main")["first"] == 150.0
    assert layer(spec, "stored in battery main")["at"] == "end"
    assert layer(spec, "battery main: least it may hold")["values"] == [20.0] * 6
    assert layer(spec, "battery main: most it may hold")["values"] == [380.0] * 6
    assert layer(spec, "deliverable to the site")["first"] == pytest.approx(122.2)


def test_the_caps_hours_are_drawn(source: Source) -> None:
    """Proves that the cap of 60 MW from 02:00 to 04:00 is drawn in those two hours alone.

    The hours are the site's, which is UTC+1 in July: steps 1 and 2.
    """
    [spec] = content_charts.grid_charts(source)
    cap = layer(spec, "cap of Art. 4.2")["values"]
    assert cap == [None, 60.0, 60.0, None, None, None]
    assert layer(spec, "most that may be drawn")["values"] == [150.0] * 6
    assert layer(spec, "most that may be fed in")["values"] == [-50.0] * 6


def test_asked_and_served(source: Source) -> None:
    """Proves that the sovereign load of 60 MW over 6 h is asked and served 360 MWh, and that the
    training's window is asked 0.1 * 10 MW * 6 h = 6 MWh.
    """
    rows = {row["name"]: row["spans"] for row in content_work.served_rows(source)}
    assert rows["firm sovereign"][0]["asked"] == "360.0"
    assert rows["firm sovereign"][0]["served"] == "360.0"
    assert rows["firm sovereign"][0]["missing"] == "0.0"
    assert rows["training jazari"][1]["asked"] == "6.0"


def test_cost_adds_up(source: Source) -> None:
    """Proves that the parts of the cost and what they come to together agree to the last MAD."""
    rows = list(cost_rows(source))
    total = next(row for row in rows if row["is_sum"])
    parts = [float(row["mad"].replace(",", "")) for row in rows[: rows.index(total)]]
    assert float(total["mad"].replace(",", "")) == pytest.approx(sum(parts), abs=len(parts))
    assert [abs(part) for part in parts] == sorted((abs(part) for part in parts), reverse=True)


def test_tiles_against_another_plan(source: Source) -> None:
    """Proves that a tile tells the other's figure and this plan less the other: a draw that is 10
    MWh more, a cost that is 1,000 MAD less.
    """
    own = source.figures["kpis"]
    binding = own["binding"] | {"import_mwh": own["binding"]["import_mwh"] - 10}
    other = Other(
        words="other",
        figures={"binding": binding, "plan": own["plan"]},
        objective_mad=source.published.objective_mad + 1000,
        why_not="",
    )
    none = Other(words="none", figures=None, objective_mad=None, why_not="none here")
    found = {tile["name"]: tile["against"] for tile in tiles(source, [other, none])}
    assert found["drawn from the grid"][0]["text"].endswith("MWh (+10)")
    assert found["cost of the whole plan"][0]["text"].endswith("MAD (-1,000)")
    assert {against[1]["text"] for against in found.values()} == {"none here"}


def test_costs_of_plans_of_other_lengths_are_not_compared(source: Source) -> None:
    """Proves that the cost of 168 h is not held against that of 6 h."""
    own = source.figures["kpis"]
    longer = {"binding": own["binding"], "plan": own["plan"] | {"hours_h": 168.0}}
    other = Other(words="other", figures=longer, objective_mad=1.0, why_not="")
    assert tiles(source, [other])[0]["against"][0]["text"] == "not comparable"


def test_one_column_of_figures_where_all_hours_bind(source: Source) -> None:
    """Proves that a plan of 6 h, all of which bind, has its figures once."""
    heads, rows = figure_rows(source)
    assert heads == ["binding, 6 h"]
    assert {len(row["values"]) for row in rows} == {1}


def test_the_day_before_is_the_last_that_counts(source: Source, tmp_path: Path) -> None:
    """Proves that of runs a day earlier the youngest counts which is neither a trial, nor of
    another site, nor of another day, nor a diagnostic.
    """

    def run(minute: int, name_end: str = "", **facts: object) -> None:
        own = {"site": source.manifest["site"], "start_utc": "2026-06-30T00:00:00Z", "kind": "plan"}
        folder = tmp_path / f"20260629T00{minute:02d}00Z-000000{name_end}"
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps(own | facts))
        (folder / "kpis.json").write_text(json.dumps({"objective_mad": float(minute)}))

    own = tmp_path / source.run_id
    shutil.copytree(source.folder, own)
    here = replace(source, folder=own)
    assert day_before(here) is None
    run(1)
    run(2)
    run(3, kind="trial")
    run(4, start_utc="2026-06-29T00:00:00Z")
    run(5, site="elsewhere")
    run(6, "-diagnostic")
    run(7, is_diagnostic=True)
    found = day_before(here)
    assert found is not None
    assert found["objective_mad"] == 2.0


def test_clauses_say_how_they_stand(source: Source) -> None:
    """Proves that each clause has its article, its own wording, whether it is kept, and a cost."""
    cap, quota = clause_cells(source)
    assert (cap["article"], cap["is_hard"], cap["is_kept"], cap["mad"]) == ("4.2", True, True, "0")
    assert cap["wording"] == "In the evening no more than the cap is drawn."
    assert quota["article"] == "7.3"
    assert not quota["is_hard"]


def test_what_binds_is_drawn_where_it_does(source: Source) -> None:
    """Proves that every limit of the table is a strip, drawn in as many steps as the table says."""
    assert source.frozen is not None
    found = limits(source.frozen)
    [spec] = strips(source, found)
    drawn = {
        each["label"]["en"]: sum(value > 0 for value in each["values"]) for each in spec["layers"]
    }
    told = {row["name"]: int(row["steps"]) for row in binding_rows(source, found)}
    assert told
    assert {name: drawn[name] for name in told} == told


def test_worth_is_the_dual_of_the_bus(source: Source, small_day) -> None:
    """Proves that the line of a MWh's worth is the price of the balance in the plan's duals, per
    MWh: steps are of one hour.
    """
    duals = small_day.duals
    bus = duals[duals["constraint"] == "bus.balance"]["dual"].abs()
    [spec] = worth(source)
    assert [abs(v) for v in layer(spec, "a MWh at the site bus")["values"]] == pytest.approx(
        bus.tolist(), rel=1e-5
    )


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"weather": {"rung": "last_run", "level": "forecast"}}, "DEGRADED"),
        ({"weather": {"rung": "synthetic", "level": "synthetic"}}, "SYNTHETIC"),
        ({"kind": "trial"}, "TRIAL"),
        ({"is_diagnostic": True}, "DIAGNOSTIC"),
        ({"interrupted_by": 15}, "INTERRUPTED"),
    ],
)
def test_what_must_not_be_missed_stands_at_the_top(source: Source, facts: dict, word: str) -> None:
    """Proves that a plan that is not as it should be has a banner, and one that is has none."""
    assert head(source)["banners"] == []
    marked = replace(source, manifest=dict(source.manifest) | facts)
    assert [str(banner["word"]) for banner in head(marked)["banners"]] == [word]


def test_softened_limits_have_banners(source: Source) -> None:
    """Proves that each limit that gave way is told at the top."""
    mark = {"limit": "Art. 4.2", "sentence": "SOFTENED Art. 4.2: gives way by 3.0 MWh."}
    softened = replace(source, figures=dict(source.figures) | {"softened": [mark]})
    assert head(softened)["banners"][0]["text"] == mark["sentence"]
    assert clause_cells(softened)[0]["is_softened"]
