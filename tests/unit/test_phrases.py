"""A phrase is its English text, knows its French, and is recognised again where it was stored."""

import copy
import json
import pickle

import pandas as pd
import pytest

from optimizer.french import NARROW_SPACE
from optimizer.phrases import (
    Phrase,
    joined,
    moment,
    number,
    phrase,
    recognised,
    said,
    untranslated,
)
from optimizer.terminal_words import cost_words, limit_words, owner_words

THIN, WIDE = NARROW_SPACE, "\u00a0"
COST = "These hours cost {after} MAD, {before} before ({apart})."
HOURS = phrase(COST, {"after": number(2330.5, ",.1f"), "before": number(0), "apart": number(-1)})


def test_a_phrase_reads_as_its_english_text_everywhere() -> None:
    """Proves f-strings, JSON, equality and sets see no more than the text."""
    text = "These hours cost 2,330.5 MAD, 0 before (-1)."
    assert text == HOURS
    assert f"{HOURS}" == text
    assert json.dumps([HOURS]) == json.dumps([text])
    assert {HOURS} == {text}
    assert type(said(HOURS, "en")) is str


@pytest.mark.parametrize(
    ("value", "spec", "french"),
    [
        (2330.5, ",.1f", f"2{THIN}330,5"),
        (1234567, ",.0f", f"1{THIN}234{THIN}567"),
        (0.123, ".1%", f"12,3{THIN}%"),
        (-1234.0, "+,.0f", f"-1{THIN}234"),
        (3, "", "3"),
    ],
)
def test_numbers_have_thin_spaces_and_a_comma(value: float, spec: str, french: str) -> None:
    assert number(value, spec) == format(value, spec)
    assert said(number(value, spec), "fr") == french


@pytest.mark.parametrize(
    ("spec", "english", "french"),
    [
        ("%d %b %H:%MZ", "05 Dec 07:15Z", "05 déc. 07:15Z"),
        ("%A %d %B %Y", "Saturday 05 December 2026", "samedi 05 décembre 2026"),
        ("%Y-%m-%dT%H:%MZ", "2026-12-05T07:15Z", "2026-12-05T07:15Z"),
    ],
)
def test_dates_have_french_names(spec: str, english: str, french: str) -> None:
    at = moment(pd.Timestamp("2026-12-05T07:15Z"), spec)
    assert at == english
    assert said(at, "fr") == french


def test_values_are_said_in_french_too_and_names_are_not() -> None:
    """Proves a part called "wind" or "measured" keeps its name, also where that is a known word."""
    name = phrase("{name} {mwh}", {"name": "measured", "mwh": number(1.5, ".1f")})
    assert said(name, "fr") == "measured 1,5"
    assert said("measured", "fr") == "measured"
    assert said(phrase("measured"), "fr") == "mesurée"
    with pytest.raises(KeyError):  # a template without its value is no sentence
        phrase("{name} {mwh}", {"name": "a"})


def test_braces_of_a_name_are_text() -> None:
    """Proves a name is never read as a template, nor a catalogue entry as its format."""
    hostile = phrase("outage of {unit}", {"unit": "{unit} {0} <b>"})
    assert hostile == "outage of {unit} {0} <b>"
    assert said(hostile, "fr") == "indisponibilité de {unit} {0} <b>"
    assert said(joined(", ", ["{a}", hostile]), "fr") == f"{{a}}, {said(hostile, 'fr')}"


@pytest.mark.parametrize(
    ("part", "of", "into"),
    [
        ("grid_onee", "soutirés du réseau onee", "injectés dans le réseau onee"),
        ("battery_main", "soutirés de la batterie main", "injectés dans la batterie main"),
        (
            "genset_b",
            "soutirés des groupes électrogènes b",
            "injectés dans les groupes électrogènes b",
        ),
        ("training_ai", "soutirés de l'entraînement ai", "injectés dans l'entraînement ai"),
        ("own_part", "soutirés de own part", "injectés dans own part"),
    ],
)
def test_french_articles_follow_the_word(part: str, of: str, into: str) -> None:
    """Proves de + le is du, and that a name nobody knows has no article."""
    owner = {"owner": owner_words(part)}
    assert said(phrase("drawn from {owner}", owner), "fr") == of
    assert said(phrase("fed into {owner}", owner), "fr") == into


