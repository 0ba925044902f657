"""No key in any text: what servers echo, what libraries log, what we say."""

import json
import logging
import re
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

HIDDEN = "***"
KEY_MIN_CHARS = 8  # shorter ones are no secrets, and would be found in every payload
TEXT_MAX_CHARS = 200
_QUERY = re.compile(r"\?[^\s'\")]+")
# urllib3 logs whole addresses: each request at DEBUG, odd headers and retries at WARNING.
_TALKATIVE = ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry")


def without_key(text: str, key: str | None) -> str:
    """Return `text` with the key hidden in every way it may be written."""
    for form in _forms(key):
        text = text.replace(form, HIDDEN)
    return text


def body_without_key(body: bytes, key: str | None) -> bytes:
    """Return a payload with the key hidden, so that the archive holds none."""
    if key is None or len(key) < KEY_MIN_CHARS:
        return body
    for form in _forms(key):
        body = body.replace(form.encode(), HIDDEN.encode())
    return body


def shown(text: str, key: str | None) -> str:
    """Return a server's words as one short printable line without the key."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = without_key(line, key)
    return line if len(line) <= TEXT_MAX_CHARS else f"{line[:TEXT_MAX_CHARS]}..."


def bare_url(url: str) -> str:
    """Return an address without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def silence_addresses() -> None:
    """Let the libraries below log no query: the key stands there."""
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_cut_query)  # the same filter is added once only


def _cut_query(record: logging.LogRecord) -> bool:
    """Cut what follows a question mark from a record's message."""
    record.msg, record.args = _QUERY.sub("?" + HIDDEN, record.getMessage()), ()
    return True


def _forms(key: str | None) -> list[str]:
    """Return the key as it stands in text, in an address, in a form and in JSON, longest first."""
    if not key:
        return []
    forms = {key, quote(key, safe=""), quote(key), quote_plus(key), json.dumps(key)[1:-1]}
    return sorted(forms, key=len, reverse=True)
