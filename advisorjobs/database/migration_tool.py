"""The migration tool (classic-migrations), on our terms: it keeps the account of what was applied, and the lock.

The practice's work goes on meanwhile. A change of a table waits for everybody who uses it, and everybody else then waits
behind the change; so it waits for moments only, lets the others pass, and begins anew (`patiently`).
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Self, TypeVar

import psycopg
from classic.migrations.backends.base import STATUS_APPLIED
from classic.migrations.backends.psycopg import PsycopgBackend
from classic.migrations.migrations import Migration
from classic.migrations.migrator import Migrator

from advisorjobs.database.address import parse, unreachable
from advisorjobs.database.scripts import Script
from advisorjobs.database.statement import statement

__all__ = ["Tool"]

log = logging.getLogger(__name__)

HISTORY = "advisorjobs_migrations"

PAUSE = 0.7
"""Seconds in which the others pass, before a lock is asked for again."""

T = TypeVar("T")


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
        self._backend.execute(statement("wait_briefly_for_locks"))
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
        names = []
        for script in wanted:
            self.patiently(script.name, functools.partial(self.apply, [as_migration(script)], {}))
            names.append(script.name)
        return names

    def patiently(self, what: str, work: Callable[[], T]) -> T:
        """Does *work*, one transaction, anew for as long as it can't have a lock. *what* it is, for the log."""
        told = False
        while True:
            try:
                return work()
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                if self.backend.in_transaction:
                    raise
            if not told:
                log.warning("%s waits for a transaction that uses the same tables; work goes on", what)
            told = True
            time.sleep(PAUSE)

    def note(self, wanted: Iterable[Script]) -> None:
        """Notes that *wanted* are applied, without applying them."""
        for script in wanted:
            self.backend.mark(script.name, STATUS_APPLIED)


def as_migration(script: Script) -> Migration:
    migration = Migration(script.name, script.name)
    migration.apply_statements = [script.sql]
    return migration
