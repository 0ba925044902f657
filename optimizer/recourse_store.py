"""A battery held to its plan that may lend energy and must be paid back, step by step."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """A battery as planned, one value a step; power at the bus, energy at the end of the step."""

    hours: Floats
    charge_mw: Floats
    discharge_mw: Floats
    energy_mwh: Floats
    least_mwh: Floats  # of its window and its reserve
    charge_max_mw: Floats | float  # of the converters in service, by step where outages change it
    discharge_max_mw: Floats | float
    charge_efficiency_pu: float
    discharge_efficiency_pu: float

    def kept_back(self, t: int, owed_mwh: Floats) -> tuple[Floats, Floats]:
        """Return the planned discharge that can't be, for lack of energy, and what is owed then.

        Parameters
        ----------
        owed_mwh : array, shape (scenarios,)
            Energy the cells hold less than planned. [MWh]

        Returns
        -------
        array, array
            Power kept back [MW], and what is owed after the step [MWh].
        """
        per_mw = self.hours[t] / self.discharge_efficiency_pu
        below_mwh = np.maximum(self.least_mwh[t] + owed_mwh - self.energy_mwh[t], 0.0)
        kept_mw = np.minimum(self.discharge_mw[t], below_mwh / per_mw)
        return kept_mw, owed_mwh - kept_mw * per_mw

    def repaid(
        self, t: int, owed_mwh: Floats, more_mw: Floats, kept_mw: Floats
    ) -> tuple[Floats, Floats]:
        """Return how much of `more_mw` pays back what is owed, and what is owed then."""
        per_out = self.hours[t] / self.discharge_efficiency_pu
        per_in = self.hours[t] * self.charge_efficiency_pu
        left_mw = self.discharge_mw[t] - kept_mw
        instead_mw = np.minimum(np.minimum(more_mw, left_mw), owed_mwh / per_out)
        owed_mwh = owed_mwh - instead_mw * per_out
        most_mw = np.broadcast_to(self.charge_max_mw, self.hours.shape)[t]
        room_mw = np.where(instead_mw < left_mw, 0.0, most_mw - self.charge_mw[t])
        into_mw = np.minimum(np.minimum(more_mw - instead_mw, room_mw), owed_mwh / per_in)
        return instead_mw + into_mw, owed_mwh - into_mw * per_in

    def lent(self, t: int, owed_mwh: Floats, lack_mw: Floats) -> tuple[Floats, Floats]:
        """Return what the cells give of `lack_mw` above their reserve, and what is owed then."""
        per_out = self.hours[t] / self.discharge_efficiency_pu
        per_in = self.hours[t] * self.charge_efficiency_pu
        above_mwh = np.maximum(self.energy_mwh[t] - owed_mwh - self.least_mwh[t], 0.0)
        less_mw = np.minimum(np.minimum(lack_mw, self.charge_mw[t]), above_mwh / per_in)
        above_mwh = above_mwh - less_mw * per_in
        most_mw = np.broadcast_to(self.discharge_max_mw, self.hours.shape)[t]
        room_mw = np.where(less_mw < self.charge_mw[t], 0.0, most_mw - self.discharge_mw[t])
        out_mw = np.minimum(np.minimum(lack_mw - less_mw, room_mw), above_mwh / per_out)
        return less_mw + out_mw, owed_mwh + less_mw * per_in + out_mw * per_out
