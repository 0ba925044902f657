"""Layers of charts, as dicts that `charts.js` draws."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from optimizer.report.content_axis import rounded
from optimizer.report.rendering import both

Spec = dict[str, Any]


def stack(
    label: str, values: Iterable[float], shape: dict[str, str], *, is_below: bool = False
) -> Spec:
    """Return a layer of a stack of means over steps, up or down from zero."""
    below = {"stack": "below"} if is_below else {}
    return {"kind": "stack", "label": both(label), "values": rounded(values)} | shape | below


def line(
    label: str,
    values: Iterable[float],
    color: str,
    dash: str = "",
    *,
    is_right: bool = False,
    unit: str | None = None,
) -> Spec:
    """Return a line of means over steps."""
    found = {"kind": "line", "label": both(label), "values": rounded(values)}
    found |= {"color": color, "dash": dash}
    return (
        found | ({"axis": "right"} if is_right else {}) | ({} if unit is None else {"unit": unit})
    )


def level(layer: Spec, first: float | None = None) -> Spec:
    """Return a line whose values are at the ends of steps; `first` is where the plan begins."""
    return layer | {"at": "end"} | ({} if first is None else {"first": rounded([first])[0]})


def band(label: str, low: Iterable[float], high: Iterable[float], color: str) -> Spec:
    """Return a band between two series."""
    edges = {"low": rounded(low), "high": rounded(high)}
    return {"kind": "band", "label": both(label), "color": color} | edges


def shade(label: str, spans: list[list[float]], color: str, opacity: float) -> Spec:
    """Return hours that are shaded."""
    return {
        "kind": "shade",
        "label": both(label),
        "spans": spans,
        "color": color,
        "opacity": opacity,
    }


def chart(name: str, title: str, unit: str, layers: list[Spec], note: str | None = None) -> Spec:
    """Return a chart of layers."""
    found = {"id": name, "title": both(title), "unit": unit, "layers": layers}
    return found | ({} if note is None else {"note": both(note)})


def is_nothing(values: Iterable[float]) -> bool:
    """Return whether a series is zero throughout, by what is seen."""
    return bool(np.abs(np.asarray(list(values), float)).max(initial=0.0) < SEEN)


SEEN = 1e-4  # MW and the like: less is the solver's noise
