"""The log of the nights: whole JSON lines, the run's id, no secret, and never in the way."""

import json
import logging
import math
from pathlib import Path

import pytest

from optimizer import json_log as module
from optimizer.json_log import json_log, secrets_of

LOGGER = logging.getLogger("optimizer.somewhere")


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_has_moment_level_run_and_facts(tmp_path: Path) -> None:
    with json_log(tmp_path, "r1", [], to_stderr=False):
        facts = {"exit_code": 0, "age_h": math.nan, "path": tmp_path, "ok": True, "level": "x"}
        LOGGER.info("two\nlines", extra={"facts": facts})
        logging.getLogger("models.x").warning("%s of %d", "one", 2)
        logging.getLogger("another.library").warning("not ours")
        LOGGER.debug("too much")
    first, second = lines(tmp_path / "daily.log")
    assert first.pop("time_utc").endswith("Z")
    assert first == {
        "level": "info",
        "run": "r1",
        "logger": "optimizer.somewhere",
        "message": "two\nlines",
        "exit_code": 0,
        "age_h": "nan",
        "path": str(tmp_path),
        "ok": True,
    }
    assert (second["message"], second["level"]) == ("one of 2", "warning")


def test_nights_follow_each_other_and_leave_the_loggers_as_they_were(tmp_path: Path) -> None:
    before = [(g.level, list(g.handlers)) for g in map(logging.getLogger, module.PACKAGES)]
    for run in ("r1", "r2"):
        with json_log(tmp_path, run, [], to_stderr=False):
            LOGGER.info("x")
    LOGGER.info("after")
    assert [line["run"] for line in lines(tmp_path / "daily.log")] == ["r1", "r2"]
    assert [(g.level, list(g.handlers)) for g in map(logging.getLogger, module.PACKAGES)] == before


def test_no_secret_is_written_by_any_way(tmp_path: Path) -> None:
    """Proves that a key hides in message, facts and trace, and apikey= even if it is not known."""
    variables = ["KEY", "PING", None, "ABSENT", "SHORT"]
    environment = {"KEY": "s3cret-key", "PING": "https://ping/s3cret", "SHORT": "on"}
    with json_log(tmp_path, "r1", secrets_of(variables, environment), to_stderr=False):
        LOGGER.info("key s3cret-key on", extra={"facts": {"url": "https://ping/s3cret?a"}})
        LOGGER.info("GET https://host/v1?apikey=unknown&x=1 token=abc")
        try:
            raise ValueError("s3cret-key")
        except ValueError as error:
            LOGGER.error("bug", exc_info=error)
    text = (tmp_path / "daily.log").read_text()
    assert "s3cret" not in text
    assert "unknown" not in text
    first, second, third = lines(tmp_path / "daily.log")
    assert first["message"] == "key *** on"
    assert second["message"] == "GET https://host/v1?apikey=***&x=1 token=***"
    assert "ValueError: ***" in third["trace"]


def test_the_log_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FILE_MAX_BYTES", 2000)
    monkeypatch.setattr(module, "FILE_COUNT", 2)
    with json_log(tmp_path, "r1", [], to_stderr=False):
        for count in range(60):
            LOGGER.info("line %d", count)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["daily.log", "daily.log.1", "daily.log.2"]
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
    assert lines(tmp_path / "daily.log")[-1]["message"] == "line 59"


def test_a_log_that_cant_be_written_is_done_without(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Proves that a folder in the way and a full disk are silent: the night says enough itself."""
    (tmp_path / "daily.log").mkdir()
    with json_log(tmp_path, "r1", [], to_stderr=False):
        LOGGER.info("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "daily.log").symlink_to("/dev/full")
    with json_log(tmp_path / "full", "r1", [], to_stderr=False):
        LOGGER.info("x" * 10_000)
    assert capfd.readouterr() == ("", "")


def test_it_can_go_to_standard_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with json_log(tmp_path, "r1", [], to_stderr=True):
        LOGGER.info("ḍ")
    out, err = capfd.readouterr()
    assert (out, json.loads(err)["message"]) == ("", "ḍ")
    assert err.isascii()
    assert list(tmp_path.iterdir()) == []
