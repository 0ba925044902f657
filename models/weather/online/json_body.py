"""The JSON in a payload, or the sentence that says why it is none."""

import json
import math
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from models.errors import SourceError
from models.weather.online.provider import Payload
from models.weather.sun import FloatArray

ASK_AGAIN = "Ask again later, or take another source."
HEAD_CHARS = 60
REASON_CHARS = 300
NUMBERS = {int, float, type(None)}


def json_object(payload: Payload, where: str) -> dict[str, Any]:
    """Return the object in a payload; refuse text cut off, NaN, Infinity, lists and web pages.

    Raises
    ------
    SourceError
        ``content``: no JSON object. ``refused``: an object that says `error`.
    """

    def refuse(constant: str) -> NoReturn:
        raise SourceError("content", f"{where}: {constant} is no JSON number. {ASK_AGAIN}")

    try:
        content = json.loads(payload.body.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        head = payload.body[:HEAD_CHARS].decode("utf-8", errors="replace")
        what = f"answer = {head!r}... is no JSON, or cut off"
        raise SourceError("content", f"{where}: {what} ({_short(error)}). {ASK_AGAIN}") from error
    if not isinstance(content, dict):
        what = f"answer = a {type(content).__name__} is no JSON object"
        raise SourceError("content", f"{where}: {what}. {ASK_AGAIN}")
    if content.get("error"):
        reason = str(content.get("reason", "no reason given"))[:REASON_CHARS].rstrip(".")
        raise SourceError("refused", f"{where}: answer = error is a refusal: {reason}. {ASK_AGAIN}")
    return content


def number_in(content: dict[str, Any], field: str, where: str) -> float:
    """Return a finite number of an object."""
    value = content.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise differs(where, field, value, "no number")
    return float(value)


def time_in(content: dict[str, Any], field: str, where: str) -> pd.Timestamp:
    """Return a time that an object gives in unix seconds."""
    seconds = number_in(content, field, where)
    try:
        return pd.Timestamp(round(seconds), unit="s", tz="UTC")
    except (OverflowError, ValueError) as error:
        raise differs(where, field, content[field], "no time in unix seconds") from error


def numbers_in(values: Any, field: str, where: str) -> FloatArray:
    """Return a list of finite numbers and nulls as floats, null as NaN."""
    if not isinstance(values, list):
        raise differs(where, field, values, "no list")
    other = set(map(type, values)) - NUMBERS
    if other:
        first = next(value for value in values if type(value) in other)
        raise differs(where, field, first, "neither a number nor null")
    try:
        found = np.array(values, dtype=float)
    except OverflowError as error:
        raise differs(where, field, "a huge integer", "no finite number") from error
    if np.isinf(found).any():
        raise differs(where, field, found[np.isinf(found)][0], "no finite number")
    return found


def differs(where: str, field: str, value: Any, what: str) -> SourceError:
    """Return the error for a field that is not what the reader expects."""
    shown = repr(value.item() if isinstance(value, np.generic) else value)
    shown = shown if len(shown) <= HEAD_CHARS else f"{shown[:HEAD_CHARS]}..."
    return SourceError("content", f"{where}: {field} = {shown} is {what}. {ASK_AGAIN}")


def _short(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error)
