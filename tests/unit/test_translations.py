"""Every sentence a planner reads from a plan exists in French, and no French is left over."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import jinja2
import pandas as pd
import pytest

import optimizer as dk
from optimizer.agreement.clause import clause_kinds
from optimizer.config import load_agreement
from optimizer.errors import Infeasible
from optimizer.explain import explain
from optimizer.held import Interventions, Outage, Pin
from optimizer.intervention_files import lines as intervention_lines
from optimizer.phrases import Phrase, Spoken, phrase, recognised, said, untranslated
from optimizer.plan import solve_problem
from optimizer.provenance import degraded_lines
from optimizer.reference import reference_file
from optimizer.robustness import Robustness
from optimizer.state import State, StateSource
from optimizer.state_sources import source_lines
from optimizer.terminal_words import clause_number, clause_words
from tests.properties.built_clashes import CLASHES
from tests.unit.agreement import test_contract as contract

PACKAGE = Path(dk.__file__).parent
SAYS = ("phrase", "template")  # functions of optimizer.phrases that take a template
START = pd.Timestamp("2026-12-05T00:00Z")


def templates_of_python(source: str) -> Iterator[str]:
    """Yield the templates a file says; of a choice both."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYS:
            yield from _literals(node.args[0])


def _literals(node: ast.expr) -> Iterator[str]:
    """Yield the literal texts of an argument; one made while running is none a test can see."""
    if isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
    elif isinstance(node, ast.Constant):
        yield str(node.value)
    else:
        assert not isinstance(node, ast.JoinedStr | ast.BinOp), ast.unparse(node)


def templates_of_jinja(source: str) -> Iterator[str]:
    """Yield the templates a page's template says: t("...")."""
    for call in jinja2.Environment(autoescape=True).parse(source).find_all(jinja2.nodes.Call):
        if isinstance(call.node, jinja2.nodes.Name) and call.node.name == "t":
            yield from (arg.value for arg in call.args[:1] if isinstance(arg, jinja2.nodes.Const))


def said_templates() -> set[str]:
    """Return every template of the package."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        found.update(templates_of_python(path.read_text(encoding="utf-8")))
    for path in PACKAGE.rglob("*.j2"):
        found.update(templates_of_jinja(path.read_text(encoding="utf-8")))
    return found


def catalogue() -> list[tuple[str, str, str]]:
    """Return file, English and French of every entry."""
    return [
        (path.name, english, french)
        for path in sorted((PACKAGE / "phrases_fr").glob("*.toml"))
        for english, french in tomllib.loads(path.read_text(encoding="utf-8")).items()
    ]


def holes(template: str) -> set[str]:
    """Return the names of a template's values."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('phrase("a {b}", {"b": 1})', ["a {b}"]),
        ('phrase(\n    "a "\n    "b"\n)', ["a b"]),
        ('X = {"k": template("c {owner}")}', ["c {owner}"]),
        ('phrase("a" if x else "b")', ["a", "b"]),
        ("phrase(words, {})", []),
    ],
)
def test_the_walk_sees_templates(source: str, found: list[str]) -> None:
    assert list(templates_of_python(source)) == found


def test_the_walk_refuses_a_template_made_while_running() -> None:
    with pytest.raises(AssertionError):
        list(templates_of_python('phrase(f"a {b}")'))
    assert list(templates_of_jinja("{{ t('a') }}{{ t(\"b\", {}) }}{{ t(x) }}{{ u('c') }}")) == [
        "a",
        "b",
    ]


def test_every_template_has_french_and_every_french_is_said() -> None:
    """Proves the catalogue and the sources are one list."""
    known, here = {english for _, english, _ in catalogue()}, said_templates()
    assert sorted(here - known) == []
    assert sorted(known - here) == []


def test_french_has_the_values_of_the_english() -> None:
    wrong = [english for _, english, french in catalogue() if holes(english) != holes(french)]
    assert wrong == []


def test_french_has_only_articles_it_can_place() -> None:
    specs = {
        spec
        for _, _, french in catalogue()
        for _, name, spec, _ in Formatter().parse(french)
        if name is not None
    }
    assert specs <= {"", "le", "de", "à"}


def test_an_english_template_has_one_french() -> None:
    """Proves what two files hold is the same in both."""
    found: dict[str, set[str]] = {}
    for _, english, french in catalogue():
        found.setdefault(english, set()).add(french)
    assert [english for english, words in found.items() if len(words) > 1] == []


