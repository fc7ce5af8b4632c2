"""Vacuum, statistics and indexes, by statements that run outside any transaction and hold nobody up.

VACUUM and ANALYZE skip a table whose lock they don't get, and give no space at a table's end back, for which they would
lock everybody out. REINDEX CONCURRENTLY takes no lock that readers or writers wait for. All of them wait for nothing for
long: what is busy is left for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg.rows import dict_row

from advisorjobs.database.link import connection_options
from advisorjobs.database.statement import statement

__all__ = ["Tending", "tending"]

PATIENCE_MS = 2000
BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled, psycopg.errors.DeadlockDetected)


@contextmanager
def tending(dsn: str) -> Iterator[Tending]:
    """A connection for this, autocommit, closed at the end. *dsn* leads to the server itself where there is a pooler."""
    with Connection.connect(dsn, autocommit=True, **connection_options("advisorjobs upkeep")) as connection:
        yield Tending(connection)


class Tending:
    """The statements. Those that change something return whether it was done; False: somebody else is at it."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        self._said: list[str] = []
        connection.add_notice_handler(lambda notice: self._said.append(notice.sqlstate or ""))

    def rows(self, name: str, **values: Any) -> list[dict[str, Any]]:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement(name), values or None).fetchall()

    def limit(self, seconds: float) -> None:
        """No statement from now on takes longer than *seconds*."""
        values = {"patience_ms": PATIENCE_MS, "limit_ms": max(1000, int(seconds * 1000))}
        self.connection.execute(statement("tend_gently"), values)

    def vacuum(self, schema: str, table: str) -> bool:
        return self._done("vacuum_table", table=sql.Identifier(schema, table))

    def analyze(self, schema: str, table: str) -> bool:
        return self._done("analyze_table", table=sql.Identifier(schema, table))

    def reindex(self, schema: str, index: str) -> bool:
        return self._done("reindex", index=sql.Identifier(schema, index))

    def drop_index(self, schema: str, index: str) -> bool:
        return self._done("drop_index", index=sql.Identifier(schema, index))

    def index_size(self, schema: str, index: str) -> int:
        """Bytes."""
        name = sql.Identifier(schema, index).as_string(self.connection)
        return int(self.rows("index_size", index=name)[0]["pg_relation_size"])

    def _done(self, name: str, **places: sql.Composable) -> bool:
        self._said.clear()
        return (
            self._ran(lambda: self.connection.execute(sql.SQL(statement(name)).format(**places)))
            and not self._skipped()
        )

    def _ran(self, act: Callable[[], Any]) -> bool:
        try:
            act()
        except BUSY:
            return False
        return True

    def _skipped(self) -> bool:
        """Whether the server said that it left the table out, as its lock is taken (55P03, a warning)."""
        return psycopg.errors.LockNotAvailable.sqlstate in self._said
