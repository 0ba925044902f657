"""The commands `dakhla explain` and `dakhla capacity`: what a run says to people and machines."""

from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli_options import Json, Quiet, Run
from optimizer.cli_output import show, show_json
from optimizer.errors import InputError

At = Annotated[
    str | None, typer.Option(metavar="TIME", help="A step, e.g. 2026-12-05T18:00Z; else dearest.")
]
Short = Annotated[
    bool, typer.Option("--no-resolve", help="Shadow prices only: quicker, labelled so.")
]
Map = Annotated[
    Path | None, typer.Option("--map", help="Nodes of each class, for Slurm and Kubernetes.")
]
Target = Annotated[Path | None, typer.Option(help="Folder to write; RUN/capacity if not given.")]


def explain(run: Run, at: At = None, is_short: Short = False, is_json: Json = False) -> int:
    """Say why a plan is as it is: what binds, what a MWh is worth and why, what clauses cost.

    Exit codes: 0 explained; 2 this is no run, or it has no such step.
    """
    import pandas as pd

    from optimizer.explain import explain as explained
    from optimizer.provenance import degraded_lines
    from optimizer.store import read_json

    try:
        moment = None if at is None else pd.Timestamp(at)
    except ValueError as error:
        raise InputError([f"--at = {at!r} is not a moment. Write 2026-12-05T18:00Z."]) from error
    if moment is not None:
        moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
    told = explained(run, moment, is_resolved=not is_short)
    weather = read_json(run / "manifest.json").get("weather")
    if is_json:
        head = {"status": "explained", "exit_code": 0, "run_dir": str(run), "weather": weather}
        show_json(head | told.to_json())
    else:
        show("\n".join([*degraded_lines(weather), *told.sentences]))
    return 0


def capacity(
    run: Run,
    compute_map: Map = None,
    out: Target = None,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Write the power caps per class that a run hands over to the compute scheduler.

    Exit codes: 0 written; 2 the run is not to be run, or the map is wrong; 6 a rule is broken.
    """
    from optimizer.capacity_handover import hand_over

    files = [str(path) for path in hand_over(run, out, compute_map)]
    if is_json:
        show_json({"status": "written", "exit_code": 0, "run_dir": str(run), "files": files})
    elif not is_quiet:
        show("\n".join(files))
    return 0
