"""procrastinate's connector on our own connections, which need no opening; its lists answer for finished jobs too."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, LiteralString, NoReturn

from procrastinate import connector, exceptions, sql, sync_psycopg_connector
from psycopg.types.json import Jsonb

from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.runner import AsyncRunner, BlockingRunner
from advisorjobs.database.statement import statement

__all__ = ["Connector"]

OURS = {
    "list_jobs": "list_jobs",
    "list_queues": "list_queues",
    "list_tasks": "list_tasks",
    "list_locks": "list_locks",
    "get_job_status": "get_job_status",
    "select_stalled_jobs_by_heartbeat": "stalled_jobs",
    "select_stalled_jobs_by_started": "long_running_jobs",
}
"""procrastinate's query -> our statement of the same parameters and columns, for what its tables alone can't answer."""


class Connector(connector.BaseAsyncConnector):
    """What procrastinate's managers talk to. Opening does nothing; closing drops idle connections."""

    def __init__(self, awaited: AsyncRunner, blocking: BlockingRunner) -> None:
        self._awaited = awaited
        self._blocking = blocking

    def get_sync_connector(self) -> Connector:
        """Itself: its blocking calls work anywhere, inside a running event loop too."""
        return self

    def open(self, pool: Any | None = None) -> None:
        _refuse(pool)

    def close(self) -> None:
        self._blocking.close()

    async def open_async(self, pool: Any | None = None) -> None:
        _refuse(pool)

    async def close_async(self) -> None:
        self._awaited.close()

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        await self._await(query, arguments)

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        return _one(await self._await(query, arguments))

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        return await self._await(query, arguments)

    async def execute_query_one_async_with_connection(
        self, connection: Any, query: LiteralString, **arguments: Any
    ) -> dict[str, Any]:
        return _one(await self._await(query, arguments, connection))

    async def execute_query_all_async_with_connection(
        self, connection: Any, query: LiteralString, **arguments: Any
    ) -> list[dict[str, Any]]:
        return await self._await(query, arguments, connection)

    def execute_query(self, query: LiteralString, **arguments: Any) -> None:
        self._block(query, arguments)

    def execute_query_one(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        return _one(self._block(query, arguments))

    def execute_query_all(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        return self._block(query, arguments)

    def execute_query_one_with_connection(
        self, connection: Any, query: LiteralString, **arguments: Any
    ) -> dict[str, Any]:
        return _one(self._block(query, arguments, connection))

    def execute_query_all_with_connection(
        self, connection: Any, query: LiteralString, **arguments: Any
    ) -> list[dict[str, Any]]:
        return self._block(query, arguments, connection)

    async def listen_notify(self, on_notification: connector.Notify, channels: Iterable[str]) -> NoReturn:
        """Refused: these channels are silent here, and our worker listens by itself."""
        raise exceptions.ConnectorException(f"nothing is notified on {', '.join(channels)} in an AdvisorJobs database")

    async def _await(
        self, query: LiteralString, arguments: dict[str, Any], connection: Any = None
    ) -> list[dict[str, Any]]:
        with sync_psycopg_connector.wrap_exceptions():
            return await self._awaited.run(_operation(query, arguments, connection))

    def _block(self, query: LiteralString, arguments: dict[str, Any], connection: Any = None) -> list[dict[str, Any]]:
        with sync_psycopg_connector.wrap_exceptions():
            return self._blocking.run(_operation(query, arguments, connection))


def _operation(query: LiteralString, arguments: dict[str, Any], connection: Any) -> Operation[list[dict[str, Any]]]:
    values = {key: Jsonb(value) if isinstance(value, dict) else value for key, value in arguments.items()}
    return operation("procrastinate", _replaced().get(query, query), values, _dicts, connection)


@cache
def _replaced() -> dict[LiteralString, LiteralString]:
    return {sql.queries[name]: statement(ours) for name, ours in OURS.items()}


def _dicts(rows: list[Row]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]


def _one(rows: list[dict[str, Any]]) -> dict[str, Any]:
    if not rows:
        raise exceptions.NoResult
    return rows[0]


def _refuse(pool: Any | None) -> None:
    if pool is not None:
        raise exceptions.ConnectorException("AdvisorJobs opens its connections itself: open the app without a pool")
