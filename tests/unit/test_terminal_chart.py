"""The day in characters: heights worked out by hand, widths, and streams without block letters."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from optimizer.cli import run_command
from optimizer.terminal import plan_view
from optimizer.terminal_chart import BLOCKS, PLAIN, DayChart, day_chart, day_chart_of


@pytest.fixture(scope="module")
def plan(plant):
    """Four hours of wind 0, 40, 80, 20 MW for a load of 80 MW; in the last, draw is paid for."""
    return plant(
        tables={"genset": {"backup": {}}},
        buy=[100.0, 200.0, 400.0, -100.0],
        wind=[0.0, 40.0, 80.0, 20.0],
        load=[80.0] * 4,
    ).solve()


def drawn(chart, width: int = 80, encoding: str = "utf-8") -> list[str]:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding)
    Console(file=stream, width=width, markup=False, highlight=False).print(chart)
    stream.flush()
    return buffer.getvalue().decode(encoding).splitlines()


def test_heights_by_hand(plan) -> None:
    """Proves eighths of each row's own highest, two letters an hour.

    Wind 0, 40, 80, 0 of 80 MW: blank, 4, 8 eighths, blank. Draw 80, 40, 0, 80: 8, 4, blank, 8.
    Price from -100 to 400: 200, 300, 500, 0 of 500: 3.2, 4.8, 8 and 0 eighths.
    """
    assert drawn(day_chart(plan, 80)) == [
        "UTC    00",
        "wind     ▄▄██   0..80 MW",
        "import ██▄▄  ██ 0..80 MW",
        "load   ████████ 80..80 MW",
        "price  ▃▃▅▅██   -100..400 MAD/MWh",
        "Each row from 0 to its highest; lowest and highest stand beside it.",
    ]


def test_what_is_little_is_not_blank(plan) -> None:
    """Proves that 0.5 of 100 MW, less than half an eighth, has the lowest height."""
    hours = pd.DataFrame(
        {"\nwind": [100.0, 0.5, 0.0]}, index=pd.date_range("2026-01-05", periods=3, freq="h")
    )
    assert DayChart(hours, 80).lines(BLOCKS)[1] == "wind ██▁▁   0..100 MW"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_without_block_letters_gets_plain_ones(plan, encoding: str) -> None:
    """Proves that the same heights are drawn in ASCII, nothing lost, by the stream or on demand."""
    lines = drawn(day_chart(plan, 80), encoding=encoding)
    assert lines[1] == "wind     ==@@   0..80 MW"
    assert "\n".join(lines).isascii()
    assert drawn(day_chart(plan, 80, is_ascii=True)) == lines
    assert len(PLAIN) == len(BLOCKS)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_day_fits(plant, width: int) -> None:
    """Proves that no line is longer than the terminal; the spans go first, never an hour."""
    day = plant(
        tables={"battery": {"main": {"energy_initial_mwh": 200.0}}},
        buy=[1234.0] * 24,
        wind=[30.0] * 24,
        load=[70.0] * 24,
    ).solve()
    lines = drawn(day_chart(day, width), width)
    assert max(map(len, lines)) <= width
    cell = 1 if width < 80 else 2
    assert next(line for line in lines if line.startswith("load")).count("█") == 24 * cell
    assert any("MAD/MWh" in line for line in lines) is (width > 40)
    assert lines[0].split() == ["UTC", "00", "06", "12", "18"]


def test_a_day_that_begins_late_says_its_first_hour(plant) -> None:
    """Proves that hours are counted from the plan's own beginning, 14:00."""
    late = plant(buy=[1.0] * 6, load=[1.0] * 6, start="2026-01-05T14:00Z").solve()
    assert drawn(day_chart(late, 80))[0] == "UTC    14      18"


def test_each_line_has_a_price_of_its_own(plant) -> None:
    """Proves a row for each line's price, named by its key."""
    two = plant(
        tables={"grid": {"second": {}}},
        buy=[1.0, 2.0],
        load=[1.0, 1.0],
        series={
            "grid_second_import_price_mad_per_mwh": [3.0, 3.0],
            "grid_second_export_price_mad_per_mwh": [0.0, 0.0],
        },
    ).solve()
    names = [line.split("  ")[0] for line in drawn(day_chart(two, 80))]
    assert "price line" in names
    assert any(name.startswith("price second") for name in names)


def test_it_stands_before_the_hours(plan) -> None:
    """Proves its place in what `dakhla plan` prints."""
    text = "\n".join(drawn(plan_view(plan, 80)))
    assert text.index("Opening state") < text.index("wind     ▄▄██") < text.index("foot: MWh")


def test_a_stored_run_is_drawn_too(
    plant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves that `runs show --chart` draws the published table, and refuses --json beside it."""
    made = plant(buy=[100.0, 200.0], load=[80.0, 40.0]).publish(tmp_path)
    site = made.optimum.problem.site
    assert run_command(["runs", "show", "latest", "--chart", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == drawn(day_chart_of(made.schedule, site, 80))
    assert run_command(["runs", "show", "latest", "--chart", "--json", "--out", str(tmp_path)]) == 2
    assert json.loads(capsys.readouterr().out)["problems"] == [
        "--chart is for people, --json for machines. Give one of them."
    ]
