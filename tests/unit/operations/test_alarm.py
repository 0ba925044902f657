"""Who is told, in which words, and that telling can't hurt."""

import contextlib
import http.server
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest

from optimizer.alarm import Alarm, act_by, call, ping

NOW = pd.Timestamp("2026-12-01T21:47Z")


def test_the_sentence_has_cause_remedy_and_who_must_act_by_when() -> None:
    alarm = Alarm(
        site="Igoudar Dakhla",
        cause="No answer in 120 s.\n  Look at the line.",
        expiry="Run r stays in force and expires at 2026-12-08T00:00Z, in 146 h.",
        responsible="the planner on duty",
        act_by_utc=pd.Timestamp("2026-12-07T18:00Z"),
    )
    assert alarm.sentence == (
        "dakhla at Igoudar Dakhla: no new plan: No answer in 120 s. Look at the line. "
        "Run r stays in force and expires at 2026-12-08T00:00Z, in 146 h. The planner on duty must "
        "act by 2026-12-07T18:00Z."
    )


@pytest.mark.parametrize(
    ("expires", "by"),
    [
        ("2026-12-02T21:47Z", pd.Timestamp("2026-12-02T15:47Z")),
        ("2026-12-02T03:47Z", None),
        ("2026-12-01T00:00Z", None),
        (None, None),
    ],
    ids=["a day left", "just now", "past", "nothing in force"],
)
def test_somebody_must_act_some_hours_before_expiry(
    expires: str | None, by: pd.Timestamp | None
) -> None:
    """Proves six hours before expiry, and none, that is now, where that has gone by."""
    assert act_by(None if expires is None else pd.Timestamp(expires), 6.0, NOW) == by


def script(folder: Path, text: str) -> list[str]:
    path = folder / "tell.py"
    path.write_text(text)
    return [sys.executable, str(path)]


def test_the_sentence_comes_as_one_argument_whatever_it_holds(tmp_path: Path) -> None:
    """Proves that no shell reads the sentence, and that arguments of the command come first."""
    sentence = "a 'b' \"c\" $(touch d) ; e %d \\ f\u2014ḍ"
    write = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(repr(sys.argv[2:]))"
    said = tmp_path / "said"
    assert call([*script(tmp_path, write), str(said)], sentence) is None
    assert said.read_text() == repr([sentence])


def test_the_commands_own_output_goes_nowhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(script(tmp_path, "print('x')"), "s") is None
    assert call([], "s") is None
    assert capfd.readouterr() == ("", "")


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    command = script(tmp_path, "import sys; print('one\\ntwo', file=sys.stderr); sys.exit(3)")
    assert call(command, "s") == (
        f"on_alarm = {sys.executable!r} ended with code 3 and said 'two'. Try it by hand."
    )
    assert call(["/no/such/command"], "s") == (
        "on_alarm = '/no/such/command' could not be run: No such file or directory. "
        "Give an absolute path."
    )
    assert call(["/bin/true"], "a\0b") == (
        "on_alarm = '/bin/true' could not be run: embedded null byte. Give an absolute path."
    )


def test_a_command_that_hangs_is_ended() -> None:
    began = time.monotonic()
    assert call(["/bin/sleep", "30"], "0", limit_s=0.3) == (
        "on_alarm = '/bin/sleep' did not end in 0.3 s. Give a command that does."
    )
    assert time.monotonic() - began < 5


class _Watchman(http.server.BaseHTTPRequestHandler):
    """Answers by the path, and notes what was asked."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.startswith("/secret-drip"):
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            with contextlib.suppress(OSError):  # nobody waits for it
                for _ in range(30):
                    self.wfile.write(b"X-Drip: 1\r\n")
                    self.wfile.flush()
                    time.sleep(0.1)
            self.close_connection = True
            return
        self.send_response(404 if "missing" in self.path else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def watchman() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Watchman)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_ping_is_one_get(watchman: str) -> None:
    _Watchman.asked.clear()
    assert ping("PING", {"PING": f" {watchman}/secret-ok\n"}) is None
    assert _Watchman.asked == ["/secret-ok"]
    assert ping(None, {}) is None


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("{}/secret-missing", "answered 404"),
        ("http://127.0.0.1:{port}/secret", "failed (ConnectionError)"),
        ("secret", "failed (MissingSchema)"),
        ("http://[secret", "failed (InvalidURL)"),
    ],
)
def test_a_ping_that_fails_is_told_without_its_address(
    watchman: str, address: str, what: str
) -> None:
    said = ping("PING_URL", {"PING_URL": address.format(watchman, port=unused_port())})
    assert said == f"the ping of PING_URL {what}. Look at the address."


def test_a_dripping_answer_delays_nobody(watchman: str) -> None:
    began = time.monotonic()
    said = ping("PING_URL", {"PING_URL": f"{watchman}/secret-drip"}, limit_s=0.5)
    assert said == "the ping of PING_URL did not answer in 0.5 s. Look at the address."
    assert time.monotonic() - began < 3


def test_a_missing_variable_is_told() -> None:
    assert ping("PING_URL", {"PING_URL": " "}) == (
        "ping_url_env = 'PING_URL': there is no such variable. Set it, or take it out."
    )
