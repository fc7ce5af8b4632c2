"""asyncpg's connections, by themselves or from its pool: parameters are numbered, JSON comes as text."""

from __future__ import annotations

from typing import Any

from advisorjobs.database.callers.condition import Condition, require
from advisorjobs.database.callers.rows import JSON, JSONB, rows_of
from advisorjobs.database.exchange import numbered
from advisorjobs.database.operation import Operation, Row

__all__ = ["fetch_on_asyncpg"]

Columns = tuple[tuple[str, int], ...]
_columns: dict[str, Columns] = {}
"""The columns of our statements, which are always the same: asked for once, as each time would be a round trip."""


async def fetch_on_asyncpg(connection: Any, operation: Operation[Any]) -> list[Row]:
    """In the transaction of the caller's connection."""
    released = (
        getattr(connection, "_con", connection) is None
    )  # given back to its pool, which knows no other word for it
    closed = released or connection.is_closed()
    require(operation, Condition(closed=closed, in_transaction=closed or connection.is_in_transaction()))
    query, names = numbered(operation.statement)
    statement = query.decode()
    columns = _columns.get(statement)
    if columns is None:
        columns = _columns[statement] = await _described(connection, statement)
    rows: list[Row] = []
    for parameters in operation.batches:
        records = await connection.fetch(statement, *(parameters[name] for name in names))
        rows += rows_of(columns, map(tuple, records), (JSON, JSONB))
    return rows


async def _described(connection: Any, statement: str) -> Columns:
    """Name and type of the statement's columns. Unnamed, so that nothing stays behind in a pooler's server connection."""
    prepared = await connection.prepare(statement, name="")
    return tuple((each.name, each.type.oid) for each in prepared.get_attributes())
