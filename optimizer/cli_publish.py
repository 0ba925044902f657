"""The command `dakhla publish`: put a run in force, or withdraw what is."""

from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli_options import OUT, Json, Out, Quiet, utc_now
from optimizer.cli_output import say, show, show_json
from optimizer.errors import InputError

RunName = Annotated[str | None, typer.Argument(metavar="RUN", help="Name of a run, or 'latest'.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who answers for it.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept beside it.")]
Force = Annotated[
    bool, typer.Option("--force", help="Although it should not be: the reasons are kept.")
]
Withdraw = Annotated[
    bool, typer.Option("--withdraw", help="Take the plan in force out of force, and put no other.")
]
RegistryUrl = Annotated[
    str | None,
    typer.Option("--registry", metavar="URL", help="PostgreSQL; else DAKHLA_REGISTRY_URL."),
]


def publish(
    run: RunName = None,
    by: By = "",
    note: Note = "",
    is_forced: Force = False,
    is_withdrawn: Withdraw = False,
    out: Out = OUT,
    registry: RegistryUrl = None,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Put a run in force: write DIR/in_force.json, which operations and the scheduler read.

    The run is audited again first. Synthetic, trial, past-dated, interrupted and softened plans
    need --force. Exit codes: 0 done; 2 refused, and everything stays as it was; 6 the run breaks a
    rule, or its files were changed; 75 another process is changing what is in force.
    """
    if is_withdrawn == (run is not None):
        raise InputError(["RUN and --withdraw: give one of them, not both."])
    content = (
        _withdraw(out, by, note, registry)
        if run is None
        else _put(out, run, by, note, is_forced, registry)
    )
    line = str(content.pop("line"))
    if is_json:
        show_json({"exit_code": 0} | content)
    elif not is_quiet:
        show(line)
    return 0


def _withdraw(out: Path, by: str, note: str, url: str | None) -> dict[str, object]:
    """Take the plan in force out of force; return the answer, and its line for people."""
    import pandas as pd

    from optimizer.in_force import withdraw

    gone = withdraw(out, by=by, note=note, now=pd.Timestamp(utc_now()), registry_url=url)
    line = f"{gone} is withdrawn. Nothing is in force in {out}."
    return {"status": "withdrawn", "run": gone, "line": line}


def _put(
    out: Path, run: str, by: str, note: str, is_forced: bool, url: str | None
) -> dict[str, object]:
    """Put a run in force; return the answer, and its line for people."""
    import pandas as pd

    from optimizer.in_force import put_in_force
    from optimizer.run_folder import find_run, stamp

    put = put_in_force(
        out,
        find_run(out, run).name if run == "latest" else run,
        by=by,
        note=note,
        now=pd.Timestamp(utc_now()),
        is_forced=is_forced,
        registry_url=url,
    )
    for reason in put.forced:
        say(f"dakhla: {put.run} is forced: {reason}.")
    line = (
        f"{put.run} is in force from {put.start_utc:%Y-%m-%d %H:%M}Z, binding to "
        f"{put.binding_end_utc:%Y-%m-%d %H:%M}Z and looking ahead to "
        f"{put.expires_utc:%Y-%m-%d %H:%M}Z."
    )
    return {
        "status": "in force",
        "run": put.run,
        "start_utc": stamp(put.start_utc),
        "binding_end_utc": stamp(put.binding_end_utc),
        "expires_utc": stamp(put.expires_utc),
        "forced": list(put.forced),
        "line": line,
    }
