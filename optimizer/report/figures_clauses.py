"""The agreement as a figure: for each clause, when it holds, when it binds, and how it stands."""

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from optimizer.agreement.budget import BudgetClause
from optimizer.agreement.clause import Clause
from optimizer.audit import clause_rows, clauses_in_force
from optimizer.report.figures_panels import Panel, empty
from optimizer.report.figures_style import plain, spans
from optimizer.report.figures_view import View
from optimizer.report.looks import BLUE, PALE, VERMILION

_ROW_IN, _FRAME_IN = 0.62, 0.5  # decision: a bar and a sentence on two lines
_WRAP = 118  # characters of a sentence on a line
_BAR = 0.42  # of a row's height
_PRICED_MAD = 1e-4  # a price below this is noise of the solver


def clauses(view: View) -> list[Panel]:
    """Return one panel, with a row for each clause in force."""
    count = len(clauses_in_force(view.published))
    if not count:
        return [empty("Agreement", "No clause is in force.")]
    title = "Agreement: when each clause holds, and how it stands"
    return [Panel(title=title, height_in=_FRAME_IN + _ROW_IN * count, draw=_draw)]


def _draw(axes: Axes, view: View) -> None:
    rows = clause_rows(view.published)
    for number, (clause, row) in enumerate(
        zip(clauses_in_force(view.published), rows, strict=True)
    ):
        _bar(axes, view, number, _holds(clause, view), PALE)
        _bar(axes, view, number, binds(view, clause), BLUE, "//")
        sentence = str(row["sentence"]).removeprefix(f"Art. {row['article']}: ")
        lines = textwrap.wrap(plain(sentence, 2 * _WRAP), _WRAP)
        axes.text(
            0.0,
            number + _BAR / 2 + 0.06,
            "\n".join(lines),
            transform=axes.get_yaxis_transform(),
            fontsize=8,
            va="top",
        )
        axes.text(
            1.01,
            number,
            _standing(row),
            transform=axes.get_yaxis_transform(),
            fontsize=8.5,
            va="center",
            color="black" if row["is_kept"] else VERMILION,
            fontweight="normal" if row["is_kept"] else "bold",
        )
    axes.set_yticks(range(len(rows)), [_name(row) for row in rows])
    axes.set_ylim(len(rows) - 0.35, -0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.legend(handles=_key(view), loc="lower left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)


def _bar(
    axes: Axes, view: View, number: int, inside: np.ndarray, color: str, hatch: str = ""
) -> None:
    """Fill a row's bar in the steps that are inside."""
    axes.broken_barh(
        [(begin, end - begin) for begin, end in spans(view.edges, inside)],
        (number - _BAR / 2, _BAR),
        facecolor=color,
        edgecolor="white",
        hatch=hatch,
        linewidth=0.0,
    )


def _holds(clause: Clause, view: View) -> np.ndarray:
    """Return the steps shown in which a clause asks for something, its clock hours included."""
    applies = getattr(clause, "applies", None)
    found = clause.holds(view.table.index) if applies is None else applies(view.table.index)
    return np.asarray(found, dtype=bool)


def binds(view: View, clause: Clause) -> np.ndarray:
    """Return the steps shown in which a limit of a clause has a price; none where none is known.

    A budget that binds does so in its whole window.
    """
    found = np.zeros(len(view.table), dtype=bool)
    if view.duals is None:
        return found
    own = view.duals[view.duals["constraint"].str.startswith(f"{clause.name}.")]
    accounts = clause.accounts(view.published.given) if isinstance(clause, BudgetClause) else None
    for index in own.loc[own["dual"].abs() > _PRICED_MAD, "index"]:
        number = index[-1] if isinstance(index, tuple) else index
        if isinstance(number, int):
            steps = [number] if accounts is None else accounts[number].steps
            found[[t for t in steps if t < len(found)]] = True
    return found


def _name(row: dict[str, Any]) -> str:
    """Return a clause's article, kind and whether it may be broken at a price."""
    kind = str(row["kind"]).replace("_", " ")
    return (
        f"Art. {plain(str(row['article']), 12)} {kind}\n({'hard' if row['is_hard'] else 'priced'})"
    )


def _standing(row: dict[str, Any]) -> str:
    """Return how a clause stands in the whole plan."""
    return "kept" if row["is_kept"] else f"broken, at\n{row['cost_mad']:,.0f} MAD"


def _key(view: View) -> list[Patch]:
    """Return what the bars' colours mean."""
    key = [Patch(facecolor=PALE, label="holds")]
    if view.duals is not None:
        key.append(
            Patch(facecolor=BLUE, edgecolor="white", hatch="//", label="binds: it has a price")
        )
    return key
