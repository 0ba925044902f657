"""The audit of outages and pins: the published table against the entries, row by row.

It shares no code with the model's rows: steps are found by comparing moments, and what an outage
takes down is listed by the published column.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from optimizer.component import Given, unequal
from optimizer.config import FLEETS, Site
from optimizer.held import Outage, Pin

_DOWN: Mapping[str, tuple[str, ...]] = {  # kind of part -> columns that fit what is left of it
    "solar": ("available_mw", "used_mw"),
    "wind": ("available_mw", "used_mw"),
    "grid": ("import_max_mw", "export_max_mw", "import_mw", "export_mw"),
    "battery": ("charge_mw", "discharge_mw"),
    "chilled_store": ("charge_mw", "discharge_mw"),
    "firm": ("served_mw",),
    "deferrable": ("run_mw",),
    "training": ("powered_mw", "power_mw"),
}
_NOTHING_PU = 1e-6  # of a unit: round-off
_INPUTS = ("available_mw", "import_max_mw", "export_max_mw")  # series that outages cut


def held_rules(table: pd.DataFrame, site: Site, given: Given) -> dict[str, pd.Series]:
    """Return ``sentence [unit] -> excess`` for every outage and pin, and the series they cut."""
    rules = dict(_cut_rules(table, site, given))
    parts = {p.name: (kind, p) for kind in FLEETS for p in getattr(site, kind).values()}
    for line, outage in enumerate(given.held.outages, start=2):  # the header is line 1
        who, inside = f"{outage}, outages.csv line {line}", _inside(table, outage)
        kind, part = parts.get(outage.unit, (outage.unit, None))
        for quantity in _DOWN.get(kind, ("power_mw",)):
            above = table[f"{outage.unit}_{quantity}"][inside] - outage.available_mw
            rules[f"{who}: {quantity}"] = above
        unit_mw = getattr(part, "unit_power_max_mw", None)
        if unit_mw is not None and getattr(part, "is_committed", False):
            whole, rest_mw = divmod(outage.available_mw, unit_mw)
            units = whole + (rest_mw > _NOTHING_PU * unit_mw)
            rules[f"{who}: on_count"] = table[f"{outage.unit}_on_count"][inside] - units
    for line, pin in enumerate(given.held.pins, start=2):
        rules |= _pin_rules(table, pin, line)
    return rules


def _pin_rules(table: pd.DataFrame, pin: Pin, line: int) -> dict[str, pd.Series]:
    """Return the rules of one pin."""
    who, value, rules = f"{pin}, pins.csv line {line}", table[pin.column][_inside(table, pin)], {}
    if pin.low is not None:
        rules[f"{who}: not below"] = pin.low - value
    if pin.high is not None:
        rules[f"{who}: not above"] = value - pin.high
    return rules


def _inside(table: pd.DataFrame, entry: Outage | Pin) -> pd.Series:
    """Return whether each step has a moment in common with an entry."""
    ends = table.index + pd.to_timedelta((table["step_h"] * 3600).round(), unit="s")
    return pd.Series((table.index < entry.end) & (ends > entry.start), index=table.index)


def _least_left(table: pd.DataFrame, given: Given, name: str) -> pd.Series:
    """Return the least that outages leave of a part in each step [MW]."""
    left = pd.Series(np.inf, index=table.index)
    for outage in given.held.outages:
        if outage.unit == name:
            left[_inside(table, outage) & (left > outage.available_mw)] = outage.available_mw
    return left


def in_service(table: pd.DataFrame, given: Given, name: str, rating_mw: float) -> pd.Series:
    """Return what of a rating is in service in each step [MW]; NaN where the table has no step."""
    rating = table["step_h"] * 0.0 + rating_mw
    return rating.clip(upper=_least_left(table, given, name))


def _cut_rules(table: pd.DataFrame, site: Site, given: Given) -> Iterator[tuple[str, pd.Series]]:
    """Yield that the series of sun, wind and lines are what they were, less outages."""
    for kind in ("solar", "wind", "grid"):
        for part in getattr(site, kind).values():
            for quantity in _INPUTS:
                before = f"{part.name}_{quantity.removesuffix('_mw')}_uncut_mw"
                if before in given.series.columns:
                    cut = given.series[before].clip(upper=_least_left(table, given, part.name))
                    rule = f"{part.name}: {quantity} is what it was, less outages [MW]"
                    yield rule, unequal(given.series[f"{part.name}_{quantity}"], cut)
