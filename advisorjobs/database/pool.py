"""Our own connections for enqueueing and looking: a few per event loop, a few per process, opened when first needed.

Not psycopg_pool: its pools keep worker threads or tasks that must be closed before a loop or a process ends, which
nobody would do for a call that needs no opening. A connection that the server closed while it lay idle is noticed
without a round trip (its socket has something to read) and replaced.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import pq

from advisorjobs.database.link import is_passing

__all__ = ["AsyncPool", "BlockingPool"]

SIZE = 4
TURN_DEADLINE = 30.0
"""Seconds that a thread waits for one of its process's connections to be free."""

Connection = psycopg.Connection[Any]
AsyncConnection = psycopg.AsyncConnection[Any]
C = TypeVar("C", psycopg.Connection[Any], psycopg.AsyncConnection[Any])


class AsyncPool:
    """The connections of one event loop, in which it must be made; closed with the loop's async generators."""

    def __init__(self, connect: Callable[[], Awaitable[AsyncConnection]]) -> None:
        self._connect = connect
        self._turns = asyncio.Semaphore(SIZE)
        self._idle: list[AsyncConnection] = []
        self._process = os.getpid()
        self._lifetime = self._until_loop_ends()

    async def start(self) -> None:
        """Ties the pool to the loop: `asyncio.run` finishes the generator, and with it the connections."""
        await anext(self._lifetime)

    async def _until_loop_ends(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self.close()

    @asynccontextmanager
    async def connection(self, *, anew: bool = False) -> AsyncIterator[AsyncConnection]:
        """A connection in autocommit, ready for a statement; after an error that may have harmed it, it is dropped.

        *anew*: one that knows nothing of what was before; those that lie idle are closed, as they may know it too.
        """
        async with self._turns:
            if anew:
                self.close()
            connection = take_sound(self._idle) or await self._connect()
            try:
                yield connection
            except BaseException as error:
                drop_if_unsound(connection, error)
                raise
            finally:
                keep_or_drop(connection, self._idle)

    def close(self) -> None:
        """Closes what is idle, at once, loop or no loop; a forked process leaves its parent's connections alone."""
        if self._process == os.getpid():
            drop_all(self._idle)


class BlockingPool:
    """The connections of one process, for all its threads."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._turns = threading.Semaphore(SIZE)
        self._idle: list[Connection] = []
        self._process = os.getpid()

    def is_own(self) -> bool:
        """Whether it belongs to this process, rather than to the one that this was forked off from."""
        return self._process == os.getpid()

    @contextmanager
    def connection(self, *, anew: bool = False) -> Iterator[Connection]:
        """As AsyncPool.connection; raises TimeoutError when all are in use for too long."""
        if not self._turns.acquire(timeout=TURN_DEADLINE):
            raise TimeoutError(f"all {SIZE} connections of this process were in use for {TURN_DEADLINE:g} s")
        try:
            if anew:
                self.close()
            connection = take_sound(self._idle) or self._connect()
            try:
                yield connection
            except BaseException as error:
                drop_if_unsound(connection, error)
                raise
            finally:
                keep_or_drop(connection, self._idle)
        finally:
            self._turns.release()

    def close(self) -> None:
        """Closes what is idle; a process that was forked off leaves its parent's alone."""
        if self.is_own():
            drop_all(self._idle)


def take_sound(idle: list[C]) -> C | None:
    """The connection that was used last, passing over those that the server has closed meanwhile."""
    while idle:
        connection = idle.pop()
        if not connection.closed and not has_news(connection):
            return connection
        connection.pgconn.finish()
    return None


def has_news(connection: Connection | AsyncConnection) -> bool:
    """Whether the socket of an idle connection can be read: the server said good-bye."""
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    return bool(poll.poll(0))


def drop_if_unsound(connection: Connection | AsyncConnection, error: BaseException) -> None:
    """After a shutdown, a fail-over to a read-only server and the like, another connection may reach a better one."""
    if is_passing(error):
        connection.pgconn.finish()


def keep_or_drop(connection: C, idle: list[C]) -> None:
    """Keeps a connection that is ready for the next statement, and finishes any other."""
    if connection.pgconn.transaction_status == pq.TransactionStatus.IDLE:
        idle.append(connection)
    else:
        connection.pgconn.finish()


def drop_all(idle: list[Any]) -> None:
    while idle:
        connection = idle.pop()
        connection.pgconn.finish()
