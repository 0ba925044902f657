"""The registry of runs, the same on both databases: written, listed, closed, completed."""

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from optimizer import process_identity
from optimizer.process_identity import Process, this_process
from optimizer.registry import RunRow, Wanted, folders_only, registry
from optimizer.run_folder import row_of
from optimizer.store import write_text
from tests.unit.registry.conftest import FACTS, NOW, run_name, write_folder

HOUR = pd.Timedelta(hours=1)


@pytest.fixture
def found(url, tmp_path):
    """Return an open registry of an empty folder."""
    with registry(tmp_path, url) as opened:
        yield opened


def test_a_run_begins_and_is_published(found, tmp_path):
    """Proves who began it is kept, and how it ended is what its folder says."""
    name = write_folder(tmp_path, 1, status="softened", replans=run_name(0))
    found.started(name, FACTS, NOW)
    here = this_process()
    begun = found.run(name)
    assert (begun.state, begun.host, begun.pid, begun.process) == (
        "started",
        here.host,
        here.pid,
        here.mark,
    )
    assert (begun.started_utc, begun.start_utc) == ("2026-07-01T20:00:00Z", "2026-07-02T00:00:00Z")
    found.ended(replace(row_of(tmp_path / name), ended_utc="2026-07-01T20:01:00Z"))
    ended = found.run(name)
    assert ended == replace(
        begun,
        state="published",
        ended_utc="2026-07-01T20:01:00Z",
        objective_mad=1001.0,
        exit_code=3,
        folder=name,
        replans=run_name(0),
    )


def test_runs_are_listed_youngest_first_and_by_what_is_asked(found, tmp_path):
    for number in range(4):
        facts = replace(FACTS, site="big plant" if number == 3 else "small plant")
        found.started(run_name(number), facts, NOW + number * HOUR)
    found.ended(RunRow(id=run_name(1), state="failed", exit_code=5, message="no schedule"))

    def names(**wanted):
        return [int(row.id[-6:], 16) for row in found.runs(Wanted(**wanted))]

    assert names() == [3, 2, 1, 0]
    assert names(limit=2) == [3, 2]
    assert names(state="started") == [3, 2, 0]
    assert names(site="big plant") == [3]
    assert names(since=NOW + 2 * HOUR) == [3, 2]
    assert names(state="failed", since=NOW + 2 * HOUR) == []
    failed = found.run(run_name(1))
    assert (failed.exit_code, failed.message, failed.site) == (5, "no schedule", "small plant")
    assert found.run(run_name(9)) is None


def begun_by(found, number, process):
    """Add a run begun by another process."""
    found.started(run_name(number), FACTS, NOW)
    row = found.run(run_name(number))
    found.ended(replace(row, host=process.host, pid=process.pid, process=process.mark))


def test_runs_cut_off_are_closed_and_their_hidden_folders_go(found, tmp_path):
    """Proves a live run stays, a dead one is abandoned, a written one is published."""
    here = this_process()
    gone = replace(here, mark=here.mark + "1")  # the number, given out again
    for number in (1, 2):
        begun_by(found, number, gone)
    found.started(run_name(3), FACTS, NOW)
    write_folder(tmp_path, 2)
    for number in (1, 3):
        (tmp_path / f".partial-{run_name(number)}").mkdir()
    assert sorted(found.abandon_dead(NOW + HOUR)) == [run_name(1), run_name(2)]
    assert {row.id: row.state for row in found.runs()} == {
        run_name(1): "abandoned",
        run_name(2): "published",
        run_name(3): "started",
    }
    abandoned = found.run(run_name(1))
    assert abandoned.ended_utc == "2026-07-01T21:00:00Z"
    assert abandoned.message == "its process ended without a word; nothing was published"
    assert not (tmp_path / f".partial-{run_name(1)}").exists()
    assert (tmp_path / f".partial-{run_name(3)}").is_dir()
    assert found.abandon_dead(NOW + HOUR) == []


def test_a_run_on_another_machine_is_closed_by_its_age(found):
    begun_by(found, 1, Process("another", 1, "a:1:1"))
    assert found.abandon_dead(NOW + 24 * HOUR) == []
    assert found.abandon_dead(NOW + 25 * HOUR) == [run_name(1)]


def test_a_machine_without_marks_tells_by_the_number(found, monkeypatch):
    here = this_process()
    begun_by(found, 1, Process(here.host, 2**22 + 1, ""))  # above the largest number Linux gives
    begun_by(found, 2, Process(here.host, here.pid, ""))
    assert found.abandon_dead(NOW + HOUR) == [run_name(1)]


def test_folders_that_nobody_registered_are_added(found, tmp_path):
    """Proves the folders are the truth: a run, a diagnostic, half a copy; nothing else."""
    write_folder(tmp_path, 1)
    write_folder(tmp_path, 2, is_diagnostic=True, status="feasible at limit")
    write_folder(tmp_path, 3, status="interrupted", interrupted_by=15, kind="daily")
    write_folder(tmp_path, 4, weather={"level": "forecast", "rung": "last_run", "source": "old"})
    (tmp_path / run_name(5)).mkdir()
    (tmp_path / "capacity").mkdir()
    (tmp_path / run_name(6)).symlink_to(tmp_path / run_name(1))
    assert found.reconcile() == [run_name(number) for number in range(1, 6)]
    rows = {int(row.id[-6:], 16): row for row in found.runs()}
    assert {n: (r.state, r.exit_code, r.kind) for n, r in rows.items()} == {
        1: ("published", 0, "plan"),
        2: ("failed", 7, "plan"),
        3: ("published", 143, "daily"),
        4: ("published", 3, "plan"),
        5: ("failed", None, "plan"),
    }
    assert rows[1].started_utc == "2026-07-01T00:00:01Z"
    assert rows[1].objective_mad == 1001.0
    assert rows[2].folder == f"{run_name(2)}-diagnostic"
    assert rows[5].message == (
        f"{tmp_path / run_name(5)}/manifest.json: not readable: there is no such file. "
        "Give a run folder."
    )
    assert found.reconcile() == []


