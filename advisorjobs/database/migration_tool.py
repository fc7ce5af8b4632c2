"""The migration tool (classic-migrations), on our terms: it keeps the account of what was applied, and the lock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import psycopg
from classic.migrations.backends.base import STATUS_APPLIED
from classic.migrations.backends.psycopg import PsycopgBackend
from classic.migrations.migrations import Migration
from classic.migrations.migrator import Migrator

from advisorjobs.database.address import parse, unreachable
from advisorjobs.database.scripts import Script

__all__ = ["Tool"]

HISTORY = "advisorjobs_migrations"


class Tool(Migrator):
    """The migration tool on a full address (TLS, several hosts, a socket), and with scripts that are sent whole.

    It would cut files into statements by a parser of its own, which need not understand every function body.
    """

    def __init__(self, dsn: str) -> None:
        super().__init__("psycopg", migration_table=HISTORY)
        self.dsn = dsn

    def __enter__(self) -> Self:
        try:
            self._backend = PsycopgBackend(db_args=parse(self.dsn), migration_table=HISTORY)
        except psycopg.OperationalError as error:
            raise unreachable(self.dsn, error) from error
        self._backend.acquire_lock()
        return self

    def __exit__(self, *_: object) -> None:
        """Closes, which rolls back and drops the lock. The tool's own way would log the error's text."""
        self.close()

    @property
    def connection(self) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] = self.backend.connection
        return connection

    def apply_scripts(self, wanted: Iterable[Script]) -> list[str]:
        """Applies *wanted* in order, each with its note in one transaction, and returns their names."""
        wanted = list(wanted)
        if wanted:
            self.apply([as_migration(script) for script in wanted], {})
        return [script.name for script in wanted]

    def note(self, wanted: Iterable[Script]) -> None:
        """Notes that *wanted* are applied, without applying them."""
        for script in wanted:
            self.backend.mark(script.name, STATUS_APPLIED)


def as_migration(script: Script) -> Migration:
    migration = Migration(script.name, script.name)
    migration.apply_statements = [script.sql]
    return migration
