"""What can go wrong at a weather server, by name.

`BEHAVIOURS` say how bytes are sent, `CONTENT` what the JSON holds ("meta" or "hours" of it), `TEXT`
how the JSON of the hours is spelt. Each happened to somebody.
"""

import gzip
import json
import socket
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pandas as pd

HEALTHY = "healthy"
DRIP_S = 0.05
BOMB_BYTES = 60_000_000
Json = dict[str, Any]
RADIATION = ("shortwave_radiation", "direct_normal_irradiance", "diffuse_radiation")


def send(
    door: Any,
    body: bytes,
    status: int = 200,
    kind: str = "application/json; charset=utf-8",
    headers: tuple[tuple[str, str], ...] = (),
) -> None:
    """Answer in one piece."""
    door.send_response(status)
    door.send_header("Content-Type", kind)
    if not any(name == "Content-Length" for name, _ in headers):
        door.send_header("Content-Length", str(len(body)))
    for name, value in headers:
        door.send_header(name, value)
    door.send_header("Connection", "close")
    door.end_headers()
    door.wfile.write(body)
    door.close_connection = True


def _healthy(door: Any, body: bytes) -> None:
    packed = gzip.compress(body, compresslevel=1)
    send(door, packed, headers=(("Content-Encoding", "gzip"),))


def _error(status: int, reason: str, *headers: tuple[str, str]) -> Callable[[Any, bytes], None]:
    def answer(door: Any, body: bytes) -> None:
        text = json.dumps({"error": True, "reason": reason}).encode()
        send(door, text, status, headers=headers)

    return answer


def _page(status: int) -> Callable[[Any, bytes], None]:
    def answer(door: Any, body: bytes) -> None:
        send(door, b"<html><body>nginx</body></html>", status, "text/html")

    return answer


def _drip(door: Any, body: bytes) -> None:
    door.send_response(200)
    door.send_header("Content-Type", "application/json")
    door.send_header("Content-Length", str(len(body)))
    door.end_headers()
    _slowly(door, body)


def _drip_headers(door: Any, body: bytes) -> None:
    _slowly(door, b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 1000)


def _slowly(door: Any, body: bytes) -> None:
    for n in range(len(body)):
        door.wfile.write(body[n : n + 1])
        if door.fake.closing.wait(DRIP_S):
            break
    door.close_connection = True


def _hang(door: Any, body: bytes) -> None:
    door.fake.closing.wait(30.0)
    door.close_connection = True


