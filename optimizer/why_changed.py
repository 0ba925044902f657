"""Why a plan made again differs from the one before: what both were made of, held together.

Opening state, input series, outages and pins, agreement, site; nothing else makes a plan.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.audit import Published
from optimizer.breach import TOLERANCE
from optimizer.config import Agreement, Site
from optimizer.held import Interventions, Outage, Pin, spanned
from optimizer.interventions import uncut
from optimizer.phrases import Phrase, number, phrase
from optimizer.state import State
from optimizer.state_sources import quantity_words
from optimizer.units import UNIT_TEXT

_PATHS_SHOWN = 5
_NO_NEWS_PU = 1e-3  # of the energy: where steps begin, means of the same weather differ by as much


def reasons(rest: Published, new: Published) -> Iterator[str]:
    """Yield what differs of what the plans were made of."""
    found = [
        *_of_state(rest.given.state, new.given.state),
        *_of_series(rest, new),
        *_of_held(people(rest.given.held), people(new.given.held), new.given.horizon.start),
        *_of_agreement(rest.agreement, new.agreement),
        *_of_site(rest.site, new.site),
    ]
    yield from found
    if not found:
        yield phrase(
            "what the plan is made of has not changed by {percent}; what moves is a tie or within "
            "the solver's gap.",
            {"percent": number(_NO_NEWS_PU, ".1%")},
        )


def _of_state(before: State, now: State) -> Iterator[str]:
    """Yield where the plant is not where the plan before expected it."""
    olds = {(r.name, r.quantity, r.key): r.value for r in before.rows}
    news = {(r.name, r.quantity, r.key): r.value for r in now.rows}
    for name, quantity, key in dict.fromkeys([*olds, *news]):
        place = (name, quantity, key)
        if not key and not (place in olds and place in news):
            continue  # one of them leaves it to the site file
        old, new = olds.get(place, 0.0), news.get(place, 0.0)
        if not abs(new - old) <= TOLERANCE * max(1.0, abs(old)):
            stem, _, unit = quantity.rpartition("_")
            what: str = quantity_words(stem)
            if key:
                what = phrase("{quantity} {key}", {"quantity": what, "key": key})
            values = {
                "name": name,
                "now": number(new, ",.4g"),
                "unit": UNIT_TEXT.get(unit, unit),
                "what": what,
                "before": number(old, ",.4g"),
                "apart": _apart(new - old, ",.4g"),
            }
            yield phrase(
                "{name} begins with {now} {unit} of {what}; {before} were expected ({apart}).",
                values,
            )


def _apart(by: float, spec: str) -> Phrase:
    """Return by how much something is more or less."""
    values = {"apart": number(abs(by), spec)}
    return phrase("{apart} more", values) if by > 0 else phrase("{apart} less", values)


def _of_series(rest: Published, new: Published) -> Iterator[str]:
    """Yield which input series differ, and by how much; without what outages cut of them."""
    olds, news, hours = rest.given.series, new.given.series, new.given.horizon.hours
    others: dict[str, list[str]] = {}
    most = 0
    for column in news.columns:
        if column not in olds.columns or column.endswith("_uncut_mw"):
            continue
        old, now = (
            (frame[uncut(column)] if uncut(column) in frame.columns else frame[column]).to_numpy()
            for frame in (olds, news)
        )
        differs = np.abs(now - old) > TOLERANCE
        if not differs.any():
            continue
        if column.endswith("_mw") and "intercept" not in column:
            yield from _energy(column, float(old @ hours), now, old, hours)
        elif "price" in column:
            a, b = (float(np.average(values, weights=hours)) for values in (now, old))
            values = {
                "series": column.removesuffix("_mad_per_mwh").replace("_", " "),
                "now": number(a, ",.1f"),
                "before": number(b, ",.1f"),
            }
            yield phrase("{series} is {now} MAD/MWh on average; {before} before.", values)
        else:
            owners = [p.name for p in new.site.components() if column.startswith(f"{p.name}_")]
            owner = max(owners, key=len, default="")
            others.setdefault(owner, []).append(column.removeprefix(f"{owner}_"))
            most = max(most, int(differs.sum()))
    for owner, names in others.items():
        yield phrase(
            "input series of {owner} are others in up to {count} of {all} steps: {names}.",
            {"owner": owner, "count": most, "all": len(hours), "names": ", ".join(names)},
        )


def _energy(
    column: str, before_mwh: float, now: np.ndarray, old: np.ndarray, hours: np.ndarray
) -> Iterator[str]:
    """Yield how the energy of a power series differs, if that is news."""
    moved_mwh = float(np.abs(now - old) @ hours)
    if moved_mwh <= _NO_NEWS_PU * before_mwh:
        return
    now_mwh = float(now @ hours)
    apart = _apart(now_mwh - before_mwh, ",.1f")
    if abs(now_mwh - before_mwh) < moved_mwh / 2:
        apart = phrase("{mwh} at another time", {"mwh": number(moved_mwh, ",.1f")})
    values = {
        "series": column.rpartition("_")[0].replace("_", " "),
        "now": number(now_mwh, ",.1f"),
        "before": number(before_mwh, ",.1f"),
        "apart": apart,
    }
    yield phrase("{series} is {now} MWh in these hours; {before} were expected ({apart}).", values)


def _of_held(before: Interventions, now: Interventions, start: pd.Timestamp) -> Iterator[str]:
    """Yield which outages and pins are new, and which no longer hold."""

    def entries(held: Interventions) -> list[Phrase]:
        every: list[Outage | Pin] = [*held.outages, *held.pins]
        return list(dict.fromkeys(spanned(one) for one in every if one.end > start))

    old, new = entries(before), entries(now)
    fresh = [text for text in new if text not in old]
    for text in fresh:
        if _is_out(text):
            yield phrase("there is now an {entry}.", {"entry": text})
        else:
            yield phrase("there is now a {entry}.", {"entry": text})
    gone = [text for text in old if text not in new]
    yield from (phrase("it no longer holds: {entry}.", {"entry": text}) for text in gone)


def _is_out(text: str) -> bool:
    """Return whether an entry is an outage."""
    return text.startswith("outage")


def people(held: Interventions) -> Interventions:
    """Return outages and pins without commitments, which are no person's."""
    return replace(held, pins=tuple(pin for pin in held.pins if pin.kind == "pin"))


