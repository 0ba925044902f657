"""The command `dakhla`: the only file that prints, exits or reads the clock.

Libraries that take long to load are imported inside the commands that need them. Exit codes are
those of `optimizer.errors`; standard output holds the answer, standard error everything else.
"""

import gc
import os
import sys
import traceback
import warnings
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from optimizer import cli_agreement, cli_ledger, cli_reasons
from optimizer.cli_options import (
    OUT,
    Agreement,
    Day,
    Json,
    Opening,
    Out,
    Quiet,
    Run,
    Site,
    Steps,
    WeatherOf,
    first_day,
    utc_now,
)
from optimizer.cli_output import console, say, show, show_json
from optimizer.errors import INPUT_EXIT_CODE, InputError
from optimizer.failures import Failure, Signalled, failure_of, signals_raised

if TYPE_CHECKING:
    from optimizer.plan import Plan

app = typer.Typer(
    help="Plan compute, storage and grid draw of the Dakhla data center, and audit every plan.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Topic = Annotated[str | None, typer.Argument(metavar="[site|agreement|weather|capacity]")]
Soften = Annotated[
    bool, typer.Option("--soften", help="If nothing keeps every limit, take the cheapest way out.")
]


@app.command()
def plan(
    site: Site = None,
    agreement: Agreement = None,
    date: Day = None,
    weather: WeatherOf = None,
    horizon: Steps = None,
    state: Opening = None,
    out: Out = OUT,
    may_soften: Soften = False,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Plan a day and what follows; audit the plan and write it to a run folder.

    Exit codes: 0 planned and audited; 2 wrong input; 3 planned, but softened or with a gap above
    its limit; 4 no weather; 5 nothing found in time; 6 audit failed; 7 infeasible; 70 a bug; 130,
    143 stopped.
    """
    from optimizer.progress import stages

    now = utc_now()
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
            may_soften=may_soften,
        )
    code = exit_code(made)
    _show_plan(made, code, is_json=is_json, is_shown=code != 0 or not is_quiet)
    return code


def _show_plan(made: "Plan", code: int, *, is_json: bool, is_shown: bool) -> None:
    """Print a plan, and why it is not as it should be."""
    from optimizer.terminal import plan_json, plan_view

    if is_json:
        show_json(plan_json(made, code))
    elif is_shown:
        screen = console(sys.stdout)
        show(plan_view(made, screen.width), screen)
    if code:
        stopped = code in (130, 143)
        say(_INTERRUPTED if stopped else _SOFTENED if made.softened else _DEGRADED)


_DEGRADED = "dakhla: the time limit came before the gap was closed; the plan is audited (exit 3)."
_SOFTENED = "dakhla: not every limit could be kept; the cheapest way out is planned (exit 3)."
_INTERRUPTED = (
    "dakhla: stopped; the best schedule so far is audited and written, but not as the latest run."
)


@app.command()
def audit(run: Run, is_json: Json = False, is_quiet: Quiet = False) -> int:
    """Check a run folder again, from its files alone: every balance, limit, price and clause.

    Exit codes: 0 every rule is kept; 2 this is no run folder; 6 a rule is broken.
    """
    from optimizer.certificate import check_folder
    from optimizer.store import is_diagnostic, read_json

    steps = check_folder(run, is_elastic=is_diagnostic(run))
    if is_json:
        show_json({"status": "passed", "exit_code": 0, "run_dir": str(run), "steps": steps})
    elif not is_quiet:
        show(f"{run}: every rule is kept in {steps} steps.")
        for mark in read_json(run / "kpis.json").get("softened", []):
            show(str(mark["sentence"]))
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
        show(overview())
    return 0


@app.command()
def doctor(out: Out = OUT, is_json: Json = False, is_quiet: Quiet = False) -> int:
    """Examine this machine: time-zone tables, solver, disk, libraries, data files.

    Exit codes: 0 fit, perhaps with warnings; 2 not fit; 5 the solver is wrong.
    """
    import pandas as pd

    from optimizer.doctor import as_json, examine

    findings = examine(out, pd.Timestamp(utc_now()))
    failed = [finding for finding in findings if finding.state == "failed"]
    code = 0 if not failed else 5 if any(f.name == "solver" for f in failed) else INPUT_EXIT_CODE
    if is_json:
        show_json(as_json(findings) | {"exit_code": code})
    elif code or not is_quiet:
        for finding in findings:
            remedy = f" {finding.remedy}" if finding.remedy else ""
            line = f"{finding.state:8}{finding.name}: {finding.seen}.{remedy}"
            show(line)
    return code


app.add_typer(cli_agreement.app, name="agreement")
app.command()(cli_ledger.ledger)
app.command()(cli_reasons.explain)
app.command()(cli_reasons.capacity)


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
