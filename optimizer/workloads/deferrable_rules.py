"""The audit of deferrable work: each cohort is followed through the published rates."""

from collections.abc import Iterator
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from optimizer.component import Component, Given, unequal
from optimizer.legal_time import ZoneName, zone
from optimizer.state import StateRow

Arrival = tuple[tuple[pd.Timestamp, pd.Timestamp], tuple[float, float]]  # window; MWh, MW
MISSED_MAD_PER_MWH = 1e5  # diagnostic only: work that may not be missed has a price there
NOTHING_MWH = 1e-9  # work below this, a joule or so, is round-off


def _moments(values: pd.Series) -> pd.DatetimeIndex:
    """Return moments as an index in UTC, also where there are none."""
    return pd.DatetimeIndex(pd.to_datetime(values, utc=True))


class CohortRules(Component):
    """Parameters of deferrable work, and the rules its table must keep."""

    it_quantity: ClassVar[str] = "run_mw"
    arrival_mw: float | None = Field(
        default=None, ge=0, description="work arriving per hour at profile 1 [MWh/h of IT energy]"
    )
    arrival_profile_pu: tuple[float, ...] = Field(
        default=(1.0,), strict=False, description="one value, or one per clock hour [per unit]"
    )
    time_zone: ZoneName = Field(default="Africa/El_Aaiun", description="clock of the profile")
    block_h: int = Field(
        default=1, ge=1, le=24, description="hours whose arrivals are one cohort [h]"
    )
    deadline_h: float = Field(default=24, gt=0, le=8784, description="arrival to deadline [h]")
    run_min_h: float = Field(
        default=1, gt=0, description="shortest time a cohort can run in, its rate limit [h]"
    )
    initial_backlog_pu: float = Field(
        default=0,
        ge=0,
        le=1,
        description="share of earlier cohorts undone where no state says [p.u.]",
    )
    cohorts_file: str | None = Field(default=None, description="CSV or Parquet of cohorts, or none")
    power_max_mw: float = Field(
        gt=0, le=1e5, description="most that may run at once [MW of IT power]"
    )
    missed_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of missed work, or none: never missed [MAD/MWh]"
    )
    left_mad_per_mwh: float = Field(
        ge=0, description="price of work left to the next plan, its likely cost [MAD/MWh]"
    )
    shift_cost_mad_per_mwh: float = Field(
        default=0, ge=0, description="price of running in another step than preferred [MAD/MWh]"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse two sources of work, odd profiles, and cohorts that can't meet their deadline."""
        if self.arrival_mw is not None and self.cohorts_file is not None:
            raise ValueError("arrival_mw and cohorts_file are both given. Keep one source of work.")
        if len(self.arrival_profile_pu) not in (1, 24) or min(self.arrival_profile_pu) < 0:
            raise ValueError(
                "arrival_profile_pu is not 1 or 24 values >= 0. Give one per clock hour."
            )
        if 24 % self.block_h:
            raise ValueError(
                f"block_h = {self.block_h} does not divide the day. Give 1, 2, 3, 4, 6..."
            )
        if (price := self.missed_mad_per_mwh) is not None and price <= self.left_mad_per_mwh:
            raise ValueError(
                f"missed_mad_per_mwh = {price:g} is not above left_mad_per_mwh: work would be "
                "missed before its deadline. Raise it."
            )
        if self.run_min_h > self.deadline_h:
            raise ValueError("run_min_h is above deadline_h: no cohort could be done. Lower it.")
        return self

    def _missed_price(self, given: Given) -> float:
        """Return the price of missed work [MAD/MWh]."""
        return MISSED_MAD_PER_MWH if self.missed_mad_per_mwh is None else self.missed_mad_per_mwh

    def _own_rates(self, given: Given) -> pd.DataFrame:
        """Return the published rates of this workload."""
        return given.rates[given.rates["workload"] == self.name]

    def _undone(self, given: Given) -> pd.DataFrame:
        """Return what each cohort's published rates leave undone [MWh]."""
        rates = self._own_rates(given)
        hours = pd.Series(given.horizon.hours, index=given.horizon.index)
        run_mwh = (rates["run_mw"] * rates["time_utc"].map(hours)).groupby(rates["number"]).sum()
        records = [
            (
                c.deadline,
                c.work_mwh - float(run_mwh.get(number, 0.0)),
                c.deadline > given.horizon.end,
            )
            for number, c in enumerate(given.cohorts[self.name])
        ]
        return pd.DataFrame(records, columns=["deadline", "undone_mwh", "is_open"])

    def _left_mwh(self, undone: pd.DataFrame, given: Given) -> pd.Series:
        """Return what each cohort leaves to the next plan: all it can while it still has time."""
        most = [c.work_left_max_mwh(given.horizon) for c in given.cohorts[self.name]]
        left = np.minimum(undone["undone_mwh"].clip(lower=0.0), most)
        return pd.Series(left, index=undone.index).where(undone["is_open"], 0.0)

    def stoppable(self, own: pd.DataFrame, given: Given) -> list[tuple[np.ndarray, float]]:
        """Return the work that runs: not done now, it is missed or left."""
        worth = max(self.missed_mad_per_mwh or 0.0, self.left_mad_per_mwh)
        return [(own[self.it_quantity].to_numpy(), worth)]

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return missed work, work left and shifted work [MAD]."""
        left_mwh = float(self._left_mwh(self._undone(given), given).sum())
        bill = {
            "left": left_mwh * self.left_mad_per_mwh,
            "missed": float(own["missed_mwh"].sum()) * self._missed_price(given),
        }
        if self.shift_cost_mad_per_mwh:
            rates = self._own_rates(given)
            preferred = rates["number"].map(
                {n: c.preferred for n, c in enumerate(given.cohorts[self.name])}
            )
            moved = rates[preferred.notna() & (preferred != rates["time_utc"])]
            hours = moved["time_utc"].map(pd.Series(given.horizon.hours, index=given.horizon.index))
            bill["shift"] = float((moved["run_mw"] * hours).sum()) * self.shift_cost_mad_per_mwh
        return bill

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of deferrable work."""
        horizon, index = given.horizon, own.index
        total = self._own_rates(given).groupby("time_utc")["run_mw"].sum(min_count=1)
        arrived, due_missed, ends = np.zeros(len(index)), np.zeros(len(index)), horizon.edges[1:]
        undone = self._undone(given)
        missed = undone["undone_mwh"] - self._left_mwh(undone, given)
        for cohort, missed_mwh in zip(given.cohorts[self.name], missed, strict=True):
            at = min(int(index.searchsorted(cohort.earliest)), len(index) - 1)
            arrived[at] += cohort.work_mwh
            closing = int((ends <= cohort.deadline).sum()) - 1
            due_missed[max(closing, at)] += missed_mwh
        done = own["run_mw"] * horizon.hours + own["missed_mwh"]
        arriving, missing = (pd.Series(mwh, index=index) for mwh in (arrived, due_missed))
        rules = {
            "what runs is the sum of its cohorts [MW]": unequal(
                own["run_mw"], total.reindex(index, fill_value=0.0)
            ),
            "what runs fits its limit [MW]": own["run_mw"] - self.power_max_mw,
            "work arrived is the input's [MWh]": unequal(own["arrived_mwh"], arriving),
            "missed work is what no cohort ran [MWh]": unequal(own["missed_mwh"], missing),
            "backlog follows from arrivals and work [MWh]": unequal(
                own["backlog_mwh"], own["backlog_mwh"].shift(fill_value=0.0) + arrived - done
            ),
        }
        if self.missed_mad_per_mwh is None and not given.is_elastic:
            rules["no work is missed [MWh]"] = own["missed_mwh"]
        return rules | self._cohort_rules(given)

    def input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rules of where the cohorts come from: opening backlog, a stream's arrivals."""
        if self.arrival_mw is None:
            return self._backlog_rules(given)
        start, end, cohorts = given.horizon.start, given.horizon.end, given.cohorts[self.name]
        rows = [row for row in given.state.rows if row.name == self.name]
        rates = {row.key: row.value for row in rows if row.quantity == "rate_max_mw"}
        backlog = {row.key: row.value for row in rows if row.quantity == "backlog_mwh"}
        due = dict(self._arrivals(start, end))
        if not backlog:
            before = start - pd.Timedelta(hours=self.deadline_h)
            for window, (work_mwh, rate_mw) in self._arrivals(before, start):
                left_h = max((window[1] - start) / pd.Timedelta(hours=1), 0.0)
                due[window] = (min(work_mwh * self.initial_backlog_pu, rate_mw * left_h), rate_mw)
        for key, work_mwh in backlog.items():
            if work_mwh:
                first, last = (pd.Timestamp(part) for part in key.split("/"))
                due[first, last] = (work_mwh, rates.get(key, self.power_max_mw))
        due = {window: both for window, both in due.items() if both[0]}
        found = {(c.earliest, c.deadline): (c.work_mwh, c.rate_max_mw) for c in cohorts}
        windows = sorted(due.keys() | found.keys())
        nothing = (0.0, 0.0)
        apart = [np.subtract(due.get(w, nothing), found.get(w, nothing)) for w in windows]
        work_mwh, rate_mw = np.abs(np.reshape(apart, (-1, 2))).T
        index = [first for first, _ in windows]
        return {
            "cohorts have the work that is due [MWh]": pd.Series(work_mwh, index=index),
            "cohorts have the rate limit that is theirs [MW]": pd.Series(rate_mw, index=index),
        }

    def _backlog_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rules of a file's cohorts that have arrived: what the state says is left."""
        rows = [row for row in given.state.rows if row.name == self.name]
        if not rows:
            return {}
        start, cohorts = given.horizon.start, given.cohorts[self.name]
        arrived = {c.key: c for c in cohorts if c.earliest < start}
        left = {row.key: row.value for row in rows if row.quantity == "backlog_mwh" and row.value}
        rates = {row.key: row.value for row in rows if row.quantity == "rate_max_mw"}
        work = [
            abs(left.get(key, 0.0) - (arrived[key].work_mwh if key in arrived else 0.0))
            for key in sorted(left.keys() | arrived.keys())
        ]
        rate = [abs(rates[key] - arrived[key].rate_max_mw) for key in rates.keys() & arrived.keys()]
        return {
            rule: pd.Series(np.max(apart, initial=0.0), index=given.horizon.index[:1])
            for rule, apart in (
                ("cohorts that have arrived have the work that is left [MWh]", work),
                ("cohorts that have arrived have the rate limit that is theirs [MW]", rate),
            )
        }

    def _arrivals(self, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Arrival]:
        """Walk the stream hour by hour: each block's window, with its work and rate limit."""
        hour, arrival, clock = pd.Timedelta(hours=1), start.ceil("h"), zone(self.time_zone)
        while arrival.hour % self.block_h:
            arrival += hour
        while arrival < end:
            hours = [(arrival + k * hour).tz_convert(clock).hour for k in range(self.block_h)]
            profile = self.arrival_profile_pu
            work_mwh = (self.arrival_mw or 0.0) * sum(profile[h % len(profile)] for h in hours)
            due = arrival + pd.Timedelta(hours=self.deadline_h)
            yield (arrival, due), (work_mwh, work_mwh / self.run_min_h)
            arrival += self.block_h * hour

    def _cohort_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rules each cohort obeys by itself."""
        rates, cohorts = self._own_rates(given), given.cohorts[self.name]
        undone = self._undone(given)
        run, number = rates["run_mw"], rates["number"]
        when = _moments(rates["time_utc"])
        ends = when + pd.to_timedelta(
            rates["time_utc"].map(pd.Series(given.horizon.hours, index=given.horizon.index)),
            unit="h",
        )

        def by_cohort(values: list[object]) -> pd.Series:
            return number.map(dict(enumerate(values)))

        early = when < _moments(by_cohort([c.earliest for c in cohorts]))
        late = ends > _moments(by_cohort([c.deadline for c in cohorts]))
        rate_max = by_cohort([c.rate_max_mw for c in cohorts])
        overdone = pd.Series(-undone["undone_mwh"].to_numpy(), index=undone["deadline"])
        return {
            "no cohort runs before it arrives [MW]": pd.Series(
                np.where(early, run, 0.0), index=when
            ),
            "no cohort runs after its deadline [MW]": pd.Series(
                np.where(late, run, 0.0), index=when
            ),
            "no cohort exceeds its rate [MW]": pd.Series((run - rate_max).to_numpy(), index=when),
            "no cohort runs backwards [MW]": pd.Series(-run.to_numpy(), index=when),
            "no cohort does more than its work [MWh]": overdone,
        }

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the work left in each cohort that has arrived, and its rate limit."""
        moment, rates = given.horizon.edges[count], self._own_rates(given)
        before = rates[rates["time_utc"] < moment]
        hours = before["time_utc"].map(pd.Series(given.horizon.hours, index=given.horizon.index))
        run_mwh = (before["run_mw"] * hours).groupby(before["number"]).sum()
        rows = []
        for number, cohort in enumerate(given.cohorts[self.name]):
            left_mwh = cohort.work_mwh - float(run_mwh.get(number, 0.0))
            if cohort.earliest < moment < cohort.deadline and left_mwh > 1e-6:
                rows.append(StateRow(self.name, "backlog_mwh", left_mwh, cohort.key))
                rows.append(StateRow(self.name, "rate_max_mw", cohort.rate_max_mw, cohort.key))
        return rows or [StateRow(self.name, "backlog_mwh", 0.0)]
