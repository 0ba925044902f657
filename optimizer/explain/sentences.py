"""The sentences a planner reads aloud: numbers, units, UTC hours, and where a figure is from."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.explain.clauses import ClauseCost
from optimizer.explain.costs import (
    SMALL_MAD,
    differ,
    money,
    of_a_clause,
    of_a_decision,
    of_the_units,
)
from optimizer.explain.decisions import Decision
from optimizer.explain.slope import Slope
from optimizer.explain.value import BusValue
from optimizer.phrases import Phrase, joined, moment, number, phrase
from optimizer.terminal_words import owner_words

HOW = phrase(
    "Prices are duals of the plan's linear program, its whole numbers fixed; each is checked by "
    "solving that again with a little less and a little more, and both are said where they differ."
)
SHOWN_MAX_COUNT = 6
_ALL_USED = "all available power is used"


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
    said += _of_the_meeting(told) + _of_the_limits(told.limits, told.day)
    for cost in told.clauses:
        said += of_a_clause(cost)
    said += of_the_units(told.units, told.whole_h)
    said += [of_a_decision(decision) for decision in told.decisions]
    return said


def of_prices(
    worth: pd.Series, value: BusValue, limits: pd.DataFrame, day: pd.DataFrame
) -> list[str]:
    """Return what prices alone say, in order: the day, its dearest step, what binds."""
    return [
        _of_the_day(worth),
        _of_the_step(value),
        *_of_another_view(value),
        *_of_the_limits(limits, day),
    ]


def hour(at: pd.Timestamp) -> str:
    """Return a step's beginning as it is read."""
    return moment(at, "%H:%MZ")


def _of_the_day(worth: pd.Series) -> str:
    """Say what a MWh is worth over the binding day."""
    low, high = pd.Timestamp(str(worth.idxmin())), pd.Timestamp(str(worth.idxmax()))
    values = {
        "start": moment(pd.Timestamp(str(worth.index[0])), "%d %b %Y %H:%MZ"),
        "low": money(worth.min()),
        "high": money(worth.max()),
        "low_hour": hour(low),
        "high_hour": hour(high),
    }
    if not differ(worth.min(), worth.max()):
        return phrase(
            "Over the day that binds, from {start}, a MWh at the site bus is worth {high} MAD "
            "throughout.",
            values,
        )
    return phrase(
        "Over the day that binds, from {start}, a MWh at the site bus is worth {low} MAD at the "
        "cheapest ({low_hour}) and {high} MAD at the dearest ({high_hour}).",
        values,
    )


def _of_the_step(value: BusValue) -> str:
    """Say what a MWh is worth in the step, and what makes it up."""
    parts = _spoken_parts(value.parts[value.parts["set_by"] == value.set_by])
    how = {"moment": moment(value.at), "mad": money(value.mad_per_mwh)}
    worth = phrase("{moment}: a MWh is worth {mad} MAD", how)
    if parts:
        return phrase("{sentence}: {parts}.", {"sentence": worth, "parts": parts})
    owner, _, what = value.set_by.partition(".")
    if value.is_free and what.startswith("used_mw"):
        left = {"sentence": worth, "owner": owner_words(owner)}
        return phrase("{sentence}: {owner} has some left.", left)
    return phrase("{sentence}.", {"sentence": worth})


def _of_another_view(value: BusValue) -> list[str]:
    """Say what makes up the same price as seen from a store, or from another than the store."""
    setters = value.parts["set_by"].unique().tolist()
    is_store = [setter.startswith("battery_") for setter in setters]
    others = [s for s, stored in zip(setters, is_store, strict=True) if stored != is_store[0]]
    if not others or setters[0] != value.set_by:
        return []
    how = {
        "owner": owner_words(others[0].partition(".")[0]),
        "mad": money(value.mad_per_mwh),
        "parts": _spoken_parts(value.parts[value.parts["set_by"] == others[0]]),
    }
    same = phrase("Seen from {owner}, the same {mad} MAD are {parts}.", how)
    return [same] if how["parts"] else []


