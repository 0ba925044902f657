"""What a plan made again within the day changes, and why: the rest of the plan before against it.

Reasons are read from what both plans were made of, nothing else: opening state, input series,
outages and pins, agreement, site.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.audit import Published, bills
from optimizer.base_run import Base
from optimizer.held import GIVEN_UP
from optimizer.phrases import Number, Phrase, joined, number, phrase
from optimizer.pins import pinnable
from optimizer.store import write_json, write_text
from optimizer.terminal_words import kind_of_cost
from optimizer.why_changed import reasons

_SHOWN = 8  # of quantities on a screen; the files have all
_MOVED_MWH = 0.05  # less is no news
_KINDS_SHOWN = 5
_MAD = 0.5  # less is no news
_TWICE = ("_powered_mw", "_it_mw")  # they move with a power that is shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """How one published power changes over the remaining steps."""

    column: str
    before_mwh: float
    after_mwh: float
    more_mwh: float  # in steps in which it is more
    less_mwh: float

    def words(self) -> Phrase:
        """Return it as a planner reads it."""
        values = {"more": _mwh(self.more_mwh), "less": _mwh(self.less_mwh)}
        moved = phrase("{more} MWh more in some steps, {less} less in others", values)
        if min(self.more_mwh, self.less_mwh) < _MOVED_MWH:
            apart = {"mwh": _mwh(abs(self.after_mwh - self.before_mwh))}
            is_more = self.after_mwh > self.before_mwh
            moved = phrase("{mwh} MWh more", apart) if is_more else phrase("{mwh} MWh less", apart)
        return phrase(
            "{column}: {before} -> {after} MWh ({moved})",
            {
                "column": self.column,
                "before": _mwh(self.before_mwh),
                "after": _mwh(self.after_mwh),
                "moved": moved,
            },
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What changes from a plan to the one made again of its remaining steps.

    Attributes
    ----------
    cost_before_mad, cost_after_mad : mapping
        Cost of the same steps by part and kind. [MAD]
    reasons : tuple of str
        What the plans were made of and that differs, a sentence each.
    kept : tuple of str
        What of the plan before was promised and stays, or was promised and is given up.
    """

    run: str
    start: pd.Timestamp
    end: pd.Timestamp
    moved: tuple[Moved, ...]
    cost_before_mad: Mapping[str, float]
    cost_after_mad: Mapping[str, float]
    reasons: tuple[str, ...]
    kept: tuple[str, ...] = ()  # commitments

    @property
    def before_mad(self) -> float:
        """What the remaining steps cost as planned before [MAD]."""
        return float(np.sum(list(self.cost_before_mad.values())))

    @property
    def after_mad(self) -> float:
        """What they cost now [MAD]."""
        return float(np.sum(list(self.cost_after_mad.values())))

    def lines(self) -> list[str]:
        """Return what a planner reads: reasons, money, and what moves most."""
        head = phrase(
            "Plans again what run {run} planned from {start} to {end}.",
            {"run": self.run, "start": _at(self.start), "end": _at(self.end)},
        )
        because = [phrase("Because {reason}", {"reason": reason}) for reason in self.reasons]
        found = [head, *because, *self.kept, self._cost_words()]
        shown = [one for one in self.moved if not one.column.endswith(_TWICE)][:_SHOWN]
        found += [phrase("{change}.", {"change": one.words()}) for one in shown]
        if len(self.moved) > len(shown):
            count = {"count": len(self.moved) - len(shown)}
            found.append(phrase("{count} more move; changes.csv has all.", count))
        return found if self.moved else [*found, phrase("No power of the schedule moves.")]

    def _cost_words(self) -> Phrase:
        """Say what the remaining steps cost, before and now, and which costs change most."""
        values: dict[str, str] = {
            "after": number(self.after_mad),
            "before": number(self.before_mad),
            "apart": number(self.after_mad - self.before_mad, "+,.0f"),
        }
        kinds = [_kind_words(key, mad) for key, mad in self._dearest()]
        if not kinds:
            return phrase("These hours cost {after} MAD, {before} before ({apart}).", values)
        return phrase(
            "These hours cost {after} MAD, {before} before ({apart}: {kinds}).",
            values | {"kinds": joined(", ", kinds)},
        )

    def _dearest(self) -> list[tuple[str, float]]:
        """Return the costs that change most."""
        keys = {*self.cost_before_mad, *self.cost_after_mad}
        apart = {
            key: self.cost_after_mad.get(key, 0.0) - self.cost_before_mad.get(key, 0.0)
            for key in sorted(keys)
        }
        told = [(key, mad) for key, mad in apart.items() if abs(mad) > _MAD]
        return sorted(told, key=lambda pair: -abs(pair[1]))[:_KINDS_SHOWN]

    def as_json(self) -> dict[str, Any]:
        """Return all of it as a JSON file has it."""
        return {
            "replans": self.run,
            "start_utc": _at(self.start),
            "end_utc": _at(self.end),
            "reasons": list(self.reasons),
            "kept": list(self.kept),
            "cost_before_mad": round(self.before_mad, 4),
            "cost_after_mad": round(self.after_mad, 4),
            "cost_before_by_kind_mad": _rounded(self.cost_before_mad),
            "cost_after_by_kind_mad": _rounded(self.cost_after_mad),
            "moved": [asdict(one) for one in self.moved],
            "lines": self.lines(),
        }


