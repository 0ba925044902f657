"""Battery on the site bus: losses, a state-of-charge window, ageing that grows with depth.

Signs: charge and discharge are both >= 0, measured at the bus, mean over a step.
Timing: ``energy_mwh`` is what is stored at the *end* of a step.
Ageing: the window is split into equal segments of depth; taking energy out of a deeper segment
costs more (B. Xu et al., "Factoring the cycle aging cost of batteries participating in
electricity markets," IEEE Trans. Power Syst. 33(2), 2018), which keeps the model linear.
"""

from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field, model_validator

from optimizer.component import Component, Given, Terms, parameter, solved, unequal
from optimizer.state import StateRow


class Battery(Component):
    """Cells behind one converter; losses on the way in, on the way out and while waiting."""

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
        description="wear per MWh discharged, one value per segment of depth, shallow first [MAD/MWh]",
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
        """Least energy the window allows. [MWh]"""
        return self.soc_min_pu * self.energy_max_mwh

    @cached_property
    def high_mwh(self) -> float:
        """Most energy the window allows. [MWh]"""
        return self.soc_max_pu * self.energy_max_mwh

    @property
    def segment_count(self) -> int:
        """Segments of depth with a wear cost of their own."""
        return len(self.ageing_cost_mad_per_mwh)

    @property
    def width_mwh(self) -> float:
        """Energy of one segment. [MWh]"""
        return (self.high_mwh - self.low_mwh) / self.segment_count

    def state_quantities(self) -> list[str]:
        """Return the stored energy, and its split over segments of depth."""
        return ["energy_mwh", "segment_energy_mwh"]

    def opening_mwh(self, given: Given) -> float:
        """Return the stored energy the plan begins with. [MWh]"""
        return given.state.value(self.name, "energy_mwh", self.energy_initial_mwh)

    def opening_segments_mwh(self, given: Given) -> list[float]:
        """Return the energy in each segment; without a split, the deepest are full first."""
        above_mwh = self.opening_mwh(given) - self.low_mwh
        rest, filled = above_mwh, []
        for _ in range(self.segment_count):
            filled.append(min(max(rest, 0.0), self.width_mwh))
            rest -= self.width_mwh
        deepest_last = filled[::-1]
        found = {row.key: row.value for row in given.state.find(self.name, "segment_energy_mwh")}
        split = [found.get(str(k + 1), default) for k, default in enumerate(deepest_last)]
        return split if abs(sum(split) - above_mwh) < 1e-6 else deepest_last

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare the battery's variables and constraints on an empty `block`."""
        steps = given.horizon.steps
        step_h = parameter(block, "step_h", given.horizon.hours)
        keep = parameter(
            block, "keep_pu", (1 - self.self_discharge_pu_per_h) ** given.horizon.hours
        )
        block.charge_mw = pyo.Var(steps, bounds=(0, self.charge_max_mw))
        block.discharge_mw = pyo.Var(steps, bounds=(0, self.discharge_max_mw))
        block.energy_mwh = pyo.Var(steps, bounds=(self.low_mwh, self.high_mwh))
        gain, loss = self.charge_efficiency_pu, 1 / self.discharge_efficiency_pu
        last = steps[-1]

        @block.Constraint(range(1, len(steps)))
        def energy_balance(b, t):
            in_mw, out_mw = gain * b.charge_mw[t], loss * b.discharge_mw[t]
            return b.energy_mwh[t] == keep[t] * b.energy_mwh[t - 1] + step_h[t] * (in_mw - out_mw)

        @block.Constraint()
        def energy_first(b):
            before_mwh = b.energy_mwh[last] if self.is_cyclic else self.opening_mwh(given)
            in_mw, out_mw = gain * b.charge_mw[0], loss * b.discharge_mw[0]
            return b.energy_mwh[0] == keep[0] * before_mwh + step_h[0] * (in_mw - out_mw)

        @block.Constraint(steps)
        def one_converter(b, t):  # the convex hull of "never both at once"; audited below
            return (
                b.charge_mw[t] / self.charge_max_mw + b.discharge_mw[t] / self.discharge_max_mw <= 1
            )

        if self.energy_final_min_mwh is not None:
            block.energy_mwh[last].setlb(self.energy_final_min_mwh)
        if self.energy_final_max_mwh is not None:
            block.energy_mwh[last].setub(self.energy_final_max_mwh)
        if self.segment_count > 1:
            self._add_segments(block, given)

    def _add_segments(self, block: pyo.Block, given: Given) -> None:
        """Split charge, discharge and energy over the segments of depth."""
        steps, segments = given.horizon.steps, range(self.segment_count)
        opening = self.opening_segments_mwh(given)
        gain, loss = self.charge_efficiency_pu, 1 / self.discharge_efficiency_pu
        step_h, keep = block.step_h, block.keep_pu
        block.segment_charge_mw = pyo.Var(segments, steps, bounds=(0, None))
        block.segment_discharge_mw = pyo.Var(segments, steps, bounds=(0, None))
        block.segment_energy_mwh = pyo.Var(segments, steps, bounds=(0, self.width_mwh))
        deepest = self.segment_count - 1  # what waits below the window leaks too: it pays for that
        block.floor_loss_mwh = pyo.Param(
            segments,
            steps,
            initialize={
                (k, t): (1 - keep[t]) * self.low_mwh * (k == deepest)
                for k in segments
                for t in steps
            },
        )

        @block.Constraint(segments, range(1, len(steps)))
        def segment_balance(b, k, t):
            in_mw, out_mw = gain * b.segment_charge_mw[k, t], loss * b.segment_discharge_mw[k, t]
            kept_mwh = keep[t] * b.segment_energy_mwh[k, t - 1] - b.floor_loss_mwh[k, t]
            return b.segment_energy_mwh[k, t] == kept_mwh + step_h[t] * (in_mw - out_mw)

        @block.Constraint(segments)
        def segment_first(b, k):
            in_mw, out_mw = gain * b.segment_charge_mw[k, 0], loss * b.segment_discharge_mw[k, 0]
            kept_mwh = keep[0] * opening[k] - b.floor_loss_mwh[k, 0]
            return b.segment_energy_mwh[k, 0] == kept_mwh + step_h[0] * (in_mw - out_mw)

        @block.Constraint(steps)
        def segments_charge(b, t):
            return b.charge_mw[t] == sum(b.segment_charge_mw[k, t] for k in segments)

        @block.Constraint(steps)
        def segments_discharge(b, t):
            return b.discharge_mw[t] == sum(b.segment_discharge_mw[k, t] for k in segments)

    def to_bus_mw(self, block: pyo.Block, t: int) -> object:
        """Return discharge less charge in step `t`."""
        return block.discharge_mw[t] - block.charge_mw[t]

    def deliverable_mwh(self, block: pyo.Block, t: int) -> object:
        """Return what the stored energy above the window's floor can bring to the bus."""
        return self.discharge_efficiency_pu * (block.energy_mwh[t] - self.low_mwh)

    def exclusive(self, block: pyo.Block) -> tuple[pyo.Var, pyo.Var]:
        """Return charge and discharge: never both at once."""
        return block.charge_mw, block.discharge_mw

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return wear by segment, less the worth of what is stored at the end."""
        hours, wear = given.horizon.hours, self.ageing_cost_mad_per_mwh
        terms: dict[str, Terms] = {}
        if self.segment_count > 1:
            taken = list(block.segment_discharge_mw.values())  # segment by segment, step by step
            terms["ageing"] = (np.outer(wear, hours).ravel(), taken)
        elif wear[0]:
            terms["ageing"] = (wear[0] * hours, list(block.discharge_mw.values()))
        if self.end_value_mad_per_mwh:
            last = given.horizon.steps[-1]
            terms["end_value"] = (np.array([-self.end_value_mad_per_mwh]), [block.energy_mwh[last]])
        return terms

    def _segment_columns(self, quantity: str) -> list[str]:
        """Return the published names of one quantity over the segments, shallow first."""
        stem, unit = quantity.rsplit("_", 1)
        return [f"{stem}_segment{k + 1}_{unit}" for k in range(self.segment_count)]

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return charge, discharge and energy, and their split over the segments of depth."""
        index = given.horizon.index
        table = solved(block, ["charge_mw", "discharge_mw", "energy_mwh"], index)
        if self.segment_count == 1:
            return table
        for quantity in ("charge_mw", "discharge_mw", "energy_mwh"):
            values = [v.value for v in getattr(block, f"segment_{quantity}").values()]
            split = np.maximum(np.reshape(values, (self.segment_count, len(index))), 0.0)
            table[self._segment_columns(quantity)] = split.T
        return table

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return the wear, and (negative) the worth of what is stored at the end. [MAD]"""
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
        return kept + hours * (stored_mw - taken_mw)

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
            "charge fits the converter [MW]": charge - self.charge_max_mw,
            "discharge fits the converter [MW]": discharge - self.discharge_max_mw,
            "never both at once [MW]": np.minimum(charge, discharge),
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
