"""Why the plan is as it is: clauses, what binds when, what a MWh is worth, in sentences."""

import itertools
from typing import Any

import pandas as pd

from optimizer.audit import clause_rows, clauses_in_force
from optimizer.explain.limits import over_steps
from optimizer.explain.value import bus_of
from optimizer.phrases import number, phrase
from optimizer.report.content_axis import rounded
from optimizer.report.content_figures import shown
from optimizer.report.content_layers import Spec, chart, line
from optimizer.report.looks import BLACK, BLUE, CLASSES, DASHES
from optimizer.report.rendering import both
from optimizer.report.source import Source
from optimizer.terminal_words import clause_words, owner_words

_FROM_MAD = (0.0, 100.0, 500.0, 1500.0)  # classes of a limit's price: off-peak and peak lie between
_STRIPS = 14  # limits drawn; the table has all
_SHOWN_MAD = 0.5


def clause_cells(source: Source) -> list[dict[str, Any]]:
    """Return the rows of the table of clauses."""
    texts = {clause.article: clause.text for clause in clauses_in_force(source.published)}
    given_way = {row["limit"] for row in source.figures.get("softened", [])}
    return [
        {
            "article": row["article"],
            "kind": clause_words(row["kind"]),
            "wording": texts[row["article"]],
            "is_kept": row["is_kept"],
            "is_hard": row["is_hard"],
            "is_softened": f"Art. {row['article']}" in given_way,
            "mad": shown(float(row["cost_mad"]), 0),
            "sentence": row["sentence"],
        }
        for row in clause_rows(source.published)
    ]


def binding_rows(source: Source, found: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what binds over the binding day, dearest first."""
    return [
        {
            "name": row.words,
            "steps": number(row.step_count),
            "mad": shown(row.worth_mad, 0),
            "unit": row.unit,
        }
        for row in _rows(over_steps(found, source.day))
        if row.worth_mad >= _SHOWN_MAD
    ]


def _rows(table: pd.DataFrame) -> list[Any]:
    """Return the rows of a table."""
    return list(table.itertuples())


def strips(source: Source, found: pd.DataFrame) -> list[Spec]:
    """Return when each limit binds, and at which price; `found` is what `limits` finds."""
    dear = found[found["mad_per_unit"].astype(float) >= _SHOWN_MAD]
    order = over_steps(dear, source.horizon.steps)["words"].tolist()
    layers = []
    for words in order[:_STRIPS]:
        own = dear[dear["words"] == words]
        price = (
            own.groupby("step")["mad_per_unit"].max().reindex(source.horizon.steps, fill_value=0)
        )
        unit = own["unit"].iloc[0]
        layers.append(
            {
                "kind": "strip",
                "label": both(words),
                "values": rounded(price),
                "unit": f"MAD/{unit}",
            }
        )
    if not layers:
        return []
    note = phrase(
        "{count} limits bind in the plan; those worth most are drawn.", {"count": len(order)}
    )
    classes = [
        {"from": low, "color": color, "label": both(words)}
        for low, color, words in zip(_FROM_MAD, CLASSES, _class_words(), strict=True)
    ]
    classes[0]["from"] = _SHOWN_MAD
    title = phrase("What binds when: what one unit more of a limit would save in a step")
    return [chart("limits", title, "MAD", layers, note) | {"classes": classes}]


def _class_words() -> list[str]:
    """Return the classes of price in words."""
    edges = [number(mad) for mad in _FROM_MAD]
    words = [phrase("below {mad} MAD a unit", {"mad": edges[1]})]
    for low, high in itertools.pairwise(edges[1:]):
        words.append(phrase("{low} to {high}", {"low": low, "high": high}))
    return [*words, phrase("above {mad}", {"mad": edges[-1]})]


def worth(source: Source) -> list[Spec]:
    """Return what a MWh at the site bus is worth in each step, beside the price of the grid."""
    if source.frozen is None:
        return []
    layers = [line(phrase("a MWh at the site bus"), bus_of(source.frozen).values(), BLUE)]
    for k, grid in enumerate(source.site.grid.values()):
        words = phrase("price of {part}", {"part": owner_words(grid.name)})
        price = source.table[f"{grid.name}_import_price_mad_per_mwh"]
        layers.append(line(words, price, BLACK, DASHES[1 + k % 3]))
    title = phrase("What a MWh at the site bus is worth")
    note = phrase(
        "The shadow price of the power balance: what the plan would cost more with one MWh more."
    )
    return [chart("worth", title, "MAD/MWh", layers, note)]
