"""Training fleets: the hull of measured caps, and the audit of the table.

The audit finds throughput its own way, by interpolating along the hull's corners.
"""

from functools import cached_property
from itertools import pairwise
from typing import Annotated, ClassVar, Self

import numpy as np
import pandas as pd
from pydantic import Field, Strict, model_validator

from optimizer.component import Given, unequal
from optimizer.state import StateRow
from optimizer.workloads.training_job import TrainingJob
from optimizer.workloads.training_tiers import FlexTier, tier_problem

Point = Annotated[tuple[float, float], Strict(strict=False)]  # TOML gives a list


def hull(curve: tuple[tuple[float, float], ...]) -> tuple[list[tuple[float, float]], float]:
    """Return the hull's lines (slope, intercept) above its lowest cap, and that cap's power.

    Points below the chord of their neighbours, the pause among them, are left out: running a
    part of the fleet and pausing the rest does better.
    """
    kept: list[tuple[float, float]] = [(0.0, 0.0)]
    for point in sorted(curve):
        while len(kept) > 1 and _is_below(kept[-1], kept[-2], point):
            kept.pop()
        kept.append(point)
    lines = [
        ((y1 - y0) / (p1 - p0), y0 - (y1 - y0) / (p1 - p0) * p0)
        for (p0, y0), (p1, y1) in pairwise(kept[1:])
    ]
    if not lines:  # one cap: throughput is proportional to the units that run
        lines = [(kept[-1][1] / kept[-1][0], 0.0)]
    return lines, kept[1][0]


def _is_below(
    middle: tuple[float, float], left: tuple[float, float], right: tuple[float, float]
) -> bool:
    """Return whether `middle` lies on or below the chord from `left` to `right`."""
    rise = (middle[0] - left[0]) * (right[1] - left[1])
    return rise >= (middle[1] - left[1]) * (right[0] - left[0])


