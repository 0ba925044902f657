"""Time-of-use tariff: which price holds at which hour of which month.

Hours are the clock of `time_zone` (ONEE states them in GMT); a period whose last hour is not
after its first runs over midnight. Every hour of every month belongs to exactly one period;
without any period, prices come as series and the tariff has the demand charge alone.
"""

from collections import Counter
from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field, field_validator, model_validator

from models.parameters import Parameters
from optimizer.legal_time import legal, zone


class TariffPeriod(Parameters):
    """Hours of some months with one price."""

    name: str = Field(min_length=1, description="what the contract calls it: peak, full, off-peak")
    months: tuple[int, ...] = Field(strict=False, description="months 1 to 12 in which it holds")
    first_hour: int = Field(ge=0, le=23, description="clock hour at which it begins")
    last_hour: int = Field(ge=0, le=24, description="clock hour at which it ends")
    import_price_mad_per_mwh: float = Field(description="price of a MWh drawn [MAD/MWh]")
    export_price_mad_per_mwh: float = Field(description="price paid for a MWh fed in [MAD/MWh]")
    subscribed_mw: float = Field(
        ge=0, description="subscribed power: the most that may be drawn [MW]"
    )
    subscription_weight_pu: float = Field(
        ge=0, le=1, description="weight of the subscribed power in the fixed charge [per unit]"
    )

    @property
    def clock_hours(self) -> list[int]:
        """Return the clock hours of the day that belong to the period."""
        if self.last_hour > self.first_hour:
            return list(range(self.first_hour, self.last_hour))
        return [*range(self.first_hour, 24), *range(self.last_hour)]


class Tariff(Parameters):
    """The price list of one grid connection."""

    time_zone: str = Field(description="zone whose clock the hours follow, e.g. Etc/GMT")
    period: tuple[TariffPeriod, ...] = Field(
        strict=False, description="price periods; none ([]) where a series gives the prices"
    )
    demand_charge_mad_per_mw_month: float = Field(
        ge=0, description="price of a calendar month's highest draw [MAD/MW/month]"
    )
    fixed_charge_mad_per_mw_year: float = Field(
        ge=0,
        description="yearly charge per weighted subscribed MW; sunk, so reported only [MAD/MW/a]",
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        """Refuse a zone the tz database does not have."""
        zone(name)
        return name

    @model_validator(mode="after")
    def _every_hour_once(self) -> Self:
        """Refuse gaps and overlaps, naming the first, unless there are no periods at all."""
        if not self.period:
            if self.fixed_charge_mad_per_mw_year:
                raise ValueError(
                    f"fixed_charge_mad_per_mw_year = {self.fixed_charge_mad_per_mw_year:g} is due "
                    "on subscribed power, which no period states. Give periods, or 0."
                )
            return self
        count = Counter((m, h) for p in self.period for m in p.months for h in p.clock_hours)
        for month in range(1, 13):
            for hour in range(24):
                if count[month, hour] != 1:
                    raise ValueError(
                        f"hour {hour} of month {month} belongs to {count[month, hour]} periods. "
                        "Give every hour of every month to exactly one period."
                    )
        if extra := sorted({m for m, _ in count} - set(range(1, 13))):
            raise ValueError(f"months = {extra} do not exist. Give 1 to 12.")
        return self

    def at(self, index: pd.DatetimeIndex) -> dict[str, np.ndarray]:
        """Return prices and subscribed power for each step of `index`; nothing without periods."""
        if not self.period:
            return {}
        which = np.zeros((13, 24), dtype=int)
        for number, period in enumerate(self.period):
            which[np.ix_(period.months, period.clock_hours)] = number
        clock = legal(index, self.time_zone)
        now = which[clock.month, clock.hour]
        fields = ("import_price_mad_per_mwh", "export_price_mad_per_mwh", "subscribed_mw")
        return {f: np.array([getattr(p, f) for p in self.period])[now] for f in fields}

    def month_of(self, index: pd.Index) -> list[str]:
        """Return the calendar month, ``YYYY-MM`` on the tariff's clock, of each step."""
        return list(legal(index, self.time_zone).strftime("%Y-%m"))

    def fixed_charge_mad_per_h(self) -> float:
        """Return the fixed charge of an hour: weights apply to each further subscribed MW.

        The reduced power is sum(w_i (P_i - P_{i-1})) over periods of rising subscribed power;
        that ONEE's coefficients 1 / 0.6 / 0.4 work this way is an assumption.
        """
        by_power = sorted({(p.subscribed_mw, p.subscription_weight_pu) for p in self.period})
        reduced_mw, before_mw = 0.0, 0.0
        for power_mw, weight_pu in by_power:
            reduced_mw += weight_pu * (power_mw - before_mw)
            before_mw = power_mw
        return reduced_mw * self.fixed_charge_mad_per_mw_year / 8766  # hours of a mean year

    def looked_up(self, moment: pd.Timestamp) -> TariffPeriod:
        """Return the period of one moment by searching the list: the audit's own way."""
        local = moment.tz_convert(zone(self.time_zone))
        for period in self.period:
            after = (local.hour - period.first_hour) % 24
            length = (period.last_hour - period.first_hour - 1) % 24 + 1
            if local.month in period.months and after < length:
                return period
        raise ValueError(f"no tariff period holds at {moment}.")
