"""What is in force in a folder of runs, and how the last night ended: for whoever watches.

Read with the standard library alone: a monitor asks every minute, and pandas takes half a second.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models.files import plain_file, reason

IN_FORCE, EXPIRY, NIGHT = "in_force.json", "in_force_expiry.json", "daily.json"
_JSON_MAX_BYTES = 10_000_000
_AS_ASKED = ("fresh", "given", "synthetic")  # rungs of the weather ladder that nobody fell to


class Unreadable(Exception):  # noqa: N818 (what it is)
    """A file that says what is in force, or how the night ended, is not whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """The plan in force.

    Attributes
    ----------
    run : str
        Its run.
    begins_utc, expires_utc : datetime
        What its horizon covers, with that of the plan which is carried out until it begins.
    put_utc : datetime
        When it was put in force.
    marks : tuple of str
        Why it is less than a fresh and proven optimum; empty if it is one.
    """

    run: str
    begins_utc: datetime
    expires_utc: datetime
    put_utc: datetime
    marks: tuple[str, ...]


def standing(out: Path) -> Standing | None:
    """Return the plan in force in `out`, none if there is none or it was withdrawn.

    Raises
    ------
    Unreadable
        A file is not as it was written, or a schedule is not the one that was put in force.
    """
    path = out / IN_FORCE
    content = _object(path)
    if content is None or content.get("run") is None:
        return None
    try:
        plans = [plan for plan in (content, content.get("until_then")) if plan is not None]
        for plan in plans:
            _check_files(out, plan)
        return Standing(
            run=str(content["run"]),
            begins_utc=min(_moment(plan["start_utc"]) for plan in plans),
            expires_utc=_moment(content["expires_utc"]),
            put_utc=_moment(content["put_utc"]),
            marks=_marks(content),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"{path}: not as it was written: {error!r}.") from error


def _moment(text: str) -> datetime:
    """Return a moment, which must have a time zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment


def _check_files(out: Path, plan: Mapping[str, Any]) -> None:
    """Raise Unreadable where a schedule is not the one that was put in force."""
    for name, expected in plan["schedule_sha256"].items():
        path = out / str(plan["run"]) / name
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise Unreadable(f"{path}: not readable: {reason(error)}.") from error
        if found != expected:
            raise Unreadable(f"{path}: was changed since it was put in force.")


def _marks(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """Return why a plan is less than a fresh and proven optimum."""
    rung, status = str(plan["weather_rung"]), str(plan["status"])
    marks = [] if rung in _AS_ASKED else [f"its weather is below fresh: {rung.replace('_', ' ')}"]
    marks += [] if status == "optimal" else [f"it is {status}"]
    return (*marks, *(f"forced: {why}" for why in plan["forced"]))


def last_night(out: Path) -> dict[str, Any]:
    """Return how the last night ended, as `optimizer.night_record` writes it; else empty.

    Raises
    ------
    Unreadable
        The file can't be read.
    """
    return _object(out / NIGHT) or {}


def _object(path: Path) -> dict[str, Any] | None:
    """Return the object in a JSON file, none if there is no file."""
    try:
        content = json.loads(plain_file(path, _JSON_MAX_BYTES).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path}: not readable: {reason(error)}.") from error
    if not isinstance(content, dict):
        raise Unreadable(f"{path}: holds no JSON object.")
    return content
