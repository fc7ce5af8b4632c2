"""SQLAlchemy's connections and sessions, blocking and async, on psycopg, psycopg2 and asyncpg.

Statements go straight to the driver, in its own style of parameters, and in the transaction that SQLAlchemy has begun or
begins with it. What the session holds back is not flushed by this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisorjobs.database.callers.condition import Condition, kind_of, require
from advisorjobs.database.callers.rows import JSON, JSONB, rows_of
from advisorjobs.database.exchange import numbered
from advisorjobs.database.operation import Operation, Row

__all__ = [
    "fetch_on_sqlalchemy",
    "fetch_on_sqlalchemy_async",
    "fetch_on_sqlalchemy_async_session",
    "fetch_on_sqlalchemy_session",
]

JSON_AS_TEXT: Mapping[str, tuple[int, ...]] = {
    "psycopg": (),
    "psycopg_async": (),
    "psycopg2": (JSON, JSONB),
    "asyncpg": (JSON, JSONB),
}
"""The drivers that can be used, and what SQLAlchemy has them leave as text."""


def fetch_on_sqlalchemy_session(session: Any, operation: Operation[Any]) -> list[Row]:
    """In the transaction of the caller's Session."""
    require(operation, Condition(failed=not session.is_active))
    return fetch_on_sqlalchemy(session.connection(), operation)


def fetch_on_sqlalchemy(connection: Any, operation: Operation[Any]) -> list[Row]:
    """In the transaction of the caller's Connection."""
    driver = _driver(connection, operation)
    require(operation, Condition(closed=connection.closed or connection.invalidated))
    require(operation, Condition(in_transaction=not _is_autocommit(connection)))
    rows: list[Row] = []
    for parameters in operation.batches:
        rows += _rows(connection.exec_driver_sql(*_in_style(driver, operation, parameters)), driver)
    return rows


async def fetch_on_sqlalchemy_async_session(session: Any, operation: Operation[Any]) -> list[Row]:
    """In the transaction of the caller's AsyncSession."""
    require(operation, Condition(failed=not session.is_active))
    return await fetch_on_sqlalchemy_async(await session.connection(), operation)


async def fetch_on_sqlalchemy_async(connection: Any, operation: Operation[Any]) -> list[Row]:
    """In the transaction of the caller's AsyncConnection."""
    driver = _driver(connection, operation)
    require(operation, Condition(closed=connection.closed or connection.invalidated))
    require(operation, Condition(in_transaction=not _is_autocommit(connection.sync_connection)))
    rows: list[Row] = []
    for parameters in operation.batches:
        rows += _rows(await connection.exec_driver_sql(*_in_style(driver, operation, parameters)), driver)
    return rows


def _driver(connection: Any, operation: Operation[Any]) -> str:
    """The name of the driver below. Raises TypeError for one, or a database, that can't be used."""
    dialect = connection.dialect
    if dialect.name != "postgresql" or dialect.driver not in JSON_AS_TEXT:
        raise TypeError(
            f"{operation.asked_by} can't use a {kind_of(operation.connection)} on {dialect.name}+{dialect.driver}: it takes "
            "postgresql+psycopg, postgresql+psycopg2 and postgresql+asyncpg"
        )
    driver: str = dialect.driver
    return driver


def _is_autocommit(connection: Any) -> bool:
    """Whether the driver commits each statement by itself, whatever SQLAlchemy calls a transaction."""
    return bool(connection.connection.dbapi_connection.autocommit)


def _in_style(driver: str, operation: Operation[Any], parameters: Mapping[str, Any]) -> tuple[str, Any]:
    if driver != "asyncpg":
        return operation.statement, dict(parameters)
    query, names = numbered(operation.statement)
    return query.decode(), tuple(parameters[name] for name in names)


def _rows(result: Any, driver: str) -> list[Row]:
    if not result.returns_rows:
        return []
    columns = [(each[0], each[1]) for each in result.cursor.description]
    return rows_of(columns, map(tuple, result.all()), JSON_AS_TEXT[driver])
