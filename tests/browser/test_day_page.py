"""The day's page in a real browser: drawn, silent, closed to the outside, usable by everyone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from optimizer.phrases import Spoken, said
from optimizer.report.page import FILE, write_page
from optimizer.terminal_words import FIGURES
from tests.browser.conftest import HOSTILE, Shown

Show = Callable[..., Shown]
RUNS = ("default_run", "small_run")
BAD = ("serious", "critical")
SMALL_MB, SOLVER_MB, PHONE_PX = 3.0, 8.0, 390


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest) -> Path:
    return Path(request.getfixturevalue(request.param))


def charts(shown: Shown) -> list[dict[str, object]]:
    """Return of each chart its name, size and how much is drawn in it."""
    return list(
        shown.page.evaluate(
            """() => [...document.querySelectorAll("figure.chart")].map((figure) => {
              const svg = figure.querySelector(".drawing > svg"), box = svg.getBoundingClientRect();
              const marks = [...svg.querySelectorAll("path, rect")].filter((mark) => {
                const own = mark.getBoundingClientRect();
                return own.width > 2 && !mark.closest("defs") &&
                  own.left < box.right && own.right > box.left && own.top < box.bottom;
              });
              return {id: figure.id, width: box.width, height: box.height, marks: marks.length,
                label: svg.getAttribute("aria-label"), role: svg.getAttribute("role")};
            })"""
        )
    )


def test_every_chart_is_drawn_and_the_page_is_silent(run: Path, show: Show) -> None:
    """Proves that each chart the page holds is drawn with marks in sight, by scripts the content
    policy lets run, and that nothing is asked of any network and nothing is complained about.
    """
    shown = show(run / FILE)
    shown.wait_drawn()
    found = charts(shown)
    asked = shown.page.evaluate("JSON.parse(document.getElementById('charts').textContent).specs")
    assert [chart["id"] for chart in found] == [spec["id"] for spec in asked]
    assert {"power", "battery", "cooling", "limits", "worth", "grid_onee"} <= {
        chart["id"] for chart in found
    }
    for chart in found:
        assert chart["width"] > 500, chart
        assert chart["height"] > 100, chart
        assert chart["marks"] >= 2, chart
        assert chart["role"] == "img", chart
    assert shown.complaints == []
    assert shown.requests == []


def test_the_whole_plan_is_drawn_at_a_click(default_run: Path, small_run: Path, show: Show) -> None:
    """Proves that charts show the 24 h that bind, and at a click the whole 48 h; a plan that is no
    longer than the day has no such switch.
    """
    shown = show(default_run / FILE)
    shown.wait_drawn()
    ticks = "() => document.querySelector('#power .drawing').textContent"
    assert "07 Dec" not in shown.page.evaluate(ticks)
    shown.page.locator("button[data-view=whole]").last.click()
    assert "07 Dec" in shown.page.evaluate(ticks)
    pressed = shown.page.locator("button[aria-pressed=true]").all_inner_texts()
    assert set(pressed) == {"the whole plan"}
    assert shown.complaints == []
    short = show(small_run / FILE)
    short.wait_drawn()
    assert short.page.locator("button[data-view]").count() == 0


def test_an_injected_script_is_not_run(small_run: Path, show: Show) -> None:
    """Proves that the content policy refuses a script that is not the page's own, which without it
    would run, and that no address can be asked.
    """
    shown = show(small_run / FILE)
    shown.wait_drawn()
    shown.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "document.title = 'ran'";
          document.body.append(script);
        }"""
    )
    assert shown.page.title() != "ran"
    assert any("Content Security Policy" in text for text in shown.complaints)
    answer = shown.page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'had', () => 'refused')")
    assert answer == "refused"
    assert sum("Content Security Policy" in text for text in shown.complaints) >= 2


def test_keyboard_alone_changes_language_and_opens_a_table(default_run: Path, show: Show) -> None:
    """Proves that Tab reaches the switch of language and a chart's table, and Enter works both."""
    shown = show(default_run / FILE)
    shown.wait_drawn()
    page = shown.page

    def tab_to(selector: str) -> None:
        for _ in range(200):
            page.keyboard.press("Tab")
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"Tab never reaches {selector}")

    tab_to("a.skip")
    assert page.locator("a.skip").bounding_box()["x"] >= 0
    tab_to("#language")
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.lang") == "fr"
    tab_to("#power summary")
    page.keyboard.press("Enter")
    page.wait_for_selector("#power table")
    tab_to("#power .wide")
    rows = page.locator("#power tbody tr")
    assert rows.count() == 36
    assert "2026-12-05 00:00" in rows.first.inner_text()


