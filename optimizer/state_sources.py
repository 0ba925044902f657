"""What a planner is told of an opening state: each value, where it comes from, how old it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from optimizer.state import State, StateSource
from optimizer.units import UNIT_TEXT

SUMMED = {"backlog_mwh": "cohorts", "running_h": "jobs", "done_count": "jobs"}  # one row of many
UNTOLD = ("segment_energy_mwh", "rate_max_mw")  # details of a row that is told


def source_rows(state: State) -> list[dict[str, Any]]:
    """Return every value with its source and age, as JSON can hold it."""
    return [
        {
            "name": source.name,
            "quantity": source.quantity,
            "key": source.key,
            "value": source.value,
            "source": source.source,
            "age_h": None if source.age_h is None else round(source.age_h, 3),
        }
        for source in state.sources
    ]


def source_lines(state: State) -> list[str]:
    """Return one line for each value; cohorts, jobs and units of one part are one line.

    For example ``battery_main energy: 412.3 MWh, metered 2026-11-22 21:45Z (2.2 h old), rolled by
    run 20261122T220000Z-1a2b3c``.
    """
    return [f"{value}, {words}" for value, words in _told(state)]


def _told(state: State) -> list[tuple[str, str]]:
    """Return each value in words, and its source."""
    parts: dict[tuple[str, str], list[StateSource]] = {}
    for source in state.sources:
        if source.quantity not in UNTOLD:
            parts.setdefault((source.name, source.quantity), []).append(source)
    return [
        (_value(name, quantity, found), found[0].source)
        for (name, quantity), found in parts.items()
    ]


def _value(name: str, quantity: str, found: Sequence[StateSource]) -> str:
    """Return what one quantity of one part is, in words."""
    stem, _, unit = quantity.rpartition("_")
    what = stem.replace("_", " ")
    if quantity in ("on_count", "off_count"):
        counts = ", ".join(f"{s.value:g} for {s.key or '?'} h" for s in found)
        return f"{name} units {what}: {counts}"
    if quantity in SUMMED:
        keys = [source for source in found if source.key]
        count = f" in {len(keys)} {SUMMED[quantity]}" if keys else ""
        if quantity != "backlog_mwh":
            return f"{name} {what}: {len(keys)} {SUMMED[quantity]}"
        return f"{name} {what}: {sum(s.value for s in found):,.1f} MWh{count}"
    values = ", ".join(
        f"{s.value:,.1f} {UNIT_TEXT.get(unit, unit)}" + (f" ({s.key})" if s.key else "")
        for s in found
    )
    return f"{name} {what}: {values}"


def from_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[StateSource, ...]:
    """Return the sources that `source_rows` wrote."""
    return tuple(
        StateSource(
            name=str(row["name"]),
            quantity=str(row["quantity"]),
            key=str(row["key"]),
            value=float(row["value"]),
            source=str(row["source"]),
            age_h=None if row["age_h"] is None else float(row["age_h"]),
        )
        for row in rows
    )


def grouped_lines(state: State) -> list[str]:
    """Return the same for a screen: values of one source and age stand in one line."""
    groups: dict[str, list[str]] = {}
    for value, words in _told(state):
        groups.setdefault(words, []).append(value)
    return [f"{words}: {'; '.join(values)}" for words, values in groups.items()]
