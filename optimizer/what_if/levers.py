"""What a reader of the page can move: one number of the site or of a clause, within a range."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optimizer.overlay import Overlay, parse_overlay
from optimizer.what_if.curves import Curve

STEP_COUNT = 200  # of a slider, before its step is rounded to a plain number
STOP_COUNT = 4  # on the longer side, of a lever whose model is known at stops only


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of an overlay: its value is the lever's, times a factor, plus an offset."""

    key: str
    factor: float = 1.0
    offset: float = 0.0

    def value(self, lever: float) -> float:
        """Return the value that stands in the overlay."""
        return lever * self.factor + self.offset


@dataclass(frozen=True, kw_only=True, slots=True)
class Lever:
    """One number that can be moved between `low` and `high`; `value` is the plan's.

    `curves` are numbers of the model that follow it in pieces, each a straight line.
    """

    id: str
    group: str  # supply, store, grid, compute, price, clause
    words: str
    unit: str
    low: float
    high: float
    step: float
    value: float
    entries: tuple[Entry, ...]
    is_whole: bool = False
    curves: tuple[Curve, ...] = ()
    stops: tuple[float, ...] = ()  # the only places it can stand at; none: any

    def snapped(self, value: float) -> float:
        """Return the nearest value the lever can have."""
        if self.stops:
            return min((self.value, *self.stops), key=lambda stop: abs(stop - value))
        return float(round(value)) if self.is_whole else value

    def hat_of(self, stop: float) -> int:
        """Return the number of the curve that is one at a stop and zero at all others."""
        return len(self.curves) - len(self.stops) + self.stops.index(stop)


def stepped(lever: Lever) -> Lever:
    """Return a lever that can stand at some even places only, and has a curve for each."""
    reach = max(lever.high - lever.value, lever.value - lever.low)
    step = plain_step(reach / STOP_COUNT)
    if lever.is_whole:
        step = max(1.0, round(step))
    below = int((lever.value - lever.low) / step + 1e-9)
    above = int((lever.high - lever.value) / step + 1e-9)
    places = [lever.value + k * step for k in range(-below, above + 1)]
    stops = tuple(place for k, place in enumerate(places) if k != below)
    hats = [Curve(tuple(places), tuple(float(p == stop) for p in places)) for stop in stops]
    return replace(
        lever,
        low=places[0],
        high=places[-1],
        step=step,
        stops=stops,
        curves=(*lever.curves, *hats),
    )


def overlay_of(levers: Sequence[Lever], values: Mapping[str, float]) -> Overlay:
    """Return the overlay of some levers at other values, by id; levers at the plan's are left out.

    Raises
    ------
    InputError
        A value is none the overlay can have.
    """
    content: dict[str, Any] = {}
    for lever in levers:
        value = values.get(lever.id, lever.value)
        for entry in lever.entries if value != lever.value else ():
            path = key_path(entry.key)
            table = content
            for name in path[:-1]:
                table = table.setdefault(name, {})
            number = entry.value(value)
            table[path[-1]] = int(number) if lever.is_whole else number
    return parse_overlay(content)


def key_path(key: str) -> list[str]:
    """Return the names of a dotted key of TOML; what is in quotes is one name."""
    plain = [part.split(".") if k % 2 == 0 else [part] for k, part in enumerate(key.split('"'))]
    return [name for names in plain for name in names if name]


def plain_step(least: float) -> float:
    """Return the first of 1, 2, 5, 10, 20, ... that is no less, in any power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(k * power for k in (1, 2, 5, 10) if k * power >= least * (1 - 1e-9))


def span(low: float, high: float) -> tuple[float, float, float]:
    """Return a range and its step, all plain numbers."""
    step = plain_step((high - low) / STEP_COUNT)
    return math.ceil(low / step - 1e-9) * step, math.floor(high / step + 1e-9) * step, step


def lever_on(
    group: str, words: str, unit: str, value: float, reach: tuple[float, float], *keys: Entry
) -> Lever:
    """Return a lever on fields that stand in the unit of the lever."""
    low, high, step = span(*reach)
    return Lever(
        id=keys[0].key,
        group=group,
        words=words,
        unit=unit,
        low=min(low, value),
        high=max(high, value),
        step=step,
        value=value,
        entries=keys,
    )


def times(value: float, reach: tuple[float, float]) -> tuple[float, float]:
    """Return a range as far from a value as factors say."""
    return value * reach[0], value * reach[1]
