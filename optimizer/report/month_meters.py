"""A month as planned beside what meters said: the same hours of both, by day and in all.

An hour counts where its plan covers all of it and its meter all of it; of other hours nothing is
supposed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.component import Component
from optimizer.config import SERVICES, WORKLOADS, Site
from optimizer.meter_columns import meter_columns
from optimizer.metered_ledger import hourly
from optimizer.meters import meter_steps, read_meters
from optimizer.report.month_plans import Period

_WHOLE_H = 1 - 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantity:
    """One published power that may be metered: its kind of part, and the part."""

    kind: str
    part: str
    column: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Beside:
    """One quantity, planned and metered.

    Attributes
    ----------
    planned_mwh : Series, one value per day
        Of every hour that a plan covers.
    metered_mwh, same_mwh, same_h : Series, one value per day
        Of the hours that both say something of: metered, planned, and how many they are.
    """

    quantity: Quantity
    planned_mwh: pd.Series
    metered_mwh: pd.Series
    same_mwh: pd.Series
    same_h: pd.Series

    @property
    def is_metered(self) -> bool:
        """Whether there is an hour of both."""
        return bool(self.same_h.sum() > 0)


def quantities(site: Site) -> list[Quantity]:
    """Return the powers of a site that a meter may give beside the plan's, supply first."""
    found = [Quantity(kind=k, part=p.name, column=f"{p.name}_used_mw") for k, p in _plants(site)]
    for way in ("import", "export"):
        found += [
            Quantity(kind=way, part=line.name, column=f"{line.name}_{way}_mw")
            for line in site.grid.values()
        ]
    found += [
        Quantity(kind="genset", part=fleet.name, column=f"{fleet.name}_power_mw")
        for fleet in site.genset.values()
    ]
    for way in ("charge", "discharge"):
        found += [
            Quantity(kind=way, part=store.name, column=f"{store.name}_{way}_mw")
            for store in site.battery.values()
        ]
    found += [
        Quantity(kind="workload", part=part.name, column=f"{part.name}_{part.it_quantity}")
        for part in site.fleet(WORKLOADS)
    ]
    found += [
        Quantity(kind="service", part=part.name, column=f"{part.name}_power_mw")
        for part in site.fleet(SERVICES)
    ]
    found.append(Quantity(kind="facility", part="facility", column="facility_power_mw"))
    known = meter_columns(site)
    return [each for each in found if each.column in known]


def _plants(site: Site) -> list[tuple[str, Component]]:
    """Return sun and wind, with their kinds."""
    return [(kind, part) for kind in ("solar", "wind") for part in getattr(site, kind).values()]


def beside(
    out: Path, schedule: pd.DataFrame, site: Site, period: Period, now: pd.Timestamp
) -> list[Beside]:
    """Return every quantity of a site, as planned and as metered until `now`, by day."""
    table = read_meters(out, now, since=period.begin)
    meters = hourly(table[table.index < period.end], meter_steps(out))
    planned_mwh, planned_h = by_hour(schedule)
    found = []
    for quantity in quantities(site):
        if quantity.column not in planned_mwh:
            continue
        energy = planned_mwh[quantity.column]
        metered = _metered(meters, quantity.column, energy.index)
        is_same = metered.notna() & energy.notna() & (planned_h >= _WHOLE_H)
        found.append(
            Beside(
                quantity=quantity,
                planned_mwh=_by_day(energy, period),
                metered_mwh=_by_day(metered[is_same], period),
                same_mwh=_by_day(energy[is_same], period),
                same_h=_by_day(is_same[is_same].astype(float), period),
            )
        )
    return found


def by_hour(schedule: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return the energy of every power in each UTC hour [MWh], and how much of it is planned [h].

    A step longer than an hour is spread over its hours.
    """
    hours = schedule["step_h"].to_numpy(dtype=float)
    counts = np.ceil(np.maximum(hours, 1.0) - 1e-9).astype(int)
    rows = np.repeat(np.arange(len(schedule)), counts)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    index = pd.DatetimeIndex(schedule.index)[rows] + pd.to_timedelta(nth, unit="h")
    powers = schedule[[c for c in schedule.columns if str(c).endswith("_mw")]]
    spread = powers.iloc[rows].set_axis(index)
    length = pd.Series((hours / counts)[rows], index=index)
    hour = index.floor("h")
    energy = spread.mul(length, axis=0).groupby(hour).sum(min_count=1)
    return energy, length.groupby(hour).sum()


def _metered(meters: pd.DataFrame, column: str, hours: pd.Index) -> pd.Series:
    """Return what a meter said of some hours; NaN where it said nothing of all of one [MWh]."""
    if column not in meters.columns:
        return pd.Series(np.nan, index=hours)
    return meters[column].reindex(hours)


def _by_day(hours: pd.Series, period: Period) -> pd.Series:
    """Return sums by UTC day; a day without an hour has NaN, for it is not known to be 0."""
    day = pd.DatetimeIndex(hours.index).normalize()
    return hours.groupby(day).sum(min_count=1).reindex(pd.DatetimeIndex(period.days))


def not_metered(found: Sequence[Beside]) -> list[str]:
    """Return the columns that no meter said anything comparable of."""
    return [each.quantity.column for each in found if not each.is_metered]


def totals(each: Beside) -> Mapping[str, float]:
    """Return a quantity's sums over the month [MWh, h]."""
    return {
        "planned_mwh": float(each.planned_mwh.sum()),
        "same_h": float(each.same_h.sum()),
        "same_mwh": float(each.same_mwh.sum()),
        "metered_mwh": float(each.metered_mwh.sum()),
    }
