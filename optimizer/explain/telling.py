"""From a plan or a run folder to its explanation."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from pyomo.common.gc_manager import PauseGC

from models.errors import InputError
from optimizer.explain.change import Scene, scene_of, unit_changes
from optimizer.explain.clauses import ClauseCost, clause_costs
from optimizer.explain.decisions import Decision, decisions
from optimizer.explain.explanation import Explanation
from optimizer.explain.frozen import Frozen, freeze
from optimizer.explain.limits import at_step, limits, over_steps
from optimizer.explain.met import met_by
from optimizer.explain.sentences import HOW, Told, of_prices, sentences
from optimizer.explain.slope import Slope, resolved, slope
from optimizer.explain.value import Bus, BusValue, bus_of
from optimizer.explain.words import as_objects
from optimizer.horizon import Horizon
from optimizer.optimum import Optimum, optimize
from optimizer.phrases import number, phrase
from optimizer.planned import Plan
from optimizer.site import build_model
from optimizer.store import is_diagnostic, read_published

BINDING_H = 24.0  # the part of a plan that is carried out
RESOLVED_MAX_COUNT = 2  # whole re-solves for the dearest units, where there are whole numbers
EXTENDED = phrase("The model was extended by hand: what clauses and units are worth is not told.")
DUAL, DIFFERENCE = phrase("dual"), phrase("finite difference")
SAME_PU = 1e-6  # of the cost: two solves of one plan differ by less


def explain(
    run: Path | Plan, at: pd.Timestamp | None = None, *, is_resolved: bool = True
) -> Explanation:
    """Say why a plan is as it is.

    Parameters
    ----------
    run : path or Plan
        A run folder, whose plan is solved again first, or a plan just made.
    at : Timestamp, optional
        A moment of the plan; without one, the dearest step of the binding day.
    is_resolved : bool
        Solve the whole plan again without each clause and with each decision otherwise; without,
        there are only prices of the plan as it stands, which is quicker.

    Raises
    ------
    InputError
        The run folder can't be read, or `at` is not in the plan.
    """
    with PauseGC():  # or it walks through model after model
        return _explain(run, at, is_resolved=is_resolved)


def _explain(run: Path | Plan, at: pd.Timestamp | None, *, is_resolved: bool) -> Explanation:
    """Return the explanation."""
    optimum, notes = _optimum_of(run)
    return explain_frozen(freeze(optimum), at, notes, is_resolved=is_resolved)


def explain_frozen(
    frozen: Frozen,
    at: pd.Timestamp | None = None,
    notes: Sequence[str] = (),
    *,
    is_resolved: bool = True,
) -> Explanation:
    """Say why a plan is as it is, as `explain` does, from its program with prices.

    Parameters
    ----------
    notes : sequence of str
        What is to be said about how the plan was had.
    """
    optimum, notes = frozen.optimum, list(notes)
    horizon = optimum.problem.given.horizon
    bus, scene = bus_of(frozen), scene_of(optimum.problem)
    values, day = bus.values(), binding_steps(horizon)
    t = dearest(values, day) if at is None else step_at(horizon, at)
    value, found = bus.value(t), limits(frozen)
    is_ours = frozen.is_of(scene.build())
    if not is_ours:
        notes.append(EXTENDED)
    told = Told(
        worth=values.iloc[: len(day)],
        value=value,
        whole_h=float(horizon.end_h[-1]),
        met=met_by(bus, t),
        limits=at_step(found, t),
        day=over_steps(found, day),
        clauses=clause_costs(frozen, scene, is_resolved=is_resolved) if is_ours else [],
        units=_units(frozen, scene, is_resolved=is_resolved) if is_ours else [],
        decisions=decisions(frozen) if is_resolved else [],
    )
    return _explanation(told, bus, [*notes, HOW, *_accuracy(optimum)])


def told_by_prices(frozen: Frozen, found: pd.DataFrame) -> list[str]:
    """Say what prices alone tell of the binding day: nothing is solved again.

    Parameters
    ----------
    found : DataFrame
        What `limits` finds.
    """
    bus = bus_of(frozen)
    values, day = bus.values(), binding_steps(frozen.optimum.problem.given.horizon)
    t = dearest(values, day)
    value = bus.value(t, is_checked=False)
    return of_prices(values.iloc[: len(day)], value, at_step(found, t), over_steps(found, day))


def dearest(values: pd.Series, day: range) -> int:
    """Return the step of the binding day in which a MWh is worth most."""
    return int(np.argmax(values.to_numpy()[: len(day)]))


def binding_steps(horizon: Horizon) -> range:
    """Return the steps that are carried out: those of the first day, or the first alone."""
    return range(max(1, int(np.sum(horizon.end_h <= BINDING_H + 1e-9))))


def step_at(horizon: Horizon, at: pd.Timestamp) -> int:
    """Return the step that holds a moment.

    Raises
    ------
    InputError
        It has no time zone, or is not in the plan.
    """
    example = f"{horizon.start:%Y-%m-%dT%H:%MZ}"
    if at.tzinfo is None:
        raise InputError([f"--at = {at} has no time zone. Give UTC, as {example}."])
    if not horizon.start <= at < horizon.end:
        asked = f"--at = {at.tz_convert('UTC'):%Y-%m-%dT%H:%MZ} is not in the plan"
        span = f"which goes from {example} until {horizon.end:%Y-%m-%dT%H:%MZ}"
        raise InputError([f"{asked}, {span}. Give a moment in between."])
    return int(horizon.edges.searchsorted(at, side="right")) - 1


def _optimum_of(run: Path | Plan) -> tuple[Optimum, list[str]]:
    """Return the optimum to explain, and what is to be said about how it was had."""
    if isinstance(run, Plan):
        return run.optimum, []
    published, _ = read_published(run, is_elastic=is_diagnostic(run))
    problem = build_model(published.site, published.agreement, published.given)
    optimum = optimize(problem)
    was, now = published.objective_mad, optimum.objective_mad
    if abs(now - was) <= SAME_PU * max(1.0, abs(was)):
        return optimum, []
    note = phrase(
        "Solved again, the plan costs {now} MAD; the run says {was} MAD. What is said here is "
        "about the plan as solved again.",
        {"now": number(now), "was": number(was)},
    )
    return optimum, [note]


def _units(frozen: Frozen, scene: Scene, *, is_resolved: bool) -> list[Slope]:
    """Return what one unit more of each thing is worth, dearest first."""
    changes = {change.name: change for change in unit_changes(scene)}
    found = [s for s in (slope(frozen, scene, c) for c in changes.values()) if s is not None]
    found.sort(key=lambda s: (-abs(s.mad_per_unit), s.name))
    if not is_resolved:
        return found
    is_whole = bool(frozen.optimum.matrices.is_integer.any())
    count = RESOLVED_MAX_COUNT if is_whole else len(found)
    again = [resolved(frozen, scene, changes[s.name], s) for s in found[:count]]
    return [*again, *found[count:]]


def _accuracy(optimum: Optimum) -> list[str]:
    """Return how well the solver knows the plan's own cost, where that is not exactly."""
    within = optimum.mip_gap_pu * abs(optimum.objective_mad)
    if not 0.5 <= within < np.inf:
        return []
    return [
        phrase(
            "The plan's cost is proven to within {mad} MAD, and so are differences to it.",
            {"mad": number(within)},
        )
    ]


