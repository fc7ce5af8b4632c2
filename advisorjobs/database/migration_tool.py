"""The migration tool (classic-migrations), on our terms: it keeps the account of what was applied, and the lock.

The practice's work goes on meanwhile. A change of a table waits for everybody who uses it, and everybody else then waits
behind the change; so it waits for moments only, lets the others pass, and begins anew (`patiently`). Where there is always
somebody, no moment is free: so the moments grow, and after some minutes it fails and says who holds it up.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self, TypeVar

import psycopg
from classic.migrations.backends.base import STATUS_APPLIED
from classic.migrations.backends.psycopg import PsycopgBackend
from classic.migrations.migrations import Migration
from classic.migrations.migrator import Migrator

from advisorjobs.database.address import parse, unreachable
from advisorjobs.database.scripts import Script
from advisorjobs.database.statement import statement
from advisorjobs.errors import DatabaseUnavailable

__all__ = ["Tool"]

log = logging.getLogger(__name__)

HISTORY = "advisorjobs_migrations"

PAUSE = 0.7
"""Seconds in which the others pass, before a lock is asked for again."""

FIRST_WAIT, LONGEST_WAIT = 300, 10_000
"""Milliseconds for which a lock is waited for, and others behind it: at first, and at most."""

PATIENCE = 300.0
"""Seconds after the first lock that wasn't had, after which the next is the last."""

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
        self.wait_for_locks(FIRST_WAIT)
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
        """Does *work*, one transaction, anew for as long as it can't have a lock. *what* it is, for the log.

        Raises DatabaseUnavailable, naming who uses the tables, once PATIENCE is over.
        """
        waits, last = growing_waits(), None
        while True:
            self.wait_for_locks(next(waits))
            try:
                return work()
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
                if self.backend.in_transaction:
                    raise
                if last is None:
                    last = time.monotonic() + PATIENCE
                    log.warning("%s waits for a transaction that uses the same tables; work goes on", what)
                elif time.monotonic() > last:
                    raise self.held_up(what) from error
            time.sleep(PAUSE)

    def wait_for_locks(self, milliseconds: int) -> None:
        """How long a lock is waited for, from now on. Within a transaction it stays as it is."""
        if not self.backend.in_transaction:
            self.backend.execute(statement("wait_for_locks"), {"span": f"{milliseconds}ms"})

    def held_up(self, what: str) -> DatabaseUnavailable:
        """What to tell a person: who has used our tables for longest."""
        holder = self.connection.execute(statement("read_lock_holder")).fetchone()
        who = "others use the same tables without a pause: stop them"
        if holder is not None:
            pid, name, seconds = holder
            end = f"end it (SELECT pg_terminate_backend({pid}))"
            who = f"session {pid} ({name}) has used the same tables for {seconds:.0f} s: {end}"
        return DatabaseUnavailable(f"{what} waited in vain for a table's lock; {who}, and migrate again")

    def note(self, wanted: Iterable[Script]) -> None:
        """Notes that *wanted* are applied, without applying them."""
        for script in wanted:
            self.backend.mark(script.name, STATUS_APPLIED)


def growing_waits() -> Iterator[int]:
    """Milliseconds for which to wait for a lock, each time twice as long."""
    wait = FIRST_WAIT
    while True:
        yield wait
        wait = min(2 * wait, LONGEST_WAIT)


def as_migration(script: Script) -> Migration:
    migration = Migration(script.name, script.name)
    migration.apply_statements = [script.sql]
    return migration
