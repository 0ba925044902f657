"""The transport against a server on this computer that does what is asked of it, once each."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from models.errors import SourceError
from models.weather.online.provider import Request
from models.weather.online.retry import RetryRules
from models.weather.online.transport import ClockError, Limits, Timing, Transport

NOW = pd.Timestamp("2026-11-22T02:40:20Z")
DATE = "Sun, 22 Nov 2026 02:40:20 GMT"
OK = b'{"a": 1}'
JSON = {"Content-Type": "application/json"}
MINUTELY = b'{"reason": "Minutely API request limit exceeded. Please try again in one minute."}'


@dataclass
class Script:
    """What the server answers in turn, and what it was asked."""

    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def say(self, status: int, body: bytes = OK, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, {**JSON, **named}, body))


@pytest.fixture
def script() -> Iterator[Script]:
    said = Script()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.paths.append(self.path)
            said.headers.append(dict(self.headers))
            status, headers, body = said.answers.pop(0)
            self.send_response_only(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    said.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield said
    server.shutdown()
    server.server_close()


class Slept:
    """A clock that stands but for the sleeping."""

    def __init__(self) -> None:
        self.naps_s: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps_s.append(seconds)

    def clock(self) -> float:
        return 1000.0 + sum(self.naps_s)

    @property
    def timing(self) -> Timing:
        return Timing(clock=self.clock, sleep=self.sleep, seed=1)


def transport(slept: Slept, **limits: Any) -> Transport:
    return Transport(NOW, Limits(**limits), RetryRules(jitter_pu=0.0), slept.timing)


def refused(call: Callable[[], object]) -> SourceError:
    with pytest.raises(SourceError) as caught:
        call()
    return caught.value


def test_payload(script: Script) -> None:
    """Proves what a payload holds: body as unpacked, moments, kind, no key; and what was sent."""
    script.say(200, gzip.compress(OK), Content_Encoding="gzip", Date=DATE)
    request = Request(url=f"{script.url}/v1", params={"a": "b c"}, key="0123456789")
    payload = transport(Slept()).get(request)
    assert payload.body == OK
    assert payload.fetched_utc == NOW
    assert payload.server_utc == NOW
    assert payload.content_type == "application/json"
    assert (payload.url, payload.params) == (f"{script.url}/v1", {"a": "b c"})
    assert script.paths == ["/v1?a=b+c&apikey=0123456789"]
    assert script.headers[0]["Accept-Encoding"] == "gzip"
    assert "0123456789" not in repr(payload) + repr(request)


def test_fetched_is_now_and_what_has_passed(script: Script) -> None:
    """Proves that a retry's sleep of 0.5 s is in the fetching time."""
    script.say(502)
    script.say(200)
    assert transport(Slept()).get(Request(url=script.url)).fetched_utc == NOW + pd.Timedelta("0.5s")


def test_sleeps_to_the_next_minute(script: Script) -> None:
    """Proves that a minute's quota is waited for: 40 s of it are left, and one for luck."""
    script.say(429, MINUTELY, Date=DATE)
    script.say(200)
    slept = Slept()
    assert transport(slept).get(Request(url=script.url)).body == OK
    assert slept.naps_s == [41.0]


def test_does_not_sleep_beyond_the_deadline(script: Script) -> None:
    """Proves that a wait that cannot end in time is not begun."""
    script.say(429, MINUTELY)
    slept = Slept()
    error = refused(lambda: transport(slept, total_s=30.0).get(Request(url=script.url)))
    assert slept.naps_s == []
    assert str(error) == (
        f"{script.url}: the server answers 429 Minutely API request limit exceeded. Please try "
        "again in one minute.; the next try is due in 41.0 s, 30.0 of 30 s are left"
    )


