"""A weather server on this computer that answers as Open-Meteo does, and fails on demand.

    with FakeWeather(clock) as server:
        ask(server.url)                      # forecasts of the newest run there is at clock()
        server.fault = "drip"                # any name of FAULTS; None heals it
        server.fault, server.fault_count = "http_502", 2   # the next two requests only

`clock` returns the moment the server lives in; its Date header, its runs and its days follow it.
A run begins every 6 h and is out 7 h later. Runs share one truth and differ in how they stray
from it. What each fault does stands in `fake_faults`.
"""

import json
import threading
from collections.abc import Callable
from email.utils import format_datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from tests.fake_faults import BEHAVIOURS, CONTENT, FAULTS, HEALTHY, TEXT
from tests.payloads import ensemble_payload, forecast_payload, meta_payload

__all__ = ["FAULTS", "HARMLESS", "FakeWeather"]
# With these a forecast is fresh all the same: what is left of it is enough.
HARMLESS = (
    *("redirect_here", "key_in_body", "short_member", "frozen_member", "member_of_last_run"),
    *("control_missing", "fewer_members"),
)
HOUR = pd.Timedelta(hours=1)
INTERVAL_H = 6
AVAILABLE_AFTER_H = 7


class FakeWeather:
    """The server; a context manager.

    Attributes
    ----------
    url : str
        Scheme, host and port: the `url` of a source.
    fault : str or None
        What goes wrong now, a name of `FAULTS`.
    fault_count : int or None
        How many further requests it goes wrong for; None for all.
    only : str
        Beginning of the paths it goes wrong for: "/data" is metadata, "/v1" the hours.
    skew : Timedelta
        The server's clock minus `clock`.
    served_run : Timestamp
        The run whose hours were served last.
    asked : list of str
        Paths with query of all requests so far.
    """

    def __init__(
        self, clock: Callable[[], pd.Timestamp], *, members: int = 5, seed: int = 0
    ) -> None:
        self.clock, self.members, self.seed = clock, members, seed
        self.fault: str | None = None
        self.fault_count: int | None = None
        self.only = "/"
        self.skew = pd.Timedelta(0)
        self.asked: list[str] = []
        self.served_run = self.newest_run
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Door", (_Door,), {"fake": self}))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()  # lets hanging answers go
        self._server.shutdown()
        self._server.server_close()

    @property
    def newest_run(self) -> pd.Timestamp:
        """Begin of the newest run that is out."""
        return (self.clock() - AVAILABLE_AFTER_H * HOUR).floor(f"{INTERVAL_H}h")

    def take_fault(self, path: str) -> str | None:
        """Return the fault of this request, and count it."""
        if not path.startswith(self.only):
            return None
        if self.fault is not None and self.fault_count is not None:
            if self.fault_count <= 0:
                return None
            self.fault_count -= 1
        return self.fault


class _Door(BaseHTTPRequestHandler):
    """Answers one request."""

    fake: FakeWeather
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer, in the way of the fault that is on."""
        self.fake.asked.append(self.path)
        fault = self.fake.take_fault(self.path)
        if fault is not None and fault not in FAULTS:
            raise ValueError(f"no fault is named {fault!r}")
        try:
            BEHAVIOURS.get(fault or HEALTHY, BEHAVIOURS[HEALTHY])(self, self._body(fault))
        except OSError:
            self.close_connection = True  # the client has gone

    def _body(self, fault: str | None) -> bytes:
        """Return the JSON of this path, with what a fault makes of it."""
        parts = urlsplit(self.path)
        if parts.path.endswith("/static/meta.json"):
            content, kind = self._meta(), "meta"
        elif parts.path in ("/v1/ensemble", "/v1/forecast"):
            content, kind = self._served(parts.path, parse_qs(parts.query), fault), "hours"
        else:
            content, kind = {"error": True, "reason": "Not Found"}, "other"
        where, change = CONTENT.get(fault or "", ("none", lambda content, fake: content))
        if where == kind:
            content = change(content, self.fake)
        text = json.dumps(content)
        if kind == "hours" and fault in TEXT:
            text = TEXT[fault](text)
        return text.encode(errors="surrogateescape")

    def _meta(self) -> dict[str, Any]:
        init = self.fake.newest_run
        return meta_payload(init=init, available=init + AVAILABLE_AFTER_H * HOUR)

    def _served(self, path: str, query: dict[str, list[str]], fault: str | None) -> dict[str, Any]:
        """Return the newest run's hours; a feed or a member may stand still."""
        before = self._hours(path, query)
        if fault == "frozen_feed":
            return before
        self.fake.served_run = self.fake.newest_run
        content = self._hours(path, query)
        if fault == "member_of_last_run":
            stands = (c for c in content["hourly"] if c.endswith("_member02"))
            content["hourly"] |= {column: before["hourly"][column] for column in stands}
        return content

    def _hours(self, path: str, query: dict[str, list[str]]) -> dict[str, Any]:
        back, ahead = (int(query[name][0]) for name in ("past_days", "forecast_days"))
        start = self.fake.clock().floor("D") - back * 24 * HOUR
        args = (path, start, 24 * (back + ahead), self.fake.served_run)
        return dict(json.loads(_hours_text(args, self.fake.members, self.fake.seed)))

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the Date header."""
        moment = self.fake.clock() + self.fake.skew
        return format_datetime(moment.to_pydatetime(), usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@lru_cache(maxsize=512)
def _hours_text(args: tuple[str, pd.Timestamp, int, pd.Timestamp], members: int, seed: int) -> str:
    """Return an answer's JSON; drawing it takes longer than all the rest."""
    path, start, hours, init = args
    if path == "/v1/forecast":
        return json.dumps(forecast_payload(start=start, hours=hours, seed=seed, init=init))
    return json.dumps(
        ensemble_payload(start=start, hours=hours, members=members, seed=seed, init=init)
    )
