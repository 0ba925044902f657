"""Planning again within the day: the past and what is promised stay, the rest is planned anew.

The plan in force, else the newest run that covers the moment, is the base. The new plan has the
base's remaining steps and begins with the plant as it is then. Promised is what no longer can be
changed: jobs that run (they are part of the opening state), units within their least run, and the
power that the compute scheduler has been handed for the next steps, the frozen lead; it is held as
commitments, which give way if nothing else keeps the limits. A firm load is asked for by its users
and not dispatched, so none of it is committed. No grid connection here has a nomination.
"""

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from models.errors import InputError
from optimizer.audit import Published
from optimizer.base_run import Base
from optimizer.component import Given
from optimizer.config import WORKLOADS, Site
from optimizer.held import Interventions, Outage, Pin
from optimizer.horizon import Horizon
from optimizer.in_force import plan_at
from optimizer.interventions import owner_of
from optimizer.phrases import phrase
from optimizer.pins import pinnable
from optimizer.rest import rest_of
from optimizer.run_facts import TRIAL
from optimizer.run_folder import run_folders
from optimizer.store import read_json, read_published

FREEZE_H = 0.25  # assumption: a quarter hour is what a scheduler needs to pause and place work
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)$")
_SAME_MW = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Again:
    """What is planned again: the base, its remaining steps, and what of it is committed."""

    base: Base
    horizon: Horizon
    commitments: tuple[Pin, ...]


def again(out: Path, text: str, freeze_h: float = FREEZE_H) -> Again:
    """Return what is planned again from a moment on.

    Parameters
    ----------
    out : path
        Folder of runs.
    text : str
        The moment, e.g. ``2026-03-01T10:00Z``; a step of the base begins then.
    freeze_h : float
        The frozen lead: steps that begin within it keep the workloads' powers. [h]

    Raises
    ------
    InputError
        It is no moment, no run covers it, or no step of the base begins then.
    """
    moment = _moment(text)
    folder = base_folder(out, moment)
    published, differences = read_published(folder)
    if differences:
        raise InputError([f"{folder}: {differences[0]}. Plan the whole day again, without --from."])
    edges = published.given.horizon.edges[:-1]
    if moment not in edges:
        near = edges[int(np.abs((edges - moment).total_seconds()).argmin())]
        what = f"--from = {text}: no step of run {folder.name} begins then"
        raise InputError([f"{what}. The nearest begins at {near:%Y-%m-%dT%H:%MZ}: give that."])
    rest = rest_of(published, moment)
    return Again(
        base=Base(run=folder.name, rest=rest),
        horizon=rest.given.horizon,
        commitments=commitments(rest, folder.name, freeze_h),
    )


def _moment(text: str) -> pd.Timestamp:
    """Return the moment a text says, in UTC."""
    if _MOMENT.match(text):
        try:
            return pd.Timestamp(text).tz_convert("UTC").as_unit("us")
        except ValueError:
            pass
    elif _MOMENT.match(f"{text}Z"):
        raise InputError([f"--from = {text} has no time zone. Write {text}Z for UTC."])
    raise InputError([f"--from = {text!r} is no moment. Write 2026-03-01T10:00Z."])


def base_folder(out: Path, moment: pd.Timestamp) -> Path:
    """Return the run that says what to do at a moment: that in force, else the newest.

    Raises
    ------
    InputError
        No run covers the moment.
    """
    standing = plan_at(out, moment)
    if standing is not None:
        return out / standing.run
    spans = []
    for name in reversed(run_folders(out)):
        if name.endswith("-diagnostic"):
            continue
        manifest = read_json(out / name / "manifest.json")
        if manifest.get("status") == "interrupted" or manifest.get("kind") == TRIAL:
            continue  # never the latest, nobody goes by it
        start, end = (pd.Timestamp(str(manifest[k])) for k in ("start_utc", "end_utc"))
        if start <= moment < end:
            return out / name
        spans.append(f"{name} ({start:%Y-%m-%dT%H:%MZ} to {end:%Y-%m-%dT%H:%MZ})")
    have = f"The newest is {spans[0]}. " if spans else ""
    raise InputError(
        [f"--from = {moment:%Y-%m-%dT%H:%MZ}: no run in {out} covers it. {have}Plan the day first."]
    )


def commitments(rest: Published, run: str, freeze_h: float) -> tuple[Pin, ...]:
    """Return the powers of workloads that the next steps keep, equal steps together."""
    horizon, found = rest.given.horizon, []
    frozen = [t for t in horizon.steps if horizon.begin_h[t] < freeze_h - 1e-9]
    for column in _committed(rest.site) if frozen else ():
        values = rest.table[column].to_numpy()[frozen]
        ends = np.flatnonzero(np.abs(np.diff(values)) > _SAME_MW) + 1
        for first, end in pairwise([0, *ends.tolist(), len(frozen)]):
            found.append(
                Pin(
                    column=column,
                    start=horizon.edges[first],
                    end=horizon.edges[end],
                    low=float(values[first]),
                    high=float(values[first]),
                    note="handed to the compute scheduler",
                    author=f"run {run}",
                    kind="commitment",
                )
            )
    return tuple(found)


def _committed(site: Site) -> list[str]:
    """Return the columns of powers that workloads have been promised."""
    parts = [part for part in site.fleet(WORKLOADS) if part.name not in _firm(site)]
    columns = [f"{part.name}_{part.it_quantity}" for part in parts]
    return columns + [f"{fleet.name}_powered_mw" for fleet in site.training.values()]


def _firm(site: Site) -> set[str]:
    """Return the names of the firm loads."""
    return {part.name for part in site.firm.values()}


def committed(held: Interventions, promised: tuple[Pin, ...], site: Site) -> Interventions:
    """Return outages and pins with commitments, less those that a person has overruled."""
    people: list[Outage | Pin] = [*held.outages, *held.pins]
    columns = pinnable(site)  # a site that has changed since may lack a workload
    kept = [
        pin
        for pin in promised
        if pin.column in columns and not any(_overrules(one, pin, site) for one in people)
    ]
    return replace(held, pins=(*held.pins, *kept))


def _overrules(entry: Outage | Pin, pin: Pin, site: Site) -> bool:
    """Return whether a person's entry is about the part of a commitment, at the same time."""
    own = owner_of(site, pin.column)[1].name
    is_its = entry.unit == own if isinstance(entry, Outage) else entry.column.startswith(f"{own}_")
    return is_its and max(entry.start, pin.start) < min(entry.end, pin.end)


def uncommitted(given: Given) -> Given | None:
    """Return what is given without commitments, and that they were given up; None without any."""
    pins = [pin for pin in given.held.pins if pin.kind == "pin"]
    lost = [pin for pin in given.held.pins if pin.kind != "pin"]
    if not lost:
        return None
    columns = ", ".join(dict.fromkeys(pin.column for pin in lost))
    told = phrase(
        "No schedule keeps what was handed to the compute scheduler ({columns}): given up.",
        {"columns": columns},
    )
    return replace(given, held=replace(given.held, pins=tuple(pins), told=(*given.held.told, told)))
