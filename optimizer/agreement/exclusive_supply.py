"""Exclusive on-site supply: the grid gives nothing, but for exceptions that are named."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Self

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import BeforeValidator, Field, model_validator

from models.parameters import Parameters
from optimizer.agreement.clause import Clause, Quantities
from optimizer.component import Given
from optimizer.phrases import joined, number, phrase

_USED_MW = 1e-3  # less is the solver's noise


def _moment(value: object) -> object:
    """Return a moment as a datetime: the files of a run write it as text."""
    try:
        moment = datetime.datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(
            f"{value!r} is not a moment. Write it like 2026-03-01T18:00:00Z."
        ) from error
    if isinstance(moment, datetime.datetime) and moment.tzinfo is None:
        raise ValueError(f"{moment} is of no time zone. Write it like 2026-03-01T18:00:00Z.")
    return moment


Moment = Annotated[datetime.datetime, BeforeValidator(_moment)]


class SupplyException(Parameters):
    """When the grid may give after all: between two moments, or in weather that gives little."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$", description="short name, e.g. line_works")
    text: str = Field(min_length=1, description="the sentence of the agreement that allows it")
    import_max_mw: float | None = Field(
        default=None, ge=0, description="most that may be drawn then, or none: no limit [MW]"
    )
    from_utc: Moment | None = Field(default=None, description="moment from which it applies")
    until_utc: Moment | None = Field(default=None, description="moment at which it ends")
    available_below_mw: float | None = Field(
        default=None, gt=0, description="it applies while sun and wind could give less [MW]"
    )

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        """Refuse an exception that says nothing of when it applies, or too much."""
        begin, end = self.from_utc, self.until_utc
        is_dated = begin is not None and end is not None
        if is_dated == (self.available_below_mw is not None) or (begin is None) != (end is None):
            raise ValueError(
                f"exception {self.name!r} does not say when it applies. "
                "Give from_utc and until_utc, or available_below_mw."
            )
        if begin is not None and end is not None and end <= begin:
            raise ValueError(
                f"exception {self.name!r}: until_utc = {end} is not after from_utc. "
                "Give a later moment."
            )
        return self

    def applies(self, index: pd.Index, available_mw: np.ndarray) -> np.ndarray:
        """Return True for the steps that begin while it applies."""
        if self.available_below_mw is not None:
            return np.asarray(available_mw < self.available_below_mw)
        return np.asarray((index >= self.from_utc) & (index < self.until_utc))

    def covers(self, moment: pd.Timestamp, available_mw: float) -> bool:
        """Return whether it applies at one moment: the audit's own way to ask."""
        if self.from_utc is None or self.until_utc is None:
            return available_mw < (self.available_below_mw or 0.0)
        return self.from_utc <= moment.to_pydatetime() < self.until_utc


