"""What is in force: ``DIR/in_force.json``, which operations and the compute scheduler read.

It is changed here only, by `dakhla daily` and `dakhla publish`. Each change is logged as well; see
`optimizer.in_force_log`.
"""

import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import InputError
from optimizer.in_force_log import LOG, append, entries
from optimizer.lock import one_change
from optimizer.publish_rules import check_run, refusals
from optimizer.recording import mirrored
from optimizer.run_folder import BINDING_H, run_folders, stamp, weather_rung
from optimizer.run_tables import as_written
from optimizer.store import read_json, sha256, write_json

IN_FORCE = "in_force.json"
SCHEMA_VERSION = 1
SCHEDULES = ("schedule.parquet", "schedule.csv")
_TEXT_MAX = 500  # characters of a name or a note
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class InForce:
    """The plan in force, as in_force.json has it; moments are UTC.

    Attributes
    ----------
    start_utc, binding_end_utc, expires_utc : Timestamp
        First step; end of the part that binds, after which the plan only looks ahead; end of the
        last step, after which it says nothing.
    forced : tuple of str
        Why it should not have been put in force, where it was all the same.
    sha256 : mapping
        Of the schedule's files.
    until_then : InForce, optional
        The plan that is carried out until this one starts.
    """

    run: str
    site: str
    start_utc: pd.Timestamp
    binding_end_utc: pd.Timestamp
    expires_utc: pd.Timestamp
    put_utc: pd.Timestamp
    by: str
    note: str
    status: str
    weather_rung: str
    forced: tuple[str, ...]
    sha256: Mapping[str, str]
    until_then: "InForce | None" = None

    def is_expired(self, now: pd.Timestamp) -> bool:
        """Return whether the plan says nothing any more."""
        return now >= self.expires_utc

    def covers(self, moment: pd.Timestamp) -> bool:
        """Return whether a moment lies within the plan's steps."""
        return bool(self.start_utc <= moment < self.expires_utc)


def in_force(out: Path) -> InForce | None:
    """Return the plan in force, none where nothing was put in force or all was withdrawn.

    Raises
    ------
    InputError
        in_force.json is not as it was written.
    """
    path = out / IN_FORCE
    if not path.is_file():
        return None
    content = read_json(path)
    with as_written(path):
        return None if content["run"] is None else _read(content)


def plan_at(out: Path, moment: pd.Timestamp) -> InForce | None:
    """Return the plan in force that says what to do at `moment`: the one before, until it starts.

    Raises
    ------
    InputError
        in_force.json is not as it was written.
    """
    found = in_force(out)
    for plan in (found, found.until_then if found else None):
        if plan is not None and plan.covers(moment):
            return plan
    return None


def in_force_problems(out: Path) -> list[str]:
    """Return why the plan in force can't be carried out: its folder is gone, or was changed."""
    found = in_force(out)
    problems = []
    for plan in (found, found.until_then if found else None):
        for name, expected in plan.sha256.items() if plan is not None else ():
            path = out / plan.run / name if plan is not None else out
            if not path.is_file():
                problems.append(f"{path}: is missing. Put another run in force.")
            elif sha256(path) != expected:
                problems.append(f"{path}: was changed. Put another run in force.")
    return problems


def put_in_force(
    out: Path,
    run: str,
    *,
    by: str,
    note: str,
    now: pd.Timestamp,
    is_forced: bool = False,
    registry_url: str | None = None,
) -> InForce:
    """Put a run of `out` in force, after an audit of its folder.

    Parameters
    ----------
    run : str
        Name of the run.
    by, note : str
        Who puts it in force, and why or for what.
    is_forced : bool
        Do so although the run should not be: each reason is kept beside it.
    registry_url : str, optional
        Where the registry is, if not where it usually is; it is completed afterwards.

    Raises
    ------
    InputError
        There is no such run, it should not be put in force (every reason), or is never to be.
    AuditFailed
        The run breaks a rule, or its files were changed.
    AnotherRunHolds
        Another process does not come to an end with changing what is in force.
    """
    problems = _text_problems(by, note)
    if run not in run_folders(out):
        problems.append(f"RUN = {run!r} is no run in {out}. `dakhla runs list` names the runs.")
    if problems:
        raise InputError(problems)
    manifest = check_run(out / run)
    with _changing(out):
        found = in_force(out)
        reasons = refusals(manifest, now, None if found is None else found.site)
        if reasons and not is_forced:
            raise InputError([f"{run}: {reason}. Give --force and say why." for reason in reasons])
        said = {"put_utc": stamp(now), "by": by, "note": note, "forced": reasons}
        content = _content(out / run, manifest) | said
        content["until_then"] = _until_then(out, run, manifest, now)
        _change(out, content)
    mirrored(out, registry_url)
    return _read(content)