def test_french_punctuation_does_not_break_from_its_word() -> None:
    both = joined("; ", [phrase("measured"), phrase("given")])
    assert said(both, "fr") == f"mesurée{THIN}; fournie"
    assert said(limit_words("grid_onee.import_mw"), "fr") == (
        f"réseau onee{WIDE}: maximum pouvant être soutiré"
    )
    percent = {"amount": "x", "percent": number(20, "g")}
    assert said(phrase("{amount}, {percent} % asked", percent), "fr") == f"x, 20{THIN}% exigés"


def test_what_has_no_french_is_said_in_english_and_listed() -> None:
    """Proves nothing is raised, and that the missing template is named, however deep it is."""
    new = phrase("nobody translated {this}", {"this": number(1234)})
    around = joined(", ", [phrase("measured"), phrase("outage of {unit}", {"unit": new})])
    assert said(new, "fr") == "nobody translated 1,234"
    assert untranslated(around, "fr") == ["nobody translated {this}"]
    assert untranslated(around, "en") == []
    assert said(around, "fr") == "mesurée, indisponibilité de nobody translated 1,234"


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))],  # noqa: S301
)
def test_a_copy_still_knows_its_french(again) -> None:
    """Proves dataclasses.asdict, and workers in another process, lose nothing."""
    both = joined("; ", [HOURS, phrase("measured")])
    assert type(again(both)) is type(both)
    assert said(again(both), "fr") == said(both, "fr") != both


@pytest.mark.parametrize(
    ("name", "english", "french"),
    [
        ("grid_onee_import", "grid onee import", "réseau onee, achat d'énergie"),
        (
            "firm_cloud_shed_tier1",
            "firm cloud shed tier1",
            "charge ferme cloud, délestage de niveau 1",
        ),
        ("art_3_1_breach", "Art. 3.1 breach", "Art. 3.1, manquement"),
        ("art_3_3_budget", "Art. 3.3 budget", "Art. 3.3, budget"),
        ("new_part", "new part", "new part"),
    ],
)
def test_costs_have_words(name: str, english: str, french: str) -> None:
    assert cost_words(name) == english
    assert said(cost_words(name), "fr") == french


STORED = [
    HOURS,
    phrase("site file ({why})", {"why": phrase("no earlier run, no --state")}),
    phrase(
        "fresh: {why}",
        {"why": phrase("{source}: no good run is stored.", {"source": "ensemble"})},
    ),
    phrase(
        "SOFTENED {limit}: gives way by {amount} {unit} at {mad} MAD per {unit}.",
        {
            "limit": phrase("Art. {article}", {"article": "4.2"}),
            "amount": number(1234.5, ",.1f"),
            "unit": "MWh",
            "mad": number(90000),
        },
    ),
    phrase(
        "metered {moment} ({hours} h old)", {"moment": "2026-11-22 21:45Z", "hours": number(2.25)}
    ),
    phrase("{count} members", {"count": 51}),
]


@pytest.mark.parametrize("sentence", STORED, ids=str)
def test_a_stored_sentence_is_recognised(sentence: Phrase) -> None:
    """Proves what a run folder keeps as plain English is French again, articles undisturbed."""
    plain = str(sentence)
    assert type(plain) is str
    assert recognised(plain) == plain
    assert said(recognised(plain), "fr") == said(sentence, "fr") != plain
    assert recognised(sentence) is sentence


@pytest.mark.parametrize(
    "text", ["", "Dakhla: main site", "a b", "{x}", "Nobody wrote this (really)", "v1.2.3", "\n"]
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    """Proves a name is no sentence, whatever signs it holds."""
    assert recognised(text) == text
    assert said(recognised(text), "fr") == text
