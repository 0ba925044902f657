"""The registry on a PostgreSQL server, for teams that share one.

No password reaches a message: an address is shown as user, host and database, and what the driver
says is cleared of it.
"""

import re
import secrets
from contextlib import suppress
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from models.files import reason
from optimizer.registry_database import (
    Opened,
    RegistryError,
    agree_on_version,
    told_by,
)

URL_VARIABLE = "DAKHLA_REGISTRY_URL"
FOLDER_ID = ".registry_id"
CONNECT_S = 5  # a server that does not answer must not hold up a plan


def open_server(out: Path, address: str) -> Opened:
    """Return the registry at an address, its tables made if there are none yet.

    Raises
    ------
    RegistryError
        The address is wrong, the server does not answer, or a newer program made the tables.
    """
    url, where = _server_url(address)
    secret = str(url.password or "")
    options = {"connect_timeout": CONNECT_S, "application_name": "dakhla"}
    try:
        connection = create_engine(url, poolclass=NullPool, connect_args=options).connect()
    except ImportError:
        what = f"registry: {where} needs the package psycopg"
        raise RegistryError([f"{what}. Install dakhla-optimizer[postgres]."]) from None
    except SQLAlchemyError as error:
        told = told_by(error).replace(secret, "***") if secret else told_by(error)
        what = f"registry: {where} does not answer: {told}"
        raise RegistryError([f"{what}. See that the server runs and lets this user in."]) from None
    try:
        opened = Opened(
            connection=connection,
            where=where,
            secret=secret,
            folder_id=_folder_id(out),
            is_new=False,
        )
        return agree_on_version(opened)
    except BaseException:
        connection.close()
        raise


def _server_url(address: str) -> tuple[URL, str]:
    """Return the address of a server, and how messages show it: without anything secret."""
    remedy = f"Write postgresql://USER:PASSWORD@HOST/DATABASE in {URL_VARIABLE}, with %40 for an @."
    try:
        url = make_url(address)
        host, port = url.host or "", url.port
    except (ArgumentError, ValueError):
        raise RegistryError([f"registry: the address is not understood. {remedy}"]) from None
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise RegistryError([f"registry: the address is of no PostgreSQL. {remedy}"])
    if not re.fullmatch(r"[A-Za-z0-9._:/-]*", host):
        raise RegistryError([f"registry: the address's host is not understood. {remedy}"])
    user = f"{url.username}@" if url.username else ""
    place = f"{host or url.query.get('host', '')}{f':{port}' if port else ''}"
    return url.set(drivername="postgresql+psycopg"), f"postgresql://{user}{place}/{url.database}"


def _folder_id(out: Path) -> str:
    """Return what tells this folder's runs from others' in one database; it moves along."""
    path = out / FOLDER_ID
    try:
        if not path.is_file():
            made = path.with_name(f"{FOLDER_ID}.{secrets.token_hex(3)}")
            made.write_text(secrets.token_hex(8), encoding="ascii")
            with suppress(FileExistsError):  # of several processes, one is first
                path.hardlink_to(made)
            made.unlink()
        return path.read_text(encoding="ascii").strip()[:40]
    except (OSError, ValueError) as error:
        what = f"registry: {path} is not usable: {reason(error)}"
        raise RegistryError([f"{what}. See that the folder can be written."]) from None
