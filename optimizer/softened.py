"""What a softened plan says of itself: which limit gives way, at which price, by how much.

The agreement and site of such a run are the softened ones: the ladder's price stands where there
was none, so that its audit finds every breach bought and billed. ``inputs/softened.json`` keeps
what was there before, and the amounts in ``kpis.json`` are those the table gives.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from optimizer.audit import Published
from optimizer.jobs import Job
from optimizer.phrases import number, phrase
from optimizer.units import UNIT_TEXT

SOFTENED_FILE = "inputs/softened.json"
AT_END, FLOOR, JOBS, TIERS = "energy_final_min_mwh", "floor_mw", "value_mad", "tiers"  # settings
_SAME = 1e-6  # MWh and the like: amounts are sums over the same table
_COSTS = {  # setting -> kind of cost in the part's bill
    "shortfall_mad_per_mwh": "shortfall",
    "missed_mad_per_mwh": "missed",
    "missed_mad_per_h": "missed",
    "missed_mad_per_m3": "missed",
    "sla_excess_mad_per_mwh": "sla",
}

_LIMITS = (  # of parts, that may give way
    phrase("contracted work"),
    phrase("service level of the month"),
    phrase("work due"),
    phrase("hours due"),
    phrase("water due"),
    phrase("jobs due"),
    phrase("energy at the end"),
    phrase("guaranteed power"),
    phrase("demand that may not be shed"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Softened:
    """One limit that may give way: the setting that was changed, before and now."""

    limit: str  # as a clash names it: ``Art. 4.2`` or ``training_ai: contracted work``
    part: str  # name of the part, or of the clause's block
    setting: str
    before: float | None
    now: float  # a price [MAD per unit], or the setting's new value where it has none
    unit: str


def amounts(published: Published, softened: Iterable[Softened]) -> list[dict[str, Any]]:
    """Return by how much each softened limit gives way in the published table, and its cost."""
    rows = []
    for one in softened:
        amount, cost_mad = _amount(published, one)
        unit = UNIT_TEXT.get(one.unit, one.unit)
        is_priced = one.setting not in (AT_END, FLOOR)
        way: dict[str, str] = {
            "limit": _limit_words(one.limit),
            "amount": number(amount, ",.1f"),
            "unit": unit,
        }
        text = phrase("SOFTENED {limit}: gives way by {amount} {unit}.", way)
        if is_priced:
            text = phrase(
                "SOFTENED {limit}: gives way by {amount} {unit} at {mad} MAD per {unit}.",
                way | {"mad": number(one.now)},
            )
        rows.append(
            asdict(one)
            | {
                "amount": round(amount, 6),
                "cost_mad": round(cost_mad, 4),
                "sentence": text,
            }
        )
    return rows


def _limit_words(limit: str) -> str:
    """Return a limit as a clash names it, in words."""
    owner, _, what = limit.partition(": ")
    if not what:
        return phrase("Art. {article}", {"article": owner.removeprefix("Art. ")})
    words = next((known for known in _LIMITS if known == what), what)
    return phrase("{owner}: {limit}", {"owner": owner, "limit": words})


def _amount(published: Published, one: Softened) -> tuple[float, float]:
    """Return by how much a softened limit gives way, and what that costs [MAD]."""
    table, given = published.table, published.given
    for clause in published.agreement.clause:
        if clause.name == one.part:
            bought = clause.bought(table, given)
            return bought, bought * one.now
    part = next(p for p in published.site.components() if p.name == one.part)
    own, hours, before = part.own(table), given.horizon.hours, one.before or 0.0
    if one.setting == AT_END:
        return max(0.0, before - float(own["energy_mwh"].iloc[-1])), 0.0
    if one.setting == FLOOR:
        return float(((before - own["quota_mw"]).clip(lower=0.0) * hours).sum()), 0.0
    if one.setting == JOBS:
        lost = given.job_runs.query("workload == @one.part and status == 'lost'")["job"]
        jobs = [job for job in given.jobs[one.part] if job.name in set(lost)]
        energy_mwh = sum(job.energy_mwh for job in jobs if _is_softened(job, one.now))
        return energy_mwh, energy_mwh * one.now
    bill = part.bill(own, given)
    shed = [kind for kind in bill if kind.startswith("shed_tier")]
    cost_mad = bill.get(shed[-1] if one.setting == TIERS else _COSTS.get(one.setting, ""), 0.0)
    return cost_mad / one.now, cost_mad


def _is_softened(job: Job, price_mad: float) -> bool:
    """Return whether a job has its value from the ladder's price of a MWh."""
    value_mad = price_mad * job.energy_mwh
    return job.value_mad is not None and abs(job.value_mad - value_mad) <= _SAME * value_mad


def content(softened: Iterable[Softened]) -> dict[str, Any]:
    """Return what ``inputs/softened.json`` holds."""
    return {"softened": [asdict(one) for one in softened]}


def wrong_marks(
    published: Published, recorded: dict[str, Any] | None, stated: list[dict[str, Any]]
) -> list[str]:
    """Return where the amounts a run states are not those its table and its record give.

    Parameters
    ----------
    recorded : dict, optional
        The content of the record; none where the run has no such file.
    stated : list of dict
        What ``kpis.json`` says under ``softened``.
    """
    marks = [Softened(**row) for row in (recorded or {}).get("softened", [])]
    given = {row.get("limit"): row.get("amount") for row in stated}
    if {mark.limit for mark in marks} != given.keys():
        return ["kpis.json: softened names other limits than inputs/softened.json"]
    return [
        f"kpis.json: softened {row['limit']} = {given[row['limit']]} is not the table's "
        f"{row['amount']:g}"
        for row in amounts(published, marks)
        if not isinstance(given[row["limit"]], int | float)
        or not abs(given[row["limit"]] - row["amount"]) <= _SAME * max(1.0, abs(row["amount"]))
    ]


def record(folder: Path) -> Path:
    """Return where a run folder keeps what was softened."""
    return folder / SOFTENED_FILE
