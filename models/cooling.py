"""Cooling: weather to the electric power that takes the servers' heat away.

Two streams carry the heat Q: room air past the servers, and a stream from the sink (outdoor air,
a cooling tower, or the sea) that takes it over. With q = Q / capacity and the sink at T:

    power / capacity = fixed + linear(T) q + cubic(T) q^3
    flow(T)   = range / (range + max(free limit - T, 0))      a cold sink needs less stream
    trim(T)   = min(max((T - free limit) / range, 0), 1)      share of heat chillers must lift
    COP(T)    = carnot_fraction (te + 273.15) / max(T + condenser_approach - te, lift_min)
    linear(T) = sink_lift flow + trim / COP
    cubic(T)  = room_fan + sink_fan flow^3                    fan and pump laws: flow cubed

te is the chillers' evaporating temperature, supply - evaporator_approach. The power rises and is
convex in Q, and rises with T: below the free limit by the flow, above it by trim and lift.
Q is the heat of the servers and of their UPS. Timing: means over the step.
"""

from itertools import pairwise
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from models.errors import InputError
from models.needs import needed
from models.parameters import Parameters
from models.weather.schema import Weather, utc

FloatArray = npt.NDArray[np.float64]

# Three chords from 0 to 1 that all stay within 0.0390 above the cube: the least there is.
CHORD_ENDS_PU = (0.0, 0.4659, 0.7570, 1.0)
CHORD_ERROR_PU = 0.0390
ZERO_DEGC_K = 273.15
EVAPORATION_MJ_PER_KG = 2.45  # latent heat of water at 20 degC, FAO Irrigation Paper 56, eq. 3-1
MJ_PER_MWH = 3600.0
WET_ONLY = ("evaporated_heat_pu", "concentration_cycles_1")
SEA_ONLY = ("sea_temp_degc",)


class CoolingPlant(Parameters):
    """Naturally cooled halls with chillers that step in when the sink is too warm."""

    technology: Literal["free_air", "wet_bulb", "sea_water"] = Field(
        description="heat sink: outdoor air through exchangers, cooling towers, or the sea"
    )
    capacity_heat_mw: float = Field(gt=0, le=5000, description="heat taken away at full flow [MW]")
    supply_temp_degc: float = Field(ge=10, le=45, description="air or water to the servers [degC]")
    range_k: float = Field(ge=3, le=30, description="warming along the servers [K]")
    approach_k: float = Field(
        ge=0, le=20, description="supply above sink at full flow, all exchangers together [K]"
    )
    fixed_power_pu: float = Field(
        ge=0, le=0.05, description="at any load, over heat capacity [per unit]"
    )
    room_fan_power_pu: float = Field(
        ge=0, le=0.15, description="fans in the halls at capacity, over heat [per unit]"
    )
    sink_fan_power_pu: float = Field(
        ge=0, le=0.15, description="fans or pumps of the sink at full flow, over heat [per unit]"
    )
    sink_lift_power_pu: float = Field(
        ge=0, le=0.05, description="pumping against a fixed height, over heat [per unit]"
    )
    carnot_fraction_pu: float = Field(
        ge=0.2, le=0.8, description="chillers' performance over Carnot's [per unit]"
    )
    condenser_approach_k: float = Field(
        ge=1, le=30, description="chillers' condensing above sink temperature [K]"
    )
    evaporator_approach_k: float = Field(
        ge=1, le=20, description="chillers' evaporating below supply temperature [K]"
    )
    lift_min_k: float = Field(ge=3, le=30, description="least lift chillers can run at [K]")
    evaporated_heat_pu: float | None = Field(
        default=None, ge=0, le=1, description="wet_bulb: heat that leaves as vapour [per unit]"
    )
    concentration_cycles_1: float | None = Field(
        default=None, ge=1.5, le=20, description="wet_bulb: salt in blown-down over fresh water [1]"
    )
    sea_temp_degc: tuple[float, ...] | None = Field(
        default=None,
        strict=False,  # TOML gives a list
        min_length=12,
        max_length=12,
        description="sea_water: at the intake, mean of each month from January [degC]",
    )

    @model_validator(mode="after")
    def _sink_is_described_once(self) -> Self:
        own = {"free_air": (), "wet_bulb": WET_ONLY, "sea_water": SEA_ONLY}[self.technology]
        problems = []
        for name in (*WET_ONLY, *SEA_ONLY):
            value = getattr(self, name)
            if name in own and value is None:
                problems.append(f"{name} is missing. Give it.")
            if name not in own and value is not None:
                use = f"not for technology = {self.technology}"
                problems.append(f"{name} = {value} is {use}. Remove it.")
        wrong = [t for t in self.sea_temp_degc or () if not -2 <= t <= 40]
        problems += [f"sea_temp_degc = {t} is outside [-2, 40]. Give degC." for t in wrong]
        if problems:
            raise ValueError(" ".join(problems))
        return self

    @property
    def free_limit_degc(self) -> float:
        """Warmest sink that does without chillers."""
        return self.supply_temp_degc - self.approach_k


