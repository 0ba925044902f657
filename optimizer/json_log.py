"""The log of the nights: one JSON object a line, with the run's id, and no secret in it."""

import json
import logging
import logging.handlers
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

LOG = "daily.log"
PACKAGES = ("optimizer", "models")
FILE_MAX_BYTES, FILE_COUNT = 1_000_000, 5  # a night takes some 5 kB: three years in all
_KEYED = re.compile(r"(?i)\b(api_?key|token|key|password)=[^\s&\"']+")
_SECRET_MIN = 4  # shorter ones would blot out ordinary words
_HIDDEN = "***"


class JsonLines(logging.Formatter):
    """One JSON object a line: moment, level, run, where, message, and what else a record has."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self.secrets = sorted({s for s in secrets if len(s) >= _SECRET_MIN}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        moment = datetime.fromtimestamp(record.created, UTC)
        content = {
            "time_utc": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "run": getattr(record, "run", None),
            "logger": record.name,
            "message": self._hidden(record.getMessage()),
        }
        facts = getattr(record, "facts", None)
        if isinstance(facts, Mapping):
            content |= {k: self._fact(v) for k, v in facts.items() if k not in content}
        if record.exc_info:
            content["trace"] = self._hidden(self.formatException(record.exc_info))
        return json.dumps(content, ensure_ascii=True, allow_nan=False)

    def _fact(self, value: object) -> object:
        """Return a fact as JSON can hold it."""
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float) and abs(value) < float("inf"):
            return value
        return self._hidden(str(value))

    def _hidden(self, text: str) -> str:
        """Return a text without keys."""
        for secret in self.secrets:
            text = text.replace(secret, _HIDDEN)
        return _KEYED.sub(rf"\1={_HIDDEN}", text)


class OfRun(logging.Filter):
    """Adds a run's id to every record."""

    def __init__(self, run: str) -> None:
        super().__init__()
        self.run = run

    def filter(self, record: logging.LogRecord) -> bool:
        """Name the run in the record, and let it pass."""
        record.run = self.run
        return True


class _Quiet(logging.handlers.RotatingFileHandler):
    """A full disk or a closed stream costs the log, never the plan."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Give the record up."""


@contextmanager
def json_log(out: Path, run: str, secrets: Iterable[str], *, to_stderr: bool) -> Iterator[None]:
    """Write what the program logs to ``DIR/daily.log``, or to standard error.

    A folder that can't be written to leaves the night without a log; the night says so itself.
    """
    handler: logging.Handler = logging.NullHandler()
    with suppress(OSError):
        handler = (
            logging.StreamHandler(sys.stderr)
            if to_stderr
            else _Quiet(
                out / LOG, maxBytes=FILE_MAX_BYTES, backupCount=FILE_COUNT, encoding="utf-8"
            )
        )
    handler.setFormatter(JsonLines(secrets))
    handler.addFilter(OfRun(run))
    loggers = [logging.getLogger(name) for name in PACKAGES]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
        with suppress(OSError):
            handler.close()


def secrets_of(variables: Iterable[str | None], environment: Mapping[str, str]) -> list[str]:
    """Return the values of the environment's `variables`, which no log may hold."""
    return [environment[name] for name in variables if name is not None and name in environment]
