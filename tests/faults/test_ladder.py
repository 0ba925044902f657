"""The rungs below the last run, wrong clocks, damaged archives, and nights that follow one."""

import gzip
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from models.weather.climate import generate
from models.weather.online.folder import Folder
from models.weather.online.take import read_take
from models.weather.reading import ReadOptions
from optimizer.weather_ladder import climb
from optimizer.weather_sources import replay
from tests.faults.world import AGADIR, EVENING, HOUR, SHORT, World, key_forms

FAULTS_OF_EACH_KIND = ("hang_halfway", "http_502", "daily", "zero_noon", "nulls_after_midnight")


def emptied(world: World) -> World:
    shutil.rmtree(world.archive.folder)
    return world


def takes(world: World, source: str = "ensemble") -> list[Path]:
    return sorted(p for p in (world.archive.folder / source).iterdir() if p.is_dir())


@pytest.mark.parametrize("fault", FAULTS_OF_EACH_KIND)
def test_second_source_where_nothing_is_stored(world: World, fault: str) -> None:
    """Proves that the second source comes after the last run, both named with their reasons."""
    world.has_second, world.limits = True, SHORT
    emptied(world).first.fault = fault
    world.first.only = "/v1"

    outcome = world.night()

    assert (outcome.rung, outcome.exit_code) == ("second", 3), outcome.text
    assert outcome.laddered is not None
    assert outcome.laddered.source_name == "forecast"
    assert [r.split(":")[0] for r in outcome.laddered.reasons] == ["fresh", "last_run"]
    assert "no good run is stored" in outcome.text


@pytest.mark.parametrize("fault", FAULTS_OF_EACH_KIND)
def test_climatology_where_both_sources_fail(world: World, fault: str) -> None:
    """Proves that both deadlines bound the climb and that the climate stands in with members."""
    world.has_second = True
    world.limits = SHORT
    emptied(world).first.fault = world.second.fault = fault
    world.first.only = world.second.only = "/v1"

    outcome = world.night()

    assert (outcome.rung, outcome.exit_code) == ("climatology", 3), outcome.text
    assert outcome.took_s < 2 * SHORT.total_s + 4.0
    assert outcome.laddered is not None
    forecast = outcome.laddered.forecast
    assert len(forecast.members) == 2
    assert not forecast.members[0].table.equals(forecast.members[1].table)
    assert forecast.covers(world.wanted().start_utc, world.wanted().end_utc)
    assert [r.split(":")[0] for r in outcome.laddered.reasons] == ["fresh", "last_run", "second"]


def test_a_second_source_too_old(world: World) -> None:
    """Proves that the second source's run is bounded in age too, fetched or stored."""
    world.has_second = True
    emptied(world).first.fault = "daily"
    world.second.fault = "old_run"
    outcome = world.night()
    assert outcome.rung == "climatology"
    assert "second: forecast: model run 2026-11-21 18:00Z is 32.7 h old, more than age_max_h" in (
        outcome.text
    )


def test_a_second_source_has_a_last_run_too(world: World) -> None:
    """Proves that the second source's stored run is taken where it fails as well."""
    world.has_second = True
    emptied(world).first.fault = "daily"
    assert world.night().rung == "second"
    world.second.fault = "http_404"
    outcome = world.night()
    assert outcome.rung == "second"
    assert len(takes(world, "forecast")) == 1


def test_no_rung_far_from_the_climate(world: World) -> None:
    """Proves exit code 4, with a sentence for each rung, where the climate is another place's."""
    world.place = AGADIR
    world.first.fault = "hourly"

    outcome = world.night()

    assert (outcome.rung, outcome.exit_code) == ("none", 4)
    for words in ("fresh: ensemble", "last_run: ensemble", "second: no second", "climatology: the"):
        assert words in outcome.text
    assert "km from 30.4 N" in outcome.text


def test_other_settings_do_not_take_a_stored_run(world: World) -> None:
    """Proves that a run stored for one place is none for another."""
    world.place = replace(world.place, latitude_deg=23.71)
    world.first.fault = "hourly"
    assert world.night().rung == "climatology"


