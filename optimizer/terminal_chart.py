"""The day as a chart of characters, for terminals: a row for each source, the load, the price.

Heights alone tell, no colour. Each row runs from 0 (or its lowest, where that is below 0) to its
own highest, which stand beside it; a blank is 0.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from optimizer.config import Site
from optimizer.plan import Plan
from optimizer.terminal_hours import STORED, hours_of

BLOCKS = " ▁▂▃▄▅▆▇█"
PLAIN = " .:-=+*%@"  # as many heights, for streams without block characters
_ROWS = (  # the hours' column, its words here, unit
    ("\nsolar", "solar", "MW"),
    ("\nwind", "wind", "MW"),
    ("battery\nout", "discharge", "MW"),
    (STORED, "stored", "MWh"),
    ("grid\nimport", "import", "MW"),
    ("grid\nexport", "export", "MW"),
    ("gen-\nsets", "gensets", "MW"),
)
_MAYBE = ("export", "gensets")  # rows that are left out of a day in which there is none
_LABEL_MAX, _CELL_MAX = 14, 2  # characters of a row's name, of an hour
_TICK_H = 6
_NOTE = "Each row from 0 to its highest; lowest and highest stand beside it."
_NOTHING = 0.05  # half of the last digit that tables show


@dataclass(frozen=True, slots=True)
class _Row:
    """A quantity by the hour."""

    name: str
    means: np.ndarray
    unit: str

    @property
    def span(self) -> str:
        """Its lowest and highest value."""
        low, high = (_number(float(v)) for v in (self.means.min(), self.means.max()))
        return f"{low}..{high} {self.unit}"


@dataclass(frozen=True, slots=True)
class DayChart:
    """The chart of a day; what the stream can write decides which characters it has."""

    hours: pd.DataFrame  # as `optimizer.terminal_hours.hours_of` has them
    width: int
    is_ascii: bool | None = None  # None: as the stream can

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the chart as text."""
        is_ascii = options.ascii_only if self.is_ascii is None else self.is_ascii
        lines = self.lines(PLAIN if is_ascii else BLOCKS)
        yield Text("\n".join(lines), no_wrap=True, overflow="crop")

    def lines(self, heights: str) -> list[str]:
        """Return the lines of the chart, drawn with some characters from low to high."""
        rows = _rows(self.hours)
        label = min(max(len(row.name) for row in rows), _LABEL_MAX)
        spans = max(len(row.span) for row in rows)
        count = len(self.hours)
        cell = min(max((self.width - label - spans - 2) // count, 1), _CELL_MAX)
        has_room = label + 1 + cell * count + 1 + spans <= self.width
        found = [f"{'UTC':<{label}} {_clock(pd.DatetimeIndex(self.hours.index), cell)}".rstrip()]
        for row in rows:
            drawn = "".join(mark * cell for mark in _marks(row.means, heights))
            found.append(f"{row.name[:label]:<{label}} {drawn} {row.span if has_room else ''}")
        found.append(_NOTE if len(_NOTE) <= self.width else "")
        return [line.rstrip() for line in found if line]


def day_chart(plan: Plan, width: int, is_ascii: bool | None = None) -> RenderableType:
    """Return the chart of a plan's binding hours, `width` characters wide at most."""
    return day_chart_of(plan.schedule, plan.optimum.problem.site, width, is_ascii)


def day_chart_of(
    table: pd.DataFrame, site: Site, width: int, is_ascii: bool | None = None
) -> RenderableType:
    """Return the chart of a published schedule's binding hours."""
    return DayChart(hours_of(table, site), width, is_ascii)


def _rows(hours: pd.DataFrame) -> list[_Row]:
    """Return the rows of the chart: what supplies, what is drawn, at which price."""
    known = {head for head, _, _ in _ROWS} | {"battery\ncharge"}
    prices = [head for head in hours if str(head).startswith("price\n")]
    rows = [
        _Row(name, hours[head].to_numpy(dtype=float), unit)
        for head, name, unit in _ROWS
        if head in hours
    ]
    used = [head for head in hours if head not in known and head not in prices]
    rows.append(_Row("load", hours[used].sum(axis=1).to_numpy(dtype=float), "MW"))
    for head in prices:
        name = "price" if len(prices) == 1 else f"price {str(head).partition(chr(10))[2]}"
        rows.append(_Row(name, hours[head].to_numpy(dtype=float), "MAD/MWh"))
    return [row for row in rows if row.name not in _MAYBE or row.means.max() >= _NOTHING]


def _marks(values: np.ndarray, heights: str) -> str:
    """Return a character for each value; what is above nothing is never a blank."""
    low, high = min(float(values.min()), 0.0), float(values.max())
    top = len(heights) - 1
    if not high > low:
        return heights[0] * len(values)
    steps = np.rint((values - low) / (high - low) * top).astype(int)
    steps = np.where((values - low >= _NOTHING) & (steps == 0), 1, steps)
    return "".join(heights[step] for step in steps)


def _clock(index: pd.DatetimeIndex, cell: int) -> str:
    """Return the hours of day above their cells: every sixth, and the first where it has room."""
    labels = {at * cell: f"{hour:02d}" for at, hour in enumerate(index.hour) if not hour % _TICK_H}
    if all(at > len("00") for at in labels):
        labels[0] = f"{index[0].hour:02d}"
    text = ""
    for at in sorted(labels):
        text = f"{text:<{at}}{labels[at]}"
    return text


def _number(value: float) -> str:
    """Return a value as tables show it; nothing is 0."""
    return "0" if abs(value) < _NOTHING else f"{value:,.0f}"
