"""The wind track of GEFCom2014: its data as forecast tables, its tasks, its scores.

Ten wind farms, two years of hourly power and of day-ahead weather forecasts, one issue a day for
the 24 hours that follow. Task k is to forecast month k counted from October 2012, knowing what came
before it; tasks 4 to 14 are scored here (the solution of task 15 was not kept anywhere).

References
----------
.. [1] Hong et al., "Probabilistic energy forecasting: Global Energy Forecasting Competition 2014
   and beyond," Int. J. Forecasting 32, 2016, 896-913. doi:10.1016/j.ijforecast.2016.02.001
"""

from pathlib import Path

import numpy as np
import pandas as pd

from models.quantile_learning import Learning, fit, predict
from models.scores import PERCENTILES, climatology, pinball_losses

FOLDER = "data/gefcom2014_wind"
SERIES = "gefcom2014_wind_zones1-10_hourly.csv.gz"
PUBLISHED = "published_scores_wind.csv"
TASKS = tuple(range(4, 15))
BAND = (0.1, 0.9)
SUMMED = ["pinball", "inside_80_pu", "benchmark_pinball"]


def load(path: Path) -> pd.DataFrame:
    """Return the competition's data as one forecast table.

    Its hours are stamped at their end and run from 01:00 to 24:00 of the day after the issue.
    """
    raw = pd.read_csv(path)
    ends = pd.DatetimeIndex(pd.to_datetime(raw["ts"])).tz_localize("UTC")
    times = (ends - pd.Timedelta(hours=1)).rename("time_utc")
    columns = {
        f"wind_{part}_{height}m_m_per_s": raw[f"{part.upper()}{height}"].to_numpy()
        for height in (10, 100)
        for part in "uv"
    }
    table = pd.DataFrame(columns, index=times)
    groups = [f"zone {zone:02d}" for zone in raw["ZONEID"]]
    return table.assign(
        group=groups, issued_utc=times.floor("D"), actual_pu=raw["TARGETVAR"].to_numpy()
    )


def task(table: pd.DataFrame, number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what was known before a task's month, and the month."""
    first = pd.Timestamp("2012-09-01", tz="UTC") + pd.DateOffset(months=number)
    last = first + pd.DateOffset(months=1)
    index = table.index
    return table[index < first], table[(index >= first) & (index < last)]


def scored(
    table: pd.DataFrame, number: int, learning: Learning, only: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Return a task's scores by zone: the mean pinball loss of 99 quantiles, and what 80 % hold."""
    past, ahead = task(table, number)
    blind = ahead.drop(columns="actual_pu")  # nobody knew them
    quantiles = predict(fit(past, learning, only), blind, PERCENTILES)
    ahead = ahead[ahead["group"].isin(only)] if only else ahead
    is_known = ahead["actual_pu"].notna().to_numpy()
    actual, found = ahead[is_known], quantiles[is_known]
    losses = pinball_losses(actual["actual_pu"], found, PERCENTILES).mean(axis=1)
    y = actual["actual_pu"].to_numpy()
    inside = (found[BAND[0]].to_numpy() <= y) & (y <= found[BAND[1]].to_numpy())
    cases = pd.DataFrame(
        {"pinball": losses, "inside_80_pu": inside, "group": actual["group"].to_numpy()}
    )
    rows = cases.groupby("group").agg(
        pinball=("pinball", "mean"),
        inside_80_pu=("inside_80_pu", "mean"),
        cases_count=("inside_80_pu", "size"),
    )
    rows["benchmark_pinball"] = benchmark(table, number)
    return rows.reset_index().assign(task=number, scope=learning.scope)


def benchmark(table: pd.DataFrame, number: int) -> pd.Series:
    """Return the pinball loss of the quantiles of all past values of each zone, by zone."""
    past, ahead = task(table, number)
    losses = {}
    for group, rows in ahead.dropna().groupby("group"):
        known = past.loc[(past["group"] == group), "actual_pu"].dropna()
        same = np.tile(climatology(known, PERCENTILES), (len(rows), 1))
        losses[str(group)] = pinball_losses(rows["actual_pu"], same, PERCENTILES).mean()
    return pd.Series(losses)


def by_task(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each task's scores: the mean over all its hours of all zones."""
    weighted = rows[SUMMED].mul(rows["cases_count"], axis=0).assign(task=rows["task"])
    sums = weighted.groupby("task").sum()
    return sums.div(rows.groupby("task")["cases_count"].sum(), axis=0)


def coverage(rows: pd.DataFrame) -> pd.Series:
    """Return by zone the share of hours that the 80 % bands hold; the last row is all zones."""
    hits = rows.assign(hits=rows["inside_80_pu"] * rows["cases_count"]).groupby("group")
    sums = hits[["hits", "cases_count"]].sum()
    sums.loc["all"] = sums.sum()
    return sums["hits"] / sums["cases_count"]
