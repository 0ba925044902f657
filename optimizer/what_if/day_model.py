"""The day's model, and how its numbers follow the levers: what a page needs to solve it anew."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from models.errors import InputError
from optimizer.errors import Infeasible, ModelError
from optimizer.explain.change import Scene
from optimizer.explain.frozen import Key
from optimizer.matrices import Floats, compile_model
from optimizer.overlay import applied
from optimizer.phrases import phrase
from optimizer.site import build_model
from optimizer.templates import templates
from optimizer.what_if.bases import Basis, away, designs
from optimizer.what_if.laws import EXPLAINED, SAME, Law, law_of
from optimizer.what_if.lever_list import levers_of
from optimizer.what_if.levers import Lever, overlay_of, stepped
from optimizer.what_if.numbers import (
    Named,
    Shape,
    is_within,
    named,
    numbers_of,
    shape_of,
    with_coefficients,
)

_UNBUILT = (InputError, Infeasible)  # a value that site, agreement or limits can't have
_TRIED_PU = 0.9  # of the way to a random place: where the laws are put to the test


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DayModel:
    """A plan's linear program, its levers, and how its numbers follow them.

    Attributes
    ----------
    law : Law
        Of the numbers as `optimizer.what_if.numbers.numbers_of` orders them.
    whole : frozenset
        Names of the whole variables.
    dropped : list of Lever
        Levers the program follows in a way the page can't have.
    """

    levers: list[Lever]
    law: Law
    shape: Shape
    whole: frozenset[Key]
    dropped: list[Lever] = field(default_factory=list)


def day_model(scene: Scene, table: pd.DataFrame, seed: int = 0) -> DayModel:
    """Return the model of a plan as it follows its levers, tested at a place not used to find it.

    Parameters
    ----------
    scene, table
        What the plan was built of, and what it published.
    """
    levers = levers_of(scene, table)
    built = _built(scene, levers)
    if built is None:  # some can't be moved so far: those left are tried again
        alone = [lever for lever in levers if _built(scene, [lever]) is not None]
        built = _built(scene, alone) or _built(scene, [])
    if built is None:
        raise ModelError([phrase("The model of this plan can't be built again.")])
    dropped = [lever for lever in levers if lever not in built.levers]
    levers, values, models = built.levers, built.places, built.models
    found = replace(_found(levers, values, models), dropped=dropped)
    if any(len(its) > 1 for its in found.law.unexplained.values()):
        alone_too = _each_alone(scene, levers)
        found = replace(_found(levers, values, models, alone_too), dropped=dropped)
    steps, guilty = _blamed(found)
    found = _without(_with_stops(scene, found, steps), guilty)
    while culprits := _culprits(scene, found, _somewhere(found.levers, seed)):
        found = _without(found, culprits)
    return found


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Built:
    """Models with levers moved: the levers, where they stand in each model, and the models."""

    levers: list[Lever]
    places: list[list[float]]
    models: list[Named]


def _built(scene: Scene, levers: list[Lever]) -> _Built | None:
    """Return the models that tell how numbers follow levers; None where one can't be built."""
    values = designs(levers)
    try:
        models = [_model(scene, levers, each) for each in values]
    except _UNBUILT:
        return None
    return _Built(levers=levers, places=values, models=models)


def changed_scene(scene: Scene, levers: Sequence[Lever], values: Sequence[float]) -> Scene:
    """Return the scene with all levers at some values.

    Raises
    ------
    InputError
        Site, agreement or series can't have these values.
    """
    asked = {lever.id: value for lever, value in zip(levers, values, strict=True)}
    site, agreement, given = applied(
        scene.site, scene.agreement, scene.given, overlay_of(levers, asked)
    )
    return Scene(site=site, agreement=agreement, given=given)


def _model(scene: Scene, levers: Sequence[Lever], values: Sequence[float]) -> Named:
    """Return the compiled model with all levers at some values."""
    there = changed_scene(scene, levers, values)
    with templates():
        problem = build_model(there.site, there.agreement, there.given, has_all_rows=True)
        return named(compile_model(problem.model))


def _found(
    levers: list[Lever],
    values: list[list[float]],
    models: list[Named],
    alone: Sequence[tuple[int, Named]] = (),
) -> DayModel:
    """Return the laws of some models in the rows and columns of the first, the plan's own.

    `alone` are models with one lever moved each, which say what follows which.
    """
    own = models[0]
    shape = with_coefficients(shape_of(own), [*models[1:], *(model for _, model in alone)])
    numbers = np.array([numbers_of(m, shape) for m in models])
    return DayModel(
        levers=levers,
        law=law_of(levers, values, numbers, _followed(numbers[0], alone, shape)),
        shape=shape,
        whole=frozenset(own.columns[j] for j in np.flatnonzero(own.m.is_integer)),
    )


def _each_alone(scene: Scene, levers: list[Lever]) -> list[tuple[int, Named]]:
    """Return models with one lever moved each, down and up, and its number."""
    return [
        (k, _model(scene, levers, _one_moved(levers, k, where)))
        for k, lever in enumerate(levers)
        for where in away(lever)[:2]
    ]


def _followed(
    own: Floats, alone: Sequence[tuple[int, Named]], shape: Shape
) -> dict[int, tuple[int, ...]]:
    """Return which levers each number follows, be it in that it comes or goes."""
    followed: dict[int, tuple[int, ...]] = {}
    for k, model in alone:
        numbers = numbers_of(model, shape)
        with np.errstate(invalid="ignore"):
            apart = np.abs(numbers - own) > SAME * np.maximum(np.abs(own), 1e-3)
        for place in np.flatnonzero(apart | (np.isnan(numbers) != np.isnan(own))).tolist():
            if k not in followed.get(place, ()):
                followed[place] = (*followed.get(place, ()), k)
    return followed


