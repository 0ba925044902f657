"""How a night ends: told to the files beside the runs, to monitors, and to whoever must act.

Telling never changes what the night has done: what goes wrong with it becomes a note.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from models.errors import InputError
from optimizer import metrics
from optimizer.alarm import Alarm, call, ping
from optimizer.failures import Failure
from optimizer.manifest import known
from optimizer.night import Ground, Night
from optimizer.night_record import (
    expiry_of,
    forget_expiry,
    last_success,
    stamp,
    write_expiry,
    write_night,
)
from optimizer.plan import Plan, exit_code

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a night ended.

    Attributes
    ----------
    exit_code : int
        0 and 3 put a plan in force, all others did not.
    problems : tuple of str
        Why there is no new plan in force.
    alarm : str
        The sentence of the alarm; empty after a good night.
    notes : tuple of str
        What went wrong in telling about the night, which changes nothing.
    """

    exit_code: int
    status: str
    problems: tuple[str, ...] = ()
    plan: Plan | None = None
    rung: str | None = None
    alarm: str = ""
    notes: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """What a night's end needs: the night, its settings, the environment, and how long it took."""

    night: Night
    ground: Ground
    environment: Mapping[str, str]
    took_s: float
    notes: list[str]

    def attempt(self, what: Callable[[], str | None]) -> None:
        """Do one piece of telling, and note what went wrong with it."""
        try:
            problem = what()
        except (OSError, InputError) as error:
            problem = str(error)
        if problem:
            _LOG.warning("%s", problem)
            self.notes.append(problem)


def good_end(telling: Telling, plan: Plan) -> Outcome:
    """Tell that a new plan is in force."""
    night, code = telling.night, exit_code(plan)
    weather = plan.optimum.problem.provenance
    rung, age_h = weather.weather_rung, weather.weather_age_h
    run = plan.run_dir.name if plan.run_dir else None
    facts = {"run_dir": str(plan.run_dir), "exit_code": code, "rung": rung}
    _LOG.info("in force", extra={"facts": facts | {"objective_mad": plan.objective_mad}})
    success = {"night": night.id, "utc": stamp(night.now), "run": run}
    record = {"exit_code": code, "status": plan.status, "run": run, "rung": rung}
    record |= {"problems": [], "alarm": None, "last_success": success}
    telling.attempt(lambda: forget_expiry(night.out))
    telling.attempt(lambda: _record(telling, record))
    figures = {
        "solve_seconds": plan.timings_s.get("solve"),
        "objective_mad": plan.objective_mad,
        "mip_gap_ratio": known(plan.mip_gap_pu),
        "weather_age_seconds": None if age_h is None else age_h * 3600,
    }
    telling.attempt(lambda: _metrics(telling, code, figures, rung))
    variable = telling.ground.operations.ping_url_env
    telling.attempt(lambda: ping(variable, telling.environment))
    return Outcome(
        exit_code=code, status=plan.status, plan=plan, rung=rung, notes=tuple(telling.notes)
    )


def poor_end(telling: Telling, failure: Failure) -> Outcome:
    """Tell that there is no new plan: the one in force stays, and somebody must act."""
    night, ground = telling.night, telling.ground
    operations, cause = ground.operations, " ".join(failure.problems)
    expiry = expiry_of(night.out, operations, night.now)
    alarm = Alarm(
        site=ground.site,
        cause=cause,
        expiry=expiry.sentence,
        responsible=operations.responsible,
        act_by_utc=expiry.act_by_utc,
    ).sentence
    facts = {"exit_code": failure.exit_code, "status": failure.status}
    _LOG.error("%s", alarm, extra={"facts": facts})
    telling.attempt(lambda: write_expiry(night.out, expiry, cause, failure.exit_code))
    telling.attempt(lambda: ground.problem or call(operations.on_alarm, alarm))
    record = {"exit_code": failure.exit_code, "status": failure.status, "run": None, "rung": None}
    record |= {"problems": failure.problems, "alarm": alarm}
    record |= {"last_success": last_success(night.out)}
    telling.attempt(lambda: _record(telling, record))
    telling.attempt(lambda: _metrics(telling, failure.exit_code, {}, None))
    return Outcome(
        exit_code=failure.exit_code,
        status=failure.status,
        problems=tuple(failure.problems),
        alarm=alarm,
        notes=tuple(telling.notes),
        more=failure.more,
    )


def _record(telling: Telling, content: dict[str, Any]) -> None:
    """Write ``daily.json``; the notes so far are in it."""
    night = telling.night
    head = {"night": night.id, "began_utc": stamp(night.now), "took_s": round(telling.took_s, 2)}
    head |= {"plan_start_utc": stamp(night.start)}
    write_night(night.out, head | content | {"notes": list(telling.notes)})


def _metrics(
    telling: Telling, code: int, figures: Mapping[str, float | None], rung: str | None
) -> str | None:
    """Replace the Prometheus file, where there is to be one."""
    night, operations = telling.night, telling.ground.operations
    if operations.metrics_file is None:
        return None
    plan = expiry_of(night.out, operations, night.now).standing
    success = last_success(night.out) or {}
    values: dict[str, float | None] = {
        "last_run_timestamp_seconds": night.now.timestamp(),
        "last_success_timestamp_seconds": _seconds(success.get("utc")),
        "exit_code": code,
        "run_duration_seconds": telling.took_s,
        "plan_start_timestamp_seconds": plan.begins_utc.timestamp() if plan else None,
        "plan_expires_timestamp_seconds": plan.expires_utc.timestamp() if plan else None,
    }
    path = night.site_file.parent / operations.metrics_file
    return metrics.write(path, values | dict(figures), telling.ground.site, rung)


def _seconds(moment: object) -> float | None:
    """Return a written moment as seconds since 1970."""
    with suppress(ValueError):
        return float(pd.Timestamp(str(moment)).timestamp()) if moment else None
    return None
