"""Runs and their differences as lines of text, one fact a line, for terminals and grep."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optimizer.registry import RunRow
from optimizer.replay import Replay
from optimizer.retention import Old
from optimizer.run_diff import COLUMNS_SHOWN, Change, Moved, RunDiff

_HEADS = ("run", "kind", "state", "plan from", "weather", "MAD", "exit", "")
_TEXT_MAX = 60  # characters of a message in a list
_TITLES = {
    "versions": "Versions",
    "weather": "Weather",
    "settings": "Settings",
    "inputs": "Inputs",
    "kpis": "Key figures",
    "cost_mad": "Cost [MAD]",
}


def list_lines(rows: Sequence[RunRow], held: str | None) -> list[str]:
    """Return a line for each run under a line of heads; `held` is the run in force."""
    if not rows:
        return ["No run."]
    cells = [_HEADS, *(_cells(row, held) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(_HEADS))]
    return [_line(line, widths) for line in cells]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return cells in columns; numbers to the right."""
    aligned = [
        cell.rjust(width) if head in ("MAD", "exit") else cell.ljust(width)
        for cell, width, head in zip(cells, widths, _HEADS, strict=True)
    ]
    return "  ".join(aligned).rstrip()


def _cells(row: RunRow, held: str | None) -> tuple[str, ...]:
    """Return a run's cells."""
    marks = ["IN FORCE"] if row.id == held else []
    marks += [f"folder {row.folder_gone}"] if row.folder_gone else []
    marks += [f"replans {row.replans}"] if row.replans else []
    marks += [_short(row.message)] if row.message else []
    return (
        row.id,
        row.kind,
        row.state,
        (row.start_utc or "")[:16].replace("T", " "),
        row.weather_rung or "",
        "" if row.objective_mad is None else f"{row.objective_mad:,.0f}",
        "" if row.exit_code is None else str(row.exit_code),
        "; ".join(marks),
    )


def _short(text: str) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= _TEXT_MAX else f"{text[: _TEXT_MAX - 3]}..."


def show_lines(row: Mapping[str, Any], sections: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a run's facts: what the registry has, then its files' sections."""
    lines = [f"{name}: {told(value)}" for name, value in row.items() if value not in (None, "")]
    for title, content in sections.items():
        lines += ["", title, *(f"  {name}: {told(value)}" for name, value in content.items())]
    return lines


def diff_lines(diff: RunDiff) -> list[str]:
    """Return what differs between two runs."""
    lines = [f"before: {diff.before}", f"after:  {diff.after}"]
    if diff.is_same:
        return [*lines, "Nothing differs."]
    for section, changes in diff.changes.items():
        if changes:
            lines += ["", _TITLES[section], *change_lines(changes)]
    if diff.moved:
        steps = f"the {diff.common_steps} steps that both have"
        lines += ["", f"Schedule, on {steps}: what moved most", *moved_lines(diff.moved)]
    elif not diff.common_steps:
        lines += ["", "Schedule: no step is in both."]
    return lines


def change_lines(changes: Iterable[Change]) -> list[str]:
    """Return values before and after."""
    return [f"  {c.name}: {told(c.before)} -> {told(c.after)}{_by(c)}" for c in changes]


def _by(change: Change) -> str:
    """Return by how much a number differs."""
    if isinstance(change.before, bool) or isinstance(change.after, bool):
        return ""
    if isinstance(change.before, int | float) and isinstance(change.after, int | float):
        return f" ({change.after - change.before:+,.6g})"
    return ""


def moved_lines(rows: Sequence[Moved]) -> list[str]:
    """Return the columns that moved most."""
    lines = []
    for row in rows[:COLUMNS_SHOWN]:
        unit = " MWh moved" if row.column.endswith("_mw") else ""
        amount = f"{row.amount:,.3f}{unit}, " if unit else ""
        lines.append(f"  {row.column}: {amount}most {row.largest:+,.6g} at {row.at_utc}")
    more = len(rows) - len(lines)
    return [*lines, *([f"  and {more} more columns"] if more > 0 else [])]


def replay_lines(found: Replay) -> list[str]:
    """Return how a run came out when it was solved again."""
    before, after = found.objective_mad
    lines = [f"{found.run}: {found.verdict}"]
    lines.append(f"  cost: {before:,.6f} -> {after:,.6f} MAD ({after - before:+,.6g})")
    for title, rows in (
        ("Files that are not as its manifest has them", [f"  {name}" for name in found.files]),
        ("Versions", change_lines(found.versions)),
        ("Key figures", change_lines(found.kpis)),
        ("Schedule: what moved most", moved_lines(found.moved)),
    ):
        lines += [title, *rows] if rows else []
    return lines


def prune_lines(runs: Sequence[Old], *, is_done: bool) -> list[str]:
    """Return which folders go, or would go."""
    if not runs:
        return ["No run is old enough to go."]
    lines = [f"{run.name}  {run.age_day:,.0f} days  {run.size_mb:,.1f} MB" for run in runs]
    size_mb = sum(run.size_mb for run in runs)
    if is_done:
        return [*lines, f"{len(runs)} runs removed, {size_mb:,.1f} MB."]
    return [*lines, f"{len(runs)} runs, {size_mb:,.1f} MB. Nothing is removed without --yes."]


def told(value: Any) -> str:
    """Return a value as a line shows it."""
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, list):
        return ", ".join(told(each) for each in value) or "none"
    return str(value)
