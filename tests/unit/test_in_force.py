"""What is in force: which runs may be, which only by force, and what is written of each change."""

import json
import shutil
import threading

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.errors import AuditFailed
from optimizer.in_force import in_force, in_force_problems, plan_at, put_in_force, withdraw
from optimizer.in_force_log import append, entries, held
from optimizer.lock import AnotherRunHolds, one_change
from optimizer.registry import registry
from optimizer.store import read_json, write_json

NOW = pd.Timestamp("2026-01-04T20:00Z")
DAY = pd.Timedelta(days=1)
HOURS = 30
WHO = {"by": "Amina", "note": "checked with the operator"}


@pytest.fixture(scope="module")
def run(plant, tmp_path_factory):
    """A published run from 5 January, of 30 hours."""
    out = tmp_path_factory.mktemp("runs")
    return plant(buy=[500.0] * HOURS, load=[8.0] * HOURS).publish(out).run_dir


@pytest.fixture
def out(run, tmp_path):
    """Return a folder of runs that holds the run."""
    shutil.copytree(run, tmp_path / run.name)
    return tmp_path


def another(out, run, number, **manifest):
    """Return the name of a copy of the run whose manifest says something else."""
    name = f"{run.name[:-6]}{number:06x}"
    shutil.copytree(run, out / name)
    told = read_json(out / name / "manifest.json")
    weather = told["weather"] | manifest.pop("weather", {})
    write_json(out / name / "manifest.json", told | manifest | {"weather": weather})
    return name


def test_a_run_is_put_in_force_and_withdrawn(out, run):
    """Proves every field of in_force.json, the reader's answer, the log and the registry."""
    put = put_in_force(out, run.name, now=NOW, **WHO)
    assert in_force(out) == put
    content = read_json(out / "in_force.json")
    hashes = read_json(run / "manifest.json")["files_sha256"]
    assert len(content.pop("entry")) == 16
    assert content == {
        "schema_version": 1,
        "run": run.name,
        "folder": run.name,
        "site": "small",
        "start_utc": "2026-01-05T00:00:00Z",
        "binding_end_utc": "2026-01-06T00:00:00Z",
        "expires_utc": "2026-01-06T06:00:00Z",
        "status": "optimal",
        "weather_rung": "given",
        "schedule_sha256": {n: hashes[n] for n in ("schedule.parquet", "schedule.csv")},
        "put_utc": "2026-01-04T20:00:00Z",
        "by": "Amina",
        "note": "checked with the operator",
        "forced": [],
        "until_then": None,
    }
    assert in_force_problems(out) == []
    assert not put.is_expired(pd.Timestamp("2026-01-06T05:59Z"))
    assert put.is_expired(pd.Timestamp("2026-01-06T06:00Z"))
    assert withdraw(out, by="Said", note="storm", now=NOW + DAY) == run.name
    assert in_force(out) is None
    assert read_json(out / "in_force.json")["withdrawn"] == {
        "run": run.name,
        "by": "Said",
        "note": "storm",
        "withdrawn_utc": "2026-01-05T20:00:00Z",
    }
    (term,) = held(out)
    assert (term.run, term.put_by, term.put_utc) == (run.name, "Amina", "2026-01-04T20:00:00Z")
    assert (term.withdrawn_by, term.withdrawn_note) == ("Said", "storm")
    with registry(out) as found:
        assert found.history() == [term]


SYNTHETIC = "its weather is synthetic: the bundled climate, no forecast"
REFUSED = {
    "synthetic": ({"weather": {"level": "synthetic", "rung": "synthetic"}}, NOW, [SYNTHETIC]),
    "typical year": (
        {"weather": {"level": "tmy"}},
        NOW,
        ["its weather is a typical year's, no forecast"],
    ),
    "trial": ({"kind": "trial"}, NOW, ["it is a trial"]),
    "late": ({}, NOW + 0.5 * DAY, ["it starts 8.0 h in the past, more than 6 h"]),
    "over": ({}, NOW + 2 * DAY, ["its binding part ended at 2026-01-06 00:00Z"]),
    "interrupted": (
        {"status": "interrupted"},
        NOW,
        ["it was interrupted: the best schedule until then, not the optimum"],
    ),
    "softened": (
        {"status": "softened", "softened": ["Art. 4.2", "firm_load: demand"]},
        NOW,
        ["it is softened: Art. 4.2, firm_load: demand gives way"],
    ),
    "all": (
        {"kind": "trial", "status": "softened", "softened": ["Art. 4.2"]}
        | {"weather": {"level": "synthetic", "rung": "synthetic"}},
        NOW + 2 * DAY,
        [
            SYNTHETIC,
            "it is a trial",
            "its binding part ended at 2026-01-06 00:00Z",
            "it is softened: Art. 4.2 gives way",
        ],
    ),
}


