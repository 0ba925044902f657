"""Two runs side by side, and a month, in a real browser: drawn, silent, usable by everyone."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

import optimizer as dk
from optimizer.in_force import put_in_force
from optimizer.meters import COLUMNS_FILE, METERS
from optimizer.report.compare import write_compare
from optimizer.report.month import write_month
from optimizer.store import write_json
from tests.browser.conftest import HOSTILE, Shown
from tests.end_to_end.conftest import DAY, write_plant

Show = Callable[..., Shown]
BAD = ("serious", "critical")
PHONE_PX = 390
PLANS_MB = 1.5


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the pages of two runs that differ by a battery, of two without common time, of July.

    The site's name and a clause's sentence are hostile.
    """
    folder = tmp_path_factory.mktemp("plant")
    write_plant(folder)
    site, agreement, out = folder / "site.toml", folder / "agreement.toml", folder / "runs"
    text = site.read_text().replace('"small plant"', f"'''{HOSTILE['site']}'''")
    site.write_text(text)
    agreed = agreement.read_text().replace('"small agreement"', f"'''{HOSTILE['agreement']}'''")
    agreement.write_text(agreed)
    plans = []
    for second, energy in enumerate(("400.0", "250.0")):
        site.write_text(text.replace("energy_max_mwh = 400.0", f"energy_max_mwh = {energy}"))
        plans.append(
            dk.plan(
                site,
                agreement=agreement,
                start=f"{DAY}T00:00Z",
                state=folder / "state.csv",
                out=out,
                now=pd.Timestamp(f"2026-06-30T18:00:0{second}Z"),
            )
        )
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    later = dk.plan(start="2026-12-05T00:00Z", horizon="6h@1h", out=elsewhere, now=_NOW)
    first, second = (plan.run_dir for plan in plans)
    put_in_force(out, second.name, by="me", note="a night", now=_NOW, is_forced=True)
    _meter(out, plans[1].schedule[["wind_main_used_mw", "grid_onee_import_mw"]])
    return {
        "two": write_compare(first, second),
        "apart": write_compare(first, later.run_dir, folder / "apart.html"),
        "month": write_month(out, "2026-07", now=pd.Timestamp("2026-08-01T00:00Z")),
    }


_NOW = pd.Timestamp("2026-06-30T19:00Z")


def _meter(out: Path, planned: pd.DataFrame) -> None:
    """Keep metered values a tenth above what was planned."""
    (out / METERS).mkdir()
    (1.1 * planned).rename_axis("time_utc").to_parquet(out / METERS / "2026-07.parquet")
    write_json(out / METERS / COLUMNS_FILE, dict.fromkeys(planned.columns, 1.0))


@pytest.fixture(params=["two", "apart", "month"])
def page(request: pytest.FixtureRequest, pages: dict[str, Path]) -> Path:
    return pages[request.param]


def opened(show: Show, path: Path, language: str = "en", width: int = 1280) -> Shown:
    """Return a page drawn in a language, everything that folds unfolded."""
    shown = show(path, width=width)
    shown.wait_drawn()
    if language == "fr":
        shown.page.click("#language")
        shown.wait_drawn()
    shown.page.evaluate(
        "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
    )
    shown.page.wait_for_function(
        "[...document.querySelectorAll('.chart-table')].every((one) => one.querySelector('table'))"
    )
    return shown


def test_every_chart_is_drawn_and_the_page_is_silent(page: Path, show: Show) -> None:
    """Proves that each chart of the page is drawn in its place, and nothing is asked for."""
    shown = opened(show, page)
    asked = shown.page.evaluate(
        "JSON.parse(document.getElementById('charts').textContent).map((spec) => spec.id)"
    )
    drawn = shown.page.evaluate(
        "[...document.querySelectorAll('figure.chart')].map((figure) => figure.id)"
    )
    assert drawn == asked
    assert len(drawn) >= 2
    assert shown.page.locator("[id^=place-]").count() == 0
    assert shown.complaints == []
    assert shown.requests == []
    assert page.stat().st_size < PLANS_MB * 1e6


def test_each_page_shows_what_it_is_for(pages: dict[str, Path], show: Show) -> None:
    """Proves by name the charts that two runs and a month must have."""

    def ids(name: str) -> set[str]:
        shown = opened(show, pages[name])
        return set(
            shown.page.evaluate(
                "[...document.querySelectorAll('figure.chart')].map((figure) => figure.id)"
            )
        )

    assert {"balance-a", "balance-b", "apart-battery_main_energy_mwh"} <= ids("two")
    assert ids("apart") == {"balance-a", "balance-b"}
    assert ids("month") == {
        *("energy", "cost", "beside-wind_main_used_mw", "beside-grid_onee_import_mw"),
    }


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_serious(page: Path, show: Show, language: str) -> None:
    """Proves that axe-core finds nothing serious or critical, with every table open."""
    shown = opened(show, page, language)
    found = Axe().run(shown.page).response["violations"]
    assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in BAD] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_horizontal_scroll_on_a_phone(page: Path, show: Show, language: str) -> None:
    """Proves that at 390 px nothing is wider than the screen; wide tables scroll by themselves."""
    shown = opened(show, page, language, PHONE_PX)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= PHONE_PX


@pytest.mark.parametrize(("language", "other"), [("en", "fr"), ("fr", "en")])
def test_one_language_at_a_time(page: Path, show: Show, language: str, other: str) -> None:
    """Proves that the other language is hidden everywhere, and that no placeholder is left."""
    shown = opened(show, page, language)
    count = """(lang) => [...document.querySelectorAll(`main span.${lang}`)]
        .filter((span) => span.checkVisibility()).length"""
    assert shown.page.evaluate(count, language) > 30
    assert shown.page.evaluate(count, other) == 0
    assert "{" not in shown.text()


def test_hostile_names_are_text(page: Path, show: Show) -> None:
    """Proves that the site's name can be read as it is, and that nothing of it runs."""
    shown = opened(show, page)
    assert HOSTILE["site"] in shown.text()
    assert shown.page.title() != "ran"
    assert shown.page.locator("main img, main script").count() == 0


def test_a_table_beside_each_chart_has_its_numbers(pages: dict[str, Path], show: Show) -> None:
    """Proves that the month's table says wind by day: metered is 1.1 times planned on the 1st."""
    shown = opened(show, pages["month"])
    rows = shown.page.locator("#beside-wind_main_used_mw tbody tr").all_inner_texts()
    assert len(rows) == 31
    day, _, metered, planned = rows[0].split("\t")
    assert day == "2026-07-01"
    metered_mwh, planned_mwh = (float(text.replace(",", "")) for text in (metered, planned))
    assert metered_mwh == pytest.approx(1.1 * planned_mwh, rel=1e-2)
    assert rows[1].split("\t")[2:] == ["\u2013"] * 2


def test_it_prints(page: Path, show: Show) -> None:
    """Proves that the page goes to paper without a complaint."""
    shown = opened(show, page)
    assert shown.page.pdf(format="A4", print_background=True).startswith(b"%PDF-")
    assert shown.complaints == []
