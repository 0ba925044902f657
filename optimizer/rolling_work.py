"""Work at a plan's start where meters differ from the plan: backlog, quota, service level, powers.

The plan's own hand-over is corrected by what was metered less what was planned. Work runs by
deadline: what was done beyond the plan is of the earliest due, what was left undone of the latest.
"""

from dataclasses import dataclass

import pandas as pd

from optimizer.assets.desalination import Desalination
from optimizer.cohorts import parsed_key
from optimizer.legal_time import zone
from optimizer.phrases import number, phrase
from optimizer.rolling import HOUR, Course, Metered, Rolled, rolled_by, spans
from optimizer.state import State, StateRow
from optimizer.workloads.deferrable import Deferrable
from optimizer.workloads.firm import Firm
from optimizer.workloads.quota import Quota
from optimizer.workloads.training import Training

NOTHING_MWH = 1e-6  # as in the hand-over: less is no work


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What a meter said beyond the plan, from the plan's beginning to the last metered step."""

    energy_mwh: float
    until: pd.Timestamp


def beyond_plan(
    column: str, metered: Metered, course: Course, since: pd.Timestamp | None = None
) -> Difference | None:
    """Return the metered less the planned energy of one column; none where no fresh meter spoke.

    Only steps that lie within the plan and before the start count.
    """
    last, table = metered.last(column), course.published.table
    if last is None or column not in table.columns or not metered.is_fresh(last[0]):
        return None
    begin = course.edges[0] if since is None else max(since, course.edges[0])
    step = pd.Timedelta(hours=metered.steps_h[column])
    values = metered.values(column)
    values = values[(values.index >= begin) & (values.index <= metered.start - step)]
    if values.empty:
        return None
    steps = course.steps_until(course.edges[0], metered.start)
    inside = Metered(table=values.to_frame(), steps_h=metered.steps_h, start=metered.start)
    covered_h = inside.covered_h(column, *spans(steps))
    planned_mwh = float((steps[column].to_numpy() * covered_h).sum())
    metered_mwh = float(values.sum() * (step / HOUR))
    return Difference(energy_mwh=metered_mwh - planned_mwh, until=values.index[-1] + step)


def rolled_backlog(
    part: Deferrable, metered: Metered, course: Course | None, handed: State
) -> Rolled | None:
    """Return a workload's cohorts at the start, corrected by its metered backlog or power."""
    rows = handed.find(part.name, "backlog_mwh")
    if course is None or not rows:
        return None
    last = metered.last(f"{part.name}_backlog_mwh")
    if last is not None and metered.is_fresh(last[0]) and course.covers(last[0]):
        moment = last[0]
        more_mwh = last[1] - _planned_backlog(part, course, moment)
    else:
        found = beyond_plan(f"{part.name}_run_mw", metered, course)
        if found is None:
            return None
        moment, more_mwh = found.until, -found.energy_mwh
    changed, rest_mwh = _shared_out(part, rows, more_mwh, course, handed)
    kept = [r for r in handed.rows if r.name == part.name and r.quantity != "backlog_mwh"]
    alive = {row.key for row in changed}
    rates = [row for row in kept if row.key in alive]
    held: str = ""
    if abs(rest_mwh) > NOTHING_MWH:
        out = {"mwh": number(abs(rest_mwh), ".1f")}
        held = phrase("{mwh} MWh left out: more was done than had arrived", out)
        if rest_mwh > 0:
            held = phrase("{mwh} MWh left out: can no longer be done in time", out)
    return Rolled(
        rows=tuple(changed + rates) or (StateRow(part.name, "backlog_mwh", 0.0),),
        metered_utc=moment,
        by=rolled_by(course, moment, metered.start),
        held=held,
    )


def _planned_backlog(part: Deferrable, course: Course, moment: pd.Timestamp) -> float:
    """Return the work the plan has waiting at a moment, before what arrives then [MWh]."""
    table, state = course.published.table, course.published.given.state
    count = int(course.edges.searchsorted(moment, "right")) - 1
    if count >= len(table) or moment == course.edges[count]:
        if count > 0:
            return float(table[f"{part.name}_backlog_mwh"].iloc[count - 1])
        return sum(row.value for row in state.find(part.name, "backlog_mwh"))
    row = table.iloc[count]
    left_h = (course.edges[count + 1] - moment) / HOUR
    return float(row[f"{part.name}_backlog_mwh"] + row[f"{part.name}_run_mw"] * left_h)


