"""The picture of a forecast: a fan for each plant, the members' mean, and where it comes from.

The style is that of all static figures; each band differs in lightness and each line in its
dashes, so that grey prints read as well.
"""

import textwrap
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from optimizer.forecast import Forecast
from optimizer.power_forecast import PowerForecast
from optimizer.power_members import POWER
from optimizer.report.figures_style import (
    DOTS_PER_IN,
    STYLE,
    grid_lines,
    time_axis,
    to_edges,
)
from optimizer.report.looks import BLUE, GREEN, ORANGE, PURPLE

COLOURS = (BLUE, ORANGE, GREEN, PURPLE)
BANDS = ((0.05, 0.95, 0.22, "90 %"), (0.25, 0.75, 0.45, "50 %"))  # low, high, opacity, share
WIDTH_IN, PANEL_IN, AXIS_IN, LINE_IN = (11.0, 3.0, 0.6, 0.145)  # decision: half a page on paper
RUNG_WORDS = {
    "fresh": "fresh weather",
    "last_run": "DEGRADED: last good run",
    "second": "DEGRADED: second source",
    "climatology": "DEGRADED: climatology, no forecast",
    "given": "weather from a file",
    "synthetic": "synthetic weather of the bundled climate",
}


def draw(forecast: Forecast, path: Path) -> None:
    """Draw a forecast to a PNG file."""
    power = forecast.power
    names = list(power.ceilings)
    caption = _caption(forecast)
    foot_in = AXIS_IN + LINE_IN * (1 + caption.count("\n"))
    height = PANEL_IN * len(names) + foot_in
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, height), dpi=DOTS_PER_IN)
        panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
        for k, (name, axes) in enumerate(zip(names, panels, strict=True)):
            _fan(axes, power, name, COLOURS[k % len(COLOURS)])
        figure.suptitle(_title(forecast), x=0.08, ha="left", fontweight="bold")
        time_axis(panels[-1], power.horizon.edges)
        foot = foot_in / height
        figure.subplots_adjust(
            left=0.08, right=0.98, top=1 - 0.62 / height, bottom=foot, hspace=0.16
        )
        figure.text(0.08, 0.08 / height, caption, fontsize=8, va="bottom")
        figure.savefig(path, format="png")


def _fan(axes: Axes, power: PowerForecast, name: str, colour: str) -> None:
    """Draw one plant: bands, median, the mean of the members as modelled, and the ceiling."""
    edges = power.horizon.edges
    levels = np.array(power.levels_pu)
    quantiles = power.quantiles[name]

    def at(level: float) -> np.ndarray:
        return np.asarray(quantiles[:, int(np.argmin(np.abs(levels - level)))])

    for low, high, opacity, share in BANDS:
        axes.fill_between(
            edges,
            to_edges(at(low)),
            to_edges(at(high)),
            step="post",
            color=colour,
            alpha=opacity,
            linewidth=0,
            label=f"{share} of cases",
        )
    axes.step(edges, to_edges(at(0.5)), where="post", color=colour, lw=1.4, label="median")
    raw = power.members[name].mean(axis=1)
    axes.step(
        edges,
        to_edges(raw),
        where="post",
        color="black",
        lw=0.9,
        ls=(0, (4, 2)),
        label="mean before calibration",
    )
    axes.set_ylabel(f"{name.removesuffix(POWER).replace('_', ' ')} [MW]")
    axes.set_ylim(0, 1.05 * max(float(power.ceilings[name].max()), 1e-6))
    grid_lines(axes)
    axes.legend(  # above the panel, where it hides nothing
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, fontsize=8, frameon=False
    )


def _title(forecast: Forecast) -> str:
    first = pd.Timestamp(forecast.power.horizon.start)
    return f"{forecast.site_name}: power available from {first:%Y-%m-%d %H:%M} UTC"


def _caption(forecast: Forecast) -> str:
    """Say on which rung the forecast stands, whose it is and how it was calibrated."""
    run = forecast.power.run
    issued = f"issued {forecast.now:%Y-%m-%d %H:%M} UTC"
    lines = [
        f"{RUNG_WORDS[forecast.found.rung]}: {forecast.source}; {issued}. {run.attribution}.",
        *forecast.found.reasons,
        " ".join(forecast.power.notes),
    ]
    return "\n".join(part for line in lines for part in textwrap.wrap(line, 165)[:2])
