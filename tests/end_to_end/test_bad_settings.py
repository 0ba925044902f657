"""Wrong settings: exit code 2, one message with every problem, nothing written."""

import re

import pytest

from tests.end_to_end.conftest import Place, Said

SITE, AGREEMENT = "site.toml", "agreement.toml"
Edit = tuple[str, str, str]  # file, what is there, what is written instead


def refused(place: Place, said: Said, fragments: tuple[str, ...]) -> None:
    """Assert that a command was refused as a planner should be told."""
    assert said.code == 2, said.err
    assert said.err.startswith("dakhla: ")
    assert "Traceback" not in said.err + said.out
    assert said.answer["exit_code"] == 2
    assert said.answer["status"] in ("input_error", "usage_error")
    for problem in said.answer["problems"]:
        assert problem in said.err
        assert re.search(r"[.:)'`?] [A-Z`].*[.?]$", problem, re.DOTALL), f"no remedy: {problem}"
    assert len(said.answer["problems"]) == len(fragments), said.err
    for problem, fragment in zip(said.answer["problems"], fragments, strict=True):
        assert fragment in problem
    assert not place.out.exists()


SETTINGS: dict[str, tuple[list[Edit], tuple[str, ...]]] = {
    "key with a typo": (
        [(SITE, "charge_max_mw = 100.0", "charge_max_mv = 100.0")],
        (
            "site.toml: [battery.main] charge_max_mw (converter rating, charging [MW]) is missing.",
            "site.toml: [battery.main] charge_max_mv: no such key. Did you mean charge_max_mw?",
        ),
    ),
    "table with a typo": (
        [(SITE, "[battery.main]", "[batery.main]")],
        ("site.toml: batery: no such key. Did you mean battery?",),
    ),
    "unknown key": (
        [(SITE, "[place]", "[place]\nzebra = 1")],
        ("site.toml: [place] zebra: no such key. Take it out.",),
    ),
}


@pytest.mark.parametrize(("edits", "fragments"), SETTINGS.values(), ids=SETTINGS.keys())
def test_wrong_settings(place: Place, edits: list[Edit], fragments: tuple[str, ...]) -> None:
    """Proves a wrong setting is refused with file, key, value and remedy."""
    for name, old, new in edits:
        place.edit(name, old, new)
    refused(place, place.plan("--json"), fragments)
