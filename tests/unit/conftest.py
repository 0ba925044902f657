"""Small plants with one-line plans: what a test does not name is absent, lossless and free."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer as dk
from optimizer.audit import Published, audit
from optimizer.site import Problem, build_model

START = "2026-01-05T00:00Z"  # a Monday; legal time at the site is UTC+1
LARGE_MW = 1000.0
SINGLE: dict[str, dict[str, Any]] = {  # tables of which there is one
    "place": {"name": "small", "latitude_deg": 23.7, "longitude_deg": -15.9, "altitude_m": 10.0},
    "plan": {"horizon": "2h@1h", "climate_seed": 1, "tie_break_mad_per_mwh_h": 0.0},
    "solver": {"time_limit_s": 20.0, "mip_gap_pu": 0.0},
    "facility": {
        "power_max_mw": 5000.0,
        "it_power_max_mw": 5000.0,
        "ups_loss_pu": 0.0,
        "fixed_overhead_mw": 0.0,
    },
    "cooling": {"segment_count": 2, "power_max_mw": LARGE_MW},
}
PLAIN: dict[str, dict[str, Any]] = {  # a table of each fleet
    "solar": {"cost_mad_per_mwh": 0.0, "curtailment_cost_mad_per_mwh": 0.0},
    "wind": {"cost_mad_per_mwh": 0.0, "curtailment_cost_mad_per_mwh": 0.0},
    "battery": {
        "charge_max_mw": 100.0,
        "discharge_max_mw": 100.0,
        "energy_max_mwh": 400.0,
        "soc_min_pu": 0.0,
        "soc_max_pu": 1.0,
        "charge_efficiency_pu": 0.9,
        "discharge_efficiency_pu": 0.8,
        "self_discharge_pu_per_h": 0.0,
        "ageing_cost_mad_per_mwh": [0.0],
        "energy_initial_mwh": 0.0,
        "end_value_mad_per_mwh": 0.0,
    },
    "grid": {"import_max_mw": LARGE_MW, "export_max_mw": 0.0, "emission_kg_per_mwh": 0.0},
    "genset": {
        "unit_count": 1,
        "unit_power_max_mw": 10.0,
        "unit_power_min_mw": 0.0,
        "fuel_l_per_mwh": 250.0,
        "fuel_price_mad_per_l": 10.0,  # 2,500 MAD/MWh
        "emission_kg_per_mwh": 0.0,
        "start_cost_mad": 0.0,
        "min_up_h": 0.0,
        "min_down_h": 0.0,
        "initial_on_count": 0,
        "initial_since_h": 100.0,
    },
    "firm": {"tiers": []},
    "deferrable": {"power_max_mw": LARGE_MW, "left_mad_per_mwh": 0.0},
    "desalination": {"power_max_mw": 10.0, "energy_kwh_per_m3": 4.0, "value_mad_per_m3": 0.0},
    "chilled_store": {
        "charge_max_mw": 20.0,
        "discharge_max_mw": 20.0,
        "energy_max_mwh": 100.0,
        "charge_efficiency_pu": 1.0,
        "discharge_efficiency_pu": 1.0,
        "loss_pu_per_h": 0.0,
        "pump_power_pu": 0.0,
        "energy_initial_mwh": 0.0,
        "end_value_mad_per_mwh": 0.0,
    },
    "training": {
        "power_max_mw": 100.0,
        "curve": [[0.5, 0.8], [1.0, 1.0]],
        "floor_pu": 0.0,
        "window_h": 24,
        "value_mad_per_mwh": 0.0,
        "restart_cost_mad_per_mw": 0.0,
        "restart_loss_h": 0.0,
        "initial_powered_pu": 1.0,
    },
    "jobs": {"power_max_mw": LARGE_MW, "left_mad_per_mwh": 0.0},
    "interruptible": {"power_mw": 10.0, "hours_h": 0.0},
    "quota": {
        "power_max_mw": 30.0,
        "floor_mw": 0.0,
        "quota_mwh_per_month": 0.0,
        "bank_max_mwh": 0.0,
        "value_mad_per_mwh": 0.0,
        "opportunistic_value_mad_per_mwh": 0.0,
        "left_value_mad_per_mwh": 0.0,
    },
}


@dataclass(frozen=True, kw_only=True)
class Plant:
    """A site, its series by step and what is agreed, from what differs from the plain tables.

    `buy` and `sell` [MAD/MWh] make ``grid.line`` (which feeds in only if `sell` is given), `wind`
    [MW] makes ``wind.main``, `load` [MW] the sovereign ``firm.load``; `tables` says the rest.
    """

    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    buy: Sequence[float] = ()
    sell: Sequence[float] = ()
    wind: Sequence[float] = ()
    load: Sequence[float] = ()
    series: Mapping[str, Sequence[float]] = field(default_factory=dict)
    clauses: Sequence[Mapping[str, Any]] = ()
    state: Sequence[dk.StateRow] = ()
    start: str = START
    step_h: float | Sequence[float] = 1.0

    @cached_property
    def horizon(self) -> dk.Horizon:
        """Return the steps: as many as the series have values, or as `step_h` has."""
        if not isinstance(self.step_h, float | int):
            return dk.Horizon(start=pd.Timestamp(self.start), step_h=tuple(self.step_h))
        series = (self.buy, self.wind, self.load, *self.series.values())
        length = next(len(values) for values in series if len(values))
        return dk.Horizon(start=pd.Timestamp(self.start), step_h=(float(self.step_h),) * length)

    @cached_property
    def site(self) -> dk.Site:
        """Return the site."""
        named: dict[str, dict[str, Any]] = {kind: {} for kind in PLAIN}
        if len(self.buy):
            named["grid"]["line"] = {"export_max_mw": LARGE_MW if len(self.sell) else 0.0}
        if len(self.wind):
            named["wind"]["main"] = {}
        if len(self.load):
            named["firm"]["load"] = {}
        for kind, tables in self.tables.items():
            if kind in PLAIN:
                for key, table in tables.items():
                    named[kind][key] = named[kind].get(key, {}) | dict(table)
        fleets = {
            kind: {key: PLAIN[kind] | table for key, table in tables.items()}
            for kind, tables in named.items()
        }
        single = {
            kind: table | dict(self.tables.get(kind, {}))
            for kind, table in SINGLE.items()
            if kind != "cooling" or kind in self.tables
        }
        return dk.parse_site(single | fleets)

    @cached_property
    def agreement(self) -> dk.Agreement:
        """Return the agreement; a clause is article 1, 2, ... unless it says otherwise."""
        since = {"text": "as agreed", "valid_from": pd.Timestamp("2000-01-01").date()}
        clauses = [
            {"article": str(number), **since, **clause}
            for number, clause in enumerate(self.clauses, start=1)
        ]
        return dk.parse_agreement({"title": "small", "clause": clauses})

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Return the input series, one row per step."""
        length = len(self.horizon.steps)
        columns: dict[str, Sequence[float]] = dict(self.series)
        if len(self.buy):
            columns["grid_line_import_price_mad_per_mwh"] = self.buy
            columns["grid_line_export_price_mad_per_mwh"] = self.sell or [0.0] * length
        if len(self.wind):
            columns["wind_main_available_mw"] = self.wind
        if len(self.load):
            columns["firm_load_demand_mw"] = self.load
        return pd.DataFrame(columns, index=self.horizon.index, dtype="float64")

    def asked(self) -> dict[str, Any]:
        """Return the arguments of `optimizer.build`."""
        rows = tuple(self.state)
        return {
            "site": self.site,
            "agreement": self.agreement,
            "start": self.horizon.start,
            "horizon": self.horizon,
            "series": self.frame,
            "state": dk.State(time_utc=self.horizon.start, rows=rows, origin="the test"),
        }

    def build(self, *, is_elastic: bool = False) -> Problem:
        """Return the problem, or that of the least-shortfall diagnostic."""
        problem = dk.build(**self.asked())
        if not is_elastic:
            return problem
        given = replace(problem.given, is_elastic=True)
        return build_model(problem.site, problem.agreement, given, problem.provenance)

    def solve(self, *, is_relaxed: bool = False, is_elastic: bool = False) -> dk.Plan:
        """Return the audited optimum."""
        return dk.solve(self.build(is_elastic=is_elastic), is_relaxed=is_relaxed)

    def publish(self, out: Path, now: str = "2026-01-04T12:00Z") -> dk.Plan:
        """Return the plan published in `out`; what its last run hands over is the opening state."""
        asked = self.asked()
        if not self.state:
            asked["state"] = None
        return dk.plan(**asked, out=out, now=pd.Timestamp(now))


