"""Words in two languages: an English text that knows how to be said in French.

A `Phrase` is its English text, so that all that reads text goes on reading English; it also keeps
its template and its values. French is looked up by the template in ``phrases_fr/*.toml``, each line
``"English {value}" = "French {value}"``; ``{value:de}`` there puts "du", "de la" or "des" before
it. Names of a site are plain texts: they are never translated.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from itertools import islice
from string import Formatter

import optimizer.french as french

LANGUAGES = ("en", "fr")
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(?:e[+-]\d+)?%?")
_NUMBERS = (  # values of templates that are numbers
    *(
        "mad",
        "mwh",
        "mw",
        "count",
        "all",
        "hours",
        "percent",
        "counted",
        "due",
        "allowed",
        "bought",
    ),
    *("ready", "reserved", "share", "beyond", "peak", "cap", "agreed", "low", "largest", "most"),
    *("ramp", "order", "before", "after", "now", "was", "more", "less", "worst", "kept"),
)
_OF_VALUES = {  # others that are no text of their own
    "article": r"[0-9A-Za-z]+(?:\.[0-9A-Za-z]+)*",
    "articles": r"[0-9A-Za-z., ]+",
    "column": r"\w+",
    "run": r"[\w-]+",
}
_READINGS_MAX_COUNT, _SURE_COUNT = 6, 10  # readings tried; letters that leave no doubt
_MOMENT = re.compile(rf"({french.DATE_WORD.pattern}|\d{{4}}-\d\d-\d\d|\d\d?:\d\d|[\d\s:.TZ-])+")


class Spoken(str):
    """English text that can be said in French."""

    __slots__ = ()

    def french(self) -> str:
        """Return it in French."""
        return str(self)

    def missing(self) -> list[str]:
        """Return the templates without French in it."""
        return []


class Number(Spoken):
    """A number as written in English."""

    __slots__ = ()

    def french(self) -> str:
        """Return it with spaces between thousands and a decimal comma."""
        return french.number(self)


class Moment(Spoken):
    """A date or a time as written in English."""

    __slots__ = ()

    def french(self) -> str:
        """Return it with French names of months and days."""
        return french.date(self)


class Phrase(Spoken):
    """A text made of a template and values."""

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object]) -> "Phrase":
        """Return the English text, with what it is made of."""
        held = {name: _spoken(value) for name, value in values.items()}
        self = super().__new__(cls, template.format_map(held))
        self.template, self.values = template, held
        return self

    def __getnewargs__(self) -> tuple[str, Mapping[str, object]]:  # type: ignore[override]
        return self.template, self.values

    def french(self) -> str:
        """Return it in French; in English where there is no French of its template."""
        template = _catalogue().get(self.template)
        if template is None:
            return str(self)
        text = ""
        for literal, name, article, _ in Formatter().parse(template):
            text += literal
            if name is not None:
                text += french.after(article or "", said(str_of(self.values[name]), "fr"))
        return text

    def missing(self) -> list[str]:
        """Return the templates without French in it."""
        own = [] if self.template in _catalogue() else [self.template]
        return own + [
            m for value in self.values.values() for m in untranslated(str_of(value), "fr")
        ]


class Joined(Phrase):
    """Parts with a separator between them."""

    def french(self) -> str:
        """Return every part in French."""
        separator, *parts = (said(str_of(value), "fr") for value in self.values.values())
        return french.spaced(separator).join(parts)

    def missing(self) -> list[str]:
        """Return the templates without French in the parts."""
        return [m for value in self.values.values() for m in untranslated(str_of(value), "fr")]


def phrase(template: str, values: Mapping[str, object] | None = None) -> Phrase:
    """Return a text of a template and its values: phrases, numbers, or names as they are."""
    return Phrase(template, values or {})


def template(text: str) -> str:
    """Return a template as it stands in a table: in French, as every template must be."""
    return text


def number(value: float, spec: str = ",.0f") -> Number:
    """Return a number in words."""
    return Number(format(value, spec))


def moment(at: date, spec: str = "%d %b %H:%MZ") -> Moment:
    """Return a date or a time in words."""
    return Moment(format(at, spec))


def joined(separator: str, parts: Iterable[str]) -> Phrase:
    """Return parts with a separator between them; a word that separates is a phrase itself."""
    every = list(parts)
    template = "{separator}".join(f"{{part_{k}}}" for k in range(len(every)))
    named = {f"part_{k}": part for k, part in enumerate(every)}
    return Joined(template, {"separator": separator, **named})


def said(text: str, language: str) -> str:
    """Return a text in a language; a name is returned as it is."""
    return text.french() if language == "fr" and isinstance(text, Spoken) else str(text)


def untranslated(text: str, language: str) -> list[str]:
    """Return the templates of a text that a language has no words for."""
    return text.missing() if language == "fr" and isinstance(text, Spoken) else []


def str_of(value: object) -> str:
    """Return a value as text, a phrase as it is."""
    return value if isinstance(value, str) else str(value)


def _spoken(value: object) -> str:
    """Return a value of a phrase: a number is one in words."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value, "")
    return str_of(value)


