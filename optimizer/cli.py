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

from optimizer import (
    cli_agreement,
    cli_daily,
    cli_forecast,
    cli_ledger,
    cli_meters,
    cli_plan,
    cli_publish,
    cli_reasons,
    cli_report,
    cli_runs,
    cli_score,
)
from optimizer.cli_options import (
    OUT,
    Json,
    Out,
    Quiet,
    Run,
    Site,
    utc_now,
)
from optimizer.cli_output import reopen_streams, say, show, show_json
from optimizer.errors import InputError
from optimizer.failures import Failure, Signalled, failure_of, signals_raised

if TYPE_CHECKING:
    pass

app = typer.Typer(
    help="Plan compute, storage and grid draw of the Dakhla data center, and audit every plan.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Topic = Annotated[str | None, typer.Argument(metavar="[site|agreement|weather|capacity]")]
Online = Annotated[bool, typer.Option("--online", help="Ask each weather source of the site.")]


app.command()(cli_plan.plan)


@app.command()
def audit(run: Run, is_json: Json = False, is_quiet: Quiet = False) -> int:
    """Check a run folder again, from its files alone: every balance, limit, price and clause.

    Exit codes: 0 every rule is kept; 2 this is no run folder; 6 a rule is broken.
    """
    from optimizer.certificate import check_folder
    from optimizer.provenance import degraded_lines
    from optimizer.store import is_diagnostic, read_json

    steps = check_folder(run, is_elastic=is_diagnostic(run))
    if is_json:
        show_json({"status": "passed", "exit_code": 0, "run_dir": str(run), "steps": steps})
    elif not is_quiet:
        show(f"{run}: every rule is kept in {steps} steps.")
        for line in degraded_lines(read_json(run / "manifest.json").get("weather")):
            show(line)
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
def doctor(
    out: Out = OUT,
    site: Site = None,
    is_online: Online = False,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Examine this machine: time-zone tables, solver, disk, libraries, data files.

    With --online, ask each weather source of the site file for a few hours, and name the first
    field of its answer that differs from what the reader expects.

    Exit codes: 0 fit, perhaps with warnings; 2 not fit; 4 a weather source; 5 the solver is wrong.
    """
    import pandas as pd

    from optimizer.doctor import as_json, examine, exit_code

    now = pd.Timestamp(utc_now())
    findings = examine(out, now)
    if is_online:
        from optimizer.doctor_online import examine_online, site_of

        findings += examine_online(site_of(site), os.environ, now)
    code = exit_code(findings)
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
app.command()(cli_forecast.forecast)
app.command()(cli_meters.meters)
app.command()(cli_score.score)
app.command()(cli_reasons.explain)
app.command()(cli_reasons.capacity)
app.command()(cli_report.report)
app.command()(cli_publish.publish)
app.command()(cli_daily.daily)
app.command()(cli_daily.status)
app.command("install-timer")(cli_daily.install_timer)
app.add_typer(cli_runs.app, name="runs")


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
    reopen_streams()
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
