"""One stored take: its files, what is known of it, and whether its bytes are still the same."""

import gzip
import hashlib
import json
import os
import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import SourceError
from models.files import plain_file, reason
from models.weather.forecast import WeatherForecast
from models.weather.online.provider import Payload, Wanted
from models.weather.schema import Place

SCHEMA_VERSION = 1
GOOD = "good.json"
BAD = ".bad"
MARK_MAX_BYTES = 1_000_000  # a mark of 51 members takes some 5 kB
PACKED_MAX_BYTES = 500_000_000
_DAMAGE: tuple[type[Exception], ...] = (
    *(gzip.BadGzipFile, zlib.error, FileNotFoundError, EOFError, ValueError),
    *(KeyError, TypeError, AttributeError, RecursionError),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Take:
    """Payloads of one fetch that a reader took, and what it read.

    Attributes
    ----------
    folder : Path
        Where the payloads are.
    identity : mapping
        Settings of the source and the place: a take answers for no other.
    wanted : Wanted
        What the fetch asked for; with it the payloads give the same forecast again.
    init_utc, first_utc, end_utc : Timestamp
        Beginning of the model run, of the first step, end of the last step.
    fetched_utc : Timestamp
        When the last payload came.
    forecast_sha256 : str
        Of all members' values, to prove that a replay gives the same to the bit.
    left_out : tuple of str
        Members not taken because they stood still since the run before.
    payloads_sha256 : tuple of str
        Hashes of the bodies, in the order they came.
    """

    folder: Path
    identity: Mapping[str, str]
    wanted: Wanted
    provider: str
    model: str
    init_utc: pd.Timestamp
    first_utc: pd.Timestamp
    end_utc: pd.Timestamp
    fetched_utc: pd.Timestamp
    forecast_sha256: str
    left_out: tuple[str, ...] = ()
    payloads_sha256: tuple[str, ...] = ()

    def covers(self, start_utc: pd.Timestamp, end_utc: pd.Timestamp) -> bool:
        """Return whether every moment of [start, end) is inside."""
        return bool(self.first_utc <= start_utc and end_utc <= self.end_utc)

    def age_h(self, now_utc: pd.Timestamp) -> float:
        """Return the hours since the model run began, whenever the file was written."""
        return float((now_utc - self.init_utc) / pd.Timedelta(hours=1))


def write_payload(folder: Path, number: int, payload: Payload) -> None:
    """Store one payload: its body, then what makes it known."""
    packed = gzip.compress(payload.body, compresslevel=6, mtime=0)
    replace_bytes(folder / f"{number:02d}.gz", packed)
    replace_bytes(folder / f"{number:02d}.json", _packed(_about(payload)))


def write_mark(
    folder: Path,
    payloads: Sequence[Payload],
    forecast: WeatherForecast,
    wanted: Wanted,
    identity: Mapping[str, str],
    left_out: Sequence[str] = (),
) -> None:
    """Say that these stored payloads gave this forecast."""
    run = forecast.run
    content = {
        "schema_version": SCHEMA_VERSION,
        "identity": dict(identity),
        "wanted": _wanted_as_json(wanted),
        "provider": run.provider,
        "model": run.model,
        "init_utc": run.init_utc.isoformat(),
        "first_utc": forecast.first_utc.isoformat(),
        "end_utc": forecast.end_utc.isoformat(),
        "fetched_utc": max(p.fetched_utc for p in payloads).isoformat(),
        "attribution": run.attribution,
        "members": len(forecast.members),
        "forecast_sha256": forecast_sha256(forecast),
        "left_out": list(left_out),
        "payloads_sha256": [p.sha256 for p in payloads],
    }
    replace_bytes(folder / GOOD, _packed(content))


def read_take(folder: Path) -> Take:
    """Return what is known of the good take in a folder.

    Raises
    ------
    SourceError
        Its mark is damaged; the folder is then renamed to ``*.bad``.
    """
    try:
        content = json.loads(plain_file(folder / GOOD, MARK_MAX_BYTES).read_text(encoding="utf-8"))
        times = {
            name: pd.Timestamp(content[name]).as_unit("us")
            for name in ("init_utc", "first_utc", "end_utc", "fetched_utc")
        }
        return Take(
            folder=folder,
            identity={str(k): str(v) for k, v in content["identity"].items()},
            wanted=_wanted_of(content["wanted"]),
            provider=str(content["provider"]),
            model=str(content["model"]),
            init_utc=times["init_utc"],
            first_utc=times["first_utc"],
            end_utc=times["end_utc"],
            fetched_utc=times["fetched_utc"],
            forecast_sha256=str(content["forecast_sha256"]),
            left_out=tuple(str(name) for name in content["left_out"]),
            payloads_sha256=tuple(content["payloads_sha256"]),
        )
    except _DAMAGE as error:
        raise _quarantined(folder, f"{GOOD} is damaged: {reason(error)}") from error
    except OSError as error:
        raise _unreadable(folder, error) from error


def payloads_of(take: Take) -> tuple[Payload, ...]:
    """Return the payloads of a take, each proved by its hash.

    Raises
    ------
    SourceError
        One is missing, damaged or not the one that was stored; the take is then ``*.bad``.
    """
    found = []
    for number, sha256 in enumerate(take.payloads_sha256):
        try:
            found.append(_payload(take.folder, number, sha256))
        except _DAMAGE as error:
            problem = f"payload {number:02d} is damaged: {reason(error)}"
            raise _quarantined(take.folder, problem) from error
        except OSError as error:
            raise _unreadable(take.folder, error) from error
    return tuple(found)


def _payload(folder: Path, number: int, sha256: str) -> Payload:
    """Return one payload from its two files."""
    about = json.loads(
        plain_file(folder / f"{number:02d}.json", MARK_MAX_BYTES).read_text(encoding="utf-8")
    )
    body = gzip.decompress(plain_file(folder / f"{number:02d}.gz", PACKED_MAX_BYTES).read_bytes())
    if hashlib.sha256(body).hexdigest() != sha256:
        raise ValueError("its hash is another than the stored one")
    server = about["server_utc"]
    return Payload(
        url=about["url"],
        params=about["params"],
        body=body,
        fetched_utc=pd.Timestamp(about["fetched_utc"]).as_unit("us"),
        server_utc=None if server is None else pd.Timestamp(server).as_unit("us"),
        content_type=about["content_type"],
    )


def _quarantined(folder: Path, problem: str) -> SourceError:
    """Return what is wrong with a stored take, after its folder was renamed if it can be."""
    place = f"{folder.parent.name}/{folder.name}"
    try:
        folder.rename(folder.with_name(f"{folder.name}{BAD}"))
    except OSError as error:
        return SourceError("content", f"{place}: {problem}; it can't be moved: {reason(error)}.")
    return SourceError("content", f"{place}: {problem}; kept as {folder.name}{BAD}.")


def _unreadable(folder: Path, error: OSError) -> SourceError:
    """Return that a stored take can't be read now; nothing says that it is damaged."""
    return SourceError("content", f"{folder.parent.name}/{folder.name}: {reason(error)}.")


def forecast_sha256(forecast: WeatherForecast) -> str:
    """Return the hash of all steps, members and columns, to know the same forecast again."""
    found = hashlib.sha256(f"{forecast.run.init_utc.isoformat()} {forecast.first_utc}".encode())
    for member in forecast.members:
        found.update(f"{member.where} {list(member.table.columns)}".encode())
        found.update(member.table.to_numpy(dtype="<f8").tobytes())
    return found.hexdigest()


def _about(payload: Payload) -> dict[str, Any]:
    """Return what is known of a payload beside its body."""
    server = payload.server_utc
    return {
        "schema_version": SCHEMA_VERSION,
        "url": payload.url,
        "params": dict(payload.params),
        "fetched_utc": payload.fetched_utc.isoformat(),
        "server_utc": None if server is None else server.isoformat(),
        "content_type": payload.content_type,
        "sha256": payload.sha256,
        "bytes": len(payload.body),
    }


def _wanted_as_json(wanted: Wanted) -> dict[str, Any]:
    """Return what was wanted as JSON holds it."""
    times = {
        name: getattr(wanted, name).isoformat() for name in ("start_utc", "end_utc", "now_utc")
    }
    place = {n: getattr(wanted.place, n) for n in ("latitude_deg", "longitude_deg", "altitude_m")}
    return {"place": place, **times}


def _wanted_of(content: Mapping[str, Any]) -> Wanted:
    """Return what was wanted from its JSON."""
    start, end, now = (
        pd.Timestamp(content[name]).as_unit("us") for name in ("start_utc", "end_utc", "now_utc")
    )
    return Wanted(place=Place(**content["place"]), start_utc=start, end_utc=end, now_utc=now)


def _packed(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, allow_nan=False, ensure_ascii=False) + "\n").encode()


def replace_bytes(path: Path, content: bytes) -> None:
    """Replace a file at once: whoever reads it finds the old one or the new one, whole."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(3)}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
