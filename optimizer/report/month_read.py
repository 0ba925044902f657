"""A month: the plans that were in force, against meters, with scores, ledger and cost per clause.

What is missing is said, never filled in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import InputError
from optimizer.audit import clauses_in_force
from optimizer.in_force_log import Held, held
from optimizer.provenance import DEGRADED
from optimizer.report.month_facts import NightEnd, Stand, begun, night_ends, run_rows, stands
from optimizer.report.month_meters import Beside, beside, not_metered, totals
from optimizer.report.month_plans import (
    Bill,
    Carried,
    Period,
    Stretch,
    carried,
    period_of,
    stretches,
)
from optimizer.run_folder import RunRow, run_folders, stamp
from optimizer.scoring import Scores, score

_DAY_H = 24.0
MIN_H = 1e-6  # numerical: shorter times are none


@dataclass(frozen=True, kw_only=True, eq=False)
class Month:
    """Everything there is to say of a month.

    Attributes
    ----------
    out : Path
        Folder of runs.
    now : Timestamp
        When it was asked; later days are as planned now, and not metered.
    stretches : list of Stretch
        Which plan was in force when.
    rows : mapping
        What the registry has of every run.
    begun : list of RunRow
        The runs begun in the month.
    notes : list of str
        What could not be asked of the registry.
    """

    out: Path
    period: Period
    now: pd.Timestamp
    stretches: Sequence[Stretch]
    carried: Carried
    beside: Sequence[Beside]
    scores: Scores
    stands: Sequence[Stand]
    rows: Mapping[str, RunRow]
    begun: Sequence[RunRow]
    nights: Sequence[NightEnd]
    notes: Sequence[str]

    def of_day(self, day: pd.Timestamp) -> list[Stretch]:
        """Return the stretches of one day."""
        return [stretch for stretch in self.stretches if stretch.day == day]

    def runs_of(self, day: pd.Timestamp) -> list[str]:
        """Return the runs in force on one day, in order."""
        return list(dict.fromkeys(str(s.run) for s in self.of_day(day) if s.run))

    def planned_h(self, day: pd.Timestamp) -> float:
        """Return how long a plan was in force on one day [h]."""
        return sum(stretch.hours_h for stretch in self.of_day(day) if stretch.run)

    def cost_mad(self, day: pd.Timestamp) -> float | None:
        """Return what one day costs as planned; none where no plan of it can be read."""
        found = [bill for stretch, bill in self.carried.costs.items() if stretch.day == day]
        return sum(sum(bill.values()) for bill in found) if found else None

    def rungs_of(self, day: pd.Timestamp) -> list[str]:
        """Return the rungs of the weather that one day's plans stand on."""
        rungs = (self.rows[run].weather_rung for run in self.runs_of(day))
        return list(dict.fromkeys(rung for rung in rungs if rung))

    def is_degraded(self, day: pd.Timestamp) -> bool:
        """Return whether a plan of one day stands on weather that was not fresh."""
        return any(rung in DEGRADED for rung in self.rungs_of(day))

    @property
    def bill(self) -> Bill:
        """The month's cost as planned, by part and kind."""
        found: Bill = {}
        for bill in self.carried.costs.values():
            for key, mad in bill.items():
                found[key] = found.get(key, 0.0) + mad
        return found

    @property
    def total_mad(self) -> float:
        """The month's cost as planned [MAD]."""
        return sum(self.bill.values())

    @property
    def clause_costs(self) -> list[dict[str, Any]]:
        """What each clause of the last plan cost over the month, and on how many days."""
        rows = []
        for clause in clauses_in_force(self.carried.last):
            by_day: dict[pd.Timestamp, float] = {}
            for stretch, bill in self.carried.costs.items():
                mad = sum(mad for (name, _), mad in bill.items() if name == clause.name)
                by_day[stretch.day] = by_day.get(stretch.day, 0.0) + mad
            paid = [mad for mad in by_day.values() if abs(mad) >= 0.5]  # a MAD is shown
            rows.append(
                {
                    "article": clause.article,
                    "kind": clause.kind,
                    "cost_mad": sum(by_day.values()),
                    "days_with_cost_count": len(paid),
                }
            )
        return rows

    @property
    def days_without(self) -> list[pd.Timestamp]:
        """The days, as far as they have begun, of which some time has no plan."""
        begun = [day for day in self.period.days if day < self.now]
        return [day for day in begun if self.planned_h(day) < _DAY_H - MIN_H]


def read_month(out: Path, period: str, now: pd.Timestamp) -> Month:
    """Return what the runs, meters and ledger in a folder say of a month.

    Parameters
    ----------
    out : path
        Folder of runs.
    period : str
        The month, like 2026-07, of UTC days.
    now : Timestamp
        Meters say nothing after it; days to come are as planned now.

    Raises
    ------
    InputError
        The period is no month, the folder none of runs, or no plan was in force.
    """
    month = period_of(period)
    if not out.is_dir():
        raise InputError([f"--out = {out} is no folder. Give the folder of runs."])
    terms = held(out)
    rows, notes = run_rows(out)
    found = stretches(terms, rows, month)
    plans = carried(out, found)
    if plans is None:
        raise InputError([_nothing(out, month, terms, found, rows)])
    clauses = plans.last.agreement.clause
    return Month(
        out=out,
        period=month,
        now=now,
        stretches=found,
        carried=plans,
        beside=beside(out, plans.schedule, plans.last.site, month, now),
        scores=score(out, steps=(month.begin, month.end)),
        stands=stands(out, clauses, month, now),
        rows=rows,
        begun=begun(list(rows.values()), month),
        nights=night_ends(out, month),
        notes=notes,
    )


