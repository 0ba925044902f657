"""The command `dakhla`: the only file that prints, exits or reads the clock.

Libraries that take long to load are imported inside the commands that need them. Exit codes are
those of `optimizer.errors`; standard output holds the answer, standard error everything else.
"""

import gc
import json
import os
import re
import sys
import traceback
import warnings
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console, RenderableType

from optimizer.errors import INPUT_EXIT_CODE, InputError
from optimizer.failures import Failure, Signalled, failure_of, signals_raised

OUT = Path("runs")
FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2100, 12, 31)  # what the weather readers take
app = typer.Typer(
    help="Plan compute, storage and grid draw of the Dakhla data center, and audit every plan.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Site = Annotated[Path | None, typer.Option(help="Site file; the bundled plant if not given.")]
Agreement = Annotated[Path | None, typer.Option(help="Agreement; the bundled one if not given.")]
Day = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="First day; else tomorrow.")]
WeatherOf = Annotated[
    str | None, typer.Option(metavar="SOURCE|FILE", help="'climate' or a file; else the site's.")
]
Steps = Annotated[
    str | None, typer.Option(metavar="STEPS", help="E.g. 48h@15min+120h@1h; else the site's.")
]
Opening = Annotated[Path | None, typer.Option(help="Opening state; else the last run's in --out.")]
Out = Annotated[Path, typer.Option(help="Folder of runs.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing if all is well.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")]
Topic = Annotated[str | None, typer.Argument(metavar="[site|agreement|weather]")]


