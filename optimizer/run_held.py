"""Outages and pins in a run folder: ``inputs/outages.csv`` and ``inputs/pins.csv``, as planned."""

from pathlib import Path

import pandas as pd

from optimizer.held import Interventions, Outage, Pin
from optimizer.run_tables import as_written

OUTAGES, PINS = "outages.csv", "pins.csv"
_OUTAGE = ("unit", "start_utc", "end_utc", "available_mw", "note", "author")
_PIN = ("column", "start_utc", "end_utc", "low", "high", "note", "author", "kind")


def write_held(folder: Path, held: Interventions) -> None:
    """Write what is held over a plan; no file where there is nothing."""
    outages = [
        (o.unit, _stamp(o.start), _stamp(o.end), repr(o.available_mw), o.note, o.author)
        for o in held.outages
    ]
    pins = [
        (
            *(p.column, _stamp(p.start), _stamp(p.end), _bound(p.low), _bound(p.high)),
            *(p.note, p.author, p.kind),
        )
        for p in held.pins
    ]
    for name, rows, columns in ((OUTAGES, outages, _OUTAGE), (PINS, pins, _PIN)):
        if rows:
            frame = pd.DataFrame(rows, columns=list(columns))
            frame.to_csv(folder / name, index=False, lineterminator="\n")


def read_held(folder: Path) -> Interventions:
    """Return what was held over the plan of a run, from its inputs.

    Raises
    ------
    InputError
        A file is there and can't be read.
    """
    return Interventions(
        outages=tuple(_outage(row) for row in _records(folder / OUTAGES, _OUTAGE)),
        pins=tuple(_pin(row) for row in _records(folder / PINS, _PIN)),
    )


def _records(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the rows of a table of a run, its moments and numbers checked; none without it."""
    if not path.is_file():
        return []
    with as_written(path):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)[list(columns)]
        records = [{str(k): str(v) for k, v in r.items()} for r in frame.to_dict("records")]
        for record in records:
            _pin(record) if "column" in record else _outage(record)
    return records


def _outage(row: dict[str, str]) -> Outage:
    """Return an outage from its row."""
    return Outage(
        unit=row["unit"],
        start=_moment(row["start_utc"]),
        end=_moment(row["end_utc"]),
        available_mw=float(row["available_mw"]),
        note=row["note"],
        author=row["author"],
    )


def _pin(row: dict[str, str]) -> Pin:
    """Return a pin from its row."""
    return Pin(
        column=row["column"],
        start=_moment(row["start_utc"]),
        end=_moment(row["end_utc"]),
        low=float(row["low"]) if row["low"] else None,
        high=float(row["high"]) if row["high"] else None,
        note=row["note"],
        author=row["author"],
        kind="commitment" if row["kind"] == "commitment" else "pin",
    )


def _stamp(moment: pd.Timestamp) -> str:
    """Return a moment as the files write it, to the second or better."""
    return moment.tz_convert("UTC").isoformat().replace("+00:00", "Z")


def _moment(text: str) -> pd.Timestamp:
    """Return a moment as the files have it."""
    moment = pd.Timestamp(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment.tz_convert("UTC").as_unit("us")


def _bound(value: float | None) -> str:
    """Return a bound; nothing where there is none."""
    return "" if value is None else repr(value)
