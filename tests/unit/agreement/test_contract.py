"""What every clause keeps to: one kind, one file, one set of tests; hard or priced, dated."""

import ast
import pkgutil
import tomllib
from pathlib import Path

import pandas as pd
import pyomo.environ as pyo
import pytest

import optimizer as dk
import optimizer.agreement
from models.errors import InputError
from optimizer.agreement.clause import clause_kinds
from optimizer.config import load_agreement, parse_agreement
from optimizer.reference import reference_file
from optimizer.store import read_published

HERE = Path(__file__).parent
SHARED = {"clause", "windows", "budget", "budget_rules", "share", "ledger"}  # modules of no kind
TESTS = (  # what the tests of each kind prove
    "test_it_binds_or_is_bought",
    "test_it_holds_on_its_days",
    "test_it_says_how_it_stands",
    "test_the_audit_names_the_article",
    "test_every_rule_has_been_seen_to_fail",
)
TIERS = [{"shed_max_pu": 0.9, "value_mad_per_mwh": 3000.0}]
BINDING = {  # kind -> what makes it bind where 80 MWh are asked for and 54 are there
    "carbon_budget": {"budget_kg": 10_000.0, "window": "horizon"},
    "cfe_score": {"share_min_pu": 0.75, "window": "horizon"},
    "curtailment_priority": {"order": ["wind_second", "wind_main"]},
    "embassy_reserve": {"reserved_mw": 1002.0, "hold_h": 1.0},
    "exclusive_supply": {},
    "fuel_budget": {"budget_l": 100.0, "window": "horizon"},
    "genset_hours": {"hours_max_h": 1.0, "window": "horizon"},
    "import_cap": {"import_max_mw": 5.0, "first_hour": 0, "last_hour": 24},
    "minimum_storage": {"energy_min_mwh": 20.0, "hours": [3, 4, 5]},
    "n_minus_one": {"bridging_h": 2.0},
    "ramp_limit": {"ramp_max_mw_per_h": 0.5},
    "regional_energy": {"amount_mwh": 8.0, "window": "horizon"},
    "regional_water": {
        "service": "desalination_sea",
        "amount_m3": 500.0,
        "window": "horizon",
    },
    "renewable_share": {"share_min_pu": 0.75, "window": "horizon"},
    "research_quota": {"workload": "training_ai", "quota_mwh_per_week": 6720.0},
    "ride_through": {"autonomy_h": 1.0},
    "surplus_cap": {"share_max_pu": 0.1, "window": "horizon"},
    "water_budget": {"budget_m3": 60.0, "window": "horizon"},
}
CHEAP = {"genset": {"backup": {"fuel_price_mad_per_l": 1.0, "unit_power_min_mw": 1.0}}}
MILD = {"intercept_1_mw": 0.0, "slope_1_pu": 0.1, "intercept_2_mw": 0.0, "slope_2_pu": 0.1}
BESIDE = {  # kind -> what else it needs of the site
    "curtailment_priority": {
        "tables": {"wind": {"main": {"cost_mad_per_mwh": 9.0}, "second": {}}},
        "series": {"wind_second_available_mw": [90] * 4},
    },
    "fuel_budget": {"tables": CHEAP},
    "genset_hours": {"tables": CHEAP},
    "regional_energy": {"sell": [1, 1, 1, 1]},
    "regional_water": {"tables": {"desalination": {"sea": {}}}},
    "surplus_cap": {"sell": [600, 600, 600, 600], "wind": [40, 9, 8, 7]},
    "water_budget": {
        "tables": {"cooling": {}},
        "series": {f"cooling_{name}": [value] * 4 for name, value in MILD.items()}
        | {"cooling_water_l_per_mwh": [1000.0] * 4},
    },
}
KINDS = sorted(BINDING)


@pytest.fixture
def site(plant):
    """Return a plan under one clause: wind, a line, a battery, commercial and sovereign load."""

    def plan(kind, **fields):
        given = {"buy": [700, 720, 740, 760], "wind": [10, 9, 8, 7], "load": [10, 10, 10, 10]}
        given |= BESIDE.get(kind, {})
        tables = {
            "firm": {"cloud": {"demand_mw": 10.0, "tiers": TIERS}},
            "battery": {"main": {"energy_initial_mwh": 25.0}},
            "training": {"ai": {}},
            "grid": {"line": {"emission_kg_per_mwh": 500.0}},
        }
        given["tables"] = tables | given.get("tables", {})
        return plant(**given, clauses=[{"kind": kind} | BINDING[kind] | fields])

    return plan


def price_of(kind):
    """Return the name of the price of a kind."""
    return clause_kinds()[kind].price_field


