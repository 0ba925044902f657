"""A check of JSON against the few words of JSON Schema that the published schemas use."""

import re
from collections.abc import Callable, Iterator
from typing import Any

ASIDE = {"title", "description", "default", "$defs"}
TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": int | float,
    "integer": int,
    "null": type(None),
}
WORDS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {  # what must hold, what is said if not
    "const": (lambda value, word: value == word, "is another"),
    "enum": (lambda value, word: value in word, "is none of them"),
    "pattern": (lambda value, word: re.search(word, value) is not None, "has the wrong form"),
    "minLength": (lambda value, word: len(value) >= word, "is too short"),
    "minItems": (lambda value, word: len(value) >= word, "is too short"),
    "minimum": (lambda value, word: value >= word, "is too small"),
    "exclusiveMinimum": (lambda value, word: value > word, "is too small"),
    "maximum": (lambda value, word: value <= word, "is too large"),
}


def problems_of(value: Any, schema: dict[str, Any]) -> list[str]:
    """Return where `value` is not as `schema` asks."""
    return [text.strip() for text in _walk(value, schema, schema["$defs"], "")]


def _walk(value: Any, asked: dict[str, Any], known: dict[str, Any], at: str) -> Iterator[str]:
    if "$ref" in asked:
        yield from _walk(value, known[asked["$ref"].rpartition("/")[2]], known, at)
    elif "anyOf" in asked:
        if all(list(_walk(value, option, known, at)) for option in asked["anyOf"]):
            yield f"{at} fits none"
    elif "type" in asked and not _is_of(value, asked["type"]):
        yield f"{at} has the wrong type"
    else:
        parts = {"type", "properties", "required", "additionalProperties", "items"}
        for word in asked.keys() - ASIDE - parts:
            holds, said = WORDS[word]  # a word that is not known fails the test
            if not holds(value, asked[word]):
                yield f"{at} {said}"
        yield from _inside(value, asked, known, at)


def _is_of(value: Any, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and not isinstance(value, bool)


def _inside(value: Any, asked: dict[str, Any], known: dict[str, Any], at: str) -> Iterator[str]:
    fields = asked.get("properties", {})
    for key in asked.get("required", []):
        if key not in value:
            yield f"{at} {key} is missing"
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key in fields:
            yield from _walk(inner, fields[key], known, f"{at} {key}")
        elif asked.get("additionalProperties") is False:
            yield f"{at} {key} is not allowed"
    for number, inner in enumerate(value) if isinstance(value, list) else ():
        yield from _walk(inner, asked.get("items", {}), known, f"{at} {number}")