@pytest.fixture(scope="session")
def plant() -> type[Plant]:
    """Return the builder of small plants."""
    return Plant


def as_published(plan: dk.Plan, table: pd.DataFrame | None = None) -> Published:
    """Return what a plan publishes, with another table if one is given."""
    problem = plan.optimum.problem
    return Published(
        table=plan.schedule if table is None else table,
        site=problem.site,
        agreement=problem.agreement,
        given=problem.given,
        objective_mad=plan.objective_mad,
    )


def rules_broken(published: Published) -> set[str]:
    """Return the rules an audit finds broken."""
    return {breach.rule for breach in audit(published)}


@pytest.fixture(scope="session")
def published() -> Callable[..., Published]:
    """Return how a plan becomes what its audit reads."""
    return as_published


@pytest.fixture(scope="session")
def broken() -> Callable[[dk.Plan, str, int, float], set[str]]:
    """Return how one value of a plan's table is overwritten, and which rules that breaks."""

    def tamper(plan: dk.Plan, column: str, step: int, value: float) -> set[str]:
        table = plan.schedule.copy()
        table.iloc[step, table.columns.get_loc(column)] = value
        return rules_broken(as_published(plan, table))

    return tamper


def rules_broken_by_rates(plan: dk.Plan, row: int, column: str, value: object) -> set[str]:
    """Return the rules broken if one published rate of a cohort is overwritten."""
    asked = as_published(plan)
    rates = asked.given.rates.copy()
    rates.loc[row, column] = value
    return rules_broken(replace(asked, given=replace(asked.given, rates=rates)))