def test_each_kind_has_one_class_one_file_and_its_tests():
    """Proves nothing is registered without a file of its own, a case here, and tests that fail."""
    modules = {info.name for info in pkgutil.iter_modules(optimizer.agreement.__path__)}
    assert set(clause_kinds()) == modules - SHARED == set(BINDING)
    for kind, cls in clause_kinds().items():
        assert cls.__module__ == f"optimizer.agreement.{kind}"
        tree = ast.parse((HERE / f"test_{kind}.py").read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert set(TESTS) <= names, kind


def test_the_bundled_agreement_has_known_kinds_and_quotes_each_article():
    path = reference_file("agreement.toml")
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["clause"]
    assert {table["kind"] for table in tables} <= set(clause_kinds())
    assert [c.kind for c in load_agreement(path).clause] == [table["kind"] for table in tables]
    assert len({table["article"] for table in tables}) == len(tables)


@pytest.mark.parametrize("kind", KINDS)
def test_a_clause_costs_something_where_it_binds(site, kind):
    """Proves the case is no decoration: with the clause the plan is dearer than without it."""
    later = pd.Timestamp("2030-01-01").date()
    hard, none = site(kind).solve(), site(kind, valid_from=later).solve()
    assert hard.objective_mad > none.objective_mad + 1
    assert [row["is_kept"] for row in hard.clauses] == [True]
    assert none.clauses == []
    assert not [c for c in none.schedule.columns if c.startswith("art_")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_clause_that_costs_nothing_to_break_binds_nothing(site, kind):
    """Proves the price is all that holds a priced clause: at zero the plan is as without it."""
    later = pd.Timestamp("2030-01-01").date()
    free, none = site(kind, **{price_of(kind): 0.0}).solve(), site(kind, valid_from=later).solve()
    assert free.objective_mad == pytest.approx(none.objective_mad)
    assert free.clauses[0]["is_kept"] is False
    assert free.clauses[0]["bought"] > 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_bought_is_paid_for_once(site, kind):
    """Proves price times amount is the clause's only cost, in the objective and in the bill."""
    price_mad = 1.0
    plan = site(kind, **{price_of(kind): price_mad}).solve()
    row = plan.clauses[0]
    assert row["bought"] > 1
    assert row["cost_mad"] == pytest.approx(price_mad * row["bought"], abs=1e-3)
    assert plan.kpis["cost_mad"]["art_1_breach"] == pytest.approx(row["cost_mad"], abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_clause_adds_to_its_own_block_alone(site, kind):
    """Proves a clause reads, and writes only below its article's name."""
    later = pd.Timestamp("2030-01-01").date()
    names = [
        {part.name for part in problem.model.component_data_objects((pyo.Constraint, pyo.Var))}
        for problem in (site(kind).build(), site(kind, valid_from=later).build())
    ]
    added = names[0] - names[1]
    assert names[1] <= names[0]
    assert added
    assert all(name.startswith("art_1.") for name in added)


@pytest.mark.parametrize("kind", KINDS)
def test_a_clause_survives_its_run_folder(site, kind, tmp_path):
    """Proves what is stored is what was agreed: dates, wording, numbers and all."""
    plant = site(kind, valid_until=pd.Timestamp("2027-12-31").date())
    now = pd.Timestamp("2026-01-04T12:00Z")
    plan = dk.solve(plant.build(), out=tmp_path, now=now)
    published, differences = read_published(plan.run_dir)
    assert differences == []
    assert published.agreement == plant.agreement


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"kind": "import_caps"},
            (
                "agreement: clause 1 (article 9.9): kind = 'import_caps' is not a kind of clause. "
                "Did you mean import_cap?"
            ),
        ),
        (
            {"autonomy": 2.0},
            "agreement: clause 1 (article 9.9): autonomy: no such key. Did you mean autonomy_h?",
        ),
    ],
)
def test_a_clause_that_is_none_is_refused(change, problem):
    clause = {
        "kind": "ride_through",
        "article": "9.9",
        "text": "as agreed",
        "valid_from": pd.Timestamp("2026-01-01").date(),
        "autonomy_h": 2.0,
    }
    with pytest.raises(InputError) as error:
        parse_agreement({"title": "t", "clause": [clause | change]})
    assert str(error.value) == problem


def test_two_clauses_of_one_article_are_refused():
    clause = {
        "kind": "ride_through",
        "article": "9.9",
        "text": "as agreed",
        "valid_from": pd.Timestamp("2026-01-01").date(),
        "autonomy_h": 2.0,
    }
    with pytest.raises(InputError) as error:
        parse_agreement({"title": "t", "clause": [clause, clause]})
    assert str(error.value) == "agreement: article 9.9 appears twice. Number each clause once."
