"""Old runs go; the latest, what is in force, what is not over and what is young never do."""

import json
import os

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.left_overs import sweep
from optimizer.retention import Old, old_runs, remove, remove_old_weather
from tests.unit.registry.conftest import run_name, write_folder

NOW = pd.Timestamp("2026-07-31T00:00Z")  # runs begin on 1 July, and their plans end on the 9th


def names(out, keep_day=10.0, now=NOW):
    return [run.name for run in old_runs(out, now, keep_day)]


def put(out, number, until_then=None):
    """Write an in_force.json as `dakhla publish` does."""
    entry = {
        "run": run_name(number),
        "site": "small plant",
        "start_utc": "2026-07-02T00:00:00Z",
        "binding_end_utc": "2026-07-03T00:00:00Z",
        "expires_utc": "2026-07-09T00:00:00Z",
        "put_utc": "2026-07-01T20:00:00Z",
        "by": "Amina",
        "note": "as every night",
        "status": "optimal",
        "weather_rung": "fresh",
        "forced": [],
        "schedule_sha256": {},
    }
    before = None if until_then is None else entry | {"run": run_name(until_then)}
    (out / "in_force.json").write_text(json.dumps(entry | {"until_then": before}))


def test_what_must_stay_stays(tmp_path):
    """Proves the latest, both plans in force and one whose horizon is not over are kept."""
    for number in range(5):
        write_folder(tmp_path, number)
    write_folder(tmp_path, 5, end_utc="2026-08-01T00:00:00Z")
    (tmp_path / "latest.json").write_text(json.dumps({"run": run_name(1)}))
    put(tmp_path, 2, until_then=3)
    assert names(tmp_path) == [run_name(0), run_name(4)]
    assert names(tmp_path, keep_day=29.9) == [run_name(0), run_name(4)]
    assert names(tmp_path, keep_day=30.0) == []
    assert names(tmp_path, now=NOW + pd.Timedelta(days=2)) == [run_name(n) for n in (0, 4, 5)]


def test_diagnostics_and_broken_folders_go_too(tmp_path):
    write_folder(tmp_path, 1, is_diagnostic=True)
    (tmp_path / run_name(2)).mkdir()
    (tmp_path / "capacity").mkdir()
    assert names(tmp_path) == [f"{run_name(1)}-diagnostic", run_name(2)]


@pytest.mark.parametrize("name", ["latest.json", "in_force.json"])
def test_nothing_goes_if_it_can_t_be_known_what_must_stay(tmp_path, name):
    write_folder(tmp_path, 1)
    (tmp_path / name).write_text('{"run": "2026')
    with pytest.raises(InputError) as error:
        old_runs(tmp_path, NOW, 10.0)
    assert str(error.value).startswith(f"{tmp_path / name}: not JSON: ")


def test_a_run_leaves_its_name_at_once(tmp_path, monkeypatch):
    """Proves that a removal cut short leaves no half run, and is ended by the next sweep."""
    name = write_folder(tmp_path, 1)
    (run,) = old_runs(tmp_path, NOW, 10.0)
    assert run == Old(name=name, run=name, age_day=run.age_day, size_mb=run.size_mb)
    assert 29.9 < run.age_day < 30.0

    def killed(path, **_):
        assert path.name == f".deleting-{name}"
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("optimizer.retention.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove(tmp_path, [run])
    assert [path.name for path in tmp_path.iterdir()] == [f".deleting-{name}"]
    assert sweep(tmp_path, NOW) == [f".deleting-{name}"]
    assert list(tmp_path.iterdir()) == []


def test_left_over_files_go_when_nobody_writes_them_any_more(tmp_path):
    old, young = NOW.timestamp() - 25 * 3600, NOW.timestamp() - 3600
    for name, age in (
        (".latest.json.a1b2c3", old),
        (".in_force.json.a1b2c3", young),
        (".lock", old),
        ("latest.json", old),
    ):
        (tmp_path / name).write_text("{}")
        os.utime(tmp_path / name, (age, age))
    assert sweep(tmp_path, NOW) == [".latest.json.a1b2c3"]


def test_old_payloads_and_forecasts_go_and_the_newest_good_payload_stays(tmp_path):
    """Proves ten days are ten days, for takes and forecasts, and that one good take is left."""
    takes = tmp_path / "weather" / "near"
    for day in ("20260601", "20260610", "20260725"):
        folder = takes / f"{day}T000000Z-{'a' * 12}"
        folder.mkdir(parents=True)
    (takes / f"20260610T000000Z-{'a' * 12}" / "good.json").write_text("{}")
    forecasts = tmp_path / "forecasts"
    (forecasts / "20260601T000000Z-abcdef").mkdir(parents=True)
    for name in ("20260601T000000Z-abcdef", "20260730T000000Z-abcdef", "notes"):
        (forecasts / f"{name}.parquet").write_bytes(b"")
    assert remove_old_weather(tmp_path, NOW, keep_day=10.0) == 3
    assert sorted(path.name[:8] for path in takes.iterdir()) == ["20260610", "20260725"]
    left = sorted(path.name for path in forecasts.iterdir())
    assert left == ["20260730T000000Z-abcdef.parquet", "notes.parquet"]