def _spoken_parts(parts: pd.DataFrame) -> str:
    """Return the parts of a price as they are read."""
    return joined(
        ", ",
        [
            phrase("{mad} {part}", {"mad": money(row.mad_per_mwh), "part": row.words})
            for row in _rows(parts)
            if abs(row.mad_per_mwh) >= SMALL_MAD
        ],
    )


def _of_the_sides(value: BusValue) -> list[str]:
    """Say what a MWh less saves and one more costs, where they differ."""
    if value.more is None:
        return [
            phrase("One MWh more can't be had in this step: no schedule would keep every limit.")
        ]
    if value.less is None:
        return [phrase("One MWh less can't be had in this step: nothing could give way.")]
    if not differ(value.less, value.more):
        return []
    return [
        phrase(
            "The plan stands at a kink: one MWh less would save {less} MAD, one more would cost "
            "{more} MAD.",
            {"less": money(value.less), "more": money(value.more)},
        )
    ]


def _of_the_meeting(told: Told) -> list[str]:
    """Say how one MWh more would be met."""
    moves = [_move(row, told.value.at) for row in _rows(told.met)]
    if not moves:
        return []
    return [phrase("One MWh more then would be met by {moves}.", {"moves": joined(", ", moves)})]


def _move(row: Any, at: pd.Timestamp) -> str:
    """Say what moves, and when if that is another step."""
    values = {"mwh": number(abs(row.mwh), ".2f"), "what": row.what}
    if row.mwh > 0:
        size = phrase("{mwh} MWh more {what}", values)
    else:
        size = phrase("{mwh} MWh less {what}", values)
    if row.is_then:
        return size
    when = row.mostly_at_utc
    is_same_day = when.date() == at.date()
    around = hour(when) if is_same_day else moment(when)
    return phrase("{move} around {moment}", {"move": size, "moment": around})


def _of_the_limits(limits: pd.DataFrame, day: pd.DataFrame) -> list[str]:
    """Say what binds in the step and over the day."""
    priced = [row for row in _rows(limits, len(limits)) if row.mad_per_unit >= SMALL_MAD]
    full = [row for row in priced if row.words.endswith(_ALL_USED)]
    plants = [owner_words(row.limit.partition(".")[0]) for row in full]
    here = [_limit(row) for row in priced if not row.words.endswith(_ALL_USED)]
    if here:
        first = joined("; ", here[:SHOWN_MAX_COUNT])
        listed = phrase("What binds then: {limits}.", {"limits": first})
    else:
        listed = phrase("No limit on anything else binds then at a price.")
    if plants:
        used = phrase(
            "All that {plants} can give is used.", {"plants": joined(phrase(" and "), plants)}
        )
        listed = joined(" ", [listed, used])
    said: list[str] = [listed]
    over = [
        phrase(
            "{limit} ({steps}; {mad} MAD/{unit})",
            _priced(row.words, row.worth_mad, row.unit) | {"steps": _steps(row.step_count)},
        )
        for row in _rows(day)
        if row.worth_mad >= SMALL_MAD
    ]
    if over:
        every = joined("; ", over)
        said.append(phrase("What binds over the day, dearest first: {limits}.", {"limits": every}))
    return said


def _limit(row: Any) -> Phrase:
    """Say which limit binds, at which price."""
    return phrase("{limit} ({mad} MAD/{unit})", _priced(row.words, row.mad_per_unit, row.unit))


def _priced(words: str, mad: float, unit: str) -> dict[str, str]:
    """Return a limit, its price and the unit of that."""
    return {"limit": words, "mad": money(mad), "unit": unit}


def _steps(count: int) -> str:
    """Return a number of steps as it is read."""
    return phrase("1 step") if count == 1 else phrase("{count} steps", {"count": count})


def _rows(table: pd.DataFrame, count: int = SHOWN_MAX_COUNT) -> list[Any]:
    """Return the first rows of a table."""
    return list(table.head(count).itertuples())
