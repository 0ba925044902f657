"""The command `dakhla plan`: a day and what follows, planned, audited and written."""

import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.cli_options import (
    OUT,
    Agreement,
    Day,
    Forecast,
    From,
    Json,
    NoPage,
    NoWhatIf,
    Opening,
    Out,
    Outages,
    Over,
    Pins,
    Quiet,
    Resolve,
    Site,
    Steps,
    Strict,
    WeatherOf,
    first_day,
    utc_now,
)
from optimizer.cli_output import console, say, show, show_json
from optimizer.errors import InputError

if TYPE_CHECKING:
    from optimizer.plan import Plan

STOPPED = 128  # and the number of the signal
Soften = Annotated[
    bool, typer.Option("--soften", help="If nothing keeps every limit, take the cheapest way out.")
]
Trial = Annotated[
    bool, typer.Option("--trial", help="Neither the latest run nor booked; not for operations.")
]


def plan(
    site: Site = None,
    agreement: Agreement = None,
    date: Day = None,
    weather: WeatherOf = None,
    horizon: Steps = None,
    state: Opening = None,
    forecast: Forecast = "mean",
    outages: Outages = None,
    pins: Pins = None,
    replan_from: From = None,
    overlay: Over = None,
    out: Out = OUT,
    is_strict: Strict = False,
    may_soften: Soften = False,
    is_trial: Trial = False,
    is_resolved: Resolve = None,
    is_without: NoWhatIf = False,
    has_no_page: NoPage = False,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Plan a day and what follows; audit the plan and write it, with its page, to a run folder.

    Exit codes: 0 planned and audited; 2 wrong input; 3 planned, but softened, with a gap above its
    limit or on weather that is not fresh; 4 no weather; 5 nothing found in time; 6 audit failed; 7
    infeasible; 70 a bug; 130, 143 stopped.
    """
    from optimizer.progress import stages

    now, screen = utc_now(), console(sys.stderr)
    with stages(screen, is_shown=screen.is_terminal and not is_quiet):
        import pandas as pd

        from optimizer.api import plan as make

        base = _base_of(overlay)
        keeper = "--from" if replan_from is not None else None if base is None else "--overlay"
        day = _day(date, horizon, now, out, keeper)
        made = make(
            site,
            weather,
            start=pd.Timestamp(day, tz="UTC") if keeper is None else None,
            agreement=agreement,
            horizon=horizon,
            state=state,
            forecast=forecast,
            outages=outages,
            pins=pins,
            replan_from=replan_from,
            overlay=overlay,
            out=out,
            now=pd.Timestamp(now),
            is_strict=is_strict,
            may_soften=may_soften,
            kind="trial" if is_trial else "plan",
        )
    wishes = None if has_no_page else (is_resolved, not is_without)
    return _end(made, base, wishes, is_json=is_json, is_quiet=is_quiet)


def _end(
    made: "Plan",
    base: str | None,
    page: tuple[bool | None, bool] | None,
    *,
    is_json: bool,
    is_quiet: bool,
) -> int:
    """Print a plan, write its page, and return the exit code.

    `page` says whether all is solved again for it, and whether it can be changed; none: no page.
    """
    from optimizer.plan import exit_code
    from optimizer.plan_answer import plan_json

    code = exit_code(made)
    is_shown = not is_json and (code != 0 or not is_quiet)
    if is_shown:
        _show_plan(made)
    if page is not None and code < STOPPED:
        _write_page(made, base, is_resolved=page[0], has_what_if=page[1])
        if is_shown:
            show(f"Page: {made.run_dir}/report.html")
    if is_json:
        show_json(plan_json(made, code))
    for line in _why(made, code):
        say(line)
    return code


def _base_of(overlay: Path | None) -> str | None:
    """Return the run that an overlay names, if there is one."""
    from optimizer.overlay import load_overlay

    content = None if overlay is None else load_overlay(overlay)
    return None if content is None or content.base is None else content.base.run


def _write_page(
    made: "Plan", base: str | None, *, is_resolved: bool | None, has_what_if: bool
) -> None:
    """Write the page of a plan into its run folder."""
    from optimizer.report.page import write_page

    if made.run_dir is None:
        return
    took = write_page(
        made.run_dir,
        optimum=made.optimum if base is None else None,  # whose whole numbers may be held
        is_resolved=is_resolved is True,
        is_compared=is_resolved is not False,
        has_what_if=has_what_if,
    )
    made.timings_s.update(took)


def _day(
    date: str | None, horizon: str | None, now: datetime.datetime, out: Path, keeper: str | None
) -> datetime.date:
    """Return the first day of the plan; refuse what contradicts, and a folder not to be had.

    `keeper` is the option that brings its own days.
    """
    from optimizer.store import out_problems

    day, problems = first_day(date, now)
    if keeper is not None and not (date is None and horizon is None):
        problems.append(f"{keeper} keeps the days of the plan. Leave --date and --horizon out.")
    if problems := problems + out_problems(out):
        raise InputError(problems)
    return day


def _show_plan(made: "Plan") -> None:
    """Print a plan."""
    from optimizer.terminal import plan_view

    screen = console(sys.stdout)
    show(plan_view(made, screen.width), screen)


def _why(made: "Plan", code: int) -> list[str]:
    """Return why a plan is not as it should be."""
    if code >= STOPPED:
        return [_INTERRUPTED]
    if code == 0:
        return []
    weather = made.optimum.problem.provenance
    lines = [_SOFTENED] if made.softened else []
    if weather.is_degraded:
        rung = weather.weather_rung.replace("_", " ")
        lines.append(f"dakhla: the weather is not fresh ({rung}); the plan is degraded (exit 3).")
    return lines or [_DEGRADED]


_DEGRADED = "dakhla: the time limit came before the gap was closed; the plan is audited (exit 3)."
_SOFTENED = "dakhla: not every limit could be kept; the cheapest way out is planned (exit 3)."
_INTERRUPTED = (
    "dakhla: stopped; the best schedule so far is audited and written, but not as the latest run."
)
