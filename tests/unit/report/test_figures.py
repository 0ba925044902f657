"""Static figures: every one draws on any site, what is drawn is the table, one style for all."""

import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import matplotlib
import matplotlib.pyplot
import numpy as np
import pandas as pd
import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.dates import date2num

import optimizer as dk
from models.errors import InputError
from optimizer.config import FLEETS
from optimizer.report import figures, figures_view
from optimizer.report.figures_style import Picture
from optimizer.store import read_published

HOSTILE = "<script>alert(1)</script> $\\frac{1}{$ %s {x} \U0001f525\n\t" + "long " * 60
CAP = {"kind": "import_cap", "import_max_mw": 60.0, "first_hour": 1, "last_hour": 2}
CAP |= {"time_zone": "Etc/GMT", "price_mad_per_mwh": 5.0}
WHATS = ["balance", "storage", "compute", "grid", "prices", "clauses", "all"]
OKABE_ITO = {"#000000", "#E69F00", "#56B4E9", "#009E73"}
OKABE_ITO |= {"#F0E442", "#0072B2", "#D55E00", "#CC79A7"}


@pytest.fixture(scope="module")
def small(plant) -> dk.Plan:
    """Plan an hour in halves, an hour and two hours: wind 40, 10, 20, 50 MW for a load of 25 MW."""
    return plant(
        tables={
            "battery": {
                "first": {"energy_initial_mwh": 8.0, "charge_max_mw": 4.0, "discharge_max_mw": 4.0},
                "second": {"energy_initial_mwh": 0.0, "charge_max_mw": 3.0},
            },
            "place": {"name": HOSTILE},
        },
        buy=[500.0, 500.0, 400.0, 800.0],
        wind=[40.0, 10.0, 20.0, 50.0],
        load=[25.0] * 4,
        step_h=(0.5, 0.5, 1.0, 2.0),
        clauses=[CAP, {"kind": "ride_through", "autonomy_h": 0.1}],
    ).solve()


@pytest.fixture(scope="module")
def rich(plant) -> dk.Plan:
    """Plan a site with no line to a grid, and one or more of everything else."""
    tables = {
        "solar": {"roof": {}},
        "wind": {f"farm{k}": {} for k in range(5)},
        "battery": {"main": {"energy_initial_mwh": 200.0}},
        "genset": {"backup": {"unit_count": 40}},
        "cooling": {},
        "chilled_store": {"tank": {"pump_power_pu": 0.01, "energy_initial_mwh": 50.0}},
        "desalination": {"main": {"value_mad_per_m3": 100.0}},
        "training": {"ai": {"power_max_mw": 20.0, "value_mad_per_mwh": 100.0}},
        "interruptible": {"pumps": {"power_mw": 2.0, "hours_h": 1.0}},
        "quota": {"lab": {"floor_mw": 1.0, "quota_mwh_per_month": 1000.0, "power_max_mw": 3.0}},
        "deferrable": {
            "batch": {
                "arrival_mw": 5.0,
                "arrival_profile_pu": [1.0],
                "block_h": 1,
                "deadline_h": 6.0,
                "run_min_h": 1.0,
                "initial_backlog_pu": 0.0,
                "power_max_mw": 30.0,
                "missed_mad_per_mwh": 9000.0,
                "left_mad_per_mwh": 8000.0,
            }
        },
    }
    series = {f"wind_farm{k}_available_mw": [40.0, 0.0, 5.0, 30.0] for k in range(5)}
    series |= {"solar_roof_available_mw": [0.0, 50.0, 20.0, 0.0]}
    series |= {f"cooling_intercept_{k}_mw": [0.5 * k] * 4 for k in (1, 2)}
    series |= {f"cooling_slope_{k}_pu": [0.1] * 4 for k in (1, 2)}
    series |= {"cooling_water_l_per_mwh": [0.0] * 4}
    return plant(tables=tables, series=series, load=[60.0] * 4).solve()


