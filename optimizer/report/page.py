"""The day's page of a run: ``RUN/report.html``, one file that needs nothing else."""

import base64
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pyomo.common.gc_manager import PauseGC

from models.errors import InputError
from optimizer.decisions import frozen_of
from optimizer.errors import ModelError
from optimizer.explain.explanation import Explanation
from optimizer.explain.frozen import Frozen, freeze
from optimizer.explain.limits import limits
from optimizer.explain.telling import explain_frozen, told_by_prices
from optimizer.inflexible import Inflexible, inflexible
from optimizer.optimum import Optimum
from optimizer.phrases import phrase
from optimizer.planned import published_of
from optimizer.report.content_axis import axis
from optimizer.report.content_charts import cooling, grid_charts, power_balance, stored_energy
from optimizer.report.content_figures import Other, cost_rows, figure_rows, tiles
from optimizer.report.content_head import head
from optimizer.report.content_made import made_of
from optimizer.report.content_why import binding_rows, clause_cells, strips, worth
from optimizer.report.content_work import served_rows, work_charts
from optimizer.report.downloads import csv_link, excel_link
from optimizer.report.rendering import CHARTS, file_bytes, rendered
from optimizer.report.source import Source, day_before, source_of
from optimizer.store import write_text
from optimizer.what_if.export import what_if_data

FILE = "report.html"
_WHAT_IF = ("what_if_model.js", "what_if_client.js", "what_if_view.js", "what_if.js")
_WITHOUT = phrase("without flexibility")


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What is known of a plan only by solving again: the plan without flexibility, and why."""

    without: Inflexible
    told: Explanation | None = None


def write_page(
    run_dir: Path,
    *,
    optimum: Optimum | None = None,
    is_resolved: bool,
    has_what_if: bool,
    is_compared: bool = False,
    language: str = "en",
    run_id: str | None = None,
    target: Path | None = None,
) -> dict[str, float]:
    """Write the page of a run; return how long each part took [s].

    Parameters
    ----------
    run_dir : Path
        A whole run folder.
    optimum : Optimum, optional
        Of the plan, where it was just made; else the run's linear program is solved again.
    is_resolved : bool
        Solve again for the explanation and for the plan without flexibility; without, the page
        has shadow prices alone, and says so.
    has_what_if : bool
        Put the solver into the page, and the plan's program for it.
    is_compared : bool
        Solve again for the plan without flexibility alone, which takes seconds.
    language, run_id, target : optional
        The first to be shown, ``en`` or ``fr``; the run's name, where the folder has not got it
        yet; the file, else ``report.html`` in the run folder.

    Raises
    ------
    InputError
        It is no whole run folder.
    """
    timings = {"page": 0.0, "resolve": 0.0, "what_if": 0.0}
    resolved = slot = None
    with PauseGC():
        with _timed(timings, "page"):
            published = None if optimum is None else published_of(optimum)
            source = source_of(run_dir, _frozen(run_dir, optimum), run_id, published)
        if (is_resolved or is_compared) and source.frozen is not None:
            with _timed(timings, "resolve"):
                resolved = _resolve(source.frozen, is_told=is_resolved)
        if has_what_if and source.frozen is not None:
            with _timed(timings, "what_if"):
                slot = what_if(source.frozen, source.run_id)
        with _timed(timings, "page"):
            write_text(target or run_dir / FILE, page(source, resolved, slot, language))
    return timings


@contextmanager
def _timed(timings: dict[str, float], part: str) -> Iterator[None]:
    """Add what is done inside to the time of one part [s]."""
    began = time.perf_counter()
    yield
    timings[part] += time.perf_counter() - began


def _frozen(run_dir: Path, optimum: Optimum | None) -> Frozen | None:
    """Return the plan's linear program with prices; none where it was stopped before it had any."""
    try:
        return frozen_of(run_dir) if optimum is None else freeze(optimum)
    except InputError:
        return None


def _resolve(frozen: Frozen, *, is_told: bool) -> Resolved:
    """Return what only solving again tells; the explanation takes longest."""
    return Resolved(
        without=inflexible(frozen.optimum.problem),
        told=explain_frozen(frozen, is_resolved=True) if is_told else None,
    )


