"""The sentences a planner reads aloud: numbers, units, UTC hours, and where a figure is from."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.explain.clauses import ClauseCost
from optimizer.explain.decisions import Decision
from optimizer.explain.slope import Slope
from optimizer.explain.value import BusValue
from optimizer.terminal_words import owner_words

HOW = (
    "Prices are duals of the plan's linear program, its whole numbers fixed; each is checked by "
    "solving that again with a little less and a little more, and both are said where they differ."
)
SHOWN_MAX_COUNT = 6
_ALL_USED = "all available power is used"
_SMALL_MAD = 0.5  # a MAD is shown
_SAME_PU = 0.01  # two prices that differ by less are one


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """Everything there is to say."""

    worth: pd.Series  # of a MWh in each step of the binding day
    value: BusValue
    whole_h: float  # length of the plan
    met: pd.DataFrame
    limits: pd.DataFrame
    day: pd.DataFrame
    clauses: list[ClauseCost]
    units: list[Slope]
    decisions: list[Decision]


def sentences(told: Told) -> list[str]:
    """Return what a planner reads, in order: the day, this step, clauses, units, decisions."""
    said = [_of_the_day(told.worth), _of_the_step(told.value)]
    said += _of_another_view(told.value) + _of_the_sides(told.value)
    said += _of_the_meeting(told) + _of_the_limits(told)
    for cost in told.clauses:
        said += _of_a_clause(cost)
    said += _of_the_units(told)
    said += [_of_a_decision(decision) for decision in told.decisions]
    return said


def money(mad: float) -> str:
    """Return an amount as it is read, without a negative zero."""
    text = f"{mad:,.0f}"
    return "0" if text == "-0" else text


def hour(at: pd.Timestamp) -> str:
    """Return a step's beginning as it is read."""
    return f"{at:%H:%M}Z"


def _of_the_day(worth: pd.Series) -> str:
    """Say what a MWh is worth over the binding day."""
    first = f"{worth.index[0]:%d %b %Y %H:%M}Z"
    if not differ(worth.min(), worth.max()):
        return (
            f"Over the day that binds, from {first}, a MWh at the site bus is worth "
            f"{money(worth.max())} MAD throughout."
        )
    low, high = pd.Timestamp(str(worth.idxmin())), pd.Timestamp(str(worth.idxmax()))
    return (
        f"Over the day that binds, from {first}, a MWh at the site bus is worth "
        f"{money(worth.min())} MAD at the cheapest ({hour(low)}) and "
        f"{money(worth.max())} MAD at the dearest ({hour(high)})."
    )


def _of_the_step(value: BusValue) -> str:
    """Say what a MWh is worth in the step, and what makes it up."""
    parts = _spoken_parts(value.parts[value.parts["set_by"] == value.set_by])
    worth = f"{value.at:%d %b} {hour(value.at)}: a MWh is worth {money(value.mad_per_mwh)} MAD"
    if parts:
        return f"{worth}: {parts}."
    owner, _, what = value.set_by.partition(".")
    is_left = value.is_free and what.startswith("used_mw")
    return f"{worth}: {owner_words(owner)} has some left." if is_left else f"{worth}."


def _of_another_view(value: BusValue) -> list[str]:
    """Say what makes up the same price as seen from a store, or from another than the store."""
    setters = value.parts["set_by"].unique().tolist()
    is_store = [setter.startswith("battery_") for setter in setters]
    others = [s for s, stored in zip(setters, is_store, strict=True) if stored != is_store[0]]
    if not others or setters[0] != value.set_by:
        return []
    parts = _spoken_parts(value.parts[value.parts["set_by"] == others[0]])
    owner = owner_words(others[0].partition(".")[0])
    same = f"Seen from {owner}, the same {money(value.mad_per_mwh)} MAD are"
    return [f"{same} {parts}."] if parts else []


def _spoken_parts(parts: pd.DataFrame) -> str:
    """Return the parts of a price as they are read."""
    return ", ".join(
        f"{money(row.mad_per_mwh)} {row.words}"
        for row in _rows(parts)
        if abs(row.mad_per_mwh) >= _SMALL_MAD
    )


def _of_the_sides(value: BusValue) -> list[str]:
    """Say what a MWh less saves and one more costs, where they differ."""
    if value.more is None:
        return ["One MWh more can't be had in this step: no schedule would keep every limit."]
    if value.less is None:
        return ["One MWh less can't be had in this step: nothing could give way."]
    if not differ(value.less, value.more):
        return []
    sides = f"one MWh less would save {money(value.less)} MAD, one more would cost"
    return [f"The plan stands at a kink: {sides} {money(value.more)} MAD."]


def _of_the_meeting(told: Told) -> list[str]:
    """Say how one MWh more would be met."""
    rows = [_move(row, told.value.at) for row in _rows(told.met)]
    return [f"One MWh more then would be met by {', '.join(rows)}."] if rows else []


def _move(row: Any, at: pd.Timestamp) -> str:
    """Say what moves, and when if that is another step."""
    size = f"{abs(row.mwh):.2f} MWh {'more' if row.mwh > 0 else 'less'} {row.what}"
    if row.is_then:
        return size
    when = row.mostly_at_utc
    day = "" if when.date() == at.date() else f"{when:%d %b} "
    return f"{size} around {day}{hour(when)}"