def test_retry_after_is_honoured_and_capped(script: Script) -> None:
    """Proves 7 s for 7, and 60 s for an hour."""
    script.say(503, Retry_After="7")
    script.say(503, Retry_After="3600")
    script.say(200)
    slept = Slept()
    transport(slept).get(Request(url=script.url))
    assert slept.naps_s == [7.0, 60.0]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
def test_passing_errors_are_asked_again(script: Script, status: int) -> None:
    """Proves seven more tries, each after twice the wait, and the kind of fault told at last."""
    for _ in range(8):
        script.say(status, b"<html>", Content_Type="text/html")
    slept = Slept()
    error = refused(lambda: transport(slept).get(Request(url=script.url)))
    assert slept.naps_s == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
    assert (error.fault, str(error)) == (
        "unreachable",
        f"{script.url}: the server answers {status} (8 tries)",
    )


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, b'{"error": true, "reason": "Latitude must be in range"}', "", "Latitude must be in"),
        (403, b'{"message": "no plan"}', "", "no plan"),
        (404, b"<html>", "text/html", ""),
        (401, b"who are you", "text/plain", "who are you"),
        (418, b'["a"]', "", ""),
        (204, b"", "", ""),
        (206, b"{}", "", ""),
    ],
)
def test_refusals_are_told_at_once(
    script: Script, status: int, body: bytes, kind: str, words: str
) -> None:
    """Proves that other statuses are told with the server's words, and asked no second time."""
    script.say(status, body, Content_Type=kind or "application/json")
    error = refused(lambda: transport(Slept()).get(Request(url=script.url)))
    assert error.fault == "refused"
    assert str(error).startswith(f"{script.url}: the server answers {status} {words}".strip())
    assert len(script.paths) == 1


def test_a_part_is_taken_where_it_was_asked_for(script: Script) -> None:
    """Proves that 206 answers a request with a range."""
    script.say(206, b"GRIB", Content_Type="application/octet-stream")
    kinds = ("application/octet-stream",)
    request = Request(url=script.url, headers={"Range": "bytes=0-3"}, content_types=kinds)
    assert transport(Slept()).get(request).body == b"GRIB"
    assert script.headers[0]["Range"] == "bytes=0-3"


def test_bytes_max_of_the_request(script: Script) -> None:
    """Proves the cap at the byte: nine of nine are taken, nine of eight are not."""
    nine = b'{"a": 11}'
    for _ in range(2):
        script.say(200, gzip.compress(nine), Content_Encoding="gzip")
    assert transport(Slept()).get(Request(url=script.url, bytes_max=9)).body == nine
    error = refused(lambda: transport(Slept()).get(Request(url=script.url, bytes_max=8)))
    assert error.fault == "content"
    assert "the answer is larger than" in str(error)


