"""One answer from the wire: its words, its moment, its bytes, and what broke it."""

import json
import re
import ssl
import zlib
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime

import pandas as pd
import requests
import urllib3.exceptions

from models.weather.online.retry import PASSING, TOO_MANY, Failure
from models.weather.online.secrecy import shown

CHUNK_BYTES = 65_536
REASON_MAX_BYTES = 10_000
GZIP_WBITS = 31  # zlib.decompressobj: 16 for the gzip wrapper, 15 for the largest window
_CUT_OFF = "broke off"


class Broken(Exception):  # noqa: N818 (a sentence: what happened)
    """One try that failed."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.problem)


def cut_off(how: str) -> Broken:
    """Return that an answer ended before it was whole; the next try may bring all of it."""
    return Broken(
        Failure(fault="unreachable", problem=f"the answer {_CUT_OFF}: {how}", is_passing=True)
    )


def moment_of(answer: requests.Response) -> pd.Timestamp | None:
    """Return the server's clock: its Date, and how long a cache has kept the answer since."""
    try:
        date = pd.Timestamp(parsedate_to_datetime(answer.headers.get("Date", "")))
        age_s = float(answer.headers.get("Age", "0"))
        moment = date.tz_localize("UTC") if date.tzinfo is None else date.tz_convert("UTC")
        return moment + pd.Timedelta(seconds=age_s)
    except (ValueError, TypeError, OverflowError):
        return None


def refusal(answer: requests.Response, body: bytes, key: str | None) -> Failure:
    """Return what a status of 400 and more says."""
    status = answer.status_code
    reason = shown(_reason(answer, body), key)
    said = f"{status} {reason}".strip()
    after = answer.headers.get("Retry-After", "")
    is_passing = status in PASSING or status == TOO_MANY
    return Failure(
        fault="unreachable" if status in PASSING else "refused",
        problem=f"the server answers {said}",
        is_passing=is_passing,
        status=status,
        reason=reason,
        retry_after_s=float(after) if re.fullmatch(r"\d{1,6}", after) else None,
        server_utc=moment_of(answer),
    )


def head_of(answer: requests.Response, check: Callable[[], None]) -> bytes:
    """Return the beginning of an error's body, or what came of it: the status says enough."""
    body = bytearray()
    try:
        while chunk := answer.raw.read1(REASON_MAX_BYTES, decode_content=True):
            check()
            body += chunk
            if len(body) >= REASON_MAX_BYTES:
                break
    except (urllib3.exceptions.HTTPError, OSError, Broken):
        return bytes(body)
    return bytes(body[:REASON_MAX_BYTES])


def _reason(answer: requests.Response, body: bytes) -> str:
    """Return the server's own words: a field of its JSON, or plain text, but no page."""
    text = body.decode("utf-8", errors="replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return text if answer.headers.get("Content-Type", "").startswith("text/plain") else ""
    if not isinstance(content, dict):
        return ""
    found = (content.get(name) for name in ("reason", "message", "detail", "error"))
    return next((word for word in found if isinstance(word, str)), "")


def whole_body(answer: requests.Response, bytes_max: int, check: Callable[[], None]) -> bytes:
    """Return the body, decompressed and whole.

    Parameters
    ----------
    bytes_max : int
        Of the decompressed body; a small gzip can hold gigabytes.
    check : callable
        Called for each chunk, raises where the deadline has passed.

    Raises
    ------
    Broken
        The body is longer, cut short or encoded in a way nobody asked for.
    """
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip"):
        problem = f"the answer is encoded as {shown(encoding, None)}, which was not asked for"
        raise Broken(Failure(fault="content", problem=problem))
    unpack = zlib.decompressobj(GZIP_WBITS) if encoding == "gzip" else None
    body = bytearray()
    for chunk in _chunks(answer, check):  # urllib3 raises where fewer bytes than promised come
        body += chunk if unpack is None else _unpacked(unpack, chunk, bytes_max + 1 - len(body))
        if len(body) > bytes_max:
            limit = f"{bytes_max / 1e6:g} MB"
            problem = f"the answer is larger than {limit} (payload_max_mb)"
            raise Broken(Failure(fault="content", problem=problem))
    if unpack is not None and not unpack.eof:
        raise cut_off("its compressed body has no end")
    if not body:
        raise cut_off("it is empty")
    return bytes(body)


def _chunks(answer: requests.Response, check: Callable[[], None]) -> Iterator[bytes]:
    """Yield the raw body as it comes; read1 returns with what is there, so drips are seen."""
    check()
    while chunk := answer.raw.read1(CHUNK_BYTES, decode_content=False):
        check()
        yield chunk


def _unpacked(unpack: "zlib._Decompress", chunk: bytes, room: int) -> bytes:
    """Return at most `room` bytes more."""
    try:
        return unpack.decompress(chunk, max(room, 1))
    except zlib.error as error:
        raise cut_off("its compressed body is damaged") from error


def end_is_json(body: bytes) -> bool:
    """Return whether a JSON body ends as JSON does.

    Open-Meteo streams: an error after the first byte comes as status 200 with half a body, then
    words.
    """
    return body.rstrip()[-1:] in (b"}", b"]")


def broken_of(error: BaseException) -> Failure:
    """Return what a library's exception means, in our own words: theirs hold the address."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            remedy = "Check this computer's clock and its certificates."
            problem = f"TLS: {cause.verify_message}. {remedy}".replace("..", ".")
            return Failure(fault="unreachable", problem=problem)
    for kinds, problem in _MEANINGS:
        if any(isinstance(cause, kinds) for cause in causes):
            return Failure(fault="unreachable", problem=problem, is_passing=True)
    named = type(error).__name__
    return Failure(fault="unreachable", problem=f"the request failed ({named})", is_passing=True)


_MEANINGS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((ssl.SSLError, requests.exceptions.SSLError), "TLS: no secure connection"),
    ((requests.exceptions.ProxyError,), "the proxy does not let it through"),
    ((urllib3.exceptions.NameResolutionError,), "the host's name is not found"),
    ((requests.exceptions.ConnectTimeout,), "the host takes no connection in time"),
    ((TimeoutError, urllib3.exceptions.ReadTimeoutError), "the host has fallen silent"),
    ((ConnectionRefusedError,), "the host refuses the connection"),
    (
        (urllib3.exceptions.IncompleteRead, urllib3.exceptions.ProtocolError, ConnectionError),
        f"the answer {_CUT_OFF}",
    ),
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps."""
    waiting, seen = [error], set()
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        wrapped = [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]
        waiting += [w for w in wrapped if isinstance(w, BaseException)]