def test_a_host_that_is_not_there(world: World) -> None:
    """Proves that a refused connection is told and leads to the last run."""
    world.url = "http://127.0.0.1:9"
    outcome = world.night()
    assert (outcome.rung, outcome.exit_code) == ("last_run", 3)
    assert "refuses the connection" in outcome.text


def test_no_secure_connection(world: World) -> None:
    """Proves that a failed handshake is told as TLS."""
    world.url = world.first.url.replace("http:", "https:")
    outcome = world.night()
    assert (outcome.rung, outcome.exit_code) == ("last_run", 3)
    assert "TLS: no secure connection" in outcome.text


def test_no_key_over_an_open_line(world: World) -> None:
    """Proves that the key is not sent unencrypted to another computer."""
    world.url = "http://example.invalid"
    outcome = world.night()
    assert outcome.rung == "last_run"
    assert (
        "http://example.invalid/data/ecmwf_ifs025_ensemble/static/meta.json: url is not encr"
        in (outcome.text)
    )


@pytest.mark.parametrize("hours", [2.0, -2.0, 25.0])
def test_no_plan_by_a_clock_in_doubt(world: World, hours: float) -> None:
    """Proves that an hour's difference to the server's clock is refused, with no second source."""
    world.first.skew = hours * HOUR

    outcome = world.night()

    assert (outcome.rung, outcome.exit_code) == ("none", 4)
    side = "behind" if hours > 0 else "ahead of"
    assert f"clock is {abs(hours) * 60:.0f} min {side} the server's" in outcome.text
    assert "No plan is made by a clock in doubt." in outcome.text


def test_a_second_clock_settles_the_doubt(world: World) -> None:
    """Proves that the second source is taken if its clock is ours, and not if it isn't."""
    world.has_second = True
    world.first.skew = 3.0 * HOUR
    assert (world.night().rung, world.night(is_strict=True).exit_code) == ("second", 4)
    world.second.skew = 3.0 * HOUR
    assert world.night().exit_code == 4


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_clock_a_little_off_is_noted(world: World, minutes: int) -> None:
    """Proves that ten minutes are told and taken."""
    world.first.skew = minutes / 60 * HOUR
    outcome = world.night()
    assert (outcome.rung, outcome.exit_code) == ("fresh", 0)
    assert outcome.laddered is not None
    assert "clock is 10 min" in outcome.laddered.notes[0]
    assert len(outcome.laddered.notes) == 1


def test_nulls_after_midnight_are_whole_an_hour_later(world: World) -> None:
    """Proves that a partial reply is stored but not taken, and the full one is."""
    count = len(takes(world))
    world.first.fault = "nulls_after_midnight"
    assert world.night().rung == "last_run"
    assert len(takes(world)) == count + 1
    assert not (takes(world)[-1] / "good.json").exists()
    world.first.fault = None
    world.clock.now += HOUR
    assert world.night().rung == "fresh"


def test_age_is_told_from_the_model_run(world: World) -> None:
    """Proves that a run just fetched again is as old as its beginning: 24 h are the end of it."""
    world.first.fault = "hourly"
    init = read_take(takes(world)[0]).init_utc
    world.clock.now = init + 24 * HOUR
    assert world.night().rung == "last_run"
    world.clock.now = init + 24.1 * HOUR
    outcome = world.night()
    assert outcome.rung == "climatology"
    assert "is 24.1 h old, more than age_max_h = 24." in outcome.text


def test_a_run_a_day_behind_in_a_new_file_is_no_weather_of_today(world: World) -> None:
    """Proves that an old run fetched now is not taken for its fetching time."""
    emptied(world).first.fault = "old_run"
    outcome = world.night()
    assert outcome.rung == "climatology"
    assert "is 32.7 h old, more than late_max_h = 14." in outcome.text
    assert "is 32.7 h old, more than age_max_h = 24." in outcome.text


