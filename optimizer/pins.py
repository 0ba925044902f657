"""Pins: a published quantity that a person fixes or bounds for a while.

``column,start_utc,end_utc,low,high,note,author``, a line each; either bound may be empty, both the
same fix the quantity. A column is one of the schedule that a decision moves.
"""

from itertools import combinations
from pathlib import Path

from models.errors import InputError
from optimizer.component import Component
from optimizer.config import FLEETS, Site
from optimizer.entries import Line, read_lines
from optimizer.held import UNITS, Pin
from optimizer.inputs import KW_FACTOR
from optimizer.outages import rating_mw

COLUMNS = ("column", "start_utc", "end_utc", "low", "high", "note", "author")
OF_KIND: dict[str, tuple[str, ...]] = {  # kind of part -> quantities that decisions move
    "solar": ("used_mw",),
    "wind": ("used_mw",),
    "battery": ("charge_mw", "discharge_mw", "energy_mwh"),
    "grid": ("import_mw", "export_mw"),
    "genset": ("power_mw", "on_count"),
    "desalination": ("power_mw", "tank_m3"),
    "chilled_store": ("charge_mw", "discharge_mw", "energy_mwh"),
    "cooling": ("power_mw",),
    "facility": ("power_mw", "it_mw"),
    "firm": ("served_mw",),
    "deferrable": ("run_mw",),
    "training": ("power_mw", "powered_mw"),
    "jobs": ("power_mw",),
    "interruptible": ("power_mw", "on_count"),
    "quota": ("power_mw", "quota_mw", "opportunistic_mw"),
}
SITE = ("site_import_mw", "site_export_mw", "site_genset_mw", "site_renewable_mw")
_MOST = {  # a quantity -> the field that says the most it can be
    "charge_mw": "charge_max_mw",
    "discharge_mw": "discharge_max_mw",
    "energy_mwh": "energy_max_mwh",
    "import_mw": "import_max_mw",
    "export_mw": "export_max_mw",
    "tank_m3": "tank_max_m3",
    "it_mw": "it_power_max_mw",
}


def kinds(site: Site) -> list[tuple[str, Component]]:
    """Return every part of a site with its kind."""
    found = [(kind, part) for kind in FLEETS for part in getattr(site, kind).values()]
    found += [("cooling", site.cooling)] if site.cooling is not None else []
    return [*found, ("facility", site.facility)]


def pinnable(site: Site) -> dict[str, float | None]:
    """Return every column that may be pinned, and the most it can be where that is known."""
    found: dict[str, float | None] = {}
    for kind, part in kinds(site):
        for quantity in OF_KIND[kind]:
            is_counted = quantity != "on_count" or getattr(part, "is_committed", True)
            has_tank = quantity != "tank_m3" or getattr(part, "has_demand", True)
            if is_counted and has_tank:
                found[f"{part.name}_{quantity}"] = _most(part, quantity)
    return found | dict.fromkeys(SITE)


def _most(part: Component, quantity: str) -> float | None:
    """Return the most a quantity can be, where the part's parameters say."""
    if quantity == "on_count":
        return float(getattr(part, "unit_count", 1))
    if quantity in _MOST:
        return float(getattr(part, _MOST[quantity]))
    return rating_mw(part)


def read_pins(path: Path, site: Site) -> tuple[list[tuple[Line, Pin]], list[str]]:
    """Return the pins of a file with their lines, and everything wrong with it."""
    try:
        lines = read_lines(path, COLUMNS)
    except InputError as error:
        return [], list(error.problems)
    columns = pinnable(site)
    found = [(line, pin) for line in lines if (pin := _pin(line, columns)) is not None]
    problems = [problem for line in lines for problem in line.problems]
    return found, problems + _contradictions(found)


def _pin(line: Line, columns: dict[str, float | None]) -> Pin | None:
    """Return the pin of one line, or none where something is wrong with it."""
    column = line.known("column", columns, "no column of the schedule that can be held")
    unit = UNITS.get((column or "_mw").rpartition("_")[2], "MW")
    most = None if column is None else columns[column]
    span = line.span()
    bounds = {side: line.amount(side, unit, most, may_miss=True) for side in ("low", "high")}
    note, author = line.text("note", may_miss=True), line.text("author")
    if column is not None:
        _check(line, column, bounds, most)
    if line.problems or column is None or span is None:
        return None
    return Pin(
        column=column,
        start=span[0],
        end=span[1],
        low=bounds["low"],
        high=bounds["high"],
        note=note,
        author=author,
    )


def _check(line: Line, column: str, bounds: dict[str, float | None], most: float | None) -> None:
    """Note what is wrong with the bounds of one line."""
    unit = UNITS[column.rpartition("_")[2]]
    low, high = bounds["low"], bounds["high"]
    if low is None and high is None and not line.problems:
        line.wrong("low and high are both empty. Give one of them, or both.")
    if low is not None and high is not None and low > high:
        line.wrong(f"low = {low:g} is above high = {high:g}. Swap or mend them.")
    if column.endswith("_count"):
        for side, value in bounds.items():
            if value is not None and value % 1:
                line.wrong(f"{side} = {value:g} is no whole number. Units are counted whole.")
    if most is None:
        return
    if low is not None:
        line.too_much("low", low, unit, most, column)
    elif high is not None and high > KW_FACTOR * most:  # no bound at all: it was meant in kW
        line.too_much("high", high, unit, most, column)


def _contradictions(found: list[tuple[Line, Pin]]) -> list[str]:
    """Return where two pins of one column leave nothing between them."""
    problems = []
    for (one, first), (other, second) in combinations(found, 2):
        if first.column != second.column:
            continue
        begin, end = max(first.start, second.start), min(first.end, second.end)
        low = max(first.low or 0.0, second.low or 0.0)
        highs = [pin.high for pin in (first, second) if pin.high is not None]
        if begin < end and highs and low > min(highs):
            problems.append(
                f"{other.where}: contradicts line {one.number} from {begin:%Y-%m-%dT%H:%MZ} to "
                f"{end:%Y-%m-%dT%H:%MZ}: {first.column} can't be at least {low:g} and at most "
                f"{min(highs):g}. Keep one."
            )
    return problems
