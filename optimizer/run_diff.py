"""Two runs side by side: what they were made of, and what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.audit import Published
from optimizer.phrases import phrase
from optimizer.state import StateRow
from optimizer.store import read_json, read_published

SAME_PU = 1e-9  # key figures are sums over a table: only their order may differ
COLUMNS_SHOWN = 15
SECTIONS = ("versions", "weather", "settings", "inputs", "kpis", "cost_mad")


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not the same in two runs; what one of them lacks is None."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Moved:
    """A column of the schedule that is not the same, on the steps that both runs have.

    `amount` is the sum of what moved, in MWh, for a power in MW; else the largest difference.
    """

    column: str
    amount: float
    largest: float  # difference, after less before, in the column's unit
    at_utc: str


@dataclass(frozen=True, kw_only=True)
class RunDiff:
    """What differs between two runs, by section; empty sections are the same."""

    before: str
    after: str
    changes: Mapping[str, list[Change]]
    moved: list[Moved]
    common_steps: int

    @property
    def is_same(self) -> bool:
        """Return whether nothing differs."""
        return not self.moved and not any(self.changes.values())

    def to_json(self) -> dict[str, Any]:
        """Return the differences as JSON can hold them."""
        sections = {name: [asdict(c) for c in found] for name, found in self.changes.items()}
        head = {"before": self.before, "after": self.after, "is_same": self.is_same}
        moved = [asdict(row) for row in self.moved]
        return head | sections | {"schedule": moved, "common_steps": self.common_steps}


def run_diff(before: Path, after: Path) -> RunDiff:
    """Return what differs between two run folders.

    Raises
    ------
    InputError
        One of them is no run folder.
    """
    old, new = _told(before), _told(after)
    (was, _), (now, _) = read_published(before), read_published(after)
    changes = {name: changed(old[name], new[name]) for name in SECTIONS if name != "inputs"}
    changes["inputs"] = _inputs(was, now)
    return RunDiff(
        before=before.name,
        after=after.name,
        changes=changes,
        moved=moved(was.table, now.table),
        common_steps=len(_common(was.table, now.table)),
    )


def _told(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what a run says of itself, flat, by section."""
    manifest, figures = read_json(folder / "manifest.json"), read_json(folder / "kpis.json")
    head = ("start_utc", "end_utc", "steps", "status", "opening_state", "seed", "climate_seed")
    kpis = dict(figures.get("kpis", {}))
    costs = kpis.pop("cost_mad", {})
    return {
        "versions": versions(manifest),
        "weather": dict(flat(manifest.get("weather", {}))),
        "settings": {name: manifest.get(name) for name in head} | _settings(folder),
        "kpis": {"objective_mad": figures.get("objective_mad")} | dict(flat(kpis)),
        "cost_mad": dict(flat(costs)),
    }


def versions(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the versions a run was made with: program, Python, libraries, solver."""
    found = {name: manifest.get(name) for name in ("program", "python")}
    found["solver"] = manifest.get("solver", {}).get("highs")
    return found | dict(manifest.get("libraries", {}))


def _settings(folder: Path) -> dict[str, Any]:
    """Return site and agreement, flat; clauses by their article."""
    found = dict(flat(read_json(folder / "inputs/site.json"), "site."))
    agreement = read_json(folder / "inputs/agreement.json")
    for clause in agreement.get("clause", []):
        found |= dict(flat(clause, f"Art. {clause.get('article')} {clause.get('kind')}: "))
    return found


def flat(content: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value in nested tables and lists, with its path."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            nested = isinstance(value, Mapping | list)
            yield from flat(value, f"{name}{key}." if nested else f"{name}{key}")
    elif isinstance(content, list) and any(isinstance(value, Mapping) for value in content):
        for number, value in enumerate(content):
            yield from flat(value, f"{name}{number}.")
    else:
        yield name.removesuffix("."), content


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the values that are not the same, in the order they are told."""
    names = list(dict.fromkeys([*before, *after]))
    pairs = ((name, before.get(name), after.get(name)) for name in names)
    return [Change(name, old, new) for name, old, new in pairs if not _is_same(old, new)]


def _is_same(old: Any, new: Any) -> bool:
    """Return whether two values are the same; numbers may differ by round-off."""
    if isinstance(old, int | float) and isinstance(new, int | float):
        return bool(abs(old - new) <= SAME_PU * max(1.0, abs(old)))
    return bool(old == new)


def _inputs(was: Published, now: Published) -> list[Change]:
    """Return how series, opening state, cohorts and jobs differ."""
    rows = [
        Change(
            phrase(
                "series {column}: largest difference, at {at}",
                {"column": m.column, "at": m.at_utc},
            ),
            None,
            m.largest,
        )
        for m in moved(was.given.series, now.given.series)
    ]
    old, new = set(was.given.series.columns), set(now.given.series.columns)
    given = phrase("given")
    for names, before, after in ((old - new, given, None), (new - old, None, given)):
        rows += [
            Change(phrase("series {column}", {"column": name}), before, after)
            for name in sorted(names)
        ]
    states = [{_opening(r): r.value for r in each.given.state.rows} for each in (was, now)]
    rows += changed(states[0], states[1])
    for kind, what in (("cohorts", phrase("cohorts")), ("jobs", phrase("jobs"))):
        both = getattr(was.given, kind), getattr(now.given, kind)
        for name in sorted({*both[0], *both[1]}):
            lists = [list(each.get(name, ())) for each in both]
            if lists[0] != lists[1]:
                words = phrase("{what} of {part} [count]", {"what": what, "part": name})
                rows.append(Change(words, len(lists[0]), len(lists[1])))
    return rows


def _opening(row: StateRow) -> str:
    """Return a row of the opening state in words."""
    what = f"{row.name} {row.quantity} {row.key}".strip()
    return phrase("opening {quantity}", {"quantity": what})


def moved(before: pd.DataFrame, after: pd.DataFrame, above: float = 0.0) -> list[Moved]:
    """Return the columns whose values differ by more than `above` on common steps.

    Powers come first, by the energy moved; the others follow, by their largest difference.
    """
    steps = _common(before, after)
    hours = before.loc[steps, "step_h"].to_numpy()
    found = []
    for column in before.columns.intersection(after.columns):
        apart = after.loc[steps, column].to_numpy() - before.loc[steps, column].to_numpy()
        if not np.any(~(np.abs(apart) <= above)):  # NaN counts as moved
            continue
        at = int(np.argmax(np.where(np.isnan(apart), np.inf, np.abs(apart))))
        is_power = column.endswith("_mw")
        amount = float(np.abs(apart) @ hours) if is_power else float(np.abs(apart[at]))
        stamp = f"{steps[at]:%Y-%m-%dT%H:%M:%SZ}"
        found.append(Moved(str(column), amount, float(apart[at]), stamp))
    return sorted(found, key=lambda m: (not m.column.endswith("_mw"), -m.amount))


def _common(before: pd.DataFrame, after: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the steps that begin at the same moment and are of the same length."""
    steps = before.index.intersection(after.index)
    same = before.loc[steps, "step_h"].to_numpy() == after.loc[steps, "step_h"].to_numpy()
    return pd.DatetimeIndex(steps[same])
