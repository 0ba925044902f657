"""What clauses, units and decisions cost, in sentences."""

from optimizer.explain.clauses import ClauseCost
from optimizer.explain.decisions import Decision
from optimizer.explain.slope import Slope
from optimizer.phrases import Number, number, phrase

SMALL_MAD = 0.5  # a MAD is shown
_SAME_PU = 0.01  # two prices that differ by less are one


def money(mad: float) -> Number:
    """Return an amount as it is read, without a negative zero."""
    text = number(mad)
    return number(0.0) if text == "-0" else text


def differ(one: float, other: float) -> bool:
    """Return whether two prices are apart by more than rounding."""
    apart = abs(one - other)
    return apart > max(SMALL_MAD, _SAME_PU * max(abs(one), abs(other)))


def of_a_clause(cost: ClauseCost) -> list[str]:
    """Say how a clause stands, what it costs, and what its numbers are worth."""
    values = {"article": cost.article, "cost": _without(cost)}
    text = phrase("Without Art. {article} the plan would cost {cost}", values)
    if cost.slope is not None:
        words = {"sentence": text, "unit": cost.slope.words, "change": _worth(cost.slope)}
        text = phrase("{sentence}; {unit} {change}", words)
    return [cost.sentence, phrase("{sentence}.", {"sentence": text})]


def _without(cost: ClauseCost) -> str:
    """Say what the plan would cost without a clause."""
    fixed_mad, resolved_mad = cost.fixed_mad, cost.resolved_mad
    if resolved_mad is not None:
        text = _saved(resolved_mad, cost.within_mad or 0.0)
        if fixed_mad is None or not differ(fixed_mad, resolved_mad):
            return text
        return phrase(
            "{cost} ({mad} MAD less with whole numbers as they are)",
            {"cost": text, "mad": money(fixed_mad)},
        )
    if fixed_mad is None:
        return phrase("an amount that could not be had in the time there was")
    if abs(fixed_mad) < SMALL_MAD:
        return phrase("the same, with whole numbers as they are")
    return phrase("{mad} MAD less, with whole numbers as they are", {"mad": money(fixed_mad)})


def _saved(mad: float, within_mad: float) -> str:
    """Say what a plan solved again costs less."""
    if abs(mad) <= max(within_mad, SMALL_MAD):
        return phrase("{cost}, solved again", {"cost": _same(within_mad)})
    return phrase("{cost}, solved again", {"cost": _known(mad, within_mad, is_more=False)})


def _same(within_mad: float) -> str:
    """Say that a cost is the same, with how well it is known, where that shows."""
    if within_mad < SMALL_MAD:
        return phrase("the same")
    return phrase("the same, to within {mad} MAD", {"mad": money(within_mad)})


def _known(mad: float, within_mad: float | None, *, is_more: bool) -> str:
    """Return so much more or less, with how well the solver knows it where that shows."""
    values = {"mad": money(mad)}
    text = phrase("{mad} MAD more", values) if is_more else phrase("{mad} MAD less", values)
    if within_mad is None or within_mad < max(SMALL_MAD, _SAME_PU * abs(mad)):
        return text
    return phrase("{cost} (to within {mad} MAD)", {"cost": text, "mad": money(within_mad)})


def _worth(found: Slope) -> str:
    """Say what one unit more does to the cost, both ways where they differ."""
    less, more = found.less, found.more
    if more is None:
        if less is None:
            return phrase("can't be had")
        return phrase("can't be had; as much less {change}", {"change": _change(-less)})
    if less is None:
        return phrase("{change}; less of it can't be had", {"change": _change(more)})
    if differ(less, more):
        both = {"change": _change(more), "back": _change(-less)}
        return phrase("{change}, and as much less {back}", both)
    return _change(found.mad_per_unit)


def _change(mad: float) -> str:
    """Say what a change of cost is."""
    if abs(mad) < SMALL_MAD:
        return phrase("would change nothing")
    values = {"mad": money(abs(mad))}
    return (
        phrase("would save {mad} MAD", values)
        if mad < 0
        else phrase("would cost {mad} MAD", values)
    )


def of_the_units(units: list[Slope], whole_h: float) -> list[str]:
    """Say what one unit more of each thing is worth over a plan of `whole_h` hours."""
    head = phrase(
        "What one unit more would do over the {hours} h of the plan, whole numbers as they are:",
        {"hours": number(whole_h, "g")},
    )
    said: list[str] = [head]
    for found in units:
        if max(abs(s or 0.0) for s in (found.mad_per_unit, found.less, found.more)) < SMALL_MAD:
            continue
        text = phrase("{unit} {change}", {"unit": found.words, "change": _worth(found)})
        if found.resolved_mad is not None:
            mad = found.resolved_mad
            known = _known(abs(mad), found.within_mad, is_more=mad >= 0)
            again = {"sentence": text, "cost": known}
            text = phrase("{sentence} (all solved again: {cost})", again)
        said.append(phrase("{sentence}.", {"sentence": text}))
    return said if len(said) > 1 else []


def of_a_decision(found: Decision) -> str:
    """Say what another decision would cost."""
    values = {"otherwise": found.otherwise}
    if not found.is_possible:
        return phrase("{otherwise}, no schedule keeps every limit.", values)
    if found.mad is None:
        return phrase("{otherwise}: no answer in the time there was.", values)
    within = found.within_mad or 0.0
    if abs(found.mad) <= max(within, SMALL_MAD):
        cost = _same(within)
    else:
        cost = _known(abs(found.mad), within, is_more=found.mad >= 0)
    return phrase("{otherwise}, the plan would cost {cost}.", values | {"cost": cost})
