"""The charts of a month: energy and cost by day as planned, and each metered power beside it."""

from typing import Any

import numpy as np
import pandas as pd

from optimizer.phrases import moment, phrase
from optimizer.report.content_axis import rounded
from optimizer.report.content_layers import Spec, chart, line, stack
from optimizer.report.looks import BLACK, GREEN, VERMILION, look
from optimizer.report.month_meters import Beside
from optimizer.report.month_read import Month
from optimizer.report.rendering import both
from optimizer.terminal_words import owner_words

_DAY_H = 24.0
_LOOKS = {  # kind of quantity -> kind of part whose look it has
    "import": "grid",
    "export": "grid",
    "charge": "battery",
    "discharge": "battery",
    "workload": "firm",
    "service": "desalination",
    "facility": "overhead",
}
_SUPPLY = ("wind", "solar", "genset", "import")


def quantity_words(each: Beside) -> str:
    """Return a quantity in words."""
    words = {"part": owner_words(each.quantity.part)}
    if each.quantity.kind == "import":
        return phrase("drawn from {part}", words)
    if each.quantity.kind == "export":
        return phrase("fed into {part}", words)
    if each.quantity.kind == "charge":
        return phrase("into {part}", words)
    if each.quantity.kind == "discharge":
        return phrase("out of {part}", words)
    return owner_words(each.quantity.part)


def charts(month: Month) -> list[Spec]:
    """Return the charts of a month."""
    shape = day_axis(month.period.days)
    found = [
        _energy(month),
        _cost(month),
        *(_beside(each) for each in month.beside if each.is_metered),
    ]
    return [spec | shape for spec in found]


def day_axis(days: list[pd.Timestamp]) -> dict[str, Any]:
    """Return what charts by day share: a step for each UTC day."""
    names = [f"{day:%Y-%m-%d}" for day in days]
    begins = [_DAY_H * k for k in range(len(days))]
    ticks = [
        {"h": h, "utc": both(moment(day, "%d %b")), "site": "", "level": int(k % 7 > 0)}
        for k, (h, day) in enumerate(zip(begins, days, strict=True))
    ]
    return {
        "begin_h": rounded(begins),
        "step_h": [_DAY_H] * len(days),
        "times": {"utc": names, "site": names},
        "ticks": ticks,
    }


def _energy(month: Month) -> Spec:
    """Return what the plans in force had for each day: energy by source, and cost."""
    layers = []
    counts: dict[str, int] = {}
    for each in month.beside:
        kind = each.quantity.kind
        if kind in _SUPPLY:
            shape = look(_LOOKS.get(kind, kind), counts.get(kind, 0))
            counts[kind] = counts.get(kind, 0) + 1
            layers.append(stack(quantity_words(each), each.planned_mwh, shape))
    title = phrase("Energy by day, as planned")
    note = phrase("Of the plans in force. A day without a plan has nothing here.")
    return chart("energy", title, "MWh", layers, note) | {"height": 300}


def _cost(month: Month) -> Spec:
    """Return the cost of each day as planned, and what it earns where that is more."""
    costs = [month.cost_mad(day) for day in month.period.days]
    values = np.array([np.nan if cost is None else cost / 1000 for cost in costs])
    layers = [
        stack(phrase("cost"), np.maximum(values, 0.0), {"color": VERMILION, "pattern": "back"}),
        stack(
            phrase("earned above cost"),
            np.maximum(-values, 0.0),
            {"color": GREEN, "pattern": "stripes"},
            is_below=True,
        ),
    ]
    more = {"has_sides": True, "height": 240}
    return chart("cost", phrase("Cost by day, as planned"), "kMAD", layers) | more


def _beside(each: Beside) -> Spec:
    """Return one quantity, planned and metered, of the hours both say something of."""
    kind = each.quantity.kind
    layers = [
        stack(phrase("metered"), each.metered_mwh, look(_LOOKS.get(kind, kind))),
        line(phrase("planned"), each.same_mwh, BLACK),
    ]
    words = phrase("{quantity}: metered and planned", {"quantity": quantity_words(each)})
    return chart(f"beside-{each.quantity.column}", words, "MWh", layers) | {"height": 220}
