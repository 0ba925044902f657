"""How good own forecasts have been: each one of the archive beside what the meters said.

A case is one step of one issued forecast whose actual is known; forecasts of weather given for a
trial are no cases. Scores are in MW, of the levels 5 % to 95 %. Two simple forecasts are the
yardsticks, both made of what was metered before the issue: the value at the same time on the last
day that was known then (persistence), and the quantiles of the same hour of day (climatology).
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.scores import (
    Floats,
    band_coverage,
    climatology,
    crps_of_quantiles,
    mean_pinball,
    reliability,
    sharpness,
    skill,
)
from optimizer.forecast_archive import PAIRED_RUNGS, actual_of, quantile_column, read_issued
from optimizer.meters import meter_steps, read_meters
from optimizer.phrases import joined, phrase

LEVELS = tuple(round(0.05 * k, 2) for k in range(1, 20))  # even, as the CRPS asks [pu]
LEAD_EDGES_H = (0.0, 6.0, 12.0, 24.0, 48.0, 96.0, 10_000.0)  # from the weather model's run on [h]
BANDS = (0.5, 0.8, 0.9)
CLIMATE_DAYS_MIN = 10  # assumption: fewer days of an hour say too little of its spread
HISTORY = pd.Timedelta(days=400)  # what climatology is made of: a year of seasons
DAY = pd.Timedelta(days=1)
LEAD_MAX = 35 * DAY  # what the ensembles of Open-Meteo look ahead, the furthest source there is
EVERY_LEAD = "all"


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What `score` found.

    Attributes
    ----------
    table : DataFrame, one row per plant and lead-time bin
        ``column``, ``lead``, ``cases_count``, ``forecasts_count``, ``mean_actual_mw``, ``crps_mw``,
        ``pinball_mw``, ``bias_mw`` (forecast mean less actual), ``inside_50_pu`` and so on,
        ``width_50_mw`` and so on, ``skill_persistence_pu`` and ``skill_climatology_pu`` (None where
        too little was metered before).
    reliability : DataFrame
        ``column``, ``level_pu``, ``observed_pu``, ``cases_count``, over all lead times.
    missing : str
        Why something, or everything, could not be scored; empty where all could.
    """

    table: pd.DataFrame
    reliability: pd.DataFrame
    missing: str

    @property
    def cases_count(self) -> int:
        """How many cases were scored."""
        if self.table.empty:
            return 0
        return int(self.table.loc[self.table["lead"] == EVERY_LEAD, "cases_count"].sum())


def score(
    out: Path,
    since: pd.Timestamp | None = None,
    *,
    steps: tuple[pd.Timestamp, pd.Timestamp] | None = None,
) -> Scores:
    """Return how good the forecasts of an archive have been, per plant and lead time.

    Parameters
    ----------
    out : path
        Folder of runs, with ``forecasts/`` and ``meters/``.
    since : Timestamp, optional
        Only forecasts issued then or later.
    steps : pair of Timestamp, optional
        Only of steps that begin at the first moment or later, and before the second.

    Raises
    ------
    InputError
        A file of the archive or of the meters is not as it was written.
    """
    issued = _by_the_clock(out, since if steps is None else steps[0] - LEAD_MAX)
    if steps is not None and not issued.empty:
        issued = issued[(issued["time_utc"] >= steps[0]) & (issued["time_utc"] < steps[1])]
    if issued.empty:
        return _nothing(_no_forecast(out, is_part=steps is not None))
    meters, steps_h = read_meters(out), meter_steps(out)
    rows, curves, missing = [], [], []
    for column, part in issued.groupby("column"):
        name = str(column)
        actual = actual_of(out, name, meters, steps_h)
        cases = None if actual is None else _cases(part, *actual)
        if actual is None or cases is None or cases.empty:
            missing.append(_why(name, is_metered=actual is not None))
            continue
        rows += _scored(name, cases)
        curve = reliability(cases["actual_mw"], cases[_NAMES], LEVELS)
        curves.append(curve.assign(column=name))
    if not rows:
        return _nothing(joined(" ", missing))
    return Scores(
        table=pd.DataFrame(rows),
        reliability=pd.concat(curves, ignore_index=True),
        missing=joined(" ", missing),
    )


def _no_forecast(out: Path, *, is_part: bool) -> str:
    """Return that nothing was forecast, of some steps or at all."""
    if is_part:
        return phrase(
            "{out}: no forecast by the clock of this time is in the archive.", {"out": out}
        )
    return phrase(
        "{out}: no forecast by the clock is in the archive. dakhla forecast, plan or daily with a "
        "weather source leaves one each time.",
        {"out": out},
    )


def _by_the_clock(out: Path, since: pd.Timestamp | None) -> pd.DataFrame:
    """Return issued forecasts that the clock made; of one weather run the last said of a step."""
    issued = read_issued(out, since)
    if issued.empty:
        return issued
    issued = issued[issued["rung"].isin(PAIRED_RUNGS)]
    return issued.drop_duplicates(["init_utc", "source", "column", "time_utc"], keep="last")


_NAMES = [quantile_column(level) for level in LEVELS]


def _nothing(why: str) -> Scores:
    """Return that nothing could be scored, and why."""
    return Scores(table=pd.DataFrame(), reliability=pd.DataFrame(), missing=why)


