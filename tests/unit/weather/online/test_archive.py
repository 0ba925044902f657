"""What is stored, found again, set aside and deleted; the ladder's tests use it as a whole."""

import contextlib
import gzip
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from models.errors import SourceError
from models.weather.climate import generate
from models.weather.forecast import ModelRun, WeatherForecast
from models.weather.online.archive import Archive, Taking, plain_name
from models.weather.online.provider import Payload, Wanted
from models.weather.online.take import Take, payloads_of, read_take, replace_bytes
from models.weather.schema import Place

NOW = pd.Timestamp("2026-11-22T02:40:20.123456Z")
HOUR = pd.Timedelta(hours=1)
HERE = {"model": "ifs", "latitude_deg": "23.7"}
WANTED = Wanted(
    place=Place(latitude_deg=23.7, longitude_deg=-15.93, altitude_m=12.5),
    start_utc=NOW.floor("D"),
    end_utc=NOW.floor("D") + 24 * HOUR,
    now_utc=NOW,
)


def payload(body: bytes = b'{"a": 1}', at: pd.Timestamp = NOW) -> Payload:
    return Payload(
        url="https://host/v1",
        params={"a": "b"},
        body=body,
        fetched_utc=at,
        server_utc=at - pd.Timedelta(seconds=1),
        content_type="application/json",
    )


def forecast(init: pd.Timestamp) -> WeatherForecast:
    weather = generate(start_utc=WANTED.start_utc, end_utc=WANTED.end_utc, seed=1)
    run = ModelRun(provider="p", model="m", init_utc=init, fetched_utc=NOW, attribution="CC BY")
    return WeatherForecast(run=run, members=(weather,))


def store(folder: Path, *bodies: bytes, init: pd.Timestamp, at: pd.Timestamp = NOW) -> Take:
    taking = Taking(Archive(folder), "ifs")
    for body in bodies:
        taking.add(payload(body, at))
    taking.mark_good(forecast(init), WANTED, HERE, ["member 3"])
    assert taking.folder is not None
    return read_take(taking.folder)


def test_what_is_stored_comes_back(tmp_path: Path) -> None:
    """Proves that payloads, what was wanted and the run are the same after the disk."""
    taking = Taking(Archive(tmp_path), "ifs")
    taking.add(payload())
    taking.add(replace(payload(b"two"), server_utc=None))
    taking.mark_good(forecast(NOW.floor("6h")), WANTED, HERE, ["member 3"])
    assert taking.folder is not None
    take = read_take(taking.folder)
    assert payloads_of(take) == tuple(taking.payloads)
    assert take.wanted == WANTED
    assert take.identity == HERE
    assert take.left_out == ("member 3",)
    assert (take.init_utc, take.fetched_utc) == (NOW.floor("6h"), NOW)
    assert take.age_h(NOW.floor("6h") + 3 * HOUR) == 3.0


def test_layout_and_what_people_can_read(tmp_path: Path) -> None:
    """Proves the names on disk, and that body and sidecar are plain gzip and JSON."""
    taking = Taking(Archive(tmp_path), "ifs")
    taking.add(payload())
    folder = tmp_path / "ifs" / f"20261122T024020Z-{payload().sha256[:12]}"
    assert sorted(p.name for p in folder.iterdir()) == ["00.gz", "00.json"]
    assert gzip.decompress((folder / "00.gz").read_bytes()) == b'{"a": 1}'
    about = json.loads((folder / "00.json").read_text())
    assert about["sha256"] == payload().sha256
    assert about["params"] == {"a": "b"}
    assert pd.Timestamp(about["server_utc"]) == NOW - pd.Timedelta(seconds=1)


def test_a_take_without_its_mark_is_not_found(tmp_path: Path) -> None:
    """Proves that payloads that nobody read are kept and not taken."""
    taking = Taking(Archive(tmp_path), "ifs")
    taking.add(payload())
    assert Archive(tmp_path).takes("ifs", HERE).takes == ()


def test_newest_model_run_first(tmp_path: Path) -> None:
    """Proves the order: by the run, whenever it was fetched, and then by the fetching."""
    run = NOW.floor("6h")
    store(tmp_path, b"1", init=run)
    store(tmp_path, b"2", init=run - 6 * HOUR, at=NOW + HOUR)
    store(tmp_path, b"3", init=run, at=NOW + 2 * HOUR)
    found = Archive(tmp_path).takes("ifs", HERE)
    assert [payloads_of(t)[0].body for t in found.takes] == [b"3", b"1", b"2"]
    assert found.problems == ()