def areas(axes: Axes) -> dict[str, PolyCollection]:
    return {
        str(area.get_label()): area
        for area in axes.collections
        if isinstance(area, PolyCollection) and not str(area.get_label()).startswith("_")
    }


def heights(area: PolyCollection, edges: pd.DatetimeIndex) -> list[tuple[float, float]]:
    """Return the lower and upper side of an area in the middle of each step."""
    points = area.get_paths()[0].vertices
    times = date2num(edges)
    found = []
    for middle in (times[:-1] + times[1:]) / 2:
        sides = [
            y
            for (x, y), (further, other) in pairwise(points.tolist())
            if min(x, further) < middle < max(x, further) and y == other
        ]
        found.append((min(sides), max(sides)))
    return found


def sizes(area: PolyCollection, edges: pd.DatetimeIndex) -> list[float]:
    return [high - low for low, high in heights(area, edges)]


def lines(axes: Axes) -> dict[str, np.ndarray]:
    return {str(each.get_label()): np.asarray(each.get_ydata(), float) for each in axes.lines}


def labels(drawn: Picture) -> list[str]:
    """Return every text of a figure."""
    found: list[Artist] = drawn.findobj(lambda artist: hasattr(artist, "get_text"))
    return [artist.get_text() for artist in found]  # type: ignore[attr-defined]


def test_balance_by_hand(plant) -> None:
    """Proves wind of 30 and 10 MW for 20 MW: 20 and 10 are used, 0 and 10 drawn, 30 is on offer."""
    plan = plant(buy=[500.0, 500.0], wind=[30.0, 10.0], load=[20.0, 20.0]).solve()
    axes = figures.plan_figure(plan, "balance").axes[0]
    edges = plan.optimum.problem.given.horizon.edges
    drawn = areas(axes)
    assert list(drawn) == ["wind main", "drawn from grid line", "machines (IT)"]
    assert heights(drawn["wind main"], edges) == [(0.0, 20.0), (0.0, 10.0)]
    assert heights(drawn["drawn from grid line"], edges) == [(20.0, 20.0), (10.0, 20.0)]
    assert heights(drawn["machines (IT)"], edges) == [(-20.0, 0.0), (-20.0, 0.0)]
    assert lines(axes)["wind on offer"].tolist() == [30.0, 10.0, 10.0]


def test_what_is_sold_stands_below_zero(plant) -> None:
    """Proves 30 MW of wind for 20 MW of load: the 10 MW sold are below the machines'."""
    plan = plant(buy=[500.0], sell=[100.0], wind=[30.0], load=[20.0]).solve()
    for what, high in (("balance", -20.0), ("grid", 0.0)):
        drawn = areas(figures.plan_figure(plan, what).axes[0])
        sold = drawn["fed into grid line" if what == "balance" else "fed in"]
        edges = plan.optimum.problem.given.horizon.edges
        assert heights(sold, edges) == [(high - 10.0, high)]


@pytest.mark.parametrize("site", ["small", "rich"])
def test_what_comes_in_is_what_goes(site: str, request: pytest.FixtureRequest) -> None:
    """Proves the areas above zero are as high as those below are deep, whatever the site has."""
    plan: dk.Plan = request.getfixturevalue(site)
    view = figures_view.view_of(figures.published_of(plan.optimum), None)
    comes = sum(layer.by_step for layer in figures_view.supply(view))
    goes = sum(layer.by_step for layer in figures_view.use(view))
    assert comes == pytest.approx(goes, abs=1e-6)
    assert min(comes) > 24.0  # all that is asked


def test_stored_energy_begins_with_the_opening_and_is_the_table(small: dk.Plan) -> None:
    """Proves the line has one point more than steps: 8 MWh, then the table's column."""
    stored, kept = figures.plan_figure(small, "storage").axes[:2]
    drawn = lines(stored)
    column = small.schedule["battery_first_energy_mwh"].tolist()
    assert drawn["battery first"].tolist() == [8.0, *column]
    column = small.schedule["battery_second_energy_mwh"].tolist()
    assert drawn["battery second"].tolist() == [0.0, *column]
    asked = small.schedule["art_2_required_mwh"].tolist()
    assert lines(kept)["kept back: Art. 2"].tolist() == asked == pytest.approx([2.5] * 4)


