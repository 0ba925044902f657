"""What a night closes behind runs cut short, and that its trouble loses no plan."""

import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from models.errors import InputError
from optimizer import nightly
from optimizer.daily import Steps, run_night
from optimizer.night import Night
from optimizer.nightly import tidy
from optimizer.process_identity import this_process
from optimizer.registry import registry
from optimizer.run_facts import Facts
from tests.unit.operations.test_daily import made_plan, put

NOW = pd.Timestamp("2026-12-02T21:47Z")
HOUR = pd.Timedelta(hours=1)


def night_in(out: Path) -> Night:
    start = pd.Timestamp("2026-12-03T00:00Z")
    return Night(id="n", now=NOW, start=start, out=out, site=out / "site.toml")


def test_temporary_files_of_killed_processes_go_once_they_are_old(tmp_path: Path) -> None:
    """Proves that an hour is the border, and that no other hidden file or folder is touched."""
    names = {
        ".latest.json.abc123": 3601.0,
        ".ledger.csv.abc124": 3599.0,
        ".lock": 1e7,
        ".partial-20261201T204700Z-c60c26": 1e7,
        "notes.txt": 1e7,
    }
    for name, age_s in names.items():
        path = tmp_path / name
        path.mkdir() if "partial" in name else path.touch()
        os.utime(path, (NOW.timestamp() - age_s,) * 2)
    assert tidy(night_in(tmp_path)) == []
    left = {path.name for path in tmp_path.iterdir()}
    assert names.keys() - left == {".latest.json.abc123"}


def test_a_run_whose_process_has_gone_is_abandoned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves it with a process of this number that began at another time."""
    here = this_process()
    gone = replace(here, mark=f"{here.mark.rpartition(':')[0]}:1")
    monkeypatch.setattr("optimizer.registry.this_process", lambda: gone)
    with registry(tmp_path) as found:
        facts = Facts(site="s", start_utc=NOW, end_utc=NOW + HOUR, kind="daily")
        found.started("20261202T214600Z-aaaaaa", facts, NOW)
    tidy(night_in(tmp_path))
    with registry(tmp_path) as found:
        rows = [(row.id, row.state) for row in found.runs()]
    assert rows == [("20261202T214600Z-aaaaaa", "abandoned")]


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (InputError(["registry: a newer program made it."]), "registry: a newer program made it."),
        (OSError(28, "No space left on device"), "No space left on device. "),
        (RuntimeError("x"), "RuntimeError: x. "),
    ],
)
def test_what_goes_wrong_with_tidying_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, note: str
) -> None:
    monkeypatch.setattr("optimizer.daily._check", lambda night: None)

    def fail(night: Night) -> list[str]:
        raise error

    steps = Steps(tidy=fail, make=lambda night: made_plan(tmp_path), put=put)  # type: ignore[arg-type]
    outcome = run_night(night_in(tmp_path), steps, {})
    assert outcome.exit_code == 0
    assert outcome.notes[0].startswith(note)


def test_the_steps_of_a_night_are_the_real_ones() -> None:
    assert (nightly.STEPS.tidy, nightly.STEPS.make, nightly.STEPS.put) == (
        nightly.tidy,
        nightly.make,
        nightly.put,
    )
