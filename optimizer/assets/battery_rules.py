"""A battery's parameters, and its audit: published powers are replayed from the opening state."""

from collections.abc import Sequence
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from optimizer.breach import TOLERANCE
from optimizer.component import Component, Given, Needed, least, unequal
from optimizer.state import StateRow


class BatteryRules(Component):
    """Parameters of a battery, and the rules its published table must keep."""

    charge_max_mw: float = Field(gt=0, le=1e5, description="converter rating, charging [MW]")
    discharge_max_mw: float = Field(gt=0, le=1e5, description="converter rating, discharging [MW]")
    energy_max_mwh: float = Field(gt=0, le=1e6, description="energy capacity of the cells [MWh]")
    soc_min_pu: float = Field(ge=0, le=1, description="least state of charge [per unit]")
    soc_max_pu: float = Field(gt=0, le=1, description="highest state of charge [per unit]")
    charge_efficiency_pu: float = Field(ge=0.5, le=1, description="bus to cells [per unit]")
    discharge_efficiency_pu: float = Field(ge=0.5, le=1, description="cells to bus [per unit]")
    self_discharge_pu_per_h: float = Field(
        ge=0, le=0.5, description="share of the stored energy lost in an hour [per unit]"
    )
    ageing_cost_mad_per_mwh: tuple[float, ...] = Field(
        strict=False,
        min_length=1,
        description="wear per MWh discharged, by segment of depth, shallow first [MAD/MWh]",
    )
    energy_initial_mwh: float = Field(
        ge=0, description="stored energy where no opening state gives it [MWh]"
    )
    energy_final_min_mwh: float | None = Field(
        default=None, ge=0, description="least stored energy at the end, or none [MWh]"
    )
    energy_final_max_mwh: float | None = Field(
        default=None, ge=0, description="most stored energy at the end, or none [MWh]"
    )
    series_file: str | None = Field(
        default=None,
        description="CSV or Parquet with energy_min_mwh, a reserve: the least stored energy at the "
        "end of each step; none: the window's alone",
    )
    is_cyclic: bool = Field(
        default=False, description="the plan ends with the energy it began with, chosen freely"
    )
    end_value_mad_per_mwh: float = Field(
        ge=0, description="worth of a MWh still stored at the end of the plan [MAD/MWh]"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse windows that are empty and energies that do not fit them."""
        if self.soc_min_pu >= self.soc_max_pu:
            raise ValueError(
                f"soc_min_pu = {self.soc_min_pu:g} is not below soc_max_pu. Swap them."
            )
        if list(self.ageing_cost_mad_per_mwh) != sorted(self.ageing_cost_mad_per_mwh):
            raise ValueError(
                "ageing_cost_mad_per_mwh falls with depth. Give it shallow first, rising."
            )
        if min(self.ageing_cost_mad_per_mwh) < 0:
            raise ValueError("ageing_cost_mad_per_mwh is negative. Give a cost >= 0.")
        if self.is_cyclic and self.segment_count > 1:
            raise ValueError(
                "is_cyclic needs one ageing cost. Give ageing_cost_mad_per_mwh one value."
            )
        low, high = self.low_mwh, self.high_mwh
        for field in ("energy_initial_mwh", "energy_final_min_mwh", "energy_final_max_mwh"):
            value = getattr(self, field)
            if value is not None and not low - 1e-9 <= value <= high + 1e-9:
                raise ValueError(
                    f"{field} = {value:g} is outside the window {low:g} to {high:g} MWh. "
                    "Give an energy inside it."
                )
        return self

    @cached_property
    def low_mwh(self) -> float:
        """Least energy the window allows [MWh]."""
        return self.soc_min_pu * self.energy_max_mwh

    @cached_property
    def high_mwh(self) -> float:
        """Most energy the window allows [MWh]."""
        return self.soc_max_pu * self.energy_max_mwh

    @property
    def segment_count(self) -> int:
        """Segments of depth with a wear cost of their own."""
        return len(self.ageing_cost_mad_per_mwh)

    @property
    def width_mwh(self) -> float:
        """Energy of one segment [MWh]."""
        return (self.high_mwh - self.low_mwh) / self.segment_count

    def needs(self) -> list[Needed]:
        """Return the reserve: the least stored energy at the end of each step."""
        column, nothing = f"{self.name}_energy_min_mwh", None if self.series_file else 0.0
        return [Needed(column=column, low=0, high=self.high_mwh, default=nothing)]

    def lost_mw(self, given: Given) -> np.ndarray:
        """Return what outages take from the discharging power in each step [MW]."""
        return np.asarray(np.maximum(self.discharge_max_mw - given.left_mw(self.name), 0.0))

    def state_quantities(self) -> list[str]:
        """Return the stored energy, and its split over segments of depth."""
        return ["energy_mwh", "segment_energy_mwh"]

    def opening_mwh(self, given: Given) -> float:
        """Return the stored energy the plan begins with [MWh]."""
        return given.state.value(self.name, "energy_mwh", self.energy_initial_mwh)

    def opening_segments_mwh(self, given: Given) -> list[float]:
        """Return the energy in each segment; without a split, the deepest are full first."""
        above_mwh = self.opening_mwh(given) - self.low_mwh
        deepest_first = self.mended_split_mwh([0.0] * self.segment_count, above_mwh)
        found = {row.key: row.value for row in given.state.find(self.name, "segment_energy_mwh")}
        split = [found.get(str(k + 1), default) for k, default in enumerate(deepest_first)]
        is_whole = abs(sum(split) - above_mwh) <= TOLERANCE
        return split if is_whole and max(split) <= self.width_mwh + TOLERANCE else deepest_first

    def mended_split_mwh(self, split_mwh: Sequence[float], above_mwh: float) -> list[float]:
        """Return a split over segments, changed as little as it takes to add up to `above_mwh`.

        What is missing goes into the deepest first, what is too much leaves the shallowest first.
        """
        filled = [min(max(energy, 0.0), self.width_mwh) for energy in split_mwh]
        rest = above_mwh - sum(filled)
        shallow_first = range(self.segment_count)
        for k in shallow_first if rest < 0 else reversed(shallow_first):
            moved = min(max(rest, -filled[k]), self.width_mwh - filled[k])
            filled[k] += moved
            rest -= moved
        return filled

    def input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rule that the opening split over segments adds up to the stored energy."""
        rows = given.state.find(self.name, "segment_energy_mwh")
        apart_mwh = sum(row.value for row in rows) - (self.opening_mwh(given) - self.low_mwh)
        excess = pd.Series(abs(apart_mwh) if rows else 0.0, index=given.horizon.index[:1])
        return {"the opening split adds up to the stored energy [MWh]": excess}

    def _segment_columns(self, quantity: str) -> list[str]:
        """Return the published names of one quantity over the segments, shallow first."""
        stem, unit = quantity.rsplit("_", 1)
        return [f"{stem}_segment{k + 1}_{unit}" for k in range(self.segment_count)]

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return the wear, and (negative) the worth of what is stored at the end [MAD]."""
        taken = (
            own[["discharge_mw"]]
            if self.segment_count == 1
            else (own[self._segment_columns("discharge_mw")])
        )
        wear = (
            taken.mul(given.horizon.hours, axis=0).sum().to_numpy() @ self.ageing_cost_mad_per_mwh
        )
        worth = self.end_value_mad_per_mwh * own["energy_mwh"].iloc[-1]
        return {"ageing": float(wear), "end_value": -float(worth)}

    def _replayed(
        self, own: pd.DataFrame, given: Given, suffix: str, before_mwh: float, floor_mwh: float
    ) -> pd.Series:
        """Return the energy after each step as the published powers imply, from the step before."""
        hours = given.horizon.hours
        column = f"energy{suffix}_mwh"
        before = own[column].shift(fill_value=before_mwh)
        kept = (before + floor_mwh) * (1 - self.self_discharge_pu_per_h) ** hours - floor_mwh
        stored_mw = own[f"charge{suffix}_mw"] * self.charge_efficiency_pu
        taken_mw = own[f"discharge{suffix}_mw"] / self.discharge_efficiency_pu
        return pd.Series(kept + hours * (stored_mw - taken_mw))

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of a battery, replayed from its published powers."""
        charge, discharge, energy = own["charge_mw"], own["discharge_mw"], own["energy_mwh"]
        opening = energy.iloc[-1] if self.is_cyclic else self.opening_mwh(given)
        replayed = self._replayed(own, given, "", opening, 0.0)
        last = energy.iloc[-1:]
        rules = {
            "energy follows from the powers [MWh]": unequal(energy, replayed),
            "energy stays in its window, above [MWh]": energy - self.high_mwh,
            "energy stays in its window, below [MWh]": self.low_mwh - energy,
            "energy keeps its reserve [MWh]": own["energy_min_mwh"] - energy,
            "energy_min_mwh is the input's": unequal(
                own["energy_min_mwh"], given.series[f"{self.name}_energy_min_mwh"]
            ),
            "charge fits the converter [MW]": charge - self.charge_max_mw,
            "discharge fits the converter [MW]": discharge - self.discharge_max_mw,
            "never both at once [MW]": least(charge, discharge),
            "charge is not negative [MW]": -charge,
            "discharge is not negative [MW]": -discharge,
        }
        if self.energy_final_min_mwh is not None:
            rules["enough energy at the end [MWh]"] = self.energy_final_min_mwh - last
        if self.energy_final_max_mwh is not None:
            rules["not too much energy at the end [MWh]"] = last - self.energy_final_max_mwh
        return rules | (self._segment_rules(own, given) if self.segment_count > 1 else {})

    def _segment_rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of the split over segments of depth."""
        rules = {}
        for quantity in ("charge_mw", "discharge_mw"):
            total = own[self._segment_columns(quantity)].sum(axis=1, skipna=False)
            rules[f"segments share the {quantity[:-3]} [MW]"] = unequal(own[quantity], total)
        for k, before_mwh in enumerate(self.opening_segments_mwh(given)):
            name = f"_segment{k + 1}"
            floor_mwh = self.low_mwh if k == self.segment_count - 1 else 0.0
            energy = own[f"energy{name}_mwh"]
            replayed = self._replayed(own, given, name, before_mwh, floor_mwh)
            rules[f"segment {k + 1}: energy follows [MWh]"] = unequal(energy, replayed)
            rules[f"segment {k + 1}: energy fits [MWh]"] = energy - self.width_mwh
            rules[f"segment {k + 1}: energy is not negative [MWh]"] = -energy
            rules[f"segment {k + 1}: charge is not negative [MW]"] = -own[f"charge{name}_mw"]
            rules[f"segment {k + 1}: discharge is not negative [MW]"] = -own[f"discharge{name}_mw"]
        return rules

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the stored energy, and its split, after the first `count` steps."""
        row = own.iloc[count - 1]
        rows = [StateRow(self.name, "energy_mwh", float(row["energy_mwh"]))]
        if self.segment_count > 1:
            for k, column in enumerate(self._segment_columns("energy_mwh")):
                rows.append(
                    StateRow(self.name, "segment_energy_mwh", float(row[column]), str(k + 1))
                )
        return rows
