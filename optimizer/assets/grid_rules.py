"""A grid connection's parameters and input series, and its audit and bill from the table.

Draw and feed-in are limited and priced by the step. So is what a MWh drawn carries: its carbon
intensity and its carbon-free share, constant unless a series says otherwise.
"""

from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from optimizer.assets.tariff import Tariff
from optimizer.component import Component, Given, Needed, least, unequal
from optimizer.horizon import Horizon
from optimizer.state import StateRow

PRICES = ("import_price_mad_per_mwh", "export_price_mad_per_mwh")
LIMITS = ("import_max_mw", "export_max_mw")
CARBON = ("emission_kg_per_mwh", "carbon_free_pu")


class GridRules(Component):
    """Parameters of a grid connection, and the rules its published table must keep."""

    import_max_mw: float = Field(ge=0, le=1e5, description="most that can be drawn [MW]")
    export_max_mw: float = Field(ge=0, le=1e5, description="most that can be fed in [MW]")
    emission_kg_per_mwh: float = Field(
        ge=0, description="carbon intensity of a MWh drawn, where no series gives it [kg/MWh]"
    )
    carbon_free_pu: float = Field(
        default=0,
        ge=0,
        le=1,
        description="carbon-free share of a MWh drawn, where no series gives it [per unit]",
    )
    is_wheeled: bool = Field(
        default=False,
        description="renewable power from elsewhere, carried by the national network",
    )
    residual_emission_kg_per_mwh: float | None = Field(
        default=None,
        ge=0,
        description="residual mix: intensity of a MWh drawn that no certificate covers, for the "
        "market-based account; none: the carbon intensity of its step [kg/MWh]",
    )
    import_energy_min_mwh: float | None = Field(
        default=None, ge=0, description="least energy to draw over the plan (take or pay), or none"
    )
    import_energy_max_mwh: float | None = Field(
        default=None, ge=0, description="most energy to draw over the plan, or none [MWh]"
    )
    series_file: str | None = Field(
        default=None,
        description="CSV or Parquet by step, or none: prices unless the tariff has them, and, "
        "where they change, emission_kg_per_mwh and carbon_free_pu",
    )
    tariff: Tariff | None = Field(default=None, description="price list and demand charge, or none")

    @model_validator(mode="after")
    def _wheeled_is_renewable(self) -> Self:
        """Refuse wheeled power that is said to be partly carbon-free."""
        if self.is_wheeled and self.carbon_free_pu not in (0, 1):
            raise ValueError(
                f"carbon_free_pu = {self.carbon_free_pu:g}, but wheeled power is renewable. "
                "Take it out, or is_wheeled."
            )
        return self

    @property
    def _has_periods(self) -> bool:
        """Whether the tariff gives the prices."""
        return self.tariff is not None and bool(self.tariff.period)

    def needs(self) -> list[Needed]:
        """Return prices, limits and carbon content of each step."""
        prices = [Needed(column=f"{self.name}_{q}", low=-1e6, high=1e6) for q in PRICES]
        limits = [Needed(column=f"{self.name}_{q}", low=0, high=1e5) for q in LIMITS]
        intensity, share = (f"{self.name}_{q}" for q in CARBON)
        clean_pu = 1.0 if self.is_wheeled else self.carbon_free_pu
        return [
            *prices,
            *limits,
            Needed(column=intensity, low=0, high=1e6, default=self.emission_kg_per_mwh),
            Needed(column=share, low=0, high=1, default=clean_pu),
        ]

    def derive(self, horizon: Horizon) -> dict[str, np.ndarray]:
        """Return the series that the tariff and the connection's limits give by themselves."""
        length = len(horizon.steps)
        derived = {"export_max_mw": np.full(length, self.export_max_mw)}
        import_max_mw = np.full(length, self.import_max_mw)
        if self.tariff is not None and self._has_periods:
            at = self.tariff.at(horizon.index)
            derived |= {q: at[q] for q in PRICES}
            import_max_mw = np.minimum(import_max_mw, at["subscribed_mw"])
        derived["import_max_mw"] = import_max_mw
        return {f"{self.name}_{q}": values for q, values in derived.items()}

    def state_quantities(self) -> list[str]:
        """Return the highest draw of the month so far."""
        return ["month_peak_mw"]

    def _months(self, index: pd.Index) -> list[str]:
        """Return the billing month of each step; none where no demand charge is due."""
        charged = self.tariff is not None and self.tariff.demand_charge_mad_per_mw_month > 0
        return self.tariff.month_of(index) if charged and self.tariff else []

    def _opening_peak_mw(self, given: Given, month: str) -> float:
        """Return the month's highest draw before the plan [MW]."""
        return given.state.value(self.name, "month_peak_mw", 0.0, key=month)

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return the bill by kind, from the published draw and feed-in [MAD]."""
        hours = given.horizon.hours
        bill = {
            "import": float((own["import_mw"] * own[PRICES[0]] * hours).sum()),
            "export": -float((own["export_mw"] * own[PRICES[1]] * hours).sum()),
        }
        if (months := self._months(own.index)) and self.tariff is not None:
            above_mw = sum(
                max(0.0, float(drawn.max()) - self._opening_peak_mw(given, str(month)))
                for month, drawn in own["import_mw"].groupby(np.asarray(months))
            )
            bill["demand"] = above_mw * self.tariff.demand_charge_mad_per_mw_month
        return bill

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of a grid connection."""
        drawn, fed = own["import_mw"], own["export_mw"]
        rules = {
            "draw fits the connection [MW]": drawn - own["import_max_mw"],
            "feed-in fits the connection [MW]": fed - own["export_max_mw"],
            "draw is not negative [MW]": -drawn,
            "feed-in is not negative [MW]": -fed,
            "never both at once [MW]": least(drawn, fed),
        }
        for quantity in (*LIMITS, *PRICES, *CARBON):
            expected = given.series[f"{self.name}_{quantity}"]
            rules[f"{quantity} is the input's"] = unequal(own[quantity], expected)
        drawn_mwh = pd.Series((drawn * given.horizon.hours).sum(), index=own.index[-1:])
        if self.import_energy_max_mwh is not None:
            rules["energy drawn has a most [MWh]"] = drawn_mwh - self.import_energy_max_mwh
        if self.import_energy_min_mwh is not None:
            rules["energy drawn has a least [MWh]"] = self.import_energy_min_mwh - drawn_mwh
        return rules | self._tariff_rules(own, given)

    def _tariff_rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules that hold the table against the tariff, looked up moment by moment."""
        rules = {}
        if self.tariff is not None and self._has_periods:
            periods = [self.tariff.looked_up(moment) for moment in own.index]
            for quantity in PRICES:
                listed = pd.Series([getattr(p, quantity) for p in periods], index=own.index)
                rules[f"{quantity} is the tariff's [MAD/MWh]"] = unequal(own[quantity], listed)
            subscribed = pd.Series([p.subscribed_mw for p in periods], index=own.index)
            rules["draw fits the subscribed power [MW]"] = own["import_mw"] - subscribed
        if months := self._months(own.index):
            highest: dict[str, float] = {m: self._opening_peak_mw(given, m) for m in months}
            running = []
            for month, drawn in zip(months, own["import_mw"], strict=True):
                highest[month] = max(highest[month], drawn)
                running.append(highest[month])
            peak = pd.Series(running, index=own.index)
            rules["month's peak is the highest draw [MW]"] = unequal(own["month_peak_mw"], peak)
        return rules

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the month's highest draw so far."""
        months = self._months(own.index)
        if not months:
            return []
        peak_mw = float(own["month_peak_mw"].iloc[count - 1])
        return [StateRow(self.name, "month_peak_mw", peak_mw, months[count - 1])]
