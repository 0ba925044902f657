"""What the registry says when it can't be used: damaged, newer, unreachable, never a password."""

import logging
import sqlite3
import sys
import time
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine

from optimizer import registry_file, registry_server
from optimizer.errors import WeatherError
from optimizer.network_disk import network_file_system
from optimizer.recording import failed_early, recorded
from optimizer.registry import RegistryError, registry
from optimizer.run_folder import PARTIAL
from tests.unit.registry.conftest import FACTS, NOW, PASSWORD, run_name, write_folder

REMEDY = "Write postgresql://USER:PASSWORD@HOST/DATABASE in DAKHLA_REGISTRY_URL, with %40 for an @."


@pytest.mark.parametrize(
    "content", [b"not a database, " * 100, b"\0" * 5000], ids=["text", "zeros"]
)
def test_a_damaged_file_is_kept_aside_and_made_again(tmp_path, caplog, content):
    name = write_folder(tmp_path, 1)
    (tmp_path / "registry.sqlite").write_bytes(content)
    with registry(tmp_path) as found:
        assert [row.id for row in found.runs()] == [name]
    bad = [path for path in tmp_path.iterdir() if path.name.endswith(".bad")]
    assert [path.read_bytes() for path in bad] == [content]
    assert [record.getMessage() for record in caplog.records] == [
        (
            f"registry: {tmp_path / 'registry.sqlite'} was damaged; it is kept as {bad[0].name}, "
            "and a new one is made from the run folders. Failed runs, which have no folder, are in "
            "the old file only."
        )
    ]


def test_pages_overwritten_within_are_noticed(tmp_path, caplog):
    """Proves a file with a good head and broken pages is not trusted."""
    for number in range(200):
        write_folder(tmp_path, number)
    with registry(tmp_path) as found:
        assert len(found.runs()) == 200
    path = tmp_path / "registry.sqlite"
    content = bytearray(path.read_bytes())
    content[8192:-4096] = b"\xff" * (len(content) - 8192 - 4096)
    path.write_bytes(content)
    with registry(tmp_path) as found:
        assert len(found.runs()) == 200
    assert "was damaged" in caplog.text


def test_a_lost_file_is_made_again_from_the_folders(tmp_path):
    name = write_folder(tmp_path, 1)
    with registry(tmp_path) as found:
        assert found.run(name).state == "published"
    (tmp_path / "registry.sqlite").unlink()
    with registry(tmp_path) as found:
        assert found.run(name).state == "published"


def test_readers_don_t_wait_for_a_writer(tmp_path):
    """Proves the journal is WAL: with a rollback journal the reader would be refused."""
    with registry(tmp_path) as found:
        writer = sqlite3.connect(tmp_path / "registry.sqlite", isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM dakhla_schema")
        assert found.runs() == []
        writer.execute("ROLLBACK")
        assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        writer.close()


def test_on_a_network_disk_there_is_no_wal_and_a_note(tmp_path, monkeypatch):
    monkeypatch.setattr(registry_file, "network_file_system", lambda path: "nfs4")
    with registry(tmp_path) as found:
        found.started(run_name(1), FACTS, NOW)
        assert found.notes == [
            (
                f"registry: {tmp_path / 'registry.sqlite'} lies on a network disk (nfs4), where "
                "several readers and writers at once are slow and locks not sure. Give "
                "DAKHLA_REGISTRY_URL the address of a PostgreSQL."
            )
        ]
    with sqlite3.connect(tmp_path / "registry.sqlite") as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    file.close()


@pytest.mark.parametrize(
    ("path", "disk"),
    [
        ("/srv/runs", None),
        ("/mnt/team/runs", "nfs4"),
        ("/mnt/team/local/runs", None),
        ("/mnt/my share/runs", "cifs"),
        ("/mnt/teamwork", None),
        ("/mnt/box", "fuse.sshfs"),
    ],
)
def test_network_disks_are_told_by_the_table_of_mounts(tmp_path, path, disk):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        "40 22 0:50 / /mnt/team rw - nfs4 server:/team rw\n"
        "41 40 0:51 / /mnt/team/local rw - xfs /dev/vdb rw\n"
        "42 22 0:52 / /mnt/my\\040share rw - cifs //server/share rw\n"
        "43 22 0:53 / /mnt/box rw - fuse.sshfs me@box: rw\n"
    )
    assert network_file_system(tmp_path.__class__(path), mounts) == disk
    assert network_file_system(tmp_path.__class__(path), tmp_path / "none") is None


def newer(url, out):
    """Let a newer program have made the tables."""
    with registry(out, url):
        address = url or f"sqlite:///{out / 'registry.sqlite'}"
        engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE dakhla_schema SET version = version + 1")
        engine.dispose()
        return engine


def test_a_newer_programs_registry_is_refused(url, tmp_path):
    engine = newer(url, tmp_path)
    try:
        with pytest.raises(RegistryError) as error, registry(tmp_path, url):
            pass
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE dakhla_schema SET version = version - 1")
        engine.dispose()
    (problem,) = error.value.problems
    assert "has version 2, made by a newer program; this one knows versions up to 1." in problem
    assert problem.endswith("Use that program.")
    assert PASSWORD not in problem


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("mysql://me:geheim@host/db", f"registry: the address is of no PostgreSQL. {REMEDY}"),
        ("geheim", f"registry: the address is not understood. {REMEDY}"),
        (
            "postgresql://me:geheim@host:port/db",
            f"registry: the address is not understood. {REMEDY}",
        ),
        (
            "postgresql://me:ge@heim@host/db",
            f"registry: the address's host is not understood. {REMEDY}",
        ),
    ],
)
def test_a_wrong_address_is_refused_without_its_password(tmp_path, address, problem):
    with pytest.raises(RegistryError) as error, registry(tmp_path, address):
        pass
    assert error.value.problems == [problem]