def what_if(frozen: Frozen, run_id: str) -> dict[str, Any]:
    """Return the data of the what-if slot: the plan's program, and a solver for it, or why not."""
    try:
        found = what_if_data(frozen, run_id)
    except ModelError as error:
        return {"what_if": None, "solver": None, "why_not": error.problems[0]}
    solver = {
        "highs_js": file_bytes("highs.js").decode("utf-8"),
        "wasm_gz": base64.b64encode(file_bytes("highs.wasm.gz")).decode(),
        "worker_js": file_bytes("what_if_worker.js").decode("utf-8"),
    }
    return {"what_if": found, "solver": solver, "why_not": None}


def page(
    source: Source,
    resolved: Resolved | None = None,
    slot: Mapping[str, Any] | None = None,
    language: str = "en",
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    resolved : Resolved, optional
        What solving again has told.
    slot : mapping, optional
        Data of the what-if slot.
    """
    found = pd.DataFrame() if source.frozen is None else limits(source.frozen)
    heads, figures = figure_rows(source)
    sections = _sections(source, found)
    specs = [spec for section in sections.values() for spec in section]
    content = {
        "head": head(source),
        "tiles": tiles(source, [_yesterday(source), _no_flexibility(resolved)]),
        "without": () if resolved is None else _without_lines(resolved.without),
        "served": served_rows(source),
        "clauses": clause_cells(source),
        "title_of_agreement": source.published.agreement.title,
        "binding": binding_rows(source, found) if len(found) else [],
        "told": _told(source, found, resolved),
        "figures": figures,
        "figure_heads": heads,
        "costs": list(cost_rows(source)),
        "made": made_of(source),
        "links": {"csv": csv_link(source), "excel": excel_link(source)},
        "has_look_ahead": len(source.day) < len(source.horizon.step_h),
        "sections": sections,
        "what_if": slot,
    }
    binding_h = float(source.horizon.end_h[source.day.stop - 1])
    content["charts"] = {"axis": axis(source.horizon, binding_h), "specs": specs}
    title = phrase("{site}: plan of {day}", _named(source))
    is_solved_here = slot is not None and slot.get("what_if") is not None
    scripts = (*CHARTS, *_WHAT_IF) if is_solved_here else CHARTS
    return rendered("day.html.j2", content, title=title, language=language, scripts=scripts)


def _named(source: Source) -> dict[str, str]:
    """Return what names the plan."""
    return {"site": source.site.place.name, "day": f"{source.horizon.start:%Y-%m-%d}"}


def _sections(source: Source, found: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the charts of each section of the page."""
    return {
        "power": [power_balance(source)],
        "battery": stored_energy(source),
        "work": work_charts(source),
        "grid": grid_charts(source),
        "cooling": cooling(source),
        "worth": worth(source),
        "limits": strips(source, found) if len(found) else [],
    }


def _yesterday(source: Source) -> Other:
    """Return the run that began a day earlier, to be held against."""
    found = day_before(source)
    return Other(
        words=phrase("run of the day before"),
        figures=None if found is None else found["kpis"],
        objective_mad=None if found is None else float(found["objective_mad"]),
        why_not=phrase("none here"),
    )


def _no_flexibility(resolved: Resolved | None) -> Other:
    """Return the plan without flexibility, to be held against."""
    if resolved is None:
        return Other(words=_WITHOUT, figures=None, objective_mad=None, why_not=phrase("not solved"))
    return Other(
        words=_WITHOUT,
        figures=resolved.without.kpis,
        objective_mad=resolved.without.objective_mad,
        why_not=phrase("no schedule"),
    )


def _without_lines(found: Inflexible) -> list[str]:
    """Return what the plan without flexibility is, and what of it could not be."""
    lines: list[str] = [] if found.why is None else [found.why]
    if found.given_way:
        lines += list(found.given_way)
    return lines


def _told(source: Source, found: pd.DataFrame, resolved: Resolved | None) -> dict[str, Any]:
    """Return the explanation in sentences, and where its figures are from."""
    if source.frozen is None:
        return {
            "sentences": [],
            "notes": [],
            "how": phrase("The plan was stopped: it has no prices."),
        }
    if resolved is not None and (told := resolved.told) is not None:
        how = phrase("Told with the plan solved again without each clause and decision.")
        return {"sentences": told.sentences, "notes": told.notes, "how": how}
    how = phrase(
        "Shadow prices only: nothing was solved again. Each holds for a little more or less."
    )
    return {"sentences": told_by_prices(source.frozen, found), "notes": [], "how": how}
