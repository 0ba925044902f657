"""Key figures: tiles against the day before and against no flexibility, tables of figures, cost."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.phrases import Number, number, phrase
from optimizer.report.source import Source
from optimizer.terminal_words import FIGURES, REPORTED, cost_words

Figures = Mapping[str, float]
_SHOWN_MAD = 0.5  # a MAD is shown
_TILES = (  # of the binding day, as far as the site has them
    "renewable_share_pu",
    "import_mwh",
    "emission_kg",
    "curtailment_pu",
    "facility_mwh",
    "pue_pu",
    "shed_mwh",
    "missed_mwh",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """Another plan that this one is held against.

    Attributes
    ----------
    words : str
        What it is, as a tile names it.
    figures : mapping or None
        Its key figures, as ``kpis.json`` has them; none where there are none.
    objective_mad : float or None
        The cost of its whole plan. [MAD]
    why_not : str
        What a tile says where there are no figures.
    """

    words: str
    figures: Mapping[str, Figures] | None
    objective_mad: float | None
    why_not: str


def tiles(source: Source, others: list[Other]) -> list[dict[str, Any]]:
    """Return the tiles: the cost of the whole plan, then figures of the binding day."""
    own = source.figures["kpis"]
    mad = [(o, _comparable_mad(source, o)) for o in others]
    cost = {
        "name": phrase("cost of the whole plan"),
        "value": number(source.published.objective_mad),
        "unit": "MAD",
        "against": [_against(o, source.published.objective_mad, m, "MAD", 1, 0) for o, m in mad],
    }
    found = [cost]
    for key in _TILES:
        if key not in own["binding"]:
            continue
        words, unit, factor, digits = FIGURES[key]
        value = own["binding"][key]
        known = [(o, None if o.figures is None else o.figures["binding"].get(key)) for o in others]
        found.append(
            {
                "name": words,
                "value": shown(value * factor, digits),
                "unit": unit,
                "against": [_against(o, value, v, unit, factor, digits) for o, v in known],
            }
        )
    return found


def _comparable_mad(source: Source, other: Other) -> float | None:
    """Return the cost of another plan, where it is of as many hours."""
    if other.figures is None or other.objective_mad is None:
        return None
    hours = source.figures["kpis"]["plan"]["hours_h"]
    is_as_long = abs(other.figures["plan"]["hours_h"] - hours) < 1e-6
    return other.objective_mad if is_as_long else None


def _against(
    other: Other, own: float, value: float | None, unit: str, factor: float, digits: int
) -> dict[str, Any]:
    """Return the line of a tile that holds its figure against another plan's."""
    if other.figures is None:
        return {"words": other.words, "text": other.why_not}
    if value is None:
        return {"words": other.words, "text": phrase("not comparable")}
    how = {
        "value": shown(value * factor, digits),
        "unit": unit,
        "change": shown((own - value) * factor, digits, "+"),
    }
    text = phrase("{value} {unit} ({change})", how) if unit else phrase("{value} ({change})", how)
    return {"words": other.words, "text": text}


def shown(value: float, digits: int, sign: str = "") -> Number:
    """Return a number as it is read, without a negative zero."""
    is_zero = abs(value) < 0.5 * 10**-digits
    return number(0.0 if is_zero else value, f"{sign},.{digits}f")


def figure_rows(source: Source) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the heads of the table of key figures, and its rows."""
    kpis = source.figures["kpis"]
    spans = [kpis["binding"]]
    if kpis["binding"]["hours_h"] != kpis["plan"]["hours_h"]:
        spans.append(kpis["plan"])
    heads: list[str] = [phrase("binding, {hours} h", {"hours": number(spans[0]["hours_h"], "g")})]
    heads += [
        phrase("whole plan, {hours} h", {"hours": number(s["hours_h"], "g")}) for s in spans[1:]
    ]
    rows = []
    for key, (words, unit, factor, digits) in (FIGURES | REPORTED).items():
        if key in kpis["plan"]:
            values = [shown(span[key] * factor, digits) for span in spans]
            rows.append({"name": words, "unit": unit, "values": values})
    return heads, rows


def cost_rows(source: Source) -> Iterator[dict[str, Any]]:
    """Yield the cost of the whole plan by part and kind, dearest first, and what it adds up to."""
    costs = dict(source.figures["kpis"]["cost_mad"])
    fixed = costs.pop("fixed_charge_mad", 0.0)
    for name, mad in sorted(costs.items(), key=lambda item: (-abs(item[1]), item[0])):
        if abs(mad) >= _SHOWN_MAD:
            yield {"name": cost_words(name), "mad": shown(mad, 0), "is_sum": False}
    together = shown(source.published.objective_mad, 0)
    yield {"name": phrase("together"), "mad": together, "is_sum": True}
    if fixed:
        words = phrase("and subscribed power, due whatever is planned")
        yield {"name": words, "mad": shown(fixed, 0), "is_sum": False}