def changes(base: Base, new: Published) -> Changes:
    """Return what changes from the rest of a plan to the plan made again of the same steps.

    Raises
    ------
    ValueError
        They have not the same steps.
    """
    rest = base.rest
    if not rest.table.index.equals(new.table.index):
        raise ValueError("The plans have not the same steps.")
    return Changes(
        run=base.run,
        start=new.given.horizon.start,
        end=new.given.horizon.end,
        moved=tuple(_moved(rest, new)),
        cost_before_mad=_costs(rest),
        cost_after_mad=_costs(new),
        reasons=tuple(reasons(rest, new)),
        kept=tuple(_kept(new)),
    )


def _kept(new: Published) -> Iterator[str]:
    """Yield what was promised by the plan before, and whether it stays."""
    pins = [pin for pin in new.given.held.pins if pin.kind == "commitment"]
    if pins:
        until = max(pin.end for pin in pins)
        told = [
            phrase("{column} {mw} MW", {"column": pin.column, "mw": number(pin.high or 0.0, ".4g")})
            for pin in pins
        ]
        yield phrase(
            "Kept until {moment}, as the compute scheduler was handed: {commitments}.",
            {"moment": _at(until), "commitments": joined(", ", told)},
        )
    yield from (text for text in new.given.held.told if text.endswith(GIVEN_UP))


def write_changes(folder: Path, found: Changes) -> None:
    """Write ``changes.json`` and ``changes.csv`` to a run folder."""
    write_json(folder / "changes.json", found.as_json())
    columns = list(Moved.__dataclass_fields__)
    frame = pd.DataFrame([asdict(one) for one in found.moved], columns=columns)
    write_text(folder / "changes.csv", frame.to_csv(index=False, lineterminator="\n"))


def _costs(published: Published) -> dict[str, float]:
    """Return the cost of a plan by part and kind [MAD]."""
    return {f"{part} {kind}": mad for (part, kind), mad in bills(published).items() if mad}


def _moved(rest: Published, new: Published) -> list[Moved]:
    """Return the powers that change, the most first."""
    names = [
        column
        for column in dict.fromkeys([*pinnable(rest.site), *pinnable(new.site)])
        if column.endswith("_mw") and not column.startswith("site_")
    ]
    names += [c for c in new.table.columns if "_shed_tier" in c or c.endswith("_curtailed_mw")]
    hours, found = new.given.horizon.hours, []
    for column in names:
        before, after = (_power(one.table, column) * hours for one in (rest, new))
        apart = after - before
        more, less = float(apart.clip(min=0.0).sum()), float((-apart).clip(min=0.0).sum())
        if more + less > _MOVED_MWH:
            found.append(
                Moved(
                    column=column,
                    before_mwh=round(float(before.sum()), 6),
                    after_mwh=round(float(after.sum()), 6),
                    more_mwh=round(more, 6),
                    less_mwh=round(less, 6),
                )
            )
    return sorted(found, key=lambda one: (-(one.more_mwh + one.less_mwh), one.column))


def _power(table: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column; zeros where the table has none."""
    return table[column].to_numpy() if column in table.columns else np.zeros(len(table))


def _rounded(costs: Mapping[str, float]) -> dict[str, float]:
    """Return costs as files have them."""
    return {key: round(mad, 4) for key, mad in costs.items()}


def _at(moment: pd.Timestamp) -> str:
    """Return a moment as people write it."""
    return f"{moment:%Y-%m-%dT%H:%MZ}"


def _mwh(value: float) -> Number:
    """Return an energy as it is read [MWh]."""
    return number(value, ",.1f")


def _kind_words(key: str, mad: float) -> Phrase:
    """Return a cost by part and kind, and how it changes [MAD]."""
    part, _, kind = key.partition(" ")
    values = {"part": part, "cost": kind_of_cost(kind), "mad": number(mad, "+,.0f")}
    return phrase("{part} {cost} {mad}", values)