def test_flows_of_batteries_are_the_tables(small: dk.Plan) -> None:
    axes = figures.plan_figure(small, "storage").axes[2]
    edges = small.optimum.problem.given.horizon.edges
    drawn = areas(axes)
    for label, name in (("into", "charge"), ("out of", "discharge")):
        for battery in ("first", "second"):
            table = small.schedule[f"battery_{battery}_{name}_mw"].tolist()
            assert sizes(drawn[f"{label} battery {battery}"], edges) == pytest.approx(table)


def test_compute_is_the_workloads_and_what_was_asked(rich: dk.Plan) -> None:
    """Proves each workload's area is its column, and the stack the facility's IT power."""
    axes, waiting = figures.plan_figure(rich, "compute").axes
    edges = rich.optimum.problem.given.horizon.edges
    drawn = {name: sizes(area, edges) for name, area in areas(axes).items()}
    table = rich.schedule
    assert drawn["training ai"] == pytest.approx(table["training_ai_power_mw"].tolist())
    assert drawn["deferrable batch"] == pytest.approx(table["deferrable_batch_run_mw"].tolist())
    assert np.sum(list(drawn.values()), axis=0) == pytest.approx(table["facility_it_mw"].tolist())
    assert lines(axes)["asked by firm loads"].tolist() == [60.0] * 5
    backlog = table["deferrable_batch_backlog_mwh"].tolist()
    assert lines(waiting)["deferrable batch"].tolist() == backlog


def test_grid_shows_the_cap_until_its_hour_ends(small: dk.Plan) -> None:
    """Proves a cap from 01:00 to 02:00 is drawn from 01:00 to 02:00, and the limits as they are."""
    axes = figures.plan_figure(small, "grid").axes[0]
    cap = next(each for each in axes.collections if each.get_label() == "cap of Art. 1")
    (segment,) = [part.tolist() for part in cap.get_segments()]  # type: ignore[attr-defined]
    first, last = date2num(pd.DatetimeIndex(["2026-01-05T01:00Z", "2026-01-05T02:00Z"]))
    assert segment == [[first, 60.0], [last, 60.0]]
    assert lines(axes)["limits of the line"].tolist() == [1000.0] * 5


@pytest.mark.parametrize("step_h", [0.5, 2.0])
def test_shadow_price_is_per_mwh_whatever_the_step(plant, step_h: float) -> None:
    """Proves 500 and 700 MAD for a MWh that only the line can give."""
    plan = plant(buy=[500.0, 700.0], load=[20.0, 20.0], step_h=step_h).solve()
    drawn = lines(figures.plan_figure(plan, "prices").axes[0])
    assert drawn["shadow price of the bus"].tolist() == pytest.approx([500.0, 700.0, 700.0])
    assert drawn["drawn from grid line"].tolist() == [500.0, 700.0, 700.0]
    assert "fed into grid line" not in drawn


def test_clauses_say_how_they_stand_and_bind_in_their_steps(plant) -> None:
    """Proves a cap of 60 MW at 5 MAD against a load of 100 MW: 40 MWh are bought for 200 MAD."""
    plan = plant(buy=[500.0] * 3, load=[100.0] * 3, clauses=[CAP]).solve()
    drawn = figures.plan_figure(plan, "clauses")
    holds, binds = drawn.axes[0].collections
    times = date2num(plan.optimum.problem.given.horizon.edges)
    for bar in (holds, binds):
        (path,) = bar.get_paths()
        assert {round(x, 9) for x, _ in path.vertices.tolist()} == {*times[1:3].round(9)}
    assert "broken, at\n200 MAD" in labels(drawn)
    assert "Art. 1 import cap\n(priced)" in labels(drawn)