def test_same_second_same_bytes(tmp_path: Path) -> None:
    """Proves that two takes of the same bytes in a second have a folder each."""
    first = store(tmp_path, b"1", init=NOW)
    second = store(tmp_path, b"1", init=NOW)
    assert second.folder.name == f"{first.folder.name}-2"


@pytest.mark.parametrize("content", ["", "[]", '{"init_utc": "x"}', '{"a": ' * 2000, "\x00"])
def test_a_damaged_mark(tmp_path: Path, content: str) -> None:
    """Proves that any other content of the mark sets the take aside, and is told once."""
    take = store(tmp_path, b"1", init=NOW)
    (take.folder / "good.json").write_text(content)
    found = Archive(tmp_path).takes("ifs", HERE)
    assert found.takes == ()
    assert "good.json is damaged" in found.problems[0]
    assert found.problems[0].endswith(f"kept as {take.folder.name}.bad.")
    assert Archive(tmp_path).takes("ifs", HERE).problems == ()


def test_one_flipped_bit(tmp_path: Path) -> None:
    """Proves that every byte of the packed body is guarded: each flip is damage or no change."""
    take = store(tmp_path, b'{"a": 1}', init=NOW)
    packed = (take.folder / "00.gz").read_bytes()
    whole = []
    for at in range(len(packed)):
        flipped = bytearray(packed)
        flipped[at] ^= 0x10
        (take.folder / "00.gz").write_bytes(bytes(flipped))
        with contextlib.suppress(SourceError):
            whole.append(payloads_of(take)[0].body)
            continue
        take.folder.with_name(f"{take.folder.name}.bad").rename(take.folder)
    assert set(whole) == {b'{"a": 1}'}  # gzip's header has a time and a system that no one reads
    assert len(whole) < 10


def test_two_payloads_can_not_change_places(tmp_path: Path) -> None:
    """Proves that a payload is held against the hash of its own place."""
    take = store(tmp_path, b"one", b"two", init=NOW)
    for name in ("gz", "json"):
        one, two = take.folder / f"00.{name}", take.folder / f"01.{name}"
        content = one.read_bytes()
        one.write_bytes(two.read_bytes())
        two.write_bytes(content)
    with pytest.raises(SourceError, match="its hash is another than the stored one"):
        payloads_of(take)


def test_a_file_that_can_not_be_read_now_is_not_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that a denied right is no damage."""
    take = store(tmp_path, b"one", init=NOW)

    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(SourceError, match=r"^ifs/\S+: Permission denied\.$"):
        payloads_of(take)
    assert take.folder.is_dir()


def test_replacing_leaves_the_old_file_where_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that a full disk leaves the old file whole and nothing beside it."""
    path = tmp_path / "x.json"
    replace_bytes(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("models.weather.online.take.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize("name", ["..", "", "a/b", "/etc", ".hidden", "x" * 65, "a b", "é"])
def test_names_that_could_lead_elsewhere(tmp_path: Path, name: str) -> None:
    """Proves that such a source has a folder of its own inside the archive."""
    found = plain_name(name)
    assert found.startswith("source-")
    assert (tmp_path / found).resolve().parent == tmp_path.resolve()
    assert plain_name("ecmwf-ens_1.5") == "ecmwf-ens_1.5"


def test_retention(tmp_path: Path) -> None:
    """Proves that takes older than 30 days go, but for the last good one, and nothing else."""
    old = [NOW - days * 24 * HOUR for days in (50, 40, 31)]
    takes = [store(tmp_path, str(at).encode(), init=at, at=at) for at in old]
    bad = takes[0].folder.with_name(f"{takes[0].folder.name}.bad")
    takes[0].folder.rename(bad)
    (tmp_path / "ifs" / "notes of mine").mkdir()
    gone = Archive(tmp_path).prune(30.0, NOW)
    assert sorted(gone) == sorted([bad, takes[1].folder])
    assert takes[2].folder.is_dir()
    assert (tmp_path / "ifs" / "notes of mine").is_dir()
    assert Archive(tmp_path / "nothing").prune(30.0, NOW) == []
