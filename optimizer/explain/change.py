"""A plan with one thing a little larger: the scene a marginal value is claimed and tested in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from models.parameters import Parameters
from optimizer.component import Component, Given
from optimizer.config import FLEETS, Agreement, Site
from optimizer.phrases import phrase, template
from optimizer.site import Problem, active_clauses, build_model
from optimizer.terminal_words import clause_number, owner_words

NUDGE = 0.01  # MW or MWh: small against any plant, large against the solver's tolerance
NUDGE_PU = 1e-5  # of shares
NUDGE_SHARE_PU = 1e-4  # of what is counted in other units

PartT = TypeVar("PartT", bound=Parameters)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What a model is built of."""

    site: Site
    agreement: Agreement
    given: Given

    def build(self) -> Problem:
        """Return the optimization problem."""
        return build_model(self.site, self.agreement, self.given)


Grow = Callable[[Scene, float], Scene]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that could be larger.

    Attributes
    ----------
    name : str
        What is changed, e.g. ``grid_onee.import_max_mw``.
    words : str
        One unit more of it, in words: ``1 MW more that can be drawn from grid onee``.
    grow : function
        Of a scene and an amount, the scene with so much more.
    nudge : float
        Amount by which a derivative is tested.
    one : float
        The unit that is spoken of: 0.01 where it is a percentage point.
    is_smooth : bool
        False where the model may have other rows with a little less of it than with more.
    """

    name: str
    words: str
    grow: Grow
    nudge: float = NUDGE
    one: float = 1.0
    is_smooth: bool = True


def scene_of(problem: Problem) -> Scene:
    """Return what a problem was built of."""
    return Scene(site=problem.site, agreement=problem.agreement, given=problem.given)


def unit_changes(scene: Scene) -> list[Change]:
    """Return what of the site could be one unit larger: supply, storage, connections, loads."""
    found: list[Change] = []
    for kind, part in _parts(scene):
        for field, (words, grow) in _OF_KIND.get(kind, {}).items():
            if _applies(field, part, scene):
                text = phrase(words, {"owner": owner_words(part.name)})
                grow_it = partial(grow, part.name)
                found.append(Change(name=f"{part.name}.{field}", words=text, grow=grow_it))
    for field, text in _FACILITY.items():
        grow_it = partial(_grow_fields, scene.site.facility.name, field)
        found.append(Change(name=f"facility.{field}", words=text, grow=grow_it, is_smooth=False))
    return found


def clause_changes(scene: Scene) -> dict[str, Change]:
    """Return, by clause in force, the number of its article that could be one unit larger."""
    found = {}
    for clause in active_clauses(scene.agreement, scene.given):
        field = clause.main_field
        value = getattr(clause, field)
        if value is None:
            continue
        unit, info = field.rpartition("_")[2], type(clause).model_fields[field]
        what = (info.description or field).split("[")[0].split(",")[0].strip()
        one = _UNIT_WORDS.get(field) or _UNIT_WORDS.get(unit) or phrase("1 {unit}", {"unit": unit})
        found[clause.name] = Change(
            name=f"{clause.name}.{field}",
            words=phrase('{unit} more of "{what}"', {"unit": one, "what": clause_number(what)}),
            grow=partial(_grow_clause, clause.name, field),
            nudge=NUDGE_PU if unit == "pu" else max(NUDGE, NUDGE_SHARE_PU * value),
            one=_ONE.get(unit, 1.0),
            is_smooth=False,
        )
    return found


def without(scene: Scene, name: str) -> Scene:
    """Return the scene without one clause."""
    kept = tuple(c for c in scene.agreement.clause if c.name != name)
    return replace(scene, agreement=scene.agreement.model_copy(update={"clause": kept}))


_ONE = {"pu": 0.01, "kg": 1000.0, "l": 1000.0}  # of a unit: what is spoken of
_UNIT_WORDS = {
    "quota_mwh_per_week": phrase("1 MWh a week"),
    "mw": phrase("1 MW"),
    "mwh": phrase("1 MWh"),
    "l": phrase("1,000 L"),
    "kg": phrase("1 t"),
    "pu": phrase("1 percentage point"),
}


def _again(part: PartT, update: Mapping[str, Any]) -> PartT:
    """Return a component or clause with other numbers, checked as when it was read."""
    values = {name: getattr(part, name) for name in type(part).model_fields}
    return type(part).model_validate(values | dict(update))


def _with_part(scene: Scene, name: str, update: Mapping[str, Any]) -> Scene:
    """Return the scene with some numbers of one component changed."""
    site = scene.site
    if name == site.facility.name:
        facility = _again(site.facility, update)
        return replace(scene, site=site.model_copy(update={"facility": facility}))
    kind = next(kind for kind, part in _parts(scene) if part.name == name)
    fleet, key = dict(getattr(site, kind)), name.removeprefix(f"{kind}_")
    fleet[key] = _again(fleet[key], update)
    return replace(scene, site=site.model_copy(update={kind: fleet}))


def _with_series(scene: Scene, columns: Mapping[str, np.ndarray]) -> Scene:
    """Return the scene with other input series."""
    series = scene.given.series.assign(
        **{c: pd.Series(v, index=scene.given.series.index) for c, v in columns.items()}
    )
    return replace(scene, given=replace(scene.given, series=series))


def _parts(scene: Scene) -> list[tuple[str, Component]]:
    """Return every fleet's components with their kind."""
    return [(kind, part) for kind in FLEETS for part in getattr(scene.site, kind).values()]


def _part(scene: Scene, name: str) -> Any:
    """Return one component of the site."""
    return next(part for part in scene.site.components() if part.name == name)