def _hang_halfway(door: Any, body: bytes) -> None:
    door.send_response(200)
    door.send_header("Content-Type", "application/json")
    door.send_header("Content-Length", str(len(body)))
    door.end_headers()
    door.wfile.write(body[: len(body) // 2])
    door.wfile.flush()
    _hang(door, body)


def _truncated(door: Any, body: bytes) -> None:
    send(door, body[: len(body) // 2], headers=(("Content-Length", str(len(body))),))


def _truncated_gzip(door: Any, body: bytes) -> None:
    packed = gzip.compress(body, compresslevel=1)
    send(door, packed[: len(packed) // 2], headers=(("Content-Encoding", "gzip"),))


def _damaged_gzip(door: Any, body: bytes) -> None:
    packed = bytearray(gzip.compress(body, compresslevel=1))
    packed[len(packed) // 2] ^= 0xFF
    send(door, bytes(packed), headers=(("Content-Encoding", "gzip"),))


def _chunked(door: Any, pieces: list[bytes], end: bytes) -> None:
    door.send_response(200)
    door.send_header("Content-Type", "application/json")
    door.send_header("Transfer-Encoding", "chunked")
    door.end_headers()
    for piece in pieces:
        door.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    door.wfile.write(end)
    door.close_connection = True


def _broken_stream(door: Any, body: bytes) -> None:
    said = b"Unexpected error while streaming data: timeoutReached"
    _chunked(door, [body[: len(body) // 2], said], b"0\r\n\r\n")


def _truncated_chunks(door: Any, body: bytes) -> None:
    _chunked(door, [body[: len(body) // 2]], b"")


@lru_cache(maxsize=1)
def _bomb_body() -> bytes:
    return gzip.compress(b" " * BOMB_BYTES, compresslevel=1)


def _bomb(door: Any, body: bytes) -> None:
    send(door, _bomb_body(), headers=(("Content-Encoding", "gzip"),))


def _reset(door: Any, body: bytes) -> None:
    door.send_response(200)
    door.send_header("Content-Type", "application/json")
    door.send_header("Content-Length", str(len(body)))
    door.end_headers()
    door.wfile.write(body[:100])
    door.wfile.flush()
    linger = struct.pack("ii", 1, 0)
    door.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    door.connection.close()
    door.close_connection = True


def _empty(door: Any, body: bytes) -> None:
    send(door, b"")


def _wrong_type(door: Any, body: bytes) -> None:
    send(door, body, kind="text/csv")


def _other_encoding(door: Any, body: bytes) -> None:
    send(door, body, headers=(("Content-Encoding", "br"),))


def _redirect_away(door: Any, body: bytes) -> None:
    send(door, b"", 302, headers=(("Location", "http://elsewhere.invalid/login"),))


def _redirect_circle(door: Any, body: bytes) -> None:
    send(door, b"", 302, headers=(("Location", door.path),))


def _redirect_here(door: Any, body: bytes) -> None:
    if "moved=1" in door.path:
        return _healthy(door, body)
    mark = "&" if "?" in door.path else "?"
    return send(door, b"", 301, headers=(("Location", f"{door.path}{mark}moved=1"),))


def _echo_in_error(door: Any, body: bytes) -> None:
    reason = f"The supplied API key is invalid: {door.path}"
    send(door, json.dumps({"error": True, "reason": reason}).encode(), 400)


def _echo_in_page(door: Any, body: bytes) -> None:
    send(door, f"403 for {door.path}".encode(), 403, "text/plain")


def _echo_in_body(door: Any, body: bytes) -> None:
    content = json.loads(body)
    content["request"] = door.path
    _healthy(door, json.dumps(content).encode())


BEHAVIOURS: dict[str, Callable[[Any, bytes], None]] = {
    HEALTHY: _healthy,
    "drip": _drip,
    "drip_headers": _drip_headers,
    "hang": _hang,
    "hang_halfway": _hang_halfway,
    "truncated": _truncated,
    "truncated_gzip": _truncated_gzip,
    "truncated_chunks": _truncated_chunks,
    "damaged_gzip": _damaged_gzip,
    "broken_stream": _broken_stream,
    "gzip_bomb": _bomb,
    "reset": _reset,
    "empty_body": _empty,
    "wrong_type": _wrong_type,
    "other_encoding": _other_encoding,
    "html_200": _page(200),
    "http_502": _page(502),
    "http_503": _error(503, "The service is overloaded"),
    "http_503_retry_after": _error(503, "Maintenance", ("Retry-After", "2")),
    "http_529": _page(529),
    "http_500": _page(500),
    "http_404": _page(404),
    "minutely": _error(429, "Minutely API request limit exceeded. Please try again in one minute."),
    "hourly": _error(429, "Hourly API request limit exceeded. Please try again in the next hour."),
    "daily": _error(429, "Daily API request limit exceeded. Please try again tomorrow."),
    "concurrent": _error(429, "Too many concurrent requests"),
    "plan_403": _error(403, "This API requires a Professional plan."),
    "reason_400": _error(400, "Data corrupted at path ''. Cannot initialize models."),
    "redirect_away": _redirect_away,
    "redirect_circle": _redirect_circle,
    "redirect_here": _redirect_here,
    "key_in_error": _echo_in_error,
    "key_in_page": _echo_in_page,
    "key_in_body": _echo_in_body,
}


def _columns(content: Json, *names: str) -> list[str]:
    """Return the columns of these variables, all members."""
    return [c for c in content["hourly"] if c != "time" and c.startswith(names or ("",))]


def _scaled(names: tuple[str, ...], factor: float) -> Callable[[Json, Any], Json]:
    def change(content: Json, fake: Any) -> Json:
        for column in _columns(content, *names):
            values = content["hourly"][column]
            content["hourly"][column] = [None if v is None else v * factor for v in values]
        return content

    return change


def _unit(name: str, unit: str, factor: float) -> Callable[[Json, Any], Json]:
    scale = _scaled((name,), factor)

    def change(content: Json, fake: Any) -> Json:
        for column in _columns(content, name):
            content["hourly_units"][column] = unit
        return scale(content, fake)

    return change


def _nulls(content: Json, fake: Any) -> Json:
    """Blank all hours from ten hours after now on, in every member."""
    late = (fake.clock() + pd.Timedelta(hours=10)).timestamp()
    keep = [t < late for t in content["hourly"]["time"]]
    for column in _columns(content):
        values = zip(content["hourly"][column], keep, strict=True)
        content["hourly"][column] = [v if k else None for v, k in values]
    return content


def _zero_noon(content: Json, fake: Any) -> Json:
    """Blank one day of light, as zeros."""
    day = fake.clock().floor("D").timestamp() + 86_400
    times = content["hourly"]["time"]
    for column in _columns(content, *RADIATION):
        values = zip(content["hourly"][column], times, strict=True)
        content["hourly"][column] = [0.0 if day <= t < day + 86_400 else v for v, t in values]
    return content


def _standing(content: Json, fake: Any, columns: list[str]) -> Json:
    for column in columns:
        values = content["hourly"][column]
        content["hourly"][column] = [values[0]] * len(values)
    return content


def _frozen_member(content: Json, fake: Any) -> Json:
    """Let one member stand still in the air; the sun goes on."""
    names = [c for c in _columns(content) if c.endswith("member02") and not c.startswith(RADIATION)]
    return _standing(content, fake, names)


def _frozen_all(content: Json, fake: Any) -> Json:
    names = [c for c in _columns(content) if not c.startswith(RADIATION)]
    return _standing(content, fake, names)


def _short(content: Json, fake: Any, endings: tuple[str, ...]) -> Json:
    for column in _columns(content):
        if column.endswith(endings):
            values = content["hourly"][column]
            content["hourly"][column] = values[:40] + [None] * (len(values) - 40)
    return content


def _short_member(content: Json, fake: Any) -> Json:
    return _short(content, fake, ("member03",))


def _most_members_short(content: Json, fake: Any) -> Json:
    return _short(content, fake, ("member01", "member02", "member03"))


def _moved_times(seconds: int) -> Callable[[Json, Any], Json]:
    def change(content: Json, fake: Any) -> Json:
        times = content["hourly"]["time"]
        content["hourly"]["time"] = [t + seconds for t in times]
        return content

    return change


def _moved_light(content: Json, fake: Any) -> Json:
    """Label radiation an hour late, as an average over the hour after would be read."""
    for column in _columns(content, *RADIATION):
        values = content["hourly"][column]
        content["hourly"][column] = [values[0], *values[:-1]]
    return content


def _grid_point(content: Json, fake: Any) -> Json:
    return {**content, "latitude": 33.5, "longitude": -7.5}


def _offset(content: Json, fake: Any) -> Json:
    zone = {"timezone": "Africa/El_Aaiun", "timezone_abbreviation": "GMT+1"}
    return {**content, "utc_offset_seconds": 3600, **zone}


def _three_hourly(content: Json, fake: Any) -> Json:
    content["hourly"] = {name: values[::3] for name, values in content["hourly"].items()}
    return content


def _unequal(content: Json, fake: Any) -> Json:
    column = _columns(content, "wind_speed_100m")[0]
    content["hourly"][column] = content["hourly"][column][:-3]
    return content


def _twice(content: Json, fake: Any) -> Json:
    for values in content["hourly"].values():
        values[30] = values[29]
    return content


def _missing(content: Json, fake: Any) -> Json:
    gone = set(_columns(content, "temperature_2m"))
    content["hourly"] = {n: v for n, v in content["hourly"].items() if n not in gone}
    return content


def _all_null(content: Json, fake: Any) -> Json:
    for column in _columns(content, "shortwave_radiation"):
        content["hourly"][column] = [None] * len(content["hourly"][column])
    return content


def _identical(content: Json, fake: Any) -> Json:
    for column in _columns(content):
        content["hourly"][column] = content["hourly"][column.split("_member")[0]]
    return content


def _without_control(content: Json, fake: Any) -> Json:
    hourly = content["hourly"]
    content["hourly"] = {n: v for n, v in hourly.items() if n == "time" or "_member" in n}
    return content


def _fewer_members(content: Json, fake: Any) -> Json:
    gone = ("member03", "member04")
    content["hourly"] = {n: v for n, v in content["hourly"].items() if not n.endswith(gone)}
    return content


def _words(content: Json, fake: Any) -> Json:
    content["hourly"][_columns(content, "wind_speed_10m")[0]][5] = "calm"
    return content


def _list(content: Json, fake: Any) -> Any:
    return [content, content]


def _error_in_200(content: Json, fake: Any) -> Json:
    return {"error": True, "reason": "Timeout while reading remote file."}


def _run(hours: float) -> Callable[[Json, Any], Json]:
    def change(content: Json, fake: Any) -> Json:
        for name in (n for n in content if n.startswith("last_run_")):
            content[name] = round(content[name] + hours * 3600)
        return content

    return change


def _no_run(content: Json, fake: Any) -> Json:
    content.pop("last_run_initialisation_time")
    return content


def _kelvin(content: Json, fake: Any) -> Json:
    for column in _columns(content, "temperature_2m"):
        content["hourly"][column] = [v + 273.15 for v in content["hourly"][column]]
    return content


CONTENT: dict[str, tuple[str, Callable[[Json, Any], Any]]] = {
    "nulls_after_midnight": ("hours", _nulls),
    "zero_noon": ("hours", _zero_noon),
    "frozen_member": ("hours", _frozen_member),
    "frozen_all": ("hours", _frozen_all),
    "short_member": ("hours", _short_member),
    "most_members_short": ("hours", _most_members_short),
    "member_of_last_run": ("hours", lambda content, fake: content),  # as the next
    "frozen_feed": ("hours", lambda content, fake: content),  # the server keeps the old hours
    "unit_kmh": ("hours", _unit("wind_speed", "km/h", 3.6)),
    "unit_kmh_unsaid": ("hours", _scaled(("wind_speed",), 3.6)),
    "unit_humidity": ("hours", _unit("relative_humidity_2m", "fraction", 0.01)),
    "unit_humidity_unsaid": ("hours", _scaled(("relative_humidity_2m",), 0.01)),
    "unit_pressure": ("hours", _unit("surface_pressure", "Pa", 100.0)),
    "unit_pressure_unsaid": ("hours", _scaled(("surface_pressure",), 100.0)),
    "unit_kelvin_unsaid": ("hours", _kelvin),
    "unit_unknown": ("hours", _unit("shortwave_radiation", "undefined", 1.0)),
    "shifted_label": ("hours", _moved_times(3600)),
    "shifted_light": ("hours", _moved_light),
    "off_the_hour": ("hours", _moved_times(600)),
    "wrong_grid_point": ("hours", _grid_point),
    "utc_offset": ("hours", _offset),
    "three_hourly": ("hours", _three_hourly),
    "unequal_lengths": ("hours", _unequal),
    "duplicate_times": ("hours", _twice),
    "missing_variable": ("hours", _missing),
    "variable_null": ("hours", _all_null),
    "identical_members": ("hours", _identical),
    "control_missing": ("hours", _without_control),
    "fewer_members": ("hours", _fewer_members),
    "text_for_number": ("hours", _words),
    "list_of_places": ("hours", _list),
    "error_in_200": ("hours", _error_in_200),
    "old_run": ("meta", _run(-24.0)),
    "late_run": ("meta", _run(-6.0)),
    "future_run": ("meta", _run(30.0)),
    "no_run_time": ("meta", _no_run),
}


def _first_number(text: str, word: str) -> str:
    mark = '"shortwave_radiation": ['
    at = text.index(mark) + len(mark)
    return text[:at] + word + text[text.index(",", at) :]


TEXT: dict[str, Callable[[str], str]] = {
    "nan": lambda text: _first_number(text, "NaN"),
    "infinity": lambda text: _first_number(text, "-Infinity"),
    "huge_number": lambda text: _first_number(text, "1e999"),
    "huge_integer": lambda text: _first_number(text, "9" * 400),
    "deep_nesting": lambda text: "[" * 100_000 + "]" * 100_000,
    "duplicate_braces": lambda text: text + text,
    "not_utf8": lambda text: text.replace("GMT", "\udcff"),
}
FAULTS: tuple[str, ...] = tuple(sorted({*BEHAVIOURS, *CONTENT, *TEXT} - {HEALTHY}))
