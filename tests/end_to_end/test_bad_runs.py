"""Spoiled run folders: `dakhla audit` says what is wrong with each, and never how Python noticed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimizer.cli import run_command
from tests.end_to_end.conftest import DAY, Said, write_plant

Call = Callable[[list[str]], Said]
JSON_FILES = ("manifest.json", "kpis.json", "inputs/site.json", "inputs/agreement.json")
FILES = (*JSON_FILES, "schedule.parquet", "inputs/series.parquet", "inputs/state.csv")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a good run folder, made once."""
    folder = tmp_path_factory.mktemp("plant")
    write_plant(folder)
    files = [f"--{name}={folder / f'{name}.toml'}" for name in ("site", "agreement")]
    assert run_command(["plan", *files, "--date", DAY, "--quiet", f"--out={folder / 'runs'}"]) == 0
    return next((folder / "runs").glob("2*"))


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(run, tmp_path / "copy")


def judged(call: Call, folder: Path, code: int) -> list[str]:
    """Return the problems of an audit that ends with `code`, on one stream each."""
    said = call(["audit", str(folder), "--json"])
    assert said.code == code, said.err
    assert said.answer["exit_code"] == code
    assert "Traceback" not in said.err
    assert "fault of the program" not in said.err
    return said.answer["problems"]


def test_the_run_is_good_before_it_is_spoilt(call: Call, copy: Path) -> None:
    said = call(["audit", str(copy), "--json"])
    expected = {"status": "passed", "exit_code": 0, "run_dir": str(copy), "steps": 6}
    assert (said.code, said.answer) == (0, expected)


@pytest.mark.parametrize("what", ["nothing", "a file", "an empty folder", "the folder of runs"])
def test_what_is_no_run_is_exit_2(call: Call, run: Path, tmp_path: Path, what: str) -> None:
    paths = {"nothing": tmp_path / "none", "a file": run / "kpis.json"}
    paths |= {"an empty folder": tmp_path, "the folder of runs": run.parent}
    problem = judged(call, paths[what], 2)[0]
    assert problem.startswith(f"{paths[what] / 'manifest.json'}: not readable: ")
    assert problem.endswith(". Give a run folder.")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(call: Call, copy: Path, name: str) -> None:
    (copy / name).unlink()
    problem = judged(call, copy, 2)[0]
    assert problem.startswith(f"{copy / name}: ")
    assert "there is no such file" in problem


@pytest.mark.parametrize("name", [name for name in FILES if name != "inputs/state.csv"])
def test_a_file_cut_in_half_is_named(call: Call, copy: Path, name: str) -> None:
    whole = (copy / name).read_bytes()
    (copy / name).write_bytes(whole[: len(whole) // 2])
    assert judged(call, copy, 2)[0].startswith(f"{copy / name}: ")


@pytest.mark.parametrize("name", JSON_FILES)
@pytest.mark.parametrize("content", ["", "[]", "5", "null"])
def test_json_that_holds_no_object_is_named(
    call: Call, copy: Path, name: str, content: str
) -> None:
    (copy / name).write_text(content)
    problem = judged(call, copy, 2)[0]
    assert problem.startswith(f"{copy / name}: ")
    assert problem.endswith(". Give a whole run folder.")


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("kpis.json", "objective_mad", "much"),
        ("kpis.json", "objective_mad", None),
        ("inputs/agreement.json", "clause", 5),
        ("inputs/agreement.json", "clause", [5]),
        ("inputs/agreement.json", "clause", [{"kind": "import_cap", "valid_from": "soon"}]),
        ("inputs/site.json", "zebra", 1),
        ("inputs/site.json", "battery", 1),
    ],
)
def test_json_of_another_shape_is_named(
    call: Call, copy: Path, name: str, key: str, value: object
) -> None:
    content = json.loads((copy / name).read_text())
    (copy / name).write_text(json.dumps(content | {key: value}))
    assert judged(call, copy, 2)[0].startswith(f"{copy / name}: ")


SERIES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "no lengths of steps": lambda t: t.drop(columns="step_h"),
    "no rows": lambda t: t.iloc[:0],
    "a column missing": lambda t: t.drop(columns="wind_main_available_mw"),
    "text": lambda t: t.assign(wind_main_available_mw="much"),
}


@pytest.mark.parametrize("spoil", SERIES.values(), ids=SERIES.keys())
def test_series_of_another_shape_are_named(
    call: Call, copy: Path, spoil: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    path = copy / "inputs/series.parquet"
    spoil(pd.read_parquet(path)).to_parquet(path)
    assert judged(call, copy, 2)[0].startswith(f"{path}: not as a run has it: ")


TABLES: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "a column missing": (lambda t: t.drop(columns="wind_main_used_mw"), "wind_main_used_mw"),
    "text": (lambda t: t.assign(wind_main_used_mw="much"), "wind_main_used_mw"),
    "a column too many": (lambda t: t.assign(zebra_mw=1.0), "other columns"),
    "a row missing": (lambda t: t.iloc[1:], "the steps are not the input's"),
    "no rows": (lambda t: t.iloc[:0], "the steps are not the input's"),
    "naive time": (lambda t: t.tz_localize(None), "the steps are not the input's"),
    "no time": (lambda t: t.reset_index(drop=True), "the steps are not the input's"),
}


@pytest.mark.parametrize(("spoil", "fragment"), TABLES.values(), ids=TABLES.keys())
def test_a_schedule_of_another_shape_breaks_the_audit(
    call: Call, copy: Path, spoil: Callable[[pd.DataFrame], pd.DataFrame], fragment: str
) -> None:
    path = copy / "schedule.parquet"
    spoil(pd.read_parquet(path)).to_parquet(path)
    assert fragment in judged(call, copy, 6)[0]


@pytest.mark.parametrize("content", [None, "", "time_utc,x\n", "x\n1\n"])
def test_a_csv_that_is_not_the_schedule_breaks_the_audit(
    call: Call, copy: Path, content: str | None
) -> None:
    (copy / "schedule.csv").unlink()
    if content is not None:
        (copy / "schedule.csv").write_text(content)
    assert judged(call, copy, 6)[0].startswith("schedule.csv: ")
