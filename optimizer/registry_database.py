"""An open registry: one connection, transactions in turns, and the version of its tables."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection, create_engine, inspect, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from models.errors import InputError
from models.files import reason
from optimizer.registry_tables import SCHEMA_VERSION, metadata, schema
from optimizer.run_folder import program

WAIT_S = 30.0  # for another writer, whose transactions take milliseconds
_ADVISORY_KEY = 4_702_111_234  # any number, the same in every process: writers take turns
T = TypeVar("T")


class RegistryError(InputError):
    """The registry can't be read or written; runs themselves are not concerned."""


def told_by(error: Exception) -> str:
    """Return what a driver says, on one line."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return reason(cause) if isinstance(cause, Exception) else type(error).__name__


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A connection to the registry and what is to be known of it."""

    connection: Connection
    where: str  # as messages show it
    secret: str
    folder_id: str  # whose runs: empty where the file lies among them
    is_new: bool
    notes: list[str] = field(default_factory=list)

    def do(self, work: Callable[[Connection], T], *, is_writing: bool) -> T:
        """Return what `work` returns, done in one transaction; writers take turns.

        Raises
        ------
        RegistryError
            The database refuses, or is not to be reached.
        """
        is_file = self.connection.dialect.name == "sqlite"
        turn = "BEGIN IMMEDIATE" if is_writing else "BEGIN"
        if not is_file:
            turn = f"SELECT pg_advisory_xact_lock({_ADVISORY_KEY})" if is_writing else "SELECT 1"
        try:
            with self.connection.begin():
                self.connection.exec_driver_sql(turn)
                return work(self.connection)
        except SQLAlchemyError as error:
            raise self.failed(error) from None

    def failed(self, error: Exception) -> RegistryError:
        """Return the error to raise for what a driver says."""
        told = told_by(error)
        told = told.replace(self.secret, "***") if self.secret else told
        what = f"registry: {self.where} is not usable: {told}"
        return RegistryError([f"{what}. See that it can be written."])

    def close(self) -> None:
        """End the connection."""
        self.connection.close()
        self.connection.engine.dispose()


def memory_registry() -> Opened:
    """Return an empty registry that is nowhere: for a folder that can only be read."""
    connection = create_engine("sqlite://", connect_args={"isolation_level": None}).connect()
    opened = Opened(connection=connection, where="memory", secret="", folder_id="", is_new=True)
    agree_on_version(opened)
    return opened


def agree_on_version(opened: Opened) -> Opened:
    """Make the tables where there are none; refuse those that a newer program made.

    Raises
    ------
    RegistryError
        The registry is newer than this program.
    """
    if opened.do(_version, is_writing=False) is None:
        opened.do(_make_tables, is_writing=True)
    version = opened.do(_version, is_writing=False)
    if version is None or version > SCHEMA_VERSION:
        what = f"registry: {opened.where} has version {version}, made by a newer program"
        known = f"this one knows versions up to {SCHEMA_VERSION}"
        raise RegistryError([f"{what}; {known}. Use that program."])
    return opened


def _version(connection: Connection) -> int | None:
    """Return the version of the tables, none where there are none."""
    if not inspect(connection).has_table(schema.name):
        return None
    return connection.execute(select(schema.c.version)).scalar()


def _make_tables(connection: Connection) -> None:
    """Make the tables, unless another process just did."""
    metadata.create_all(connection)
    if connection.execute(select(schema.c.version)).first() is None:
        connection.execute(schema.insert().values(version=SCHEMA_VERSION, program=program()))
