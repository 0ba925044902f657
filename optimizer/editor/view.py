"""The editor's tables for a terminal and for JSON."""

import math
from typing import Any

import pandas as pd
from rich import box
from rich.table import Table


def clause_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as JSON has them: a missing number is null."""
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it."""
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.item() if hasattr(value, "item") else value


def clauses_view(frame: pd.DataFrame) -> str:
    """Return the clauses of a run, each in a few lines: wording, numbers, kept, cost."""
    return "\n\n".join("\n".join(_clause_lines(row)) for row in clause_rows(frame))


def _clause_lines(row: dict[str, Any]) -> list[str]:
    """Return what there is to say of one clause."""
    kept = {True: "kept", False: "NOT KEPT, paid for", None: "not in force"}[row["is_kept"]]
    hard = "hard" if row["is_hard"] else "priced"
    lines = [f"Art. {row['article']}  {str(row['kind']).replace('_', ' ')} ({hard}): {kept}"]
    lines += [f"  {row['text']}", f"  {row['parameters']}"]
    money = {
        "paid_mad": "paid for what is broken",
        "unit_more_mad": "a unit more in each of its limits would save",
        "without_saves_mad": "without it the plan would cost less by",
    }
    known = {words: row[c] for c, words in money.items() if row.get(c) is not None}
    return [*lines, *(f"  {words} {mad:,.0f} MAD" for words, mad in known.items())]


def curve_view(curve: pd.DataFrame) -> Table:
    """Return a trade-off curve, an infeasible number with the reason."""
    field = str(curve.attrs["field"])
    table = _headed(field, "status")
    for head in ("cost MAD", "CO2 t", "bought", "paid MAD"):
        table.add_column(head, justify="right")
    table.add_column("why not", ratio=1)
    for row in clause_rows(curve):
        figures = (
            (row["cost_mad"], 1.0, 0),
            (row["emission_kg"], 1e-3, 1),
            (row["bought"], 1.0, 1),
        )
        cells = [
            "" if v is None else f"{v * factor:,.{digits}f}"
            for v, factor, digits in (*figures, (row["paid_mad"], 1.0, 0))
        ]
        table.add_row(f"{row[field]:g}", str(row["status"]), *cells, str(row.get("clash") or ""))
    return table


def _headed(*heads: str) -> Table:
    """Return an empty table with columns of words."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for head in heads:
        table.add_column(head)
    return table
