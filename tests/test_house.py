"""The house rules that a machine can check. The rest are in CONTRIBUTING.md."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.parameters import Parameters

ROOT = Path(__file__).parents[1]
TREES = ("optimizer", "models")
FILES = sorted(path for tree in TREES for path in (ROOT / tree).rglob("*.py"))
UNITS = re.compile(  # a plain unit, or one over another: _mad_per_mwh, _m_per_s, _pu_per_h
    r"_({0})(_per_({0}))?(_h|_month|_year)?$".format(
        "mw|mwh|w|h|s|day|week|year|month|mad|pu|degc|k|deg|m|m2|m3|l|kg|pa|count|hour|mb|1"
    )
)
BARE_NUMBERS = {
    "seed",
    "climate_seed",
    "excess",
    "year",
    "low",
    "high",
    "value",
    "objective",
    "bound",
    "month",
}
FLOORS = {  # package or module -> what of ours it may import, itself apart
    "models": set(),
    "optimizer.horizon": {"models"},
    "optimizer.legal_time": set(),
    "optimizer.french": set(),
    "optimizer.phrases": {"optimizer.french"},
    "optimizer.units": set(),
    "optimizer.breach": set(),
    "optimizer.state": {"models", "optimizer.phrases"},
    "optimizer.cohorts": {"optimizer.horizon"},
    "optimizer.jobs": {"optimizer.horizon"},
    "optimizer.held": {"optimizer.horizon", "optimizer.phrases"},
    "optimizer.component": {
        *(
            "models",
            "optimizer.breach",
            "optimizer.horizon",
            "optimizer.state",
            "optimizer.cohorts",
        ),
        "optimizer.jobs",
        "optimizer.held",
    },
}
PARTS = {*FLOORS, "optimizer.component"}
MAY_IMPORT = FLOORS | {
    "optimizer.assets": PARTS,
    "optimizer.workloads": PARTS,
    "optimizer.agreement": PARTS,
}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def floor_of(module: str) -> str | None:
    return next((floor for floor in MAY_IMPORT if f"{module}.".startswith(f"{floor}.")), None)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions_of(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def imports_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def problems_of_layers(module: str, tree: ast.AST) -> list[str]:
    imported = set(imports_of(tree))
    floor = floor_of(module)
    wrong = []
    if floor is not None:
        ours = {floor_of(m) or m for m in imported if m.split(".")[0] in TREES}
        wrong += sorted(ours - MAY_IMPORT[floor] - {floor})
    if module.startswith("models"):
        wrong += sorted(m for m in imported if m.split(".")[0] in ("pyomo", "highspy"))
    if module != "optimizer.solve":
        wrong += sorted(m for m in imported if m.split(".")[0] == "highspy")
    return wrong


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_layers_point_downwards(path: Path) -> None:
    assert problems_of_layers(module_name(path), tree_of(path)) == []


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("optimizer.assets.x", "from optimizer.agreement.clause import C", "optimizer.agreement"),
        ("optimizer.agreement.x", "import optimizer.assets.grid", "optimizer.assets"),
        ("optimizer.assets.x", "from optimizer.site import S", "optimizer.site"),
        ("models.x", "import pyomo.environ as pyo", "pyomo.environ"),
        ("models.x", "from optimizer.horizon import H", "optimizer.horizon"),
        ("optimizer.plan", "import highspy", "highspy"),
    ],
)
def test_layer_rule_can_fail(module: str, source: str, wrong: str) -> None:
    assert wrong in problems_of_layers(module, ast.parse(source))


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300
    for function in functions_of(ast.parse(text)):
        length = (function.end_lineno or 0) - function.body[0].lineno
        assert length < 40, f"{function.name} has {length} lines"
        positional = [a for a in function.args.args if a.arg not in ("self", "cls")]
        if not path.name.startswith("cli"):  # a command's options are its parameters
            assert len(positional) <= 6, function.name


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_no_keyword_soup_no_global_state_no_hidden_import(path: Path) -> None:
    tree, functions = tree_of(path), functions_of(tree_of(path))
    assert not [f.name for f in functions if f.args.kwarg]
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Global | ast.Nonlocal)]
    if not module_name(path).startswith(
        "optimizer.cli"
    ):  # a command imports what it needs, not more
        hidden = [
            f.name
            for f in functions
            for node in ast.walk(f)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        assert hidden == []


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_only_the_command_line_prints_exits_or_reads_the_clock(path: Path) -> None:
    is_door = module_name(path).startswith(("optimizer.cli", "optimizer.api"))
    calls = [
        f"{node.func.value.id}.{node.func.attr}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
    ]
    clock = {"datetime.now", "Timestamp.now", "sys.exit", "time.time"} & set(calls)
    names = [
        n.func.id
        for n in ast.walk(tree_of(path))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    ]
    assert is_door or (not clock and "print" not in names)  # a notebook's run has a name too


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_first_line_says_what_the_file_is(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), "give the file a docstring"


def classes_of_the_house() -> Iterator[type]:
    for tree in TREES:
        package = importlib.import_module(tree)
        for info in pkgutil.walk_packages(package.__path__, f"{tree}."):
            module = importlib.import_module(info.name)
            for _, cls in inspect.getmembers(module, inspect.isclass):
                if cls.__module__ == info.name:
                    yield cls


def is_number(annotation: object) -> bool:
    options = (
        typing.get_args(annotation)
        if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union
        else (annotation,)
    )
    return any(option in (float, int) for option in options)


@pytest.mark.parametrize(
    "cls",
    [c for c in classes_of_the_house() if issubclass(c, Parameters) and c is not Parameters],
    ids=lambda c: c.__name__,
)
def test_parameters_have_units_and_descriptions(cls: type[Parameters]) -> None:
    assert cls.model_config["frozen"]
    assert cls.model_config["extra"] == "forbid"
    fields = cls.model_fields
    bare = [name for name, field in fields.items() if is_number(field.annotation)]
    assert [n for n in bare if not UNITS.search(n) and n not in BARE_NUMBERS] == []
    holders = {"plant", "farm", "tariff", "place", "plan", "weather", "solver", "facility"}
    holders |= {"cooling", "solar", "wind", "battery", "grid", "genset", "firm", "deferrable"}
    holders |= {"training", "clause", "site", "sky", "air", "reading", "jobs", "interruptible"}
    holders |= {"quota", "desalination", "chilled_store", "operations"}
    undescribed = [n for n, f in fields.items() if not f.description and n not in holders]
    assert undescribed == []


@pytest.mark.parametrize(
    "cls",
    [c for c in classes_of_the_house() if dataclasses.is_dataclass(c)],
    ids=lambda c: c.__name__,
)
def test_values_are_frozen(cls: type) -> None:
    changing = {
        "Splits",
        "StopFlag",
        "Inquiry",
        "Brake",
        "Answer",
    }  # they collect while a solve runs
    assert vars(cls)["__dataclass_params__"].frozen or cls.__name__ in changing
