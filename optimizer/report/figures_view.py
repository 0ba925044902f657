"""What figures are drawn from: some steps of a published table, and the site's parts as series."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.audit import Published
from optimizer.component import Component
from optimizer.config import SERVICES, WORKLOADS
from optimizer.report.figures_style import DASHES, Layer, Look
from optimizer.report.looks import BLACK, look
from optimizer.terminal_words import owner_words

_HATCHES = {  # of a kind's first part; with `looks.look` it makes a look unique in a panel
    "solar": "..",
    "battery": "//",
    "grid": "\\\\",
    "genset": "xx",
    "deferrable": "//",
    "training": "\\\\",
    "jobs": "xx",
    "interruptible": "++",
    "quota": "..",
    "desalination": "oo",
    "chilled_store": "--",
    "missing": "xx",
}
PLAIN_LINE, DASHED_LINE = Look(color=BLACK), Look(color=BLACK, dash=(5, 2))
_APART_MAX = 3  # decision: more parts of a kind than this are shown as their sum
_NOTHING = 1e-6  # numerical: below this a series is not there


def look_of(kind: str, k: int = 0) -> Look:
    """Return the look of the `k`-th part of a kind, counted from 0; its colour is the page's."""
    hatch = _HATCHES.get(kind, "")
    return Look(
        color=look(kind, k)["color"],
        hatch=hatch * (k + 1) if hatch else "." * k,
        dash=DASHES[k % len(DASHES)],
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """The steps a figure shows, and where their numbers are from.

    Attributes
    ----------
    published : Published
        The whole of what is published.
    table : DataFrame, shape (steps shown, columns)
        The published table as far as it is shown.
    edges : DatetimeIndex
        Moments between the steps shown, UTC: one more than there are steps.
    duals : DataFrame or None
        Prices of constraints, as `Plan.duals` has them; a stored run has none.
    """

    published: Published
    table: pd.DataFrame
    edges: pd.DatetimeIndex
    duals: pd.DataFrame | None

    def column(self, name: str) -> np.ndarray:
        """Return a published column, one value a step; zeros where the table has none."""
        if name not in self.table.columns:
            return np.zeros(len(self.table))
        return self.table[name].to_numpy(dtype=float)

    def parts(self, kind: str) -> list[Component]:
        """Return the site's parts of a kind."""
        return list(getattr(self.published.site, kind).values())

    def layers(self, kind: str, quantity: str, verb: str = "") -> list[Layer]:
        """Return a quantity of each part of a kind, or its sum where they are many.

        Parts that have nothing in the steps shown are left out; `verb` goes before the name.
        """
        parts = self.parts(kind)
        values = [self.column(f"{part.name}_{quantity}") for part in parts]
        names = [owner_words(part.name) for part in parts]
        if len(parts) > _APART_MAX:
            values = [np.sum(values, axis=0)]
            names = [f"{kind.replace('_', ' ')} ({len(parts)})"]
        return seen(
            Layer(label=f"{verb} {name}".strip(), by_step=value, look=look_of(kind, k))
            for k, (name, value) in enumerate(zip(names, values, strict=True))
        )


def view_of(published: Published, hours: float | None, duals: pd.DataFrame | None = None) -> View:
    """Return the view of the first `hours`, of all steps if None; at least one step."""
    horizon = published.given.horizon
    count = len(horizon.steps)
    if hours is not None:
        count = max(1, int(np.searchsorted(horizon.begin_h, hours - 1e-9)))
    table = published.table.iloc[:count]
    edges = horizon.edges[: len(table) + 1]
    return View(published=published, table=table, edges=edges, duals=duals)


def seen(layers: Iterable[Layer]) -> list[Layer]:
    """Return the layers that have something to show."""
    return [layer for layer in layers if np.abs(layer.by_step).max() > _NOTHING]


def supply(view: View) -> list[Layer]:
    """Return what feeds the bus [MW]: sun and wind, batteries, lines, gensets."""
    return [
        *view.layers("wind", "used_mw"),
        *view.layers("solar", "used_mw"),
        *view.layers("battery", "discharge_mw", "out of"),
        *view.layers("grid", "import_mw", "drawn from"),
        *view.layers("genset", "power_mw"),
    ]


def use(view: View) -> list[Layer]:
    """Return what takes from the bus [MW]: machines, the rest of the facility, stores, lines."""
    machines = view.column("facility_it_mw")
    rest = view.column("facility_power_mw") - machines
    own = [
        Layer(label="machines (IT)", by_step=machines, look=look_of("firm")),
        Layer(label="cooling, losses, overhead", by_step=rest, look=look_of("overhead")),
        Layer(
            label="surplus nobody can use",
            by_step=view.column("bus_surplus_mw"),
            look=look_of("missing"),
        ),
    ]
    return [
        *seen(own),
        *(layer for kind in SERVICES for layer in view.layers(kind, "power_mw")),
        *view.layers("battery", "charge_mw", "into"),
        *view.layers("grid", "export_mw", "fed into"),
    ]


def workloads(view: View) -> list[Layer]:
    """Return the power of each workload's machines [MW]."""
    found: list[Layer] = []
    for kind in WORKLOADS:
        if parts := view.parts(kind):
            found += view.layers(kind, parts[0].it_quantity)
    return found
