"""A fixed schedule against every scenario of the forecast: cost, what breaks, sovereign margin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.audit import Published, clauses_in_force
from optimizer.component import Given
from optimizer.phrases import joined, number, phrase
from optimizer.realised import (
    first_hours,
    missing_mw,
    planned,
    realised,
    running_bill_mad,
    sovereign_margin_mw,
    stoppables,
    with_series,
)
from optimizer.recourse import Outcome, recourse
from optimizer.recourse_store import Floats

BINDING_H = 24.0
BROKEN = 1e-4  # of a clause's own unit: what the audit calls broken
SHORT_MWH = 1e-3


@dataclass(frozen=True, kw_only=True, slots=True)
class Robustness:
    """How the binding hours of a plan stand up to the scenarios of its forecast.

    Attributes
    ----------
    scenario_count : int
    planned_cost_mad, expected_cost_mad, worst_cost_mad : float
        Of the whole plan; the scenarios differ from it in the binding hours. [MAD]
    stopped_mwh : float
        Compute stopped beyond the plan, expected, at the bus. [MWh]
    broken_pu : dict
        Probability by article that the clause is broken, or more of it bought than planned.
    stopped_pu, short_pu : float
        Probability that compute has to stop beyond the plan; that supply is short all the same.
    sovereign_margin_mw : float
        Least of all steps and scenarios: what could feed the sovereign load above its need. [MW]
    sovereign_margin_utc : str
        When that is.
    """

    scenario_count: int
    hours_h: float
    planned_cost_mad: float
    expected_cost_mad: float
    worst_cost_mad: float
    stopped_mwh: float
    broken_pu: Mapping[str, float]
    stopped_pu: float
    short_pu: float
    sovereign_margin_mw: float
    sovereign_margin_utc: str

    def as_json(self) -> dict[str, Any]:
        """Return the figures as JSON has them."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "broken_pu": dict(self.broken_pu)
        }

    def sentences(self) -> list[str]:
        """Say in sentences how the plan stands up to the scenarios."""
        likely = [
            phrase("Art. {article} {percent}", {"article": a, "percent": number(p, ".0%")})
            for a, p in self.broken_pu.items()
            if p > 0
        ]
        costs = {
            "count": self.scenario_count,
            "hours": number(self.hours_h, "g"),
            "mad": number(self.expected_cost_mad),
            "more": number(self.expected_cost_mad - self.planned_cost_mad, "+,.0f"),
            "worst": number(self.worst_cost_mad),
        }
        stopped = {
            "percent": number(self.stopped_pu, ".0%"),
            "mwh": number(self.stopped_mwh, ",.1f"),
        }
        margin = {
            "mw": number(self.sovereign_margin_mw, ",.1f"),
            "moment": self.sovereign_margin_utc,
        }
        broken = joined("; ", likely) if likely else phrase("none in any scenario")
        return [
            phrase(
                "{count} scenarios, the plan held fixed for {hours} h: expected cost {mad} MAD "
                "({more}), worst {worst}.",
                costs,
            ),
            phrase("Compute stops beyond the plan: {percent} likely, {mwh} MWh expected.", stopped),
            phrase(
                "Supply is short all the same: {percent} likely.",
                {"percent": number(self.short_pu, ".0%")},
            ),
            phrase("Clauses broken beyond the plan: {clauses}.", {"clauses": broken}),
            phrase("Worst sovereign margin: {mw} MW at {moment}.", margin),
        ]


def robustness(
    published: Published, scenarios: Mapping[str, Floats], weights: Floats
) -> Robustness:
    """Return how the binding hours of a plan stand up to the scenarios.

    Parameters
    ----------
    scenarios : mapping of str to array, shape (steps, scenarios)
        Input series of the plan by column, each in its own unit.
    weights : array, shape (scenarios,)
        Probabilities; they add up to one.
    """
    part = first_hours(published, BINDING_H)
    count, stop = len(part.table), stoppables(part)
    givens = [
        with_series(part.given, {name: rows[:count, s] for name, rows in scenarios.items()})
        for s in range(len(weights))
    ]
    missing = np.array([missing_mw(part, given) for given in givens]).T
    outcome = recourse(planned(part, stop), missing)
    tables = [realised(part, given, outcome, s, stop) for s, given in enumerate(givens)]
    pairs = list(zip(tables, givens, strict=True))
    bills = np.array([running_bill_mad(part, table, given) for table, given in pairs])
    cost = published.objective_mad - running_bill_mad(part, part.table, part.given) + bills
    cost += _lent_mad(part, outcome) + _stopped_mad(part, outcome, [s.mad_per_mwh for s in stop])
    margins = np.array([sovereign_margin_mw(table, part.site, given) for table, given in pairs])
    at, hours = part.table.index[int(margins.argmin()) % count], part.given.horizon.hours
    stopped, short = hours @ outcome.stopped_mw.sum(axis=2), hours @ outcome.short_mw
    return Robustness(
        scenario_count=len(weights),
        hours_h=float(hours.sum()),
        planned_cost_mad=published.objective_mad,
        expected_cost_mad=float(cost @ weights),
        worst_cost_mad=float(cost.max()),
        stopped_mwh=float(stopped @ weights),
        broken_pu=_broken(part, tables, givens, weights),
        stopped_pu=float(weights[stopped > SHORT_MWH].sum()),
        short_pu=float(weights[short > SHORT_MWH].sum()),
        sovereign_margin_mw=float(margins.min()),
        sovereign_margin_utc=f"{at:%Y-%m-%dT%H:%MZ}",
    )


def _lent_mad(part: Published, outcome: Outcome) -> Floats:
    """Return the wear of what batteries lent, and the worth of what they are still owed [MAD].

    Wear is taken at the mean of the battery's segments, as nobody knows from which it comes.
    """
    total = np.zeros(outcome.short_mw.shape[1])
    for k, battery in enumerate(part.site.battery.values()):
        lent_mwh = part.given.horizon.hours @ outcome.lent_mw[k]
        total += lent_mwh * float(np.mean(battery.ageing_cost_mad_per_mwh))
        owed_mwh = outcome.owed_mwh[k, -1]
        total += owed_mwh * battery.end_value_mad_per_mwh
    return total


def _stopped_mad(part: Published, outcome: Outcome, worths: list[float]) -> Floats:
    """Return the worth of the compute that stopped [MAD], of IT power as its price is."""
    per_it = part.table["site_bus_per_it_pu"].to_numpy()
    it_mwh = outcome.stopped_mw * (part.given.horizon.hours / per_it)[:, None, None]
    return (
        np.asarray(it_mwh.sum(axis=0) @ np.array(worths)) if worths else np.zeros(it_mwh.shape[1])
    )


def _broken(
    part: Published, tables: list[pd.DataFrame], givens: list[Given], weights: Floats
) -> dict[str, float]:
    """Return by article the probability that more of the clause is broken than planned."""
    found = {}
    for clause in clauses_in_force(part):
        least = clause.bought(part.table, part.given) + BROKEN
        worse = [clause.bought(t, g) > least for t, g in zip(tables, givens, strict=True)]
        found[clause.article] = float(weights[np.array(worse)].sum())
    return found