@pytest.fixture(scope="session")
def broken_rate() -> Callable[[dk.Plan, int, float], set[str]]:
    """Return how a cohort's rate is overwritten, and which rules that breaks."""
    return lambda plan, row, value: rules_broken_by_rates(plan, row, "run_mw", value)


@pytest.fixture(scope="session")
def moved_rate() -> Callable[[dk.Plan, int, str], set[str]]:
    """Return how a cohort's rate is moved to another step, and which rules that breaks."""
    return lambda plan, row, moment: rules_broken_by_rates(
        plan, row, "time_utc", pd.Timestamp(moment)
    )


@pytest.fixture(scope="session")
def rules_of() -> Callable[[dk.Plan, str], set[str]]:
    """Return how the rules of one part of a plant, as its audit names them, are listed."""

    def names(plan: dk.Plan, name: str) -> set[str]:
        asked = as_published(plan)
        parts = [p for p in asked.site.components() if p.name == name]
        if parts:
            return {
                f"{name}: {rule}" for rule in parts[0].rules(parts[0].own(asked.table), asked.given)
            }
        clause = next(c for c in asked.agreement.clause if c.name == name)
        rules: Iterable[str] = clause.rules(asked.table, asked.given) | clause.kept(
            asked.table, asked.given
        )
        return {f"Art. {clause.article}: {rule}" for rule in rules}

    return names
