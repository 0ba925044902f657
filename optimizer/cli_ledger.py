"""The command `dakhla ledger`: what budgets longer than a plan have used, and meter readings."""

from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli_options import OUT, Agreement, Day, Json, Out, first_day, utc_now
from optimizer.cli_output import show, show_json
from optimizer.errors import InputError

Readings = Annotated[
    Path | None,
    typer.Option("--import", help="CSV: article, from_utc, until_utc, amount, unit[, note]."),
]


def ledger(
    out: Out = OUT,
    agreement: Agreement = None,
    readings: Readings = None,
    date: Day = None,
    is_json: Json = False,
) -> int:
    """Show what each budget has used by a day; with --import, book meter readings first.

    Readings take the place of what was planned, or read before, for their time. Exit codes: 0
    shown; 2 wrong input, and nothing is booked.
    """
    import pandas as pd

    from optimizer.agreement.ledger import balances, corrected
    from optimizer.config import load_agreement
    from optimizer.ledger_file import read_ledger, read_readings, write_ledger
    from optimizer.lock import one_change
    from optimizer.reference import reference_file

    day, problems = first_day(date, utc_now())
    if problems:
        raise InputError(problems)
    agreed = load_agreement(agreement or reference_file("agreement.toml"))
    booked, count = read_ledger(out), 0
    if readings is not None:
        count = len(read_readings(readings, agreed.clause, booked))  # wrong ones leave no trace
        out.mkdir(parents=True, exist_ok=True)
        with one_change(out):  # a run may have been booked since
            before = read_ledger(out)
            booked = corrected(before, read_readings(readings, agreed.clause, before))
            write_ledger(out, booked)
    found = balances(agreed.clause, booked, pd.Timestamp(day, tz="UTC"))
    rows = [_row(balance) for balance in found]
    if is_json:
        head = {"status": "shown", "exit_code": 0, "date": f"{day}", "imported": count}
        show_json(head | {"balances": rows})
        return 0
    if readings is not None:
        show(f"{count} readings booked in {out}.")
    lines = [str(row["sentence"]) for row in rows]
    show("\n".join(lines) or f"No clause has a week, month or year that is open on {day}.")
    return 0


def _row(balance: Any) -> dict[str, Any]:
    """Return one balance as a row, with its sentence."""
    from optimizer.units import UNIT_TEXT

    clause = balance.clause
    unit = UNIT_TEXT.get(clause.unit, clause.unit)
    sentence = (
        f"Art. {clause.article} ({clause.kind}) {balance.key}: {balance.used:,.1f} {unit} counted "
        f"of {clause.limit():,.1f}; {balance.metered_h:,.0f} h metered, {balance.planned_h:,.0f} h "
        f"as planned, {balance.unknown_h:,.0f} h unknown and supposed in proportion."
    )
    return {
        "article": clause.article,
        "kind": clause.kind,
        "window": balance.key,
        "unit": clause.unit,
        "limit": clause.limit(),
        "used": balance.used,
        "remaining": balance.remaining,
        "metered_h": balance.metered_h,
        "planned_h": balance.planned_h,
        "unknown_h": balance.unknown_h,
        "sentence": sentence,
    }
