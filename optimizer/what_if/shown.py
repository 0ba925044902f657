"""What a page shows of a solution: powers, stored energy and emissions from the variables."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.repn import generate_standard_repn

from optimizer.component import Component
from optimizer.config import SERVICES, WORKLOADS
from optimizer.explain.frozen import Frozen, Key
from optimizer.phrases import LANGUAGES, phrase, said
from optimizer.site import Problem
from optimizer.terminal_words import owner_words
from optimizer.what_if.day_model import DayModel
from optimizer.what_if.levers import Lever

_SUPPLY = (  # kind of part, variable, what is done
    ("solar", "used_mw", "supply"),
    ("wind", "used_mw", "supply"),
    ("battery", "discharge_mw", "supply"),
    ("grid", "import_mw", "supply"),
    ("genset", "power_mw", "supply"),
    ("battery", "charge_mw", "demand"),
    ("grid", "export_mw", "demand"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Series:
    """A series of the page: for each step a constant and what variables add."""

    id: str
    group: str  # supply, demand, store
    words: str
    unit: str
    constant: np.ndarray
    terms: list[dict[Key, float]]


def shown(arrays: dict[str, np.ndarray], frozen: Frozen, found: DayModel) -> list[dict[str, Any]]:
    """Return the series that a page makes of a solution; add where their variables stand."""
    items = []
    for number, series in enumerate(_series(frozen.optimum.problem)):
        terms = _by_factor(series, found)
        for k, (_, places) in enumerate(terms):
            arrays[f"show_{number}_{k}"] = places
        given = f"show_{number}_given" if series.constant.any() else None
        if given is not None:
            arrays[given] = series.constant
        items.append(
            {
                "id": series.id,
                "group": series.group,
                "words": {language: said(series.words, language) for language in LANGUAGES},
                "unit": series.unit,
                "terms": [
                    {"columns": f"show_{number}_{k}", "factor": factor}
                    for k, (factor, _) in enumerate(terms)
                ],
                "given": given,
                "given_lever": _scaled_by(series.id, frozen.optimum.problem, found.levers),
            }
        )
    return items


def emission_kg(problem: Problem) -> dict[Key, float]:
    """Return what a unit of each variable emits [kg]."""
    found: dict[Key, float] = {}
    given, hours = problem.given, problem.given.horizon.hours
    for line in problem.site.grid.values():
        each = given.column(f"{line.name}_emission_kg_per_mwh") * hours
        found |= {(f"{line.name}.import_mw", t): float(kg) for t, kg in enumerate(each)}
    for fleet in problem.site.genset.values():
        each = fleet.emission_kg_per_mwh * hours
        found |= {(f"{fleet.name}.power_mw", t): float(kg) for t, kg in enumerate(each)}
    return found


def _series(problem: Problem) -> Iterator[_Series]:
    """Yield what is shown: supply, what draws, and what is stored."""
    site, steps = problem.site, len(problem.given.horizon.steps)

    def of(part: Component, variable: str, group: str, words: str, unit: str = "MW") -> _Series:
        return _Series(
            id=f"{part.name}_{variable}",
            group=group,
            words=words,
            unit=unit,
            constant=np.zeros(steps),
            terms=[{(f"{part.name}.{variable}", t): 1.0} for t in range(steps)],
        )

    for kind, variable, group in _SUPPLY:
        for part in getattr(site, kind).values():
            yield of(part, variable, group, _words(part.name, variable))
    for part in site.fleet(WORKLOADS):
        yield _drawn(problem, part, f"{part.name}_{part.it_quantity}", part.it_mw)
    for part in site.fleet(SERVICES):
        if problem.block(part).component("power_mw") is not None:
            yield of(part, "power_mw", "demand", owner_words(part.name))
    if site.cooling is not None:
        yield of(site.cooling, "power_mw", "demand", owner_words(site.cooling.name))
    for battery in site.battery.values():
        yield of(battery, "energy_mwh", "store", owner_words(battery.name), "MWh")


def _words(name: str, variable: str) -> str:
    """Return what a flow is called."""
    values = {"part": owner_words(name)}
    return {
        "charge_mw": phrase("into {part}", values),
        "discharge_mw": phrase("out of {part}", values),
        "import_mw": phrase("drawn from {part}", values),
        "export_mw": phrase("fed into {part}", values),
    }.get(variable, owner_words(name))


def _drawn(problem: Problem, part: Component, name: str, rate: Any) -> _Series:
    """Return the IT power of a workload, read from its expression."""
    steps, block = problem.given.horizon.steps, problem.block(part)
    constant, terms = np.zeros(len(steps)), []
    for t in steps:
        row = generate_standard_repn(
            rate(block, t) + problem.model.nothing
        )  # a plain number is no expression
        constant[t] = row.constant
        terms.append(
            {
                (v.parent_component().name, v.index()): float(pyo.value(c))
                for v, c in zip(row.linear_vars, row.linear_coefs, strict=True)
                if c
            }
        )
    words = owner_words(part.name)
    return _Series(id=name, group="demand", words=words, unit="MW", constant=constant, terms=terms)


def _by_factor(series: _Series, found: DayModel) -> list[tuple[float, np.ndarray]]:
    """Return the variables of a series in lists of one a step, each list with its factor."""
    lists: dict[tuple[float, int], np.ndarray] = {}
    for t, terms in enumerate(series.terms):
        count: dict[float, int] = {}
        for key, factor in terms.items():
            if key not in found.shape.columns:
                continue
            slot = count.get(factor, 0)
            count[factor] = slot + 1
            nowhere = np.full(len(series.terms), -1, dtype=np.int32)
            lists.setdefault((factor, slot), nowhere)[t] = found.shape.columns[key]
    return [(factor, places) for (factor, _), places in lists.items()]


def _scaled_by(name: str, problem: Problem, levers: list[Lever]) -> dict[str, float] | None:
    """Return the lever that multiplies what a series starts from, if there is one."""
    for key, firm in problem.site.firm.items():
        if name != f"{firm.name}_{firm.it_quantity}":
            continue
        own = firm.demand_mw or 1.0
        sizes = {f"scale.{firm.name}_demand_mw": 1.0, f"site.firm.{key}.demand_mw": own}
        for number, lever in enumerate(levers):
            for entry in lever.entries:
                if size := sizes.get(entry.key):
                    factor, offset = entry.factor / size, entry.offset / size
                    return {"lever": number, "factor": factor, "offset": offset}
    return None
