"""GET over HTTP by rules of our own: bounded in time and bytes, whole, no key in any text.

The libraries' timeouts bound one silence, not a request: a server that drips a byte a second
holds it for ever. Here a deadline bounds everything of a fetch, retries and name look-up included.
"""

import http.client
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import pandas as pd
import requests
import urllib3.exceptions

from models.errors import SourceError
from models.weather.online.provider import Payload, Request
from models.weather.online.retry import Failure, RetryRules, luck_of, wait_s
from models.weather.online.secrecy import bare_url, body_without_key, shown, silence_addresses
from models.weather.online.wire import (
    Broken,
    broken_of,
    cut_off,
    end_is_json,
    head_of,
    moment_of,
    refusal,
    whole_body,
)
from models.weather.schema import utc

OK, PARTIAL = 200, 206  # the latter where a range was asked for
HOPS_MAX = 3
LOOPBACK = ("127.0.0.1", "localhost", "::1")
USER_AGENT = "dakhla-optimizer"
_LIBRARIES = (  # what requests and those below it raise; ValueError for an address they can't read
    *(requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException),
    *(OSError, ValueError),
)


class ClockError(SourceError):
    """The server's clock is not ours: either may be wrong, so nothing is made of the answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bounds of one fetch: `total_s` over all requests of it, the others for each."""

    connect_s: float = 5.0
    read_s: float = 20.0
    total_s: float = 120.0
    bytes_max: int | None = None  # decompressed; the request's own where None
    clock_warn_s: float = 300.0
    clock_max_s: float = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """What passes the time; tests give their own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    seed: int | None = None


class Transport:
    """All requests of one fetch; its deadline starts when it is made."""

    def __init__(
        self,
        now_utc: pd.Timestamp,
        limits: Limits | None = None,
        rules: RetryRules | None = None,
        timing: Timing | None = None,
    ) -> None:
        """Take the caller's clock: later moments are this one and what has passed since."""
        self._now_utc = now_utc
        self._limits = limits or Limits()
        self._rules = rules or RetryRules()
        self._timing = timing or Timing()
        self._luck = luck_of(self._timing.seed)
        self._began_s = self._timing.clock()
        self._notes: list[str] = []
        self._session = requests.Session()  # one line to each host, for hundreds of ranges
        self._session.trust_env = False  # a .netrc would send its own password along
        silence_addresses()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know though the answers were taken."""
        return tuple(self._notes)

    def get(self, request: Request) -> Payload:
        """Return the whole answer to one request, asked again where that is of use.

        Raises
        ------
        SourceError
            No whole answer in time, a refusal, or an answer that is not what was asked for.
        ClockError
            The server's clock is more than `clock_max_s` from ours.
        """
        try:
            where = bare_url(request.url)
        except ValueError as error:
            raise SourceError("refused", f"url = {request.url!r} is no address.") from error
        if request.key and urlsplit(request.url).scheme != "https" and not _is_here(request.url):
            remedy = "Give an https address: the key can be read on the way."
            raise SourceError("refused", f"{where}: url is not encrypted. {remedy}")
        failures: list[Failure] = []
        while True:
            try:
                return self._once(request)
            except Broken as broken:
                failures.append(broken.failure)
                self._wait(failures, where)

    def _wait(self, failures: list[Failure], where: str) -> None:
        """Sleep until the next try, or tell why there is none."""
        failure, tried_count = failures[-1], len(failures)
        tries = "" if tried_count == 1 else f" ({tried_count} tries)"
        wait = wait_s(failure, tried_count, self._rules, self._moment(), self._luck.random())
        if wait is None:
            before = ""
            if self._left_s() <= 0.0 and tried_count > 1:
                before = f"; the try before: {failures[-2].problem}"
            raise SourceError(failure.fault, f"{where}: {failure.problem}{tries}{before}")
        if wait >= self._left_s():
            what = f"{failure.problem}{tries}; the next try is due in {wait:.1f} s"
            left = f"{max(self._left_s(), 0.0):.1f} of {self._limits.total_s:g} s are left"
            raise SourceError(failure.fault, f"{where}: {what}, {left}")
        self._timing.sleep(wait)

    def _moment(self) -> pd.Timestamp:
        """Return the caller's moment and what has passed since."""
        passed = pd.Timedelta(seconds=self._timing.clock() - self._began_s)
        return (self._now_utc + passed).as_unit("us")

    def _left_s(self) -> float:
        """Return what is left until the deadline."""
        return self._began_s + self._limits.total_s - self._timing.clock()

    def _in_time(self) -> None:
        """Refuse to go on after the deadline."""
        if self._left_s() <= 0.0:
            raise Broken(self._too_late())

    def _too_late(self) -> Failure:
        """Return that the deadline has passed."""
        problem = f"no whole answer within {self._limits.total_s:g} s (deadline_s)"
        return Failure(fault="unreachable", problem=problem)

    def _once(self, request: Request) -> Payload:
        """Try once, in a thread: name look-up, handshake and headers know no deadline."""
        self._in_time()
        done: queue.SimpleQueue[Payload | BaseException] = queue.SimpleQueue()
        threading.Thread(target=self._try, args=(request, done), daemon=True).start()
        try:
            result = done.get(timeout=self._left_s())
        except queue.Empty:
            raise Broken(self._too_late()) from None
        if isinstance(result, BaseException):
            raise result
        return result

    def _try(self, request: Request, done: "queue.SimpleQueue[Payload | BaseException]") -> None:
        """Put the payload, or what went wrong, into `done`."""
        try:
            done.put(self._fetched(request))
        except (Broken, SourceError) as error:
            done.put(error)
        except _LIBRARIES as error:
            failure = broken_of(error)
            done.put(Broken(self._too_late() if self._left_s() <= 0.0 else failure))
        except BaseException as error:  # noqa: BLE001 (a fault of the program, told by the caller)
            done.put(error)

    def _fetched(self, request: Request) -> Payload:
        """Send the request, follow the server on its own host, return its checked answer."""
        url, params = request.url, dict(request.params)
        if request.key is not None:
            params[request.key_name] = request.key
        for _ in range(HOPS_MAX + 1):
            with self._answer(request, url, params) as answer:
                if not answer.is_redirect:
                    return self._payload(request, answer)
                url, params = _next_url(url, answer, request.key), {}
        raise Broken(Failure(fault="refused", problem="the server redirects in a circle"))

    def _answer(self, request: Request, url: str, params: dict[str, str]) -> requests.Response:
        """Return the answer's head; its body is still on the way."""
        left_s = max(self._left_s(), 0.001)
        proxies = {} if _is_here(url) else requests.utils.get_environ_proxies(url)
        headers = {"Accept-Encoding": "gzip", "User-Agent": USER_AGENT}
        return self._session.get(
            url,
            params=params,
            headers={**headers, **request.headers},
            timeout=(min(self._limits.connect_s, left_s), min(self._limits.read_s, left_s)),
            stream=True,
            allow_redirects=False,
            proxies=proxies,
            verify=os.environ.get("REQUESTS_CA_BUNDLE") or True,
        )

    def _payload(self, request: Request, answer: requests.Response) -> Payload:
        """Return the checked answer."""
        is_part = "Range" in request.headers
        if answer.status_code != OK and not (is_part and answer.status_code == PARTIAL):
            raise Broken(refusal(answer, head_of(answer, self._in_time), request.key))
        kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind not in request.content_types:
            asked = " or ".join(request.content_types)
            problem = f"the answer is {shown(kind, request.key) or 'of no type'}, not {asked}"
            raise Broken(Failure(fault="content", problem=problem))
        server_utc = moment_of(answer)
        self._compare_clocks(urlsplit(request.url).hostname or "", server_utc)
        body = whole_body(answer, self._limits.bytes_max or request.bytes_max, self._in_time)
        if kind == "application/json" and not end_is_json(body):
            words = shown(body[-80:].decode("utf-8", errors="replace"), request.key)
            raise cut_off(f"it ends with {words!r}")
        return Payload(
            url=bare_url(request.url),
            params={k: v for k, v in request.params.items() if k != request.key_name},
            body=body_without_key(body, request.key),
            fetched_utc=self._moment(),
            server_utc=server_utc,
            content_type=kind,
        )

    def _compare_clocks(self, where: str, server_utc: pd.Timestamp | None) -> None:
        """Note a small difference between the clocks, refuse a large one."""
        if server_utc is None:
            return
        ahead_s = (self._moment() - server_utc) / pd.Timedelta(seconds=1)
        if abs(ahead_s) <= self._limits.clock_warn_s:
            return
        side = "ahead of" if ahead_s > 0 else "behind"
        said = f"this computer's clock is {abs(ahead_s) / 60:.0f} min {side} the server's"
        said = f"{where}: {said} ({utc(server_utc)})."
        if abs(ahead_s) > self._limits.clock_max_s:
            raise ClockError("refused", f"{said} Set the clock: ages and plans follow it.")
        if not self._notes:  # once a fetch
            self._notes.append(f"{said} Set the clock.")


def _is_here(url: str) -> bool:
    """Return whether an address is this computer's own."""
    return (urlsplit(url).hostname or "") in LOOPBACK


def _next_url(url: str, answer: requests.Response, key: str | None) -> str:
    """Return where the server sends us, if that is itself."""
    there = urljoin(url, answer.headers.get("Location", ""))
    old, new = urlsplit(url), urlsplit(there)
    if (new.scheme, new.hostname, new.port) != (old.scheme, old.hostname, old.port):
        shown_url = shown(bare_url(there), key)
        problem = f"the server redirects to {shown_url}: another host is not followed"
        raise Broken(Failure(fault="refused", problem=problem))
    return there
