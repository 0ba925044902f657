"""From templates to a page: escaping, both languages, and a policy that names every script."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pyomo.environ as pyo
import pytest

import optimizer as dk
from optimizer.phrases import phrase, untranslated
from optimizer.report import rendering
from optimizer.report.page import FILE, page, write_page
from optimizer.report.rendering import both, file_bytes, json_block, spans
from optimizer.report.source import Source

HOSTILE = "</script><script>alert(1)</script><!-- & \u2028"


def test_a_phrase_is_said_in_both_languages_and_a_name_once() -> None:
    """Proves that a phrase gives two spans and a name one escaped text."""
    found = str(spans(phrase("the whole plan")))
    assert found == (
        '<span class="en" lang="en">the whole plan</span>'
        '<span class="fr" lang="fr">tout le plan</span>'
    )
    assert str(spans("<b>&")) == "&lt;b&gt;&amp;"
    assert both("name") == {"en": "name", "fr": "name"}


def test_no_text_ends_a_block_of_data() -> None:
    """Proves that a text with the end of a script in it comes back whole, and never as HTML."""
    block = str(json_block("x", {"name": HOSTILE}))
    body = re.fullmatch(r'<script type="application/json" id="x">(.*)</script>', block, re.DOTALL)
    assert body is not None
    assert not set("<>&\u2028") & set(body[1])
    assert json.loads(body[1]) == {"name": HOSTILE}


def test_nan_is_no_data() -> None:
    """Proves that a number that is none is refused, as no browser reads it."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_block("x", float("nan"))


def test_the_policy_names_every_script(source: Source) -> None:
    """Proves that each script of the page has its hash in the policy, and nothing else may run."""
    text = page(source)
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = re.findall(r"sha256-([A-Za-z0-9+/=]+)", policy.replace("&#39;", "'"))
    assert hashes == allowed
    assert len(scripts) == len(rendering.CHARTS)
    assert "default-src" in policy
    assert "unsafe-inline" not in policy.partition("style-src")[0]
    assert "http" not in policy


def test_a_changed_vendored_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Proves that a library that is not the one whose hash is written down is not put in a page."""
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "d3.min.js").write_text("changed")
    (tmp_path / "vendor" / "vendor.toml").write_bytes(file_bytes_of("vendor.toml"))
    monkeypatch.setattr(rendering, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=r"vendor/d3.min.js is not the file of vendor.toml"):
        file_bytes.__wrapped__("d3.min.js")


def file_bytes_of(name: str) -> bytes:
    """Return a file of the vendored folder as it is."""
    return (Path(rendering.__file__).parent / "vendor" / name).read_bytes()


def test_nothing_is_untranslated(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that every phrase of the page has its French."""
    missing: set[str] = set()
    said = rendering.said

    def recorded(text: str, language: str) -> str:
        missing.update(untranslated(text, "fr"))
        return said(text, language)

    monkeypatch.setattr(rendering, "said", recorded)
    page(source)
    assert missing == set()


def test_the_same_run_gives_the_same_page(source: Source) -> None:
    """Proves that no clock and no chance is in the page."""
    assert page(source) == page(source)


def test_a_plan_without_prices_has_its_page(source: Source) -> None:
    """Proves that a plan that was stopped before it had prices is shown, and says it has none."""
    text = page(replace(source, frozen=None))
    assert "The plan was stopped: it has no prices." in text
    assert 'id="place-power"' in text
    assert 'id="place-worth"' not in text


def test_a_stored_run_gives_the_page_of_the_plan(small_day, tmp_path: Path) -> None:
    """Proves that the page of a run read from disk is that of the plan just made."""
    made, stored = tmp_path / "made.html", tmp_path / "stored.html"
    options = {"is_resolved": False, "has_what_if": False}
    told = write_page(small_day.run_dir, optimum=small_day.optimum, target=made, **options)
    write_page(small_day.run_dir, target=stored, **options)
    assert made.read_text() == stored.read_text()
    assert set(told) == {"page", "resolve", "what_if"}
    assert told["resolve"] == told["what_if"] == 0.0
    assert not (small_day.run_dir / FILE).exists()


def test_solving_again_tells_more(small_day, tmp_path: Path) -> None:
    """Proves that with re-solves the page says what a clause costs and has the plan without
    flexibility, and that without them it says that there are shadow prices only.
    """
    quick, whole = tmp_path / "quick.html", tmp_path / "whole.html"
    options = {"optimum": small_day.optimum, "has_what_if": False}
    write_page(small_day.run_dir, is_resolved=False, target=quick, **options)
    write_page(small_day.run_dir, is_resolved=True, target=whole, **options)
    assert "Shadow prices only" in quick.read_text()
    assert "not solved" in quick.read_text()
    assert "Shadow prices only" not in whole.read_text()
    assert "not solved" not in whole.read_text()
    assert "Without Art. 4.2 the plan would cost" in whole.read_text()


def test_a_model_extended_by_hand_has_a_page_without_sliders(tmp_path: Path) -> None:
    """Proves a row of one's own leaves the what-if section out, and the page says why."""
    problem = dk.build(start="2026-12-05T00:00Z", horizon="3h@1h")
    problem.model.mine = pyo.Constraint(expr=problem.model.grid_onee.import_mw[0] <= 100.0)
    text = dk.solve(problem).to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == text
    assert "Rows were added to this plan" in text
    assert 'id="solver"' not in text


def test_a_plan_too_long_for_the_page_is_not_solved_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves a program above the largest leaves the section out, and the page says why."""
    monkeypatch.setattr("optimizer.what_if.export.COLUMNS_MAX", 10)
    text = dk.plan(start="2026-12-05T00:00Z", horizon="3h@1h").to_html()
    assert "The plan is too long to be solved in a page." in text
    assert 'id="solver"' not in text