def _grow_fields(name: str, fields: str, scene: Scene, by: float) -> Scene:
    """Return the scene with one or more fields of a component larger by `by`."""
    part = _part(scene, name)
    return _with_part(scene, name, {f: getattr(part, f) + by for f in fields.split("+")})


def _grow_clause(name: str, field: str, scene: Scene, by: float) -> Scene:
    """Return the scene with one number of a clause larger by `by`."""
    clauses = tuple(
        _again(c, {field: getattr(c, field) + by}) if c.name == name else c
        for c in scene.agreement.clause
    )
    return replace(scene, agreement=scene.agreement.model_copy(update={"clause": clauses}))


def _grow_connection(quantity: str, name: str, scene: Scene, by: float) -> Scene:
    """Return the scene with a connection's limit larger in every step."""
    column = f"{name}_{quantity}"
    wider = _grow_fields(name, quantity, scene, by)
    return _with_series(wider, {column: scene.given.column(column) + by})


def _grow_peak(quantity: str, name: str, scene: Scene, by: float) -> Scene:
    """Return the scene with a series larger by `by` at its highest, in proportion elsewhere."""
    column = f"{name}_{quantity}"
    power_mw = scene.given.column(column)
    return _with_series(scene, {column: power_mw * (1 + by / power_mw.max())})


def _grow_cells(name: str, scene: Scene, by: float) -> Scene:
    """Return the scene with more cells, the stored energy and the window's floor as they are."""
    battery = _part(scene, name)
    most_mwh = battery.energy_max_mwh + by
    window_mwh = (battery.soc_max_pu - battery.soc_min_pu) * most_mwh
    update = {
        "energy_max_mwh": most_mwh,
        "soc_min_pu": battery.low_mwh / most_mwh,
        "soc_max_pu": min(1.0, (battery.low_mwh + window_mwh) / most_mwh),
    }
    return _with_part(scene, name, update)


def _grow_work(name: str, scene: Scene, by: float) -> Scene:
    """Return the scene with more deferrable work arriving: `by` on the mean of the plan."""
    cohorts = scene.given.cohorts[name]
    mean_mw = sum(c.work_mwh for c in cohorts) / scene.given.horizon.hours.sum()
    factor = 1 + by / mean_mw
    grown = tuple(
        replace(c, work_mwh=c.work_mwh * factor, rate_max_mw=c.rate_max_mw * factor)
        for c in cohorts
    )
    every = dict(scene.given.cohorts) | {name: grown}
    return replace(scene, given=replace(scene.given, cohorts=every))


def _grow_both(name: str, scene: Scene, by: float) -> Scene:
    """Return the scene with a battery's converter larger both ways."""
    return _grow_fields(name, "charge_max_mw+discharge_max_mw", scene, by)


def _grow_units(name: str, scene: Scene, by: float) -> Scene:
    """Return the scene with a fleet of gensets larger by `by`, in as many units."""
    fleet = _part(scene, name)
    larger = fleet.unit_power_max_mw + by / fleet.unit_count
    return _with_part(scene, name, {"unit_power_max_mw": larger})


def _field(field: str, name: str, scene: Scene, by: float) -> Scene:
    """Return the scene with one field of a component larger."""
    return _grow_fields(name, field, scene, by)


_PEAK = template("1 MW more of {owner} (at its highest, in proportion at other times)")
_MACHINES = template("1 MW more of machines for {owner}")
_POWER = partial(_field, "power_max_mw")
_OF_KIND: dict[str, dict[str, tuple[str, Callable[[str, Scene, float], Scene]]]] = {
    "grid": {
        "import_max_mw": (
            template("1 MW more that can be drawn from {owner}"),
            partial(_grow_connection, "import_max_mw"),
        ),
        "export_max_mw": (
            template("1 MW more that can be fed into {owner}"),
            partial(_grow_connection, "export_max_mw"),
        ),
    },
    "battery": {
        "charge_max_mw": (template("1 MW more of {owner}, in and out"), _grow_both),
        "energy_max_mwh": (template("1 MWh more of {owner}"), _grow_cells),
    },
    "wind": {"available_mw": (_PEAK, partial(_grow_peak, "available_mw"))},
    "solar": {"available_mw": (_PEAK, partial(_grow_peak, "available_mw"))},
    "genset": {
        "unit_power_max_mw": (template("1 MW more of {owner}, in as many units"), _grow_units)
    },
    "firm": {"demand_mw": (_PEAK, partial(_grow_peak, "demand_mw"))},
    "deferrable": {
        "work_mwh": (
            template("1 MW more of work arriving for {owner}, on the mean of the plan,"),
            _grow_work,
        ),
        "power_max_mw": (template("1 MW more of servers set aside for {owner}"), _POWER),
    },
    "training": {"power_max_mw": (_MACHINES, _POWER)},
    "jobs": {"power_max_mw": (_MACHINES, _POWER)},
    "quota": {"power_max_mw": (_MACHINES, _POWER)},
    "desalination": {"power_max_mw": (template("1 MW more of {owner}"), _POWER)},
    "chilled_store": {
        "energy_max_mwh": (template("1 MWh more of {owner}"), partial(_field, "energy_max_mwh"))
    },
}
_FACILITY = {
    "it_power_max_mw": phrase("1 MW more of power in the halls (IT)"),
    "power_max_mw": phrase("1 MW more of power for the whole facility"),
}


def _applies(field: str, part: Component, scene: Scene) -> bool:
    """Return whether one of these can be larger: there is some of it."""
    if field in ("available_mw", "demand_mw"):
        return bool(scene.given.column(f"{part.name}_{field}").max() > NUDGE)
    if field == "work_mwh":
        return sum(c.work_mwh for c in scene.given.cohorts[part.name]) > 0
    if field in ("import_max_mw", "export_max_mw"):
        return bool(scene.given.column(f"{part.name}_{field}").min() > NUDGE)
    return True
