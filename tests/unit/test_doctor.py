"""The doctor: what it sees of a machine that is fit, and of one that is not."""

import json
import shutil
import zoneinfo
from importlib.metadata import PackageNotFoundError
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from optimizer import doctor
from optimizer.cli import run_command
from optimizer.doctor import Finding, as_json, examine
from optimizer.errors import SolverGaveNothing
from optimizer.solution import Status

NOW = pd.Timestamp("2026-11-22T12:00Z")


class Usage(NamedTuple):
    """What `shutil.disk_usage` returns."""

    total: int
    used: int
    free: int


def found(name: str, out: Path, tz_path: tuple[str, ...] = ()) -> Finding:
    return next(f for f in examine(out, NOW, tz_path) if f.name == name)


def zones(folder: Path, name: str) -> tuple[str, ...]:
    """Return a system's zone folder in which El Aaiun keeps the time of zone `name`."""
    target = folder / "Africa" / "El_Aaiun"
    target.parent.mkdir(parents=True)
    target.write_bytes(files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes())
    return (str(folder),)


def test_a_fit_machine_has_no_failure(tmp_path: Path) -> None:
    findings = examine(tmp_path, NOW, ())
    assert [f.name for f in findings] == ["time zone", "solver", "disk", "libraries", "data files"]
    assert {f.state for f in findings} == {"ok"}
    assert as_json(findings)["status"] == "ok"
    json.dumps(as_json(findings), allow_nan=False)


def test_a_stale_table_of_the_system_is_a_warning(tmp_path: Path) -> None:
    """Proves a table that still says UTC+1, as before 20 Sep 2026, is seen with its first hour."""
    finding = found("time zone", tmp_path, zones(tmp_path / "zi", "Etc/GMT-1"))
    assert finding.state == "warning"
    assert finding.seen.startswith("Africa/El_Aaiun is UTC+0 h now (tzdata ")
    assert (
        "the system's table says UTC+1 h from 2026-11-22 12:00Z on (8785 hours of the next year "
        "differ)"
    ) in finding.seen
    assert "update the system's package tzdata" in finding.remedy


def test_a_table_that_agrees_is_fine(tmp_path: Path) -> None:
    finding = found("time zone", tmp_path, zones(tmp_path / "zi", "Africa/El_Aaiun"))
    assert finding.state == "ok"
    assert "the system agrees for a year ahead" in finding.seen


def test_the_systems_own_tables_are_looked_at(tmp_path: Path) -> None:
    seen = next(f for f in examine(tmp_path, NOW) if f.name == "time zone").seen
    assert ("no table of its own" in seen) == (
        not any((Path(folder) / "Africa/El_Aaiun").is_file() for folder in zoneinfo.TZPATH)
    )


@pytest.mark.parametrize(
    ("status", "objective"), [(Status.OPTIMAL, -7.0), (Status.FEASIBLE_AT_LIMIT, -8.0)]
)
def test_a_solver_that_is_wrong_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: Status, objective: float
) -> None:
    class Answer:
        solver = "a liar"

    Answer.status, Answer.objective = status, objective
    monkeypatch.setattr(doctor, "run_highs", lambda *_: Answer)
    finding = found("solver", tmp_path)
    assert finding.state == "failed"
    assert finding.seen == f"a liar: {status.value}, {-objective:g} instead of 8"


def test_a_solver_that_says_nothing_fails_with_exit_5(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def silent(*_: object) -> None:
        raise SolverGaveNothing("Nothing in 10 s.")

    monkeypatch.setattr(doctor, "run_highs", silent)
    assert run_command(["doctor", "--out", str(tmp_path), "--json"]) == 5
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["exit_code"]) == ("failed", 5)


def test_a_folder_that_can_not_be_is_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run_command(["doctor", "--out", str(tmp_path / "file" / "runs")]) == 2
    assert "which is a file. Give a folder." in capsys.readouterr().out


def test_a_folder_that_is_not_there_yet_is_fine_and_not_made(tmp_path: Path) -> None:
    assert found("disk", tmp_path / "a" / "b").state == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 10**6))
    finding = found("disk", tmp_path)
    assert finding.state == "warning"
    assert "0.0 GB free" in finding.seen


def test_a_missing_library_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "pvlib":
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(doctor, "version", version)
    finding = found("libraries", tmp_path)
    assert (finding.state, finding.seen) == ("failed", "missing: pvlib")


def test_missing_data_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SMALL_FILES", ("moon.toml",))
    finding = found("data files", tmp_path)
    assert finding.state == "failed"
    assert "no file 'moon.toml'" in finding.seen


def test_quiet_is_silent_on_a_machine_that_is_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["doctor", "--out", str(tmp_path), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