def _of_agreement(before: Agreement, now: Agreement) -> Iterator[str]:
    """Yield which articles are another."""
    olds, news = ({c.article: c.model_dump() for c in one.clause} for one in (before, now))
    for article in dict.fromkeys([*olds, *news]):
        if article not in news:
            yield phrase("Art. {article} is no longer in the agreement.", {"article": article})
        elif article not in olds:
            yield phrase("Art. {article} is new in the agreement.", {"article": article})
        elif olds[article] != news[article]:
            fields = [f for f in news[article] if news[article][f] != olds[article].get(f)]
            values = {"article": article, "fields": ", ".join(fields)}
            yield phrase("Art. {article} is another: {fields}.", values)


def _of_site(before: Site, now: Site) -> Iterator[str]:
    """Yield which settings of the site are another."""
    paths = list(_differences(before.model_dump(mode="json"), now.model_dump(mode="json"), ""))
    values = {"fields": ", ".join(paths[:_PATHS_SHOWN]), "count": len(paths) - _PATHS_SHOWN}
    if len(paths) > _PATHS_SHOWN:
        yield phrase("the site file is another: {fields} and {count} more.", values)
    elif paths:
        yield phrase("the site file is another: {fields}.", values)


def _differences(before: Any, now: Any, path: str) -> Iterator[str]:
    """Yield the places where two nested tables differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*before, *now]):
            inner = f"{path}.{key}" if path else str(key)
            yield from _differences(before.get(key), now.get(key), inner)
    elif before != now:
        yield path