def _shared_out(
    part: Deferrable, rows: list[StateRow], more_mwh: float, course: Course, handed: State
) -> tuple[list[StateRow], float]:
    """Return cohorts with more, or less, work in them, and what found no room."""
    original = {c.key: c.work_mwh for c in course.published.given.cohorts.get(part.name, ())}
    rates = {row.key: row.value for row in handed.find(part.name, "rate_max_mw")}
    by_deadline = sorted((row for row in rows if row.key), key=lambda r: parsed_key(r.key)[1])
    changed, rest = [], more_mwh
    for row in by_deadline if more_mwh < 0 else reversed(by_deadline):
        left_h = (parsed_key(row.key)[1] - handed.time_utc) / HOUR
        rate_mw = rates.get(row.key, part.power_max_mw)
        most = max(min(original.get(row.key, row.value), rate_mw * left_h), row.value)
        after = min(max(row.value + rest, 0.0), most)
        rest -= after - row.value
        if after > NOTHING_MWH:
            changed.append(StateRow(part.name, "backlog_mwh", after, row.key))
    return sorted(changed, key=lambda r: r.key), rest


def rolled_quota(
    part: Quota, metered: Metered, course: Course | None, handed: State
) -> Rolled | None:
    """Return the month's account of a quota, corrected by its metered power.

    Less than planned is first less of what was beyond the quota; more than planned counts in it.
    """
    rows = handed.find(part.name, "delivered_mwh")
    if course is None or len(rows) != 1:
        return None
    month = pd.Timestamp(rows[0].key).tz_localize(zone(part.time_zone)).tz_convert("UTC")
    found = beyond_plan(f"{part.name}_power_mw", metered, course, since=month)
    if found is None:
        return None
    beyond = course.steps_until(max(month, course.edges[0]), found.until)
    surplus_mwh = float((beyond[f"{part.name}_opportunistic_mw"] * beyond["step_h"]).sum())
    moved = found.energy_mwh if found.energy_mwh > 0 else min(found.energy_mwh + surplus_mwh, 0.0)
    delivered = max(rows[0].value + moved, 0.0)
    bank = tuple(handed.find(part.name, "bank_mwh"))
    return Rolled(
        rows=(*bank, StateRow(part.name, "delivered_mwh", delivered, rows[0].key)),
        metered_utc=found.until,
        by=rolled_by(course, found.until, metered.start),
    )


def rolled_level(
    part: Firm, metered: Metered, course: Course | None, handed: State
) -> Rolled | None:
    """Return the month's demand and shed energy of a load, corrected by its two meters."""
    rows = {q: handed.find(part.name, q) for q in ("demand_mwh", "shed_mwh")}
    if course is None or any(len(found) != 1 for found in rows.values()):
        return None
    key = rows["demand_mwh"][0].key
    month = pd.Timestamp(key).tz_localize(zone(part.time_zone)).tz_convert("UTC")
    asked, served = (
        beyond_plan(f"{part.name}_{q}_mw", metered, course, since=month)
        for q in ("demand", "served")
    )
    if asked is None or served is None or asked.until != served.until:
        return None
    demand = max(rows["demand_mwh"][0].value + asked.energy_mwh, 0.0)
    shed = rows["shed_mwh"][0].value + asked.energy_mwh - served.energy_mwh
    return Rolled(
        rows=(
            StateRow(part.name, "demand_mwh", demand, key),
            StateRow(part.name, "shed_mwh", min(max(shed, 0.0), demand), key),
        ),
        metered_utc=asked.until,
        by=rolled_by(course, asked.until, metered.start),
    )


def rolled_training(
    part: Training, metered: Metered, course: Course | None, handed: State
) -> Rolled | None:
    """Return a fleet's power in the step before the start, where a meter spoke of just that step.

    What is powered stays the plan's, as far as the metered power allows. A synchronous job's
    status has hours that no meter of power tells: it stays the plan's.
    """
    last = metered.last(f"{part.name}_power_mw")
    if last is None or last[0] != metered.start or part.is_synchronous:
        return None
    power_mw = min(last[1], part.power_max_mw)
    most_mw = power_mw / part.power_min_pu if part.power_min_pu else part.power_max_mw
    powered_mw = handed.value(part.name, "powered_mw", power_mw)
    powered_mw = min(max(powered_mw, power_mw), most_mw, part.power_max_mw)
    rows = [r for r in handed.rows if r.name == part.name and not r.quantity.startswith("power")]
    found = [("powered_mw", powered_mw), ("power_mw", power_mw)]
    return Rolled(
        rows=(*(StateRow(part.name, q, mw) for q, mw in found), *rows),
        metered_utc=last[0],
        by="",
    )


def rolled_water_power(
    part: Desalination, metered: Metered, course: Course | None, handed: State
) -> Rolled | None:
    """Return a plant's power in the step before the start, where a meter spoke of just that one."""
    last = metered.last(f"{part.name}_power_mw")
    if last is None or last[0] != metered.start or part.ramp_max_mw_per_h is None:
        return None
    row = StateRow(part.name, "power_mw", min(last[1], part.power_max_mw))
    return Rolled(rows=(row,), metered_utc=last[0], by="")
