"""What every asset, workload and clause is given, and the words they share.

A component has a `name`; its published columns are ``<name>_<quantity>_<unit>``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field
from pyomo.core.expr.numeric_expr import LinearExpression

from models.parameters import Parameters
from optimizer.breach import Breach, breaches
from optimizer.cohorts import Cohort
from optimizer.held import Interventions
from optimizer.horizon import Horizon
from optimizer.jobs import Job
from optimizer.state import State, StateRow

Terms = tuple[np.ndarray, Sequence[object]]  # coefficients in MAD, and the variables they price


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What a component is given: the time axis, its input series, the opening state."""

    horizon: Horizon
    series: pd.DataFrame
    state: State
    cohorts: Mapping[str, tuple[Cohort, ...]] = field(default_factory=dict)  # by workload
    jobs: Mapping[str, tuple[Job, ...]] = field(default_factory=dict)  # by workload
    rates: pd.DataFrame = field(
        default_factory=pd.DataFrame
    )  # published: one row a cohort and step
    job_runs: pd.DataFrame = field(default_factory=pd.DataFrame)  # published: one row a job
    is_elastic: bool = False  # the least-shortfall diagnostic: what may never fail gets a price
    is_exact: bool = False  # and nothing but slack at a price: no limit of a part is let go
    held: Interventions = field(default_factory=Interventions)  # outages and pins

    @property
    def lets_go(self) -> bool:
        """Whether a part's own limits are let go, so that the diagnostic has a schedule."""
        return self.is_elastic and not self.is_exact

    def column(self, name: str) -> np.ndarray:
        """Return one input series as an array, one value per step."""
        return self.series[name].to_numpy()

    def left_mw(self, name: str) -> np.ndarray:
        """Return what outages leave of a part in each step; infinite where there is none [MW]."""
        return self.held.left_mw(name, self.horizon)


@dataclass(frozen=True, kw_only=True, slots=True)
class Needed:
    """An input series a component needs, with the range its values may take."""

    column: str
    low: float
    high: float
    default: float | None = None  # of every step, where no source gives it; none: one must


@dataclass(frozen=True, kw_only=True, slots=True)
class Backing:
    """What feeds the bus beside sun and wind, and what these leave at most."""

    mw: Callable[[int], Any]  # of a step: draw, gensets, discharge, as an expression of the model
    max_mw: np.ndarray  # the most that can be
    surplus_it_mw: np.ndarray  # the most IT power that sun and wind alone leave to what may wait


