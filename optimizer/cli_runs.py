"""The commands `dakhla runs`: list, show, diff, replay and prune the runs of a folder."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.cli_options import OUT, Json, Out, Quiet, utc_now
from optimizer.cli_output import console, say, show, show_json
from optimizer.errors import InputError

if TYPE_CHECKING:
    from optimizer.registry import Registry

app = typer.Typer(help="Runs: list, show, compare, solve again, remove old ones.")
DIFFERS = 6  # what a verification that fails returns
STATES = ("started", "published", "failed", "abandoned")

RunName = Annotated[str, typer.Argument(metavar="RUN", help="Name, 'latest', or folder of a run.")]
RegistryUrl = Annotated[
    str | None,
    typer.Option("--registry", metavar="URL", help="PostgreSQL; else DAKHLA_REGISTRY_URL."),
]
State = Annotated[str | None, typer.Option(metavar="|".join(STATES), help="In this state only.")]
OfSite = Annotated[str | None, typer.Option("--site", metavar="NAME", help="Of this site only.")]
Since = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Begun on this day or later, UTC.")
]
Limit = Annotated[int, typer.Option(min=1, help="At most so many, the youngest.")]
FromWeather = Annotated[
    bool, typer.Option("--from-weather", help="Read its raw weather payloads again, too.")
]
KeepDays = Annotated[float, typer.Option("--keep-days", min=1, help="Younger runs stay.")]
Chart = Annotated[bool, typer.Option("--chart", help="Draw its day in characters, and no more.")]
Yes = Annotated[bool, typer.Option("--yes", help="Remove them; else they are only listed.")]


@app.command("list")
def list_runs(
    out: Out = OUT,
    state: State = None,
    site: OfSite = None,
    since: Since = None,
    limit: Limit = 50,
    registry: RegistryUrl = None,
    is_json: Json = False,
) -> int:
    """List runs, the youngest first: state, weather, cost, exit code, which one is in force.

    Exit codes: 0 listed; 2 wrong input.
    """
    from dataclasses import asdict

    from optimizer.in_force import in_force
    from optimizer.registry import Wanted
    from optimizer.run_view import list_lines

    if state is not None and state not in STATES:
        raise InputError([f"--state = {state!r} is unknown. Give one of {', '.join(STATES)}."])
    wanted = Wanted(state=state, site=site, since=_day(since), limit=limit)
    with _opened(out, registry) as found:
        rows = found.runs(wanted)
    held = in_force(out)
    name = None if held is None else held.run
    if is_json:
        listed = [asdict(row) | {"is_in_force": row.id == name} for row in rows]
        show_json({"status": "listed", "exit_code": 0, "runs": listed})
    else:
        show("\n".join(list_lines(rows, name)))
    return 0


@app.command("show")
def show_run(
    run: RunName,
    out: Out = OUT,
    registry: RegistryUrl = None,
    is_chart: Chart = False,
    is_json: Json = False,
) -> int:
    """Show one run: how it ended, what it was made of, key figures, files, when it was in force.

    Exit codes: 0 shown; 2 there is no such run.
    """
    if is_chart:
        return _show_chart(run, out, is_json=is_json)
    from optimizer.in_force import in_force
    from optimizer.run_folder import find_run, run_id_of
    from optimizer.run_show import content, sections
    from optimizer.run_view import show_lines

    name = run_id_of(run)
    with _opened(out, registry) as found:
        row = found.run(name) if name else None  # one that failed has no folder
        folder = find_run(out, run) if row is None else out / (row.folder or "none")
        row = found.run(run_id_of(folder.name) or "") if row is None else row
        terms = [term for term in found.history() if row is not None and term.run == row.id]
    held = in_force(out)
    told = content(row, terms, folder if folder.is_dir() else None)
    told["is_in_force"] = held is not None and row is not None and held.run == row.id
    if is_json:
        show_json({"status": "shown", "exit_code": 0} | told)
    else:
        head = told["run"] | {"in force now": "yes" if told["is_in_force"] else "no"}
        show("\n".join(show_lines(head, sections(told))))
    return 0


def _show_chart(run: str, out: Path, *, is_json: bool) -> int:
    """Draw the day of a stored run."""
    from optimizer.run_folder import find_run
    from optimizer.store import read_published
    from optimizer.terminal_chart import day_chart_of

    if is_json:
        raise InputError(["--chart is for people, --json for machines. Give one of them."])
    published, _ = read_published(find_run(out, run))
    screen = console(sys.stdout)
    show(day_chart_of(published.table, published.site, screen.width), screen)
    return 0


@app.command()
def diff(before: RunName, after: RunName, out: Out = OUT, is_json: Json = False) -> int:
    """Compare two runs: versions, weather, settings, inputs, key figures, cost, schedule.

    Exit codes: 0 compared, whether they differ or not; 2 one of them is no run.
    """
    from optimizer.run_diff import run_diff
    from optimizer.run_folder import find_run
    from optimizer.run_view import diff_lines

    found = run_diff(find_run(out, before), find_run(out, after))
    if is_json:
        show_json({"status": "compared", "exit_code": 0} | found.to_json())
    else:
        show("\n".join(diff_lines(found)))
    return 0


@app.command()
def replay(
    run: RunName,
    out: Out = OUT,
    is_from_weather: FromWeather = False,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Solve a stored run again, from its own folder alone, and say what differs.

    Exit codes: 0 the same within the solver's accuracy; 2 this is no run; 6 it differs.
    """
    from optimizer.replay import replay as solved_again
    from optimizer.replay_weather import reread
    from optimizer.run_folder import find_run
    from optimizer.run_view import replay_lines

    folder = find_run(out, run)
    problems = reread(folder) if is_from_weather else []
    found = solved_again(folder)
    code = 0 if found.is_same and not problems else DIFFERS
    if is_json:
        told = {"status": "differs" if code else "same", "exit_code": code} | found.to_json()
        show_json(told | ({"weather_problems": problems} if is_from_weather else {}))
    elif code or not is_quiet:
        lines = [f"  weather: {problem}" for problem in problems]
        if is_from_weather and not problems:
            lines = ["  weather: its payloads give the same forecast to the last bit."]
        show("\n".join([*replay_lines(found), *lines]))
    return code


