"""Which outages and pins count for a plan: the files of the caller, or of the folder of runs."""

from pathlib import Path
from typing import Any, TypeVar

from models.errors import InputError
from optimizer.config import Site
from optimizer.entries import Line
from optimizer.held import GIVEN_UP, Interventions, Outage, Pin, spanned
from optimizer.horizon import Horizon
from optimizer.outages import read_outages
from optimizer.phrases import phrase
from optimizer.pins import read_pins
from optimizer.run_held import OUTAGES, PINS
from optimizer.store import sha256

EntryT = TypeVar("EntryT", Outage, Pin)


def standing_file(asked: str | Path | None, out: str | Path | None, name: str) -> Path | None:
    """Return the file a caller names, else that of the folder of runs, if it is there."""
    if asked is not None:
        return Path(asked)
    path = Path(out) / name if out is not None else None
    return path if path is not None and path.is_file() else None


def interventions_of(
    site: Site,
    horizon: Horizon,
    outages: str | Path | None,
    pins: str | Path | None,
    out: str | Path | None,
) -> Interventions:
    """Return `interventions` of the files asked for, else of those in the folder of runs."""
    return interventions(
        site, horizon, standing_file(outages, out, OUTAGES), standing_file(pins, out, PINS)
    )


def interventions(
    site: Site, horizon: Horizon, outages_path: Path | None, pins_path: Path | None
) -> Interventions:
    """Return what people hold over a plan of these steps.

    Entries that ended before the plan, or begin after it, are told and left out.

    Raises
    ------
    InputError
        Everything that is wrong with both files.
    """
    outages, problems = read_outages(outages_path, site) if outages_path else ([], [])
    pins, more = read_pins(pins_path, site) if pins_path else ([], [])
    problems += more
    problems += _against_outages(outages, pins)
    if problems:
        raise InputError(problems)
    told: list[str] = []
    return Interventions(
        outages=tuple(_near(outages, horizon, told)),
        pins=tuple(_near(pins, horizon, told)),
        files_sha256={path.name: sha256(path) for path in (outages_path, pins_path) if path},
        told=(*told, *_overlaps(outages)),
    )


def _near(found: list[tuple[Line, EntryT]], horizon: Horizon, told: list[str]) -> list[EntryT]:
    """Return the entries that touch the plan; say which do not."""
    near = []
    for line, entry in found:
        if entry.end <= horizon.start:
            ended = {"where": line.where, "entry": entry.words(), "moment": _at(entry.end)}
            told.append(phrase("{where}: {entry} ended before the plan, at {moment}.", ended))
        elif entry.start >= horizon.end:
            begun = {"where": line.where, "entry": entry.words(), "moment": _at(entry.start)}
            told.append(phrase("{where}: {entry} begins after the plan, at {moment}.", begun))
        else:
            near.append(entry)
    return near


def _overlaps(found: list[tuple[Line, Outage]]) -> list[str]:
    """Return where two outages of one unit overlap: what is left of both nobody can know."""
    told: list[str] = []
    for place, (line, one) in enumerate(found):
        for other, before in found[:place]:
            if one.unit == before.unit and max(one.start, before.start) < min(one.end, before.end):
                values = {"where": line.where, "line": str(other.number), "unit": one.unit}
                told.append(
                    phrase(
                        "{where}: overlaps line {line} of {unit}; where both hold, the lesser "
                        "power counts. Write what is left of both, if that is less.",
                        values,
                    )
                )
    return told


def _against_outages(outages: list[tuple[Line, Outage]], pins: list[tuple[Line, Pin]]) -> list[str]:
    """Return where a pin asks more of a unit's power than an outage leaves."""
    problems = []
    for line, pin in pins:
        for other, outage in outages:
            begin, end = max(pin.start, outage.start), min(pin.end, outage.end)
            is_its = pin.column.startswith(f"{outage.unit}_") and pin.column.endswith("_mw")
            if is_its and begin < end and (pin.low or 0.0) > outage.available_mw:
                problems.append(
                    f"{line.where}: low = {pin.low:g} of {pin.column} is more than an outage "
                    f"leaves from {_at(begin)} to {_at(end)}, {outage.available_mw:g} MW "
                    f"({other.short}). Mend one of them."
                )
    return problems


def _at(moment: Any) -> str:
    """Return a moment as people write it."""
    return f"{moment:%Y-%m-%dT%H:%MZ}"


def lines(held: Interventions) -> list[str]:
    """Return every outage and pin that counts, and what should be known of others, a line each.

    Commitments are no person's; `optimizer.changes` tells of them.
    """
    entries: list[Outage | Pin] = [*held.outages, *held.pins]
    shown = [entry for entry in entries if not isinstance(entry, Pin) or entry.kind == "pin"]
    told = [text for text in held.told if not text.endswith(GIVEN_UP)]
    words: list[str] = [spanned(one) for one in shown]
    return [*words, *told]


def as_json(held: Interventions) -> dict[str, Any]:
    """Return the same as tables of a JSON file."""
    return {
        "outages": [
            {
                "unit": one.unit,
                "start_utc": _at(one.start),
                "end_utc": _at(one.end),
                "available_mw": one.available_mw,
                "note": one.note,
                "author": one.author,
            }
            for one in held.outages
        ],
        "pins": [
            {
                "column": one.column,
                "start_utc": _at(one.start),
                "end_utc": _at(one.end),
                "low": one.low,
                "high": one.high,
                "note": one.note,
                "author": one.author,
                "kind": one.kind,
            }
            for one in held.pins
        ],
        "told": list(held.told),
    }
