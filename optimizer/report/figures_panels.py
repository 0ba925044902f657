"""The panels of a plan's figures: each draws one question's answer on axes of its own.

Power is drawn as steps, being the mean over each; stored energy as a line through the steps' ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.legend import Legend

from optimizer.agreement.import_cap import ImportCap
from optimizer.audit import clauses_in_force
from optimizer.report.figures_style import (
    DASHES,
    Layer,
    Look,
    grid_lines,
    legend,
    line,
    spans,
    stack,
    time_axis,
)
from optimizer.report.figures_view import (
    DASHED_LINE,
    PLAIN_LINE,
    View,
    look_of,
    seen,
    supply,
    use,
    workloads,
)
from optimizer.report.looks import BLUE, ORANGE, VERMILION
from optimizer.terminal_words import owner_words

_C = TypeVar("_C")
ROOM_PU = 0.08  # above the highest value
_SHOWN_MW = 0.05  # half of the last digit that tables show


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One set of axes: its title, its height on paper, and what draws it."""

    title: str
    height_in: float
    draw: Callable[[Axes, View], None]


def balance(view: View) -> list[Panel]:
    """Return supply above zero and its use below."""
    title = "Power balance: what comes in (above zero) and where it goes (below)"
    return [Panel(title=title, height_in=3.8, draw=_draw_balance)]


def _draw_balance(axes: Axes, view: View) -> None:
    comes = stack(axes, view.edges, supply(view))
    goes = stack(axes, view.edges, use(view), sign=-1)
    axes.axhline(0.0, color="black", linewidth=0.9)
    words = {"solar": "sun", "wind": "wind"}
    offered = np.zeros(len(view.table))
    for kind in words:
        for part in view.parts(kind):
            offered = offered + view.column(f"{part.name}_available_mw")
    if (offered - view.column("site_renewable_mw")).max(initial=0.0) > _SHOWN_MW:
        there = " and ".join(word for kind, word in words.items() if view.parts(kind))
        layer = Layer(label=f"{there} on offer", by_step=offered, look=DASHED_LINE)
        comes += line(axes, view.edges, layer)
    legend(axes, comes[::-1], title="comes in, from the top")
    legend(axes, goes, title="goes, from zero down", is_low=True)
    axes.set_ylabel("MW, mean of the step")


def compute(view: View) -> list[Panel]:
    """Return what runs when, and the work that waits."""
    panels = [
        Panel(
            title="Compute: what runs when (power of the machines)",
            height_in=2.6,
            draw=_draw_compute,
        )
    ]
    if view.parts("deferrable"):
        title = "Work that waits, at the end of each step"
        panels.append(Panel(title=title, height_in=1.5, draw=_draw_waiting))
    if not workloads(view):
        return [empty("Compute", "This site has no workload.")]
    return panels


def _draw_compute(axes: Axes, view: View) -> None:
    layers = workloads(view)
    stack(axes, view.edges, layers)
    asked = np.zeros(len(view.table))
    for part in view.parts("firm"):
        asked = asked + view.column(f"{part.name}_demand_mw")
    if view.parts("firm"):
        line(axes, view.edges, Layer(label="asked by firm loads", by_step=asked, look=DASHED_LINE))
    highest = max(float(np.sum([layer.by_step for layer in layers], axis=0).max()), asked.max())
    axes.set_ylim(0.0, (1 + ROOM_PU) * highest)
    axes.set_ylabel("MW")


def _draw_waiting(axes: Axes, view: View) -> None:
    for k, part in enumerate(view.parts("deferrable")):
        look = look_of("deferrable", k)
        values = view.column(f"{part.name}_backlog_mwh")
        at_ends(axes, view, values, owner_words(part.name), look)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("MWh")


def grid(view: View) -> list[Panel]:
    """Return draw and feed-in of each line, with their limits and caps."""
    lines = list(view.published.site.grid)
    if not lines:
        return [empty("Grid", "This site has no line to a grid.")]
    return [
        Panel(
            title=f"{owner_words(f'grid_{key}')}: drawn (above zero), fed in (below)",
            height_in=2.2,
            draw=_GridPanel(key=key, number=k),
        )
        for k, key in enumerate(lines)
    ]


