"""Forecasts of several plants as one table, and as arrays of steps and plants.

A forecast table has one row per plant, issue and step: index ``time_utc`` (the step's beginning),
columns ``group`` (the plant or zone), ``issued_utc`` and any forecast quantities, of which wind is
named ``wind_u_<H>m_m_per_s`` and ``wind_v_<H>m_m_per_s`` (towards east and north), or
``wind_speed_<H>m_m_per_s`` and ``wind_direction_<H>m_deg`` (where it comes from). A table of the
past has ``actual_pu`` too: what came, per unit of nominal power; NaN where nobody knows.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.errors import InputError

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Scope = Literal["issue", "horizon"]
KEYS = ("group", "issued_utc")
ACTUAL = "actual_pu"
WHERE = "forecast table"


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A forecast table as arrays of shape (steps, groups), by column.

    Attributes
    ----------
    rows : MultiIndex, shape (steps,)
        ``issued_utc`` and ``time_utc`` of each row.
    first, last : ndarray of int, each shape (steps,)
        The rows that a row may look at: those of its issue, or all.
    step_h : float
        Length of a step. [h]
    """

    rows: pd.MultiIndex
    groups: tuple[str, ...]
    courses: dict[str, Floats]
    first: Places
    last: Places
    step_h: float

    def moved(self, values: Floats, hours: float) -> Floats:
        """Return the values some hours later; beyond the end of what may be seen, the last."""
        rows = np.arange(len(values)) + round(hours / self.step_h)
        return np.asarray(values[np.clip(rows, self.first, self.last)])

    def mean(self, values: Floats, hours: float) -> Floats:
        """Return the mean of the values from some hours earlier to as many later."""
        reach = round(hours / self.step_h)
        moved = [self.moved(values, k * self.step_h) for k in range(-reach, reach + 1)]
        return np.asarray(np.mean(moved, axis=0))

    def day_mean(self, values: Floats) -> Floats:
        """Return the mean over the steps of the same UTC day and issue."""
        keys = [self.first, self.times.floor("D")]
        means = pd.DataFrame(values).groupby(keys).transform("mean")
        return means.to_numpy(dtype=np.float64)

    @property
    def times(self) -> pd.DatetimeIndex:
        """Beginnings of the steps."""
        return pd.DatetimeIndex(self.rows.get_level_values("time_utc"))


def grid_of(table: pd.DataFrame, scope: Scope) -> Grid:
    """Return a forecast table as arrays.

    Parameters
    ----------
    scope : str
        ``issue``: a step sees only its own issue, as a forecaster does who has no later one.
        ``horizon``: it sees the issues before and after too. Neither sees past a gap.

    Raises
    ------
    InputError
        Columns, times or values are not as described.
    """
    _check_table(table, scope)
    columns = [str(c) for c in table.columns if c not in (*KEYS, ACTUAL)]
    ordered = table.rename_axis("time_utc").reset_index()
    ordered = ordered.sort_values(["issued_utc", "time_utc", "group"], ignore_index=True)
    groups = tuple(str(group) for group in sorted(table["group"].unique()))
    steps = ordered.groupby(["issued_utc", "time_utc"]).size()
    if (steps != len(groups)).any():
        time = steps.index[int(np.argmax(steps != len(groups)))][1]
        what = f"{WHERE}: time_utc = {time:%Y-%m-%dT%H:%MZ} is not given for each group"
        raise InputError([f"{what}. Bring every group at every step."])
    courses = {
        name: ordered[name].to_numpy(dtype=np.float64).reshape(-1, len(groups)) for name in columns
    }
    rows = pd.MultiIndex.from_frame(ordered.loc[:: len(groups), ["issued_utc", "time_utc"]])
    step_h, block = _blocks(rows, scope)
    return Grid(
        rows=rows,
        groups=groups,
        courses=courses,
        first=np.searchsorted(block, block, side="left"),
        last=np.searchsorted(block, block, side="right") - 1,
        step_h=step_h,
    )


def _check_table(table: pd.DataFrame, scope: Scope) -> None:
    """Refuse a table that is not laid out as described."""
    where, problems = WHERE, []
    if scope not in get_args(Scope):
        remedy = f"Give {' or '.join(get_args(Scope))}."
        problems.append(f"scope = {scope!r} is unknown. {remedy}")
    index = table.index
    if not isinstance(index, pd.DatetimeIndex) or str(index.tz) != "UTC" or not len(index):
        problems.append(f"{where}: index is no row of times in UTC. Bring time_utc as its index.")
    missing = [key for key in KEYS if key not in table.columns]
    problems += [f"{where}: {key} is missing. Bring it as a column." for key in missing]
    texts = table.drop(columns=[*KEYS, ACTUAL], errors="ignore").select_dtypes(exclude="number")
    problems += [f"{where}: {name} is no number. Leave it out." for name in texts.columns]
    if set(table.columns) <= {*KEYS, ACTUAL, *texts.columns}:
        problems.append(f"{where}: holds no forecast. Bring at least one forecast column.")
    numbers = table.select_dtypes(include="number").drop(columns=[ACTUAL], errors="ignore")
    for name, count in (~np.isfinite(numbers)).sum().items():
        if count:
            remedy = "Leave out the issues it is missing in, or the column."
            problems.append(f"{where}: {name} = nan is no number ({count} values). {remedy}")
    if problems:
        raise InputError(problems)
    keys = ["group"] if scope == "horizon" else list(KEYS)
    twice = table.reset_index(names="time_utc").duplicated(["time_utc", *keys])
    if twice.any():
        time = f"{index[int(np.argmax(twice))]:%Y-%m-%dT%H:%MZ}"
        remedy = "Keep one forecast a step" + (
            "; over the horizon, the latest issue." if scope == "horizon" else "."
        )
        raise InputError([f"{where}: time_utc = {time} is given twice for a group. {remedy}"])


def _blocks(rows: pd.MultiIndex, scope: Scope) -> tuple[float, Places]:
    """Return the one length of step [h], and for each row the number of what it may see."""
    times = pd.DatetimeIndex(rows.get_level_values("time_utc"))
    issue = pd.factorize(rows.get_level_values("issued_utc"))[0]
    moves = np.diff(times.as_unit("s").asi8) / 3600.0
    inside = moves[np.diff(issue) == 0]
    step_h = float(inside.min()) if len(inside) else 1.0
    wrong = (np.diff(issue) == 0) & ~np.isclose(moves / step_h, np.round(moves / step_h))
    if wrong.any():
        time = times[int(np.argmax(wrong)) + 1]
        what = f"{WHERE}: time_utc = {time:%Y-%m-%dT%H:%MZ} is off the grid of {step_h:g} h"
        raise InputError([f"{what}. Bring steps of one length."])
    is_new = ~np.isclose(moves, step_h)  # a gap ends what may be seen
    if scope == "issue":
        is_new |= np.diff(issue) != 0
    return step_h, np.r_[0, np.cumsum(is_new)].astype(np.int64)
