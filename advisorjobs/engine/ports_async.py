"""JobRun's connections for coroutine functions: a small pool in the event loop, opened at first use."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from advisorjobs.database.link import connection_options
from advisorjobs.database.statement import statement
from advisorjobs.engine.complete import completion
from advisorjobs.engine.ports import BoundPorts
from advisorjobs.engine.result import result_text
from advisorjobs.tenancy.scope import leave_async, scope_async

if TYPE_CHECKING:
    from advisorjobs.engine.run import Run
    from advisorjobs.job_run import JobRun, RunPorts

__all__ = ["AsyncPorts"]

log = logging.getLogger(__name__)

LARGEST_POOL = 20
PATIENCE = 30.0
"""A function that gets no connection for so long (seconds) fails with PoolTimeout, and is retried."""


class AsyncPorts:
    """The connections of one event loop's job functions: at most *size* at once (capped), none until one is asked for.

    `on_written(run)` is called right after a commit that completed the run.
    """

    def __init__(
        self, dsn: str, *, size: int, prepare: bool = True, on_written: Callable[[Run], None] | None = None
    ) -> None:
        self.dsn = dsn
        self.size = max(1, min(size, LARGEST_POOL))
        self.prepare = prepare
        self.on_written = on_written or _account
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def of(self, run: Run) -> RunPorts:
        return AsyncRunPorts(run, self)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection of the pool, autocommit."""
        pool = await self._opened()
        connection = await pool.getconn()
        try:
            yield connection
        finally:
            await pool.putconn(connection)

    async def close(self) -> None:
        """Closes the pool. What is still used is closed when it comes back."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close(timeout=1.0)

    async def _opened(self) -> AsyncConnectionPool[AsyncConnection[Any]]:
        async with self._opening:
            if self._pool is None:
                options = {
                    **connection_options("advisorjobs job"),
                    "autocommit": True,
                    "prepare_threshold": 5 if self.prepare else None,
                }
                pool = AsyncConnectionPool(
                    self.dsn,
                    kwargs=options,
                    min_size=0,
                    max_size=self.size,
                    max_idle=60.0,
                    timeout=PATIENCE,
                    check=_forget_session,
                    open=False,
                )
                await pool.open()
                self._pool = pool
            return self._pool


class AsyncRunPorts(BoundPorts):
    """One run's ports. Everything that waits is awaited."""

    def __init__(self, run: Run, ports: AsyncPorts) -> None:
        super().__init__(run)
        self._ports = ports

    async def progress(self, job: JobRun[Any], done: float, total: float | None, note: str | None) -> None:
        params = self._report(done, total, note)
        if params is None:
            return
        try:
            async with self._ports.connection() as connection:
                await connection.execute(statement("report_progress"), params)
        except psycopg.Error as error:  # a report isn't worth the work that it is about
            log.warning("job %d: progress could not be written: %s", job.id, type(error).__name__)

    @asynccontextmanager
    async def connection(self, job: JobRun[Any]) -> AsyncIterator[AsyncConnection[Any]]:
        async with self._ports.connection() as connection, scope_async(connection, job.organization_id):
            yield connection

    @asynccontextmanager
    async def transaction(self, job: JobRun[Any]) -> AsyncIterator[AsyncConnection[Any]]:
        self._refuse_ended()
        async with self._ports.connection() as connection:
            try:
                async with scope_async(connection, job.organization_id) as outside:
                    yield connection
                    text = result_text(job.result)
                    self._refuse_ended()
                    self.run.in_transaction = True
                    await leave_async(connection, outside)
                    params = completion(self.run, int((time.monotonic() - self.run.started) * 1000), text)
                    cursor = await connection.execute(statement("complete_runs"), params)
                    self._refuse_unchanged((await cursor.fetchall())[0][0])
                self.run.closed = True
                self._ports.on_written(self.run)
            finally:
                self.run.in_transaction = False


def _account(run: Run) -> None:
    run.lease.written(run.job.token)


async def _forget_session(connection: AsyncConnection[Any]) -> None:
    """Cleans a connection before its next use, and shows by it that it still lives."""
    await connection.execute(statement("forget_session"), prepare=False)
