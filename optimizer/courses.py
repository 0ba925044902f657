"""Which plan takes a metered value to the start: the one in force, else the last, else the newest.

A plan serves if it covers the time from the meter to the start. Where none does, the leading one
that begins in between serves for the rest of the way.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from optimizer.handover import leading_runs, state_at
from optimizer.rolling import Course
from optimizer.run_facts import TRIAL
from optimizer.run_folder import RUN_NAME
from optimizer.state import State
from optimizer.store import read_json, read_published

RUNS_MAX = 50  # folders looked at, newest first: a week of a run every few hours


@dataclass(frozen=True, kw_only=True, slots=True)
class Courses:
    """The plans of a folder of runs; each is read once."""

    out: Path
    start: pd.Timestamp
    _read: dict[str, Course] = field(default_factory=dict)
    _spans: dict[str, tuple[pd.Timestamp, pd.Timestamp]] = field(default_factory=dict)
    _found: list[Path] = field(default_factory=list)

    def since(self, moment: pd.Timestamp) -> Course | None:
        """Return the plan that takes a value from `moment` to the start, or none.

        For the start itself it is the plan of the time before: it says what no meter saw.
        """
        late: list[str] = []
        for folder in self._folders():
            begin, end = self._span(folder)
            if begin < self.start <= end:
                if begin <= moment:
                    return self._course(folder.name)
                late.append(folder.name)
        return self._course(late[0]) if late else None

    def handed(self, course: Course) -> State | None:
        """Return what a plan hands over at the start; none if it has no step that ends then."""
        if self.start not in course.edges:
            return None
        return state_at(course.published, self.start, f"run {course.run}")

    def _course(self, run: str) -> Course:
        """Return one run's plan."""
        if run not in self._read:
            self._read[run] = Course(run=run, published=read_published(self.out / run)[0])
        return self._read[run]

    def _folders(self) -> list[Path]:
        """Return the run folders to look at: the leading ones, then the newest."""
        if not self._found:
            leading = leading_runs(self.out)
            runs = [p for p in self.out.iterdir() if RUN_NAME.fullmatch(p.name)]
            others = [p for p in runs if p not in leading]
            newest = sorted(others, key=lambda p: p.name, reverse=True)[:RUNS_MAX]
            self._found.extend([*leading, *newest])
        return self._found

    def _span(self, folder: Path) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return when a run's plan begins and ends; an empty span where it is no plan to go by."""
        if folder.name not in self._spans:
            span = (self.start, self.start)
            if (folder / "manifest.json").is_file():
                said = read_json(folder / "manifest.json")
                if not said.get("is_diagnostic") and said.get("kind") != TRIAL:
                    begin, end = (pd.Timestamp(str(said[f"{w}_utc"])) for w in ("start", "end"))
                    span = (begin, end)
            self._spans[folder.name] = span
        return self._spans[folder.name]