def test_a_budget_binds_in_its_window_alone(plant) -> None:
    """Proves a day's share binds in the three hours before midnight, of two days' windows."""
    clause = {"kind": "renewable_share", "share_min_pu": 0.5, "window": "day"}
    plan = plant(
        buy=[500.0] * 6,
        wind=[20.0] * 3 + [100.0] * 3,
        load=[100.0] * 6,
        start="2026-01-05T21:00Z",
        clauses=[clause | {"time_zone": "Etc/GMT", "price_mad_per_mwh": 50.0}],
    ).solve()
    bars = figures.plan_figure(plan, "clauses").axes[0].collections
    times = date2num(plan.optimum.problem.given.horizon.edges)
    ends = [{round(x, 9) for x, _ in bar.get_paths()[0].vertices.tolist()} for bar in bars]
    assert ends == [{*times[[0, 6]].round(9)}, {*times[[0, 3]].round(9)}]


@pytest.mark.parametrize("what", figures.WHATS)
@pytest.mark.parametrize("site", ["small", "rich", "bare"])
def test_every_figure_draws(
    what: str, site: str, request: pytest.FixtureRequest, plant: Callable[..., object]
) -> None:
    """Proves any site gives a PNG, warnings being errors: one of a load and gensets too."""
    plan: dk.Plan = (
        plant(tables={"genset": {"only": {"unit_count": 9}}}, load=[20.0, 30.0]).solve()  # type: ignore[attr-defined]
        if site == "bare"
        else request.getfixturevalue(site)
    )
    drawn = figures.plan_figure(plan, what)
    assert drawn.to_png().startswith(b"\x89PNG")
    assert drawn.axes[-1].get_xlabel() == "time, UTC"


def test_what_a_site_lacks_is_said(rich: dk.Plan) -> None:
    assert "This site has no line to a grid." in labels(figures.plan_figure(rich, "grid"))
    assert "No clause is in force." in labels(figures.plan_figure(rich, "clauses"))


def test_a_hostile_name_is_text_on_one_line(small: dk.Plan) -> None:
    """Proves formulas are not read, signs without a glyph are marked, and long names are cut."""
    (title,) = [text for text in labels(figures.plan_figure(small)) if "alert" in text]
    name = title.splitlines()[0]
    assert name.startswith("<script>alert(1)</script> $\\frac{1}{$ %s {x} ? long")
    assert len(name) < 130
    assert len(title.splitlines()) == 2


def test_many_parts_are_shown_as_their_sum(rich: dk.Plan) -> None:
    """Proves five farms of one wind are one area, of their sum."""
    drawn = areas(figures.plan_figure(rich, "balance").axes[0])
    used = rich.schedule[[f"wind_farm{k}_used_mw" for k in range(5)]].sum(axis=1).tolist()
    edges = rich.optimum.problem.given.horizon.edges
    assert sizes(drawn["wind (5)"], edges) == pytest.approx(used)


def test_several_figures_stand_one_below_the_other(small: dk.Plan) -> None:
    both = figures.plan_figure(small, ["balance", "prices"]).axes
    alone = [figures.plan_figure(small, what).axes[0] for what in ("balance", "prices")]
    assert [each.get_title("left") for each in both] == [each.get_title("left") for each in alone]


def test_only_the_hours_asked_for_are_shown(small: dk.Plan) -> None:
    """Proves 1 h is two half hours, a step that began before the end is whole, None is all."""
    published = figures.published_of(small.optimum)
    counts = [len(figures_view.view_of(published, hours).table) for hours in (1.0, 3.0, 99.0, None)]
    assert counts == [2, 4, 4, 4]


