"""The command `dakhla forecast`: probabilities of power, as tables and a picture."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.cli_options import (
    OUT,
    Day,
    Json,
    Out,
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
    from optimizer.forecast import Forecast, Wish

Scenarios = Annotated[
    int | None, typer.Option("--scenarios", help="How many to keep; else the site's.", min=1)
]


def forecast(
    site: Site = None,
    date: Day = None,
    weather: WeatherOf = None,
    horizon: Steps = None,
    out: Out = OUT,
    scenario_count: Scenarios = None,
    is_strict: Strict = False,
    is_json: Json = False,
    is_quiet: Quiet = False,
) -> int:
    """Forecast the power of sun and wind: quantiles, scenarios and a picture in a folder.

    Exit codes: 0 written; 2 wrong input; 3 written, on weather below fresh; 4 no weather, or none
    fresh with --strict.
    """
    from optimizer.progress import stages

    screen = console(sys.stderr)
    with stages(screen, is_shown=screen.is_terminal and not is_quiet):
        from optimizer.forecast import make, write
        from optimizer.store import new_run_id

        wish = _wish(site, date, weather, horizon, out, scenario_count, is_strict)
        made = make(wish, os.environ)
        if made is None:
            what = "every plant's power comes from a file, so nothing is left to forecast"
            raise InputError([f"{site}: {what}. Give a plant a model, or plan with the files."])
        draw, note = _pencil()
        folder = write(made, out, new_run_id(wish.now), draw)
    code = 3 if made.found.is_degraded else 0
    if is_json:
        show_json(_answer(made, folder, code))
    elif code or not is_quiet:
        show("\n".join(_lines(made, folder)))
    for sentence in (*note, *made.found.reasons):
        say(f"dakhla: {sentence}")
    return code


def _wish(
    site: Path | None,
    date: str | None,
    weather: str | None,
    horizon: str | None,
    out: Path,
    scenario_count: int | None,
    is_strict: bool,
) -> "Wish":
    """Return what is asked for, checked."""
    import pandas as pd

    from optimizer.config import load_site
    from optimizer.forecast import Wish
    from optimizer.horizon import Horizon
    from optimizer.reference import reference_file
    from optimizer.store import out_problems

    now = utc_now()
    day, problems = first_day(date, now)
    if problems := problems + out_problems(out):
        raise InputError(problems)
    path = site or reference_file("site.toml")
    plant = load_site(path)
    return Wish(
        site=plant,
        folder=path.parent,
        weather=weather or plant.weather.source,
        horizon=Horizon.parse(horizon or plant.plan.horizon, pd.Timestamp(day, tz="UTC")),
        out=out,
        now=pd.Timestamp(now),
        scenario_count=scenario_count or plant.weather.scenario_count,
        is_strict=is_strict,
    )


def _pencil() -> tuple[Any, list[str]]:
    """Return what draws the picture, or why there is none."""
    try:
        from optimizer.forecast_picture import draw
    except ImportError:
        return None, ["no picture: matplotlib is missing. Install dakhla-optimizer[pictures]."]
    return draw, []


def _answer(made: "Forecast", folder: Path, code: int) -> dict[str, Any]:
    """Return the object that --json prints."""
    head = {"status": "degraded" if code else "forecast", "exit_code": code}
    return head | {"forecast_dir": str(folder)} | made.as_json()


def _lines(made: "Forecast", folder: Path) -> list[str]:
    """Return the short table a person reads."""
    from optimizer.forecast import day_rows

    rows = day_rows(made.power)
    names = [key.removesuffix("_mean_mwh") for key in rows[0] if key.endswith("_mean_mwh")]
    width = max(24, *(len(name) + 2 for name in names))
    lines = [
        f"weather: {made.found.rung}; {made.source}",
        "energy available by day [MWh]: mean (10 % to 90 %)",
        "  ".join(["day       ", *(f"{name:>{width}}" for name in names)]),
    ]
    for row in rows:
        triples = [[row[f"{n}_{k}_mwh"] for k in ("mean", "p10", "p90")] for n in names]
        cells = [f"{mean:,.0f} ({low:,.0f} to {high:,.0f})" for mean, low, high in triples]
        lines.append("  ".join([row["date"], *(f"{cell:>{width}}" for cell in cells)]))
    return [*lines, *made.power.notes, *made.found.notes, f"written: {folder}"]