def test_a_charts_table_has_the_schedules_numbers(default_run: Path, show: Show) -> None:
    """Proves that the table of the sovereign load has 36 rows of 60.0 MW asked and served."""
    shown = show(default_run / FILE)
    shown.wait_drawn()
    shown.page.locator("#firm_sovereign summary").click()
    cells = shown.page.locator("#firm_sovereign tbody tr").all_inner_texts()
    assert [cell.split("\t")[2:] for cell in cells] == [["60.0", "60.0"]] * 36


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_serious(run: Path, show: Show, language: str) -> None:
    """Proves that axe-core finds nothing serious or critical, tables of charts opened too."""
    shown = show(run / FILE)
    shown.wait_drawn()
    if language == "fr":
        shown.page.click("#language")
    for summary in shown.page.locator("summary").all():
        summary.click()
    found = Axe().run(shown.page).response["violations"]
    assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in BAD] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_horizontal_scroll_on_a_phone(run: Path, show: Show, language: str) -> None:
    """Proves that at 390 px nothing is wider than the screen; wide tables scroll by themselves."""
    shown = show(run / FILE, width=PHONE_PX)
    shown.wait_drawn()
    if language == "fr":
        shown.page.click("#language")
        shown.wait_drawn()
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= PHONE_PX
    for chart in charts(shown):
        assert 250 < chart["width"] <= PHONE_PX, chart


def test_it_prints(run: Path, show: Show) -> None:
    """Proves that the page prints to several A4 sheets, with every chart in them."""
    shown = show(run / FILE)
    shown.wait_drawn()
    printed = shown.page.pdf(format="A4", print_background=True)
    assert printed.startswith(b"%PDF-")
    sheets = len(re.findall(rb"/Type\s*/Page[^s]", printed))
    assert 4 <= sheets <= 30
    assert shown.complaints == []


def test_hostile_names_are_text(small_run: Path, show: Show) -> None:
    """Proves that names with HTML in them can be read as they are, and that none of it runs."""
    shown = show(small_run / FILE)
    shown.wait_drawn()
    shown.page.click("#language")
    text = shown.text()
    for name in HOSTILE.values():
        assert name in text
    assert shown.page.title() != "ran"
    assert shown.page.locator("main img, main svg[onload]").count() == 0
    assert shown.page.locator("main script").count() == 0
    assert HOSTILE["site"] in shown.page.title()


@pytest.mark.parametrize(("language", "other"), [("en", "fr"), ("fr", "en")])
def test_one_language_at_a_time(run: Path, show: Show, language: str, other: str) -> None:
    """Proves that no text of the other language shows, and that no text is empty in either."""
    shown = show(run / FILE)
    shown.wait_drawn()
    if language == "fr":
        shown.page.click("#language")
    count = """(lang) => [...document.querySelectorAll(`main span.${lang}`)]
        .filter((span) => span.checkVisibility()).length"""
    assert shown.page.evaluate(count, language) > 100
    assert shown.page.evaluate(count, other) == 0
    empty = """() => [...document.querySelectorAll("span.en, span.fr")]
        .filter((span) => span.textContent.trim() === "")
        .map((span) => span.parentElement.outerHTML)"""
    assert shown.page.evaluate(empty) == []
    words = FIGURES["renewable_share_pu"][0]
    assert isinstance(words, Spoken)
    text = shown.text()
    assert said(words, language) in text
    assert said(words, other) not in text
    assert "{" not in text.replace(HOSTILE["wording"], "")


def test_the_language_asked_for_is_shown_first(default_run: Path, show: Show) -> None:
    """Proves that `language` sets the first language, and that the switch leads to the other."""
    target = default_run.parent / "french.html"
    write_page(default_run, is_resolved=False, has_what_if=False, language="fr", target=target)
    shown = show(target)
    shown.wait_drawn()
    assert "Bilan de puissance" in shown.text()
    assert shown.page.inner_text("#language") == "English"
    shown.page.click("#language")
    assert "Power balance" in shown.text()
    assert "Bilan de puissance" not in shown.text()


def test_a_page_without_the_solver_is_small(run: Path) -> None:
    """Proves that a page without the solver stays below 3 MB."""
    assert (run / FILE).stat().st_size < SMALL_MB * 1e6


def test_a_page_with_the_solver_is_silent_until_asked(default_run: Path, show: Show) -> None:
    """Proves that a page with the solver stays below 8 MB, draws its charts, starts no worker
    before a slider is touched, and passes axe-core.
    """
    target = default_run.parent / "solver.html"
    write_page(default_run, is_resolved=False, has_what_if=True, target=target)
    assert SMALL_MB * 1e6 / 2 < target.stat().st_size < SOLVER_MB * 1e6
    shown = show(target)
    shown.wait_drawn()
    assert shown.page.workers == []
    assert shown.page.locator("#what-if-section input[type=range]").count() > 5
    found = Axe().run(shown.page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in BAD] == []
    assert shown.complaints == []
    assert shown.requests == []


def test_downloads_are_in_the_page(default_run: Path, show: Show) -> None:
    """Proves that both downloads give files named after the run, the CSV as the run has it."""
    shown = show(default_run / FILE)
    for extension, begins in (("csv", None), ("xlsx", b"PK")):
        with shown.page.expect_download() as started:
            shown.page.click(f'a[download$=".{extension}"]')
        download = started.value
        assert download.suggested_filename == f"schedule-{default_run.name}.{extension}"
        content = Path(download.path()).read_bytes()
        if begins is None:
            assert content == (default_run / "schedule.csv").read_bytes()
        else:
            assert content.startswith(begins)
    assert shown.requests == []
