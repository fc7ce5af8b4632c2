"""One database connection for one purpose: opened when needed, thrown away after an error, opened again with back-off."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, tuple_row
from psycopg.types.json import set_json_loads
from pydantic_core import from_json

from advisorjobs.database.exchange import Exchange
from advisorjobs.database.statement import statement

__all__ = ["Link", "connection_options", "is_passing", "may_be_stale", "read_json"]

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 1.0

_PASSING = ("08", "25P03", "25P04", "40", "53", "55P03", "57")
_READ_ONLY = "25006"
_STALE = frozenset({"0A000", "42601", "42804", "XX000"})
"""A prepared statement's result, a row or a function's result has other columns; or what a plan names is gone."""

_UNREADABLE = "payload_that_can_not_be_read"


def is_passing(error: BaseException) -> bool:
    """Whether *error* is the weather (connection, shutdown, any time-out, read-only stand-by …): the same may work later."""
    if isinstance(error, TimeoutError | OSError):
        return True
    if not isinstance(error, psycopg.Error):
        return False
    if is_stale_plan(error):
        return True
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state.startswith(_PASSING) or state == _READ_ONLY


def is_stale_plan(error: psycopg.Error) -> bool:
    """Whether a statement that was prepared before a migration no longer fits what it is about: nothing of it was done, and
    another connection, which hasn't prepared it, does it. Told by the server's function, as messages come in all languages."""
    return error.diag.source_function == "RevalidateCachedQuery"


def may_be_stale(error: psycopg.Error) -> bool:
    """Whether *error* is one by which a connection may tell that a migration has changed what it knew of tables and functions:
    then another connection has the answer. Else it gives the same error."""
    return error.sqlstate in _STALE


def connection_options(application_name: str) -> dict[str, Any]:
    """libpq parameters that notice a dead peer within half a minute and say who is connected."""
    return {
        "application_name": application_name,
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
        "fallback_application_name": "advisorjobs",
    }


def read_json(text: str | bytes) -> Any:
    """JSON in a fifth of json.loads' time: a claim's jobs each have their arguments.

    What no Python can read (nested over two hundred levels, an integer of over 4300 digits; enqueue_job refuses them, an
    INSERT can't) becomes an object that no payload accepts. So that job fails, and not the claim that brought it.
    """
    try:
        return from_json(text)
    except ValueError as error:
        return {_UNREADABLE: str(error)}


class Link:
    """A connection that its owner may use as if it never broke: `fetch` raises what happened, the next call reconnects.

    Tasks that share a link take turns. Every call has a deadline on this side: a query that is still unanswered then is
    taken for lost together with its connection. `opened`: connections so far; `answered_at`, `lost_at`: when the database last
    answered, and when a connection was thrown away (monotonic, 0: never).
    """

    def __init__(self, dsn: str, purpose: str, *, prepare: bool = True) -> None:
        self.dsn = dsn
        self.purpose = purpose
        self.prepare = prepare
        self.connection: AsyncConnection[TupleRow] | None = None
        self.opened = 0
        self.answered_at = 0.0
        self.lost_at = 0.0
        self._exchange: Exchange | None = None
        self._fresh = True
        self._pause = 0.0
        self._not_before = 0.0
        self._lock = asyncio.Lock()

    async def fetch(
        self, name: str, params: Mapping[str, Any] | None = None, *, timeout: float = 10.0
    ) -> list[TupleRow]:
        """Runs sql/*name*.sql and returns all its rows, within *timeout* seconds."""
        async with self._lock:
            try:
                async with asyncio.timeout(timeout):
                    connection = self.connection or await self._open()
                    if self._exchange is None or self._exchange.connection is not connection:
                        self._exchange = Exchange(connection, prepare=self.prepare, binary=True)
                    _, rows = await self._exchange.rows(statement(name), params)
            except BaseException as error:
                if not isinstance(error, psycopg.Error) or self._is_spoilt(error):
                    await self.drop()
                raise
            self._pause = 0.0
            self._fresh = False
            self.answered_at = time.monotonic()
            return rows

    async def value(self, name: str, params: Mapping[str, Any] | None = None, *, timeout: float = 10.0) -> Any:
        """The first column of the only row of sql/*name*.sql."""
        return (await self.fetch(name, params, timeout=timeout))[0][0]

    async def open(self) -> AsyncConnection[TupleRow]:
        """The connection itself, for LISTEN."""
        return self.connection or await self._open()

    async def drop(self) -> None:
        """Throws the connection away; the next call opens another, after a pause that grows to a second."""
        connection, self.connection = self.connection, None
        self.lost_at = time.monotonic()
        self._pause = min(LONGEST_PAUSE, max(FIRST_PAUSE, self._pause * 2))
        self._not_before = time.monotonic() + self._pause * random.uniform(0.5, 1.0)
        if connection is not None:
            connection.pgconn.finish()

    async def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            await connection.close()

    async def _open(self) -> AsyncConnection[TupleRow]:
        wait = self._not_before - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        connection = await AsyncConnection.connect(
            self.dsn,
            autocommit=True,
            prepare_threshold=0 if self.prepare else None,
            row_factory=tuple_row,
            **connection_options(f"advisorjobs {self.purpose}"),
        )
        self.opened += 1
        self._fresh = True
        set_json_loads(read_json, connection)
        self.connection = connection
        return connection

    def _is_spoilt(self, error: psycopg.Error) -> bool:
        """Whether another connection is needed. One that has answered nothing yet knows nothing from before a migration: there,
        an error that another may have of old plans is what the database has to say."""
        return is_passing(error) or (may_be_stale(error) and not self._fresh) or self._broken()

    def _broken(self) -> bool:
        return self.connection is None or self.connection.closed or self.connection.broken
