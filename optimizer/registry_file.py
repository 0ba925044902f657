"""The registry as a SQLite file beside the runs."""

import logging
import secrets
import time
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from optimizer.network_disk import network_file_system
from optimizer.registry_database import (
    WAIT_S,
    Opened,
    RegistryError,
    agree_on_version,
    told_by,
)
from optimizer.registry_server import URL_VARIABLE

REGISTRY = "registry.sqlite"
LOCK = ".registry.lock"  # while a damaged file is moved aside
_TURN_S = 0.02
_LOG = logging.getLogger(__name__)


class _Damaged(Exception):  # noqa: N818 (a finding, handled here)
    """The file is no SQLite database, or a broken one."""


def open_file(out: Path) -> Opened:
    """Return the registry beside the runs, made if there is none yet.

    A file that is no database is moved aside, and an empty one is made in its place.

    Raises
    ------
    RegistryError
        It can't be opened, or a newer program made it.
    """
    try:
        return _open_file(out)
    except _Damaged:
        return _open_again(out)


def _open_file(out: Path) -> Opened:
    """Return the SQLite registry beside the runs."""
    path = out / REGISTRY
    is_new = not path.exists()
    url = URL.create("sqlite", database=str(path))
    options = {"timeout": WAIT_S, "isolation_level": None}  # transactions begin where it is said
    engine = create_engine(url, poolclass=NullPool, connect_args=options)
    disk = network_file_system(path)
    notes = [] if disk is None else [_on_network(path, disk)]
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        raise _refused(path, error) from None
    opened = Opened(
        connection=connection,
        where=str(path),
        secret="",
        folder_id="",
        is_new=is_new,
        notes=notes,
    )
    try:
        _settle(connection, is_wal=disk is None)
        return agree_on_version(opened)
    except BaseException as error:
        opened.close()
        if isinstance(error, SQLAlchemyError | OSError):
            raise _refused(path, error) from None
        raise


def _settle(connection: Connection, *, is_wal: bool) -> None:
    """Check the file, and choose the journal: with WAL readers and a writer don't wait."""
    connection.exec_driver_sql("PRAGMA synchronous = NORMAL")  # the folders hold the truth
    mode, until = "wal" if is_wal else "delete", time.monotonic() + WAIT_S
    while connection.exec_driver_sql("PRAGMA journal_mode").scalar() != mode:
        try:
            connection.exec_driver_sql(f"PRAGMA journal_mode = {mode}")
        except OperationalError as error:  # SQLite itself does not wait for its turn here
            if "lock" not in str(error.orig) or time.monotonic() > until:
                raise
            time.sleep(_TURN_S)
    if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
        raise _Damaged
    connection.rollback()


def _refused(path: Path, error: Exception) -> Exception:
    """Return what to raise where SQLite does not open a file."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(cause, "sqlite_errorname", "")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return _Damaged()
    what = f"registry: {path} is not usable: {told_by(error)}"
    return RegistryError([f"{what}. See that it and its folder can be written."])


def _on_network(path: Path, disk: str) -> str:
    """Return what is to be known of a file on another machine's disk."""
    return (
        f"registry: {path} lies on a network disk ({disk}), where several readers and writers at "
        f"once are slow and locks not sure. Give {URL_VARIABLE} the address of a PostgreSQL."
    )


def _open_again(out: Path) -> Opened:
    """Move a damaged registry aside, one process at a time, and return a new one."""
    with FileLock(out / LOCK, timeout=WAIT_S):
        try:
            return _open_file(out)  # another process has been quicker
        except _Damaged:
            bad = f"{REGISTRY}.{secrets.token_hex(3)}.bad"
            for ending in ("-wal", "-shm", ""):
                path = out / f"{REGISTRY}{ending}"
                if path.exists():
                    path.replace(out / f"{bad}{ending}")
            opened = _open_file(out)
    _LOG.warning(
        "registry: %s was damaged; it is kept as %s, and a new one is made from the run folders. "
        "Failed runs, which have no folder, are in the old file only.",
        out / REGISTRY,
        bad,
    )
    return opened
