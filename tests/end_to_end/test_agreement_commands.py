"""`dakhla agreement check|table|tradeoff` and `dakhla capacity`, called as people call them."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimizer.capacity import CapacityCurve, capacity_schema
from tests.end_to_end.conftest import DAY, HOURS, Place, Said
from tests.unit.schema_check import problems_of

Call = Callable[[list[str]], Said]
DRAFT = """title = "draft"

[[clause]]
kind = "ride_through"
article = "5.1"
text = "As agreed."
valid_from = 2026-01-01
autonomy_h = 168.0

[[clause]]
kind = "import_cap"
article = "4.2"
text = "As agreed."
valid_from = 2026-01-01
import_max_mw = 1000.0
first_hour = 0
last_hour = 24

[[clause]]
kind = "import_cap"
article = "4.3"
text = "As agreed."
valid_from = 2026-01-01
import_max_mw = 2000.0
first_hour = 3
last_hour = 9

[[clause]]
kind = "import_cap"
article = "4.4"
text = "As agreed."
valid_from = 2020-01-01
valid_until = 2020-12-31
import_max_mw = 10.0
first_hour = 3
last_hour = 9
"""
NODES = """
[workload.training_jazari]
node_power_mw = 0.01
node_count = 1000
partition = "jazari"
namespace = "jazari"
"""


def ok(said: Said) -> Said:
    assert said.code == 0, said.err
    assert said.err == ""
    return said


def test_the_bundled_agreement_is_sound(call: Call) -> None:
    """Proves exit 0 for the bundled draft, and how many weeks it was tried on."""
    said = ok(call(["agreement", "check", "--year", "2026", "--weeks", "1"]))
    assert said.out.splitlines()[-1] == "Sound: tried on 1 weeks of 2026, on the bundled climate."


def test_a_draft_with_every_fault(call: Call, tmp_path: Path) -> None:
    """Proves that a clause that can't be kept is a fault, and the others are remarks.

    A week of the sovereign load is more than the battery holds; the line carries 150 MW, so that
    caps of 1,000 and 2,000 never bind, and the second says nothing new; the last is over.
    """
    draft = tmp_path / "draft.toml"
    draft.write_text(DRAFT)
    arguments = ["agreement", "check", "--agreement", str(draft), "--year", "2026", "--weeks", "1"]
    said = call([*arguments, "--json"])
    assert said.code == 2, said.err
    answer = said.answer
    assert (answer["status"], answer["exit_code"]) == ("faulty", 2)
    found = [(f["kind"], f["articles"]) for f in answer["findings"]]
    assert found == [
        ("contradiction", ["5.1"]),
        ("not in force", ["4.4"]),
        ("dominated", ["4.3", "4.2"]),
        ("never binds", ["4.2"]),
        ("never binds", ["4.3"]),
    ]
    lines = call(arguments).out.splitlines()
    assert lines[0].startswith(
        "fault: Art. 5.1 can't be kept in 1 of 1 weeks, the first from 2026-01-05. "
        "What clashes: Art. 5.1 (ride through, 168 h), 2026-01-05 00:00Z"
    )
    assert "battery_main" in lines[0]
    assert [line.split(":")[0] for line in lines[1:5]] == ["remark"] * 4
    assert lines[-1].startswith("Not sound: tried on 1 weeks")


def test_a_draft_that_cannot_be_read(call: Call, tmp_path: Path) -> None:
    """Proves that wrong syntax is exit 2 with the whole message, before anything is tried."""
    draft = tmp_path / "draft.toml"
    draft.write_text(DRAFT.replace("168.0", "169"))
    said = call(["agreement", "check", "--agreement", str(draft)])
    assert said.code == 2
    assert said.err == (
        f"dakhla: {draft}: clause 1 (article 5.1): autonomy_h = 169 (hours the sovereign load "
        "must live on [h]) is above 168. Give 168 or less.\n"
    )


def test_a_site_with_series_of_its_own(place: Place, call: Call) -> None:
    """Proves that files are looked for beside the site, and that too short ones are refused."""
    files = [f"--site={place.path('site.toml')}", f"--agreement={place.path('agreement.toml')}"]
    said = call(["agreement", "check", *files, "--year", "2026", "--weeks", "1"])
    assert said.code == 2
    remedy = "Give a row per step of the horizon, or plan on the file's own steps."
    for name in ("wind.csv", "grid.csv"):
        what = f"{place.path(name)}: no row at 2026-01-05T00:00Z (168 of 168 steps). {remedy}"
        assert what in said.err


@pytest.fixture
def run(place: Place) -> Path:
    """Return the folder of a run of the small plant."""
    assert place.plan("--quiet").code == 0
    return place.out / str(json.loads((place.out / "latest.json").read_text())["run"])


def test_the_table_of_a_run(run: Path, call: Call) -> None:
    """Proves that both clauses are listed, with what the plan costs less without each."""
    answer = ok(call(["agreement", "table", str(run), "--resolve", "--json"])).answer
    rows = {row["article"]: row for row in answer["clauses"]}
    assert set(rows) == {"4.2", "7.3"}
    assert rows["4.2"]["parameters"] == "import_max_mw = 60, first_hour = 2, last_hour = 4"
    assert rows["7.3"]["without_saves_mad"] >= -1e-6
    text = ok(call(["agreement", "table", str(run)])).out
    assert "import cap" in text.replace("\n", " ")


def test_a_tradeoff_with_its_files(place: Place, call: Call) -> None:
    """Proves that the curve is printed, written and drawn, and is the same in all."""
    files = [f"--site={place.path('site.toml')}", f"--agreement={place.path('agreement.toml')}"]
    more = [f"--csv={place.path('curve.csv')}", f"--picture={place.path('curve.png')}"]
    span = ["4.2", "--from", "0", "--to", "60", "--count", "3", "--date", DAY]
    answer = ok(call(["agreement", "tradeoff", *span, *files, *more, "--json"])).answer
    assert [row["import_max_mw"] for row in answer["curve"]] == [0.0, 30.0, 60.0]
    written = pd.read_csv(place.path("curve.csv"))
    assert written["cost_mad"].tolist() == [row["cost_mad"] for row in answer["curve"]]
    assert place.path("curve.png").read_bytes().startswith(b"\x89PNG")
    assert answer["files"] == [str(place.path("curve.csv")), str(place.path("curve.png"))]


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (
            ["9.9", "--from", "0", "--to", "1"],
            "article = '9.9' is not in the agreement. Give one of 4.2, 7.3.",
        ),
        (
            ["4.2", "--from", "5", "--to", "1"],
            "low = 5 is not below high = 1. Give the lower end first.",
        ),
    ],
)
def test_a_wrong_question_is_refused(place: Place, call: Call, span: list[str], said: str) -> None:
    """Proves exit 2 and the whole message."""
    files = [f"--site={place.path('site.toml')}", f"--agreement={place.path('agreement.toml')}"]
    answer = call(["agreement", "tradeoff", *span, "--date", DAY, *files])
    assert (answer.code, answer.err) == (2, f"dakhla: {said}\n")


def test_caps_are_handed_over(run: Path, place: Place, call: Call) -> None:
    """Proves that the files lie in the run, fit the schema, and name nodes where a map is given."""
    place.path("nodes.toml").write_text(NODES)
    answer = ok(call(["capacity", str(run), f"--map={place.path('nodes.toml')}", "--json"])).answer
    names = [Path(name).name for name in answer["files"]]
    assert {"capacity.csv", "capacity.json", "slurm_reservations.txt"} <= set(names)
    content = json.loads((run / "capacity/capacity.json").read_text())
    assert problems_of(content, capacity_schema()) == []
    assert problems_of(content, ok(call(["schema", "capacity"])).answer) == []
    assert len(CapacityCurve.model_validate_json(json.dumps(content)).row) == 3 * HOURS
    assert ok(call(["audit", str(run)])).code == 0  # the run is still whole


def test_a_wrong_map_and_a_run_that_is_none(run: Path, place: Place, call: Call) -> None:
    """Proves exit 2 with the file, the key and the remedy."""
    nodes = place.path("nodes.toml")
    nodes.write_text(NODES.replace("jazari]", "jazar]"))
    said = call(["capacity", str(run), f"--map={nodes}"])
    assert (said.code, said.err) == (
        2,
        (
            f"dakhla: {nodes}: [workload.training_jazar] is no class of the run. "
            "Give one of firm_cloud, firm_sovereign, training_jazari.\n"
        ),
    )
    said = call(["capacity", str(place.folder)])
    assert said.code == 2
    assert said.err.startswith(f"dakhla: {place.folder / 'manifest.json'}: not readable: ")