class TrainingRules(TrainingJob):
    """Parameters of a fleet, and the rules its published table must keep."""

    it_quantity: ClassVar[str] = "power_mw"
    curve: tuple[Point, ...] = Field(
        strict=False, min_length=1, description="measured (power, throughput) at caps [per unit]"
    )
    tiers: tuple[FlexTier, ...] = Field(
        default=(), strict=False, description="parts with contracts of their own, or none"
    )
    throughput_min_pu: float = Field(
        default=0, ge=0, le=1, description="least throughput of what runs, every step [per unit]"
    )
    ramp_max_mw_per_h: float | None = Field(
        default=None, gt=0, description="ramp limit, or none [MW/h]"
    )
    restart_cost_mad_per_mw: float = Field(
        ge=0, description="cost of resuming a paused MW [MAD/MW]"
    )
    restart_loss_h: float = Field(
        ge=0, le=2, description="work lost in resuming, in hours of nominal work [h]"
    )
    initial_powered_pu: float = Field(
        ge=0, le=1, description="share running before the plan [p.u.]"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse curves without the nominal point or with points outside the unit square."""
        points = sorted(self.curve)
        if points[-1] != (1.0, 1.0) or points[0][0] <= 0 or any(not 0 < y <= 1 for _, y in points):
            raise ValueError(
                "curve needs points with 0 < power <= 1 and 0 < throughput <= 1, the last (1, 1). "
                "Give power and throughput per unit of their values at full cap."
            )
        if len({p for p, _ in points}) < len(points):
            raise ValueError("curve has two points of one power. Keep one.")
        if self.tiers:  # else they would be fleets of their own by now
            problem = tier_problem(self.model_dump())
            raise ValueError(problem or "tiers are split in a whole site. Read it as one.")
        return self

    @cached_property
    def lines(self) -> list[tuple[float, float]]:
        """Slope and intercept of each line of the hull."""
        return hull(self.curve)[0]

    @cached_property
    def power_min_pu(self) -> float:
        """Power of a running accelerator at the lowest cap worth using, or allowed [per unit].

        Throughput rises with power, so that its least value is a least power: no row more.
        """
        rising = [(slope, intercept) for slope, intercept in self.lines if slope > 0]
        floors = [(self.throughput_min_pu - b) / a for a, b in rising if self.throughput_min_pu]
        return max([hull(self.curve)[1], *floors])

    @property
    def _counts_restarts(self) -> bool:
        """Whether resuming costs anything."""
        return self.restart_cost_mad_per_mw > 0 or self.restart_loss_h > 0

    def state_quantities(self) -> list[str]:
        """Return what runs, how long it has, and what the window has been delivered."""
        return [
            "powered_mw",
            "power_mw",
            *(["delivered_mwh"] if self.has_contract else []),
            *(["status_h"] if self.counts_times else []),
        ]

    def _opening(self, given: Given, quantity: str) -> float:
        """Return the value of one quantity in the step before the plan [MW]."""
        default = self.initial_powered_pu * self.power_max_mw
        return given.state.value(self.name, quantity, default)

    def stoppable(self, own: pd.DataFrame, given: Given) -> list[tuple[np.ndarray, float]]:
        """Return the power that trains, at the worth of its work or the price of missing it."""
        worth = max(self.shortfall_mad_per_mwh or 0.0, self.value_mad_per_mwh)
        return [(own[self.it_quantity].to_numpy(), worth)]

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return restarts, missing and extra work, less the worth of the work done [MAD]."""
        resumed_mw = float(own["restart_mw"].sum())
        return self.contract_bill(own, given) | {
            "restart": resumed_mw * self.restart_cost_mad_per_mw
        }

    def input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the rules of the opening state: the window's work, and all on or none."""
        rules = self.contract_input_rules(given) if self.has_contract else {}
        if self.counts_times:
            rules |= self.job_input_rules(self._opening(given, "powered_mw"), given)
        return rules

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of a training fleet."""
        powered, power, work = own["powered_mw"], own["power_mw"], own["work_mw"]
        before = np.concatenate([[self._opening(given, "powered_mw")], powered.to_numpy()[:-1]])
        resumed = np.maximum(powered - before, 0.0)
        change = (power - power.shift(fill_value=self._opening(given, "power_mw"))).abs()
        share = powered / self.power_max_mw
        reachable = self._throughput(power.to_numpy() / self.power_max_mw, share.to_numpy())
        lost = resumed * self.restart_loss_h / given.horizon.hours
        expected = np.maximum(reachable * self.power_max_mw - lost, 0.0)
        rules = {
            "what runs fits the fleet [MW]": powered - self.power_max_mw,
            "power is at most what runs [MW]": power - powered,
            "power is at least the lowest cap of what runs [MW]": self.power_min_pu * powered
            - power,
            "power is not negative [MW]": -power,
            "what resumes follows from what runs [MW]": unequal(own["restart_mw"], resumed),
            "what pauses follows from what runs [MW]": unequal(
                own["restart_mw"] - own["pause_mw"], powered - before
            ),
            "change of power follows from the power [MW]": unequal(own["power_change_mw"], change),
            "work is what the measured curve gives [MW]": unequal(work, expected),
        }
        if self.throughput_min_pu:
            least = self.throughput_min_pu * powered
            rules["what runs keeps its least throughput [MW]"] = (
                least - reachable * self.power_max_mw
            )
        if self.is_synchronous:
            rules["all accelerators run, or none"] = (share - share.round()).abs()
        if self.ramp_max_mw_per_h is not None:
            most = self.ramp_max_mw_per_h * given.horizon.hours
            rules["power changes no faster than its ramp [MW]"] = change - most
        if self.counts_times:
            rules |= self.job_rules(own, self._opening(given, "powered_mw"), given)
        return rules | self.contract_rules(own, given)

    def _throughput(self, power_pu: np.ndarray, running_pu: np.ndarray) -> np.ndarray:
        """Return the best throughput of a mix of measured caps: the audit's own way.

        The mix of two neighbouring caps is found by interpolating along the hull's corners.
        """
        corners = [(p, y) for p, y in sorted(self.curve) if self._is_corner(p, y)]
        each_pu = np.divide(power_pu, running_pu, out=np.zeros(len(power_pu)), where=running_pu > 0)
        powers, throughputs = zip(*corners, strict=True)
        return np.asarray(np.interp(each_pu, powers, throughputs) * running_pu)

    def _is_corner(self, power_pu: float, throughput_pu: float) -> bool:
        """Return whether no mix of two other caps, or of one and the pause, does better."""
        others = [(0.0, 0.0), *(q for q in self.curve if q[0] != power_pu)]
        return all(
            y0 + (y1 - y0) * (power_pu - p0) / (p1 - p0) < throughput_pu + 1e-12
            for p0, y0 in others
            for p1, y1 in others
            if p0 < power_pu < p1
        )

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return what runs, its power and what is delivered after the first `count` steps."""
        row = own.iloc[count - 1]
        rows = [StateRow(self.name, q, float(row[q])) for q in ("powered_mw", "power_mw")]
        rows += self.job_closing(own, count) if self.counts_times else []
        return rows + self.contract_closing(own, given, count)
