"""The style every static figure shares: colours, dashes, hatches, time in UTC, safe text.

Colours are of Okabe and Ito's set, which colour-blind readers tell apart; areas also differ by
hatch and lines by dash, so that grey prints read as well. Nothing here touches pyplot's state.
"""

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.legend import Legend

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

STYLE: "dict[RcKeyType, Any]" = {  # for `matplotlib.rc_context`, or rcParams.update
    "font.size": 10.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "text.parse_math": False,  # a name with $ is text
    "savefig.facecolor": "white",
    "svg.hashsalt": "dakhla",  # the same figure gives the same file
}
DOTS_PER_IN = 120
DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (1.5, 1.5), (6, 2, 1.5, 2))
_TIME_FORMATS = ("%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S.%f")  # years to seconds
_ZERO_FORMATS = ("", "%Y", "%b", "%d %b", "%H:%M", "%H:%M")  # the same where one begins
_HATCH_PU = 0.45  # opacity: the hatch must not drown the colour


class Picture(Figure):
    """A figure that Jupyter shows without pyplot."""

    def _repr_png_(self) -> bytes:
        return self.to_png()

    def to_png(self) -> bytes:
        """Return a PNG file's bytes: the same figure gives the same bytes."""
        buffer = io.BytesIO()
        with matplotlib.rc_context(STYLE):
            self.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How a series is told from the others, in colour and in grey."""

    color: str
    hatch: str = ""
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A series of a figure: values by step, at or above zero."""

    label: str
    by_step: np.ndarray
    look: Look


def to_edges(values: np.ndarray) -> np.ndarray:
    """Return values of steps for the steps' edges: the last one twice."""
    return np.append(values, values[-1])


def stack(
    axes: Axes, edges: pd.DatetimeIndex, layers: Sequence[Layer], *, sign: int = 1
) -> list[Artist]:
    """Stack means over steps as areas from zero, up or (`sign` -1) down; return the areas."""
    low, areas = np.zeros(len(edges) - 1), list[Artist]()
    for layer in layers:
        high = low + sign * layer.by_step
        area = axes.fill_between(
            edges,
            to_edges(low),
            to_edges(high),
            step="post",
            facecolor=layer.look.color,
            edgecolor=(0.0, 0.0, 0.0, _HATCH_PU),
            hatch=layer.look.hatch,
            linewidth=0.0,
            label=layer.label,
        )
        areas.append(area)
        low = high
    return areas


def line(axes: Axes, edges: pd.DatetimeIndex, layer: Layer, *, width: float = 1.4) -> list[Artist]:
    """Draw means over steps as a line of steps, and return it."""
    drawn = axes.step(
        edges,
        to_edges(layer.by_step),
        where="post",
        color=layer.look.color,
        linewidth=width,
        dashes=layer.look.dash or (None, None),
        label=layer.label,
    )
    return list(drawn)


def legend(axes: Axes, handles: Sequence[Artist], *, title: str = "", is_low: bool = False) -> None:
    """Put a legend to the right of the axes, at their top or their bottom; several may stand."""
    made = Legend(
        axes,
        list(handles),
        [str(handle.get_label()) for handle in handles],
        title=title,
        alignment="left",
        loc="lower left" if is_low else "upper left",
        bbox_to_anchor=(1.01, 0.0 if is_low else 1.0),
        borderaxespad=0.0,
    )
    axes.add_artist(made).set_clip_on(False)  # so that the layout makes room for it


def spans(edges: pd.DatetimeIndex, inside: np.ndarray) -> list[tuple[float, float]]:
    """Return when steps that are inside begin and end, as matplotlib counts days; runs joined."""
    times: list[float] = date2num(edges).tolist()  # type: ignore[no-untyped-call]
    turns = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    return [(times[a], times[b]) for a, b in turns.reshape(-1, 2)]


def time_axis(axes: Axes, edges: pd.DatetimeIndex) -> None:
    """Show the steps from the first edge to the last, and name days and hours in UTC."""
    locator = AutoDateLocator(tz="UTC", minticks=5, maxticks=12)  # type: ignore[no-untyped-call]
    names = ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator, "UTC", _TIME_FORMATS, zero_formats=_ZERO_FORMATS, show_offset=False
    )
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(names)
    ends = date2num(edges[[0, -1]])  # type: ignore[no-untyped-call]
    axes.set_xlim(float(ends[0]), float(ends[1]))
    axes.set_xlabel("time, UTC")


def grid_lines(axes: Axes) -> None:
    """Draw thin lines behind what is drawn."""
    axes.grid(axis="both", color="0.88", linewidth=0.6)


def plain(text: str, length: int = 90) -> str:
    """Return a text that any font can draw on one line: no control signs, not too long."""
    one_line = " ".join(text.split())
    font = get_font(findfont(FontProperties()))
    known = [
        c if c.isprintable() and (c == " " or font.get_char_index(ord(c))) else "?"
        for c in one_line
    ]
    return textwrap.shorten("".join(known), length, placeholder="...") or "?"
