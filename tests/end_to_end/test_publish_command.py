"""`dakhla publish`: a run comes in force by a person's name, and goes; what is refused stays so."""

import datetime
import json

import pytest

WHO = ("--by", "Amina", "--note", "checked with the operator")


@pytest.fixture
def evening(monkeypatch):
    """Let it be the evening before the plan begins."""
    moment = datetime.datetime(2026, 6, 30, 20, tzinfo=datetime.UTC)
    for module in ("cli_publish", "cli_runs", "cli"):
        monkeypatch.setattr(f"optimizer.{module}.utc_now", lambda: moment)


@pytest.fixture
def run(place, evening):
    """Return the name of a run that lies in the folder of runs."""
    assert place.plan("--quiet").code == 0
    return next(place.out.glob("2*")).name


@pytest.fixture
def publish(place):
    """Return `dakhla publish` for the folder of runs."""
    return lambda *arguments: place.call(["publish", *arguments, "--out", str(place.out)])


def test_a_run_is_put_in_force_listed_and_withdrawn(place, run, publish):
    said = publish("latest", *WHO)
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        f"{run} is in force from 2026-07-01 00:00Z, binding to 2026-07-01 06:00Z and looking ahead "
        "to 2026-07-01 06:00Z.\n"
    )
    assert json.loads((place.out / "in_force.json").read_text())["run"] == run
    listed = place.call(["runs", "list", "--out", str(place.out)]).out.splitlines()
    assert listed[1].startswith(run)
    assert listed[1].endswith("0  IN FORCE")
    shown = place.call(["runs", "show", run, "--out", str(place.out)]).out
    assert "in force now: yes\n" in shown
    assert "In force\n  entry: " in shown
    said = publish("--withdraw", "--by", "Said", "--note", "storm", "--json")
    assert said.answer == {"status": "withdrawn", "exit_code": 0, "run": run}
    shown = place.call(["runs", "show", run, "--json", "--out", str(place.out)]).answer
    (term,) = shown["in_force"]
    assert (term["put_by"], term["withdrawn_by"], term["withdrawn_note"]) == (
        "Amina",
        "Said",
        "storm",
    )
    assert publish(run, *WHO, "--quiet").out == ""


def test_a_plan_of_the_past_is_refused_and_may_be_forced(place, run, publish, monkeypatch):
    later = datetime.datetime(2026, 7, 3, tzinfo=datetime.UTC)
    monkeypatch.setattr("optimizer.cli_publish.utc_now", lambda: later)
    said = publish(run, *WHO, "--json")
    assert (said.code, said.answer["status"]) == (2, "input_error")
    assert said.err == (
        f"dakhla: {run}: its binding part ended at 2026-07-01 06:00Z. Give --force and say why.\n"
    )
    assert not (place.out / "in_force.json").exists()
    said = publish(run, *WHO, "--force", "--json")
    assert said.code == 0
    assert said.answer["forced"] == ["its binding part ended at 2026-07-01 06:00Z"]
    assert said.err == (f"dakhla: {run} is forced: its binding part ended at 2026-07-01 06:00Z.\n")


def test_a_changed_run_is_refused_even_by_force(place, run, publish):
    path = place.out / run / "schedule.csv"
    path.write_text(path.read_text().replace("\n", "\n\n", 1))
    said = publish(run, *WHO, "--force", "--json")
    assert (said.code, said.answer["status"]) == (6, "audit_failed")
    assert said.err == f"dakhla: {place.out / run}: schedule.csv was changed after the run\n"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "RUN and --withdraw: give one of them, not both."),
        (("latest", "--withdraw", *WHO), "RUN and --withdraw: give one of them, not both."),
        (
            ("latest", "--note", "x"),
            "--by = '' is no line of text up to 500 characters. Give a person's name.",
        ),
        (
            ("20260101T000000Z-abcdef", *WHO),
            (
                "RUN = '20260101T000000Z-abcdef' is no run in {out}. `dakhla runs list` names the "
                "runs."
            ),
        ),
        (
            ("--withdraw", *WHO),
            "{out}: nothing is in force. There is nothing to withdraw.",
        ),
    ],
    ids=["nothing", "both", "nobody", "no run", "nothing in force"],
)
def test_wrong_calls_are_told(place, run, publish, arguments, problem):
    said = publish(*arguments)
    assert said.code == 2
    assert said.err == f"dakhla: {problem.format(out=place.out)}\n"
    assert not (place.out / "in_force.json").exists()


def test_a_registry_that_does_not_answer_holds_nothing_up(place, run, publish, tmp_path, caplog):
    """Proves what is in force changes all the same, it is said, and no password is."""
    address = f"postgresql://me:geheim@/db?host={tmp_path}"
    said = publish(run, *WHO, "--registry", address)
    assert said.code == 0
    assert (place.out / "in_force.json").exists()
    assert "does not answer" in caplog.text
    assert "geheim" not in caplog.text + said.err + said.out
