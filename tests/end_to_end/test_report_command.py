"""The command `dakhla report`: pages of a run, of two runs, and what is refused."""

from pathlib import Path

import pytest

from tests.end_to_end.conftest import DAY, Place

QUICK = ("--no-what-if",)


def planned(place: Place) -> Path:
    """Return a run folder."""
    return Path(place.plan("--json", "--no-page").answer["run_dir"])


def test_a_run_has_its_page(place: Place) -> None:
    """Proves that the page lies in the run's folder, named on standard output, and that the run is
    still as its manifest has it.
    """
    run = planned(place)
    said = place.call(["report", str(run), *QUICK])
    assert said.code == 0
    assert said.out.strip() == str(run / "report.html")
    text = (run / "report.html").read_text(encoding="utf-8")
    assert text.startswith('<!DOCTYPE html>\n<html lang="en"')
    assert "small plant" in text
    assert run.name in text
    assert place.call(["audit", str(run)]).code == 0


@pytest.mark.parametrize(
    ("more", "has_solver", "has_other"),
    [((), True, True), (("--no-what-if",), False, True), (("--no-resolve",), True, False)],
)
def test_a_plan_writes_its_page(
    place: Place, more: tuple[str, ...], has_solver: bool, has_other: bool
) -> None:
    """Proves that a plan says where its page is, and what can be left out is left out."""
    files = [str(place.path(name)) for name in ("site.toml", "agreement.toml", "state.csv")]
    named = ["--site", files[0], "--agreement", files[1], "--state", files[2]]
    said = place.call(["plan", *named, "--date", DAY, "--out", str(place.out), *more])
    assert said.code == 0
    [page] = place.out.glob("2*/report.html")
    assert said.out.splitlines()[-1] == f"Page: {page}"
    text = page.read_text(encoding="utf-8")
    assert ('id="solver"' in text) is has_solver
    assert ("not solved" not in text) is has_other


def test_a_run_is_found_by_name_and_as_the_latest(place: Place) -> None:
    """Proves that a run's name and `latest` lead to the same page, in the language asked for, and
    that with --json the timings are told by part.
    """
    run = planned(place)
    out = ["--out", str(place.out), "--json", *QUICK]
    target = place.path("page.html")
    by_name = place.call(["report", run.name, *out]).answer
    latest = place.call(
        ["report", "latest", "--language", "fr", "--target", str(target), *out]
    ).answer
    assert by_name["run_dir"] == latest["run_dir"] == str(run)
    assert latest["file"] == str(target)
    assert set(by_name["timings_s"]) == {"page", "resolve", "what_if"}
    assert '<html lang="fr"' in target.read_text(encoding="utf-8")


def test_two_runs_stand_side_by_side(place: Place) -> None:
    """Proves that two runs give one page with both names."""
    first, second = planned(place), planned(place)
    said = place.call(["report", str(first), str(second), "--json"])
    assert said.code == 0
    text = Path(said.answer["file"]).read_text(encoding="utf-8")
    assert first.name in text
    assert second.name in text


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "RUN = 0 runs. Give one, two to compare, or --period."),
        (["a", "b", "c"], "RUN = 3 runs. Give one, two to compare, or --period."),
        (
            ["a", "--period", "2026-07"],
            "RUN and --period are both given. Give a run, or a month.",
        ),
        (
            ["a", "--language", "de"],
            "--language = 'de' is unknown. Give one of en, fr.",
        ),
    ],
)
def test_what_contradicts_is_refused(place: Place, arguments: list[str], problem: str) -> None:
    """Proves that wrong arguments are refused with what to do, and nothing is written."""
    said = place.call(["report", *arguments, "--json"])
    assert said.code == 2
    assert said.answer["problems"] == [problem]
    assert not list(place.folder.rglob("*.html"))


def test_a_folder_that_is_no_run_is_refused(place: Place) -> None:
    """Proves that a folder without a run's files is refused by name."""
    said = place.call(["report", str(place.folder), "--json", *QUICK])
    assert said.code == 2
    assert str(place.folder) in said.answer["problems"][0]