def test_a_server_that_is_not_there_is_told_in_time_without_the_password(tmp_path):
    address = f"postgresql://me:geheim@/db?host={tmp_path}"
    began = time.monotonic()
    with pytest.raises(RegistryError) as error, registry(tmp_path, address):
        pass
    assert time.monotonic() - began < registry_server.CONNECT_S + 2
    (problem,) = error.value.problems
    assert problem.startswith(f"registry: postgresql://me@{tmp_path}/db does not answer: ")
    assert problem.endswith("See that the server runs and lets this user in.")
    assert "geheim" not in "".join(traceback_of(error))


def traceback_of(error):
    """Return everything Python would print of an error, causes and contexts too."""
    texts, cause = [], error.value
    while cause is not None:
        texts.append(f"{cause!r} {cause}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return texts


def test_a_wrong_password_is_told_without_it(server, tmp_path):
    with pytest.raises(RegistryError) as error:
        registry(tmp_path, server.replace(quote(PASSWORD, safe=""), "geheim")).__enter__()
    assert "password authentication failed" in error.value.problems[0]
    assert "geheim" not in "".join(traceback_of(error))


def test_without_the_driver_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(RegistryError) as error, registry(tmp_path, "postgresql://me:geheim@h/db"):
        pass
    assert error.value.problems == [
        (
            "registry: postgresql://me@h/db needs the package psycopg. Install "
            "dakhla-optimizer[postgres]."
        )
    ]


def test_a_folder_that_can_t_be_told_apart_is_told(server, tmp_path):
    (tmp_path / ".registry_id").mkdir()
    with pytest.raises(RegistryError) as error, registry(tmp_path, server):
        pass
    assert error.value.problems == [
        (
            f"registry: {tmp_path / '.registry_id'} is not usable: Is a directory. "
            "See that the folder can be written."
        )
    ]
    assert [path.name for path in tmp_path.iterdir()] == [".registry_id"]


def test_the_environment_names_the_server(server, tmp_path, monkeypatch):
    monkeypatch.setenv("DAKHLA_REGISTRY_URL", server)
    with registry(tmp_path) as found:
        found.started(run_name(77), FACTS, NOW)
    assert not (tmp_path / "registry.sqlite").exists()
    monkeypatch.delenv("DAKHLA_REGISTRY_URL")
    with registry(tmp_path, server) as found:
        assert found.run(run_name(77)).state == "started"


def test_a_folder_in_the_registrys_place_is_told(tmp_path):
    (tmp_path / "registry.sqlite").mkdir()
    with pytest.raises(RegistryError) as error, registry(tmp_path):
        pass
    assert error.value.problems == [
        (
            f"registry: {tmp_path / 'registry.sqlite'} is not usable: unable to open database "
            "file. See that it and its folder can be written."
        )
    ]


def test_a_run_is_recorded_from_its_begin_to_its_end(url, tmp_path, monkeypatch):
    """Proves the three ends of a run, and that one cut off before is closed first."""
    monkeypatch.setenv("DAKHLA_REGISTRY_URL", url or "")
    names = [run_name(number) for number in range(100, 103)]
    with recorded(tmp_path, names[0], FACTS, NOW):
        with registry(tmp_path) as found:
            assert found.run(names[0]).state == "started"
        write_folder(tmp_path, 100)
    with pytest.raises(ZeroDivisionError), recorded(tmp_path, names[1], FACTS, NOW):
        raise ZeroDivisionError("division by zero")
    write_folder(tmp_path, 102, is_diagnostic=True)
    with pytest.raises(KeyboardInterrupt), recorded(tmp_path, names[2], FACTS, NOW):
        raise KeyboardInterrupt
    with registry(tmp_path) as found:
        rows = {row.id: row for row in found.runs()}
    assert [(rows[n].state, rows[n].exit_code) for n in names] == [
        ("published", 0),
        ("failed", 70),
        ("failed", 130),
    ]
    assert rows[names[0]].ended_utc == "2026-07-01T20:00:00Z"
    assert rows[names[1]].message.startswith("ZeroDivisionError: division by zero. ")
    assert rows[names[2]].folder == f"{names[2]}-diagnostic"


def test_a_run_without_weather_is_recorded_too(url, tmp_path, monkeypatch):
    monkeypatch.setenv("DAKHLA_REGISTRY_URL", url or "")
    error = WeatherError("No source covers 2 July. Give a file.")
    failed_early(tmp_path, run_name(200), error, NOW, site="small plant", kind="daily")
    with registry(tmp_path) as found:
        row = found.run(run_name(200))
    assert (row.state, row.exit_code, row.kind, row.site) == ("failed", 4, "daily", "small plant")
    assert row.message == "No source covers 2 July. Give a file."
    assert row.started_utc == row.ended_utc == "2026-07-01T20:00:00Z"


def test_no_fault_of_the_registry_loses_a_run(tmp_path, caplog):
    """Proves a run goes on without a registry, says so, and is there when it can be."""
    blocked = tmp_path / "registry.sqlite"
    blocked.mkdir()
    with (
        caplog.at_level(logging.WARNING),
        recorded(tmp_path, run_name(5), FACTS, NOW),
    ):
        write_folder(tmp_path, 5)
    assert len(caplog.records) == 2
    assert caplog.records[0].getMessage() == (
        f"registry: {blocked} is not usable: unable to open database file. See that it and its "
        "folder can be written. The run itself is not concerned; this is made good."
    )
    blocked.rmdir()
    with registry(tmp_path) as found:
        assert found.run(run_name(5)).state == "published"
    assert not list(tmp_path.glob(f"{PARTIAL}*"))
