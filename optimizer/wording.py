"""What is wrong with a settings file, in a planner's words: file, key, value, remedy."""

import datetime
import difflib
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from models.parameters import Parameters

_SHOWN_MAX = 60  # characters of a value; longer ones are cut
_KINDS = {  # pydantic's type of error -> what is asked for
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "tuple_type": "a list in brackets",
    "list_type": "a list in brackets",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
_LIMITS = {  # pydantic's type of error -> what is wrong, what to give
    "date_type": ("not a day", "Write it like 2026-01-01, without quotes."),
    "date_from_datetime_inexact": ("not a day", "Write it like 2026-01-01, without a time."),
    "greater_than_equal": ("below {ge:g}", "Give {ge:g} or more."),
    "greater_than": ("not above {gt:g}", "Give more than {gt:g}."),
    "less_than_equal": ("above {le:g}", "Give {le:g} or less."),
    "less_than": ("not below {lt:g}", "Give less than {lt:g}."),
    "too_short": ("too short a list", "Give {min_length} or more values."),
    "too_long": ("too long a list", "Give {max_length} or fewer values."),
    "string_too_short": ("empty", "Write some text."),
    "literal_error": ("unknown", "Give {expected}."),
    "string_pattern_mismatch": ("not of the form asked for", "Write letters, digits and points."),
}


def sentences(error: ValidationError, where: str, kind: type[Parameters]) -> list[str]:
    """Return each problem as ``<where>: [table] <field> = <value> is <wrong>. <remedy>``."""
    found = [dict(e) for e in error.errors(include_url=False)]
    return [f"{where}: {_sentence(e, kind)}" for e in found if not _is_echo(e, found)]


def _is_echo(problem: dict[str, Any], found: list[dict[str, Any]]) -> bool:
    """Return whether a list is only called too short because values in it are wrong."""
    loc = problem["loc"]
    within = [e for e in found if e["loc"][: len(loc)] == loc and len(e["loc"]) > len(loc)]
    return problem["type"] == "too_short" and bool(within)


def _sentence(problem: dict[str, Any], kind: type[Parameters]) -> str:
    """Return one problem."""
    loc, what = problem["loc"], problem["type"]
    info = _field_at(kind, loc)
    at = _place(loc)
    if what == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), _fields_at(kind, loc[:-1]), n=1)
        return f"{at}: no such key. " + (f"Did you mean {near[0]}?" if near else "Take it out.")
    meaning = f" ({info.description})" if info is not None and info.description else ""
    is_table = info is None or _parameters_in(info.annotation) is not None
    if what == "missing":
        return (
            f"[{at}] is missing. Add the table."
            if is_table
            else f"{at}{meaning} is missing. Add it."
        )
    if what == "value_error":
        said = f"[{'.'.join(_path(loc))}] " if is_table else f"{at}: "
        return f"{said if loc else ''}{problem['ctx']['error']}"
    wrong, remedy = _wrong(problem)
    return f"{at} = {_shown(problem['input'])}{meaning} is {wrong}. {remedy}"


def _wrong(problem: dict[str, Any]) -> tuple[str, str]:
    """Return what is wrong with a value, and what to do."""
    what, value, context = problem["type"], problem["input"], problem.get("ctx", {})
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_share = bool(problem["loc"]) and str(problem["loc"][-1]).endswith("_pu")
    if is_share and is_number and 1 < value <= 100:
        return "above 1", f"Give {value / 100:g} for {value:g} %."
    if what == "string_pattern_mismatch" and "_" in context["pattern"]:
        return "not a plain name", "Use a-z, 0-9 and _, a letter first."
    if what == "date_type" and isinstance(value, datetime.datetime):
        what = "date_from_datetime_inexact"
    if what in _LIMITS:
        wrong, remedy = (text.format_map(context) for text in _LIMITS[what])
        return wrong, remedy
    wish = _KINDS.get(what)
    if wish is None:
        return "not allowed", f"{problem['msg']}."
    if isinstance(value, str) and what in ("float_type", "int_type", "bool_type"):
        return f"not {wish}", "Write it without quotes."
    return f"not {wish}", f"Give {wish}."


def _path(loc: tuple[Any, ...]) -> list[str]:
    """Return the keys that lead to a problem; in a list, which value, counted from 1."""
    return [str(part + 1) if isinstance(part, int) else str(part) for part in loc]


def _place(loc: tuple[Any, ...]) -> str:
    """Return where a problem is: ``[table] key``, and which value of a list."""
    path = _path(loc)
    if not loc:
        return "the whole"
    value = f", value {path.pop()}" if len(path) > 1 and isinstance(loc[-1], int) else ""
    table, key = ".".join(path[:-1]), path[-1] if path else ""
    return (f"[{table}] {key}" if table else key) + value


def _shown(value: object) -> str:
    """Return a value as the file has it."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    text = value.isoformat() if isinstance(value, datetime.date | datetime.time) else text
    return text if len(text) <= _SHOWN_MAX else f"{text[: _SHOWN_MAX - 3]}..."


def _field_at(kind: Any, loc: tuple[Any, ...]) -> FieldInfo | None:
    """Return the field a problem is about; None for a table."""
    names = [part for part in loc if isinstance(part, str)]
    owner = _class_at(kind, tuple(names[:-1]))
    fields: dict[str, FieldInfo] = getattr(owner, "model_fields", {})
    return fields.get(names[-1]) if names else None


def _fields_at(kind: Any, loc: tuple[Any, ...]) -> list[str]:
    """Return the field names of the parameter class at `loc` below `kind`."""
    names = getattr(_class_at(kind, loc), "model_fields", {})
    return [name for name in names if name != "name"]


def _class_at(kind: Any, loc: tuple[Any, ...]) -> Any:
    """Return the parameter class at `loc` below `kind`."""
    for part in loc:
        fields = getattr(kind, "model_fields", {})
        if part in fields:
            kind = _parameters_in(fields[part].annotation)
    return kind


def _parameters_in(annotation: Any) -> Any:
    """Return the parameter class inside an annotation like ``dict[str, Battery]``."""
    if isinstance(annotation, type) and issubclass(annotation, Parameters):
        return annotation
    inner = [_parameters_in(a) for a in getattr(annotation, "__args__", ())]
    return next((kind for kind in inner if kind is not None), None)
