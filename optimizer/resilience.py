"""What the site could do alone: how long it survives an outage, what it lacks without a line.

Both replay the batteries step by step: what sun and wind give beyond the load charges them, what
is missing is taken out of them, within the powers and windows of each, one after the other.
Powers are means over a step, so an outage begins with a step and a shortage ends the step it is in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.assets.battery import Battery
from optimizer.audit import Published

SHORT_MWH = 1e-6  # a watt-hour: less is the solver's noise


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """A load to carry without a line, and what there is to carry it.

    Attributes
    ----------
    index : DatetimeIndex, shape (steps,)
        Beginnings of the steps, in UTC.
    step_h : ndarray, shape (steps,)
        Length of each step. [h]
    load_mw, supply_mw : ndarray, shape (steps,)
        What must be carried; what sun, wind and whatever else runs on can give. [MW]
    batteries : tuple of Battery
        Which store.
    stored_mwh : ndarray, shape (batteries, steps)
        Energy in each at the *beginning* of each step. [MWh]
    """

    index: pd.DatetimeIndex
    step_h: np.ndarray
    load_mw: np.ndarray
    supply_mw: np.ndarray
    batteries: tuple[Battery, ...]
    stored_mwh: np.ndarray


def outage_of(published: Published, load_column: str = "site_sovereign_mw") -> Outage:
    """Return the outage of a published plan: sun, wind and what the plan has stored carry a load.

    Parameters
    ----------
    load_column : str
        Column of the load at the bus; unless said otherwise the sovereign load with its cooling,
        while everything else is shed.
    """
    table, site, given = published.table, published.site, published.given
    batteries = tuple(site.battery.values())
    stored = []
    for battery in batteries:
        after_mwh = table[f"{battery.name}_energy_mwh"].to_numpy()
        opening = after_mwh[-1] if battery.is_cyclic else battery.opening_mwh(given)
        stored.append(np.concatenate([[opening], after_mwh[:-1]]))
    plants = [f"{plant.name}_available_mw" for plant in site.fleet(("solar", "wind"))]
    return Outage(
        index=pd.DatetimeIndex(table.index),
        step_h=table["step_h"].to_numpy(),
        load_mw=table[load_column].to_numpy(),
        supply_mw=table[plants].to_numpy().sum(axis=1),
        batteries=batteries,
        stored_mwh=np.reshape(stored, (len(batteries), len(table))),
    )


def survived_h(outage: Outage, longest_h: float = 24.0) -> pd.Series:
    """Return how long the load is carried from the beginning of each step.

    Returns
    -------
    Series, shape (steps,)
        Hours until the step that falls short, at most `longest_h` or to the end of the plan. [h]
    """
    count = len(outage.step_h)
    edges_h = np.concatenate([[0.0], np.cumsum(outage.step_h)])
    lasting, alive = np.zeros(count), np.arange(count)
    stored = list(outage.stored_mwh)
    for ahead in range(count):
        inside = alive + ahead < count
        alive, stored = alive[inside], [energy[inside] for energy in stored]
        now = alive + ahead
        need_mw = outage.load_mw[now] - outage.supply_mw[now]
        stored, short_mw = _bridged(outage.batteries, stored, need_mw, outage.step_h[now])
        carried = short_mw * outage.step_h[now] <= SHORT_MWH
        lasting[alive[carried]] = edges_h[now[carried] + 1] - edges_h[alive[carried]]
        going_on = carried & (lasting[alive] < longest_h - 1e-9)
        alive, stored = alive[going_on], [energy[going_on] for energy in stored]
        if not len(alive):
            break
    return pd.Series(np.minimum(lasting, longest_h), index=outage.index, name="survived_h")


def survival_curve(outage: Outage, lengths_h: Sequence[float] = tuple(range(1, 25))) -> pd.Series:
    """Return the probability that the load is carried through an outage, by its length.

    An outage begins with a step, each as likely as it is long; of a length that would run past
    the end of the plan nothing is known, so such beginnings are left out.

    Parameters
    ----------
    lengths_h : sequence of float
        Lengths of the outage. [h]

    Returns
    -------
    Series, index ``outage_h``
        Probability; NaN where the plan is shorter than the outage. [per unit]

    Examples
    --------
    One MWh stored carries a load of 1 MW for an hour from each of two steps, and not for two: the
    curve is 1 at 1 h and 0 at 2 h.
    """
    lasting = survived_h(outage, max(lengths_h)).to_numpy()
    begin_h = np.concatenate([[0.0], np.cumsum(outage.step_h)])
    left_h = begin_h[-1] - begin_h[:-1]
    found = []
    for length_h in lengths_h:
        known = left_h >= length_h - 1e-9
        carried = known & (lasting >= length_h - 1e-9)
        whole_h = outage.step_h[known].sum()
        found.append(outage.step_h[carried].sum() / whole_h if whole_h else np.nan)
    index = pd.Index(np.asarray(lengths_h, dtype="float64"), name="outage_h")
    return pd.Series(found, index=index, name="survival_pu")


def islanded_short_mw(published: Published) -> pd.Series:
    """Return what the facility would lack in each step without a line and without gensets.

    The load is the plan's own; the batteries begin with what the plan begins with and are then
    run for the load alone, since without a line the plan's own charging would be another.

    Returns
    -------
    Series, shape (steps,)
        Load that sun, wind and batteries leave uncovered. [MW]
    """
    outage = outage_of(published, "facility_power_mw")
    stored: list[Any] = [float(energy[0]) for energy in outage.stored_mwh]
    short = []
    need_mw = (outage.load_mw - outage.supply_mw).tolist()
    for need, step_h in zip(need_mw, outage.step_h.tolist(), strict=True):
        stored, missing_mw = _bridged(outage.batteries, stored, need, step_h)
        short.append(float(missing_mw) if missing_mw * step_h > SHORT_MWH else 0.0)
    return pd.Series(short, index=outage.index, name="short_mw")


def _bridged(
    batteries: Sequence[Battery], stored: list[Any], need_mw: Any, step_h: Any
) -> tuple[list[Any], Any]:
    """Return what each battery holds after a step, and the power that is still missing."""
    after = []
    for battery, energy_mwh in zip(batteries, stored, strict=True):
        kept_mwh = energy_mwh * (1 - battery.self_discharge_pu_per_h) ** step_h
        gain, loss = battery.charge_efficiency_pu, 1 / battery.discharge_efficiency_pu
        above_mw = np.maximum(kept_mwh - battery.low_mwh, 0.0) / (loss * step_h)
        room_mw = np.maximum(battery.high_mwh - kept_mwh, 0.0) / (gain * step_h)
        out_mw = np.minimum(
            np.maximum(need_mw, 0.0), np.minimum(battery.discharge_max_mw, above_mw)
        )
        in_mw = np.minimum(np.maximum(-need_mw, 0.0), np.minimum(battery.charge_max_mw, room_mw))
        after.append(kept_mwh + step_h * (gain * in_mw - loss * out_mw))
        need_mw = need_mw - out_mw + in_mw
    return after, np.maximum(need_mw, 0.0)
