"""Options that several commands share."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

OUT = Path("runs")
FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2100, 12, 31)  # what the weather readers take

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
Forecast = Annotated[
    str, typer.Option(metavar="mean|p1..p99", help="What of a weather forecast is planned with.")
]
Outages = Annotated[
    Path | None, typer.Option(help="Units out of service; else outages.csv in --out, if there.")
]
Pins = Annotated[Path | None, typer.Option(help="Quantities held; else pins.csv in --out.")]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="Plan the rest of the plan in force again."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Weather below fresh is no weather: exit 4.")
]
Over = Annotated[
    Path | None,
    typer.Option("--overlay", help="A few values over site and agreement, or over a stored run."),
]
Resolve = Annotated[
    bool | None,
    typer.Option(
        "--resolve/--no-resolve",
        help="Solve again for the page's whole explanation (a minute), or for nothing; else for "
        "the plan without flexibility alone (seconds).",
        show_default=False,
    ),
]
NoWhatIf = Annotated[
    bool, typer.Option("--no-what-if", help="Leave the solver out of the page: much smaller.")
]
NoPage = Annotated[
    bool, typer.Option("--no-page", help="Write no page; `dakhla report RUN` does it later.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing if all is well.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")]


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


def utc_now() -> datetime:
    """Return the clock's moment."""
    return datetime.now(UTC)
