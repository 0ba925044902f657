"""The time axis every series, variable and result shares."""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from models.errors import InputError

HOURS_MAX = 2 * 8784  # two years: past that a number was misread
STEPS_MAX = 4 * HOURS_MAX  # quarter hours
_PART = re.compile(r"^(?P<span>\d+(?:\.\d+)?)h@(?P<step>\d+(?:\.\d+)?)(?P<unit>min|h)$")


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """Steps from `start`, of lengths `step_h`; a step is named by the moment it begins, in UTC.

    Power is the mean over a step; stored energy is at the end of a step.
    """

    start: pd.Timestamp
    step_h: tuple[float, ...]

    def __post_init__(self) -> None:
        problems = []
        if self.start.tzinfo is None:
            problems.append(
                f"horizon: start = {self.start} has no time zone. Give UTC: '2026-03-01 00:00Z'."
            )
        if not self.step_h or not all(0 < h <= 24 for h in self.step_h):
            problems.append(
                "horizon: step_h has no step, or one outside ]0, 24] h. Give shorter steps."
            )
        if problems:
            raise InputError(problems)

    @classmethod
    def parse(cls, text: str, start: pd.Timestamp) -> "Horizon":
        """Return the horizon written as ``"48h@15min+120h@1h"``, from `start`."""
        step_h: list[float] = []
        for part in text.split("+"):
            match = _PART.match(part.strip())
            if match is None:
                raise InputError(
                    [f"horizon = {text!r} is not understood at {part!r}. Write 48h@15min+120h@1h."]
                )
            length_h = float(match["step"]) / (60 if match["unit"] == "min" else 1)
            count = float(match["span"]) / length_h if length_h else 0.0
            if count < 1 or abs(count - round(count)) > 1e-9:
                raise InputError(
                    [f"horizon = {text!r}: {part!r} is not a whole number of steps. Mend the span."]
                )
            if len(step_h) + count > STEPS_MAX or sum(step_h) + count * length_h > HOURS_MAX:
                what = f"is longer than two years or {STEPS_MAX} steps"
                raise InputError([f"horizon = {text!r} {what}. Shorten it."])
            step_h += [length_h] * round(count)
        return cls(start=start, step_h=tuple(step_h))

    @property
    def steps(self) -> range:
        """Integers 0 … number of steps - 1: the index used inside the model."""
        return range(len(self.step_h))

    @cached_property
    def hours(self) -> np.ndarray:
        """Length of each step [h]."""
        return np.asarray(self.step_h)

    @cached_property
    def begin_h(self) -> np.ndarray:
        """Hours from `start` to the beginning of each step."""
        return np.concatenate([[0.0], np.cumsum(self.hours)[:-1]])

    @cached_property
    def end_h(self) -> np.ndarray:
        """Hours from `start` to the end of each step."""
        return np.cumsum(self.hours)

    @cached_property
    def edges(self) -> pd.DatetimeIndex:
        """UTC moments between the steps: one more than there are steps."""
        seconds = np.rint(np.concatenate([[0.0], np.cumsum(self.hours)]) * 3600).astype("int64")
        start = self.start.tz_convert("UTC").as_unit("us")
        return pd.DatetimeIndex(
            start + pd.to_timedelta(seconds, unit="s"), name="time_utc"
        ).as_unit("us")

    @cached_property
    def index(self) -> pd.DatetimeIndex:
        """UTC beginnings of the steps: the index used outside the model."""
        return self.edges[:-1]

    @cached_property
    def end(self) -> pd.Timestamp:
        """The moment the last step ends, in UTC."""
        return self.edges[-1]

    def part(self, first: int, count: int) -> "Horizon":
        """Return the horizon of `count` steps that begins with step `first`."""
        return Horizon(start=self.edges[first], step_h=self.step_h[first : first + count])
