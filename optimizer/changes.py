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
from optimizer.pins import pinnable
from optimizer.store import write_json, write_text
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

    def __str__(self) -> str:
        moved = f"{self.more_mwh:,.1f} MWh more in some steps, {self.less_mwh:,.1f} less in others"
        if min(self.more_mwh, self.less_mwh) < _MOVED_MWH:
            moved = f"{abs(self.after_mwh - self.before_mwh):,.1f} MWh "
            moved += "more" if self.after_mwh > self.before_mwh else "less"
        return f"{self.column}: {self.before_mwh:,.1f} -> {self.after_mwh:,.1f} MWh ({moved})"


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
        head = f"Plans again what run {self.run} planned from {_at(self.start)} to {_at(self.end)}."
        found = [head, *(f"Because {reason}" for reason in self.reasons), *self.kept]
        apart = self.after_mad - self.before_mad
        kinds = ", ".join(f"{key} {mad:+,.0f}" for key, mad in self._dearest())
        found.append(
            f"These hours cost {self.after_mad:,.0f} MAD, {self.before_mad:,.0f} before "
            f"({apart:+,.0f}{f': {kinds}' if kinds else ''})."
        )
        shown = [one for one in self.moved if not one.column.endswith(_TWICE)][:_SHOWN]
        found += [f"{one}." for one in shown]
        if len(self.moved) > len(shown):
            found.append(f"{len(self.moved) - len(shown)} more move; changes.csv has all.")
        return found if self.moved else [*found, "No power of the schedule moves."]

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
        told = ", ".join(f"{pin.column} {pin.high:.4g} MW" for pin in pins)
        yield f"Kept until {_at(until)}, as the compute scheduler was handed: {told}."
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
