"""JobRun's connections for blocking functions: opened at first use, one kept for the next."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import Connection
from psycopg.pq import TransactionStatus

from advisorjobs.database.link import connection_options
from advisorjobs.database.statement import statement
from advisorjobs.engine.complete import completion
from advisorjobs.engine.ports import BoundPorts
from advisorjobs.engine.result import result_text
from advisorjobs.tenancy.scope import leave, scope

if TYPE_CHECKING:
    from advisorjobs.engine.run import Run
    from advisorjobs.job_run import JobRun, RunPorts

__all__ = ["BlockingPorts"]

log = logging.getLogger(__name__)

KEPT = 1
"""Connections that stay open between uses; a job that nests them opens more and closes them again."""


class BlockingPorts:
    """The connections of a child process, or of the threads of a process. May be used from several threads.

    `on_written(run)` is called right after a commit that completed the run, in the thread that committed.
    """

    def __init__(self, dsn: str, *, prepare: bool = True, on_written: Callable[[Run], None]) -> None:
        self.dsn = dsn
        self.prepare = prepare
        self.on_written = on_written
        self._free: list[Connection[Any]] = []

    def of(self, run: Run) -> RunPorts:
        return BlockingRunPorts(run, self)

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A connection, autocommit: the one of before while it is free and alive, else a new one."""
        connection = self._living() or self._open()
        try:
            yield connection
        finally:
            self._keep(connection)

    def close(self) -> None:
        while self._free:
            self._free.pop().close()

    def _living(self) -> Connection[Any] | None:
        while self._free:
            connection = self._free.pop()
            try:
                connection.execute(statement("forget_session"), prepare=False)
            except psycopg.Error:
                log.info("a connection was lost meanwhile; opening another")
                connection.close()
            else:
                return connection
        return None

    def _open(self) -> Connection[Any]:
        return Connection.connect(
            self.dsn,
            autocommit=True,
            prepare_threshold=5 if self.prepare else None,
            **connection_options("advisorjobs job"),
        )

    def _keep(self, connection: Connection[Any]) -> None:
        usable = connection.info.transaction_status is TransactionStatus.IDLE
        if not usable or len(self._free) >= KEPT:
            connection.close()
        else:
            self._free.append(connection)


class BlockingRunPorts(BoundPorts):
    """One run's ports."""

    def __init__(self, run: Run, ports: BlockingPorts) -> None:
        super().__init__(run)
        self._ports = ports

    def progress(self, job: JobRun[Any], done: float, total: float | None, note: str | None) -> None:
        params = self._report(done, total, note)
        if params is None:
            return
        try:
            with self._ports.connection() as connection:
                connection.execute(statement("report_progress"), params)
        except psycopg.Error as error:  # a report isn't worth the work that it is about
            log.warning("job %d: progress could not be written: %s", job.id, type(error).__name__)

    @contextmanager
    def connection(self, job: JobRun[Any]) -> Iterator[Connection[Any]]:
        with self._ports.connection() as connection, scope(connection, job.organization_id):
            yield connection

    @contextmanager
    def transaction(self, job: JobRun[Any]) -> Iterator[Connection[Any]]:
        self._refuse_ended()
        with self._ports.connection() as connection:
            with scope(connection, job.organization_id) as outside:
                yield connection
                text = result_text(job.result)
                self._refuse_ended()
                leave(connection, outside)
                params = completion(self.run, int((time.monotonic() - self.run.started) * 1000), text)
                cursor = connection.execute(statement("complete_runs"), params)
                self._refuse_unchanged(cursor.fetchall()[0][0])
            self.run.closed = True
            self._ports.on_written(self.run)
