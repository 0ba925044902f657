"""Panels of what is stored: energy and cold, limits, what clauses keep back, the flows."""

import numpy as np
from matplotlib.axes import Axes

from optimizer.agreement.minimum_storage import MinimumStorage
from optimizer.agreement.ride_through import RideThrough
from optimizer.report.figures_panels import ROOM_PU, Panel, at_ends, empty, of_kind
from optimizer.report.figures_style import Look, stack
from optimizer.report.figures_view import View, look_of
from optimizer.report.looks import GREEN
from optimizer.terminal_words import owner_words


def storage(view: View) -> list[Panel]:
    """Return stored energy with its limits, what clauses keep back, and power in and out."""
    panels = []
    if view.parts("battery"):
        panels += [
            Panel(title="Stored energy, at the end of each step", height_in=2.4, draw=_draw_stored),
            Panel(title="Batteries: out (above zero), in (below)", height_in=1.8, draw=_draw_flows),
        ]
    if of_kind(view, RideThrough):
        title = "Energy that batteries could deliver, and what is kept back"
        panels.insert(1, Panel(title=title, height_in=2.0, draw=_draw_reserve))
    if view.parts("chilled_store"):
        panels.append(Panel(title="Stored cold", height_in=1.8, draw=_draw_cold))
    return panels or [empty("Stored energy", "This site has no store.")]


def _draw_stored(axes: Axes, view: View) -> None:
    most = 0.0
    for k, battery in enumerate(view.published.site.battery.values()):
        look = look_of("battery", k)
        opening = battery.opening_mwh(view.published.given)
        values = view.column(f"{battery.name}_energy_mwh")
        _through_ends(axes, view, np.append(opening, values), look, owner_words(battery.name))
        for limit, label in (
            (battery.high_mwh, f"{owner_words(battery.name)}: most and least"),
            (battery.low_mwh, None),
        ):
            axes.axhline(limit, color=look.color, linewidth=0.9, dashes=(1, 2), label=label)
        most = max(most, battery.high_mwh)
    for clause in of_kind(view, MinimumStorage):
        required = view.column(f"{clause.name}_required_mwh")
        at_ends(axes, view, required, f"{owner_words(clause.name)} asks for")
    axes.set_ylim(0.0, (1 + ROOM_PU) * most)
    axes.set_ylabel("MWh")


def _draw_reserve(axes: Axes, view: View) -> None:
    deliverable = view.column("site_deliverable_mwh")
    look = Look(color=GREEN)
    axes.plot(view.edges[1:], deliverable, color=look.color, linewidth=1.6, label="deliverable")
    axes.fill_between(view.edges[1:], 0.0, deliverable, color=look.color, alpha=0.15, linewidth=0)
    for clause in of_kind(view, RideThrough):
        required = view.column(f"{clause.name}_required_mwh")
        at_ends(axes, view, required, f"kept back: {owner_words(clause.name)}")
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("MWh")


def _draw_flows(axes: Axes, view: View) -> None:
    stack(axes, view.edges, view.layers("battery", "discharge_mw", "out of"))
    stack(axes, view.edges, view.layers("battery", "charge_mw", "into"), sign=-1)
    axes.axhline(0.0, color="black", linewidth=0.9)
    axes.set_ylabel("MW")


def _draw_cold(axes: Axes, view: View) -> None:
    for k, store in enumerate(view.published.site.chilled_store.values()):
        opening = store.opening_mwh(view.published.given)
        values = np.append(opening, view.column(f"{store.name}_energy_mwh"))
        look = look_of("chilled_store", k)
        _through_ends(axes, view, values, look, owner_words(store.name))
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("MWh of cold")


def _through_ends(axes: Axes, view: View, values: np.ndarray, look: Look, label: str) -> None:
    """Draw stored amounts: the opening one, then that at each step's end."""
    axes.plot(
        view.edges,
        values,
        color=look.color,
        linewidth=1.8,
        dashes=look.dash or (None, None),
        label=label,
    )