def _until_then(
    out: Path, run: str, manifest: Mapping[str, Any], now: pd.Timestamp
) -> dict[str, Any] | None:
    """Return the plan that is carried out until a run starts, none where it starts at once."""
    before = plan_at(out, now)
    if before is None or before.run == run or now >= pd.Timestamp(manifest["start_utc"]):
        return None
    return _written(before)


def withdraw(
    out: Path, *, by: str, note: str, now: pd.Timestamp, registry_url: str | None = None
) -> str:
    """Take the plan in force out of force; return the name of its run.

    Raises
    ------
    InputError
        Nothing is in force, or it is not said by whom and why.
    """
    if problems := _text_problems(by, note):
        raise InputError(problems)
    with _changing(out):
        found = in_force(out)
        if found is None:
            raise InputError([f"{out}: nothing is in force. There is nothing to withdraw."])
        withdrawn = {"run": found.run, "by": by, "note": note, "withdrawn_utc": stamp(now)}
        _change(out, {"run": None, "withdrawn": withdrawn})
    mirrored(out, registry_url)
    return found.run


@contextmanager
def _changing(out: Path) -> Iterator[None]:
    """Let one process at a time change what is in force; mend file and log before."""
    path = out / IN_FORCE
    with one_change(out):
        try:
            in_force(out)
            if path.is_file():
                _log(out, read_json(path))
        except InputError as error:  # no night may fail because of a file it replaces
            bad = path.with_name(f"{IN_FORCE}.{secrets.token_hex(3)}.bad")
            path.replace(bad)
            _LOG.warning("%s It is kept as %s.", str(error), bad.name)
        yield


def _change(out: Path, content: Mapping[str, Any]) -> None:
    """Replace in_force.json at once, then log the change."""
    head = {"schema_version": SCHEMA_VERSION, "entry": secrets.token_hex(8)}
    write_json(out / IN_FORCE, head | dict(content))
    try:
        _log(out, head | dict(content))
    except OSError as error:
        _LOG.warning("%s: not written: %s. The next change makes it good.", out / LOG, error)


def _log(out: Path, content: Mapping[str, Any]) -> None:
    """Log a change, unless its line is there."""
    known = {entry["entry"] for entry in entries(out)}
    if content.get("entry") not in known:
        append(out, {key: value for key, value in content.items() if key != "until_then"})


def _text_problems(by: str, note: str) -> list[str]:
    """Return what is wrong with who and why."""
    problems = []
    for option, text, what in (("by", by, "a person's name"), ("note", note, "the reason")):
        if not text.strip() or not text.isprintable() or len(text) > _TEXT_MAX:
            problems.append(
                f"--{option} = {text[:80]!r} is no line of text up to {_TEXT_MAX} characters. "
                f"Give {what}."
            )
    return problems


def _content(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what in_force.json says of a run."""
    start, end = pd.Timestamp(manifest["start_utc"]), pd.Timestamp(manifest["end_utc"])
    return {
        "run": folder.name,
        "folder": folder.name,
        "site": manifest["site"],
        "start_utc": stamp(start),
        "binding_end_utc": stamp(min(start + pd.Timedelta(hours=BINDING_H), end)),
        "expires_utc": stamp(end),
        "status": manifest["status"],
        "weather_rung": weather_rung(manifest),
        "schedule_sha256": {name: sha256(folder / name) for name in SCHEDULES},
    }


def _written(plan: InForce) -> dict[str, Any]:
    """Return a plan in force as in_force.json has it, without the one before."""
    return {
        "run": plan.run,
        "folder": plan.run,
        "site": plan.site,
        "start_utc": stamp(plan.start_utc),
        "binding_end_utc": stamp(plan.binding_end_utc),
        "expires_utc": stamp(plan.expires_utc),
        "status": plan.status,
        "weather_rung": plan.weather_rung,
        "schedule_sha256": dict(plan.sha256),
        "put_utc": stamp(plan.put_utc),
        "by": plan.by,
        "note": plan.note,
        "forced": list(plan.forced),
    }


def _read(content: Mapping[str, Any]) -> InForce:
    """Return the plan that in_force.json holds."""
    before = content.get("until_then")
    return InForce(
        run=str(content["run"]),
        site=str(content["site"]),
        start_utc=pd.Timestamp(content["start_utc"]),
        binding_end_utc=pd.Timestamp(content["binding_end_utc"]),
        expires_utc=pd.Timestamp(content["expires_utc"]),
        put_utc=pd.Timestamp(content["put_utc"]),
        by=str(content["by"]),
        note=str(content["note"]),
        status=str(content["status"]),
        weather_rung=str(content["weather_rung"]),
        forced=tuple(content["forced"]),
        sha256=dict(content["schedule_sha256"]),
        until_then=None if before is None else _read(before),
    )
