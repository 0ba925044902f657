"""The command `dakhla meters`: what SCADA and meters say, checked, kept and shown."""

from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli_options import OUT, Agreement, Json, Out, Site, utc_now
from optimizer.cli_output import show, show_json

Readings = Annotated[
    Path | None,
    typer.Option("--import", help="CSV or Parquet: time_utc and published columns, e.g. SCADA."),
]


def meters(
    readings: Readings = None,
    out: Out = OUT,
    site: Site = None,
    agreement: Agreement = None,
    is_json: Json = False,
) -> int:
    """Show what is metered and how old it is; with --import, check and keep a file first.

    Hours of which all columns that a budget counts are metered are booked in the ledger too.
    Exit codes: 0 shown; 2 wrong input, and nothing is kept.
    """
    import pandas as pd

    from optimizer.config import load_agreement, load_site
    from optimizer.meters import last_values
    from optimizer.reference import reference_file

    now = pd.Timestamp(utc_now())
    plant = load_site(site or reference_file("site.toml"))
    agreed = load_agreement(agreement or reference_file("agreement.toml"))
    done = _imported(readings, out, plant, agreed, now) if readings is not None else None
    rows = last_values(out, now)
    if is_json:
        head = {"status": "shown", "exit_code": 0, "out": str(out)}
        show_json(head | {"imported": done, "columns": rows})
        return 0
    if done is not None:
        show("\n".join([str(done["sentence"]), *done["notes"]]))
    lines = [
        f"{row['column']}: {row['value']:,.3f} at {row['time_utc']} ({row['age_h']:.1f} h old)"
        for row in rows
    ]
    show("\n".join(lines) or f"Nothing is metered in {out}. Import a file with --import FILE.")
    return 0


def _imported(readings: Path, out: Path, plant: Any, agreed: Any, now: Any) -> dict[str, Any]:
    """Return what the import of a file did, with a sentence."""
    from optimizer.lock import one_change
    from optimizer.meter_file import read_meter_file
    from optimizer.metered_ledger import book_meters
    from optimizer.meters import store_meters

    file = read_meter_file(readings, plant, now)
    out.mkdir(parents=True, exist_ok=True)
    with one_change(out):  # a run that is booked meanwhile would be lost from the ledger
        stored = store_meters(out, file)
        booked = book_meters(out, plant, agreed.clause, stored.first_utc, stored.last_utc)
    sentence = (
        f"{readings}: {len(file.table)} rows from {stored.first_utc:%Y-%m-%dT%H:%MZ} to "
        f"{stored.last_utc:%Y-%m-%dT%H:%MZ}; {stored.new_count} values are new, "
        f"{stored.corrected_count} correct earlier ones, {stored.same_count} were known."
    )
    notes = list(file.notes)
    if booked.hour_count:
        articles = ", ".join(f"Art. {article}" for article in booked.articles)
        notes.append(f"{booked.hour_count} hours booked in the ledger as metered: {articles}.")
    if booked.by_bill_count:
        notes.append(f"{booked.by_bill_count} hours stay as the ledger has them from a bill.")
    return {
        "sentence": sentence,
        "rows": len(file.table),
        "step_h": file.step_h,
        "new_count": stored.new_count,
        "corrected_count": stored.corrected_count,
        "same_count": stored.same_count,
        "ledger_hours": booked.hour_count,
        "notes": notes,
    }
