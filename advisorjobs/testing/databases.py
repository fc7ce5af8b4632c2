"""Databases for tests: a server, a migrated template on it, and copies of that, made in milliseconds and dropped again.

TEST_DATABASE_URL names a server of yours (its user may create databases); without it, it is the embedded one, with its
data in memory where the system has room there. Names carry the number of the process that made them, so that any number
of test processes may work on one server (pytest-xdist), and what a killed one left behind is found and dropped.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlencode

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from advisorjobs.database.address import connect
from advisorjobs.database.embedded import DURABLE, Keeping, join
from advisorjobs.database.migrate import migrate
from advisorjobs.database.statement import statement
from advisorjobs.environment import Environment
from advisorjobs.settings import Settings, default_data_dir
from advisorjobs.testing.memory import COPY_FILES, FLEETING, memory_folder, remove_forgotten

__all__ = ["DatabaseServer", "migrated_template", "new_database", "session_server"]

NUMBERS = itertools.count(1)
EMPTY = "template1"
COPY = "copy_database"


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """Where tests make their databases. `maintenance_dbname`: the database to be in while others are made.

    `copying`: the statement that copies one, sql/<copying>.sql.
    """

    host: str
    port: int
    user: str
    password: str | None
    maintenance_dbname: str
    copying: str = COPY

    @classmethod
    def at(cls, dsn: str, copying: str = COPY) -> Self:
        """The server at the address *dsn*."""
        parts = conninfo_to_dict(dsn)
        return cls(
            host=str(parts.get("host", "localhost")),
            port=int(parts.get("port") or 5432),
            user=str(parts.get("user", "postgres")),
            password=None if parts.get("password") is None else str(parts["password"]),
            maintenance_dbname=str(parts.get("dbname", "postgres")),
            copying=copying,
        )

    def dsn(self, dbname: str | None = None) -> str:
        """The address of database *dbname*, as a URL, which every library takes."""
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        place = urlencode({"host": self.host, "port": self.port})
        return f"postgresql://{quote(self.user, safe='')}{secret}@/{dbname or self.maintenance_dbname}?{place}"

    def execute(self, name: str, /, **identifiers: str) -> None:
        """Runs sql/*name*.sql, whose {places} are names of databases, outside any transaction."""
        places = {place: sql.Identifier(identifier) for place, identifier in identifiers.items()}
        with connect(self.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement(name)).format(**places))


@contextmanager
def session_server(environ: Mapping[str, str]) -> Iterator[DatabaseServer]:
    """The server that TEST_DATABASE_URL names, or the embedded one, running for as long as the block lasts.

    Raises DatabaseUnavailable, MissingExtra without the extra `embedded`.
    """
    if given := environ.get("TEST_DATABASE_URL"):
        yield without_leftovers(DatabaseServer.at(given))
        return
    home = default_data_dir(Environment(environ)) / "tests"
    in_memory = home / "in-memory"  # not "memory": sessions of earlier versions, with other folders for it, are there
    memory = memory_folder(in_memory)
    if memory is None:
        place, keeping, copying = home, DURABLE, COPY
    else:
        remove_forgotten(memory)
        place, keeping, copying = in_memory, Keeping(FLEETING, memory), COPY_FILES
    with join(Settings(data_dir=place), start=True, keeping=keeping) as embedded:
        yield without_leftovers(DatabaseServer.at(embedded.dsn, copying))


@contextmanager
def new_database(server: DatabaseServer, template: str = EMPTY) -> Iterator[str]:
    """Makes a copy of *template*, yields its address and drops it, throwing out whoever is still connected.

    A process that was forked off meanwhile drops nothing.
    """
    maker = os.getpid()
    name = f"aj_{maker}_{next(NUMBERS)}"
    server.execute(server.copying, name=name, template=template)
    try:
        yield server.dsn(name)
    finally:
        if os.getpid() == maker:
            server.execute("drop_database", name=name)


@contextmanager
def migrated_template(server: DatabaseServer, prepare: Callable[[str], None] = lambda dsn: None) -> Iterator[str]:
    """Makes a migrated database, yields its name for `new_database`, and drops it.

    *prepare* gets its address: it makes the application's own tables there, and leaves no connection open.
    """
    with new_database(server) as dsn:
        migrate(dsn)
        prepare(dsn)
        yield str(conninfo_to_dict(dsn)["dbname"])


def without_leftovers(server: DatabaseServer) -> DatabaseServer:
    """Drops databases of processes that are gone; one process at a time, as two would drop the same ones."""
    with connect(server.dsn(), autocommit=True) as connection:
        connection.execute(statement("lock_test_databases"))
        for (name,) in connection.execute(statement("test_databases")).fetchall():
            if not os.path.exists(f"/proc/{name.split('_')[1]}"):
                server.execute("release_template", name=name)
                server.execute("drop_database", name=name)
    return server