def test_french_is_written_with_plain_spaces_and_real_letters() -> None:
    """Proves no-break spaces are left to the program, and signs that need a space have one."""
    wrong = [
        french
        for _, _, french in catalogue()
        if re.search("[\u00a0\u202f]", french)
        or re.search(r"\w[;!?](\s|$)|\w: |\w:$", french.replace("https:", ""))
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", sorted(clause_kinds()))
def test_every_kind_of_clause_and_its_number_has_words(kind: str) -> None:
    """Proves a kind's name and the description its number is spoken of by are in both languages."""
    cls = clause_kinds()[kind]
    info = cls.model_fields[cls.main_field]
    what = (info.description or "").split("[")[0].split(",")[0].strip()
    assert untranslated(clause_words(kind), "fr") == []
    assert isinstance(clause_words(kind), Phrase)
    assert isinstance(clause_number(what), Phrase)


def leaves(text: object) -> Iterator[str]:
    """Yield the plain texts inside a phrase: what French leaves as it is."""
    if isinstance(text, Phrase):
        for name, value in dict(text.values).items():
            if name != "separator" and f"{{{name}}}" in text.template:
                yield from leaves(value)
    elif not isinstance(text, Spoken):
        yield str(text)


UNITS = {"MWh", "MW", "MAD", "kg", "m3", "mw", "mwh", "pu", "the", "test"}


def assert_in_french(sentence: str, names: set[str]) -> None:
    """Assert that all of a sentence is said in French but names, articles and units."""
    assert isinstance(sentence, Phrase), sentence
    assert untranslated(sentence, "fr") == []
    assert said(sentence, "fr") != said(sentence, "en")
    for leaf in leaves(sentence):
        words = set(re.findall(r"[A-Za-z]{2,}", re.sub(r"\d{4}-[\dTZ:-]+|_", " ", leaf)))
        assert words <= names | UNITS, (leaf, sentence)


def names_of(plan: dk.Plan) -> set[str]:
    """Return the words a site's names are made of."""
    parts = [part.name for part in plan.optimum.problem.site.components()]
    parts += [row.limit for row in plan.binding.itertuples()]
    clauses = plan.optimum.problem.agreement.clause
    parts += [each.name for clause in clauses for each in getattr(clause, "exception", ())]
    return {word for name in parts for word in re.findall(r"[A-Za-z]{2,}", name)}


@pytest.fixture(scope="module")
def full_plan() -> dk.Plan:
    """Return a day under every kind of clause; long budgets are worth nothing here."""
    agreement = load_agreement(reference_file("agreement_full.toml"))
    rows = [
        dk.StateRow(clause.name, clause.worth_name, 0.0, key)
        for clause in agreement.clause
        for key in ("2026", "2026-12")
        if getattr(clause, "window", "") == {4: "year", 7: "month"}[len(key)]
    ]
    state = dk.State(time_utc=START, rows=tuple(rows), origin="the test")
    return dk.plan(agreement=agreement, start=START, horizon="24h@1h", state=state)


def test_everything_told_of_a_full_plan_is_said_in_french(full_plan: dk.Plan) -> None:
    """Proves it of the day, the step, 18 clauses, the limits and the units of the default plant."""
    told, names = explain(full_plan, is_resolved=False), names_of(full_plan)
    assert len(told.sentences) > 40
    for sentence in [*told.sentences, *told.notes]:
        assert_in_french(sentence, names)
    tables = [told.parts["words"], told.parts["group"], told.limits["words"], told.day["words"]]
    for words in pd.concat(tables):
        assert isinstance(words, Phrase)
        assert untranslated(words, "fr") == []
    assert_in_french(full_plan.explain(), names)


def test_every_clause_of_a_full_plan_is_recognised_from_its_run(full_plan: dk.Plan) -> None:
    """Proves kpis.json's plain sentences give back their French."""
    for row in full_plan.clauses:
        sentence = row["sentence"]
        assert said(recognised(str(sentence)), "fr") == said(sentence, "fr")


CHOICES = {
    "buy": [100.0, 100.0],
    "tables": {
        "grid": {"line": {"import_max_mw": 50.0}},
        "firm": {
            "cloud": {"tiers": [{"shed_max_pu": 1.0, "value_mad_per_mwh": 5000.0}]},
        },
        "genset": {"main": {"unit_power_min_mw": 8.0, "start_cost_mad": 1000.0}},
    },
    "series": {"firm_cloud_demand_mw": [55.0, 50.0]},
}


def test_decisions_and_plans_solved_again_are_said_in_french(plant) -> None:
    """Proves it of whole numbers decided otherwise, and of clauses and units solved again."""
    clause = {"kind": "import_cap", "import_max_mw": 45.0, "first_hour": 0, "last_hour": 24}
    plan = plant(**CHOICES, clauses=[clause]).solve()
    told = explain(plan)
    assert any("solved again" in sentence for sentence in told.sentences)
    assert any(sentence.startswith("If genset") for sentence in told.sentences)
    for sentence in told.sentences:
        assert_in_french(sentence, names_of(plan))
    assert "Sans démarrage possible des groupes électrogènes main" in said(told.sentences[-1], "fr")


site = contract.site  # the plants on which every kind of clause binds


@pytest.mark.parametrize("is_sold", [False, True])
@pytest.mark.parametrize("kind", contract.KINDS)
def test_a_clause_says_how_it_stands_in_french(site, kind: str, is_sold: bool) -> None:
    """Proves it where the clause is kept and where it is bought, and that a run gives it back."""
    price = {contract.price_of(kind): 0.0} if is_sold else {}
    plan = site(kind, **price).solve()
    sentence = plan.clauses[0]["sentence"]
    assert_in_french(sentence, names_of(plan))
    assert said(recognised(str(sentence)), "fr") == said(sentence, "fr")


def test_a_language_nobody_asked_for_changes_nothing() -> None:
    assert said(phrase("measured"), "en") == "measured"


SAID_BESIDE = {  # what else a planner is told of a plan, each with the names in it
    "a value of the opening state": (
        source_lines(
            State(
                time_utc=START,
                rows=(),
                origin="",
                sources=(
                    StateSource(
                        name="battery_main",
                        quantity="energy_mwh",
                        value=412.3,
                        source=recognised(
                            "metered 2026-11-22 21:45Z (2.2 h old), rolled by run r1"
                        ),
                        age_h=2.2,
                    ),
                ),
            )
        )
    ),
    "old weather": degraded_lines({"rung": "last_run", "age_h": 30.0}),
    "weather without an age": degraded_lines({"rung": "climatology"}),
    "an outage and a pin": intervention_lines(
        Interventions(
            outages=(Outage(unit="wind_main", start=START, end=START, available_mw=3.0, note="x"),),
            pins=(Pin(column="grid_onee_import_mw", start=START, end=START, low=1, high=2),),
        )
    ),
    "scenarios": Robustness(
        scenario_count=20,
        hours_h=24.0,
        planned_cost_mad=1000.0,
        expected_cost_mad=2000.0,
        worst_cost_mad=30000.0,
        stopped_mwh=1.5,
        broken_pu={"4.2": 0.25},
        stopped_pu=0.1,
        short_pu=0.0,
        sovereign_margin_mw=12.0,
        sovereign_margin_utc="2026-12-05T07:00Z",
    ).sentences(),
}


@pytest.mark.parametrize("lines", SAID_BESIDE.values(), ids=SAID_BESIDE)
def test_what_is_told_beside_an_explanation_is_said_in_french(lines: list[str]) -> None:
    """Proves it of what a plan stands on: state, weather, outages and pins, scenarios."""
    names = {"battery", "main", "wind", "grid", "onee", "import"}
    assert lines
    for line in lines:
        assert_in_french(line, names)


def test_what_a_plan_made_again_changes_is_said_in_french(plant, tmp_path) -> None:
    """Proves it of the reasons (prices, wind, a clause), the money and the powers that move."""
    first = plant(buy=[100, 300, 200, 400], load=[10] * 4, wind=[30, 30, 5, 0])
    first.publish(tmp_path)
    cap = {"kind": "import_cap", "import_max_mw": 500.0, "first_hour": 0, "last_hour": 24}
    later = plant(buy=[100, 350, 250, 450], load=[10] * 4, wind=[30, 20, 5, 0], clauses=[cap])
    rest = {"start": None, "horizon": None, "series": later.frame.iloc[1:], "state": None}
    asked = later.asked() | rest
    found = dk.plan(
        **asked,
        replan_from="2026-01-05T01:00Z",
        out=tmp_path,
        now=pd.Timestamp("2026-01-05T00:50Z"),
    )
    assert found.changes is not None
    named = " ".join([*found.schedule.columns, *later.frame.columns, found.changes.run])
    names = set(re.findall(r"[A-Za-z]{2,}", named.replace("_", " ")))
    assert len(found.changes.lines()) > 4
    for line in found.changes.lines():
        assert_in_french(line, names)


def test_what_gives_way_is_said_in_french() -> None:
    """Proves it of the ways out of every small clash that softening knows."""
    said_of = set()
    for case in CLASHES.values():
        try:
            plan = solve_problem(case.plant.build(), may_soften=True)
        except Infeasible:
            continue
        for mark in plan.softened:
            assert_in_french(mark["sentence"], names_of(plan))
            assert recognised(str(mark["sentence"])) == mark["sentence"]
            said_of.add(mark["setting"])
    assert len(said_of) > 3
