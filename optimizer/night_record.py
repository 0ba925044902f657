"""What a night leaves beside the runs: how it ended, and when the plan in force expires.

``daily.json`` is how the last night ended, and when the last good one was. ``in_force_expiry.json``
stands beside ``in_force.json`` while nights fail: the plan in force stays, and this says until
when, why there is no newer one, since when, and who must act by when.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import InputError
from optimizer.alarm import act_by
from optimizer.operations_config import Operations
from optimizer.standing import EXPIRY, NIGHT, Standing, Unreadable, last_night, standing
from optimizer.store import SCHEMA_VERSION, read_json, write_json

_HOUR = pd.Timedelta(hours=1)


def stamp(moment: datetime | None) -> str | None:
    """Return a moment as files have it."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Expiry:
    """Until when the plan in force is one, and why no newer one follows it."""

    standing: Standing | None
    problem: str  # what is wrong with the files of the plan in force; empty if nothing
    now: pd.Timestamp
    operations: Operations

    @property
    def act_by_utc(self) -> pd.Timestamp | None:
        """When somebody must have acted; none if it is too late."""
        expires = pd.Timestamp(self.standing.expires_utc) if self.standing else None
        return act_by(expires, self.operations.act_within_h, self.now)

    @property
    def hours_left(self) -> float | None:
        """Hours the plan in force still covers, negative once it has expired [h]."""
        if self.standing is None:
            return None
        return round(float((pd.Timestamp(self.standing.expires_utc) - self.now) / _HOUR), 2)

    @property
    def sentence(self) -> str:
        """What stays in force, in words."""
        if self.problem:
            return f"What is in force can't be read: {self.problem}"
        if self.standing is None or self.hours_left is None:
            return "Nothing is in force."
        until = f"{self.standing.expires_utc:%Y-%m-%dT%H:%MZ}"
        if self.hours_left <= 0:
            return f"Run {self.standing.run}, the last in force, expired at {until}."
        return (
            f"Run {self.standing.run} stays in force and expires at {until}, in "
            f"{self.hours_left:.0f} h."
        )


def expiry_of(out: Path, operations: Operations, now: pd.Timestamp) -> Expiry:
    """Return until when what is in force in `out` is a plan."""
    found, problem = None, ""
    try:
        found = standing(out)
    except Unreadable as error:
        problem = str(error)
    return Expiry(standing=found, problem=problem, now=now, operations=operations)


def write_expiry(out: Path, expiry: Expiry, cause: str, exit_code: int) -> None:
    """Write beside the plan in force that no newer one follows; the first such night counts."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / EXPIRY
    run = expiry.standing.run if expiry.standing else None
    since = stamp(expiry.now)
    with suppress(InputError):
        before = read_json(path)
        if before.get("run") == run and before.get("since_utc"):
            since = str(before["since_utc"])
    write_json(
        path,
        {
            "schema_version": SCHEMA_VERSION,
            "run": run,
            "expires_utc": stamp(expiry.standing.expires_utc) if expiry.standing else None,
            "hours_left": expiry.hours_left,
            "cause": cause,
            "exit_code": exit_code,
            "since_utc": since,
            "written_utc": stamp(expiry.now),
            "responsible": expiry.operations.responsible,
            "act_by_utc": stamp(expiry.act_by_utc),
            "act_now": expiry.act_by_utc is None,
        },
    )


def forget_expiry(out: Path) -> None:
    """Take the expiry away: a new plan is in force."""
    (out / EXPIRY).unlink(missing_ok=True)


def last_success(out: Path) -> dict[str, Any] | None:
    """Return night, moment and run of the last good night, as far as is known."""
    with suppress(Unreadable):
        found = last_night(out).get("last_success")
        return dict(found) if isinstance(found, dict) else None
    return None


def write_night(out: Path, content: dict[str, Any]) -> None:
    """Write how the night ended."""
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / NIGHT, {"schema_version": SCHEMA_VERSION} | content)
