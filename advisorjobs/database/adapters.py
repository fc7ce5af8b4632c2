"""How an operation is carried out on a connection of whatever kind the caller has.

Chosen by the name of the connection's class, so that no driver is imported which the application doesn't use. Another
kind of connection (SQLAlchemy, asyncpg, Django) is one function here and one line in a table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg
from psycopg import pq
from psycopg.rows import dict_row

from advisorjobs.database.operation import Operation, Row

__all__ = ["awaited_fetch", "blocking_fetch", "fetch_on_async_psycopg", "fetch_on_psycopg"]

BlockingFetch = Callable[[Any, Operation[Any]], list[Row]]
AwaitedFetch = Callable[[Any, Operation[Any]], Awaitable[list[Row]]]
F = TypeVar("F")


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


def _needs_transaction(
    connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], operation: Operation[Any]
) -> bool:
    idle = connection.info.transaction_status == pq.TransactionStatus.IDLE
    return len(operation.batches) > 1 and connection.autocommit and idle


BLOCKING: dict[str, BlockingFetch] = {"psycopg.Connection": fetch_on_psycopg}
AWAITED: dict[str, AwaitedFetch] = {"psycopg.AsyncConnection": fetch_on_async_psycopg}


def blocking_fetch(operation: Operation[Any]) -> BlockingFetch:
    """For the caller's connection, called from blocking code. Raises TypeError for one that must be awaited."""
    found = _lookup(BLOCKING, operation.connection)
    if found is None:
        kind = _name(type(operation.connection))
        if _lookup(AWAITED, operation.connection) is not None:
            raise TypeError(
                f"{operation.asked_by} was called in its blocking form with an async connection ({kind}): "
                "await the other form, or pass a blocking connection"
            )
        raise _unknown(operation, kind)
    return found


def awaited_fetch(operation: Operation[Any]) -> AwaitedFetch:
    """For the caller's connection, called from async code. Raises TypeError for one that would block the event loop."""
    found = _lookup(AWAITED, operation.connection)
    if found is None:
        kind = _name(type(operation.connection))
        if _lookup(BLOCKING, operation.connection) is not None:
            raise TypeError(
                f"{operation.asked_by} was awaited with a blocking connection ({kind}): "
                "call its blocking form (.sync), or pass an async connection"
            )
        raise _unknown(operation, kind)
    return found


def _lookup(table: dict[str, F], connection: Any) -> F | None:
    return next((table[name] for name in map(_name, type(connection).__mro__) if name in table), None)


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _unknown(operation: Operation[Any], kind: str) -> TypeError:
    accepted = ", ".join((*BLOCKING, *AWAITED))
    return TypeError(f"{operation.asked_by} can't use a {kind} as its connection: it takes {accepted}")
