"""How an operation is carried out on a connection of whatever kind the caller has.

Chosen by the name of the connection's class, so that no driver is imported which the application doesn't use. Another
kind of connection is one function in callers/ and one line in a table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from advisorjobs.database.callers.condition import kind_of
from advisorjobs.database.callers.on_asyncpg import fetch_on_asyncpg
from advisorjobs.database.callers.on_dbapi import fetch_on_django, fetch_on_psycopg2
from advisorjobs.database.callers.on_psycopg import fetch_on_callers_async_psycopg, fetch_on_callers_psycopg
from advisorjobs.database.callers.on_sqlalchemy import (
    fetch_on_sqlalchemy,
    fetch_on_sqlalchemy_async,
    fetch_on_sqlalchemy_async_session,
    fetch_on_sqlalchemy_session,
)
from advisorjobs.database.operation import Operation, Row

__all__ = ["awaited_fetch", "blocking_fetch"]

BlockingFetch = Callable[[Any, Operation[Any]], list[Row]]
AwaitedFetch = Callable[[Any, Operation[Any]], Awaitable[list[Row]]]
F = TypeVar("F")

BLOCKING: dict[str, BlockingFetch] = {
    "psycopg.Connection": fetch_on_callers_psycopg,
    "psycopg2.extensions.connection": fetch_on_psycopg2,
    "sqlalchemy.engine.base.Connection": fetch_on_sqlalchemy,
    "sqlalchemy.orm.session.Session": fetch_on_sqlalchemy_session,
    "sqlalchemy.orm.scoping.scoped_session": fetch_on_sqlalchemy_session,
    "django.utils.connection.ConnectionProxy": fetch_on_django,
    "django.db.backends.base.base.BaseDatabaseWrapper": fetch_on_django,
}
AWAITED: dict[str, AwaitedFetch] = {
    "psycopg.AsyncConnection": fetch_on_callers_async_psycopg,
    "asyncpg.connection.Connection": fetch_on_asyncpg,
    "asyncpg.pool.PoolConnectionProxy": fetch_on_asyncpg,
    "sqlalchemy.ext.asyncio.engine.AsyncConnection": fetch_on_sqlalchemy_async,
    "sqlalchemy.ext.asyncio.session.AsyncSession": fetch_on_sqlalchemy_async_session,
    "sqlalchemy.ext.asyncio.scoping.async_scoped_session": fetch_on_sqlalchemy_async_session,
}


def blocking_fetch(operation: Operation[Any]) -> BlockingFetch:
    """For the caller's connection, called from blocking code. Raises TypeError for one that must be awaited."""
    found = _lookup(BLOCKING, operation.connection)
    if found is None:
        if _lookup(AWAITED, operation.connection) is not None:
            raise TypeError(
                f"{operation.asked_by} was called in its blocking form with an async connection "
                f"({kind_of(operation.connection)}): await the other form, or pass a blocking connection"
            )
        raise _unknown(operation)
    return found


def awaited_fetch(operation: Operation[Any]) -> AwaitedFetch:
    """For the caller's connection, called from async code. Raises TypeError for one that would block the event loop."""
    found = _lookup(AWAITED, operation.connection)
    if found is None:
        if _lookup(BLOCKING, operation.connection) is not None:
            raise TypeError(
                f"{operation.asked_by} was awaited with a blocking connection ({kind_of(operation.connection)}): "
                "call its blocking form (.sync), or pass an async connection"
            )
        raise _unknown(operation)
    return found


def _lookup(table: dict[str, F], connection: Any) -> F | None:
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(connection).__mro__)
    return next((table[name] for name in names if name in table), None)


def _unknown(operation: Operation[Any]) -> TypeError:
    accepted = ", ".join((*BLOCKING, *AWAITED))
    return TypeError(
        f"{operation.asked_by} can't use a {kind_of(operation.connection)} as its connection: it takes {accepted}"
    )
