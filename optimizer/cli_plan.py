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
    Opening,
    Out,
    Outages,
    Pins,
    Quiet,
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
    out: Out = OUT,
    is_strict: Strict = False,
    may_soften: Soften = False,
    is_trial: Trial = False,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Plan a day and what follows; audit the plan and write it to a run folder.

    Exit codes: 0 planned and audited; 2 wrong input; 3 planned, but softened, with a gap above its
    limit or on weather that is not fresh; 4 no weather; 5 nothing found in time; 6 audit failed; 7
    infeasible; 70 a bug; 130, 143 stopped.
    """
    from optimizer.progress import stages

    now = utc_now()
    screen = console(sys.stderr)
    with stages(screen, is_shown=screen.is_terminal and not is_quiet):
        import pandas as pd

        from optimizer.api import plan as make
        from optimizer.plan import exit_code

        day = _day(
            date, now, out, is_free=replan_from is None or (date is None and horizon is None)
        )
        made = make(
            site,
            weather,
            start=pd.Timestamp(day, tz="UTC") if replan_from is None else None,
            agreement=agreement,
            horizon=horizon,
            state=state,
            forecast=forecast,
            outages=outages,
            pins=pins,
            replan_from=replan_from,
            out=out,
            now=pd.Timestamp(now),
            is_strict=is_strict,
            may_soften=may_soften,
            kind="trial" if is_trial else "plan",
        )
    code = exit_code(made)
    _show_plan(made, code, is_json=is_json, is_shown=code != 0 or not is_quiet)
    return code


def _day(date: str | None, now: datetime.datetime, out: Path, *, is_free: bool) -> datetime.date:
    """Return the first day of the plan; refuse what contradicts, and a folder not to be had."""
    from optimizer.store import out_problems

    day, problems = first_day(date, now)
    if not is_free:
        problems.append("--from keeps the days of the plan. Leave --date and --horizon out.")
    if problems := problems + out_problems(out):
        raise InputError(problems)
    return day


def _show_plan(made: "Plan", code: int, *, is_json: bool, is_shown: bool) -> None:
    """Print a plan, and why it is not as it should be."""
    from optimizer.plan_answer import plan_json
    from optimizer.terminal import plan_view

    if is_json:
        show_json(plan_json(made, code))
    elif is_shown:
        screen = console(sys.stdout)
        show(plan_view(made, screen.width), screen)
    if code:
        for line in _why(made, code):
            say(line)


def _why(made: "Plan", code: int) -> list[str]:
    """Return why a plan is not as it should be."""
    if code in (130, 143):
        return [_INTERRUPTED]
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
