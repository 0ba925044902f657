"""Is all well with the nightly plans of a folder? One line and one exit code, for monitors.

The standard library is enough: a monitor asks every minute.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from optimizer.standing import Standing, Unreadable, last_night, standing

OK, DEGRADED, NOTHING = 0, 3, 4  # of the exit codes: in order; in force but not as it should; none
WORDS = {OK: "ok", DEGRADED: "degraded", NOTHING: "critical"}
AGE = "26h"  # a day between two nights, and two hours for a late one
_AGE = re.compile(r"(\d+(?:\.\d+)?)(h|d)?")
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """How it stands: the exit code, the line, and the same as JSON."""

    exit_code: int
    line: str
    content: dict[str, Any]


def age_of(text: str) -> timedelta | None:
    """Return the time that ``26h``, ``2d`` or ``26`` (hours) says; none if it says none."""
    found = _AGE.fullmatch(text.strip())
    if found is None:
        return None
    hours = float(found[1]) * (24 if found[2] == "d" else 1)
    return hours * _HOUR if 0 < hours <= 24 * 366 else None


def health(out: Path, age_max: timedelta, now: datetime) -> Health:
    """Return how the plan in force in `out` stands at `now`.

    Critical is what leaves operations without a plan: none in force, one that has expired, can't
    be read, or was put in force longer ago than `age_max`. Degraded is a plan that holds, but is
    less than a fresh optimum, has not begun, or was followed by a night that failed.
    """
    try:
        plan = standing(out)
    except Unreadable as error:
        return _health(
            NOTHING, f"what is in force can't be read: {error}".rstrip("."), None, {}, now
        )
    try:
        night = last_night(out)
    except Unreadable as error:
        night = {"exit_code": None, "problems": [str(error)]}
    if plan is None:
        return _health(NOTHING, f"nothing is in force in {out}; {_told(night)}", None, night, now)
    age = now - plan.put_utc
    words = f"run {plan.run}, {age / _HOUR:.1f} h old, expires {plan.expires_utc:%Y-%m-%dT%H:%MZ}"
    words = f"{words} (in {(plan.expires_utc - now) / _HOUR:.0f} h)"
    critical = _critical(plan, age_max, now)
    degraded = [*plan.marks, *_degraded(plan, night, now)]
    code = NOTHING if critical else DEGRADED if degraded else OK
    why = "; ".join([*critical, *degraded, words, _told(night)])
    return _health(code, why, plan, night, now)


def _critical(plan: Standing, age_max: timedelta, now: datetime) -> list[str]:
    """Return why a plan in force is none to go by."""
    if now >= plan.expires_utc:
        return ["the plan in force has expired"]
    if now - plan.put_utc > age_max:
        return [f"no new plan for {(now - plan.put_utc) / _HOUR:.1f} h"]
    return []


def _degraded(plan: Standing, night: dict[str, Any], now: datetime) -> list[str]:
    """Return what else is not as it should be."""
    found = []
    if now < plan.begins_utc:
        found.append(f"nothing is in force before {plan.begins_utc:%Y-%m-%dT%H:%MZ}")
    if plan.put_utc - now > timedelta(minutes=5):
        found.append("the plan in force is of the future: look at the clock")
    if night and night.get("exit_code") not in (OK, DEGRADED):
        found.append("the last night failed")
    return found


def _told(night: dict[str, Any]) -> str:
    """Return how the last night ended, in words."""
    if not night:
        return "no night has been recorded"
    when, code = night.get("began_utc", "?"), night.get("exit_code")
    problems = " ".join(str(problem) for problem in night.get("problems") or [])
    what = f": {' '.join(problems.split())[:200]}" if problems else ""
    return f"last night {when} exit {code}{what}"


def _health(
    code: int, line: str, plan: Standing | None, night: dict[str, Any], now: datetime
) -> Health:
    """Return the answer, as a line and as an object."""
    content = {
        "status": WORDS[code],
        "exit_code": code,
        "message": line,
        "run": plan.run if plan else None,
        "put_utc": _stamp(plan.put_utc) if plan else None,
        "age_h": round((now - plan.put_utc) / _HOUR, 3) if plan else None,
        "begins_utc": _stamp(plan.begins_utc) if plan else None,
        "expires_utc": _stamp(plan.expires_utc) if plan else None,
        "hours_left": round((plan.expires_utc - now) / _HOUR, 3) if plan else None,
        "marks": list(plan.marks) if plan else [],
        "last_night": night or None,
    }
    return Health(exit_code=code, line=f"{WORDS[code]}: {line}", content=content)


def _stamp(moment: datetime) -> str:
    """Return a moment as JSON has it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
