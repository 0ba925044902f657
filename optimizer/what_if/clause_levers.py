"""The numbers of an agreement that a reader of the page can move, and how far."""

import math
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.agreement.clause import Clause
from optimizer.explain.change import Scene
from optimizer.phrases import phrase
from optimizer.site import active_clauses
from optimizer.terminal_words import clause_number
from optimizer.what_if.curves import Curve
from optimizer.what_if.levers import Entry, Lever, lever_on, times

HALF_MORE = (0.5, 1.5)  # decision: of the weather and of a clause's number
PRICES = (0.25, 4.0)  # decision: of the price of a breach
SHARE_REACH_PU = 0.3  # decision: of a clause's share, both ways
_IN_BRACKETS = re.compile(r"\[([^\]]+)\]")


def clause_levers(scene: Scene, table: pd.DataFrame) -> Iterator[Lever]:
    """Yield the number each clause is about, and the price of breaking it."""
    for clause in active_clauses(scene.agreement, scene.given):
        fields = dict.fromkeys((clause.main_field, clause.price_field))
        for field in fields:
            if getattr(clause, field) is None:
                continue
            lever = _of_clause(clause, field)
            if field == clause.main_field and lever.unit == "h":
                lever = replace(lever, curves=_required(scene, clause, lever, table))
            yield lever


def _required(scene: Scene, clause: Clause, lever: Lever, table: pd.DataFrame) -> tuple[Curve, ...]:
    """Return how what a clause publishes follows a number of hours: straight between steps."""
    step_h = min(scene.given.horizon.step_h)
    knots = np.arange(np.ceil(lever.low / step_h), lever.high / step_h) * step_h
    places = sorted({lever.low, lever.value, lever.high, *knots.tolist()})
    columns = []
    for hours in places:
        other = type(clause).model_validate(clause.model_dump() | {clause.main_field: hours})
        columns.append(other.read(table, scene.given).to_numpy(dtype=float).ravel())
    heights = np.array(columns).T
    moving = heights[np.ptp(heights, axis=1) > 0] if heights.size else heights
    return tuple(Curve(tuple(places), tuple(row.tolist())) for row in moving)


def _of_clause(clause: Clause, field: str) -> Lever:
    """Return the lever on one number of a clause."""
    value = getattr(clause, field)
    what, unit = field_words(type(clause), field)
    is_price = field == clause.price_field
    words = phrase("Art. {article}: {what}", {"article": clause.article, "what": what})
    if is_price:
        unit = unit or "MAD"
        words = phrase("Art. {article}: price of breaking it", {"article": clause.article})
    if is_price:
        reach = times(value, PRICES)
    elif unit == "pu":
        reach = (max(0.0, value - SHARE_REACH_PU), min(1.0, value + SHARE_REACH_PU))
    else:
        reach = times(value, HALF_MORE)
    if reach[1] <= reach[0]:  # a number of zero has no other scale of its own
        reach = (0.0, 1000.0 if is_price else 1.0)
    entry = Entry(f'agreement."{clause.article}".{field}')
    lever = lever_on("clause", words, unit, float(value), reach, entry)
    if not isinstance(value, int):
        return lever
    low, high = math.ceil(lever.low), math.floor(lever.high)
    return replace(lever, low=low, high=high, step=1.0, is_whole=True)


def field_words(kind: type[Clause], field: str) -> tuple[str, str]:
    """Return what a number of a clause is, in words, and its unit."""
    said = kind.model_fields[field].description or field
    unit = _IN_BRACKETS.search(said)
    words = clause_number(said.split("[")[0].split(",")[0].strip())
    return words, "" if unit is None else unit[1].partition(" of ")[0].replace("per unit", "pu")
