"""What a planner is told of an opening state: each value, where it comes from, how old it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from optimizer.phrases import joined, number, phrase, recognised, template
from optimizer.state import State, StateSource
from optimizer.units import UNIT_TEXT

_COHORTS, _JOBS = template("{count} cohorts"), template("{count} jobs")
SUMMED = {"backlog_mwh": _COHORTS, "running_h": _JOBS, "done_count": _JOBS}  # one row of many
UNTOLD = ("segment_energy_mwh", "rate_max_mw")  # details of a row that is told

_QUANTITIES = (  # of the opening state, without their units
    phrase("energy"),
    phrase("segment energy"),
    phrase("backlog"),
    phrase("rate max"),
    phrase("bank"),
    phrase("delivered"),
    phrase("done"),
    phrase("running"),
    phrase("fuel"),
    phrase("tank"),
    phrase("water"),
    phrase("month peak"),
    phrase("import"),
    phrase("export"),
    phrase("power"),
    phrase("powered"),
    phrase("on"),
    phrase("off"),
    phrase("run"),
    phrase("status"),
    phrase("step"),
    phrase("worked"),
    phrase("used"),
    phrase("excess"),
    phrase("demand"),
    phrase("shed"),
)


def quantity_words(stem: str) -> str:
    """Return a quantity of the opening state, named without its unit, as it is read."""
    words = stem.replace("_", " ")
    return next((known for known in _QUANTITIES if known == words), words)


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
    return [
        phrase("{value}, {source}", {"value": value, "source": words})
        for value, words in _told(state)
    ]


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
    how: dict[str, str] = {"name": name, "what": quantity_words(stem)}
    if quantity in ("on_count", "off_count"):
        counts = [
            phrase("{count} for {hours} h", {"count": number(s.value, "g"), "hours": s.key or "?"})
            for s in found
        ]
        how["values"] = joined(", ", counts)
        return phrase("{name} units {what}: {values}", how)
    if quantity in SUMMED:
        keys = [source for source in found if source.key]
        many = phrase(SUMMED[quantity], {"count": len(keys)})
        if quantity != "backlog_mwh":
            return phrase("{name} {what}: {values}", how | {"values": many})
        sum_of = number(sum(s.value for s in found), ",.1f")
        if not keys:
            return phrase("{name} {what}: {mwh} MWh", how | {"mwh": sum_of})
        return phrase("{name} {what}: {mwh} MWh in {many}", how | {"mwh": sum_of, "many": many})
    amounts = [_amount(s, UNIT_TEXT.get(unit, unit)) for s in found]
    return phrase("{name} {what}: {values}", how | {"values": joined(", ", amounts)})


def _amount(source: StateSource, unit: str) -> str:
    """Return one value with its unit, and its key in brackets."""
    values = {"amount": number(source.value, ",.1f"), "unit": unit, "key": source.key}
    return (
        phrase("{amount} {unit} ({key})", values)
        if source.key
        else phrase("{amount} {unit}", values)
    )


def from_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[StateSource, ...]:
    """Return the sources that `source_rows` wrote."""
    return tuple(
        StateSource(
            name=str(row["name"]),
            quantity=str(row["quantity"]),
            key=str(row["key"]),
            value=float(row["value"]),
            source=recognised(str(row["source"])),
            age_h=None if row["age_h"] is None else float(row["age_h"]),
        )
        for row in rows
    )


def grouped_lines(state: State) -> list[str]:
    """Return the same for a screen: values of one source and age stand in one line."""
    groups: dict[str, list[str]] = {}
    for value, words in _told(state):
        groups.setdefault(words, []).append(value)
    return [
        phrase("{source}: {values}", {"source": words, "values": joined("; ", values)})
        for words, values in groups.items()
    ]