def _nothing(
    out: Path,
    period: Period,
    terms: Sequence[Held],
    found: Sequence[Stretch],
    rows: Mapping[str, RunRow],
) -> str:
    """Return why there is nothing to show of a month, and what to do."""
    if lost := sorted({str(stretch.run) for stretch in found if stretch.run}):
        names = ", ".join(lost)
        what = f"the runs in force in {period.name} can't be read or were removed: {names}"
        return f"{out}: {what}. Bring their folders back, or give another --period."
    if not run_folders(out):
        return f"{out}: holds no run. Plan one with dakhla plan or daily, or give another --out."
    if not terms:
        what = f"no run was ever put in force, so {period.name} has no plan"
        return f"{out}: {what}. Let dakhla daily make plans, or put one in force by dakhla publish."
    starts = sorted({str(rows[t.run].start_utc)[:7] for t in terms if t.run in rows})
    what = f"no plan was in force in {period.name}; plans in force begin in {', '.join(starts)}"
    return f"{out}: {what}. Give one of these as --period, or put a run in force."


def month_json(out: Path, period: str, now: pd.Timestamp) -> dict[str, Any]:
    """Return a month as JSON can hold it.

    Raises
    ------
    InputError
        As `read_month`.
    """
    return as_json(read_month(out, period, now))


def as_json(month: Month) -> dict[str, Any]:
    """Return a month that was read as JSON can hold it."""
    return {
        "status": "shown",
        "exit_code": 0,
        "period": month.period.name,
        "out": str(month.out),
        "now_utc": stamp(month.now),
        "cost_mad": round(month.total_mad, 4),
        "days": [_day_json(month, day) for day in month.period.days],
        "energy": [_beside_json(each) for each in month.beside],
        "not_metered": not_metered(month.beside),
        "clauses": [row | {"cost_mad": round(row["cost_mad"], 4)} for row in month.clause_costs],
        "ledger": [_stand_json(each) for each in month.stands],
        "scores": records(month.scores.table),
        "scores_missing": str(month.scores.missing),
        "runs": [_run_json(row) for row in month.begun],
        "nights": [
            {"time_utc": stamp(n.time_utc), "exit_code": n.exit_code, "message": n.message}
            for n in month.nights
        ],
        "unreadable_runs": dict(month.carried.gone),
        "notes": list(month.notes),
    }


def _day_json(month: Month, day: pd.Timestamp) -> dict[str, Any]:
    """Return one day."""
    cost = month.cost_mad(day)
    return {
        "date": f"{day:%Y-%m-%d}",
        "runs": month.runs_of(day),
        "planned_h": round(month.planned_h(day), 6),
        "weather_rungs": month.rungs_of(day),
        "is_degraded": month.is_degraded(day),
        "exit_codes": [month.rows[run].exit_code for run in month.runs_of(day)],
        "cost_mad": None if cost is None else round(cost, 4),
    }


def _beside_json(each: Beside) -> dict[str, Any]:
    """Return one quantity, planned and metered."""
    days = [
        {
            "date": f"{pd.Timestamp(str(day)):%Y-%m-%d}",
            "planned_mwh": known(each.planned_mwh[day]),
            "same_h": known(each.same_h[day]),
            "same_mwh": known(each.same_mwh[day]),
            "metered_mwh": known(each.metered_mwh[day]),
        }
        for day in each.planned_mwh.index
    ]
    column = {"column": each.quantity.column, "is_metered": each.is_metered}
    return column | {name: round(mwh, 6) for name, mwh in totals(each).items()} | {"days": days}


def known(value: float) -> float | None:
    """Return a number as JSON has it; none where it is not known."""
    return None if value != value else round(float(value), 6)


def _stand_json(stand: Stand) -> dict[str, Any]:
    """Return what one window held."""
    balance = stand.balance
    return {
        "article": balance.clause.article,
        "kind": balance.clause.kind,
        "window": balance.key,
        "unit": balance.clause.unit,
        "at_utc": stamp(stand.at_utc),
        "is_over": stand.is_over,
        "limit": balance.clause.limit(),
        "used": balance.used,
        "remaining": balance.remaining,
        "metered_h": balance.metered_h,
        "planned_h": balance.planned_h,
        "unknown_h": balance.unknown_h,
    }


def _run_json(row: RunRow) -> dict[str, Any]:
    """Return how one run ended."""
    names = ("id", "kind", "state", "started_utc", "weather_rung", "exit_code", "message")
    return {name: getattr(row, name) for name in names}


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table of scores; what is no number is none."""
    rows = table.to_dict("records")
    return [{str(k): None if v != v else v for k, v in row.items()} for row in rows]
