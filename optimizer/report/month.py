"""The page of a month, from what was read of it to what its template shows."""

from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.json_log import LOG
from optimizer.phrases import joined, number, phrase, recognised
from optimizer.report.cells import DASH, mad, rung
from optimizer.report.month_charts import charts, quantity_words
from optimizer.report.month_facts import Stand
from optimizer.report.month_meters import Beside, not_metered, totals
from optimizer.report.month_read import Month, month_json, read_month, records
from optimizer.report.rendering import rendered
from optimizer.run_folder import RunRow
from optimizer.store import write_text
from optimizer.terminal_words import clause_words, owner_words
from optimizer.units import UNIT_TEXT

__all__ = ["month_json", "write_month"]
_EXITS = {  # exit code -> what it means
    0: phrase("planned, audited, fresh"),
    2: phrase("wrong input"),
    3: phrase("planned and audited, but degraded"),
    4: phrase("no usable weather"),
    5: phrase("the solver gave nothing in time"),
    6: phrase("audit failed, nothing published"),
    7: phrase("infeasible"),
    70: phrase("a bug"),
    75: phrase("another run held the lock"),
    130: phrase("stopped"),
    143: phrase("stopped"),
}
_DAY_H = 24.0
_EMPTY_H = 1e-6


def write_month(
    out: Path,
    period: str,
    target: Path | None = None,
    language: str = "en",
    *,
    now: pd.Timestamp,
) -> Path:
    """Write the page of a month; return where it is.

    Parameters
    ----------
    out : path
        Folder of runs.
    period : str
        The month, like 2026-07, of UTC days.
    target : path, optional
        The file; else ``month-<period>.html`` in the folder of runs.
    language : str
        The first to be shown.
    now : Timestamp
        Nothing that meters said later; days to come are as planned now.

    Raises
    ------
    InputError
        The period is no month, the folder none of runs, or no plan was in force.
    """
    month = read_month(out, period, now)
    path = out / f"month-{month.period.name}.html" if target is None else target
    title = phrase("{month}: plans and meters", {"month": month.period.name})
    content = view(month) | {"heading": title}
    write_text(path, rendered("month.html.j2", content, title=title, language=language))
    return path


def view(month: Month) -> dict[str, Any]:
    """Return what the page of a month shows."""
    return {
        "site": month.carried.last.site.place.name,
        "period": month.period.name,
        "now": f"{month.now:%Y-%m-%d %H:%MZ}",
        "tiles": _tiles(month),
        "notices": _notices(month),
        "days": [_day(month, day) for day in month.period.days],
        "total": number(month.total_mad),
        "costs": _costs(month),
        "clauses": _clauses(month),
        "metered": [_beside(each) for each in month.beside if each.is_metered],
        "not_metered": not_metered(month.beside),
        "scores": [_score(row) for row in records(month.scores.table)],
        "scores_missing": month.scores.missing,
        "stands": [_stand(each) for each in month.stands],
        "exits": _exits(month),
        "failed": [_failed(row) for row in month.begun if row.state in ("failed", "abandoned")],
        "nights": [
            {"time": f"{n.time_utc:%Y-%m-%d %H:%MZ}", "code": n.exit_code, "words": n.message}
            for n in month.nights
            if n.exit_code not in (0, 3)
        ],
        "charts": charts(month),
    }


def _tiles(month: Month) -> list[dict[str, str]]:
    """Return the month in five numbers."""
    days = month.period.days
    planned_h = sum(month.planned_h(day) for day in days)
    degraded = sum(month.is_degraded(day) for day in days)
    failed = sum(night.exit_code not in (0, 3) for night in month.nights)
    known = len(month.nights)
    return [
        {"name": phrase("cost, as planned"), "value": mad(month.total_mad)},
        {
            "name": phrase("with a plan in force"),
            "value": phrase(
                "{hours} of {all} h",
                {"hours": number(planned_h, ",.5g"), "all": number(_DAY_H * len(days))},
            ),
        },
        {
            "name": phrase("past days not wholly under a plan"),
            "value": number(len(month.days_without)),
        },
        {"name": phrase("days on weather that was not fresh"), "value": number(degraded)},
        {
            "name": phrase("nights that put nothing in force"),
            "value": phrase("{count} of {all}", {"count": number(failed), "all": number(known)})
            if known
            else phrase("unknown"),
        },
    ]


def _notices(month: Month) -> list[str]:
    """Return what is missing, each in a sentence."""
    found: list[str] = []
    if month.now < month.period.end:
        found.append(
            phrase("The month is not over: days to come are as they are planned now, unmetered.")
        )
    if names := not_metered(month.beside):
        found.append(
            phrase("No meters for {columns} in this month.", {"columns": ", ".join(names)})
        )
    for run, why in month.carried.gone.items():
        values = {"run": run, "why": recognised(why)}
        found.append(phrase("Run {run} was in force and can't be read: {why}", values))
    if not month.nights:
        found.append(phrase("{log} tells nothing of this month's nights.", {"log": LOG}))
    for note in month.notes:
        found.append(phrase("The registry: {note}", {"note": recognised(note)}))
    return found


