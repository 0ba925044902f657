"""Virtual capacity curve: what each class of compute may draw in each step of the day.

After A. Radovanovic et al., "Carbon-Aware Computing for Datacenters," IEEE Transactions on Power
Systems, 2023 (arXiv:2106.11750): the compute scheduler receives a limit by the step, a day ahead.
Here it is the audited plan's own IT power; what stands by for an embassy is a class of its own,
for which the work above the other classes' floors gives way. Only the hours that bind are handed
over. Powers are means over a step, which is named by its beginning.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from models.parameters import Parameters
from optimizer.agreement.embassy_reserve import EmbassyReserve
from optimizer.audit import Published, clauses_in_force
from optimizer.component import Component
from optimizer.config import WORKLOADS
from optimizer.workloads.firm import Firm

BINDING_H = 24.0  # the part of a plan that is carried out; the rest looks ahead
MW_DIGITS = 6  # a watt
_STAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
_NOTHING_MW = 1e-6
Standing = Literal["in order", "softened", "gap above its limit", "interrupted"]


class CapRow(Parameters):
    """The cap of one class in one step."""

    time_utc: str = Field(pattern=_STAMP, description="beginning of the step, UTC")
    step_h: float = Field(gt=0, le=24, description="length of the step [h]")
    workload: str = Field(min_length=1, description="class, as the schedule names it")
    cap_mw: float = Field(ge=0, description="IT power the class may draw at most [MW]")
    floor_mw: float = Field(ge=0, description="IT power that must not be taken from it [MW]")
    planned_mw: float = Field(ge=0, description="IT power the plan counts on [MW]")
    reserved_mw: float = Field(
        ge=0, description="part of the cap that stands by for the sovereign embassy [MW]"
    )
    fleet_share_pu: float | None = Field(
        ge=0, le=1, description="accelerators that run, of the fleet; null for others [per unit]"
    )
    accelerator_cap_pu: float | None = Field(
        ge=0,
        le=1,
        description="power of one that runs, of its nominal; null for others or paused [per unit]",
    )


class CapacityCurve(Parameters):
    """What is handed over: one row per step of the binding hours and class."""

    schema_version: Literal[1] = Field(description="version of this format")
    run: str = Field(min_length=1, description="name of the run folder")
    site: str = Field(min_length=1, description="name of the site")
    start_utc: str = Field(pattern=_STAMP, description="from when the caps hold, UTC")
    end_utc: str = Field(pattern=_STAMP, description="until when, UTC")
    standing: Standing = Field(description="how good the plan is; only in order is undegraded")
    weather_level: str = Field(description="measured, forecast, ...; and the rung, if not fresh")
    softened: tuple[str, ...] = Field(
        strict=False, description="sentences: which limits of the plan give way, and by how much"
    )
    row: tuple[CapRow, ...] = Field(strict=False, min_length=1, description="the caps")


def capacity_schema() -> dict[str, Any]:
    """Return the JSON Schema of capacity.json; a row of capacity.csv has the columns of CapRow."""
    return CapacityCurve.model_json_schema()


def stamp(moment: pd.Timestamp) -> str:
    """Return a moment as the files write it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def caps(published: Published) -> pd.DataFrame:
    """Return the caps of the binding hours, one row per step and class.

    Returns
    -------
    DataFrame with the columns of `CapRow`, ``time_utc`` as moments; NaN where a share means nothing
    """
    end_h = published.given.horizon.end_h
    count = max(1, int((end_h <= BINDING_H + 1e-9).sum()))
    frames = [_of_one(part, published) for part in published.site.fleet(WORKLOADS)]
    frames += [
        _standing_by(clause, published)
        for clause in clauses_in_force(published)
        if isinstance(clause, EmbassyReserve)
    ]
    rows = pd.concat([frame.iloc[:count] for frame in frames]).rename_axis("time_utc").reset_index()
    return rows.sort_values(["time_utc", "workload"], kind="stable", ignore_index=True)


def curve(
    published: Published,
    run: str,
    standing: Standing,
    weather_level: str,
    softened: Sequence[str] = (),
) -> CapacityCurve:
    """Return the capacity curve of a published plan, and what there is to know of the plan."""
    table = caps(published)
    ends = table["time_utc"] + pd.to_timedelta(table["step_h"], unit="h")
    shown = table.assign(time_utc=[stamp(t) for t in table["time_utc"]]).astype(object)
    rows = shown.where(table.notna(), None).to_dict("records")
    return CapacityCurve.model_validate(
        {
            "schema_version": 1,
            "run": run,
            "site": published.site.place.name,
            "start_utc": stamp(table["time_utc"].iloc[0]),
            "end_utc": stamp(ends.max().round("s")),
            "standing": standing,
            "weather_level": weather_level,
            "softened": list(softened),
            "row": rows,
        }
    )


def frame_of(capacity: CapacityCurve) -> pd.DataFrame:
    """Return the rows of a capacity curve as `caps` has them."""
    table = pd.DataFrame([row.model_dump() for row in capacity.row])
    moments = pd.DatetimeIndex(pd.to_datetime(table["time_utc"], utc=True)).as_unit("us")
    return table.assign(
        time_utc=moments,
        fleet_share_pu=table["fleet_share_pu"].astype("float64"),
        accelerator_cap_pu=table["accelerator_cap_pu"].astype("float64"),
    )


def _of_one(part: Component, published: Published) -> pd.DataFrame:
    """Return the caps of one class in every step."""
    own = part.own(published.table)
    planned = own[part.it_quantity].clip(lower=0.0).round(MW_DIGITS)
    share, each = _accelerators(part, own)
    return pd.DataFrame(
        {
            "step_h": published.table["step_h"],
            "workload": part.name,
            "cap_mw": planned,
            "floor_mw": _floor_mw(part, own).clip(0.0, planned).round(MW_DIGITS),
            "planned_mw": planned,
            "reserved_mw": 0.0,
            "fleet_share_pu": share,
            "accelerator_cap_pu": each,
        }
    )


def _floor_mw(part: Component, own: pd.DataFrame) -> pd.Series:
    """Return what must not be taken from a class: firm load that no tier may shed, jobs begun."""
    if isinstance(part, Firm):
        return own["demand_mw"] * (1.0 - sum(tier.shed_max_pu for tier in part.tiers))
    return own[part.it_quantity] - part.preempted_mw(own)


def _accelerators(part: Component, own: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the share of a fleet that runs, and the power of each of those over its nominal."""
    nominal_mw = getattr(part, "power_max_mw", None)
    if "powered_mw" not in own.columns or not nominal_mw:
        return (pd.Series(np.nan, index=own.index),) * 2
    powered = own["powered_mw"]
    each = (own["power_mw"] / powered.where(powered > _NOTHING_MW)).clip(0.0, 1.0)
    return (powered / nominal_mw).clip(0.0, 1.0).round(9), each.round(9)


def _standing_by(clause: EmbassyReserve, published: Published) -> pd.DataFrame:
    """Return what stands by for the embassy, as a class of its own: nothing of it is planned."""
    table = published.table
    ready = table[f"{clause.name}_ready_mw"].clip(lower=0.0).round(MW_DIGITS)
    return pd.DataFrame(
        {
            "step_h": table["step_h"],
            "workload": f"embassy_{clause.name}",
            "cap_mw": ready,
            "floor_mw": ready,
            "planned_mw": 0.0,
            "reserved_mw": ready,
            "fleet_share_pu": np.nan,
            "accelerator_cap_pu": np.nan,
        }
    )
