"""`dakhla explain` and `dakhla plan --soften`, called as people call them."""

from pathlib import Path

import pytest


@pytest.fixture
def run(place):
    """Return the folder of a run of the small plant."""
    said = place.plan("--json")
    assert said.code == 0, said.err
    return Path(said.answer["run_dir"])


def test_a_step_is_explained(place, run):
    said = place.call(["explain", str(run), "--at", "2026-07-01T03:00Z"])
    assert said.code == 0, said.err
    assert "01 Jul 03:00Z: a MWh is worth" in said.out
    assert "Without Art. 4.2 the plan would cost" in said.out


def test_the_json_holds_the_sentences_and_the_tables(place, run):
    said = place.call(["explain", str(run), "--no-resolve", "--json"])
    assert said.code == 0, said.err
    answer = said.answer
    assert answer["status"] == "explained"
    assert answer["sentences"]
    assert {"parts", "limits", "clauses", "units", "decisions"} <= set(answer)


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("soon", "--at = 'soon' is not a moment. Write 2026-12-05T18:00Z."),
        ("2026-07-02T00:00Z", "--at = 2026-07-02T00:00Z is not in the plan"),
    ],
)
def test_a_step_that_is_none_is_refused(place, run, at, message):
    said = place.call(["explain", str(run), "--at", at])
    assert said.code == 2
    assert said.err.startswith(f"dakhla: {message}")


def test_a_plan_that_keeps_not_every_limit_is_softened_and_marked(place):
    """Proves the way out at the command line: a cap of 0 with no wind gives way, exit 3."""
    place.path("wind.csv").write_text(
        place.path("wind.csv").read_text().replace("160.0", "0.0").replace("140.0", "0.0")
    )
    place.edit("agreement.toml", "import_max_mw = 60.0", "import_max_mw = 0.0")
    place.edit("site.toml", "energy_max_mwh = 400.0", "energy_max_mwh = 160.0")
    place.edit("site.toml", "energy_initial_mwh = 200.0", "energy_initial_mwh = 8.0")
    place.edit("state.csv", "150", "8")
    place.edit("site.toml", "import_max_mw = 150.0", "import_max_mw = 110.0")
    refused = place.plan("--json")
    assert refused.code == 7, refused.out
    assert any("Art. 4.2" in member for member in refused.answer["clash"])
    softened = place.plan("--soften", "--json")
    assert softened.code == 3, softened.err
    assert softened.answer["status"] == "softened"
    audited = place.call(["audit", softened.answer["run_dir"]])
    assert audited.code == 0, audited.err
    assert "\nSOFTENED firm_cloud: demand that may not be shed" in audited.out
