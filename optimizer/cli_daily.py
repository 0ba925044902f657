"""The commands of unattended operation: `dakhla daily`, `dakhla status`, `dakhla install-timer`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.cli_options import (
    OUT,
    Agreement,
    Day,
    Json,
    NoPage,
    NoWhatIf,
    Out,
    Quiet,
    Site,
    Steps,
    first_day,
    utc_now,
)
from optimizer.cli_output import console, say, show, show_json
from optimizer.errors import InputError

if TYPE_CHECKING:
    from optimizer.night import Night
    from optimizer.night_end import Outcome

Source = Annotated[
    str | None, typer.Option(metavar="SOURCE", help="A table of [weather.online]; else the site's.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Nothing comes in force on weather that is not fresh.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Put in force what is synthetic, past or a trial, too.")
]
LogToStderr = Annotated[
    bool, typer.Option("--log-to-stderr", help="Write the JSON log there, not to DIR/daily.log.")
]


def daily(
    site: Site = None,
    agreement: Agreement = None,
    date: Day = None,
    weather: Source = None,
    horizon: Steps = None,
    out: Out = OUT,
    is_strict: Strict = False,
    is_forced: Force = False,
    is_log_on_stderr: LogToStderr = False,
    is_without: NoWhatIf = False,
    has_no_page: NoPage = False,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Plan the next day unattended, put the plan in force and write its page, or raise the alarm.

    On every exit code but 0, 3 and 75 the plan in force stays, its expiry is written beside it and
    the site's on_alarm command is called.

    Exit codes: 0 in force; 3 in force, on weather below fresh or with a gap above its limit; 2
    wrong input; 4 no weather, or none fresh with --strict; 5 nothing found in time; 6 audit failed;
    7 infeasible; 70 a bug; 75 another night holds the lock; 130, 143 stopped.
    """
    from optimizer.progress import stages

    now, screen = utc_now(), console(sys.stderr)
    is_shown = screen.is_terminal and not is_quiet and not is_log_on_stderr
    with stages(screen, is_shown=is_shown):
        import pandas as pd

        from optimizer.night import Night
        from optimizer.nightly import guarded_night
        from optimizer.store import new_run_id

        day, problems = first_day(date, now)
        moment = pd.Timestamp(now)
        night = Night(
            id=new_run_id(moment),
            now=moment,
            start=pd.Timestamp(day, tz="UTC"),
            out=out,
            site=site,
            agreement=agreement,
            weather=weather,
            horizon=horizon,
            problems=tuple(problems),
            is_strict=is_strict,
            is_forced=is_forced,
            has_page=not has_no_page,
            has_what_if=not is_without,
        )
        outcome = guarded_night(night, os.environ, is_log_on_stderr=is_log_on_stderr)
    _show_night(night, outcome, is_json=is_json, is_quiet=is_quiet)
    return outcome.exit_code


def _show_night(night: "Night", outcome: "Outcome", *, is_json: bool, is_quiet: bool) -> None:
    """Print how a night ended: the answer on standard output, trouble on standard error."""
    from optimizer.nightly import night_json, night_words

    if is_json:
        show_json(night_json(night, outcome))
    elif outcome.exit_code == 0 and not is_quiet:
        show(night_words(outcome))
    if outcome.exit_code != 0:
        say(outcome.alarm or f"dakhla: {night_words(outcome)}")
    for note in outcome.notes:
        say(f"dakhla: {note}")


MaxAge = Annotated[
    str, typer.Option("--max-age", metavar="26h", help="Oldest plan that is well: 26h, 2d.")
]


def status(out: Out = OUT, max_age: MaxAge = "26h", is_json: Json = False) -> int:
    """Say in one line whether a plan is in force, how old it is, and how the last night ended.

    Exit codes: 0 in order; 2 wrong input; 3 a plan is in force, but less than a fresh optimum, not
    begun, or followed by a night that failed; 4 none is, or it has expired or is older than
    --max-age.
    """
    from optimizer.status import age_of, health

    age = age_of(max_age)
    if age is None:
        raise InputError([f"--max-age = {max_age!r} is no time. Write hours or days: 26h, 2d."])
    found = health(out, age, utc_now())
    if is_json:
        show_json(found.content)
    else:
        show(found.line)
    return found.exit_code


HERE = Path()
At = Annotated[str, typer.Option("--at", metavar="HH:MM", help="Time of day, UTC.")]
To = Annotated[Path, typer.Option("--to", help="Folder for the three files.")]
User = Annotated[
    str | None, typer.Option(help="Who runs it under systemd; '' for your own; else you.")
]
EnvironmentFile = Annotated[
    Path | None, typer.Option("--env-file", help="File of NAME=value lines with the keys.")
]


def install_timer(
    at: At = "21:47",
    to: To = HERE,
    site: Site = None,
    agreement: Agreement = None,
    out: Out = OUT,
    user: User = None,
    env_file: EnvironmentFile = None,
    is_strict: Strict = False,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Write a crontab line and systemd units that run `dakhla daily` in UTC; enable nothing.

    Exit codes: 0 written; 2 wrong input.
    """
    from optimizer import timer

    options = {"--site": site, "--agreement": agreement, "--out": out}
    words = [*_executable(), "daily"]
    for option, path in options.items():
        words += [option, str(path.absolute())] if path is not None else []
    words += ["--strict", "--quiet"] if is_strict else ["--quiet"]
    made = timer.Timer(
        at=at,
        command=tuple(words),
        folder=Path.cwd(),
        user=_user_name() if user is None else user,
        environment_file=env_file.absolute() if env_file is not None else None,
    )
    if problems := timer.problems(made):
        raise InputError(problems)
    to.mkdir(parents=True, exist_ok=True)
    for name, text in timer.texts(made).items():
        timer.write(to / name, text)
    how = timer.how_to_enable(to.absolute(), is_own=not made.user)
    if is_json:
        files = {key: str(to / name) for key, name in timer.NAMES.items()}
        show_json({"status": "written", "exit_code": 0, "files": files, "command": words})
    elif not is_quiet:
        show(f"{to}: {', '.join(timer.NAMES.values())} written.\n{how}")
    return 0


def _executable() -> list[str]:
    """Return how to call this program from anywhere, whatever PATH is then."""
    beside = Path(sys.executable).parent / "dakhla"
    called = Path(sys.argv[0])
    if called.name == "dakhla" and called.is_file():
        return [str(called.absolute())]
    if beside.is_file():
        return [str(beside)]
    return [sys.executable, "-m", "optimizer.cli"]


def _user_name() -> str:
    """Return who calls, by name where there is one."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
