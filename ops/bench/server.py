"""The server of a benchmark: BENCH_DATABASE_URL (a superuser's, on a server of your own), or a cluster made for the run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.fixtures.clusters import throwaway_cluster

__all__ = ["BenchServer", "bench_server"]

SQL = Path(__file__).parent / "sql"
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
DATABASE = "bench"


@dataclass(frozen=True, slots=True)
class BenchServer:
    """`admin`: the address of its maintenance database, as a URI."""

    admin: str

    def dsn(self, database: str = DATABASE) -> str:
        """As a URI, which every driver understands."""
        return urlsplit(self.admin)._replace(path=f"/{database}").geturl()

    def execute(self, *statements: str, database: str | None = None) -> None:
        """Each statement by itself, outside a transaction."""
        with psycopg.connect(self.dsn(database) if database else self.admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def fresh(self, template: str | None = None) -> None:
        """The database anew: empty, or as `keep` kept it."""
        source = f" TEMPLATE {template} STRATEGY file_copy" if template else ""
        self.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)", f"CREATE DATABASE {DATABASE}{source}")
        self.execute("CHECKPOINT")

    def keep(self, name: str) -> None:
        """Puts the database aside as *name*, for `fresh`."""
        self.drop(name)
        self.execute(f"ALTER DATABASE {DATABASE} RENAME TO {name}")

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def autovacuum(self, on: bool) -> None:
        """For the whole server: off, or as its configuration has it."""
        self.execute(f"ALTER SYSTEM {'RESET autovacuum' if on else 'SET autovacuum = off'}", "SELECT pg_reload_conf()")

    def value(self, name: str, **parameters: Any) -> Any:
        """The only column of the only row of sql/*name*.sql."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            row = connection.execute((SQL / f"{name}.sql").read_bytes(), parameters).fetchone()
        return row[0] if row else None

    def version(self) -> str:
        with psycopg.connect(self.admin) as connection:
            return str(connection.info.parameter_status("server_version"))


@contextmanager
def bench_server() -> Iterator[BenchServer]:
    """A server with fsync on and 512 MB of shared buffers, gone afterwards."""
    given = os.environ.get("BENCH_DATABASE_URL")
    if given:
        yield BenchServer(given)
        return
    with throwaway_cluster(SETTINGS) as cluster:
        yield BenchServer(cluster.tcp_dsn)