def test_a_stored_run_is_drawn_like_its_plan_but_for_shadow_prices(plant, tmp_path: Path) -> None:
    plan = plant(buy=[500.0] * 3, load=[100.0] * 3, clauses=[CAP]).publish(tmp_path)
    assert plan.run_dir is not None
    published, _ = read_published(plan.run_dir)
    stored, planned = figures.figure(published), figures.plan_figure(plan)
    edges = plan.optimum.problem.given.horizon.edges
    for name, area in areas(planned.axes[0]).items():
        assert heights(areas(stored.axes[0])[name], edges) == heights(area, edges)
    assert list(lines(figures.figure(published, "prices").axes[0])) == ["drawn from grid line"]
    holds, binds = figures.figure(published, "clauses").axes[0].collections
    assert (len(holds.get_paths()), len(binds.get_paths())) == (1, 0)


@pytest.mark.parametrize(
    ("what", "hours", "message"),
    [
        ("pie", 48.0, f"what = 'pie' is no figure. Give one of {', '.join(WHATS)}."),
        ([], 48.0, f"what = [] names no figure. Give one of {', '.join(WHATS)}."),
        ("all", 0.0, "hours = 0.0 is not above zero. Give 24, or None for all."),
        ("all", float("nan"), "hours = nan is not above zero. Give 24, or None for all."),
    ],
)
def test_what_is_no_figure_is_refused(
    small: dk.Plan, what: str | list[str], hours: float, message: str
) -> None:
    with pytest.raises(InputError) as refused:
        figures.plan_figure(small, what, hours)
    assert str(refused.value) == message


def grey(color: str) -> float:
    """Return how light a colour prints, from 0 to 1 (ITU-R BT.601)."""
    red, green, blue = (int(color[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


@pytest.mark.parametrize("site", ["small", "rich"])
@pytest.mark.parametrize("what", ["balance", "compute"])
def test_neighbours_differ_in_grey_too(
    site: str, what: str, request: pytest.FixtureRequest
) -> None:
    """Proves areas one above the other differ by hatch, or by a tenth of the way to white."""
    drawn = areas(figures.plan_figure(request.getfixturevalue(site), what).axes[0])
    looks = [(grey(to_hex(a.get_facecolor()[0])), a.get_hatch() or "") for a in drawn.values()]
    for (light, hatch), (other, further) in pairwise(looks):
        assert hatch != further or abs(light - other) > 0.1


@pytest.mark.parametrize("kind", [*FLEETS, "overhead", "missing"])
def test_colours_are_okabe_and_itos(kind: str) -> None:
    """Proves a kind's first look is one of the eight, or a grey, and its next differs."""
    first, second, third = (figures_view.look_of(kind, k) for k in range(3))
    is_grey = len({first.color[k : k + 2] for k in (1, 3, 5)}) == 1
    assert first.color in OKABE_ITO or is_grey
    assert len({first.hatch, second.hatch, third.hatch}) == 3
    assert len({first.dash, second.dash, third.dash}) == 3


def test_the_same_plan_gives_the_same_bytes(small: dk.Plan) -> None:
    assert figures.plan_figure(small).to_png() == figures.plan_figure(small).to_png()


def test_summary_escapes_everything_and_asks_for_nothing(small: dk.Plan) -> None:
    """Proves a script in the site's name is text, and the only source is the picture within."""
    text = figures.html_summary(small)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; $\\frac{1}{$ %s {x}" in text
    assert "<script" not in text
    assert re.findall(r'(?:src|href)="([^,]*)', text) == ["data:image/png;base64"]
    assert f"cost of the whole plan <strong>{small.objective_mad:,.0f} MAD</strong>" in text
    shown = [key for key in figures.FIGURES if key in small.kpis["binding"]]
    assert text.count("<tr") == 2 + len(shown) + len(small.clauses)


def test_planning_loads_no_matplotlib() -> None:
    """Proves what `dakhla plan` imports is quick."""
    code = "import sys, optimizer, optimizer.api; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_drawing_leaves_no_state_behind(small: dk.Plan) -> None:
    """Proves pyplot holds no figure, and that the user's own settings stay."""
    before = dict(matplotlib.rcParams)
    figures.plan_figure(small, "all").to_png()
    assert dict(matplotlib.rcParams) == before
    assert matplotlib.pyplot.get_fignums() == []