@app.command()
def plan(
    site: Site = None,
    agreement: Agreement = None,
    date: Day = None,
    weather: WeatherOf = None,
    horizon: Steps = None,
    state: Opening = None,
    out: Out = OUT,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Plan a day and what follows; audit the plan and write it to a run folder.

    Exit codes: 0 planned and audited; 2 wrong input; 3 planned, but with a gap above its limit; 4
    no weather; 5 nothing found in time; 6 audit failed; 7 infeasible; 70 a bug; 130, 143 stopped.
    """
    from optimizer.progress import stages

    now = datetime.now(UTC)
    screen = console(sys.stderr)
    with stages(screen, is_shown=screen.is_terminal and not is_quiet):
        import pandas as pd

        from optimizer.api import plan as make
        from optimizer.plan import exit_code
        from optimizer.store import out_problems

        day, problems = first_day(date, now)
        if problems := problems + out_problems(out):
            raise InputError(problems)
        made = make(
            site,
            weather,
            start=pd.Timestamp(day, tz="UTC"),
            agreement=agreement,
            horizon=horizon,
            state=state,
            out=out,
            now=pd.Timestamp(now),
        )
    code = exit_code(made)
    from optimizer.terminal import plan_json, plan_view

    if is_json:
        show_json(plan_json(made, code))
    elif code or not is_quiet:
        screen = console(sys.stdout)
        show(plan_view(made, screen.width), screen)
    if code:
        say(_DEGRADED if code not in (130, 143) else _INTERRUPTED)
    return code


_DEGRADED = "dakhla: the time limit came before the gap was closed; the plan is audited (exit 3)."
_INTERRUPTED = (
    "dakhla: stopped; the best schedule so far is audited and written, but not as the latest run."
)


@app.command()
def audit(run: Run, is_json: Json = False, is_quiet: Quiet = False) -> int:
    """Check a run folder again, from its files alone: every balance, limit, price and clause.

    Exit codes: 0 every rule is kept; 2 this is no run folder; 6 a rule is broken.
    """
    from optimizer.certificate import check_folder
    from optimizer.store import is_diagnostic

    steps = check_folder(run, is_elastic=is_diagnostic(run))
    if is_json:
        show_json({"status": "passed", "exit_code": 0, "run_dir": str(run), "steps": steps})
    elif not is_quiet:
        show(f"{run}: every rule is kept in {steps} steps.", console(sys.stdout))
    return 0


@app.command()
def schema(topic: Topic = None, is_json: Json = False) -> int:
    """Print what site, agreement and weather files may hold, as JSON Schema.

    Without a topic, say where the default files are and how to copy them.
    """
    from optimizer.describe import TOPICS, default_files, overview

    if topic is not None and topic not in TOPICS:
        raise InputError([f"topic = {topic!r} is unknown. Give one of {', '.join(TOPICS)}."])
    if topic is not None:
        show_json(TOPICS[topic]())
    elif is_json:
        files = {name: str(path) for name, path in default_files().items()}
        show_json({"files": files} | {name: described() for name, described in TOPICS.items()})
    else:
        show(overview(), console(sys.stdout))
    return 0


@app.command()
def doctor(out: Out = OUT, is_json: Json = False, is_quiet: Quiet = False) -> int:
    """Examine this machine: time-zone tables, solver, disk, libraries, data files.

    Exit codes: 0 fit, perhaps with warnings; 2 not fit; 5 the solver is wrong.
    """
    import pandas as pd

    from optimizer.doctor import as_json, examine

    findings = examine(out, pd.Timestamp(datetime.now(UTC)))
    failed = [finding for finding in findings if finding.state == "failed"]
    code = 0 if not failed else 5 if any(f.name == "solver" for f in failed) else INPUT_EXIT_CODE
    if is_json:
        show_json(as_json(findings) | {"exit_code": code})
    elif code or not is_quiet:
        for finding in findings:
            remedy = f" {finding.remedy}" if finding.remedy else ""
            line = f"{finding.state:8}{finding.name}: {finding.seen}.{remedy}"
            show(line, console(sys.stdout))
    return code


def first_day(text: str | None, now: datetime) -> tuple[date, list[str]]:
    """Return the day asked for, or the one after `now`, and what is wrong with `text`."""
    tomorrow = (now + timedelta(days=1)).date()
    if text is None:
        return tomorrow, []
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        day = None
    if day is None:
        return tomorrow, [f"--date = {text!r} is not a day. Write YYYY-MM-DD, e.g. 2026-03-01."]
    if not FIRST_DAY <= day <= LAST_DAY:
        return tomorrow, [f"--date = {text} is outside {FIRST_DAY} to {LAST_DAY}. Give another."]
    return day, []


def console(stream: Any) -> Console:
    """Return a console that writes plainly, without colour where it is not wanted."""
    is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
    is_plain = "NO_COLOR" in os.environ or not is_terminal
    return Console(
        file=stream,
        force_terminal=is_terminal,
        color_system=None if is_plain else "auto",
        markup=False,
        highlight=False,
        emoji=False,
    )


def show(what: RenderableType, screen: Console) -> None:
    """Print the answer; whoever closes the pipe has read enough."""
    try:
        screen.print(what, soft_wrap=isinstance(what, str))
        screen.file.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show_json(content: dict[str, Any]) -> None:
    """Print one JSON object on standard output."""
    show(json.dumps(content, indent=1, allow_nan=False), console(sys.stdout))


def say(message: str) -> None:
    """Print a message on standard error."""
    console(sys.stderr).print(message, soft_wrap=True)


def tell(failure: Failure, *, is_json: bool) -> None:
    """Print a failure: its problems on standard error, an object on standard output."""
    if is_json:
        message = "\n".join(failure.problems)
        head = {"status": failure.status, "exit_code": failure.exit_code, "message": message}
        show_json(head | {"problems": failure.problems} | failure.more)
    if len(failure.problems) == 1:
        say(f"dakhla: {failure.problems[0]}")
    else:
        count = len(failure.problems)
        say("\n  - ".join([f"dakhla: {count} problems, nothing was done:", *failure.problems]))


def run_command(arguments: list[str]) -> int:
    """Carry out a command line and return its exit code."""
    is_json = "--json" in arguments
    try:
        with signals_raised(), warnings.catch_warnings():
            if not sys.warnoptions:  # libraries' warnings mean nothing to a planner
                warnings.simplefilter("ignore")
            return int(app(arguments, prog_name="dakhla", standalone_mode=False) or 0)
    except (Exception, Signalled) as error:  # noqa: BLE001 - the last stop of every error
        if os.environ.get("DAKHLA_DEBUG") == "1":
            traceback.print_exception(error)
        failure = failure_of(error)
        tell(failure, is_json=is_json)
        return failure.exit_code


def main() -> NoReturn:
    """Run the command `dakhla`."""
    gc.disable()  # a command ends before its garbage matters; looking for it takes a tenth of 2 s
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without the letters of a name
    code = run_command(sys.argv[1:])
    if code > 128:  # a solver left behind must not delay the end
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