def _of_the_limits(told: Told) -> list[str]:
    """Say what binds in the step and over the day."""
    priced = [row for row in _rows(told.limits, len(told.limits)) if row.mad_per_unit >= _SMALL_MAD]
    plants = [row.words.partition(":")[0] for row in priced if row.words.endswith(_ALL_USED)]
    here = [
        f"{row.words} ({money(row.mad_per_unit)} MAD/{row.unit})"
        for row in priced
        if not row.words.endswith(_ALL_USED)
    ]
    used = f" All that {' and '.join(plants)} can give is used." if plants else ""
    listed = f"What binds then: {'; '.join(here[:SHOWN_MAX_COUNT])}." if here else ""
    said = [f"{listed or 'No limit on anything else binds then at a price.'}{used}"]
    day = [
        f"{row.words} ({_steps(row.step_count)}; {money(row.worth_mad)} MAD/{row.unit})"
        for row in _rows(told.day)
        if row.worth_mad >= _SMALL_MAD
    ]
    if day:
        said.append(f"What binds over the day, dearest first: {'; '.join(day)}.")
    return said


def _of_a_clause(cost: ClauseCost) -> list[str]:
    """Say how a clause stands, what it costs, and what its numbers are worth."""
    article = f"Art. {cost.article}"
    fixed = None if cost.fixed_mad is None else f"{money(cost.fixed_mad)} MAD"
    as_they_are = "with whole numbers as they are"
    if cost.resolved_mad is not None:
        text = _saved(cost.resolved_mad, cost.within_mad or 0.0)
        if cost.fixed_mad is not None and differ(cost.fixed_mad, cost.resolved_mad):
            text += f" ({fixed} less {as_they_are})"
    elif fixed is not None:
        is_same = abs(cost.fixed_mad or 0.0) < _SMALL_MAD
        text = f"{'the same' if is_same else f'{fixed} less'}, {as_they_are}"
    else:
        text = "an amount that could not be had in the time there was"
    price = "" if cost.slope is None else f"; {cost.slope.words} {_worth(cost.slope)}"
    return [cost.sentence, f"Without {article} the plan would cost {text}{price}."]


def _steps(count: int) -> str:
    """Return a number of steps as it is read."""
    return "1 step" if count == 1 else f"{count} steps"


def _rows(table: pd.DataFrame, count: int = SHOWN_MAX_COUNT) -> list[Any]:
    """Return the first rows of a table."""
    return list(table.head(count).itertuples())


def _within(mad: float) -> str:
    """Say how well a cost is known, where that shows."""
    return f", to within {money(mad)} MAD" if mad >= _SMALL_MAD else ""


def _saved(mad: float, within_mad: float) -> str:
    """Say what a plan solved again costs less."""
    if abs(mad) <= max(within_mad, _SMALL_MAD):
        return f"the same{_within(within_mad)}, solved again"
    return f"{_known(mad, within_mad, 'less')}, solved again"


def _known(mad: float, within_mad: float | None, how: str) -> str:
    """Return so much more or less, with how well the solver knows it where that shows."""
    text = f"{money(mad)} MAD {how}"
    if within_mad is None or within_mad < max(_SMALL_MAD, _SAME_PU * abs(mad)):
        return text
    return f"{text} (to within {money(within_mad)} MAD)"


def differ(one: float, other: float) -> bool:
    """Return whether two prices are apart by more than rounding."""
    apart = abs(one - other)
    return apart > max(_SMALL_MAD, _SAME_PU * max(abs(one), abs(other)))


def _worth(found: Slope) -> str:
    """Say what one unit more does to the cost, both ways where they differ."""
    less, more = found.less, found.more
    if more is None:
        text = "can't be had"
        text += "" if less is None else f"; as much less {_change(-less)}"
    elif less is None:
        text = f"{_change(more)}; less of it can't be had"
    elif differ(less, more):
        text = f"{_change(more)}, and as much less {_change(-less)}"
    else:
        text = _change(found.mad_per_unit)
    return text


def _change(mad: float) -> str:
    """Say what a change of cost is."""
    if abs(mad) < _SMALL_MAD:
        return "would change nothing"
    return f"would {'save' if mad < 0 else 'cost'} {money(abs(mad))} MAD"


def _of_the_units(told: Told) -> list[str]:
    """Say what one unit more of each thing is worth."""
    span = f"the {told.whole_h:g} h of the plan"
    said = [f"What one unit more would do over {span}, whole numbers as they are:"]
    for found in told.units:
        if max(abs(s or 0.0) for s in (found.mad_per_unit, found.less, found.more)) < _SMALL_MAD:
            continue
        text = f"{found.words} {_worth(found)}"
        if found.resolved_mad is not None:
            text += f" ({_solved(found.resolved_mad, found.within_mad)})"
        said.append(f"{text}.")
    return said if len(said) > 1 else []


def _solved(mad: float, within_mad: float | None) -> str:
    """Say what the whole plan, solved again, costs more or less."""
    how = "less" if mad < 0 else "more"
    return f"all solved again: {_known(abs(mad), within_mad, how)}"


def _of_a_decision(found: Decision) -> str:
    """Say what another decision would cost."""
    if not found.is_possible:
        return f"{found.otherwise}, no schedule keeps every limit."
    if found.mad is None:
        return f"{found.otherwise}: no answer in the time there was."
    within = found.within_mad or 0.0
    if abs(found.mad) <= max(within, _SMALL_MAD):
        return f"{found.otherwise}, the plan would cost the same{_within(within)}."
    how = "less" if found.mad < 0 else "more"
    return f"{found.otherwise}, the plan would cost {_known(abs(found.mad), within, how)}."
