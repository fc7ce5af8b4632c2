"""The two runners of operations: one that is awaited, one that blocks.

Errors for people are raised outside the handler of the error they translate: a command line that prints an
error with its context prints one line then.
"""

from __future__ import annotations

import asyncio
import atexit
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg

from advisorjobs.database.adapters import awaited_fetch, blocking_fetch
from advisorjobs.database.address import unreachable
from advisorjobs.database.callers.condition import refusal
from advisorjobs.database.callers.on_psycopg import fetch_on_async_psycopg, fetch_on_psycopg
from advisorjobs.database.exchange import Exchange
from advisorjobs.database.link import connection_options, may_be_stale
from advisorjobs.database.operation import Operation, Row
from advisorjobs.database.pool import AsyncPool, BlockingPool
from advisorjobs.database.unmigrated import MISSING, not_migrated

__all__ = ["AsyncRunner", "BlockingRunner"]

R = TypeVar("R")
DEADLINE = 60.0
"""Seconds for one operation on a connection of our own; one on the caller's has the caller's."""


class AsyncRunner:
    """Carries operations out for coroutines, in any event loop. *dsn* is asked at first use."""

    def __init__(self, dsn: Callable[[], str], *, prepare: bool = True) -> None:
        self._dsn = dsn
        self._prepare = prepare
        self._exchanges: weakref.WeakKeyDictionary[psycopg.AsyncConnection[Any], Exchange] = weakref.WeakKeyDictionary()
        self._pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncPool] = weakref.WeakKeyDictionary()
        atexit.register(self._close_all)

    async def run(self, operation: Operation[R]) -> R:
        """Raises NotMigrated, DatabaseUnavailable and the database's own errors.

        On the caller's connection: TypeError for a wrong kind, UnusableConnection for one that can't be used as it is, and
        its driver's errors, which say in a note that the transaction has failed.
        """
        if operation.connection is not None:
            return operation.read(await self._callers_rows(operation))
        try:
            return operation.read(await self._rows(operation))
        except MISSING as error:
            refused = not_migrated(error)
        raise refused

    async def _callers_rows(self, operation: Operation[Any]) -> list[Row]:
        fetch = awaited_fetch(operation)
        try:
            return await fetch(operation.connection, operation)
        except Exception as error:
            refused = refusal(operation, error)
            if refused is None:
                raise
        raise refused

    async def _rows(self, operation: Operation[Any]) -> list[Row]:
        try:
            return await self._answered(operation)
        except psycopg.Error as error:
            if not may_be_stale(error):
                raise
        return await self._answered(operation, anew=True)

    async def _answered(self, operation: Operation[Any], *, anew: bool = False) -> list[Row]:
        pool = await self._pool()
        async with asyncio.timeout(DEADLINE), pool.connection(anew=anew) as connection:
            if len(operation.batches) != 1:
                return await fetch_on_async_psycopg(connection, operation)
            names, rows = await self._exchange(connection).rows(operation.statement, operation.batches[0])
            return [dict(zip(names, row, strict=True)) for row in rows]

    def _exchange(self, connection: psycopg.AsyncConnection[Any]) -> Exchange:
        exchange = self._exchanges.get(connection)
        if exchange is None:
            exchange = self._exchanges[connection] = Exchange(connection, prepare=self._prepare)
        return exchange

    def close(self) -> None:
        """Closes the idle connections of the running loop; the next call opens another."""
        pool = self._pools.get(asyncio.get_running_loop())
        if pool is not None:
            pool.close()

    async def _pool(self) -> AsyncPool:
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            pool = self._pools[loop] = AsyncPool(self._connect)
            await pool.start()
        return pool

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        dsn = self._dsn()
        try:
            return await psycopg.AsyncConnection.connect(dsn, **options(prepare=self._prepare))
        except psycopg.OperationalError as error:
            refused = unreachable(dsn, error)
        raise refused

    def _close_all(self) -> None:
        for pool in list(self._pools.values()):
            pool.close()


class BlockingRunner:
    """Carries operations out for blocking code, in any thread, and in processes that are forked off."""

    def __init__(self, dsn: Callable[[], str], *, prepare: bool = True) -> None:
        self._dsn = dsn
        self._prepare = prepare
        self._pool = BlockingPool(self._connect)
        self._parents: list[BlockingPool] = []  # kept, so that nothing here closes a connection of the parent's
        atexit.register(self.close)

    def run(self, operation: Operation[R]) -> R:
        """As AsyncRunner.run."""
        if operation.connection is not None:
            return operation.read(self._callers_rows(operation))
        try:
            return operation.read(self._rows(operation))
        except MISSING as error:
            refused = not_migrated(error)
        raise refused

    def _callers_rows(self, operation: Operation[Any]) -> list[Row]:
        fetch = blocking_fetch(operation)
        try:
            return fetch(operation.connection, operation)
        except Exception as error:
            refused = refusal(operation, error)
            if refused is None:
                raise
        raise refused

    def _rows(self, operation: Operation[Any]) -> list[Row]:
        try:
            return self._answered(operation)
        except psycopg.Error as error:
            if not may_be_stale(error):
                raise
        return self._answered(operation, anew=True)

    def _answered(self, operation: Operation[Any], *, anew: bool = False) -> list[Row]:
        with self._own_pool().connection(anew=anew) as connection:
            return fetch_on_psycopg(connection, operation)

    def close(self) -> None:
        """Closes the idle connections; the next call opens another."""
        self._pool.close()

    def _own_pool(self) -> BlockingPool:
        if not self._pool.is_own():
            self._parents.append(self._pool)
            self._pool = BlockingPool(self._connect)
        return self._pool

    def _connect(self) -> psycopg.Connection[Any]:
        dsn = self._dsn()
        try:
            return psycopg.connect(dsn, **options(prepare=self._prepare))
        except psycopg.OperationalError as error:
            refused = unreachable(dsn, error)
        raise refused


def options(*, prepare: bool) -> dict[str, Any]:
    return {
        **connection_options("advisorjobs"),
        "autocommit": True,
        "prepare_threshold": 0 if prepare else None,
    }