@dataclass(frozen=True, kw_only=True)
class _GridPanel:
    """Draws one line; caps of the agreement, which hold for all lines, on the first."""

    key: str
    number: int

    def __call__(self, axes: Axes, view: View) -> None:
        """Draw power, limits and caps."""
        name, look = f"grid_{self.key}", look_of("grid", self.number)
        for quantity, words, sign in (("import", "drawn", 1), ("export", "fed in", -1)):
            power = Layer(label=words, by_step=view.column(f"{name}_{quantity}_mw"), look=look)
            stack(axes, view.edges, seen([power]), sign=sign)
            limit = sign * view.column(f"{name}_{quantity}_max_mw")
            label = "limits of the line" if sign == 1 else "_nolegend_"
            line(axes, view.edges, Layer(label=label, by_step=limit, look=DASHED_LINE), width=1.0)
        for clause in of_kind(view, ImportCap) if self.number == 0 else []:
            inside = spans(view.edges, clause.applies(view.table.index))
            axes.hlines(
                [clause.import_max_mw] * len(inside),
                [begin for begin, _ in inside],
                [end for _, end in inside],
                color=VERMILION,
                linewidth=2.6,
                linestyle="dotted",
                label=f"cap of {owner_words(clause.name)}",
            )
        axes.axhline(0.0, color="black", linewidth=0.9)
        axes.set_ylabel("MW")


def prices(view: View) -> list[Panel]:
    """Return what a MWh costs at each line, and, for a plan, what one is worth inside."""
    if not view.parts("grid") and view.duals is None:
        return [empty("Prices", "This site has no line, and a stored run no shadow price.")]
    title = "Prices: a MWh at the meter"
    if view.duals is not None:
        title += ", and what one more MWh would be worth to the site (shadow price)"
    return [Panel(title=title, height_in=2.2, draw=_draw_prices)]


def _draw_prices(axes: Axes, view: View) -> None:
    for k, part in enumerate(view.parts("grid")):
        name, words = part.name, owner_words(part.name)
        buy, sell = (view.column(f"{name}_{q}_price_mad_per_mwh") for q in ("import", "export"))
        look = Look(color=BLUE, dash=DASHES[k % len(DASHES)])
        line(
            axes, view.edges, Layer(label=f"drawn from {words}", by_step=buy, look=look), width=1.8
        )
        if view.column(f"{name}_export_max_mw").any():
            look = Look(color=ORANGE, dash=DASHES[(k + 1) % len(DASHES)])
            label = f"fed into {words}"
            line(axes, view.edges, Layer(label=label, by_step=sell, look=look), width=1.8)
    if view.duals is not None:
        label = "shadow price of the bus"
        line(axes, view.edges, Layer(label=label, by_step=shadow(view), look=PLAIN_LINE))
    axes.set_ylabel("MAD/MWh")


def shadow(view: View) -> np.ndarray:
    """Return what one MWh more at the bus would save in each step shown [MAD/MWh]."""
    found = np.zeros(len(view.table))
    if view.duals is None:
        return found
    rows = view.duals[view.duals["constraint"] == "bus.balance"]
    for t, dual in zip(rows["index"], rows["dual"], strict=True):
        if t < len(found):
            found[t] = dual
    return np.asarray(found / view.table["step_h"].to_numpy(), dtype=float)


def finish(axes: Axes, view: View, panel: Panel) -> None:
    """Add to a drawn panel what all have: title, time, grid, legend beside it."""
    axes.set_title(panel.title)
    time_axis(axes, view.edges)
    if axes.get_legend_handles_labels()[1]:
        grid_lines(axes)
        if not any(isinstance(each, Legend) for each in axes.get_children()):
            legend(axes, axes.get_legend_handles_labels()[0])


def empty(title: str, why: str) -> Panel:
    """Return a panel that says why it is empty."""

    def draw(axes: Axes, view: View) -> None:
        axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center")
        axes.set_yticks([])

    return Panel(title=title, height_in=1.0, draw=draw)


def of_kind(view: View, kind: type[_C]) -> list[_C]:
    """Return the clauses in force of one kind."""
    return [c for c in clauses_in_force(view.published) if isinstance(c, kind)]


def at_ends(
    axes: Axes, view: View, values: np.ndarray, label: str, look: Look = DASHED_LINE
) -> None:
    """Draw amounts known at the steps' ends alone."""
    dashes = look.dash or (None, None)
    axes.plot(view.edges[1:], values, color=look.color, linewidth=1.4, dashes=dashes, label=label)