def cooling_segments(weather: Weather, plant: CoolingPlant) -> pd.DataFrame:
    """Return the straight lines that bound cooling power from below, and the water it takes.

    cooling_mw >= intercept_k_mw + slope_k_pu * heat_mw for k = 1, 2, 3, valid for heat from 0 to
    capacity_heat_mw. The lines are chords: their maximum is never below the true curve, and above
    it by at most 0.039 of the cubic term at capacity (`chord_error_mw`).

    Returns
    -------
    DataFrame, shape (steps,)
        ``intercept_1_mw``, ``slope_1_pu`` (MW per MW of heat), and so on to 3;
        ``water_l_per_mwh_heat``: fresh water per heat carried away. [L/MWh]

    Raises
    ------
    InputError
        A needed column is missing or outside its physical range.
    """
    sink = sink_temp_degc(weather, plant)
    linear, cubic = _rates_pu(sink, plant)
    segments: dict[str, FloatArray] = {}
    for k, (low, high) in enumerate(pairwise(CHORD_ENDS_PU), start=1):
        steepness = low**2 + low * high + high**2  # slope of the cube's chord
        at_zero = plant.fixed_power_pu - cubic * low * high * (low + high)
        segments[f"intercept_{k}_mw"] = at_zero * plant.capacity_heat_mw
        segments[f"slope_{k}_pu"] = linear + cubic * steepness
    segments["water_l_per_mwh_heat"] = _water_l_per_mwh_heat(sink, plant)
    return pd.DataFrame(segments, index=sink.index)


def chord_error_mw(weather: Weather, plant: CoolingPlant) -> pd.Series:
    """Return by how much the segments overstate cooling power at the worst load of each step."""
    sink = sink_temp_degc(weather, plant)
    cubic = _rates_pu(sink, plant)[1]
    return pd.Series(CHORD_ERROR_PU * cubic * plant.capacity_heat_mw, sink.index)


def cooling_power_mw(
    weather: Weather, plant: CoolingPlant, heat_mw: float | pd.Series
) -> pd.Series:
    """Return the true, curved cooling power for a heat, one value or one for each step.

    Raises
    ------
    InputError
        Heat is below zero or above capacity, or the weather is not usable.
    """
    sink = sink_temp_degc(weather, plant)
    heat = pd.Series(heat_mw, index=sink.index, dtype=float).to_numpy()
    load = heat / plant.capacity_heat_mw
    wrong = ~((load >= 0) & (load <= 1))
    if wrong.any():
        first = int(np.argmax(wrong))
        time = utc(pd.Timestamp(sink.index[first]))
        most = f"[0, capacity_heat_mw = {plant.capacity_heat_mw:g}]"
        what = f"heat_mw = {heat[first]:g} at {time} is outside {most}"
        raise InputError([f"cooling: {what}. Lower the heat, or give a larger capacity."])
    linear, cubic = _rates_pu(sink, plant)
    power_pu = plant.fixed_power_pu + linear * load + cubic * load**3
    return pd.Series(power_pu * plant.capacity_heat_mw, index=sink.index)


def pue_pu(
    weather: Weather,
    plant: CoolingPlant,
    *,
    it_mw: float,
    ups_loss_pu: float,
    overhead_mw: float,
) -> pd.Series:
    """Return facility power over server power, from the true cooling curve (ISO/IEC 30134-2).

    Cooling carries the heat of servers and UPS; the overhead (light, offices) is not cooled.
    """
    behind_ups_mw = it_mw * (1 + ups_loss_pu)
    cooling = cooling_power_mw(weather, plant, behind_ups_mw)
    return (behind_ups_mw + cooling + overhead_mw) / it_mw


def sink_temp_degc(weather: Weather, plant: CoolingPlant) -> pd.Series:
    """Return the temperature of what the heat goes to: dry bulb, wet bulb or sea."""
    if plant.technology == "sea_water":
        return _sea_temp_degc(weather, plant.sea_temp_degc or ())
    bulb = {"free_air": "temp_air_degc", "wet_bulb": "temp_wet_bulb_degc"}[plant.technology]
    return needed(weather, [bulb])[bulb]


def _sea_temp_degc(weather: Weather, monthly: tuple[float, ...]) -> pd.Series:
    """Return monthly means, each at the middle of its month, joined by straight lines."""
    begins = pd.DatetimeIndex(weather.table.index)
    middles = begins + weather.step / 2
    days = middles.day - 1 + (middles.hour + middles.minute / 60) / 24
    position = middles.month - 1 + days / middles.days_in_month  # months since New Year
    month_middles = np.arange(-0.5, 13.0)
    around = [monthly[-1], *monthly, monthly[0]]
    return pd.Series(np.interp(position, month_middles, around), index=begins)


def _rates_pu(sink: pd.Series, plant: CoolingPlant) -> tuple[FloatArray, FloatArray]:
    """Return linear(T) and cubic(T) of the module's equation."""
    temp = sink.to_numpy(dtype=float)
    spare = np.maximum(plant.free_limit_degc - temp, 0.0)
    flow = plant.range_k / (plant.range_k + spare)
    linear = plant.sink_lift_power_pu * flow + _compressor_pu(temp, plant)
    return linear, plant.room_fan_power_pu + plant.sink_fan_power_pu * flow**3


def _compressor_pu(temp: FloatArray, plant: CoolingPlant) -> FloatArray:
    """Return the chillers' power over all heat, trim(T) / COP(T)."""
    trim = np.clip((temp - plant.free_limit_degc) / plant.range_k, 0.0, 1.0)
    evaporating = plant.supply_temp_degc - plant.evaporator_approach_k
    lift = np.maximum(temp + plant.condenser_approach_k - evaporating, plant.lift_min_k)
    return trim * lift / (plant.carnot_fraction_pu * (evaporating + ZERO_DEGC_K))


def _water_l_per_mwh_heat(sink: pd.Series, plant: CoolingPlant) -> FloatArray:
    """Return vapour and blow-down of the towers, which carry the chillers' work as well."""
    if plant.evaporated_heat_pu is None or plant.concentration_cycles_1 is None:
        return np.zeros(len(sink))
    cycles = plant.concentration_cycles_1
    rejected = 1.0 + _compressor_pu(sink.to_numpy(dtype=float), plant)
    vapour = plant.evaporated_heat_pu * MJ_PER_MWH / EVAPORATION_MJ_PER_KG
    return rejected * vapour * cycles / (cycles - 1.0)