@pytest.mark.parametrize(("late_s", "is_noted"), [(299, False), (301, True), (3599, True)])
@pytest.mark.parametrize("sign", [1, -1])
def test_clocks_that_differ_a_little(
    script: Script, late_s: int, is_noted: bool, sign: int
) -> None:
    """Proves that a difference is noted from five minutes on, once for all requests."""
    there = NOW + sign * pd.Timedelta(seconds=late_s)
    for _ in range(2):
        script.say(200, Date=there.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    get = transport(Slept())
    get.get(Request(url=script.url))
    get.get(Request(url=script.url))
    assert len(get.notes) == is_noted


@pytest.mark.parametrize("sign", [1, -1])
def test_clocks_an_hour_apart(script: Script, sign: int) -> None:
    """Proves that more than an hour is refused; the server may be right."""
    there = NOW + sign * pd.Timedelta(seconds=3601)
    script.say(200, Date=there.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    with pytest.raises(ClockError, match="Set the clock"):
        transport(Slept()).get(Request(url=script.url))


def test_age_in_a_cache_is_no_skew(script: Script) -> None:
    """Proves that an answer kept for two hours by a cache says nothing against our clock."""
    script.say(200, Date="Sun, 22 Nov 2026 00:40:20 GMT", Age="7200")
    get = transport(Slept())
    assert get.get(Request(url=script.url)).server_utc == NOW
    assert get.notes == ()


@pytest.mark.parametrize("date", ["yesterday", "", "Sun, 99 Nov 2026 02:40:20 GMT"])
def test_a_date_that_is_none(script: Script, date: str) -> None:
    """Proves that a server without a readable clock is taken."""
    script.say(200, Date=date)
    assert transport(Slept()).get(Request(url=script.url)).server_utc is None


def test_a_name_look_up_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that the deadline bounds what no timeout of the libraries does."""
    woken = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: woken.wait(5.0))
    began = time.monotonic()
    error = refused(
        lambda: Transport(NOW, Limits(total_s=0.2)).get(Request(url="https://host.invalid"))
    )
    assert time.monotonic() - began < 3.0
    assert str(error) == "https://host.invalid: no whole answer within 0.2 s (deadline_s)"
    woken.set()


def test_nothing_of_this_computer_is_sent_along(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that no password of a .netrc goes with a request."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    script.say(200)
    transport(Slept()).get(Request(url=script.url))
    assert "Authorization" not in script.headers[0]


def test_a_proxy_is_for_others(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that this computer is asked directly, and others through the proxy that is set."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, script.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    script.say(200)
    script.say(200)
    transport(Slept()).get(Request(url=script.url))
    transport(Slept()).get(Request(url="http://host.invalid/v1"))
    assert script.paths == ["/", "http://host.invalid/v1"]


def test_key_only_over_tls() -> None:
    """Proves that a key is not sent unencrypted to another computer."""
    request = Request(url="http://example.invalid/v1", key="0123456789")
    error = refused(lambda: transport(Slept()).get(request))
    assert str(error) == (
        "http://example.invalid/v1: url is not encrypted. Give an https address: the key can be "
        "read on the way."
    )


def test_no_stranger_is_followed(script: Script) -> None:
    """Proves that a redirect to another port, and so another server, is refused with its host."""
    script.say(307, Location="http://127.0.0.1:1/x?apikey=0123456789")
    error = refused(lambda: transport(Slept()).get(Request(url=script.url, key="0123456789")))
    assert str(error).endswith("redirects to http://127.0.0.1:1/x: another host is not followed")


def test_a_fault_of_the_program_is_no_fault_of_the_server(script: Script) -> None:
    """Proves that an error of ours is raised as it is, not told as weather."""
    request = Request(url=script.url, headers={"X": object()})  # type: ignore[dict-item]
    with pytest.raises((TypeError, AttributeError, SourceError)) as caught:
        transport(Slept()).get(request)
    assert script.paths == []
    assert "Thread" not in str(caught.value)


def test_an_address_that_is_none() -> None:
    """Proves that an address nobody can read is told."""
    error = refused(lambda: transport(Slept()).get(Request(url="http://[::1")))
    assert (error.fault, str(error)) == ("refused", "url = 'http://[::1' is no address.")


@pytest.mark.parametrize("there", ["http://[::1", "//", "file:///etc/passwd", "ftp://127.0.0.1"])
def test_nowhere_to_be_sent(script: Script, there: str) -> None:
    """Proves that a redirect to something that is no page of the server is not followed."""
    for _ in range(8):
        script.say(302, Location=there)
    assert refused(lambda: transport(Slept()).get(Request(url=script.url))).fault in (
        "refused",
        "unreachable",
    )


def test_a_retry_is_the_same_for_the_same_seed(script: Script) -> None:
    """Proves that jitter is seeded: two transports sleep the same, a third another time."""
    naps = []
    for seed in (1, 1, 2):
        script.say(502)
        script.say(200)
        slept = Slept()
        timing = Timing(clock=slept.clock, sleep=slept.sleep, seed=seed)
        Transport(NOW, timing=timing).get(Request(url=script.url))
        naps += slept.naps_s
    assert naps[0] == naps[1] != naps[2]