@pytest.mark.parametrize(("manifest", "now", "reasons"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_without_force(out, run, manifest, now, reasons):
    """Proves every reason is told at once, nothing changes, and force keeps the reasons."""
    name = another(out, run, 1, **manifest)
    with pytest.raises(InputError) as error:
        put_in_force(out, name, now=now, **WHO)
    assert error.value.problems == [f"{name}: {r}. Give --force and say why." for r in reasons]
    assert in_force(out) is None
    assert not (out / "in_force_log.jsonl").exists()
    put = put_in_force(out, name, now=now, is_forced=True, **WHO)
    assert put.forced == tuple(reasons)
    assert held(out)[0].forced == "; ".join(reasons)


@pytest.mark.parametrize(
    "manifest",
    [
        {"status": "feasible at limit"},
        {"weather": {"level": "synthetic", "rung": "climatology"}},
        {"kind": "daily"},
    ],
    ids=["gap", "climatology", "daily"],
)
def test_what_is_degraded_but_honest_needs_no_force(out, run, manifest):
    name = another(out, run, 1, **manifest)
    assert put_in_force(out, name, now=NOW, **WHO).run == name


def test_a_run_that_began_a_little_ago_needs_no_force(out, run):
    put_in_force(out, run.name, now=pd.Timestamp("2026-01-05T06:00Z"), **WHO)


def test_a_run_of_another_site_needs_force(out, run):
    put_in_force(out, run.name, now=NOW, **WHO)
    name = another(out, run, 1, site="other")
    with pytest.raises(InputError) as error:
        put_in_force(out, name, now=NOW, **WHO)
    assert error.value.problems == [
        f"{name}: it is of 'other', and the plan in force of 'small'. Give --force and say why."
    ]


def test_a_diagnostic_is_never_put_in_force(out, run):
    name = another(out, run, 1, is_diagnostic=True)
    with pytest.raises(InputError) as error:
        put_in_force(out, name, now=NOW, is_forced=True, **WHO)
    assert error.value.problems == [
        (
            f"{out / name}: is a least-shortfall diagnostic, never to be run. "
            "Give a run whose plan keeps every limit."
        )
    ]


@pytest.mark.parametrize("name", ["schedule.csv", "inputs/site.json", "solver.log"])
def test_a_run_changed_since_is_never_put_in_force(out, run, name):
    with (out / run.name / name).open("a") as file:
        file.write("\n")
    with pytest.raises(AuditFailed) as error:
        put_in_force(out, run.name, now=NOW, is_forced=True, **WHO)
    assert str(error.value) == f"{out / run.name}: {name} was changed after the run"
    assert in_force(out) is None


def test_a_run_that_breaks_a_rule_is_never_put_in_force(out, run):
    """Proves the audit is done again: the manifest alone would let this run pass."""
    told = read_json(out / run.name / "manifest.json")
    kpis = read_json(out / run.name / "kpis.json")
    write_json(out / run.name / "kpis.json", kpis | {"objective_mad": 1.0})
    told["files_sha256"].pop("kpis.json")
    write_json(out / run.name / "manifest.json", told)
    with pytest.raises(AuditFailed, match="the bill is the solver's objective"):
        put_in_force(out, run.name, now=NOW, is_forced=True, **WHO)


@pytest.mark.parametrize("name", ["", "..", "20260101T000000Z-00000", "latest", "../x/20260101"])
def test_only_a_run_of_the_folder_is_put_in_force(out, name):
    with pytest.raises(InputError) as error:
        put_in_force(out, name, now=NOW, **WHO)
    assert error.value.problems == [
        f"RUN = {name!r} is no run in {out}. `dakhla runs list` names the runs."
    ]


def test_who_and_why_must_be_said(out, run):
    with pytest.raises(InputError) as error:
        put_in_force(out, run.name, by=" ", note="two\nlines", now=NOW)
    assert error.value.problems == [
        "--by = ' ' is no line of text up to 500 characters. Give a person's name.",
        "--note = 'two\\nlines' is no line of text up to 500 characters. Give the reason.",
    ]


def test_the_plan_before_is_carried_out_until_the_next_one_starts(out, run):
    """Proves that tomorrow's plan, put in force in the evening, leaves today's in its place."""
    put_in_force(out, run.name, now=NOW, **WHO)
    later = {"start_utc": "2026-01-06T00:00:00Z", "end_utc": "2026-01-07T06:00:00Z"}
    second, third = (another(out, run, n, **later) for n in (1, 2))
    evening = pd.Timestamp("2026-01-05T22:00Z")
    for name in (second, third):
        put_in_force(out, name, now=evening, **WHO)
    assert in_force(out).run == third
    assert plan_at(out, evening).run == run.name
    assert plan_at(out, pd.Timestamp("2026-01-06T00:00Z")).run == third
    assert plan_at(out, pd.Timestamp("2026-01-07T06:00Z")) is None
    assert read_json(out / "in_force.json")["until_then"]["run"] == run.name
    put_in_force(out, second, now=pd.Timestamp("2026-01-06T01:00Z"), **WHO)
    assert in_force(out).until_then is None


def test_what_became_of_the_files_in_force_is_told(out, run):
    put_in_force(out, run.name, now=NOW, **WHO)
    (out / run.name / "schedule.csv").write_text("time_utc\n")
    (out / run.name / "schedule.parquet").unlink()
    assert in_force_problems(out) == [
        f"{out / run.name}/schedule.parquet: is missing. Put another run in force.",
        f"{out / run.name}/schedule.csv: was changed. Put another run in force.",
    ]


@pytest.mark.parametrize("text", ["", "{", '{"run": "x"}', "[]", '{"schema_version": 1}'])
def test_a_broken_file_is_told(out, text):
    (out / "in_force.json").write_text(text)
    with pytest.raises(InputError) as error:
        in_force(out)
    assert str(out / "in_force.json") in str(error.value)


def test_a_broken_file_does_not_stand_in_the_next_plans_way(out, run, caplog):
    (out / "in_force.json").write_text("{")
    assert put_in_force(out, run.name, now=NOW, **WHO).run == run.name
    (bad,) = out.glob("in_force.json.*.bad")
    assert bad.read_text() == "{"
    (record,) = caplog.records
    assert record.getMessage().endswith(f"It is kept as {bad.name}.")


def test_a_full_disk_under_the_log_is_a_warning(out, run, monkeypatch, caplog):
    """Proves that what is in force is in force although its log could not be written."""

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("optimizer.in_force.append", full)
        put_in_force(out, run.name, now=NOW, **WHO)
    assert in_force(out).run == run.name
    assert [record.getMessage() for record in caplog.records] == [
        (
            f"{out / 'in_force_log.jsonl'}: not written: [Errno 28] No space left on device. "
            "The next change makes it good."
        )
    ]
    withdraw(out, now=NOW, **WHO)
    assert [term.run for term in held(out)] == [run.name]


def test_nothing_to_withdraw(out):
    with pytest.raises(InputError) as error:
        withdraw(out, now=NOW, **WHO)
    assert error.value.problems == [f"{out}: nothing is in force. There is nothing to withdraw."]


def test_a_change_that_was_not_logged_is_logged_by_the_next(out, run):
    """Proves a crash between in_force.json and its log loses nothing, nor does half a line."""
    put_in_force(out, run.name, now=NOW, **WHO)
    log = out / "in_force_log.jsonl"
    log.write_text('{"entry": "cut sho')
    withdraw(out, now=NOW, **WHO)
    (term,) = held(out)
    assert (term.run, term.withdrawn_by) == (run.name, "Amina")
    assert [json.loads(line)["run"] for line in log.read_text().splitlines()[1:]] == [
        run.name,
        None,
    ]


def test_the_log_takes_lines_after_a_whole_one(tmp_path):
    for entry in ("a", "b"):
        append(tmp_path, {"entry": entry})
    assert entries(tmp_path) == [{"entry": "a"}, {"entry": "b"}]
    assert (tmp_path / "in_force_log.jsonl").read_text().count("\n") == 2


def test_one_change_at_a_time(out, run, monkeypatch):
    """Proves a second change waits for the first, and gives up in time."""
    monkeypatch.setattr(
        "optimizer.in_force.one_change", lambda folder: one_change(folder, wait_s=0.2)
    )
    with one_change(out, wait_s=0.2), pytest.raises(AnotherRunHolds):
        put_in_force(out, run.name, now=NOW, **WHO)
    assert in_force(out) is None


def test_changes_at_once_all_count(out, run):
    names = [another(out, run, number) for number in range(1, 5)]
    threads = [
        threading.Thread(target=put_in_force, args=(out, name), kwargs={"now": NOW} | WHO)
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(term.run for term in held(out)) == names
    assert in_force(out).run == held(out)[-1].run
