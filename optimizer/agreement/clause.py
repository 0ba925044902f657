"""What every clause of the agreement is: data from agreement.toml, and five verbs.

A clause reads published quantities only, and adds constraints to its own block. It is hard unless
the agreement prices a breach; then the amount bought is reported apart.
"""

import datetime
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field, model_validator

from models.parameters import Parameters
from optimizer.breach import Breach, breaches
from optimizer.component import Given, Terms, unequal
from optimizer.legal_time import SITE_TIME_ZONE, legal, zone
from optimizer.state import StateRow

ELASTIC_MAD = 1e5  # diagnostic only: price of a MWh (or kg) by which a hard clause is broken


Rate = Callable[[int], Any]  # of a step: an expression of the model


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantities:
    """The published quantities of the site a clause may read.

    Expressions of the model, by step, but for the arrays, which no decision moves. In the table
    they are ``site_<name>``, with ``_l`` and ``_kg`` per step instead of per hour.
    """

    import_mw: Rate
    export_mw: Rate
    wheeled_mw: Rate  # renewable power from elsewhere, part of the import
    dirty_import_mw: Rate  # what is not carbon-free of the import
    genset_mw: Rate
    genset_count: Rate  # units that run
    renewable_mw: Rate  # solar and wind used
    facility_mw: Rate
    preemptible_mw: Rate  # IT power that may stop at once
    emission_kg_per_h: Rate
    fuel_l_per_h: Rate
    water_l_per_h: Rate  # what cooling evaporates
    deliverable_mwh: Rate
    discharge_room_mw: Rate  # what batteries could still add to the bus
    work_mw: Mapping[str, Rate]  # IT work rate by workload
    service_per_h: Mapping[str, Rate]  # what a service makes, in its own unit
    stored_mwh: Mapping[str, Rate]  # by battery
    used_mw: Mapping[str, Rate]  # by solar or wind plant
    available_mw: Mapping[str, np.ndarray]  # by solar or wind plant
    capability_mw: np.ndarray  # the most that lines, gensets, sun and wind can give
    largest_unit_mw: np.ndarray  # the most that one line or one genset can give
    sovereign_mw: np.ndarray  # what the sovereign load draws at the bus, with its share of cooling
    bus_per_it_pu: np.ndarray  # at most: draw at the bus per IT power, with losses and cooling
    it_power_max_mw: float
    discharge_max_mw: np.ndarray  # of all batteries
    it_mw: Rate


