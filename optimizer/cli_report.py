"""The command `dakhla report`: the page of a run, of two runs side by side, or of a month."""

from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli_options import OUT, Json, NoWhatIf, Out, Quiet, Resolve, utc_now
from optimizer.cli_output import show, show_json
from optimizer.errors import InputError

LANGUAGES = ("en", "fr")
Runs = Annotated[
    list[str] | None,
    typer.Argument(metavar="RUN [RUN]", help="Name, 'latest', or folder of one run, or of two."),
]
Period = Annotated[
    str | None, typer.Option(metavar="YYYY-MM", help="A month of the folder of runs, not a run.")
]
Language = Annotated[
    str, typer.Option(metavar="|".join(LANGUAGES), help="The first to be shown; both are there.")
]
Target = Annotated[
    Path | None,
    typer.Option(help="File to write; else report.html in the run's folder, and alike."),
]


def report(
    runs: Runs = None,
    period: Period = None,
    is_resolved: Resolve = None,
    is_without: NoWhatIf = False,
    language: Language = "en",
    target: Target = None,
    out: Out = OUT,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Write a page to look at: of a run, of two runs side by side, or of a month.

    One HTML file that opens from disk and asks for nothing else.

    Exit codes: 0 written; 2 this is no run or no month; 70 a bug.
    """
    names = runs or []
    _check(names, period, language)
    if period is not None:
        answer = _month(out, period, target, language, is_json=is_json)
    elif len(names) == 2:
        answer = _two(out, names, target, language, is_json=is_json)
    else:
        answer = _one(
            out, names[0], target, language, is_resolved=is_resolved, is_without=is_without
        )
    if is_json:
        show_json({"status": "written", "exit_code": 0} | answer)
    elif not is_quiet:
        show(str(answer["file"]))
    return 0


def _check(names: list[str], period: str | None, language: str) -> None:
    """Refuse what contradicts."""
    problems = []
    if period is not None and names:
        problems.append("RUN and --period are both given. Give a run, or a month.")
    if period is None and not 1 <= len(names) <= 2:
        problems.append(f"RUN = {len(names)} runs. Give one, two to compare, or --period.")
    if language not in LANGUAGES:
        given = ", ".join(LANGUAGES)
        problems.append(f"--language = {language!r} is unknown. Give one of {given}.")
    if problems:
        raise InputError(problems)


def _one(
    out: Path,
    name: str,
    target: Path | None,
    language: str,
    *,
    is_resolved: bool | None,
    is_without: bool,
) -> dict[str, Any]:
    """Write the page of a run."""
    from optimizer.report.page import FILE, write_page
    from optimizer.run_folder import find_run

    run = find_run(out, name)
    timings = write_page(
        run,
        is_resolved=is_resolved is True,
        is_compared=is_resolved is not False,
        has_what_if=not is_without,
        language=language,
        target=target,
    )
    seconds = {key: round(value, 4) for key, value in timings.items()}
    path = run / FILE if target is None else target
    return {"run_dir": str(run), "file": str(path), "timings_s": seconds}


def _two(
    out: Path, names: list[str], target: Path | None, language: str, *, is_json: bool
) -> dict[str, Any]:
    """Write the page of two runs side by side."""
    from optimizer.report.compare import compare_json, write_compare
    from optimizer.run_folder import find_run

    a, b = (find_run(out, name) for name in names)
    path = write_compare(a, b, target, language)
    told = compare_json(a, b) if is_json else {}
    return told | {"status": "written", "file": str(path)}


def _month(
    out: Path, period: str, target: Path | None, language: str, *, is_json: bool
) -> dict[str, Any]:
    """Write the page of a month."""
    import pandas as pd

    from optimizer.report.month import write_month
    from optimizer.report.month_read import month_json

    now = pd.Timestamp(utc_now())
    path = write_month(out, period, target, language, now=now)
    told = month_json(out, period, now) if is_json else {}
    return told | {"status": "written", "period": period, "file": str(path)}
