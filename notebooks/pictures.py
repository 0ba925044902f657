"""Makes the README's pictures from a real plan on the bundled climate: ``make pictures``.

``plan.png`` is a static figure; ``page.png`` is the day's page as a browser shows it, made anew
where Playwright and a Chromium are at hand, else left as it is.
"""

import importlib.util
import io
import logging
import shutil
import tempfile
from pathlib import Path

from PIL import Image

import optimizer as dk
from optimizer.report.figures import plan_figure
from optimizer.report.page import write_page

START = "2027-02-01T00:00Z"
HERE = Path(__file__).parent
SHOWN = ("balance", "compute", "prices")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAGE_PX = (1280, 1760)  # decision: a laptop's width, and as much as one looks at
MOST_BYTES = 300_000  # decision: a README loads quickly
_LOG = logging.getLogger(__name__)


def make(folder: Path, horizon: str | None = None) -> None:
    """Make the pictures in a folder, of the default plan unless another horizon is given."""
    with tempfile.TemporaryDirectory() as runs:
        plan = dk.plan(start=START, horizon=horizon, out=runs)
        (folder / "plan.png").write_bytes(small(plan_figure(plan, SHOWN).to_png()))
        browser = next(filter(None, map(shutil.which, BROWSERS)), None)
        if browser is None or importlib.util.find_spec("playwright") is None:
            _LOG.warning("page.png is left as it is: it needs playwright and chromium.")
            return
        page = Path(runs) / "page.html"
        write_page(
            plan.run_dir, optimum=plan.optimum, is_resolved=True, has_what_if=True, target=page
        )
        (folder / "page.png").write_bytes(small(screenshot(page, browser)))


def screenshot(page: Path, browser: str) -> bytes:
    """Return the top of a page as a PNG file's bytes."""
    with importlib.import_module("playwright.sync_api").sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        width, height = PAGE_PX
        tab = opened.new_page(viewport={"width": width, "height": height})
        tab.goto(page.resolve().as_uri(), wait_until="load")
        tab.wait_for_selector("figure svg")  # its charts are drawn
        shot = tab.screenshot(animations="disabled")
        opened.close()
    return bytes(shot)


def small(png: bytes) -> bytes:
    """Return a PNG packed as well as can be; refuse one that stays large."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(buffer, "PNG", optimize=True)
    if len(buffer.getvalue()) > MOST_BYTES:
        raise ValueError(f"a picture has {len(buffer.getvalue()):,} bytes; at most {MOST_BYTES:,}.")
    return buffer.getvalue()


if __name__ == "__main__":
    make(HERE)