def _day(month: Month, day: pd.Timestamp) -> dict[str, Any]:
    """Return one day of the table."""
    hours, cost, runs = month.planned_h(day), month.cost_mad(day), month.runs_of(day)
    codes = [month.rows[run].exit_code for run in runs]
    return {
        "date": f"{day:%Y-%m-%d}",
        "runs": runs,
        "hours": number(hours, ",.4g"),
        "is_short": day in month.days_without,
        "weather": joined(", ", [rung(name) for name in month.rungs_of(day)]) if runs else DASH,
        "is_degraded": month.is_degraded(day),
        "exits": ", ".join("?" if code is None else str(code) for code in codes) or DASH,
        "cost": DASH if cost is None else number(cost),
    }


def _costs(month: Month) -> list[dict[str, str]]:
    """Return the month's cost by part, dearest first."""
    found: dict[str, float] = {}
    for (part, _), cost in month.bill.items():
        found[part] = found.get(part, 0.0) + cost
    rows = sorted(found.items(), key=lambda item: (-abs(item[1]), item[0]))
    return [
        {"name": owner_words(part), "mad": number(cost)} for part, cost in rows if abs(cost) >= 0.5
    ]


def _clauses(month: Month) -> list[dict[str, str]]:
    """Return what each clause cost."""
    return [
        {
            "article": row["article"],
            "kind": clause_words(row["kind"]),
            "mad": number(row["cost_mad"] if abs(row["cost_mad"]) >= 0.5 else 0.0),
            "days": number(row["days_with_cost_count"]),
        }
        for row in month.clause_costs
    ]


def _beside(each: Beside) -> dict[str, str]:
    """Return one quantity in the table of plan and meter."""
    found = totals(each)
    apart = found["metered_mwh"] - found["same_mwh"]
    share = apart / found["same_mwh"] if found["same_mwh"] > _EMPTY_H else None
    return {
        "name": quantity_words(each),
        "planned": number(found["planned_mwh"], ",.1f"),
        "hours": number(found["same_h"]),
        "same": number(found["same_mwh"], ",.1f"),
        "metered": number(found["metered_mwh"], ",.1f"),
        "apart": number(apart, "+,.1f") if abs(apart) >= 0.05 else number(0.0),
        "share": DASH if share is None else number(share, "+.1%"),
    }


def _score(row: dict[str, Any]) -> dict[str, str]:
    """Return one row of the forecasts' scores."""
    return {
        "column": row["column"],
        "lead": phrase("all lead times") if row["lead"] == "all" else str(row["lead"]),
        "cases": number(row["cases_count"]),
        "crps": number(row["crps_mw"], ",.2f"),
        "bias": number(row["bias_mw"], "+,.2f"),
        "inside": number(row["inside_80_pu"], ".0%"),
        "width": number(row["width_80_mw"], ",.1f"),
        "persistence": _skill(row["skill_persistence_pu"]),
        "climatology": _skill(row["skill_climatology_pu"]),
    }


def _skill(value: float | None) -> str:
    """Return a skill; unknown where too little was metered before."""
    return phrase("unknown") if value is None else number(value, "+.0%")


def _stand(stand: Stand) -> dict[str, Any]:
    """Return what one window of a clause held."""
    balance, clause = stand.balance, stand.balance.clause
    unit = UNIT_TEXT.get(clause.unit, clause.unit)
    values = {"at": f"{stand.at_utc:%Y-%m-%d %H:%MZ}"}
    return {
        "article": clause.article,
        "kind": clause_words(clause.kind),
        "window": balance.key,
        "until": phrase("over at {at}", values)
        if stand.is_over
        else phrase("open at {at}", values),
        "unit": unit,
        "limit": number(clause.limit(), ",.1f"),
        "used": number(balance.used, ",.1f"),
        "left": number(balance.remaining, ",.1f"),
        "known": phrase(
            "{metered} h metered, {planned} h as planned, {unknown} h unknown and supposed in "
            "proportion",
            {
                "metered": number(balance.metered_h),
                "planned": number(balance.planned_h),
                "unknown": number(balance.unknown_h),
            },
        ),
    }


def _exits(month: Month) -> list[dict[str, Any]]:
    """Return how many runs begun in the month ended with which exit code."""
    counts: dict[int | None, int] = {}
    for row in month.begun:
        counts[row.exit_code] = counts.get(row.exit_code, 0) + 1
    order = sorted(counts, key=lambda code: (code is None, code or 0))
    return [
        {
            "code": "?" if code is None else str(code),
            "words": phrase("not known") if code is None else _EXITS.get(code, ""),
            "count": number(counts[code]),
        }
        for code in order
    ]


def _failed(row: RunRow) -> dict[str, str]:
    """Return a run that published nothing."""
    return {
        "run": row.id,
        "kind": row.kind,
        "code": "?" if row.exit_code is None else str(row.exit_code),
        "words": row.message,
    }