def _explanation(told: Told, bus: Bus, notes: list[str]) -> Explanation:
    """Return the explanation with its tables."""
    values = bus.values().rename_axis("time_utc").reset_index()
    return Explanation(
        sentences=sentences(told),
        at=told.value.at,
        notes=notes,
        by_step=values.assign(how=DUAL),
        value=_value_table(told.value),
        parts=told.value.parts.assign(how=DUAL),
        met_by=told.met,
        limits=told.limits.assign(how=DUAL),
        day=told.day.assign(how=DUAL),
        clauses=_clause_table(told.clauses),
        units=_slope_table([*told.units, *(c.slope for c in told.clauses if c.slope is not None)]),
        decisions=_decision_table(told.decisions),
    )


def _value_table(value: BusValue) -> pd.DataFrame:
    """Return the claimed value and both derivatives."""
    rows = [
        (phrase("a MWh"), value.mad_per_mwh, DUAL),
        (phrase("the last MWh"), value.less, DIFFERENCE),
        (phrase("one MWh more"), value.more, DIFFERENCE),
    ]
    table = pd.DataFrame(rows, columns=["what", "mad_per_mwh", "how"])
    return table.assign(what=as_objects(row[0] for row in rows))


def _clause_table(costs: list[ClauseCost]) -> pd.DataFrame:
    """Return what each clause costs."""
    columns = ["article", "kind", "breach_mad", "fixed_mad", "resolved_mad", "within_mad"]
    rows = [[getattr(c, column) for column in columns] for c in costs]
    table = pd.DataFrame(rows, columns=columns)
    how = phrase("paid; without it, integers fixed (finite difference); without it (re-solve)")
    return table.assign(sentence=as_objects(c.sentence for c in costs), how=how)


def _slope_table(slopes: list[Slope]) -> pd.DataFrame:
    """Return what one unit more of each thing is worth."""
    columns = [field for field in Slope.__dataclass_fields__]
    table = pd.DataFrame([asdict(s) for s in slopes], columns=columns)
    return table.assign(words=as_objects(s.words for s in slopes))


def _decision_table(found: list[Decision]) -> pd.DataFrame:
    """Return what each group of whole numbers is worth."""
    columns = [field for field in Decision.__dataclass_fields__]
    table = pd.DataFrame([asdict(d) for d in found], columns=columns)
    words = as_objects(d.otherwise for d in found)
    return table.assign(otherwise=words, how=phrase("re-solve"))
