"""The nightly run put together: lock, log, the real steps, and how it is said."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pandas as pd

from models.errors import InputError
from optimizer.alarm import call
from optimizer.api import plan
from optimizer.daily import Steps, run_night
from optimizer.failures import failure_of
from optimizer.in_force import put_in_force
from optimizer.json_log import json_log, secrets_of
from optimizer.lock import AnotherRunHolds, held_h, one_night
from optimizer.night import Ground, Night, ground_of
from optimizer.night_end import Outcome, Telling, poor_end
from optimizer.plan import Plan
from optimizer.plan_answer import plan_json
from optimizer.provenance import Provenance
from optimizer.registry import registry
from optimizer.report.page import write_page
from optimizer.retention import Old, old_runs, remove, remove_old_weather
from optimizer.standing import Unreadable, standing
from optimizer.store import out_problems

HELD_MAX_H = 3.0  # a night takes minutes; one that takes hours hangs, and its lock lets none follow
STRAY_AGE = pd.Timedelta(hours=1)  # a file is written and renamed within seconds
BY = "dakhla daily"


def guarded_night(
    night: Night, environment: Mapping[str, str], *, is_log_on_stderr: bool = False
) -> Outcome:
    """Run a night under the lock of its folder; a night that finds it held leaves at once."""
    ground = ground_of(night)
    secrets = secrets_of(ground.variables, environment)
    telling = Telling(night=night, ground=ground, environment=environment, took_s=0.0, notes=[])
    if problems := [*night.problems, *out_problems(night.out)]:
        return poor_end(telling, failure_of(InputError(problems)))
    try:
        with (
            one_night(night.out, night.command, night.now),
            json_log(night.out, night.id, secrets, to_stderr=is_log_on_stderr),
        ):
            return run_night(night, STEPS, environment)
    except AnotherRunHolds as error:
        return _locked_out(night, ground, error)
    except (OSError, InputError) as error:  # of the lock and the log: nothing can be written
        return poor_end(telling, failure_of(error))


def _locked_out(night: Night, ground: Ground, error: AnotherRunHolds) -> Outcome:
    """Return the end of a night that another one leaves no room for; no file is touched."""
    hours = held_h(night.out, night.now)
    problems, notes, alarm = [str(error)], [], ""
    if hours > HELD_MAX_H:
        alarm = f"dakhla at {ground.site}: the nightly run hangs since {hours:.0f} h: {error}"
        problem = ground.problem or call(ground.operations.on_alarm, alarm)
        notes += [problem] if problem else []
    return Outcome(
        exit_code=error.exit_code,
        status="locked",
        problems=tuple(problems),
        alarm=alarm,
        notes=tuple(notes),
    )


def tidy(night: Night) -> list[str]:
    """Close what runs cut short have left behind; return what went wrong with that."""
    for path in night.out.glob(".*.??????"):  # temporary names of `optimizer.store.write_text`
        with suppress(OSError):  # another process may have renamed it meanwhile
            age = night.now - pd.Timestamp(path.stat().st_mtime, unit="s", tz="UTC")
            if path.is_file() and age > STRAY_AGE:
                path.unlink()
    with registry(night.out) as found:
        found.abandon_dead(night.now)
        found.reconcile()
        found.pruned([run.run for run in _let_go(night)])
        return list(found.notes)


def _let_go(night: Night) -> list[Old]:
    """Remove run folders, payloads and forecasts older than the site keeps them."""
    keep_day = ground_of(night).operations.keep_day
    old = old_runs(night.out, night.now, keep_day)
    remove(night.out, old)
    remove_old_weather(night.out, night.now, keep_day)
    return old


def make(night: Night) -> Plan:
    """Plan, audit and publish the night's run."""
    return plan(
        night.site,
        night.weather,
        start=night.start,
        agreement=night.agreement,
        horizon=night.horizon,
        out=night.out,
        now=night.now,
        is_strict=night.is_strict,
        kind="daily",
    )


def put(night: Night, made: Plan) -> None:
    """Put the night's run in force."""
    if made.run_dir is not None:
        put_in_force(
            night.out,
            made.run_dir.name,
            by=BY,
            note=f"night {night.id}",
            now=night.now,
            is_forced=night.is_forced,
        )


def show(night: Night, made: Plan) -> None:
    """Write the page of the night's run."""
    if made.run_dir is not None and night.has_page:
        took = write_page(
            made.run_dir,
            optimum=made.optimum,
            is_resolved=False,
            is_compared=True,
            has_what_if=night.has_what_if,
        )
        made.timings_s.update(took)


STEPS = Steps(tidy=tidy, make=make, put=put, show=show)


def night_words(outcome: Outcome) -> str:
    """Return a sentence or two for a person: what is in force now, or why nothing new is."""
    if outcome.alarm:
        return outcome.alarm
    if outcome.plan is None:
        return "\n".join(outcome.problems)
    made = outcome.plan
    where = made.optimum.problem.provenance
    last = made.schedule.index[-1] + pd.Timedelta(hours=float(made.schedule["step_h"].iloc[-1]))
    text = (
        f"run {made.run_dir.name if made.run_dir else '?'} is in force from "
        f"{made.schedule.index[0]:%Y-%m-%dT%H:%MZ} to {last:%Y-%m-%dT%H:%MZ}, "
        f"{made.objective_mad:,.0f} MAD; weather: {_weather_words(where)}."
    )
    why = [*where.weather_reasons] if where.is_degraded else []
    why += [] if made.status == "optimal" else [f"The plan is {made.status}."]
    return "\n".join([text, *why])


def _weather_words(where: Provenance) -> str:
    """Return the rung and the source of a plan's weather, each said once."""
    rung = where.weather_rung.replace("_", " ")
    source = where.weather_source
    return source if source.startswith(rung) else f"{rung}, {source}"


def night_json(night: Night, outcome: Outcome) -> dict[str, Any]:
    """Return a night as one object: of a good one, all that `dakhla plan --json` says too."""
    made = {} if outcome.plan is None else plan_json(outcome.plan, outcome.exit_code)
    return made | {
        "status": outcome.status,
        "exit_code": outcome.exit_code,
        "night": night.id,
        "weather_rung": outcome.rung,
        "in_force": _in_force_run(night),
        "problems": list(outcome.problems),
        "alarm": outcome.alarm or None,
        "notes": list(outcome.notes),
        **outcome.more,
    }


def _in_force_run(night: Night) -> str | None:
    """Return the name of the run in force."""
    try:
        found = standing(night.out)
    except Unreadable:
        return None
    return None if found is None else found.run
