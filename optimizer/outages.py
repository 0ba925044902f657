"""Outages: what is left of a unit for a while, from a table people write by hand.

``unit,start_utc,end_utc,available_mw,note,author``, a line each. A unit is any part of the site.
"""

from pathlib import Path
from typing import Any

from models.errors import InputError
from optimizer.config import Site
from optimizer.entries import Line, read_lines
from optimizer.held import Outage
from optimizer.inputs import KW_FACTOR

COLUMNS = ("unit", "start_utc", "end_utc", "available_mw", "note", "author")
_MOST = (  # fields that say what a part can give or take, whichever is more
    *("charge_max_mw", "discharge_max_mw", "import_max_mw", "export_max_mw"),
    *("power_max_mw", "power_mw"),
)


def rating_mw(part: Any) -> float | None:
    """Return the most power a part can give or take, where its parameters say [MW]."""
    if (plant := getattr(part, "plant", None)) is not None and hasattr(plant, "capacity_ac_mw"):
        return float(plant.capacity_ac_mw)
    if hasattr(part, "unit_power_max_mw"):
        return float(part.unit_count * part.unit_power_max_mw)
    if getattr(part, "profile_pu", None) and getattr(part, "demand_mw", None) is not None:
        return float(part.demand_mw * max(part.profile_pu))
    fields = type(part).model_fields
    found = [float(getattr(part, name)) for name in _MOST if name in fields and getattr(part, name)]
    return max(found, default=None)


def read_outages(path: Path, site: Site) -> tuple[list[tuple[Line, Outage]], list[str]]:
    """Return the outages of a file with their lines, and everything wrong with it."""
    try:
        lines = read_lines(path, COLUMNS)
    except InputError as error:
        return [], list(error.problems)
    found = [(line, outage) for line in lines if (outage := _outage(line, site)) is not None]
    return found, [problem for line in lines for problem in line.problems]


def _outage(line: Line, site: Site) -> Outage | None:
    """Return the outage of one line, or none where something is wrong with it."""
    parts = {part.name: part for part in site.components()}
    unit = line.known("unit", parts, "no part of the site")
    most = None if unit is None else rating_mw(parts[unit])
    span, left_mw = line.span(), line.amount("available_mw", "MW", most)
    note, author = line.text("note", may_miss=True), line.text("author")
    if unit is not None and left_mw is not None:
        believable_mw = KW_FACTOR * site.facility.power_max_mw  # of plants that say no rating
        line.too_much("available_mw", left_mw, "MW", most or believable_mw, unit)
    if line.problems or unit is None or span is None or left_mw is None:
        return None
    return Outage(
        unit=unit, start=span[0], end=span[1], available_mw=left_mw, note=note, author=author
    )
