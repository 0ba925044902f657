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

Kind = Literal["pin", "commitment"]  # a person's, or what an earlier plan has promised
GIVEN_UP = "given up."  # how it is told that commitments are none any more
UNITS = {"mw": "MW", "mwh": "MWh", "m3": "m3", "count": "units"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """What is left of a unit from `start` until `end`."""

    unit: str  # a part of the site, e.g. battery_main
    start: pd.Timestamp
    end: pd.Timestamp
    available_mw: float
    note: str = ""
    author: str = ""

    def __str__(self) -> str:
        left = f"at most {self.available_mw:g} MW"
        return f"outage of {self.unit}{_by(self.author)}: {left}{_noted(self.note)}"


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

    def __str__(self) -> str:
        who = f"{self.kind} of {self.column}{_by(self.author)}"
        return f"{who}: {self._range()}{_noted(self.note)}"

    def _range(self) -> str:
        """Return the bounds in words."""
        unit = UNITS.get(self.column.rpartition("_")[2], "")
        low, high = (f"{bound:g}" for bound in (self.low or 0.0, self.high or 0.0))
        if self.high is None:
            return f"at least {low} {unit}".rstrip()
        if self.low is None:
            return f"at most {high} {unit}".rstrip()
        if self.is_fixed or low == high:
            return f"{high} {unit}".rstrip()
        return f"{low} to {high} {unit}".rstrip()


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


def _by(author: str) -> str:
    """Return whose entry it is."""
    return f" by {author}" if author else ""


def _noted(note: str) -> str:
    """Return a note in brackets."""
    return f" ({note})" if note else ""
