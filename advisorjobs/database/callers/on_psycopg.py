"""psycopg's own connections, blocking and async: the caller's, and ours where it is not asked by an Exchange."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import pq
from psycopg.rows import dict_row

from advisorjobs.database.callers.condition import Condition, require
from advisorjobs.database.operation import Operation, Row

__all__ = ["fetch_on_async_psycopg", "fetch_on_callers_async_psycopg", "fetch_on_callers_psycopg", "fetch_on_psycopg"]

AnyConnection = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]


def fetch_on_callers_psycopg(connection: psycopg.Connection[Any], operation: Operation[Any]) -> list[Row]:
    """In the transaction of the caller's connection."""
    require(operation, _condition(connection))
    return fetch_on_psycopg(connection, operation)


async def fetch_on_callers_async_psycopg(
    connection: psycopg.AsyncConnection[Any], operation: Operation[Any]
) -> list[Row]:
    """As `fetch_on_callers_psycopg`."""
    require(operation, _condition(connection))
    return await fetch_on_async_psycopg(connection, operation)


def fetch_on_psycopg(connection: psycopg.Connection[Any], operation: Operation[Any]) -> list[Row]:
    """Several batches on a connection in autocommit become one transaction; else the caller's is the one."""
    if _needs_transaction(connection, operation):
        with connection.transaction():
            return _fetch_all(connection, operation)
    return _fetch_all(connection, operation)


def _fetch_all(connection: psycopg.Connection[Any], operation: Operation[Any]) -> list[Row]:
    rows: list[Row] = []
    with connection.cursor(row_factory=dict_row) as cursor:
        for parameters in operation.batches:
            cursor.execute(operation.statement, parameters)
            rows += cursor.fetchall() if cursor.description else []
    return rows


async def fetch_on_async_psycopg(connection: psycopg.AsyncConnection[Any], operation: Operation[Any]) -> list[Row]:
    """As `fetch_on_psycopg`."""
    if _needs_transaction(connection, operation):
        async with connection.transaction():
            return await _fetch_all_async(connection, operation)
    return await _fetch_all_async(connection, operation)


async def _fetch_all_async(connection: psycopg.AsyncConnection[Any], operation: Operation[Any]) -> list[Row]:
    rows: list[Row] = []
    async with connection.cursor(row_factory=dict_row) as cursor:
        for parameters in operation.batches:
            await cursor.execute(operation.statement, parameters)
            rows += await cursor.fetchall() if cursor.description else []
    return rows


def _condition(connection: AnyConnection) -> Condition:
    if connection.closed:
        return Condition(closed=True)
    return Condition(failed=_status(connection) == pq.TransactionStatus.INERROR)


def _needs_transaction(connection: AnyConnection, operation: Operation[Any]) -> bool:
    idle = _status(connection) == pq.TransactionStatus.IDLE
    return len(operation.batches) > 1 and connection.autocommit and idle


def _status(connection: AnyConnection) -> pq.TransactionStatus:
    return connection.info.transaction_status
