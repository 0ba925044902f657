"""One synchronous training job: all accelerators run or none, for least times on and off.

Its audit follows the published status run by run; the model's rows are in `training`.
"""

from itertools import pairwise
from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from optimizer.component import Given, unequal
from optimizer.state import StateRow
from optimizer.workloads.training_contract import TrainingContract

LONG_H = 8784.0  # a year in a status nobody counted: as long as any limit


class TrainingJob(TrainingContract):
    """Parameters of a synchronous job, and the rules of its times on and off."""

    is_synchronous: bool = Field(
        default=False, description="one job on all accelerators: all run or none (an integer)"
    )
    min_up_h: float = Field(
        default=0, ge=0, le=8784, description="least hours a started synchronous job runs [h]"
    )
    min_down_h: float = Field(
        default=0, ge=0, le=8784, description="least hours a stopped synchronous job rests [h]"
    )
    initial_since_h: float | None = Field(
        default=None, ge=0, description="hours in its status before the plan, or none: long [h]"
    )

    @model_validator(mode="after")
    def _times_need_a_job(self) -> Self:
        """Refuse run times of a fleet whose parts stop one by one."""
        if (self.min_up_h or self.min_down_h) and not self.is_synchronous:
            raise ValueError(
                "min_up_h and min_down_h are times of one job on all accelerators. "
                "Set is_synchronous, or take them out."
            )
        return self

    @property
    def counts_times(self) -> bool:
        """Whether times on and off matter."""
        return self.min_up_h > 0 or self.min_down_h > 0

    def opening_status_h(self, given: Given) -> float:
        """Return the hours the job has been in its status before the plan [h]."""
        default = LONG_H if self.initial_since_h is None else self.initial_since_h
        return given.state.value(self.name, "status_h", default)

    def read_status(self, powered_mw: pd.Series, before_mw: float, given: Given) -> pd.Series:
        """Return the hours the job has been in its status at each step's end [h]."""
        status, since_h, hours = before_mw > 0, self.opening_status_h(given), []
        for is_on, step_h in zip(powered_mw > 0, given.horizon.hours, strict=True):
            since_h = since_h + step_h if is_on == status else step_h
            status = is_on
            hours.append(since_h)
        return pd.Series(hours, index=powered_mw.index)

    def job_rules(self, own: pd.DataFrame, before_mw: float, given: Given) -> dict[str, pd.Series]:
        """Return by how many hours a run or a rest was too short, and the hours in a status."""
        end_h, index = given.horizon.end_h, own.index
        is_on = (own["powered_mw"] > 0.5 * self.power_max_mw).to_numpy()
        was_on = np.concatenate([[before_mw > 0.5 * self.power_max_mw], is_on[:-1]])
        changes = np.flatnonzero(is_on != was_on).tolist()
        begins = [-self.opening_status_h(given), *given.horizon.begin_h[changes].tolist()]
        begun_h = np.array(begins)[np.searchsorted(changes, np.arange(len(index)), "right")]
        short_run, short_rest = np.zeros(len(index)), np.zeros(len(index))
        for step, (first_h, last_h) in zip(changes, pairwise(begins), strict=True):
            short = short_rest if is_on[step] else short_run
            least_h = self.min_down_h if is_on[step] else self.min_up_h
            short[step] = least_h - (last_h - first_h)
        rules = {
            "hours in its status follow from what runs [h]": unequal(
                own["status_h"], pd.Series(end_h - begun_h, index=index)
            ),
            "a rest is long enough [h]": pd.Series(short_rest, index=index),
        }
        if not given.is_elastic:
            rules["a run is long enough [h]"] = pd.Series(short_run, index=index)
        return rules

    def job_input_rules(self, before_mw: float, given: Given) -> dict[str, pd.Series]:
        """Return the rule that all of it ran before the plan, or none."""
        apart_mw = min(abs(before_mw), abs(self.power_max_mw - before_mw))
        excess = pd.Series(apart_mw, index=given.horizon.index[:1])
        return {"all accelerators ran before the plan, or none [MW]": excess}

    def job_closing(self, own: pd.DataFrame, count: int) -> list[StateRow]:
        """Return the hours in its status after the first `count` steps."""
        return [StateRow(self.name, "status_h", float(own["status_h"].iloc[count - 1]))]
