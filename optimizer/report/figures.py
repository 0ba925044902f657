"""Static figures of a plan or a stored run, of any site: for papers, notebooks and prints.

``figure(published, "balance")`` takes what a run publishes (`optimizer.store.read_published`),
``plan_figure(plan, "balance")`` a plan, whose shadow prices it adds. Both return a matplotlib
Figure, which is saved or shown as the caller likes; `html_summary` is what Jupyter shows of a plan.
"""

import base64
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import jinja2
import matplotlib
import pandas as pd

from models.errors import InputError
from optimizer.audit import Published
from optimizer.planned import Plan, published_of
from optimizer.provenance import DEGRADED, Provenance
from optimizer.report.figures_clauses import clauses
from optimizer.report.figures_panels import (
    Panel,
    balance,
    compute,
    finish,
    grid,
    prices,
)
from optimizer.report.figures_storage import storage
from optimizer.report.figures_style import DOTS_PER_IN, STYLE, Picture, plain
from optimizer.report.figures_view import View, view_of
from optimizer.terminal_words import FIGURES, LEVELS

HOURS_SHOWN = 48.0  # decision: the plan's quarter hours; 24 h bind
WIDTH_IN, HEAD_IN, AXIS_IN = 11.0, 0.55, 0.7
PANELS: dict[str, Callable[[View], list[Panel]]] = {
    "balance": balance,
    "storage": storage,
    "compute": compute,
    "grid": grid,
    "prices": prices,
    "clauses": clauses,
}
WHATS = (*PANELS, "all")
_SUMMARY = Path(__file__).with_name("figures_summary.html.j2")


def figure(
    published: Published,
    what: str | Sequence[str] = "balance",
    hours: float | None = HOURS_SHOWN,
    *,
    duals: pd.DataFrame | None = None,
    note: str = "",
) -> Picture:
    """Return a figure of what is published.

    Parameters
    ----------
    published : Published
        Table, site, agreement and inputs, of a plan or a stored run.
    what : str or sequence of str
        ``balance``, ``storage``, ``compute``, ``grid``, ``prices``, ``clauses``, or ``all``;
        several stand one below the other.
    hours : float or None
        How much of the plan is shown, from its start; all of it if None. [h]
    duals : DataFrame, optional
        `Plan.duals`: adds the shadow price, and when clauses bind.
    note : str
        Stands in the title's second line, for one where the weather is from.

    Raises
    ------
    InputError
        There is no such figure, or no such part of a plan.

    Examples
    --------
    >>> plan = dk.plan(start="2027-02-01T00:00Z")  # doctest: +SKIP
    >>> figure(published, "storage", hours=24).savefig("storage.png")  # doctest: +SKIP
    """
    asked = [what] if isinstance(what, str) else list(what)
    _refuse(asked, hours)
    view = view_of(published, hours, duals)
    names = [*PANELS] if "all" in asked else asked
    panels = [panel for name in names for panel in PANELS[name](view)]
    return _drawn(panels, view, _title(view, note))


def plan_figure(
    plan: Plan, what: str | Sequence[str] = "balance", hours: float | None = HOURS_SHOWN
) -> Picture:
    """Return a figure of a plan, with its shadow prices and where its weather is from."""
    note = weather_note(plan.optimum.problem.provenance)
    return figure(published_of(plan.optimum), what, hours, duals=plan.duals, note=note)


def weather_note(provenance: Provenance) -> str:
    """Return what weather a plan stands on, in a few words."""
    level, remark = LEVELS.get(provenance.weather_level, (provenance.weather_level, ""))
    if provenance.is_degraded:
        return f"weather: {DEGRADED[provenance.weather_rung]}, the plan is degraded"
    return f"weather: {level.lower()}{f', {remark}' if remark else ''}".removesuffix(".")


def html_summary(plan: Plan) -> str:
    """Return a plan in a few lines of HTML with its balance drawn; everything is escaped."""
    figures = plan.kpis["binding"]
    shown = [
        (words, f"{figures[key] * factor:,.{digits}f}", unit)
        for key, (words, unit, factor, digits) in FIGURES.items()
        if key in figures
    ]
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(_SUMMARY.read_text(encoding="utf-8"))
    horizon = plan.optimum.problem.given.horizon
    return template.render(
        place=plan.optimum.problem.site.place.name,
        start=f"{horizon.start:%Y-%m-%d %H:%M}",
        end=f"{horizon.end:%Y-%m-%d %H:%M}",
        status=plan.status,
        gap=f"{plan.mip_gap_pu:.3%}" if math.isfinite(plan.mip_gap_pu) else "unknown",
        cost=f"{plan.objective_mad:,.0f}",
        weather=weather_note(plan.optimum.problem.provenance),
        hours=f"{figures['hours_h']:g}",
        figures=shown,
        clauses=plan.clauses,
        softened=[mark["sentence"] for mark in plan.softened],
        image=base64.b64encode(plan_figure(plan).to_png()).decode("ascii"),
    )


def _drawn(panels: list[Panel], view: View, title: str) -> Picture:
    """Return the panels one below the other, on one time axis."""
    heights = [panel.height_in for panel in panels]
    with matplotlib.rc_context(STYLE):
        drawn = Picture(
            figsize=(WIDTH_IN, HEAD_IN + AXIS_IN + sum(heights)),
            dpi=DOTS_PER_IN,
            layout="constrained",
        )
        rows = drawn.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)[
            :, 0
        ]
        for panel, axes in zip(panels, rows, strict=True):
            panel.draw(axes, view)
            finish(axes, view, panel)
            axes.label_outer()
        drawn.suptitle(title, x=0.01, ha="left", fontsize=11)
        drawn.align_ylabels([axes for axes in rows if axes.get_ylabel()])
    return drawn


def _title(view: View, note: str) -> str:
    """Return whose plan it is, from when to when, and the note."""
    name = plain(view.published.site.place.name, 70)
    first, last = (f"{moment:%Y-%m-%d %H:%M}" for moment in view.edges[[0, -1]])
    title = f"{name}: {first} to {last} UTC"
    return f"{title}\n{plain(note, 110)}" if note else title


def _refuse(asked: list[str], hours: float | None) -> None:
    """Refuse a figure that is not there, and hours that are none."""
    known = ", ".join(WHATS)
    problems = [f"what = {w!r} is no figure. Give one of {known}." for w in asked if w not in WHATS]
    if not asked:
        problems.append(f"what = {asked!r} names no figure. Give one of {known}.")
    if hours is not None and not hours > 0:
        problems.append(f"hours = {hours!r} is not above zero. Give 24, or None for all.")
    if problems:
        raise InputError(problems)
