"""The few patterns that forecasts of several plants follow: principal components of all of them.

Weather is wide: ten farms' winds over some hours are mostly a front that is early or late, strong
or weak. A tree that may ask for the pattern needs no ten splits to find it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from models.forecast_table import Floats, Grid

PATTERN_COUNT = 15  # chosen on tasks 1-3 of GEFCom2014, as the hours are
PATTERN_H = (-12, -6, 0, 6, 12)


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """Patterns learned from past forecasts."""

    pipeline: Pipeline

    def of(self, grid: Grid, courses: Sequence[Floats]) -> dict[str, Floats]:
        """Return how strong each pattern is in each step."""
        scores = np.asarray(self.pipeline.transform(_field(grid, courses)), dtype=np.float64)
        return {f"pattern_{k}": scores[:, k] for k in range(scores.shape[1])}


def learn_patterns(grid: Grid, courses: Sequence[Floats]) -> Patterns | None:
    """Return the patterns of past forecasts; none of a single plant or of few steps."""
    field = _field(grid, courses)
    if len(grid.groups) == 1 or min(field.shape) <= PATTERN_COUNT:
        return None
    components = PCA(n_components=PATTERN_COUNT, svd_solver="full")
    return Patterns(pipeline=make_pipeline(StandardScaler(), components).fit(field))


def _field(grid: Grid, courses: Sequence[Floats]) -> Floats:
    """Return all plants' courses before, at and after each step, side by side."""
    return np.column_stack([grid.moved(values, hours) for values in courses for hours in PATTERN_H])