class Clause(Parameters):
    """One article of the agreement."""

    kind: ClassVar[str]
    price_field: ClassVar[str]
    main_field: ClassVar[str]  # the number a trade-off moves
    is_lasting: ClassVar[bool] = True  # a breach by step lasts: it counts by the hour
    article: str = Field(pattern=r"^[0-9A-Za-z]+(\.[0-9A-Za-z]+)*$", description="article number")
    text: str = Field(min_length=1, description="the sentence of the agreement")
    valid_from: datetime.date = Field(description="first day it holds, legal time at the site")
    valid_until: datetime.date | None = Field(
        default=None, description="last day it holds, or none"
    )

    @model_validator(mode="after")
    def _holds_some_day(self) -> Self:
        """Refuse a clause that ends before it begins."""
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError(
                f"valid_until = {self.valid_until} is before valid_from. Give a later day."
            )
        return self

    @property
    def name(self) -> str:
        """Name of the clause's block and columns: ``art_4_2``."""
        return "art_" + self.article.replace(".", "_").lower()

    @property
    def is_hard(self) -> bool:
        """Whether it may never be broken."""
        return getattr(self, self.price_field) is None

    def price_mad(self, given: Given) -> float | None:
        """Return the price of a unit broken; None where it can't be."""
        priced: float | None = getattr(self, self.price_field)
        return ELASTIC_MAD if priced is None and given.is_elastic else priced

    def holds(self, index: pd.Index) -> np.ndarray:
        """Return True for the steps that begin while the clause is valid."""
        days = legal(index, SITE_TIME_ZONE).tz_localize(None).normalize()
        valid = days >= pd.Timestamp(self.valid_from)
        if self.valid_until is not None:
            valid &= days <= pd.Timestamp(self.valid_until)
        return np.asarray(valid)

    def in_force(self, moment: pd.Timestamp) -> bool:
        """Return whether the clause is valid at one moment: the audit's own way to ask."""
        today = date_at(moment, SITE_TIME_ZONE)
        return self.valid_from <= today <= (self.valid_until or datetime.date.max)

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return why the clause can't apply to a site with these parts.

        Parameters
        ----------
        parts : mapping
            Names of the site's parts by kind of table: ``{"training": ["training_ai"], ...}``.
        """
        return []

    def not_there(self, parts: Mapping[str, Sequence[str]], kinds: Sequence[str]) -> list[str]:
        """Return that the site has no part of any of `kinds`, if so."""
        if any(parts.get(kind) for kind in kinds):
            return []
        what = " or ".join(kinds).replace("_", " ")
        remedy = f"Add a table [{kinds[0]}.NAME] to the site, or take the clause out."
        return [f"Art. {self.article}: {self.kind} can't apply: the site has no {what}. {remedy}"]

    def unknown(
        self, field: str, parts: Mapping[str, Sequence[str]], kinds: Sequence[str]
    ) -> list[str]:
        """Return that the name in `field` is no part of one of `kinds`, if so."""
        value = getattr(self, field)
        known = [name for kind in kinds for name in parts.get(kind, ())]
        if value in known or not known:
            return [] if value in known else self.not_there(parts, kinds)
        what = f"{field} = {value!r} is not on the site"
        return [f"Art. {self.article}: {what}. Give one of {', '.join(known)}."]

    def exclusive(self, block: pyo.Block) -> list[tuple[Mapping[int, Any], Mapping[int, Any]]]:
        """Return pairs of variables by step that are never both positive."""
        return []

    def state_quantities(self) -> list[str]:
        """Return the quantities of the opening state that belong to the clause."""
        return []

    @abstractmethod
    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Declare what the clause forbids, on an empty `block`."""

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return the price of what is broken; a clause that sells breaches has ``short``."""
        price, short = self.price_mad(given), block.component("short")
        if price is None or short is None:
            return {}
        weights = self.weights(list(short.keys()), given)
        return {"breach": (price * weights, list(short.values()))}

    def weights(self, keys: list[int], given: Given) -> np.ndarray:
        """Return what multiplies the price for each entry of ``short``."""
        return np.ones(len(keys))

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return the clause's own columns, made from the published quantities."""
        return pd.DataFrame(index=table.index)

    @abstractmethod
    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return how much the published table breaks the clause, in the unit of its price."""

    def bill(self, table: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return the price of what is broken, from the published table alone [MAD]."""
        price = self.price_mad(given)
        return {} if price is None else {"breach": price * self.bought(table, given)}

    @abstractmethod
    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return ``sentence [unit] -> excess`` for every rule of the clause."""

    def kept(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rule that the clause is kept: nothing is broken unless that is sold."""
        if self.price_mad(given) is not None:
            return {}
        broken = pd.Series(self.bought(table, given), index=table.index[-1:])
        return {"the clause is kept": broken}

    @abstractmethod
    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say in one sentence with numbers, for a planner, how the clause stands."""

    def closing(self, table: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the clause's balance after the first `count` steps."""
        return []

    def audit(self, table: pd.DataFrame, given: Given) -> list[Breach]:
        """Re-compute the clause from the published table alone."""
        return breaches(f"Art. {self.article}", self.rules(table, given) | self.kept(table, given))

    def column_rule(self, table: pd.DataFrame, column: str, expected: pd.Series) -> pd.Series:
        """Return how far one published column of the clause is from what it should be."""
        return unequal(table[f"{self.name}_{column}"], expected)


def clause_kinds() -> dict[str, type[Clause]]:
    """Return the class of every kind of clause there is a file for."""
    classes = list(Clause.__subclasses__())
    for one in classes:  # grows: families of clauses have a class of their own
        classes += one.__subclasses__()
    return {kind.kind: kind for kind in classes if "kind" in vars(kind)}


@lru_cache(maxsize=50_000)  # each clause asks again for the same moments
def date_at(moment: pd.Timestamp, time_zone: str) -> datetime.date:
    """Return the calendar day of one moment on the clock of a zone."""
    return moment.tz_convert(zone(time_zone)).date()
