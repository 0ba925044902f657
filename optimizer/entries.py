"""Tables that people write by hand, outages and pins: read line by line, all problems told."""

import math
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from models.errors import InputError
from models.files import plain_file, reason
from optimizer.inputs import KW_FACTOR

FILE_MAX_BYTES = 1_000_000  # a line takes some 100 bytes
NOTE_MAX = 200  # characters: what a line of a report holds
_STAMP = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?$")
_FAR = 1.0 + 1e-9  # above what there is, but for round-off


class Line:
    """One line of such a table; what is wrong with it collects in `problems`."""

    def __init__(self, path: Path, number: int, record: dict[str, str]) -> None:
        self.where, self._record = f"{path}: line {number}", record
        self.number, self.short = number, f"line {number} of {path.name}"
        self.problems: list[str] = []

    def wrong(self, text: str) -> None:
        """Note a problem."""
        self.problems.append(f"{self.where}: {text}")

    def text(self, column: str, *, may_miss: bool = False) -> str:
        """Return a cell's text."""
        value = " ".join(self._record[column].split())
        if not value and not may_miss:
            self.wrong(f"{column} is empty. Write it.")
        if len(value) > NOTE_MAX:
            self.wrong(f"{column} has {len(value)} characters. Use at most {NOTE_MAX}.")
        return value

    def known(self, column: str, names: Iterable[str], what: str) -> str | None:
        """Return the name in a cell if it is one of `names`."""
        value, known = self.text(column), list(names)
        if value in known:
            return value
        if value:
            near = get_close_matches(value.replace(".", "_"), known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"Give one of {', '.join(known)}."
            self.wrong(f"{column} = {value!r} is {what}. {hint}")
        return None

    def moment(self, column: str) -> pd.Timestamp | None:
        """Return the moment in a cell, in UTC."""
        value = self.text(column)
        match = _STAMP.match(value)
        try:
            found = pd.Timestamp(value) if match else None
        except ValueError:
            found = None
        if value and (match is None or found is None):
            self.wrong(f"{column} = {value!r} is no moment. Write 2026-03-01T08:00Z.")
        elif match is not None and match["zone"] is None:
            self.wrong(f"{column} = {value} has no time zone. Write {value}Z for UTC.")
        elif found is not None:
            return found.tz_convert("UTC").as_unit("us")
        return None

    def span(self) -> tuple[pd.Timestamp, pd.Timestamp] | None:
        """Return when the entry holds."""
        start, end = self.moment("start_utc"), self.moment("end_utc")
        if start is None or end is None:
            return None
        if end <= start:
            self.wrong(f"end_utc = {end:%Y-%m-%dT%H:%MZ} is not after start_utc. Mend it.")
            return None
        return start, end

    def amount(
        self, column: str, unit: str, most: float | None, *, may_miss: bool = False
    ) -> float | None:
        """Return the number in a cell; `most` is what there is, where that is known."""
        value = self.text(column, may_miss=may_miss)
        number = _number(value)
        if number is not None:
            if number < 0:
                self.wrong(f"{column} = {value} is below 0. Give 0 or more.")
                return None
            return number
        if value:
            self.wrong(f"{column} = {value!r} {_no_number(value, unit, most)}")
        return None

    def too_much(self, column: str, value: float, unit: str, most: float, owner: str) -> None:
        """Note that a number is above what there is, if so; in kW it would be far above."""
        if value <= most * _FAR:
            return
        told = f"{column} = {value:g} is more than {owner} has, {most:g} {unit}"
        is_kilo = value > KW_FACTOR * most and value / 1000 <= most * _FAR
        remedy = f"Give {value / 1000:g} if that is in k{unit[1:]}." if is_kilo else "Mend it."
        self.wrong(f"{told}. {remedy}")


def _number(text: str) -> float | None:
    """Return the finite number a text says, if it says one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _no_number(text: str, unit: str, most: float | None) -> str:
    """Return why a text is no number, and what to write."""
    kilo = re.fullmatch(r"([\d.]+)\s*k(w|wh)", text, re.IGNORECASE)
    if kilo and (number := _number(kilo[1])) is not None:
        return f"is in k{unit[1:]}. Write {number / 1000:g}: {unit}, without the unit."
    share = re.fullmatch(r"([\d.]+)\s*%", text)
    if share and (number := _number(share[1])) is not None:
        what = f": {number / 100 * most:g}" if most is not None else ""
        return f"is a percentage. Write it in {unit}{what}."
    whole = re.fullmatch(rf"([\d.]+)\s*{re.escape(unit)}", text, re.IGNORECASE)
    if whole:
        return f"has a unit. Write {whole[1]}."
    if re.fullmatch(r"\d+,\d+", text):
        return f"has a comma. Write {text.replace(',', '.')}."
    return f"is no number. Give one, in {unit}."


def read_lines(path: Path, columns: tuple[str, ...]) -> list[Line]:
    """Return the lines of a CSV table that has exactly these columns, in any order.

    Raises
    ------
    InputError
        The file is missing or not such a table.
    """
    try:
        text = plain_file(path, FILE_MAX_BYTES).read_text(encoding="utf-8-sig")
        rows = pd.read_csv(
            path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False
        ).fillna("")  # a line with too few cells
    except (OSError, ValueError) as error:  # pandas' and the decoder's errors are these
        what = f"{path}: not readable as a table: {reason(error)}"
        raise InputError([f"{what}. Give a CSV with {','.join(columns)}."]) from error
    header = text.splitlines()[0] if text else ""
    if ";" in header and "," not in header:
        raise InputError([f"{path}: separated by semicolons. Use commas, and points in decimals."])
    names = [str(name).strip() for name in rows.columns]
    problems = [f"{path}: {c}: missing column. Add it." for c in columns if c not in names]
    for name in names:
        if name not in columns:
            near = get_close_matches(name, columns, n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Take it out."
            problems.append(f"{path}: {name}: no such column. {remedy}")
    if isinstance(rows.index, pd.RangeIndex) is False:  # pandas takes what is too much as an index
        problems.append(f"{path}: a line has more cells than the header. Quote notes with commas.")
    if problems:
        raise InputError(problems)
    records = rows.set_axis(names, axis=1).to_dict("records")
    return [
        Line(path, number, {str(k): str(v) for k, v in record.items()})
        for number, record in enumerate(records, start=2)
        if any(str(cell).strip() for cell in record.values())
    ]
