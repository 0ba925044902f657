"""The what-if section as a reader uses it, in a real browser."""

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from optimizer.report.page import FILE, write_page

STATUS = '[data-part="status"]'
SAYS = "(text) => document.querySelector('[data-part=\"status\"]').innerText.includes(text)"
LEVER = "site.battery.main.energy_max_mwh"


def with_what_if(run: Path, folder: Path) -> Path:
    """Return the page, with its what-if section, of a copy of a run."""
    copy = folder / run.name
    shutil.copytree(run, copy)
    write_page(copy, is_resolved=False, has_what_if=True)
    return copy / FILE


@pytest.fixture(scope="module")
def what_if(default_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_what_if(default_run, tmp_path_factory.mktemp("what_if"))


@pytest.fixture
def shown(what_if: Path, show: Callable[..., Any]) -> Any:
    return show(what_if)


def row_of(shown: Any, lever: str) -> Any:
    """Return the place of a lever on the page."""
    number = shown.page.evaluate(
        "(id) => dakhla.data('what-if').levers.findIndex((lever) => lever.id === id)", lever
    )
    return shown.page.locator(f'[data-lever="{number}"]')


def wait(shown: Any, words: str) -> None:
    shown.page.wait_for_function(SAYS, arg=words)


def test_a_key_on_a_slider_loads_the_solver_and_shows_old_and_new(shown: Any) -> None:
    """Proves that nothing is loaded before, that one key is enough, and that no request is made.

    The plan as published, solved here, has to cost what is published.
    """
    assert shown.page.workers == []
    row_of(shown, LEVER).locator('input[type="range"]').focus()
    shown.page.keyboard.press("ArrowRight")
    wait(shown, "Solved.")
    assert "They agree." in shown.page.inner_text('[data-part="check"]')
    figures = shown.page.locator('[data-part="figures"] tr').all_inner_texts()
    assert figures[0].startswith("Cost [MAD]")
    assert figures[0].split("\t")[-1].startswith("\N{MINUS SIGN}")  # a larger battery saves
    assert shown.page.locator("#what-if-balance svg").count() >= 1
    assert shown.page.locator("#what-if-energy svg").count() >= 1
    assert "integers as published" in shown.page.inner_text('[data-part="mode"]')
    assert (shown.complaints, shown.requests) == ([], [])


def test_a_number_out_of_range_is_refused_and_not_solved(shown: Any) -> None:
    """Proves that the range is told, and that reset brings the published number back."""
    row = row_of(shown, LEVER)
    number, reset = row.locator('input[type="number"]'), row.locator("button")
    published = number.input_value()
    number.fill("1e9")
    assert number.get_attribute("aria-invalid") == "true"
    assert "give a number within" in row.inner_text()
    assert shown.page.workers == []
    number.fill(str(float(published) + 100))
    assert number.get_attribute("aria-invalid") is None
    reset.click()
    assert number.input_value() == published
    assert reset.is_disabled()


def test_cancelling_ends_the_worker_and_the_next_change_solves(shown: Any) -> None:
    """Proves that a cancelled solve answers so, and that what follows is solved anew."""
    status = shown.page.evaluate(
        """async () => {
          const answer = dakhla.whatIf.solve("free");
          document.querySelector('[data-part="cancel"]').click();
          return (await answer).status;
        }"""
    )
    assert status == "cancelled"
    wait(shown, "Cancelled.")
    shown.page.click('[data-part="solve"]')
    wait(shown, "Solved.")
    assert "integers free" in shown.page.inner_text('[data-part="mode"]')


def test_only_the_latest_of_many_changes_is_solved(shown: Any) -> None:
    """Proves that of three wishes at once the last one alone is answered with a schedule."""
    found = shown.page.evaluate(
        """async (id) => Promise.all([1900, 2000, 2100].map((mwh) => {
          dakhla.whatIf.set({[id]: mwh});
          return dakhla.whatIf.solve("published");
        })).then((answers) => answers.map((a) => a.status))""",
        LEVER,
    )
    assert found == ["cancelled", "cancelled", "optimal"]


def test_the_change_is_given_back_as_toml(shown: Any) -> None:
    """Proves that the text, what is copied and what is downloaded name run, mode and number."""
    shown.page.evaluate("(id) => dakhla.whatIf.set({[id]: 2000})", LEVER)
    shown.page.check('input[value="free"]')
    text = shown.page.input_value('[data-part="toml"]')
    run = shown.page.evaluate("() => dakhla.data('what-if').run")
    assert tomllib.loads(text) == {
        "base": {"run": run, "integers": "free"},
        "site": {
            "solver": {"mip_gap_pu": 1e-7},
            "battery": {"main": {"energy_max_mwh": 2000.0}},
        },
    }
    shown.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown.page.click('[data-part="copy"]')
    shown.page.wait_for_selector('[data-part="copied"] .en')
    assert shown.page.evaluate("() => navigator.clipboard.readText()") == text
    with shown.page.expect_download() as download:
        shown.page.click('[data-part="download"]')
    assert Path(download.value.path()).read_text() == text


def test_axe_finds_nothing_serious_beside_a_result(shown: Any) -> None:
    """Proves that controls have names, and tables that scroll can be reached."""
    shown.page.click('[data-part="solve"]')
    wait(shown, "Solved.")
    found = Axe().run(shown.page, "#what-if-section").response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_horizontal_scroll_on_a_phone_with_a_result(
    what_if: Path, show: Callable[..., Any], language: str
) -> None:
    """Proves that levers, tables and charts fit in 390 px."""
    shown = show(what_if, 390)
    shown.page.evaluate("(language) => dakhla.setLanguage(language)", language)
    shown.page.click('[data-part="solve"]')
    wait(shown, {"en": "Solved.", "fr": "Résolu."}[language])
    assert shown.page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_hostile_names_stay_text(small_run: Path, show: Callable[..., Any], tmp_path: Path) -> None:
    """Proves that a site's own names run no script, before and after a solve."""
    shown = show(with_what_if(small_run, tmp_path))
    shown.page.click('[data-part="solve"]')
    wait(shown, "Solved.")
    assert shown.page.title() != "ran"
    assert (shown.complaints, shown.requests) == ([], [])
