"""The head of a plan in the terminal: how good it is, and what it stands on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.text import Text

from optimizer.intervention_files import lines as held_lines
from optimizer.plan import Plan
from optimizer.provenance import DEGRADED, Provenance
from optimizer.run_diff import flat
from optimizer.state_sources import grouped_lines
from optimizer.terminal_words import LEVELS


def header(plan: Plan) -> Text:
    """Return what the plan is of, how good it is, and what weather it stands on."""
    problem = plan.optimum.problem
    horizon, provenance = problem.given.horizon, problem.provenance
    gap = "gap unknown" if not np.isfinite(plan.mip_gap_pu) else f"gap {plan.mip_gap_pu:.3%}"
    text = Text().append(f"{problem.site.place.name}\n", "bold")
    text.append(f"Plan from {horizon.start:%Y-%m-%d %H:%M}Z to {horizon.end:%Y-%m-%d %H:%M}Z: ")
    text.append(plan.status, "bold green" if plan.status == "optimal" else "bold yellow")
    text.append(f" ({gap})\nCost of the whole plan: {plan.objective_mad:,.0f} MAD\n")
    _add_weather(text, provenance)
    text.append(f"Opening state: {problem.given.state.origin}")
    for line in grouped_lines(problem.given.state):
        text.append(f"\n  {line}")
    for line in held_lines(problem.given.held):
        text.append(f"\n{line}", "bold")
    if provenance.overlay:
        text.append(f"\n{overlay_line(provenance.overlay)}", "bold")
    if provenance.budgets:
        text.append(f"\nBudgets: {provenance.budgets}")
    for line in plan.changes.lines() if plan.changes is not None else ():
        text.append(f"\n{line}")
    for line in plan.robustness.sentences() if plan.robustness is not None else ():
        text.append(f"\n{line}")
    for mark in plan.softened:
        text.append(f"\n{mark['sentence']}", "bold yellow")
    return text


def overlay_line(overlay: Mapping[str, Any]) -> str:
    """Say what an overlay changes, and of which run."""
    values = {name: value for name, value in flat(overlay) if not name.startswith("base.")}
    changed = ", ".join(f"{name} = {value}" for name, value in values.items())
    base = overlay.get("base")
    if base is None:
        return f"Overlay: {changed or 'nothing'}"
    how = (
        "whole numbers as published" if base.get("integers") == "published" else "all decided anew"
    )
    return f"What if, of run {base['run']} ({how}; a trial): {changed or 'nothing changed'}"


def _add_weather(text: Text, provenance: Provenance) -> None:
    """Say what weather the plan stands on, which rung that is, and why not a better one."""
    title, remark = LEVELS.get(provenance.weather_level, (provenance.weather_level, ""))
    if provenance.is_degraded:
        title, remark = DEGRADED[provenance.weather_rung], "not fresh; the plan is degraded."
    text.append(f"Weather: {title}", "bold black on yellow" if title.isupper() else "bold")
    text.append(f" {remark}\n  {provenance.weather_source}\n")
    if provenance.weather_age_h is not None:
        text.append(f"  {provenance.weather_age_h:,.1f} h old, planned with its ")
        text.append(f"{provenance.forecast}. {provenance.weather_licence}\n")
    for reason in provenance.weather_reasons:
        text.append(f"  {reason}\n")
    for note in provenance.power.notes if provenance.power is not None else ():
        text.append(f"  {note}\n")
