"""What each workload was asked and what it was given: a chart each, and a table of all."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.config import SERVICES
from optimizer.phrases import Phrase, joined, number, phrase
from optimizer.report.content_layers import Spec, chart, is_nothing, level, line, stack
from optimizer.report.looks import BLACK, BLUE, DASHES, VERMILION, look
from optimizer.report.source import Source
from optimizer.terminal_words import owner_words
from optimizer.workloads.deferrable import Deferrable
from optimizer.workloads.firm import Firm
from optimizer.workloads.interruptible import Interruptible
from optimizer.workloads.jobs import Jobs
from optimizer.workloads.quota import Quota
from optimizer.workloads.training import Training

_HEIGHT = 220
_SECONDS = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """What a workload was asked and given over some steps; what is None is not asked of it."""

    asked: float | None
    served: float
    missing: float
    left: float | None = None
    unit: str = "MWh"


def work_charts(source: Source) -> list[Spec]:
    """Return a chart of each workload, and of each service that does something."""
    site = source.site
    charts = [_firm(source, part, k) for k, part in enumerate(site.firm.values())]
    charts += [_deferrable(source, p, k) for k, p in enumerate(site.deferrable.values())]
    charts += [_training(source, part, k) for k, part in enumerate(site.training.values())]
    charts += [_jobs(source, part, k) for k, part in enumerate(site.jobs.values())]
    charts += [_interruptible(source, p, k) for k, p in enumerate(site.interruptible.values())]
    charts += [_quota(source, part, k) for k, part in enumerate(site.quota.values())]
    return charts + _services(source)


def _titled(part: Any, layers: list[Spec], right_unit: str = "", note: str | None = None) -> Spec:
    """Return the chart of one part."""
    found = chart(part.name, owner_words(part.name), "MW", layers, note) | {"height": _HEIGHT}
    return found | ({"right_unit": right_unit} if right_unit else {})


def _firm(source: Source, part: Firm, k: int) -> Spec:
    """Return what was asked of a firm load and what was served."""
    own = part.own(source.table)
    shed = own["demand_mw"] - own["served_mw"]
    layers = [stack(phrase("served"), own["served_mw"], look("firm", k))]
    if not is_nothing(shed):
        layers.append(stack(phrase("shed"), shed, look("missing")))
    layers.append(line(phrase("asked"), own["demand_mw"], BLACK, DASHES[1]))
    return _titled(part, layers)


def _deferrable(source: Source, part: Deferrable, k: int) -> Spec:
    """Return how arrived work is run, and what waits."""
    own = part.own(source.table)
    layers = [
        stack(phrase("served: power that runs"), own["run_mw"], look("deferrable", k)),
        line(
            phrase("asked: work that arrives"), own["arrived_mwh"], BLACK, DASHES[2], is_right=True
        ),
        level(line(phrase("work that waits"), own["backlog_mwh"], BLUE, is_right=True)),
    ]
    if not is_nothing(own["missed_mwh"]):
        missed = own["missed_mwh"]
        layers.append(line(phrase("missed"), missed, VERMILION, DASHES[1], is_right=True))
    note = phrase(
        "Work arrives in blocks; what waited before the plan arrives with its first step."
    )
    return _titled(part, layers, "MWh", note)


def _training(source: Source, part: Training, k: int) -> Spec:
    """Return power and work of training, and what is delivered of its contract."""
    own = part.own(source.table)
    layers = [
        stack(phrase("power"), own["power_mw"], look("training", k)),
        line(phrase("machines that are on"), own["powered_mw"], BLACK, DASHES[2]),
        line(phrase("served: work, as at full power"), own["work_mw"], BLUE),
    ]
    if not part.has_contract:
        return _titled(part, layers)
    delivered = line(
        phrase("delivered in its window"), own["delivered_mwh"], VERMILION, is_right=True
    )
    asked = line(
        phrase("asked: contracted in the window"),
        _contracted_mwh(source, part),
        BLACK,
        DASHES[1],
        is_right=True,
    )
    return _titled(part, [*layers, level(delivered), asked], "MWh")


def _contracted_mwh(source: Source, part: Training) -> np.ndarray:
    """Return what the window of each step has to have been delivered by its end, in the plan."""
    given, windows = source.published.given, _windows(source, part)
    due = part.due_mwh(given)
    before = {windows[0]: part.opening_delivered_mwh(given)}
    return np.array([due[n] + before.get(n, 0.0) for n in windows])


def _windows(source: Source, part: Training) -> list[int]:
    """Return the number of the contract window each step begins in."""
    hours = source.horizon.index.as_unit("s").asi8 // _SECONDS
    return [int(hour) // part.window_h for hour in hours]


def _jobs(source: Source, part: Jobs, k: int) -> Spec:
    """Return the power of jobs and how many run."""
    own, runs = part.own(source.table), source.published.given.job_runs
    fates = runs[runs["workload"] == part.name]["status"].value_counts()
    told = [
        phrase("{count} start", {"count": int(fates.get("starts", 0))}),
        phrase("{count} run on", {"count": int(fates.get("runs on", 0))}),
        phrase("{count} left for later", {"count": int(fates.get("left", 0))}),
        phrase("{count} lost", {"count": int(fates.get("lost", 0))}),
    ]
    count = line(phrase("jobs that run"), own["running_count"], BLACK, is_right=True, unit="")
    layers = [stack(phrase("power"), own["power_mw"], look("jobs", k)), count]
    jobs = phrase("Jobs: {fates}.", {"fates": joined(", ", told)})
    return _titled(part, layers, "jobs", jobs)


def _interruptible(source: Source, part: Interruptible, k: int) -> Spec:
    """Return when an interruptible load runs, and its hours in the window."""
    own = part.own(source.table)
    worked = line(phrase("hours served in its window"), own["worked_h"], BLUE, is_right=True)
    layers = [stack(phrase("power"), own["power_mw"], look("interruptible", k)), level(worked)]
    if not is_nothing(own["missed_h"]):
        missed = own["missed_h"]
        layers.append(line(phrase("missed"), missed, VERMILION, DASHES[1], is_right=True))
    return _titled(part, layers, "h")


def _quota(source: Source, part: Quota, k: int) -> Spec:
    """Return what is run on the quota and on power that would be curtailed, and what is left."""
    own = part.own(source.table)
    shape = look("quota", k + 1)
    layers = [
        stack(phrase("served of the quota"), own["quota_mw"], look("quota", k)),
        stack(phrase("on power left unused"), own["opportunistic_mw"], shape),
        level(line(phrase("left of the quota"), own["bank_mwh"], BLACK, is_right=True)),
    ]
    return _titled(part, layers, "MWh")


def _services(source: Source) -> list[Spec]:
    """Return the services that do something in the plan."""
    charts = []
    for kind in SERVICES:
        for k, part in enumerate(getattr(source.site, kind).values()):
            own = part.own(source.table)
            if is_nothing(own["power_mw"]):
                continue
            layers = [stack(phrase("power"), own["power_mw"], look(kind, k))]
            unit = "m3"
            if "demand_m3" in own.columns:
                layers.append(line(phrase("asked"), own["demand_m3"], BLACK, "2 3", is_right=True))
            if "made_m3" in own.columns:
                layers.append(line(phrase("made"), own["made_m3"], BLUE, is_right=True))
            if "tank_m3" in own.columns:
                tank = line(phrase("in the tank"), own["tank_m3"], VERMILION, is_right=True)
                layers.append(level(tank))
            if "energy_mwh" in own.columns:
                unit = "MWh"
                kept = line(phrase("cold in store"), own["energy_mwh"], BLUE, is_right=True)
                layers.append(level(kept))
            charts.append(_titled(part, layers, unit))
    return charts


def served_rows(source: Source) -> list[dict[str, Any]]:
    """Return what each workload was asked and given, over the binding day and the whole plan."""
    rows = []
    spans = [source.day, source.horizon.steps]
    for part in source.site.fleet(("firm", "deferrable", "training", "interruptible", "quota")):
        found = [_served(source, part, span) for span in spans]
        rows.append({"name": owner_words(part.name), "spans": [_texts(one) for one in found]})
    for jobs in source.site.jobs.values():
        given = [
            Served(
                asked=None,
                served=source.mwh(f"{jobs.name}_power_mw", span),
                missing=source.total(f"{jobs.name}_missed_mwh", span),
            )
            for span in spans
        ]
        rows.append({"name": owner_words(jobs.name), "spans": [_texts(one) for one in given]})
    return rows


def _served(source: Source, part: Any, span: range) -> Served:
    """Return what one workload was asked and given over some steps."""
    name = part.name
    if isinstance(part, Firm):
        asked, given = (source.mwh(f"{name}_{q}_mw", span) for q in ("demand", "served"))
        return Served(asked=asked, served=given, missing=asked - given)
    if isinstance(part, Deferrable):
        return Served(
            asked=source.total(f"{name}_arrived_mwh", span),
            served=source.mwh(f"{name}_run_mw", span),
            missing=source.total(f"{name}_missed_mwh", span),
            left=float(source.table[f"{name}_backlog_mwh"].iloc[span.stop - 1]),
        )
    if isinstance(part, Training):
        due, missing = _contract_over(source, part, span)
        return Served(asked=due, served=source.mwh(f"{name}_work_mw", span), missing=missing)
    if isinstance(part, Interruptible):
        given, missing = (
            source.mwh(f"{name}_power_mw", span),
            source.total(f"{name}_missed_mwh", span),
        )
        return Served(asked=given + missing, served=given, missing=missing)
    return Served(
        asked=None,
        served=source.mwh(f"{name}_power_mw", span),
        missing=0.0,
        left=float(source.table[f"{name}_bank_mwh"].iloc[span.stop - 1]),
    )


def _contract_over(source: Source, part: Training, span: range) -> tuple[float | None, float]:
    """Return the work contracted in the windows that end in some steps, and what they lack."""
    if not part.has_contract:
        return None, 0.0
    asked, windows = _contracted_mwh(source, part), _windows(source, part)
    delivered = source.table[f"{part.name}_delivered_mwh"].to_numpy()
    ends = [t for t in span if t + 1 == len(windows) or windows[t + 1] != windows[t]]
    before = part.opening_delivered_mwh(source.published.given) if ends else 0.0
    due = sum(float(asked[t]) for t in ends) - before
    return due, sum(max(0.0, float(asked[t] - delivered[t])) for t in ends)


def _texts(served: Served) -> dict[str, Phrase | str | bool]:
    """Return the cells of a row."""
    known = {"asked": served.asked, "served": served.served, "left": served.left}
    cells: dict[str, Any] = {
        key: "" if value is None else number(_plain(value), ",.1f") for key, value in known.items()
    }
    return cells | {
        "missing": number(_plain(served.missing), ",.1f"),
        "is_missing": served.missing > 0.05,
    }


def _plain(value: float) -> float:
    """Return a number without a negative zero."""
    return 0.0 if abs(value) < 0.05 else value
