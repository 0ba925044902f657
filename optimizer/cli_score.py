"""The command `dakhla score`: how good own forecasts have been, by the meters."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.cli_options import OUT, Json, Out, utc_now
from optimizer.cli_output import show, show_json
from optimizer.errors import InputError

if TYPE_CHECKING:
    from optimizer.scoring import Scores

Days = Annotated[
    int | None, typer.Option(metavar="N", help="Only forecasts of the last N days; else all.")
]


def score(out: Out = OUT, days: Days = None, is_json: Json = False) -> int:
    """Score own forecasts against the meters, per plant and lead time.

    CRPS and pinball loss (MW, less is better), how often bands held, how wide they are, and skill
    over persistence and climatology (1 is perfect, 0 no better). Exit codes: 0 scored, or nothing
    to score yet; 2 wrong input.
    """
    import pandas as pd

    from optimizer.scoring import score as find

    if days is not None and not 1 <= days <= 36_525:
        raise InputError([f"--days = {days} is outside 1 to 36525. Give a number of days."])
    since = None if days is None else pd.Timestamp(utc_now()) - pd.Timedelta(days=days)
    found = find(out, since)
    if is_json:
        show_json(_as_json(found))
        return 0
    lines = [_sentence(row) for row in _records(found.table)]
    show("\n".join([*lines, *([found.missing] if found.missing else [])]))
    return 0


def _as_json(found: "Scores") -> dict[str, Any]:
    """Return the scores as one object."""
    return {
        "status": "scored" if found.cases_count else "nothing_to_score",
        "exit_code": 0,
        "cases_count": found.cases_count,
        "missing": found.missing,
        "scores": _records(found.table),
        "reliability": _records(found.reliability),
    }


def _records(table: Any) -> list[dict[str, Any]]:
    """Return the rows of a table; what is no number is null."""
    rows: list[dict[str, Any]] = table.to_dict("records")
    return [{key: None if value != value else value for key, value in row.items()} for row in rows]


def _sentence(row: dict[str, Any]) -> str:
    """Return one row in words."""
    skills = [
        f"{name} {row[key]:+.0%}" if row[key] is not None else f"{name} unknown yet"
        for name, key in (
            ("persistence", "skill_persistence_pu"),
            ("climatology", "skill_climatology_pu"),
        )
    ]
    return (
        f"{row['column']}, {row['lead']}: CRPS {row['crps_mw']:,.2f} MW, pinball "
        f"{row['pinball_mw']:,.2f} MW, bias {row['bias_mw']:+,.2f} MW; 80 % bands hold "
        f"{row['inside_80_pu']:.0%}, {row['width_80_mw']:,.1f} MW wide; skill over "
        f"{skills[0]}, {skills[1]}; {row['cases_count']} steps of {row['forecasts_count']} "
        f"forecasts."
    )