class ExclusiveSupply(Clause):
    """Draw from the grid stays at or below `import_max_mw`, but for the exceptions.

    Where several exceptions apply at once, the widest counts. What a line wheels from renewable
    plants elsewhere is no draw where `allows_wheeled`.
    """

    kind: ClassVar[str] = "exclusive_supply"
    main_field: ClassVar[str] = "import_max_mw"
    price_field: ClassVar[str] = "price_mad_per_mwh"
    import_max_mw: float = Field(
        default=0.0, ge=0, description="draw that needs no exception, e.g. of meters [MW]"
    )
    allows_wheeled: bool = Field(
        default=False, description="whether renewable power wheeled from elsewhere is free"
    )
    exception: tuple[SupplyException, ...] = Field(
        default=(), strict=False, description="tables of exceptions: when the grid may give"
    )
    price_mad_per_mwh: float | None = Field(
        default=None, ge=0, description="price of a MWh drawn beyond, or none: never [MAD/MWh]"
    )

    @model_validator(mode="after")
    def _exceptions_differ(self) -> Self:
        """Refuse two exceptions of one name."""
        names = [each.name for each in self.exception]
        if double := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"exception {', '.join(double)} appears twice. Name each once.")
        return self

    def problems(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return that there is no grid to draw from, or no sun or wind to look at."""
        found = self.not_there(parts, ["grid"])
        if any(each.available_below_mw is not None for each in self.exception):
            found += self.not_there(parts, ["solar", "wind"])
        return found

    def allowed_mw(self, index: pd.Index, available_mw: np.ndarray) -> np.ndarray:
        """Return the most that may be drawn in each step; without end where nothing limits it."""
        most = np.where(self.holds(index), self.import_max_mw, np.inf)
        for each in self.exception:
            wider = np.inf if each.import_max_mw is None else each.import_max_mw
            inside = each.applies(index, available_mw)
            most = np.where(inside, np.maximum(most, wider), most)
        return most

    def add_to(self, block: pyo.Block, site: Quantities, given: Given) -> None:
        """Limit the draw in every step that no exception frees."""
        index, steps = given.horizon.index, given.horizon.steps
        available = sum(site.available_mw.values(), start=np.zeros(len(steps)))
        allowed_mw = self.allowed_mw(index, available)
        limited = [t for t in steps if np.isfinite(allowed_mw[t])]
        is_sold = self.price_mad(given) is not None
        block.short = pyo.Var(limited if is_sold else [], bounds=(0, None))
        block.allowed_mw = pyo.Param(limited, initialize={t: float(allowed_mw[t]) for t in limited})
        is_wheeled_free = self.allows_wheeled

        @block.Constraint(limited)
        def no_draw(b, t):
            bought_mw = b.short[t] if is_sold else 0.0
            wheeled_mw = site.wheeled_mw(t) if is_wheeled_free else 0.0
            return site.import_mw(t) - wheeled_mw - bought_mw <= b.allowed_mw[t]

    def weights(self, keys: list[int], given: Given) -> np.ndarray:
        """Return the length of each limited step: the price is per MWh."""
        return given.horizon.hours[keys]

    def _drawn_mw(self, table: pd.DataFrame) -> pd.Series:
        """Return the draw that counts."""
        drawn = table["site_import_mw"]
        return drawn - table["site_wheeled_mw"] if self.allows_wheeled else drawn

    def read(self, table: pd.DataFrame, given: Given) -> pd.DataFrame:
        """Return the draw above what is allowed, and the draw that takes an exception."""
        allowed_mw = self.allowed_mw(table.index, _available_mw(table).to_numpy())
        drawn, usual_mw = self._drawn_mw(table), self.import_max_mw
        held = self.holds(table.index)
        excepted = np.minimum(drawn, np.where(held, allowed_mw, 0.0)) - usual_mw
        columns = {
            "excess_mw": np.maximum(drawn - allowed_mw, 0.0),
            "excepted_mw": np.maximum(excepted, 0.0),
        }
        return pd.DataFrame(columns, index=table.index)

    def _split_mw(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the same as `read`, each moment looked up one by one: the audit's own way."""
        rows = []
        quantities = zip(table.index, self._drawn_mw(table), _available_mw(table), strict=True)
        for moment, drawn, available in quantities:
            if not self.in_force(moment):
                rows.append((0.0 * drawn, 0.0 * drawn))
                continue
            beyond_mw = np.maximum(drawn - self.import_max_mw, 0.0)  # NaN stays NaN
            free_mw = 0.0
            for each in self.exception:
                if each.covers(moment, available):
                    most = np.inf if each.import_max_mw is None else each.import_max_mw
                    free_mw = max(free_mw, most - self.import_max_mw)
            excepted_mw = np.minimum(free_mw, beyond_mw)
            rows.append((beyond_mw - excepted_mw, excepted_mw))
        return pd.DataFrame(rows, columns=["excess_mw", "excepted_mw"], index=table.index)

    def bought(self, table: pd.DataFrame, given: Given) -> float:
        """Return the energy drawn that no exception allows [MWh]."""
        return float((self._split_mw(table)["excess_mw"].to_numpy() * given.horizon.hours).sum())

    def rules(self, table: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return the rules of the published columns, and, where hard, of the draw itself."""
        split = self._split_mw(table)
        rules = {
            "draw beyond what is allowed is the table's [MW]": self.column_rule(
                table, "excess_mw", split["excess_mw"]
            ),
            "draw by exception is the table's [MW]": self.column_rule(
                table, "excepted_mw", split["excepted_mw"]
            ),
        }
        if self.price_mad(given) is None:
            rules["draw no exception allows [MW]"] = split["excess_mw"]
        return rules

    def explain(self, table: pd.DataFrame, given: Given) -> str:
        """Say what the grid gives, and how often each exception was used."""
        held, hours = self.holds(table.index), table["step_h"].to_numpy()
        beyond = (table[f"{self.name}_excess_mw"] * hours).sum()
        excepted = table[f"{self.name}_excepted_mw"].to_numpy()
        used = held & (excepted > _USED_MW)
        words = []
        for each in self.exception:
            inside = held & each.applies(table.index, _available_mw(table).to_numpy())
            count = int((used & inside).sum())
            how = {"name": each.name, "count": count, "all": int(inside.sum())}
            words.append(phrase("{name} used in {count} of its {all} steps", how))
        given_mwh, beyond_mwh = float((excepted * hours).sum()), float(beyond)
        excepted_words = phrase("by exception")
        if words:
            excepted_words = phrase("by exception ({uses})", {"uses": joined(", ", words)})
        values = {
            "article": self.article,
            "mwh": number(given_mwh, ".1f"),
            "by_exception": excepted_words,
            "beyond": number(beyond_mwh, ".1f"),
        }
        return phrase(
            "Art. {article}: the grid gives {mwh} MWh {by_exception} and {beyond} MWh against the "
            "agreement.",
            values,
        )


def _available_mw(table: pd.DataFrame) -> pd.Series:
    """Return what sun and wind could give, from the plants' columns [MW]."""
    plants = [c for c in table.columns if c.startswith(("solar_", "wind_"))]
    offered = table[[c for c in plants if c.endswith("_available_mw")]]
    return offered.sum(axis=1, skipna=False)
