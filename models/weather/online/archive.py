"""Raw payloads as they came: cache, fallback, provenance and replay at once.

``<folder>/<source>/<fetched stamp>-<hash12>/`` is one take: ``00.gz`` and ``00.json`` for its first
payload and so on, stored before anything reads them, and ``good.json`` once the reader has taken
them. A take without that file is kept for people to look at, and never read for a plan. A take
whose bytes are not those of its hash is renamed to ``*.bad``.
"""

import hashlib
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from models.errors import SourceError
from models.files import reason
from models.weather.forecast import WeatherForecast
from models.weather.online.provider import Payload, Wanted
from models.weather.online.take import BAD, GOOD, Take, read_take, write_mark, write_payload

STAMP = "%Y%m%dT%H%M%SZ"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TAKE_NAME = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{12}(-\d+)?(\.bad)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The good takes of a source, newest model run first, and why others were passed over."""

    takes: tuple[Take, ...] = ()
    problems: tuple[str, ...] = ()


class Taking:
    """Stores the payloads of one fetch as they come."""

    def __init__(self, archive: "Archive", source: str) -> None:
        """Begin a take; its folder is made with the first payload."""
        self._archive, self._source = archive, source
        self.folder: Path | None = None
        self.payloads: list[Payload] = []
        self.problem: str | None = None

    def add(self, payload: Payload) -> None:
        """Store one payload: the body first, then what makes it known.

        A disk that takes nothing does not spoil a fetched forecast: `problem` then says so.
        """
        number = len(self.payloads)
        self.payloads.append(payload)
        if self.problem is not None:
            return
        try:
            if self.folder is None:
                self.folder = self._archive.new_folder(self._source, payload)
            write_payload(self.folder, number, payload)
        except OSError as error:
            self.problem = f"{self._archive.folder}: not stored: {reason(error)}."

    def mark_good(
        self,
        forecast: WeatherForecast,
        wanted: Wanted,
        identity: Mapping[str, str],
        left_out: Sequence[str] = (),
    ) -> None:
        """Say that these payloads gave this forecast, these members left out."""
        if self.folder is None or self.problem is not None:
            return
        try:
            write_mark(self.folder, self.payloads, forecast, wanted, identity, left_out)
        except OSError as error:
            self.problem = f"{self._archive.folder}: not stored: {reason(error)}."


@dataclass(frozen=True, slots=True)
class Archive:
    """All takes of all sources under one folder."""

    folder: Path

    def new_folder(self, source: str, payload: Payload) -> Path:
        """Make and return the folder of a take; a second of the same bytes gets a number."""
        above = self.folder / plain_name(source)
        above.mkdir(parents=True, exist_ok=True)
        name = f"{payload.fetched_utc:{STAMP}}-{payload.sha256[:12]}"
        number = 1
        while True:
            folder = above / (name if number == 1 else f"{name}-{number}")
            try:
                folder.mkdir()
            except FileExistsError:
                number += 1
            else:
                return folder

    def takes(self, source: str, identity: Mapping[str, str]) -> Found:
        """Return the good takes of a source as it is set now, newest model run first."""
        above = self.folder / plain_name(source)
        takes, problems = [], []
        try:
            folders = sorted(p for p in above.iterdir() if (p / GOOD).is_file())
        except OSError:
            return Found()
        for folder in folders:
            if folder.name.endswith(BAD):
                continue
            try:
                take = read_take(folder)
            except SourceError as error:
                problems.append(str(error))
                continue
            if dict(take.identity) == dict(identity):
                takes.append(take)
        takes.sort(key=lambda t: (t.init_utc, t.fetched_utc), reverse=True)
        return Found(takes=tuple(takes), problems=tuple(problems))

    def prune(self, keep_day: float, now_utc: pd.Timestamp) -> list[Path]:
        """Delete takes fetched more than `keep_day` ago, good or bad, and return their folders.

        The newest good take of each source stays: it may be the last there is.
        """
        oldest = now_utc - pd.Timedelta(days=keep_day)
        gone = []
        for above in sorted(p for p in self.folder.glob("*") if p.is_dir()):
            folders = [p for p in sorted(above.iterdir()) if _TAKE_NAME.fullmatch(p.name)]
            good = [p for p in folders if (p / GOOD).is_file() and not p.name.endswith(BAD)]
            for folder in folders:
                stamp = pd.Timestamp(folder.name.split("-")[0])
                if stamp < oldest and folder not in good[-1:]:
                    shutil.rmtree(folder)
                    gone.append(folder)
        return gone


def plain_name(source: str) -> str:
    """Return a folder's name for a source: its own, or a hash where that could lead elsewhere."""
    if _PLAIN_NAME.fullmatch(source):
        return source
    return f"source-{hashlib.sha256(source.encode()).hexdigest()[:12]}"
