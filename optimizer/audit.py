"""The audit: every balance, limit, price and clause again, from the published table alone.

It reads the table, the inputs and the opening state, never the model; NaN is a breach. The
components' own rules are in their files; what belongs to the site as a whole is here.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.agreement.clause import Clause
from optimizer.breach import Breach, breaches
from optimizer.component import Given, unequal
from optimizer.config import Agreement, Site
from optimizer.site_rules import site_rules
from optimizer.workloads.firm import UNSERVED_MAD_PER_MWH

MONEY_TOLERANCE_PU = 1e-6  # of the objective: the solver's own accuracy


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What a run publishes, and what it was made from."""

    table: pd.DataFrame
    site: Site
    agreement: Agreement
    given: Given  # with the published rates of cohorts
    objective_mad: float  # the solver's, without the tie-break


def audit(published: Published) -> list[Breach]:
    """Return everything the published table breaks, by rule and moment."""
    table, given = published.table, published.given
    if found := _shape(table, given):
        return found
    odd = table.columns[~np.isfinite(table.to_numpy(dtype="float64")).all(axis=0)]
    found = breaches("table", {f"{c} is a number": table[c] * 0.0 for c in odd})
    try:
        return found + _all_rules(published) + _money(published)
    except KeyError as error:  # a column of that name, the part's own in front or not
        at = table.index[0]
        return [*found, Breach(f"table: no column {error.args[0]}", at, float("nan"))]


def _all_rules(published: Published) -> list[Breach]:
    """Return what is broken of the rules of the site, its parts and the agreement."""
    table, site, given = published.table, published.site, published.given
    found = breaches("site", site_rules(table, site, given))
    for part in site.components():
        found += part.audit(table, given)
    for clause in clauses_in_force(published):
        found += clause.audit(table, given)
    return found


def clauses_in_force(published: Published) -> list[Clause]:
    """Return the clauses that hold in at least one published step."""
    clauses, index = published.agreement.clause, published.table.index
    return [clause for clause in clauses if any(map(clause.in_force, index))]


def clause_rows(published: Published) -> list[dict[str, Any]]:
    """Return how each clause in force stands."""
    rows = []
    for clause in clauses_in_force(published):
        bought = clause.bought(published.table, published.given)
        rows.append(
            {
                "article": clause.article,
                "kind": clause.kind,
                "is_hard": clause.is_hard,
                "is_kept": bool(bought <= 1e-4),
                "bought": round(bought, 6),
                "cost_mad": round(sum(clause.bill(published.table, published.given).values()), 4),
                "sentence": clause.explain(published.table, published.given),
            }
        )
    return rows


def _shape(table: pd.DataFrame, given: Given) -> list[Breach]:
    """Return breaches of the table's time axis: the rest can't be read then."""
    index = given.horizon.index
    if len(table) != len(index) or not (table.index == index).all():
        return [Breach("table: the steps are not the input's", index[0], float("nan"))]
    return breaches(
        "table", {"step_h is the input's [h]": unequal(table["step_h"], given.series["step_h"])}
    )


def bills(published: Published) -> dict[tuple[str, str], float]:
    """Return every cost of the published table, by component and kind [MAD]."""
    table, given = published.table, published.given
    found: dict[tuple[str, str], float] = {}
    for part in published.site.components():
        for kind, mad in part.bill(part.own(table), given).items():
            found[part.name, kind] = mad
    for clause in clauses_in_force(published):
        for kind, mad in clause.bill(table, given).items():
            found[clause.name, kind] = mad
    if given.is_elastic:
        wasted_mwh = float((table["bus_surplus_mw"] * given.horizon.hours).sum())
        found["bus", "surplus"] = wasted_mwh * UNSERVED_MAD_PER_MWH
    return found


def _money(published: Published) -> list[Breach]:
    """Return a breach where the table's bill is not the solver's objective."""
    costs = np.array(list(bills(published).values()))
    scale = max(1.0, float(np.abs(costs).sum()))
    apart = abs(costs.sum() - published.objective_mad)
    excess = apart - MONEY_TOLERANCE_PU * scale
    at = published.table.index[-1:]
    return breaches(
        "site", {"the bill is the solver's objective [MAD]": pd.Series(excess, index=at)}
    )
