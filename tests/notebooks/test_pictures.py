"""The README's pictures: they are made, small, and those that it shows are there."""

import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from notebooks import pictures

ROOT = Path(__file__).parents[2]


def test_both_are_made_from_a_plan(tmp_path: Path) -> None:
    """Proves a figure of full width and a page's screenshot come of a run."""
    if not any(map(shutil.which, pictures.BROWSERS)):
        pytest.skip("no chromium here")
    pictures.make(tmp_path, horizon="24h@1h")
    with Image.open(tmp_path / "plan.png") as plan, Image.open(tmp_path / "page.png") as page:
        assert plan.width > 1000
        assert page.size == pictures.PAGE_PX
        assert page.convert("RGB").getcolors(30) is None  # more colours than a blank sheet has


def test_without_a_browser_the_page_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pictures, "BROWSERS", ())
    pictures.make(tmp_path, horizon="2h@1h")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.png"]
    assert caplog.messages == ["page.png is left as it is: it needs playwright and chromium."]


def test_a_large_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", 10)
    png = (ROOT / "notebooks/plan.png").read_bytes()
    with pytest.raises(ValueError, match=r"^a picture has [\d,]+ bytes; at most 10\.$"):
        pictures.small(png)


def test_the_readme_shows_pictures_that_are_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^\]]+\]\((notebooks/[^)]+)\)", text)
    assert "notebooks/page.png" in shown
    for name in shown:
        assert (ROOT / name).stat().st_size < pictures.MOST_BYTES
