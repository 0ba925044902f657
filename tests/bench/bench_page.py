"""The day's page of the default plan: how long it takes to make, how large it is, when it is drawn.

Made in a warm process right after the plan, whose optimum is at hand. Drawn in headless chromium
from the disk: from the navigation's start until the last chart's drawing is there.
"""

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from playwright.sync_api import Browser, sync_playwright

import optimizer as dk
from optimizer.report.page import FILE, write_page
from tests.browser.conftest import CHROMIUM, OPTIONS

ROUNDS = 3
MB = 1e6  # bytes
WATCH = """
new MutationObserver(() => {
  const drawn = document.querySelectorAll('figure.chart .drawing > svg').length;
  if (drawn === window.drawn_count) return;
  window.drawn_count = drawn;
  window.drawn_ms = performance.now();
}).observe(document, {childList: true, subtree: true});
"""
ALL_DRAWN = """() => {
  const all = [...document.querySelectorAll('figure.chart')];
  return document.readyState === 'complete' && all.length > 0
    && all.every((figure) => figure.querySelector('.drawing > svg'));
}"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What the page of one plan takes: seconds, medians; and what it weighs."""

    page_s: float  # rendering alone
    what_if_s: float  # the plan's program for the browser
    resolve_s: float  # once: explanation and plan without flexibility
    drawn_s: dict[str, float]  # by page
    size_mb: dict[str, float]


def measured(day: str) -> Measured:
    """Return what the page of one day's default plan takes."""
    now = pd.Timestamp(day, tz="UTC")
    with tempfile.TemporaryDirectory() as out:
        plan = dk.plan(start=f"{day}T00:00Z", out=out, now=now)
        folder = plan.run_dir
        assert folder is not None
        files = {"with the solver": True, "without": False}
        took: dict[bool, list[dict[str, float]]] = {True: [], False: []}
        for name, has_what_if in files.items():
            for _ in range(1 + ROUNDS):  # the first is cold
                took[has_what_if].append(
                    write_page(
                        folder,
                        optimum=plan.optimum,
                        is_resolved=False,
                        has_what_if=has_what_if,
                        target=folder / f"{name}.html",
                    )
                )
        resolved = write_page(folder, optimum=plan.optimum, is_resolved=True, has_what_if=False)
        pages = {name: folder / f"{name}.html" for name in files} | {"solved again": folder / FILE}
        return Measured(
            page_s=statistics.median(each["page"] for each in took[False][1:]),
            what_if_s=statistics.median(each["what_if"] for each in took[True][1:]),
            resolve_s=resolved["resolve"],
            drawn_s=drawn(pages),
            size_mb={name: path.stat().st_size / MB for name, path in pages.items()},
        )


def drawn(pages: dict[str, Path]) -> dict[str, float]:
    """Return after how long all charts of each page are drawn [s], medians."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        found = {
            name: statistics.median(_drawn_s(browser, path) for _ in range(ROUNDS))
            for name, path in pages.items()
        }
        browser.close()
    return found


def _drawn_s(browser: Browser, path: Path) -> float:
    """Return after how long the last chart of a page is drawn, in a browser that never saw it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(path.as_uri())
    page.wait_for_function(ALL_DRAWN)
    seconds = float(page.evaluate("window.drawn_ms")) / 1000
    context.close()
    return seconds
