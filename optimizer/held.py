"""What people hold over a plan: outages of units, and quantities pinned for a while.

An entry holds in every step it touches, the whole of it. Power is the mean over a step: a mean
that fits what is left on average would still be drawn while the unit is out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from optimizer.horizon import Horizon
from optimizer.phrases import Phrase, joined, number, phrase

Kind = Literal["pin", "commitment"]  # a person's, or what an earlier plan has promised
GIVEN_UP = "given up."  # how it is told that commitments are none any more
UNITS = {"mw": "MW", "mwh": "MWh", "m3": "m3", "count": phrase("units")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """What is left of a unit from `start` until `end`."""

    unit: str  # a part of the site, e.g. battery_main
    start: pd.Timestamp
    end: pd.Timestamp
    available_mw: float
    note: str = ""
    author: str = ""

    def words(self) -> Phrase:
        """Return it as a planner reads it."""
        bounds = phrase("at most {amount}", {"amount": _amount(self.available_mw, "MW")})
        return _entry(phrase("outage of {unit}", {"unit": self.unit}), bounds, self)

    def __str__(self) -> str:
        return str(self.words())


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """A published quantity held between two bounds from `start` until `end`."""

    column: str  # e.g. grid_onee_import_mw
    start: pd.Timestamp
    end: pd.Timestamp
    low: float | None
    high: float | None
    note: str = ""
    author: str = ""
    kind: Kind = "pin"

    @property
    def is_fixed(self) -> bool:
        """Whether both bounds are the same."""
        return self.low is not None and self.low == self.high

    def words(self) -> Phrase:
        """Return it as a planner reads it."""
        column = {"column": self.column}
        who = phrase("pin of {column}", column)
        if self.kind == "commitment":
            who = phrase("commitment of {column}", column)
        return _entry(who, self._range(), self)

    def __str__(self) -> str:
        return str(self.words())

    def _range(self) -> str:
        """Return the bounds in words."""
        unit = UNITS.get(self.column.rpartition("_")[2], "")
        low, high = (_amount(bound or 0.0, unit) for bound in (self.low, self.high))
        if self.high is None:
            return phrase("at least {amount}", {"amount": low})
        if self.low is None:
            return phrase("at most {amount}", {"amount": high})
        if self.is_fixed or low == high:
            return high
        return phrase("{low} to {high}", {"low": number(self.low, "g"), "high": high})


@dataclass(frozen=True, kw_only=True, slots=True)
class Interventions:
    """All that people hold over a plan."""

    outages: tuple[Outage, ...] = ()
    pins: tuple[Pin, ...] = ()
    files_sha256: Mapping[str, str] = field(default_factory=dict)  # by name of file
    told: tuple[str, ...] = ()  # what a planner should know of entries that don't count

    def __bool__(self) -> bool:
        return bool(self.outages or self.pins)

    def left_mw(self, unit: str, horizon: Horizon) -> np.ndarray:
        """Return what outages leave of a unit in each step; infinite where there is none.

        Of several at once the least counts.
        """
        left = np.full(len(horizon.steps), np.inf)
        for outage in self.outages:
            if outage.unit == unit:
                inside = touched(outage, horizon)
                left[inside] = np.minimum(left[inside], outage.available_mw)
        return left


def touched(entry: Outage | Pin, horizon: Horizon) -> list[int]:
    """Return the steps that an entry touches."""
    first = int(horizon.edges.searchsorted(entry.start, "right")) - 1
    end = int(horizon.edges.searchsorted(entry.end, "left"))
    return list(range(max(first, 0), min(end, len(horizon.steps))))


def spanned(entry: Outage | Pin) -> Phrase:
    """Return an entry with its time as a planner reads it."""
    start, end = (f"{at:%Y-%m-%dT%H:%MZ}" for at in (entry.start, entry.end))
    return phrase("{entry}, {start} to {end}", {"entry": entry.words(), "start": start, "end": end})


def _entry(what: Phrase, bounds: str, entry: Outage | Pin) -> Phrase:
    """Return what is held, by whom, within which bounds, and the note."""
    if entry.author:
        what = phrase("{entry} by {author}", {"entry": what, "author": entry.author})
    what = phrase("{entry}: {bounds}", {"entry": what, "bounds": bounds})
    return phrase("{entry} ({note})", {"entry": what, "note": entry.note}) if entry.note else what


def _amount(value: float, unit: str) -> str:
    """Return a bound with its unit, if it has one."""
    return joined(" ", [number(value, "g"), unit]) if unit else number(value, "g")
