"""What the editor knows of a clause's parameters: which is the main one, and which way is strict.

A kind may say so itself, as ``main_field`` and ``is_least``; else its fields' names do.
"""

import re
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from models.errors import InputError
from optimizer.agreement.clause import Clause
from optimizer.config import Agreement
from optimizer.wording import sentences

HEAD = ("article", "text", "valid_from", "valid_until")
_LEAST = re.compile(r"(^|_)(min|quota|autonomy|reserved|floor)(_|$)")
_MOST = re.compile(r"(^|_)(max|budget|cap|limit|allowance)(_|$)")


def own_fields(kind: type[Clause]) -> dict[str, FieldInfo]:
    """Return the parameters of a kind of clause, without what every clause has."""
    return {name: field for name, field in kind.model_fields.items() if name not in HEAD}


def main_field(kind: type[Clause]) -> str:
    """Return the parameter a clause is about: what its kind says, else its first required number.

    Raises
    ------
    InputError
        The kind has no number to change.
    """
    said = getattr(kind, "main_field", None)
    if isinstance(said, str) and said:
        return said
    numbers = [n for n, field in own_fields(kind).items() if field.annotation in (float, int)]
    required = [n for n in numbers if kind.model_fields[n].is_required()]
    own = [n for n in kind.__annotations__ if n in required]  # a base's fields stand first
    if found := [*own, *required, *numbers]:
        return found[0]
    raise InputError([f"{kind.kind}: has no number to change. Give a clause of another kind."])


def strictness(clause: Clause, field: str) -> float:
    """Return a number that is higher the stricter the clause's main parameter is."""
    value = float(getattr(clause, field))
    is_most = bool(_MOST.search(field)) or getattr(clause, "is_least", None) is False
    if _LEAST.search(field):  # also a least share, which is kept as a most of the rest
        is_most = False
    return -value if is_most else value


def parameters_text(clause: Clause) -> str:
    """Return what a clause says beyond its kind's defaults, the main parameter first, as one line.

    For example ``import_max_mw = 60, first_hour = 17, last_hour = 23``.
    """
    fields, content = own_fields(type(clause)), clause.model_dump(mode="json")
    main = main_field(type(clause))
    said = [n for n, f in fields.items() if n != main and getattr(clause, n) != f.default]
    return ", ".join(f"{name} = {_shown(content[name])}" for name in [main, *said])


def _shown(value: Any) -> str:
    """Return a value as a person would write it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def clause_of(agreement: Agreement, article: str) -> Clause:
    """Return the clause of an article.

    Raises
    ------
    InputError
        There is none.
    """
    for clause in agreement.clause:
        if clause.article == article:
            return clause
    known = ", ".join(clause.article for clause in agreement.clause)
    raise InputError([f"article = {article!r} is not in the agreement. Give one of {known}."])


def with_value(agreement: Agreement, article: str, field: str, value: float) -> Agreement:
    """Return the agreement with one number of one clause changed.

    Raises
    ------
    InputError
        The clause can't have that number.
    """
    clause = clause_of(agreement, article)
    content = clause.model_dump() | {field: value}
    where = f"agreement: article {article}"
    try:
        changed = type(clause).model_validate(content)
    except ValidationError as error:
        raise InputError(sentences(error, where, type(clause))) from error
    return agreement.model_copy(
        update={"clause": tuple(changed if c is clause else c for c in agreement.clause)}
    )


def without(agreement: Agreement, articles: set[str]) -> Agreement:
    """Return the agreement without some articles."""
    kept = tuple(c for c in agreement.clause if c.article not in articles)
    return agreement.model_copy(update={"clause": kept})