@cache
def _catalogue() -> Mapping[str, str]:
    """Return the French of every template."""
    folder = files("optimizer") / "phrases_fr"
    found: dict[str, str] = {}
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return {english: french.spaced(words) for english, words in found.items()}


@cache
def _patterns() -> list[tuple[str, list[str], list[re.Pattern[str]]]]:
    """Return of each template, the most literal first, its literals and what recognises it.

    Two patterns: where a literal stands several times in a text, the first or the last counts.
    """
    found = []
    for one in _catalogue():
        first, last, names, literals = "", "", set(), []
        for literal, name, _, _ in Formatter().parse(one):
            first, last = first + re.escape(literal), last + re.escape(literal)
            literals += [literal] if literal else []
            if name is None:
                continue
            again = f"(?P={name})" if name in names else None
            own = _NUMBER.pattern if name in _NUMBERS else _OF_VALUES.get(name)
            first += again or f"(?P<{name}>{own or '.+?'})"
            last += again or f"(?P<{name}>{own or '.+'})"
            names.add(name)
        patterns = [re.compile(pattern, re.DOTALL) for pattern in dict.fromkeys([first, last])]
        if names and literals:
            found.append((one, literals, patterns))
    return sorted(found, key=lambda f: (-sum(map(len, f[1])), f[0]))


def recognised(text: str) -> str:
    """Return a stored English sentence as the phrase it was; any other text unchanged."""
    return text if isinstance(text, Spoken) else _recognised(text)


@lru_cache(maxsize=20_000)
def _recognised(text: str) -> str:
    """Return `recognised`: of what it may have been, that with the least left untranslated."""
    if text in _catalogue():
        return phrase(text)
    if _NUMBER.fullmatch(text):
        return Number(text)
    if _MOMENT.fullmatch(text) and french.DATE_WORD.search(text):
        return Moment(text)
    found: list[Phrase] = []
    for reading in islice(_readings(text), _READINGS_MAX_COUNT):
        if _letters(reading) >= _SURE_COUNT:
            return reading
        found.append(reading)
    found += _lists(text)
    return min((reading for reading in found if _is_likely(reading)), key=_unknown, default=text)


def _readings(text: str) -> Iterator[Phrase]:
    """Yield the phrases of one template a text may be."""
    for one, literals, patterns in _patterns():
        if all(literal in text for literal in literals):
            matches = [found for pattern in patterns if (found := pattern.fullmatch(text))]
            for values in {found.groups(): found.groupdict() for found in matches}.values():
                held = {k: v if k in _OF_VALUES else recognised(v) for k, v in values.items()}
                yield phrase(one, held)


def _lists(text: str) -> Iterator[Phrase]:
    """Yield the lists a text may be."""
    for separator in ("; ", ", ", phrase(" and ")):
        if separator in text:
            yield joined(separator, [recognised(part) for part in text.split(separator)])


def _letters(reading: Phrase) -> int:
    """Return how many letters a phrase's template has itself."""
    return sum(c.isalpha() for c in re.sub(r"\{.*?\}", "", reading.template))


def _is_likely(reading: Phrase) -> bool:
    """Return whether a text is no mere name with a colon in it: most of it is known."""
    parts = [value for name, value in reading.values.items() if name != "separator"]
    has_known = any(isinstance(part, Phrase) for part in parts)
    if isinstance(reading, Joined):
        return has_known
    is_told = _letters(reading) > (1 if has_known else 2)
    is_told |= any(name in _NUMBERS for name in reading.values)
    return is_told or 2 * _unknown(reading) < len(reading)


def _unknown(text: str) -> int:
    """Return how many characters of a text are in no known words."""
    if isinstance(text, Phrase):
        return sum(_unknown(str_of(value)) for value in text.values.values())
    return 0 if isinstance(text, Spoken) else sum(not c.isspace() for c in text)
