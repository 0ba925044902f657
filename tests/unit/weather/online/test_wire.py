"""What a library's exception means, without its words."""

import ssl

import pytest
import requests
import urllib3.exceptions

from models.weather.online.wire import broken_of, end_is_json

ADDRESS = "https://host/v1?apikey=0123456789"


def caused(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


def certificate() -> Exception:
    error = ssl.SSLCertVerificationError(1, f"certificate verify failed {ADDRESS}")
    error.verify_message = "certificate has expired"
    return requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(None, ADDRESS, error))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "problem", "is_passing"),
    [
        (
            certificate(),
            "TLS: certificate has expired. Check this computer's clock and its certificates.",
            False,
        ),
        (requests.exceptions.SSLError(ADDRESS), "TLS: no secure connection", True),
        (requests.exceptions.ProxyError(ADDRESS), "the proxy does not let it through", True),
        (
            requests.exceptions.ConnectionError(
                urllib3.exceptions.NameResolutionError("host", None, OSError())  # type: ignore[arg-type]
            ),
            "the host's name is not found",
            True,
        ),
        (
            requests.exceptions.ConnectTimeout(ADDRESS),
            "the host takes no connection in time",
            True,
        ),
        (
            requests.exceptions.ReadTimeout(TimeoutError(ADDRESS)),
            "the host has fallen silent",
            True,
        ),
        (
            caused(requests.exceptions.ConnectionError(ADDRESS), ConnectionRefusedError()),
            "the host refuses the connection",
            True,
        ),
        (urllib3.exceptions.ProtocolError(ADDRESS), "the answer broke off", True),
        (ConnectionResetError(ADDRESS), "the answer broke off", True),
        (RuntimeError(ADDRESS), "the request failed (RuntimeError)", True),
    ],
)
def test_meaning(error: Exception, problem: str, is_passing: bool) -> None:
    """Proves our words for each kind of failure, and which of them may pass."""
    found = broken_of(error)
    assert (found.fault, found.problem, found.is_passing) == ("unreachable", problem, is_passing)


def test_causes_in_a_circle_end() -> None:
    """Proves that an exception that is its own context is looked at once."""
    one, two = ValueError("a"), ValueError("b")
    one.__context__, two.__context__ = two, one
    assert broken_of(one).problem == "the request failed (ValueError)"


@pytest.mark.parametrize(
    ("body", "is_end"), [(b"{}", True), (b"[1] \n", True), (b'{"a": 1', False), (b"", False)]
)
def test_end_of_json(body: bytes, is_end: bool) -> None:
    """Proves that half a JSON is told by its end."""
    assert end_is_json(body) == is_end