def test_a_late_run_serves_as_the_last_one(world: World) -> None:
    """Proves that a run too late to be fresh is stored and taken one rung lower."""
    world.first.fault = "late_run"
    world.clock.now += 3 * HOUR  # its run began 17.7 h ago
    outcome = world.night()
    assert outcome.rung == "last_run"
    assert outcome.laddered is not None
    assert outcome.laddered.take == f"ensemble/{takes(world)[-1].name}"


@pytest.mark.parametrize("damage", ["flipped", "truncated", "lost", "mark"])
def test_damaged_archive(world: World, damage: str) -> None:
    """Proves that a damaged take is set aside with its reason, and no plan is made of it."""
    world.first.fault = "http_404"
    take = takes(world)[0]
    body = take / "01.gz"
    content = bytearray(body.read_bytes())
    if damage == "flipped":
        plain = bytearray(gzip.decompress(bytes(content)))
        plain[len(plain) // 2] ^= 1
        body.write_bytes(gzip.compress(bytes(plain)))  # whole as gzip, another content
    elif damage == "truncated":
        body.write_bytes(content[: len(content) // 2])
    elif damage == "lost":
        body.unlink()
    else:
        (take / "good.json").write_text('{"schema_version": 1, "identi')

    outcome = world.night()

    assert outcome.rung == "climatology"
    assert "is damaged" in outcome.text
    assert f"{take.name}.bad" in outcome.text
    assert not take.exists()
    assert take.with_name(f"{take.name}.bad").is_dir()
    world.first.fault = None
    assert world.night().rung == "fresh"


def test_an_older_good_run_stands_behind_a_damaged_one(world: World) -> None:
    """Proves that the next older run is taken."""
    older = takes(world)[0]
    assert world.night().rung == "fresh"
    newer = takes(world)[-1]
    (newer / "01.gz").write_bytes(b"")
    world.first.fault = "daily"
    outcome = world.night()
    assert outcome.rung == "last_run"
    assert outcome.laddered is not None
    assert outcome.laddered.take == f"ensemble/{older.name}"


def test_archive_that_can_not_be_written(world: World) -> None:
    """Proves that a forecast is fresh though nothing can be stored, and that this is told."""
    emptied(world)
    world.archive.folder.write_text("a file where the folder should be")
    outcome = world.night()
    assert (outcome.rung, outcome.exit_code) == ("fresh", 0)
    assert "weather: not stored: Not a directory." in outcome.text
    assert outcome.laddered is not None
    assert outcome.laddered.take is None


def test_archive_that_can_only_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a read-only archive still gives the last run, and a damaged take stays."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(Path, "rename", refuse)
    before = world.stored()
    assert "not stored: Read-only file system." in world.night().text
    world.first.fault = "daily"
    assert world.night().rung == "last_run"
    body = takes(world)[0] / "01.gz"
    body.write_bytes(b"")
    assert "can't be moved: Read-only file system." in world.night().text
    assert set(world.stored()) == set(before)


def test_full_disk_leaves_no_half_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a disk that fills while a payload is written leaves no file of it."""
    before = world.stored()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("models.weather.online.take.os.fsync", full)
    outcome = world.night()
    assert outcome.rung == "fresh"
    assert "not stored: No space left on device." in outcome.text
    assert world.stored() == before


def test_a_take_of_minutes_ago_is_not_fetched_again(world: World) -> None:
    """Proves that reuse_h saves the requests, and nothing else changes."""
    first = world.night()
    asked = len(world.first.asked)
    world.reuse_h = 0.5
    world.clock.now += 0.25 * HOUR
    again = world.night()
    assert len(world.first.asked) == asked
    assert first.laddered is not None
    assert again.laddered is not None
    assert (again.rung, again.laddered.take) == ("fresh", first.laddered.take)
    world.clock.now += 0.5 * HOUR
    world.night()
    assert len(world.first.asked) == asked + 2


def test_replay_is_the_same_to_the_bit(world: World) -> None:
    """Proves that a stored take gives the forecast again, without members that stood still."""
    world.first.fault = "member_of_last_run"
    outcome = world.night()
    assert outcome.laddered is not None
    assert outcome.laddered.take is not None
    source = world.source(world.first, "ensemble")
    take = read_take(world.archive.folder / outcome.laddered.take)
    assert len(take.left_out) == 1
    again = replay(source, take)
    assert again.run == outcome.laddered.forecast.run
    pairs = zip(again.members, outcome.laddered.forecast.members, strict=True)
    assert all(a.table.equals(b.table) and a.source == b.source for a, b in pairs)


def test_replay_tells_a_changed_reader(world: World) -> None:
    """Proves that a take read otherwise than it was is refused."""
    take = replace(read_take(takes(world)[0]), forecast_sha256="0" * 64)
    with pytest.raises(Exception, match="the reader has changed"):
        replay(world.source(world.first, "ensemble"), take)


def test_the_change_of_zone_moves_nothing(world: World) -> None:
    """Proves that the hours of 2026-09-20, when Dakhla left UTC+1, are 24 in UTC."""
    emptied(world).clock.now = pd.Timestamp("2026-09-19T20:40Z")
    outcome = world.night()
    assert outcome.rung == "fresh"
    assert outcome.laddered is not None
    begins = pd.DatetimeIndex(outcome.laddered.forecast.members[0].table.index)
    day = begins[begins.floor("D") == pd.Timestamp("2026-09-20", tz="UTC")]
    assert len(day) == 24
    assert begins.is_unique


def test_a_frozen_feed_is_seen_again_and_again(world: World) -> None:
    """Proves that a feed standing for a third night is still held against the last good run."""
    world.first.fault = "frozen_feed"
    for _ in range(2):
        outcome = world.night()
        assert outcome.rung == "last_run", outcome.text
        assert "frozen" in outcome.text
        world.clock.now += 6 * HOUR


def test_a_fault_of_the_reader_is_no_lost_night(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that a program error in a reader is logged and leads one rung down."""
    monkeypatch.setattr("models.weather.online.open_meteo.run_begin", lambda *_: {}["init"])
    outcome = world.night()
    assert outcome.rung == "climatology"
    assert "its reader failed: KeyError." in outcome.text
    assert "provider of ensemble" in caplog.text


def test_retention_keeps_the_last_good_run(world: World) -> None:
    """Proves that old takes go, and the newest good one stays."""
    world.night()
    world.first.fault = "nulls_after_midnight"
    world.night()
    assert len(takes(world)) == 3
    newest_good = takes(world)[1]
    gone = world.archive.prune(30.0, EVENING + 24 * 60 * HOUR)
    assert len(gone) == 2
    assert [t.name for t in takes(world)] == [newest_good.name]
    assert not [form for form in key_forms() if form in str(gone)]


def test_a_folder_of_files_is_a_source(world: World, tmp_path: Path) -> None:
    """Proves that files go the same way: read, kept, and taken from the archive when they go."""
    there = tmp_path / "files"
    there.mkdir()
    start = world.clock.now.floor("D")
    table = generate(start_utc=start, end_utc=start + 96 * HOUR, seed=3).table
    table.to_csv(there / "run_2026112218.csv", date_format="%Y-%m-%dT%H:%MZ")
    options = ReadOptions(level="forecast", licence="ours")
    source = replace(
        world.source(world.first, "ensemble"),
        name="files",
        provider=Folder(path=there, options=options),
    )
    ladder = replace(world.ladder(), first=source)
    fresh = climb(ladder, world.wanted(), world.archive)
    assert (fresh.rung, fresh.notes) == ("fresh", ())
    assert fresh.forecast.run.init_utc == pd.Timestamp("2026-11-22T18:00Z")
    shutil.rmtree(there)
    last = climb(ladder, world.wanted(), world.archive)
    assert last.rung == "last_run"
    assert last.forecast.members[0].table.equals(fresh.forecast.members[0].table)
    there.write_text("a file")
    assert "files: " in climb(ladder, world.wanted(), world.archive).reasons[0]