def test_folders_that_vanish_are_marked_and_come_back(found, tmp_path):
    name = write_folder(tmp_path, 1)
    found.reconcile()
    (tmp_path / name).rename(tmp_path / "elsewhere")
    assert found.reconcile() == [name]
    assert found.run(name).folder_gone == "missing"
    assert found.reconcile() == []
    (tmp_path / "elsewhere").rename(tmp_path / name)
    assert found.reconcile() == [name]
    assert found.run(name).folder_gone is None


def test_a_pruned_run_stays_in_the_list(found, tmp_path):
    name = write_folder(tmp_path, 1)
    found.reconcile()
    (tmp_path / name).rename(tmp_path / "gone")
    found.pruned([name])
    assert (found.run(name).state, found.run(name).folder_gone) == ("published", "pruned")
    assert found.reconcile() == []


def test_two_folders_of_one_database_keep_apart(url, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for number, out in enumerate((one, two)):
        write_folder(out, number)
        with registry(out, url) as found:
            found.reconcile()
    with registry(one, url) as found:
        assert [row.id for row in found.runs()] == [run_name(0)]
        assert found.run(run_name(1)) is None
    two.rename(tmp_path / "moved")
    with registry(tmp_path / "moved", url) as found:
        assert [row.id for row in found.runs()] == [run_name(1)]
        assert found.reconcile() == []


def test_a_copied_folder_of_its_own_has_rows_of_its_own(url, tmp_path):
    """Proves that a copy, which knows the same runs, takes nothing from the folder it is of."""
    one, two = tmp_path / "one", tmp_path / "two"
    name = write_folder(one, 1)
    line = {"entry": "a", "run": name, "by": "Amina", "note": "n", "put_utc": "u", "forced": []}
    (one / "in_force_log.jsonl").write_text(json.dumps(line) + "\n")
    shutil.copytree(one, two)
    for out in (one, two):
        with registry(out, url) as found:
            found.reconcile()
    with registry(two, url) as found:
        found.ended(RunRow(id=name, state="failed", message="in the copy"))
    with registry(one, url) as found:
        assert (found.run(name).state, len(found.history())) == ("published", 1)


def test_a_run_given_up_too_early_ends_as_it_ends(found, tmp_path):
    begun_by(found, 1, Process("another", 1, "a:1:1"))
    assert found.abandon_dead(NOW + 25 * HOUR) == [run_name(1)]
    write_folder(tmp_path, 1)
    found.ended(row_of(tmp_path / run_name(1)))
    assert (found.run(run_name(1)).state, found.run(run_name(1)).message) == ("published", "")


def test_text_of_any_kind_is_kept_as_far_as_text_goes(found):
    """Proves that a message with a NUL, half a character or a quote loses no run."""
    message = "it's a \0 file '\udcff' named \"ظ\"; drop table runs" + "x" * 5000
    found.ended(RunRow(id=run_name(1), state="failed", started_utc="2026", message=message))
    kept = found.run(run_name(1)).message
    assert kept.startswith("it's a  file '?' named \"ظ\"; drop table runsxxx")
    assert len(kept) == 2000


def test_what_was_in_force_is_read_from_its_log(found, tmp_path):
    lines = [
        '{"entry": "a", "run": "r1", "by": "Amina", "note": "n", "put_utc": "u1", "forced": []}',
        (
            '{"entry": "b", "run": "r2", "by": "dakhla daily", "note": "n", "put_utc": "u2", '
            '"forced": ["one", "two"]}'
        ),
        '{"entry": "half a li',
        (
            '{"entry": "c", "run": null, "withdrawn": {"run": "r2", "by": "Said", '
            '"note": "storm", "withdrawn_utc": "u3"}}'
        ),
    ]
    write_text(tmp_path / "in_force_log.jsonl", "\n".join(lines) + "\n")
    assert found.history() == []
    found.reconcile()
    first, second = found.history()
    assert (first.entry, first.run, first.put_by, first.withdrawn_utc) == ("a", "r1", "Amina", None)
    assert (second.run, second.forced) == ("r2", "one; two")
    assert (second.withdrawn_by, second.withdrawn_note, second.withdrawn_utc) == (
        "Said",
        "storm",
        "u3",
    )


def test_a_folder_that_is_only_read_has_a_registry_in_memory(tmp_path):
    name = write_folder(tmp_path, 1)
    with folders_only(tmp_path) as found:
        assert [row.id for row in found.runs()] == [name]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_process_is_known_by_more_than_its_number(monkeypatch):
    """Proves what is_gone says of each way in which a process may not be the one that began."""
    here = this_process()
    boot, table, start = here.mark.split(":")
    assert process_identity.is_gone(here) is False
    assert process_identity.is_gone(replace(here, mark=f"{boot}:{table}:1")) is True
    assert process_identity.is_gone(replace(here, mark=f"other:{table}:{start}")) is True
    assert process_identity.is_gone(replace(here, mark=f"{boot}:1:{start}")) is None
    assert process_identity.is_gone(replace(here, host="another")) is None
