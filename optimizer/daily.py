"""The nightly use case: a new plan in force, or the old one's expiry and an alarm; never silence.

Whatever happens between the lock and the last line is the night's outcome: this is the one place
where every error is caught, told, and written down.
"""

import logging
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from models.errors import InputError
from optimizer.config import load_site
from optimizer.failures import Failure, Signalled, failure_of
from optimizer.night import Night, ground_of
from optimizer.night_end import Outcome, Telling, good_end, poor_end
from optimizer.plan import Plan, exit_code
from optimizer.standing import Unreadable, standing
from optimizer.supply import needs_weather

_LOG = logging.getLogger(__name__)
_STOPPED = "stopped by signal {}; the best schedule so far is in {}, but not in force"


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """What a night does, each replaceable in a test.

    Attributes
    ----------
    tidy : callable
        Closes what runs cut short have left behind; returns what went wrong with that.
    make : callable
        Plans, audits and publishes.
    put : callable
        Puts a published plan in force, or raises InputError.
    show : callable
        Writes the page of a plan in force.
    """

    tidy: Callable[[Night], list[str]]
    make: Callable[[Night], Plan]
    put: Callable[[Night, Plan], None]
    show: Callable[[Night, Plan], None] = lambda _night, _plan: None


def run_night(night: Night, steps: Steps, environment: Mapping[str, str]) -> Outcome:
    """Plan, put in force, and tell; the caller holds the lock of the night.

    Every night has an outcome, a failed one too: nothing is raised but what breaks Python itself.
    A signal that comes once there is something to tell no longer matters.
    """
    began = time.perf_counter()
    notes: list[str] = []
    made: list[Plan] = []
    try:
        notes += _tidied(night, steps)
        _check(night)
        made.append(steps.make(night))
        failure = _stopped(made[0])
    except (Exception, Signalled) as error:  # noqa: BLE001 - every end of a night is told
        failure = _told(error)
    with undisturbed():
        if failure is None:
            failure = _put(night, steps, made[0], notes)
        if failure is None:
            notes += _shown(night, steps, made[0])
        telling = Telling(
            night=night,
            ground=ground_of(night),
            environment=environment,
            took_s=time.perf_counter() - began,
            notes=notes,
        )
        return good_end(telling, made[0]) if failure is None else poor_end(telling, failure)


def _tidied(night: Night, steps: Steps) -> list[str]:
    """Close what runs cut short have left behind; what goes wrong with it loses no plan."""
    try:
        return steps.tidy(night)
    except Exception as error:  # noqa: BLE001 - tidying may fail in any way, the plan is made
        return _told(error).problems


def _told(error: BaseException) -> Failure:
    """Return what there is to say about an error, its trace in the log where it is a bug."""
    failure = failure_of(error)
    trace = error if failure.exit_code == 70 else None
    _LOG.error("%s", "\n".join(failure.problems), exc_info=trace)
    return failure


def _stopped(plan: Plan) -> Failure | None:
    """Return why a plan that a signal cut short is not put in force."""
    code = exit_code(plan)
    if code <= 128:
        return None
    return Failure(code, "stopped", [_STOPPED.format(code - 128, plan.run_dir)], {})


def _put(night: Night, steps: Steps, plan: Plan, notes: list[str]) -> Failure | None:
    """Put a plan in force; return why it could not be.

    Once ``in_force.json`` names it, it is in force, whatever else went wrong.
    """
    try:
        steps.put(night, plan)
    except Exception as error:  # noqa: BLE001 - every end of a night is told
        failure = _told(error)
        if not _is_in_force(night.out, plan):
            return failure
        notes += failure.problems
    return None


def _shown(night: Night, steps: Steps, plan: Plan) -> list[str]:
    """Write the page of the plan in force; what goes wrong with it is told and loses no plan."""
    try:
        steps.show(night, plan)
    except Exception as error:  # noqa: BLE001 - a page may fail in any way, the plan is in force
        return [f"the page was not written: {problem}" for problem in _told(error).problems]
    return []


def _is_in_force(out: Path, plan: Plan) -> bool:
    """Return whether a plan is in force."""
    try:
        found = standing(out)
    except Unreadable:
        return False
    return found is not None and plan.run_dir is not None and found.run == plan.run_dir.name


def _check(night: Night) -> None:
    """Raise InputError where the weather of the night is nobody's forecast."""
    site = load_site(night.site_file)
    name = night.weather if night.weather is not None else site.weather.source
    if night.is_forced or name in site.weather.online or not needs_weather(site, set()):
        return
    known = ", ".join(site.weather.online) or "none"
    problem = (
        f"{night.site_file}: [weather] source = {name!r} is no forecast source. Name a table of "
        f"[weather.online] there or by --weather (tables: {known}), or plan from it all the same "
        "with --force."
    )
    raise InputError([problem])


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let SIGINT and SIGTERM pass: what is told must not contradict what was done."""

    def pass_by(number: int, _frame: FrameType | None) -> None:
        _LOG.warning("signal %s came too late to change the night", number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, pass_by) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
