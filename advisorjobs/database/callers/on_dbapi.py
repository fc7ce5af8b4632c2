"""Connections with cursors as the Python standard has them: psycopg2's and Django's (which is on psycopg: it prefers it)."""

from __future__ import annotations

import importlib
from typing import Any

from advisorjobs.database.callers.condition import Condition, kind_of, require
from advisorjobs.database.callers.rows import JSONB, rows_of
from advisorjobs.database.operation import Operation, Row

__all__ = ["fetch_on_django", "fetch_on_psycopg2"]

IDLE, IN_ERROR = 0, 3
"""libpq's numbers of a transaction's states."""


def fetch_on_psycopg2(connection: Any, operation: Operation[Any]) -> list[Row]:
    """In the transaction of the caller's connection, with plain rows whatever its own cursors give."""
    require(operation, Condition(closed=bool(connection.closed)))
    status = connection.get_transaction_status()
    in_transaction = not (connection.autocommit and status == IDLE)
    require(operation, Condition(failed=status == IN_ERROR, in_transaction=in_transaction))
    plain = importlib.import_module("psycopg2.extensions").cursor
    with connection.cursor(cursor_factory=plain) as cursor:
        return _fetch_all(cursor, operation)


def fetch_on_django(connection: Any, operation: Operation[Any]) -> list[Row]:
    """In the atomic block of the caller's connection, or its transaction where autocommit is off."""
    if connection.vendor != "postgresql":
        raise TypeError(
            f"{operation.asked_by} can't use a {kind_of(operation.connection)} to {connection.display_name}: the jobs are in"
            " PostgreSQL"
        )
    in_transaction = connection.in_atomic_block or not connection.get_autocommit()
    require(operation, Condition(failed=connection.needs_rollback, in_transaction=in_transaction))
    with connection.cursor() as cursor:
        return _fetch_all(cursor, operation, JSONB)


def _fetch_all(cursor: Any, operation: Operation[Any], *json_as_text: int) -> list[Row]:
    rows: list[Row] = []
    for parameters in operation.batches:
        cursor.execute(operation.statement, dict(parameters))
        if cursor.description is not None:
            columns = [(each[0], each[1]) for each in cursor.description]
            rows += rows_of(columns, cursor.fetchall(), json_as_text)
    return rows