@app.command()
def prune(
    out: Out = OUT,
    keep_days: KeepDays = 400.0,
    is_meant: Yes = False,
    registry: RegistryUrl = None,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Remove old run folders, payloads and forecasts; without --yes, say which runs.

    Never the latest run, the one in force, one whose horizon is not over, or a younger one. Their
    rows stay in the registry. Exit codes: 0 done; 2 it can't be known what must stay; 75
    another process is changing what is in force.
    """
    from dataclasses import asdict

    import pandas as pd

    from optimizer.left_overs import sweep
    from optimizer.lock import one_change
    from optimizer.retention import old_runs, remove, remove_old_weather
    from optimizer.run_view import prune_lines

    now = pd.Timestamp(utc_now())
    with _opened(out, registry) as found:
        with one_change(out) if is_meant else nullcontext():
            old = old_runs(out, now, keep_days)
            if is_meant:
                remove(out, old)
                remove_old_weather(out, now, keep_days)
        if is_meant:
            found.pruned([run.run for run in old])
            sweep(out, now)
    if is_json:
        status = "removed" if is_meant else "listed"
        show_json({"status": status, "exit_code": 0, "runs": [asdict(run) for run in old]})
    elif not is_quiet:
        show("\n".join(prune_lines(old, is_done=is_meant)))
    return 0


@contextmanager
def _opened(out: Path, url: str | None) -> Iterator["Registry"]:
    """Open the registry, complete with what the folders say; if need be, from the folders alone."""
    import pandas as pd

    from optimizer.registry import RegistryError, folders_only, registry, registry_url

    if not out.is_dir():
        raise InputError([f"--out = {out} is no folder. Give the folder of runs."])
    with ExitStack() as stack:
        try:
            found = stack.enter_context(registry(out, url))
            found.abandon_dead(pd.Timestamp(utc_now()))
            found.reconcile()
        except RegistryError as error:
            if registry_url(url) is not None:
                raise
            say(f"dakhla: {error} What follows is read from the run folders alone.")
            found = stack.enter_context(folders_only(out))
        for note in found.notes:
            say(f"dakhla: {note}")
        yield found


def _day(text: str | None) -> Any:
    """Return the day that an option names."""
    import pandas as pd

    from optimizer.cli_options import first_day

    if text is None:
        return None
    day, problems = first_day(text, utc_now())
    if problems:
        raise InputError([problem.replace("--date", "--since") for problem in problems])
    return pd.Timestamp(day, tz="UTC")