def _why(column: str, *, is_metered: bool) -> str:
    """Return why a plant has no case."""
    used = column.replace("_available_", "_used_")
    if is_metered:
        return phrase(
            "{column}: nothing is metered yet of the hours that were forecast.", {"column": column}
        )
    return phrase(
        "{column}: not metered. Import it, or {used}, with dakhla meters --import FILE.",
        {"column": column, "used": used},
    )


def _cases(part: pd.DataFrame, actual: pd.Series, meter_step_h: float) -> pd.DataFrame:
    """Return one plant's forecasts beside the metered mean of the same step, with their CRPS.

    Where a meter's steps are longer than the forecast's, whole ones are joined and their quantiles
    averaged: right for steps that miss together, as those of one hour do.
    """
    found = []
    for step_h in part["step_h"].unique().tolist():
        length_h = max(float(step_h), meter_step_h)
        length = pd.Timedelta(hours=length_h)
        means = actual.groupby(pd.DatetimeIndex(actual.index).floor(length)).agg(["mean", "count"])
        whole = means.loc[means["count"] == round(length_h / meter_step_h), "mean"]
        steps = part[part["step_h"] == step_h]
        groups = steps.groupby(["issued_utc", "init_utc", steps["time_utc"].dt.floor(length)])
        joined = groups[["lead_h", "calibrated_mw", *_NAMES]].mean()
        joined = joined[groups.size() == round(length_h / float(step_h))].reset_index()
        joined["actual_mw"] = whole.reindex(joined["time_utc"]).to_numpy(dtype=float)
        for moment, rows in joined.dropna(subset=["actual_mw"]).groupby("issued_utc"):
            found.append(_beside_simple(rows, whole, length, pd.Timestamp(str(moment))))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _beside_simple(
    rows: pd.DataFrame, actual: pd.Series, length: pd.Timedelta, moment: pd.Timestamp
) -> pd.DataFrame:
    """Return the cases of one issue with the CRPS of the forecast and of the two simple ones."""
    index = pd.DatetimeIndex(actual.index)
    known = actual[(index <= moment - length) & (index >= moment - HISTORY)]
    times = pd.DatetimeIndex(rows["time_utc"])
    days = np.ceil((times + length - moment) / DAY)
    before = times - pd.to_timedelta(np.maximum(days, 1.0), unit="D")
    persistent = known.reindex(before).to_numpy(dtype=float)
    return rows.assign(
        crps=crps_of_quantiles(rows["actual_mw"], rows[_NAMES], LEVELS),
        crps_persistence=np.abs(rows["actual_mw"].to_numpy() - persistent),
        crps_climatology=_climate_crps(rows["actual_mw"].to_numpy(), times, known),
    )


def _climate_crps(actual: Floats, times: pd.DatetimeIndex, known: pd.Series) -> Floats:
    """Return the CRPS of the quantiles of the same hour of day; NaN where too little is known."""
    index = pd.DatetimeIndex(known.index)
    values, hours = known.to_numpy(dtype=float), index.hour.to_numpy()
    days = index.normalize().asi8
    same = np.full((len(actual), len(LEVELS)), np.nan)
    hour_of = times.hour.to_numpy()
    for hour in np.unique(hour_of):
        is_alike = hours == hour
        if len(np.unique(days[is_alike])) >= CLIMATE_DAYS_MIN:
            same[hour_of == hour] = climatology(values[is_alike], LEVELS)
    found = np.full(len(actual), np.nan)
    if (is_told := np.isfinite(same[:, 0])).any():
        found[is_told] = crps_of_quantiles(actual[is_told], same[is_told], LEVELS)
    return found


def _scored(column: str, cases: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one row for each lead-time bin that has a case, and one for all."""
    rows = [_row(column, EVERY_LEAD, cases)]
    for low, high in pairwise(LEAD_EDGES_H):
        of_bin = cases[(cases["lead_h"] >= low) & (cases["lead_h"] < high)]
        last = high == LEAD_EDGES_H[-1]
        if len(of_bin):
            rows.append(_row(column, f"over {low:g} h" if last else f"{low:g}-{high:g} h", of_bin))
    return rows


def _row(column: str, lead: str, cases: pd.DataFrame) -> dict[str, Any]:
    """Return the scores of some cases."""
    actual, quantiles = cases["actual_mw"], cases[_NAMES]
    widths = sharpness(quantiles, LEVELS, BANDS)["width"]
    row: dict[str, Any] = {
        "column": column,
        "lead": lead,
        "cases_count": len(cases),
        "forecasts_count": int(cases["issued_utc"].nunique()),
        "mean_actual_mw": float(actual.mean()),
        "crps_mw": float(cases["crps"].mean()),
        "pinball_mw": mean_pinball(actual, quantiles, LEVELS),
        "bias_mw": float((cases["calibrated_mw"] - actual).mean()),
    }
    for band, width in zip(BANDS, widths, strict=True):
        row[f"inside_{band:.0%}_pu".replace("%", "")] = band_coverage(
            actual, quantiles, LEVELS, band
        )
        row[f"width_{band:.0%}_mw".replace("%", "")] = float(width)
    for reference in ("persistence", "climatology"):
        row[f"skill_{reference}_pu"] = _skill(cases, f"crps_{reference}")
    return row


def _skill(cases: pd.DataFrame, reference: str) -> float | None:
    """Return the skill over a simple forecast, on the cases that it could forecast."""
    both = cases[np.isfinite(cases[reference])]
    if both.empty or not both[reference].mean() > 0:
        return None
    return skill(float(both["crps"].mean()), float(both[reference].mean()))
