"""The key stands in no text."""

import logging

import pytest

from models.weather.online.secrecy import (
    bare_url,
    body_without_key,
    shown,
    silence_addresses,
    without_key,
)

KEY = 'top/secret+"key" 1'


@pytest.mark.parametrize(
    "text",
    [
        f"apikey={KEY}",
        "apikey=top%2Fsecret%2B%22key%22%201",
        "apikey=top/secret%2B%22key%22%201",
        "apikey=top%2Fsecret%2B%22key%22+1",
        'apikey=top/secret+\\"key\\" 1',
    ],
)
def test_every_spelling_is_hidden(text: str) -> None:
    """Proves plain, address, path, form and JSON spelling of one key."""
    assert without_key(text, KEY) == "apikey=***"
    assert body_without_key(text.encode(), KEY) == b"apikey=***"


def test_a_key_of_a_few_letters_does_not_spoil_a_payload() -> None:
    """Proves that a payload keeps its digits where the key is 7, and that a message hides it."""
    assert body_without_key(b"[7.1, 7.2]", "7") == b"[7.1, 7.2]"
    assert without_key("apikey=7", "7") == "apikey=***"


def test_no_key_no_change() -> None:
    """Proves that text stays without a key."""
    assert without_key("a b", None) == "a b"
    assert body_without_key(b"a b", None) == b"a b"


def test_shown_is_one_short_line() -> None:
    """Proves that control characters, line ends and length of a server's words are tamed."""
    assert shown("a\x1b[31m\nb\t c", None) == "a [31m b c"
    assert shown("x" * 300, None) == "x" * 200 + "..."


def test_bare_url_has_no_secrets() -> None:
    """Proves that user, password, query and fragment are cut off."""
    assert bare_url("https://me:pass@host:8/v1/x?apikey=1#top") == "https://host:8/v1/x"


def test_logs_of_the_libraries_have_no_query(caplog: pytest.LogCaptureFixture) -> None:
    """Proves that urllib3's own lines lose what follows the question mark."""
    silence_addresses()
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3.connectionpool").warning("GET %s 200", "/v1/x?apikey=secret&a=b")
    assert "GET /v1/x?*** 200" in caplog.text
    assert "secret" not in caplog.text