class Component(Parameters):
    """An asset or a workload: parameters, and verbs that do nothing unless the kind says so."""

    it_quantity: ClassVar[str] = ""  # a workload's published column of IT power, e.g. run_mw
    name: str = Field(description="table name in the site file, e.g. battery_main")

    def needs(self) -> list[Needed]:
        """Return the input series this component needs."""
        return []

    def derive(self, horizon: Horizon) -> dict[str, np.ndarray]:
        """Return the input series that the component's own parameters give, by column."""
        return {}

    def state_quantities(self) -> list[str]:
        """Return the quantities of the opening state that belong to this component."""
        return []

    def add_to(self, block: pyo.Block, given: Given) -> None:
        """Declare variables and constraints on an empty `block`."""

    def add_links(self, block: pyo.Block, backing: Backing) -> None:
        """Declare what ties the component to what feeds the bus beside sun and wind."""

    def to_bus_mw(self, block: pyo.Block, t: int) -> Any:
        """Return what the component feeds to the site bus in step `t`; negative if it draws."""
        return 0.0

    def it_mw(self, block: pyo.Block, t: int) -> Any:
        """Return the IT power the component draws in step `t`."""
        return 0.0

    def preemptible_mw(self, block: pyo.Block, t: int) -> Any:
        """Return the IT power that could stop at once in step `t`."""
        return 0.0

    def preempted_mw(self, own: pd.DataFrame) -> pd.Series | float:
        """Return the same from the published table."""
        return 0.0

    def stoppable(self, own: pd.DataFrame, given: Given) -> list[tuple[np.ndarray, float]]:
        """Return IT power that could stop at once, by step, and the worth of a MWh of it [MAD]."""
        return []

    def heat_mw(self, block: pyo.Block, t: int) -> Any:
        """Return what the component adds to the heat that cooling carries away in step `t`."""
        return 0.0

    def service_per_h(self, block: pyo.Block, t: int) -> Any:
        """Return what a service makes in step `t`, per hour, in its own unit."""
        return 0.0

    def it_max_mw(self, given: Given) -> np.ndarray:
        """Return the most IT power the component can draw in each step [MW]."""
        return np.zeros(1)

    def cost(self, block: pyo.Block, given: Given) -> dict[str, Terms]:
        """Return the component's cost by kind, as terms of the objective."""
        return {}

    def waiting(self, block: pyo.Block) -> list[pyo.Var]:
        """Return the variables by step that fall early where nothing else decides."""
        return []

    def exclusive(self, block: pyo.Block) -> tuple[pyo.Var, pyo.Var] | None:
        """Return two variables that are never both positive in a step, or none."""
        return None

    def read(self, block: pyo.Block, given: Given) -> pd.DataFrame:
        """Return the solved values to publish, without the name in front."""
        return pd.DataFrame(index=given.horizon.index)

    def bill(self, own: pd.DataFrame, given: Given) -> dict[str, float]:
        """Return the component's cost by kind, from the published table alone [MAD]."""
        return {}

    def rules(self, own: pd.DataFrame, given: Given) -> dict[str, pd.Series]:
        """Return ``sentence [unit] -> excess`` for every rule; at or below zero is kept."""
        return {}

    def input_rules(self, given: Given) -> dict[str, pd.Series]:
        """Return the same for what the plan was made from: opening state and cohorts."""
        return {}

    def closing(self, own: pd.DataFrame, given: Given, count: int) -> list[StateRow]:
        """Return the state after the first `count` steps, from the published table."""
        return []

    def own(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the component's columns of the published table, without its name in front."""
        prefix = f"{self.name}_"
        own = table.loc[:, table.columns.str.startswith(prefix)]
        return own.set_axis(own.columns.str.removeprefix(prefix), axis=1)

    def audit(self, table: pd.DataFrame, given: Given) -> list[Breach]:
        """Re-compute every rule from the published table, and list what is broken."""
        rules = self.input_rules(given) | self.rules(self.own(table), given)
        return breaches(self.name, rules)


def parameter(block: pyo.Block, name: str, values: np.ndarray) -> pyo.Param:
    """Put a series on `block` as a Pyomo parameter: rules that read it can be templates."""
    steps = range(len(values))
    if (values == values[0]).all():  # then once is enough, and much faster
        param = pyo.Param(steps, default=float(values[0]))
    else:
        param = pyo.Param(steps, initialize=values.tolist(), within=pyo.Any)
    block.add_component(name, param)
    return param


def bounds_up_to(most: np.ndarray) -> tuple[float, float] | list[tuple[float, float]]:
    """Return the bounds of a variable that lies between zero and a series."""
    if (most == most[0]).all():
        return (0.0, float(most[0]))
    return [(0.0, value) for value in most.tolist()]


def weighted(weights: Iterable[float], variables: Iterable[object]) -> LinearExpression:
    """Return the sum of weight times variable, which Pyomo builds faster than one by one."""
    return LinearExpression(linear_coefs=[float(w) for w in weights], linear_vars=list(variables))


def values_of(variable: pyo.Var) -> np.ndarray:
    """Return the values an indexed variable holds, in the order of its index."""
    return np.array([v.value for v in variable.values()], dtype="float64")


def solved(block: pyo.Block, names: Iterable[str], index: pd.DatetimeIndex) -> pd.DataFrame:
    """Return solved variables as columns; a value below zero by round-off is zero."""
    columns = {}
    for name in names:
        values = values_of(block.component(name))
        columns[name] = np.where((values < 0) & (values > -1e-6), 0.0, values)
    return pd.DataFrame(columns, index=index, dtype="float64")


def least(left: pd.Series, right: pd.Series) -> pd.Series:
    """Return the lesser of two series, step by step; NaN where either is missing."""
    return pd.Series(np.minimum(left, right), index=left.index)


def most(left: pd.Series, right: pd.Series) -> pd.Series:
    """Return the greater of two series, step by step; NaN where either is missing."""
    return pd.Series(np.maximum(left, right), index=left.index)


def unequal(left: pd.Series, right: pd.Series) -> pd.Series:
    """Return how far two series are apart; NaN where either is missing."""
    return (left - right).abs()
