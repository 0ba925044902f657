"""A real browser, the pages it is shown, and what it says of them."""

import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import optimizer as dk
from optimizer.report.page import FILE, write_page
from tests.end_to_end.conftest import DAY, write_plant

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path(os.environ.get("DAKHLA_CHROMIUM", "/usr/bin/chromium"))
OPTIONS = [  # nothing the browser does of its own accord
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OWN = ("file:", "blob:", "data:")  # addresses that are no request
NOW = pd.Timestamp("2026-11-28 18:00", tz="UTC")  # names the runs
HOSTILE = {  # names and sentences of a site that must show as text
    "site": "<script>document.title='ran'</script>",
    "agreement": '"><img src=x onerror="document.title=\'ran\'">',
    "wording": "=cmd|' /C calc'!A0 </script><svg onload=\"document.title='ran'\">",
}


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Return a browser; skip where there is none, fail where there must be one."""
    missing = [] if importlib.util.find_spec("playwright") else ["playwright is not installed"]
    missing += [] if CHROMIUM.is_file() else [f"there is no {CHROMIUM}"]
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("; ".join(missing))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@dataclass
class Shown:
    """A page as a browser shows it, and everything it complained about or asked for."""

    page: "Page"
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def wait_drawn(self) -> None:
        """Wait until every chart has its drawing."""
        self.page.wait_for_function(
            "() => { const all = [...document.querySelectorAll('figure.chart')];"
            " return all.length > 0 && all.every((f) => f.querySelector('.drawing > svg')); }"
        )

    def text(self) -> str:
        """Return what can be read."""
        return self.page.inner_text("body")


@pytest.fixture
def show(browser: "Browser") -> Iterator[Callable[..., Shown]]:
    """Return what opens a file of a page in the browser."""
    contexts: list[Any] = []

    def opened(path: Path, width: int = 1280) -> Shown:
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        shown = Shown(context.new_page())
        page = shown.page
        page.on("console", lambda said: shown.complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        page.on("websocket", lambda socket: shown.requests.append(socket.url))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(OWN) else shown.requests.append(asked.url),
        )
        page.goto(path.as_uri())
        return shown

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def default_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of the bundled site over a day and one of look-ahead, with its page."""
    out = tmp_path_factory.mktemp("default")
    plan = dk.plan(start="2026-12-05T00:00Z", horizon="24h@1h+24h@2h", out=out, now=NOW)
    return with_page(plan)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of a small plant whose names are hostile, with its page."""
    folder = tmp_path_factory.mktemp("small")
    write_plant(folder)
    site, agreement = folder / "site.toml", folder / "agreement.toml"
    _edit(site, '"small plant"', f"'''{HOSTILE['site']}'''")
    _edit(agreement, '"small agreement"', f"'''{HOSTILE['agreement']}'''")
    _edit(
        agreement, '"In the evening no more than the cap is drawn."', f"'''{HOSTILE['wording']}'''"
    )
    plan = dk.plan(
        site,
        agreement=agreement,
        start=f"{DAY}T00:00Z",
        state=folder / "state.csv",
        out=folder / "runs",
        now=NOW,
    )
    return with_page(plan)


def _edit(path: Path, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))


def with_page(plan: dk.Plan) -> Path:
    """Return the run folder of a plan, its page written."""
    assert plan.run_dir is not None
    write_page(plan.run_dir, optimum=plan.optimum, is_resolved=False, has_what_if=False)
    assert (plan.run_dir / FILE).is_file()
    return plan.run_dir