def _blamed(found: DayModel) -> tuple[set[str], set[str]]:
    """Return the levers that some number follows alone, but in no known way, and those together."""
    levers, blamed = found.levers, set(found.law.unexplained.values())
    alone = {levers[its[0]].id for its in blamed if len(its) == 1}
    return alone, {levers[i].id for its in blamed if len(its) > 1 for i in its}


def _one_moved(levers: Sequence[Lever], k: int, value: float) -> list[float]:
    """Return the plan's values with one lever's other."""
    return [value if i == k else lever.value for i, lever in enumerate(levers)]


def _somewhere(levers: Sequence[Lever], seed: int) -> list[float]:
    """Return a place for all levers that was not used to find the laws."""
    draw = np.random.default_rng(seed)
    values = []
    for lever in levers:
        away = _TRIED_PU * (float(draw.uniform(lever.low, lever.high)) - lever.value)
        values.append(lever.snapped(lever.value + away))
    return values


def _with_stops(
    scene: Scene,
    found: DayModel,
    steps: set[str],
) -> DayModel:
    """Return the laws with the numbers of some levers that are known at stops only."""
    if not steps:
        return found
    levers = [stepped(lever) if lever.id in steps else lever for lever in found.levers]
    stops = [(k, stop) for k, lever in enumerate(levers) for stop in lever.stops]
    at = [_model(scene, levers, _one_moved(levers, k, stop)) for k, stop in stops]
    law, shape, terms = found.law, found.shape, list[tuple[int, Basis, float]]()
    for (k, stop), model in zip(stops, at, strict=True):
        places = [place for place, its in law.unexplained.items() if its == (k,)]
        numbers = numbers_of(model, shape)[np.array(places, dtype=int)]
        basis = Basis("curve", (k,), levers[k].hat_of(stop))
        apart = np.nan_to_num(numbers - law.base[places])  # a row that is not there asks nothing
        terms += [(p, basis, float(d)) for p, d in zip(places, apart, strict=True) if d]
    return replace(found, levers=levers, law=law.with_terms(terms))


def _without(found: DayModel, gone: set[str]) -> DayModel:
    """Return the model with some levers left as published."""
    if not gone:
        return found
    kept = [k for k, lever in enumerate(found.levers) if lever.id not in gone]
    return replace(
        found,
        levers=[found.levers[k] for k in kept],
        law=found.law.of_levers(kept),
        dropped=[*found.dropped, *(each for each in found.levers if each.id in gone)],
    )


def _gaps(found: DayModel, values: Sequence[float], model: Named) -> Floats:
    """Return how far the laws are from a model's own numbers, relative to their size."""
    ours, own = found.law.numbers(found.levers, values), numbers_of(model, found.shape)
    is_known = ~np.isnan(own) & (ours != own)
    size = np.maximum(np.abs(own), 1e-3)
    with np.errstate(invalid="ignore"):
        return np.where(is_known, np.abs(ours - own) / size, 0.0)


def _is_right(found: DayModel, values: Sequence[float], model: Named) -> bool:
    """Return whether the laws give a model's own numbers."""
    is_same = (_gaps(found, values, model) <= 10 * EXPLAINED).all()  # NaN is not
    return (
        bool(is_same)
        and is_within(model, found.shape)
        and _extra_rows_ask_nothing(found, values, model)
    )


def _extra_rows_ask_nothing(found: DayModel, values: Sequence[float], model: Named) -> bool:
    """Return whether rows that a model lacks forbid nothing in it: bounds alone keep them."""
    shape, has = found.shape, set(model.rows)
    extra = [k for row, k in shape.rows.items() if row not in has]
    if not extra:
        return True
    numbers = found.law.numbers(found.levers, values)
    n, z, m = len(shape.columns), len(shape.codes), len(shape.rows)
    a = shape.a
    a.data = numbers[n + 1 : n + 1 + z]
    sides, bounds = numbers[n + 1 + z :][: 2 * m].reshape(2, m), numbers[-2 * n :].reshape(2, n)
    rows = a.tocsr()[extra, :]
    up, down = rows.maximum(0), rows.minimum(0)
    with np.errstate(invalid="ignore"):
        most = up @ bounds[1] + down @ bounds[0]
        least = up @ bounds[0] + down @ bounds[1]
    near = EXPLAINED * np.maximum(1.0, np.abs(sides[:, extra]))
    return bool(
        (most <= sides[1, extra] + near[1]).all() and (least >= sides[0, extra] - near[0]).all()
    )


def _culprits(scene: Scene, found: DayModel, values: list[float]) -> set[str]:
    """Return the fewest levers that, moved together, belie the laws; none where all are right.

    Halves are tried, then quarters, and so on, with and without (A. Zeller's delta debugging).
    """

    def is_right(moved: list[int]) -> bool:
        at = [v if k in moved else found.levers[k].value for k, v in enumerate(values)]
        try:
            return _is_right(found, at, _model(scene, found.levers, at))
        except _UNBUILT:
            return False

    moved, count = list(range(len(found.levers))), 2
    if is_right(moved):
        return set()
    while len(moved) > 1:
        parts = [moved[k::count] for k in range(count)]
        rests = [[k for k in moved if k not in part] for part in parts] if count > 2 else []
        wrong = next((some for some in [*parts, *rests] if not is_right(some)), None)
        if wrong is None and count >= len(moved):
            break
        moved, count = (moved, min(2 * count, len(moved))) if wrong is None else (wrong, 2)
    return {found.levers[k].id for k in moved}
