"""The answer to "why?": sentences first, the tables behind them, and all of it as JSON."""

import math
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """Why a plan is as it is. Prices are in MAD; every table says in ``how`` where they are from.

    ``dual`` is read from the plan's linear program, integers fixed; ``finite difference`` is that
    program solved again with a little more or less; ``re-solve`` is the whole plan, integers and
    all, solved again.

    Attributes
    ----------
    sentences : list of str
        What a planner reads, in order.
    at : Timestamp
        The step that is explained.
    notes : list of str
        What could not be done as it should, and the accuracy of the figures.
    by_step : DataFrame
        What a MWh at the bus is worth in each step [MAD/MWh].
    value : DataFrame
        The same in this step: claimed, what a MWh less saves and a MWh more costs.
    parts : DataFrame
        What makes it up; its rows add up to the claim.
    met_by : DataFrame
        What the plan would change to serve one MWh more.
    limits : DataFrame
        What binds in this step, and what one unit more of each saves.
    day : DataFrame
        What binds over the binding day.
    clauses : DataFrame
        What each clause costs.
    units : DataFrame
        What one unit more of each thing, and of each number of a clause, changes the cost by.
    decisions : DataFrame
        What each group of whole numbers is worth.
    """

    sentences: list[str]
    at: pd.Timestamp
    notes: list[str]
    by_step: pd.DataFrame
    value: pd.DataFrame
    parts: pd.DataFrame
    met_by: pd.DataFrame
    limits: pd.DataFrame
    day: pd.DataFrame
    clauses: pd.DataFrame
    units: pd.DataFrame
    decisions: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON has it: tables as lists of rows, missing numbers as null."""
        found: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            found[field.name] = _rows(value) if isinstance(value, pd.DataFrame) else _plain(value)
        return found

    def __str__(self) -> str:
        return "\n".join([*self.sentences, *self.notes])


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as a list of rows."""
    return [
        {str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, pd.Timestamp):
        return None if pd.isna(value) else f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.item() if hasattr(value, "item") else value
