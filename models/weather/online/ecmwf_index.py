"""The index beside each GRIB file of ECMWF's open data: a line of JSON for every field."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from models.errors import SourceError
from models.weather.online.provider import Payload

LATER = "Ask again later, or take another source."


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One field: which parameter, of which kind and member, and where in the file."""

    param: str
    kind: str
    number: int | None
    offset: int
    length: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Neighbouring fields of a file, fetched in one piece."""

    url: str
    begin: int
    length: int


def entries_of(payload: Payload, where: str) -> list[Entry]:
    """Return the fields at the surface that an index names.

    Raises
    ------
    SourceError
        A line is no JSON object with the keys that are needed, and which.
    """
    found = []
    for number, line in enumerate(payload.body.decode("utf-8", errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            entry = Entry(
                param=str(said["param"]),
                kind=str(said["type"]),
                number=int(said["number"]) if "number" in said else None,
                offset=int(said["_offset"]),
                length=int(said["_length"]),
            )
            is_surface = said["levtype"] == "sfc"
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            what = f"{where}: line {number} of the index = {line[:60]!r} is not as documented"
            raise SourceError("content", f"{what} ({error!r}). {LATER}") from error
        if entry.offset < 0 or entry.length <= 0:
            what = f"{where}: _length in line {number} of the index = {entry.length} is no size"
            raise SourceError("content", f"{what}. {LATER}")
        if is_surface:
            found.append(entry)
    return found


def spans_of(url: str, entries: Iterable[Entry]) -> list[Span]:
    """Return the pieces of a file to fetch, fields that touch each other in one."""
    spans: list[Span] = []
    for entry in sorted(entries, key=lambda one: one.offset):
        last = spans[-1] if spans else None
        if last is not None and last.begin + last.length == entry.offset:
            longer = last.length + entry.length
            spans[-1] = Span(url=url, begin=last.begin, length=longer)
        else:
            spans.append(Span(url=url, begin=entry.offset, length=entry.length))
    return spans
